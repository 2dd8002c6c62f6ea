"""`mindspore.mint.optim`: the optimizers of `mindspore.experimental.optim`."""

from isograd.mindspore.experimental.optim import SGD as SGD
from isograd.mindspore.experimental.optim import Adam as Adam
from isograd.mindspore.experimental.optim import AdamW as AdamW
from isograd.mindspore.missing import attributes

FusedAdamW = AdamW
__getattr__ = attributes("mindspore.mint.optim", {})
