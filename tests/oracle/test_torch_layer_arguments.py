# ruff: noqa: E501 (snippets are compact)
"""Layers, losses, optimisers over their arguments: printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")

SETUP = """
t = lambda *s, seed=0, dtype=torch.float32: torch.tensor(np.random.default_rng(seed).uniform(-2, 2, s)).to(dtype)
g = lambda *s, **k: t(*s, **k).requires_grad_()
def fill(m):
    with torch.no_grad():
        for i, p in enumerate(m.parameters()): p.copy_(t(*p.shape, seed=i + 5))
    return m
def run(f, *a, **k):
    def show():
        out = f(*a, **k); leaves = [x for x in a if isinstance(x, torch.Tensor) and x.requires_grad]
        return out.shape, out.dtype, type(out.grad_fn).__name__, out, torch.autograd.grad(out.sum(), leaves) if leaves else None
    attempt(show)
"""

SNIPPETS = {
    "losses_of_classes": r"""
x = g(4, 5)
for y in (torch.tensor([0, 1, 2, 4]), torch.tensor([0, 5, 1, 2]), torch.tensor([0, 1, 2]), torch.zeros(4), torch.zeros(4, 5).long()):
    for w in (None, torch.ones(5), torch.ones(4), torch.ones(5).double(), torch.ones(5).requires_grad_()):
        attempt(lambda: F.nll_loss(x, y, w)); attempt(lambda: F.cross_entropy(x, y, w)); attempt(lambda: F.multi_margin_loss(x, y, weight=w))
for r in ('none', 'sum', 'foo'): attempt(lambda: F.cross_entropy(g(2, 5, 3), torch.ones(2, 3).long(), reduction=r))
attempt(lambda: F.cross_entropy(x, t(4, 5), ignore_index=1)); attempt(lambda: F.cross_entropy(g(5), t(3).long())); attempt(lambda: F.nll_loss(g(5), torch.zeros(3).long()))
attempt(lambda: F.cross_entropy(torch.ones(4, 5).long(), torch.ones(4).long())); attempt(lambda: F.nll_loss(torch.ones(2, 5, 2).long(), torch.ones(2, 2).long()))
attempt(lambda: F.nll_loss(g(2, 5, 3), torch.ones(2, 3).long(), torch.ones(4))); attempt(lambda: F.nll_loss(torch.tensor(1.), torch.tensor(0)))
attempt(lambda: F.multi_margin_loss(torch.tensor(1.), torch.tensor(0))); attempt(lambda: F.multi_margin_loss(g(2, 3, 4), torch.tensor([0, 1])))
attempt(lambda: F.multilabel_margin_loss(x, torch.zeros(4, 4).long())); attempt(lambda: F.multilabel_margin_loss(x, torch.full((4, 5), 5))); attempt(lambda: F.multilabel_margin_loss(x, x))
""",
    "losses_of_pairs": r"""
x, y, w = g(2, 3), t(2, 3, seed=1), torch.tensor([[1., 2, 3], [0, 1, .5]])
for f in (F.mse_loss, F.l1_loss, F.huber_loss):
    for r in ('mean', 'sum', 'none'): run(f, x, y, weight=w, reduction=r)
    attempt(lambda: f(x, y, weight=torch.ones(3))); attempt(lambda: f(x, t(2, 2), reduction='foo'))
for f in (F.soft_margin_loss, F.poisson_nll_loss, F.hinge_embedding_loss, F.kl_div, F.multilabel_soft_margin_loss): attempt(lambda: f(x, t(2))); attempt(lambda: f(x, t(2, 3), reduction='foo'))
attempt(lambda: F.soft_margin_loss(x, g(2, 3))); attempt(lambda: F.binary_cross_entropy(torch.ones(2, 3), torch.ones(2, 3), torch.ones(2, 2, 3)))
attempt(lambda: F.binary_cross_entropy_with_logits(x, y, torch.ones(3).requires_grad_())); run(F.poisson_nll_loss, x, y, full=True, reduction='none')
""",
    "losses_of_vectors": r"""
for v in ((), (1,), (3,), (2,), (2, 1), (1, 3), (2, 3)): attempt(lambda: F.gaussian_nll_loss(torch.ones(2, 3), torch.zeros(2, 3), torch.ones(v)))
for a, b in (((4, 3), (4,)), ((3,), ()), ((4, 3), ()), ((3,), (3,)), ((4, 3), (4, 3)), ((4, 3), (3,))): attempt(lambda: F.cosine_embedding_loss(t(*a), t(*a, seed=1), torch.ones(b)))
for a in ((4, 3), (3,), ()):
    attempt(lambda: F.triplet_margin_loss(t(4, 3), t(*a, seed=1), t(4, 3, seed=2))); attempt(lambda: F.triplet_margin_with_distance_loss(t(4, 3), t(*a, seed=1), t(4, 3, seed=2)))
