"""Sparse tensors, and what programs do with them, printed by PyTorch and by isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
PROGRAMS = {
    "legacy_graph": r"""
import scipy.sparse as sp
m=sp.coo_matrix(np.array([[0,1.],[2,0]],dtype=np.float32))
i=torch.from_numpy(np.vstack((m.row,m.col)).astype(np.int64)); v=torch.from_numpy(m.data)
a=torch.sparse.FloatTensor(i,v,torch.Size(m.shape)); print(a); print(torch.spmm(a,torch.ones(2,2)))
class GC(torch.nn.Module):
    def __init__(s,i,o):
        super().__init__(); s.weight=torch.nn.Parameter(torch.full((i,o),.5)); s.bias=torch.nn.Parameter(torch.zeros(o))
    def forward(s,x,adj): return torch.spmm(adj, torch.mm(x,s.weight))+s.bias
g=GC(2,3); opt=torch.optim.Adam(g.parameters(),lr=.1)
for e in range(3):
    opt.zero_grad(); l=torch.nn.functional.cross_entropy(g(torch.eye(2),a),torch.tensor([0,2])); l.backward(); opt.step(); print(round(l.item(),4))
print(torch.sparse.LongTensor(2,3), a.t().coalesce(), a.to_dense().requires_grad)
a=a.coalesce(); r,c=a.indices(); print(r,c); print(torch.sparse.mm(a,g.weight).grad_fn)
""",
    "coordinates": r"""
i=torch.tensor([[0,1,1],[2,0,2]]); v=torch.tensor([3.,4.,5.])
s=torch.sparse_coo_tensor(i,v,(2,3)); print(s); print(s.is_coalesced(), s.layout, s.is_sparse, s._nnz(), s.sparse_dim(), s.dense_dim(), s.shape, s.dtype, s.numel(), s.dim())
attempt(lambda: s.indices()); print(s._indices(), s._values()); c=s.coalesce(); print(c.indices(), c.values(), c.is_coalesced())
print(torch.sparse_coo_tensor(i,v.double(),(2,3)));print(torch.sparse_coo_tensor(i,torch.tensor([1,2,3]),(2,3)))
print(torch.sparse_coo_tensor(i,v,(2,3),requires_grad=True))
vv=v.clone().requires_grad_(); q=torch.sparse_coo_tensor(i,vv,(2,3)); print(q); print(q.to_dense()); print(q.coalesce())
print(q._values(), q.coalesce().values())
d=torch.tensor([[.5,-1.],[2.,.25],[1.5,-.75]]).requires_grad_()
o=torch.sparse.mm(q,d); print(o.grad_fn, (q@d).grad_fn, torch.mm(q,d).grad_fn, q.matmul(d).grad_fn); o.sum().backward(); print(vv.grad,d.grad)
S=torch.sparse_coo_tensor(i,v,(2,3)).requires_grad_(); (torch.sparse.mm(S,d)**2).sum().backward(); print(S.grad)
S=torch.sparse_coo_tensor(i,v,(2,3)).requires_grad_(); (S.to_dense()**2).sum().backward(); print(S.grad)
x=torch.tensor([[0.,2.],[3.,0.]],requires_grad=True); y=x.to_sparse(); print(y); y.to_dense().sum().backward(); print(x.grad)
print(torch.autograd.grad(S.to_dense().sum(),S))
print(s+s, s*2, 2*s, s*s, s.t(), s.sum(), -s, s/2, s-s)
print(torch.sparse.sum(s), torch.sparse.sum(s,dim=0), torch.sparse.sum(s,dim=1))
print(torch.sparse.softmax(s,1)); print(torch.sparse.log_softmax(s,dim=1))
print(torch.sparse.addmm(torch.ones(2,2),s,d.detach()))
print(torch.ones(2,3)+s); attempt(lambda: s+torch.ones(2,3)); attempt(lambda: s*torch.ones(2,3)); attempt(lambda: torch.ones(2,3)*s)
""",
    "embedding_gradients": r"""
