"""How many Python frames, in how many files, stand between a sweep and the kernel."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from isograd.core.families import elementwise
from isograd.core.primitive import Primitive

from .helpers import call, gradients, leaf


class Spy:
    """An array function that notes the frames above each of its calls."""

    def __init__(self) -> None:
        self.stacks: list[list[str]] = []

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        frame, files = sys._getframe(1), []
        while frame is not None and "tests" not in frame.f_code.co_filename:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        self.stacks.append(files)
        return np.asarray(x * y)


def test_two_frames_of_ours_from_the_sweep_to_the_kernel(
    temporary: Callable[..., Primitive],
) -> None:
    """The sweep and the rule; `RAW` functions are the array functions themselves.

    A dialect's method and its entry function make four frames in three files.
    """
    spy = Spy()
    prim = temporary(
        elementwise,
        "test_spied",
        "x y",
        spy,
        tangents={"x": "test_spied(t, y)", "y": "test_spied(t, x)"},
    )
    prim.impl = spy  # without the wrapper that keeps a foreign result an array
    from isograd.core.primitive import RAW

    RAW.test_spied = spy  # type: ignore[attr-defined]  # justified: a table of names
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    z = call("test_spied", x, y)
    for _ in range(2):  # the rule defines itself at its first call
        spy.stacks.clear()
        np.testing.assert_array_equal(
            gradients(z, [x, y], retain_graph=True), [[3.0, 4.0], [1.0, 2.0]]
        )
    assert len(spy.stacks) == 2
    for files in spy.stacks:
        assert len(files) == 2 and len(set(files)) == 2, files


def test_torch_backward_reaches_the_kernel_in_four_frames_of_three_files() -> None:
    """From the caller of `loss.backward()`, the kernel's own frame aside."""
    import pytest

    torch = pytest.importorskip("isograd.torch", reason="no torch dialect yet")
    from isograd.core.primitive import RAW, REGISTRY

    if not hasattr(torch, "tensor"):
        pytest.skip("no torch dialect yet")
    prim, spy, kept = REGISTRY["pow"], Spy(), RAW.mul
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([2.0, 3.0], requires_grad=True)
    (x**y).sum().backward(create_graph=True)  # both rules are defined
    (x**y).sum().backward()
    rule, prim.raw_vjp = prim.raw_vjp, prim.vjp
    RAW.mul = spy
    try:
        (x**y).sum().backward()
    finally:
        RAW.mul, prim.raw_vjp = kept, rule
    assert spy.stacks
    for files in spy.stacks:
        assert len(files) <= 4 and len(set(files)) <= 3, files
