"""Averaged models and the schedule that goes with them (Izmailov et al. 2018)."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np

from isograd.core.storage import note_write
from isograd.core.tensor import wrap
from isograd.nn import schedules
from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.nn.modules.module import Module
from isograd.torch.optim.plateau import _per_group
from isograd.torch.optim.schedules import LRScheduler
from isograd.torch.tensor import Tensor

Averager = Callable[[list[Any], list[Any], Any], None]


def _moved(averaged: list[Any], current: list[Any], weight: float) -> None:
    """averaged += weight (current - averaged), in place."""
    for a, c in zip(averaged, current, strict=True):
        if a._p.dtype.kind in "fcV":
            a._p += ((c._p - a._p) * weight).astype(a._p.dtype)
        else:
            a._p[...] = c._p
        note_write(a._p)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averager:
    """Exponential moving averages."""
    _check_decay(decay)

    @no_grad()
    def ema_update(ema: list[Any], current: list[Any], _: Any) -> None:
        _moved(ema, current, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> Averager:
    """Plain averages of all models so far."""

    @no_grad()
    def swa_update(averaged: list[Any], current: list[Any], count: Any) -> None:
        _moved(averaged, current, 1 / (int(count) + 1))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Any:
    _check_decay(decay)
    return lambda ema, current, count: decay * ema + (1 - decay) * current


def get_swa_avg_fn() -> Any:
    return lambda averaged, current, count: (
        averaged + (current - averaged) / (count + 1)
    )


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in "
            "[0,1] range."
        )


class AveragedModel(Module):
    """A copy of a model whose parameters are averages."""

    def __init__(
        self,
        model: Any,
        device: Any = None,
        avg_fn: Any = None,
        multi_avg_fn: Any = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError(
                "Only one of avg_fn and multi_avg_fn should be provided"
            )
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", wrap(Tensor, np.zeros((), np.int64)))
        self.avg_fn, self.multi_avg_fn = avg_fn, multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def _all(self, model: Any) -> list[Any]:
        more: Iterable[Any] = model.buffers() if self.use_buffers else ()
        return [p.detach() for p in itertools.chain(model.parameters(), more)]

    def update_parameters(self, model: Any) -> None:
        """Take the model's present parameters into the averages."""
        ours, theirs = self._all(self.module), self._all(model)
        if int(self.n_averaged) == 0:
            _moved(ours, theirs, 1.0)
        elif self.avg_fn is None:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(ours, theirs, self.n_averaged)
        else:
            for a, c in zip(ours, theirs, strict=True):
                a.copy_(self.avg_fn(a, c, self.n_averaged))
        if not self.use_buffers:
            for a, c in zip(self.module.buffers(), model.buffers(), strict=True):
                a.detach().copy_(c.detach())
        self.n_averaged.add_(1)


@no_grad()
def update_bn(loader: Any, model: Any, device: Any = None) -> None:
    """Compute the running statistics of batch normalisation anew."""
    from isograd.torch.nn.modules.normalising import _BatchNorm

    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _BatchNorm)}
    if not momenta:
        return
    training = model.training
    model.train()
    for m in momenta:
        m.reset_running_stats()
        m.momentum = None
    for batch in loader:
        model(batch[0] if isinstance(batch, list | tuple) else batch)
    for m, momentum in momenta.items():
        m.momentum = momentum
    model.train(training)


class SWALR(LRScheduler):
    """Anneals the rate to a constant."""

    def __init__(
        self,
        optimizer: Any,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        for lr, group in zip(
            _per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True
        ):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                "anneal_strategy must be one of 'cos' or 'linear', instead "
                f"got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(
                f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}"
            )
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_get_lr()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        span = max(1, self.anneal_epochs)
        before, now = (
            schedules.anneal_weight(self._anneal_strategy, t / span)
            for t in (max(0, min(step - 1, span)), max(0, min(step, span)))
        )
        out = []
        for group in self.optimizer.param_groups:
            lr, end = group["lr"], group["swa_lr"]
            start = end if before == 1 else (lr - before * end) / (1 - before)
            out.append(end * now + start * (1 - now))
        return out
