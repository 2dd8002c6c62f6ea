"""`torch.func`: the engine's transforms with PyTorch's conventions."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.base import tree
from isograd.base.errors import EngineError
from isograd.core import levels, transforms
from isograd.core.batching import Batched
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch.errors import translated
from isograd.torch.func_checks import (
    check_aux,
    check_directions,
    check_in_dims,
    check_outputs,
    check_primals,
    check_randomness,
    checked_argnums,
    name_of,
    returning_tensors,
)
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
        if has_aux:
            check_aux(out[1])
        if not isinstance(value, CoreTensor):
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got "
                f"{type(value)}"
            )
        return out

    return call


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
        check_primals(args, checked_argnums(argnums, args))
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
    check_primals(primals, tuple(range(len(primals))))
    func = returning_tensors(func, "vjp(f, *primals)", has_aux)
    found = _told(transforms.vjp)(func, *primals, has_aux=has_aux)
    pullback = _told(found[1])
    single = len(primals) == 1

    def vjp_fn(cotangents: Any, *_: Any, **__: Any) -> Any:
        out = pullback(cotangents)
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
    check_directions(primals, tangents)
    func = returning_tensors(func, "jvp(f, primals, tangents)", has_aux)
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
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")
    told = returning_tensors(func, "vjp(f, *primals)", has_aux, "vjp(f, ...)")
    return _checked(func, _told(transforms.jacrev(told, argnums, has_aux)), argnums)


def _checked(func: Fn, made: Fn, argnums: Any) -> Fn:
    """A Jacobian whose arguments are checked first."""

    @functools.wraps(func, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        check_primals(args, checked_argnums(argnums, args))
        return made(*args, **kwargs)

    return call


def jacfwd(
    func: Fn, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Fn:
    """The Jacobian by forward mode."""
    told = returning_tensors(func, "jvp(f, primals, tangents)", has_aux)
    made = _checked(func, _told(transforms.jacfwd(told, argnums, has_aux)), argnums)

    @functools.wraps(func, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        check_randomness(randomness)
        return made(*args, **kwargs)

    return call


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
    check_randomness(randomness)
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(
            f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})"
        )

    @functools.wraps(func, updated=())
    def mapped(*args: Any, **kwargs: Any) -> Any:
        check_in_dims(func, in_dims, args)
        dims = tuple(in_dims) if isinstance(in_dims, list) else in_dims
        if chunk_size is not None:
            mapping = functools.partial(vmap, func, dims, out_dims, randomness)
            return _in_chunks(mapping(), dims, out_dims, chunk_size, args, kwargs)
        seen: list[Any] = []
        inner = _tensors(func, seen, out_dims, randomness)
        fn = transforms.vmap(inner, dims, out_dims)
        return _ordered(_told(fn)(*args, **kwargs), seen[0])

    return mapped


def _tensors(func: Fn, seen: list[Any], out_dims: Any, randomness: str) -> Fn:
    """`func`, which must return tensors; `seen` gets what it returned."""

    @functools.wraps(func, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        level = levels.state().level
        RANDOMNESS.append((randomness, level, _size((args, kwargs), level)))
        try:
            out = func(*args, **kwargs)
        finally:
            RANDOMNESS.pop()
        seen.append(out)
        check_outputs(func, out_dims, out)
        for d, o in zip(
            transforms.prefix(out_dims, out), tree.flatten(out)[0], strict=True
        ):
            if d is None and type(o._p) is Batched and o._p.level == level:
                name = name_of(func)
                raise ValueError(
                    f"vmap({name}, ...): `{name}` can not return a BatchedTensor when "
                    "out_dim is None"
                )
        return out

    return call


def _size(args: Any, level: int) -> int:
    """How many elements the mapping on a level has."""
    for x in tree.flatten(args)[0]:
        p = payload_of(x) if isinstance(x, CoreTensor) else None
        while p is not None and type(p) is not np.ndarray:
            if type(p) is Batched and p.level == level:
                return p.value.shape[0]
            p = next(
                (
                    q
                    for q in (getattr(p, n, None) for n in ("p", "value", "primal"))
                    if (q is not None)
                ),
                None,
            )
    return 0


def _in_chunks(
    mapped: Fn, in_dims: Any, out_dims: Any, size: int, args: Any, kwargs: Any
) -> Any:
    """`mapped` on parts of the arguments, its results joined."""
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
        outs.append(mapped(*part, **kwargs))
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
    dicts = parameter_and_buffer_dicts
    if not isinstance(dicts, dict | tuple | list):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of "
            f"dicts, but got {type(dicts)}"
        )
    parts = (dicts,) if isinstance(dicts, dict) else tuple(dicts)
    counts = Counter(key for d in parts for key in d)
    repeated = [key for key, n in counts.items() if n > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional "
            "call is ambiguous"
        )
    given = {key: value for d in parts for key, value in d.items()}
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
    if len({m.training for m in models}) > 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval "
            "mode."
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
