"""Our text of a tensor against PyTorch's own, over arrays of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isograd.torch import printing

torch = pytest.importorskip("torch")

FLOATS = ["float16", "bfloat16", "float32", "float64"]
WHOLE = ["bool", "int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
COMPLEX = ["complex64", "complex128"]
SHAPES: list[tuple[int, ...]] = [
    (),
    (1,),
    (5,),
    (37,),
    (2, 3),
    (4, 25),
    (3, 1, 4),
    (2, 2, 2, 2),
    (1, 1, 1, 1, 3),
    (0,),
    (0, 3),
    (2, 0, 4),
    (1001,),
    (1000,),
    (50, 50),
    (1, 2000),
    (2000, 1),
    (6, 7, 30),
    (7, 2, 3, 40),
]
SPECIAL = [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 0.5, 1e-4, 1e8, 1e3]


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    _set_both(profile="default")
    yield
    _set_both(profile="default")


def _set_both(**options: Any) -> None:
    torch.set_printoptions(**options)
    printing.set_printoptions(**options)


def _values(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """Numbers of one of several kinds, from whole ones to ones far apart."""
    size = int(np.prod(shape))
    if dtype == "bool":
        return rng.integers(0, 2, size).astype(bool).reshape(shape)
    if dtype in WHOLE + UNSIGNED:
        info = np.iinfo(dtype)
        reach = int(rng.choice([3, 100, info.max]))
        low = max(info.min, -reach) if info.min else 0
        high = min(reach, info.max - 1)
        return rng.integers(low, high, size, dtype=dtype).reshape(shape)
    kind = rng.integers(0, 5)
    if kind == 0:
        flat = rng.integers(-50, 50, size).astype(float)
    elif kind == 1:
        flat = rng.standard_normal(size) * 10.0 ** rng.integers(-6, 10)
    elif kind == 2:
        flat = rng.standard_normal(size) * 10.0 ** rng.uniform(-3, 3, size)
    elif kind == 3:
        flat = rng.choice(SPECIAL, size)
    else:
        flat = rng.integers(-50, 50, size).astype(float) * 10.0 ** rng.integers(0, 9)
    if kind < 3 and size and rng.random() < 0.3:
        flat[rng.integers(0, size, 1 + size // 8)] = rng.choice(SPECIAL)
    return flat.reshape(shape)


def _tensor(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    values = _values(rng, shape, dtype)
    if dtype in COMPLEX:
        parts = np.empty(shape, np.complex128)
        parts.real, parts.imag = values, _values(rng, shape, "float64")
        values = parts
    if dtype in FLOATS + COMPLEX:
        return torch.from_numpy(np.asarray(values)).to(getattr(torch, dtype))
    return torch.from_numpy(np.asarray(values))


def _array(tensor: Any) -> np.ndarray:
    tensor = tensor.detach()
    if tensor.dtype != torch.bfloat16:
        return tensor.numpy()
    ml_dtypes = pytest.importorskip("ml_dtypes")
    return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)


def _ours(tensor: Any, **facts: Any) -> str:
    grad_fn = tensor.grad_fn
    return printing.tensor_text(
        _array(tensor),
        dtype_name=str(tensor.dtype),
        default_dtype_name=str(torch.get_default_dtype()),
        requires_grad=tensor.requires_grad,
        grad_fn=None if grad_fn is None else type(grad_fn).__name__,
        **facts,
    )


def _agree(tensor: Any, **facts: Any) -> None:
    assert _ours(tensor, **facts) == repr(tensor)


@pytest.mark.parametrize("dtype", FLOATS + WHOLE + UNSIGNED + COMPLEX)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_and_dtypes(shape: tuple[int, ...], dtype: str) -> None:
    seed = sum(dtype.encode()) + len(shape) * 1000 + int(np.prod(shape))
    rng = np.random.default_rng(seed)
    for _ in range(2 if np.prod(shape) > 400 else 10):
        _agree(_tensor(rng, shape, dtype))


@settings(max_examples=400, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    shape=st.lists(st.integers(0, 9), max_size=4).map(tuple),
    dtype=st.sampled_from(FLOATS + WHOLE + UNSIGNED + COMPLEX),
)
def test_random_arrays(seed: int, shape: tuple[int, ...], dtype: str) -> None:
    _agree(_tensor(np.random.default_rng(seed), shape, dtype))


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(st.floats(width=32), max_size=12),
    dtype=st.sampled_from(FLOATS),
)
def test_any_floats(values: list[float], dtype: str) -> None:
    _agree(torch.tensor(values, dtype=torch.float64).to(getattr(torch, dtype)))


@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.complex_numbers(), max_size=8))
def test_any_complex_numbers(values: list[complex]) -> None:
    _agree(torch.tensor(values, dtype=torch.complex128))


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    shape=st.lists(st.integers(0, 14), max_size=4).map(tuple),
    dtype=st.sampled_from(["float32", "float64", "int64", "bool", "complex64"]),
    precision=st.integers(0, 8),
    threshold=st.sampled_from([0, 5, 50, 1000, float("inf")]),
    edgeitems=st.integers(0, 4),
    linewidth=st.integers(10, 140),
    sci_mode=st.sampled_from([None, True, False]),
    graph=st.booleans(),
)
def test_print_options(
    seed: int,
    shape: tuple[int, ...],
    dtype: str,
    graph: bool,
    **options: Any,
) -> None:
    tensor = _tensor(np.random.default_rng(seed), shape, dtype)
    if graph and (tensor.is_floating_point() or tensor.is_complex()):
        tensor.requires_grad_()
        tensor = tensor * 2 if seed % 2 else tensor
    _set_both(**options)
    try:
        _agree(tensor)
    finally:
        _set_both(profile="default")


@pytest.mark.parametrize("length", range(1, 45))
def test_suffixes_wrap_where_pytorch_wraps_them(length: int) -> None:
    for dtype in (torch.float32, torch.float64, torch.float16):
        leaf = torch.arange(length, dtype=dtype).requires_grad_()
        _agree(leaf)
        _agree(leaf * 1)
        _agree(leaf.exp().clamp(max=1.5))
        _agree(torch.nn.Parameter(leaf.detach()), is_parameter=True)


@pytest.mark.parametrize("default", ["float16", "bfloat16", "float32", "float64"])
def test_default_dtype_is_not_shown(default: str) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, default))
    try:
        for dtype in FLOATS + COMPLEX + ["int64", "int32", "bool"]:
            _agree(torch.ones(3, dtype=getattr(torch, dtype)))
            _agree(torch.ones(0, dtype=getattr(torch, dtype)))
    finally:
        torch.set_default_dtype(before)


def test_options_follow_the_same_calls() -> None:
    calls: list[dict[str, Any]] = [
        {"precision": 2},
        {"profile": "short"},
        {"profile": "full", "edgeitems": 1},
        {"sci_mode": True},
        {"linewidth": 120},
        {"profile": "no such profile"},
        {"profile": "default", "threshold": 7},
    ]
    for options in calls:
        _set_both(**options)
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()


def test_subclasses_and_parameters() -> None:
    class Angle(torch.Tensor):
        pass

    class Weight(torch.nn.Parameter):
        pass

    _agree(torch.rand(40).as_subclass(Angle), type_name="Angle")
    _agree(Weight(torch.rand(3)), type_name="Weight", is_parameter=True)


def test_wrapped_tensors() -> None:
    seen: list[tuple[str, str]] = []

    def record(x: Any) -> Any:
        seen.append((repr(x), printing.tensor_text(inner, dtype_name="torch.float32")))
        return x.sum()

    inner = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    torch.func.vmap(record)(torch.from_numpy(inner))
    torch.func.grad(record)(torch.from_numpy(inner))
    (batched, text), (tracked, _) = seen
    assert batched == printing.wrapper_text("BatchedTensor", 1, text, bdim=0)
    assert tracked == printing.wrapper_text("GradTrackingTensor", 1, text)


def test_dual_tensors() -> None:
    forward = torch.autograd.forward_ad
    with forward.dual_level():
        dual = forward.make_dual(torch.ones(2), torch.zeros(2))
        assert repr(dual) == _ours(dual, tangent=repr(torch.zeros(2)))
