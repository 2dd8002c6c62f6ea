"""`mindspore.dataset.config`: the seed of shuffling; other settings are kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.mindspore.seed import get_seed as _global_seed

_settings: dict[str, Any] = {
    "seed": None,
    "prefetch_size": 16,
    "num_parallel_workers": 8,
    "monitor_sampling_interval": 1000,
    "auto_num_workers": False,
    "enable_shared_mem": False,
    "enable_watchdog": True,
    "debug_mode": False,
}


def set_seed(seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed isn't of type int, but got {type(seed)}")
    if not 0 <= seed < 2**32:
        raise ValueError(
            "seed given is not within the required range of [0, 2**32 - 1]"
        )
    _settings["seed"] = seed


def get_seed() -> Any:
    return 5489 if _settings["seed"] is None else _settings["seed"]


def generator() -> np.random.Generator:
    """A generator for one shuffling: of the seed, the global seed, or at random."""
    seed = _settings["seed"] if _settings["seed"] is not None else _global_seed()
    return np.random.default_rng(seed)


def _setting(name: str) -> None:
    def setter(value: Any) -> None:
        _settings[name] = value

    globals()[f"set_{name}"] = setter
    globals()[f"get_{name}"] = lambda: _settings[name]


for _name in tuple(_settings):
    if _name != "seed":
        _setting(_name)
