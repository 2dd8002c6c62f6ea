"""The reverse sweep: order, depth, hooks, inputs, recorded sweeps, threads."""

from __future__ import annotations

import gc
import inspect
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from isograd.base.errors import EngineError
from isograd.core import levels, reverse
from isograd.core.families import elementwise
from isograd.core.primitive import Primitive
from isograd.core.reverse import sweep
from isograd.core.tape import Leaf, Node
from isograd.core.tensor import payload_of
from isograd.core.transforms import grad, jacrev, jvp, vmap

from .helpers import Var, call, exp, gradients, leaf, log, sort, tanh, value

# --- depth ----------------------------------------------------------------------------


def chain(length: int) -> tuple[Var, Var]:
    x = leaf(1.0)
    y, one = x, Var(1.0)
    for _ in range(length):
        y = y + one
    return x, y


def seconds(length: int) -> float:
    """Time of a sweep along a chain, and of its release."""
    x, y = chain(length)
    gc.collect()
    start = time.perf_counter()
    assert gradients(y, [x])[0] == 1.0
    del x, y
    return time.perf_counter() - start


def test_a_chain_of_a_million_nodes() -> None:
    """No recursion in the sweep or the release; time grows about linearly."""
    small = min(seconds(50_000) for _ in range(2))
    assert seconds(1_000_000) < 20 * small * 6 + 1.0


def test_long_recorded_sweeps_are_released_without_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(30_000):
        y = y * x
    (g,) = gradients(y, [x], create_graph=True, retain_graph=True)
    (h,) = sweep([g.node], [np.ones(())], [x._node]).values()
    assert h == 30_001.0 * 30_000.0
    del y, g


def test_released_graphs_free_their_memory() -> None:
    x = leaf(np.ones(3))
    y = exp(x)
    held = weakref.ref(y._node.saved[-1])
    z = (y * y).sum()
    del y
    gradients(z, [x])
    assert held() is None
    node = weakref.ref(z._node)
    gc.disable()
    try:
        del z
        assert node() is None  # no cycle: counting references is enough
    finally:
        gc.enable()


# --- what is saved --------------------------------------------------------------------


def code(e: Any) -> str:
    return e.value.code


def test_a_second_sweep_needs_the_graph_kept() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    for _ in range(2):
        (g,) = gradients(y, [x], retain_graph=True)
        np.testing.assert_array_equal(g, [2.0, 4.0])
    gradients(y, [x])
    with pytest.raises(EngineError, match="mul was already released") as e:
        gradients(y, [x])
    assert code(e) == "freed"
    z = leaf(1.0) + Var(1.0)  # nothing saved, nothing to miss: as in PyTorch
    sweep([z._node], [np.ones(())])
    sweep([z._node], [np.ones(())])


def test_a_modified_saved_value_is_noticed_with_its_versions() -> None:
    x = leaf([1.0, 2.0])
    y = x * Var(2.0)
    z = (y * y).sum()
    y.in_place("add", 1.0)
    with pytest.raises(EngineError) as e:
        gradients(z, [x])
    fields = e.value.fields
    assert (code(e), fields["found"], fields["expected"]) == ("modified", 1, 0)


def test_a_value_that_is_not_saved_may_be_modified() -> None:
    x = leaf([1.0, 2.0])
    y = x * Var(2.0)
    z = (y + Var(1.0)).sum()
    y.in_place("add", 1.0)
    np.testing.assert_array_equal(gradients(z, [x])[0], [2.0, 2.0])


# --- inputs ---------------------------------------------------------------------------


def test_inputs_restrict_the_sweep() -> None:
    x, y = leaf(2.0), leaf(3.0)
    z = x * y
    w = z * x
    assert gradients(w, [z, y], retain_graph=True) == [2.0, 4.0]
    (only,) = gradients(w, [z], retain_graph=True)
    assert only == 2.0
    untouched = leaf(1.0)
    assert gradients(w, [untouched], retain_graph=True) == [None]
    assert gradients(w, [w], retain_graph=True) == [1.0]
    assert gradients(w, [w, x], retain_graph=True) == [1.0, 12.0]
    both = sweep([y._node, w._node], [np.ones(())] * 2, [z._node])
    assert set(both) == {z._node}  # a root that is a leaf, but not asked for


