"""Evaluate small programs for MindSpore and write down what they give.

    python evaluate.py CASES.txt OUT.jsonl

CASES.txt holds one program a line (statements separated by `; `, the last one an
expression) with these names at hand: those of `setup` below.  The expectations beside
the case files were made by this script under MindSpore 2.10.0 (CPU), after

    pip install mindspore==2.10.0

The tests run the same script with `isograd.install("mindspore")`.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from typing import Any


def setup() -> dict[str, Any]:
    import mindspore as ms
    import mindspore.dataset as ds
    import numpy as np
    from mindspore import Tensor, nn, ops
    from mindspore.dataset import transforms as X
    from mindspore.dataset import vision as V
    from mindspore.ops import functional as F
    from mindspore.ops import operations as P

    def T(x: Any, dtype: Any = np.float32) -> Any:
        return Tensor(np.asarray(x, dtype))

    def vg(fn: Any, *xs: Any) -> Any:
        """The value and the gradients in all operands."""
        out = fn(*xs)
        grads = ms.grad(lambda *a: ops.reduce_sum(first(fn(*a)) * 1.5), spots(xs))(*xs)
        return out, grads

    def first(out: Any) -> Any:
        return out[0] if isinstance(out, tuple | list) else out

    def spots(xs: Any) -> tuple[int, ...]:
        return tuple(range(len(xs)))

    def sd(x: Any) -> Any:
        """Shape and dtype only, for random results."""
        if isinstance(x, tuple | list):
            return [sd(y) for y in x]
        return list(x.shape), str(x.dtype)

    def epochs(d: Any, count: int = 1) -> Any:
        """Rows of a dataset, epoch by epoch, read by one iterator."""
        it = d.create_tuple_iterator(num_epochs=count, output_numpy=True)
        return [[[np.asarray(c).tolist() for c in row] for row in it]
                for _ in range(count)]  # fmt: skip

    def case(fn: Any) -> Any:
        """What a call gives, or the type and the [ERROR] line of its exception."""
        try:
            return fn()
        except Exception as error:
            lines = str(error).split("\n")
            return type(error).__name__, next(
                (t for t in lines if t.startswith("[ERROR]")), lines[0]
            )

    def said(fn: Any) -> Any:
        """What a call gives, or the type and the whole text of its exception."""
        try:
            out = fn()
            repr(out)
        except Exception as error:
            for _ in range(3):  # what is still under way may fail once more
                with contextlib.suppress(Exception):
                    ms.runtime.synchronize()
            return type(error).__name__, str(error).split("-----")[0].strip()
        return out

    r = np.arange(10)
    pic = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    x = T(np.linspace(-1.5, 2.0, 12).reshape(3, 4))
    return dict(
        ms=ms, np=np, Tensor=Tensor, nn=nn, ops=ops, F=F, P=P, T=T, vg=vg, sd=sd,
        x=x, ds=ds, X=X, V=V, epochs=epochs, case=case, r=r, pic=pic, said=said,
        m=T([[0, 1, 2], [3, 4, 5]]), mi=T([[0, 1, 2], [3, 4, 5]], np.int32),
        mb=T([[False, False, False], [True, True, True]], np.bool_),
        d=T([1, 2]), d3=T([1, 2, 3]), z=T(1), mint=ms.mint, Parameter=ms.Parameter,
        p=T(np.linspace(0.1, 0.9, 12).reshape(3, 4)),
        v=T([0.5, -1.0, 2.0, 3.0]),
        i=T([[1, 2, 3], [4, 5, 6]], np.int32),
        b=T([[True, False, True, False]] * 3, np.bool_),
        s=T([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),
        img=T(np.linspace(-1, 1, 2 * 4 * 4 * 4).reshape(2, 4, 4, 4) ** 3),
    )  # fmt: skip


def described(x: Any) -> Any:
    """A result as JSON: tensors with dtype, shape and elements."""
    import mindspore as ms
    import numpy as np

    if isinstance(x, ms.Tensor):
        a = x.astype(ms.float32) if x.dtype == ms.bfloat16 else x
        return ["T", str(x.dtype), list(x.shape), numbers(a.asnumpy())]
    if isinstance(x, np.ndarray):
        return ["A", str(x.dtype), list(x.shape), numbers(x)]
    if hasattr(x, "_fields"):
        return ["L", [described(y) for y in x]]
    if isinstance(x, tuple | list):
        return ["L", [described(y) for y in x]]
    if isinstance(x, dict):
        return ["D", [[str(k), described(v)] for k, v in x.items()]]
    if isinstance(x, bool | int | str) or x is None:
        return ["V", type(x).__name__, x]
    if isinstance(x, float):
        return ["F", x]
    return ["R", str(x)]


def numbers(a: Any) -> Any:
    if a.dtype.kind == "c":
        return [[float(v.real), float(v.imag)] for v in a.reshape(-1)]
    if a.dtype.kind in "SU":
        return [str(v) for v in a.reshape(-1)]
    return [v.item() for v in a.reshape(-1)]


def evaluate(code: str, scope: dict[str, Any]) -> Any:
    tree = ast.parse(code.replace("; ", "\n"))
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, "<case>", "exec"), scope)
            value = eval(compile(ast.Expression(last.value), "<case>", "eval"), scope)
        out = described(value)
    except Exception as error:
        return ["E", type(error).__name__, (str(error).strip().split("\n") or [""])[0]]
    return ["P", printed.getvalue(), out] if printed.getvalue() else out


def main(source: str, target: str) -> None:
    with open(source) as lines:
        cases = [c.strip() for c in lines if c.strip() and not c.startswith("#")]
    with open(target, "w") as out:
        for code in cases:
            result = evaluate(code, setup())
            out.write(json.dumps([code, result]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
