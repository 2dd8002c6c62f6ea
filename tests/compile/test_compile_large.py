"""Large eager arrays: kernels and staged rules give what NumPy's functions give."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import isograd.ops  # noqa: F401 (fills the registry)
import isograd.torch as torch
from isograd.base import config
from isograd.compile.recycle import KEPT, Recycler
from isograd.core.large import LARGE
from isograd.core.primitive import BOUND, REGISTRY

pytest.importorskip("llvmlite")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 400)).astype(np.float32)
Y = RNG.uniform(0.5, 2, size=(300, 400)).astype(np.float32)
assert X.size > LARGE


def same_layout(a: np.ndarray, b: np.ndarray) -> None:
    assert a.dtype == b.dtype and a.shape == b.shape
    assert a.strides == b.strides
    np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6)


LAYOUTS: dict[str, Any] = {
    "plain": lambda a: a,
    "transposed": lambda a: a.T,
    "steps": lambda a: a[:, ::2],
    "backwards": lambda a: a[::-1, ::-1],
    "three axes": lambda a: a.reshape(30, 10, 400).transpose(2, 0, 1),
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
    "double": lambda a: a.astype(np.float64),
    "half": lambda a: a.astype(np.float16),
    "unaligned": lambda a: (
        np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["add", "mul", "exp", "tanh", "erf", "sqrt", "pow"])
def test_elementwise_kernels(name: str, layout: str) -> None:
    prim = REGISTRY[name]
    args = [LAYOUTS[layout](Y)] + [LAYOUTS[layout](X)] * (prim.arity == 2)
    found, expected = prim.kernel(*args), prim.impl(*args)
    if layout == "half":
        np.testing.assert_allclose(found, expected, rtol=2e-3)
    else:
        same_layout(found, expected)


def test_mixed_layouts_and_scalars() -> None:
    add = REGISTRY["add"]
    for x, y in (
        (X, Y.T.copy().T),
        (X, Y[:1]),
        (X[:, :1], Y),
        (X, np.array(2, "f4")),
        (np.array(2, "f4"), Y.T),
        (X[0], Y),
    ):
        same_layout(add.kernel(x, y), add.impl(x, y))


def test_errors_are_those_of_numpy() -> None:
    for args in ((X, Y[:, :7]), (X, Y.astype("f8")[:1])):
        try:
            expected: Any = REGISTRY["add"].impl(*args)
        except ValueError as error:
            with pytest.raises(ValueError, match="broadcast"):
                REGISTRY["add"].kernel(*args)
            assert "broadcast" in str(error)
        else:
            same_layout(REGISTRY["add"].kernel(*args), expected)


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("name", ["sum", "max"])
def test_reductions(name: str, axes: Any) -> None:
    for x in (X, X.T, X[::2], X.astype("f8")):
        found = REGISTRY[name].kernel(x, axes=axes)
        expected = REGISTRY[name].impl(x.astype("f8"), axes=axes)
        assert found.dtype == x.dtype and found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_cumulative_sums(dtype: str, axis: int, reverse: bool) -> None:
    for shape in ((33, 37, 41), (1, 50000, 1), (40000, 1, 2)):
        x = (RNG.normal(size=shape) * 4).astype(dtype)
        found = REGISTRY["cumsum"].kernel(x, axis=axis, reverse=reverse)
        wide = x if dtype == "i8" else x.astype("f8")
        expected = REGISTRY["cumsum"].impl(wide, axis=axis, reverse=reverse)
        assert found.dtype == x.dtype
        np.testing.assert_allclose(found, expected.astype(dtype), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_access_along_an_axis(axis: int) -> None:
    x = RNG.normal(size=(30, 31, 37)).astype("f4")
    shape = list(x.shape)
    shape[axis] = 50
    idx = RNG.integers(-x.shape[axis], x.shape[axis], shape)
    take, add = REGISTRY["take_along"], REGISTRY["add_along"]
    np.testing.assert_array_equal(
        take.kernel(x, idx, axis=axis), take.impl(x, idx, axis=axis)
    )
    g = RNG.normal(size=shape).astype("f4")
    np.testing.assert_allclose(
        add.kernel(g, idx, axis=axis, shape=x.shape),
        add.impl(g.astype("f8"), idx, axis=axis, shape=x.shape),
        rtol=1e-5,
        atol=1e-4,
    )


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("count", [1, 2])
def test_gather_and_scatter_add(axis: int, count: int) -> None:
    x = RNG.normal(size=(40, 30, 40)).astype("f4")
    idx = tuple(
        RNG.integers(-n, n, (50, 3)[: 3 - k] if k else (50, 1))
        for k, n in enumerate(x.shape[axis : axis + count])
    )
    gather, scatter = REGISTRY["gather"], REGISTRY["scatter_add"]
    out = gather.impl(x, *idx, axis=axis)
    np.testing.assert_array_equal(gather.kernel(x, *idx, axis=axis), out)
    g = RNG.normal(size=out.shape).astype("f4")
    np.testing.assert_allclose(
        scatter.kernel(g, *idx, axis=axis, shape=x.shape),
        scatter.impl(g.astype("f8"), *idx, axis=axis, shape=x.shape),
        rtol=1e-5,
        atol=1e-4,
    )


def test_indices_out_of_range_raise_as_small_ones_do() -> None:
    for bad in (300, -301):
        for fn in (REGISTRY["gather"].kernel, REGISTRY["gather"].impl):
            with pytest.raises(Exception, match=str(bad)):
                fn(X, np.array([0, bad]))


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable_with_nan_last(descending: bool) -> None:
    x = np.round(RNG.normal(size=(70, 900)), 1).astype("f4")
    x[:, ::17], x[:, 3::19], x[:, 5::23] = np.nan, -0.0, -np.inf
    values, order = REGISTRY["sort"].impl(x, axis=1, descending=descending)
    rows = x.astype("f8")
    small = [
        REGISTRY["sort"].impl(r[None], axis=1, descending=descending) for r in rows
    ]
    np.testing.assert_array_equal(values, np.concatenate([v for v, _ in small]))
    np.testing.assert_array_equal(order, np.concatenate([o for _, o in small]))


RULES: dict[str, Any] = {
    "add": lambda x, y: x + y,
    "broadcast": lambda x, y: x * y[:1] + y[:, :1],
    "tanh": lambda x, y: torch.tanh(x * y),
    "where": lambda x, y: torch.where(x > y, x, y),
    "amax": lambda x, y: (x * y).amax(1),
    "pow": lambda x, y: y**x,
    "cumsum": lambda x, y: (x * y).cumsum(1),
    "transpose": lambda x, y: x.t().contiguous() * y.t(),
    "cat": lambda x, y: torch.cat([x, y], 1) * 2,
    "slice": lambda x, y: x[:, 1:-1] * y[:, 1:-1],
    "sort": lambda x, y: x.sort(1)[0],
    "gather": lambda x, y: x[torch.arange(299, -1, -1)] * y,
    "softmax": lambda x, y: torch.softmax(x, 1) * y,
    "in place": lambda x, y: (x * 1).mul_(y).add_(x),
}


def gradients(name: str) -> list[np.ndarray]:
    x = torch.tensor(X, requires_grad=True)
    y = torch.tensor(Y, requires_grad=True)
    out = RULES[name](x, y)
    g = torch.tensor(np.cos(np.arange(out.numel(), dtype="f4")).reshape(out.shape))
    grads = torch.autograd.grad(out, (x, y), g, allow_unused=True)
    return [t.detach().numpy() for t in (out, *grads) if t is not None]


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gradients(name)
    for prim in REGISTRY.values():  # what an installation without kernels computes
        monkeypatch.setattr(prim, "kernel", prim.impl)
        monkeypatch.setattr(
            prim,
            "large_vjp",
            lambda F, *args, prim=prim, **params: prim.vjp(BOUND, *args, **params),
        )
    for a, b in zip(found, gradients(name), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_results_live_on_while_memory_is_recycled() -> None:
    ones = np.ones_like(X)
    held = [BOUND.add(X, np.full_like(X, k)) for k in range(10)]
    BOUND.add(X, ones)
    for k, h in enumerate(held):
        np.testing.assert_array_equal(h, X + np.float32(k))


def test_arrays_that_are_held_for_good_do_not_end_recycling() -> None:
    arrays = Recycler((1 << 16,), np.dtype(np.float32))
    held = [arrays.take() for _ in range(2 * KEPT)]
    last = arrays.take()
    assert any(a is last for a in arrays.arrays) and len(arrays.arrays) == KEPT
    assert not any(a is last for a in held)


def test_versions_start_anew_with_recycled_memory() -> None:
    x = torch.tensor(X, requires_grad=True)
    for _ in range(6):
        y = x * 2
        assert y._version == 0
        y.add_(1)
        assert y._version == 1
        del y


def test_threads() -> None:
    errors: list[BaseException] = []

    def work(k: int) -> None:
        try:
            x = X + np.float32(k)
            for _ in range(20):
                np.testing.assert_allclose(
                    BOUND.sum(BOUND.mul(x, x), axes=(0, 1)),
                    (x.astype("f8") ** 2).sum(),
                    rtol=1e-5,
                )
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[0]


def test_kernels_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from isograd.compile.slots import kernel_of, rule_of

    monkeypatch.setattr(config, "kernels", False)
    exp = REGISTRY["exp"]
    assert kernel_of(exp) is exp.impl
    assert type(rule_of(exp)).__name__ == "function"


def test_without_llvm_everything_is_computed_by_numpy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where llvmlite cannot be imported, or its compiler does not start."""
    import isograd
    from isograd.compile import executor
    from isograd.compile.lean import build

    def broken() -> None:
        raise OSError("no such processor")

    module = __import__("sys").modules["isograd.compile.lean.build"]
    assert build is not module
    monkeypatch.setattr(module, "engine", broken)
    executor.native_class.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match="no such processor"):
            f = isograd.compile(lambda x: x * 2 + 1)
            np.testing.assert_array_equal(f(X), X * 2 + 1)
        assert isograd.compile._kernel(REGISTRY["exp"]) is REGISTRY["exp"].impl
    finally:
        executor.native_class.cache_clear()


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("softmax", {"axis": 1}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {"axis": 1}),
    ("standardize", {"axes": (1,), "eps": 1e-2}),
    ("standardize", {"axes": (0,), "eps": 1e-2}),
    ("mean", {"axes": (0, 1)}),
    ("mean", {"axes": (0,)}),
    ("sum", {"axes": (0,)}),
    ("logsumexp", {"axes": (1,)}),
    ("mean_square", {"axes": (0, 1)}),
    *[(n, {"axes": a, "correction": 1}) for n in ("var", "std") for a in ((0,), (1,))],
    *[("norm", {"axes": (1,), "ord": p, "safe": True}) for p in (1, 2, np.inf)],
]


