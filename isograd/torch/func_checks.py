"""What the transforms of `torch.func` refuse, in PyTorch's words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from isograd.base import tree
from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch import errors
from isograd.torch.dtypes import of_numpy

Fn = Callable[..., Any]


def spec_text(x: Any) -> str:
    """The structure of nested containers, as PyTorch shows it."""
    return _spec(x, 0)


def _spec(x: Any, indent: int) -> str:
    if isinstance(x, dict):
        head, parts = f"TreeSpec({type(x).__name__}, {list(x)}, [", [*x.values()]
    elif isinstance(x, tuple | list):
        head, parts = f"TreeSpec({type(x).__name__}, None, [", [*x]
    else:
        return "*"
    inner = [_spec(p, indent + 2) for p in parts]
    text = (",\n" + " " * (indent + 2)).join(inner)
    return f"{head}{text}])"


def same_structure(a: Any, b: Any) -> bool:
    return spec_text(a) == spec_text(b)


def check_primals(args: Any, nums: tuple[int, ...]) -> None:
    """The arguments that are differentiated: tensors of floating dtype."""
    for n in nums:
        for x in tree.flatten(args[n])[0]:
            if not isinstance(x, CoreTensor):
                raise ValueError(
                    f"Thing passed to transform API must be Tensor, got {type(x)}"
                )
            if x._p.dtype.kind in "iub":
                raise RuntimeError(errors.ONLY_FLOATING_METHOD)


def checked_argnums(argnums: Any, args: Any) -> tuple[int, ...]:
    """The positions as a tuple.

    Raises:
        RuntimeError: they are no ints, or name no positional argument.
    """
    if not isinstance(argnums, int | tuple) or isinstance(argnums, bool):
        raise RuntimeError(
            f"argnums must be int or Tuple[int, ...], got: {type(argnums)}"
        )
    nums = (argnums,) if isinstance(argnums, int) else argnums
    for n in nums:
        if not -len(args) <= n < len(args):
            raise RuntimeError(
                f"Got argnum={n}, but only {len(args)} positional inputs"
            )
    return nums


def check_aux(aux: Any) -> None:
    for x in tree.flatten(aux)[0]:
        if not isinstance(x, CoreTensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(x)}")


def returning_tensors(
    fn: Fn, api: str, has_aux: bool = False, floating: Any = None
) -> Fn:
    """`fn`, which must return tensors (of floating dtype if `floating` names a use)."""

    @functools.wraps(fn, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        out = fn(*args, **kwargs)
        value = out
        if has_aux:
            if not (isinstance(out, tuple) and len(out) == 2):
                raise RuntimeError(
                    f"{api}: output of function f should be a tuple: (output, aux) if "
                    "has_aux is True"
                )
            value = out[0]
            check_aux(out[1])
        for leaf in [value] if value is None else tree.flatten(value)[0]:
            if not isinstance(leaf, CoreTensor):
                raise RuntimeError(
                    f"{api}: expected f(*primals) to return only tensors, got "
                    f"unsupported type {type(leaf)}"
                )
            if floating and leaf._p.dtype.kind in "iub":
                raise RuntimeError(
                    f"{floating}: All outputs of f must be floating-point or complex "
                    f"Tensors, got Tensor with dtype {of_numpy(leaf._p.dtype)}"
                )
        return out

    return call


def check_directions(primals: Any, tangents: Any) -> None:
    """Primals and tangents of `jvp`: tensors of one structure and of equal sizes."""
    api = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{api}: Expected primals to be a tuple. E.g. it should be valid to call "
            "f(*primals)."
        )
    if not same_structure(primals, tangents):
        raise RuntimeError(
            f"{api}: Expected primals and tangents to have the same python structure. "
            "For example, if primals is a tuple of 3 tensors, tangents also must be. "
            f"Got primals with structure {spec_text(primals)} and tangents with "
            f"structure {spec_text(tangents)}"
        )
    for word, given in (("primals", primals), ("tangents", tangents)):
        leaves = tree.flatten(given)[0]
        if not leaves:
            raise RuntimeError(
                f"{api}: Expected {word} to contain at least one Tensor."
            )
        for x in leaves:
            if not isinstance(x, CoreTensor):
                raise RuntimeError(
                    f"{api}: Expected {word} to only contain Tensors, got {type(x)}"
                )
    for p, t in zip(tree.flatten(primals)[0], tree.flatten(tangents)[0], strict=True):
        if p._p.shape != t._p.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that "
                "of the original Tensor, this is not supported. Tensor is of size "
                f"{list(p._p.shape)} while the given forward gradient is of size "
                f"{list(t._p.shape)}."
            )


# --- vmap -----------------------------------------------------------------------------


def check_randomness(randomness: str) -> None:
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', "
            f"or 'same'. Got {randomness}"
        )


def name_of(func: Any) -> str:
    return getattr(func, "__name__", None) or repr(func)


def check_in_dims(func: Any, in_dims: Any, args: tuple[Any, ...]) -> None:
    name = name_of(func)
    api = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, int | tuple | list):
        raise ValueError(
            f"{api}: expected `in_dims` to be int or a (potentially nested) tuple "
            f"matching the structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add "
            "inputs, or you are trying to vmap over a function with no "
            "inputs. The latter is unsupported."
        )
    flat = _spread(in_dims if not isinstance(in_dims, list) else tuple(in_dims), args)
    if flat is None:
        raise ValueError(
            f"{api}: in_dims is not compatible with the structure of `inputs`. in_dims "
            f"has structure {spec_text(in_dims)} but inputs has structure "
            f"{spec_text(args)}."
        )
    for d, a in flat:
        _check_in_dim(api, d, a)
    if all(d is None for d, _ in flat):
        raise ValueError(
            f"{api}: at least one input must be mapped over; all in_dims are None"
        )


def _check_in_dim(api: str, d: Any, a: Any) -> None:
    if not isinstance(d, int):
        return
    if not isinstance(a, CoreTensor):
        raise ValueError(
            f"{api}: Got in_dim={d} for an input but the input is of type {type(a)}. We "
            "cannot vmap over non-Tensor arguments, please use None as the respective "
            "in_dim"
        )
    rank = a._p.ndim
    if not -rank <= d < rank:
        raise ValueError(
            f"{api}: Got in_dim={d} for some input, but that input is a Tensor of "
            f"dimensionality {rank} so expected in_dim to satisfy "
            f"-{rank} <= in_dim < {rank}."
        )


def _spread(dims: Any, x: Any) -> list[Any] | None:
    """(dim, leaf) for all leaves of x; None if the structures do not fit."""
    if not isinstance(dims, tuple | list | dict):
        return [(dims, leaf) for leaf in _leaves(x)]
    if isinstance(dims, dict):
        if not isinstance(x, dict) or list(dims) != list(x):
            return None
        pairs = [(dims[k], x[k]) for k in x]
    elif not isinstance(x, tuple | list) or len(dims) != len(x):
        return None
    else:
        pairs = list(zip(dims, x, strict=True))
    parts = [_spread(d, y) for d, y in pairs]
    if any(p is None for p in parts):
        return None
    return [pair for p in parts for pair in p or ()]


def _leaves(x: Any) -> list[Any]:
    return [x] if x is None else tree.flatten(x)[0]


def check_outputs(func: Any, out_dims: Any, out: Any) -> None:
    """What a mapped function returned, and where its results shall be mapped."""
    name = name_of(func)
    for leaf in _leaves(out):
        if not isinstance(leaf, CoreTensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type "
                f"{type(leaf)}. Did you mean to set out_dims= to None for output?"
            )
    if not isinstance(out_dims, int | tuple | list | dict | None):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None "
            "or a python collection of ints representing where in the outputs the "
            "vmapped dimension should appear."
        )
    flat = _spread(out_dims, out)
    if flat is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not "
            f"compatible with the structure of `outputs`. out_dims has structure "
            f"{spec_text(out_dims)} but outputs has structure {spec_text(out)}."
        )
    for d, leaf in flat:
        rank = leaf._p.ndim + 1
        if isinstance(d, int) and not -rank <= d < rank:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-rank}, "
                f"{rank - 1}], but got {d})"
            )
