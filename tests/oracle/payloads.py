"""Functions of F held against PyTorch: values, gradients, gradients of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from isograd.core.primitive import BOUND
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.core.transforms import vjp

torch = pytest.importorskip("torch")
Array = np.ndarray


def tuple_of(out: Any) -> tuple[Any, ...]:
    return tuple(out) if isinstance(out, tuple | list) else (out,)


def numbers(x: Any) -> Array:
    return x.numpy(force=True)


def ours(
    fn: Callable[..., Any], xs: Sequence[Array], us: Sequence[Array], second: bool
) -> Any:
    """(outputs, gradients, gradients of the gradients' squares) of `fn(F, *xs)`."""

    def call(*ts: Any) -> tuple[Tensor, ...]:
        return tuple(wrap(Tensor, o) for o in tuple_of(fn(BOUND, *map(payload_of, ts))))

    def first(*ts: Any) -> Any:
        outs, pull = vjp(call, *ts)
        seeds = [Tensor(us[i]) for i in range(len(outs))]
        return pull(tuple(seeds))

    ts = [Tensor(x) for x in xs]
    outs = call(*ts)
    if not second:  # the gradient may have no derivative there
        return [[t._p for t in part] for part in (outs, first(*ts), [])]
    grads, pull = vjp(lambda *t: tuple(first(*t)), *ts)
    seconds = pull(tuple(Tensor(np.asarray(g._p * 0.5 + 1)) for g in grads))
    return [[t._p for t in part] for part in (outs, grads, seconds)]


def theirs(fn: Callable[..., Any], xs: Sequence[Array], us: Any) -> Any:
    ts = [torch.from_numpy(x.copy()).requires_grad_() for x in xs]
    outs = tuple_of(fn(*ts))
    seeds = [torch.from_numpy(u) for u in us]
    zeros = [torch.zeros_like(t) for t in ts]
    grads = torch.autograd.grad(outs, ts, seeds, create_graph=True, allow_unused=True)
    grads = [z if g is None else g for g, z in zip(grads, zeros, strict=True)]
    live = [g for g in grads if g.requires_grad]
    seconds = [None] * len(ts)
    if live:
        seconds = torch.autograd.grad(
            live, ts, [g.detach() * 0.5 + 1 for g in live], allow_unused=True
        )
    seconds = [z if g is None else g for g, z in zip(seconds, zeros, strict=True)]
    return [[numbers(t) for t in part] for part in (outs, grads, seconds)]


def same(
    fn: Callable[..., Any],
    reference: Callable[..., Any],
    *xs: Array,
    rtol: float = 1e-9,
    second: bool = True,
    seed: int = 0,
) -> None:
    """`fn(F, *payloads)` and `reference(*torch tensors)` agree in all derivatives."""
    rng = np.random.default_rng(seed)
    outs = tuple_of(reference(*(torch.from_numpy(x.copy()) for x in xs)))
    us = []
    for o in outs:
        u = rng.normal(size=tuple(o.shape))
        if o.is_complex():
            u = u + 1j * rng.normal(size=u.shape)
        us.append(np.asarray(u, numbers(o).dtype))
    found, expected = ours(fn, xs, us, second), theirs(reference, xs, us)
    names = ("value", "gradient", "second")
    for what, f, e in zip(names, found, expected, strict=True):
        if what == "second" and not second:
            break
        assert len(f) == len(e)
        for i, (a, b) in enumerate(zip(f, e, strict=True)):
            assert (a.shape, a.dtype) == (b.shape, b.dtype), (what, i)
            scale = max(1.0, float(np.abs(b).max()) if b.size else 0.0)
            np.testing.assert_allclose(
                a, b, rtol=rtol, atol=rtol * scale, err_msg=f"{what} {i}"
            )


def value(fn: Callable[..., Any], reference: Callable[..., Any], *xs: Array) -> None:
    """Values alone, where there is no derivative."""
    found = tuple_of(fn(BOUND, *xs))
    expected = tuple_of(reference(*map(torch.from_numpy, xs)))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, numbers(b))