@pytest.mark.parametrize("values", ["plain", "half", "infinite", "nan"])
@pytest.mark.parametrize("shape", [(300, 400), (40000, 3), (3, 40000)])
@pytest.mark.parametrize("case", range(len(STEPS)), ids=[n for n, _ in STEPS])
def test_kernels_of_steps(case: int, shape: tuple[int, int], values: str) -> None:
    """What is fused from steps is as exact as the array function, in double precision."""
    name, params = STEPS[case]
    x = (np.random.default_rng(1).normal(size=shape) + 3).astype(np.float32)
    if values == "half":
        x = x.astype(np.float16)
    if values == "infinite":
        x[0, 0], x[1] = np.inf, -np.inf
    if values == "nan":
        x[0, 0] = np.nan
    prim = REGISTRY[name]
    with np.errstate(all="ignore"):
        found, plain = prim.kernel(x, **params), prim.impl(x, **params)
        exact = prim.impl(x.astype(np.float64), **params).astype(plain.dtype)
    assert found.dtype == plain.dtype and found.shape == plain.shape
    np.testing.assert_array_equal(np.isnan(found), np.isnan(plain))
    tolerance = 2e-3 if values == "half" else 4e-6
    np.testing.assert_allclose(found, exact, rtol=tolerance, atol=tolerance)


