"""Values and gradients of elementwise functions against PyTorch, complex ones included.

The rows are generated: a function's name in `F`, in PyTorch, and where it is smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core.primitive import BOUND as F
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.core.transforms import vjp

torch: Any = pytest.importorskip("torch")
special: Any = torch.special

ALL = np.array([-3.7, -2.5, -1.5, -1.0, -0.3, -0.0, 0.0, 0.3, 0.5, 1.0, 1.5, 2.5, 3.7])
NO_ZERO = ALL[ALL != 0]
OPEN = np.array([-0.9, -0.6, -0.2, 0.1, 0.4, 0.8])  # within (-1, 1)
UNIT = np.array([0.05, 0.2, 0.5, 0.7, 0.95])
POSITIVE = np.array([0.1, 0.4, 1.0, 1.7, 4.3, 20.0])
LARGE = np.array([-300.0, -60.0, -12.0, 12.0, 60.0, 300.0])

UNARY: dict[str, tuple[Any, ...]] = {
    "abs": (ALL,),
    "neg": (ALL,),
    "square": (ALL,),
    "reciprocal": (POSITIVE,),
    "exp": (ALL,),
    "exp2": (ALL,),
    "expm1": (ALL,),
    "log": (POSITIVE,),
    "log2": (POSITIVE,),
    "log10": (POSITIVE,),
    "log1p": (POSITIVE,),
    "sqrt": (POSITIVE,),
    "rsqrt": (POSITIVE,),
    "sin": (ALL,),
    "cos": (ALL,),
    "tan": (OPEN,),
    "asin": (OPEN,),
    "acos": (OPEN,),
    "atan": (ALL,),
    "sinh": (ALL,),
    "cosh": (ALL,),
    "tanh": (ALL,),
    "asinh": (ALL,),
    "acosh": (POSITIVE + 1,),
    "atanh": (OPEN,),
    "sigmoid": (ALL, LARGE),
    "sgn": (ALL,),
    "angle": (ALL,),
    "sinc": (NO_ZERO,),
    "erf": (ALL,),
    "erfc": (ALL,),
    "erfinv": (OPEN,),
    "i0": (ALL,),
    "sign": (ALL,),
    "floor": (ALL,),
    "ceil": (ALL,),
    "trunc": (ALL,),
    "round": (ALL,),
    "frac": (ALL,),
    "deg2rad": (ALL,),
    "rad2deg": (ALL,),
    "conj": (ALL,),
}
SPECIAL: dict[str, tuple[Any, ...]] = {
    "erfcx": (ALL,),
    "ndtr": (ALL, LARGE),
    "log_ndtr": (ALL,),
    "ndtri": (UNIT,),
    "entr": (POSITIVE,),
    "i0e": (ALL, LARGE),
    "i1": (ALL,),
    "i1e": (ALL, LARGE),
}
# PyTorch has no derivative for these, so values alone are compared
VALUES: dict[str, Any] = {
    "bessel_j0": ALL,
    "bessel_j1": ALL,
    "bessel_y0": POSITIVE,
    "bessel_y1": POSITIVE,
    "modified_bessel_k0": POSITIVE,
    "modified_bessel_k1": POSITIVE,
    "scaled_modified_bessel_k0": POSITIVE,
    "scaled_modified_bessel_k1": POSITIVE,
    "spherical_bessel_j0": POSITIVE,
}
HOLOMORPHIC = [
    "neg",
    "square",
    "reciprocal",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "rsqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "sigmoid",
]
TO_REAL_OR_BACK = ["abs", "sgn", "angle", "real", "imag", "conj"]

BINARY: dict[str, tuple[Any, Any]] = {
    name: (ALL, ALL[::-1].copy())
    for name in (
        "add",
        "sub",
        "mul",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "logaddexp",
        "logaddexp2",
    )
} | {
    "div": (ALL, ALL + 5),
    "pow": (POSITIVE, POSITIVE[::-1].copy()),
    "atan2": (ALL + 0.1, ALL[::-1] + 0.2),
    "hypot": (ALL + 0.1, ALL[::-1] + 0.2),
    "remainder": (ALL, ALL[::-1] * 2 + 0.9),
    "fmod": (ALL, ALL[::-1] * 2 + 0.9),
    "xlogy": (POSITIVE - 0.1, POSITIVE),
    "copysign": (NO_ZERO, NO_ZERO[::-1].copy()),
    "clamp_min": (ALL, ALL[::-1].copy()),
    "clamp_max": (ALL, ALL[::-1].copy()),
}


def check(
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    args: tuple[np.ndarray, ...],
    derive: bool = True,
    rtol: float = 1e-10,
) -> None:
    """One comparison of values and, with `derive`, of gradients of both orders."""
    rng = np.random.default_rng(1)
    leaves = [torch.tensor(a).requires_grad_(derive) for a in args]
    expected = theirs(*leaves)

    def call(*xs: Any) -> Tensor:
        return wrap(Tensor, ours(*map(payload_of, xs)))

    with np.errstate(all="ignore"):
        xs = [Tensor(a.copy()) for a in args]
        same("value", call(*xs), expected, rtol)
        if not derive or not expected.requires_grad:
            return
        g = like(rng, expected)
        grads = torch.autograd.grad(
            expected, leaves, torch.tensor(g), create_graph=True, materialize_grads=True
        )

        def pulled(*xs: Any) -> Any:
            return vjp(call, *xs)[1](Tensor(g))

        for f, e in zip(pulled(*xs), grads, strict=True):
            same("gradient", f, e, rtol)
        active = [(i, e) for i, e in enumerate(grads) if e.requires_grad]
        if not active:
            return
        us = [like(rng, x) for x in leaves]
        twice = torch.autograd.grad(
            [e for _, e in active],
            leaves,
            [torch.tensor(us[i]) for i, _ in active],
            materialize_grads=True,
        )
        found = vjp(pulled, *xs)[1](tuple(map(Tensor, us)))
        for f, e in zip(found, twice, strict=True):
            same("second derivative", f, e, rtol)


def like(rng: np.random.Generator, x: Any) -> np.ndarray:
    out = rng.normal(size=tuple(x.shape))
    if x.dtype.is_complex:
        out = out + 1j * rng.normal(size=out.shape)
    return out


def same(what: str, found: Tensor, expected: Any, rtol: float) -> None:
    f, e = found._p, expected.resolve_conj().numpy(force=True)
    assert (f.shape, f.dtype) == (e.shape, e.dtype), what
    np.testing.assert_allclose(f, e, rtol, 1e-13, err_msg=what)


@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str) -> None:
    for points in UNARY[name]:
        check(getattr(F, name), getattr(torch, name), (points,))


@pytest.mark.parametrize("name", SPECIAL)
def test_special(name: str) -> None:
    for points in SPECIAL[name]:
        check(getattr(F, name), getattr(special, name), (points,))


@pytest.mark.parametrize("name", VALUES)
def test_special_values(name: str) -> None:
    check(
        getattr(F, name),
        getattr(special, name),
        (VALUES[name],),
        derive=False,
        rtol=2e-8,
    )  # PyTorch's rational approximations of y0 and y1 are that good


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_gamma_functions(name: str) -> None:
    """PyTorch's polygamma is exact to 5e-10."""
    check(getattr(F, name), getattr(torch, name), (POSITIVE,), rtol=1e-9)


