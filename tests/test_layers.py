"""The direction of imports, as `docs/design` draws it: arrows and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "isograd"
ALLOWED = {
    "base": set(),
    "core": {"base"},
    "ops": {"core", "base"},
    "compile": {"ops", "core", "base"},
    "nn": {"ops", "core", "base"},
    "testing": {"ops", "core", "base"},
}
VOCABULARIES = ("torch", "mindspore", "numpy")
for _v in VOCABULARIES:
    ALLOWED[_v] = {*ALLOWED, "base"} - set(VOCABULARIES)
ALLOWED["cli"] = {*ALLOWED}
# a library that only one place may import, with that place
ALONE = {"llvmlite": ("compile/lean",), "ml_dtypes": ("base/dtypes.py",)}
FILES = sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The full names of modules that a file imports, also inside of functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "isograd":
                yield from (f"isograd.{a.name}" for a in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    allowed = ALLOWED.get(folder)
    for name in imports(path):
        parts = name.split(".")
        ours = parts[0] == "isograd" and (ROOT / ".".join(parts[1:2])).is_dir()
        if ours and len(parts) > 1 and allowed is not None:
            assert parts[1] == folder or parts[1] in allowed, f"{path}: {name}"
        for library, places in ALONE.items():
            if parts[0] == library:
                where = path.relative_to(ROOT).as_posix()
                assert where.startswith(places), f"{path}: {name}"


def test_the_arrows_make_no_circle() -> None:
    order: list[str] = []
    rest = dict(ALLOWED)
    while rest:
        ready = [k for k, v in rest.items() if v <= set(order)]
        assert ready, rest
        order += ready
        rest = {k: v for k, v in rest.items() if k not in ready}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 700, f"{path} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno
            assert lines <= 60, f"{path}:{node.lineno} {node.name}: {lines} lines"


def test_no_ignored_type_error_without_a_reason() -> None:
    marker = "# type:" + " ignore"
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if marker in line:
                assert "justified:" in line, f"{path}:{number}"
