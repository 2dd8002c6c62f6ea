"""Where random numbers begin when nobody says so."""

from __future__ import annotations

import subprocess
import sys

import isograd.torch as torch

PROGRAM = "import isograd.torch as t; print(t.initial_seed(), t.rand(3).tolist())"


def test_each_run_that_does_not_seed_draws_other_numbers() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] != runs[1]


def test_generators_of_ones_own_begin_at_the_same_place() -> None:
    one, two = torch.Generator(), torch.Generator()
    assert one.initial_seed() == two.initial_seed() == 67280421310721
    assert (
        torch.rand(3, generator=one).tolist() == torch.rand(3, generator=two).tolist()
    )