@pytest.mark.parametrize("name", [*HOLOMORPHIC, *TO_REAL_OR_BACK])
def test_complex(name: str) -> None:
    x = np.array([0.3 + 0.4j, -0.5 + 0.2j, 0.1 - 0.7j, -0.6 - 0.3j, 1.2 + 0.9j])
    check(getattr(F, name), getattr(torch, name), (x,))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
def test_complex_operands(name: str) -> None:
    x = np.array([0.3 + 0.4j, -0.5 + 0.2j, 0.1 - 0.7j])
    check(getattr(F, name), getattr(torch, name), (x, x[::-1] * 2j))


@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str) -> None:
    theirs = getattr(torch, name)
    if name.startswith("clamp"):
        theirs = {
            "clamp_min": lambda x, y: torch.clamp(x, min=y),
            "clamp_max": lambda x, y: torch.clamp(x, max=y),
        }[name]
    check(getattr(F, name), theirs, BINARY[name])


def test_further_functions() -> None:
    x, y, w = ALL, ALL[::-1].copy(), ALL * 0.3
    check(F.lerp, torch.lerp, (x, y, w))
    check(partial(F.addcmul, value=0.7), partial(torch.addcmul, value=0.7), (x, y, w))
    check(
        partial(F.addcdiv, value=0.7), partial(torch.addcdiv, value=0.7), (x, y, w + 3)
    )
    check(
        partial(F.polygamma, n=2),
        lambda x: torch.polygamma(2, x),
        (POSITIVE,),
        rtol=1e-9,
    )
    check(
        partial(F.multigammaln, p=3),
        lambda x: torch.mvlgamma(x, 3),
        (POSITIVE + 2,),
        rtol=1e-9,
    )
    check(partial(F.logit, eps=None), torch.logit, (UNIT,))
    check(partial(F.logit, eps=0.2), lambda x: torch.logit(x, 0.2), (UNIT,))
    check(partial(F.round_to, decimals=1), lambda x: torch.round(x, decimals=1), (x,))
    check(F.polar, torch.polar, (POSITIVE, POSITIVE))
    check(F.complex_, torch.complex, (x, y))
    check(F.xlog1py, special.xlog1py, (POSITIVE, POSITIVE))
    for edge, lo, hi in ((1, -0.3, 1.5), (1, None, 0.5), (1, -1.0, None)):
        check(
            partial(F.clip, lo=lo, hi=hi, edge=edge),
            partial(torch.clamp, min=lo, max=hi),
            (x,),
        )
    for e in (2, 3, 0.5, -1, 0, 1, 2.5):
        check(partial(F.power, exponent=e), lambda x, e=e: torch.pow(x, e), (POSITIVE,))


