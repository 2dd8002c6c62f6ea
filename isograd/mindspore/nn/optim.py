"""`mindspore.nn`'s optimizers: arguments and state; the formulas are `isograd.nn`'s."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.mindspore.nn.hyperparameters import fraction, least, number, positive
from isograd.mindspore.nn.optimizer import Optimizer
from isograd.mindspore.parameter import Parameter, ParameterTuple
from isograd.nn import rules, updates


def _single(x: float) -> float:
    """A coefficient as it is held: rounded to float32, so that 1 - x is too."""
    return float(np.float32(x))


class SGD(Optimizer):
    _slots = {"accum": "zeros", "stat": "ones"}  # noqa: RUF012
    decay_filter = staticmethod(lambda p: True)

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 0.1,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: Any = 0.0,
        nesterov: bool = False,
        loss_scale: float = 1.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        least("SGD", momentum=momentum, dampening=dampening)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                "For 'SGD', if 'nesterov' is true, 'momentum' must be > "
                "0.0 and 'dampening' must equal to 0.0, but got "
                f"'momentum' {momentum}, 'dampening' {dampening}."
            )
        self.momentum = Parameter(float(momentum), name="momentum")
        self.dampening = float(dampening)
        self.nesterov = nesterov
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        momentum = float(self.momentum._p)
        if momentum:
            self.state("stat", i)[...] = 0  # the first step is over
        else:
            updates.apply(updates.sgd, (w, g), lr=lr)
            return
        updates.apply(
            updates.momentum,
            (w, g, self.state("accum", i)),
            lr=lr,
            momentum=momentum,
            dampening=self.dampening,
            nesterov=self.nesterov,
            first=self._step == 1,
        )


class Momentum(Optimizer):
    _slots = {"moments": "zeros"}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        learning_rate: Any,
        momentum: float,
        weight_decay: Any = 0.0,
        loss_scale: float = 1.0,
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        least("Momentum", "", momentum=momentum)
        self.momentum = Parameter(float(momentum), name="momentum")
        self.use_nesterov = use_nesterov
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        updates.apply(
            updates.momentum,
            (w, g, self.state("moments", i)),
            lr=lr,
            momentum=float(self.momentum._p),
            nesterov=self.use_nesterov,
        )


class Adam(Optimizer):
    _slots = {"moment1": "zeros", "moment2": "zeros"}  # noqa: RUF012
    _power_shape: tuple[int, ...] = ()

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        use_locking: bool = False,
        use_nesterov: bool = False,
        weight_decay: Any = 0.0,
        loss_scale: float = 1.0,
        use_amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        name = type(self).__name__
        fraction(name, beta1=beta1, beta2=beta2)
        positive(name, eps=eps)
        power = np.ones(self._power_shape, np.float32)
        self.beta1_power = Parameter(power.copy(), name="beta1_power")
        self.beta2_power = Parameter(power.copy(), name="beta2_power")
        self._make_state()
        if use_amsgrad:
            self.vhat = self.parameters.clone("vhat", init="zeros")
        self.beta1, self.beta2, self.eps = _single(beta1), _single(beta2), eps
        self.use_nesterov, self.use_amsgrad = use_nesterov, use_amsgrad

    def construct(self, gradients: Any) -> Any:
        self.beta1_power._p *= self.beta1
        self.beta2_power._p *= self.beta2
        return super().construct(gradients)

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        m, v = self.state("moment1", i), self.state("moment2", i)
        betas: Any = {"beta1": self.beta1, "beta2": self.beta2}
        if self.use_amsgrad:
            rules.adam(
                w,
                g,
                m,
                v,
                lr=lr,
                eps=self.eps,
                step=self._step,
                nesterov=self.use_nesterov,
                peak=self.state("vhat", i),
                **betas,
            )
            return
        updates.apply(
            updates.adam_scaled_rate,
            (w, g, m, v),
            eps=self.eps,
            lr=updates.corrected_rate(lr, step=self._step, **betas),
            nesterov=self.use_nesterov,
            **betas,
        )


class LazyAdam(Adam):
    """Adam; gradients are dense here, so that no row is left out."""

    _power_shape = (1,)

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        use_locking: bool = False,
        use_nesterov: bool = False,
        weight_decay: Any = 0.0,
        loss_scale: float = 1.0,
    ) -> None:
        super().__init__(
            params,
            learning_rate,
            beta1,
            beta2,
            eps,
            use_locking,
            use_nesterov,
            weight_decay,
            loss_scale,
        )


class AdamOffload(LazyAdam):
    """Adam on the host."""


class AdamWeightDecay(Optimizer):
    _slots = {"moments1": "zeros", "moments2": "zeros"}  # noqa: RUF012
    _prefixes = {"moments1": "adam_m", "moments2": "adam_v"}  # noqa: RUF012
    _decays = False

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-6,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay)
        fraction("AdamWeightDecay", beta1=beta1, beta2=beta2)
        positive("AdamWeightDecay", eps=eps)
        self.beta1, self.beta2, self.eps = _single(beta1), _single(beta2), eps
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        updates.apply(
            updates.adam_uncorrected,
            (w, g, self.state("moments1", i), self.state("moments2", i)),
            lr=lr,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=self.eps,
            weight_decay=self._decay_for(p, group),
        )


class AdaMax(Optimizer):
    _slots = {"moment1": "zeros", "moment2": "zeros"}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: Any = 0.0,
        loss_scale: float = 1.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        fraction("AdaMax", beta1=beta1, beta2=beta2)
        positive("AdaMax", eps=eps)
        self.beta1_power = Parameter(np.ones(1, np.float32), name="beta1_power")
        self.beta1, self.beta2, self.eps = _single(beta1), _single(beta2), eps
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        updates.apply(
            updates.adamax,
            (w, g, self.state("moment1", i), self.state("moment2", i)),
            lr=lr,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=self.eps,
            step=self._step,
            eps_in_norm=False,
        )


class RMSProp(Optimizer):
    _slots = {"ms": "ones", "moment": "zeros"}  # noqa: RUF012
    _prefixes = {"ms": "mean_square"}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 0.1,
        decay: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        loss_scale: float = 1.0,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        number("RMSProp", decay=decay, momentum=momentum)
        positive("RMSProp", epsilon=epsilon)
        self.decay, self.momentum, self.epsilon = decay, momentum, epsilon
        self.centered = centered
        if centered:
            self.mg = self.parameters.clone(prefix="mean_grad", init="zeros")
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        means = [self.state("mg", i)] if self.centered else []
        buffers = [self.state("moment", i)] if self.momentum else []
        updates.apply(
            updates.rmsprop,
            (w, g, self.state("ms", i), *means, *buffers),
            lr=lr,
            alpha=self.decay,
            eps=self.epsilon,
            momentum=self.momentum,
            centered=self.centered,
            eps_inside=True,
        )


class Adagrad(Optimizer):
    def __init__(
        self,
        params: Any,
        accum: float = 0.1,
        learning_rate: Any = 0.001,
        update_slots: bool = True,
        loss_scale: float = 1.0,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        number("Adagrad", accum=accum)
        self.accum = self.parameters.clone(prefix="accum", init=accum)
        self.update_slots = update_slots

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        accum = self.state("accum", i)
        if self.update_slots:
            updates.apply(updates.adagrad, (w, g, accum), lr=lr)
        else:
            rules.fixed_adagrad(w, g, accum, lr=lr)


class ProximalAdagrad(Optimizer):
    def __init__(
        self,
        params: Any,
        accum: float = 0.1,
        learning_rate: Any = 0.001,
        l1: float = 0.0,
        l2: float = 0.0,
        use_locking: bool = False,
        loss_scale: float = 1.0,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        number("ProximalAdagrad", accum=accum, l1=l1, l2=l2)
        self.accum = self.parameters.clone(prefix="accum", init=accum)
        self.l1, self.l2 = l1, l2

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        rules.proximal_adagrad(
            w, g, self.state("accum", i), lr=lr, l1=self.l1, l2=self.l2
        )


class Adadelta(Optimizer):
    _slots = {"accum": "zeros", "accum_update": "zeros"}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 1.0,
        rho: float = 0.9,
        epsilon: float = 1e-6,
        loss_scale: float = 1.0,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        if not 0.0 <= rho < 1.0:
            raise ValueError(
                f"For 'Adadelta', the 'rho' must be in range [0.0, 1.0), but got {rho}."
            )
        positive("Adadelta", epsilon=epsilon)
        self.rho, self.epsilon = rho, epsilon
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        updates.apply(
            updates.adadelta,
            (w, g, self.state("accum", i), self.state("accum_update", i)),
            lr=lr,
            rho=self.rho,
            eps=self.epsilon,
        )


class FTRL(Optimizer):
    _slots = {"linear": "zeros"}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        initial_accum: float = 0.1,
        learning_rate: Any = 0.001,
        lr_power: float = -0.5,
        l1: float = 0.0,
        l2: float = 0.0,
        use_locking: bool = False,
        loss_scale: float = 1.0,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        number("FTRL", initial_accum=initial_accum, l1=l1, l2=l2)
        if lr_power > 0:
            raise ValueError(
                f"For 'FTRL', the 'lr_power' must be at most 0, but got {lr_power}."
            )
        self.moments = self.parameters.clone(prefix="moments", init=initial_accum)
        self.lr_power, self.l1, self.l2 = lr_power, l1, l2
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        updates.apply(
            updates.ftrl,
            (w, g, self.state("moments", i), self.state("linear", i)),
            lr=lr,
            power=self.lr_power,
            l1=self.l1,
            l2=self.l2,
        )


class Lamb(Optimizer):
    _slots = {"moments1": "zeros", "moments2": "zeros"}  # noqa: RUF012
    _prefixes = {"moments1": "lamb_m", "moments2": "lamb_v"}  # noqa: RUF012
    _decays = False

    def __init__(
        self,
        params: Any,
        learning_rate: Any,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-6,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay)
        fraction("Lamb", beta1=beta1, beta2=beta2)
        positive("Lamb", eps=eps)
        self.beta1, self.beta2, self.eps = _single(beta1), _single(beta2), eps
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        rules.lamb(
            w,
            g,
            self.state("moments1", i),
            self.state("moments2", i),
            lr=lr,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=self.eps,
            weight_decay=self._decay_for(p, group),
            step=self._step,
        )


class ASGD(Optimizer):
    _slots = {"ax": "zeros"}  # noqa: RUF012
    _prefixes = {"ax": "ax_"}  # noqa: RUF012
    _answers = False

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 0.1,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay)
        self.lambd, self.alpha, self.t0 = lambd, alpha, t0
        for name in ("mu", "eta"):
            first = (
                1.0
                if name == "mu"
                else float(self._rate_of(self.group_settings[0]["lr"]))
            )
            values = [Parameter(first, name=f"{name}_{p.name}") for p in self.params]
            setattr(self, name, ParameterTuple(values))
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        eta, mu = rules.asgd_schedule(lr, self.lambd, self.alpha, self.t0, self._step)
        self.mu[i]._p[...] = mu
        self.eta[i]._p[...] = eta
        updates.apply(
            updates.asgd, (w, g, self.state("ax", i)), eta=eta, mu=mu, lambd=self.lambd
        )


class Rprop(Optimizer):
    _slots = {"prev": "zeros", "step_size": "zeros"}  # noqa: RUF012
    _answers = False

    def __init__(
        self,
        params: Any,
        learning_rate: Any = 0.1,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        weight_decay: Any = 0.0,
    ) -> None:
        super().__init__(learning_rate, params, weight_decay)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(
                "For 'Rprop', the 'etas' must be in range (0, 1) and "
                f"above 1, but got {etas}."
            )
        self.etas, self.step_sizes = etas, step_sizes
        self._make_state()

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        size = self.state("step_size", i)
        if self._step == 1:
            size[...] = lr
        updates.apply(
            updates.rprop,
            (w, g, self.state("prev", i), size),
            shrink=self.etas[0],
            grow=self.etas[1],
            smallest=self.step_sizes[0],
            largest=self.step_sizes[1],
        )


class AdaFactor(Optimizer):
    _decays = False

    def __init__(
        self,
        params: Any,
        learning_rate: Any = None,
        eps: tuple[float, float] = (1e-30, 1e-3),
        clip_threshold: float = 1.0,
        decay_rate: float = 0.8,
        beta1: float = 0.9,
        weight_decay: float = 0.0,
        scale_parameter: bool = True,
        relative_step: bool = True,
        warmup_init: bool = False,
        compression: bool = False,
        loss_scale: float = 1.0,
    ) -> None:
        if learning_rate is not None and relative_step:
            raise ValueError(
                "For AdaFactor, cannot combine manual lr and relative_step=True options"
            )
        super().__init__(
            0.0 if learning_rate is None else learning_rate,
            params,
            weight_decay,
            loss_scale,
        )
        self.options: dict[str, Any] = dict(
            eps=eps,
            clip=clip_threshold,
            decay=-abs(decay_rate),
            beta1=beta1,
            scale=scale_parameter,
            relative=relative_step,
            warmup=warmup_init,
        )
        self.rows = [np.zeros(p.shape[:-1], np.float32) for p in self.parameters]
        self.columns = [
            np.zeros(p.shape[:-2] + p.shape[-1:], np.float32) for p in self.parameters
        ]
        self.exp_avg = self.parameters.clone("exp_avg", init="zeros")
        self.exp_avg_sq = self.parameters.clone("exp_avg_sq", init="zeros")

    def _update(self, i: int, p: Any, w: Any, g: Any, lr: float, group: Any) -> None:
        moment = self.state("exp_avg", i) if self.options["beta1"] > 0 else None
        rules.adafactor(
            w,
            g,
            self.rows[i],
            self.columns[i],
            self.state("exp_avg_sq", i),
            moment,
            lr=lr,
            step=self._step,
            weight_decay=self._decay_for(p, group),
            **self.options,
        )


class LARS(Optimizer):
    """Another optimizer's steps with gradients scaled layer by layer.

    Args:
        lars_filter: which parameters are scaled.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        epsilon: float = 1e-5,
        coefficient: float = 0.001,
        use_clip: bool = False,
        lars_filter: Any = lambda x: "LayerNorm" not in x.name and "bias" not in x.name,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                "For 'LARS', the type of 'optimizer' must be Optimizer, "
                f"but got {type(optimizer).__name__}."
            )
        super().__init__(0.0, [Parameter(0.0, name="fake_param")])
        self.opt = optimizer
        self.parameters = optimizer.parameters
        self.epsilon, self.coefficient, self.use_clip = epsilon, coefficient, use_clip
        self.lars_filter = lars_filter

    def construct(self, gradients: Any) -> Any:
        from isograd.mindspore.tensor import Tensor

        scaled, settings = [], self.opt.group_settings
        each = zip(self.opt.parameters, self.opt._settings, gradients, strict=True)
        for p, group, g in each:
            if not self.lars_filter(p):
                scaled.append(g)
                continue
            array = rules.lars_scale(
                p._p,
                g._p / self.opt.loss_scale,
                eps=self.epsilon,
                lr=self.opt._rate_of(group["lr"]),
                coefficient=self.coefficient,
                weight_decay=self.opt._decay_of(group["weight_decay"]),
                clip=self.use_clip,
            )
            scaled.append(Tensor(array))
        held = [(g, g["weight_decay"]) for g in settings]
        scale = self.opt.loss_scale
        try:
            self.opt.loss_scale = 1.0
            for g, _ in held:
                g["weight_decay"] = 0.0
            return self.opt(tuple(scaled))
        finally:
            self.opt.loss_scale = scale
            for g, decay in held:
                g["weight_decay"] = decay


__all__ = [
    "ASGD",
    "FTRL",
    "LARS",
    "SGD",
    "AdaFactor",
    "AdaMax",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamOffload",
    "AdamWeightDecay",
    "Lamb",
    "LazyAdam",
    "Momentum",
    "Optimizer",
    "ParameterTuple",
    "ProximalAdagrad",
    "RMSProp",
    "Rprop",
]
__path__: list[str] = []  # MindSpore has modules below
