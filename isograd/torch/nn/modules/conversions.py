"""What `Module` does to its whole tree: modes, gradients, dtypes and devices."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from isograd.torch import dtypes
from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.nn.parameter import clear_grad
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor

_COMPLEX = (
    "Complex modules are a new feature under active development whose design may "
    "change, and some modules might not work as expected when using complex tensors "
    "as parameters or buffers. Please file an issue at https://github.com/pytorch/"
    "pytorch/issues/new?template=bug-report.yml if a complex module does not work as "
    "expected."
)
T = TypeVar("T", bound="Conversions")


def placed(cls: Any) -> None:
    """Let a class of modules make its tensors on the `device` that it is given."""
    own = cls.__dict__.get("__init__")
    code = getattr(own, "__code__", None)
    names = () if code is None else code.co_varnames[1 : code.co_argcount]
    if own is None or "device" not in names or hasattr(own, "__wrapped__"):
        return
    place = names.index("device")

    @functools.wraps(own)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        where = kwargs.get("device") or (args[place] if len(args) > place else None)
        if where is None:
            own(self, *args, **kwargs)
            return
        dtypes.check_device(where)
        with dtypes.device(where):
            own(self, *args, **kwargs)

    cls.__init__ = init


class Conversions:
    """The methods of `Module` that act on a module and all that it contains."""

    training: bool
    _parameters: Any
    _buffers: Any
    children: Callable[..., Any]
    parameters: Callable[..., Any]

    def train(self: T, mode: bool = True) -> T:
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for m in self.children():
            m.train(mode)
        return self

    def eval(self: T) -> T:
        return self.train(False)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        for p in self.parameters():
            if p.grad is not None:
                clear_grad(p, set_to_none)

    def apply(self: T, fn: Callable[..., Any]) -> T:
        for m in self.children():
            m.apply(fn)
        fn(self)
        return self

    def _apply(self: T, fn: Callable[..., Any], recurse: bool = True) -> T:
        if recurse:
            for m in self.children():
                m._apply(fn)
        for p in self._parameters.values():
            if p is None:
                continue
            with no_grad():
                p.data = fn(p.detach())
                if p.grad is not None:
                    grad = fn(p.grad.detach())
                    p.grad = None
                    p.grad = grad
        for name, b in self._buffers.items():
            if b is not None:
                self._buffers[name] = fn(b)
        return self

    def _cast(self: T, dtype: str) -> T:
        return self._apply(
            lambda t: getattr(t, dtype)() if t.is_floating_point() else t
        )

    def float(self: T) -> T:
        return self._cast("float")

    def double(self: T) -> T:
        return self._cast("double")

    def half(self: T) -> T:
        return self._cast("half")

    def bfloat16(self: T) -> T:
        return self._cast("bfloat16")

    def type(self: T, dst_type: Any) -> T:
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self: T) -> T:
        return self

    def cuda(self: T, device: Any = None) -> T:
        raise AssertionError("Torch not compiled with CUDA enabled")

    def xpu(self: T, device: Any = None) -> T:
        raise AssertionError("Torch not compiled with XPU enabled")

    def ipu(self: T, device: Any = None) -> T:
        raise RuntimeError("PyTorch is not linked with support for ipu devices")

    def mtia(self: T, device: Any = None) -> T:
        raise AssertionError("Torch not compiled with MTIA enabled")

    def share_memory(self: T) -> T:
        return self

    def to_empty(self: T, *, device: Any, recurse: bool = True) -> T:
        """The parameters and buffers on a device, their elements left open."""
        return self._apply(lambda t: FUNCTIONS["empty_like"](t, device=device), recurse)

    def to(self: T, *args: Any, **kwargs: Any) -> T:
        """Move and cast the floating point parameters and buffers."""
        from isograd.torch.dtypes import check_device, is_meta
        from isograd.torch.dtypes import dtype as Dtype

        target = kwargs.get("dtype")
        for a in (*args, kwargs.get("device")):
            if isinstance(a, Dtype):
                target = a
            elif isinstance(a, Tensor):
                target = a.dtype
            elif isinstance(a, int) and not isinstance(a, bool):
                raise RuntimeError(
                    "Cannot access accelerator device when none is available."
                )
            elif a is not None and not isinstance(a, bool):
                check_device(a)
                if not is_meta(a):
                    self._apply(_with_elements)
                else:
                    self._apply(lambda t: t.to("meta"))
        if target is None:
            return self
        if target.kind not in "fc":
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, "
                f"but got desired dtype={target}"
            )
        if target.kind == "c":
            warnings.warn(_COMPLEX, stacklevel=2)
        return self._apply(
            lambda t: t.to(target) if t.is_floating_point() or t.is_complex() else t
        )


def _with_elements(t: Any) -> Any:
    if t.is_meta:
        raise NotImplementedError(
            "Cannot copy out of meta tensor; no data! Please use torch.nn.Module."
            "to_empty() instead of torch.nn.Module.to() when moving module from meta to "
            "a different device."
        )
    return t


for _fn in vars(Conversions).values():  # errors name the class that users know
    if callable(_fn):
        _fn.__qualname__ = f"Module.{_fn.__name__}"
