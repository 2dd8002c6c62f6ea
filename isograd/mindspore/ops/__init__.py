"""`mindspore.ops`: functions (`ops.matmul`) and operator classes (`ops.MatMul()`)."""

from __future__ import annotations

from typing import Any

from isograd.mindspore.call import FUNCTIONS
from isograd.mindspore.missing import attributes
from isograd.mindspore.ops import arithmetic as arithmetic
from isograd.mindspore.ops import keys as keys
from isograd.mindspore.ops import linalg as linalg
from isograd.mindspore.ops import reductions as reductions
from isograd.mindspore.ops import shapes as shapes

_LAZY: dict[str, str] = {}

_missing = attributes("mindspore.ops", _LAZY)


def __getattr__(name: str) -> Any:
    found = FUNCTIONS.get(name)
    return _missing(name) if found is None else found


globals().update(FUNCTIONS)
