"""`torch._foreach_*`: an operation on each tensor of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor

_UNARY = (
    "abs acos asin atan ceil clone cos cosh erf erfc exp expm1 floor frac lgamma log "
    "log10 log1p log2 neg reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh "
    "trunc max"
)
_BINARY = "add sub mul div pow maximum minimum clamp_min clamp_max lerp mm copy"
_TERNARY = "addcmul addcdiv"
_PLAIN = {"clone", "max", "mm"}  # have no form that writes into the list
_WRITE = {"copy"}  # has no other


def _listed(tensors: Any) -> Sequence[Any]:
    if not isinstance(tensors, list | tuple):
        raise TypeError("expected a list or tuple of tensors")
    if not tensors:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for i, t in enumerate(tensors):
        if not isinstance(t, CoreTensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got "
                f"{type(t).__name__}"
            )
    return tensors


def _each(value: Any, count: int) -> Sequence[Any]:
    """An argument for each tensor: those of a list, or one for all."""
    if isinstance(value, Tensor) and value.dim() == 1 and count > 1:
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return (value,) * count
    if len(value) != count:
        tensors = value and isinstance(value[0], CoreTensor)
        raise RuntimeError(
            f"Tensor lists must have the same number of tensors, got {count} and "
            f"{len(value)}"
            if tensors
            else "Tensor list must have same number of elements as scalar list."
        )
    return value


def _scaled(sum_: str, x: Any, other: Any, alpha: Any = 1) -> Any:
    return getattr(x, sum_)(other, alpha=alpha)


def _bounded(bound: str, x: Any, other: Any) -> Any:
    """Of x and a tensor or a number."""
    if isinstance(other, CoreTensor):
        return FUNCTIONS[bound](x, other)
    return x.clamp(min=other) if bound == "maximum" else x.clamp(max=other)


def _power(x: Any, exponent: Any) -> Any:
    return FUNCTIONS["pow"](x, exponent)


def _ternary(name: str, x: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return getattr(x, name)(a, b, value=value)


_SPECIAL: dict[str, Callable[..., Any]] = {
    "add": partial(_scaled, "add"),
    "sub": partial(_scaled, "sub"),
    "pow": _power,
    "maximum": partial(_bounded, "maximum"),
    "minimum": partial(_bounded, "minimum"),
    "clamp_min": partial(_bounded, "maximum"),
    "clamp_max": partial(_bounded, "minimum"),
    **{name: partial(_ternary, name) for name in _TERNARY.split()},
}


def _install(name: str) -> None:
    one = _SPECIAL.get(name) or (lambda x, *more: getattr(x, name)(*more))

    def new(self: Any, *others: Any, **options: Any) -> tuple[Any, ...]:
        if not isinstance(self, list | tuple) and name == "pow":
            exponents = _listed(others[0])
            return tuple(_power(self, e) for e in exponents)
        tensors = _listed(self)
        rows = [_each(o, len(tensors)) for o in others]
        keyed = {k: _each(v, len(tensors)) for k, v in options.items()}
        return tuple(
            one(t, *(r[i] for r in rows), **{k: v[i] for k, v in keyed.items()})
            for i, t in enumerate(tensors)
        )

    def write(self: Any, *others: Any, **options: Any) -> Any:
        tensors = _listed(self)
        if name == "copy":
            options.clear()  # `non_blocking`
            made = _each(others[0], len(tensors))
        else:
            made = new(self, *others, **options)
        for t, value in zip(tensors, made, strict=True):
            _replace(t, value)
        return self

    forms = {"": new, "_": write}
    for ending, fn in forms.items():
        if (name in _PLAIN and ending) or (name in _WRITE and not ending):
            continue
        fn.__name__ = fn.__qualname__ = f"_foreach_{name}{ending}"
        FUNCTIONS[fn.__name__] = fn


def _replace(t: Any, value: Any) -> None:
    if value.dtype.kind in "fc" and t.dtype.kind not in "fc":
        raise RuntimeError(
            f"result type {value.dtype.scalar_type} can't be cast to the desired output "
            f"type {t.dtype.scalar_type}"
        )
    t.copy_(value)


for _name in (*_UNARY.split(), *_BINARY.split(), *_TERNARY.split()):
    _install(_name)


def _foreach_zero_(self: Any) -> Any:
    for t in _listed(self):
        t.zero_()
    return self


def _foreach_norm(self: Any, ord: Any = 2, dtype: Any = None) -> tuple[Any, ...]:
    norm = FUNCTIONS["norm"]
    return tuple(norm(t, ord, dtype=dtype) for t in _listed(self))


def _foreach_powsum(self: Any, ord: Any = 2, dtype: Any = None) -> tuple[Any, ...]:
    return tuple(t.abs().pow(ord).sum(dtype=dtype) for t in _listed(self))


for _fn in (_foreach_zero_, _foreach_norm, _foreach_powsum):
    FUNCTIONS[_fn.__name__] = _fn
