"""The namespace `isograd.torch`: names, memory, files, subclasses, random numbers."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import isograd.torch as torch
from isograd.base.missing import MissingName


def test_the_first_program_prints_its_gradients() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    y = torch.tensor(3.0).requires_grad_()
    z = x * x * y
    z.backward()
    assert f"{x.grad!r} {y.grad!r}" == "tensor(12.) tensor(4.)"
    z = x * x * y
    assert str(torch.autograd.grad(outputs=z, inputs=x)[0]) == "tensor(12.)"


def test_a_missing_name_says_which_and_where_the_table_stands() -> None:
    with pytest.raises(MissingName, match=r"torch\.export.*docs/coverage\.md"):
        _ = torch.export
    with pytest.raises(MissingName, match=r"torch\.Tensor\.to_mkldnn.*docs/coverage"):
        torch.ones(2).to_mkldnn()
    assert not hasattr(torch, "export")
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'foo'"):
        _ = torch.ones(2).foo


def test_arrays_share_their_memory() -> None:
    a = np.zeros(3, np.float32)
    t = torch.from_numpy(a)
    t.add_(1)
    a[0] = 7
    assert t.tolist() == [7, 1, 1]
    assert np.shares_memory(torch.as_tensor(a).numpy(), a)
    assert not np.shares_memory(torch.tensor(a).numpy(), a)
    t.numpy()[1] = 5
    assert t[1].item() == 5


def test_files_hold_tensors_and_refuse_other_classes(tmp_path: Any) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"w": torch.ones(2, requires_grad=True), "n": [1, "a"]}, path)
    found = torch.load(path)
    assert found["w"].requires_grad and found["n"] == [1, "a"]
    buffer = io.BytesIO()
    torch.save(subprocess.Popen, buffer)
    buffer.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(buffer)
    with pytest.raises(RuntimeError, match="not written by isograd"):
        torch.load(io.BytesIO(b"PK other"))


def test_random_numbers_follow_the_seed() -> None:
    torch.manual_seed(5)
    first = torch.randn(4)
    torch.manual_seed(5)
    assert torch.equal(first, torch.randn(4))
    own = torch.Generator().manual_seed(3)
    state = own.get_state()
    x = torch.rand(3, generator=own)
    own.set_state(state)
    assert torch.equal(x, torch.rand(3, generator=own))
    assert sorted(torch.randperm(5).tolist()) == [0, 1, 2, 3, 4]


def test_a_write_through_any_alias_reaches_the_base() -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    x.transpose(0, 2)[1].select(1, 0).fill_(-1)
    x.unfold(2, 2, 2)[0, 0, 0, 1] = -2
    x.view(-1)[23:].mul_(0)
    expected = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    expected[0, :, 1] = -1
    expected[0, 0, 1] = -2
    expected[1, 2, 3] = 0
    assert np.array_equal(x.numpy(), expected)


def test_division_by_zero_is_silent(recwarn: pytest.WarningsRecorder) -> None:
    script = (
        "import warnings, isograd.torch as torch\n"
        "print(torch.ones(2) / 0, torch.tensor(0.).log())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )
    assert done.stdout == "tensor([inf, inf]) tensor(-inf)\n"
    assert done.stderr == ""


def test_no_accelerator() -> None:
    assert not torch.cuda.is_available()
    assert str(torch.device("cuda" if torch.cuda.is_available() else "cpu")) == "cpu"
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.ones(2).to("cuda")


SUBCLASS = """
import isograd.torch as torch

class Logged(torch.Tensor):
    calls = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls.append(func.__name__)
        return super().__torch_function__(func, types, args, kwargs)

x = torch.ones(2).as_subclass(Logged)
y = torch.exp(x + 1).sum()
print(type(y).__name__, Logged.calls[-2:], type(torch.ones(2) + 1).__name__)
"""


def test_subclasses_take_over() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SUBCLASS], capture_output=True, text=True, check=True
    )
    assert done.stdout == "Logged ['exp', 'sum'] Tensor\n"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_gradients_have_the_dtype_of_their_leaf(dtype: str) -> None:
    x = torch.ones(3, dtype=getattr(torch, dtype), requires_grad=True)
    y = (x * 2 + x.exp()).sum() / 3
    y.backward()
    assert x.grad.dtype is x.dtype is y.dtype
