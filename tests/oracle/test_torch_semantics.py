"""The tensor API held against PyTorch: dtypes, shapes, strides, values, error texts."""

from __future__ import annotations

import contextlib
import re
import warnings
from typing import Any

import numpy as np
import pytest

import isograd.torch as isotorch
from tests.oracle import torch_semantics

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
_NUMBER = re.compile(r"(?<![A-Za-z_\d])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
CHUNK = 60


def shown(namespace: Any, value: Any) -> str:
    """All that a program can see of a value."""
    if isinstance(value, namespace.Tensor):
        label = value.grad_fn.name() if value.grad_fn is not None else ""
        return (
            f"{value.dtype} {tuple(value.shape)} {value.stride()} "
            f"{value.storage_offset()} {value.requires_grad} {label} "
            f"{value.detach().tolist()}"
        )
    if isinstance(value, tuple | list):
        parts = ", ".join(shown(namespace, x) for x in value)
        return f"{type(value).__name__}({parts})"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {value.tolist()}"
    return f"{type(value).__name__} {value!r}"


def outcome(namespace: Any, code: str) -> str:
    scope: dict[str, Any] = {"torch": namespace, "np": np, "F": namespace.nn.functional}
    exec("import math, copy, pickle, io, operator; from math import inf, nan", scope)

    def bw(y: Any, *xs: Any) -> Any:
        return namespace.autograd.grad(y.sum() if y.dim() else y, xs, allow_unused=True)

    def err(f: Any, *args: Any) -> Any:
        try:
            return f(*args)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    scope |= {"bw": bw, "err": err}
    *statements, last = code.split("; ")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for statement in statements:
                exec(statement, scope)
            with contextlib.suppress(SyntaxError):
                return cleaned(shown(namespace, eval(last, scope)))
            exec(last, scope)
            return "done"
        except Exception as error:
            return cleaned(f"{type(error).__name__}: {error}")


def cleaned(text: str) -> str:
    text = text.split("\nException raised from")[0].replace("isograd.torch", "torch")
    return _ADDRESS.sub("0x", text)


def same(found: str, expected: str) -> bool:
    if found == expected:
        return True
    if _NUMBER.sub("#", found) != _NUMBER.sub("#", expected):
        return False
    a, b = (list(map(float, _NUMBER.findall(s))) for s in (found, expected))
    return bool(np.allclose(a, b, rtol=3e-5, atol=1e-6, equal_nan=True))


def chunks() -> list[Any]:
    return [
        pytest.param(lines[i : i + CHUNK], id=f"{area}-{i // CHUNK}")
        for area, lines in torch_semantics.ALL.items()
        for i in range(0, len(lines), CHUNK)
    ]


@pytest.mark.parametrize("lines", chunks())
def test_programs_have_the_same_outcome(lines: list[str]) -> None:
    wrong = []
    for code in lines:
        found, expected = outcome(isotorch, code), outcome(torch, code)
        if not same(found, expected):
            wrong.append(f"{code}\n  found    {found}\n  expected {expected}")
    assert not wrong, f"{len(wrong)} of {len(lines)}:\n" + "\n".join(wrong[:10])