e=torch.nn.Embedding(4,2,sparse=True); e.weight.data.fill_(1.); o=e(torch.tensor([1,3,1])); print(o); o.sum().backward(); print(e.weight.grad); print(e.weight.grad.coalesce())
o=e(torch.tensor([0])); (o*2).sum().backward(); print(e.weight.grad); 
torch.optim.SGD(e.parameters(),lr=.1).step(); print(e.weight)
attempt(lambda: torch.optim.SGD(e.parameters(),lr=.1,momentum=.9).step());attempt(lambda: torch.optim.Adam(e.parameters(),lr=.1).step()); attempt(lambda: torch.optim.Adagrad(e.parameters(),lr=.1).step()); print(e.weight); attempt(lambda: torch.optim.SparseAdam(e.parameters(),lr=.1).step()); print(e.weight); attempt(lambda: torch.optim.RMSprop(e.parameters(),lr=.1).step())
""",
    "layouts": r"""
i=torch.tensor([[0,1,1],[2,0,2]]); v=torch.tensor([3.,4.,5.])
s=torch.sparse_coo_tensor(i,v,(2,3)); print(s); print(s.is_coalesced(), s.layout, s.is_sparse, s._nnz(), s.sparse_dim(), s.dense_dim(), s.shape, s.dtype, s.numel(), s.dim())
vv=v.clone().requires_grad_(); q=torch.sparse_coo_tensor(i,vv,(2,3)); S=torch.sparse_coo_tensor(i,v,(2,3)).requires_grad_(); d=torch.ones(3,2)
attempt(lambda: torch.sparse_coo_tensor([[0,5]],[1.,2.],(3,))); attempt(lambda: torch.sparse_coo_tensor(i,v)); attempt(lambda: torch.sparse_coo_tensor(i,[1.,2.],(2,3))); attempt(lambda:torch.sparse_coo_tensor([[0,-1]],[1.,2.]))
r=torch.sparse_csr_tensor([0,2,3],[0,1,1],[1.,2.,3.]); print(r, r.crow_indices(), r.col_indices(), r.values(), r.to_dense(), r.layout, r.is_sparse, r.is_sparse_csr); print(r@torch.ones(2,1)); print(r.to_sparse_coo()); print(s.to_sparse_csr()); print(r@torch.ones(2))
print(torch.eye(3).to_sparse(), torch.zeros(2,2).to_sparse(), torch.sparse_coo_tensor((2,3)))
print(type(s), isinstance(s,torch.Tensor), torch.is_tensor(s), s.requires_grad, S.is_leaf, q.is_leaf, q.grad_fn)
h=torch.sparse_coo_tensor([[0,1]],torch.ones(2,2),(3,2)); print(h, h.dense_dim()); print(h.to_dense()); print(s.transpose(0,1).shape, s.clone(), s.detach(), s.float().dtype, s.double().dtype, s.to(torch.float64))
print(s.to_sparse() is s, torch.equal(s.to_dense(), s.coalesce().to_dense()), s.norm(), torch.sparse.mm(s,s.t()), s.abs(), s.sqrt(), s.pow(2), s**2)
print(d.detach().t()@s.t(), s.mv(torch.ones(3)), s@torch.ones(3), s.unsqueeze(0).shape, torch.cat([s,s]), torch.stack([s,s]).shape, s.size(0), s.size())
print(torch.ones(2,3).sparse_mask(s).shape, s.nelement(), torch.zeros_like(s), s.neg(), s.mul(3), s.device, s.is_floating_point())
attempt(lambda: torch.tensor([1.]).indices()); attempt(lambda: torch.tensor([1.]).coalesce()); attempt(lambda: torch.tensor([1.]).values()); attempt(lambda: torch.tensor([1.]).to_dense())
""",
    "graphs_and_gradients": r"""
