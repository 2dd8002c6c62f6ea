"""The engine's errors in MindSpore's words."""

from __future__ import annotations

import inspect
import re
from typing import Any

from isograd.base.errors import EngineError

INPUT_WRITTEN = (
    "Can not modify tensor id of input tensor from network by assign value, this may "
    "caused by slice op, please check your code to avoid this error!"
)


_GATHERS = {"gather", "index_select", "embedding", "gather_elements"}


def translated(error: EngineError, name: str = "") -> Exception:
    """The exception MindSpore raises for an error of the engine in a function."""
    found = re.match(r"index (-?\d+) is out of .* axis \d+ with size (\d+)", str(error))
    if found and name in _GATHERS:
        index, size = int(found[1]), int(found[2])
        if name == "gather_elements":
            return beyond_elements(index, size)
        return beyond("Gather", index, size)
    if error.code in ("leaf", "view_leaf"):
        return RuntimeError(INPUT_WRITTEN)
    if error.code == "not_differentiable":
        return RuntimeError(
            f"Illegal primitive: Primitive {error.fields['name']}'s bprop not defined."
        )
    return RuntimeError(str(error))


NEEDED = "must be a Tensor, but got"


def no_tensor(name: str, what: str, x: Any) -> TypeError:
    """An argument that must be a tensor and is none."""
    from isograd.mindspore.signatures import older_kind

    return TypeError(f"For '{name}', the '{what}' {NEEDED} '{older_kind(x)}'")


def refused(
    name: str, body: Any, args: Any, kwargs: Any, place: str = ""
) -> Exception | None:
    """The error for arguments of types that a function does not take, if they are."""
    from isograd.mindspore.signatures import refusal

    return refusal(name, body, args, kwargs, place)


def untensored(error: Exception, name: str, body: Any, args: Any) -> Exception | None:
    """The error for an argument which is no tensor, if that made a function fail."""
    from isograd.core.tensor import Tensor

    said = str(error)
    told = NEEDED in said or isinstance(error, StopIteration)
    for what, x in zip(inspect.signature(body).parameters, args, strict=False):
        if isinstance(x, Tensor) or x is None:
            continue
        text = isinstance(x, str) and said.startswith("could not convert string")
        if told or text or said.startswith(f"'{type(x).__name__}' object has no attr"):
            return no_tensor(name, what, x)
    return None


# operators whose operands have other names than input1 and input2
_OPERANDS: dict[str, str] = {
    **{name: "input other" for name in ("AddExt", "SubExt", "FloorDiv", "NotEqual")},
    "MaskedFill": "input mask",
    "Lerp": "start end",
}


def broadcast(name: str, a: Any, b: Any, words: str = "") -> ValueError:
    """Shapes that do not broadcast.

    Args:
        words: the names of the operands, if the operator does not tell them.
    """
    x, y = (words or _OPERANDS.get(name, "input1 input2")).split()
    n = min(len(a), len(b))
    pairs = zip(a[len(a) - n :], b[len(b) - n :], strict=True)
    # the place is counted as MindSpore does: behind the shape's end
    found = (i for i, (p, q) in enumerate(pairs) if p != q and 1 not in (p, q))
    i = next(found, -1 - n)  # they do, but not to the first operand's
    return ValueError(
        f"For '{name}', {x}.shape and {y}.shape need to broadcast. The value of "
        f"{x}.shape[{len(a) + i}] or {y}.shape[{len(b) + i}] must be 1 or -1 when they "
        f"are not the same, but got {x}.shape = {list(a)} and {y}.shape = {list(b)}"
    )


def leaked(error: Exception, name: str) -> ValueError | None:
    """NumPy's error for shapes that do not broadcast, in MindSpore's words."""
    if not str(error).startswith("operands could not be broadcast together with"):
        return None
    shapes = [
        tuple(int(n) for n in text.split(",") if n.strip())
        for text in re.findall(r"\(([\d, ]*)\)", str(error))
    ]
    if len(shapes) != 2:
        return None
    words = name.rpartition(".")[2].split("_")
    shown = "".join(w[:1].upper() + w[1:] for w in words)
    return broadcast(shown, shapes[0], shapes[1])


