"""What the bytecode of a calling frame tells of the call that it is in."""

from __future__ import annotations

import dis
from types import FrameType
from typing import Any


def call_words(frame: FrameType) -> tuple[str, ...] | None:
    """The keywords of the call that a frame is in; None where it does not tell.

    A call with `*` or `**`, or by another way than a call's own syntax, does not tell.
    """
    steps = dis.get_instructions(frame.f_code)
    done = [s for s in steps if s.offset <= frame.f_lasti and s.opname != "CACHE"]
    last = done[-1].opname if done else ""
    if last not in ("CALL", "CALL_KW"):
        return None
    names: Any = ()
    for step in reversed(done[:-1]):
        if last == "CALL_KW":
            names = step.argval
        elif step.opname == "KW_NAMES":
            names = frame.f_code.co_consts[step.arg or 0]
        if step.opname != "PRECALL":
            break
    return tuple(names)
