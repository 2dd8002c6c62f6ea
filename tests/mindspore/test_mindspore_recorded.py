"""Small programs whose results were recorded from MindSpore 2.10, run on isograd.

How they were recorded: see `recorded/evaluate.py`.  A line of a case file whose result
MindSpore's CPU build refuses or gets wrong is not kept there.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "recorded"
RUN = """
import runpy, sys
import isograd
isograd.install("mindspore")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
EXPECTED = [
    (path.stem, *json.loads(line))
    for path in sorted(HERE.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


@cache
def ours(group: str) -> dict[str, Any]:
    """Program to result, for one case file."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.jsonl"
        subprocess.run(
            [sys.executable, "-c", RUN, HERE / "evaluate.py", HERE / f"{group}.txt",
             target],
            check=True,
        )  # fmt: skip
        return dict(json.loads(line) for line in target.read_text().splitlines())


def near(a: Any, b: Any, dtype: str) -> bool:
    if isinstance(a, list):
        return all(near(x, y, dtype) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        rel, low = {"Float16": (2e-3, 1e-3), "Float64": (1e-9, 1e-12)}.get(
            dtype, (3e-5, 2e-6)
        )
        return math.isclose(a, b, rel_tol=rel, abs_tol=low)
    return a == b


def same(a: Any, b: Any) -> bool:
    """Whether two described results agree: floats up to rounding of their dtype."""
    if a[0] != b[0]:
        return False
    if a[0] in ("T", "A"):
        return a[1:3] == b[1:3] and near(a[3], b[3], a[1])
    if a[0] == "L":
        return len(a[1]) == len(b[1]) and all(map(same, a[1], b[1]))
    if a[0] == "D":
        return [k for k, _ in a[1]] == [k for k, _ in b[1]] and all(
            same(x, y) for (_, x), (_, y) in zip(a[1], b[1], strict=True)
        )
    if a[0] == "P":
        return a[1] == b[1] and same(a[2], b[2])
    if a[0] == "F":
        return near(a[1], b[1], "")
    return a == b


@pytest.mark.parametrize(
    ("group", "code", "want"), EXPECTED, ids=[f"{g}: {c}" for g, c, _ in EXPECTED]
)
def test_as_recorded(group: str, code: str, want: Any) -> None:
    got = ours(group)[code]
    assert same(want, got), f"{code}\nMindSpore: {want}\nisograd:   {got}"
