"""Views and writes in place: in memory, on the tape, and under every transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isograd.base.errors import EngineError
from isograd.core import mutation
from isograd.core.levels import changed
from isograd.core.primitive import RAW, REGISTRY
from isograd.core.storage import version
from isograd.core.tape import Leaf
from isograd.core.tensor import payload_of, wrap
from isograd.core.transforms import grad, jvp, vjp, vmap
from isograd.testing import check_nestings, nestings

from .helpers import Var, call, exp, gradients, leaf, tanh, value


def raised(e: Any) -> tuple[str, int, int]:
    return e.value.code, e.value.fields["found"], e.value.fields["expected"]


# --- memory ---------------------------------------------------------------------------


def test_views_share_memory_and_versions() -> None:
    x = Var(np.arange(6.0).reshape(2, 3))
    row, flat = x.part(1, 2), x.reshape(6)
    row.write(7.0)
    np.testing.assert_array_equal(value(flat), [0, 1, 2, 7, 7, 7])
    assert version(x._p) == version(flat._p) == 1
    flat.part(0, 2).write(np.array([8.0, 9.0]))
    np.testing.assert_array_equal(value(x)[0], [8, 9, 2])
    assert version(row._p) == 2


def test_an_untracked_write_is_no_version() -> None:
    x = leaf([1.0, 2.0])
    y = x * Var(1.0)
    z = (y * y).sum()
    data = Var(0.0)
    data._p, data._untracked = y._p, [0]
    data.part(0, 1).write(5.0)
    assert version(y._p) == 0 and data._untracked == [1]
    np.testing.assert_array_equal(gradients(z, [x])[0], [10.0, 4.0])


def test_many_living_views_are_noted_in_linear_time() -> None:
    """Dead views are forgotten, and looked for rarely."""
    x = Var(np.zeros(4))
    kept = [x.part(0, 1) for _ in range(1000)]
    for _ in range(5000):
        x.part(1, 2)
    assert len(x._views) < 2100 and len(kept) == 1000


def test_broadcast_views_are_not_written() -> None:
    def f(x: Any) -> Any:
        y = x * Var(1.0)
        y.view("broadcast_in", shape=(3, 1)).view("broadcast_in", shape=(3, 2)).write(
            2.0
        )
        return y

    x = np.ones((1, 1))
    for run in (
        lambda: f(Var(x)),
        lambda: vmap(f)(np.ones((2, 1, 1))),
        lambda: jvp(f, (x,), (x,)),
        lambda: vjp(f, x),
    ):
        with pytest.raises(EngineError) as e:
            run()
        assert e.value.code == "overlap"
    t = Var(np.ones(2))
    t.view("broadcast_in", shape=(1, 2)).write(5.0)  # no element is repeated
    np.testing.assert_array_equal(value(t), [5.0, 5.0])


# --- leaves ---------------------------------------------------------------------------


def test_leaves_are_written_only_without_recording() -> None:
    x = leaf([1.0, 2.0])
    for target, code in ((x, "leaf"), (x.part(0, 1), "view_leaf")):
        with pytest.raises(EngineError) as e:
            target.write(3.0)
        assert e.value.code == code
        with pytest.raises(EngineError) as e:
            target.in_place("mul", 3.0)
        assert e.value.code == code
    np.testing.assert_array_equal(value(x), [1.0, 2.0])
    with changed(recording=False):
        x.part(0, 1).write(3.0)
    np.testing.assert_array_equal(value(x), [3.0, 2.0])
    assert type(x._node) is Leaf
    np.testing.assert_array_equal(gradients((x * x).sum(), [x])[0], [6.0, 4.0])


def test_a_view_that_is_a_leaf_stays_one_when_its_base_is_written() -> None:
    base = Var(np.zeros(4))
    v = base.part(0, 2)
    v._node = Leaf((2,))
    base.write(1.0)
    np.testing.assert_array_equal(gradients((v * v).sum(), [v])[0], [2.0, 2.0])


# --- intermediates, through chains of views -------------------------------------------


def test_a_write_through_a_chain_of_views_reaches_base_and_siblings() -> None:
    x, w = leaf(np.arange(12.0).reshape(3, 4)), leaf([10.0, 20.0])
    y = x * Var(2.0)
    sibling = y.part(1, 2)
    column = y.transpose(1, 0).part(1, 2).reshape(3)
    column.part(0, 2).write(w)
    expected = 2 * np.arange(12.0).reshape(3, 4)
    expected[0:2, 1] = [10.0, 20.0]
    np.testing.assert_array_equal(value(y), expected)
    np.testing.assert_array_equal(value(sibling), expected[1:2])
    gx, gw = gradients((y * y).sum(), [x, w], retain_graph=True)
    mask = np.ones((3, 4))
    mask[0:2, 1] = 0.0
    np.testing.assert_array_equal(gx, 4 * expected * mask)
    np.testing.assert_array_equal(gw, [20.0, 40.0])
    gx, gw = gradients((sibling * sibling).sum(), [x, w])
    np.testing.assert_array_equal(gx, 4 * expected * mask * [[0], [1], [0]])
    np.testing.assert_array_equal(gw, [0.0, 40.0])


def test_a_constant_base_joins_the_tape_with_its_views() -> None:
    x = leaf(3.0)
    base = Var(np.zeros(3))
    sibling = base.part(1, 3)
    base.part(0, 2).write(x)
    assert sibling._node is not None
    assert gradients((sibling * sibling).sum(), [x])[0] == 6.0
    base.write(0.0)  # a constant everywhere: off the tape again
    assert base._node is None
    assert gradients((sibling * sibling).sum(), [x]) == [None]


def test_a_written_value_keeps_its_own_graph() -> None:
    """Other uses of the value, before and after the write, get their cotangents."""
    x = leaf([0.0, 1.0])
    y = exp(x)
    before = y * Var(2.0)
    t = Var(np.zeros(2)).write(y)
    part = Var(np.zeros(4))
    part.part(1, 3).write(y)
    root = before.sum() + t.sum() + part.sum() + y.sum()
    np.testing.assert_allclose(gradients(root, [x])[0], 5 * np.exp([0.0, 1.0]))


def test_writing_over_the_copy_of_a_value_leaves_the_value_alone() -> None:
    x = leaf([0.0, 1.0])
    y = exp(x)
    t = Var(np.zeros(2)).write(y)
    t.in_place("mul", 5.0)
    np.testing.assert_allclose(gradients((t + y).sum(), [x])[0], 6 * np.exp([0.0, 1.0]))


def test_a_view_of_transposed_memory_is_written_on_the_tape_too() -> None:
    """The base is in Fortran order, so its reshaped transpose is a view."""
    base = Var(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    x = leaf([7.0, 8.0])
    flat = base.transpose(1, 0).reshape(6)
    assert np.shares_memory(value(flat), value(base))
    flat.part(1, 3).write(x)
    np.testing.assert_array_equal(gradients((base * base).sum(), [x])[0], [14.0, 16.0])
    index = ((1, 3, 1),)
    chain = (
        ("transpose", (("axes", (1, 0)),)),
        ("reshape", (("shape", (6,)),)),
        ("slice", (("index", index),)),
    )
    out = RAW.view_write(np.ascontiguousarray(base._p), np.zeros(2), chain=chain)
    np.testing.assert_array_equal(out, [[0.0, 0.0, 2.0], [0.0, 4.0, 5.0]])


# --- operations in place --------------------------------------------------------------


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
def test_operations_in_place_equal_their_functional_form(name: str) -> None:
    a, b = [1.5, 2.5], [0.5, 2.0]
    x, y = leaf(a), leaf(b)
    out = call(name, x * Var(1.0), y)
    expected = gradients((out * out).sum(), [x, y])
    t = x * Var(1.0)
    t.in_place(name, y)
    np.testing.assert_array_equal(value(t), value(out))
    found = gradients((t * t).sum(), [x, y])
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("name", ["exp", "tanh", "log", "sqrt", "square"])
def test_chains_of_operations_in_place(name: str) -> None:
    x = leaf([0.5, 1.5])
    out = call(name, call(name, x + Var(2.0)) + Var(2.0))
    t = x + Var(2.0)
    t.in_place(name)
    t.in_place("add", 2.0)
    if name in ("log", "square"):  # what these read was copied: no error
        t.in_place(name)
        np.testing.assert_allclose(gradients(t.sum(), [x]), gradients(out.sum(), [x]))
        return
    with pytest.raises(EngineError) as e:  # the first saved its result
        gradients(t.sum(), [x])
    assert raised(e) == ("modified", 2, 1)


def test_a_result_saved_in_place_may_be_read_but_not_written() -> None:
    x = leaf([0.5, 1.5])
    t = x * Var(1.0)
    t.in_place("exp")
    np.testing.assert_allclose(
        gradients((t * t).sum(), [x], retain_graph=True)[0], 2 * np.exp([1.0, 3.0])
    )
    t.part(0, 1).write(0.0)
    with pytest.raises(EngineError) as e:
        gradients(t.sum(), [x])
    assert raised(e) == ("modified", 2, 1)


@pytest.mark.parametrize("name", ["mul", "div"])
def test_an_operand_overwritten_by_its_own_operation_is_noticed(name: str) -> None:
    """b op= b[0]: the operand's old value is gone, PyTorch raises as well."""
    x = leaf([2.0, 3.0])
    b = x * Var(1.0)
    b.in_place(name, b.part(0, 1))
    with pytest.raises(EngineError) as e:
        gradients(b.sum(), [x])
    assert e.value.code == "modified"


