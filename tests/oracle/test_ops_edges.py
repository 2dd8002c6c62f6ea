"""Values and first derivatives at infinities, nan, zeros and empty arrays.

They are those of PyTorch.  Where PyTorch's own value is an accident of its formula
(0 times infinity in a rare place), the function is not listed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core.primitive import BOUND as F
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.core.transforms import vjp

torch: Any = pytest.importorskip("torch")
fn: Any = torch.nn.functional
inf, nan = np.inf, np.nan

Row = tuple[str, Callable[..., Any], Callable[..., Any], tuple[np.ndarray, ...]]
ROWS: list[Row] = []


def row(name: str, ours: Any, theirs: Any, *operands: Any) -> None:
    ROWS.append((name, ours, theirs, tuple(np.array(o, float) for o in operands)))


X = [-inf, inf, nan, 0, 1, -1]
PAIRS = (
    [0, 0, 0, 1, -1, inf, nan, 2, -inf, -2, -2],
    [0, 1, -1, 0, 0.5, 0, 0, nan, 2, 3, -1],
)

for name in [
    "abs",
    "sqrt",
    "rsqrt",
    "log",
    "log1p",
    "exp",
    "reciprocal",
    "sgn",
    "erfinv",
    "asin",
    "acos",
    "atanh",
    "sinc",
    "floor",
    "sign",
    "i0",
    "log2",
    "tan",
    "square",
    "frac",
    "expm1",
    "angle",
    "sigmoid",
    "tanh",
]:
    row(name, getattr(F, name), getattr(torch, name), X)
for name in [
    "relu",
    "silu",
    "mish",
    "gelu",
    "selu",
    "hardswish",
    "relu6",
    "hardtanh",
    "logsigmoid",
    "softsign",
    "tanhshrink",
]:
    row(name, getattr(F, name), getattr(fn, name), X)
for name in [
    "pow",
    "hypot",
    "fmod",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "logaddexp",
    "logaddexp2",
    "xlogy",
    "div",
    "mul",
]:
    row(name, getattr(F, name), getattr(torch, name), *PAIRS)
for name in ("entr", "ndtri", "ndtr", "erfcx", "i0e"):
    row(name, getattr(F, name), getattr(torch.special, name), X)
for rows in ([-inf, 1, 2], [-inf, -inf], [inf, 1], [nan, 1]):
    for name in ("softmax", "log_softmax"):
        row(
            f"{name} of {rows}",
            partial(getattr(F, name), axis=0),
            partial(getattr(torch, name), dim=0),
            rows,
        )
for e in (0, 1, 2, -1, 0.5, 3):
    row(f"power {e}", partial(F.power, exponent=e), lambda x, e=e: x**e, X)
row("atan2", F.atan2, torch.atan2, [0, 0, 1, -1], [0, 1, 0, 0.5])
row("softplus", partial(F.softplus, beta=1.0, threshold=20.0), fn.softplus, X)
row("elu", partial(F.elu, alpha=1.0, scale=1.0, input_scale=1.0), fn.elu, X)
row(
    "leaky_relu",
    partial(F.leaky_relu, slope=0.1, edge=0.1),
    lambda x: fn.leaky_relu(x, 0.1),
    X,
)
row("softshrink", partial(F.softshrink, lambd=0.5), fn.softshrink, X)
row("hardshrink", partial(F.hardshrink, lambd=0.5), fn.hardshrink, X)
row(
    "threshold",
    partial(F.threshold, bound=0.5, value=2.0),
    lambda x: fn.threshold(x, 0.5, 2.0),
    X,
)
row("logit", partial(F.logit, eps=None), torch.logit, [0, 1, 0.5, -1, 2, nan])
row(
    "logit, eps",
    partial(F.logit, eps=0.1),
    lambda x: torch.logit(x, 0.1),
    [0, 1, 0.5, 0.1, -1, 2, nan],
)
row("clip", partial(F.clip, lo=-1.0, hi=1.0, edge=1), lambda x: x.clamp(-1, 1), X)
row(
    "clip, crossed",
    partial(F.clip, lo=2.0, hi=1.0, edge=1),
    lambda x: x.clamp(2, 1),
    [0, 1.5, 3],
)
row(
    "nan_to_num",
    partial(F.nan_to_num, nan=0.0, posinf=1.0, neginf=-1.0),
    lambda x: torch.nan_to_num(x, 0.0, 1.0, -1.0),
    X,
)

# --- reductions -----------------------------------------------------------------------


def over(name: str, theirs: Any, *operands: Any, **params: Any) -> None:
    for x in operands:
        row(
            f"{name} {params} of {x}",
            partial(getattr(F, name), axes=(0,), **params),
            theirs,
            x,
        )


over("logsumexp", lambda x: x.logsumexp(0), [-inf, -inf], [inf, 1], [-inf, 1, 2])
over("max", lambda x: x.amax(0), [1, nan, 2])
over("mean", lambda x: x.mean(0), [])
over("sum", lambda x: x.sum(0), [])
over("prod", lambda x: x.prod(0), [], [1, nan, 0], [1, inf, 0])
over("nansum", lambda x: x.nansum(0), [1, nan, 2])
over("nanmean", lambda x: x.nanmean(0), [1, nan, 2])
for c in (0, 1, 2, 3):
    over("var", lambda x, c=c: torch.var(x, 0, correction=c), [3], [3, 4], correction=c)
    over("std", lambda x, c=c: torch.std(x, 0, correction=c), [3], [3, 4], correction=c)
for p in (0, 0.5, 1, 1.5, 2, 3, inf, -inf):
    over(
        "norm",
        lambda x, p=p: torch.linalg.vector_norm(x, p, 0),
        [0, 0],
        ord=p,
        safe=True,
    )
for p in (0.5, 1, 2, 3):
    over(
        "norm",
        lambda x, p=p: torch.linalg.vector_norm(x, p, 0),
        [],
        [1, inf],
        [1, nan],
        ord=p,
        safe=True,
    )
row("max_along", partial(F.max_along, axis=0), lambda x: x.max(0), [1, nan, 2, nan])
row("max_along, ties", partial(F.max_along, axis=0), lambda x: x.max(0), [1, 2, 2])
row("median", partial(F.median, axis=0), lambda x: x.median(0), [1, nan, 2])
for x in ([1, nan, 2], [nan, nan]):
    row(
        f"nanmedian {x}",
        partial(F.median, axis=0, skip_nan=True),
        lambda x: x.nanmedian(0),
        x,
    )
    row(
        f"quantile {x}",
        lambda x: F.quantile(x, np.array(0.3), axis=0),
        lambda x: torch.quantile(x, 0.3, 0),
        x,
    )
    row(
        f"nanquantile {x}",
        lambda x: F.quantile(x, np.array(0.3), axis=0, skip_nan=True),
        lambda x: torch.nanquantile(x, 0.3, 0),
        x,
    )
row("median_of_all", F.median_of_all, torch.median, [1, nan, 2, nan])
row("cummax", partial(F.cummax, axis=0), lambda x: x.cummax(0), [1, nan, 2, 0])

# --- losses and distances -------------------------------------------------------------

row(
    "kl_div",
    partial(F.kl_div, log_target=False, reduction="none"),
    partial(fn.kl_div, reduction="none"),
    [-1, -2, -inf],
    [0, 0.5, 0.2],
)
row(
    "cross_entropy, all ignored",
    lambda x: F.cross_entropy(x, np.array([-100, -100]), reduction="mean"),
    lambda x: fn.cross_entropy(x, torch.tensor([-100, -100])),
    np.ones((2, 3)),
)
row(
    "cross_entropy, infinite logits",
    lambda x: F.cross_entropy(x, np.array([0, 1]), reduction="mean"),
    lambda x: fn.cross_entropy(x, torch.tensor([0, 1])),
    [[1, -inf, 2], [0, 1, -inf]],
)
row(
    "huber",
    partial(F.huber, delta=0.5),
    lambda x: fn.huber_loss(x, x.detach() * 0, delta=0.5, reduction="none"),
    [0.5, -0.5, 3],
)
row(
    "mse_loss of nothing",
    lambda x: F.mse_loss(x, np.zeros(0), reduction="mean"),
    lambda x: fn.mse_loss(x, x.detach()),
    [],
)
row(
    "cosine_similarity",
    partial(F.cosine_similarity, axis=0),
    lambda x, y: fn.cosine_similarity(x, y, 0),
    [0, 0],
    [1, 2],
)
row(
    "normalize",
    partial(F.normalize, axes=(0,)),
    lambda x: fn.normalize(x, dim=0),
    [0, 0],
)
row("dist", F.dist, torch.dist, [1, 2], [1, 2])
row(
    "renorm",
    partial(F.renorm, axis=0, ord=2, bound=1.0),
    lambda x: x.renorm(2, 0, 1.0),
    np.zeros((2, 2)),
)


def first(out: Any) -> Any:
    return out[0] if isinstance(out, tuple) else out


@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")
@pytest.mark.parametrize("r", ROWS, ids=lambda r: r[0].replace(" ", "_"))
def test_edges(r: Row) -> None:
    _, ours, theirs, operands = r
    leaves = [torch.tensor(a, requires_grad=True) for a in operands]
    expected = first(theirs(*leaves))

    def call(*xs: Tensor) -> Tensor:
        return wrap(Tensor, first(ours(*map(payload_of, xs))))

    with np.errstate(all="ignore"):
        xs = [Tensor(a.copy()) for a in operands]
        np.testing.assert_allclose(call(*xs)._p, expected.detach().numpy(), 1e-10)
        grads = torch.autograd.grad(
            expected, leaves, torch.ones_like(expected), materialize_grads=True
        )
        found = vjp(call, *xs)[1](Tensor(np.ones(tuple(expected.shape))))
    for f, e in zip(found, grads, strict=True):
        np.testing.assert_allclose(f._p, e.numpy(force=True), 1e-10, 1e-14)
