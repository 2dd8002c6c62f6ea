"""`torch.nn.modules.lazy`: modules that find the sizes of their weights at first use."""

from __future__ import annotations

from typing import Any

from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.nn.modules.basic import Linear
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.modules.normalising import LAYERS
from isograd.torch.nn.parameter import (
    UninitializedBuffer,
    UninitializedParameter,
    is_lazy,
)


class LazyModuleMixin:
    """A module whose `initialize_parameters(*inputs)` runs before its first forward."""

    cls_to_become: type | None = None
    _parameters: Any
    _buffers: Any
    register_forward_pre_hook: Any
    register_load_state_dict_pre_hook: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self.register_load_state_dict_pre_hook(_take_shapes)
        self._initialize_hook = self.register_forward_pre_hook(
            _initialise, with_kwargs=True
        )

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {self.__class__.__name__}"
        )

    def has_uninitialized_params(self) -> bool:
        tensors = (*self._parameters.values(), *self._buffers.values())
        return any(is_lazy(t) for t in tensors)

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(
                f"module {self.__class__.__name__} has not been fully initialized"
            )
        for handle in ("_initialize_hook", "_load_hook"):
            module.__dict__.pop(handle).remove()
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


def _initialise(module: Any, args: Any, kwargs: Any) -> None:
    module._infer_parameters(module, args, kwargs)


def _take_shapes(module: Any, state_dict: Any, prefix: str, *_: Any) -> None:
    """Before a state is loaded: tensors that have no shape yet take the state's."""
    for table in (module._parameters, module._buffers):
        for name, t in table.items():
            given = state_dict.get(prefix + name)
            if is_lazy(t) and given is not None and not is_lazy(given):
                with no_grad():
                    t.materialize(given.shape)


def _made(name: str, base: type, **members: Any) -> type:
    body = {"cls_to_become": base, "__module__": __name__, **members}
    return type(name, (LazyModuleMixin, base), body)


def _set_up(module: Any, blank: Any, made: Any, names: Any) -> None:
    """Put tensors without shape under the names that are wanted."""
    for name, wanted in names.items():
        if wanted:
            setattr(module, name, made(**blank))


# --- one for each kind of weights -----------------------------------------------------


class LazyLinear(LazyModuleMixin, Linear):
    cls_to_become = Linear

    def __init__(
        self,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, False)
        self.out_features = out_features
        _set_up(
            self,
            {"dtype": dtype},
            UninitializedParameter,
            {"weight": True, "bias": bias},
        )

    def reset_parameters(self) -> None:
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        if self.has_uninitialized_params():
            with no_grad():
                self.in_features = input.shape[-1]
                self.weight.materialize((self.out_features, self.in_features))
                if self.bias is not None:
                    self.bias.materialize((self.out_features,))
                self.reset_parameters()
        if self.in_features == 0:
            self.in_features = self.weight.shape[-1]


def _lazy_conv(base: Any) -> type:
    transposed = base.transposed

    def __init__(self: Any, out_channels: int, kernel_size: Any, *args: Any, **kw: Any):
        order = _TRANSPOSED if transposed else _PLAIN
        kw = dict(zip(order, args, strict=False)) | kw
        bias, dtype = kw.pop("bias", True), kw.get("dtype")
        super(cls, self).__init__(0, 0, kernel_size, bias=False, **kw)
        self.out_channels = out_channels
        made = {"weight": True, "bias": bias}
        _set_up(self, {"dtype": dtype}, UninitializedParameter, made)

    def reset_parameters(self: Any) -> None:
        if not self.has_uninitialized_params() and self.in_channels != 0:
            base.reset_parameters(self)

    def initialize_parameters(self: Any, input: Any, *_: Any, **__: Any) -> None:
        if not self.has_uninitialized_params():
            return
        self.in_channels = _channels(self, input)
        groups = self.groups
        if self.in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        pair = (self.out_channels, self.in_channels // groups)
        if transposed:
            pair = (self.in_channels, self.out_channels // groups)
        with no_grad():
            self.weight.materialize((*pair, *self.kernel_size))
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.reset_parameters()

    cls: Any = _made(
        f"Lazy{base.__name__}",
        base,
        __init__=__init__,
        reset_parameters=reset_parameters,
        initialize_parameters=initialize_parameters,
    )
    return cls


_WORDS = "stride padding dilation groups bias padding_mode device dtype"
_PLAIN = tuple(_WORDS.split())
_WORDS = "stride padding output_padding groups bias dilation padding_mode device dtype"
_TRANSPOSED = tuple(_WORDS.split())


def _channels(module: Any, input: Any) -> int:
    rank = module.rank
    if input.dim() not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to "
            f"{type(module).__name__}, but got input of size: {input.shape}"
        )
    return input.shape[0] if input.dim() == rank + 1 else input.shape[1]


class _LazyNormBase:
    """Sizes of a normalisation from the second axis of its first input."""

    def __init__(
        self: Any,
        eps: float = 1e-5,
        momentum: Any = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        self._unsized(eps, momentum, dtype)
        self.affine, self.track_running_stats = affine, track_running_stats
        blank = {"dtype": dtype}
        weights = {"weight": affine, "bias": affine and bias}
        _set_up(self, blank, UninitializedParameter, weights)
        stats = dict.fromkeys(("running_mean", "running_var"), track_running_stats)
        _set_up(self, blank, UninitializedBuffer, stats)
        if track_running_stats:
            from isograd import torch

            self.num_batches_tracked = torch.tensor(0, dtype=torch.long)

    def _unsized(self: Any, eps: float, momentum: Any, dtype: Any) -> None:
        LazyModuleMixin.__init__(self, 0, eps, momentum, False, False, None, dtype)

    def reset_parameters(self: Any) -> None:
        if not self.has_uninitialized_params() and self.num_features != 0:
            self.cls_to_become.reset_parameters(self)

    def initialize_parameters(self: Any, input: Any) -> None:
        if not self.has_uninitialized_params():
            return
        self._check_input_dim(input)
        self.num_features = input.shape[1]
        tables = (self._parameters, self._buffers)
        for t in [t for table in tables for t in table.values()]:
            if is_lazy(t):
                t.materialize((self.num_features,))
        self.reset_parameters()


_NORM_MEMBERS = {
    n: vars(_LazyNormBase)[n]
    for n in ("__init__", "_unsized", "reset_parameters", "initialize_parameters")
}
_RANKED = ("Conv{}d", "ConvTranspose{}d", "BatchNorm{}d", "InstanceNorm{}d")


def _lazy(pattern: str, rank: int) -> type:
    base = LAYERS[pattern.format(rank)]
    if pattern.startswith("Conv"):
        return _lazy_conv(base)
    return _made(f"Lazy{base.__name__}", base, **_NORM_MEMBERS)


LAZY: dict[str, type[Module]] = {
    "LazyLinear": LazyLinear,
    **{f"Lazy{p.format(r)}": _lazy(p, r) for p in _RANKED for r in (1, 2, 3)},
}
"""The lazy modules by name."""
