"""Cells around networks: losses, gradients, training steps."""

from __future__ import annotations

import types
from typing import Any

from isograd.mindspore import dtype as dtypes
from isograd.mindspore import ops
from isograd.mindspore.gradients import GradOperation, value_and_grad
from isograd.mindspore.nn.basic import Identity
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.parameter import Parameter, ParameterTuple
from isograd.mindspore.tensor import Tensor, as_payload, assign


class WithLossCell(Cell):
    """`loss_fn(backbone(data), label)`."""

    def __init__(self, backbone: Any, loss_fn: Any) -> None:
        super().__init__(auto_prefix=False)
        self._backbone = backbone
        self._loss_fn = loss_fn

    def construct(self, data: Any, label: Any) -> Any:
        return self._loss_fn(self._backbone(data), label)

    @property
    def backbone_network(self) -> Any:
        return self._backbone


class WithEvalCell(Cell):
    """`(loss, output, label)` for evaluation."""

    def __init__(self, network: Any, loss_fn: Any, add_cast_fp32: bool = False) -> None:
        super().__init__(auto_prefix=False)
        self._network = network
        self._loss_fn = loss_fn
        self.add_cast_fp32 = add_cast_fp32

    def construct(self, data: Any, label: Any) -> Any:
        out = self._network(data)
        if self.add_cast_fp32:
            out, label = out.astype(dtypes.float32), label.astype(dtypes.float32)
        return self._loss_fn(out, label), out, label


class WithGradCell(Cell):
    """The gradients of the loss in the network's trainable parameters."""

    def __init__(self, network: Any, loss_fn: Any = None, sens: Any = None) -> None:
        super().__init__(auto_prefix=False)
        self.network = network
        self.loss_fn = loss_fn
        self.weights = ParameterTuple(network.trainable_params())
        self.grad = GradOperation(get_by_list=True, sens_param=sens is not None)
        self.sens = sens
        self.network_with_loss = (
            network if loss_fn is None else WithLossCell(network, loss_fn)
        )

    def construct(self, *inputs: Any) -> Any:
        grads = self.grad(self.network_with_loss, self.weights)
        return grads(*inputs) if self.sens is None else grads(*inputs, self.sens)


class ForwardValueAndGrad(Cell):
    """`(output, gradients)`, these as `GradOperation` gives them."""

    def __init__(
        self,
        network: Any,
        weights: Any = None,
        get_all: bool = False,
        get_by_list: bool = False,
        sens_param: bool = False,
    ) -> None:
        super().__init__(auto_prefix=False)
        owner = "For 'ForwardValueAndGrad', "
        if not isinstance(network, Cell | types.FunctionType | types.MethodType):
            raise TypeError(
                f"{owner}the argument 'network' must be cell, function "
                f"type or method type, but got '{type(network)}'"
            )
        for name, value in (("get_all", get_all), ("get_by_list", get_by_list)):
            if not isinstance(value, bool):
                raise TypeError(
                    f"{owner}the type of '{name}' must be bool, but got '{type(value)}'"
                )
        if get_by_list and not isinstance(weights, ParameterTuple | tuple | list):
            raise TypeError(
                f"{owner}when 'get_by_list' is set to True, the argument "
                f"'weights' must be Parameters array, but got "
                f"'{type(weights)}'"
            )
        self.network = network
        self.weights = weights
        self.get_all, self.get_by_list = get_all, get_by_list
        self.sens_param = sens_param
        self.grad = GradOperation(get_all, get_by_list, sens_param)

    def construct(self, *inputs: Any) -> Any:
        seen: list[Any] = []

        def forward(*xs: Any) -> Any:
            seen.append(self.network(*xs))
            return seen[-1]

        grads = self.grad(forward, self.weights if self.get_by_list else None)(*inputs)
        return seen[0], grads


