"""Writes in place to inputs and parameters under grad, and `mutable` containers.

What is expected follows from the functions' derivatives; which writes are allowed, and
the structure of the gradients of containers, were seen in MindSpore 2.10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import nn, ops


def tensor(*values: float) -> ms.Tensor:
    return ms.Tensor(np.array(values, np.float32))


@pytest.fixture
def graph_mode() -> Iterator[None]:
    ms.set_context(mode=ms.GRAPH_MODE)
    yield
    ms.set_context(mode=ms.PYNATIVE_MODE)


def plain(x: Any) -> Any:
    if isinstance(x, ms.Tensor):
        return x.asnumpy().tolist()
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    return type(x)(map(plain, x)) if isinstance(x, tuple | list) else x


def added(x: Any, y: Any) -> Any:
    x.add_(y)
    return x * x


def test_arithmetic_in_place_on_an_input_counts() -> None:
    for _ in range(20):
        x, y = tensor(1, 2), tensor(2, 5)
        assert plain(ms.grad(added, (0, 1))(x, y)) == ([6, 14], [6, 14])
    gx, gy = ms.grad(lambda a, b: a.mul_(b), (0, 1))(tensor(1, 2), tensor(2, 5))
    assert plain((gx, gy)) == ([2, 5], [1, 2])


def test_other_writes_to_an_input_are_refused() -> None:
    def setting(x: Any) -> Any:
        x[0] = 3.0
        return x

    with pytest.raises(RuntimeError, match="Can not modify tensor id of input tensor"):
        ms.grad(setting)(tensor(1, 2))
    with pytest.raises(RuntimeError, match="InplaceCopy, which is forbidden!"):
        ms.grad(lambda x: x.copy_(tensor(1, 1)))(tensor(1, 2))


@pytest.mark.usefixtures("graph_mode")
def test_graph_mode_writes_to_its_own_copy_of_an_input() -> None:
    def setting(x: Any, y: Any) -> Any:
        x[0] = 3.0
        return x * y

    x = tensor(1, 2)
    assert plain(ms.grad(setting, (0, 1))(x, tensor(2, 5))) == ([0, 5], [3, 2])
    assert plain(x) == [1, 2]


class Writing(nn.Cell):
    def __init__(self, how: Any) -> None:
        super().__init__()
        self.p = ms.Parameter(tensor(1, 1), name="p")
        self.how = how

    def construct(self, x: Any, y: Any) -> Any:
        return self.how(self.p, x) * y


def set_first(p: Any, x: Any) -> Any:
    p[0] = x[1]
    return p


@pytest.mark.parametrize(
    ("how", "value", "of_x"),
    [
        (lambda p, x: p.add_(x), [2, 3], [0, 0]),
        (set_first, [2, 1], [0, 0]),
        (lambda p, x: ops.assign_add(p, x), [2, 3], [2, 5]),
        (lambda p, x: ops.assign_sub(p, x), [0, -1], [-2, -5]),
    ],
    ids=["add_", "setitem", "assign_add", "assign_sub"],
)
def test_a_parameter_that_is_written_to_stays_what_is_differentiated(
    how: Any, value: Any, of_x: Any
) -> None:
    net = Writing(how)
    of_input, of_weight = ms.grad(net, 0, net.p)(tensor(1, 2), tensor(2, 5))
    assert plain(net.p) == value
    assert plain(of_input) == of_x
    assert plain(of_weight) == [2, 5]
    net = Writing(how)
    assert plain(ms.grad(net)(tensor(1, 2), tensor(2, 5))) == of_x


# --- mutable --------------------------------------------------------------------------


def products(pair: Any, y: Any) -> Any:
    return pair[0] * y + pair[1] * pair[1]


def test_mutable_shows_what_it_was_made_of() -> None:
    for data in (3, 2.0, (1, 2), [1, 2], {"a": 1}, True):
        marked = ms.mutable(data)
        assert marked == data
        assert marked.__ms_mutable__ and marked.__ms_origin_object__ is data
        assert type(marked).__name__ == f"_{type(data).__name__.capitalize()}"
    with pytest.raises(TypeError, match="no self-reference, but got str: a"):
        ms.mutable("a")
    with pytest.raises(TypeError, match="the second input should be bool"):
        ms.mutable((1, 2), dynamic_len=1)  # type: ignore[arg-type]  # justified: refused


@pytest.mark.usefixtures("graph_mode")
def test_gradients_of_mutable_containers_have_their_structure() -> None:
    x, y = tensor(1, 2), tensor(3, 4)
    pair = ms.mutable((x, y))
    assert plain(ms.grad(products, (0, 1))(pair, y)) == (([3, 4], [6, 8]), [1, 2])
    assert plain(ms.grad(products)(ms.mutable([x, y]), y)) == [[3, 4], [6, 8]]
    both = ops.GradOperation(get_all=True)(products)(pair, y)
    assert plain(both) == (([3, 4], [6, 8]), [1, 2])
    nested = ms.mutable({"a": x, "b": (y, 3)})
    found = ms.grad(lambda d: d["a"] * d["b"][0] * d["b"][1])(nested)
    assert plain(found) == {"a": [9, 12], "b": ([3, 6], 0)}
    assert ms.grad(lambda s, t: t * s)(ms.mutable(3.0), x) == 0.0
    assert ms.grad(products)((x, y), y) == ()


def test_inside_jit_containers_have_gradients_in_either_mode() -> None:
    @ms.jit
    def of_pair(x: Any, y: Any) -> Any:
        return ms.grad(products)((x, y), y)

    assert plain(of_pair(tensor(1, 2), tensor(3, 4))) == ([3, 4], [6, 8])
    pair = ms.mutable((tensor(1), tensor(2)))
    assert ms.grad(products)(pair, tensor(3)) == ()
