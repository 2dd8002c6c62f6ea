"""CUDA's switches: they can be set, and nothing depends on them."""

from __future__ import annotations

import enum
from contextlib import contextmanager
from typing import Any

from isograd.base.missing import module_getattr


class _Switches:
    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True
    allow_fp16_accumulation = False


class _LinalgBackend(enum.Enum):
    Default = 0
    Cusolver = 1
    Magma = 2


matmul = _Switches()
_SDP = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def is_built() -> bool:
    return False


def preferred_linalg_library(backend: Any = None) -> Any:
    return _LinalgBackend.Default


def _pair(kind: str) -> None:
    """The switch of one kernel of attention: how it stands, and how it is set."""

    def enabled() -> bool:
        return _SDP[kind]

    def enable(enabled: bool) -> None:
        _SDP[kind] = enabled

    globals()[f"{kind}_sdp_enabled"] = enabled
    globals()[f"enable_{kind}_sdp"] = enable


for _kind in _SDP:
    _pair(_kind)


@contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Any:
    """A region with other switches for attention."""
    before = dict(_SDP)
    _SDP.update(
        flash=enable_flash,
        math=enable_math,
        mem_efficient=enable_mem_efficient,
        cudnn=enable_cudnn,
    )
    try:
        yield {}
    finally:
        _SDP.update(before)


__getattr__ = module_getattr("torch.backends.cuda", "torch")
