"""Snippets executed with PyTorch and with isograd.torch, compared by what they print."""

from __future__ import annotations

import contextlib
import io
import re
import textwrap
import warnings
from difflib import ndiff
from typing import Any

import numpy as np

ADDRESS = re.compile(r"0x[0-9a-f]+")


def namespace(torch: Any) -> dict[str, Any]:
    names = {"torch": torch, "np": np, "__name__": "__main__"}
    with contextlib.suppress(AttributeError):
        names |= {"nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}
    return names


def printed(torch: Any, code: str) -> str:
    """What `code` prints with `torch`; an uncaught error is printed as type and text.

    Inside, `attempt(f)` prints what `f()` gives, or its error.
    """
    out = io.StringIO()
    names = namespace(torch)

    def attempt(f: Any) -> None:
        try:
            print(f())
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    names["attempt"] = attempt
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(textwrap.dedent(code), "<snippet>", "exec"), names)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
        finally:  # a snippet's print options end with it
            torch.set_printoptions(profile="default")
    return ADDRESS.sub("0x", out.getvalue())


def assert_same(code: str) -> None:
    import torch

    import isograd.torch

    found, expected = printed(isograd.torch, code), printed(torch, code)
    assert found == expected, "\n".join(
        ndiff(expected.splitlines(), found.splitlines())
    )
