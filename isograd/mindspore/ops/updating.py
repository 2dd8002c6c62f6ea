"""Operators that take one step of an optimizer; the formulas are `isograd.nn`'s.

Each writes its parameters in place and gives their new values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.storage import note_write
from isograd.core.tensor import Tensor as CoreTensor
from isograd.mindspore.ops.operators import setting
from isograd.mindspore.tensor import Tensor
from isograd.nn import updates

Fn = Callable[..., Any]


def _number(x: Any) -> float:
    return float(x.array("a step").reshape(())) if isinstance(x, CoreTensor) else x  # type: ignore[attr-defined]  # justified: a Tensor of this dialect


def _step(rule: Any, variables: list[Any], gradient: Any, **hyper: Any) -> Any:
    """Apply a rule to (variable, gradient, *state); the variables' new values."""
    from isograd.mindspore.nn.optimizer import writable

    arrays = [writable(v) for v in variables]
    g = gradient.array("a step")
    if g.dtype != arrays[0].dtype:
        g = g.astype(arrays[0].dtype)
    updates.apply(rule, (arrays[0], g, *arrays[1:]), **hyper)
    for a in arrays:
        note_write(a)
    values = tuple(Tensor(a) for a in arrays)
    return values[0] if len(values) == 1 else values


@setting
def ApplyGradientDescent() -> Fn:
    return lambda var, alpha, delta: _step(updates.sgd, [var], delta, lr=_number(alpha))


@setting
def ApplyMomentum(
    use_nesterov: bool = False, use_locking: bool = False, gradient_scale: float = 1.0
) -> Fn:
    def compute(
        variable: Any,
        accumulation: Any,
        learning_rate: Any,
        gradient: Any,
        momentum: Any,
    ) -> Any:
        return _step(
            updates.momentum,
            [variable, accumulation],
            gradient if gradient_scale == 1.0 else gradient * gradient_scale,
            lr=_number(learning_rate),
            momentum=_number(momentum),
            nesterov=use_nesterov,
        )[0]

    return compute


@setting
def SGD(
    dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False
) -> Fn:
    def compute(
        parameters: Any,
        gradient: Any,
        learning_rate: Any,
        accum: Any,
        momentum: Any,
        stat: Any,
    ) -> Any:
        """`stat` is not zero before the first step, which sets accum to the gradient."""
        if not _number(momentum):
            return _step(
                updates.sgd,
                [parameters],
                gradient,
                lr=_number(learning_rate),
                weight_decay=weight_decay,
            )
        first = bool(stat.array("a step").any())
        out = _step(
            updates.momentum,
            [parameters, accum],
            gradient,
            lr=_number(learning_rate),
            momentum=_number(momentum),
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            first=first,
        )[0]
        stat.set_data(Tensor(np.zeros(stat.shape, stat._p.dtype)))
        return out

    return compute


@setting
def Adam(use_locking: bool = False, use_nesterov: bool = False) -> Fn:
    def compute(
        var: Any,
        m: Any,
        v: Any,
        beta1_power: Any,
        beta2_power: Any,
        lr: Any,
        beta1: Any,
        beta2: Any,
        epsilon: Any,
        gradient: Any,
    ) -> Any:
        """The powers are those of this step: beta^step."""
        return _step(
            updates.adam_scaled_rate,
            [var, m, v],
            gradient,
            lr=updates.rate_of_powers(
                _number(lr), _number(beta1_power), _number(beta2_power)
            ),
            beta1=_number(beta1),
            beta2=_number(beta2),
            eps=_number(epsilon),
            nesterov=use_nesterov,
        )

    return compute


@setting
def ApplyAdagrad(update_slots: bool = True) -> Fn:
    return lambda var, accum, lr, grad: _step(
        updates.adagrad, [var, accum], grad, lr=_number(lr)
    )


@setting
def ApplyAdadelta() -> Fn:
    return lambda var, accum, accum_update, lr, rho, epsilon, grad: _step(
        updates.adadelta,
        [var, accum, accum_update],
        grad,
        lr=_number(lr),
        rho=_number(rho),
        eps=_number(epsilon),
    )


@setting
def ApplyFtrl(use_locking: bool = False) -> Fn:
    return lambda var, accum, linear, grad, lr, l1, l2, lr_power: _step(
        updates.ftrl,
        [var, accum, linear],
        grad,
        lr=_number(lr),
        l1=_number(l1),
        l2=_number(l2),
        power=_number(lr_power),
    )[0]