def operand(name: str, x: Any) -> TypeError:
    """An operand of a type that the operation does not take."""
    return TypeError(
        f"For '{name}', the input must be a Tensor or a number, but got "
        f"{x!r} with type {type(x).__name__}."
    )


# the texts for an axis out of range, and which functions use them under which name
_AXIS = {
    "For primitive[{name}], the axis value must be in [{low},{high}), but got {value}.": """
sum:SumExt reduce_sum:ReduceSum nansum:ReduceSum nanmean:ReduceSum count_nonzero:ReduceSum
mean:ReduceMean Tensor.mean:MeanExt prod:ProdExt reduce_prod:ReduceProd max:ReduceMax
min:ReduceMin logsumexp:ReduceMax all:ReduceAll any:ReduceAny norm:LpNorm
""",
    "For primitive[{name}], the axis must be in [{low},{high}), but got {value}.": """
softmax:Softmax log_softmax:LogSoftmax argmax:Argmax argmin:Argmin Argmax Argmin
max_along:ArgMaxWithValue min_along:ArgMinWithValue max_dim:MaxDim min_dim:MinDim
median:Median cumsum:CumSum cumprod:CumProd CumSum CumProd cummax:Cummax cummin:Cummin
""",
    "For primitive[{name}], the axis must be in [{low},{last}], but got {value}.": """
sort:Sort argsort:Sort Sort
""",
    "For primitive[{name}], the axis must be in [{low},{high}], but got {value}.": """
Gather
""",
    "For primitive[{name}], the dim value must be in [{low},{high}], but got {value}.": """
GatherD
""",
    "For primitive[{name}], the Stack axis must be in [{low},{last}], but got {value}.": """
Stack
""",
    "Dimension out of range (expected to be in range of [{low}, {high}), but got "
    "{value})": """
Squeeze Transpose ExpandDims Split select diagonal glu
""",
    "The 'axis' must be in the range of [{low}, {high}), but got {value}.": """
std var topk swapaxes movedim repeat_interleave index_select narrow Tensor.cumsum
""",
    "axis {value} is out of bounds for array of dimension {rank}": "split",
    "For 'ReverseV2', the 'axis[0]' must be in range of [{low}, {high}), but got {value} "
    "with type 'int'.": "flip reverse",
}  # fmt: skip


def axis(name: str, value: Any, rank: int) -> ValueError:
    """An axis out of range."""
    high = max(rank, 1)
    found = {
        word.partition(":")[0]: (text, word.rpartition(":")[2])
        for text, words in _AXIS.items()
        for word in words.split()
    }
    text, shown = found.get(name) or (next(iter(_AXIS)), name)
    return ValueError(
        text.format(
            name=shown, low=-high, high=high, last=high - 1, value=value, rank=rank
        )
    )


def beyond(name: str, index: int, size: int) -> RuntimeError:
    """An index past either end; a negative one has the size added."""
    return RuntimeError(
        f"For '{name}', the 'input_indices' should be in the range [0, {size}), but "
        f"got {index + size if index < 0 else index}, error_code[58]"
    )


def beyond_elements(index: int, size: int) -> RuntimeError:
    """An index past the end where elements are gathered along an axis."""
    return RuntimeError(
        f"For 'GatherD', the value of 'index' must be in [{-size}, {size}), but got: "
        f"{index}"
    )


def not_square(name: str, x: Any, what: str = "row size") -> ValueError:
    """Something else than square matrices."""
    if x.ndim < 2:
        return ValueError(
            f"For primitive[{name}], the x rank must be greater than or equal to 2, but "
            f"got {x.ndim}."
        )
    return ValueError(
        f"For primitive[{name}], the {what} must be equal to {x.shape[-2]}, but got "
        f"{x.shape[-1]}."
    )


def ambiguous(size: int) -> ValueError:
    """More than one element where one number is asked for."""
    return ValueError(
        f"The tensor should have only one element, but got {size}, more than one "
        "element is ambiguous."
    )


def unequal(name: str, what: str, a: Any, b: Any) -> ValueError:
    """Shapes of two operands that must be the same."""
    first, second = ("".join(f"{n}," for n in s) for s in (a, b))
    return ValueError(
        f"For primitive[{name}], the {what}: [{first}] must be equal to [{second}]"
    )


