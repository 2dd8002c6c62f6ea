"""The text of PyTorch tensors; every expectation is output of PyTorch 2.13."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from isograd.torch import printing

FRACTIONS = """\
tensor([[  0.1000, -22.7500],
        [  3.0000,   4.0000]])"""

BOOLEANS = """\
tensor([[ True, False],
        [False,  True]])"""

INT32 = """\
tensor([[   1,   10],
        [ 100, 1000]], dtype=torch.int32)"""

COMPLEX128 = """\
tensor([[1.+2.j],
        [3.-4.j]], dtype=torch.complex128)"""

RANK_THREE = """\
tensor([[[0., 1.],
         [2., 3.]],

        [[4., 5.],
         [6., 7.]]])"""

RANK_FOUR = """\
tensor([[[[0, 1]]],


        [[[2, 3]]]])"""

LONG_VECTOR_WRAPS = """\
tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,
        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,
        4.5000, 4.7500, 5.0000, 5.2500, 5.5000, 5.7500, 6.0000, 6.2500, 6.5000,
        6.7500, 7.0000, 7.2500])"""

SUMMARY_OF_MATRIX = """\
tensor([[0.0000e+00, 1.2500e-01, 2.5000e-01,  ..., 1.2125e+01, 1.2250e+01,
         1.2375e+01],
        [1.2500e+01, 1.2625e+01, 1.2750e+01,  ..., 2.4625e+01, 2.4750e+01,
         2.4875e+01],
        [2.5000e+01, 2.5125e+01, 2.5250e+01,  ..., 3.7125e+01, 3.7250e+01,
         3.7375e+01],
        ...,
        [2.1250e+02, 2.1262e+02, 2.1275e+02,  ..., 2.2462e+02, 2.2475e+02,
         2.2488e+02],
        [2.2500e+02, 2.2512e+02, 2.2525e+02,  ..., 2.3712e+02, 2.3725e+02,
         2.3738e+02],
        [2.3750e+02, 2.3762e+02, 2.3775e+02,  ..., 2.4962e+02, 2.4975e+02,
         2.4988e+02]])"""

GRAD_FN_WRAPS = """\
tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,
        2.2500], grad_fn=<MulBackward0>)"""

DTYPE_AND_GRAD = """\
tensor([[1., 1.],
        [1., 1.]], dtype=torch.float64, requires_grad=True)"""

PARAMETER = """\
Parameter containing:
tensor([[1., 1.],
        [1., 1.]], requires_grad=True)"""

CASES = [
    pytest.param(np.float32(3.5), "float32", {}, "tensor(3.5000)", id="zero_rank"),
    pytest.param(np.float32(12), "float32", {}, "tensor(12.)", id="zero_rank_whole"),
    pytest.param(np.int64(-7), "int64", {}, "tensor(-7)", id="zero_rank_integer"),
    pytest.param(
        np.float32(1e-5), "float32", {}, "tensor(1.0000e-05)", id="zero_rank_small"
    ),
    pytest.param(np.float32(np.nan), "float32", {}, "tensor(nan)", id="zero_rank_nan"),
    pytest.param(
        np.array([1, 2, -3], np.float32),
        "float32",
        {},
        "tensor([ 1.,  2., -3.])",
        id="whole_floats",
    ),
    pytest.param(
        np.array([-0.0, 0.0], np.float32),
        "float32",
        {},
        "tensor([-0., 0.])",
        id="negative_zero",
    ),
    pytest.param(
        np.array([[0.1, -22.75], [3, 4]], np.float32),
        "float32",
        {},
        FRACTIONS,
        id="fractions",
    ),
    pytest.param(
        np.array([1, np.nan, np.inf, -np.inf], np.float32),
        "float32",
        {},
        "tensor([1., nan, inf, -inf])",
        id="whole_with_nan_and_inf",
    ),
    pytest.param(
        np.array([0.5, np.nan, -np.inf], np.float32),
        "float32",
        {},
        "tensor([0.5000,    nan,   -inf])",
        id="fraction_with_nan_and_inf",
    ),
    pytest.param(
        np.array([0.001, 2], np.float32),
        "float32",
        {},
        "tensor([1.0000e-03, 2.0000e+00])",
        id="scientific_by_ratio",
    ),
    pytest.param(
        np.array([1, 1000], np.float32),
        "float32",
        {},
        "tensor([   1., 1000.])",
        id="ratio_of_a_thousand_stays",
    ),
    pytest.param(
        np.array([2e8, 3e8], np.float32),
        "float32",
        {},
        "tensor([2.0000e+08, 3.0000e+08])",
        id="scientific_by_size",
    ),
    pytest.param(
        np.array([0.00005, 0.0], np.float32),
        "float32",
        {},
        "tensor([5.0000e-05, 0.0000e+00])",
        id="scientific_by_smallness",
    ),
    pytest.param(
        np.array([1.5, 0.3], ml_dtypes.bfloat16),
        "bfloat16",
        {},
        "tensor([1.5000, 0.3008], dtype=torch.bfloat16)",
        id="bfloat16",
    ),
    pytest.param(
        np.array([65504, 0.5], np.float16),
        "float16",
        {},
        "tensor([6.5504e+04, 5.0000e-01], dtype=torch.float16)",
        id="float16",
    ),
    pytest.param(
        np.array([0.1, 0.2], np.float64),
        "float64",
        {},
        "tensor([0.1000, 0.2000], dtype=torch.float64)",
        id="float64",
    ),
    pytest.param(
        np.array([[True, False], [False, True]]), "bool", {}, BOOLEANS, id="booleans"
    ),
    pytest.param(
        np.array([-100, 7], np.int64), "int64", {}, "tensor([-100,    7])", id="int64"
    ),
    pytest.param(
        np.array([[1, 10], [100, 1000]], np.int32), "int32", {}, INT32, id="int32"
    ),
    pytest.param(
        np.array([0, 255], np.uint8),
        "uint8",
        {},
        "tensor([  0, 255], dtype=torch.uint8)",
        id="uint8",
    ),
    pytest.param(
        np.array([0, 2**64 - 1], np.uint64),
        "uint64",
        {},
        "tensor([                   0, 18446744073709551615], dtype=torch.uint64)",
        id="uint64",
    ),
    pytest.param(
        np.array([1 + 2j, -0.5 - 3j], np.complex64),
        "complex64",
        {},
        "tensor([ 1.0000+2.j, -0.5000-3.j])",
        id="complex64",
    ),
    pytest.param(
        np.array([[1 + 2j], [3 - 4j]], np.complex128),
        "complex128",
        {},
        COMPLEX128,
        id="complex128",
    ),
    pytest.param(
        np.complex64(-1.25 + 0.5j),
        "complex64",
        {},
        "tensor(-1.2500+0.5000j)",
        id="complex_zero_rank",
    ),
    pytest.param(np.empty(0, np.float32), "float32", {}, "tensor([])", id="empty"),
    pytest.param(
        np.empty((0, 3), np.float32),
        "float32",
        {},
        "tensor([], size=(0, 3))",
        id="empty_matrix",
    ),
    pytest.param(
        np.empty(0, np.int64),
        "int64",
        {},
        "tensor([], dtype=torch.int64)",
        id="empty_integers",
    ),
    pytest.param(
        np.arange(8, dtype=np.float32).reshape(2, 2, 2),
        "float32",
        {},
        RANK_THREE,
        id="rank_three",
    ),
    pytest.param(
        np.arange(4, dtype=np.int64).reshape(2, 1, 1, 2),
        "int64",
        {},
        RANK_FOUR,
        id="rank_four",
    ),
    pytest.param(
        np.arange(30, dtype=np.float32) / 4,
        "float32",
        {},
        LONG_VECTOR_WRAPS,
        id="long_vector_wraps",
    ),
    pytest.param(
        np.arange(1001, dtype=np.int64),
        "int64",
        {},
        "tensor([   0,    1,    2,  ...,  998,  999, 1000])",
        id="summary",
    ),
    pytest.param(
        np.arange(2000, dtype=np.float32).reshape(20, 100) / 8,
        "float32",
        {},
        SUMMARY_OF_MATRIX,
        id="summary_of_matrix",
    ),
    pytest.param(
        np.ones(2, np.float32),
        "float32",
        {"requires_grad": True},
        "tensor([1., 1.], requires_grad=True)",
        id="requires_grad",
    ),
    pytest.param(
        np.ones(2, np.float32),
        "float32",
        {"grad_fn": "MulBackward0"},
        "tensor([1., 1.], grad_fn=<MulBackward0>)",
        id="grad_fn",
    ),
    pytest.param(
        np.arange(10, dtype=np.float32) / 4,
        "float32",
        {"grad_fn": "MulBackward0"},
        GRAD_FN_WRAPS,
        id="grad_fn_wraps",
    ),
    pytest.param(
        np.ones((2, 2), np.float64),
        "float64",
        {"requires_grad": True},
        DTYPE_AND_GRAD,
        id="dtype_and_grad",
    ),
    pytest.param(
        np.ones((2, 2), np.float32),
        "float32",
        {"requires_grad": True, "is_parameter": True},
        PARAMETER,
        id="parameter",
    ),
]


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    printing.set_printoptions(profile="default")


def _text(array: np.ndarray, dtype: str = "float32", **facts: Any) -> str:
    array = np.asarray(array)
    return printing.tensor_text(array, dtype_name=f"torch.{dtype}", **facts)


@pytest.mark.parametrize(("array", "dtype", "facts", "expected"), CASES)
def test_text(
    array: np.ndarray, dtype: str, facts: dict[str, Any], expected: str
) -> None:
    assert _text(array, dtype, **facts) == expected


def test_default_dtype_is_an_argument() -> None:
    one = np.ones(1, np.float64)
    name = "torch.float64"
    assert _text(one, "float64", default_dtype_name=name) == "tensor([1.])"
    same = np.ones(1, np.complex128)
    assert _text(same, "complex128", default_dtype_name=name) == "tensor([1.+0.j])"
    single = np.ones(1, np.float32)
    expected = "tensor([1.], dtype=torch.float32)"
    assert _text(single, default_dtype_name=name) == expected


def test_precision() -> None:
    printing.set_printoptions(precision=2)
    assert _text(np.array([1.12345], np.float32)) == "tensor([1.12])"


def test_threshold_and_edge_items() -> None:
    printing.set_printoptions(threshold=5)
    numbers = np.arange(10)
    assert _text(numbers, "int64") == "tensor([0, 1, 2,  ..., 7, 8, 9])"
    printing.set_printoptions(edgeitems=1)
    assert _text(numbers, "int64") == "tensor([0,  ..., 9])"
    printing.set_printoptions(profile="default")
    assert _text(numbers, "int64") == "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])"


def test_sci_mode_lasts_until_the_next_call() -> None:
    printing.set_printoptions(sci_mode=True)
    one = np.array([1.5], np.float32)
    assert _text(one) == "tensor([1.5000e+00])"
    printing.set_printoptions(precision=4)
    assert _text(one) == "tensor([1.5000])"


def test_options_in_a_block() -> None:
    with printing.printoptions(precision=1, linewidth=20):
        text = _text(np.arange(6, dtype=np.float32) + 0.5)
    assert text == "tensor([0.5, 1.5,\n        2.5, 3.5,\n        4.5, 5.5])"
    assert printing.get_printoptions() == {
        "precision": 4,
        "threshold": 1000,
        "edgeitems": 3,
        "linewidth": 80,
        "sci_mode": None,
    }


def test_contents_and_type_name() -> None:
    array = np.ones(2, np.float32)
    text = _text(array, contents="...", type_name="Angle", requires_grad=True)
    assert text == "Angle(..., requires_grad=True)"


def test_wrappers() -> None:
    inner = printing.wrapper_text("BatchedTensor", 1, "tensor(1.)", bdim=0)
    assert inner == "BatchedTensor(lvl=1, bdim=0, value=\n    tensor(1.)\n)"
    outer = printing.wrapper_text("GradTrackingTensor", 2, inner)
    assert outer == (
        "GradTrackingTensor(lvl=2, value=\n"
        "    BatchedTensor(lvl=1, bdim=0, value=\n"
        "        tensor(1.)\n"
        "    )\n"
        ")"
    )
