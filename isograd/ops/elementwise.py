"""Elementwise arithmetic and transcendental functions.

`tangents` states, per operand, the image of a tangent t (see `core/expression.py`).
Derivatives of the elementary functions: DLMF chapter 4; erf: DLMF 7.2.
"""

from __future__ import annotations

import numpy as np

from isograd.core.families import elementwise

sub = elementwise("sub", "x y", np.subtract, tangents={"x": "t", "y": "-t"})
div = elementwise(
    "div", "x y", np.true_divide, domain=(0.5, 2.0),
    tangents={"x": "t / y", "y": "-t * (out / y)"},
)
square = elementwise("square", "x", np.square, scalar="x * x",
                     tangents={"x": "t * (2.0 * x)"})
reciprocal = elementwise("reciprocal", "x", np.reciprocal, domain=(0.5, 2.0),
                         scalar="1.0 / x", tangents={"x": "-t * (out * out)"})
exp = elementwise("exp", "x", np.exp, tangents={"x": "t * out"})
log = elementwise("log", "x", np.log, domain=(0.5, 3.0), tangents={"x": "t / x"})
sqrt = elementwise("sqrt", "x", np.sqrt, domain=(0.5, 3.0),
                   tangents={"x": "t / (2.0 * out)"})
tanh = elementwise("tanh", "x", np.tanh, tangents={"x": "t * (1.0 - out * out)"})


def _erf(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return erf(x)


erf = elementwise("erf", "x", _erf, kinds="f",
                  tangents={"x": "t * (1.1283791670955126 * exp(-(x * x)))"})
pow_ = elementwise(
    "pow", "x y", np.power, domain=(0.5, 2.0),
    tangents={
        # zero exponents have zero derivative in x, also at x = 0
        "x": "where(y == 0.0, 0.0 * t, t * (y * x ** (y - 1.0)))",
        # at x = 0 and y >= 0 the limit is 0
        "y": "t * where(logical_and(x == 0.0, y >= 0.0), 0.0 * out, out * log(x))",
    },
)
