"""Devices and the run time: there is the host."""

from __future__ import annotations

import sys
from typing import Any

from isograd.mindspore import context


def set_device(device_target: str, device_id: int | None = None) -> None:
    """Name the device.

    Raises:
        ValueError: for a target that MindSpore does not know either.
    """
    context.set_context(device_target=device_target)


def get_current_device() -> Any:
    return context.get_context("device_target")


def set_deterministic(deterministic: bool) -> None:
    """Computation is deterministic in any case."""
    if not isinstance(deterministic, bool):
        raise TypeError(
            "For 'set_deterministic', the 'deterministic' must be bool, "
            "but "
            f"got {type(deterministic).__name__}."
        )
    context.set_context(deterministic="ON" if deterministic else "OFF")


def set_recursion_limit(recursion_limit: int = 1000) -> None:
    """Bound the depth of calls while compiling; Python's own limit is left alone."""
    context.set_context(max_call_depth=recursion_limit)


def run_check() -> None:
    """Multiply two matrices and tell that it worked."""
    from isograd.mindspore import __version__, ops

    print(f"MindSpore version: {__version__}")
    out = ops.matmul(ops.ones((2, 3)), ops.ones((3, 2)))
    assert out.shape == (2, 2) and float(out.sum()) == 12.0
    target = context.get_context("device_target")
    print(
        "The result of multiplication calculation is correct, MindSpore has been "
        f"installed on platform [{target}] successfully!"
    )


def synchronize() -> None:
    """Everything is done when its call returns."""
    sys.stdout.flush()


def launch_blocking() -> None:
    """Calls always wait for their results."""


class PynativeExecutor:
    """`_pynative_executor`: what eager calls run on."""

    def sync(self) -> None:
        synchronize()

    def set_grad_flag(self, flag: bool) -> None:
        self.flag = flag

    def grad_flag(self) -> bool:
        return getattr(self, "flag", False)

    def enable_grad(self) -> bool:
        return not context.gradients_off()


_pynative_executor = PynativeExecutor()


class _CellGraphExecutor:
    """`_cell_graph_executor`: programs that only want to know whether a cell compiles."""

    def compile(self, obj: Any, *args: Any, **kwargs: Any) -> tuple[str, bool]:
        """Evaluate a cell or function once; its parameters keep their values.

        Raises:
            Exception: what the evaluation raises.
        """
        held = [(p, p._p.copy()) for p in getattr(obj, "get_parameters", tuple)()]
        settings = ("phase", "do_convert", "jit_config_dict", "dynamic_shape")
        kwargs = {k: v for k, v in kwargs.items() if k not in settings}
        try:
            obj(*args, **kwargs)
        finally:
            for p, payload in held:
                p._p = payload
        return "graph", True


_cell_graph_executor = _CellGraphExecutor()