@pytest.mark.parametrize("name", ["gammainc", "gammaincc", "zeta"])
def test_functions_without_a_derivative_in_their_first_operand(name: str) -> None:
    a, x = POSITIVE + 1.1, POSITIVE[::-1].copy()
    ours, theirs = getattr(F, name), getattr(special, name)
    check(lambda x: ours(a, x), lambda x: theirs(torch.tensor(a), x), (x,), rtol=1e-8)


@pytest.mark.parametrize(
    "name",
    [
        "chebyshev_polynomial_t",
        "chebyshev_polynomial_u",
        "chebyshev_polynomial_v",
        "chebyshev_polynomial_w",
        "hermite_polynomial_h",
        "hermite_polynomial_he",
        "laguerre_polynomial_l",
        "legendre_polynomial_p",
    ],
)
def test_polynomials(name: str) -> None:
    n = np.arange(6.0)
    check(getattr(F, name), getattr(special, name), (OPEN, n), derive=False)


def test_mantissa_and_exponent() -> None:
    x = np.array([3.0, -0.1, 1024.0, 0.0])
    mantissa, exponent = F.frexp(x)
    expected = torch.frexp(torch.tensor(x))
    np.testing.assert_array_equal(mantissa, expected.mantissa.numpy())
    np.testing.assert_array_equal(exponent, expected.exponent.numpy())
    assert exponent.dtype == np.int32


def test_derivatives_at_zero() -> None:
    """First ones alone: PyTorch's second derivatives are nan there, ours are 0."""
    x = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    for ours, theirs in (
        (F.sinc, torch.sinc),
        (
            lambda x: F.copysign(x, np.array([1.0, -1.0])),
            lambda x: torch.copysign(x, torch.tensor([1.0, -1.0])),
        ),
    ):
        (g,) = torch.autograd.grad(theirs(x).sum(), x)

        def call(x: Any, fn: Any = ours) -> Tensor:
            return wrap(Tensor, fn(payload_of(x)))

        found = vjp(call, Tensor(np.zeros(2)))[1](Tensor(np.ones(2)))
        np.testing.assert_array_equal(found[0]._p, g.numpy())
