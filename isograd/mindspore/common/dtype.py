"""`mindspore.common.dtype` is the module `isograd.mindspore.dtype`."""

import sys
from importlib import import_module

sys.modules[__name__] = import_module("isograd.mindspore.dtype")
