"""Design notes: each has a number of its own, and the list names all of them."""

from __future__ import annotations

from pathlib import Path

NOTES = Path(__file__).parent.parent.parent / "docs" / "design"


def test_the_list_names_all_notes() -> None:
    rows = []
    for path in sorted(NOTES.glob("[0-9]*.md")):
        heading = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, title = heading.partition(" ")
        assert path.name.startswith(f"{number}-"), (
            f"{path.name}: its title says {number}"
        )
        rows.append(f"- [{number}]({path.name}) {title}")
    listed = (NOTES / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in listed if line.startswith("- ")] == rows


def test_numbers_are_unique() -> None:
    numbers = [path.name[:4] for path in NOTES.glob("[0-9]*.md")]
    assert len(numbers) == len({*numbers})
