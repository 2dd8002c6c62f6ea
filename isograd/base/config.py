"""Settings, read from the environment at import."""

from __future__ import annotations

import os

verify: bool = os.environ.get("ISOGRAD_VERIFY", "") not in ("", "0")
"""Check the program after each compiler pass (tests turn it on)."""

kernels: bool = os.environ.get("ISOGRAD_KERNELS", "1") != "0"
"""Run large eager operations on compiled kernels; off: everything by NumPy."""
