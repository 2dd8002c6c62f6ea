"""`__torch_function__`: classes that take over what is computed with them.

Until a program defines a subclass of Tensor nothing here runs; then the functions and
methods are wrapped once, by `activate`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import FAMILY, Tensor

_DISABLED: ContextVar[bool] = ContextVar("torch_function_disabled", default=False)
__getattr__ = module_getattr("torch.overrides", "torch")


class DisableTorchFunctionSubclass:
    """A region in which subclasses are computed with as plain tensors."""

    def __enter__(self) -> None:
        self._token = _DISABLED.set(True)

    def __exit__(self, *_: Any) -> None:
        _DISABLED.reset(self._token)


def overriding(args: Iterable[Any]) -> list[Any]:
    """The arguments whose classes have a `__torch_function__` of their own."""
    found: list[Any] = []
    for a in args:
        kind = type(a)
        if kind is Tensor or kind in FAMILY:
            continue
        if kind in (tuple, list):
            found += overriding(a)
        elif hasattr(kind, "__torch_function__"):
            found.append(a)
    return found


def foreign(args: Iterable[Any]) -> bool:
    """Whether an argument that is no tensor has a `__torch_function__`."""
    return any(not isinstance(a, Tensor) for a in overriding(args))


def taken_over(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What classes that are no tensors give for a call that was refused.

    Raises:
        TypeError: the refusal, which is being handled, where there are none.
    """
    given = (*args, *kwargs.values())
    if not foreign(given):
        raise
    return handle_torch_function(function, given, *args, **kwargs)


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    return not _DISABLED.get() and bool(overriding(relevant_args))


def is_tensor_like(inp: Any) -> bool:
    return type(inp) is Tensor or hasattr(type(inp), "__torch_function__")


