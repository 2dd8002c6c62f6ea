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


# What makes tensors and plain containers; names are exact, so that no path leads from
# them to what their modules import.
_BUILTINS = """dict list tuple set frozenset int float complex bool str bytes bytearray
slice range object"""
_TRUSTED = {f"builtins.{name}" for name in _BUILTINS.split()} | {
    "_codecs.encode",
    "collections.Counter",
    "collections.OrderedDict",
    "ml_dtypes.bfloat16",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.numeric._frombuffer",
    "numpy.core.multiarray._reconstruct",
    "numpy.dtype",
    "numpy.ndarray",
    "torch.Size",
    "torch.device",
    "torch.dtypes.Size",
    "torch.dtypes._by_name",
    "torch.dtypes.device",
    "torch.dtypes.layout",
    "torch.dtypes.memory_format",
    "torch.layout",
    "torch.memory_format",
    "torch.nn.parameter.Buffer",
    "torch.nn.parameter.Parameter",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch.tensor.rebuild",
}
_UNSAFE = (
    "Weights only load failed. This file can still be loaded, to do so you have two "
    "options, \x1b[1mdo those steps only if you trust the source of the "
    "checkpoint\x1b[0m. \n\t(1) In PyTorch 2.6, we changed the default value of the "
    "`weights_only` argument in `torch.load` from `False` to `True`. Re-running "
    "`torch.load` with `weights_only` set to `False` will likely succeed, but it can "
    "result in arbitrary code execution. Do it only if you got the file from a trusted "
    "source.\n\t(2) Alternatively, to load with `weights_only=True` please check the "
    "recommended steps in the following error message.\n\tWeightsUnpickler error: "
    "Unsupported global: GLOBAL {name} was not an allowed global by default. Please use "
    "`torch.serialization.add_safe_globals([{name}])` or the "
    "`torch.serialization.safe_globals([{name}])` context manager to allowlist this "
    "global if you trust this class/function.\n\nCheck the documentation of torch.load "
    "to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)
_SAFE: list[Any] = []


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Let `load(weights_only=True)` make objects of these classes."""
    _SAFE.extend(g for g in safe_globals if g not in _SAFE)


def get_safe_globals() -> list[Any]:
    return list(_SAFE)


def clear_safe_globals() -> None:
    _SAFE.clear()


class safe_globals:
    """Let files hold objects of these classes for a while."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.given = safe_globals

    def __enter__(self) -> None:
        self.former = get_safe_globals()
        add_safe_globals(self.given)

    def __exit__(self, *_: Any) -> None:
        _SAFE[:] = self.former


class _Unpickler(pickle.Unpickler):
    """With `weights_only`, only what makes tensors and plain containers."""

    safe = True

    def find_class(self, module: str, name: str) -> Any:
        own = module.removeprefix("isograd.")  # classes may be shown by torch's paths
        shown = f"{own}.{name}"
        if not self.safe:
            return super().find_class(module, name)
        if shown in _TRUSTED:
            ours = own == "torch" or own.startswith("torch.")
            return super().find_class(f"isograd.{own}" if ours else module, name)
        for known in _SAFE:
            if f"{known.__module__}.{known.__qualname__}" in (
                f"{module}.{name}",
                shown,
            ):
                return known
        raise pickle.UnpicklingError(_UNSAFE.format(name=shown))


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
