"""Elementary functions in LLVM IR, see `basic.py`.

float32 functions work in float32 where a fused multiply-add leaves 2 ulp, and else in
float64 with one rounding at the end.  In float64 what has no formula here is called
from the C library.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir

from isograd.compile.lean.basic import (
    CONTRACT,
    F32,
    F64,
    I32,
    I64,
    Basic,
    clamp,
    number,
)

# erf(x) / x - 1 as a polynomial of x**2 for |x| <= 0.93, 5e-10
ERF_SMALL = [
    0.1283791666418319,
    -0.3761263369295142,
    0.11283693885833136,
    -0.026859267996596548,
    0.005200628072202553,
    -0.0008137373352269121,
    8.344976963902025e-05,
]
# log(erfc(a)) for 0.92 <= a <= 3.95, 4e-11 / erfc
ERF_LARGE = [
    0.0001632265597634816,
    -1.1294494541045592,
    -0.6335077216623723,
    -0.10805854890466647,
    0.0249323444919587,
    -0.0040719681937933915,
    0.0004023319940602316,
    -1.526763040536049e-05,
    -4.524181821687303e-07,
]
# (tanh(x) / x - 1) / x**2 as polynomials of x**2 for |x| <= 0.6, 3e-9 and 3e-20
TANH32 = [
    -0.3333329917135335,
    0.13331955791220085,
    -0.05378649018614877,
    0.020804770844926664,
    -0.005905189035056398,
]
TANH64 = [
    -0.3333333333333333,
    0.1333333333333296,
    -0.05396825396796859,
    0.021869488525203935,
    -0.008863235283244737,
    0.0035921244916413595,
    -0.0014558002996384839,
    0.0005898026180614079,
    -0.0002381044042616901,
    9.371727838323224e-05,
    -3.263980532597184e-05,
    7.2631625789620666e-06,
]
# (sin(y) / y - 1) / y**2 and (cos(y) - 1) / y**2, of y**2, for |y| <= pi / 4, 7e-14
SIN = [
    -0.16666666666627658,
    0.008333333324559766,
    -0.0001984126342982396,
    2.755527345411131e-06,
    -2.4755494641046682e-08,
]
COS = [
    -0.4999999999949366,
    0.04166666655277383,
    -0.0013888880565090826,
    2.4798930915961825e-05,
    -2.7172057469234844e-07,
]
# atan(z) / z of z**2 for |z| <= tan(pi / 8), 3e-14
ATAN = [
    0.999999999999975,
    -0.33333333330932685,
    0.19999999620611372,
    -0.1428569115274895,
    0.11110401653131802,
    -0.0907859761700345,
    0.07565113302337795,
    -0.05879541522046143,
    0.03073553503592901,
]
TWO_OVER_PI = int(
    "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b72"
    "46e3a424dd2e006492eea09d1921cfe1d",
    16,
)  # times 2**400

WIDE = """sin cos tan expm1 log1p exp2 log2 log10 sinh cosh asinh acosh atanh asin acos
atan""".split()  # noqa: SIM905 (reads better)
LIBRARY = [*WIDE, "atan2", "erfc", "fmod"]


def vectorised(op: str, t: ir.Type) -> bool:
    """Whether the code of an instruction is free of library calls."""
    if t == F32:
        return op not in ("atan2", "erfc", "fmod")
    return op not in (*LIBRARY, "erf", "pow")


class Maths(Basic):
    """Emits functions at a builder's position."""

    def call(self, b: ir.IRBuilder, op: str, *args: Any) -> Any:
        """An elementary function of float32 or float64."""
        if op == "erfc" and args[0].type == F32:  # the C library's has 2.6 ulp
            return self.wide(b, lambda b, x: self.library(b, op, x), *args)
        if not vectorised(op, args[0].type):
            return self.library(b, op, *args)
        if op in WIDE:
            return self.wide(b, getattr(self, op), *args)
        return getattr(self, op)(b, *args)

    def tanh(self, b: ir.IRBuilder, x: Any) -> Any:
        """1 - 2 / (exp(2 a) + 1) for a = |x|, a polynomial where that cancels."""
        one, top = number(x, 1.0), 9.1 if x.type == F32 else 22.0
        a = clamp(b, self.intrinsic(b, "fabs", x), 0.0, top)
        e = self.exp(b, b.fadd(a, a))
        large = b.fsub(one, b.fdiv(number(x, 2.0), b.fadd(e, one)))
        x2 = b.fmul(a, a)
        p = self.poly(b, x2, TANH32 if x.type == F32 else TANH64)
        small = self.fma(b, b.fmul(a, x2), p, a)
        near = b.fcmp_ordered("<", a, number(x, 0.55))
        return self.copysign(b, b.select(near, small, large), x)

    def erf(self, b: ir.IRBuilder, x: Any) -> Any:
        a = clamp(b, self.intrinsic(b, "fabs", x), 0.0, 3.95)
        small = self.fma(b, a, self.poly(b, b.fmul(a, a), ERF_SMALL), a)
        e = self.exp(b, self.poly(b, a, ERF_LARGE))
        large = b.fsub(number(x, 1.0), e)
        out = b.select(b.fcmp_ordered("<", a, number(x, 0.925)), small, large)
        return self.copysign(b, out, x)

    # --- powers -----------------------------------------------------------------------

    def pow(self, b: ir.IRBuilder, x: Any, y: Any) -> Any:
        return self.wide(b, self.pow_wide, x, y)

    def pow_wide(self, b: ir.IRBuilder, x: Any, y: Any) -> Any:
        """exp(y log |x|), and the sign and the cases of C99, F.9.4.4."""
        zero, one = number(x, 0.0), number(x, 1.0)
        a = self.intrinsic(b, "fabs", x)
        t = b.fmul(y, self.log_wide(b, a))
        plain = b.or_(b.fcmp_ordered("==", y, zero), b.fcmp_ordered("==", x, one))
        whole = b.fcmp_ordered("==", self.intrinsic(b, "trunc", y), y)
        minus_one = b.and_(b.fcmp_ordered("==", x, number(x, -1.0)), whole)
        out = self.exp64(b, b.select(b.or_(plain, minus_one), zero, t))
        half = b.fmul(y, number(y, 0.5))
        even = b.fcmp_ordered("==", self.intrinsic(b, "trunc", half), half)
        odd = b.and_(whole, b.not_(even))
        below = b.icmp_signed("<", b.bitcast(x, I64), ir.Constant(I64, 0))
        out = b.select(b.and_(below, odd), b.fneg(out), out)
        finite = b.fcmp_ordered("<", a, number(x, math.inf))
        bad = b.and_(b.and_(b.fcmp_ordered("<", x, zero), finite), b.not_(whole))
        return b.select(bad, number(x, math.nan), out)

    def near(self, b: ir.IRBuilder, x: Any, size: float, small: Any, out: Any) -> Any:
        """`small` for |x| < size, else `out`."""
        a = self.intrinsic(b, "fabs", x)
        return b.select(b.fcmp_ordered("<", a, number(x, size)), small, out)

    def series(self, b: ir.IRBuilder, x: Any, *coefficients: float) -> Any:
        """x * (1 + c0 x + c1 x**2 ...)."""
        return b.fmul(x, self.poly(b, x, [1.0, *coefficients]))

    def expm1(self, b: ir.IRBuilder, x: Any) -> Any:
        out = b.fsub(self.exp64(b, x), number(x, 1.0))
        return self.near(b, x, 2**-14, self.series(b, x, 1 / 2, 1 / 6), out)

    def log1p(self, b: ir.IRBuilder, x: Any) -> Any:
        out = self.log_wide(b, b.fadd(x, number(x, 1.0)))
        return self.near(b, x, 2**-14, self.series(b, x, -1 / 2, 1 / 3), out)

    def exp2(self, b: ir.IRBuilder, x: Any) -> Any:
        return self.exp64(b, b.fmul(x, number(x, math.log(2))))

    def log2(self, b: ir.IRBuilder, x: Any) -> Any:
        return b.fmul(self.log_wide(b, x), number(x, 1 / math.log(2)))

    def log10(self, b: ir.IRBuilder, x: Any) -> Any:
        return b.fmul(self.log_wide(b, x), number(x, 1 / math.log(10)))

    # --- hyperbolic functions ---------------------------------------------------------

    def sinh(self, b: ir.IRBuilder, x: Any) -> Any:
        e = self.exp64(b, x)
        out = b.fmul(b.fsub(e, b.fdiv(number(x, 1.0), e)), number(x, 0.5))
        return self.near(b, x, 2**-12, self.series(b, x, 0.0, 1 / 6), out)

    def cosh(self, b: ir.IRBuilder, x: Any) -> Any:
        e = self.exp64(b, x)
        return b.fmul(b.fadd(e, b.fdiv(number(x, 1.0), e)), number(x, 0.5))

    def asinh(self, b: ir.IRBuilder, x: Any) -> Any:
        a = self.intrinsic(b, "fabs", x)
        root = self.intrinsic(b, "sqrt", self.fma(b, a, a, number(x, 1.0)))
        out = self.copysign(b, self.log_wide(b, b.fadd(a, root)), x)
        return self.near(b, x, 2**-12, self.series(b, x, 0.0, -1 / 6), out)

    def acosh(self, b: ir.IRBuilder, x: Any) -> Any:
        root = self.intrinsic(b, "sqrt", self.fma(b, x, x, number(x, -1.0)))
        out = self.log_wide(b, b.fadd(x, root))
        below = b.fcmp_unordered("<", x, number(x, 1.0))
        return b.select(below, number(x, math.nan), out)

    def atanh(self, b: ir.IRBuilder, x: Any) -> Any:
        one = number(x, 1.0)
        out = self.log_wide(b, b.fdiv(b.fadd(one, x), b.fsub(one, x)))
        out = b.fmul(out, number(x, 0.5))
        return self.near(b, x, 2**-12, self.series(b, x, 0.0, 1 / 3), out)

    # --- circular functions -----------------------------------------------------------

    def sin(self, b: ir.IRBuilder, x: Any) -> Any:
        s, _ = self.sin_cos(b, x)
        return s

    def cos(self, b: ir.IRBuilder, x: Any) -> Any:
        _, c = self.sin_cos(b, x)
        return c

    def tan(self, b: ir.IRBuilder, x: Any) -> Any:
        return b.fdiv(*self.sin_cos(b, x))

    def sin_cos(self, b: ir.IRBuilder, x: Any) -> tuple[Any, Any]:
        """Of a float32 value in float64, whatever its size."""
        quadrant, y = self.quadrants(b, b.fptrunc(x, F32))
        y2 = b.fmul(y, y)
        s = self.fma(b, b.fmul(y, y2), self.poly(b, y2, SIN), y)
        c = self.fma(b, y2, self.poly(b, y2, COS), number(y, 1.0))
        odd = self.bit(b, quadrant, 1)
        up, right = b.select(odd, c, s), b.select(odd, s, c)
        below = self.bit(b, quadrant, 2)
        left = self.bit(b, b.add(quadrant, ir.Constant(I64, 1)), 2)
        up = b.select(below, b.fneg(up), up)
        right = b.select(left, b.fneg(right), right)
        back = b.icmp_signed("<", b.bitcast(x, I64), ir.Constant(I64, 0))
        return b.select(back, b.fneg(up), up), right

    def bit(self, b: ir.IRBuilder, x: Any, mask: int) -> Any:
        zero = ir.Constant(I64, 0)
        return b.icmp_unsigned("!=", b.and_(x, ir.Constant(I64, mask)), zero)

    def quadrants(self, b: ir.IRBuilder, x: Any) -> tuple[Any, Any]:
        """(q, y) with |x| = q pi/2 + y and |y| <= pi/4 (Payne and Hanek 1983).

        |x| is an integer of 24 bits times a power of two; tables hold 2/pi times each
        power modulo 4, in parts whose products with the integer are exact.
        """
        bits = b.bitcast(x, I32)
        exponent = b.and_(b.lshr(bits, ir.Constant(I32, 23)), ir.Constant(I32, 255))
        hidden = b.select(
            b.icmp_unsigned("!=", exponent, ir.Constant(I32, 0)),
            ir.Constant(I32, 1 << 23),
            ir.Constant(I32, 0),
        )
        integer = b.or_(b.and_(bits, ir.Constant(I32, (1 << 23) - 1)), hidden)
        m = b.sitofp(integer, F64)
        at = b.zext(exponent, I64)
        hi, mid, lo = (
            b.load(b.gep(t, [ir.Constant(I64, 0), at])) for t in self.tables()
        )
        whole = b.fmul(m, hi)
        n = self.intrinsic(b, "rint", whole)
        f = b.fadd(b.fadd(b.fsub(whole, n), b.fmul(m, mid)), b.fmul(m, lo))
        more = self.intrinsic(b, "rint", f)
        y = b.fmul(b.fsub(f, more), number(f, math.pi / 2))
        n = b.fadd(n, more)
        nan = b.fcmp_unordered("uno", n, n)
        return b.fptosi(b.select(nan, number(n, 0.0), n), I64), y

    def tables(self) -> list[Any]:
        """Global arrays by exponent of float32; the last entry makes nan."""
        found = [self.module.globals.get(f"two_over_pi_{i}") for i in range(3)]
        return (
            found
            if found[0] is not None
            else [
                self.constant_array(f"two_over_pi_{i}", column)
                for i, column in enumerate(
                    zip(*map(_two_over_pi, range(256)), strict=True)
                )
            ]
        )

    def constant_array(self, name: str, values: Any) -> Any:
        t = ir.ArrayType(F64, len(values))
        out: Any = ir.GlobalVariable(self.module, t, name)
        out.linkage, out.global_constant = "private", True
        out.initializer = ir.Constant(t, [ir.Constant(F64, v) for v in values])
        return out

    def atan(self, b: ir.IRBuilder, x: Any) -> Any:
        """By 1/x above 1 and (z - 1) / (z + 1) above tan(pi / 8)."""
        one = number(x, 1.0)
        a = self.intrinsic(b, "fabs", x)
        far = b.fcmp_ordered(">", a, one)
        z = b.select(far, b.fdiv(one, a), a)
        middle = b.fcmp_ordered(">", z, number(x, math.sqrt(2) - 1))
        z = b.select(middle, b.fdiv(b.fsub(z, one), b.fadd(z, one)), z)
        out = b.fmul(z, self.poly(b, b.fmul(z, z), ATAN))
        quarter = b.select(middle, number(x, math.pi / 4), number(x, 0.0))
        out = b.fadd(out, quarter)
        out = b.select(far, b.fsub(number(x, math.pi / 2), out), out)
        return self.copysign(b, out, x)

    def asin(self, b: ir.IRBuilder, x: Any) -> Any:
        return self.atan(b, b.fdiv(x, self.intrinsic(b, "sqrt", self.rest(b, x))))

    def acos(self, b: ir.IRBuilder, x: Any) -> Any:
        one = number(x, 1.0)
        ratio = b.fdiv(b.fsub(one, x), b.fadd(one, x))
        half = self.atan(b, self.intrinsic(b, "sqrt", ratio))
        return b.fadd(half, half)

    def rest(self, b: ir.IRBuilder, x: Any) -> Any:
        """1 - x**2."""
        one = number(x, 1.0)
        return b.fmul(b.fsub(one, x), b.fadd(one, x))


def _two_over_pi(exponent: int) -> tuple[float, float, float]:
    """2**(e - 150) * 2/pi modulo 4 as multiples of 2**-26 and 2**-54, and a rest."""
    if exponent == 255:
        return math.nan, math.nan, math.nan
    value = (TWO_OVER_PI << max(exponent, 1)) % (4 << 550)  # times 2**550
    hi, rest = divmod(value, 1 << 524)
    mid, lo = divmod(rest, 1 << 496)
    return hi / 2**26, mid / 2**54, lo / 2**550


__all__ = ["CONTRACT", "F32", "F64", "I64", "LIBRARY", "Maths", "vectorised"]
