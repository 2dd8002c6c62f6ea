"""NumPy's functions under `isograd`: NumPy's values, and derivatives by differences.

Each case is an expression in `np` and its operands; it is evaluated by NumPy itself, by
NumPy's protocols on arrays that are differentiated, and with `isograd.numpy` as `np`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd
import isograd.numpy as inp

RNG = np.random.default_rng(5)
X = RNG.uniform(0.3, 1.7, (3, 4))
Y = RNG.uniform(0.3, 1.7, (3, 4))
V = RNG.uniform(0.3, 1.7, 5)
W = RNG.uniform(0.3, 1.7, 3)
A = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
Z = RNG.normal(size=(2, 3, 4))
OPERANDS = {"x": X, "y": Y, "v": V, "w": W, "a": A, "z": Z}

EXPRESSIONS = """
np.sin(x) * np.exp(-y) + np.sqrt(x)
x ** y
x ** 3 + 2 ** x - x / y + 3 % x
np.maximum(x, y) + np.minimum(x, 1.0)
np.tanh(x) + np.log1p(x) + np.expm1(y) + np.arctan2(x, y) + np.hypot(x, y)
np.logaddexp(x, y) + np.square(x) + np.reciprocal(y) + np.abs(x - y) + np.cbrt(x)
np.deg2rad(x) + np.rad2deg(y) + np.sinc(x) + np.positive(x) - np.negative(y)
np.float_power(x, 2.5) + np.power(x, 2)
np.floor(x * 10) + x - np.ceil(y) + np.sign(x)
np.where(x > y, x, y * 2)
np.clip(x, 0.5, 1.2)
np.clip(x, y * 0.5, 1.6)
np.sum(x)
np.sum(x, axis=0)
np.sum(z, axis=(0, 2), keepdims=True)
np.mean(x, axis=1)
np.prod(x, axis=1)
np.max(x, axis=0)
np.min(x)
np.ptp(x, axis=1)
np.var(x, axis=0, ddof=1)
np.std(x)
np.average(x, axis=0, weights=w)
np.median(x, axis=1)
np.cumsum(x, axis=1)
np.cumprod(x)
np.add.reduce(x, axis=1)
np.multiply.accumulate(x, axis=0)
np.subtract.outer(v, w)
np.reshape(x, (4, -1))
x.reshape(2, 6)
np.reshape(x, (2, 6), order="F")
np.ravel(x)
x.T @ x
np.transpose(z, (2, 0, 1))
np.swapaxes(z, 0, 2)
np.moveaxis(z, 0, -1)
np.squeeze(x[None])
np.expand_dims(x, (0, 2))
np.broadcast_to(w[:, None], (3, 4))
np.atleast_2d(v)
np.concatenate([x, y], axis=1)
np.concatenate([x, y], axis=None)
np.stack([x, y, x], axis=1)
np.vstack([v, v]) + np.hstack([v, v])[:5]
np.dstack([x, y])
np.column_stack([w, x])
np.append(v, w)
np.split(x, 2, axis=1)[1]
np.array_split(v, 3)[0]
np.tile(v, (2, 2))
np.repeat(x, 2, axis=1)
np.roll(x, 1, axis=0)
np.rot90(x)
np.flip(x, axis=1) + np.flipud(x) + np.fliplr(x)
np.pad(x, ((1, 2), (0, 1)))
np.pad(v, 2, mode="reflect")
np.pad(v, 1, mode="constant", constant_values=3.0)
np.diag(w)
np.diag(a, 1)
np.diagonal(z, axis1=1, axis2=2)
np.trace(a)
np.tril(a) + np.triu(a, 1)
np.take(v, [0, 2, 2, -1])
np.take(x, [[0, 1], [2, 0]], axis=0)
np.take_along_axis(x, np.argsort(X, axis=1), axis=1)
np.sort(x, axis=1)
np.dot(x, y.T)
np.dot(v, v)
np.inner(x, y)
np.outer(v, w)
np.vdot(x, y)
np.tensordot(z, x, axes=([1, 2], [0, 1]))
np.matmul(z, x.T)
np.einsum("ijk,jk->i", z, x)
np.einsum("ij,kj", x, y)
np.kron(a, x)
np.cross(w, w * w)
np.convolve(v, w)
np.convolve(v, w, mode="same")
np.diff(v, n=2)
np.gradient(v)
np.gradient(v, edge_order=2)
np.gradient(v, np.cumsum(np.arange(1.0, v.shape[0] + 1)), edge_order=2)
np.trapezoid(v, dx=0.5)
np.trapezoid(v, np.cumsum(v))
np.interp(w, np.array([0.0, 0.5, 1.0, 2.0]), v[:4])
np.linspace(v[0], w[0], 4)
np.meshgrid(v, w)[0] * np.meshgrid(v, w)[1]
np.nan_to_num(x) + np.real(x) + np.zeros_like(x)
np.ones_like(y) * np.full_like(x, 2.0) + x
np.linalg.inv(a)
np.linalg.solve(a, w)
np.linalg.solve(a, a @ a)
np.linalg.det(a)
np.linalg.slogdet(a)[1]
np.linalg.cholesky(a @ a.T)
np.linalg.norm(x)
np.linalg.norm(x, axis=1)
np.linalg.norm(v, 3)
np.linalg.pinv(x)
np.linalg.matrix_power(a, 3)
np.linalg.eigvalsh(a @ a.T)
np.linalg.qr(a)[1]
np.linalg.svd(x, compute_uv=False)
np.abs(np.fft.fft(v))
np.fft.irfft(np.fft.rfft(v), 5)
np.abs(np.fft.fft2(x)) + np.real(np.fft.ifftn(y, axes=(0, 1)))
np.fft.irfft2(np.fft.rfft2(x, s=(4, 4)))
np.fft.fftshift(v)
x[1:, ::2]
x[:, -1]
x[[0, 2, 2], [1, 1, 3]]
x[X > 1.0]
x[None, ..., 0]
z[:, [0, 2]][..., ::-1]
sum(row[0] for row in x)
x.sum() + x.mean(0) @ v[:4] + x.max() - x.min() + x.var() + x.std() + x.prod()
x.flatten().cumsum().dot(x.ravel())
x.astype(np.float64).copy().clip(0.5, 1.0).round(1)
""".strip().splitlines()


def used(expression: str) -> list[str]:
    names = compile(expression, "expression", "eval").co_names
    inner = [
        c.co_names
        for c in compile(expression, "e", "eval").co_consts
        if hasattr(c, "co_names")
    ]
    found = {*names, *(n for names_ in inner for n in names_)}
    return [k for k in OPERANDS if k in found]


def evaluate(expression: str, space: Any, values: dict[str, Any]) -> Any:
    return eval(expression, {"np": space, "X": X, **values})


@pytest.mark.parametrize("space", [np, inp], ids=["numpy", "isograd.numpy"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_values_are_numpy_s_and_derivatives_those_of_differences(
    expression: str, space: Any
) -> None:
    names = used(expression)
    point = {n: OPERANDS[n] for n in names}
    expected = np.asarray(evaluate(expression, np, point))
    weights = np.random.default_rng(1).normal(size=expected.shape)

    def loss(*args: Any) -> Any:
        out = evaluate(expression, space, dict(zip(names, args, strict=True)))
        if isinstance(out, np.ndarray | np.generic):
            return np.sum(out * weights)
        assert out.shape == expected.shape and out.dtype == expected.dtype
        value = isograd.core.tensor.concrete(isograd.core.tensor.payload_of(out))
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)
        return space.sum(out * weights)

    args = tuple(point.values())
    grads = isograd.grad(loss, tuple(range(len(args))))(*args)
    rng = np.random.default_rng(2)
    steps = [rng.normal(size=a.shape) for a in args]
    h = 1e-6
    plain = [
        np.sum(
            np.asarray(
                evaluate(
                    expression,
                    np,
                    {n: a + s * d for n, a, d in zip(names, args, steps, strict=True)},
                )
            )
            * weights
        )
        for s in (h, -h)
    ]
    numeric = (plain[0] - plain[1]) / (2 * h)
    analytic = sum(np.sum(g * d) for g, d in zip(grads, steps, strict=True))
    np.testing.assert_allclose(analytic, numeric, rtol=2e-6, atol=1e-7)
