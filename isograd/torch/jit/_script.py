"""Modules and functions as `torch.jit.script` and `torch.jit.trace` give them.

A scripted module shares parameters and buffers with the module it was made from, and has
`training` of its own; calls run that module's code.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from isograd.torch.nn.modules.module import Module


class ScriptFunction:
    """A scripted or traced function."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        functools.update_wrapper(self, fn, updated=())
        self._fn = fn
        self.name = getattr(fn, "__name__", type(fn).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._fn(*args, **kwargs)

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        return self if obj is None else functools.partial(self, obj)

    def __repr__(self) -> str:
        return f"<torch.jit.ScriptFunction object at {id(self):#x}>"

    @property
    def code(self) -> str:
        """The function's source text."""
        return textwrap.dedent(inspect.getsource(self._fn))

    def save(self, f: Any, **_: Any) -> None:
        from isograd.torch.serialization import save

        save(self, f)


ScriptFunction.__module__ = "torch.jit"
ScriptFunction.__qualname__ = "torch.jit.ScriptFunction"


class ScriptModule(Module):
    """A module written for the compiler, or (subclasses) made from another one."""

    def save(self, f: Any, **_: Any) -> None:
        from isograd.torch.serialization import save

        save(self, f)


class RecursiveScriptModule(ScriptModule):
    """A module that runs another one's code on that one's parameters."""

    def __init__(self, original: Module) -> None:
        super().__init__()
        d = self.__dict__
        d["_original"], d["training"] = original, original.training
        d["_parameters"], d["_buffers"] = original._parameters, original._buffers
        d["_non_persistent_buffers_set"] = original._non_persistent_buffers_set
        d["_modules"] = {
            k: m if isinstance(m, ScriptModule) else type(self).child(m)
            for k, m in original._modules.items()
            if m is not None
        }

    @classmethod
    def child(cls, module: Module) -> RecursiveScriptModule:
        return cls(module)

    original_name = property(lambda self: type(self._original).__name__)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        pairs = [*zip(self.modules(), self._original.modules(), strict=False)]
        before = [own.training for _, own in pairs]
        for scripted, own in pairs:
            own.__dict__["training"] = scripted.training
        try:
            return self._original(*args, **kwargs)
        finally:
            for (_, own), mode in zip(pairs, before, strict=True):
                own.__dict__["training"] = mode

    @property
    def code(self) -> str:
        """The source text of the module's `forward`."""
        return textwrap.dedent(inspect.getsource(type(self._original).forward))

    def __getattr__(self, name: str) -> Any:
        d = self.__dict__
        if "_original" not in d:
            raise AttributeError(name)
        for table in ("_parameters", "_buffers", "_modules"):
            if name in d[table]:
                return d[table][name]
        return getattr(d["_original"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training" or "_original" not in self.__dict__:
            object.__setattr__(self, name, value)
        else:
            setattr(self._original, name, value)

    def __len__(self) -> int:
        return len(self._original)  # type: ignore  # justified: containers have one

    def __iter__(self) -> Any:
        return iter(self._original)  # type: ignore  # justified: as above

    def __getitem__(self, key: Any) -> Any:
        return self._original[key]  # type: ignore  # justified: as above

    def __bool__(self) -> bool:
        return True

    def extra_repr(self) -> str:
        return f"original_name={self.original_name}"

    def __reduce__(self) -> Any:
        return (type(self), (self._original,))


def scripted(module: Module) -> ScriptModule:
    if isinstance(module, ScriptModule):
        return module
    return RecursiveScriptModule(module)
