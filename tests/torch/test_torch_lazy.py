"""Lazy modules: weights that find their sizes at the first call."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import isograd.torch as torch
from isograd.torch import nn

CASES = [
    ("Linear", (3,), (2, 5), {"weight": (3, 5), "bias": (3,)}),
    *(
        (f"Conv{r}d", (4, 3), (2, 6, *(5,) * r), {"weight": (4, 6, *(3,) * r)})
        for r in (1, 2, 3)
    ),
    *(
        (f"ConvTranspose{r}d", (4, 3), (2, 6, *(5,) * r), {"weight": (6, 4, *(3,) * r)})
        for r in (1, 2, 3)
    ),
    *(
        (f"{n}Norm{r}d", (), (2, 6, *(5,) * r), {"weight": (6,), "running_var": (6,)})
        for r in (1, 2, 3)
        for n in ("Batch", "Instance")
    ),
]


@pytest.mark.parametrize(("name", "args", "shape", "found"), CASES)
def test_sizes_come_from_the_first_input(
    name: str, args: Any, shape: Any, found: dict[str, Any]
) -> None:
    lazy = getattr(nn, f"Lazy{name}")(*args)
    assert lazy.has_uninitialized_params()
    assert repr(lazy.weight) == "<UninitializedParameter>"
    lazy.double()
    again = pickle.loads(pickle.dumps(copy.deepcopy(lazy)))
    assert again(torch.ones(*shape, dtype=torch.double)).dtype is torch.double
    assert type(again) is getattr(nn, name) and type(lazy) is not type(again)
    assert {k: tuple(getattr(again, k).shape) for k in found} == found
    assert type(again.weight) is nn.Parameter
    assert not again._forward_pre_hooks and not again._load_state_dict_pre_hooks


def test_training_and_states() -> None:
    net = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    net(torch.ones(4, 3)).sum().backward()
    optimiser.step()
    other = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2))
    assert repr(other.load_state_dict(net.state_dict())) == (
        "<All keys matched successfully>"
    )
    assert torch.equal(other(torch.ones(1, 3)), net(torch.ones(1, 3)))
    assert "LazyLinear" not in repr(other)


def test_what_cannot_be_done_without_a_shape() -> None:
    lazy = nn.LazyLinear(3)
    for use in (
        lambda w: w.sum(),
        lambda w: w.numel(),
        lambda w: w + 1,
        lambda w: w.zero_(),
    ):
        with pytest.raises(ValueError, match="Attempted to use an uninitialized"):
            use(lazy.weight)
    with pytest.raises(RuntimeError, match="Can't access the shape"):
        _ = lazy.weight.shape
    with pytest.raises(RuntimeError, match="Can't access the shape"):
        nn.Linear(2, 3).load_state_dict(lazy.state_dict())
    with pytest.raises(ValueError, match=r"expected 4D input \(got 2D input\)"):
        nn.LazyBatchNorm2d()(torch.ones(2, 3))


def test_parameter_subclasses_have_their_constructor() -> None:
    class Tagged(nn.Parameter):
        def __new__(cls, data: Any, tag: str) -> Any:
            made: Any = super().__new__(cls, data)
            made.tag = tag
            return made

    p: Any = Tagged(torch.ones(2), "a")
    assert p.tag == "a" and p.requires_grad and isinstance(p, nn.Parameter)
