"""`torch.amp.GradScaler`: losses scaled so that small gradients do not vanish."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.creation import tensor
from isograd.torch.tensor import Tensor

_UNSEEN = (
    "Attempted {} but _scale is None.  This may indicate your script did not use "
    "scaler.scale(loss or outputs) earlier in the iteration."
)
_STEPPED = "step() has already been called since the last update()."


class GradScaler:
    """Multiplies losses by a scale that shrinks where gradients overflow and grows
    after `growth_interval` steps without.  For CUDA it is off: all passes through.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device, self._enabled = device, enabled
        if enabled and device == "cuda":
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not "
                "available.  Disabling.",
                UserWarning,
                stacklevel=2,
            )
            self._enabled = False
        if not self._enabled:
            return
        if not growth_factor > 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if not backoff_factor < 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._init_scale, self._scale = init_scale, None
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._stages: dict[int, _Stage] = {}

    def _of(self, optimizer: Any) -> _Stage:
        return self._stages.setdefault(id(optimizer), _Stage())

    def _seen(self, what: str) -> Any:
        if self._scale is None:
            raise AssertionError(_UNSEEN.format(what))
        return self._scale

    def scale(self, outputs: Any) -> Any:
        """Tensors, alone or in containers, times the scale."""
        if not self._enabled:
            return outputs
        if self._scale is None:
            self._scale = tensor(float(self._init_scale))
        if isinstance(outputs, Tensor):
            tensor_: Any = outputs
            return tensor_ * self._scale
        if isinstance(outputs, list | tuple):
            made: Any = type(outputs)
            scaled = map(self.scale, outputs)
            return made(*scaled) if hasattr(outputs, "_fields") else made(scaled)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    @no_grad()
    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimiser's parameters by the scale."""
        if not self._enabled:
            return
        scale, stage = self._seen("unscale_"), self._of(optimizer)
        if stage.name == "unscaled":
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last "
                "update()."
            )
        if stage.name == "stepped":
            raise RuntimeError("unscale_() is being called after step().")
        stage.name = "unscaled"
        inverse = float(scale.double().reciprocal().float())
        for p in (p for g in optimizer.param_groups for p in g["params"]):
            if p.grad is not None:
                finite = bool(p.grad.isfinite().all())
                stage.overflowed = bool(stage.overflowed) or not finite
                p.grad.mul_(inverse)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimiser's step, unless a gradient is not finite."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError(
                "Closure use is not currently supported if GradScaler is enabled."
            )
        self._seen("step")
        stage = self._of(optimizer)
        if stage.name == "stepped":
            raise RuntimeError(_STEPPED)
        if stage.name == "ready":
            self.unscale_(optimizer)
        if stage.overflowed is None:
            raise AssertionError("No inf checks were recorded for this optimizer.")
        out = None if stage.overflowed else optimizer.step(*args, **kwargs)
        stage.name = "stepped"
        return out

    def update(self, new_scale: Any = None) -> None:
        """The scale for the next iteration; all optimisers may step again."""
        if not self._enabled:
            return
        scale = self._seen("update")
        if new_scale is not None:
            scale.fill_(new_scale)
        else:
            found = [s.overflowed for s in self._stages.values()]
            known = [f for f in found if f is not None]
            if not known:
                raise AssertionError("No inf checks were recorded prior to update.")
            self._adapt(scale, any(known))
        self._stages = {}

    def _adapt(self, scale: Any, overflowed: bool) -> None:
        if overflowed:
            scale.mul_(self._backoff_factor)
            self._growth_tracker = 0
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._growth_interval:
            if bool((grown := scale * self._growth_factor).isfinite()):
                scale.copy_(grown)
            self._growth_tracker = 0

    def is_enabled(self) -> bool:
        return self._enabled

    def get_scale(self) -> float:
        if not self._enabled:
            return 1.0
        return float(self._init_scale if self._scale is None else self._scale.item())

    def _get_growth_tracker(self) -> int:
        return self._growth_tracker if self._enabled else 0

    def state_dict(self) -> dict[str, Any]:
        if not self._enabled:
            return {}
        kept = {name: getattr(self, f"_{name}") for name in _KEPT}
        return {
            "scale": self.get_scale(),
            **kept,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a "
                "disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(self._init_scale)
        for name in _KEPT:
            setattr(self, f"_{name}", state_dict[name])
        self._growth_tracker = state_dict["_growth_tracker"]


class _Stage:
    """What happened to an optimiser since the last update: ready, unscaled, stepped.

    Attributes:
        overflowed: whether a gradient was not finite; None before any was seen.
    """

    def __init__(self) -> None:
        self.name = "ready"
        self.overflowed: bool | None = None


_KEPT = ("growth_factor", "backoff_factor", "growth_interval")


def _accessors(name: str) -> None:
    def get(self: Any) -> Any:
        return getattr(self, f"_{name}")

    def put(self: Any, value: Any) -> None:
        setattr(self, f"_{name}", value)

    for fn, verb in ((get, "get"), (put, "set")):
        fn.__name__ = f"{verb}_{name}"
        fn.__qualname__ = f"GradScaler.{fn.__name__}"
        setattr(GradScaler, fn.__name__, fn)


for _name in _KEPT:
    _accessors(_name)
