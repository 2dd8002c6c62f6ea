"""`mindspore.numpy`: NumPy's names and argument order on MindSpore's tensors."""

from __future__ import annotations

from isograd.mindspore.missing import attributes
from isograd.mindspore.numpy import functions, more

globals().update(
    {
        k: v
        for k, v in {**vars(functions), **vars(more)}.items()
        if not k.startswith("_") and k != "annotations"
    }
)
globals().update(functions.TABLE | more.TABLE)
__getattr__ = attributes("mindspore.numpy")
