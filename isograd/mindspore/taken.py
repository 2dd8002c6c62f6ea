"""What MindSpore's functions take, as recorded from it: parameters, calls, dtypes.

`tools/record_mindspore_calls.py` tells what the files hold.  A function is known by its
place, `ops.cumsum` or `Tensor.cumsum`; of one that was not recorded nothing is demanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

Binder = Callable[..., None]


def _lines(what: str) -> list[str]:
    file = resources.files("isograd.base") / "names" / f"mindspore_{what}.txt"
    return file.read_text(encoding="utf-8").splitlines()


@cache
def _signatures() -> dict[str, str]:
    return dict(line.split(" ", 1) for line in _lines("signatures"))


@cache
def _calls() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _lines("calls"):
        valid, _, names = line.partition("\t")
        found.update(dict.fromkeys(names.split(), valid))
    return found


@cache
def _refused() -> dict[str, tuple[str, str]]:
    """Name to the letters of the dtypes it refuses, and the text."""
    found: dict[str, tuple[str, str]] = {}
    for line in _lines("dtypes"):
        text, _, words = line.partition("\t")
        for word in words.split():
            name, _, letters = word.partition(":")
            found[name] = letters, text.replace(r"\n", "\n")
    return found


@cache
def _firsts() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _lines("firsts"):
        text, _, names = line.partition("\t")
        found.update(dict.fromkeys(names.split(), text.replace(r"\n", "\n")))
    return found


def first_refused(key: str, x: Any, older: str) -> Exception | None:
    """What a function says of a first argument that is no tensor.

    Args:
        older: the argument's type as older operators name it.
    """
    kind, _, text = _firsts().get(key, "").partition(" ")
    if not kind:
        return None
    if isinstance(x, int | float) and re.search("int|number|scalar", text, re.I):
        return None  # numbers are taken
    if kind == "AttributeError":
        attribute = re.search(r"attribute '(\w+)'", text)
        if attribute and hasattr(x, attribute[1]):
            return None
    shown = text.replace("{older}", older).replace("{}", type(x).__name__)
    return {"AttributeError": AttributeError, "ValueError": ValueError}.get(
        kind, TypeError
    )(shown)


def _anything(*args: Any, **kwargs: Any) -> None:
    """The binder of a function whose parameters are not known."""


def binder(key: str) -> Binder:
    """A function without effect that takes what the one called `key` takes.

    Its TypeErrors are Python's own, with the name that MindSpore's function has.
    """
    text = _signatures().get(key)
    if text is None:
        return _anything
    name, _, parameters = text.partition("(")
    scope: dict[str, Any] = {}
    exec(f"def bind({parameters}: pass", scope)
    bind = scope["bind"]
    bind.__qualname__ = name
    return bind


def bound(key: str, error: Exception, args: Any, kwargs: Any) -> None:
    """Raise what is wrong with the number or the names of a call's arguments, if that
    made a function fail with `error`."""
    if key in _signatures():
        binder(key)(*args, **kwargs)
        return
    name = key.rpartition(".")[2]
    overloads = _calls().get(key, "")
    lacking = re.search(r"\(\) missing \d+ required positional argument", str(error))
    if lacking and overloads[:1] == "(" and len(args) == 1 and not kwargs:
        lines = "\n".join(f'"Tensor.{name}{o}"' for o in overloads.split("|"))
        raise TypeError(
            f'Failed calling {name} with "{name}()".\nThe valid calling should be:\n'
            f"{lines}\n"
        ) from None
    unknown = re.search(r"\(\) got an unexpected keyword argument '(\w+)'$", str(error))
    if key and unknown and unknown[1] in kwargs:
        raise TypeError(
            f"{name}() got an unexpected keyword argument '{unknown[1]}'."
        ) from None


def valid_call(key: str) -> str | None:
    """What MindSpore shows as the valid calling of a function."""
    return _calls().get(key)


def refused_dtypes(key: str) -> dict[np.dtype[Any], TypeError]:
    """The errors for the dtypes that a function refuses in its first operand."""
    from isograd.mindspore.dtype import of_numpy

    letters, text = _refused().get(key, ("", ""))
    dtypes = [np.dtype(letter) for letter in letters]
    return {d: TypeError(text.replace("{}", str(of_numpy(d)))) for d in dtypes}


def check_dtype(refused: dict[np.dtype[Any], TypeError], operands: Any) -> None:
    """Raise the error for the dtype of the first operand, if it is refused."""
    first = getattr(operands[0], "_p", None)
    if first is not None and first.dtype in refused:
        raise refused[first.dtype].with_traceback(None)
