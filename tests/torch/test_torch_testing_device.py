"""Decorators, tolerances and samples of PyTorch's test files."""

import unittest

import pytest

import isograd.torch as torch
from isograd.torch.testing._internal import common_cuda, common_dtype, decorators
from isograd.torch.testing._internal import common_device_type as device
from isograd.torch.testing._internal import common_utils as utils


def outcome(case: type) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


@pytest.mark.parametrize("name", sorted(decorators.PASSED))
def test_decorators_about_other_devices_leave_a_test_alone(name):
    decorate = decorators.TABLE[name]

    def fn(self):
        return 1

    assert decorate(fn) is fn
    assert decorate()(fn) is fn
    assert decorate("reason")(fn) is fn
    assert decorate(True, "reason")(fn) is fn


@pytest.mark.parametrize("name", sorted(decorators.SKIPPED))
def test_decorators_for_other_devices_skip(name):
    decorate = decorators.TABLE[name]
    for deco in (decorate, decorate("reason")):
        body = {"test_x": deco(lambda self: 1 / 0)}
        assert len(outcome(type("T", (unittest.TestCase,), body)).skipped) == 1


def test_tolerances_of_a_dtype_hold_in_its_test_alone():
    class TestT(utils.TestCase):
        @device.dtypes(torch.float32, torch.float64)
        @device.precisionOverride({torch.float32: 0.5})
        def test_absolute(self, device, dtype):
            one = torch.ones(2, dtype=dtype)
            if dtype is torch.float32:
                self.assertEqual(one, one + 0.4)
            else:
                self.assertNotEqual(one, one + 0.4)

        @device.dtypes(torch.float32)
        @device.toleranceOverride({torch.float32: device.tol(atol=0, rtol=0.5)})
        def test_both(self, device, dtype):
            self.assertEqual(torch.full((1,), 9.0), torch.full((1,), 10.0))

        @device.deviceCountAtLeast(1)
        def test_devices(self, devices):
            self.assertEqual(devices, ["cpu"])

        @device.largeTensorTest("4000000GB", "cpu")
        def test_large(self, device):
            raise AssertionError

    scope = {"TestT": TestT}
    device.instantiate_device_type_tests(TestT, scope, only_for="cpu")
    result = outcome(scope["TestTCPU"])
    assert result.wasSuccessful(), result.failures + result.errors
    assert result.testsRun == 5 and len(result.skipped) == 1


def test_inline_texts_and_single_warnings():
    case = utils.TestCase()
    case.assertExpectedInline(torch.ones(1), "tensor([1.])")
    with pytest.raises(AssertionError):
        case.assertExpectedInline("a", "b")
    case.assertExpectedRaisesInline(
        ValueError, lambda: int("x"), ("invalid literal for int() with base 10: 'x'")
    )
    with case.assertWarnsOnceRegex(UserWarning, "twi"):
        utils.warnings.warn("twice", UserWarning, stacklevel=1)
    with pytest.raises(AssertionError), case.assertWarnsOnceRegex(UserWarning, "x"):
        pass
    case.compare_with_numpy(torch.exp, utils.np.exp, [1.0, 2.0])
    case.assertEqualIgnoreType(torch.ones(2), torch.ones(2, dtype=torch.float64))


def test_matrices_have_their_properties():
    torch.manual_seed(0)
    a = utils.random_symmetric_pd_matrix(3, 2, dtype=torch.float64)
    assert torch.linalg.eigvalsh(a).min() > 0 and torch.allclose(a, a.mT)
    b = utils.random_square_matrix_of_rank(4, 2, dtype=torch.float64)
    assert torch.linalg.matrix_rank(b) == 2
    c = utils.random_hermitian_matrix(3, dtype=torch.complex128)
    assert torch.allclose(c, c.mH)
    full = utils.make_fullrank_matrices_with_distinct_singular_values(
        2, 4, 3, device="cpu", dtype=torch.float64, requires_grad=True
    )
    s = torch.linalg.svdvals(full.detach())
    assert full.requires_grad and s.min() >= 1 and s.diff().abs().min() > 0.1
    d = utils.noncontiguous_like(torch.arange(4.0, requires_grad=True))
    assert not d.is_contiguous() and d.requires_grad
    assert d.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_gradcheck_has_the_defaults_of_test_files():
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    assert utils.gradcheck(lambda x: x * x, (x,))
    assert utils.gradgradcheck(lambda x: x * x * x, (x,))


def test_flags_and_dtypes():
    assert not utils.TEST_CUDA and not common_cuda.TEST_CUDA and not device.TEST_MKL
    assert utils.numpy_to_torch_dtype_dict[utils.np.float32] is torch.float32
    assert torch.bool in common_dtype.get_all_dtypes()
    assert list(utils.iter_indices(torch.ones(1, 2))) == [(0, 0), (0, 1)]
