"""The operator classes of `mindspore.ops`: `ops.MatMul()`, `ops.ReduceSum(True)`...

Those without settings are named in `_PLAIN`; a class with settings is made from a
factory, whose parameters are the settings and which gives the function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import (
    FUNCTIONS,
    array_of,
    at,
    axis_of,
    cast,
    expose,
    ints_of,
    public,
)
from isograd.mindspore.ops import (  # noqa: F401  (their functions)
    activations,
    arithmetic,
    creation,
    gradients,
    indexing,
    inplace,
    layers,
    linalg,
    losses,
    more,
    random,
    reductions,
    shapes,
)
from isograd.mindspore.ops.primitive import operator, setting_operator
from isograd.mindspore.tensor import Tensor

F = BOUND
Fn = Callable[..., Any]
OPERATORS: dict[str, Any] = {}  # classes of operators

# class: function of ops; "Name" alone stands for the function with that name in lower
# case and underscores
_PLAIN = """
Add Sub Mul Div:div RealDiv:real_div Pow:pow Maximum Minimum FloorDiv:floor_divide
FloorMod:remainder Mod:fmod TruncateDiv:truncate_div TruncateMod:truncate_mod
DivNoNan:div_no_nan MulNoNan:mul_no_nan Xdivy:xdivy Xlogy:xlogy Atan2:atan2 Hypot
SquaredDifference:squared_difference Equal NotEqual:not_equal Less
LessEqual:less_equal Greater GreaterEqual:greater_equal LogicalAnd:logical_and
LogicalOr:logical_or LogicalXor:logical_xor LogicalNot:logical_not
BitwiseAnd:bitwise_and BitwiseOr:bitwise_or BitwiseXor:bitwise_xor Invert:invert
LeftShift:bitwise_left_shift RightShift:bitwise_right_shift
Exp Expm1 Log Log1p Log2:log2 Sqrt Rsqrt Square Sin Cos Tan Asin Acos ACos:acos Atan
Sinh Cosh Tanh Asinh Acosh Atanh Erf Erfc Erfinv Lgamma Digamma Reciprocal Inv:inv
Sinc BesselI0:bessel_i0 BesselI1:bessel_i1 Sigmoid Neg Abs Sign Floor Ceil Round Rint
Trunc IsNan:isnan IsInf:isinf IsFinite:isfinite Real Imag Conj Angle Complex Lerp
Addcmul:addcmul Addcdiv:addcdiv AddN:addn AccumulateNV2:addn NanToNum:nan_to_num
ReLU:relu ReLU6:relu6 GeLU:_gelu_tanh FastGeLU:fast_gelu FastGelu:fast_gelu SeLU:selu
SiLU:silu Mish Softplus Softsign HSwish:hardswish HSigmoid:hardsigmoid PReLU:prelu
LogSigmoid:logsigmoid
Reshape Transpose ExpandDims:expand_dims Shape Rank Size DType:dtype Cast Tile
Identity StopGradient:stop_gradient Depend Flatten ZerosLike:zeros_like
OnesLike:ones_like FullLike:full_like FillV2:_fill_v2 Fill:fill Fills:fills
DynamicShape:tensor_shape TensorShape:tensor_shape
Gather:gather GatherV2:gather SparseGatherV2:gather GatherD:gather_d
GatherNd:gather_nd ScatterNd:scatter_nd Select:select MaskedFill:masked_fill
MaskedSelect:masked_select EmbeddingLookup:_embedding_lookup NonZero:nonzero
TensorScatterUpdate:tensor_scatter_update TensorScatterAdd:tensor_scatter_add
TensorScatterSub:tensor_scatter_sub TensorScatterMul:tensor_scatter_mul
TensorScatterDiv:tensor_scatter_div TensorScatterMax:tensor_scatter_max
TensorScatterMin:tensor_scatter_min UnsortedSegmentSum:unsorted_segment_sum
UnsortedSegmentMax:unsorted_segment_max UnsortedSegmentMin:unsorted_segment_min
UnsortedSegmentProd:unsorted_segment_prod Unique:unique Bincount:bincount
Diag:diag DiagPart:diagonal MatrixInverse:inverse MatrixDeterminant:det
LogMatrixDeterminant:slogdet Cholesky:cholesky MatrixSolve:matrix_solve
MatrixExp:matrix_exp Ger:outer LinSpace:linspace Range:range
SigmoidCrossEntropyWithLogits:sigmoid_cross_entropy_with_logits
SoftmaxCrossEntropyWithLogits:softmax_cross_entropy_with_logits
ScalarToTensor:scalar_to_tensor ScalarToArray:scalar_to_array
TupleToArray:tuple_to_array ScalarCast:scalar_cast ReduceStd:std_mean
Fmax Fmin Gcd Lcm Heaviside Zeta NextAfter:nextafter Gelu:gelu
Polar:polar Cross:cross IsClose:isclose TensorAdd:add Eig:eig
BesselJ0:bessel_j0 BesselJ1:bessel_j1
ApproximateEqual:approximate_equal BiasAdd:bias_add Trace:trace Roll:roll
"""
_USES_LOCKING = """
Assign:assign AssignAdd:assign_add AssignSub:assign_sub ScatterUpdate:scatter_update
ScatterAdd:scatter_add ScatterSub:scatter_sub ScatterMul:scatter_mul
ScatterDiv:scatter_div ScatterMax:scatter_max ScatterMin:scatter_min
ScatterNdUpdate:scatter_nd_update ScatterNdAdd:scatter_nd_add
ScatterNdSub:scatter_nd_sub
"""


def _fill_v2(shape: Any, value: Any) -> Any:
    return FUNCTIONS["full"](shape, value, dtype=getattr(value, "dtype", None))


def _embedding_lookup(params: Any, indices: Any, offset: int = 0) -> Any:
    return FUNCTIONS["gather"](params, indices - offset if offset else indices, 0)


_OWN = {"_fill_v2": _fill_v2, "_embedding_lookup": _embedding_lookup}

for _entry in (_PLAIN + _USES_LOCKING).split():
    _writes = {"side_effect_mem": True} if _entry in _USES_LOCKING.split() else {}
    _class, _colon, _name = _entry.partition(":")
    _name = _name or _class.lower()
    OPERATORS[_class] = operator(
        _class, _OWN.get(_name) or at(FUNCTIONS[_name], ""), **_writes
    )


def setting(factory: Fn) -> Fn:
    """Register the operator class that a factory makes, under the factory's name."""
    OPERATORS[factory.__name__] = setting_operator(factory.__name__, factory)
    return factory


