"""Operator objects: `Primitive`, and classes made from functions and factories."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

Fn = Callable[..., Any]


class Primitive:
    """An operator object: called with tensors, with attributes set beforehand."""

    const_value = None

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def attrs(self) -> dict[str, Any]:
        return self.__dict__.setdefault("_attrs", {})

    def add_prim_attr(self, name: str, value: Any) -> Primitive:
        """Note an attribute; gives the operator."""
        self.attrs[name] = value
        self.__dict__[name] = value
        return self

    def del_prim_attr(self, name: str) -> Primitive:
        self.attrs.pop(name, None)
        self.__dict__.pop(name, None)
        return self

    def _unchanged(self, *_: Any, **__: Any) -> Primitive:
        """Settings for devices and graphs, which change no value."""
        return self

    set_device = shard = set_stage = recompute = place = _unchanged
    set_prim_instance_name = init_prim_io_names = set_inputs = _unchanged
    add_auto_parallel = set_jit_config = _unchanged

    def __call__(self, *args: Any) -> Any:
        raise NotImplementedError(
            f"Primitive {self.name!r} has no computation of its own here; "
            "docs/coverage.md lists the operators that isograd provides"
        )

    @property
    def init_attrs(self) -> dict[str, Any]:
        """The attributes that were given at its making."""
        return self.__dict__.get("_init_attrs", {})

    def _set(self, settings: dict[str, Any]) -> None:
        self.__dict__.update(_init_attrs=settings, _attrs=dict(settings))
        self.__dict__.update(settings)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v}" for k, v in self.attrs.items())
        return f"Prim[{self.name}]" + (f"<{shown}>" if shown else "")


class PrimitiveWithInfer(Primitive):
    """An operator that infers shapes and dtypes in Python."""


class PrimitiveWithCheck(Primitive):
    """An operator that checks its inputs in Python."""


def operator(name: str, fn: Fn, **attributes: Any) -> type[Primitive]:
    """The operator class without settings whose objects compute `fn`."""
    return type(
        name,
        (Primitive,),
        {
            "__init__": _init_plain(name, attributes),
            "__call__": staticmethod(fn),
            "__module__": "mindspore.ops.operations",
            "__doc__": fn.__doc__,
        },
    )


def _init_plain(title: str, attributes: dict[str, Any]) -> Fn:
    def __init__(self: Any, *_: Any, **__: Any) -> None:
        self.name = title
        if attributes:
            self._set(attributes)

    return __init__


_signature = cache(inspect.signature)


def setting_operator(name: str, factory: Fn) -> type[Primitive]:
    """The operator class whose settings are the parameters of `factory`.

    `factory(*settings)` gives the function that the object computes; its settings are
    attributes of the object.
    """

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            bound = _signature(factory).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}.__init__() {error}") from None
        bound.apply_defaults()
        self.name = name
        settings = bound.arguments.items()
        self._set({k: v for k, v in settings if k not in ("name", "rest")})
        self._compute = factory(*bound.args, **bound.kwargs)

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._compute(*args, **kwargs)

    return type(
        name,
        (Primitive,),
        {
            "__init__": __init__,
            "__call__": __call__,
            "__module__": "mindspore.ops.operations",
            "__doc__": factory.__doc__,
        },
    )


def prim_attr_register(fn: Fn) -> Fn:
    """Decorator of an operator's `__init__`: its arguments become attributes."""
    signature = inspect.signature(fn)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        Primitive.__init__(self, type(self).__name__)
        for key, value in list(bound.arguments.items())[1:]:
            self.add_prim_attr(key, value)
        return fn(self, *args, **kwargs)

    return __init__


def constexpr(
    fn: Fn | None = None,
    get_instance: bool = True,
    name: Any = None,
    reuse_result: bool = True,
    check: bool = True,
) -> Any:
    """Decorator: a function that is evaluated on constants (it is one anyway)."""
    return fn if fn is not None else lambda f: f


_primexpr = constexpr
__path__: list[str] = []  # MindSpore has modules below
