"""Loops in LLVM IR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

I64 = ir.IntType(64)


def counted(
    b: Any, start: Any, stop: Any, step: int, body: Callable[[Any], None]
) -> None:
    """`for i in range(start, stop, step): body(i)`."""
    entry = b.block
    head = b.append_basic_block("loop")
    done = b.append_basic_block("done")
    b.cbranch(b.icmp_signed("<", start, stop), head, done)
    b.position_at_end(head)
    i = b.phi(I64)
    i.add_incoming(start, entry)
    body(i)
    following = b.add(i, ir.Constant(I64, step), flags=("nsw",))
    i.add_incoming(following, b.block)
    b.cbranch(b.icmp_signed("<", following, stop), head, done)
    b.position_at_end(done)
