"""RNN, LSTM, GRU and their cells; the steps stand in `isograd.nn.recurrent`."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from isograd.core.drafts import Draft
from isograd.core.primitive import BOUND
from isograd.core.tape import Slot, Traced
from isograd.nn import recurrent
from isograd.torch.call import public
from isograd.torch.nn import init
from isograd.torch.nn.modules.basic import weight
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.multihead import drop_with
from isograd.torch.nn.table import dtype_name
from isograd.torch.settings import is_autocast_cpu_enabled

F = BOUND
_GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


def _layers_body(
    kind: str,
    x: Any,
    state: Any,
    weights: Any,
    directions: int,
    drop: float,
    batch_first: bool,
    sizes: Any,
) -> Any:
    """(outputs, *final states); `weights` holds five for each layer and direction."""
    if batch_first:
        x = F.swapaxes(x, 0, 1)
    rows = [tuple(weights[i : i + 5]) for i in range(0, len(weights), 5)]
    dropped = drop_with(drop) if sizes is None or not drop else _packed(drop, sizes)
    out, ends = recurrent.layers(F, kind, x, state, rows, directions, dropped, sizes)
    if batch_first:
        out = _named(F.swapaxes(out, 0, 1), f"TransposeBackward{int(kind != 'lstm')}")
    elif directions == 1 and (x.dtype != np.float32 or weights[4] is not None):
        out = _named(out, "StackBackward0")
    return out, *ends


def _packed(p: float, sizes: Any) -> Any:
    """Dropout whose mask is drawn for the rows that a packed sequence has."""

    def drop(x: Any) -> Any:
        sides = np.arange(x.shape[1]) < np.asarray(sizes)[:, None]
        total = int(sides.sum())
        kept = drop_with(p)(np.ones((total, x.shape[-1]), x.dtype))
        kept = F.concatenate(kept, np.zeros((1, x.shape[-1]), x.dtype), axis=0)
        place = np.full(sides.size, total)
        place[sides.ravel()] = np.arange(total)
        return F.mul(x, F.reshape(F.gather(kept, place), shape=x.shape))

    return drop


def _named(x: Any, label: str) -> Any:
    """x, whose operation has a name of its own."""
    if type(x) is Draft:
        x.sketch.name_node(x, label)
    elif type(x) is Traced:
        node: Any = x.node.edges[0] if type(x.node) is Slot else x.node
        node.label = label
    return x


_layers = public(_layers_body, "rnn", None)


_CELLS = {  # names of nodes of a cell's state
    "lstm": ("MulBackward0", "AddBackward0"),
    "gru": ("AddBackward0",),
    "tanh": ("TanhBackward0",),
    "relu": ("ReluBackward0",),
}


def _cell_body(kind: str, x: Any, state: Any, ws: Any) -> Any:
    h, *c = recurrent.step(F, kind, x, state, (*ws, None))
    state = h, *(F.reshape(s, shape=s.shape) for s in c)  # with a node of its own
    return tuple(map(_named, state, _CELLS[kind]))


_cell = public(_cell_body, "rnn_cell", None)


def _check_product(a: Any, b: Any) -> None:
    if a.dtype is not b.dtype and not is_autocast_cpu_enabled():
        raise RuntimeError(
            "mat1 and mat2 must have the same dtype, but got "
            f"{dtype_name(a._p)} and {dtype_name(b._p)}"
        )


class RNNBase(Module):
    """Weights of a stack of recurrent layers.

    Inputs (time, batch, features), or (batch, time, features) with `batch_first`.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional = float(dropout), bidirectional
        self.proj_size = proj_size
        self._check(dropout)
        directions = 2 if bidirectional else 1
        gates = _GATES[mode.split("_")[0]] * hidden_size
        out = proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for d in range(directions):
                ins = input_size if layer == 0 else out * directions
                shapes = {"weight_ih": (gates, ins), "weight_hh": (gates, out)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = []
                for name, shape in shapes.items():
                    full = f"{name}_l{layer}" + ("_reverse" if d else "")
                    setattr(self, full, weight(*shape, dtype=dtype))
                    names.append(full)
                self._all_weights.append(names)
        self.reset_parameters()

    def _check(self, dropout: Any) -> None:
        number = isinstance(dropout, int | float) and not isinstance(dropout, bool)
        if not number or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the "
                "probability of an element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent "
                "layer, so non-zero dropout expects num_layers greater than 1, "
                f"but got dropout={dropout} and num_layers={self.num_layers}",
                UserWarning,
                stacklevel=4,
            )
        names = ("input_size", "hidden_size", "num_layers")
        for name in names[:2]:
            size = getattr(self, name)
            if not isinstance(size, int):
                kind = type(size).__name__
                raise TypeError(f"{name} should be of type int, got: {kind}")
        for name in names:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")

    def reset_parameters(self) -> None:
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for w in self.parameters():
            init.uniform_(w, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing to do: weights have no common memory here."""

    @property
    def all_weights(self) -> list[list[Any]]:
        return [[getattr(self, n) for n in names] for names in self._all_weights]

    def _weights(self) -> tuple[Any, ...]:
        """Five for each layer and direction, None where there is none."""
        ws: list[Any] = []
        for names in self._all_weights:
            end = names[0][9:]  # of "weight_ih_l0_reverse"
            for name in _WEIGHTS:
                full = name + end
                ws.append(getattr(self, full, None) if full in names else None)
        return tuple(ws)

    def forward(self, input: Any, hx: Any = None) -> Any:
        from isograd.torch.nn.utils.rnn import PackedSequence

        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() not in (2, 3):
            raise ValueError(
                f"{self.mode.split('_')[0]}: Expected input to be 2D or 3D, "
                f"got {input.dim()}D{' tensor' if self.mode[:3] == 'RNN' else ''} "
                "instead"
            )
        if hx is not None:
            hx = self._check_given(hx, input.dim())
        alone, weights = input.dim() == 2, self._weights()
        axis = 0 if self.batch_first else 1
        if alone:
            input = input.unsqueeze(axis)
            hx = self._map(hx, lambda h: h.unsqueeze(1))
        if input.dtype is not weights[0].dtype and not is_autocast_cpu_enabled():
            self._refuse_dtype(input, weights[0])
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.size(-1)}"
            )
        state = self._start(hx, input, input.size(axis))
        if not input.size(1 - axis):
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        out, ends = self._run(input, state, weights, self.batch_first, None)
        if alone:
            out = out.squeeze(axis)
            ends = tuple(e.squeeze(1) for e in ends)
        return out, ends if self.mode == "LSTM" else ends[0]

    def _check_given(self, hx: Any, dims: int) -> Any:
        """A given state as this kind of layer has it: of as many dimensions as inputs.

        Raises:
            RuntimeError: for a state of a batch with an input alone, or the reverse.
        """
        lstm = self.mode == "LSTM"
        parts = (hx[0], hx[1]) if lstm else (hx,)
        if any(h.dim() != dims for h in parts):
            found = ", ".join(f"{h.dim()}-D" for h in parts)
            who, these = (
                ("hx and cx", f"({found}) tensors")
                if lstm
                else ("hx", f"{found} tensor")
            )
            kind = "batched 3-D" if dims == 3 else "unbatched 2-D"
            raise RuntimeError(
                f"For {kind} input, {who} should also be {dims}-D but got {these}"
            )
        return parts if lstm else hx

    @staticmethod
    def _refuse_dtype(input: Any, weight: Any) -> None:
        raise ValueError(
            f"RNN input dtype ({input.dtype}) does not match weight dtype "
            f"({weight.dtype}). Convert input: input.to({weight.dtype}), or convert "
            f"model: model.to({input.dtype})"
        )

    @staticmethod
    def _map(hx: Any, fn: Any) -> Any:
        if hx is None:
            return None
        return tuple(map(fn, hx)) if isinstance(hx, tuple) else fn(hx)

    def _start(self, hx: Any, input: Any, n: int) -> tuple[Any, ...]:
        """The initial state, given or zero."""
        from isograd.torch.nn.modules.basic import blank

        count = self.num_layers * (2 if self.bidirectional else 1)
        sizes = [self.proj_size or self.hidden_size]
        if self.mode == "LSTM":
            sizes.append(self.hidden_size)
        if hx is None:
            return tuple(blank(count, n, s, dtype=input.dtype) for s in sizes)
        state = tuple(hx) if self.mode == "LSTM" else (hx,)
        for i, (h, s) in enumerate(zip(state, sizes, strict=True)):
            if tuple(h.shape) != (count, n, s):
                name = f"hidden[{i}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(
                    f"Expected {name} size {(count, n, s)}, got {list(h.shape)}"
                )
            _check_product(h, input)
        return state

    def _run(
        self, x: Any, state: Any, weights: Any, batch_first: bool, sizes: Any
    ) -> Any:
        kind = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "tanh", "RNN_RELU": "relu"}[
            self.mode
        ]
        out, *ends = _layers(
            kind,
            x,
            state,
            weights,
            2 if self.bidirectional else 1,
            self.dropout if self.training else 0.0,
            batch_first,
            sizes,
        )
        return out, tuple(ends)

    def _forward_packed(self, input: Any, hx: Any) -> Any:
        from isograd.torch.nn.utils.rnn import pack_like, padded_of

        x, sizes = padded_of(input)
        order, back = input.sorted_indices, input.unsorted_indices
        if hx is not None and order is not None:
            hx = self._map(hx, lambda h: h.index_select(1, order))
        weights = self._weights()
        if x.dtype is not weights[0].dtype and not is_autocast_cpu_enabled():
            if self.mode == "LSTM":
                _check_product(x, weights[0])
            self._refuse_dtype(x, weights[0])
        state = self._start(hx, x, x.size(1))
        out, ends = self._run(x, state, weights, False, sizes)
        if back is not None:
            ends = tuple(e.index_select(1, back) for e in ends)
        return pack_like(out, input), ends if self.mode == "LSTM" else ends[0]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first:
            text += f", batch_first={self.batch_first}"
        if self.dropout:
            text += f", dropout={self.dropout}"
        if self.bidirectional:
            text += f", bidirectional={self.bidirectional}"
        return text


def _no_projection(kwargs: Any) -> None:
    if "proj_size" in kwargs:
        raise ValueError(
            "proj_size argument is only supported for LSTM, not RNN or GRU"
        )


class RNN(RNNBase):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        _no_projection(kwargs)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        self_nonlinearity = nonlinearity
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            *args,
            **kwargs,
        )
        self.nonlinearity = self_nonlinearity


class LSTM(RNNBase):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class RNNCellBase(Module):
    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        n = self.gates * hidden_size
        self.weight_ih = weight(n, input_size, dtype=dtype)
        self.weight_hh = weight(n, hidden_size, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, weight(n, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for w in self.parameters():
            init.uniform_(w, -bound, bound)

    def _step(self, kind: str, input: Any, state: Any, count: int) -> tuple[Any, ...]:
        from isograd.torch.nn.modules.basic import blank

        alone = input.dim() == 1
        if input.dim() not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 1D or 2D, got "
                f"{input.dim()}D instead"
            )
        for i, s in enumerate(state or ()):
            if s.dim() not in (1, 2):
                name = f"hx[{i}]" if count == 2 else "hidden"
                raise ValueError(
                    f"{type(self).__name__}: Expected {name} to be 1D or 2D, got "
                    f"{s.dim()}D instead"
                )
        x = input.unsqueeze(0) if alone else input
        if state is None:
            state = tuple(
                blank(x.size(0), self.hidden_size, dtype=x.dtype) for _ in range(count)
            )
        elif alone:
            state = tuple(s.unsqueeze(0) for s in state)
        self._check(x, state)
        out = _cell(
            kind, x, state, (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        )
        return tuple(o.squeeze(0) for o in out) if alone else out

    def _check(self, x: Any, state: Any) -> None:
        if x.size(1) != self.input_size:
            raise RuntimeError(
                "input has inconsistent input_size: got "
                f"{x.size(1)} expected {self.input_size}"
            )
        for i, s in enumerate(state):
            if s.size(0) != x.size(0):
                raise RuntimeError(
                    f"Input batch size {x.size(0)} doesn't match hidden{i} "
                    f"batch size {s.size(0)}"
                )
            if s.size(1) != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got "
                    f"{s.size(1)}, expected {self.hidden_size}"
                )
        for a in (x, *state):
            _check_product(a, self.weight_ih)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(self.nonlinearity, input, None if hx is None else (hx,), 1)[0]


class LSTMCell(RNNCellBase):
    gates = 4

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step("lstm", input, hx, 2)


class GRUCell(RNNCellBase):
    gates = 3

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step("gru", input, None if hx is None else (hx,), 1)[0]
