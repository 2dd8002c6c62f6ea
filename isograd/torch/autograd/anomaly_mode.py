"""Anomaly mode: nan in derivatives is reported where the forward pass made it."""

from __future__ import annotations

import warnings
from typing import Any

from isograd.core import levels
from isograd.torch.passes import CHECK_NAN


class set_detect_anomaly:
    """Anomaly mode on or off: at once, and until the end of a `with`."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev = levels.state().anomaly, CHECK_NAN[0]
        levels.assign(anomaly=bool(mode))
        CHECK_NAN[0] = check_nan

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: Any) -> None:
        levels.assign(anomaly=self.prev[0])
        CHECK_NAN[0] = self.prev[1]


class detect_anomaly:
    """Anomaly mode inside of a `with`."""

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the "
            "runtime and should only be enabled for debugging.",
            UserWarning,
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self.prev = levels.state().anomaly, CHECK_NAN[0]
        levels.assign(anomaly=True)
        CHECK_NAN[0] = self.check_nan

    def __exit__(self, *_: Any) -> None:
        levels.assign(anomaly=self.prev[0])
        CHECK_NAN[0] = self.prev[1]


def is_anomaly_enabled() -> bool:
    return levels.state().anomaly


def is_anomaly_check_nan_enabled() -> bool:
    return CHECK_NAN[0]
