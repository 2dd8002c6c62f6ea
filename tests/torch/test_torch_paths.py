"""Module paths and class paths of PyTorch: imports, printed classes, pickles."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import isograd.torch as torch
from isograd.base import paths

PROGRAM = """
import pickle, sys
import torch
from torch import nn
from torch.nn.modules.linear import Linear
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.optim.adam import Adam
from torch.utils.data.dataset import TensorDataset
from torch.utils.data.dataloader import default_collate
import torch.nn.modules.activation as activation

print(type(nn.Linear(1, 1)), Linear is nn.Linear, activation.ReLU is nn.ReLU)
print(isinstance(nn.BatchNorm2d(3), _BatchNorm), isinstance(nn.Conv2d(1, 1, 1), _ConvNd))
print(Adam, TensorDataset, type(torch.Generator()), torch.no_grad)
net = nn.Sequential(nn.Linear(2, 3), nn.TransformerEncoderLayer(4, 2, 8))
again = pickle.loads(pickle.dumps(net))
print(type(again[0]), b"torch.nn.modules.linear" in pickle.dumps(net))
for f in torch.add, nn.functional.relu, torch.func.vmap:
    print(pickle.loads(pickle.dumps(f)) is f)
print(torch.typename(net[0]))
"""
PRINTED = """
<class 'torch.nn.modules.linear.Linear'> True True
True True
<class 'torch.optim.adam.Adam'> <class 'torch.utils.data.dataset.TensorDataset'> \
<class 'torch._C.Generator'> <class 'torch.autograd.grad_mode.no_grad'>
<class 'torch.nn.modules.linear.Linear'> True
True
True
True
torch.nn.modules.linear.Linear
"""


def test_program_sees_pytorchs_paths() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "isograd", "run", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == PRINTED.strip()


def test_paths_without_install() -> None:
    from isograd.torch.nn.modules.linear import Linear
    from isograd.torch.optim.sgd import SGD

    assert Linear is torch.nn.Linear and SGD is torch.optim.SGD
    assert type(pickle.loads(pickle.dumps(Linear(1, 1)))) is Linear
    with pytest.raises(ImportError):
        from isograd.torch.nn.modules.linear import (  # noqa: F401  # pyright: ignore
            Lineaer,
        )


def test_recorded_module_paths_import() -> None:
    from importlib import import_module

    for name in ("torch.nn.modules.rnn", "torch.amp.autocast_mode"):
        assert import_module(f"isograd.{name}").__name__ == f"isograd.{name}"
    with pytest.raises(ModuleNotFoundError):
        import_module("isograd.torch.nn.modules.nonsense")


@pytest.mark.parametrize(
    ("ours", "name", "wanted"),
    [
        ("isograd.torch.nn.modules.basic", "Linear", "torch.nn.modules.linear"),
        ("isograd.torch.autograd.graph", "Node", "torch.autograd.graph"),
        ("isograd.torch.profiler", "profile", "torch.profiler.profiler"),
        ("isograd.torch.elsewhere", "Own", "torch.elsewhere"),
    ],
)
def test_framework_module(ours: str, name: str, wanted: str) -> None:
    assert paths.framework_module("torch", ours, name) == wanted
