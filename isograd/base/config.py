"""Settings, read from the environment at import."""

from __future__ import annotations

import os
import warnings

verify: bool = os.environ.get("ISOGRAD_VERIFY", "") not in ("", "0")
"""Check the program after each compiler pass (tests turn it on)."""

kernels: bool = os.environ.get("ISOGRAD_KERNELS", "1") != "0"
"""Run large eager operations on compiled kernels; off: everything by NumPy."""


def silence_arrays() -> None:
    """Divisions by zero and their kind give inf and nan in silence, as in the
    frameworks; NumPy's warnings elsewhere stay."""
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"isograd\.")
    warnings.filterwarnings(
        "ignore", category=RuntimeWarning, module=r"numpy\._core\._methods"
    )
