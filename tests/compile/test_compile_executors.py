"""The executors and eager execution agree: dtypes, layouts, shapes, random programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isograd.base.dtypes import bfloat16
from isograd.compile.executor import executable
from isograd.compile.pipeline import optimise
from isograd.compile.program import Const, Equation, Program, Var
from isograd.compile.verify import InvalidProgram, verify
from isograd.core.primitive import REGISTRY, Aval, aval_of

from .helpers import one_equation, run

pytest.importorskip("llvmlite")

DTYPES = [
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "complex64",
    "complex128",
    "int8",
    "int32",
    "int64",
    "uint8",
    "uint32",
    "bool",
    ">f4",
]


def dtype_of(name: str) -> np.dtype:
    return bfloat16() if name == "bfloat16" else np.dtype(name)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 0), (2, 3), (40, 1000)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_arithmetic_of_all_dtypes(dtype: str, shape: Any) -> None:
    d = dtype_of(dtype)
    rng = np.random.default_rng(0)
    x, y = (rng.integers(1, 5, shape).astype(d) for _ in range(2))
    names = ["add", "mul", "eq", "lt"] if d.kind != "c" else ["add", "mul", "eq"]
    for name in names + (["sub", "neg", "div"] if d.kind in "fVc" else []):
        args = (x,) if name == "neg" else (x, y)
        found, expected = (run(name, *args, executor=e) for e in ("native", "numpy"))
        assert found.dtype == expected.dtype and found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_half_survives_and_rounds_to_even(dtype: str) -> None:
    d = dtype_of(dtype)
    x = np.arange(1 << 16, dtype=np.uint16).view(d)
    same = run("mul", x, np.ones((), d))
    np.testing.assert_array_equal(
        same.view(np.uint16)[~np.isnan(x)], x.view(np.uint16)[~np.isnan(x)]
    )
    assert np.isnan(same[np.isnan(x)]).all()
    wide = np.random.default_rng(0).integers(0, 1 << 32, 500_000, dtype=np.uint64)
    wide = wide.astype(np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        expected = wide.astype(d)
    found = run("convert_from", wide, dtype=d, source=wide.dtype)
    np.testing.assert_array_equal(found.astype(np.float32), expected.astype(np.float32))


LAYOUTS = {
    "transposed": lambda x: x.T,
    "steps": lambda x: x[::2, ::3],
    "backwards": lambda x: x[::-1, ::-1],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "column": lambda x: x[:, :1],
    "unaligned": lambda x: (
        np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    ),
    "read only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "swapped": lambda x: x.astype(">f8"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_operands(name: str) -> None:
    import isograd

    x = np.random.default_rng(0).normal(size=(20, 30))
    a = LAYOUTS[name](x)
    fn = isograd.value_and_grad(lambda a: (np.exp(a) * a).sum())
    value, grad = isograd.compile(fn)(a)
    np.testing.assert_allclose(value, (np.exp(a) * a).sum())
    np.testing.assert_allclose(grad, np.exp(a) * (a + 1))


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", ["sum", "max", "min", "prod", "any", "all"])
def test_reductions(name: str, axes: Any) -> None:
    if name not in REGISTRY:
        pytest.skip(f"no primitive {name}")
    rng = np.random.default_rng(0)
    kinds = ["bool"] if name in ("any", "all") else ["float32", "float64", "int64"]
    for shape in ((3, 4, 5), (40, 30, 50), (1, 4000, 1), (2, 1, 30000)):
        for kind in kinds:
            x = (rng.normal(size=shape) * 3).astype(kind)
            if name == "prod" and kind != "int64":
                x = np.exp(x / 1000).astype(kind)
            found, expected = (
                run(name, x, executor=e, axes=axes) for e in ("native", "numpy")
            )
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-3)


def test_extrema_and_sums_of_nan_and_signed_zero() -> None:
    x = np.array([[1, np.nan], [-0.0, -0.0], [-np.inf, np.inf]])
    for name in ("max", "sum"):
        found = run(name, x, axes=(1,))
        np.testing.assert_array_equal(found, run(name, x, executor="numpy", axes=(1,)))
    assert np.signbit(run("sum", x, axes=(1,))[1])


# --- random programs ------------------------------------------------------------------

UNARY = ["neg", "exp", "tanh", "square", "sin", "abs", "sigmoid"]
BINARY = ["add", "sub", "mul", "maximum", "atan2"]
SHAPES = [(), (1,), (5,), (4, 1), (4, 5), (3, 4, 5), (3, 1, 5), (2, 0)]


def equation(name: str, inputs: list[Any], **params: Any) -> Equation:
    p = REGISTRY[name]
    return Equation(
        p,
        tuple(inputs),
        params,
        (Var(p.abstract(*(a.aval for a in inputs), **params)),),
    )


@st.composite
def programs(draw: Any) -> tuple[Program, list[np.ndarray]]:
    dtype = np.dtype(draw(st.sampled_from(["float32", "float64"])))
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    arrays = [rng.uniform(-1, 1, s).astype(dtype) for s in shapes]
    inputs = [Var(aval_of(a)) for a in arrays]
    values: list[Any] = [*inputs, Const(np.array(0.5, dtype))]
    equations = []
    for _ in range(draw(st.integers(1, 12))):
        e = draw_equation(draw, values)
        if e is not None:
            equations.append(e)
            values.append(e.output)
    made = [e.output for e in equations] or inputs
    outputs = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3))
    return Program(inputs, equations, outputs), arrays


def draw_equation(draw: Any, values: list[Any]) -> Equation | None:
    x = draw(st.sampled_from(values))
    kind = draw(st.sampled_from(["unary", "binary", "binary", "shape", "sum", "where"]))
    rank = len(x.shape)
    if kind == "unary":
        return equation(draw(st.sampled_from(UNARY)), [x])
    if kind in ("binary", "where"):
        y = draw(st.sampled_from(values))
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            return None
        return equation(draw(st.sampled_from(BINARY)), [x, y])
    if rank == 0:
        return None
    if kind == "sum":
        axes = draw(st.sets(st.integers(0, rank - 1), min_size=1))
        return equation("sum", [x], axes=tuple(sorted(axes)))
    return draw_movement(draw, x, rank)


def draw_movement(draw: Any, x: Any, rank: int) -> Equation:
    kind = draw(
        st.sampled_from(
            ["transpose", "reshape", "slice", "unslice", "broadcast", "cat"]
        )
    )
    size = int(np.prod(x.shape))
    if kind == "transpose":
        order = draw(st.permutations(range(rank)))
        return equation("transpose", [x], axes=tuple(order))
    if kind == "reshape":
        return equation(
            "reshape",
            [x],
            shape=draw(st.sampled_from([(size,), (size, 1), (1, size), x.shape[::-1]])),
        )
    if kind == "broadcast":
        return equation("broadcast_in", [x], shape=(2, *x.shape))
    if kind == "cat":
        return equation("concatenate", [x, x], axis=draw(st.integers(0, rank - 1)))
    if kind == "unslice":
        index = tuple((1, n + 1, 1) for n in x.shape)
        return equation(
            "unslice", [x], index=index, shape=tuple(n + 2 for n in x.shape)
        )
    index = tuple(
        draw(
            st.sampled_from([(0, n, 1), (n - 1, -1, -1), (0, n, 2), (min(1, n), n, 1)])
        )
        for n in x.shape
    )
    return equation("slice", [x], index=index)


@settings(max_examples=120, deadline=None)
@given(programs())
def test_random_programs_agree(case: tuple[Program, list[np.ndarray]]) -> None:
    program, arrays = case
    verify(program, "drawing")
    expected = executable(program, "numpy").run(arrays)
    single = program.inputs[0].dtype == np.float32
    for p in (program, optimise(program)):
        for found, e in zip(executable(p, "native").run(arrays), expected, strict=True):
            assert found.shape == e.shape and found.dtype == e.dtype
            np.testing.assert_allclose(
                found, e, rtol=1e-4 if single else 1e-9, atol=1e-4 if single else 1e-9
            )


# --- the verifier ---------------------------------------------------------------------


def test_the_verifier_names_what_is_broken() -> None:
    good = one_equation("exp", np.ones(3))
    (e,) = good.equations
    verify(good, "nothing")
    with pytest.raises(InvalidProgram, match="used before"):
        verify(Program([], [e], [e.output]), "a pass")
    with pytest.raises(InvalidProgram, match="assigned twice"):
        verify(Program(good.inputs, [e, e], [e.output]), "a pass")
    with pytest.raises(InvalidProgram, match="undefined"):
        verify(Program(good.inputs, [], [e.output]), "a pass")
    wrong = Equation(e.prim, e.inputs, {}, (Var(Aval((4,), np.dtype("f8"))),))
    with pytest.raises(InvalidProgram, match="should give"):
        verify(Program(good.inputs, [wrong], [wrong.output]), "a pass")
