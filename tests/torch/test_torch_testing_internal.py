"""The helpers that PyTorch's own test files import."""

import unittest

import pytest

import isograd.torch as torch
from isograd.torch.testing._internal import common_device_type as device
from isograd.torch.testing._internal import common_utils as utils
from isograd.torch.testing._internal.common_dtype import floating_types


def test_equality_of_tensors_numbers_and_containers():
    case = utils.TestCase()
    one = torch.ones(2)
    case.assertEqual({"a": [one, 1.0]}, {"a": [one.clone(), 1.0]})
    case.assertEqual(one, one + 0.5, atol=0.6, rtol=0)
    case.assertEqual(one, one.double(), exact_dtype=False)
    case.assertNotEqual(one, one + 1)
    with pytest.raises(AssertionError):
        case.assertEqual(one, one.double())


def test_parametrized_and_device_tests():
    seen = []

    class TestX(utils.TestCase):
        @utils.parametrize("n", [1, utils.subtest(2, name="two")])
        @device.dtypes(*floating_types())
        def test_x(self, device, dtype, n):
            seen.append((device, dtype, n))

        @device.onlyCUDA
        def test_skipped(self, device):
            raise AssertionError

    scope = {"TestX": TestX}
    device.instantiate_device_type_tests(TestX, scope)
    made = scope["TestXCPU"]
    assert "TestX" not in scope
    assert hasattr(made, "test_x_two_cpu_float64")
    assert hasattr(made, "test_x_n_1_cpu_float32")
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(made).run(result)
    assert result.wasSuccessful() and len(result.skipped) == 1
    assert len(seen) == 4


def test_contexts_restore():
    with utils.set_default_dtype(torch.float64):
        assert torch.ones(1).dtype == torch.float64
    assert torch.ones(1).dtype == torch.float32
    with utils.freeze_rng_state():
        a = torch.rand(2)
    assert torch.equal(a, torch.rand(2))