def test_nodes_outside_of_the_paths_to_inputs_are_not_visited() -> None:
    x, y = leaf(2.0), leaf(3.0)
    a, b = exp(x), exp(y)
    visited: list[str] = []
    b._node.hook(lambda node, g: visited.append("b") or g)
    y._node.hook(lambda node, g: visited.append("y") or g)
    gradients(a * b, [x])
    assert not visited


def test_several_roots_and_repeated_roots_add_up() -> None:
    x = leaf(3.0)
    y, z = x * x, x * Var(5.0)
    one = np.ones(())
    found = sweep([y._node, z._node, y._node, x._node], [one] * 4, [x._node])
    assert found[x._node] == 6.0 + 5.0 + 6.0 + 1.0


# --- hooks ----------------------------------------------------------------------------


def test_hooks_see_the_complete_cotangent_and_may_replace_it() -> None:
    x = leaf([1.0, 2.0])
    y = x * Var(3.0)
    seen: list[Any] = []

    def double(node: Node, g: Any) -> Any:
        seen.append(np.copy(g))
        return g * 2.0

    y._node.hook(double)
    (g,) = gradients((y + y).sum(), [x])
    np.testing.assert_array_equal(seen, [[2.0, 2.0]])
    np.testing.assert_array_equal(g, [12.0, 12.0])


def test_hooks_on_a_leaf_and_on_an_output_among_several() -> None:
    x = leaf([3.0, 1.0, 2.0])
    ordered, _ = sort(x, axis=0, descending=False)
    ordered._node.hook(lambda node, g: g * 10.0)
    x._node.hook(lambda node, g: g + 1.0)
    (g,) = gradients((ordered * Var([1.0, 2.0, 3.0])).sum(), [x])
    np.testing.assert_array_equal(g, [31.0, 11.0, 21.0])


def test_an_error_in_a_hook_leaves_the_engine_usable() -> None:
    x = leaf([1.0, 2.0])
    y = x * x

    def fail(node: Node, g: Any) -> Any:
        raise KeyboardInterrupt

    y._node.hook(fail)
    with pytest.raises(KeyboardInterrupt):
        gradients(y.sum(), [x])
    y._node.hook(None)
    np.testing.assert_array_equal(gradients(y.sum(), [x])[0], [2.0, 4.0])


# --- several outputs ------------------------------------------------------------------


def halves(temporary: Callable[..., Primitive], name: str = "test_halves") -> Primitive:
    """x to (exp(x), x^2): its rule reads its first output and gets a tuple."""

    def pull(F: Any, g: Any, saved: Any, needs: Any) -> Any:
        first, second = g
        x, out, _ = saved
        parts = []
        if first is not None:
            parts.append(F.mul(first, out))
        if second is not None:
            parts.append(F.mul(second, F.mul(2.0, x)))
        return (parts[0] if len(parts) == 1 else F.add(*parts),)

    return temporary(
        Primitive,
        name,
        lambda x: (np.asarray(np.exp(x)), np.asarray(x * x)),
        abstract=lambda x: (x, x),
        vjp=pull,
        jvp=lambda F, primals, tangents, out: (
            F.mul(tangents[0], out[0]),
            F.mul(tangents[0], F.mul(2.0, primals[0])),
        ),
        batch=lambda F, args, batched, size: getattr(F, name)(*args),
        multi=True,
        reads=((0, -1),),
    )


def test_several_outputs_reach_the_rule_as_a_tuple(
    temporary: Callable[..., Primitive],
) -> None:
    halves(temporary)
    for use, expected in {
        (1, 1): np.exp(2.0) + 4.0,
        (1, 0): np.exp(2.0),
        (0, 1): 4.0,
    }.items():
        x = leaf(2.0)
        outs = call("test_halves", x)
        total = [o for o, u in zip(outs, use, strict=True) if u]
        root = total[0] if len(total) == 1 else total[0] + total[1]
        assert gradients(root, [x])[0] == pytest.approx(expected)