def on_payloads(body: Fn, name: str = "") -> Fn:
    return public(body, name or body.__name__)


# --- reductions -----------------------------------------------------------------------


def _reduction(name: str, function: str) -> None:
    def factory(keep_dims: bool = False, skip_mode: bool = False) -> Fn:
        fn = FUNCTIONS[function]
        if not isinstance(keep_dims, bool):
            raise TypeError(
                f"For '{name}', the 'keep_dims' must be bool, but got "
                f"{type(keep_dims).__name__}."
            )
        return lambda x, axis=(): fn(x, axis, keep_dims)

    OPERATORS[name] = setting_operator(name, factory)


for _name, _function in {
    "Sum": "sum",
    "Mean": "mean",
    "Max": "max",
    "Min": "min",
    "Prod": "prod",
    "All": "all",
    "Any": "any",
}.items():
    _reduction(f"Reduce{_name}", f"reduce_{_function}")


def _argument(name: str, function: str) -> None:
    def factory(axis: int = -1, output_type: Any = dtypes.int32) -> Fn:
        d = dtypes.np_of(output_type)
        return on_payloads(
            lambda input_x: cast(
                getattr(F, function)(input_x, axis=axis_of(axis, input_x.ndim, name)), d
            ),
            name,
        )

    OPERATORS[name] = setting_operator(name, factory)


