"""Complex numbers as pairs of reals; writes that change shapes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from isograd.core.primitive import REGISTRY, Payload
from isograd.core.storage import note_write, root
from isograd.torch.call import (
    Named,
    check_write,
    public,
    sizes_of,
    view_of,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.shapes import _SELECT, F
from isograd.torch.table import FUNCTIONS, attach, row, tensor_row
from isograd.torch.tensor import Tensor, address

# --- complex numbers as pairs ---------------------------------------------------------


def _part(x: Any, index: int, label: str) -> Any:
    pairs = view_of(x, REGISTRY["view_as_real"], "ViewAsRealBackward0")
    return view_of(pairs, _SELECT, label, axis=x._p.ndim, index=index)


def _real(x: Any) -> Any:
    return _part(x, 0, "SelectBackward0") if x.is_complex() else x


def _imag(x: Any) -> Any:
    if not x.is_complex():
        raise RuntimeError(
            "imag is not implemented for tensors with non-complex dtypes."
        )
    return _part(x, 1, "SelectBackward0")


def _set_part(part: Any) -> Any:
    return lambda self, value: part(self).copy_(value)


attach(real=property(_real, _set_part(_real)))
attach(imag=property(_imag, _set_part(_imag)))
FUNCTIONS["real"], FUNCTIONS["imag"] = _real, _imag


@row(label="ConjBackward0")
def conj(input: Payload) -> Payload:
    return F.conj(input)


def _same_or(fn: Any) -> Any:
    return lambda input: fn(input) if input.is_complex() else input


for _name in ("conj", "conj_physical", "resolve_conj"):
    _fn = _same_or(public(conj, "conj", "ConjBackward0"))
    tensor_row(_fn if _name != "resolve_conj" else lambda input: input, name=_name)
tensor_row(lambda input: input, name="resolve_neg")


@row(method=False)
def complex(real: Payload, imag: Payload) -> Payload:
    if real.dtype != imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {of_numpy(real.dtype).scalar_type} but "
            "got "
            f"scalar type {of_numpy(imag.dtype).scalar_type} for second argument"
        )
    if real.dtype.kind != "f":
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{of_numpy(real.dtype).scalar_type} and "
            f"{of_numpy(imag.dtype).scalar_type}"
        )
    return F.complex_(real, imag)


@row(method=False, label="ComplexBackward0")
def polar(abs: Payload, angle: Payload) -> Payload:
    return Named(F.polar(abs, angle), "PolarBackward0")


@tensor_row(method=False)
def view_as_real(input: Any) -> Any:
    if not input.is_complex():
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return view_of(input, REGISTRY["view_as_real"], "ViewAsRealBackward0")


@tensor_row(method=False)
def view_as_complex(input: Any) -> Any:
    if not input.is_floating_point():
        raise RuntimeError(
            "view_as_complex is only supported for half, float and "
            "double tensors, but got a tensor of scalar type: "
            f"{input.dtype.scalar_type}"
        )
    if not input._p.ndim or input._p.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    return view_of(input, REGISTRY["view_as_complex"], "ViewAsComplexBackward0")


# --- writes of the shape kind ---------------------------------------------------------


def _view_in_place(name: str) -> None:
    """`t_`, `squeeze_`...: the tensor becomes a view of what it was."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_write(self)
        out = getattr(self, name)(*args, **kwargs)
        self._p, self._node = out._p, out._node
        if type(self._p) is np.ndarray:
            note_write(self._p)
        if self._node is not None:
            self._node.label = labels.get(name, self._node.label)
            if name == "squeeze" and not args and not kwargs:
                self._node.label = "SqueezeBackward3"
        return self

    labels = {
        "squeeze": "SqueezeBackward4",
        "unsqueeze": "UnsqueezeBackward1",
        "t": "TBackward1",
        "transpose": "TransposeBackward1",
    }
    setattr(Tensor, f"{name}_", method)


for _name in ("t", "squeeze", "unsqueeze", "transpose", "swapaxes", "swapdims"):
    _view_in_place(_name)


@tensor_row(function=False)
def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
    shape = sizes_of(sizes)
    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    p = self.array("resize_")
    count, flat = prod(shape), p.reshape(-1)
    whole = root(p).reshape(-1)  # what an earlier call left
    if count > p.size and whole.size >= count and address(whole) == address(p):
        flat = whole
    elif count > p.size:
        flat = np.zeros(count, p.dtype)
        flat[: p.size] = p.reshape(-1)
    self._p = flat[:count].reshape(shape)
    return self
