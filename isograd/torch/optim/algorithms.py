"""The optimisers: options, checks, state; the rules stand in `isograd.nn.updates`."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from isograd.core import levels
from isograd.core.storage import note_write
from isograd.core.tensor import wrap
from isograd.nn import lbfgs, updates
from isograd.nn.updates import apply
from isograd.torch.optim.optimizer import (
    Array,
    Optimizer,
    advance,
    number,
    scalar,
    zeros,
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


def _exclusive(foreach: Any, fused: Any, differentiable: Any) -> None:
    if fused:
        if differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def _arrays(state: State, *names: str) -> list[Array]:
    return [state[n]._p for n in names]


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
        _exclusive(foreach, fused, differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        common = {
            "lr": number(group["lr"]),
            "maximize": group["maximize"],
            "weight_decay": number(group["weight_decay"]),
        }
        if not group["momentum"]:
            apply(updates.sgd, (p, g), **common)
            return
        first = state.get("momentum_buffer") is None
        if first:
            state["momentum_buffer"] = zeros(p)
        apply(
            updates.momentum,
            (p, g, *_arrays(state, "momentum_buffer")),
            momentum=group["momentum"],
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            first=first,
            **common,
        )

    def _update(self, p: Any, g: Array, group: Group) -> None:
        if group["momentum"]:
            super()._update(p, g, group)
        else:  # without making an entry in the state
            self.update(p._p, g, {}, group)
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
        _checked(lr, eps=eps, weight_decay=weight_decay, betas=betas)
        _exclusive(foreach, fused, differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=scalar(0), exp_avg=zeros(p), exp_avg_sq=zeros(p))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros(p)
        names = ["exp_avg", "exp_avg_sq"]
        if group["amsgrad"]:
            names.append("max_exp_avg_sq")
        beta1, beta2 = group["betas"]
        apply(
            updates.adam,
            (p, g, *_arrays(state, *names)),
            lr=number(group["lr"]),
            beta1=number(beta1),
            beta2=number(beta2),
            eps=group["eps"],
            step=advance(state),
            weight_decay=group["weight_decay"],
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
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
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "capturable": capturable,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = ["square_avg"]
        names += ["grad_avg"] if group["centered"] else []
        names += ["momentum_buffer"] if group["momentum"] > 0 else []
        if not state:
            state.update(step=scalar(0), square_avg=zeros(p))
            if group["momentum"] > 0:
                state["momentum_buffer"] = zeros(p)
            if group["centered"]:
                state["grad_avg"] = zeros(p)
        advance(state)
        apply(
            updates.rmsprop,
            (p, g, *_arrays(state, *names)),
            lr=number(group["lr"]),
            alpha=group["alpha"],
            eps=group["eps"],
            momentum=group["momentum"],
            centered=group["centered"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )


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
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        for group in self.param_groups:
            for p in group["params"]:
                start = np.full(p._p.shape, initial_accumulator_value, p._p.dtype)
                self.state[p].update(step=scalar(0), sum=wrap(Tensor, start))

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        step = advance(state)
        apply(
            updates.adagrad,
            (p, g, *_arrays(state, "sum")),
            lr=number(group["lr"]) / (1 + (step - 1) * group["lr_decay"]),
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )


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
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "capturable": capturable,
                "foreach": foreach,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=scalar(0), square_avg=zeros(p), acc_delta=zeros(p))
        advance(state)
        apply(
            updates.adadelta,
            (p, g, *_arrays(state, "square_avg", "acc_delta")),
            lr=number(group["lr"]),
            rho=group["rho"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )


class Adamax(Optimizer):
    """Adam with the infinity norm."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: Any = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        _checked(lr, eps=eps, weight_decay=weight_decay, betas=betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=scalar(0), exp_avg=zeros(p), exp_inf=zeros(p))
        beta1, beta2 = group["betas"]
        apply(
            updates.adamax,
            (p, g, *_arrays(state, "exp_avg", "exp_inf")),
            lr=number(group["lr"]),
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            step=advance(state),
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )


class NAdam(Optimizer):
    """Adam with Nesterov momentum."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: Any = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        _checked(lr, eps=eps, weight_decay=weight_decay, betas=betas)
        _check("momentum_decay value", momentum_decay, momentum_decay >= 0.0)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(
                step=scalar(0),
                mu_product=scalar(1),
                exp_avg=zeros(p),
                exp_avg_sq=zeros(p),
            )
        beta1, beta2 = group["betas"]
        step, decay = advance(state), group["momentum_decay"]
        mu, mu_next = (
            beta1 * (1 - 0.5 * 0.96 ** (n * decay)) for n in (step, step + 1)
        )
        state["mu_product"]._p[...] *= mu
        apply(
            updates.nadam,
            (p, g, *_arrays(state, "exp_avg", "exp_avg_sq")),
            lr=number(group["lr"]),
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            step=step,
            mu=mu,
            mu_next=mu_next,
            mu_product=float(state["mu_product"]._p),
            weight_decay=group["weight_decay"],
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


class RAdam(Optimizer):
    """Adam with a rectified rate."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: Any = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        _checked(lr, eps=eps, weight_decay=weight_decay, betas=betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "decoupled_weight_decay": decoupled_weight_decay,
                "differentiable": differentiable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=scalar(0), exp_avg=zeros(p), exp_avg_sq=zeros(p))
        beta1, beta2 = group["betas"]
        apply(
            updates.radam,
            (p, g, *_arrays(state, "exp_avg", "exp_avg_sq")),
            lr=number(group["lr"]),
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            step=advance(state),
            weight_decay=group["weight_decay"],
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


class Rprop(Optimizer):
    """Resilient backpropagation."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: Any = (0.5, 1.2),
        step_sizes: Any = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: Any = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("eta values", f"{etas[0]}, {etas[1]}", 0.0 < etas[0] < 1.0 < etas[1])
        super().__init__(
            params,
            {
                "lr": lr,
                "etas": etas,
                "step_sizes": step_sizes,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            size = np.full(p.shape, number(group["lr"]), p.dtype)
            state.update(step=scalar(0), prev=zeros(p), step_size=wrap(Tensor, size))
        advance(state)
        (shrink, grow), (low, high) = group["etas"], group["step_sizes"]
        apply(
            updates.rprop,
            (p, g, *_arrays(state, "prev", "step_size")),
            shrink=shrink,
            grow=grow,
            smallest=low,
            largest=high,
            maximize=group["maximize"],
        )


class ASGD(Optimizer):
    """Averaged stochastic gradient descent."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: Any = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("weight_decay value", weight_decay, weight_decay >= 0.0)
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        lr = number(group["lr"])
        if not state:
            state.update(step=scalar(0), eta=scalar(lr), mu=scalar(1), ax=zeros(p))
        step = advance(state)
        apply(
            updates.asgd,
            (p, g, *_arrays(state, "ax")),
            eta=float(state["eta"]._p),
            lambd=group["lambd"],
            mu=float(state["mu"]._p),
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
        state["eta"] = scalar(lr / (1 + group["lambd"] * lr * step) ** group["alpha"])
        state["mu"] = scalar(1 / max(1, step - group["t0"]))


class SparseAdam(Optimizer):
    """Adam for sparse gradients, which do not exist here."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        _check("learning rate", lr, number(lr) > 0.0)
        _checked(lr, eps=eps, betas=betas)
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize}
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        raise RuntimeError(
            "SparseAdam does not support dense gradients, please consider Adam instead"
        )


class Muon(Optimizer):
    """Momentum with orthogonalised steps, for matrices."""

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: Any = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        _check("momentum value", momentum, momentum >= 0.0)
        _check("weight_decay value", weight_decay, weight_decay >= 0.0)
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found "
                        f"a parameter with size: {p.size()}"
                    )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state["momentum_buffer"] = zeros(p)
        rows, columns = p.shape
        scale = sqrt(max(1, rows / columns))
        if group["adjust_lr_fn"] == "match_rms_adamw":
            scale = 0.2 * sqrt(max(rows, columns))
        updates.muon(
            p,
            g,
            *_arrays(state, "momentum_buffer"),
            lr=number(group["lr"]),
            scale=scale,
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            nesterov=group["nesterov"],
            coefficients=group["ns_coefficients"],
            steps=group["ns_steps"],
            eps=group["eps"],
        )


class LBFGS(Optimizer):
    """Limited-memory BFGS; `step` needs a closure that computes loss and gradients."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        _check("learning rate", lr, number(lr) >= 0.0)
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError(
                "LBFGS doesn't support per-parameter options (parameter groups)"
            )
        self._params = self.param_groups[0]["params"]

    def _gradient(self) -> Array:
        return np.concatenate(
            [
                np.zeros(p._p.size, p._p.dtype)
                if p.grad is None
                else p.grad._p.reshape(-1)
                for p in self._params
            ]
        )

    def _move(self, t: float, d: Array) -> None:
        at = 0
        for p in self._params:
            n = p._p.size
            p._p += (t * d[at : at + n]).reshape(p._p.shape).astype(p._p.dtype)
            note_write(p._p)
            at += n

    def step(self, closure: Any) -> Any:  # type: ignore[override]  # justified: PyTorch's signature
        """One call of the optimiser: up to `max_iter` iterations."""

        def evaluate() -> Any:
            with levels.changed(recording=True):
                return closure()

        with levels.changed(recording=False):
            return _LBFGSCall(self, evaluate).run()


class _LBFGSCall:
    """The state of one `LBFGS.step`."""

    def __init__(self, owner: LBFGS, closure: Any) -> None:
        self.owner, self.closure = owner, closure
        self.group = owner.param_groups[0]
        self.state = owner.state[owner._params[0]]
        self.state.setdefault("func_evals", 0)
        self.state.setdefault("n_iter", 0)

    def run(self) -> Any:
        first = self.closure()
        self.loss = float(first)
        self.evals = 1
        self.state["func_evals"] += 1
        self.g = self.owner._gradient()
        if np.max(np.abs(self.g)) <= self.group["tolerance_grad"]:
            return first
        for k in range(1, self.group["max_iter"] + 1):
            if self._iterate(k):
                break
        return first

    def _iterate(self, k: int) -> bool:
        """One iteration; whether it was the last."""
        s, group, lr = self.state, self.group, number(self.group["lr"])
        s["n_iter"] += 1
        d = self._direction()
        before, loss = self.g.copy(), self.loss
        t = min(1.0, 1.0 / float(np.abs(self.g).sum())) * lr if s["n_iter"] == 1 else lr
        slope = float(np.dot(self.g, d))
        s.update(
            prev_flat_grad=wrap(Tensor, before), prev_loss=loss, d=wrap(Tensor, d), t=t
        )
        if slope > -group["tolerance_change"]:
            return True
        t, calls = self._search(k, t, d, slope)
        s["t"] = t
        self.evals += calls
        s["func_evals"] += calls
        moved = float(np.max(np.abs(d * t)))
        return (
            k == group["max_iter"]
            or self.evals >= group["max_eval"]
            or np.max(np.abs(self.g)) <= group["tolerance_grad"]
            or moved <= group["tolerance_change"]
            or abs(self.loss - loss) < group["tolerance_change"]
        )

    def _direction(self) -> Array:
        s = self.state
        if s["n_iter"] == 1:
            s.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -self.g
        y = self.g - s["prev_flat_grad"]._p
        step = s["d"]._p * s["t"]
        ys = np.dot(y, step)
        if ys > 1e-10:
            if len(s["old_dirs"]) == self.group["history_size"]:
                for name in ("old_dirs", "old_stps", "ro"):
                    s[name].pop(0)
            for name, value in (("old_dirs", y), ("old_stps", step), ("ro", 1.0 / ys)):
                s[name].append(wrap(Tensor, np.asarray(value)))
            s["H_diag"] = wrap(Tensor, np.asarray(ys / np.dot(y, y)))
        scale = s["H_diag"]._p if isinstance(s["H_diag"], Tensor) else s["H_diag"]
        return lbfgs.direction(
            self.g,
            [t._p for t in s["old_stps"]],
            [t._p for t in s["old_dirs"]],
            [t._p for t in s["ro"]],
            scale,
        )

    def _search(self, k: int, t: float, d: Array, slope: float) -> tuple[float, int]:
        """Move along d; gives the step and the number of evaluations."""
        name = self.group["line_search_fn"]
        if name is None:
            self.owner._move(t, d)
            if k == self.group["max_iter"]:
                return t, 0
            self.loss = float(self.closure())
            self.g = self.owner._gradient()
            return t, 1
        if name != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        start = [p._p.copy() for p in self.owner._params]
        search = lbfgs.WolfeSearch(
            lambda t, d: self._evaluate(start, t, d), d, self.loss, self.g, slope
        )
        self.loss, self.g, t, calls = search.search(t)
        self._restore(start)
        self.owner._move(t, d)
        return t, calls

    def _restore(self, start: list[Array]) -> None:
        for p, x in zip(self.owner._params, start, strict=True):
            p._p[...] = x

    def _evaluate(self, start: list[Array], t: float, d: Array) -> tuple[float, Array]:
        self.owner._move(t, d)
        loss = float(self.closure())
        g = self.owner._gradient()
        self._restore(start)
        return loss, g