_argument("Argmax", "argmax")
_argument("Argmin", "argmin")


def _with_value(name: str, which: str) -> None:
    def factory(axis: int = 0, keep_dims: bool = False) -> Fn:
        def compute(x: Payload) -> Any:
            values, at = reductions.extreme(which, x, axis, keep_dims)
            return cast(at, dtypes.int64.np), values

        return on_payloads(compute, name)

    OPERATORS[name] = setting_operator(name, factory)


_with_value("ArgMaxWithValue", "max")
_with_value("ArgMinWithValue", "min")


def _scan(name: str, function: str) -> None:
    def factory(exclusive: bool = False, reverse: bool = False) -> Fn:
        def compute(x: Payload, axis: Any) -> Payload:
            a = axis_of(axis, x.ndim, name)
            if exclusive:
                x = F.shifted(
                    x,
                    axis=a,
                    by=-1 if reverse else 1,
                    value=0 if function == "cumsum" else 1,
                )
            return getattr(F, function)(x, axis=a, reverse=reverse)

        return on_payloads(compute, name)

    OPERATORS[name] = setting_operator(name, factory)


_scan("CumSum", "cumsum")
_scan("CumProd", "cumprod")


@setting
def Cummax(axis: int) -> Fn:
    return lambda x: FUNCTIONS["cummax"](x, axis)


@setting
def Cummin(axis: int) -> Fn:
    return lambda x: FUNCTIONS["cummin"](x, axis)


@setting
def TopK(sorted: bool = True) -> Fn:
    return lambda input_x, k: FUNCTIONS["topk"](input_x, k, None, True, sorted)


@setting
def Sort(axis: int = -1, descending: bool = False) -> Fn:
    def compute(x: Payload) -> Any:
        a = axis_of(axis, x.ndim, "Sort")
        values, at = F.sort(x, axis=a, descending=descending)
        return values, cast(at, dtypes.int32.np)

    return on_payloads(compute, "Sort")


@setting
def L2Loss() -> Fn:
    return on_payloads(
        lambda x: F.mul(F.sum(F.square(x), axes=tuple(range(x.ndim))), 0.5), "L2Loss"
    )


@setting
def L2Normalize(axis: Any = 0, epsilon: float = 1e-4) -> Fn:
    return lambda x: FUNCTIONS["l2_normalize"](x, axis, epsilon)


@setting
def LpNorm(
    axis: Any, p: int = 2, keep_dims: bool = False, epsilon: float = 1e-12
) -> Fn:
    return on_payloads(
        lambda x: reductions.reduced(
            "norm", x, axis, keep_dims, ord=float(p), safe=False
        ),
        "LpNorm",
    )


@setting
def SquareSumAll() -> Fn:
    def total(x: Payload) -> Payload:
        return F.sum(F.square(x), axes=tuple(range(x.ndim)))

    return on_payloads(lambda x, y: (total(x), total(y)), "SquareSumAll")


# --- products -------------------------------------------------------------------------


def _product(name: str) -> None:
    def factory(transpose_a: bool = False, transpose_b: bool = False) -> Fn:
        if not transpose_a and not transpose_b:
            return linalg.matrices if name == "MatMul" else linalg.batches
        return on_payloads(
            lambda x, y: linalg.transposed_product(
                x, y, transpose_a, transpose_b, name
            ),
            name,
        )

    OPERATORS[name] = setting_operator(name, factory)


_product("MatMul")
_product("BatchMatMul")


@setting
def Einsum(equation: str) -> Fn:
    return lambda inputs: FUNCTIONS["einsum"](equation, *inputs)


@setting
def TensorDot(axes: Any) -> Fn:
    return lambda x1, x2: FUNCTIONS["tensor_dot"](x1, x2, axes)


@setting
def MatrixBandPart() -> Fn:
    return FUNCTIONS["matrix_band_part"]


# --- shapes ---------------------------------------------------------------------------