class TrainOneStepCell(Cell):
    """One step of training: gradients of the loss, moved along by the optimizer.

    Args:
        network: gives the loss.
        sens: the loss is scaled by it.
        return_grad: give `(loss, {name of the parameter: gradient})`.
    """

    def __init__(
        self, network: Any, optimizer: Any, sens: Any = None, return_grad: bool = False
    ) -> None:
        super().__init__(auto_prefix=False)
        if sens == 0:
            raise ValueError("The input argument of 'sens' can not be 0.")
        self.network = network
        if hasattr(network, "set_grad"):
            network.set_grad()
        self.optimizer = optimizer
        self.weights = optimizer.parameters
        self.sens = 1.0 if sens is None else sens
        self.return_grad = return_grad
        self.grad = GradOperation(get_by_list=True, sens_param=True)
        self.grad_no_sens = GradOperation(get_by_list=True)
        self.grad_reducer = Identity()
        self._value_and_grad = value_and_grad(
            network, None, self.weights, sens_param=self.sens != 1.0
        )

    def construct(self, *inputs: Any) -> Any:
        if self.sens == 1.0:
            loss, grads = self._value_and_grad(*inputs)
        else:
            seed = self._seed()
            loss, grads = self._value_and_grad(*inputs, seed)
        grads = self.grad_reducer(grads)
        self.optimizer(grads)
        if not self.return_grad:
            return loss
        named = zip(self.weights, grads, strict=True)
        return loss, {p.name: g for p, g in named}

    def _seed(self) -> Any:
        """The cotangent of the loss, a scalar."""
        return Tensor(self.sens, dtypes.float32)


class FixedLossScaleUpdateCell(Cell):
    """A loss scale that stays."""

    def __init__(self, loss_scale_value: float) -> None:
        super().__init__()
        self.loss_scale_value = loss_scale_value

    def get_loss_scale(self) -> float:
        return self.loss_scale_value

    def construct(self, _: Any, overflow: Any) -> Any:
        return overflow


class DynamicLossScaleUpdateCell(Cell):
    """A loss scale that shrinks at an overflow and grows after steps without one."""

    def __init__(
        self, loss_scale_value: float, scale_factor: int, scale_window: int
    ) -> None:
        super().__init__()
        self.scale_factor, self.scale_window = scale_factor, scale_window
        self.loss_scale_value = loss_scale_value
        self.cur_iter = 1
        self.last_overflow_iter = 0

    def get_loss_scale(self) -> float:
        return self.loss_scale_value

    def construct(self, loss_scale: Any, overflow: Any) -> Any:
        value = float(loss_scale)
        if bool(overflow):
            value = max(value / self.scale_factor, 1.0)
            self.last_overflow_iter = self.cur_iter
        elif self.cur_iter - self.last_overflow_iter >= self.scale_window:
            value *= self.scale_factor
            self.last_overflow_iter = self.cur_iter
        self.cur_iter += 1
        assign(loss_scale, as_payload(value, loss_scale._p.dtype))
        return overflow


class TrainOneStepWithLossScaleCell(TrainOneStepCell):
    """A step with a scaled loss; skipped where a gradient is not finite.

    Gives `(loss, overflow, scale)`.
    """

    def __init__(self, network: Any, optimizer: Any, scale_sense: Any) -> None:
        super().__init__(network, optimizer)
        self.loss_scaling_manager: Any = None
        if isinstance(scale_sense, Cell):
            self.loss_scaling_manager = scale_sense
            value = scale_sense.get_loss_scale()
        elif isinstance(scale_sense, Tensor):
            if scale_sense.shape not in ((), (1,)):
                raise ValueError(
                    "For 'TrainOneStepWithLossScaleCell', the shape of 'scale_sense' "
                    f"must be (1,) or (), but got {scale_sense.shape}."
                )
            value = float(scale_sense.asnumpy().reshape(()))
        else:
            raise TypeError(
                "For 'TrainOneStepWithLossScaleCell', the 'scale_sense' must be Cell "
                f"or Tensor, but got 'scale_sense' type: {type(scale_sense)}."
            )
        self.hyper_map = ops.HyperMap()
        self.scale_sense = Parameter(Tensor(value, dtypes.float32), name="scale_sense")

    def construct(self, *inputs: Any) -> Any:
        loss_and_grads = value_and_grad(
            self.network, None, self.weights, sens_param=True
        )
        scale = self.scale_sense.value().copy()
        loss, grads = loss_and_grads(*inputs, scale)
        grads = tuple(g / scale.astype(g.dtype) for g in grads)
        overflow = self.get_overflow_status(None, grads)
        overflow = self.process_loss_scale(overflow)
        if not bool(overflow):
            self.optimizer(grads)
        return loss, overflow, scale

    def get_overflow_status(self, status: Any, compute_output: Any) -> Any:
        return ops.logical_not(ops.all_finite(compute_output))

    def process_loss_scale(self, overflow: Any) -> Any:
        if self.loss_scaling_manager is not None:
            return self.loss_scaling_manager(self.scale_sense, overflow)
        return overflow

    def start_overflow_check(self, pre_cond: Any, compute_input: Any) -> Any:
        return None, compute_input

    def set_sense_scale(self, sens: Any) -> None:
        """Take over another loss scale."""
        self.scale_sense.set_data(sens)


