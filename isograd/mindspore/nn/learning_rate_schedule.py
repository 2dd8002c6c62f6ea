"""`mindspore.nn.learning_rate_schedule`: learning rates, see `schedules.py`."""

from isograd.mindspore.nn.schedules import *  # noqa: F403 (the same names)