# class: (name of the setting, default or ..., function (x, setting) of ops)
_ONE_SETTING: dict[str, tuple[str, Any, Fn]] = {
    "Squeeze": ("axis", (), lambda x, axis: shapes.squeeze(x, axis)),
    "Concat": ("axis", 0, lambda xs, axis: FUNCTIONS["concat"](xs, axis)),
    "Stack": ("axis", 0, lambda xs, axis: FUNCTIONS["stack"](xs, axis)),
    "Pack": ("axis", 0, lambda xs, axis: FUNCTIONS["stack"](xs, axis)),
    "BroadcastTo": ("shape", ..., lambda x, shape: shapes.broadcast_to(x, shape)),
    "ReverseV2": ("axis", ..., lambda x, axis: FUNCTIONS["reverse"](x, axis)),
    "Meshgrid": (
        "indexing",
        "xy",
        lambda xs, how: FUNCTIONS["meshgrid"](*xs, indexing=how),
    ),
    "Tril": ("diagonal", 0, lambda x, diagonal: FUNCTIONS["tril"](x, diagonal)),
    "Triu": ("diagonal", 0, lambda x, diagonal: FUNCTIONS["triu"](x, diagonal)),
    "Softmax": ("axis", -1, lambda x, axis: FUNCTIONS["softmax"](x, axis)),
    "LogSoftmax": ("axis", -1, lambda x, axis: FUNCTIONS["log_softmax"](x, axis)),
    "Elu": ("alpha", 1.0, lambda x, alpha: FUNCTIONS["elu"](x, alpha)),
    "CeLU": ("alpha", 1.0, lambda x, alpha: FUNCTIONS["celu"](x, alpha)),
    "HShrink": ("lambd", 0.5, lambda x, lambd: FUNCTIONS["hardshrink"](x, lambd)),
    "SoftShrink": ("lambd", 0.5, lambda x, lambd: FUNCTIONS["softshrink"](x, lambd)),
    "GLU": ("axis", -1, lambda x, axis: FUNCTIONS["glu"](x, axis)),
    "Padding": ("pad_dim_size", 8, lambda x, n: FUNCTIONS["padding"](x, n)),
}


def _one_setting(name: str, word: str, default: Any, fn: Fn) -> None:
    equals = "" if default is ... else f"={default!r}"
    scope: dict[str, Any] = {"fn": fn}
    exec(f"def factory({word}{equals}):\n    return lambda x: fn(x, {word})\n", scope)
    OPERATORS[name] = setting_operator(name, scope["factory"])


for _name, _row in _ONE_SETTING.items():
    _one_setting(_name, *_row)