print(nn.TripletMarginWithDistanceLoss()); attempt(lambda: F.triplet_margin_with_distance_loss(t(3), t(3), t(3), reduction='foo'))
""",
    "layers_of_no_elements": r"""
m = nn.Linear(0, 4); attempt(lambda: m.weight.copy_(torch.zeros(4, 0)) if 0 else m.weight.data.copy_(torch.zeros(4, 0)).shape); run(m, g(2, 0))
run(nn.LocalResponseNorm(2), t(0, 4, 3, 3)); attempt(lambda: F.linear(torch.tensor(1.), torch.ones(2, 3)))
""",
    "transposed_convolutions": r"""
for k, s, p, op, d in ((1, 1, 0, 1, 2), (3, 1, 0, 1, 2), (2, 1, 1, 1, 3), (3, 2, 1, 2, 3)): run(F.conv_transpose1d, g(1, 2, 4), g(2, 3, k, seed=1), None, s, p, op, 1, d)
for x in (g(2, 5), g(1, 2, 5)): run(F.conv1d, x, t(2, 2, 3)); run(F.conv_transpose1d, x, t(2, 2, 3))
for d in (0, -1): attempt(lambda: F.conv1d(t(1, 2, 5), t(2, 2, 3), dilation=d)); attempt(lambda: F.conv1d(g(1, 2, 5), t(2, 2, 3), dilation=d))
attempt(lambda: F.conv2d(t(1, 2, 5, 5), t(2, 2, 3, 3, 3))); attempt(lambda: F.conv1d(t(1, 2, 5), t(2, 2, 3, 3))); run(F.bilinear, g(2, 3), g(2, 4, seed=1), t(2, 3, 4))
""",
    "norms_of_other_dtypes": r"""
for d in (torch.bfloat16, torch.float16):
    for m in (nn.BatchNorm1d(4), nn.BatchNorm1d(4).eval(), nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.RMSNorm(4)): attempt(lambda: (m(g(3, 4, dtype=d)).dtype, type(m(g(3, 4, dtype=d)).grad_fn).__name__))
m = nn.RMSNorm(4); attempt(lambda: (m(g(3, 4, dtype=torch.float64)).dtype, torch.autograd.grad(m(t(3, 4, dtype=torch.float64)).sum(), m.weight)[0].dtype)); attempt(lambda: nn.RMSNorm((2, 3, 4))(t(3, 4)))
attempt(lambda: nn.LayerNorm(4)(torch.ones(2, 4).long())); attempt(lambda: nn.LayerNorm(4, elementwise_affine=False)(torch.ones(2, 4).long())); attempt(lambda: nn.BatchNorm1d(4)(torch.ones(2, 4).long()))
for s in (1, 2, 3, 5): attempt(lambda: nn.CrossMapLRN2d(s, .5)(t(1, 4, 1, 2)))
print(nn.CrossMapLRN2d(3)); attempt(lambda: nn.CrossMapLRN2d(3)(t(1, 4, 2))); print(nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(2), nn.Sequential(nn.BatchNorm1d(3, affine=False)))))
""",
    "pools_and_resampling": r"""
for k, p, d in ((1, 1, 1), (3, 2, 2), (2, 2, 1)):
    for n in (1, 2, 3): attempt(lambda: getattr(F, f'max_pool{n}d')(t(1, 2, *[6] * n), k, 2, p, d, return_indices=True)[0].shape)
for n in (1, 2, 3):
    for o in ((2.5,), (2,) * (n + 1)): attempt(lambda: getattr(F, f'adaptive_avg_pool{n}d')(t(1, 2, *[6] * n), o).shape)
for s in ((1, 2, 4), (1, 2, 4, 4)):
    for m in ('nearest', 'linear', 'bilinear', 'area', 'foo'):
        for kw in ({'size': 0}, {'size': (3, 3)}, {'size': 3, 'recompute_scale_factor': True}, {'scale_factor': 2, 'antialias': True}, {'scale_factor': (2, 2)}, {'scale_factor': 0.}): attempt(lambda: F.interpolate(t(*s), mode=m, **kw).shape)
print(type(F.interpolate(g(1, 1, 4, 4), size=2, mode='bilinear', antialias=True).grad_fn).__name__, type(F.pad(g(1, 1, 3), (1, 1), mode='circular').grad_fn).__name__)
attempt(lambda: F.interpolate(torch.ones(1, 2, 4).long(), size=3, mode='linear')); attempt(lambda: nn.ReflectionPad1d((1,))(t(1, 2, 4))); print(nn.ReflectionPad2d((1,)))
""",
    "activations": r"""
