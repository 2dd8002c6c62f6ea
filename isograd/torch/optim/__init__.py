"""`torch.optim`: optimisers and learning rate schedules."""

from __future__ import annotations

from isograd.base.missing import module_getattr
from isograd.torch.optim import lr_scheduler
from isograd.torch.optim.algorithms import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop
from isograd.torch.optim.further import (
    ASGD,
    LBFGS,
    Adafactor,
    Adamax,
    Muon,
    NAdam,
    RAdam,
    Rprop,
    SparseAdam,
)
from isograd.torch.optim.optimizer import Optimizer

__getattr__ = module_getattr(
    "torch.optim",
    "torch",
    {
        "optimizer": "isograd.torch.optim.optimizer",
        "swa_utils": "isograd.torch.optim.swa_utils",
    },
)

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
]
