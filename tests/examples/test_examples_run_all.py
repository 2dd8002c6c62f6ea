"""`make run`: the seed programs, and the same network trained by both dialects."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
pytest.importorskip("tqdm", reason="the examples show a progress bar")

ROOT = Path(__file__).parent.parent.parent
SEEDS = {
    "seed_torch.py": "tensor(12.) tensor(4.)\ntensor(12.)\n",
    "seed_mindspore.py": (
        "[[1.4100001 1.5999999 6.6      ]\n [1.4100001 1.5999999 6.6      ]]\n"
    ),
}


@pytest.mark.parametrize("script", SEEDS)
def test_a_seed_program_prints_its_gradients(script: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "isograd", "run", f"examples/{script}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert (found.stdout, found.stderr) == (SEEDS[script], "")


def test_both_dialects_train_the_same_network() -> None:
    found = subprocess.run(
        [sys.executable, "examples/run_all.py"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=240,
    )
    assert found.returncode == 0, found.stderr
    for printed in SEEDS.values():
        assert printed in found.stdout
    accuracies = re.findall(r"epoch 15 .*accuracy ([\d.]+)%", found.stdout)
    assert len(accuracies) == 2 and all(float(a) >= 96 for a in accuracies)
    rows = re.findall(r"^(\w+\.\w+) +(\S+) +(\S+) +(\S+) +(\S+)$", found.stdout, re.M)
    assert len(rows) == 4
    for name, *numbers in rows:
        assert all(float(n) < 1e-3 for n in numbers), name
