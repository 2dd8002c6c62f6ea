"""Time isograd beside its peers: `python benchmarks/run.py [NAME ...] [--write]`.

Peers take turns in one run, so that all see the same machine; the number of a peer is
the least time of one call over all turns, in milliseconds.  Peers that are not
installed are left out.  `--write` puts the table into `benchmarks/RESULTS.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.programs import PROGRAMS, Program, Work

TURN = 0.15  # seconds of one peer's turn
PEERS = [
    "isograd eager",
    "isograd compiled",
    "torch eager",
    "torch compiled",
    "jax jit",
]


def prepare(program: Program) -> tuple[dict[str, Work], dict[str, float]]:
    """Working callables by peer, and the seconds that each first call took."""
    works: dict[str, Work] = {}
    first: dict[str, float] = {}
    for peer, make in program.makers.items():
        try:
            work = make()
            start = time.perf_counter()
            work()
            first[peer] = time.perf_counter() - start
            works[peer] = work
        except ImportError as error:
            print(f"  {peer}: left out ({error})", file=sys.stderr)
        except Exception as error:
            print(f"  {peer}: FAILED {type(error).__name__}: {error}", file=sys.stderr)
    return works, first


def one_turn(work: Work) -> float:
    """Least time of one call, over calls that fill a turn."""
    best, end = float("inf"), time.perf_counter() + TURN
    count = 1
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(count):
            work()
        spent = time.perf_counter() - start
        best = min(best, spent / count)
        if spent < TURN / 20:
            count *= 2
    return best


def measure(program: Program) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds by peer, and of first calls."""
    works, first = prepare(program)
    best = dict.fromkeys(works, float("inf"))
    for _ in range(program.repeats):
        for peer, work in works.items():
            best[peer] = min(best[peer], one_turn(work))
    return (
        {p: t * 1e3 for p, t in best.items()},
        {p: t * 1e3 for p, t in first.items()},
    )


def import_time(module: str) -> float:
    """Milliseconds to import a module in a fresh process, best of five."""
    code = (
        f"import time; t = time.perf_counter(); import {module}; "
        "print(time.perf_counter() - t)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent.parent,
            env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        )
        for _ in range(5)
    ]
    return min(float(r.stdout) for r in runs) * 1e3


def row(name: str, times: dict[str, float], first: dict[str, float]) -> str:
    cells = [f"{times[p]:.4g}" if p in times else "" for p in PEERS]
    compiled = first.get("isograd compiled")
    return (
        " | ".join(["| " + name, *cells, f"{compiled:.0f}" if compiled else ""]) + " |"
    )


def table(rows: list[str]) -> str:
    head = "| milliseconds | " + " | ".join(PEERS) + " | first compiled call |"
    rule = "|---|" + "---:|" * (len(PEERS) + 1)
    return "\n".join([head, rule, *rows])


def describe() -> str:
    """The machine and the versions, as far as they matter for the numbers."""
    versions = []
    for name in ("numpy", "llvmlite", "torch", "jax"):
        module = sys.modules.get(name)
        if module is not None:
            versions.append(f"{name} {getattr(module, '__version__', '?')}")
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {', '.join(versions)}"
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of names; default: all")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    chosen = [
        p
        for p in PROGRAMS
        if not options.names or any(n.lower() in p.name.lower() for n in options.names)
    ]
    rows: list[str] = []
    judgements: list[str] = []
    print(table([]))
    for program in chosen:
        times, first = measure(program)
        rows.append(row(program.name, times, first))
        judgements += judged(program, times)
        if "isograd compiled" in first:
            took = first["isograd compiled"]
            judgements.append(
                _line(program.name, f"{took:.0f} ms", "first call < 200 ms", took < 200)
            )
        print(rows[-1], flush=True)
    imports = {
        m: import_time(m) for m in ("isograd", "isograd.torch", "isograd.mindspore")
    }
    judgements += [
        _line(f"import {m}", f"{t:.0f} ms", "< 250 ms", t < 250)
        for m, t in imports.items()
    ]
    print("\n" + "\n".join(judgements))
    text = ", ".join(f"`{m}` {t:.0f} ms" for m, t in imports.items())
    print(f"\nImport: {text}\n{describe()}")
    if options.write:
        write(rows, judgements, text)
    return 0


def judged(program: Program, times: dict[str, float]) -> list[str]:
    """A line for each clause of the program's bound: what was found, and if it holds.

    A clause is "SUBJECT <= FACTOR PEER, PEER" or "< NUMBER ms"; the factor is one if it
    is not stated.
    """
    lines = []
    for clause in filter(None, (c.strip() for c in program.bound.split(";"))):
        subject, _, rest = clause.partition("<")
        ours = times.get(f"isograd {subject.strip() or 'eager'}")
        words = rest.lstrip("= ")
        if ours is None:
            continue
        if words.endswith("ms"):
            limit = float(words.removesuffix("ms"))
            lines.append(_line(program.name, f"{ours:.3g} ms", clause, ours < limit))
            continue
        first = words.split()[0]
        factor = float(first) if first[0].isdigit() else 1.0
        peers = words.removeprefix(first) if first[0].isdigit() else words
        for peer in peers.split(","):
            found = next((t for p, t in times.items() if p.startswith(peer.strip())), 0)
            if found:
                ratio = ours / found
                text = f"{ratio:.2f} of {peer.strip()}"
                lines.append(_line(program.name, text, clause, ratio <= factor))
    return lines


def _line(name: str, found: str, clause: str, holds: bool) -> str:
    return f"| {name} | {clause} | {found} | {'yes' if holds else '**no**'} |"


def write(rows: list[str], judgements: list[str], imports: str) -> None:
    path = Path(__file__).parent / "RESULTS.md"
    lines = "\n".join(judgements)
    path.write_text(
        "# Results\n\nMade by `make bench` (`python benchmarks/run.py --write`): least "
        "time of one call in milliseconds, peers taking turns in one run.\n\n"
        f"{table(rows)}\n\nImport: {imports}\n\n{describe()}\n\n"
        "## What must hold\n\n| program | bound | found | holds |\n|---|---|---|---|\n"
        f"{lines}\n\n`python -m benchmarks.overhead` times some three hundred small "
        "operations beside PyTorch.\n",
        encoding="utf-8",
    )


__all__: list[Any] = ["main"]

if __name__ == "__main__":
    sys.exit(main())