for m in (nn.ELU(inplace=True), nn.LeakyReLU(inplace=True), nn.CELU(inplace=True), nn.SELU(True), nn.Threshold(0., 1., True), nn.Hardtanh(inplace=True), nn.Hardswish(True), nn.Hardsigmoid(True), nn.ReLU(True)): print(m, type(m(g(3) + 0.).grad_fn).__name__)
attempt(lambda: F.glu(torch.tensor(1.))); attempt(lambda: F.prelu(t(2, 3), torch.ones(1).double())); attempt(lambda: F.prelu(torch.tensor(1.), torch.ones(3)))
""",
    "embeddings": r"""
m = fill(nn.EmbeddingBag(5, 3, mode='sum')); i = torch.tensor([0, 1, 4])
run(m, i, torch.tensor([0, 2])); attempt(lambda: m(torch.zeros(0).long(), torch.tensor([0, 0]))); attempt(lambda: m(torch.tensor([9]), torch.tensor([0]))); attempt(lambda: nn.EmbeddingBag(5, 3, padding_idx=0)(torch.tensor([9]), torch.tensor([0])))
e = nn.Embedding(5, 3, max_norm=1.); attempt(lambda: e(torch.tensor([5]))); attempt(lambda: e(torch.tensor([1.])))
""",
    "optimisers": r"""
def go(name, **k):
    w = g(3, 2, dtype=k.pop('dtype', torch.float32)); o = getattr(optim, name)([w], lr=.1, **k)
    for _ in range(3): o.zero_grad(); (w.abs() ** 2).sum().backward(); o.step()
    sd = o.state_dict(); o2 = getattr(optim, name)([w], lr=.1, **k); o2.load_state_dict(sd); o2.step(); return w, sd
for n in ('SGD', 'Adam', 'RMSprop', 'Adagrad', 'Adadelta', 'ASGD', 'NAdam', 'RAdam', 'Adamax', 'Rprop'):
    attempt(lambda: go(n)); attempt(lambda: go(n, dtype=torch.complex64)); attempt(lambda: go(n, capturable=True)); attempt(lambda: go(n, differentiable=True)); attempt(lambda: go(n, foreach=True, capturable=True))
attempt(lambda: go('SGD', momentum=.9)); attempt(lambda: go('Muon', dtype=torch.complex64)); attempt(lambda: optim.Adam([g(2)], lr=torch.tensor(.1), foreach=True)); attempt(lambda: optim.Adam([g(2)], betas=(torch.tensor(.9), .9)))
attempt(lambda: optim.SGD([('a', g(2)), g(3)])); attempt(lambda: optim.SGD([g(2)], lr=torch.tensor([.1, .2]))); attempt(lambda: optim.Adam([g(2, dtype=torch.complex64)], fused=True)); attempt(lambda: optim.Muon([g(2, 2)], ns_steps=200))
""",
    "packed_sequences": r"""
U = nn.utils.rnn; p = U.pack_padded_sequence(t(4, 2, 3), [4, 2]); print(p.double().data.dtype, p.float() is p, p.cpu() is p, p.half().data.dtype)
for s in ([t(2), t(3)], [t(2, 2)], [], 3): attempt(lambda: U.pad_sequence(s)); attempt(lambda: U.pad_sequence(s, padding_side='x'))
""",
    "modules": r"""
from torch.utils.data import *
m = nn.Linear(2, 2); m(t(1, 2)).sum().backward(); old = m.weight.grad; m.zero_grad(set_to_none=False); print(m.weight.grad is old)
attempt(lambda: nn.init.calculate_gain('linear')); ds = TensorDataset(torch.arange(4.))
class It(IterableDataset):
    def __iter__(self): return iter(range(2))
for f in (lambda: DataLoader(ds, timeout=-1), lambda: DataLoader(ds, prefetch_factor=2), lambda: DataLoader(ds, persistent_workers=True), lambda: DataLoader(It(), shuffle=True), lambda: ConcatDataset([It()]), lambda: list(ChainDataset([ds])), lambda: StackDataset(), lambda: StackDataset(range(2), range(3)), lambda: WeightedRandomSampler([.1], 0), lambda: BatchSampler(range(2), 2, 1), lambda: Sampler(None), lambda: setattr(DataLoader(ds), 'batch_size', 3), lambda: random_split(ds, [1.5, -.5])): attempt(f)
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_same_as_pytorch(name: str) -> None:
    assert_same(SETUP + SNIPPETS[name])