@setting
def Split(axis: int = 0, output_num: int = 1) -> Fn:
    def compute(input_x: Any) -> Any:
        a = axis_of(axis, input_x.ndim, "Split")
        return shapes.split(input_x, input_x.shape[a] // output_num, a)

    return compute


@setting
def SplitV(size_splits: Any, split_dim: int, num_split: int) -> Fn:
    return lambda input_x: shapes.split(input_x, list(size_splits), split_dim)


@setting
def Unstack(axis: int = 0, num: Any = None) -> Fn:
    return lambda input_x: shapes.unstack(input_x, axis)


OPERATORS["Unpack"] = OPERATORS["Unstack"]


@setting
def Slice() -> Fn:
    def compute(input_x: Any, begin: Any, size: Any) -> Any:
        start, count = ints_of(begin), ints_of(size)
        index = tuple(
            (b, n if c == -1 else b + c, 1)
            for b, c, n in zip(start, count, input_x.shape, strict=True)
        )
        return shapes.view_of(input_x, "slice", index=index)

    return compute


@setting
def StridedSlice(
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Fn:
    def key(i: int, begin: int, end: int, step: int) -> Any:
        if ellipsis_mask >> i & 1:
            return ...
        if new_axis_mask >> i & 1:
            return None
        if shrink_axis_mask >> i & 1:
            return begin
        return slice(
            None if begin_mask >> i & 1 else begin,
            None if end_mask >> i & 1 else end,
            step,
        )

    def compute(input_x: Any, begin: Any, end: Any, strides: Any = None) -> Any:
        b, e = ints_of(begin), ints_of(end)
        s = (1,) * len(b) if strides is None else ints_of(strides)
        rows = enumerate(zip(b, e, s, strict=True))
        return input_x[tuple(key(i, *v) for i, v in rows)]

    return compute


FUNCTIONS["strided_slice"] = lambda input_x, begin, end, strides, *masks, **named: (
    OPERATORS["StridedSlice"](*masks, **named)(input_x, begin, end, strides)
)
FUNCTIONS["slice"] = OPERATORS["Slice"]()


@setting
def Pad(paddings: Any) -> Fn:
    return on_payloads(lambda x: layers.padded_pairs(x, paddings), "Pad")


@setting
def PadV3(mode: str = "constant", paddings_contiguous: bool = True) -> Fn:
    how = {"edge": "replicate"}.get(mode, mode)
    return lambda x, paddings, constant_value=0: FUNCTIONS["pad"](
        x, ints_of(paddings), how, constant_value
    )


@setting
def MirrorPad(mode: str = "REFLECT") -> Fn:
    return on_payloads(
        lambda input_x, paddings: layers.padded_pairs(input_x, paddings, mode.lower()),
        "MirrorPad",
    )


@setting
def ReverseSequence(seq_dim: int, batch_dim: int = 0) -> Fn:
    return on_payloads(
        lambda x, seq_lengths: F.take_along(
            x,
            _reversed_places(x.shape, array_of(seq_lengths), seq_dim, batch_dim),
            axis=seq_dim,
        ),
        "ReverseSequence",
    )


expose(
    lambda x, seq_lengths, seq_dim, batch_dim=0: OPERATORS["ReverseSequence"](
        seq_dim, batch_dim
    )(x, seq_lengths),
    ["reverse_sequence"],
    True,
)


def _reversed_places(shape: Any, lengths: Any, axis: int, batch: int) -> Any:
    """Places along an axis with the first `lengths` ones of each batch reversed."""
    import numpy as np

    at = np.arange(shape[axis]).reshape(
        [-1 if i == axis else 1 for i in range(len(shape))]
    )
    n = lengths.reshape([-1 if i == batch else 1 for i in range(len(shape))])
    return np.broadcast_to(np.where(at < n, n - 1 - at, at), shape)


@setting
def SpaceToDepth(block_size: int) -> Fn:
    return on_payloads(lambda x: F.space_to_depth(x, factor=block_size), "SpaceToDepth")


@setting
def DepthToSpace(block_size: int) -> Fn:
    return on_payloads(lambda x: F.depth_to_space(x, factor=block_size), "DepthToSpace")


# --- creation and indexing ------------------------------------------------------------


@setting
def Zeros() -> Fn:
    return FUNCTIONS["zeros"]


@setting
def Ones() -> Fn:
    return FUNCTIONS["ones"]


@setting
def Eye() -> Fn:
    return FUNCTIONS["eye"]


@setting
def OneHot(axis: int = -1) -> Fn:
    return lambda indices, depth, on_value, off_value: FUNCTIONS["one_hot"](
        indices, depth, on_value, off_value, axis
    )


@setting
def IndexAdd(axis: int, use_lock: bool = True, check_index_bound: bool = True) -> Fn:
    def compute(x: Any, indices: Any, y: Any) -> Any:
        out = FUNCTIONS["index_add"](x, indices, y, axis)
        return FUNCTIONS["assign"](x, out) if type(x) is not Tensor else out

    return compute


@setting
def TensorScatterElements(axis: int = 0, reduction: str = "none") -> Fn:
    return lambda data, indices, updates: FUNCTIONS["tensor_scatter_elements"](
        data, indices, updates, axis, reduction
    )


@setting
def InvertPermutation() -> Fn:
    def compute(input_x: Any) -> Any:
        out = [0] * len(input_x)
        for i, p in enumerate(ints_of(input_x)):
            out[p] = i
        return tuple(out)

    return compute
