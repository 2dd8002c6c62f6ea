"""What programs of PyTorch's community do, printed by PyTorch and by isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
PROGRAMS = {
    "errors": r"""
x = torch.ones(2, 3)
attempt(lambda: x.index_select(0, torch.tensor([3])))
attempt(lambda: x.index_select(1, torch.tensor([-1])))
attempt(lambda: torch.linalg.cholesky(-torch.eye(2)))
attempt(lambda: torch.inverse(torch.zeros(2, 2)))
attempt(lambda: torch.linalg.solve(torch.zeros(2, 2), torch.ones(2)))
attempt(lambda: torch.ones(-1))
attempt(lambda: torch.zeros(-1))
attempt(lambda: torch.ones(2, foo=1))
print(torch.linalg.LinAlgError)
""",
    "backward_hooks_do_not_mix": r"""
full, plain = nn.Linear(1, 1), nn.Linear(1, 1)
full.register_full_backward_hook(lambda *_: None)
plain.register_backward_hook(lambda *_: None)
attempt(lambda: full.register_backward_hook(lambda *_: None))
attempt(lambda: plain.register_full_backward_hook(lambda *_: None))
full.register_full_backward_hook(lambda *_: None)
""",
    "autocast": r"""
x = torch.linspace(-1, 1, 12).reshape(3, 4)
w = (torch.arange(8.).reshape(2, 4) / 7).requires_grad_()
with torch.autocast("cpu", dtype=torch.bfloat16):
    y = F.linear(x, w, torch.ones(2))
    print(y, (x @ x.T).dtype, (x + 1).dtype, y.softmax(-1).dtype, y.sum().dtype)
    print(F.mse_loss(y, torch.zeros_like(y)).dtype, torch.cat([y, x[:, :2]]).dtype)
    loss = F.cross_entropy(y, torch.tensor([0, 1, 0]))
    with torch.autocast("cpu", enabled=False):
        print((x @ x.T).dtype, torch.is_autocast_enabled("cpu"))
    with torch.no_grad():
        print(torch.mm(x, x.T).dtype, torch.is_autocast_enabled("cpu"))
    print(torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu"))
    print((x.double() @ x.double().T).dtype, F.conv1d(x[None], x[None, :, :3]).dtype)
loss.backward()
print(loss, w.grad)
print(torch.is_autocast_enabled("cpu"), (x @ x.T).dtype)
@torch.autocast("cpu", dtype=torch.float16)
def product(a, b):
    return a @ b
print(product(x, x.T))
attempt(lambda: torch.autocast("gpu"))
""",
    "optimizer_without_super": r"""
class Wrapped(optim.Optimizer):
    def __init__(self, inner):
        self.inner, self.param_groups = inner, inner.param_groups
    def step(self):
        self.inner.step()
w = torch.ones(2, requires_grad=True)
(w * w).sum().backward()
Wrapped(optim.SGD([w], lr=0.1)).step()
print(w)
""",
    "collate": r"""
from collections import namedtuple
default_collate, default_convert = torch.utils.data.default_collate, torch.utils.data.default_convert
P = namedtuple("P", "a b")
print(default_collate([("x", 1), ("y", 2)]), default_collate(["a", "b"]))
print(default_collate([P("x", 1.0), P("y", 2.0)]), default_collate([{"k": "x"}, {"k": "y"}]))
attempt(lambda: default_collate([None, None]))
attempt(lambda: default_collate([np.array(["a"])]))
print(default_convert((np.ones(1), "a")), default_convert({"a": np.ones(1)}))
""",
    "counters_of_old_states": r"""
n = nn.BatchNorm1d(2)
print(n.load_state_dict({"weight": torch.ones(2)}, strict=False))
full = n.state_dict(); del full["num_batches_tracked"]
attempt(lambda: n.load_state_dict(full))
print(n.state_dict()._metadata)
""",
    "refused_for_bool": r"""
b = torch.tensor([True, False])
for f in (lambda: b // b, lambda: b % b, lambda: b ** b, lambda: b ** True, lambda: b // True, lambda: torch.fmod(b, b)):
    attempt(f)
print(b // 1, b % 2, b ** 2, 2 ** b)
w = torch.ones(2, requires_grad=True)
attempt(lambda: w.apply_(lambda v: v))
attempt(lambda: torch.ones(2).map_(w, lambda u, v: v))
""",
    "padding_and_packing": r"""
pad_sequence, pack_padded_sequence = nn.utils.rnn.pad_sequence, nn.utils.rnn.pack_padded_sequence
attempt(lambda: pad_sequence([]))
attempt(lambda: pack_padded_sequence(torch.ones(2, 3, 1), [3], batch_first=True))
""",
    "half_precision_layers_round_once": r"""
x = torch.linspace(-2, 2, 48)
for d in (torch.bfloat16, torch.float16):
    h = x.to(d)
    print(F.linear(h.reshape(6, 8), h[:24].reshape(3, 8), h[5:8]))
    print(F.conv1d(h.reshape(2, 3, 8), h[:18].reshape(2, 3, 3), h[20:22]))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_the_same(name: str) -> None:
    twosided.assert_same(PROGRAMS[name])


@pytest.mark.parametrize("name", ["exp", "tanh", "log1p", "log10", "expm1", "sinh"])
def test_few_numbers_are_rounded_as_the_frameworks_round(name: str) -> None:
    """In float32 at most one number in fifty differs, by its last bit."""
    import isograd.torch

    values = np.random.default_rng(0).uniform(0.01, 3, 2000).astype(np.float32)
    ours = getattr(isograd.torch, name)(isograd.torch.from_numpy(values)).numpy()
    theirs = getattr(torch, name)(torch.from_numpy(values)).numpy()
    assert np.mean(ours != theirs) < 0.02
    np.testing.assert_allclose(ours, theirs, rtol=2e-7)


def test_a_scalar_from_a_tensor_warns_once_and_while_recording() -> None:
    code = """
import torch, warnings
w = torch.ones(1, requires_grad=True)
for recording in (False, True, True):
    with torch.set_grad_enabled(recording), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        float(w)
        print([str(s.message).split(" (")[0] for s in seen])
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", first + code], capture_output=True, text=True
        ).stdout
        for first in ("", "import isograd; isograd.install()")
    ]
    assert runs[0]
    assert runs[1] == runs[0]