def test_rules_of_reductions_are_fused_for_large_operands() -> None:
    x = torch.tensor(X, requires_grad=True)
    for fn in (
        lambda x: x.amax(1).sum(),
        lambda x: x.std(),
        lambda x: x.norm(),
        lambda x: x[:, :4].prod(1).sum(),
        lambda x: torch.nn.functional.cross_entropy(x, torch.arange(300)),
        lambda x: torch.nn.functional.layer_norm(x, (400,)).square().mean(),
        lambda x: torch.nn.functional.batch_norm(x, None, None, training=True).mean(),
    ):
        (found,) = torch.autograd.grad(fn(x), x)
        y = torch.tensor(X.astype("f8"), requires_grad=True)
        (exact,) = torch.autograd.grad(fn(y), y)
        np.testing.assert_allclose(found.numpy(), exact.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_running_products(axis: int, reverse: bool, dtype: str) -> None:
    x = np.random.default_rng(2).uniform(0.9, 1.1, (300, 400)).astype(dtype)
    prim = REGISTRY["cumprod"]
    found = prim.kernel(x, axis=axis, reverse=reverse)
    assert found.dtype == dtype
    np.testing.assert_allclose(
        found, prim.impl(x, axis=axis, reverse=reverse), rtol=2e-7
    )
