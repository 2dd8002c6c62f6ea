"""The engine's errors in MindSpore's words."""

from __future__ import annotations

from typing import Any

from isograd.base.errors import EngineError

INPUT_WRITTEN = (
    "Can not modify tensor id of input tensor from network by assign value, this may "
    "caused by slice op, please check your code to avoid this error!"
)


def translated(error: EngineError) -> Exception:
    """The exception MindSpore raises for an error of the engine."""
    if error.code in ("leaf", "view_leaf"):
        return RuntimeError(INPUT_WRITTEN)
    if error.code == "not_differentiable":
        return RuntimeError(
            f"Illegal primitive: Primitive {error.fields['name']}'s bprop not defined."
        )
    return RuntimeError(str(error))


def broadcast(name: str, a: Any, b: Any) -> ValueError:
    """Shapes that do not broadcast."""
    return ValueError(
        f"For '{name}', input1.shape and input2.shape need to broadcast. The value of "
        f"input1.shape or input2.shape must be equal or one of them must be 1, but got "
        f"input1.shape: {list(a)} and input2.shape: {list(b)}."
    )


def operand(name: str, x: Any) -> TypeError:
    """An operand of a type that the operation does not take."""
    return TypeError(
        f"For '{name}', the input must be a Tensor or a number, but got "
        f"{x!r} with type {type(x).__name__}."
    )


def axis(name: str, value: Any, rank: int) -> ValueError:
    """An axis out of range."""
    low = -rank if rank else -1
    return ValueError(
        f"For '{name}', the 'axis' must be in range [{low}, "
        f"{max(rank, 1)}), but got {value}."
    )
