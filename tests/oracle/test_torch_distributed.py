"""`torch.distributed` on one process, printed by PyTorch and by isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import pytest

from isograd.base.missing import MissingName
from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
ONE_PROCESS = r"""
import tempfile
dist = torch.distributed
DDP = torch.nn.parallel.DistributedDataParallel
where = 'file://' + tempfile.mktemp()
print(dist.is_available(), dist.is_initialized())
attempt(lambda: dist.get_rank()); attempt(lambda: dist.barrier()); attempt(lambda: DDP(torch.nn.Linear(2,2)))
dist.init_process_group('gloo', init_method=where, rank=0, world_size=1)
print(dist.is_initialized(), dist.get_rank(), dist.get_world_size(), dist.get_backend())
t=torch.tensor([1.,2.]); print(dist.all_reduce(t), t); w=dist.all_reduce(t, op=dist.ReduceOp.SUM, async_op=True); print(w.wait())
dist.broadcast(t, src=0); dist.barrier(); l=[torch.zeros(2)]; dist.all_gather(l,t); print(l); o=[None]; dist.all_gather_object(o,{'a':1}); print(o)
dist.reduce(t,0); print(t); g=[torch.zeros(2)]; dist.gather(t,g,dst=0); print(g); r=torch.zeros(2); dist.scatter(r,[t],src=0); print(r)
ob=[5]; dist.broadcast_object_list(ob,src=0); print(ob); 
out=torch.zeros(2); dist.all_gather_into_tensor(out,t); print(out)
torch.manual_seed(0); m=torch.nn.Linear(2,1); 
with torch.no_grad(): m.weight.fill_(.5); m.bias.fill_(0.)
d=DDP(m); print(d); y=d(torch.ones(3,2)); y.sum().backward(); print(m.weight.grad, list(d.state_dict())); 
with d.no_sync(): d(torch.ones(1,2)).sum().backward()
print(m.weight.grad, d.module is m)
print(dist.ReduceOp.SUM, dist.ReduceOp.AVG)
ng=dist.new_group([0]); print(dist.get_world_size(ng)); attempt(lambda: dist.all_reduce(t, group=ng)); 
attempt(lambda: dist.init_process_group('gloo', init_method=where, rank=0, world_size=1))
s=torch.utils.data.DistributedSampler(range(4), shuffle=False); print(list(s), len(s))
dp=torch.nn.DataParallel(m); print(dp, dp(torch.ones(1,2)).shape)
dist.destroy_process_group(); print(dist.is_initialized())
print(torch.distributed.is_torchelastic_launched(),  dist.is_gloo_available())
"""


def test_a_group_of_one_process() -> None:
    twosided.assert_same(ONE_PROCESS)


def test_more_processes_are_refused() -> None:
    from isograd.torch import distributed

    with pytest.raises(MissingName, match="world_size=2"):
        distributed.init_process_group("gloo", rank=0, world_size=2)
    assert not distributed.is_initialized()
