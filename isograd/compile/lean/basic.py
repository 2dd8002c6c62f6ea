"""exp and log in LLVM IR, and what all elementary functions are made of.

Everything is branch-free, so that loops over it vectorise.  Polynomials were fitted by
weighted least squares with 60 digits; the comment gives their largest error.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir

F32, F64 = ir.FloatType(), ir.DoubleType()
I32, I64 = ir.IntType(32), ir.IntType(64)
CONTRACT = ("contract",)

# exp(r) for |r| <= ln(2) / 2
EXP = [
    1.0,
    1.0,
    0.5,
    0.16666666666666702,
    0.04166666666666669,
    0.008333333333309528,
    0.001388888888887189,
    0.000198412699092171,
    2.4801587350110797e-05,
    2.7557224958392624e-06,
    2.7557251904174915e-07,
    2.5114869528657765e-08,
    2.09215799649503e-09,
]
# (exp(r) - 1 - r) / r**2, 3e-9 of exp
EXP32 = [
    0.5000000100371943,
    0.16666512700184738,
    0.04166618987644815,
    0.008369615547723867,
    0.001395153275440307,
]
# (log(1 + f) - f + f**2 / 2) / f**3 for sqrt(1/2) <= 1 + f <= sqrt(2), 8e-10 of log
LOG32 = [
    0.33333311900003076,
    -0.2500000654380829,
    0.2000215368994361,
    -0.1666815689357953,
    0.14219086155314697,
    -0.12402892389760502,
    0.11888606309017644,
    -0.11690107234609745,
    0.06762466660794048,
]
# 2 atanh(z) / z as a polynomial of z**2, 4e-16
LOG_WIDE = [
    2.0,
    0.666666666665479,
    0.4000000006394533,
    0.2857141567064847,
    0.22223459530157944,
    0.18121119335677327,
    0.16847573349655665,
]
# (2 atanh(z) / z - 2) / z**2, 3e-18
LOG64 = [
    0.6666666666666737,
    0.3999999999939389,
    0.2857142874740509,
    0.22222198020085132,
    0.18183594950337562,
    0.15313221360096987,
    0.1480468247483196,
]
LN2_HI, LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LN2_HI32, LN2_LO32 = 0.693359375, -2.12194440054690583e-4


class Basic:
    """Emits functions at a builder's position."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module

    def intrinsic(self, b: ir.IRBuilder, name: str, *args: Any) -> Any:
        t = args[0].type
        shape = ir.FunctionType(t, [t] * len(args))
        fn = self.module.declare_intrinsic(f"llvm.{name}", [t], shape)
        flags = CONTRACT if name not in ("fma", "copysign") else ()
        return b.call(fn, args, fastmath=flags)

    def fma(self, b: ir.IRBuilder, x: Any, y: Any, z: Any) -> Any:
        return self.intrinsic(b, "fma", x, y, z)

    def copysign(self, b: ir.IRBuilder, x: Any, y: Any) -> Any:
        return self.intrinsic(b, "copysign", x, y)

    def poly(self, b: ir.IRBuilder, x: Any, coefficients: list[float]) -> Any:
        """Horner's scheme."""
        out = number(x, coefficients[-1])
        for c in coefficients[-2::-1]:
            out = self.fma(b, out, x, number(x, c))
        return out

    def library(self, b: ir.IRBuilder, name: str, *args: Any) -> Any:
        """A call of the C library's double (or float) function."""
        t = args[0].type
        name = name + ("f" if t == F32 else "")
        fn = self.module.globals.get(name) or ir.Function(
            self.module, ir.FunctionType(t, [t] * len(args)), name
        )
        fn.attributes.add("nounwind")
        return b.call(fn, args)

    def wide(self, b: ir.IRBuilder, fn: Any, *args: Any) -> Any:
        """A float32 function computed in float64: one rounding is all its error."""
        return b.fptrunc(fn(b, *(b.fpext(x, F64) for x in args)), F32)

    # --- exp --------------------------------------------------------------------------

    def exp(self, b: ir.IRBuilder, x: Any) -> Any:
        return self.exp32(b, x) if x.type == F32 else self.exp64(b, x)

    def exp64(self, b: ir.IRBuilder, x: Any) -> Any:
        """2**n * p(r), r = x - n ln 2."""
        n, r = self.reduced(b, clamp(b, x, -750.0, 710.0), LN2_HI, LN2_LO)
        return self.scaled(b, self.poly(b, r, EXP), n)

    def exp32(self, b: ir.IRBuilder, x: Any) -> Any:
        n, r = self.reduced(b, clamp(b, x, -105.0, 89.0), LN2_HI32, LN2_LO32)
        p = self.poly(b, r, EXP32)
        p = self.fma(b, p, b.fmul(r, r), r)
        return self.scaled(b, b.fadd(p, number(x, 1.0)), n)

    def reduced(self, b: ir.IRBuilder, x: Any, hi: float, lo: float) -> Any:
        """(n, x - n ln 2) with n a whole number (0 for nan)."""
        n = self.intrinsic(b, "rint", b.fmul(x, number(x, 1 / math.log(2))))
        r = self.fma(b, n, number(x, -hi), x)
        return n, self.fma(b, n, number(x, -lo), r)

    def scaled(self, b: ir.IRBuilder, p: Any, n: Any) -> Any:
        """p * 2**n, in two halves: the power alone may overflow."""
        t, bias, bits = (I32, 127, 23) if p.type == F32 else (I64, 1023, 52)
        n = b.select(b.fcmp_unordered("uno", n, n), number(n, 0.0), n)
        k = b.fptosi(n, t)
        half = b.ashr(k, ir.Constant(t, 1))
        for part in (half, b.sub(k, half)):
            exponent = b.add(part, ir.Constant(t, bias))
            p = b.fmul(p, b.bitcast(b.shl(exponent, ir.Constant(t, bits)), p.type))
        return p

    # --- log --------------------------------------------------------------------------

    def log(self, b: ir.IRBuilder, x: Any) -> Any:
        return self.log32(b, x) if x.type == F32 else self.log64(b, x)

    def split(self, b: ir.IRBuilder, x: Any) -> tuple[Any, Any]:
        """(k, m) with x = m * 2**k and m in [sqrt(1/2), sqrt(2)), k as an integer."""
        if x.type == F32:
            t, bits, middle = I32, 23, 0x3F3504F3
        else:
            t, bits, middle = I64, 52, 0x3FE6A09E667F3BCD
        word = b.bitcast(x, t)
        k = b.ashr(b.sub(word, ir.Constant(t, middle)), ir.Constant(t, bits))
        return k, b.bitcast(b.sub(word, b.shl(k, ir.Constant(t, bits))), x.type)

    def normal(self, b: ir.IRBuilder, x: Any) -> tuple[Any, Any]:
        """(x, 0), or for a subnormal x (x * 2**s, -s): floating, to add to k."""
        least, shift = (2.0**-126, 24) if x.type == F32 else (2.0**-1022, 54)
        small = b.fcmp_ordered("<", x, number(x, least))
        scaled = b.fmul(x, number(x, 2.0**shift))
        return (
            b.select(small, scaled, x),
            b.select(small, number(x, -float(shift)), number(x, 0.0)),
        )

    def log32(self, b: ir.IRBuilder, x: Any) -> Any:
        y, shift = self.normal(b, x)
        k, m = self.split(b, y)
        k = b.fadd(b.sitofp(k, F32), shift)
        f = b.fsub(m, number(x, 1.0))
        f2 = b.fmul(f, f)
        low = self.fma(
            b, b.fmul(f2, f), self.poly(b, f, LOG32), b.fmul(k, number(x, LN2_LO32))
        )
        low = self.fma(b, f2, number(x, -0.5), low)
        out = self.fma(b, k, number(x, LN2_HI32), b.fadd(f, low))
        return self.log_edges(b, x, out)

    def log64(self, b: ir.IRBuilder, x: Any) -> Any:
        """log(1 + f) = f - (h - z (h + z**2 R)), z = f / (2 + f), h = f**2 / 2."""
        y, shift = self.normal(b, x)
        k, m = self.split(b, y)
        k = b.fadd(b.sitofp(k, F64), shift)
        f = b.fsub(m, number(x, 1.0))
        z = b.fdiv(f, b.fadd(f, number(x, 2.0)))
        z2 = b.fmul(z, z)
        rest = b.fmul(z2, self.poly(b, z2, LOG64))
        h = b.fmul(b.fmul(f, f), number(x, 0.5))
        low = self.fma(b, z, b.fadd(h, rest), b.fmul(k, number(x, LN2_LO)))
        low = b.fsub(f, b.fsub(h, low))
        out = self.fma(b, k, number(x, LN2_HI), low)
        return self.log_edges(b, x, out)

    def log_wide(self, b: ir.IRBuilder, x: Any) -> Any:
        """log of a float64 that is no subnormal, to about 1e-15."""
        k, m = self.split(b, x)
        one = number(x, 1.0)
        z = b.fdiv(b.fsub(m, one), b.fadd(m, one))
        p = self.poly(b, b.fmul(z, z), LOG_WIDE)
        out = self.fma(b, b.sitofp(k, F64), number(x, math.log(2)), b.fmul(z, p))
        return self.log_edges(b, x, out)

    def log_edges(self, b: ir.IRBuilder, x: Any, out: Any) -> Any:
        zero, inf = number(x, 0.0), number(x, math.inf)
        out = b.select(b.fcmp_ordered("==", x, inf), inf, out)
        out = b.select(b.fcmp_ordered("==", x, zero), number(x, -math.inf), out)
        return b.select(b.fcmp_unordered("<", x, zero), number(x, math.nan), out)


def number(like: Any, value: float) -> ir.Constant:
    return ir.Constant(like.type, value)


def clamp(b: ir.IRBuilder, x: Any, lo: float, hi: float) -> Any:
    """x between bounds; nan stays nan."""
    x = b.select(b.fcmp_ordered("<", x, number(x, lo)), number(x, lo), x)
    return b.select(b.fcmp_ordered(">", x, number(x, hi)), number(x, hi), x)
