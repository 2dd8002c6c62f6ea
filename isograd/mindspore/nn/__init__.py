"""`mindspore.nn`: cells, layers, losses, optimizers, learning rates, metrics.

Cells are there at once; layers are imported when one of them is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from isograd.mindspore.missing import attributes
from isograd.mindspore.nn.cell import Cell as Cell
from isograd.mindspore.nn.cell import GraphCell as GraphCell
from isograd.mindspore.nn.containers import CellDict as CellDict
from isograd.mindspore.nn.containers import CellList as CellList
from isograd.mindspore.nn.containers import SequentialCell as SequentialCell

# Modules of layers, in the order in which a name is looked for.
_PARTS = (
    "nn.basic",
    "nn.activations",
    "nn.convolutions",
    "nn.normalisation",
    "nn.pooling",
    "nn.losses",
    "nn.mathematics",
    "nn.wrap",
    "nn.optim",
    "nn.schedules",
    "nn.recurrent",
    "nn.attention",
    "train.metrics",
)
# MindSpore's modules of those names.
_MODULES = (
    "optim",
    "loss",
    "layer",
    "wrap",
    "metrics",
    "cell",
    "dynamic_lr",
    "learning_rate_schedule",
    "utils",
    "grad",
)

_missing = attributes("mindspore.nn", {})


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"isograd.mindspore.nn.{name}")
    if not name.startswith("_"):
        for part in _PARTS:
            found = getattr(import_module(f"isograd.mindspore.{part}"), name, None)
            if _public(found):
                globals()[name] = found
                return found
    return _missing(name)


def _public(found: Any) -> bool:
    """Whether a member of a part is one of its classes or functions, not an import."""
    home = getattr(found, "__module__", "") or ""
    if not callable(found):
        return False
    return home == "isograd.mindspore.nn" or home.startswith(
        ("isograd.mindspore.nn.", "isograd.mindspore.train.metrics")
    )


def __dir__() -> list[str]:
    names = set(globals())
    for part in _PARTS:
        module = import_module(f"isograd.mindspore.{part}")
        names |= {
            n
            for n in vars(module)
            if not n.startswith("_") and _public(getattr(module, n))
        }
    return sorted(names)
