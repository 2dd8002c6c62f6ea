"""Products of matrices and vectors, with PyTorch's checks of shapes and dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isograd.core import fast
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch.call import Named, cast, check_broadcast, operands, refuse, tied
from isograd.torch.dtypes import of_numpy
from isograd.torch.scalars import c_name
from isograd.torch.table import FUNCTIONS, attach, row, tensor_row
from isograd.torch.tensor import FAMILY, Tensor, checked_dim

F = BOUND


def _same_dtype(x: Payload, y: Payload) -> None:
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: "
            f"{c_name(x)} != {c_name(y)}"
        )
    if x.dtype.kind == "b":
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")


def shapes_text(x: Payload, y: Payload) -> str:
    return "x".join(map(str, x.shape)) + " and " + "x".join(map(str, y.shape))


def _check_mm(x: Payload, y: Payload) -> None:
    if x.shape[1] != y.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({shapes_text(x, y)})"
        )
    _same_dtype(x, y)


@row
def mm(input: Payload, mat2: Payload) -> Payload:
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_mm(input, mat2)
    return F.matmul(input, mat2)


@row
def bmm(input: Payload, mat2: Payload) -> Payload:
    if input.ndim != 3 or mat2.ndim != 3:
        word = "batch1" if input.ndim != 3 else "batch2"
        raise RuntimeError(f"{word} must be a 3D tensor")
    (b, _, k), (b2, k2, _) = input.shape, mat2.shape
    if b != b2 or k != k2:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{b}, {k}] but got: [{b2}, {k2}]."
        )
    if input.dtype != mat2.dtype:
        raise RuntimeError(
            f"expected scalar type {of_numpy(input.dtype).scalar_type} "
            f"but found {of_numpy(mat2.dtype).scalar_type}"
        )
    return F.matmul(input, mat2)


@row
def mv(input: Payload, vec: Payload) -> Payload:
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}"
        )
    if input.shape[1] != vec.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input.shape[0]}), mat "
            f"({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})"
        )
    _same_dtype(input, vec)
    return _times_vector(input, vec)


def _times_vector(x: Payload, v: Payload) -> Payload:
    out = F.matmul(x, F.reshape(v, shape=(v.shape[0], 1)))
    return F.reshape(out, shape=x.shape[:-1])


def _vector_times(v: Payload, y: Payload) -> Payload:
    out = F.matmul(F.reshape(v, shape=(1, v.shape[0])), y)
    return F.reshape(out, shape=(*y.shape[:-2], y.shape[-1]))


@row
def dot(input: Payload, tensor: Payload) -> Payload:
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors"
        )
    if input.dtype != tensor.dtype:
        raise RuntimeError(
            "dot : expected both vectors to have same dtype, but found "
            f"{of_numpy(input.dtype).scalar_type} and "
            f"{of_numpy(tensor.dtype).scalar_type}"
        )
    refuse(input, "b", "dot")
    m, n = input.shape[0], tensor.shape[0]
    if m != n:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{m}] and src [{n}] to have "
            "the "
            f"same number of elements, but got {m} and {n} elements respectively"
        )
    return F.sum(F.mul(input, tensor), axes=(0,))


@row
def vdot(input: Payload, other: Payload) -> Payload:
    out = dot(F.conj(input), other)
    return out


@row(label="MmBackward0")
def matmul(input: Payload, other: Payload) -> Any:
    x, y = input, other
    if not x.ndim or not y.ndim:
        raise RuntimeError(
            "both arguments to matmul need to be at least 1D, but they "
            f"are {x.ndim}D and {y.ndim}D"
        )
    if x.ndim == 1 and y.ndim == 1:
        return Named(dot(x, y), "DotBackward0")
    if x.ndim == 2 and y.ndim == 2:
        _check_mm(x, y)
        return F.matmul(x, y)
    if x.ndim == 2 and y.ndim == 1:
        return Named(mv(x, y), "MvBackward0")
    if x.ndim == 1 and y.ndim == 2:
        if x.shape[0] != y.shape[0]:
            raise RuntimeError(
                "mat1 and mat2 shapes cannot be multiplied "
                f"(1x{x.shape[0]} and {y.shape[0]}x{y.shape[1]})"
            )
        _same_dtype(x, y)
        return Named(_vector_times(x, y), "SqueezeBackward4")
    return _batched_matmul(x, y)


def _batched_matmul(x: Payload, y: Payload) -> Named:
    if x.shape[-1] != (y.shape[-2] if y.ndim > 1 else y.shape[0]):
        raise _batch_mismatch(x, y)
    if x.dtype != y.dtype:
        _same_dtype(x, y)
    if y.ndim == 1:
        return Named(_times_vector(x, y), "ViewBackward0")
    if x.ndim == 1:
        return Named(_vector_times(x, y), "SqueezeBackward1")
    check_broadcast(x.shape[:-2], y.shape[:-2])
    label = "CloneBackward0" if x.ndim == 2 else "UnsafeViewBackward0"
    return Named(F.matmul(x, y), label)


def _batch_mismatch(x: Payload, y: Payload) -> RuntimeError:
    if y.ndim <= 2:
        rows = int(np.prod(x.shape[:-1]))
        if y.ndim == 1:
            return RuntimeError(
                f"size mismatch, got input ({rows}), mat ({rows}x{x.shape[-1]}), vec "
                f"({y.shape[0]})"
            )
        return RuntimeError(
            "mat1 and mat2 shapes cannot be multiplied "
            f"({rows}x{x.shape[-1]} and {y.shape[0]}x{y.shape[1]})"
        )
    lead = check_broadcast(x.shape[:-2], y.shape[:-2])
    b = int(np.prod(lead))
    return RuntimeError(
        "Expected size for first two dimensions of batch2 tensor to be: "
        f"[{b}, {x.shape[-1]}] but got: [{b}, {y.shape[-2]}]."
    )


_slow_matmul = FUNCTIONS["matmul"]
_quick_matmul = fast.binary(REGISTRY["matmul"], Tensor, _slow_matmul, FAMILY, "fc")


def _matmul(input: Any, other: Any, **rest: Any) -> Any:
    if (
        rest
        or not (isinstance(input, Tensor) and isinstance(other, Tensor))
        or (input._p.ndim != 2 or other._p.ndim != 2)
    ):
        return _slow_matmul(input, other, **rest)
    return _quick_matmul(input, other)


_matmul.__name__ = _matmul.__qualname__ = "matmul"
FUNCTIONS["matmul"] = _matmul
attach(matmul=_matmul)


def _at(x: Any, y: Any) -> Any:
    return _matmul(x, y) if isinstance(y, CoreTensor) else NotImplemented


attach(__matmul__=_at)
attach(__rmatmul__=lambda x, y: NotImplemented)


@row(aliases=("ger",), label="MulBackward0")
def outer(input: Payload, vec2: Payload) -> Payload:
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(
            f"outer: Expected 1-D argument {'self' if input.ndim != 1 else 'vec2'}, "
            "but "
            f"got {input.ndim if input.ndim != 1 else vec2.ndim}-D"
        )
    x = F.reshape(input, shape=(input.shape[0], 1))
    y = F.reshape(vec2, shape=(1, vec2.shape[0]))
    return _times(x, y)


def _times(x: Payload, y: Payload) -> Payload:
    from isograd.torch.arithmetic import mul

    return mul(x, y)


@row
def inner(input: Payload, other: Payload) -> Any:
    if not input.ndim or not other.ndim:
        return Named(_times(input, other), "MulBackward0")
    if input.dtype != other.dtype:
        raise RuntimeError("both inputs should have same dtype")
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got "
            "shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    out = F.tensordot(input, other, axes=((input.ndim - 1,), (other.ndim - 1,)))
    return Named(out, "ViewBackward0")


def _scaled(x: Payload, alpha: Any) -> Payload:
    return x if type(alpha) is int and alpha == 1 else F.mul(x, cast(alpha, x.dtype))


def _added(name: str, product: Any, words: str) -> None:
    """`beta * input + alpha * product(a, b)`."""

    def body(
        input: Payload,
        a: Any = None,
        b: Any = None,
        *,
        beta: Any = 1,
        alpha: Any = 1,
        **kw: Any,
    ) -> Payload:
        first, second = words.split()
        a, b = kw.get(first, a), kw.get(second, b)
        term = _scaled(product(a, b), alpha)
        if input.dtype != term.dtype:
            raise RuntimeError(
                f"self and mat2 must have the same dtype, but got "
                f"{of_numpy(input.dtype).scalar_type} and "
                f"{of_numpy(b.dtype).scalar_type}"
            )
        for i in range(-1, -input.ndim - 1, -1):
            if input.shape[i] not in (1, term.shape[i]):
                from isograd.torch.shapes import expand_error

                raise RuntimeError(expand_error(term.shape, input.shape, i))
        own = F.broadcast_to(input, term.shape)
        if type(beta) in (int, float) and not beta:  # nan of the input does not count
            return F.add(tied(own, np.zeros(term.shape, term.dtype)), term)
        return F.add(_scaled(own, beta), term)

    row(body, name=name, inplace=True)


_added("addmm", mm, "mat1 mat2")
_added("addmv", mv, "mat vec")
_added("addr", lambda a, b: outer(a, b), "vec1 vec2")
_added("baddbmm", bmm, "batch1 batch2")
_added("addbmm", lambda a, b: F.sum(bmm(a, b), axes=(0,)), "batch1 batch2")


@row
def kron(input: Payload, other: Payload) -> Payload:
    return Named(F.kron(input, other), "UnsafeViewBackward0")


@row
def trace(input: Payload) -> Payload:
    if input.ndim != 2:
        raise RuntimeError(
            f"trace: expected a matrix, but got tensor with dim {input.ndim}"
        )
    return F.trace(input)


@row(method=False, label="ViewBackward0")
def tensordot(a: Payload, b: Payload, dims: Any = 2) -> Payload:
    if isinstance(dims, int) and dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if isinstance(dims, int):
        axes: Any = (tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims)))
    else:
        axes = tuple(tuple(np.asarray(d).reshape(-1).tolist()) for d in dims)
    if len(axes[0]) != len(axes[1]):
        raise RuntimeError("both dimension lists should have same length")
    axes = tuple(
        tuple(i % x.ndim for i in d) for d, x in zip(axes, (a, b), strict=True)
    )
    for i, j in zip(*axes, strict=True):
        if a.shape[i] != b.shape[j]:
            raise RuntimeError(
                "contracted dimensions need to match, but first has size "
                f"{a.shape[i]} in dim {i} and second has size {b.shape[j]} in dim {j}"
            )
    return F.tensordot(a, b, axes=axes)


_NO_OPERANDS = (
    "einsum(): must specify the equation string and at least one operand, or at least "
    "one operand and its subscripts list"
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _from_sublists(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Equation and operands of `einsum(x, [0, 1], y, [1, 2], [0, 2])`."""
    if len(args) < 2:
        raise ValueError(_NO_OPERANDS)
    tensors = args[: len(args) // 2 * 2 : 2]
    terms = ",".join(map(_subscripts, args[1::2]))
    out = f"->{_subscripts(args[-1])}" if len(args) % 2 else ""
    return terms + out, tensors


def _subscripts(places: Sequence[Any]) -> str:
    return "".join("..." if p is Ellipsis else _LETTERS[p] for p in places)


@row(method=False, label="ViewBackward0")
def einsum(equation: Any = None, *tensors: Any) -> Payload:
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    if not isinstance(equation, str):
        equation, tensors = _from_sublists((equation, *tensors))
    if not tensors:
        raise ValueError(_NO_OPERANDS)
    out = F.einsum(equation.replace(" ", ""), *tensors)
    return Named(out, _einsum_label(equation.replace(" ", ""), tensors))


def _einsum_label(equation: str, tensors: Sequence[Any]) -> str:
    """The last step by which PyTorch computes an expression."""
    left, arrow, right = equation.partition("->")
    if len(tensors) == 1:
        given = left.replace(".", "")
        out = (
            right.replace(".", "")
            if arrow
            else "".join(c for c in sorted(set(given)) if given.count(c) == 1)
        )
        return "SumBackward1" if set(given) - set(out) else "PermuteBackward0"
    if len(tensors) == 2:
        a, b = left.replace(".", "").split(",")
        if not (set(a) & set(b)) - set(right.replace(".", "")):
            return "MulBackward0"
    return "ViewBackward0"


@tensor_row(method=False)
def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    from isograd.torch.matrices import LINALG

    return LINALG["multi_dot"](matrices)


@row(label="LinalgCrossBackward0")
def cross(input: Payload, other: Payload, dim: Any = None) -> Payload:
    x, y = operands(input, other)
    if dim is None:
        dim = next((i for i, n in enumerate(x.shape) if n == 3), -1)
    d = checked_dim(dim, x.ndim)
    if x.shape[d] != 3 or y.shape[d] != 3:
        raise RuntimeError(
            "linalg.cross: inputs dimension "
            f"{d} must have length 3. Got {x.shape[d]} and {y.shape[d]}"
        )
    return F.cross(x, y, axis=d)
