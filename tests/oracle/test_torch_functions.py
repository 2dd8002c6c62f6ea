"""isograd.torch against PyTorch: values, dtypes, gradients, printed text, errors."""

from __future__ import annotations

import pytest

import isograd.torch as isotorch
from tests.oracle import snippets, torch_cases, torch_errors

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
CASES = torch_cases.ALL | torch_errors.ALL
CHUNK = 50


def _chunks() -> list[object]:
    return [
        pytest.param(cases[i : i + CHUNK], id=f"{family}-{i // CHUNK}")
        for family, cases in CASES.items()
        for i in range(0, len(cases), CHUNK)
    ]


@pytest.mark.parametrize("cases", _chunks())
def test_the_same_snippet_has_the_same_outcome(cases: list[str]) -> None:
    wrong = []
    for code in cases:
        expected = snippets.outcome(torch, code)
        found = snippets.outcome(isotorch, code)
        if not snippets.same(found, expected):
            wrong.append(f"{code}\n  found    {found}\n  expected {expected}")
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong[:10])
