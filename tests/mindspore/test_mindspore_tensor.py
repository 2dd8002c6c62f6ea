"""Tensor: construction, dtypes, printing, views, writes, and both dialects on a tape.

Expectations are MindSpore's recorded answers (see `test_mindspore_probe.py`), its
documented forms, or NumPy's.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import ops


def test_construction_and_default_dtypes() -> None:
    assert ms.Tensor(3).dtype == ms.int64
    assert ms.Tensor(3.0).dtype == ms.float32
    assert ms.Tensor([1.5]).dtype == ms.float32
    assert ms.Tensor(np.array([1.5])).dtype == ms.float64
    assert ms.Tensor([True]).dtype == ms.bool_
    assert ms.Tensor([1, 2], ms.float16).dtype == ms.float16
    assert ms.Tensor([ms.Tensor(1.0), ms.Tensor(2.0)]).shape == (2,)
    filled = ms.Tensor(shape=(2, 3), dtype=ms.float32, init=lambda a: a.fill(2))
    assert filled.sum() == 12


def test_arrays_are_copied_unless_shared_on_purpose() -> None:
    a = np.zeros(2, np.float32)
    copied, shared = ms.Tensor(a), ms.Tensor.from_numpy(a)
    a[0] = 5
    assert copied.asnumpy()[0] == 0 and shared.asnumpy()[0] == 5
    copied.asnumpy()[1] = 3
    assert float(copied[1]) == 3


@pytest.mark.parametrize("data", [[[1.0, 2.0], [3.0]], "text", object()])
def test_data_that_is_not_numeric(data: object) -> None:
    with pytest.raises(TypeError, match=r"unsupported element|should be one of"):
        ms.Tensor(data)


def test_dtype_objects() -> None:
    from isograd.mindspore import dtype as mstype

    assert str(ms.float32) == "Float32" and repr(ms.float32) == "mindspore.float32"
    assert ms.float32 is mstype.float32 and ms.int_ == mstype.int_
    assert ms.dtype_to_nptype(ms.bfloat16).__name__ == "bfloat16"
    assert ms.pytype_to_dtype(float) == ms.float64
    assert isinstance(ms.float16, mstype.Float)
    assert pickle.loads(pickle.dumps(ms.int8)) is ms.int8
    assert mstype.issubclass_(ms.int8, mstype.int_)
    with pytest.raises(TypeError):
        ms.Tensor([1], "float99")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.arange(4), "Tensor(shape=[4], dtype=Int64, value= [0, 1, 2, 3])"),
        (
            np.float32([np.nan, 1]),
            "Tensor(shape=[2], dtype=Float32, value= [            nan,  1.00000000e+00])",
        ),
        (np.zeros((0,), np.float32), "Tensor(shape=[0], dtype=Float32, value= )"),
        (np.array(True), "Tensor(shape=[], dtype=Bool, value= True)"),
    ],
)
def test_representation(value: np.ndarray, text: str) -> None:
    assert repr(ms.Tensor(value)) == text
    assert str(ms.Tensor(value)) == str(value)


def test_bfloat16_prints_and_converts() -> None:
    t = ms.Tensor([1.0, 2.5], ms.bfloat16)
    assert str(t) == "[1.000000 2.500000]" and t.astype(
        ms.float32
    ).asnumpy().tolist() == [1, 2.5]
    with pytest.raises(TypeError):
        t.asnumpy()


def test_copies() -> None:
    t = ms.Tensor([1.0, 2.0])
    for other in (
        copy.copy(t),
        copy.deepcopy(t),
        pickle.loads(pickle.dumps(t)),
        t.copy(),
    ):
        other[0] = 9.0
        assert t.asnumpy().tolist() == [1, 2] and other.asnumpy()[0] == 9


def test_views_share_memory_and_copies_do_not() -> None:
    base = ms.Tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
    views = [
        base[0],
        base.T[:, 0],
        base.reshape(6),
        base.expand_dims(0)[0, 0],
        ops.split(base, 1, 0)[0][0],
        base.view(3, 2),
    ]
    base[0, 0] = 7.0
    assert all(float(v.asnumpy().reshape(-1)[0]) == 7 for v in views)
    turned = base.T.reshape(6)  # had to be copied
    turned[0] = 1.0
    assert float(base[0, 0]) == 7
    views[0].add_(1)
    assert base.asnumpy()[0].tolist() == [8, 2, 3]


def test_writes_inside_of_a_differentiated_function_keep_what_was_saved() -> None:
    """exp saves its result; the write must not change it (MindSpore raises nothing)."""

    def fn(x):
        y = ops.exp(x)
        z = y * 2
        y[0] = 0.0
        return y * y + z

    x = np.array([0.5, 1.0], np.float64)
    e = np.exp(x)
    expected = [2 * e[0], 2 * e[1] ** 2 + 2 * e[1]]
    np.testing.assert_allclose(ms.grad(fn)(ms.Tensor(x)).asnumpy(), expected)


def test_an_input_is_not_written() -> None:
    def fn(x):
        x[0] = 1.0
        return x

    with pytest.raises(RuntimeError, match="Can not modify tensor id of input tensor"):
        ms.grad(fn)(ms.Tensor([1.0, 2.0]))


def test_a_parameter_assigned_in_the_forward_keeps_its_gradient_right() -> None:
    w = ms.Parameter(ms.Tensor([1.0, 2.0]), name="w")

    def fn(x):
        y = x * w
        ops.assign(w, w * 10)
        return y + x * w

    g = ms.grad(fn)(ms.Tensor([1.0, 1.0]))
    assert g.asnumpy().tolist() == [11, 22] and w.asnumpy().tolist() == [10, 20]


def test_a_tensor_of_the_other_dialect_keeps_its_graph() -> None:
    torch = pytest.importorskip("isograd.torch")
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = ms.Tensor(x * x)
    z = torch.tensor(ops.sin(y) * 2)
    z.sum().backward()
    expected = 2 * np.cos(np.float32([1, 4])) * np.float32([2, 4])
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6)


def test_a_tensor_of_the_other_dialect_is_no_grad() -> None:
    torch = pytest.importorskip("isograd.torch")
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="assigned grad expected to be a Tensor"):
        x.grad = ms.Tensor([1.0, 2.0])


def test_the_gradient_of_a_function_that_uses_the_other_dialect() -> None:
    torch = pytest.importorskip("isograd.torch")

    def fn(x):
        return ms.Tensor(torch.exp(torch.tensor(x))) * x

    g = ms.grad(fn)(ms.Tensor([0.0, 1.0]))
    np.testing.assert_allclose(g.asnumpy(), [1.0, 2 * np.e], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: x + ms.Tensor([1.0, 2.0]), ValueError, "For 'AddExt'"),
        (lambda x: x + "a", TypeError, "Failed calling Add with"),
        (lambda x: ops.MatMul()(x, x), ValueError, "MatMul inputs should"),
        (lambda x: x.reshape(2), ValueError, "invalid for input of size 3"),
        (lambda x: x.sum(5), ValueError, "value must be in .-1,1."),
        (lambda x: ops.relu(3), TypeError, "Failed calling ReLU with"),
        (lambda x: ops.ReduceSum(3), TypeError, "'keep_dims' must be bool"),
        (lambda x: bool(x), ValueError, "ambiguous"),
        (lambda x: x[3], IndexError, "out of bounds for dimension with size 3"),
        (lambda x: x[0, 0], IndexError, "too many indices"),
        (lambda x: len(x.sum()), TypeError, "0-D"),
        (lambda x: x.detach(), AttributeError, "has no attribute 'detach'"),
    ],
)
def test_errors(call, error, text) -> None:
    with pytest.raises(error, match=text):
        call(ms.Tensor([1.0, 2.0, 3.0]))


def test_a_name_that_is_missing_says_where_the_coverage_stands() -> None:
    with pytest.raises(AttributeError, match=r"mindspore.ops.ROIAlign.*docs/coverage"):
        _ = ops.ROIAlign
    with pytest.raises(ImportError, match=r"docs/coverage"):
        from isograd.mindspore.ops import ROIAlign  # noqa: F401
    assert not hasattr(ms, "no_such_name_at_all")


def test_seeds_repeat_draws() -> None:
    draws = []
    for _ in range(2):
        ms.set_seed(3)
        draws.append(
            [
                ops.standard_normal((4,)),
                ops.randint(0, 9, (4,)),
                ops.StandardNormal(5)((2,)),
                ops.dropout(ops.ones((50,)), 0.5),
            ]
        )
    for a, b in zip(*draws, strict=True):
        assert (a == b).all()
    with pytest.raises(ValueError, match="greater or equal to 0"):
        ms.set_seed(-1)


def test_hyper_map_and_multitype_functions() -> None:
    kind = ops.MultitypeFuncGraph("kind")

    @kind.register("Tensor")
    def _tensor(x):
        return x * 2

    @kind.register("Number")
    def _number(x):
        return x + 1

    out = ops.HyperMap()(kind, ((ms.Tensor(1.0), 2), [3]))
    assert float(out[0][0]) == 2 and out[0][1] == 3 and out[1] == (4,)
    assert ops.Map()(lambda x: x, (1, 2)) == (1, 2)
    with pytest.raises(ValueError, match="cannot find fn"):
        kind("text")


def test_global_norm_clipping() -> None:
    xs = (ms.Tensor([3.0]), ms.Tensor([4.0]))
    out = ops.clip_by_global_norm(xs, 1.0)
    np.testing.assert_allclose([o.asnumpy()[0] for o in out], [0.6, 0.8], rtol=1e-6)
    same = ops.clip_by_global_norm(xs, 10.0)
    np.testing.assert_allclose([o.asnumpy()[0] for o in same], [3, 4], rtol=1e-6)
    with pytest.raises(ValueError, match="clip_norm"):
        ops.clip_by_global_norm(xs, 0.0)


def test_numpy_module_and_aliases() -> None:
    import isograd.mindspore.numpy as mnp
    from isograd.mindspore.ops import functional
    from isograd.mindspore.ops import operations as P

    x = mnp.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(
        mnp.concatenate((x, x), axis=1).asnumpy(),
        np.concatenate((x.asnumpy(),) * 2, axis=1),
    )
    np.testing.assert_allclose(mnp.std(x, axis=0).asnumpy(), x.asnumpy().std(0))
    assert mnp.arange(3).asnumpy().tolist() == [0, 1, 2]
    assert P.MatMul is ops.MatMul and functional.relu is ops.relu
    assert mnp.any(x > 3) and not mnp.all(x > 3)


def test_numpy_functions_and_arrays_beside_tensors() -> None:
    a, t = np.array([1.0, 4.0], np.float32), ms.Tensor([2.0, 2.0])
    assert isinstance(a * t, ms.Tensor) and (a - t).asnumpy().tolist() == [-1, 2]
    assert (a > t).asnumpy().tolist() == [False, True]
    assert isinstance(t * a, ms.Tensor)
    assert isinstance(np.sqrt(t), np.ndarray) and np.add(t, 1).tolist() == [3, 3]
    assert np.asarray(t).dtype == np.float32 and np.stack([t, t]).shape == (2, 2)
    g = ms.grad(lambda x: a * x)(t)
    assert g.asnumpy().tolist() == [1, 4]


def test_sequences_reversed() -> None:
    x = ms.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    out = ops.reverse_sequence(x, ms.Tensor([2, 3]), 1)
    assert out.asnumpy().tolist() == [[2, 1, 3], [6, 5, 4]]
