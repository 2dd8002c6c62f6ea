"""Dtypes and matrices that PyTorch's functions refuse, from a recorded table.

Which kernels PyTorch has is a list of facts (`base/names/torch_dtypes.txt`, by
`tools/record_dtypes.py`), and so is what it says where it has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch import dtypes

_LETTERS = dict(
    zip(
        ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16"),
        "bBhsileg",
        strict=True,
    )
) | {"float32": "f", "float64": "d", "complex64": "F", "complex128": "D"}
_KINDS = {"NotImplementedError": NotImplementedError, "RuntimeError": RuntimeError}
Refusals = dict[str, tuple[str, str]]


@cache
def _rows() -> dict[str, Refusals]:
    """By function: the exception and text for letters of dtypes."""
    place = resources.files("isograd.base") / "names" / "torch_dtypes.txt"
    rows: dict[str, Refusals] = {}
    for line in place.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition("|")
        text, _, names = rest.rpartition("|")
        for name in names.split():
            name, _, letters = name.partition(":")
            row = rows.setdefault(name, {})
            if letters == "*":
                row[kind] = kind, text
            else:
                row.update(dict.fromkeys(letters, (kind, text)))
    return rows


def refused_by(name: str) -> Refusals:
    """What a function (`erf`, `nn.gelu`) or method (`Tensor.erf_`) says of dtypes."""
    return _rows().get(name, {})


def _check_shape(refused: Refusals, shape: Sequence[int]) -> None:
    """Raise if this is no matrix, or not a square one, where such is asked for."""
    if "matrix" in refused and len(shape) < 2:
        own = refused["matrix"][1]
        raise RuntimeError(
            f"{own}: The input tensor A must have at least 2 dimensions."
        )
    if "square" in refused and len(shape) > 1 and shape[-1] != shape[-2]:
        raise RuntimeError(
            f"{refused['square'][1]}: A must be batches of square matrices, but they are "
            f"{shape[-2]} by {shape[-1]} matrices"
        )


_PLAIN = re.compile(r"(eq|ne|lt|le|gt|ge|less|greater|not_equal|logical).*_")
"""Functions that write to their first operand whether something holds."""


def check_operands(
    refused: Refusals, args: Sequence[Any], kwargs: dict[str, Any], written: str = ""
) -> None:
    """Raise if the tensors, all of one dtype, have one that the function refuses.

    Where elementwise kernels promote, that is the common dtype of all operands.
    `written` is the name of a function that writes to its first operand.

    Raises:
        RuntimeError, NotImplementedError: so, and for a first one that is no matrix.
    """
    if args and isinstance(args[0], CoreTensor):
        _check_shape(refused, args[0]._p.shape)
    if kwargs and ("dtype" in kwargs or kwargs.get("out") is not None):
        return
    given = (*args, *kwargs.values())
    tensors = [x for x in given if isinstance(x, CoreTensor)]
    if not tensors or any(isinstance(x, dtypes.dtype) for x in given):
        return
    if not all(x._p.size for x in tensors):
        return
    found = dtypes.of_numpy(tensors[0]._p.dtype)
    if any(x._p.dtype != tensors[0]._p.dtype for x in tensors):
        if not _promotes(refused):
            return
        found = dtypes.result_of([x._p for x in tensors])
        own = dtypes.of_numpy(tensors[0]._p.dtype)
        if (
            written
            and not _PLAIN.fullmatch(written)
            and not dtypes.can_cast(found, own)
        ):
            raise RuntimeError(
                f"result type {found.scalar_type} can't be cast to the desired output "
                f"type {own.scalar_type}"
            )
    why = refused.get(_LETTERS.get(found.name, ""))
    if why is not None:
        raise _KINDS[why[0]](why[1].replace("{}", found.scalar_type))


_ELEMENTWISE = frozenset(
    f"\"{name}_cpu\" not implemented for '{{}}'"
    for name in (
        *(
            "atan2",
            "gcd",
            "lcm",
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
            "ge",
            "gt",
        ),
        *("le", "lt", "copysign", "fmod", "remainder", "hypot", "nextafter", "xlogy"),
        *("lshift", "rshift", "div_floor", "igamma", "igammac", "logaddexp"),
    )
)


def _promotes(refused: Refusals) -> bool:
    return any(text in _ELEMENTWISE for _, text in refused.values())
