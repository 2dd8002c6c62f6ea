"""`torch.signal.windows`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.base.missing import module_getattr
from isograd.nn import tapers
from isograd.torch import dtypes
from isograd.torch.factories import finished


def _window(
    name: str,
    M: int,
    dtype: Any,
    requires_grad: bool,
    make: Callable[[Any], np.ndarray],
) -> Any:
    d = dtypes.default() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if d.kind != "f" or d.np.itemsize < 4:
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {d}")
    out = finished(np.zeros(0, d.np) if M == 0 else make(d.np).astype(d.np))
    return out.requires_grad_() if requires_grad else out


_COSINES = ("blackman", "general_hamming", "hamming", "hann", "nuttall")


def _named(name: str, make: Any, *parameters: tuple[str, Any]) -> None:
    """Install a window; parameters are (name, default), `...` where there is none."""
    defaults = {n: v for n, v in parameters if v is not ...}
    known = [n for n, _ in parameters]

    def window(
        M: int,
        *positional: Any,
        sym: bool = True,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **given: Any,
    ) -> Any:
        if positional or not given.keys() <= set(known):
            word = next((k for k in given if k not in known), None)
            raise TypeError(
                f"{name}() got an unexpected keyword argument '{word}'"
                if word
                else f"{name}() takes 1 positional argument but "
                f"{1 + len(positional)} were given"
            )
        lacking = [n for n in known if n not in defaults and n not in given]
        if lacking:
            raise TypeError(
                f"{name}() missing 1 required keyword-only argument: '{lacking[0]}'"
            )
        options = defaults | given
        _check(name, options, sym)
        shown = "general_cosine" if name in _COSINES else name

        def points(d: Any) -> np.ndarray:
            return make(M, sym, d, *options.values())

        return _window(shown, M, dtype, requires_grad, points)

    window.__name__ = window.__qualname__ = name
    globals()[name] = window


def _check(name: str, options: dict[str, Any], sym: bool) -> None:
    if name == "exponential":
        if options["tau"] <= 0:
            raise ValueError(f"Tau must be positive, got: {options['tau']} instead.")
        if sym and options["center"] is not None:
            raise ValueError("Center must be None for symmetric windows")
    if name == "gaussian" and options["std"] <= 0:
        raise ValueError(
            f"Standard deviation must be positive, got: {options['std']} instead."
        )
    if name == "kaiser" and options["beta"] < 0:
        raise ValueError(f"beta must be non-negative, got: {options['beta']} instead.")
    if name == "general_cosine":
        if not isinstance(options["a"], list | tuple):
            raise TypeError("Coefficients must be a list/tuple")
        if not options["a"]:
            raise ValueError("Coefficients cannot be empty")


_named("bartlett", tapers.bartlett)
_named("blackman", lambda M, sym, d: tapers.general_cosine(M, sym, d, tapers.BLACKMAN))
_named("cosine", tapers.cosine)
_named("exponential", tapers.exponential, ("center", None), ("tau", 1.0))
_named("gaussian", tapers.gaussian, ("std", 1.0))
_named("general_cosine", tapers.general_cosine, ("a", ...))
_named("general_hamming", tapers.general_hamming, ("alpha", 0.54))
_named("hamming", lambda M, sym, d: tapers.general_hamming(M, sym, d, 0.54))
_named("hann", lambda M, sym, d: tapers.general_hamming(M, sym, d, 0.5))
_named("kaiser", tapers.kaiser, ("beta", 12.0))
_named("nuttall", lambda M, sym, d: tapers.general_cosine(M, sym, d, tapers.NUTTALL))
__getattr__ = module_getattr("torch.signal.windows", "torch")
