"""Weight and spectral normalisation of layers (Salimans and Kingma 2016; Miyato et al.
2018)."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd import torch
from isograd.core.primitive import BOUND
from isograd.core.tensor import wrap
from isograd.nn.normalisation import power_iteration
from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.call import public
from isograd.torch.deprecation import deprecated
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.parameter import Parameter
from isograd.torch.nn.utils import parametrize
from isograd.torch.tensor import Tensor

_iterated = public(
    lambda w, u, v, times, eps: power_iteration(BOUND, w, u, v, times=times, eps=eps),
    "spectral_norm",
    None,
)


def iterate(matrix: Any, u: Any, v: Any, times: int, eps: float) -> None:
    """Better u and v, in place: u from v first."""
    with no_grad():
        for t, found in zip((u, v), _iterated(matrix, u, v, times, eps), strict=True):
            t.copy_(found)


class _WeightNorm(Module):
    def __init__(self, dim: Any = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return torch._weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> Any:
        return torch.norm_except_dim(weight.detach(), 2, self.dim), weight


class WeightNorm:
    """The former interface: weight_g and weight_v are the module's parameters."""

    def __init__(self, name: str, dim: Any) -> None:
        self.name, self.dim = name, -1 if dim is None else dim

    def compute(self, module: Any) -> Any:
        g = getattr(module, self.name + "_g")
        v = getattr(module, self.name + "_v")
        return torch._weight_norm(v, g, self.dim)

    def __call__(self, module: Any, inputs: Any) -> None:
        object.__setattr__(module, self.name, self.compute(module))


@deprecated(
    "`torch.nn.utils.weight_norm` is deprecated in favor of "
    "`torch.nn.utils.parametrizations.weight_norm`."
)
def weight_norm(module: Any, name: str = "weight", dim: Any = 0) -> Any:
    """weight = g v / |v|, with g and v as parameters.

    Raises:
        RuntimeError: for a weight that is normalised already.
    """
    for other in module._forward_pre_hooks.values():
        if isinstance(other, WeightNorm) and other.name == name:
            raise RuntimeError(
                f"Cannot register two weight_norm hooks on the same parameter {name}"
            )
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(
        name + "_g", Parameter(torch.norm_except_dim(weight.detach(), 2, hook.dim))
    )
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    object.__setattr__(module, name, hook.compute(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    for k, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, WeightNorm) and hook.name == name:
            weight = hook.compute(module)
            module.__dict__.pop(name, None)
            del module._parameters[name + "_g"], module._parameters[name + "_v"]
            setattr(module, name, Parameter(weight.detach()))
            del module._forward_pre_hooks[k]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")


class _SpectralNorm(Module):
    def __init__(
        self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        self.dim, self.eps, self.n_power_iterations = dim, eps, n_power_iterations
        matrix = self._matrix(weight)
        from isograd.torch.random import default_generator

        for name, n in (("_u", matrix.size(0)), ("_v", matrix.size(1))):
            x = default_generator.stream.standard_normal(n, weight._p.dtype)
            self.register_buffer(name, wrap(Tensor, x / np.linalg.norm(x)))
        self._iterate(matrix.detach(), 15)

    def _matrix(self, weight: Any) -> Any:
        w = weight.transpose(0, self.dim) if self.dim else weight
        return w.flatten(1) if w.dim() > 1 else w.reshape(-1, 1)

    def _iterate(self, matrix: Any, times: int) -> None:
        iterate(matrix, self._u, self._v, times, self.eps)

    def forward(self, weight: Any) -> Any:
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()
        return weight / u.dot(matrix @ v)

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """weight over an estimate of its largest singular value."""
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    weight = getattr(module, name)
    return parametrize.register_parametrization(
        module, name, _SpectralNorm(weight, n_power_iterations, dim, eps)
    )
