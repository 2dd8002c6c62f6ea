"""Recurrent layers and cells; weights and gates in the order that MindSpore has."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors
from isograd.mindspore.call import array_of, public
from isograd.mindspore.initializer import Uniform, initializer
from isograd.mindspore.nn.basic import drop_elements as dropped
from isograd.mindspore.nn.basic import positive_int
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.parameter import Parameter, ParameterTuple
from isograd.mindspore.tensor import Tensor
from isograd.nn import recurrent

F = BOUND
_GATES = {"lstm": 4, "gru": 3, "tanh": 1, "relu": 1}


def _run(
    x: Any,
    state: Any,
    weights: Any,
    kind: str,
    directions: int,
    batch_first: bool,
    rate: float,
    lengths: Any,
) -> Any:
    if batch_first:
        x = F.transpose(x, axes=(1, 0, 2))
    order = sizes = None
    time = x.shape[0]
    if lengths is not None:
        found = array_of(lengths)
        order = np.argsort(-found, kind="stable")
        sizes = [int((found > t).sum()) for t in range(int(found.max()))]
        x = F.index_select(F.ranged(x, axis=0, start=0, stop=len(sizes)), order, axis=1)
        state = tuple(F.index_select(s, order, axis=1) for s in state)
    drop = None if not rate else lambda y: dropped(y, rate, y.shape)
    out, ends = recurrent.layers(
        F, kind, x, tuple(state), weights, directions, drop, sizes
    )
    if order is not None:
        back = np.argsort(order)
        out = F.index_select(out, back, axis=1)
        ends = tuple(F.index_select(e, back, axis=1) for e in ends)
        out = F.pad(out, ((0, time - out.shape[0]), (0, 0), (0, 0)))
    return (F.transpose(out, axes=(1, 0, 2)) if batch_first else out), ends


run = public(_run, "rnn")


class _Recurrent(Cell):
    """Layers of recurrent cells over a sequence (time, batch, features)."""

    kind = "tanh"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        has_bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        positive_int(hidden_size, "hidden_size", name)
        positive_int(input_size, "input_size", name)
        positive_int(num_layers, "num_layers", name)
        if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
            raise ValueError(
                f"For '{name}', the 'dropout' must be a number in range "
                f"[0, 1), but got {dropout}."
            )
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.has_bias = num_layers, has_bias
        self.batch_first, self.dropout = batch_first, float(dropout)
        self.bidirectional = bidirectional
        self.directions = 2 if bidirectional else 1
        self._make_weights(dtype)

    def _make_weights(self, dtype: Any) -> None:
        gate = _GATES[self.kind] * self.hidden_size
        lists: dict[str, list[Parameter]] = {
            k: [] for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        for layer in range(self.num_layers):
            inputs = self.hidden_size * self.directions if layer else self.input_size
            shapes = {
                "weight_ih": [gate, inputs],
                "weight_hh": [gate, self.hidden_size],
                "bias_ih": [gate],
                "bias_hh": [gate],
            }
            for d in range(self.directions):
                for stem, shape in shapes.items():
                    if stem.startswith("bias") and not self.has_bias:
                        continue
                    full = f"{stem}_l{layer}{'_reverse' if d else ''}"
                    bound = 1 / sqrt(self.hidden_size)
                    drawn = np.random.uniform(-bound, bound, shape).astype(np.float32)
                    lists[stem].append(Parameter(Tensor(drawn, dtype), name=full))
        self.w_ih_list = ParameterTuple(lists["weight_ih"])
        self.w_hh_list = ParameterTuple(lists["weight_hh"])
        if self.has_bias:
            self.b_ih_list = ParameterTuple(lists["bias_ih"])
            self.b_hh_list = ParameterTuple(lists["bias_hh"])

    def _weights(self) -> list[Any]:
        count = len(self.w_ih_list)
        none: Sequence[Any] = (None,) * count
        b_x = self.b_ih_list if self.has_bias else none
        b_h = self.b_hh_list if self.has_bias else none
        return [
            (self.w_ih_list[i], self.w_hh_list[i], b_x[i], b_h[i], None)
            for i in range(count)
        ]

    def _start(self, x: Any, hx: Any) -> Any:
        if hx is not None:
            return hx if isinstance(hx, tuple | list) else (hx,)
        n = x.shape[0 if self.batch_first else 1]
        shape = (self.num_layers * self.directions, n, self.hidden_size)
        zeros = _zeros(x, shape)
        return (zeros, zeros) if self.kind == "lstm" else (zeros,)

    def construct(self, x: Any, hx: Any = None, seq_length: Any = None) -> Any:
        self._check(x)
        rate = self.dropout if self.training else 0.0
        out, ends = run(
            x,
            tuple(self._start(x, hx)),
            self._weights(),
            self.kind,
            self.directions,
            self.batch_first,
            rate,
            seq_length,
        )
        return out, (tuple(ends) if self.kind == "lstm" else ends[0])

    def _check(self, x: Any) -> None:
        name = type(self).__name__
        if x.ndim != 3:
            raise ValueError(
                f"For primitive[{name}], the x_shape.size() must be equal to 3, but "
                f"got {x.ndim}."
            )
        if x.shape[2] != self.input_size:
            if self.kind == "lstm":
                raise ValueError(
                    f"For primitive[LSTM], the x_shape[2] must be equal to "
                    f"{self.input_size}, but got {x.shape[2]}."
                )
            raise errors.inner_sizes("MatMul", x.shape, (self.input_size, 1))

    def __repr__(self) -> str:
        kernel = {"tanh": "RNNTanh", "relu": "RNNRelu"}.get(
            self.kind, f"{self.kind.upper()}CPUGPU"
        )
        return (
            f"{type(self).__name__}(\n  (rnn): _Dynamic{kernel}()\n"
            f"  (dropout_op): Dropout(p={self.dropout})\n)"
        )


_zeros = public(lambda x, shape: np.zeros(shape, x.dtype), "zeros")


class LSTM(_Recurrent):
    kind = "lstm"


class GRU(_Recurrent):
    kind = "gru"


class RNN(_Recurrent):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                "For 'RNN', the 'nonlinearity' must be in ['tanh', "
                f"'relu'], but got {nonlinearity}."
            )
        object.__setattr__(self, "kind", nonlinearity)
        super().__init__(*args, **kwargs)


def _step(x: Any, state: Any, weights: Any, kind: str) -> Any:
    if x.shape[-1] != weights[0].shape[-1]:
        raise errors.inner_sizes("MatMul", x.shape, weights[0].shape[::-1])
    return recurrent.step(F, kind, x, tuple(state), (*weights, None))


step = public(_step, "rnn_cell")


class _RecurrentCell(Cell):
    kind = "tanh"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        has_bias: bool = True,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        positive_int(input_size, "input_size", name)
        positive_int(hidden_size, "hidden_size", name)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.has_bias = has_bias
        gate = _GATES[self.kind] * hidden_size
        sizes = [(gate, input_size), (gate, hidden_size), (gate,), (gate,)]
        for shape in sizes[: 4 if has_bias else 2]:
            np.random.standard_normal(shape)  # which MindSpore draws, and overwrites
        init = Uniform(1 / sqrt(hidden_size))
        self.bias_ih: Any = None
        self.bias_hh: Any = None
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        for name, shape in zip(names, sizes[: 4 if has_bias else 2], strict=False):
            setattr(self, name, Parameter(initializer(init, shape, dtype)))

    def construct(self, x: Any, hx: Any) -> Any:
        state = tuple(hx) if isinstance(hx, tuple | list) else (hx,)
        out = step(
            x,
            state,
            (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh),
            self.kind,
        )
        return tuple(out) if self.kind == "lstm" else out[0]


class LSTMCell(_RecurrentCell):
    kind = "lstm"


class GRUCell(_RecurrentCell):
    kind = "gru"


class RNNCell(_RecurrentCell):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        has_bias: bool = True,
        nonlinearity: str = "tanh",
        dtype: Any = dtypes.float32,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                "For 'RNNCell', the 'nonlinearity' must be in ['tanh', "
                f"'relu'], but got {nonlinearity}."
            )
        object.__setattr__(self, "kind", nonlinearity)
        super().__init__(input_size, hidden_size, has_bias, dtype)
