"""`mindspore.common.parameter` is the module `isograd.mindspore.parameter`."""

import sys
from importlib import import_module

sys.modules[__name__] = import_module("isograd.mindspore.parameter")
