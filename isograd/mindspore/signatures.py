"""What operators take, and what MindSpore says of a call that does not fit.

Read when a call has failed: the functions themselves do not check what NumPy checks.
An entry names a function, then the operator that MindSpore calls with its settings and
inputs; `name:shown` gives what is shown for an argument that was left out.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from isograd.core.tensor import Tensor
from isograd.mindspore import taken

# --- the tables -----------------------------------------------------------------------

_AXES = "<list of int, int, Tensor, tuple of int>"
_ABSENT = "dtype:mindspore.dtype=<mindspore.dtype>"
_REDUCTIONS = {"mean": "ReduceMean", "reduce_mean": "ReduceMean", "amax": "ReduceMax",
               "amin": "ReduceMin", "any": "ReduceAny", "logsumexp": "ReduceMax",
               "reduce_sum": "ReduceSum", "reduce_prod": "ReduceProd"}  # fmt: skip
_ONES = "on_value:Tensor=<Tensor>, off_value:Tensor=<Tensor>"
_SCAN = "exclusive:bool=<bool>, reverse:bool=<bool>"
_FACTORS = "transpose_a:bool=<bool>, transpose_b:bool=<bool>"

_TEXTS = {
    **{
        function: f"{operator}(keep_dims=<bool>)(x=<Tensor>, axis:Tuple<>={_AXES})"
        for function, operator in _REDUCTIONS.items()
    },
    "all": f"ReduceAll(keep_dims=<bool>)(input=<Tensor>, axis={_AXES})",
    "sum": f"SumExt()(input=<Tensor>, dim={_AXES}, keepdim=<bool>, {_ABSENT})",
    "prod": f"ProdExt()(input=<Tensor>, dim=<int>, keepdim=<bool>, {_ABSENT})",
    "argmax": "Argmax(axis=<int>, output_type:mindspore.dtype=<mindspore.dtype>)"
    "(input_x=<Tensor>)",
    "argmin": "Argmin(axis=<int>, output_type:mindspore.dtype=<mindspore.dtype>)"
    "(x=<Tensor>)",
    "cumsum": f"CumSum({_SCAN})(input=<Tensor>, axis=<int>)",
    "cumprod": f"CumProd({_SCAN})(x=<Tensor>, axis=<int>)",
    "softmax": "Softmax(axis=<int, tuple of int>)(input=<Tensor>)",
    "log_softmax": "LogSoftmax(axis=<int>)(logits=<Tensor>)",
    "reshape": "Reshape()(input=<Tensor>, shape=<list of int, Tensor, tuple of int>)",
    "transpose": "Transpose()(input=<Tensor>, dims=<list of int, tuple of int>)",
    "expand_dims": "ExpandDims()(input_x=<Tensor>, axis=<Tensor, int>)",
    "squeeze": "Squeeze(axis:Tuple<>=<list of int, int, tuple of int>)(input=<Tensor>)",
    "broadcast_to": "BroadcastTo(shape=<list of int, Tensor, tuple of int>)"
    "(input=<Tensor>)",
    "tile": "Tile()(input=<Tensor>, dims=<Tensor, tuple of int>)",
    "flip": "ReverseV2(axis=<list of int, tuple of int>)(input=<Tensor>)",
    "concat": "Concat(axis=<int>)(tensors=<list of tensor, tuple of Tensor>)",
    "where": "Select()(condition=<Tensor>, input=<Number, Tensor>, "
    "other=<Number, Tensor>)",
    "masked_fill": "MaskedFill()(input_x=<Tensor>, mask=<Tensor>, "
    "value=<Number, Tensor>)",
    "gather": "Gather(batch_dims=<int>)(input_params=<Tensor>, "
    "input_indices=<Tensor>, axis=<Tensor, int>)",
    "one_hot": f"OneHot(axis=<int>)(indices=<Tensor>, depth=<Tensor, int>, {_ONES})",
    "clamp": "ClampScalar()(input=<Tensor>, min=<Number>, max=<Number>)",
    "cast": "Cast()(input=<Number, Tensor>, dtype=<mindspore.dtype>)",
    "round": "Round()(input=<Tensor>, decimals=<Tensor, int>)",
    "elu": "Elu(alpha=<float>)(input_x=<Tensor>)",
    "celu": "CeLU(alpha=<float>)(x=<Tensor>)",
    "gather_elements": "GatherD()(x=<Tensor>, dim=<Tensor, int>, index=<Tensor>)",
    "binary_cross_entropy": "BinaryCrossEntropy(reduction=<string>)(input=<Tensor>, "
    "target=<Tensor>, weight:None=<Tensor>)",
    "smooth_l1_loss": "SmoothL1Loss(beta=<bool, int, float>, reduction=<string>)"
    "(prediction=<Tensor>, target=<Tensor>)",
    "logit": "Logit(eps:float=<float>)(input=<Tensor>)",
    "hardshrink": "HShrink(lambd=<bool, int, float>)(input=<Tensor>)",
    "softshrink": "SoftShrink(lambd=<bool, int, float>)(input=<Tensor>)",
    "zeros": "Zeros()(size=<list of int, int, Tensor, tuple of int>, "
    "dtype:mindspore.dtype=<mindspore.dtype>)",
    "ones": "Ones()(shape=<list of int, int, Tensor, tuple of int>, "
    "dtype:mindspore.dtype=<mindspore.dtype>)",
    "prelu": "PReLU()(input=<Tensor>, weight=<Tensor>)",
    "ones_like": "OnesLike()(x=<Tensor>)",
    "MatMulExt": "MatMulExt()(input=<Tensor>, other=<Tensor>)",
    "MatMul": f"MatMul({_FACTORS})(input=<Tensor>, mat2=<Tensor>)",
    "BatchMatMul": f"BatchMatMul({_FACTORS})(x=<Tensor>, y=<Tensor>)",
}

# function:Operator(argument), of one tensor; the operator is the function's name with a
# capital, the argument "input", unless they are given
_ONE = """
abs acos:ACos acosh angle asin asinh atan atanh ceil conj cos cosh erf erfc erfinv exp
expm1 floor hardsigmoid:HSigmoid hardswish:HSwish isfinite:IsFinite isinf:IsInf log log1p
logical_not:LogicalNot neg real reciprocal relu:ReLU relu6:ReLU6(x) rsqrt sigmoid sign
silu:SiLU sin sinc sinh sqrt(x) square tan tanh trunc
"""
# the same, of operators that say it in the older words
_OLD = """
digamma i0:BesselI0(x) imag isnan:IsNan(x) lgamma(x) mish(input_x) selu:SeLU(input_x)
softplus(x) softsign(input_x)
"""
# operators of two, with the names of their arguments and what those take
_TWO = """
Add AddExt:Add Atan2 Div FloorDiv Greater GreaterEqual Maximum Minimum Mul NotEqual Sub
SubExt:Sub Pow(input,exponent) RealDiv(x,y) FloorMod(x,y)
"""
_TEXTS |= {
    "Equal": "Equal()(input=<Tensor>, other=<Number, Tensor>)",
    "Less": "Less()(input=<Tensor>, other=<bool, Number, Tensor>)",
    "LessEqual": "LessEqual()(input=<bool, Number, Tensor>, "
    "other=<bool, Number, Tensor>)",
    "Xlogy": "Xlogy()(input=<Tensor>, other=<Tensor>)",
    "logical_and": "LogicalAnd()(x=<bool, Tensor>, y=<bool, Tensor>)",
    "logical_or": "LogicalOr()(x=<bool, Tensor>, y=<bool, Tensor>)",
    "logical_xor": "LogicalXor()(input=<bool, Tensor>, other=<bool, Tensor>)",
}

_LISTED = "<None, int, list of int, tuple of int>"
_ANY = "<None, Tensor, int, list of int, tuple of int>"
_TYPED = "*, dtype=<None, mstype>"
_MOST = (
    "dim=<int>, keepdim=<bool>",
    f"axis={_LISTED}, keepdims=<bool>, *, initial=<None, Number>, "
    "where=<Tensor, bool>, return_indices=<bool>",
)
# methods: their overloads
_METHODS: dict[str, tuple[str, ...]] = {
    "sum": (
        f"dim={_ANY}, keepdim=<bool>, {_TYPED}",
        f"axis={_ANY}, dtype=<None, mstype>, keepdims=<bool>, initial=<None, Number>",
    ),
    "mean": (
        f"dim={_ANY}, keepdim=<bool>, {_TYPED}",
        f"axis={_ANY}, keep_dims=<bool>",
    ),
    "prod": ("dim=<None, int>, keepdim=<bool>, dtype=<None, mstype>",),
    "std": (
        f"dim={_LISTED}, *, correction=<int>, keepdim=<bool>",
        f"axis={_LISTED}, ddof=<int>, keepdims=<bool>",
    ),
    "var": (
        "axis=<None, int, tuple of int>, ddof=<bool, int>, keepdims=<bool>",
        f"dim={_LISTED}, correction=<int>, keepdim=<bool>",
    ),
    "max": _MOST,
    "min": _MOST,
    "argmax": (
        "axis=<int>, keepdims=<bool>",
        "dim=<None, int>, keepdim=<bool>",
    ),
    "cumsum": (f"dim=<int>, {_TYPED}", "axis=<None, int>, dtype=<None, mstype>"),
    "tile": ("dims=<Tensor, tuple of int>", "reps=<Tensor, tuple of int>"),
    "div": tuple(
        f"other=<{types}>{more}"
        for more in ("", ", *, rounding_mode=<None, string>")
        for types in ("Number", "Number, Tensor")
    ),
    "pow": ("exponent=<Number>", "exponent=<Number, Tensor>"),
    "__mod__": ("other=<Tensor>", "other=<Number>"),
    "view": ("shape=<Tensor, list of int, tuple of int>", "dtype=<mstype>"),
}

# methods that unpack sizes or axes themselves, and what they call them
_UNPACKED = {
    "reshape": "shape",
    "transpose": "axes",
    "repeat": "repeats",
    "broadcast_to": "shape",
}

# --- reading them ---------------------------------------------------------------------


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """(function, operator, arguments) of each word."""
    for word in text.split():
        head, _, arguments = word.rstrip(")").partition("(")
        function, _, operator = head.partition(":")
        yield function, operator or function[:1].upper() + function[1:], arguments


@cache
def _table() -> dict[str, str]:
    one = {
        function: f"{operator}()({argument or 'input'}=<Tensor>)"
        for function, operator, argument in _entries(_ONE)
    }
    two = {}
    for function, operator, arguments in _entries(_TWO):
        names = (arguments or "input,other").split(",")
        inputs = ", ".join(f"{n}=<Number, Tensor>" for n in names)
        two[function] = f"{operator}()({inputs})"
    return one | two | _TEXTS


@cache
def _old() -> dict[str, tuple[str, str]]:
    return {f: (operator, a or "input") for f, operator, a in _entries(_OLD)}


Item = tuple[str, str, tuple[str, ...]]  # name, shown if left out, types


def _items(text: str) -> list[Item]:
    out = []
    for piece in text.replace("*, ", "").split(">, "):
        name, _, types = piece.partition("=<")
        name, _, shown = name.partition(":")
        if name:
            out.append((name, shown, tuple(re.split(", ?", types.rstrip(">")))))
    return out


# --- types ----------------------------------------------------------------------------


def kind(x: Any) -> str:
    """The type of an argument as the texts name it."""
    if x is None:
        return "None"
    if isinstance(x, Tensor):
        return "Tensor"
    if isinstance(x, list | tuple):
        return f"{type(x).__name__.capitalize()}<{', '.join(map(kind, x))}>"
    if type(x) in (bool, int, float):
        return type(x).__name__
    if isinstance(x, str):
        return "string"
    if type(x).__module__.endswith("mindspore.dtype"):
        return "mindspore.dtype"
    return str(type(x))


def older_kind(x: Any) -> str:
    """The type of an argument as the texts of older operators name it."""
    if isinstance(x, list | tuple):
        return f"{type(x).__name__.capitalize()}[{','.join(map(older_kind, x))}]"
    names = {bool: "Bool", int: "Int64", float: "Float32", str: "String"}
    if type(x).__module__ == "numpy":
        return "External"
    return names.get(type(x), str(x))


def _takes(types: Sequence[str], x: Any) -> bool:
    found = kind(x)
    if found in types or (found == "mindspore.dtype" and "mstype" in types):
        return True
    if found in ("int", "float", "Tensor") and {"Number", "number"}.intersection(types):
        return True
    if found == "bool" and {"Number", "number", "int", "float"}.intersection(types):
        return True
    if isinstance(x, list | tuple):
        if "int" in types:  # where MindSpore goes on to an operator that takes several
            types = [*types, "list of int", "tuple of int"]
        of = [t.partition(" of ")[2] for t in types if t.startswith(type(x).__name__)]
        return any(all(kind(v).lower() == t.lower() for v in x) for t in of)
    return found.startswith("<class 'numpy.int") and "int" in types


# --- the texts ------------------------------------------------------------------------


def refusal(
    name: str,
    body: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    place: str = "",
) -> Exception | None:
    """MindSpore's error for arguments of types that `name` does not take; None if they
    fit, or nothing is known of it.

    Args:
        place: where the function stands in MindSpore.
    """
    if name.startswith("Tensor."):
        return _method_refusal(name[7:], args[1:], kwargs)
    if place and args and not isinstance(args[0], Tensor) and name not in _table():
        first = taken.first_refused(place, args[0], older_kind(args[0]))
        if first is not None:
            return first
    recorded = taken.valid_call(place) or ""
    if recorded[:1] == "(" or recorded[:1].islower():
        return _recorded_refusal(place, recorded.split("|"), args, kwargs)
    if name in _old() and args and not isinstance(args[0], Tensor):
        operator, argument = _old()[name]
        return TypeError(
            f"For Primitive[{operator}], the type of input argument[{argument}] must be "
            f"Tensor but got {older_kind(args[0])}."
        )
    text = _table().get(name) or recorded
    if not text:
        return None
    try:
        bound = inspect.signature(body).bind(*args, **kwargs)
    except TypeError:
        return None
    given = dict(bound.arguments)
    bound.apply_defaults()
    if text is recorded:  # of an operator, which the function may prepare operands for
        if len(bound.arguments) != text.count("=<"):
            return None
        numbers = (bool, int, float)
        given = {
            k: v
            for k, v in given.items()
            if not isinstance(v, numbers)
            and not (v is None and bound.signature.parameters[k].default is None)
        }
    return _operator_refusal(text, given, bound.arguments)


def _operator_refusal(
    text: str, given: Mapping[str, Any], values: Mapping[str, Any]
) -> TypeError | None:
    operator, settings, inputs = text.replace(")(", "(", 1)[:-1].split("(", 2)
    parts = [_items(settings), _items(inputs)]
    keys = {n: n for n, *_ in parts[0]}
    if "axis" in keys and "axis" not in values:
        keys["axis"] = "dims" if "dims" in values else "dim"
    rest = [k for k in values if k not in keys.values()]
    keys |= dict(zip((n for n, *_ in parts[1]), rest, strict=False))
    misfit, shown = False, []
    for part in parts:
        words = []
        for name, left_out, types in part:
            key = keys.get(name, "")
            value = given.get(key)
            if key not in values or (value is None and left_out):
                words.append(f"{name}={left_out or types[0]}")
                continue
            words.append(f"{name}={kind(values[key])}")
            misfit |= key in given and not _takes(types, value)
        shown.append(", ".join(words))
    if not misfit:
        return None
    valid = [", ".join(f"{n}=<{', '.join(t)}>" for n, _, t in p) for p in parts]
    return TypeError(
        f'Failed calling {operator} with "{operator}({shown[0]})({shown[1]})".\n'
        "The valid calling should be: \n"
        f'"{operator}({valid[0]})({valid[1]})".\n'
    )


def _unpacking(name: str, args: Sequence[Any]) -> TypeError | None:
    first, what = args[0], f"{name}(): argument '{_UNPACKED[name]}'"
    if len(args) == 1 and not isinstance(first, list | tuple):
        if isinstance(first, Tensor):
            return TypeError(
                f"{what}(position 0) should be tuple of int, but got Tensor."
            )
        if isinstance(first, int):
            return None
        return TypeError(
            f"{what} (position 1) must be tuple of int but found type of "
            f"{type(first).__name__} at pos 0."
        )
    items = first if len(args) == 1 else args
    for at, x in enumerate(items):
        if kind(x) in ("string", "float", "None"):
            return TypeError(
                f"{what}(position 0) should be tuple of int, but unpack failed at pos "
                f"{at} (got {kind(x)})."
            )
    return None


def _method_refusal(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> TypeError | None:
    if name in _UNPACKED and args and not kwargs:
        return _unpacking(name, args)
    overloads = _METHODS.get(name)
    if overloads is None or not args or kwargs:
        return None
    return _overload_refusal(name, "Tensor.", overloads, args)


def _recorded_refusal(
    place: str, overloads: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> TypeError | None:
    method = place.startswith("Tensor.")
    if kwargs or (method and not args):
        return None
    bare = [o.partition("(")[2][:-1] for o in overloads]
    return _overload_refusal(
        place.rpartition(".")[2], "Tensor." * method, bare, args[method:]
    )


def _overload_refusal(
    name: str, owner: str, overloads: Sequence[str], args: Sequence[Any]
) -> TypeError | None:
    items = [_items(o)[: len(args)] for o in overloads]
    fits = [
        [  # sizes may be given one by one
            _takes(types, a) or (type(a) is int and "tuple of int" in types)
            for (_, _, types), a in zip(o, args, strict=False)
        ]
        for o in items
    ]
    if any(map(all, fits)):
        return None
    kinds = [kind(a) for a in args]
    lines = []
    for overload, ok in zip(overloads, fits, strict=True):
        lines.append(f'"{owner}{name}({overload})"')
        lines.append(f"    match failed because invalid types: ({', '.join(kinds)})")
        pairs = zip(ok, kinds, strict=False)
        marks = "".join((" " if o else "~") * (len(k) + 2) for o, k in pairs)
        lines.append(" " * 41 + marks)
    return TypeError(
        f'Failed calling {name} with "{name}({", ".join(kinds)})".\n'
        "The valid calling should be:\n" + "\n".join(lines) + "\n"
    )
