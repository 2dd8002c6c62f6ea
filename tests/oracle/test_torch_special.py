"""Functions of `torch.special` that have no derivative, against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import isograd.torch as ours

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
X = np.array([-0.5, 0.25, 0.75, 1.5])
POLYNOMIALS = [n for n in dir(torch.special) if "_polynomial_" in n]
BESSEL = [n for n in dir(torch.special) if "bessel" in n or n == "airy_ai"]


def test_all_names_are_there() -> None:
    assert len(POLYNOMIALS) == 12
    assert len(BESSEL) == 12


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials(name: str) -> None:
    def values(t: object) -> list[np.ndarray]:
        f = getattr(t.special, name)  # type: ignore[attr-defined]  # justified: torch or ours
        x, n = t.from_numpy(X), t.arange(4)  # type: ignore[attr-defined]  # justified: as above
        found = [f(x, n), f(x, 3), f(x, 2.5), f(0.5, n), f(x, t.tensor(-1))]  # type: ignore[attr-defined]  # justified: as above
        return [v.numpy() for v in found]

    for a, b in zip(values(ours), values(torch), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("name", BESSEL)
def test_bessel_and_airy_functions(name: str) -> None:
    for t in (ours, torch):
        x = t.from_numpy(X).requires_grad_()
        assert not getattr(t.special, name)(x).requires_grad
    np.testing.assert_allclose(
        getattr(ours.special, name)(ours.from_numpy(X)).numpy(),
        getattr(torch.special, name)(torch.from_numpy(X)).numpy(),
        rtol=1e-12,
    )