# GCN with sparse adjacency
A=torch.tensor([[0.,1,0,1],[1,0,1,0],[0,1,0,0],[1,0,0,0]])
idx=A.nonzero().t(); adj=torch.sparse_coo_tensor(idx, torch.ones(idx.shape[1]), A.size()); 
deg=torch.sparse.sum(adj,1).to_dense(); print(deg)
W=torch.arange(6.).reshape(2,3).div(10).requires_grad_(); X=torch.arange(8.).reshape(4,2)
h=torch.spmm(adj,X@W) ; print(h); h.relu().sum().backward(); print(W.grad)
v=torch.tensor([1.,2.,3.],requires_grad=True); s=torch.sparse_coo_tensor([[0,0,1],[0,0,1]],v,(2,2))
print(s.coalesce()); s.coalesce().values().pow(2).sum().backward(); print(v.grad)
x=torch.randn(0,3).to_sparse(); print(x)
s=torch.sparse_coo_tensor([[0,1],[1,0]],[1.,2.]).requires_grad_()
print(torch.sparse.sum(s*3)); torch.sparse.sum(s*3).backward(); print(s.grad); torch.sparse.sum(s*3).backward(); print(s.grad)
s2=torch.sparse_coo_tensor([[0,1],[1,0]],[1.,2.],requires_grad=True); t=(s2+s2).to_dense(); print(t); t.sum().backward(); print(s2.grad)
y=torch.sparse.softmax(s2,1); torch.sparse.sum(y*y).backward(); print(s2.grad)
""",
    "sparse_optimisers": r"""
e=nn.Embedding(5,2,padding_idx=0,sparse=True); e.weight.data=torch.arange(10.).reshape(5,2)
o=e(torch.tensor([[0,1],[2,1]])); o.sum().backward(); print(e.weight.grad); print(e.weight.grad.to_dense()); print(e.weight.grad.is_sparse)
opt=torch.optim.SparseAdam(list(e.parameters()),lr=.01)
for i in range(3):
    opt.zero_grad(); loss=(e(torch.tensor([1,2,1]))**2).sum(); loss.backward(); opt.step(); print(loss.item())
print(e.weight, opt.state_dict()['state'][0]['step'])
opt=torch.optim.SGD(e.parameters(),lr=.01,momentum=.9)
for i in range(3):
    opt.zero_grad(); loss=(e(torch.tensor([1,2,1]))**2).sum(); loss.backward(); opt.step(); print(round(loss.item(),3))
print(e.weight)
b=nn.EmbeddingBag(5,2,mode='sum',sparse=True); b.weight.data.fill_(1.); b(torch.tensor([1,2,1,3]),torch.tensor([0,2])).sum().backward(); print(b.weight.grad)
""",
    "copies_and_writes": r"""
s2=torch.sparse_coo_tensor([[0,1],[1,0]],[1.,2.],requires_grad=True)
attempt(lambda: torch.sparse.mm(torch.ones(2,2).to_sparse(), torch.ones(3,2)))
print(torch.is_tensor(s2), s2.is_leaf, s2.device.type, str(s2.layout)); attempt(lambda: s2.is_contiguous()); attempt(lambda: s2.stride()); attempt(lambda: s2.storage())
m=torch.eye(3).to_sparse_csr(); mv=m.values(); print(m.t().layout if False else 0, m@torch.ones(3), (m@m).to_dense(), m.shape, m._nnz(), m.sum() if False else 0)
print(torch.sparse_coo_tensor(torch.tensor([[0,1]]),torch.tensor([True,False]),(2,)), torch.zeros(2,3).to_sparse().coalesce()._nnz(), torch.tensor(3.).to_sparse())
print(s2.detach().T if False else 1, torch.trace(s2.to_dense()), s2.detach().to_dense().tolist()); print(s2.detach()*torch.tensor(2.))
import copy; print(copy.deepcopy(s2)); z=s2.detach().clone(); z.mul_(2) ; print(z); z.add_(z); print(z); z.zero_(); print(z)
print(torch.allclose(torch.sparse.mm(s2,torch.eye(2)), s2.to_dense())); print(torch.tensor([1.,0.,2.]).to_sparse().indices())
for i in range(1): print(s2.grad_fn, (s2*2).grad_fn, (s2+s2).grad_fn, torch.sparse.sum(s2).grad_fn, torch.sparse.softmax(s2,1).grad_fn, s2.coalesce().grad_fn, torch.sparse.sum(s2,0).grad_fn,s2.t().grad_fn)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_the_same(name: str) -> None:
    twosided.assert_same(PROGRAMS[name])
