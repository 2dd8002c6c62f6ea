"""`data_sink`: a function that takes its arguments from a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def data_sink(
    fn: Callable[..., Any],
    dataset: Any,
    sink_size: int = 1,
    jit_config: Any = None,
    input_signature: Any = None,
) -> Callable[[], Any]:
    """A function without arguments: each call runs `sink_size` rows of the dataset.

    Raises:
        ValueError: for a sink_size that is no positive int.
    """
    if (
        isinstance(sink_size, bool)
        or not isinstance(sink_size, int)
        or not (sink_size > 0 or sink_size == -1)
    ):
        raise ValueError(
            f"The 'sink_size' must be positive, but got sink_size {sink_size}."
        )
    rows: list[Iterator[Any]] = []

    def next_row() -> Any:
        if not rows:
            rows.append(iter(dataset.create_tuple_iterator()))
        try:
            return next(rows[0])
        except StopIteration:
            rows[0] = iter(dataset.create_tuple_iterator())
            return next(rows[0])

    def sink_process(*_: Any) -> Any:
        out = None
        count = dataset.get_dataset_size() if sink_size == -1 else sink_size
        for _i in range(count):
            out = fn(*next_row())
        return out

    return sink_process
