"""The functional transforms: nesting, closures, trees, arguments, errors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import isograd
from isograd.base.errors import EngineError
from isograd.core.levels import changed
from isograd.core.tensor import Tensor, payload_of
from isograd.core.transforms import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
    vmap,
)

from .helpers import Var, call, exp, leaf, tanh, value

# --- perturbation confusion -----------------------------------------------------------


def derivative_forward(f: Any) -> Any:
    return lambda x: jvp(f, (x,), (Var(np.ones(value_shape(x))),))[1]


def value_shape(x: Any) -> tuple[int, ...]:
    return payload_of(x).shape if isinstance(x, Tensor) else np.shape(x)


MODES = {"forward": derivative_forward, "reverse": grad}
both_modes = pytest.mark.parametrize("inner", MODES.values(), ids=MODES.keys())
outer_modes = pytest.mark.parametrize("outer", MODES.values(), ids=MODES.keys())


@outer_modes
@both_modes
def test_siskind_pearlmutter_product_of_a_constant_function(
    outer: Any, inner: Any
) -> None:
    """d/dx (x * d/dy (x + y)) = 1, not 2: Siskind & Pearlmutter 2005."""
    d = outer(lambda x: x * inner(lambda y: x + y)(Var(1.0)))
    assert value(d(Var(1.0))) == 1.0


@outer_modes
@both_modes
def test_siskind_pearlmutter_with_a_value_of_the_outer_level_twice(
    outer: Any, inner: Any
) -> None:
    """d/dx (x * d/dy (x * y at y = x)) = d/dx x^2 = 2 x; likewise with y^2 x: 9 x^2."""
    d = outer(lambda x: x * inner(lambda y: x * y)(x))
    assert value(d(Var(3.0))) == 6.0
    e = outer(lambda x: x * inner(lambda y: y * y * x)(x))  # x * 2 x^2
    assert value(e(Var(3.0))) == 54.0


@outer_modes
@both_modes
def test_three_levels_and_closures_over_each(outer: Any, inner: Any) -> None:
    """f = x y z^2 with z = y^2 and y = x: each derivative holds the others fixed."""

    def middle(x: Any, y: Any) -> Any:
        return inner(lambda z: x * y * z * z)(y * y)  # 2 x y z = 2 x y^3

    def top(x: Any) -> Any:
        return outer(lambda y: middle(x, y))(x)  # 6 x y^2 = 6 x^3

    for last in MODES.values():
        np.testing.assert_allclose(value(last(top)(Var(2.0))), 18 * 4.0)


@both_modes
def test_amazing_bug_a_returned_closure_keeps_its_levels_apart(inner: Any) -> None:
    """Manzyuk et al. 2019: the derivative of a curried function, applied twice."""

    def curried(u: Any) -> Any:
        return lambda f: lambda x: f(x + u)

    def slope(f: Any) -> Any:  # d/du f(x + u) at 0, as a function of x
        return lambda x: inner(lambda u: curried(u)(f)(x))(Var(0.0))

    np.testing.assert_allclose(value(slope(slope(exp))(Var(1.0))), np.e)
    cube = slope(slope(lambda x: x * x * x))
    np.testing.assert_allclose(value(cube(Var(5.0))), 30.0)


def test_vmap_over_values_of_an_outer_derivative_and_back() -> None:
    xs = np.array([1.0, 2.0, 3.0])

    def total(w: Any) -> Any:
        return vmap(lambda x: grad(lambda y: y * y * w * x)(x))(Var(xs)).sum()

    np.testing.assert_allclose(grad(total)(2.0), 2 * np.sum(xs**2))
    np.testing.assert_allclose(grad(grad(lambda w: total(w) * w))(2.0), 4 * 14.0)
    np.testing.assert_allclose(
        vmap(grad(lambda w: w * w * total(w)))(xs), 3 * xs**2 * 28.0
    )


def test_carriers_and_arrays_meet_at_a_node() -> None:
    """A use with an outer traced value and one with a constant, in either order."""
    for first, second in ((0, 1), (1, 0)):

        def inner(y: Any, x: Any, order: Any = (first, second)) -> Any:
            parts = [lambda: y * Var(3.0), lambda: y * x]
            a = [parts[k]() for k in order]
            return a[0] + a[1]

        d = grad(lambda x, inner=inner: grad(lambda y: inner(y, x))(Var(5.0)))
        assert d(2.0) == 1.0


def test_hessians_agree_whichever_way() -> None:
    def f(x: Any) -> Any:
        return (tanh(x) * exp(x * x)).sum()

    x = np.array([0.3, -0.5, 0.1])
    h = hessian(f)(x)
    for other in (
        jacrev(grad(f)),
        jacrev(jacrev(f)),
        jacfwd(jacfwd(f)),
        jacrev(jacfwd(f)),
        jacfwd(jacrev(f)),
    ):
        np.testing.assert_allclose(other(x), h, rtol=1e-12, atol=1e-14)
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hvp(f, (x,), (v,)), h @ v, rtol=1e-12)


# --- arguments, trees, auxiliary outputs ----------------------------------------------


class Point(NamedTuple):
    a: Any
    b: Any


def test_gradients_have_the_structure_of_the_arguments() -> None:
    def f(tree: Any, scale: Any) -> Any:
        return (tree["p"].a * tree["q"][0] + tree["p"].b).sum() * scale

    tree = {"p": Point(np.ones(2), np.full(2, 3.0)), "q": [np.array([2.0, 4.0]), None]}
    g = grad(f)(tree, 5.0)
    assert type(g["p"]) is Point and g["q"][1] is None
    np.testing.assert_array_equal(g["p"].a, [10.0, 20.0])
    np.testing.assert_array_equal(g["q"][0], [5.0, 5.0])
    both = grad(f, argnums=(1, 0))(tree, 5.0)
    assert both[0] == 2.0 + 4.0 + 6.0
    np.testing.assert_array_equal(both[1]["p"].b, [5.0, 5.0])
    assert grad(f, argnums=-1)(tree, 5.0) == 12.0


def test_auxiliary_outputs_are_plain_values() -> None:
    def f(x: Any) -> Any:
        return (x * x).sum(), {"twice": x * 2.0, "n": 3}

    x = np.array([1.0, 2.0])
    (v, aux), g = value_and_grad(f, has_aux=True)(x)
    assert v == 5.0 and aux["n"] == 3
    np.testing.assert_array_equal(aux["twice"], 2 * x)
    assert type(aux["twice"]) is np.ndarray
    np.testing.assert_array_equal(g, 2 * x)
    np.testing.assert_array_equal(grad(f, has_aux=True)(x)[1]["twice"], 2 * x)
    _, pull, aux = vjp(f, x, has_aux=True)
    np.testing.assert_array_equal(pull(1.0)[0], 2 * x)
    _, push, aux = jvp(f, (x,), (x,), has_aux=True)
    assert push == 10.0
    for jacobian in (jacrev, jacfwd):
        jac, aux = jacobian(f, has_aux=True)(x)
        np.testing.assert_array_equal(jac, 2 * x)
        np.testing.assert_array_equal(aux["twice"], 2 * x)


def test_auxiliary_outputs_stay_differentiable_one_level_up() -> None:
    def outer(x: Any) -> Any:
        g, aux = grad(lambda y: (y * y * x, y * x), has_aux=True)(x)
        return g + aux  # 2 x^2 + x^2

    assert grad(outer)(3.0) == 18.0


def test_jacobians_of_trees_and_mixed_dtypes() -> None:
    def f(x: Any, y: Any) -> Any:
        z = call("convert", y, dtype=np.dtype("float64"))
        return {"a": x * z, "b": (y * y).sum()}

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0], np.float32)
    for jacobian in (jacrev, jacfwd):
        jx, jy = jacobian(f, argnums=(0, 1))(x, y)["a"]
        np.testing.assert_array_equal(jx, np.diag([3.0, 4.0]))
        np.testing.assert_array_equal(jy, np.diag([1.0, 2.0]))
        zero, jb = jacobian(f, argnums=(0, 1))(x, y)["b"]
        np.testing.assert_array_equal(zero, np.zeros(2))
        np.testing.assert_array_equal(jb, 2 * y)


def test_reverse_jacobians_have_the_dtype_of_their_input() -> None:
    y = np.array([3.0, 4.0], np.float32)
    assert jacrev(lambda y: call("convert", y, dtype=np.dtype("f8")))(y).dtype == "f4"
    assert jacfwd(lambda y: call("convert", y, dtype=np.dtype("f8")))(y).dtype == "f8"


def test_unused_arguments_and_constant_outputs_have_zero_gradients() -> None:
    _, gy = grad(lambda x, y: (x * x).sum(), argnums=(0, 1))(np.ones(2), np.ones(3))
    np.testing.assert_array_equal(gy, np.zeros(3))
    assert grad(lambda x: Var(1.0))(2.0) == 0.0
    np.testing.assert_array_equal(
        jacrev(lambda x: Var(np.ones(2)))(np.ones(3)), np.zeros((2, 3))
    )
    assert jvp(lambda x: Var(1.0), (2.0,), (1.0,))[1] == 0.0


def test_pullbacks_can_be_called_again_and_differentiated() -> None:
    x = np.array([1.0, 2.0])
    _, pull = vjp(lambda x: x * x * x, x)
    for k in (1.0, 2.0):
        np.testing.assert_array_equal(pull(np.full(2, k))[0], 3 * k * x * x)
    g = grad(lambda c: (pull(c)[0] * pull(c)[0]).sum())(np.ones(2))
    np.testing.assert_array_equal(g, 2 * (3 * x * x) ** 2)


def test_complex_gradients_follow_pytorch() -> None:
    """L = |z|^2 as Re(z conj z): the gradient is 2 z."""
    z = np.array([1.0 + 2.0j, -0.5 + 1.0j])

    def f(z: Any) -> Any:
        return call("convert", (z * call("conj", z)).sum(), dtype=np.dtype("f8"))

    np.testing.assert_allclose(grad(f)(z), 2 * z)
    np.testing.assert_allclose(jvp(f, (z,), (z * 1j,))[1], 0.0, atol=1e-15)


# --- vmap -----------------------------------------------------------------------------


def test_vmap_maps_axes_keywords_and_trees() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    out = vmap(lambda p, q: p["x"] * q, in_axes=({"x": 1}, None), out_axes=-1)(
        {"x": a}, b[:2]
    )
    np.testing.assert_array_equal(out, a * b[:2, None])
    out = vmap(lambda x, *, k: x + k)(b, k=10 * b)
    np.testing.assert_array_equal(out, 11 * b)
    np.testing.assert_array_equal(vmap(lambda x: Var(np.ones(2)))(b), np.ones((3, 2)))


def test_vmap_gives_unmapped_outputs_once() -> None:
    x, c = np.arange(3.0), np.ones(2)
    a, b = vmap(lambda x: (x * 2.0, Var(c) * 2.0), out_axes=(0, None))(x)
    assert a.shape == (3,) and b.shape == (2,)
    with pytest.raises(ValueError, match="depends on a mapped argument"):
        vmap(lambda x: x, out_axes=None)(x)


def test_vmap_refuses_unequal_sizes_wherever_they_are_passed() -> None:
    with pytest.raises(EngineError) as e:
        vmap(lambda x, y: x)(np.ones(2), np.ones(3))
    assert e.value.code == "vmap_size"
    with pytest.raises(EngineError) as e:
        vmap(lambda x, *, y: x + y)(np.ones(2), y=np.ones(1))
    assert e.value.code == "vmap_size"
    with pytest.raises(ValueError, match="axis 1 is out of range"):
        vmap(lambda x: x, in_axes=1)(np.ones(2))
    with pytest.raises(ValueError, match="at least one argument"):
        vmap(lambda x: x, in_axes=None)(np.ones(2))


# --- results belong to the caller -----------------------------------------------------


def test_gradients_can_be_written_without_harm() -> None:
    """No result repeats memory, shares it with another result or with a cotangent."""
    g = grad(lambda x: x.sum())(np.ones(3))
    g[0] = 7.0
    np.testing.assert_array_equal(g, [7.0, 1.0, 1.0])
    gx, gy = grad(lambda x, y: (x + y).sum(), argnums=(0, 1))(np.ones(3), np.ones(3))
    gx += 1.0
    np.testing.assert_array_equal(gy, np.ones(3))
    c = np.ones(3)
    (gx,) = vjp(lambda x: x + 1.0, np.ones(3))[1](c)
    gx += 1.0
    np.testing.assert_array_equal(c, np.ones(3))
    rows = vmap(lambda x: Var(np.ones(2)))(np.ones(3))
    rows[0] = 5.0
    np.testing.assert_array_equal(rows[1], np.ones(2))


# --- errors ---------------------------------------------------------------------------


def test_errors_name_what_was_asked() -> None:
    with pytest.raises(EngineError, match=r"shape \(2,\)") as e:
        grad(lambda x: x)(np.ones(2))
    assert e.value.code == "not_scalar"
    with pytest.raises(TypeError, match="int64"):
        grad(lambda x: x)(3)
    with pytest.raises(TypeError, match="complex128"):
        grad(lambda z: z)(1j)
    with pytest.raises(ValueError, match="position 2"):
        grad(lambda x: x, argnums=2)(1.0)
    pull = vjp(lambda x: x * x, np.ones(2))[1]
    with pytest.raises(EngineError) as e:
        pull(np.ones(3))
    assert e.value.code == "cotangent_shape"
    with pytest.raises(EngineError) as e:
        pull(np.ones(2, np.float32))
    assert e.value.code == "cotangent_dtype"
    with pytest.raises(TypeError, match="structure"):
        pull((np.ones(2), np.ones(2)))
    with pytest.raises(TypeError, match="must match"):
        jvp(lambda x, y: x, (1.0, 1.0), (1.0,))


def test_numbers_beside_a_narrower_dtype_are_refused() -> None:
    """Neither cut to an integer nor to a bool in silence."""
    for name, args in {
        "mul": (np.array([1, 2]), 0.5),
        "where": (np.array([True, False]), 2.5, 0.0),
        "add": (np.array([1.0]), 1j),
    }.items():
        with pytest.raises(EngineError) as e:
            call(name, *args)
        assert e.value.code == "number_kind"


def test_levels_are_left_when_a_function_raises() -> None:
    from isograd.core.levels import MODE, state

    def bad(x: Any) -> Any:
        raise KeyError("inside")

    before = state(), MODE.special
    for transform in (grad, jacrev, jacfwd, vmap, hessian):
        with pytest.raises(KeyError):
            transform(bad)(np.ones(()) if transform is not vmap else np.ones(2))
    assert (state(), MODE.special) == before
    assert grad(lambda x: x * x)(3.0) == 6.0


def test_gradients_inside_of_no_grad_and_no_grad_inside_of_gradients() -> None:
    with changed(recording=False):
        assert grad(lambda x: x * x)(3.0) == 6.0

    def f(x: Any) -> Any:
        with changed(recording=False):
            y = x * x
        return x * y

    assert grad(f)(3.0) == 9.0
    assert grad(lambda x: grad(f)(x) * x)(3.0) == pytest.approx(9.0)


def test_a_gradient_taken_without_recording_is_constant_further_out() -> None:
    """The inner transform records on its own tape, not on the silent ones below."""

    def f(x: Any) -> Any:
        with changed(recording=False):
            g = grad(lambda y: y * y)(x)
        return g * x

    assert grad(f)(3.0) == 6.0
    w = leaf(2.0)
    with changed(recording=False):
        g, again = grad(lambda x: w * x)(Var(1.0)), grad(grad(lambda x: x**3.0))(2.0)
    assert g._node is None and again == 12.0
    assert (w * w)._node is not None


def test_an_integer_tangent_of_an_index_is_ignored() -> None:
    """Forward mode over an operand that has no derivative."""
    x, i = np.arange(4.0), np.array([1, 3])
    _, push = jvp(lambda x, i: call("gather", x, i), (x, i), (x, i))
    np.testing.assert_array_equal(push, [1.0, 3.0])
    assert grad(lambda x: call("gather", x, np.array([2, 2])).sum())(x)[2] == 2.0
    push = jvp(lambda i: call("gather", Var(x), i), (i,), (i,))[1]
    np.testing.assert_array_equal(push, [0.0, 0.0])


def test_outputs_without_derivative_pass_through_forward_mode() -> None:
    x, v = np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    _, (ds, dorder) = jvp(
        lambda x: call("sort", x, axis=0, descending=False), (x,), (v,)
    )
    np.testing.assert_array_equal(ds, [2.0, 3.0, 1.0])
    np.testing.assert_array_equal(dorder, np.zeros(3))


def test_stopped_values_are_constants_in_every_mode() -> None:
    def f(x):
        kept = isograd.stop_gradient({"a": x, "n": 3})
        return x * kept["a"] * kept["n"]

    assert isograd.grad(f)(2.0) == 6.0
    assert isograd.jvp(f, (2.0,), (1.0,)) == (12.0, 6.0)
    np.testing.assert_array_equal(
        isograd.vmap(isograd.grad(f))(np.array([1.0, 2.0])), [3.0, 6.0]
    )
    assert isograd.compile(isograd.grad(f))(2.0) == 6.0
    assert isograd.grad(isograd.grad(lambda x: f(x) * x))(2.0) == 12.0
