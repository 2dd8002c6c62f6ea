"""Every example of the documentation is run; what it prints stands below it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```python(?: (\w+))?\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.S)


class Example(NamedTuple):
    page: str
    number: int
    source: str
    printed: str


def examples() -> list[Example]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for number, match in enumerate(BLOCK.finditer(text)):
            _, source, printed = match.groups()
            if printed is not None:
                found.append(Example(page.name, number, source, printed))
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda e: f"{e.page}-{e.number}")
def test_an_example_prints_what_the_page_says(example: Example) -> None:
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "isograd", "run", "-c", example.source],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert found.stderr == ""
    assert found.stdout == example.printed


def test_generated_pages_are_current() -> None:
    found = subprocess.run(
        [sys.executable, "tools/make_docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.returncode == 0, found.stdout + found.stderr
