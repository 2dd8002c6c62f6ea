"""Checks of optimizers' numbers, with MindSpore's errors."""

from __future__ import annotations

from typing import Any


def _float(owner: str, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(
            f"For '{owner}', the type of '{name}' should be one of 'float', but got "
            f"'{value}' with type '{type(value).__name__}'."
        )


def fraction(owner: str, **values: Any) -> None:
    for name, v in values.items():
        _float(owner, name, v)
        if not 0.0 < v < 1.0:
            raise ValueError(
                f"For '{owner}', the '{name}' must be in range of (0.0, 1.0), but got "
                f"{v} with type 'float'."
            )


def positive(owner: str, **values: Any) -> None:
    for name, v in values.items():
        _float(owner, name, v)
        if v <= 0:
            raise ValueError(
                f"For '{owner}', the '{name}' must be float and must > 0, but got "
                f"'{v}' with type '{type(v).__name__}'."
            )


def number(owner: str, **values: Any) -> None:
    for name, v in values.items():
        _float(owner, name, v)
        if v < 0:
            raise ValueError(
                f"For '{owner}', the '{name}' must be float and must >= 0, but got "
                f"'{v}' with type '{type(v).__name__}'."
            )


def least(owner: str, end: str = ".", **values: Any) -> None:
    """The same, as SGD and Momentum say it."""
    for name, v in values.items():
        if isinstance(v, bool) or not isinstance(v, int | float):
            raise TypeError(
                f"For '{owner}', the argument '{name}' must be float type, but got "
                f"{type(v)}."
            )
        if v < 0:
            raise ValueError(
                f"For '{owner}', the argument '{name}' must be at least 0.0, but got "
                f"{v}{end}"
            )
