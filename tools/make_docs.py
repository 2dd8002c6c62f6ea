"""Write the generated pages: `python tools/make_docs.py [--check]`.

docs/coverage.md: names of the frameworks; docs/ops.md: the table of primitives.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from isograd.cli.coverage import page as coverage_page
from isograd.cli.optable import page as ops_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "coverage.md": coverage_page,
    "ops.md": ops_page,
}


def main(check: bool) -> int:
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"docs/{', docs/'.join(stale)}: not what `make docs` gives")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
