"""`torch.nn.utils.prune`: weights masked by size, by structure, or by chance.

A pruned parameter `weight` becomes `weight_orig`, with the buffer `weight_mask`; a hook
before each forward sets `weight` to their product.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

from isograd import torch


class BasePruningMethod:
    """A way to compute masks; subclasses define `compute_mask`."""

    _tensor_name: str
    PRUNING_TYPE = "unstructured"

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        raise NotImplementedError

    def apply_mask(self, module: Any) -> Any:
        """The original tensor times its mask."""
        name = self._tensor_name
        mask = getattr(module, name + "_mask")
        orig = getattr(module, name + "_orig")
        return mask.to(dtype=orig.dtype) * orig

    @classmethod
    def apply(
        cls,
        module: Any,
        name: str,
        *args: Any,
        importance_scores: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Prune `module.name`; what was pruned before stays so."""
        old = _method_of(module, name)
        method = cls(*args, **kwargs)
        method._tensor_name = name
        new = method
        if old is not None:
            key = next(k for k, h in module._forward_pre_hooks.items() if h is old)
            del module._forward_pre_hooks[key]
            container = old
            if not isinstance(old, PruningContainer):
                container = PruningContainer(old)
                container._tensor_name = name
            container.add_pruning_method(method)
            new = container
        orig = getattr(module, name)
        scores = orig if importance_scores is None else importance_scores
        if scores.shape != orig.shape:
            raise AssertionError(
                "importance_scores should have the same shape as parameter "
                f"                {name} of {module}"
            )
        if old is None:
            default = torch.ones_like(orig).detach()
        else:
            default = getattr(module, name + "_mask").detach().clone()
        mask = new.compute_mask(scores, default_mask=default)
        if old is None:
            module.register_parameter(name + "_orig", orig)
            del module._parameters[name]
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, new.apply_mask(module))
        module.register_forward_pre_hook(new)
        return new

    def prune(
        self, t: Any, default_mask: Any = None, importance_scores: Any = None
    ) -> Any:
        """A pruned copy of a tensor."""
        scores = t if importance_scores is None else importance_scores
        mask = torch.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask=mask)

    def remove(self, module: Any) -> None:
        """Make the pruned tensor the parameter again."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        orig = module._parameters[name + "_orig"]
        orig.data = weight.data
        del module._parameters[name + "_orig"]
        del module._buffers[name + "_mask"]
        setattr(module, name, orig)


class PruningContainer(BasePruningMethod):
    """Several methods, one after another, on one tensor."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        methods = args[0] if len(args) == 1 and isinstance(args[0], Iterable) else args
        for method in methods:
            self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        if not isinstance(method, BasePruningMethod) and method is not None:
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found "
                f"'{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: int) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The last method's mask, on what is left by those before it."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            left: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.dim()
            axes = [d for d in range(t.dim()) if d != dim]
            keep = mask.sum(dim=axes) != 0
            left = [slice(None)] * t.dim()
            left[dim] = keep
            left = tuple(left)
        else:
            left = (slice(None),) * t.dim()
        new = mask.clone()
        new[left] = method.compute_mask(t[left], default_mask=mask[left])
        return new


class Identity(BasePruningMethod):
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask


class _ByAmount(BasePruningMethod):
    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def count(self, t: Any) -> int:
        size = t.nelement()
        n = _to_prune(self.amount, size)
        _check_enough(n, size)
        return n


class RandomUnstructured(_ByAmount):
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = default_mask.clone()
        n = self.count(t)
        if n:
            chosen = torch.topk(torch.rand_like(t).view(-1), k=n).indices
            mask.view(-1)[chosen] = 0
        return mask


class L1Unstructured(_ByAmount):
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = default_mask.clone()
        n = self.count(t)
        if n:
            chosen = torch.topk(torch.abs(t).reshape(-1), k=n, largest=False).indices
            mask.view(-1)[chosen] = 0
        return mask


class _Structured(BasePruningMethod):
    PRUNING_TYPE = "structured"
    amount: Any
    dim: int

    def scores(self, t: Any) -> Any:
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        _check_structured(t)
        if not -t.dim() <= self.dim < t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        n = _to_prune(self.amount, size)
        _check_enough(n, size)
        if n == 0:
            return default_mask
        kept = torch.topk(self.scores(t), k=size - n, largest=True).indices
        mask = torch.zeros_like(t)
        place: list[Any] = [slice(None)] * t.dim()
        place[self.dim] = kept
        mask[tuple(place)] = 1
        return mask * default_mask.to(dtype=mask.dtype)


class RandomStructured(_Structured):
    def __init__(self, amount: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.dim = amount, dim

    def scores(self, t: Any) -> Any:
        return torch.rand(t.shape[self.dim])


class LnStructured(_Structured):
    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.n, self.dim = amount, n, dim

    def scores(self, t: Any) -> Any:
        axes = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        return torch.norm(t, p=self.n, dim=axes)


class CustomFromMask(BasePruningMethod):
    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask * self.mask.to(dtype=default_mask.dtype)


# --- functions ------------------------------------------------------------------------


def identity(module: Any, name: str) -> Any:
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any) -> Any:
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: Any, name: str, amount: Any, importance_scores: Any = None
) -> Any:
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: Any, dim: int) -> Any:
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Any,
    name: str,
    amount: Any,
    n: Any,
    dim: int,
    importance_scores: Any = None,
) -> Any:
    LnStructured.apply(
        module, name, amount, n, dim, importance_scores=importance_scores
    )
    return module


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several tensors as if they were one."""
    parameters = list(parameters)
    given = importance_scores or {}
    scores = [given.get((m, n), getattr(m, n)).detach() for m, n in parameters]
    masks = [
        getattr(m, n + "_mask", torch.ones_like(getattr(m, n))) for m, n in parameters
    ]
    t = torch.cat([s.reshape(-1) for s in scores])
    default = torch.cat([m.reshape(-1) for m in masks])
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for '
            f"the `pruning_method`. Found method {pruning_method} of type "
            f"{method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    final = container.compute_mask(t, default)
    at = 0
    for (module, name), s in zip(parameters, scores, strict=True):
        n = s.numel()
        custom_from_mask(module, name, mask=final[at : at + n].view_as(s))
        at += n


def _method_of(module: Any, name: str) -> Any:
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return hook
    return None


def remove(module: Any, name: str) -> Any:
    """Make pruning permanent.

    Raises:
        ValueError: the tensor is not pruned.
    """
    for k, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[k]
            return module
    raise ValueError(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be "
        "removed"
    )


def is_pruned(module: Any) -> bool:
    return any(
        isinstance(hook, BasePruningMethod)
        for _, m in module.named_modules()
        for hook in m._forward_pre_hooks.values()
    )


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    whole = isinstance(amount, numbers.Integral)
    if (whole and amount < 0) or (not whole and not 0.0 <= float(amount) <= 1.0):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a "
            "non-negative integer"
        )


def _check_enough(amount: Any, size: int) -> None:
    if not isinstance(amount, float) and int(amount) > size:
        raise ValueError(
            f"amount={amount} should be smaller than the number of parameters to "
            f"prune={size}"
        )


def _check_structured(t: Any) -> None:
    if t.dim() <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found "
            f"tensor of shape {t.shape} with {t.dim()} dims"
        )


def _to_prune(amount: Any, size: int) -> int:
    return round(amount * size) if isinstance(amount, float) else int(amount)
