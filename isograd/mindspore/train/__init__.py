"""`mindspore.train`: Model, callbacks, metrics, checkpoints, mixed precision."""

from __future__ import annotations

from isograd.mindspore.missing import attributes
from isograd.mindspore.train.amp import build_train_network as build_train_network
from isograd.mindspore.train.callback import Callback as Callback
from isograd.mindspore.train.callback import CheckpointConfig as CheckpointConfig
from isograd.mindspore.train.callback import EarlyStopping as EarlyStopping
from isograd.mindspore.train.callback import History as History
from isograd.mindspore.train.callback import LambdaCallback as LambdaCallback
from isograd.mindspore.train.callback import (
    LearningRateScheduler as LearningRateScheduler,
)
from isograd.mindspore.train.callback import LossMonitor as LossMonitor
from isograd.mindspore.train.callback import ModelCheckpoint as ModelCheckpoint
from isograd.mindspore.train.callback import ReduceLROnPlateau as ReduceLROnPlateau
from isograd.mindspore.train.callback import RunContext as RunContext
from isograd.mindspore.train.callback import TimeMonitor as TimeMonitor
from isograd.mindspore.train.data_sink import data_sink as data_sink
from isograd.mindspore.train.loss_scale_manager import (
    DynamicLossScaleManager as DynamicLossScaleManager,
)
from isograd.mindspore.train.loss_scale_manager import (
    FixedLossScaleManager as FixedLossScaleManager,
)
from isograd.mindspore.train.loss_scale_manager import (
    LossScaleManager as LossScaleManager,
)
from isograd.mindspore.train.metrics import *  # noqa: F403 (the table of metrics)
from isograd.mindspore.train.model import Model as Model
from isograd.mindspore.train.serialization import load_checkpoint as load_checkpoint
from isograd.mindspore.train.serialization import (
    load_param_into_net as load_param_into_net,
)
from isograd.mindspore.train.serialization import save_checkpoint as save_checkpoint

__getattr__ = attributes(
    "mindspore.train",
    {
        "serialization": "isograd.mindspore.train.serialization",
        "callback": "isograd.mindspore.train.callback",
        "metrics": "isograd.mindspore.train.metrics",
    },
)