def _typed(x: Any) -> str:
    from isograd.mindspore.dtype import of_numpy

    return f"Tensor[{of_numpy(x.dtype)}]"


def mixed_factors(name: str, x: Any, y: Any) -> TypeError:
    """Factors of a matrix product that have different dtypes."""
    return TypeError(
        f"For '{name}', the type of 'x2' should be same as 'x1', but got 'x1' with type "
        f"{_typed(x)} and 'x2' with type {_typed(y)}."
    )


def mixed_convolution(name: str, x: Any, w: Any, own: bool) -> TypeError:
    """An input and a weight, perhaps the layer's own, that have different dtypes."""
    weight = f"Ref[{_typed(w)}]" if own else _typed(w)
    weight, x = (f"name:[{n}]:{t}." for n, t in (("w", weight), ("x", _typed(x))))
    return TypeError(
        f"For primitive[{name}], the input type must be same.\n{weight}\n{x}\n"
    )


def inner_sizes(name: str, a: Any, b: Any) -> Exception:
    """Factors of a matrix product whose inner sizes differ."""
    if name == "MatMulExt":
        return RuntimeError(
            "For 'MatMulExt' op, shape1[-1] must be equal to shape2[-2], but got "
            f"{a[-1]} and {b[-2]}."
        )
    if name == "BatchMatMul":
        return ValueError(
            "For BatchMatMul, the row of the input 'y' should be same as the col of the "
            f"input 'x', with x shape {vector(a)}(transpose_a=0), y shape "
            f"{vector(b)}(transpose_b=0)"
        )
    return ValueError(
        f"For '{name}' the input dimensions must be equal, but got 'x1_col': "
        f"{a[-1]} and 'x2_row': {b[-2]}."
    )


def outer_sizes(name: str, a: Any, b: Any) -> Exception:
    """Factors of a matrix product whose leading axes do not broadcast."""
    if name == "BatchMatMul":
        return ValueError(
            "For BatchMatMul, inputs shape cannot be broadcast on CPU/GPU, with x shape "
            f"{vector(a)}, y shape {vector(b)}"
        )
    return RuntimeError(
        f"For '{name}' op,  shape1 and shape2 must be broadcastable, but got "
        f"{vector(a)} and {vector(b)}"
    )


def convolution(rank: int, channels: int, got: int, groups: int) -> Exception:
    """Channels of the input that do not fit the weight: of type ValueError for volumes,
    while signals are convolved as images of one row."""
    text = (
        f"For 'Conv{max(rank, 2)}D', 'C_in' of input 'x' shape divide by parameter "
        f"'group' must be equal to 'C_in' of input 'weight' shape: {channels}, but got "
        f"'C_in' of input 'x' shape: {got}, and 'group': {groups}."
    )
    return ValueError(text) if rank == 3 else RuntimeError(text)


def convolution_rank(rank: int, got: int) -> ValueError:
    """An input of a convolution with another number of axes than it takes."""
    more = int(rank == 1)  # the axis that makes an image of a signal
    return ValueError(
        f"For primitive[Conv{rank + more}D], the x shape size must be equal to "
        f"{rank + 2 + more}, but got {got + more}."
    )


def too_small(rank: int) -> ValueError:
    """An image that is smaller than the kernel."""
    if rank == 3:
        return ValueError(
            "For 'Conv3D', the input must not be smaller than the kernel."
        )
    return ValueError(
        "For 'Conv2d', input shape's h and w after padding must be greater than or equal "
        "to kernel_size's h and w respectively."
    )


def normalised(x: Any, gamma: Any, beta: Any) -> ValueError:
    """Weights of a layer normalisation that do not have the input's last axes."""
    return ValueError(
        "For 'LayerNorm', gamma or beta shape must match input shape, but got input "
        f"shape: {vector(x)}, gamma shape: {vector(gamma)}, beta shape: {vector(beta)}."
    )


def vector(shape: Any) -> str:
    """A shape as some of the texts write it."""
    return f"[const vector]{{{', '.join(map(str, shape))}}}"


def no_operands(operator: str, what: str) -> ValueError:
    """An operator of many inputs that was given none."""
    return ValueError(
        f"For primitive[{operator}], the {what} num must be greater than or equal to 1, "
        "but got 0."
    )
