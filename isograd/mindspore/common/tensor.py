"""`mindspore.common.tensor` is the module `isograd.mindspore.tensor`."""

import sys
from importlib import import_module

sys.modules[__name__] = import_module("isograd.mindspore.tensor")