def test_several_outputs_at_second_order(temporary: Callable[..., Primitive]) -> None:
    """s = exp(x) x^2: s'' = (x^2 + 4 x + 2) exp(x), nested or swept twice."""
    halves(temporary)

    def s(x: Any) -> Any:
        a, b = call("test_halves", x)
        return a * b

    expected = (4 + 8 + 2) * np.exp(2.0)
    assert grad(grad(s))(2.0) == pytest.approx(expected)
    x = leaf(2.0)
    (g,) = gradients(s(x), [x], create_graph=True, retain_graph=True)
    (h,) = sweep([g.node], [np.ones(())], [x._node]).values()
    assert h == pytest.approx(expected)


def test_a_recorded_sweep_reaches_an_output_through_what_was_saved(
    temporary: Callable[..., Primitive],
) -> None:
    """d/da of da/dx = a, where a is the saved output of an operation with several."""
    halves(temporary)
    x = leaf(2.0)
    a, _ = call("test_halves", x)
    (g,) = gradients(a, [x], create_graph=True, retain_graph=True)
    assert sweep([g.node], [np.ones(())], [a._node])[a._node] == 1.0


# --- recorded sweeps ------------------------------------------------------------------


def test_recorded_sweeps_to_third_order() -> None:
    x = leaf([0.3, -0.8])
    y = (tanh(x) * x).sum()
    g = y
    expected = []
    f = lambda x: (tanh(x) * x).sum()  # noqa: E731 (a one-line function)
    first = grad(f)
    second = grad(lambda x: first(x).sum())
    third = grad(lambda x: second(x).sum())
    for reference in (first, second, third):
        (p,) = gradients(g, [x], create_graph=True, retain_graph=True)
        expected = reference(value(x))
        np.testing.assert_allclose(p.p, expected, rtol=1e-12)
        g = Var(p.p)
        g._node = p.node
        g = g.sum()


def test_recorded_sweeps_through_operations_that_keep_sizes() -> None:
    x = leaf([1.0, 2.0])
    y = (
        call("concatenate", x, x * x, axis=0) * call("concatenate", x, x, axis=0)
    ).sum()
    (g,) = gradients(y, [x], create_graph=True, retain_graph=True)  # x^2 + x^3
    (h,) = sweep([g.node], [np.ones(2)], [x._node]).values()
    np.testing.assert_array_equal(h, [2 + 6.0, 2 + 12.0])


def test_recorded_sweeps_of_packed_values_keep_their_graph() -> None:
    """Hooks on saved values do not cut the second derivative."""
    store: list[Any] = []

    def pack(s: Any, node: Node, place: int) -> int:
        store.append(s)
        return len(store) - 1

    def unpack(node: Node) -> tuple[Any, ...]:
        return tuple(None if s is None else store[s] for s in node.saved)

    x = leaf([0.5, 1.5])
    with levels.changed(saved_hooks=((pack, unpack),)):
        y = exp(x).sum()
    assert len(store) == 1
    (g,) = gradients(y, [x], create_graph=True, retain_graph=True)
    (h,) = sweep([g.node], [np.ones(2)], [x._node]).values()
    np.testing.assert_allclose(h, np.exp([0.5, 1.5]))


def test_sweeps_of_transforms_leave_outer_tapes_alone() -> None:
    """A level-0 leaf seen through grad, vmap and jvp gets its gradient afterwards."""
    w = leaf([1.0, 2.0])

    def f(x: Any) -> Any:
        return (w * x * x).sum()

    g = grad(f)(Var([3.0, 4.0]))  # 2 w x
    np.testing.assert_array_equal(gradients(g.sum(), [w])[0], [6.0, 8.0])
    rows = vmap(lambda x: w * x)(Var(np.ones((3, 2))))
    np.testing.assert_array_equal(gradients(rows.sum(), [w])[0], [3.0, 3.0])
    push = jvp(f, (Var([3.0, 4.0]),), (Var([1.0, 1.0]),))[1]
    np.testing.assert_array_equal(gradients(push, [w])[0], [6.0, 8.0])
    jac = jacrev(lambda x: w * x)(Var([3.0, 4.0]))
    np.testing.assert_array_equal(gradients(jac.sum(), [w])[0], [1.0, 1.0])


