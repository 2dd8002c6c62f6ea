"""`mindspore.dataset.config`: the seed of shuffling; other settings are kept."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from isograd.mindspore.seed import get_seed as _global_seed

_UNSET = 5489  # stands for: at random
_settings: dict[str, Any] = {
    "prefetch_size": 16,
    "num_parallel_workers": 8,
    "monitor_sampling_interval": 1000,
    "auto_num_workers": False,
    "enable_shared_mem": False,
    "enable_watchdog": True,
    "debug_mode": False,
    "auto_offload": False,
    "autotune_interval": 0,
    "callback_timeout": 60,
    "dynamic_shape": False,
    "enable_autotune": False,
    "fast_recovery": True,
    "multiprocessing_start_method": "fork",
    "multiprocessing_timeout_interval": 300,
    "numa_enable": False,
    "iterator_mode": {"do_copy": False, "parallel_convert": False},
}


class _Seed:
    """Ours, and the global one when ours was set: whichever was set last holds."""

    value: int | None = None
    beside: int | None = None


def set_seed(seed: int) -> None:
    """Fix the order of shuffling; also seeds `random` and `numpy.random`."""
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError("seed isn't of type int.")
    if not 0 <= seed < 2**32:
        raise ValueError(
            "seed given is not within the required range [0, UINT32_MAX(4294967295)]"
        )
    _Seed.value, _Seed.beside = seed, _global_seed()
    random.seed(seed)
    np.random.seed(seed)


def get_seed() -> int:
    now = _global_seed()
    if now is not None and (_Seed.value is None or now != _Seed.beside):
        return now
    return _UNSET if _Seed.value is None else _Seed.value


def fresh_seed() -> int:
    """The seed of one random step: the one set, or one at random."""
    seed = get_seed()
    return random.SystemRandom().randrange(2**32) if seed == _UNSET else seed


def _setting(name: str) -> None:
    def setter(value: Any) -> None:
        _settings[name] = value

    globals()[f"set_{name}"] = setter
    globals()[f"get_{name}"] = lambda: _settings[name]


for _name in tuple(_settings):
    _setting(_name)
