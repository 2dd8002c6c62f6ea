"""`torch.autograd.forward_ad`: dual numbers by hand."""

from __future__ import annotations

from collections import namedtuple
from contextlib import ExitStack
from typing import Any

from isograd.core import levels
from isograd.core.forward import Dual
from isograd.core.tensor import HANDMADE, end_level, payload_of, wrap
from isograd.torch.dtypes import Size
from isograd.torch.tensor import Tensor

UnpackedDualTensor = namedtuple("UnpackedDualTensor", ["primal", "tangent"])

_LEVELS: list[int] = []


class dual_level:
    """Inside, tensors may carry tangents; they are dropped at its end."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *_: Any) -> None:
        exit_dual_level()


_STACKS: list[ExitStack] = []


def enter_dual_level() -> int:
    if _LEVELS:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    stack = ExitStack()
    _LEVELS.append(stack.enter_context(levels.new_level()))
    _STACKS.append(stack)
    HANDMADE.append([])
    return len(_LEVELS) - 1


def exit_dual_level(*, level: int | None = None) -> None:
    if not _LEVELS:
        raise RuntimeError("Dual level must be a positive number.")
    end_level(_LEVELS.pop())
    _STACKS.pop().close()


class _set_fwd_grad_enabled:
    """Whether operations inside carry tangents on."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.before, Dual.enabled = Dual.enabled, self.mode

    def __exit__(self, *_: Any) -> None:
        Dual.enabled = self.before


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A tensor with the primal of `tensor` and a tangent."""
    if not _LEVELS:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level "
            "exists, make sure to enter_dual_level() first."
        )
    if not (tensor.is_floating_point() or tensor.is_complex()):
        raise ValueError(
            f"Expected primal to be floating point or complex, but got: {tensor.dtype}"
        )
    if not (tangent.is_floating_point() or tangent.is_complex()):
        raise ValueError(
            "Expected tangent to be floating point or complex, but got: "
            f"{tangent.dtype}"
        )
    p, t = payload_of(tensor), payload_of(tangent)
    if type(p) is Dual and p.level == _LEVELS[-1]:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward "
            "gradient at the same level 0 is not supported."
        )
    if p.shape != t.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of "
            f"the original Tensor, this is not supported. Tensor is of size "
            f"{list(Size(p.shape))} while the given forward gradient is of size "
            f"{list(Size(t.shape))}."
        )
    return wrap(Tensor, Dual(_LEVELS[-1], p, t))


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """(primal, tangent or None) of a tensor."""
    p = payload_of(tensor)
    if not _LEVELS:
        return UnpackedDualTensor(tensor, None)
    if type(p) is Dual and p.level == _LEVELS[-1]:
        return UnpackedDualTensor(wrap(Tensor, p.primal), wrap(Tensor, p.tangent))
    return UnpackedDualTensor(tensor, None)