class ParameterUpdate(Cell):
    """Assigns its input to a parameter."""

    def __init__(self, param: Parameter) -> None:
        super().__init__(auto_prefix=False)
        if not isinstance(param, Parameter):
            raise TypeError(
                "For 'ParameterUpdate', 'param' must be 'Parameter', but "
                f"got {type(param)}."
            )
        self._param = param

    def construct(self, x: Any) -> Any:
        self._param.set_data(x)
        return x


class GetNextSingleOp(Cell):
    """The next row of a dataset queue."""

    def __init__(
        self, dataset_types: Any, dataset_shapes: Any, queue_name: str
    ) -> None:
        super().__init__()
        raise NotImplementedError("nn.GetNextSingleOp: there are no device queues")


class _OneProcess(Cell):
    """Reducing gradients over one process leaves them as they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(auto_prefix=False)

    def construct(self, grads: Any) -> Any:
        return grads


class DistributedGradReducer(_OneProcess): ...


class PipelineGradReducer(_OneProcess): ...


class MicroBatchInterleaved(Cell):
    """A network applied to parts of the batch; the losses are averaged."""

    def __init__(self, network: Any, interleave_num: int = 2) -> None:
        super().__init__(auto_prefix=False)
        self.network = network
        self.interleave_num = interleave_num

    def construct(self, *inputs: Any) -> Any:
        out: Any = 0.0
        for i in range(self.interleave_num):
            parts = []
            for x in inputs:
                n = x.shape[0] // self.interleave_num
                parts.append(x[i * n : (i + 1) * n])
            out = out + self.network(*parts)
        return out / self.interleave_num


PipelineCell = GradAccumulationCell = MicroBatchInterleaved


class _VirtualDatasetCell(Cell):
    def __init__(self, backbone: Any) -> None:
        super().__init__(auto_prefix=False)
        self._backbone = backbone

    def construct(self, *inputs: Any) -> Any:
        return self._backbone(*inputs)


class VirtualDatasetCellTriple(Cell):
    def __init__(self, backbone: Any) -> None:
        super().__init__(auto_prefix=False)
        self._backbone = backbone

    def construct(self, a: Any, b: Any, c: Any) -> Any:
        return self._backbone(a, b, c)


class Jvp(Cell):
    """`nn.Jvp(fn)(*inputs, v)`: output and derivative along v."""

    def __init__(self, fn: Any) -> None:
        super().__init__()
        self.fn = fn

    def construct(self, *args: Any) -> Any:
        from isograd.mindspore.functional_transforms import jvp

        *inputs, v = args
        return jvp(self.fn, inputs, v)


class Vjp(Cell):
    """`nn.Vjp(fn)(*inputs, v)`: output and cotangents for v."""

    def __init__(self, fn: Any) -> None:
        super().__init__()
        self.fn = fn

    def construct(self, *args: Any) -> Any:
        from isograd.mindspore.functional_transforms import vjp

        out, pull = vjp(self.fn, *args[:-1])
        grads = pull(args[-1])
        return out, grads[0] if len(grads) == 1 else grads


__path__: list[str] = []  # MindSpore has modules below
