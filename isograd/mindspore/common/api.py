"""`mindspore.common.api`: compilation of functions."""

from __future__ import annotations

from isograd.mindspore.context import _no_grad as _no_grad
from isograd.mindspore.device import _cell_graph_executor as _cell_graph_executor
from isograd.mindspore.device import _pynative_executor as _pynative_executor
from isograd.mindspore.graph.mutable import mutable as mutable
from isograd.mindspore.jit import jit as jit
from isograd.mindspore.jit import jit_class as jit_class
from isograd.mindspore.missing import attributes

ms_function = jit
ms_class = jit_class
__getattr__ = attributes("mindspore.common.api")
__path__: list[str] = []  # MindSpore has modules below
