"""What `__torch_function__` of classes that are no tensors is told of calls."""

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch")

SCALAR = """
class Scalar:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        known = {torch.add: "sum", torch.mean: "mean", torch.exp: "exp"}
        return known.get(func, NotImplemented)
d = Scalar()
"""


@pytest.mark.parametrize(
    "call", ["add(d, d)", "add(d, torch.ones(2))", "add(torch.ones(2), d)", "exp(d)"]
)
def test_functions_with_a_quick_path_are_told_as_themselves(call: str) -> None:
    twosided.assert_same(f"{SCALAR}attempt(lambda: torch.{call})")


def test_refusals_name_the_class() -> None:
    twosided.assert_same(
        SCALAR
        + "try:\n    torch.mul(d, 3)\n"
        + "except TypeError as e:\n    print(str(e).split(chr(10))[2])"
    )
