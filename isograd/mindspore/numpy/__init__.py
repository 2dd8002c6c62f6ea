"""`mindspore.numpy`: NumPy's names and argument order on MindSpore's tensors."""

from __future__ import annotations

from isograd.mindspore.missing import attributes
from isograd.mindspore.numpy import functions

globals().update(
    {
        k: v
        for k, v in vars(functions).items()
        if not k.startswith("_") and k != "annotations"
    }
)
globals().update(functions.TABLE)
__getattr__ = attributes("mindspore.numpy")
