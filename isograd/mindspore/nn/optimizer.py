"""`nn.Optimizer`: parameters in groups, learning rates, decay; and the step's frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from isograd.core import tensor as core
from isograd.core.primitive import ndarray
from isograd.core.storage import note_write
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.containers import CellList
from isograd.mindspore.nn.schedules import LearningRateSchedule
from isograd.mindspore.parameter import Parameter, ParameterTuple
from isograd.mindspore.tensor import Tensor
from isograd.nn import rules

_GROUP_KEYS = ["params", "lr", "weight_decay", "order_params", "grad_centralization"]


def _assign_add(variable: Any, value: Any) -> Any:
    from isograd.mindspore import ops

    return ops.assign_add(variable, value)


class _IteratorLearningRate(LearningRateSchedule):
    """The rates of a list, one for each step."""

    def __init__(self, learning_rate: Parameter) -> None:
        super().__init__()
        self.learning_rate = learning_rate

    def construct(self, global_step: Any) -> Any:
        rates = self.learning_rate._p
        step = int(self._number(global_step))
        if step >= rates.size:
            raise errors.beyond("Gather", step, rates.size)
        return Tensor(rates[step], dtypes.float32)


class _ConvertToCell(LearningRateSchedule):
    """A rate that does not change."""

    def __init__(self, learning_rate: Parameter) -> None:
        super().__init__()
        self.learning_rate = learning_rate

    def construct(self, global_step: Any) -> Any:
        return self.learning_rate.value()


class Optimizer(Cell):
    """Base of optimizers: `optimizer(gradients)` moves the parameters in place.

    Args:
        learning_rate: a number; a list, array or tensor with one for each step; or a
            schedule.
        parameters: Parameters, or dicts with "params" and settings of their own.
        weight_decay: a number or a Cell of the step.
        loss_scale: gradients are divided by it.

    Raises:
        TypeError, ValueError: for arguments of the wrong kind or range.
    """

    _slots: dict[str, Any] = {}  # noqa: RUF012 (names of state to initial values)
    _prefixes: dict[str, str] = {}  # noqa: RUF012 (their prefix, if another)
    _answers = True  # whether a step answers for each parameter
    _decays = True  # whether weight decay is added to gradients

    def __init__(
        self,
        learning_rate: Any,
        parameters: Any,
        weight_decay: Any = 0.0,
        loss_scale: float = 1.0,
    ) -> None:
        super().__init__(auto_prefix=False)
        self._check(loss_scale)
        self.global_step = Parameter(np.zeros(1, np.int32), name="global_step")
        groups = self._groups(parameters, learning_rate, weight_decay)
        self.loss_scale = float(loss_scale)
        self.group_settings = groups
        self.is_group = any(isinstance(x, dict) for x in self._given)
        self.is_group_lr = self.is_group and any("lr" in g for g in self._given)
        self.dynamic_lr = any(not isinstance(g["lr"], Parameter) for g in groups)
        home: dict[int, Any] = {}
        for g in groups:
            for p in g["params"]:
                if id(p) in home:
                    raise _repeated(p)
                home[id(p)] = g
        every = self._in_order([p for g in groups for p in g["params"]])
        self.__dict__["_settings"] = [home[id(p)] for p in every]
        self._set_rates([g["lr"] for g in self._settings])
        self.parameters = ParameterTuple(every)
        self._facts()

    def _set_rates(self, rates: list[Any]) -> None:
        """`learning_rate`: a Parameter or schedule; a tuple or CellList of groups' by
        parameter."""
        if not self.is_group_lr:
            self.learning_rate = rates[0]
        elif self.dynamic_lr:
            self.learning_rate = CellList(
                [r if isinstance(r, Cell) else _ConvertToCell(r) for r in rates],
                auto_prefix=False,
            )
        else:
            self.learning_rate = tuple(rates)
            for r in rates:
                self._params[r.name] = r

    def _facts(self) -> None:
        """What optimizers of users read."""
        decays = tuple(
            self._decay_for(p, g) > 0 if self.is_group else self.decay_filter(p)
            for p, g in zip(self.parameters, self._settings, strict=True)
        )
        used = any(g["weight_decay"] for g in self.group_settings)
        found = tuple(
            w if isinstance(w, Cell) else Tensor(w, dtypes.float32)
            for w in (g["weight_decay"] for g in self._settings)
        )
        self.weight_decay = found if self.is_group else found[0]
        put = self.__dict__.update
        put(_parameters=self.parameters, params=self.parameters)
        put(decay_flags=decays, exec_weight_decay=used)
        put(need_scale=self.loss_scale != 1.0, param_length=len(self.parameters))
        put(reciprocal_scale=Tensor(1.0 / self.loss_scale, dtypes.float32))
        put(global_step_increase_tensor=Tensor([1], dtypes.int32))
        put(optim_filter=(True,) * len(self.parameters), grad_centralization=False)

    assignadd = staticmethod(_assign_add)

    @property
    def hyper_map(self) -> Any:
        from isograd.mindspore import ops

        return ops.HyperMap()

    map_ = hyper_map

    def _make_state(self) -> None:
        """State arrays of the parameters, after what a subclass has put first."""
        for name, init in self._slots.items():
            prefix = self._prefixes.get(name, name)
            setattr(self, name, self.parameters.clone(prefix=prefix, init=init))

    # --- arguments --------------------------------------------------------------------

    def _check(self, loss_scale: Any) -> None:
        if isinstance(loss_scale, bool) or not isinstance(loss_scale, int | float):
            raise TypeError(
                "For 'Optimizer', the argument 'loss_scale' must be "
                f"float, but got {type(loss_scale).__name__}."
            )
        if loss_scale <= 0:
            raise ValueError(
                f"For '{type(self).__name__}', the 'loss_scale' must be float and must "
                f"> 0, but got '{loss_scale}' with type 'float'."
            )

    def _groups(self, parameters: Any, lr: Any, decay: Any) -> list[dict[str, Any]]:
        if not isinstance(parameters, Iterable):
            raise TypeError(
                "For 'Optimizer', the argument parameters must be Iterable type, but "
                f"got {type(parameters)}."
            )
        given = list(parameters)
        if not given:
            raise ValueError(
                "For 'Optimizer', the argument parameters must not be empty."
            )
        self.__dict__["_given"] = given
        for x in given:
            if not isinstance(x, Parameter | dict):
                raise TypeError(
                    "For 'Optimizer', all elements of the argument 'parameters' must "
                    "be 'Parameter' or 'dict', please check the 'parameters'."
                )
        rate = self._checked_rate(lr)
        if not isinstance(given[0], dict):
            return [
                {
                    "params": given,
                    "lr": rate,
                    "weight_decay": self._checked_decay(decay),
                    "own_decay": False,
                    "grad_centralization": False,
                }
            ]
        return [
            self._group(g, rate, decay, i)
            for i, g in enumerate(given)
            if "order_params" not in g
        ]

    def _group(
        self, group: dict[str, Any], rate: Any, decay: Any, count: int
    ) -> dict[str, Any]:
        if not isinstance(group, dict) or "params" not in group:
            raise KeyError("params")
        for key in group:
            if key not in _GROUP_KEYS:
                raise KeyError(
                    "For 'Optimizer', the key in group params must be one of in "
                    f"{_GROUP_KEYS}, but got {[k for k in group if k not in _GROUP_KEYS]}."
                )
        params = list(group["params"])
        if not params:
            raise ValueError(
                "For 'Optimizer', the argument group `params` must not be empty."
            )
        own = "weight_decay" in group
        name = f"learning_rate_group_{count}"
        return {
            "params": params,
            "lr": self._checked_rate(group["lr"], name) if "lr" in group else rate,
            "weight_decay": self._checked_decay(group.get("weight_decay", decay)),
            "own_decay": own,
            "grad_centralization": group.get("grad_centralization", False),
        }

    def _in_order(self, every: list[Parameter]) -> list[Parameter]:
        """The groups' parameters in the order that the program wants.

        Raises:
            ValueError: for another number of them.
        """
        orders = [
            list(g["order_params"])
            for g in self._given
            if isinstance(g, dict) and "order_params" in g
        ]
        if not orders:
            return every
        if len(orders[0]) != len(every):
            raise ValueError(
                "For 'Optimizer',the length of order parameters must be the same as the "
                "length of group parameters, but got order parameters' length "
                f"{len(orders[0])}, group parameters' length {len(every)}."
            )
        known = {id(p) for p in every}
        for p in orders[0]:
            if id(p) not in known:
                raise ValueError(
                    f"For 'Optimizer', the parameter {p.name} in order parameters is "
                    "not in group parameters."
                )
        return orders[0]

    def _checked_rate(self, lr: Any, name: str = "learning_rate") -> Any:
        if isinstance(lr, bool) or not isinstance(
            lr, int | float | core.Tensor | Iterable | Cell
        ):
            raise TypeError(
                "For 'Optimizer', the argument 'learning_rate' must be "
                "int, float, Tensor, Iterable or LearningRateSchedule, but "
                f"got {type(lr)}."
            )
        if isinstance(lr, int | float):
            return self._rate_parameter(float(lr), name)
        if isinstance(lr, Parameter | Cell):
            return lr
        listed: Any = lr.asnumpy() if isinstance(lr, Tensor) else list(lr)  # type: ignore[call-overload]  # justified: what is no Tensor is iterable here
        values = np.asarray(listed, np.float32)
        if values.ndim == 0:
            return self._rate_parameter(float(values), name)
        if values.ndim != 1 or not values.size:
            raise ValueError(
                "For 'Optimizer', if 'learning_rate' is Iterable or "
                "Tensor, its dimension must be 0 or 1, and it must not be "
                "empty."
            )
        return _IteratorLearningRate(Parameter(Tensor(values), name=name))

    def _rate_parameter(self, value: float, name: str) -> Parameter:
        if value < 0:
            raise ValueError(
                f"For '{type(self).__name__}', the 'learning rate' must be float and "
                f"must >= 0, but got '{value}' with type 'float'."
            )
        return Parameter(Tensor(value, dtypes.float32), name=name)

    def _checked_decay(self, decay: Any) -> Any:
        if isinstance(decay, Cell):
            return decay
        if isinstance(decay, bool) or not isinstance(decay, int | float):
            raise TypeError(
                "For 'Optimizer', the argument 'Weight_decay' must be int, float or "
                f"Cell.but got {type(decay)}"
            )
        if decay < 0:
            raise ValueError(
                f"For '{type(self).__name__}', the 'weight_decay' must be float and "
                f"must >= 0, but got '{decay}' with type 'float'."
            )
        return float(decay)

    # --- what a step uses -------------------------------------------------------------

    def _rate_of(self, rate: Any) -> float:
        step = int(self.global_step._p.item())
        if isinstance(rate, Parameter):
            return float(rate._p.reshape(()))
        return float(rate(Tensor(step, dtypes.int32)).asnumpy().reshape(()))

    def _decay_of(self, decay: Any) -> float:
        if isinstance(decay, Cell):
            step = int(self.global_step._p.item())
            return float(decay(Tensor(step, dtypes.int32)).asnumpy().reshape(()))
        return decay

    def get_lr(self) -> Any:
        """The learning rate(s) of the next step: the Parameters unless they change."""
        rates = tuple(g["lr"] for g in self._settings)
        if self.dynamic_lr:
            rates = tuple(Tensor(self._rate_of(r), dtypes.float32) for r in rates)
        return rates if self.is_group_lr else rates[0]

    def get_weight_decay(self) -> Any:
        found = tuple(
            Tensor(self._decay_of(g["weight_decay"]), dtypes.float32)
            for g in self._settings
        )
        return found if self.is_group else found[0]

    def _group_of(self, param: Parameter) -> dict[str, Any]:
        return next(
            g for g in self.group_settings if any(p is param for p in g["params"])
        )

    def get_lr_parameter(self, param: Any) -> Any:
        """The learning rate of a parameter, or a list for several.

        Raises:
            TypeError: for anything else, ValueError: for one of another optimizer.
        """
        if isinstance(param, list):
            return [self.get_lr_parameter(p) for p in param]
        if not isinstance(param, Parameter):
            raise TypeError(
                "For 'get_lr_parameter', the 'param' must be 'Parameter' or 'list' "
                f"type, but got {type(param)}."
            )
        if not any(p is param for p in self.parameters):
            raise ValueError(
                f"For 'get_lr_parameter', the parameter {param.name} is not in "
                "optimizer, please check whether the argument 'param' is correct."
            )
        rate = self._group_of(param)["lr"]
        held = isinstance(rate, _IteratorLearningRate | _ConvertToCell)
        return rate.learning_rate if held else rate

    @staticmethod
    def decay_filter(p: Parameter) -> bool:
        """Whether the optimizer's own decay holds: not for normalisations."""
        return "beta" not in p.name and "gamma" not in p.name

    def _decay_for(self, p: Parameter, group: dict[str, Any]) -> float:
        if not group["own_decay"] and not self.decay_filter(p):
            return 0.0
        return self._decay_of(group["weight_decay"])

    def decay_weight(self, gradients: Sequence[Any]) -> Any:
        out = []
        for p, g in zip(self.parameters, gradients, strict=True):
            decay = self._decay_for(p, self._group_of(p))
            value: Any = p.value()  # operators are installed by the tables of ops
            out.append(g + value * decay if decay else g)
        return tuple(out)

    def scale_grad(self, gradients: Sequence[Any]) -> Any:
        if self.loss_scale == 1.0:
            return gradients
        return tuple(g * (1.0 / self.loss_scale) for g in gradients)

    def flatten_gradients(self, gradients: Any) -> Any:
        return gradients

    gradients_centralization = broadcast_params = flatten_gradients

    # --- the step ---------------------------------------------------------------------

    def construct(self, gradients: Any) -> Any:
        """Move the parameters by a sequence of gradients in their order.

        Raises:
            ValueError: if there are not as many gradients as parameters.
        """
        grads = (gradients,) if isinstance(gradients, core.Tensor) else tuple(gradients)
        if len(grads) != len(self.parameters):
            raise ValueError(
                f"For '{type(self).__name__}', the number of gradients "
                f"must be {len(self.parameters)}, but got {len(grads)}."
            )
        rates = {id(g): self._rate_of(g["lr"]) for g in self.group_settings}
        for i, p in enumerate(self.parameters):
            group = self._settings[i]
            self._one(i, p, grads[i], group, rates[id(group)])
        self.global_step._p += 1
        return (True,) * len(grads) if self._answers else True

    def _one(self, i: int, p: Parameter, grad: Any, group: Any, rate: float) -> None:
        g = self._prepared(p, grad, group)
        w = writable(p)
        self._update(i, p, w, g, rate, group)
        note_write(w)

    def _prepared(self, p: Parameter, grad: Any, group: Any) -> np.ndarray:
        """The gradient as an array of its own: scaled, decayed, centralized."""
        g = grad.array("an optimizer")
        if g.dtype != p._p.dtype:
            g = g.astype(p._p.dtype)
        if self.loss_scale != 1.0:
            g = g * (1.0 / self.loss_scale)
        decay = self._decay_for(p, group) if self._decays else 0.0
        if decay:
            g = g + decay * p._p
        # MindSpore centralizes gradients of whole blocks of channels only
        if group["grad_centralization"] and g.ndim > 1 and g.shape[1] % 16 == 0:
            g = rules.centralized(g, tuple(range(1, g.ndim)))
        return g

    def _update(
        self, i: int, p: Parameter, w: np.ndarray, g: np.ndarray, lr: float, group: Any
    ) -> None:
        raise NotImplementedError

    def state(self, name: str, i: int) -> np.ndarray:
        """A state array of parameter i, of the shape that the parameter has now."""
        s = getattr(self, name)[i]
        return s._p

    @property
    def _step(self) -> int:
        """The number of the step under way, from 1."""
        return int(self.global_step._p.item()) + 1

    unique = True
    target = "CPU"


def _repeated(p: Parameter) -> RuntimeError:
    return RuntimeError(
        f"For 'Optimizer', the {p.name} parameter already exists, it does not support "
        "repeated setting. Please check whether the optimizer parameter has been set "
        "multiple times."
    )


def writable(p: Parameter) -> np.ndarray:
    """The memory of a parameter, to be written."""
    a = p.array("an optimizer")
    if type(p._p) is not ndarray or not a.flags.writeable:
        a = p._p = a.copy()
    return a
