"""Settings, read from the environment at import."""

from __future__ import annotations

import os
import sys
import warnings

import numpy as np

verify: bool = os.environ.get("ISOGRAD_VERIFY", "") not in ("", "0")
"""Check the program after each compiler pass (tests turn it on)."""

kernels: bool = os.environ.get("ISOGRAD_KERNELS", "1") != "0"
"""Run large eager operations on compiled kernels; off: everything by NumPy."""


def silence_arrays() -> None:
    """Divisions by zero and their kind give inf and nan in silence, as in the
    frameworks; NumPy's warnings elsewhere stay.

    Filters of warnings are the program's to change: NumPy asks `_told` before it warns,
    in threads of their own it warns by the filters.
    """
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"isograd\.")
    warnings.filterwarnings(
        "ignore", category=RuntimeWarning, module=r"numpy\._core\._methods"
    )
    if "warn" in np.geterr().values():
        calls = {k: "call" for k, mode in np.geterr().items() if mode == "warn"}
        np.seterrcall(_told)
        np.seterr(**calls)  # type: ignore[arg-type]  # justified: modes by name


def _told(what: str, _: int) -> None:
    """Warn of what happened in arithmetic, unless it was ours."""
    frame, depth = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("numpy."):
        frame, depth = frame.f_back, depth + 1
    if not frame.f_globals.get("__name__", "").startswith("isograd."):
        warnings.warn(f"{what} encountered", RuntimeWarning, stacklevel=depth)