def handle_torch_function(
    public_api: Callable[..., Any],
    relevant_args: Iterable[Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Ask the classes of the arguments, subclasses first, for the result.

    Raises:
        TypeError: none of them has an implementation.
    """
    public_api = getattr(public_api, "published", public_api)
    kinds: list[type] = []
    for a in overriding(relevant_args):
        kind = type(a)
        if kind not in kinds:
            place = next(
                (i for i, k in enumerate(kinds) if issubclass(kind, k)), len(kinds)
            )
            kinds.insert(place, kind)
    for kind in kinds:
        found = kind.__torch_function__(public_api, tuple(kinds), args, kwargs)
        if found is not NotImplemented:
            return found
    listed = "\n".join(f"  - tensor subclass {k}" for k in kinds)
    raise TypeError(
        f"Multiple dispatch failed for 'torch.{public_api.__name__}'; all "
        f"__torch_function__ handlers returned NotImplemented:\n\n{listed}\n\nFor more "
        "information, try re-running with TORCH_LOGS=not_implemented"
    )


def default(
    cls: type,
    func: Callable[..., Any],
    types: Sequence[type],
    args: Any = (),
    kwargs: Any = None,
) -> Any:
    """`Tensor.__torch_function__`: the plain result, as a tensor of the subclass."""
    if not all(issubclass(cls, t) for t in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
    return result if func in _PLAIN_RESULTS else converted(result, cls)


_PLAIN_RESULTS: set[Any] = set()


def converted(x: Any, cls: Any) -> Any:
    """Plain tensors in a result as tensors of a subclass."""
    if cls is Tensor:
        return x
    if isinstance(x, Tensor) and not isinstance(x, cls):
        return x.as_subclass(cls)
    if isinstance(x, tuple | list):
        parts = [converted(y, cls) for y in x]
        return type(x)(parts)
    return x


def wrapped(fn: Callable[..., Any], told: Any = None) -> Callable[..., Any]:
    """A function that asks the classes of its arguments first.

    They are told `told` as what was called, the function itself if None.
    """

    @functools.wraps(fn)
    def function(*args: Any, **kwargs: Any) -> Any:
        if not _DISABLED.get():
            found = overriding((*args, *kwargs.values()))
            if _MODES:
                return _by_mode(told or function, found, args, kwargs)
            if found:
                return handle_torch_function(told or function, found, *args, **kwargs)
        return fn(*args, **kwargs)

    return function


_words = str.split
# the methods that operators are told as: recorded from PyTorch 2.13
_OPERATORS = {
    **{f"__{n}__": n for n in _words("add sub mul pow ne lt le gt ge neg abs matmul")},
    **{f"__i{n}__": f"{n}_" for n in _words("add sub mul pow")},
    **{f"__r{n}__": f"bitwise_{n}" for n in _words("and or xor")},
    "__truediv__": "div",
    "__itruediv__": "div_",
    "__ifloordiv__": "floor_divide_",
    "__mod__": "remainder",
    "__imod__": "remainder_",
    "__pos__": "positive",
    "__radd__": "add",
    "__rmul__": "mul",
}


_KEPT = {
    "__init__",
    "__new__",
    "__init_subclass__",
    "__getattr__",
    "__hash__",
    "__setattr__",
    "__torch_function__",
    "__reduce_ex__",
    "__deepcopy__",
    "__repr__",
    "__str__",
    "__format__",
    "as_subclass",
    "_make_subclass",
    "__class__",
    "array",
    "dim",
    "size",
    "numel",
    "backward",
    "requires_grad_",
    "register_hook",
    "__array_wrap__",
    "_only",
}


def activate() -> None:
    """Wrap all functions and methods, once."""
    if _State.active:
        return
    _State.active = True
    made: dict[int, Any] = {}

    def once(fn: Any) -> Any:
        if id(fn) not in made:
            made[id(fn)] = wrapped(fn)
        return made[id(fn)]

    from isograd.torch.nn.table import FUNCTIONAL

    module = sys.modules["isograd.torch"].__dict__
    for name, fn in list(FUNCTIONS.items()):
        FUNCTIONS[name] = new = once(fn)
        if module.get(name) is fn:
            module[name] = new
    operators: dict[str, Any] = {}
    for name, fn in FUNCTIONAL.items():
        FUNCTIONAL[name] = once(fn)
    public = sys.modules.get("isograd.torch.nn.functional")
    if public is not None:
        vars(public).update(FUNCTIONAL)
    for name, value in list(Tensor.__dict__.items()):
        if callable(value) and not isinstance(value, type) and name not in _KEPT:
            if name in _OPERATORS:
                operators[name] = value
                continue
            setattr(Tensor, name, method := wrapped(value))
            method.__name__ = "__rdiv__" if name == "__rtruediv__" else name
        elif name in ("T", "mT", "H", "mH", "real", "imag", "data"):
            part: Any = value
            getter = wrapped(part.fget)
            getter.__name__ = "__get__"
            setattr(Tensor, name, property(getter, part.fset))
    for name, value in operators.items():
        told = Tensor.__dict__.get(_OPERATORS[name])
        setattr(Tensor, name, wrapped(value, told))


class _State:
    active = False


# --- what programs ask about ----------------------------------------------------------

_MODES: list[Any] = []


class TorchFunctionMode:
    """A region whose `__torch_function__` takes over every call of torch."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Any:
        activate()
        _MODES.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        _MODES.pop()


class BaseTorchFunctionMode(TorchFunctionMode):
    """The mode that changes nothing."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


def _by_mode(function: Any, found: Sequence[Any], args: Any, kwargs: Any) -> Any:
    """The innermost mode's result; inside it the next one has its turn."""
    mode = _MODES.pop()
    try:
        kinds = tuple({type(a): None for a in found})
        return mode.__torch_function__(function, kinds, args, kwargs)
    finally:
        _MODES.append(mode)


def has_torch_function_unary(x: Any) -> bool:
    return has_torch_function((x,))


def has_torch_function_variadic(*xs: Any) -> bool:
    return has_torch_function(xs)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    name = getattr(func, "__name__", None)
    if name == "__get__":
        return True
    return any(v is func for v in Tensor.__dict__.values()) or (
        name is not None and name in Tensor.__dict__ and name not in FUNCTIONS
    )


def resolve_name(f: Callable[..., Any]) -> str | None:
    """The dotted name of a function or method of torch."""
    for name, fn in Tensor.__dict__.items():
        if fn is f and FUNCTIONS.get(name) is not f:
            return f"torch.Tensor.{name}"
    for name, fn in FUNCTIONS.items():
        if fn is f:
            return f"torch.{name}"
    from isograd.torch.nn.table import FUNCTIONAL

    for name, fn in FUNCTIONAL.items():
        if fn is f:
            return f"torch.nn.functional.{name}"
    return None


def get_ignored_functions() -> set[Callable[..., Any]]:
    """Functions that ask no class of their arguments."""
    names = "tensor as_tensor from_numpy zeros ones empty full arange eye rand randn"
    return {FUNCTIONS[n] for n in names.split() if n in FUNCTIONS}


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """The functions that ask the classes of their arguments, by namespace."""
    ignored = get_ignored_functions()
    methods = [v for n, v in Tensor.__dict__.items() if callable(v) and n not in _KEPT]
    module = sys.modules["isograd.torch"]
    return {
        module: [f for f in FUNCTIONS.values() if f not in ignored],
        Tensor: methods,
    }


def wrap_torch_function(dispatcher: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: ask the classes of what `dispatcher(*args)` gives first."""

    def inner(func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def function(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(function, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return function

    return inner
