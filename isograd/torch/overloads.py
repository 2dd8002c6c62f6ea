"""Functions of `torch` that stand in `torch.nn.functional` or are kernels by name.

They take what PyTorch's own overloads take (`signatures`), in that order: the weight of
`torch.batch_norm` comes before the running mean, and a reduction is a number.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from isograd.torch.signatures import bound, checker, known

_OTHERS = {"train": "training", "indices": "input"}
_NUMBERED = {
    "reduction": ("none", "mean", "sum"),
    "mode": ("sum", "mean", "max"),
}
_SWITCHES = ("cudnn_enabled", "cudnn_enable")


def _words(fn: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(inspect.unwrap(fn)).parameters)


def of_overload(name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` with the arguments of `torch.<name>`."""
    check, words = checker(name), _words(fn)
    start = {"reduction": 0} if "reduction" in words else {}

    @wraps(fn)
    def function(*args: Any, **kwargs: Any) -> Any:
        check(args, kwargs)
        given = start | bound(name, args, kwargs)
        out = {}
        for word, value in given.items():
            own = word if word in words else _OTHERS.get(word, word)
            if word in _NUMBERED and type(value) is int:
                value = _NUMBERED[word][value]
            if word not in _SWITCHES:
                out[own] = value
        return fn(**out)

    function.__name__ = function.__qualname__ = name
    return function


def __getattr__(name: str) -> Any:
    if name[:2] == "__":
        raise AttributeError(name)
    native = import_module("isograd.torch.native")
    if name in vars(native):
        fn = vars(native)[name]
    else:
        fn = getattr(import_module("isograd.torch.nn.functional"), name)
    if callable(fn) and name != "embedding_bag" and known(name) is not None:
        fn = of_overload(name, fn)
    globals()[name] = fn
    return fn
