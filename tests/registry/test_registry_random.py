"""Random draws: program order, shapes, dtypes, moments, implicit derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from isograd.base.dtypes import bfloat16
from isograd.core.primitive import BOUND as F
from isograd.core.primitive import REGISTRY
from isograd.core.tensor import Tensor, apply, payload_of, wrap
from isograd.core.transforms import jvp, vjp, vmap
from isograd.testing.differences import array_of

from .exceptions import draws

N = 20_000
FREE: dict[str, dict[str, Any]] = {
    "random_normal": {},
    "random_uniform": {},
    "random_exponential": {},
}
# the operands of draws that have some, mean and variance of what is drawn
BOUND_DRAWS: dict[str, tuple[tuple[float, ...], float, float]] = {
    "random_poisson": ((3.0,), 3.0, 3.0),
    "random_binomial": ((10.0, 0.3), 3.0, 2.1),
    "random_gamma": ((2.5,), 2.5, 2.5),
    "random_von_mises": ((0.0, 4.0), 0.0, float(stats.vonmises(4.0).var())),
}
MOMENTS = {
    "random_normal": (0, 1),
    "random_uniform": (0.5, 1 / 12),
    "random_exponential": (1, 1),
}


def generator(seed: int = 5) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def draw(name: str, *args: Any, **params: Any) -> np.ndarray:
    operands = [np.asarray(a) for a in args]
    return array_of(apply(REGISTRY[name], Tensor, *operands, **params))


def test_every_draw_is_tested() -> None:
    others = {"random_multinomial", "random_where_low"}
    drawn = {p.name for p in REGISTRY.values() if draws(p)}
    assert drawn == set(FREE) | set(BOUND_DRAWS) | others


def test_numbers_are_drawn_where_there_is_need_alone() -> None:
    """As many as places that are not positive, in their order."""
    x = np.array([[1.0, -1.0, 0.0], [-2.0, 3.0, -0.0]])
    found = draw("random_where_low", x, generator=generator())
    expected = generator().random(4)
    np.testing.assert_array_equal(found[x <= 0], expected)
    np.testing.assert_array_equal(found[x > 0], 0)


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_free_draws_follow_the_generator(name: str, dtype: str) -> None:
    """One seed gives one sequence, in any precision about the same numbers' moments."""
    d = bfloat16() if dtype == "bfloat16" else np.dtype(dtype)
    one, two = generator(), generator()
    for _ in range(2):
        pair = [
            draw(name, shape=(2, 3), dtype=d, generator=g, **FREE[name])
            for g in (one, two)
        ]
        assert pair[0].shape == (2, 3) and pair[0].dtype == d
        np.testing.assert_array_equal(*pair)
    sample = draw(name, shape=(N,), dtype=d, generator=one, **FREE[name])
    check_moments(sample, *MOMENTS[name])
    if name == "random_uniform":
        assert sample.min() >= 0 and sample.max() < 1


def check_moments(sample: np.ndarray, mean: float, variance: float) -> None:
    """Within five standard errors, with room for the rounding of half precision."""
    wide = sample.astype(np.float64)
    assert abs(wide.mean() - mean) < 5 * np.sqrt(variance / N) + 0.005
    assert abs(wide.var() - variance) < 0.1 * variance


@pytest.mark.parametrize("name", BOUND_DRAWS)
def test_draws_with_operands(name: str) -> None:
    args, mean, variance = BOUND_DRAWS[name]
    full = [np.full((N,), a) for a in args]
    sample = draw(name, *full, generator=generator())
    check_moments(sample, mean, variance)
    again = draw(name, *full, generator=generator())
    np.testing.assert_array_equal(sample, again)
    aval = REGISTRY[name].abstract(*full, generator=None)
    assert (sample.shape, sample.dtype) == (aval.shape, aval.dtype)


def test_draws_with_operands_differ_over_a_batch() -> None:
    g = generator()
    out = vmap(lambda a: apply(REGISTRY["random_gamma"], Tensor, a, generator=g))(
        Tensor(np.full((3, 2), 2.0))
    )
    assert len(np.unique(array_of(out))) == 6


def test_multinomial_frequencies() -> None:
    p = np.array([[1.0, 2.0, 0.0, 1.0], [0.0, 0.0, 3.0, 1.0]])
    out = draw(
        "random_multinomial", p, count=N, replacement=True, generator=generator()
    )
    for row, weights in zip(out, p, strict=True):
        found = np.bincount(row, minlength=4) / N
        np.testing.assert_allclose(found, weights / weights.sum(), atol=0.02)


def test_multinomial_without_replacement_repeats_nothing() -> None:
    p = np.ones((50, 4))
    out = draw(
        "random_multinomial", p, count=3, replacement=False, generator=generator()
    )
    assert out.shape == (50, 3)
    assert all(len(set(row)) == 3 for row in out.tolist())


def gamma_of(a: Any) -> Any:
    return apply(REGISTRY["random_gamma"], Tensor, a, generator=generator())


def test_gamma_samples_are_differentiated_at_a_fixed_quantile() -> None:
    """The oracle: differences of the inverse distribution function."""
    a = np.array([0.3, 0.7, 1.0, 2.5, 9.0, 40.0, 300.0])
    x = array_of(gamma_of(Tensor(a)))
    u, h = special.gammainc(a, x), 1e-5 * a
    slope = (special.gammaincinv(a + h, u) - special.gammaincinv(a - h, u)) / (2 * h)
    pulled = vjp(gamma_of, Tensor(a))[1](Tensor(np.ones(7)))
    pushed = jvp(gamma_of, (Tensor(a),), (Tensor(np.ones(7)),))[1]
    for found in (pulled[0], pushed):
        np.testing.assert_allclose(array_of(found), slope, rtol=1e-5)


def test_bernoulli_and_dropout() -> None:
    kept = F.bernoulli(np.full(N, 0.3), generator=generator())
    check_moments(kept, 0.3, 0.21)
    x = np.ones((N,), np.float32)
    out = F.dropout(x, p=0.25, generator=generator())
    assert out.dtype == x.dtype
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.75)}
    check_moments(out, 1.0, 1 / 3)


def test_hard_gumbel_softmax_is_one_hot_with_a_soft_derivative() -> None:
    x, noise = np.random.default_rng(0).normal(size=(2, 3, 4))

    def sampled(hard: bool) -> Any:
        def fn(x: Tensor) -> Tensor:
            return wrap(
                Tensor,
                F.gumbel_softmax(payload_of(x), noise, tau=0.7, hard=hard, axis=1),
            )

        return vjp(fn, Tensor(x))

    hard, soft = sampled(True), sampled(False)
    np.testing.assert_allclose(np.sort(array_of(hard[0]), 1)[:, :3], 0, atol=1e-15)
    np.testing.assert_allclose(array_of(hard[0]).sum(1), 1)
    g = np.random.default_rng(1).normal(size=(3, 4))
    np.testing.assert_allclose(*(array_of(f[1](Tensor(g))[0]) for f in (hard, soft)))
