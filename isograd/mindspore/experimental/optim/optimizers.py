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
from isograd.nn.updates import options, run

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
        full = {**group, "params": params}
        full |= {k: v for k, v in self.defaults.items() if k not in full}
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

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for n, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {n}"][not n :]
            shown = {**group, "lr": round(float(group["lr"]), 8)}
            lines += [
                f"    {k}: {shown[k]}"
                for k in sorted(shown)
                if k not in ("params", "initial_lr")
            ]
        return "\n".join([*lines, ")"])

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
                plain = g.array("an optimizer").astype(w.dtype, copy=False)
                self._update(
                    w, plain, state, {**group, "lr": lr, "step": state["step"]}
                )
                note_write(w)
        return True

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        """Move one weight and its state; `group` has lr and step as numbers."""
        raise NotImplementedError


def _arrays(w: Array, state: State, *names: str, fill: float = 0.0) -> list[Array]:
    """State arrays, made at the first step."""
    return [state.setdefault(n, np.full(w.shape, fill, w.dtype)) for n in names]


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
        super().__init__(params, {**options(locals()), "grad_centralization": False})

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        if not group["momentum"]:
            run(updates.sgd, (w, g), group)
            return
        arrays = w, g, *_arrays(w, state, "buffer")
        run(updates.momentum, arrays, group, first=state["step"] == 1)


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
        super().__init__(params, options(locals()))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * group["amsgrad"]
        arrays = w, g, *_arrays(w, state, *names)
        run(updates.adam, arrays, group, decoupled=self._decoupled)


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
        super().__init__(params, options(locals()))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        run(updates.adamax, (w, g, *_arrays(w, state, "exp_avg", "exp_inf")), group)


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
        super().__init__(params, options(locals()))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        mu, after = (
            rules.nadam_momentum(group["betas"][0], group["momentum_decay"], t)
            for t in (state["step"], state["step"] + 1)
        )
        state["mu_product"] = product = state.get("mu_product", 1.0) * mu
        arrays = w, g, *_arrays(w, state, "exp_avg", "exp_avg_sq")
        run(updates.nadam, arrays, group, mu=mu, mu_next=after, mu_product=product)


class RAdam(Optimizer):
    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, options(locals()))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        run(updates.radam, (w, g, *_arrays(w, state, "exp_avg", "exp_avg_sq")), group)


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
        names = "lr momentum alpha eps centered weight_decay maximize"
        super().__init__(params, options(locals(), names))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        names = ["square_avg"] + ["grad_avg"] * group["centered"]
        names += ["buffer"] * bool(group["momentum"])
        run(updates.rmsprop, (w, g, *_arrays(w, state, *names)), group)


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
        super().__init__(params, {**options(locals()), "weight_decay": 0.0})

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        (size,) = _arrays(w, state, "step_size", fill=group["lr"])
        run(
            updates.rprop,
            (w, g, *_arrays(w, state, "prev"), size),
            group,
            shrink=group["etas"][0],
            grow=group["etas"][1],
            smallest=group["step_sizes"][0],
            largest=group["step_sizes"][1],
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
        super().__init__(params, options(locals()))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        eta, mu = rules.asgd_schedule(
            group["lr"], group["lambd"], group["alpha"], group["t0"], state["step"]
        )
        run(updates.asgd, (w, g, *_arrays(w, state, "ax")), group, eta=eta, mu=mu)


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
        super().__init__(params, options(locals()))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        arrays = w, g, *_arrays(w, state, "square_avg", "acc_delta")
        run(updates.adadelta, arrays, group)


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
        names = "lr lr_decay eps weight_decay initial_accumulator_value maximize"
        super().__init__(params, options(locals(), names))

    def _update(self, w: Array, g: Array, state: State, group: Group) -> None:
        (total,) = _arrays(w, state, "sum", fill=group["initial_accumulator_value"])
        rate = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        run(updates.adagrad, (w, g, total), group | {"lr": rate})
