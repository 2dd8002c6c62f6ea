"""Checkpoint policies and stand-ins of dispatch, printed by PyTorch and by isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
POLICIES = r"""
import functools, importlib
checkpointing = importlib.import_module(torch.__name__ + ".utils.checkpoint")
checkpoint, CheckpointPolicy = checkpointing.checkpoint, checkpointing.CheckpointPolicy
create_selective_checkpoint_contexts = checkpointing.create_selective_checkpoint_contexts
no_dispatch = importlib.import_module(torch.__name__ + ".utils._mode_utils").no_dispatch
dispatch = importlib.import_module(torch.__name__ + ".utils._python_dispatch")
is_traceable_wrapper_subclass = dispatch.is_traceable_wrapper_subclass
x=torch.arange(4.).reshape(2,2).requires_grad_()
def f(x): return torch.sigmoid(x@x).sin()
def pol(ctx, op, *a, **k): return CheckpointPolicy.MUST_SAVE if op is torch.ops.aten.mm.default else CheckpointPolicy.PREFER_RECOMPUTE
y=checkpoint(f,x,use_reentrant=False,context_fn=functools.partial(create_selective_checkpoint_contexts,pol)); y.sum().backward(); print(x.grad)
x.grad=None
y=checkpoint(f,x,use_reentrant=False,context_fn=lambda: create_selective_checkpoint_contexts([torch.ops.aten.mm.default])); y.sum().backward(); print(x.grad)
print(list(CheckpointPolicy), is_traceable_wrapper_subclass(x))
with no_dispatch(): print(x.sum())
"""


def test_policies_change_no_value() -> None:
    twosided.assert_same(POLICIES)
