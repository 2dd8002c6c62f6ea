"""`torch.save` and `torch.load`: a zip-free format of our own, by pickle.

Files that PyTorch wrote cannot be read, and PyTorch cannot read these.
"""

from __future__ import annotations

import io
import os
import pickle
from typing import Any

from isograd.torch.table import tensor_row

MAGIC = b"isograd tensors 1\n"


class _Unpickler(pickle.Unpickler):
    """With `weights_only`, only what makes tensors and plain containers."""

    safe = True
    names = (
        "dict",
        "list",
        "tuple",
        "set",
        "frozenset",
        "int",
        "float",
        "complex",
        "bool",
        "str",
        "bytes",
        "bytearray",
        "slice",
        "range",
        "object",
    )

    def find_class(self, module: str, name: str) -> Any:
        root = module.partition(".")[0]
        trusted = module.startswith("isograd.") or root in (
            "numpy",
            "collections",
            "ml_dtypes",
            "torch",
            "_codecs",
        )
        if module == "builtins":
            trusted = name in self.names
        if self.safe and not trusted:
            raise pickle.UnpicklingError(
                f"Weights only load failed. Unsupported global: GLOBAL {module}.{name} "
                "was not an allowed global by default. Pass weights_only=False if the "
                "file comes from a source that you trust."
            )
        return super().find_class(module, name)


@tensor_row(method=False)
def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    **_: Any,
) -> None:
    """Write an object that may hold tensors to a path or a file."""
    blob = MAGIC + pickle.dumps(obj, protocol=max(4, pickle_protocol))
    if isinstance(f, str | os.PathLike):
        with open(f, "wb") as file:
            file.write(blob)
    else:
        f.write(blob)


@tensor_row(method=False)
def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **_: Any,
) -> Any:
    """Read what `save` wrote.

    Raises:
        RuntimeError: the file was not written by isograd.
        pickle.UnpicklingError: with `weights_only`, an object of another class.
    """
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            blob = file.read()
    else:
        blob = f.read()
    if not blob.startswith(MAGIC):
        raise RuntimeError(
            "torch.load: this file was not written by isograd's "
            "torch.save; PyTorch's own format is not read"
        )
    reader = _Unpickler(io.BytesIO(blob[len(MAGIC) :]))
    reader.safe = weights_only is not False
    return reader.load()
