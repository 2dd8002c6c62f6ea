"""`mindspore.log`: the functions of a logger, silent below GLOG_v's level."""

from __future__ import annotations

import logging
import os
from typing import Any

from isograd.mindspore.missing import attributes

_LEVELS = {"0": 10, "1": 20, "2": 30, "3": 40, "4": 50}
logger = logging.getLogger("MindSpore")
_LEVEL = "GLOG_v"  # the variable's name is MindSpore's
logger.setLevel(_LEVELS.get(os.environ.get(_LEVEL, "2"), 30))

debug, info, warning, error = logger.debug, logger.info, logger.warning, logger.error
critical, exception = logger.critical, logger.exception


def get_level() -> str:
    """The level as GLOG_v counts it: "0" debug to "4" critical."""
    return next(k for k, v in _LEVELS.items() if v >= logger.level)


def get_log_config() -> dict[str, Any]:
    """The settings in the environment."""
    names = ("GLOG_v", "GLOG_logtostderr", "GLOG_log_dir", "logger_maxBytes")
    return {n: os.environ[n] for n in names if n in os.environ}


__getattr__ = attributes("mindspore.log")
