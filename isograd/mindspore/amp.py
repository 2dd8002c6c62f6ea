"""`mindspore.amp`: mixed precision and loss scaling."""

from isograd.mindspore.missing import attributes
from isograd.mindspore.train.amp import DynamicLossScaler as DynamicLossScaler
from isograd.mindspore.train.amp import LossScaler as LossScaler
from isograd.mindspore.train.amp import StaticLossScaler as StaticLossScaler
from isograd.mindspore.train.amp import all_finite as all_finite
from isograd.mindspore.train.amp import auto_mixed_precision as auto_mixed_precision
from isograd.mindspore.train.amp import build_train_network as build_train_network
from isograd.mindspore.train.amp import custom_mixed_precision as custom_mixed_precision
from isograd.mindspore.train.amp import get_black_list as get_black_list
from isograd.mindspore.train.amp import get_white_list as get_white_list
from isograd.mindspore.train.loss_scale_manager import (
    DynamicLossScaleManager as DynamicLossScaleManager,
)
from isograd.mindspore.train.loss_scale_manager import (
    FixedLossScaleManager as FixedLossScaleManager,
)
from isograd.mindspore.train.loss_scale_manager import (
    LossScaleManager as LossScaleManager,
)

__getattr__ = attributes("mindspore.amp", {})
