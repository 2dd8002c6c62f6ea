"""`torch.multiprocessing`: Python's own; tensors are copied, not shared."""

from __future__ import annotations

import multiprocessing as _own
from multiprocessing import *  # noqa: F403
from typing import Any

_STRATEGY = ["file_descriptor"]


def get_all_sharing_strategies() -> set[str]:
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    return _STRATEGY[0]


def set_sharing_strategy(new_strategy: str) -> None:
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"invalid sharing strategy: {new_strategy}")
    _STRATEGY[0] = new_strategy


class ProcessRaisedException(Exception):
    """A started process raised."""


def spawn(
    fn: Any,
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> Any:
    """Run `fn(i, *args)` in `nprocs` processes.

    Raises:
        ProcessRaisedException: one of them failed (if `join`).
    """
    context: Any = _own.get_context(start_method)
    made = [
        context.Process(target=fn, args=(i, *args), daemon=daemon)
        for i in range(nprocs)
    ]
    for p in made:
        p.start()
    if not join:
        return made
    for i, p in enumerate(made):
        p.join()
        if p.exitcode:
            raise ProcessRaisedException(
                f"process {i} terminated with exit code {p.exitcode}"
            )
    return None
