"""Both dialects, end to end: the seed programs, then one network trained by each.

`make run` calls it.  Every script runs by `isograd run`, as a user would run it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
NAMES = {
    "first.weight": (64, 64),
    "first.bias": (64,),
    "second.weight": (10, 64),
    "second.bias": (10,),
}


def isograd_run(script: str, *arguments: Path) -> None:
    """`isograd run SCRIPT ARGUMENTS`, told before it starts."""
    words = ["run", str(HERE / script), *map(str, arguments)]
    print(f"\n$ isograd run examples/{script}", flush=True)
    subprocess.run([sys.executable, "-m", "isograd", *words], check=True)


def start_weights(path: Path) -> None:
    """The same initial weights for both programs: uniform, by the fan-in."""
    rng = np.random.default_rng(42)
    weights = {}
    for name, shape in NAMES.items():
        bound = 1 / np.sqrt(64)
        weights[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
    np.savez(path, **weights)


def compare(torch_file: Path, mindspore_file: Path) -> None:
    """A table of the differences between the two programs' gradients."""
    ours, theirs = np.load(torch_file), np.load(mindspore_file)
    print("\nGradients by `import torch` against gradients by `import mindspore`:\n")
    print(f"{'':16}{'first step':^28}{'after the last epoch':^28}")
    print(f"{'parameter':16}" + f"{'absolute':>14}{'relative':>14}" * 2)
    for name in NAMES:
        cells = []
        for when in ("first", "last"):
            a, b = ours[f"{when}.{name}"], theirs[f"{when}.{name}"]
            largest = np.abs(a - b).max()
            scale = np.abs(a).max()
            cells += [largest, largest / scale if scale else 0.0]
        print(f"{name:16}" + "".join(f"{c:14.3g}" for c in cells))


def main() -> None:
    isograd_run("seed_mindspore.py")
    isograd_run("seed_torch.py")
    with tempfile.TemporaryDirectory() as folder:
        start, by_torch, by_mindspore = (
            Path(folder) / f"{n}.npz" for n in ("start", "torch", "mindspore")
        )
        start_weights(start)
        isograd_run("digits_torch.py", start, by_torch)
        isograd_run("digits_mindspore.py", start, by_mindspore)
        compare(by_torch, by_mindspore)


if __name__ == "__main__":
    main()