def test_overlapping_reads_and_writes() -> None:
    """x[1:] = x[:-1] reads before it writes, as NumPy's assignment does."""
    x = leaf(np.arange(4.0))
    y = x * Var(1.0)
    y.part(1, 4).write(y.part(0, 3))
    np.testing.assert_array_equal(value(y), [0, 0, 1, 2])
    (g,) = gradients((y * Var([1.0, 2.0, 3.0, 4.0])).sum(), [x])
    np.testing.assert_array_equal(g, [3.0, 3.0, 4.0, 0.0])


def test_writes_are_differentiated_twice() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * Var(1.0)
    y.part(0, 2).in_place("mul", y.part(1, 3) * Var(1.0))
    (g,) = gradients((y * y).sum(), [x], create_graph=True, retain_graph=True)
    t = wrap(Var, g)
    (h,) = gradients((t * t).sum(), [x])

    def f(a: Any) -> Any:
        return a[0] ** 2 * a[1] ** 2 + a[1] ** 2 * a[2] ** 2 + a[2] ** 2

    a, eps = value(x), 1e-4
    unit = np.eye(3) * eps
    slope = lambda a: np.array(  # noqa: E731 (a one-line function)
        [(f(a + u) - f(a - u)) / (2 * eps) for u in unit]
    )
    np.testing.assert_allclose(g.p, slope(a), rtol=1e-6)
    outer = [
        (np.sum(slope(a + u) ** 2) - np.sum(slope(a - u) ** 2)) / (2 * eps)
        for u in unit
    ]
    np.testing.assert_allclose(h, outer, rtol=1e-4)


