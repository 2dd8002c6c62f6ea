"""Programs that walk through torch.autograd, printed by PyTorch and by isograd."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle")
pytest.importorskip("isograd.torch")

PROGRAMS = sorted((Path(__file__).parent / "autograd_programs").glob("*.py"))
IMPORTS = re.compile(r"^(\s*)(import|from) torch\b([\w.]*)( as \w+)?", re.MULTILINE)
ADDRESS = re.compile(r"0x[0-9a-f]+")


def for_isograd(text: str) -> str:
    """The program with its imports of torch changed to isograd.torch."""

    def changed(found: re.Match[str]) -> str:
        indent, word, rest, alias = found.groups()
        name = " as torch" if word == "import" and not rest and not alias else ""
        return f"{indent}{word} isograd.torch{rest}{alias or name}"

    return IMPORTS.sub(changed, text)


def printed(text: str) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "<program>", "exec"), {"__name__": "__main__"})
    return ADDRESS.sub("0x", out.getvalue()).splitlines()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_both_print_the_same(path: Path) -> None:
    text = path.read_text()
    assert printed(for_isograd(text)) == printed(text)


# An error names the operand as the node saved it: a plan has it as a view (1, n).
NAMED_OTHERWISE = {"writes_after_saving"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "path", [p for p in PROGRAMS if p.stem not in NAMED_OTHERWISE], ids=lambda p: p.stem
)
def test_plans_change_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a plan from the first call on, where it comes after a dozen else."""
    monkeypatch.setattr("isograd.core.plans.PATIENCE", 0)
    text = path.read_text()
    assert printed(for_isograd(text)) == printed(text)
