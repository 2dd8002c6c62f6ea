"""`torch.nn.Parameter` and buffers."""

from __future__ import annotations

import copyreg
from importlib import import_module
from typing import Any

import numpy as np

from isograd.core.tensor import alias, wrap
from isograd.torch.tensor import FAMILY, Tensor, set_leaf


class _ParameterMeta(type(Tensor)):  # type: ignore[misc]  # justified: Tensor's metaclass
    def __call__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = wrap(Tensor, np.empty(0, np.float32))
        if not isinstance(data, Tensor):
            raise TypeError(
                "Tensor.__new__() got unexpected data: expected a Tensor, but "
                f"got {type(data).__name__}"
            )
        made: Any = cls
        p = alias(made, data._p)
        if requires_grad:
            set_leaf(p)
        return p


def _class_by_name(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


# classes are shown with PyTorch's module, and pickled by ours
copyreg.pickle(
    _ParameterMeta,
    lambda cls: (
        _class_by_name,
        ("isograd." + cls.__module__.removeprefix("isograd."), cls.__qualname__),
    ),
)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that a module counts among its parameters when it is assigned."""

    __module__ = "torch.nn.parameter"
    _seen_as = Tensor

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return "Parameter containing:\n" + Tensor.__repr__(self)

    __str__ = __repr__


class Buffer(Tensor, metaclass=type(Tensor)):
    """A tensor that a module counts among its buffers when it is assigned."""

    persistent = True

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = wrap(Tensor, np.empty(0, np.float32))
        t = alias(cls, data._p)
        t.persistent = persistent
        return t

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


class UninitializedParameter(Parameter):
    """The parameter of a lazy module, before its shape is known."""


FAMILY.add(Parameter)


def is_lazy(p: Any) -> bool:
    return isinstance(p, UninitializedParameter)
