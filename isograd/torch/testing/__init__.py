"""`torch.testing`: comparisons that explain themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isograd.base.dtypes import limits_of
from isograd.base.missing import module_getattr
from isograd.torch.creation import as_tensor
from isograd.torch.dtypes import dtype, of_numpy
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor

# dtype: (relative, absolute) tolerance
_TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Any = None,
) -> None:
    """Raise unless tensors, numbers or containers of them are close.

    Raises:
        AssertionError: naming the attribute or the elements that differ.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            "rtol and atol must both be specified or both be unspecified, but got "
            f"rtol={rtol} and atol={atol} instead."
        )
    options = {
        "rtol": rtol,
        "atol": atol,
        "equal_nan": equal_nan,
        "check_dtype": check_dtype,
        "check_stride": check_stride,
    }
    try:
        _compare(actual, expected, (), options)
    except AssertionError as error:
        text = str(error)
        if msg is not None:
            text = msg(text) if callable(msg) else msg
        raise AssertionError(text) from None


def _compare(a: Any, b: Any, path: tuple[Any, ...], o: Mapping[str, Any]) -> None:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if set(a) != set(b):
            raise AssertionError(
                "The keys of the mappings do not match:\nMissing keys in the actual "
                f"mapping: {sorted(set(b) - set(a))}\nAdditional keys in the actual "
                f"mapping: {sorted(set(a) - set(b))}"
            )
        for k in a:
            _compare(a[k], b[k], (*path, k), o)
        return
    if _is_sequence(a) and _is_sequence(b):
        if len(a) != len(b):
            raise AssertionError(
                f"The length of the sequences do not match: {len(a)} != {len(b)}"
            )
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            _compare(x, y, (*path, i), o)
        return
    _leaf(a, b, path, o)


def _is_sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str)


def _leaf(a: Any, b: Any, path: tuple[Any, ...], o: Mapping[str, Any]) -> None:
    if a is None and b is None:
        return
    numbers = all(isinstance(x, int | float | complex | np.number) for x in (a, b))
    tensors = all(isinstance(x, Tensor | np.ndarray) for x in (a, b))
    if not numbers and not tensors:
        raise TypeError(
            "No comparison pair was able to handle inputs of type "
            f"{type(a)} "
            f"and {type(b)}."
        )
    where = (
        ""
        if not path
        else "\n\nThe failure occurred for item " + "".join(f"[{k!r}]" for k in path)
    )
    try:
        if numbers:
            _close(np.asarray(a), np.asarray(b), True, o)
        else:
            _check_attributes(as_tensor(a), as_tensor(b), o)
            x, y = (as_tensor(v).detach().array() for v in (a, b))
            _close(x, y, False, o)
    except AssertionError as error:
        raise AssertionError(str(error) + where) from None


def _check_attributes(a: Tensor, b: Tensor, o: Mapping[str, Any]) -> None:
    names = ["shape", *(["dtype"] if o["check_dtype"] else [])]
    pairs = [(n, getattr(a, n), getattr(b, n)) for n in names]
    if o["check_stride"]:
        pairs.append(("stride()", a.stride(), b.stride()))
    for name, x, y in pairs:
        if x != y:
            raise AssertionError(
                f"The values for attribute '{name}' do not match: {x} != {y}."
            )


def _close(a: np.ndarray, b: np.ndarray, scalar: bool, o: Mapping[str, Any]) -> None:
    rtol, atol = o["rtol"], o["atol"]
    if rtol is None:
        rtol, atol = map(
            max,
            zip(
                *(_TOLERANCES.get(of_numpy(x.dtype).name, (0.0, 0.0)) for x in (a, b)),
                strict=True,
            ),
        )
    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    exact = rtol == 0 == atol and a.dtype.kind in "iub"
    x, y = (v.astype(np.int64 if exact else wide) for v in (a, b))
    with np.errstate(all="ignore"):
        gap = np.abs(x - y)
        good = (x == y) | (np.isfinite(gap) & (gap <= atol + rtol * np.abs(y)))
        if o["equal_nan"]:
            good |= np.isnan(x) & np.isnan(y)
        if good.all():
            return
        ratio = gap / np.abs(y)
    raise AssertionError(_report(a, b, gap, ratio, good, scalar, rtol, atol))


def _report(
    a: Any,
    b: Any,
    gap: Any,
    ratio: Any,
    good: Any,
    scalar: bool,
    rtol: float,
    atol: float,
) -> str:
    exact = rtol == 0 == atol
    kind = "Scalars" if scalar or a.ndim == 0 else "Tensor-likes"
    head = f"{kind} are not {'equal' if exact else 'close'}!\n\n"
    if kind == "Scalars":
        allowed = (
            ("", "")
            if exact
            else (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
        )
        return (
            f"{head}Expected {b.item()} but got {a.item()}.\nAbsolute difference: "
            f"{gap.item()}{allowed[0]}\nRelative difference: {ratio.item()}"
            f"{allowed[1]}"
        )
    bad = int((~good).sum())
    lines = [f"Mismatched elements: {bad} / {good.size} ({bad / good.size:.1%})"]
    for word, values, bound in (("absolute", gap, atol), ("relative", ratio, rtol)):
        values = np.where(good, 0, values)
        worst = np.unravel_index(int(np.argmax(values)), values.shape)
        index = tuple(map(int, worst))
        allowed = "" if exact else f" (up to {bound:g} allowed)"
        number = values[worst].item()
        if a.dtype.kind == "f" and a.dtype.itemsize <= 4 and word == "relative":
            number = float(np.float32(number))
        lines.append(f"Greatest {word} difference: {number} at index {index}{allowed}")
    return head + "\n".join(lines)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """The former `assert_close`: dtypes are not compared."""
    assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_dtype=False,
        msg=msg or None,
    )


def make_tensor(
    *shape: Any,
    dtype: dtype,
    device: Any = None,
    low: Any = None,
    high: Any = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of random numbers from `low` to `high`."""
    size = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    size = tuple(size)
    whole = dtype.kind in "iub"
    if requires_grad and whole:
        raise ValueError(
            "`requires_grad=True` is not supported for boolean and integral dtypes, "
            f"but got dtype={dtype!r}"
        )
    if noncontiguous and size:
        size = (*size[:-1], 2 * size[-1])
    low, high = -9 if low is None else low, (9 + whole) if high is None else high
    if dtype.np.kind in "bu":
        low, high = max(low, 0), min(high, 2) if dtype.np.kind == "b" else high
    t = FUNCTIONS["empty"](size, dtype=dtype)
    if whole:
        t.random_(int(low), int(high))
    else:
        (FUNCTIONS["view_as_real"](t) if dtype.kind == "c" else t).uniform_(low, high)
    if noncontiguous and size:
        t = t[..., 1::2]
    if exclude_zero:
        t[t == 0] = 1 if whole else limits_of(dtype.np).tiny
    return t.requires_grad_() if requires_grad else t


__getattr__ = module_getattr("torch.testing", "torch")
