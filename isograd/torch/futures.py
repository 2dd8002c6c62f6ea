"""`torch.futures`: values that arrive later."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures as _futures
from typing import Any


class Future:
    """A value that is set once, and waited for."""

    def __init__(self, *, devices: Any = None) -> None:
        self._future: _futures.Future[Any] = _futures.Future()

    def done(self) -> bool:
        return self._future.done()

    def wait(self) -> Any:
        return self._future.result()

    value = wait

    def set_result(self, result: Any) -> None:
        if self._future.done():
            raise RuntimeError(
                "Attempting to mark a completed Future as complete again. Note that a "
                "Future can only be marked completed once."
            )
        self._future.set_result(result)

    def set_exception(self, result: BaseException) -> None:
        if not isinstance(result, Exception):
            raise AssertionError(
                f"{result} is of type {type(result)}, not an Exception."
            )
        self._future.set_exception(result)

    def add_done_callback(self, callback: Callable[[Any], Any]) -> None:
        self._future.add_done_callback(lambda _: callback(self))

    def then(self, callback: Callable[[Any], Any]) -> Future:
        """The future of what `callback(self)` gives."""
        later = Future()

        def run(_: Any) -> None:
            try:
                later.set_result(callback(self))
            except Exception as error:
                later.set_exception(error)

        self._future.add_done_callback(run)
        return later


def wait_all(futures: Any) -> list[Any]:
    return [f.wait() for f in futures]


def collect_all(futures: Any) -> Future:
    """The future of all, when all are done."""
    out, left = Future(), list(futures)
    waiting = [len(left)]
    if not left:
        out.set_result([])

    def note(_: Any) -> None:
        waiting[0] -= 1
        if not waiting[0]:
            out.set_result(left)

    for f in left:
        f.add_done_callback(note)
    return out
