"""`mindspore.graph.api`: the same names as `mindspore.common.api`."""

from __future__ import annotations

from isograd.mindspore.common.api import _cell_graph_executor as _cell_graph_executor
from isograd.mindspore.common.api import _no_grad as _no_grad
from isograd.mindspore.common.api import _pynative_executor as _pynative_executor
from isograd.mindspore.common.api import jit as jit
from isograd.mindspore.common.api import jit_class as jit_class
from isograd.mindspore.missing import attributes

__getattr__ = attributes("mindspore.graph.api")
