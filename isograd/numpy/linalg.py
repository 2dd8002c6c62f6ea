"""`np.linalg` and `np.fft`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload
from isograd.numpy.reductions import floating
from isograd.numpy.table import F, entry

_LINALG = np.linalg


def _matrix_function(name: str, function: str) -> None:
    """An entry whose body is a function of one matrix."""

    def body(a: Any) -> Payload:
        return getattr(F, function)(floating(as_payload(a)))

    entry(body, name=name, owner=_LINALG)


for _name, _function in {"inv": "inv", "det": "det", "cholesky": "cholesky"}.items():
    _matrix_function(_name, _function)
