# ruff: noqa: E501 (snippets are compact)
"""Rules of `torch.nn.Module`: the same programs printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch", reason="PyTorch is the oracle")

SNIPPETS = {
    "arguments_of_init": r"""
attempt(lambda: nn.Module(1)); attempt(lambda: nn.Module(a=1))
class Q(nn.Module):
    call_super_init = True
    def __init__(self, **kw): super().__init__(**kw)
attempt(lambda: Q(a=1)); print(Q())
class Mixin:
    def __init__(self): super().__init__(); self.mixed = 1
class R(nn.Module, Mixin):
    call_super_init = True
print(R().mixed)
""",
    "state_dict_positional": r"""
import warnings
n = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter('always')
    d = {}; n.state_dict(d, 'x.', True)
print(list(d), [v.requires_grad for v in d.values()])
print(sorted({(w.category.__name__, str(w.message)) for w in seen}))
print(list(n.state_dict(destination={}, prefix='p')))
""",
    "submodules_and_extra_state": r"""
n = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
attempt(lambda: n.set_submodule('1', 3)); attempt(lambda: n.set_submodule('', nn.ReLU()))
n.set_submodule('1', nn.Tanh()); print(n)
attempt(n.get_extra_state); attempt(lambda: n.set_extra_state(1))
""",
    "conversions": r"""
import warnings
n = nn.Linear(1, 1)
attempt(lambda: n.to(3)); attempt(lambda: n.to(torch.int32)); attempt(lambda: n.to('foo'))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter('always')
    print(n.to(torch.complex64).weight.dtype)
print([(w.category.__name__, str(w.message)) for w in seen])
""",
    "parameters_and_buffers": r"""
attempt(lambda: nn.Parameter(3)); attempt(lambda: nn.Parameter(np.ones(2)))
print(nn.Buffer(torch.ones(2)), nn.Buffer())
m = nn.Module(); m.b = nn.Buffer(torch.ones(2)); m.c = nn.Buffer(torch.ones(2), persistent=False)
print(list(m.named_buffers()), list(m.state_dict()))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_same_as_pytorch(name: str) -> None:
    assert_same(SNIPPETS[name])
