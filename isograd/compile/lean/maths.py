"""Elementary functions in LLVM IR, branch-free, so that loops over them vectorise.

float32 functions are evaluated in float64 with polynomials good to about 1e-9, which
leaves one rounding.  float64 uses Cody-Waite reduction and polynomials; what has no
formula here is called from the C library.  Coefficients: Chebyshev fits.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir

F32, F64 = ir.FloatType(), ir.DoubleType()
I32, I64 = ir.IntType(32), ir.IntType(64)
CONTRACT = ("contract",)

EXP = [1.0, 1.0, 0.5, 0.16666666666666702, 0.04166666666666669, 0.008333333333309528,
       0.001388888888887189, 0.000198412699092171, 2.4801587350110797e-05,
       2.7557224958392624e-06, 2.7557251904174915e-07, 2.5114869528657765e-08,
       2.09215799649503e-09]
EXP_SHORT = [1.0, 1.000000037716214, 0.5000000047117757, 0.16666415514653277,
             0.04166635289677516, 0.008375126398153335, 0.0013941108433972674]
LOG_SHORT = [1.9999999999999465, 0.6666666667971963, 0.3999999484730419,
             0.28572170986780887, 0.22174038511684124, 0.19611286237866007]
LN2_HI, LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10


class Maths:
    """Emits functions at a builder's position."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module

    def intrinsic(self, b: ir.IRBuilder, name: str, *args: Any) -> Any:
        t = args[0].type
        shape = ir.FunctionType(t, [t] * len(args))
        fn = self.module.declare_intrinsic(f"llvm.{name}", [t], shape)
        return b.call(fn, args, fastmath=CONTRACT)

    def fma(self, b: ir.IRBuilder, x: Any, y: Any, z: Any) -> Any:
        name = "llvm.fma." + ("f32" if x.type is F32 else "f64")
        fn = self.module.globals.get(name) or ir.Function(
            self.module, ir.FunctionType(x.type, [x.type] * 3), name)
        return b.call(fn, [x, y, z])

    def poly(self, b: ir.IRBuilder, x: Any, coefficients: list[float]) -> Any:
        out = ir.Constant(x.type, coefficients[-1])
        for c in coefficients[-2::-1]:
            out = self.fma(b, out, x, ir.Constant(x.type, c))
        return out

    def library(self, b: ir.IRBuilder, name: str, *args: Any) -> Any:
        """A call of the C library's double (or float) function."""
        t = args[0].type
        name = name + ("f" if t == F32 else "")
        fn = self.module.globals.get(name) or ir.Function(
            self.module, ir.FunctionType(t, [t] * len(args)), name)
        fn.attributes.add("nounwind")
        return b.call(fn, args)

    # --- exp --------------------------------------------------------------------------

    def exp64(self, b: ir.IRBuilder, x: Any, coefficients: list[float]) -> Any:
        """2**n * p(r), r = x - n ln 2; the power of two is applied in two halves."""
        lo, hi = ir.Constant(F64, -750.0), ir.Constant(F64, 710.0)
        y = b.select(b.fcmp_ordered("<", x, lo), lo, x)
        y = b.select(b.fcmp_ordered(">", y, hi), hi, y)
        n = self.intrinsic(b, "rint", b.fmul(y, ir.Constant(F64, 1 / math.log(2))))
        r = self.fma(b, n, ir.Constant(F64, -LN2_HI), y)
        r = self.fma(b, n, ir.Constant(F64, -LN2_LO), r)
        p = self.poly(b, r, coefficients)
        k = b.fptosi(b.select(b.fcmp_unordered("uno", x, x), ir.Constant(F64, 0.0), n),
                     I64)
        half = b.ashr(k, ir.Constant(I64, 1))
        p = b.fmul(p, self.power_of_two(b, half))
        return b.fmul(p, self.power_of_two(b, b.sub(k, half)))

    def power_of_two(self, b: ir.IRBuilder, k: Any) -> Any:
        bits = b.shl(b.add(k, ir.Constant(I64, 1023)), ir.Constant(I64, 52))
        return b.bitcast(bits, F64)

    def widened(self, b: ir.IRBuilder, fn: Any, x: Any) -> Any:
        return b.fptrunc(fn(b, b.fpext(x, F64)), F32)

    def exp(self, b: ir.IRBuilder, x: Any) -> Any:
        if x.type == F32:
            return self.widened(b, lambda b, y: self.exp64(b, y, EXP_SHORT), x)
        return self.exp64(b, x, EXP)

    # --- log --------------------------------------------------------------------------

    def log_wide(self, b: ir.IRBuilder, x: Any) -> Any:
        """log of a float32 value held in float64: never subnormal there."""
        bits = b.bitcast(x, I64)
        # exponent so that the mantissa lies in [sqrt(1/2), sqrt(2))
        k = b.sub(bits, ir.Constant(I64, 0x3FE6A09E667F3BCD))
        k = b.ashr(k, ir.Constant(I64, 52))
        m = b.bitcast(b.sub(bits, b.shl(k, ir.Constant(I64, 52))), F64)
        one = ir.Constant(F64, 1.0)
        z = b.fdiv(b.fsub(m, one), b.fadd(m, one))
        p = self.poly(b, b.fmul(z, z), LOG_SHORT)
        out = self.fma(b, b.sitofp(k, F64), ir.Constant(F64, math.log(2)),
                       b.fmul(z, p))
        return self.log_edges(b, x, out)

    def log_edges(self, b: ir.IRBuilder, x: Any, out: Any) -> Any:
        zero = ir.Constant(x.type, 0.0)
        inf = ir.Constant(x.type, math.inf)
        out = b.select(b.fcmp_ordered("==", x, inf), inf, out)
        out = b.select(b.fcmp_ordered("==", x, zero), ir.Constant(x.type, -math.inf),
                       out)
        bad = b.fcmp_unordered("<", x, zero)
        return b.select(bad, ir.Constant(x.type, math.nan), out)

    def log(self, b: ir.IRBuilder, x: Any) -> Any:
        if x.type == F32:
            return self.widened(b, self.log_wide, x)
        return self.library(b, "log", x)

    # --- tanh, erf --------------------------------------------------------------------

    def tanh_wide(self, b: ir.IRBuilder, x: Any) -> Any:
        """(e - 1) / (e + 1), e = exp(2x); x itself where that cancels."""
        two, one = ir.Constant(F64, 2.0), ir.Constant(F64, 1.0)
        y = b.select(b.fcmp_ordered(">", x, ir.Constant(F64, 20.0)),
                     ir.Constant(F64, 20.0), x)
        e = self.exp64(b, b.fmul(y, two), EXP)
        out = b.fdiv(b.fsub(e, one), b.fadd(e, one))
        x2 = b.fmul(x, x)
        small = self.poly(b, x2, [1.0, -1 / 3, 2 / 15])
        near = b.fcmp_ordered("<", x2, ir.Constant(F64, 1e-5))
        return b.select(near, b.fmul(x, small), out)

    def tanh(self, b: ir.IRBuilder, x: Any) -> Any:
        if x.type == F32:
            return self.widened(b, self.tanh_wide, x)
        return self.library(b, "tanh", x)

    def erf_wide(self, b: ir.IRBuilder, x: Any) -> Any:
        """x P(x**2) near zero; else 1 - exp(-x**2) Q(1 / (1 + |x| / 2))."""
        one = ir.Constant(F64, 1.0)
        a = self.intrinsic(b, "fabs", x)
        a = b.select(b.fcmp_ordered(">", a, ir.Constant(F64, 4.2)),
                     ir.Constant(F64, 4.2), a)
        x2 = b.fmul(a, a)
        small = b.fmul(x, self.poly(b, x2, ERF_SMALL))
        t = b.fdiv(one, self.fma(b, a, ir.Constant(F64, 0.5), one))
        e = self.exp64(b, b.fneg(x2), EXP_SHORT)
        large = b.fsub(one, b.fmul(e, self.poly(b, t, ERF_LARGE)))
        large = self.copysign(b, large, x)
        out = b.select(b.fcmp_ordered("<", x2, one), small, large)
        return b.select(b.fcmp_unordered("uno", x, x), x, out)

    def copysign(self, b: ir.IRBuilder, x: Any, y: Any) -> Any:
        name = "llvm.copysign." + ("f32" if x.type == F32 else "f64")
        fn = self.module.globals.get(name) or ir.Function(
            self.module, ir.FunctionType(x.type, [x.type] * 2), name)
        return b.call(fn, [x, y])

    def erf(self, b: ir.IRBuilder, x: Any) -> Any:
        if x.type == F32:
            return self.widened(b, self.erf_wide, x)
        return self.library(b, "erf", x)

    def pow(self, b: ir.IRBuilder, x: Any, y: Any) -> Any:
        return self.library(b, "pow", x, y)


ERF_SMALL = [1.1283791670946768, -0.3761263888963531, 0.11283791308604582,
             -0.026866133235095593, 0.005223783477189248, -0.0008542637997087229,
             0.0001195656256820733, -1.3909340021874599e-05, 1.058938064107502e-06]
ERF_LARGE = [-0.00011622376076765702, 0.2842652740229447, 0.2644770211567929,
             0.3277199842048824, -0.051425952895936, 0.4772296307678303,
             -0.3833138206026567, 0.06849765762052613, 0.012760661871535047]
