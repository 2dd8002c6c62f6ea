"""What optimisers refuse, in PyTorch's words: options that exclude one another."""

from __future__ import annotations

from typing import Any

from isograd.torch.errors import LEAF
from isograd.torch.tensor import Tensor

_FUSED = "['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', 'privateuseone']"
_CAPTURED = "['cuda', 'xpu', 'hpu', 'privateuseone'{xla}]"
_HELD = {
    "ASGD": "params, mus, etas, and state_steps",
    "NAdam": "params, mu_products{comma} and state_steps",
}
_XLA_WITH_FOREACH = ("RMSprop", "Rprop")
_NO_XLA = ("Adadelta",)
_REAL = ("Adafactor", "Muon")


def check_exclusive(foreach: Any, fused: Any, differentiable: Any) -> None:
    if fused:
        if differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def _check_fused(params: list[Any]) -> None:
    for p in params:
        if not p.is_floating_point():
            raise RuntimeError(
                "`fused=True` requires all the params to be floating point Tensors of "
                f"supported devices: {_FUSED} but {p.dtype} and {p.device.type}"
            )


def check_number(
    name: str, x: Any, foreach: Any = False, capturable: Any = True
) -> None:
    """An option that is a number or a tensor of one element.

    Raises:
        ValueError: for other tensors, and for any with `foreach` but not `capturable`.
    """
    if not isinstance(x, Tensor):
        return
    if foreach and not capturable:
        raise ValueError(
            f"{name} as a Tensor is not supported for capturable=False and foreach=True"
        )
    if x.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")


def check_betas(betas: Any, foreach: Any, capturable: Any) -> None:
    first, second = betas
    if isinstance(first, Tensor) != isinstance(second, Tensor):
        raise ValueError("betas must be either both floats or both Tensors")
    check_number("betas[0]", first, foreach, capturable)
    check_number("betas[1]", second, foreach, capturable)


def check_step(name: str, group: dict[str, Any], params: list[Any]) -> None:
    """What a step refuses of the options and the parameters that it updates.

    Raises:
        AssertionError: for `capturable` on this device.
        RuntimeError: for leaves with `differentiable`, and complex parameters.
    """
    if group.get("fused"):
        _check_fused(params)
    if name in _REAL and any(p.is_complex() for p in params):
        raise RuntimeError(f"{name} does not support complex parameters")
    if group.get("capturable") and params:
        foreach = group.get("foreach")
        xla = name not in _NO_XLA and (not foreach or name in _XLA_WITH_FOREACH)
        held = _HELD.get(name, "params and state_steps")
        held = held.format(comma="," if foreach else "")
        devices = _CAPTURED.format(xla=", 'xla'" if xla else "")
        raise AssertionError(
            f"If capturable=True, {held} must be on supported devices: {devices}."
        )
    if group.get("differentiable") and any(
        p.is_leaf and p.requires_grad for p in params
    ):
        raise RuntimeError(LEAF)
