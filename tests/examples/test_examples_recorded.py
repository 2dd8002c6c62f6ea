"""The example programs print what the real frameworks print.

Each text in `recorded/` is the standard output of the script of that name under PyTorch
2.13.0 or MindSpore 2.10.0 on the CPU (`python examples/NAME.py >
tests/examples/recorded/NAME.txt` where pip has installed torch==2.13.0, or
mindspore==2.10.0).  Words, shapes and the layout of lines must agree; of numbers the
last digits may differ, since both sides compute in float32.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.txt"))
NUMBER = re.compile(r"[-+]?\d+\.\d*(?:e[-+]?\d+)?")


@pytest.mark.parametrize("text", RECORDED, ids=lambda p: p.stem)
def test_an_example_prints_what_its_framework_prints(text: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "isograd", "run", f"examples/{text.stem}.py"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert (found.returncode, found.stderr) == (0, "")
    expected = text.read_text(encoding="utf-8")
    assert words(found.stdout) == words(expected)
    assert numbers(found.stdout) == pytest.approx(numbers(expected), rel=2e-4, abs=2e-4)


def words(printed: str) -> list[str]:
    """The text without numbers and the blanks that align them."""
    return NUMBER.sub("#", printed).split()


def numbers(printed: str) -> list[float]:
    return [float(n) for n in NUMBER.findall(printed)]