def test_writes_without_recording_change_values_alone() -> None:
    x = leaf([1.0, 2.0])
    y = x * Var(3.0)
    node = y._node
    with changed(recording=False):
        y.in_place("mul", 2.0)
    assert y._node is node
    np.testing.assert_array_equal(value(y), [6.0, 12.0])
    np.testing.assert_array_equal(gradients(y.sum(), [x])[0], [3.0, 3.0])


# --- under transforms -----------------------------------------------------------------


def test_writes_to_a_value_of_an_outer_level_keep_the_levels_apart() -> None:
    """d/dx d/dz (z * y1) with y = x x written at 0 by z: y1 is the outer level's."""

    def outer(x: Any) -> Any:
        y = call("broadcast_to", x * x, shape=(2,)) * Var([1.0, 3.0])

        def inner(z: Any) -> Any:
            y.part(0, 1).write(z)
            return (y.part(0, 1) * y.part(1, 2)).sum()

        return grad(inner)(Var(5.0))  # 3 x^2

    assert grad(outer)(2.0) == 12.0
    assert jvp(outer, (2.0,), (1.0,))[1] == 12.0


Program = Callable[[Var], Any]


def steps() -> st.SearchStrategy[list[tuple[str, int, int, int]]]:
    names = st.sampled_from(
        ["part", "part", "transpose", "reshape", "copy", "scale", "mul", "tanh"]
    )
    number = st.integers(0, 5)
    return st.lists(st.tuples(names, number, number, number), min_size=2, max_size=7)


