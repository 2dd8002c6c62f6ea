"""`torch.distributions`: distributions, constraints, transforms, divergences."""

from __future__ import annotations

import re
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch.distributions import (
    choices,
    constraint_registry,
    constraints,
    continuous,
    kl,
    matrices,
    mixture,
    relaxed,
    simplex,
    transformed,
    transforms,
)
from isograd.torch.distributions.constraint_registry import biject_to, transform_to
from isograd.torch.distributions.distribution import Distribution
from isograd.torch.distributions.exp_family import ExponentialFamily
from isograd.torch.distributions.independent import Independent
from isograd.torch.distributions.kl import (
    kl_divergence,
    register_kl,
)

_GROUPS = (choices, continuous, matrices, mixture, relaxed, simplex, transformed)
CLASSES: dict[str, Any] = {c.__name__: c for g in _GROUPS for c in g.CLASSES} | {
    c.__name__: c for c in (Distribution, ExponentialFamily, Independent)
}
_HIDDEN = ("LogitRelaxedBernoulli", "ExpRelaxedCategorical")
_MODULES = {  # where PyTorch's module is not the class's name in small letters
    "StudentT": "studentT",
    "FisherSnedecor": "fishersnedecor",
    "LowRankMultivariateNormal": "lowrank_multivariate_normal",
    "ExponentialFamily": "exp_family",
    "OneHotCategoricalStraightThrough": "one_hot_categorical",
    "RelaxedOneHotCategorical": "relaxed_categorical",
    "ExpRelaxedCategorical": "relaxed_categorical",
    "LogitRelaxedBernoulli": "relaxed_bernoulli",
}


def _module_of(cls: str) -> str:
    """PyTorch's module of a class: `OneHotCategorical` is in `one_hot_categorical`."""
    default = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls).lower()
    return _MODULES.get(cls, default.replace("lkjcholesky", "lkj_cholesky"))


def _place(name: str, cls: Any) -> None:
    """Put a class in the module that PyTorch has it in (where pickle looks, too)."""
    full = f"{__name__}.{_module_of(name)}"
    module = sys.modules.get(full)
    if module is None:
        module = ModuleType(full)
        module.__spec__ = ModuleSpec(full, None)
        sys.modules[full] = module
        globals()[_module_of(name)] = module
    setattr(module, name, cls)
    cls.__module__ = full


for _name, _cls in CLASSES.items():
    _place(_name, _cls)
globals().update({n: c for n, c in CLASSES.items() if n not in _HIDDEN})
globals().update({n: getattr(transforms, n) for n in transforms.__all__})
__getattr__ = module_getattr(
    "torch.distributions", "torch", {"utils": "isograd.torch.distributions.utils"}
)
__all__ = [
    *(n for n in CLASSES if n not in _HIDDEN),
    "biject_to",
    "constraint_registry",
    "constraints",
    "kl",
    "kl_divergence",
    "register_kl",
    "transform_to",
    *transforms.__all__,
]
