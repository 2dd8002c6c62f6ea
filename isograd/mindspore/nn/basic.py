"""Dense, Embedding, Dropout, Flatten and other layers without a window."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from isograd.core import fast
from isograd.core.primitive import BOUND, REGISTRY
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors, ops
from isograd.mindspore.call import promoted, public
from isograd.mindspore.initializer import HeUniform, Uniform, initializer
from isograd.mindspore.nn.activations import activation_of
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.making import cell_of
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.seed import generator
from isograd.mindspore.tensor import FAMILY, Tensor

F = BOUND


def positive_int(value: Any, name: str, owner: str) -> int:
    """`value`, which must be a positive int."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"For '{owner}', the '{name}' must be int, but got '{type(value).__name__}'"
        )
    if value <= 0:
        raise ValueError(
            f"For '{owner}', the '{name}' must be int and must > 0, but "
            f"got '{value}' with type 'int'."
        )
    return int(value)


def check_bool(value: Any, name: str, owner: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(
            f"For '{owner}', the '{name}' must be a bool, but got "
            f"{type(value).__name__}."
        )
    return value


def _affine(x: Any, w: Any, b: Any = None) -> Any:
    if x.ndim == 0 or x.shape[-1] != w.shape[-1]:
        raise ValueError(
            "For 'MatMul' the input dimensions must be equal, but got 'x1_col': "
            f"{x.shape[-1] if x.ndim else 0} and 'x2_row': {w.shape[-1]}."
        )
    if x.dtype != w.dtype:
        raise errors.mixed_factors("MatMul", x, w)
    args = [x, w] if b is None else [x, w, b]
    if any(a.dtype != w.dtype for a in args):
        args = promoted(*args)
    return F.linear(*args)


# arrays of one dtype that fit go past the checks: what fails there is explained here
affine = fast.several(REGISTRY["linear"], Tensor, public(_affine, "dense"), FAMILY)


class Dense(Cell):
    """`activation(x w^T + b)`, w of shape (out_channels, in_channels)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        weight_init: Any = None,
        bias_init: Any = None,
        has_bias: bool = True,
        activation: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.in_channels = positive_int(in_channels, "in_channels", name)
        self.out_channels = positive_int(out_channels, "out_channels", name)
        self.has_bias = check_bool(has_bias, "has_bias", name)
        self._check_shape(weight_init, (out_channels, in_channels), "weight_init")
        self.weight = Parameter(
            initializer(
                HeUniform(sqrt(5)) if weight_init is None else weight_init,
                [out_channels, in_channels],
                dtype,
            ),
            name="weight",
        )
        self.bias: Any = None
        if has_bias:
            self._check_shape(bias_init, (out_channels,), "bias_init")
            self.bias = Parameter(
                initializer(
                    Uniform(1 / sqrt(in_channels)) if bias_init is None else bias_init,
                    [out_channels],
                    dtype,
                ),
                name="bias",
            )
        self.activation = activation_of(activation, name)
        self.activation_flag = activation is not None

    def _check_shape(self, init: Any, shape: tuple[int, ...], what: str) -> None:
        if isinstance(init, Tensor) and init.shape != shape:
            raise ValueError(
                f"For '{type(self).__name__}', the shape of '{what}' must be equal to "
                f"{shape}, but got {init.shape}."
            )

    def construct(self, x: Any) -> Any:
        bias = self.bias
        out = affine(x, self.weight) if bias is None else affine(x, self.weight, bias)
        return self.activation(out) if self.activation_flag else out

    def extend_repr(self) -> str:
        text = f"input_channels={self.in_channels}, output_channels={self.out_channels}"
        text += ", has_bias=True" if self.has_bias else ""
        return f"{text}, activation={self.activation}" if self.activation_flag else text


class Linear(Dense):
    """`nn.Dense` by its name in `mint`."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        weight_init: Any = None,
        bias_init: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(
            in_features,
            out_features,
            weight_init,
            bias_init,
            bias,
            dtype=dtype or dtypes.float32,
        )
        self.in_features, self.out_features = in_features, out_features

    def extend_repr(self) -> str:
        return (
            f"input_features={self.in_features}, output_features="
            f"{self.out_features}, has_bias={self.has_bias}"
        )


class BiDense(Cell):
    """`x1^T w x2 + b` for each output channel."""

    def __init__(
        self,
        in1_channels: int,
        in2_channels: int,
        out_channels: int,
        weight_init: Any = None,
        bias_init: Any = None,
        has_bias: bool = True,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        self.in1_channels = positive_int(in1_channels, "in1_channels", "BiDense")
        self.in2_channels = positive_int(in2_channels, "in2_channels", "BiDense")
        self.out_channels = positive_int(out_channels, "out_channels", "BiDense")
        bound = 1 / sqrt(in1_channels)
        self.weight = Parameter(
            initializer(
                Uniform(bound) if weight_init is None else weight_init,
                [out_channels, in1_channels, in2_channels],
                dtype,
            ),
            name="weight",
        )
        self.has_bias = has_bias
        if has_bias:
            self.bias = Parameter(
                initializer(
                    Uniform(bound) if bias_init is None else bias_init,
                    [out_channels],
                    dtype,
                ),
                name="bias",
            )

    def construct(self, input1: Any, input2: Any) -> Any:
        return _bilinear(
            input1, input2, self.weight, self.bias if self.has_bias else None
        )

    def extend_repr(self) -> str:
        return (
            f"in1_channels={self.in1_channels}, in2_channels={self.in2_channels}, "
            f"output_channels={self.out_channels}, has_bias={self.has_bias}"
        )


_bilinear = public(lambda x, y, w, b=None: F.bilinear(x, y, w, b), "bidense")


class Embedding(Cell):
    """Rows of a table by index."""

    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        use_one_hot: bool = False,
        embedding_table: Any = "normal",
        dtype: Any = dtypes.float32,
        padding_idx: int | None = None,
    ) -> None:
        super().__init__()
        self.vocab_size = positive_int(vocab_size, "vocab_size", "Embedding")
        self.embedding_size = positive_int(
            embedding_size, "embedding_size", "Embedding"
        )
        self.use_one_hot, self.dtype = use_one_hot, dtype
        self.padding_idx = padding_idx
        table = initializer(embedding_table, [vocab_size, embedding_size], dtype)
        if padding_idx is not None:
            if not 0 <= padding_idx < vocab_size:
                raise ValueError(
                    "For 'Embedding', the 'padding_idx' must be in range of [0, "
                    f"{vocab_size}), but got {padding_idx} with type 'int'."
                )
            table = Tensor(table)
            table._p[padding_idx] = 0
        self.embedding_table = Parameter(table, name="embedding_table")

    def construct(self, ids: Any) -> Any:
        return _rows(self.embedding_table, ids)  # the padding's row too has a gradient

    def extend_repr(self) -> str:
        return (
            f"vocab_size={self.vocab_size}, embedding_size={self.embedding_size}, "
            f"use_one_hot={self.use_one_hot}, "
            f"embedding_table={self.embedding_table}, dtype={self.dtype}, "
            f"padding_idx={self.padding_idx}"
        )


def _rows_body(table: Any, ids: Any, padding: Any = None) -> Any:
    if ids.dtype.kind not in "iu":
        raise TypeError(
            "For 'Embedding', the dtype of the indices must be int32 or "
            f"int64, but got {dtypes.of_numpy(ids.dtype)}."
        )
    return F.embedding(table, ids, padding=padding)


_rows = public(_rows_body, "embedding")


class EmbeddingLookup(Embedding):
    """`nn.Embedding` under the name of the version for parameter servers."""

    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        param_init: Any = "normal",
        target: str = "CPU",
        slice_mode: str = "batch_slice",
        manual_shapes: Any = None,
        max_norm: Any = None,
        sparse: bool = True,
        vocab_cache_size: int = 0,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(vocab_size, embedding_size, False, param_init, dtype)

    extend_repr = Cell.extend_repr


# --- dropout --------------------------------------------------------------------------


def drop_elements(x: Any, p: float, shape: Any) -> Any:
    keep = (generator().random(shape) >= p).astype(x.dtype)
    return F.mul(x, np.broadcast_to(keep * x.dtype.type(1 / (1 - p)), x.shape))


dropped = public(drop_elements, "dropout")


class Dropout(Cell):
    """In training, elements are zero with probability p, the others scaled."""

    def __init__(
        self,
        keep_prob: float | None = None,
        p: float | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        if keep_prob is not None and p is not None:
            raise TypeError(
                "For 'Dropout', only one of 'keep_prob' and 'p' may be given."
            )
        if p is None and keep_prob is None:
            keep_prob = 0.5
        value = p if p is not None else keep_prob
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(
                "For 'Dropout', the type of 'p' should be one of '['float', 'int']', "
                f"but got type '{type(value).__name__}'."
            )
        if p is not None and not 0 <= p < 1:
            raise ValueError(
                f"For 'Dropout', the 'p' must be a number in range [0, 1), but got {p}."
            )
        if p is None and not 0 < value <= 1:
            raise ValueError(
                "For 'Dropout', the 'keep_prob' must be a number in range "
                f"(0, 1], but got {keep_prob}."
            )
        self.p, self.keep_prob, self.dtype = p, keep_prob, dtype
        self.rate = float(p if p is not None else 1 - value)

    def construct(self, x: Any) -> Any:
        if not self.training or not self.rate:
            return x
        return dropped(x, self.rate, x.shape)

    def extend_repr(self) -> str:
        if self.keep_prob is None:
            return f"p={self.p}"
        return f"keep_prob={self.keep_prob}"


class _DropoutNd(Cell):
    """Whole channels are zero: the first axes are kept apart, the rest together."""

    axes = 2

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(
                f"For '{type(self).__name__}', the 'p' must be a number "
                f"in range [0, 1], but got {p}."
            )
        self.p = p

    def construct(self, x: Any) -> Any:
        if not self.training or not self.p:
            return x
        if self.p == 1:
            return x * 0
        return dropped(x, self.p, x.shape[: self.axes] + (1,) * (x.ndim - self.axes))

    def extend_repr(self) -> str:
        return f"p={self.p}"


class Dropout1d(_DropoutNd):
    extend_repr = Cell.extend_repr


class Dropout2d(_DropoutNd): ...


class Dropout3d(_DropoutNd): ...


# --- shapes ---------------------------------------------------------------------------


class Flatten(Cell):
    """Axes `start_dim` to `end_dim` joined into one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def construct(self, x: Any) -> Any:
        return ops.flatten(x, start_dim=self.start_dim, end_dim=self.end_dim)


class Identity(Cell):
    def construct(self, x: Any) -> Any:
        return x


class Unflatten(Cell):
    def __init__(self, axis: int, unflattened_size: Any) -> None:
        super().__init__()
        self.axis, self.unflattened_size = axis, tuple(unflattened_size)

    def construct(self, input_x: Any) -> Any:
        a = self.axis % input_x.ndim
        shape = input_x.shape
        return input_x.reshape(shape[:a] + self.unflattened_size + shape[a + 1 :])


class Pad(Cell):
    """Padding by (before, after) pairs, one for each axis."""

    def __init__(self, paddings: Any, mode: str = "CONSTANT") -> None:
        super().__init__()
        if not isinstance(paddings, tuple):
            raise TypeError(
                "For 'Pad', the type of 'paddings' must be tuple, but got "
                f"{type(paddings).__name__}."
            )
        if mode not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
            raise ValueError(
                "For 'Pad', the 'mode' must be one of 'CONSTANT', "
                f"'REFLECT', 'SYMMETRIC', but got {mode}."
            )
        self.paddings, self.mode = paddings, mode

    def construct(self, x: Any) -> Any:
        return _padded(x, self.paddings, self.mode.lower())


_padded = public(
    lambda x, pairs, mode, value=0: F.pad_with(
        x, tuple((int(a), int(b)) for a, b in pairs), mode=mode, value=value
    ),
    "pad",
)


def _pad_nd(rank: int, mode: str, name: str) -> type[Cell]:
    def pairs(padding: Any, ndim: int) -> Any:
        flat = (padding,) * (2 * rank) if isinstance(padding, int) else tuple(padding)
        found = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
        return [(0, 0)] * (ndim - len(found)) + found[::-1]

    if mode == "constant":
        text = "padding, value=0" if name.startswith("Constant") else "padding"
    else:
        text = "padding"
    return cell_of(
        name,
        text,
        lambda self, x: _padded(
            x, pairs(self.padding, x.ndim), mode, getattr(self, "value", 0)
        ),
    )


for _kind, _mode in {
    "Constant": "constant",
    "Reflection": "reflect",
    "Replication": "replicate",
}.items():
    for _n in (1, 2, 3):
        globals()[f"{_kind}Pad{_n}d"] = _pad_nd(_n, _mode, f"{_kind}Pad{_n}d")
ZeroPad2d = _pad_nd(2, "constant", "ZeroPad2d")

OneHot = cell_of(
    "OneHot",
    "axis=-1, depth=1, on_value=1.0, off_value=0.0, dtype=None",
    lambda self, ids: ops.one_hot(
        ids,
        self.depth,
        Tensor(self.on_value, self.dtype or dtypes.float32),
        Tensor(self.off_value, self.dtype or dtypes.float32),
        axis=self.axis,
    ),
)
Tril = cell_of("Tril", "", lambda self, x, k=0: ops.tril(x, k))
Triu = cell_of("Triu", "", lambda self, x, k=0: ops.triu(x, k))
Roll = cell_of(
    "Roll", "shift, axis", lambda self, x: ops.roll(x, self.shift, self.axis)
)
PixelShuffle = cell_of(
    "PixelShuffle",
    "upscale_factor",
    lambda self, x: ops.pixel_shuffle(x, self.upscale_factor),
)
PixelUnshuffle = cell_of(
    "PixelUnshuffle",
    "downscale_factor",
    lambda self, x: ops.pixel_unshuffle(x, self.downscale_factor),
)
ChannelShuffle = cell_of(
    "ChannelShuffle", "groups", lambda self, x: ops.channel_shuffle(x, self.groups)
)
CosineSimilarity = cell_of(
    "CosineSimilarity", "dim=1, eps=1e-8", "cosine_similarity", "dim eps"
)


class MatMul(Cell):
    """Removed from MindSpore; kept as `ops.matmul` with transposed operands."""

    def __init__(self, transpose_x1: bool = False, transpose_x2: bool = False) -> None:
        super().__init__()
        self.transpose_x1, self.transpose_x2 = transpose_x1, transpose_x2

    def construct(self, x1: Any, x2: Any) -> Any:
        if self.transpose_x1:
            x1 = x1.swapaxes(-1, -2)
        if self.transpose_x2:
            x2 = x2.swapaxes(-1, -2)
        return ops.matmul(x1, x2)


class ClipByNorm(Cell):
    """`x` scaled so that its norm (over `axis`) is at most `clip_norm`."""

    def __init__(self, axis: Any = None) -> None:
        super().__init__()
        self.axis = axis

    def construct(self, x: Any, clip_norm: Any) -> Any:
        bound = (
            clip_norm
            if isinstance(clip_norm, Tensor)
            else Tensor(clip_norm, dtypes.float32)
        )
        if self.axis is None:
            norm = (x * x).sum().sqrt()
        else:
            norm = (x * x).sum(axis=self.axis, keepdims=True).sqrt()
        return (x * bound / ops.maximum(norm, bound)).astype(x.dtype)


class L1Regularizer(Cell):
    """`scale` times the sum of absolute weights."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        if scale <= 0:
            raise ValueError(
                "For 'L1Regularizer', the 'scale' must be greater than 0, "
                f"but got {scale}."
            )
        self.scale = scale

    def construct(self, weights: Any) -> Any:
        return ops.abs(weights).sum() * self.scale


class Upsample(Cell):
    """`ops.interpolate` with fixed settings."""

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: Any = None,
        recompute_scale_factor: Any = None,
    ) -> None:
        super().__init__()
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def construct(self, x: Any) -> Any:
        return ops.interpolate(
            x,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )


__all__ = [
    n
    for n, v in list(globals().items())
    if isinstance(v, type)
    and issubclass(v, Cell)
    and v is not Cell
    and not n.startswith("_")
]
