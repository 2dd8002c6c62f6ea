"""Optimizers with parameter groups and state by parameter; rules of `isograd.nn`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core import tensor as core
from isograd.core.storage import note_write
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.optimizer import writable
from isograd.mindspore.parameter import Parameter, ParameterTuple
from isograd.mindspore.tensor import Tensor
from isograd.nn import rules, updates

Array = np.ndarray
Group = dict[str, Any]
State = dict[str, Any]


class Optimizer(Cell):
    """Base: `optimizer(gradients)` moves the parameters of all groups in place.

    Args:
        params: Parameters, or dicts with "params" and settings of their own.
        defaults: settings of groups that do not have them.

    Raises:
        ValueError: for no parameters, or settings out of range.
        TypeError: for what is no Parameter.
    """

    def __init__(self, params: Any, defaults: Group) -> None:
        super().__init__(auto_prefix=False)
        if isinstance(params, core.Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an "
                f"iterable of Parameters or dicts, but got {type(params)}."
            )
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[int, State] = {}
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(dict(group))
        self.parameters = ParameterTuple(
            [p for g in self.param_groups for p in g["params"]]
        )

    def add_param_group(self, group: Group) -> None:
        """Add parameters with settings of their own."""
        params = group["params"]
        params = [params] if isinstance(params, core.Tensor) else list(params)
        for p in params:
            if not isinstance(p, Parameter):
                raise TypeError(
                    "optimizer can only optimize Parameters, but one of "
                    f"the params is {type(p)}."
                )
        full = {**self.defaults, **group, "params": params}
        self._check(full)
        n = len(self.param_groups)
        if not isinstance(full["lr"], Parameter):
            full["lr"] = Parameter(
                Tensor(full["lr"], dtypes.float32), name=f"learning_rate_group_{n}"
            )
        full.setdefault("initial_lr", float(full["lr"].asnumpy()))
        self.param_groups.append(full)

    def _check(self, group: Group) -> None:
        lr: Any = group["lr"]
        if isinstance(lr, bool) or not isinstance(lr, int | float | core.Tensor):
            raise TypeError(
                f"For 'Optimizer', the type of 'lr' must be float, int or "
                f"Tensor, but got {type(lr)}."
            )
        value: Any = lr
        if float(value) < 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        for name in ("eps", "weight_decay", "momentum", "lambd", "lr_decay"):
            if name in group and group[name] < 0:
                raise ValueError(f"Invalid {name} value: {group[name]}")
        for b in group.get("betas", ()):
            if not 0.0 <= b < 1.0:
                raise ValueError(f"Invalid beta parameter: {b}")

    def update_parameters_name(self, prefix: str = "", recurse: bool = True) -> None:
        """Nothing: the weights belong to the network, which names them."""

    def construct(self, gradients: Any) -> bool:
        grads = (gradients,) if isinstance(gradients, core.Tensor) else tuple(gradients)
        if len(grads) != len(self.parameters):
            raise ValueError(
                f"The number of gradients must be {len(self.parameters)}, "
                f"but got {len(grads)}."
            )
        at = 0
        for group in self.param_groups:
            lr = float(group["lr"].asnumpy())
            for p in group["params"]:
                g: Any = grads[at]
                at += 1
                w = writable(p)
                state = self.state.setdefault(id(p), {"step": 0})
                state["step"] += 1
                self._update(
                    w,
                    g.array("an optimizer").astype(w.dtype, copy=False),
                    state,
                    group,
                    lr,
                )
                note_write(w)
        return True

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        raise NotImplementedError


def _arrays(w: Array, state: State, *names: str, fill: float = 0.0) -> list[Array]:
    """State arrays, made at the first step."""
    return [state.setdefault(n, np.full(w.shape, fill, w.dtype)) for n in names]


def _common(group: Group) -> dict[str, Any]:
    return {k: group[k] for k in ("weight_decay", "maximize") if k in group}


class SGD(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            dict(
                lr=lr,
                momentum=momentum,
                dampening=dampening,
                weight_decay=weight_decay,
                nesterov=nesterov,
                maximize=maximize,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        if not group["momentum"]:
            updates.apply(updates.sgd, (w, g), lr=lr, **_common(group))
            return
        updates.apply(
            updates.momentum,
            (w, g, *_arrays(w, state, "buffer")),
            lr=lr,
            momentum=group["momentum"],
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            first=state["step"] == 1,
            **_common(group),
        )


class Adam(Optimizer):
    _decoupled = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                amsgrad=amsgrad,
                maximize=maximize,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * group["amsgrad"]
        updates.apply(
            updates.adam,
            (w, g, *_arrays(w, state, *names)),
            lr=lr,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            eps=group["eps"],
            step=state["step"],
            decoupled=self._decoupled,
            **_common(group),
        )


class AdamW(Adam):
    _decoupled = True

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
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize
        )


class Adamax(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                maximize=maximize,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        updates.apply(
            updates.adamax,
            (w, g, *_arrays(w, state, "exp_avg", "exp_inf")),
            lr=lr,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            eps=group["eps"],
            step=state["step"],
            **_common(group),
        )


class NAdam(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                momentum_decay=momentum_decay,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        beta1, beta2 = group["betas"]
        mu, after = (
            rules.nadam_momentum(beta1, group["momentum_decay"], t)
            for t in (state["step"], state["step"] + 1)
        )
        state["mu_product"] = state.get("mu_product", 1.0) * mu
        updates.apply(
            updates.nadam,
            (w, g, *_arrays(w, state, "exp_avg", "exp_avg_sq")),
            lr=lr,
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            step=state["step"],
            mu=mu,
            mu_next=after,
            mu_product=state["mu_product"],
            **_common(group),
        )


class RAdam(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        updates.apply(
            updates.radam,
            (w, g, *_arrays(w, state, "exp_avg", "exp_avg_sq")),
            lr=lr,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            eps=group["eps"],
            step=state["step"],
            **_common(group),
        )


class RMSprop(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                alpha=alpha,
                eps=eps,
                weight_decay=weight_decay,
                momentum=momentum,
                centered=centered,
                maximize=maximize,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        names = ["square_avg"] + ["grad_avg"] * group["centered"]
        names += ["buffer"] * bool(group["momentum"])
        updates.apply(
            updates.rmsprop,
            (w, g, *_arrays(w, state, *names)),
            lr=lr,
            alpha=group["alpha"],
            eps=group["eps"],
            centered=group["centered"],
            momentum=group["momentum"],
            **_common(group),
        )


class Rprop(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: Any = (0.5, 1.2),
        step_sizes: Any = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, dict(lr=lr, etas=etas, step_sizes=step_sizes, maximize=maximize)
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        (size,) = _arrays(w, state, "step_size", fill=lr)
        updates.apply(
            updates.rprop,
            (w, g, *_arrays(w, state, "prev"), size),
            shrink=group["etas"][0],
            grow=group["etas"][1],
            smallest=group["step_sizes"][0],
            largest=group["step_sizes"][1],
            **_common(group),
        )


class ASGD(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                lambd=lambd,
                alpha=alpha,
                t0=t0,
                weight_decay=weight_decay,
                maximize=maximize,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        eta, mu = rules.asgd_schedule(
            lr, group["lambd"], group["alpha"], group["t0"], state["step"]
        )
        updates.apply(
            updates.asgd,
            (w, g, *_arrays(w, state, "ax")),
            eta=eta,
            mu=mu,
            lambd=group["lambd"],
            **_common(group),
        )


class Adadelta(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        updates.apply(
            updates.adadelta,
            (w, g, *_arrays(w, state, "square_avg", "acc_delta")),
            lr=lr,
            rho=group["rho"],
            eps=group["eps"],
            **_common(group),
        )


class Adagrad(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                lr_decay=lr_decay,
                weight_decay=weight_decay,
                eps=eps,
                initial_accumulator_value=initial_accumulator_value,
                maximize=maximize,
            ),
        )

    def _update(
        self, w: Array, g: Array, state: State, group: Group, lr: float
    ) -> None:
        (total,) = _arrays(w, state, "sum", fill=group["initial_accumulator_value"])
        updates.apply(
            updates.adagrad,
            (w, g, total),
            eps=group["eps"],
            lr=lr / (1 + (state["step"] - 1) * group["lr_decay"]),
            **_common(group),
        )
