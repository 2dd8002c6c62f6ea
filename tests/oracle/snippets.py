"""Runs one snippet under PyTorch and under isograd.torch and compares the outcomes.

A snippet is an expression, or statements that end in one, over `torch` and the inputs
that `inputs` makes.  Its outcome is a list of texts: of the results, with the names of
their nodes; of the gradients of a weighted sum of them; or of the exception.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

import numpy as np

_NUMBER = re.compile(r"(?<![A-Za-z_\d])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)")


def inputs(torch: Any) -> dict[str, Any]:
    """Fixed inputs: the same numbers in both namespaces."""
    rng = np.random.default_rng(7)

    def floats(*shape: int, lo: float = -2, hi: float = 2) -> Any:
        values = np.asarray(rng.uniform(lo, hi, shape), np.float32)
        return torch.tensor(values, requires_grad=True)

    names = {
        "a": floats(2, 3),
        "b": floats(2, 3),
        "p": floats(2, 3, lo=0.3, hi=0.9),
        "v": floats(3),
        "w": floats(3),
        "s": floats(),
        "q": floats(3, 3),
        "r": floats(3, 4),
        "t3": floats(2, 3, 4),
        "u3": floats(2, 4, 5),
        "d": torch.tensor(rng.normal(size=(2, 3)), requires_grad=True),
        "e": torch.tensor(np.zeros((0, 3), np.float32), requires_grad=True),
        "i": torch.tensor([[3, 1, 2], [5, -4, 0]]),
        "j": torch.tensor([0, 2, 1]),
        "k": torch.tensor([[0, 2, 1], [1, 0, 0]]),
        "m": torch.tensor([[True, False, True], [False, True, True]]),
        "c": torch.tensor(
            rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)), requires_grad=True
        ),
        "h": torch.tensor(rng.normal(size=(2, 3)).astype(np.float16)),
        "g": torch.tensor(rng.normal(size=(2, 3)).astype(np.float32)),
        "spd": torch.tensor(
            np.array([[4, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 2]]), requires_grad=True
        ),
        "np": np,
    }
    return {"torch": torch, **names}


def execute(code: str, scope: dict[str, Any]) -> Any:
    """The value of the last expression of `code`."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(code, scope)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<snippet>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<snippet>", "eval"), scope)


def outcome(torch: Any, code: str) -> list[str]:
    """What a snippet gives: texts of results and gradients, or of the exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        scope = inputs(torch)
        try:
            result = execute(code, scope)
        except Exception as error:
            return [error_text(error)]
        return [repr(result), *gradient_texts(torch, result, scope)]


def error_text(error: Exception) -> str:
    return f"{kind_of(error)}: {error}"


def kind_of(error: Exception) -> str:
    """The built-in class that a program would catch."""
    return next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")


def tensors_in(x: Any, torch: Any) -> list[Any]:
    if isinstance(x, torch.Tensor):
        return [x]
    if isinstance(x, tuple | list):
        return [t for y in x for t in tensors_in(y, torch)]
    return []


def gradient_texts(torch: Any, result: Any, scope: dict[str, Any]) -> list[str]:
    """The gradients of a weighted sum of the results, by the inputs' names."""
    total: Any = None
    for t in tensors_in(result, torch):
        if not t.requires_grad:
            continue
        u = t.real + 0.5 * t.imag if t.is_complex() else t
        weights = np.cos(np.arange(u.numel())).reshape(tuple(u.shape))
        term = (u * torch.tensor(weights / max(u.numel(), 1)).to(u.dtype)).sum()
        total = term if total is None else total + term.to(total.dtype)
    if total is None:
        return []
    names = [
        n
        for n, v in scope.items()
        if isinstance(v, torch.Tensor)
        and v.requires_grad
        and v.is_leaf
        and v is not result
    ]
    try:
        grads = torch.autograd.grad(total, [scope[n] for n in names], allow_unused=True)
    except Exception as error:
        return ["grad: " + error_text(error)]
    return [f"{n}: {g!r}" for n, g in zip(names, grads, strict=True) if g is not None]


def same(found: list[str], expected: list[str]) -> bool:
    """Equal texts, where numbers may differ by rounding in their last printed digit."""
    return len(found) == len(expected) and all(map(same_text, found, expected))


def same_text(found: str, expected: str) -> bool:
    if found == expected:
        return True
    if "received an invalid combination of arguments" in expected:
        return found.startswith("TypeError: ")  # the list of signatures is not ours
    if "objects is not writable" in expected:
        return found.startswith("AttributeError: ")  # names PyTorch's own C class
    if "Error: " in expected:
        return False
    # a number that rounds otherwise may change the width of its column
    blank = [
        re.sub(r"\s+", " ", _NUMBER.sub("#", t)).replace("[ ", "[")
        for t in (found, expected)
    ]
    if blank[0] != blank[1]:
        return False
    numbers = [
        np.array(list(map(float, _NUMBER.findall(t)))) for t in (found, expected)
    ]
    return np.allclose(*numbers, rtol=2e-3, atol=2e-4, equal_nan=True)
