"""What an import of isograd does not load: the libraries of the rarer needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = (
    "scipy llvmlite ml_dtypes multiprocessing unittest asyncio ssl PIL torch mindspore"
)


@pytest.mark.parametrize("module", ["isograd", "isograd.torch", "isograd.mindspore"])
def test_an_import_loads_numpy_and_our_own_modules(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        f"print(*(n for n in {LATER.split()!r} if n in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.stdout, found.stderr) == ("\n", "")


def test_one_dialect_does_not_load_the_other() -> None:
    code = (
        "import sys, isograd.{}\n"
        "print(any(n.startswith('isograd.{}') for n in sys.modules))"
    )
    for one, other in (("torch", "mindspore"), ("mindspore", "torch")):
        words = [sys.executable, "-c", code.format(one, other)]
        assert subprocess.run(words, capture_output=True, text=True).stdout == "False\n"
