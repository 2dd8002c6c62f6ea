"""`mindspore.experimental.optim`: optimizers called with gradients, PyTorch's rules."""

from isograd.mindspore.experimental.optim import lr_scheduler as lr_scheduler
from isograd.mindspore.experimental.optim.optimizers import ASGD as ASGD
from isograd.mindspore.experimental.optim.optimizers import SGD as SGD
from isograd.mindspore.experimental.optim.optimizers import Adadelta as Adadelta
from isograd.mindspore.experimental.optim.optimizers import Adagrad as Adagrad
from isograd.mindspore.experimental.optim.optimizers import Adam as Adam
from isograd.mindspore.experimental.optim.optimizers import Adamax as Adamax
from isograd.mindspore.experimental.optim.optimizers import AdamW as AdamW
from isograd.mindspore.experimental.optim.optimizers import NAdam as NAdam
from isograd.mindspore.experimental.optim.optimizers import Optimizer as Optimizer
from isograd.mindspore.experimental.optim.optimizers import RAdam as RAdam
from isograd.mindspore.experimental.optim.optimizers import RMSprop as RMSprop
from isograd.mindspore.experimental.optim.optimizers import Rprop as Rprop
from isograd.mindspore.missing import attributes

__getattr__ = attributes("mindspore.experimental.optim", {})
