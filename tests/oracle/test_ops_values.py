"""Values and gradients of primitives and composites against PyTorch, to second order.

Each row names a function of `F`, PyTorch's function of the same operands and, where the
defaults do not do, how its operands are drawn.  The operands contain the values at
which functions have kinks and ties.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.compile.api import compile as compile_
from isograd.core.primitive import BOUND as F
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.core.transforms import vjp
from isograd.testing import check_inner_product, check_nestings, rolled

torch: Any = pytest.importorskip("torch")
fn: Any = torch.nn.functional


class Row(NamedTuple):
    name: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    draw: Callable[[np.random.Generator], tuple[Any, ...]]
    second: bool = True
    rtol: float = 1e-9


def kinks(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Ordinary and large numbers, and those at which functions have kinks."""
    edges = [0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, 30.0, -30.0, 100.0, -100.0]
    return (np.concatenate([rng.normal(size=12), edges]).reshape(4, 6),)


def matrix(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (rng.normal(size=(4, 5)),)


def two(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.normal(size=(4, 5)), rng.normal(size=(4, 5))


def within(lo: float, hi: float, count: int = 1) -> Any:
    return lambda rng: tuple(rng.uniform(lo, hi, (4, 5)) for _ in range(count))


ROWS: list[Row] = []


def row(
    name: str,
    ours: Any,
    theirs: Any,
    draw: Any = matrix,
    second: bool = True,
    rtol: float = 1e-9,
) -> None:
    ROWS.append(Row(name, ours, theirs, draw, second, rtol))


def by_name(names: str, draw: Any, second: bool = True, **params: Any) -> None:
    """Functions of one operand; PyTorch's takes the values of `params` in order."""
    for name in names.split():
        theirs = getattr(torch, name, None) or getattr(fn, name)
        row(
            name,
            partial(getattr(F, name), **params),
            lambda x, f=theirs: f(x, *params.values()),
            draw,
            second,
        )


# --- activations ----------------------------------------------------------------------

row("relu", F.relu, fn.relu, kinks)
row("sigmoid", F.sigmoid, torch.sigmoid, kinks)
row("logsigmoid", F.logsigmoid, fn.logsigmoid, kinks)
for b, h in ((1.0, 20.0), (2.5, 5.0)):
    row(
        f"softplus-{b}",
        lambda x, b=b, h=h: F.softplus(x, beta=b, threshold=h),
        lambda x, b=b, h=h: fn.softplus(x, b, h),
        kinks,
    )
row("gelu", F.gelu, fn.gelu, kinks)
row("gelu_tanh", F.gelu_tanh, lambda x: fn.gelu(x, approximate="tanh"), kinks)
row("silu", F.silu, fn.silu, kinks)
row("mish", F.mish, fn.mish, kinks)
row(
    "elu",
    lambda x: F.elu(x, alpha=1.3, scale=1.0, input_scale=1.0),
    lambda x: fn.elu(x, 1.3),
    kinks,
)
row("selu", F.selu, fn.selu, kinks)
row("celu", lambda x: F.celu(x, alpha=0.5), lambda x: fn.celu(x, 0.5), kinks)
row(
    "leaky_relu",
    lambda x: F.leaky_relu(x, slope=0.1, edge=0.1),
    lambda x: fn.leaky_relu(x, 0.1),
    kinks,
)
row(
    "prelu",
    F.prelu,
    fn.prelu,
    lambda rng: (*kinks(rng), rng.uniform(0.1, 0.5, (1,))),
    second=False,
)
row(
    "prelu, ordinary",
    F.prelu,
    fn.prelu,
    lambda rng: (*matrix(rng), rng.uniform(0.1, 0.5, (1,))),
)
row("hardtanh", F.hardtanh, fn.hardtanh, kinks)
row("relu6", F.relu6, fn.relu6, kinks)
# PyTorch's backward has 1/6 in float32, whatever the dtype
row("hardsigmoid", F.hardsigmoid, fn.hardsigmoid, kinks, second=False, rtol=5e-8)
row("hardswish", F.hardswish, fn.hardswish, kinks, second=False)
by_name("softshrink hardshrink", kinks, lambd=0.5)
row(
    "threshold",
    lambda x: F.threshold(x, bound=0.5, value=-2.0),
    lambda x: fn.threshold(x, 0.5, -2.0),
    kinks,
)
row("tanhshrink", F.tanhshrink, fn.tanhshrink, kinks)
row("softsign", F.softsign, fn.softsign, kinks)
row("glu", lambda x: F.glu(x, axis=1), lambda x: fn.glu(x, 1), kinks)
by_name("softmax log_softmax softmin", kinks, axis=1)

# --- reductions -----------------------------------------------------------------------


def ties(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (rng.integers(-2, 3, (4, 6)).astype(float),)


def zeros(count: int) -> Any:
    """Rows with 0, 1, ... zeros."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        x = rng.uniform(0.5, 2.0, (count + 1, 5))
        for i in range(count + 1):
            x[i, rng.permutation(5)[:i]] = 0.0
        return (x,)

    return draw


def both_axes(name: str, theirs: Any, draw: Any = matrix, second: bool = True) -> None:
    ours = getattr(F, name)
    row(name, lambda x: ours(x, axes=(1,)), lambda x: theirs(x, 1), draw, second)
    row(
        f"{name}-all",
        lambda x: ours(x, axes=(0, 1)),
        lambda x: theirs(x, (0, 1)),
        draw,
        second,
    )


both_axes("sum", torch.sum)
both_axes("mean", torch.mean)
both_axes("max", torch.amax, ties, second=False)
both_axes("min", torch.amin, ties, second=False)
both_axes("logsumexp", torch.logsumexp, kinks)
both_axes("nansum", torch.nansum)
both_axes("nanmean", torch.nanmean)
for c in (0, 1, 2):
    row(
        f"var-{c}",
        lambda x, c=c: F.var(x, axes=(1,), correction=c),
        lambda x, c=c: torch.var(x, 1, correction=c),
    )
    row(
        f"std-{c}",
        lambda x, c=c: F.std(x, axes=(1,), correction=c),
        lambda x, c=c: torch.std(x, 1, correction=c),
    )
row(
    "std of equal numbers",
    lambda x: F.std(x, axes=(1,), correction=1),
    lambda x: torch.std(x, 1),
    lambda rng: (np.ones((2, 3)),),
    False,
)
row("prod", lambda x: F.prod(x, axes=(1,)), lambda x: torch.prod(x, 1), zeros(3))
row("prod-all", lambda x: F.prod(x, axes=(0, 1)), torch.prod, zeros(1))
for p in (0, 0.5, 1, 1.5, 2, 3, float("inf"), -float("inf")):
    row(
        f"norm-{p}",
        lambda x, p=p: F.norm(x, axes=(1,), ord=p, safe=True),
        lambda x, p=p: torch.linalg.vector_norm(x, p, 1),
        zeros(5),
        False,
    )
    row(
        f"norm-{p}, without zeros",
        lambda x, p=p: F.norm(x, axes=(1,), ord=p, safe=True),
        lambda x, p=p: torch.linalg.vector_norm(x, p, 1),
    )
row(
    "cumsum", lambda x: F.cumsum(x, axis=1, reverse=False), lambda x: torch.cumsum(x, 1)
)
row(
    "cumprod",
    lambda x: F.cumprod(x, axis=1, reverse=False),
    lambda x: torch.cumprod(x, 1),
    zeros(3),
)
row(
    "logcumsumexp",
    lambda x: F.logcumsumexp(x, axis=1),
    lambda x: torch.logcumsumexp(x, 1),
    kinks,
    second=False,
)
row(
    "logcumsumexp, ordinary",
    lambda x: F.logcumsumexp(x, axis=1),
    lambda x: torch.logcumsumexp(x, 1),
)
row("cummax", lambda x: F.cummax(x, axis=1), lambda x: tuple(x.cummax(1)), ties)
row("cummin", lambda x: F.cummin(x, axis=1), lambda x: tuple(x.cummin(1)), ties)

# --- order statistics -----------------------------------------------------------------

row("max_along", lambda x: F.max_along(x, axis=1), lambda x: tuple(x.max(1)), ties)
row("min_along", lambda x: F.min_along(x, axis=1), lambda x: tuple(x.min(1)), ties)
row("kthvalue", lambda x: F.kthvalue(x, axis=1, k=2), lambda x: tuple(x.kthvalue(3, 1)))
row("median", lambda x: F.median(x, axis=1), lambda x: tuple(x.median(1)))
row(
    "nanmedian",
    lambda x: F.median(x, axis=0, skip_nan=True),
    lambda x: tuple(x.nanmedian(0)),
)
row("median_of_all", F.median_of_all, torch.median, ties, second=False)
row(
    "nanmedian of all",
    lambda x: F.median_of_all(x, skip_nan=True),
    torch.nanmedian,
    ties,
    second=False,
)
row("mode", lambda x: F.mode(x, axis=1), lambda x: tuple(x.mode(1)), ties)
for largest in (True, False):
    row(
        f"topk-{largest}",
        lambda x, g=largest: F.topk(x, axis=1, k=3, largest=g),
        lambda x, g=largest: tuple(x.topk(3, 1, g)),
    )
for how in ("linear", "lower", "higher", "midpoint", "nearest"):
    row(
        f"quantile-{how}",
        lambda x, q, h=how: F.quantile(x, q, axis=1, interpolation=h),
        lambda x, q, h=how: torch.quantile(x, q.detach(), 1, interpolation=h),
        lambda rng: (rng.normal(size=(4, 5)), Constant(np.array([0.1, 0.5, 0.8]))),
    )
row(
    "renorm",
    lambda x: F.renorm(x, axis=0, ord=2, bound=1.5),
    lambda x: x.renorm(2, 0, 1.5),
)
row("cov", lambda x: F.cov(x), torch.cov)
row("corrcoef", F.corrcoef, torch.corrcoef)
row("diff", lambda x: F.diff(x, axis=1, n=2), lambda x: torch.diff(x, 2, 1))
row(
    "trapezoid",
    lambda x: F.trapezoid(x, 0.5, axis=1),
    lambda x: torch.trapezoid(x, dx=0.5, dim=1),
)
row(
    "cumulative_trapezoid",
    lambda x: F.cumulative_trapezoid(x, 0.5, axis=1),
    lambda x: torch.cumulative_trapezoid(x, dx=0.5, dim=1),
)
row("dist", lambda x, y: F.dist(x, y, ord=3.0), lambda x, y: torch.dist(x, y, 3), two)
for p in (1.0, 2.0, 3.0):
    row(
        f"cdist-{p}",
        lambda x, y, p=p: F.cdist(x, y, ord=p),
        lambda x, y, p=p: torch.cdist(x, y, p),
        two,
        second=False,
    )
row("pdist", F.pdist, fn.pdist, second=False)
row(
    "cosine_similarity",
    lambda x, y: F.cosine_similarity(x, y, axis=1),
    lambda x, y: fn.cosine_similarity(x, y, 1),
    two,
)
row("normalize", lambda x: F.normalize(x, axes=(1,)), lambda x: fn.normalize(x, 2, 1))
row("pairwise_distance", F.pairwise_distance, fn.pairwise_distance, two)


class Constant(NamedTuple):
    """An operand that is not differentiated."""

    value: np.ndarray


def losses(name: str, draw: Any, second: bool = True, **params: Any) -> None:
    ours, theirs = getattr(F, name), getattr(fn, name)
    for reduction in ("none", "mean", "sum"):
        row(
            f"{name}-{reduction}-{params}",
            lambda *xs, r=reduction: ours(*xs, reduction=r, **params),
            lambda *xs, r=reduction: theirs(*xs, reduction=r, **params),
            draw,
            second,
        )


def labelled(*extra: tuple[int, ...], shape: tuple[int, ...] = (4, 5)) -> Any:
    def draw(rng: np.random.Generator) -> tuple[Any, ...]:
        x = rng.normal(size=shape)
        y = rng.integers(0, shape[1], (shape[0], *shape[2:]))
        more = (Constant(rng.uniform(0.5, 2.0, s)) for s in extra)
        return x, Constant(y), *more

    return draw


def signs(count: int, *shape: int) -> Any:
    def draw(rng: np.random.Generator) -> tuple[Any, ...]:
        xs = (rng.normal(size=(4, *shape)) for _ in range(count))
        return *xs, Constant(rng.choice([-1.0, 1.0], 4))

    return draw


losses("mse_loss", two)
losses("l1_loss", two)
losses("huber_loss", two, delta=0.7)
losses("smooth_l1_loss", two, beta=0.7)
losses("smooth_l1_loss", two, beta=0.0)
losses("binary_cross_entropy", within(0.1, 0.9, 2))
losses("binary_cross_entropy_with_logits", two)
losses(
    "soft_margin_loss",
    lambda rng: (rng.normal(size=(4, 5)), Constant(rng.choice([-1.0, 1.0], (4, 5)))),
)
losses("kl_div", within(0.1, 0.9, 2), log_target=False)
losses("kl_div", within(0.1, 0.9, 2), log_target=True)
losses("poisson_nll_loss", within(0.1, 3.0, 2), log_input=True, full=False, eps=1e-8)
losses("poisson_nll_loss", within(0.1, 3.0, 2), log_input=False, full=True, eps=1e-8)
losses("gaussian_nll_loss", within(0.1, 0.9, 3), full=True, eps=0.3)
losses("nll_loss", labelled())
losses("nll_loss", labelled((5,)), ignore_index=2)
losses("nll_loss", labelled((5,), shape=(4, 5, 3)), ignore_index=-1)
losses("cross_entropy", labelled())
losses("cross_entropy", labelled((5,)), ignore_index=2, label_smoothing=0.1)
losses("cross_entropy", labelled(shape=(4, 5, 2, 2)), ignore_index=1)
losses("cross_entropy", labelled(), ignore_index=1, label_smoothing=0.2)
losses("multi_margin_loss", labelled(), second=False, p=1, margin=0.7)
losses("multi_margin_loss", labelled(), second=False, p=2)
row(
    "multi_margin_loss, weights",
    lambda x, y, w: F.multi_margin_loss(x, y, w, reduction="mean"),
    lambda x, y, w: fn.multi_margin_loss(x, y, weight=w),
    labelled((5,)),
    False,
)
losses("hinge_embedding_loss", signs(1), margin=0.5)
losses("margin_ranking_loss", signs(2), margin=0.5)
losses("cosine_embedding_loss", signs(2, 5), margin=-0.3)
losses("triplet_margin_loss", lambda rng: tuple(rng.normal(size=(3, 4, 5))), swap=True)
losses(
    "multilabel_margin_loss",
    lambda rng: (
        rng.normal(size=(2, 4)),
        Constant(np.array([[3, 0, -1, 1], [1, 2, 0, -1]])),
    ),
    second=False,
)
losses(
    "multilabel_soft_margin_loss",
    lambda rng: (
        rng.normal(size=(4, 5)),
        Constant(rng.integers(0, 2, (4, 5)).astype(float)),
    ),
)
row(
    "cross_entropy of probabilities",
    lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1, reduction="mean"),
    lambda x, y: fn.cross_entropy(x, y, label_smoothing=0.1),
    two,
)
row(
    "binary_cross_entropy_with_logits, weights",
    lambda x, y, w, p: F.binary_cross_entropy_with_logits(x, y, w, p, reduction="mean"),
    lambda x, y, w, p: fn.binary_cross_entropy_with_logits(x, y, w, pos_weight=p),
    lambda rng: (
        *two(rng),
        Constant(rng.uniform(1, 2, (5,))),
        Constant(rng.uniform(1, 2, (5,))),
    ),
)
row(
    "ctc_loss",
    lambda x: F.ctc_loss(
        x,
        np.array([[1, 2, 2], [3, 1, 0]]),
        input_lengths=(6, 5),
        target_lengths=(3, 2),
        reduction="mean",
    ),
    lambda x: fn.ctc_loss(x, torch.tensor([[1, 2, 2], [3, 1, 0]]), (6, 5), (3, 2)),
    lambda rng: (np.log(rng.dirichlet(np.ones(4), (6, 2))),),
    second=False,
)


# --- the comparison -------------------------------------------------------------------


def outputs(out: Any) -> tuple[Any, ...]:
    return tuple(out) if isinstance(out, tuple) else (out,)


def ours_of(r: Row, args: list[Any], active: list[int]) -> Callable[..., Any]:
    def call(*xs: Tensor) -> tuple[Tensor, ...]:
        full = [a.value if isinstance(a, Constant) else a for a in args]
        for i, x in zip(active, xs, strict=True):
            full[i] = payload_of(x)
        return tuple(wrap(Tensor, o) for o in outputs(r.ours(*full)))

    return call


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("r", ROWS, ids=lambda r: r.name.replace(" ", "_"))
def test_values_and_gradients_are_those_of_pytorch(r: Row) -> None:
    rng = np.random.default_rng(len(r.name))
    args = list(r.draw(rng))
    active = [i for i, a in enumerate(args) if not isinstance(a, Constant)]
    theirs = [torch.tensor(a.value if isinstance(a, Constant) else a) for a in args]
    leaves = [theirs[i].requires_grad_() for i in active]
    expected = outputs(r.theirs(*theirs))
    call = ours_of(r, args, active)
    xs = [Tensor(np.array(args[i])) for i in active]
    with np.errstate(all="ignore"):
        found = call(*xs)
        for f, e in zip(found, expected, strict=True):
            same("value", f._p, e, r.rtol)
        at = [k for k, e in enumerate(expected) if e.requires_grad]
        g = [rng.normal(size=tuple(expected[k].shape)) for k in at]
        total = sum(
            (expected[k] * torch.tensor(c)).sum() for k, c in zip(at, g, strict=True)
        )
        grads = torch.autograd.grad(
            total, leaves, create_graph=r.second, materialize_grads=True
        )

        def pulled(*xs: Tensor) -> Any:
            return vjp(lambda *xs: tuple(call(*xs)[k] for k in at), *xs)[1](
                tuple(map(Tensor, g))
            )

        for f, e in zip(pulled(*xs), grads, strict=True):
            same("gradient", f._p, e, r.rtol)
        if not r.second or not any(e.requires_grad for e in grads):
            return
        us = [rng.normal(size=tuple(x.shape)) for x in leaves]
        again = sum((d * torch.tensor(u)).sum() for d, u in zip(grads, us, strict=True))
        twice = torch.autograd.grad(again, leaves, materialize_grads=True)
        found = vjp(pulled, *xs)[1](tuple(map(Tensor, us)))
        for f, e in zip(found, twice, strict=True):
            same("second derivative", f._p, e, r.rtol)


def same(what: str, found: Any, expected: Any, rtol: float) -> None:
    expected = expected.numpy(force=True)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    np.testing.assert_allclose(found, expected, rtol, 1e-11, err_msg=what)


# --- the same functions in other modes (no oracle but eager execution needed) ---------

MODES = ["B", "BR", "BF", "S", "SR", "SB"]


def stage(function: Any) -> Any:
    return compile_(function, executor="numpy")


@pytest.mark.parametrize("r", ROWS, ids=lambda r: r.name.replace(" ", "_"))
def test_forward_mode_batches_and_programs(r: Row) -> None:
    """Inner products, vmap against a loop, staged against eager."""
    args = list(r.draw(np.random.default_rng(len(r.name))))
    active = [i for i, a in enumerate(args) if not isinstance(a, Constant)]
    xs = [Tensor(np.array(args[i])) for i in active]

    def call(*xs: Tensor) -> tuple[Tensor, ...]:
        outs = ours_of(r, args, active)(*xs)
        return tuple(o for o in outs if payload_of(o).dtype.kind == "f")

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a retreat to eager execution
        check_inner_product(call, xs)
        check_nestings(call, xs, MODES, stage=stage, variant=rolled)
