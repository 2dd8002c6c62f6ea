"""The optimisers: options, checks, state; the rules stand in `isograd.nn.updates`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.storage import note_write
from isograd.core.tensor import wrap
from isograd.nn import updates
from isograd.nn.updates import apply, hyperparameters, options, run
from isograd.torch.optim.optimizer import (
    Array,
    Optimizer,
    advance,
    number,
    scalar,
    zeros,
)
from isograd.torch.optim.refusals import (
    check_betas,
    check_exclusive,
    check_number,
)
from isograd.torch.tensor import Tensor

State = dict[str, Any]
Group = dict[str, Any]


def _check(name: str, value: Any, good: bool) -> None:
    if not good:
        raise ValueError(f"Invalid {name}: {value}")


def _checked(
    lr: Any, *, eps: Any = 0.0, weight_decay: Any = 0.0, betas: Any = (0.0, 0.0)
) -> None:
    _check("learning rate", lr, number(lr) >= 0.0)
    _check("epsilon value", eps, eps >= 0.0)
    for i, b in enumerate(betas):
        _check(f"beta parameter at index {i}", b, 0.0 <= number(b) < 1.0)
    _check("weight_decay value", weight_decay, number(weight_decay) >= 0.0)


def _arrays(state: State, *names: str) -> list[Array]:
    return [state[n]._p for n in names]


def _zeros(state: State, p: Array, *names: str) -> None:
    """At the first step: its counter, and zeros of p's shape."""
    if not state:
        state.update(step=scalar(0), **{n: zeros(p) for n in names})


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: Any = None,
        differentiable: bool = False,
        fused: Any = None,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("momentum value", momentum, momentum >= 0.0)
        _check("weight_decay value", weight_decay, number(weight_decay) >= 0.0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_exclusive(foreach, fused, differentiable)
        super().__init__(params, options(locals()))

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        first = state.get("momentum_buffer") is None
        if first:
            state["momentum_buffer"] = zeros(p)
        arrays = p, g, *_arrays(state, "momentum_buffer")
        run(updates.momentum, arrays, group, first=first)

    def _update_sparse(self, p: Any, g: Any, group: Group) -> None:
        self._update_all([(p, g.to_dense()._p)], group)

    def _update_all(self, pairs: list[tuple[Any, Array]], group: Group) -> None:
        if group["momentum"]:
            super()._update_all(pairs, group)
            return
        hyper = hyperparameters(updates.sgd, group)
        for p, g in pairs:  # without making an entry in the state
            apply(updates.sgd, (p._p, g), **hyper)
            note_write(p._p)


class Adam(Optimizer):
    """Adam; AdamW with `decoupled_weight_decay`, AMSGrad with `amsgrad`."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: Any = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: Any = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_number("lr", lr, foreach, capturable)
        check_betas(betas, foreach, capturable)
        _checked(lr, eps=eps, weight_decay=weight_decay, betas=betas)
        check_exclusive(foreach, fused, differentiable)
        super().__init__(
            params,
            options(
                locals(),
                "lr betas eps weight_decay amsgrad maximize foreach capturable "
                "differentiable fused decoupled_weight_decay",
            ),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = ["exp_avg", "exp_avg_sq"]
        if group["amsgrad"]:
            names.append("max_exp_avg_sq")
        _zeros(state, p, *names)
        run(
            updates.adam,
            (p, g, *_arrays(state, *names)),
            group,
            step=advance(state),
            decoupled=group["decoupled_weight_decay"],
        )


class AdamW(Adam):
    """Adam with decoupled weight decay."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: Any = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: Any = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )


class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradient."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: Any = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("epsilon value", eps, eps >= 0.0)
        _check("momentum value", momentum, momentum >= 0.0)
        _check("weight_decay value", weight_decay, weight_decay >= 0.0)
        _check("alpha value", alpha, alpha >= 0.0)
        super().__init__(
            params,
            options(
                locals(),
                "lr momentum alpha eps centered weight_decay capturable foreach "
                "maximize differentiable",
            ),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = ["square_avg"]
        names += ["grad_avg"] if group["centered"] else []
        names += ["momentum_buffer"] if group["momentum"] > 0 else []
        _zeros(state, p, names[0], *reversed(names[1:]))  # PyTorch's order
        advance(state)
        run(updates.rmsprop, (p, g, *_arrays(state, *names)), group)


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of squared gradients."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: Any = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: Any = None,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("lr_decay value", lr_decay, lr_decay >= 0.0)
        _check("weight_decay value", weight_decay, weight_decay >= 0.0)
        _check(
            "initial_accumulator_value value",
            initial_accumulator_value,
            initial_accumulator_value >= 0.0,
        )
        _check("epsilon value", eps, eps >= 0.0)
        check_exclusive(foreach, fused, differentiable)
        super().__init__(
            params,
            options(
                locals(),
                "lr lr_decay eps weight_decay initial_accumulator_value foreach "
                "maximize differentiable fused",
            ),
        )
        first = initial_accumulator_value
        for group in self.param_groups:
            for p in group["params"]:
                value = complex(first, first) if p.is_complex() else first
                start = np.full(p._p.shape, value, p._p.dtype)
                self.state[p].update(step=scalar(0), sum=wrap(Tensor, start))

    def _update_sparse(self, p: Any, g: Any, group: Group) -> None:
        if group["weight_decay"]:
            raise RuntimeError(
                "weight_decay option is not compatible with sparse gradients"
            )
        self._update(p, g.to_dense()._p, group)

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        before = advance(state) - 1
        rate = group["lr"] / (1 + before * group["lr_decay"])
        run(updates.adagrad, (p, g, *_arrays(state, "sum")), group | {"lr": rate})


class Adadelta(Optimizer):
    """Adadelta."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: Any = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("rho value", rho, 0.0 <= rho <= 1.0)
        _check("epsilon value", eps, eps >= 0.0)
        _check("weight_decay value", weight_decay, weight_decay >= 0.0)
        super().__init__(
            params,
            options(
                locals(),
                "lr rho eps weight_decay maximize capturable foreach differentiable",
            ),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = "square_avg", "acc_delta"
        _zeros(state, p, *names)
        advance(state)
        run(updates.adadelta, (p, g, *_arrays(state, *names)), group)
