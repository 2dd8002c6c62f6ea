"""The seed program prints what MindSpore prints, and is fast enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "seed_mindspore.py"


def test_the_seed_program_prints_character_by_character() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "isograd", "run", str(EXAMPLE)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "[[1.4100001 1.5999999 6.6      ]\n [1.4100001 1.5999999 6.6      ]]\n"
    )
