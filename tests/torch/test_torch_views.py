"""Views, writes in place and versions, as PyTorch 2.13 has them.

Each test is one disagreement that random programs found
(`tests/oracle/random_programs.py`); the expectations are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import isograd.torch as torch

INDIRECT = "its base or another view of its base has been modified inplace"


def leaf() -> torch.Tensor:
    return torch.ones(2, 3, requires_grad=True)


def unrecorded(x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return x.view(-1)


def test_an_unrecorded_view_requires_a_gradient_that_never_arrives() -> None:
    x = leaf()
    v = unrecorded(x)
    assert (v.requires_grad, v.is_leaf, v.grad_fn) == (True, True, None)
    out = v * 2
    assert out.requires_grad
    out.sum().backward()
    assert x.grad is None and v.grad is None
    with pytest.raises(RuntimeError, match="index 0 appears to not have been used"):
        torch.autograd.grad((v * 2).sum(), v)


def test_an_unrecorded_view_is_not_written_where_that_is_recorded() -> None:
    v = unrecorded(leaf() * 1)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        v.mul_(2)


@pytest.mark.parametrize(
    "use", [lambda v: v.grad_fn, lambda v: v.is_leaf, lambda v: v * 2, lambda v: v[0]]
)
def test_an_unrecorded_view_is_not_used_after_a_write(
    use: Callable[[torch.Tensor], object],
) -> None:
    y = leaf() * 1
    v = unrecorded(y)
    y.mul_(2)
    with pytest.raises(RuntimeError, match=INDIRECT):
        use(v)
    with torch.no_grad():
        assert not (v * 2).requires_grad
    assert repr(v).endswith("grad_fn=<Invalid>)")


def test_one_of_several_views_is_not_used_after_a_write() -> None:
    y = leaf() * 1
    first = y.unbind(0)[1]
    y.mul_(2)
    with pytest.raises(RuntimeError, match="Output 1 of Unbind is a view and"):
        first * 2


def test_one_of_several_constant_views_takes_no_recorded_write() -> None:
    part = torch.ones(2, 3).unbind(0)[0]
    part.mul_(2)
    with pytest.raises(RuntimeError, match="created in no_grad mode and is being"):
        part.mul_(leaf()[0])


def test_a_view_follows_its_base_becoming_a_leaf() -> None:
    base = torch.ones(2, 3)
    view = base.view(-1)
    base.requires_grad_()
    assert view.requires_grad and view.is_leaf
    base.requires_grad_(False)
    assert not view.requires_grad


def test_views_of_a_detached_base_lose_it_with_the_next_write() -> None:
    x = leaf()
    y = x * 1
    view = y[0]
    y.detach_()
    y.mul_(2)
    assert type(view.grad_fn).__name__ == "AsStridedBackward0"
    view.sum().backward()
    assert x.grad is None


def test_detach_in_place_keeps_the_gradient_and_refuses_views() -> None:
    x = leaf()
    x.sum().backward()
    x.detach_()
    assert x.grad is not None
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        x[0].detach_()


def test_a_leaf_that_is_one_again_gets_the_gradients_of_old_graphs() -> None:
    x = leaf()
    old = x * 2
    x.requires_grad_(False)
    x.requires_grad_(True)
    old.sum().backward()
    assert x.grad is not None


def test_a_quotient_may_be_written_in_place() -> None:
    x, s = leaf(), torch.tensor(2.0, requires_grad=True)
    y = x / s
    y.mul_(2)
    y.sum().backward()
    assert s.grad is not None and s.grad.item() == -3.0


def test_operands_that_share_some_memory_with_what_is_written() -> None:
    x = torch.ones(4)
    for write in (x[1:].add_, x[1:].copy_):
        with pytest.raises(RuntimeError, match="some elements of the input tensor and"):
            write(x[:-1])


def test_expanded_tensors_are_filled_but_not_added_to() -> None:
    x = torch.ones(3).expand(2, 3)
    x[0] = 2
    x.fill_(1)
    with pytest.raises(RuntimeError, match="more than one element of the written-to"):
        x.add_(1)


def message(out: torch.Tensor) -> str:
    with pytest.raises(RuntimeError) as caught:
        out.sum().backward()
    return str(caught.value).partition("], ")[2].partition(" is at")[0]


def test_the_tensor_that_was_modified_is_named_as_it_is_now() -> None:
    x, base = leaf(), torch.ones(2, 3)
    out = x * base[0]
    base.mul_(x)
    assert message(out) == "which is output 0 of AsStrided,"
    y = x.max()
    out = y * y
    y.detach().mul_(2)
    assert message(out) == "which is output 0 of Max1,"


def test_errors_of_a_write_come_in_pytorchs_order() -> None:
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        leaf().copy_(torch.ones(5))
    with pytest.raises(RuntimeError, match="The expanded size of the tensor"):
        leaf()[0] = torch.ones(5)
