"""`mindspore.grad` and its neighbours: structures, values, errors, nesting.

Expected gradients are worked out by hand from f = x y w + b and its kind.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import nn, ops

POSITIONS = (0, 1, (0,), (1,), (0, 1), (1, 0), None)
WEIGHTS = ("none", "one", "list", "list of one", "tuple", "empty")


def tensor(values: Any, dtype: Any = ms.float32) -> ms.Tensor:
    return ms.Tensor(values, dtype)


X, Y = np.array([1.0, 2.0]), np.array([-2.0, 3.0])
W, B = np.array([5.0, 7.0]), np.array([1.0])


class Net(nn.Cell):
    """x * y * w + b"""

    def __init__(self) -> None:
        super().__init__()
        self.w = ms.Parameter(tensor(W), name="w")
        self.b = ms.Parameter(tensor(B), name="b")

    def construct(self, x: Any, y: Any) -> Any:
        return x * y * self.w + self.b


def by_hand(key: Any, scale: float = 1.0) -> np.ndarray:
    """The gradient of sum(scale (x y w + b))."""
    table = {0: Y * W, 1: X * W, "w": X * Y, "b": np.array([2.0])}
    return table[key] * scale


def same(found: Any, expected: Any) -> None:
    """Equal nested tuples: Tensors against arrays, ids against ids."""
    if isinstance(expected, tuple):
        assert type(found) is tuple and len(found) == len(expected)
        for f, e in zip(found, expected, strict=True):
            same(f, e)
    elif isinstance(expected, np.ndarray):
        assert type(found) is ms.Tensor
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-6)
    else:
        assert found == expected


def expected(position: Any, weights: str, ids: bool, scale: float) -> Any:
    def one(key: Any) -> Any:
        return (key, by_hand(key, scale)) if ids else by_hand(key, scale)

    asked = (position,) if isinstance(position, int) else position
    inputs = None if asked is None else tuple(one(p) for p in asked)
    if inputs is not None and len(inputs) == 1:
        inputs = inputs[0]
    rows = {
        "none": None,
        "one": one("w"),
        "list": (one("b"), one("w")),
        "list of one": (one("w"),),
        "tuple": (one("w"), one("b")),
        "empty": (),
    }
    if position is None:
        return rows[weights]
    return inputs if weights == "none" else (inputs, rows[weights])


def chosen(net: Net, weights: str) -> Any:
    return {
        "none": None,
        "one": net.w,
        "list": [net.b, net.w],
        "list of one": [net.w],
        "tuple": (net.w, net.b),
        "empty": [],
    }[weights]


@pytest.mark.parametrize(
    "position, weights, has_aux, ids",
    [
        c
        for c in itertools.product(POSITIONS, WEIGHTS, (False, True), (False, True))
        if not (c[0] is None and c[1] == "none")
    ],
)
@pytest.mark.parametrize("mode", [ms.PYNATIVE_MODE, ms.GRAPH_MODE])
def test_every_combination(
    mode: int, position: Any, weights: str, has_aux: bool, ids: bool
) -> None:
    net = Net()

    def with_aux(x: Any, y: Any) -> Any:
        out = net(x, y)
        return out * 2.0, out, x + y

    fn = with_aux if has_aux else net
    args = (fn, position, chosen(net, weights), has_aux, ids)
    scale = 2.0 if has_aux else 1.0
    want = expected(position, weights, ids, scale)
    aux = (X * Y * W + B, X + Y)
    value = X * Y * W + B
    ms.set_context(mode=mode)
    try:
        got = ms.grad(*args)(tensor(X), tensor(Y))
        both = ms.value_and_grad(*args)(tensor(X), tensor(Y))
    finally:
        ms.set_context(mode=ms.PYNATIVE_MODE)
    same(got, (want, aux) if has_aux else want)
    same(both, ((2 * value, *aux) if has_aux else value, want))


def f3(x: Any, y: Any, z: Any) -> Any:
    return x * y * z


@pytest.mark.parametrize(
    "args, error, text",
    [
        (
            (f3, None),
            ValueError,
            "`grad_position` and `weight` can not be None at the same time.",
        ),
        (
            (f3, [0]),
            TypeError,
            "For 'F.grad', the 'grad_position' must be int or tuple.",
        ),
        (
            (f3, "x"),
            TypeError,
            "For 'F.grad', the 'grad_position' must be int or tuple.",
        ),
        (
            (f3, 1.0),
            TypeError,
            "For 'F.grad', the 'grad_position' must be int or tuple.",
        ),
        ((f3, -1), ValueError, "grad_position must be >= 0."),
        ((f3, (0, -1)), ValueError, "The element in grad_position must be >= 0."),
        (
            (f3, (0, 1.5)),
            TypeError,
            "For 'F.grad', the element in 'grad_position' must be int.",
        ),
        (
            (f3, (0, 0)),
            ValueError,
            "There are duplicate positions in `grad_position`, please check it",
        ),
        (
            (f3, 0, None, 1),
            TypeError,
            "For '_Grad', the 'has_aux' should be bool, but got int",
        ),
        (
            (f3, 0, None, False, 1),
            TypeError,
            "For '_Grad', the 'return_ids' should be bool, but got int",
        ),
    ],
)
@pytest.mark.parametrize("transform", [ms.grad, ms.value_and_grad])
def test_errors_when_wrapped(transform: Any, args: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as caught:
        transform(*args)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "args, error, text",
    [
        (
            (f3, ()),
            RuntimeError,
            "grad_position should not be empty when grad by position!",
        ),
        ((f3, 3), RuntimeError, "Position index 3 is exceed input size."),
        ((f3, (0, 5)), RuntimeError, "Position index 5 is exceed input size."),
        ((3,), TypeError, "The fn should be callable, but got int"),
        (
            (f3, 0, None, True),
            ValueError,
            "When has_aux is True, origin fn requires more than one outputs.",
        ),
        (
            (f3, None, 3),
            TypeError,
            "The weights you provided is expected to be a tensor, or a "
            "list or tuple. but got 3",
        ),
        ((f3, None, ["w"]), RuntimeError, "The pointer[tensor] is null."),
    ],
)
def test_errors_when_called(args: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as caught:
        ms.grad(*args)(tensor(X), tensor(Y), tensor(X))
    assert str(caught.value) == text


def test_an_error_in_the_function_leaves_everything_as_it_was() -> None:
    net = Net()

    def fails(x: Any) -> Any:
        net(x, x)
        raise KeyError("boom")

    x = tensor(X)
    with pytest.raises(KeyError):
        ms.grad(fails, 0, net.trainable_params())(x)
    assert net.w._node is None and x._node is None
    same(ms.grad(net)(x, tensor(Y)), by_hand(0))


def test_one_object_has_one_gradient_wherever_it_stands() -> None:
    """PyNative mode: the object counts; graph mode: the position does."""

    def f(x: Any, y: Any) -> Any:
        return x * x * y

    x = tensor(3.0)
    same(ms.grad(f, (0, 1))(x, x), (np.array(27.0), np.array(27.0)))
    same(ms.grad(f, (0, 1))(tensor(3.0), tensor(3.0)), (np.array(18.0), np.array(9.0)))
    ms.set_context(mode=ms.GRAPH_MODE)
    try:
        same(ms.grad(f, (0, 1))(x, x), (np.array(18.0), np.array(9.0)))
    finally:
        ms.set_context(mode=ms.PYNATIVE_MODE)


def test_nested_gradients_do_not_mix() -> None:
    def outer(x: Any) -> Any:
        return x * ms.grad(lambda y: x + y)(tensor(1.0))

    same(ms.grad(outer)(tensor(5.0)), np.array(1.0))
    g: Any = ops.sin
    for _ in range(4):
        g = ms.grad(g)
    same(g(tensor([0.5, 1.0])), np.sin([0.5, 1.0]))


def test_gradients_share_no_memory() -> None:
    x, y = tensor(X), tensor(Y)
    a, b = ms.grad(lambda x, y: x + y, (0, 1))(x, y)
    a += 1
    assert not np.shares_memory(a.asnumpy(), b.asnumpy())
    same(b, np.ones(2))
    (c,) = (ms.grad(lambda x: x.sum())(x),)
    c[0] = 9.0
    same(c, np.array([9.0, 1.0]))


def test_returned_values_carry_no_tape() -> None:
    value, _ = ms.value_and_grad(lambda x: x * x)(tensor(X))
    assert value._node is None
    assert ms.grad(lambda x: x * x, has_aux=False)(tensor(X))._node is None


def test_the_transforms_nest() -> None:
    def f(x: Any) -> Any:
        return (x * x * x).sum()

    x = tensor(X)
    same(ms.jacrev(ms.grad(f))(x), np.diag(6 * X))
    same(ms.jacfwd(ms.jacrev(f))(x), np.diag(6 * X))
    rows = tensor([[1.0, 2.0], [3.0, 4.0]])
    same(ms.vmap(ms.grad(f))(rows), 3 * rows.asnumpy() ** 2)
    same(ms.grad(lambda r: ms.vmap(f)(r).sum())(rows), 3 * rows.asnumpy() ** 2)
    out, push = ms.jvp(ms.grad(f), x, tensor([1.0, 10.0]))
    same((out, push), (3 * X**2, 6 * X * [1.0, 10.0]))
    same(ms.grad(lambda x: ms.jvp(f, x, tensor([1.0, 1.0]))[1])(x), 6 * X)


def test_higher_derivatives() -> None:
    x = tensor([1.0, 2.0])
    out, third = ops.derivative(lambda t: ops.exp(ops.sin(t)), x, 3)
    s, c = np.sin([1.0, 2.0]), np.cos([1.0, 2.0])
    want = np.exp(s) * (c**3 - 3 * s * c - c)
    np.testing.assert_allclose(out.asnumpy(), np.exp(s), rtol=1e-5)
    np.testing.assert_allclose(third.asnumpy(), want, rtol=1e-5)


def test_weights_in_vjp_and_its_repetition() -> None:
    net = Net()
    out, pull = ms.vjp(net, tensor(X), tensor(Y), weights=[net.w])
    for k in (1.0, 3.0):
        v = np.array([1.0, 10.0]) * k
        same(pull(tensor(v)), ((Y * W * v, X * W * v), (X * Y * v,)))
    same(out, X * Y * W + B)


def test_both_dialects_on_one_tape() -> None:
    import isograd.torch as torch

    def through_torch(x: Any) -> Any:
        t = torch.as_tensor(x)
        return ms.Tensor(torch.sin(t) * t)

    want = np.cos(X) * X + np.sin(X)
    same(ms.grad(through_torch)(tensor(X)), want)
    same(ms.grad(lambda x: torch.tensor(x) * x)(tensor(X)), 2 * X)
    second = ms.grad(lambda x: ms.grad(through_torch)(x).sum())(tensor(X))
    same(second, 2 * np.cos(X) - X * np.sin(X))
    t = torch.tensor([1.0, 2.0], requires_grad=True)
    m = ms.Tensor(t)
    out = torch.as_tensor(ops.exp(m) * m).sum()
    (g,) = torch.autograd.grad(out, t)
    np.testing.assert_allclose(g.numpy(), np.exp(X) * (1 + X), rtol=1e-6)


def test_integer_inputs_have_integer_gradients() -> None:
    g = ms.grad(lambda x: x * x * x)(ms.Tensor([1, 2]))
    assert g.dtype == ms.int64 and g.asnumpy().tolist() == [3, 12]


def test_get_grad() -> None:
    net = Net()
    both = ms.grad(net, (0, 1), [net.w, net.b], return_ids=True)(tensor(X), tensor(Y))
    same(ms.get_grad(both, 1), by_hand(1))
    same(ms.get_grad(both, net.b), by_hand("b"))
    with pytest.raises(TypeError):
        ms.get_grad(both, "w")
    with pytest.raises(RuntimeError, match="Can not find the gradient"):
        ms.get_grad(both, 5)


def test_grad_operation() -> None:
    net, x, y = Net(), tensor(X), tensor(Y)
    same(ops.GradOperation()(net)(x, y), by_hand(0))
    same(ops.GradOperation(get_all=True)(net)(x, y), (by_hand(0), by_hand(1)))
    same(ops.GradOperation(get_by_list=True)(net, [net.b])(x, y), (by_hand("b"),))
    both = ops.GradOperation(get_all=True, get_by_list=True, sens_param=True)
    v = np.array([1.0, 10.0])
    got = both(net, ms.ParameterTuple([net.w]))(x, y, tensor(v))
    same(got, ((Y * W * v, X * W * v), (X * Y * v,)))
    with pytest.raises(TypeError, match="the 'get_all' should be bool, but got int"):
        ops.GradOperation(get_all=1)