def test_a_sweep_inside_of_forward_mode_carries_tangents() -> None:
    """A backward call of a dialect under jvp: cotangents are dual numbers."""

    def f(v: Any) -> Any:
        x = Var(0.0)
        x._p = payload_of(v)
        x._node = Leaf(())
        y = x * x * x
        return Var_of(sweep([y._node], [np.ones(())], [x._node])[x._node])

    out, push = jvp(f, (2.0,), (1.0,))
    assert (out, push) == (12.0, 12.0)
    np.testing.assert_array_equal(vmap(f)(np.array([1.0, 2.0])), [3.0, 12.0])


def Var_of(payload: Any) -> Var:
    t = Var(0.0)
    t._p = payload
    return t


# --- threads --------------------------------------------------------------------------


def run_threads(*targets: Callable[[], Any]) -> None:
    errors: list[BaseException] = []

    def guarded(target: Callable[[], Any]) -> None:
        try:
            target()
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=guarded, args=(t,)) for t in targets]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


def test_modes_belong_to_a_thread() -> None:
    inside, done = threading.Event(), threading.Event()

    def silent() -> None:
        with levels.changed(recording=False):
            inside.set()
            assert done.wait(10)
            assert exp(leaf(1.0))._node is None

    def recording() -> None:
        assert inside.wait(10)
        assert levels.state().recording
        assert (leaf(1.0) * leaf(2.0))._node is not None
        done.set()

    run_threads(silent, recording)
    assert levels.MODE.special == 0


def test_concurrent_sweeps_on_graphs_that_share_leaves() -> None:
    x = leaf(np.linspace(0.1, 1.0, 10))
    expected = np.exp(value(x)) * (1 + value(x))

    def work() -> None:
        for _ in range(100):
            y = (exp(x) * x).sum()
            np.testing.assert_allclose(gradients(y, [x])[0], expected)

    run_threads(*[work] * 4)


def test_concurrent_transforms_have_levels_of_their_own() -> None:
    def work() -> None:
        for k in range(30):
            f = grad(grad(lambda x: x * x * x * log(x)))
            assert f(1.0 + k) > 0.0
            np.testing.assert_array_equal(
                vmap(grad(lambda x: x * x))(np.arange(3.0)), [0.0, 2.0, 4.0]
            )

    run_threads(*[work] * 4)
    assert levels.state() == levels.DEFAULT and levels.MODE.special == 0


# --- modes ----------------------------------------------------------------------------


def test_modes_are_left_in_any_order() -> None:
    """Tokens of interleaved generators: the counter never falls below the truth."""

    def silent() -> Any:
        with levels.changed(recording=False):
            yield
        yield

    first, second = silent(), silent()
    next(first), next(second)
    next(first)  # leaves before the one that was entered later
    next(second)
    levels.assign(recording=True)
    assert levels.MODE.special == 0
    assert exp(leaf(1.0))._node is not None


def test_assigned_modes_end_with_the_context_around_them() -> None:
    with levels.changed():
        levels.assign(recording=False)
        assert exp(leaf(1.0))._node is None
    assert levels.state().recording and levels.MODE.special == 0


# --- size -----------------------------------------------------------------------------


def test_the_sweep_fits_on_a_screen() -> None:
    source = inspect.getsource(reverse.sweep).split('"""')
    assert len((source[0] + source[2]).splitlines()) < 60


def test_a_rule_whose_needed_part_reads_nothing(
    temporary: Callable[..., Primitive],
) -> None:
    """x + y^2 with respect to x alone: nothing is saved, and nothing is unpacked."""
    temporary(
        elementwise,
        "test_lopsided",
        "x y",
        lambda x, y: x + y * y,
        tangents={"x": "t", "y": "t * (2.0 * y)"},
    )
    x, y = leaf(1.0), leaf(3.0)
    out = call("test_lopsided", x, Var(3.0))
    assert out._node.saved == ()
    assert gradients(out, [x]) == [1.0]
    assert gradients(call("test_lopsided", x, y), [x, y]) == [1.0, 6.0]