class Machine:
    """Runs steps on a base and its views; shapes come from arrays kept beside them."""

    def __init__(self, x: Var) -> None:
        self.tensors = [x * Var(1.0)]
        self.shadows = [np.zeros(x.shape)]

    def run(self, step: tuple[str, int, int, int]) -> None:
        name, i, j, k = step
        i, j = i % len(self.tensors), j % len(self.tensors)
        getattr(self, name)(i, j, k)

    def add(self, t: Var, shadow: np.ndarray) -> None:
        self.tensors.append(t)
        self.shadows.append(shadow)

    def part(self, i: int, j: int, k: int) -> None:
        size = self.shadows[i].shape[0] if self.shadows[i].ndim else 0
        if size:
            start = k % size
            stop = max(start + 1, size - j)
            self.add(self.tensors[i].part(start, stop), self.shadows[i][start:stop])

    def transpose(self, i: int, j: int, k: int) -> None:
        axes = tuple(range(self.shadows[i].ndim))[::-1]
        self.add(self.tensors[i].transpose(*axes), self.shadows[i].transpose(axes))

    def reshape(self, i: int, j: int, k: int) -> None:
        size = self.shadows[i].size
        shape = (size // 2, 2) if k % 2 and size % 2 == 0 else (size,)
        flat = self.shadows[i].reshape(shape)
        if np.may_share_memory(flat, self.shadows[i]):
            self.add(self.tensors[i].reshape(*shape), flat)

    def fitting(self, i: int, j: int) -> Var:
        """A value for tensor i made from tensor j, in memory of its own."""
        t = self.tensors[j] + Var(0.5)
        if self.shadows[i].shape != self.shadows[j].shape:
            t = t.sum() * Var(0.1)
        return t

    def copy(self, i: int, j: int, k: int) -> None:
        self.tensors[i].write(self.fitting(i, j))

    def scale(self, i: int, j: int, k: int) -> None:
        self.tensors[i].in_place("mul", 0.5 + 0.1 * k)

    def mul(self, i: int, j: int, k: int) -> None:
        self.tensors[i].in_place("mul", self.fitting(i, j))

    def tanh(self, i: int, j: int, k: int) -> None:
        self.tensors[i].write(tanh(self.tensors[i]))

    def result(self) -> Var:
        total = Var(0.0)
        for k, t in enumerate(self.tensors):
            total = total + (t * t).sum() * Var(1.0 + 0.3 * k)
        return total


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(steps())
def test_programs_of_views_and_writes_under_every_transform(
    program: list[tuple[str, int, int, int]],
) -> None:
    """Against differences and loops over plain runs, where writes are NumPy's own."""

    def run(x: Any) -> Any:
        machine = Machine(x)
        for step in program:
            machine.run(step)
        return machine.result()

    x = np.linspace(-0.9, 0.8, 12).reshape(3, 4)
    check_nestings(run, (x,), nestings(2))
    tape = leaf(x)
    np.testing.assert_allclose(
        gradients(run(tape), [tape])[0], vjp(run, x)[1](1.0)[0], rtol=1e-12
    )


def test_a_mapped_value_is_written_for_each_of_the_batch() -> None:
    def f(x: Any, y: Any) -> Any:
        t = x * Var(1.0)
        t.part(1, 2).write(y)
        t.in_place("mul", 2.0)
        return t

    xs, ys = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0])
    expected = 2 * xs
    expected[:, 1] = 2 * ys
    np.testing.assert_array_equal(vmap(f)(xs, ys), expected)
    np.testing.assert_array_equal(vmap(f, (None, 0))(xs[0], ys)[1], [0.0, 40.0, 4.0])


def test_make_view_under_transforms_knows_its_base() -> None:
    def f(x: Any) -> Any:
        y = x * Var(1.0)
        v = y.part(0, 1)
        y.in_place("mul", 3.0)
        return v.sum()  # a view shows what was written to its base afterwards

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(f)(x), [3.0, 0.0])
    assert jvp(f, (x,), (x,)) == (3.0, 3.0)
    np.testing.assert_array_equal(vmap(f)(np.stack([x, x])), [3.0, 3.0])
    assert payload_of(
        mutation.make_view(Var, Var(x), REGISTRY["reshape"], {"shape": (2, 1)})
    ).shape == (2, 1)
