"""`mindspore.common.seed` is the module `isograd.mindspore.seed`."""

import sys
from importlib import import_module

sys.modules[__name__] = import_module("isograd.mindspore.seed")
