"""The PyTorch example programs print what the real PyTorch prints.

Each text in `recorded/` is the standard output of the script of that name under
PyTorch 2.13.0 on the CPU (`python examples/NAME.py > tests/examples/recorded/NAME.txt`
where pip has installed torch==2.13.0).  Words, shapes and the layout of lines must
agree; of numbers the last digits may differ, since most compute in float32.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.test_examples_mindspore import ROOT, numbers, words

RECORDED = sorted((Path(__file__).parent / "recorded").glob("torch_*.txt"))


@pytest.mark.parametrize("text", RECORDED, ids=lambda p: p.stem)
def test_an_example_prints_what_pytorch_prints(text: Path) -> None:
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
    assert numbers(found.stdout) == pytest.approx(numbers(expected), rel=1e-3, abs=1e-4)
