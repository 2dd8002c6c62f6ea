"""Operators that programs define, and `torch.ops`, printed by PyTorch and by isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import pytest

from isograd.torch import Tensor
from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
OPERATORS = r"""
custom_op = torch.library.custom_op
@custom_op("mylib::numpy_sin", mutates_args=())
def numpy_sin(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(__import__("numpy").sin(x.detach().numpy()))
@numpy_sin.register_fake
def _(x): return torch.empty_like(x)
x=torch.tensor([1.,2.],requires_grad=True)
y=numpy_sin(x); print(y, y.requires_grad); attempt(lambda: y.sum().backward())
def setup(ctx, inputs, output):
    x,=inputs; ctx.save_for_backward(x)
def bw(ctx, g):
    x,=ctx.saved_tensors; return g*x.cos()
numpy_sin.register_autograd(bw, setup_context=setup)
y=numpy_sin(x); print(y); y.sum().backward(); print(x.grad)
print(torch.ops.mylib.numpy_sin(x)); print(numpy_sin); attempt(lambda: torch.ops.mylib.numpy_sin); attempt(lambda: torch.ops.mylib.numpy_sin.default)
print(torch.autograd.gradcheck(numpy_sin,(x.double().detach().requires_grad_(),)))
@custom_op("mylib::scale", mutates_args=())
def scale(x: torch.Tensor, k: float, n: int = 2) -> torch.Tensor:
    return x*k*n
scale.register_autograd(lambda ctx,g: (g*ctx.k, None, None), setup_context=lambda ctx,inputs,output: setattr(ctx,'k',inputs[1]*inputs[2]))
x.grad=None; z=scale(x,3.0); print(z); z.sum().backward(); print(x.grad); z=scale(x,k=2.0,n=5); z.sum().backward(); print(x.grad)
@custom_op("mylib::inc_", mutates_args={"x"})
def inc_(x: torch.Tensor) -> None:
    x.add_(1)
t=torch.zeros(2); print(inc_(t), t)
@custom_op("mylib::two", mutates_args=())
def two(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x*2, x*3
two.register_autograd(lambda ctx,a,b: a*2+b*3)
a,b=two(x); print(a,b); x.grad=None; (a+b).sum().backward(); print(x.grad)
attempt(lambda: custom_op("bad", mutates_args=())(lambda x: x)); 
def noann(x): return x
attempt(lambda: custom_op("mylib::noann", mutates_args=())(noann))
print(torch.ops.aten.add(torch.ones(2),torch.ones(2)), torch.ops.aten.mm.default(torch.eye(2),torch.eye(2)), torch.ops.aten.relu(x)); print(torch.ops.aten.sin.default(x))
attempt(lambda: torch.ops.mylib.nosuch); attempt(lambda: torch.ops.aten.add.Tensor(x,x)); print(torch.ops.aten.add, torch.ops.aten.add.Tensor)
@custom_op("mylib::alias", mutates_args=())
def al(x: torch.Tensor) -> torch.Tensor: return x
attempt(lambda: scale(x)); attempt(lambda: scale(1,2.))
@torch.library.custom_op("mylib::f2", mutates_args=(), device_types="cpu")
def f2(x: torch.Tensor) -> torch.Tensor: return x.clone()
torch.library.register_autograd("mylib::f2", lambda ctx,g: g*7); x.grad=None; f2(x).sum().backward(); print(x.grad)
print(f2(x).grad_fn)
lib=torch.library.Library("lib2","DEF"); lib.define("foo(Tensor x) -> Tensor"); lib.impl("foo", lambda x: x*2, "CPU"); print(torch.ops.lib2.foo(torch.ones(2)))
"""


def test_operators_of_a_program() -> None:
    twosided.assert_same(OPERATORS)


def test_an_output_may_not_be_an_input() -> None:
    import isograd.torch
    from isograd.torch import library

    @library.custom_op("mylib::same", mutates_args=())
    def same(x: Tensor) -> Tensor:
        return x

    with pytest.raises(RuntimeError, match="must not also be an input"):
        same(isograd.torch.ones(2))


def test_an_operator_that_isograd_lacks_is_a_missing_name() -> None:
    import isograd.torch

    with pytest.raises(AttributeError, match="docs/coverage"):
        isograd.torch.ops.aten.nosuch  # noqa: B018
