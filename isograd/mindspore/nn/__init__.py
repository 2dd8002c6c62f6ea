"""`mindspore.nn`: cells, layers, losses, optimizers, learning rates, metrics."""

from __future__ import annotations

from isograd.mindspore.missing import attributes
from isograd.mindspore.nn.cell import Cell as Cell
from isograd.mindspore.nn.cell import GraphCell as GraphCell
from isograd.mindspore.nn.containers import CellDict as CellDict
from isograd.mindspore.nn.containers import CellList as CellList
from isograd.mindspore.nn.containers import SequentialCell as SequentialCell

__getattr__ = attributes("mindspore.nn", {})
