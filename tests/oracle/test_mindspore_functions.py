"""Functions, methods and operators of `mindspore.ops` against PyTorch.

Each row is one function of both libraries (where the two agree); values and gradients
are compared.  The rows where they differ stand in `tests/mindspore`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import mint, ops

torch = pytest.importorskip("torch")
F = torch.nn.functional
MF = mint.nn.functional


def operands() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {
        "a": rng.normal(size=(3, 4)),
        "b": rng.normal(size=(3, 4)),
        "v": rng.normal(size=(4,)),
        "p": rng.uniform(0.2, 0.8, (3, 4)),
        "s": rng.normal(size=(3, 3)) + 3 * np.eye(3),
        "t": rng.normal(size=(2, 3, 4)),
        "u": rng.normal(size=(2, 4, 2)),
        "x": rng.normal(size=(2, 4, 6, 6)),
        "w": rng.normal(size=(6, 2, 3, 3)),
        "w4": rng.normal(size=(4, 3, 3, 3)),
        "c": rng.normal(size=(4,)),
        "line": rng.normal(size=(2, 4, 8)),
        "wl": rng.normal(size=(3, 4, 3)),
    }


INDEX = np.array([[0, 2, 1, 0], [1, 1, 0, 2]])
CLASSES = np.array([1, 0, 3])
MASK = np.array([[True, False, True, True], [False] * 4, [True, True, False, False]])


def both(array: np.ndarray) -> tuple[Any, Any]:
    return ms.Tensor(array), torch.tensor(array)


idx, tidx = both(INDEX)
cls, tcls = both(CLASSES)
mask, tmask = both(MASK)

Row = tuple[str, Callable[..., Any], Callable[..., Any]]
UNARY = [
    "exp",
    "exp2",
    "expm1",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "atan",
    "erf",
    "erfc",
    "sigmoid",
    "square",
    "neg",
    "abs",
    "sign",
    "floor",
    "ceil",
    "round",
    "trunc",
    "frac",
    "reciprocal",
    "deg2rad",
    "rad2deg",
]
POSITIVE = [
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "rsqrt",
    "asin",
    "acos",
    "atanh",
    "lgamma",
    "digamma",
    "erfinv",
    "logit",
]
ROWS: list[Row] = [
    *((f"{n}:a", getattr(ops, n), getattr(torch, n)) for n in UNARY),
    *((f"{n}:p", getattr(ops, n), getattr(torch, n)) for n in POSITIVE),
    *(
        (f"method {n}:a", lambda x, n=n: getattr(x, n)(), getattr(torch, n))
        for n in ("exp", "sin", "abs", "square", "sigmoid", "tanh")
    ),
    *(
        (f"{n}:a b", getattr(ops, n), getattr(torch, n))
        for n in [
            "add",
            "sub",
            "mul",
            "div",
            "maximum",
            "minimum",
            "atan2",
            "hypot",
            "logaddexp",
            "fmod",
            "remainder",
            "fmax",
            "fmin",
        ]
    ),
    ("pow:p b", ops.pow, torch.pow),
    ("broadcast:a v", lambda a, v: a * v + v, lambda a, v: a * v + v),
    ("numbers:a", lambda a: 2 - a / 3 + a * 2, lambda a: 2 - a / 3 + a * 2),
    ("xlogy:a p", ops.xlogy, torch.xlogy),
    ("lerp:a b", lambda a, b: ops.lerp(a, b, 0.3), lambda a, b: torch.lerp(a, b, 0.3)),
    (
        "addcmul:a b p",
        lambda a, b, p: ops.addcmul(a, b, p, 2.0),
        lambda a, b, p: torch.addcmul(a, b, p, value=2.0),
    ),
    (
        "addcdiv:a b p",
        lambda a, b, p: ops.addcdiv(a, b, p, 2.0),
        lambda a, b, p: torch.addcdiv(a, b, p, value=2.0),
    ),
    # reductions
    *(
        (
            f"{n} axis:a",
            lambda x, n=n: getattr(ops, n)(x, 1),
            lambda x, n=n: getattr(torch, n)(x, 1),
        )
        for n in (
            "sum",
            "mean",
            "prod",
            "logsumexp",
            "cumsum",
            "cumprod",
            "amax",
            "amin",
        )
    ),
    *(
        (
            f"{n} method:a",
            lambda x, n=n: getattr(x, n)(axis=0, keepdims=True),
            lambda x, n=n: getattr(x, n)(0, keepdim=True),
        )
        for n in ("sum", "prod")
    ),
    ("mean method:a", lambda x: x.mean(0, True), lambda x: x.mean(0, keepdim=True)),
    ("std:a", lambda x: x.std(0), lambda x: x.std(0, correction=0)),
    ("var:a", lambda x: ops.var(x, 1, ddof=1), lambda x: x.var(1)),
    ("max values:a", lambda x: ops.max(x, 1)[0], lambda x: x.max(1).values),
    ("min values:a", lambda x: ops.min(x, 1)[0], lambda x: x.min(1).values),
    ("median:a", lambda x: ops.median(x, 1)[0], lambda x: x.median(1).values),
    ("norm:a", lambda x: ops.norm(x, 3, 1), lambda x: x.norm(3, 1)),
    ("topk:a", lambda x: ops.topk(x, 2)[0], lambda x: x.topk(2).values),
    (
        "sort:a",
        lambda x: ops.sort(x, 0, True)[0],
        lambda x: x.sort(0, descending=True).values,
    ),
    ("cummax:a", lambda x: ops.cummax(x, 1)[0], lambda x: x.cummax(1).values),
    ("argmax:a", lambda x: x.argmax(1), lambda x: x.argmax(1)),
    # shapes
    ("reshape:a", lambda x: x.reshape(2, -1), lambda x: x.reshape(2, -1)),
    (
        "transpose:t",
        lambda x: ops.transpose(x, (2, 0, 1)),
        lambda x: x.permute(2, 0, 1),
    ),
    ("swapaxes:t", lambda x: x.swapaxes(0, 2), lambda x: x.transpose(0, 2)),
    ("flatten:t", ops.flatten, lambda x: x.flatten(1)),
    ("squeeze:a", lambda x: x.expand_dims(1).squeeze(1), lambda x: x),
    (
        "concat:a b",
        lambda a, b: ops.concat((a, b), 1),
        lambda a, b: torch.cat((a, b), 1),
    ),
    (
        "stack:a b",
        lambda a, b: ops.stack((a, b), 1),
        lambda a, b: torch.stack((a, b), 1),
    ),
    ("split:a", lambda x: ops.split(x, 2, 1)[1], lambda x: x.split(2, 1)[1]),
    ("chunk:a", lambda x: ops.chunk(x, 3, 1)[0], lambda x: x.chunk(3, 1)[0]),
    ("tile:a", lambda x: ops.tile(x, (2, 1)), lambda x: x.tile((2, 1))),
    ("roll:a", lambda x: ops.roll(x, 1, 0), lambda x: x.roll(1, 0)),
    ("flip:a", lambda x: ops.flip(x, (0, 1)), lambda x: x.flip((0, 1))),
    ("broadcast_to:v", lambda x: ops.broadcast_to(x, (2, 4)), lambda x: x.expand(2, 4)),
    (
        "repeat_interleave:a",
        lambda x: ops.repeat_interleave(x, 2, 1),
        lambda x: x.repeat_interleave(2, 1),
    ),
    (
        "pad:a",
        lambda x: ops.pad(x, (1, 2, 0, 1), value=1.5),
        lambda x: F.pad(x, (1, 2, 0, 1), value=1.5),
    ),
    (
        "pad reflect:line",
        lambda x: ops.pad(x, (2, 1), "reflect"),
        lambda x: F.pad(x, (2, 1), "reflect"),
    ),
    ("tril:a", lambda x: ops.tril(x, 1), lambda x: x.tril(1)),
    ("diag:v", ops.diag, torch.diag),
    ("diagonal:a", ops.diagonal, torch.diagonal),
    ("slices:a", lambda x: x[1:, ::2], lambda x: x[1:, ::2]),
    ("index arrays:a", lambda x: x[[0, 2], [1, 3]], lambda x: x[[0, 2], [1, 3]]),
    ("unstack:a", lambda x: ops.unstack(x, 1)[2], lambda x: x.unbind(1)[2]),
    (
        "meshgrid:v c",
        lambda v, c: ops.meshgrid(v, c, indexing="ij")[1],
        lambda v, c: torch.meshgrid(v, c, indexing="ij")[1],
    ),
    # indexing
    (
        "gather_elements:a",
        lambda x: ops.gather_elements(x, 0, idx),
        lambda x: x.gather(0, tidx),
    ),
    ("gather:a", lambda x: ops.gather(x, ms.Tensor([2, 0]), 1), lambda x: x[:, [2, 0]]),
    (
        "gather_nd:a",
        lambda x: ops.gather_nd(x, ms.Tensor([[0, 1], [2, 3]])),
        lambda x: x[[0, 2], [1, 3]],
    ),
    (
        "index_select:a",
        lambda x: ops.index_select(x, 1, ms.Tensor([2, 0])),
        lambda x: x.index_select(1, torch.tensor([2, 0])),
    ),
    (
        "where:a b",
        lambda a, b: ops.where(mask, a, b),
        lambda a, b: torch.where(tmask, a, b),
    ),
    (
        "masked_fill:a",
        lambda a: ops.masked_fill(a, mask, 2.0),
        lambda a: a.masked_fill(tmask, 2.0),
    ),
    ("masked_select:a", lambda a: ops.masked_select(a, mask), lambda a: a[tmask]),
    (
        "tensor_scatter_update:a v",
        lambda a, v: ops.tensor_scatter_update(a, ms.Tensor([[1]]), v.reshape(1, 4)),
        lambda a, v: a.index_put((torch.tensor([1]),), v.reshape(1, 4)),
    ),
    (
        "tensor_scatter_add:a v",
        lambda a, v: ops.tensor_scatter_add(
            a, ms.Tensor([[1], [1]]), ops.stack((v, v * 2))
        ),
        lambda a, v: a.index_put(
            (torch.tensor([1, 1]),), torch.stack((v, v * 2)), accumulate=True
        ),
    ),
    ("embedding:a", lambda a: ops.gather(a, idx, 0), lambda a: F.embedding(tidx, a)),
    (
        "unsorted_segment_sum:a",
        lambda a: ops.unsorted_segment_sum(a, ms.Tensor([1, 0, 1]), 2),
        lambda a: torch.zeros(2, 4, dtype=a.dtype).index_add(
            0, torch.tensor([1, 0, 1]), a
        ),
    ),
    # products
    ("matmul:t u", ops.matmul, torch.matmul),
    ("matmul vector:a v", ops.matmul, torch.matmul),
    ("operator @:t u", lambda t, u: t @ u, lambda t, u: t @ u),
    (
        "MatMul transposed:a b",
        lambda a, b: ops.MatMul(transpose_b=True)(a, b),
        lambda a, b: a @ b.T,
    ),
    ("BatchMatMul:t u", ops.BatchMatMul(), torch.bmm),
    (
        "einsum:a b",
        lambda a, b: ops.einsum("ij,kj->ik", a, b),
        lambda a, b: torch.einsum("ij,kj->ik", a, b),
    ),
    ("outer:v c", ops.outer, torch.outer),
    (
        "tensor_dot:t u",
        lambda t, u: ops.tensor_dot(t, u, ((2,), (1,))),
        lambda t, u: torch.tensordot(t, u, ((2,), (1,))),
    ),
    (
        "addmm:s a b",
        lambda s, a, b: ops.addmm(s, a, b.T, beta=2, alpha=3),
        lambda s, a, b: torch.addmm(s, a, b.T, beta=2, alpha=3),
    ),
    ("kron:a v", ops.kron, torch.kron),
    ("inverse:s", ops.inverse, torch.inverse),
    ("det:s", ops.det, torch.det),
    (
        "cholesky:s",
        lambda s: ops.cholesky(s @ s.T),
        lambda s: torch.linalg.cholesky(s @ s.T),
    ),
    ("slogdet:s", lambda s: ops.slogdet(s)[1], lambda s: torch.slogdet(s)[1]),
    ("trace:s", ops.trace, torch.trace),
    # activations
    *(
        (f"{n}:a", getattr(ops, n), getattr(F, n))
        for n in [
            "relu",
            "relu6",
            "gelu",
            "elu",
            "selu",
            "silu",
            "mish",
            "softplus",
            "softsign",
            "celu",
            "logsigmoid",
            "hardswish",
            "hardshrink",
            "softshrink",
            "tanhshrink",
            "hardtanh",
        ]
    ),
    # PyTorch's own gradient of hardsigmoid has 1/6 in float32
    ("hardsigmoid:a", ops.hardsigmoid, lambda x: (x + 3).clamp(0, 6) / 6),
    ("softmax:a", ops.softmax, lambda x: x.softmax(-1)),
    ("log_softmax:a", lambda x: ops.log_softmax(x, 0), lambda x: x.log_softmax(0)),
    ("leaky_relu:a", lambda x: ops.leaky_relu(x, 0.1), lambda x: F.leaky_relu(x, 0.1)),
    ("glu:a", ops.glu, F.glu),
    (
        "prelu:a",
        lambda x: ops.prelu(x, ms.Tensor([0.2] * 4, ms.float64)),
        lambda x: F.prelu(x, torch.tensor([0.2] * 4, dtype=torch.float64)),
    ),
    # losses
    (
        "cross_entropy:a",
        lambda x: ops.cross_entropy(x, cls),
        lambda x: F.cross_entropy(x, tcls),
    ),
    (
        "cross_entropy smooth:a",
        lambda x: ops.cross_entropy(x, cls, label_smoothing=0.1),
        lambda x: F.cross_entropy(x, tcls, label_smoothing=0.1),
    ),
    ("nll_loss:a", lambda x: ops.nll_loss(x, cls), lambda x: F.nll_loss(x, tcls)),
    *(
        (f"{n}:a b", getattr(ops, n), getattr(F, n))
        for n in ("mse_loss", "l1_loss", "huber_loss")
    ),
    (
        "smooth_l1_loss:a b",
        lambda a, b: ops.smooth_l1_loss(a, b, reduction="mean"),
        F.smooth_l1_loss,
    ),
    (
        "binary_cross_entropy:p",
        lambda p: ops.binary_cross_entropy(p, ms.Tensor(MASK, ms.float64)),
        lambda p: F.binary_cross_entropy(p, tmask.double()),
    ),
    (
        "bce with logits:a",
        lambda a: ops.binary_cross_entropy_with_logits(a, ms.Tensor(MASK, ms.float64)),
        lambda a: F.binary_cross_entropy_with_logits(a, tmask.double()),
    ),
    (
        "kl_div:a p",
        lambda a, p: ops.kl_div(ops.log_softmax(a), p, "sum"),
        lambda a, p: F.kl_div(a.log_softmax(-1), p.detach(), reduction="sum"),
    ),
    (
        "SoftmaxCrossEntropyWithLogits:a p",
        lambda a, p: ops.SoftmaxCrossEntropyWithLogits()(a, p)[0],
        lambda a, p: F.cross_entropy(a, p.detach(), reduction="none"),
    ),
    ("triplet:a b p", ops.triplet_margin_loss, F.triplet_margin_loss),
    ("cosine_similarity:a b", ops.cosine_similarity, F.cosine_similarity),
    # layers
    (
        "conv2d:x w4",
        lambda x, w: ops.conv2d(x[:, :3], w),
        lambda x, w: F.conv2d(x[:, :3], w),
    ),
    (
        "conv2d groups:x w",
        lambda x, w: ops.conv2d(x, w, None, 2, "pad", 1, 1, 2),
        lambda x, w: F.conv2d(x, w, None, 2, 1, 1, 2),
    ),
    (
        "Conv2D same:x w4",
        lambda x, w: ops.Conv2D(4, 3, pad_mode="same")(x[:, :3], w),
        lambda x, w: F.conv2d(x[:, :3], w, padding=1),
    ),
    ("conv1d:line wl", ops.conv1d, F.conv1d),
    ("max_pool2d:x", lambda x: ops.max_pool2d(x, 2), lambda x: F.max_pool2d(x, 2)),
    ("MaxPool:x", ops.MaxPool(3, 2), lambda x: F.max_pool2d(x, 3, 2)),
    (
        "avg_pool2d:x",
        lambda x: ops.avg_pool2d(x, 3, 2, 1),
        lambda x: F.avg_pool2d(x, 3, 2, 1),
    ),
    ("AvgPool:x", ops.AvgPool(2, 2), lambda x: F.avg_pool2d(x, 2)),
    (
        "adaptive_avg_pool2d:x",
        lambda x: ops.adaptive_avg_pool2d(x, (3, 2)),
        lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
    ),
    (
        "layer_norm:x",
        lambda x: ops.layer_norm(x, (6,)),
        lambda x: F.layer_norm(x, (6,)),
    ),
    (
        "LayerNorm:a v c",
        lambda a, v, c: ops.LayerNorm(epsilon=1e-5)(a, v, c)[0],
        lambda a, v, c: F.layer_norm(a, (4,), v, c),
    ),
    ("group_norm:x", lambda x: ops.group_norm(x, 2), lambda x: F.group_norm(x, 2)),
    (
        "bilinear:x",
        lambda x: ops.interpolate(x, (9, 4), mode="bilinear"),
        lambda x: F.interpolate(x, (9, 4), mode="bilinear"),
    ),
    (
        "nearest:x",
        lambda x: ops.interpolate(x, scale_factor=2.0),
        lambda x: F.interpolate(x, scale_factor=2.0),
    ),
    (
        "unfold:x",
        lambda x: ops.unfold(x, 3, padding=1),
        lambda x: F.unfold(x, 3, padding=1),
    ),
    ("dense:a b", ops.dense, F.linear),
    ("bias_add:a v", ops.bias_add, torch.add),
    # mint
    ("mint.std:a", mint.std, torch.std),
    ("mint.var:a", mint.var, torch.var),
    ("mint.max:a", lambda x: mint.max(x, 1)[0], lambda x: x.max(1).values),
    (
        "mint.sum:a",
        lambda x: mint.sum(x, dim=1, keepdim=True),
        lambda x: x.sum(1, keepdim=True),
    ),
    ("mint.gather:a", lambda x: mint.gather(x, 0, idx), lambda x: x.gather(0, tidx)),
    ("mint.linear:a b", MF.linear, F.linear),
    (
        "mint.conv2d:x w",
        lambda x, w: MF.conv2d(x, w, None, 1, 1, 1, 2),
        lambda x, w: F.conv2d(x, w, None, 1, 1, 1, 2),
    ),
    *(
        (f"mint {n}:a", getattr(MF, n), getattr(F, n))
        for n in [
            "leaky_relu",
            "elu",
            "gelu",
            "hardtanh",
            "hardshrink",
            "softshrink",
            "normalize",
        ]
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=[r[0] for r in ROWS])
def test_values_and_gradients_are_pytorchs(row: Row) -> None:
    title, ours, theirs = row
    data = operands()
    arrays = [data[n] for n in title.rpartition(":")[2].split()]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    expected = theirs(*tensors)
    inputs = [ms.Tensor(a) for a in arrays]
    found = ours(*inputs)
    assert tuple(found.shape) == tuple(expected.shape)
    np.testing.assert_allclose(
        found.asnumpy(), expected.detach().numpy(), rtol=1e-9, atol=1e-10
    )
    if not expected.requires_grad:
        return
    weight = np.random.default_rng(3).normal(size=tuple(expected.shape))
    expected.backward(torch.tensor(weight))
    w = ms.Tensor(weight)
    grads = ms.grad(lambda *xs: (ours(*xs) * w).sum(), tuple(range(len(inputs))))(
        *inputs
    )
    grads = grads if isinstance(grads, tuple) else (grads,)
    for g, t in zip(grads, tensors, strict=True):
        want = np.zeros(t.shape) if t.grad is None else t.grad.numpy()
        np.testing.assert_allclose(g.asnumpy(), want, rtol=1e-8, atol=1e-9)
