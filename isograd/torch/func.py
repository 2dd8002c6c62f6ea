"""`torch.func`: the engine's transforms with PyTorch's conventions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from isograd.base import tree
from isograd.base.errors import EngineError
from isograd.core import transforms
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import wrap
from isograd.torch import errors
from isograd.torch.errors import translated
from isograd.torch.random import RANDOMNESS
from isograd.torch.tensor import Tensor

Fn = Callable[..., Any]


def _told(fn: Fn) -> Fn:
    """`fn` with the engine's errors in PyTorch's words."""

    @functools.wraps(fn, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        except EngineError as error:
            if error.code == "not_scalar":
                rank = len(error.fields["shape"])
                raise RuntimeError(
                    "grad_and_value(f)(*args): Expected f(*args) to return a scalar "
                    f"Tensor, got tensor with {rank} dims. Maybe you wanted to use the "
                    "vjp or jacrev APIs instead?"
                ) from None
            raise translated(error) from None

    return call


def _scalar(fn: Fn, has_aux: bool) -> Fn:
    """`fn`, whose value has to be a tensor."""

    @functools.wraps(fn, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        out = fn(*args, **kwargs)
        if has_aux and not (isinstance(out, tuple) and len(out) == 2):
            raise RuntimeError(
                "grad_and_value(f)(*args): output of function f should be a tuple: "
                "(output, aux) if has_aux is True"
            )
        value = out[0] if has_aux else out
        if not isinstance(value, CoreTensor):
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got "
                f"{type(value)}"
            )
        return out

    return call


def _check_floating(args: Any, argnums: Any) -> None:
    nums = (argnums,) if isinstance(argnums, int) else argnums
    for n in nums:
        for x in tree.flatten(args[n])[0] if -len(args) <= n < len(args) else ():
            if isinstance(x, CoreTensor) and x._p.dtype.kind in "iub":
                raise RuntimeError(errors.ONLY_FLOATING_METHOD)


def grad(func: Fn, argnums: Any = 0, has_aux: bool = False) -> Fn:
    """The gradient of a scalar function with respect to the arguments at `argnums`."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        grads, value = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def grad_and_value(func: Fn, argnums: Any = 0, has_aux: bool = False) -> Fn:
    """`(gradient, value)`, or `(gradient, (value, aux))`."""
    both = _told(transforms.value_and_grad(_scalar(func, has_aux), argnums, has_aux))

    @functools.wraps(func, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        _check_floating(args, argnums)
        value, grads = both(*args, **kwargs)
        nums = argnums if isinstance(argnums, int) else tuple(argnums)
        like = args[nums] if isinstance(nums, int) else tuple(args[n] for n in nums)
        return _ordered(grads, like), value

    return call


def _ordered(x: Any, like: Any) -> Any:
    """`x` with its dicts in the order of those in `like`."""
    if isinstance(like, dict):
        return type(like)((k, _ordered(x[k], v)) for k, v in like.items())
    if type(like) in (tuple, list):
        return type(like)(_ordered(a, b) for a, b in zip(x, like, strict=True))
    return x


def vjp(func: Fn, *primals: Any, has_aux: bool = False) -> Any:
    """`(output, vjp_fn)`; `vjp_fn(cotangents)` gives one cotangent for each primal."""
    found = _told(transforms.vjp)(func, *primals, has_aux=has_aux)
    pullback = _told(found[1])
    single = len(primals) == 1

    def vjp_fn(*cotangents: Any, **_: Any) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        out = pullback(given)
        return (out[0],) if single else out

    return (found[0], vjp_fn, *found[2:])


def jvp(
    func: Fn,
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """`(output, jvp)`: the derivative along the tangents."""
    for name, x in (("primals", primals), ("tangents", tangents)):
        if not isinstance(x, tuple):
            raise RuntimeError(
                f"jvp(f, primals, tangents): Expected {name} to be a tuple. "
                f"E.g. it should be valid to call f(*primals)."
            )
    return _told(transforms.jvp)(func, primals, tangents, has_aux)


def jacrev(
    func: Fn,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: Any = None,
    _preallocate_and_copy: bool = False,
) -> Fn:
    """The Jacobian by reverse mode."""
    return _told(transforms.jacrev(func, argnums, has_aux))


def jacfwd(
    func: Fn, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Fn:
    """The Jacobian by forward mode."""
    return _told(transforms.jacfwd(func, argnums, has_aux))


def hessian(func: Fn, argnums: Any = 0) -> Fn:
    """The Hessian, forward over reverse mode."""
    return jacfwd(jacrev(func, argnums), argnums)


def vmap(
    func: Fn,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Fn:
    """`func` mapped over a dimension of its arguments.

    Args:
        in_dims: an int, None, or a nested structure of them for the arguments.
        randomness: accepted; draws inside are the same for each element.
        chunk_size: map in parts of at most this size.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', "
            f"or 'same'. Got {randomness}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(
            f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})"
        )

    @functools.wraps(func, updated=())
    def mapped(*args: Any, **kwargs: Any) -> Any:
        _check_dims(func, in_dims, args)
        dims = tuple(in_dims) if isinstance(in_dims, list) else in_dims
        if chunk_size is not None:
            return _in_chunks(func, dims, out_dims, chunk_size, args, kwargs)
        seen: list[Any] = []
        fn = transforms.vmap(_tensors(func, seen), dims, out_dims)
        RANDOMNESS.append(randomness)
        try:
            return _ordered(_told(fn)(*args, **kwargs), seen[0])
        finally:
            RANDOMNESS.pop()

    return mapped


def _tensors(func: Fn, seen: list[Any]) -> Fn:
    """`func`, which must return tensors; `seen` gets what it returned."""

    @functools.wraps(func, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        out = func(*args, **kwargs)
        seen.append(out)
        for leaf in tree.flatten(out)[0]:
            if not isinstance(leaf, CoreTensor):
                raise ValueError(
                    f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, "
                    f"got type {type(leaf)}. Did you mean to set out_dims= to None for "
                    "output?"
                )
        return out

    return call


def _name(func: Any) -> str:
    return getattr(func, "__name__", None) or repr(func)


def _check_dims(func: Any, in_dims: Any, args: tuple[Any, ...]) -> None:
    name = _name(func)
    if not isinstance(in_dims, int | tuple | list):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be "
            f"int or a (potentially nested) tuple matching the structure of inputs, got: "
            f"{type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add "
            "inputs, or you are trying to vmap over a function with no "
            "inputs. The latter is unsupported."
        )
    dims = in_dims if isinstance(in_dims, tuple | list) else (in_dims,) * len(args)
    if len(dims) != len(args):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible "
            "with the structure of inputs. in_dims has structure "
            f"{len(dims)} entries but inputs has {len(args)}."
        )
    for d, a in zip(dims, args, strict=True):
        if isinstance(d, int) and not isinstance(a, CoreTensor | tuple | list | dict):
            raise ValueError(
                f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={d} for an "
                f"input but the input is of type {type(a)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        if isinstance(d, int) and isinstance(a, CoreTensor):
            rank = a._p.ndim
            if not -rank <= d < rank:
                raise ValueError(
                    f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={d} for "
                    f"some input, but that input is a Tensor of dimensionality {rank} so "
                    f"expected in_dim to satisfy -{rank} <= in_dim < {rank}."
                )
    if all(
        a is None
        for d in dims
        for a in (tree.flatten(d)[0] if isinstance(d, tuple | list | dict) else [d])
    ):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): at least one input must be "
            "mapped over; all in_dims are None"
        )


def _in_chunks(
    func: Fn, in_dims: Any, out_dims: Any, size: int, args: Any, kwargs: Any
) -> Any:
    from isograd import torch

    dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
    flat = [tree.flatten(a) for a in args]
    axes = [transforms.prefix(d, a) for d, a in zip(dims, args, strict=True)]
    total = next(
        x.shape[d]
        for (leaves, _), ds in zip(flat, axes, strict=True)
        for x, d in zip(leaves, ds, strict=True)
        if d is not None
    )
    outs = []
    for at in range(0, total, size):
        n = min(size, total - at)
        part = [
            tree.unflatten(
                spec,
                [
                    x if d is None else x.narrow(d, at, n)
                    for x, d in zip(leaves, ds, strict=True)
                ],
            )
            for (leaves, spec), ds in zip(flat, axes, strict=True)
        ]
        outs.append(vmap(func, in_dims, out_dims)(*part, **kwargs))
    flats = [tree.flatten(o) for o in outs]
    ends = transforms.prefix(out_dims, outs[0])
    joined = [
        torch.cat(list(xs), d)
        for xs, d in zip(
            zip(*(leaves for leaves, _ in flats), strict=True), ends, strict=True
        )
    ]
    return tree.unflatten(flats[0][1], joined)


def linearize(func: Fn, *primals: Any) -> Any:
    """`(output, jvp_fn)`: `jvp_fn` applies the derivative at the primals."""
    out = func(*primals)

    def jvp_fn(*tangents: Any) -> Any:
        return jvp(func, primals, tangents)[1]

    return out, jvp_fn


def functionalize(func: Fn, *, remove: str = "mutations") -> Fn:
    """`func` itself: writes in place are functional on the tape as they are."""
    return func


# --- modules --------------------------------------------------------------------------


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: Any = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the place of its parameters and buffers."""
    given: dict[str, Any] = {}
    dicts = parameter_and_buffer_dicts
    for d in (dicts,) if isinstance(dicts, dict) else dicts:
        given |= d
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    places = _places(module, given, tie_weights)
    if strict:
        _check_strict(module, given)
    before = [(table, name, table[name]) for table, name, _ in places]
    try:
        for table, name, value in places:
            table[name] = value
        return module(*args, **(kwargs or {}))
    finally:
        for table, name, value in before:
            table[name] = value


def _places(module: Any, given: dict[str, Any], tied: bool) -> list[Any]:
    """(table, name, new value) of every tensor to replace, tied ones included."""
    slots: dict[str, tuple[Any, str]] = {}
    for path, m in module.named_modules(remove_duplicate=False):
        for kind in ("_parameters", "_buffers"):
            for name in m.__dict__[kind]:
                slots[f"{path}.{name}" if path else name] = (m.__dict__[kind], name)
    out = []
    same: dict[int, Any] = {}
    for key, value in given.items():
        if key in slots:
            table, name = slots[key]
            same[id(table[name])] = value
            out.append((table, name, value))
    if tied:
        for key, (table, name) in slots.items():
            if key not in given and table[name] is not None and id(table[name]) in same:
                out.append((table, name, same[id(table[name])]))
    return out


def _check_strict(module: Any, given: dict[str, Any]) -> None:
    names = {n for n, _ in module.named_parameters()} | {
        n for n, _ in module.named_buffers()
    }
    missing, extra = sorted(names - set(given)), sorted(set(given) - names)
    if missing or extra:
        parts = [
            f"{what} key(s): {', '.join(repr(k) for k in keys)}."
            for what, keys in (("Unexpected", extra), ("Missing", missing))
            if keys
        ]
        raise RuntimeError(
            f"Error(s) in reparametrizing for {type(module).__name__}:\n\t"
            + "\n\t".join(parts)
        )


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, buffers) of equal models, stacked along a new axis 0."""
    from isograd import torch

    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to be of the same class."
        )
    params: dict[str, Any] = {}
    for name, _ in models[0].named_parameters():
        rows = [dict(m.named_parameters())[name] for m in models]
        stacked = torch.stack([r.detach() for r in rows])
        params[name] = stacked.requires_grad_(rows[0].requires_grad)
    buffers = {
        name: torch.stack([dict(m.named_buffers())[name] for m in models])
        for name, _ in models[0].named_buffers()
    }
    return params, buffers


def debug_unwrap(t: Any, *, recurse: bool = True) -> Any:
    return wrap(Tensor, t.array("debug_unwrap"))
