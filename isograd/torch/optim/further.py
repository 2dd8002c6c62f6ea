"""Further algorithms: Adamax and the optimisers of its kind, Rprop, ASGD, LBFGS, Muon."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core import levels
from isograd.core.storage import note_write
from isograd.core.tensor import wrap
from isograd.nn import lbfgs, rules, updates
from isograd.nn.updates import options, run
from isograd.torch.optim.algorithms import (
    Group,
    State,
    _arrays,
    _check,
    _checked,
    _zeros,
)
from isograd.torch.optim.optimizer import (
    Array,
    Optimizer,
    advance,
    number,
    scalar,
    zeros,
)
from isograd.torch.tensor import Tensor


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
        super().__init__(params, options(locals()))

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = "exp_avg", "exp_inf"
        _zeros(state, p, *names)
        step = advance(state)
        run(updates.adamax, (p, g, *_arrays(state, *names)), group, step=step)


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
            options(
                locals(),
                "lr betas eps weight_decay momentum_decay decoupled_weight_decay "
                "maximize foreach capturable differentiable",
            ),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=scalar(0), mu_product=scalar(1))
            state.update(exp_avg=zeros(p), exp_avg_sq=zeros(p))
        step = advance(state)
        mu, mu_next = (
            rules.nadam_momentum(group["betas"][0], group["momentum_decay"], n)
            for n in (step, step + 1)
        )
        state["mu_product"]._p[...] *= mu
        run(
            updates.nadam,
            (p, g, *_arrays(state, "exp_avg", "exp_avg_sq")),
            group,
            step=step,
            mu=mu,
            mu_next=mu_next,
            mu_product=float(state["mu_product"]._p),
            decoupled=group["decoupled_weight_decay"],
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
            options(
                locals(),
                "lr betas eps weight_decay maximize foreach capturable "
                "decoupled_weight_decay differentiable",
            ),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = "exp_avg", "exp_avg_sq"
        _zeros(state, p, *names)
        run(
            updates.radam,
            (p, g, *_arrays(state, *names)),
            group,
            step=advance(state),
            decoupled=group["decoupled_weight_decay"],
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
            options(
                locals(),
                "lr etas step_sizes foreach maximize differentiable capturable",
            ),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            size = np.full(p.shape, group["lr"], p.dtype)
            state.update(step=scalar(0), prev=zeros(p), step_size=wrap(Tensor, size))
        advance(state)
        (shrink, grow), (low, high) = group["etas"], group["step_sizes"]
        run(
            updates.rprop,
            (p, g, *_arrays(state, "prev", "step_size")),
            group,
            shrink=shrink,
            grow=grow,
            smallest=low,
            largest=high,
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
        super().__init__(params, options(locals()))

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        lr, lambd = group["lr"], group["lambd"]
        if not state:
            state.update(step=scalar(0), eta=scalar(lr), mu=scalar(1), ax=zeros(p))
        step = advance(state)
        eta, mu = float(state["eta"]._p), float(state["mu"]._p)
        run(updates.asgd, (p, g, *_arrays(state, "ax")), group, eta=eta, mu=mu)
        after = rules.asgd_schedule(lr, lambd, group["alpha"], group["t0"], step + 1)
        state["eta"]._p[...], state["mu"]._p[...] = after


class SparseAdam(Optimizer):
    """Adam that updates the rows which a sparse gradient names, and no others."""

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
        super().__init__(params, options(locals()))

    def _update_sparse(self, p: Any, g: Any, group: Group) -> None:
        state = self.state[p]
        if not state:
            state.update(step=0, exp_avg=zeros(p._p), exp_avg_sq=zeros(p._p))
        state["step"] += 1
        at = tuple(g.index)
        whole = [p._p, *_arrays(state, "exp_avg", "exp_avg_sq")]
        rows = [a[at] for a in whole]
        gradient = -g.vals.array() if group["maximize"] else g.vals.array()
        beta1, beta2 = group["betas"]
        updates.apply(
            updates.adam_scaled_rate,
            (rows[0], gradient, *rows[1:]),
            lr=updates.corrected_rate(group["lr"], beta1, beta2, state["step"]),
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
        )
        for a, row in zip(whole, rows, strict=True):
            a[at] = row
        note_write(p._p)

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
        named = (
            ("Learning rate", lr),
            ("momentum", momentum),
            ("weight decay", weight_decay),
        )
        for name, value in named:
            if number(value) < 0.0:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(
                f"Adjust learning rate function {adjust_lr_fn} is not supported"
            )
        super().__init__(
            params,
            options(
                locals(),
                "lr weight_decay momentum nesterov ns_coefficients eps ns_steps "
                "adjust_lr_fn",
            ),
        )
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found "
                        f"a parameter with size: {p.size()}"
                    )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        if group["ns_steps"] >= 100:
            raise ValueError(
                "Number of steps must be less than 100 for computational efficiency"
            )
        if not state:
            state["momentum_buffer"] = zeros(p)
        alike = group["adjust_lr_fn"] == "match_rms_adamw"
        updates.muon(
            p,
            g,
            *_arrays(state, "momentum_buffer"),
            lr=group["lr"],
            scale=updates.muon_scale(p.shape, alike),
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            nesterov=group["nesterov"],
            coefficients=group["ns_coefficients"],
            steps=group["ns_steps"],
            eps=group["eps"],
        )


class Adafactor(Optimizer):
    """Adaptive steps whose second moments of matrices are kept by rows and columns."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: Any = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: Any = None,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for ok, text in (
            (number(lr) >= 0.0, f"Learning rate should be >= 0 but is: {lr}"),
            (beta2_decay <= 0.0, f"beta2_decay should be <= 0 but is: {beta2_decay}"),
            (
                eps[0] is None or eps[0] >= 0.0,
                f"epsilon1 should be >= 0 but is: {eps[0]}",
            ),
            (eps[1] >= 0.0, f"epsilon2 should be >= 0 but is: {eps[1]}"),
            (d >= 1.0, f"Clipping threshold d should be >= 1 but is: {d}"),
            (
                weight_decay >= 0.0,
                f"weight_decay should be >= 0 but is: {weight_decay}",
            ),
        ):
            if not ok:
                raise ValueError(text)
        super().__init__(
            params,
            options(locals(), "lr beta2_decay eps d weight_decay foreach maximize"),
        )

    def update(self, p: Array, g: Array, state: State, group: Group) -> None:
        names = ("row_var", "col_var") if g.ndim > 1 else ("variance",)
        if not state:
            state["step"] = scalar(0)
            rows, columns = (*g.shape[:-1], 1), (*g.shape[:-2], 1, *g.shape[-1:])
            shapes = (rows, columns) if g.ndim > 1 else (g.shape,)
            for name, shape in zip(names, shapes, strict=True):
                state[name] = wrap(Tensor, np.zeros(shape, g.dtype))
        first, second = group["eps"]
        updates.adafactor(
            p,
            -g if group["maximize"] else g,
            dict(zip(names, _arrays(state, *names), strict=True)),
            step=float(advance(state)),
            lr=group["lr"],
            beta2_decay=group["beta2_decay"],
            eps=(np.finfo(p.dtype).eps if first is None else first, second),
            d=group["d"],
            weight_decay=group["weight_decay"],
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


_KEPT = "d t old_dirs old_stps ro H_diag prev_flat_grad prev_loss"


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
        fresh = "d" not in self.state
        for k in range(1, self.group["max_iter"] + 1):
            if self._iterate(k):
                break
        for name in _KEPT.split() if fresh else ():  # in PyTorch's order
            self.state[name] = self.state.pop(name)
        return first

    def _iterate(self, k: int) -> bool:
        """One iteration; whether it was the last."""
        s, group, lr = self.state, self.group, number(self.group["lr"])
        s["n_iter"] += 1
        d = self._direction()
        before, loss = self.g.copy(), self.loss
        t = lbfgs.first_step(self.g, lr) if s["n_iter"] == 1 else lr
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
        found = lbfgs.curvature(y, step)
        if found is not None:
            ro, scale = found
            if len(s["old_dirs"]) == self.group["history_size"]:
                for name in ("old_dirs", "old_stps", "ro"):
                    s[name].pop(0)
            for name, value in (("old_dirs", y), ("old_stps", step), ("ro", ro)):
                s[name].append(wrap(Tensor, np.asarray(value)))
            s["H_diag"] = wrap(Tensor, np.asarray(scale))
        s.setdefault("al", [None] * self.group["history_size"])
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
