"""`mindspore.nn.dynamic_lr`: learning rates, see `schedules.py`."""

from isograd.mindspore.nn.schedules import *  # noqa: F403 (the same names)
