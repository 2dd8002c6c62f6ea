"""Whole programs, run by Python with PyTorch and by `isograd run`: what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle")
HERE = Path(__file__).parent / "programs"
PROGRAMS = sorted(str(p) for p in HERE.glob("*.py") if p.name != "run.py")


@cache
def outcomes(*command: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, *command, str(HERE / "run.py"), *PROGRAMS],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: Path(p).stem)
def test_program_prints_the_same(path: str) -> None:
    assert outcomes("-m", "isograd", "run")[path] == outcomes()[path]
