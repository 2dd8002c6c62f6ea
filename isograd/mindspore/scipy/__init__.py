"""`mindspore.scipy`: SciPy's names for linear algebra on MindSpore's tensors."""

from __future__ import annotations

from isograd.mindspore.missing import attributes

__getattr__ = attributes(
    "mindspore.scipy", {"linalg": "isograd.mindspore.scipy.linalg"}
)
