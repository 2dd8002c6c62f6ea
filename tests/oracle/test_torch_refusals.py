# ruff: noqa: E501 (snippets are compact)
"""What PyTorch refuses, isograd refuses: with the same exception and text."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch", reason="PyTorch is the oracle")

SNIPPETS = {
    "masks_of_scaled_dot_product": r"""
q = torch.ones(2, 3, 4, 5); S = F.scaled_dot_product_attention
attempt(lambda: S(q, q, q, torch.ones(4, 4, dtype=torch.long)))
attempt(lambda: S(q, q, q, torch.ones(4, 4, dtype=torch.uint8)))
attempt(lambda: S(q, q, q, torch.ones(4, 4, dtype=torch.float64)))
attempt(lambda: S(q, q.double(), q))
attempt(lambda: S(q.long(), q.long(), q.long()))
attempt(lambda: S(q, q, q, torch.ones(4, 4), is_causal=True))
attempt(lambda: S(q[0, 0, 0], q, q))
attempt(lambda: S(q, q, q, torch.ones(4, 4, dtype=torch.bool)).sum())
""",
    "masks_of_multihead": r"""
m = nn.MultiheadAttention(4, 2); x = torch.ones(3, 2, 4); b = torch.bool
attempt(lambda: m(x, x, x, attn_mask=torch.ones(3, 3, dtype=torch.long)))
attempt(lambda: m(x, x, x, key_padding_mask=torch.ones(2, 3, dtype=torch.long)))
attempt(lambda: m(x, x, x, key_padding_mask=torch.ones(2, 3, dtype=torch.uint8)))
attempt(lambda: m(x, x, x, key_padding_mask=torch.ones(2, 2, dtype=b)))
attempt(lambda: m(x, x, x, key_padding_mask=torch.ones(2, 4, dtype=b)))
attempt(lambda: m(x, x, x, key_padding_mask=torch.ones(3, 3, dtype=b)))
attempt(lambda: m(x, x, x, key_padding_mask=torch.ones(3, dtype=b)))
attempt(lambda: m(x, x, x, attn_mask=torch.ones(2, 2)))
attempt(lambda: m(x, x, x, attn_mask=torch.ones(3, 1)))
attempt(lambda: m(x, x, x, attn_mask=torch.ones(2, 3, 3)))
attempt(lambda: m(x, x, x, attn_mask=torch.ones(3)))
attempt(lambda: m(x, x, x, attn_mask=torch.ones(4, 2, 3)))
attempt(lambda: m(x, x, x, is_causal=True))
attempt(lambda: m(x, x, x, is_causal=True, need_weights=False))
y = torch.ones(3, 4)
attempt(lambda: m(y, y, y, key_padding_mask=torch.ones(2, dtype=b)))
attempt(lambda: m(y, y, y, key_padding_mask=torch.ones(1, 3, dtype=b)))
attempt(lambda: m(y, y, y, attn_mask=torch.ones(3)))
attempt(lambda: m(y, y, y, attn_mask=torch.ones(1, 3, 3)))
attempt(lambda: m(y, y, y, attn_mask=torch.ones(4, 4)))
attempt(lambda: m(y, y, y, attn_mask=torch.ones(2, 3, 3, dtype=torch.int32)))
attempt(lambda: [t.shape for t in m(y, y, y, attn_mask=torch.ones(2, 3, 3))])
""",
    "shapes_of_multihead": r"""
m = nn.MultiheadAttention(4, 2); x = torch.ones(3, 2, 4)
attempt(lambda: m(x, x, torch.ones(2, 2, 4)))
attempt(lambda: m(torch.ones(4), x, x))
attempt(lambda: m(torch.ones(1, 3, 2, 4), x, x))
attempt(lambda: m(x, x[0], x)); attempt(lambda: m(x[0], x, x)); attempt(lambda: m(x, x, x[0]))
attempt(lambda: m(torch.ones(3, 2, 5), x, x)); attempt(lambda: m(x, torch.ones(3, 2, 5), x))
attempt(lambda: m(x, torch.ones(3, 2, 5), torch.ones(3, 2, 5)))
attempt(lambda: m(x, torch.ones(3, 1, 4), torch.ones(3, 1, 4)))
attempt(lambda: m(x.double(), x.double(), x.double()))
w = nn.MultiheadAttention(4, 2, kdim=3, vdim=5)
attempt(lambda: w(x, torch.ones(3, 2, 3), torch.ones(2, 2, 5)))
attempt(lambda: w(x, x, x))
attempt(lambda: [t.shape for t in w(x, torch.ones(3, 2, 3), torch.ones(3, 2, 5))])
f = nn.MultiheadAttention(4, 2, batch_first=True)
attempt(lambda: f(x, x, x, key_padding_mask=torch.ones(2, 2, dtype=torch.bool)))
attempt(lambda: [t.shape for t in f(x, x, x, key_padding_mask=torch.zeros(3, 2, dtype=torch.bool))])
""",
    "causal_hints": r"""
torch.manual_seed(0)
m = nn.MultiheadAttention(4, 2)
with torch.no_grad():
    for i, p in enumerate(m.parameters()): p.copy_(torch.sin(torch.arange(p.numel()) * (i + 1.)).reshape(p.shape))
x = torch.sin(torch.arange(24.)).reshape(3, 2, 4); zero = torch.zeros(3, 3)
for need in (True, False):
    o, w = m(x, x, x, attn_mask=zero, is_causal=True, need_weights=need)
    print([round(v, 3) for v in o.flatten().tolist()], None if w is None else w.shape)
mask = nn.Transformer.generate_square_subsequent_mask(3)
e = nn.TransformerEncoderLayer(4, 2, 8)
attempt(lambda: e(x, is_causal=True)); attempt(lambda: e(x, mask, is_causal=True).shape)
d = nn.TransformerDecoderLayer(4, 2, 8)
attempt(lambda: d(x, x, tgt_is_causal=True)); attempt(lambda: d(x, x, memory_is_causal=True))
attempt(lambda: d(x, x, mask, tgt_is_causal=True).shape)
attempt(lambda: nn.TransformerEncoder(e, 1)(x, mask=mask, is_causal=True).shape)
attempt(lambda: e(x, mask.long())); attempt(lambda: e(x, src_key_padding_mask=torch.ones(3, 3)))
attempt(lambda: e(x, src_key_padding_mask=torch.ones(2, 3).long()))
""",
    "recurrent_layers": r"""
for make in (nn.RNN, nn.LSTM, nn.GRU):
    m = make(2, 3); x = torch.ones(4, 5, 2)
    attempt(lambda: m(x.double())); attempt(lambda: m(x.long())); attempt(lambda: m(x[:, 0].double()))
    h = torch.zeros(1, 5, 3, dtype=torch.float64)
    try: m(x, (h, h) if make is nn.LSTM else h)
    except RuntimeError as e: print(make is nn.LSTM or e)  # PyTorch's LSTM asks mkldnn
    h = h.float()
    attempt(lambda: m(x[:, 0], (h, h) if make is nn.LSTM else h))
    h = torch.zeros(1, 5, 4)
    attempt(lambda: m(x, (h, h) if make is nn.LSTM else h)); attempt(lambda: m(x, [h]))
    attempt(lambda: m(x[0, 0])); attempt(lambda: m(torch.ones(4, 5, 3)))
    p = nn.utils.rnn.pack_padded_sequence(x.double(), [4, 4, 3, 2, 1])
    attempt(lambda: m(p))
m = nn.LSTM(2, 3); h = torch.ones(1, 5, 3)
attempt(lambda: m(x, h)); attempt(lambda: m(x, (h, torch.ones(1, 4, 3)))); attempt(lambda: m(x, (h,)))
attempt(lambda: m(x[:, 0], (h, torch.ones(1, 3)))); attempt(lambda: m(x[:, 0], (torch.ones(2, 3), torch.ones(1, 3))))
attempt(lambda: nn.GRU(2, 3)(x[:, 0], torch.ones(1, 5, 4)))
m = nn.LSTM(2, 3, proj_size=2); attempt(lambda: m(x, (h, h)))
""",
    "recurrent_cells": r"""
for make in (nn.RNNCell, nn.LSTMCell, nn.GRUCell):
    m = make(2, 3); x = torch.ones(4, 2)
    attempt(lambda: m(x.double())); attempt(lambda: m(x.long()))
    for h in (torch.ones(4, 3).double(), torch.ones(3), torch.ones(4, 2), torch.ones(2, 3), torch.ones(1, 4, 3)):
        attempt(lambda: m(x, (h, h) if make is nn.LSTMCell else h))
    h = torch.ones(1, 3); attempt(lambda: m(x[0], (h, h) if make is nn.LSTMCell else h))
""",
    "recurrent_constructors": r"""
attempt(lambda: nn.LSTM(2, 3.5)); attempt(lambda: nn.LSTM(2, 3, proj_size=-1)); attempt(lambda: nn.LSTM(2, 0))
attempt(lambda: nn.LSTM(2, 3, 0)); attempt(lambda: nn.GRU(2, 3, proj_size=1)); attempt(lambda: nn.LSTM(2, 3, proj_size=3))
attempt(lambda: nn.RNN(2, 3, nonlinearity='foo')); attempt(lambda: nn.LSTM(2, 3, dropout=True)); attempt(lambda: nn.LSTM(2, 3, dropout='a'))
attempt(lambda: nn.RNN(2, 3, proj_size=1))
""",
    "backward_hooks": r"""
x = torch.ones(3, 2, requires_grad=True)
def hooked(kind, hook, module=None):
    m = module or nn.Linear(2, 2); getattr(m, kind)(hook)
    x.grad = None; y = m(x); y.sum().backward(); return x.grad.shape
pre, full = 'register_full_backward_pre_hook', 'register_full_backward_hook'
attempt(lambda: hooked(pre, lambda m, go: go[0] * 2)); attempt(lambda: hooked(pre, lambda m, go: (go[0], 1)))
attempt(lambda: hooked(pre, lambda m, go: ())); attempt(lambda: hooked(pre, lambda m, go: [go[0]]))
attempt(lambda: hooked(pre, lambda m, go: 3)); attempt(lambda: hooked(pre, lambda m, go: (go[0] * 2,)))
attempt(lambda: hooked(full, lambda m, gi, go: 3)); attempt(lambda: hooked(full, lambda m, gi, go: (gi[0], gi[0])))
attempt(lambda: hooked(full, lambda m, gi, go: gi[0])); attempt(lambda: hooked(full, lambda m, gi, go: [gi[0]]))
attempt(lambda: hooked(full, lambda m, gi, go: ())); attempt(lambda: hooked(full, lambda m, gi, go: (3,)))
attempt(lambda: hooked(full, lambda m, gi, go: None, nn.ReLU(inplace=True)))
attempt(lambda: hooked(full, lambda m, gi, go: (None,))); attempt(lambda: hooked(full, lambda m, gi, go: (gi[0][0, 0],)))
attempt(lambda: hooked(full, lambda m, gi, go: (gi[0][:2],))); attempt(lambda: hooked(pre, lambda m, go: (go[0][:2],)))
x = torch.ones(3, 2)
attempt(lambda: hooked(full, lambda m, gi, go: 3)); attempt(lambda: hooked(full, lambda m, gi, go: (go[0],)))
attempt(lambda: hooked(full, lambda m, gi, go: (None,)))
x = torch.ones(1, 2, requires_grad=True)
attempt(lambda: hooked(full, lambda m, gi, go: gi[0])); attempt(lambda: hooked(pre, lambda m, go: go[0]))
m = nn.Linear(2, 2); m.register_full_backward_hook(lambda *a: None); y = m(x); print(y.grad_fn.name(), y.grad_fn)
""",
    "warnings_of_backward_hooks": r"""
import warnings
class Q(nn.Module):
    def forward(self, a, b): return {'s': a + b}
def told(m, *xs, leaf=None):
    seen = []; m.register_full_backward_hook(lambda m, gi, go: seen.append((len(gi), go)))
    with warnings.catch_warnings(record=True) as w:
        warnings.simplefilter('always')
        y = m(*xs); y = y['s'] if isinstance(y, dict) else y; y.sum().backward()
    print(seen, [(v.category.__name__, str(v.message)) for v in w])
told(Q(), torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True))
told(nn.Linear(2, 2), torch.ones(3, 2)); told(nn.Linear(2, 2), torch.ones(3, 2, requires_grad=True))
""",
    "state_hooks": r"""
m = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
h = m.register_state_dict_post_hook(lambda m, sd, p, md: {}); attempt(m.state_dict); h.remove()
h = m[0].register_state_dict_post_hook(lambda m, sd, p, md: 1); attempt(m.state_dict); h.remove()
h = m.register_state_dict_post_hook(lambda m, sd, p, md: sd.clear()); attempt(m.state_dict); h.remove()
h = m._register_state_dict_hook(lambda m, sd, p, md: {'q': 1}); attempt(m.state_dict); h.remove()
h = m.register_load_state_dict_post_hook(lambda m, k: 3); attempt(lambda: m.load_state_dict(m.state_dict())); h.remove()
h = m[0].register_load_state_dict_post_hook(lambda m, k: k); attempt(lambda: m.load_state_dict(m.state_dict())); h.remove()
h = m.register_load_state_dict_post_hook(lambda m, k: k.missing_keys.clear()); attempt(lambda: m.load_state_dict({'0.weight': torch.ones(1, 1)}))
""",
    "global_hooks": r"""
M = nn.modules.module; x = torch.ones(3, 2)
g = M.register_module_forward_hook(lambda m, a, k, o: print('G', type(m).__name__, list(k)), with_kwargs=True)
nn.ReLU()(input=x); nn.Linear(2, 2)(input=x); nn.Sequential(nn.Tanh())(x); g.remove()
g = M.register_module_forward_hook(lambda m, a, o: print('A', type(m).__name__, o), always_call=True)
attempt(lambda: nn.Linear(9, 9)(x)); g.remove()
def says(tag): return lambda m, n, p: print(tag, type(m).__name__, n)
g = M.register_module_parameter_registration_hook(says('P')); nn.Linear(1, 1); nn.BatchNorm1d(1); g.remove()
g = M.register_module_buffer_registration_hook(says('B')); nn.BatchNorm1d(1); g.remove()
g = M.register_module_module_registration_hook(says('M')); nn.Sequential(nn.ReLU()); g.remove(); nn.Sequential(nn.ReLU())
g = M.register_module_parameter_registration_hook(lambda m, n, p: nn.Parameter(p.detach() * 0)); print(nn.Linear(1, 1)._parameters.keys()); g.remove()
""",
    "inputs_by_name": r"""
x, y, c = torch.tensor([[1., -2.], [.5, 3.]]), torch.ones(2, 2), torch.tensor([0, 1])
attempt(lambda: nn.CrossEntropyLoss()(input=x, target=c)); attempt(lambda: nn.MSELoss()(x, target=y))
attempt(lambda: nn.ELU()(input=x)); attempt(lambda: nn.CosineSimilarity()(x1=x, x2=y))
attempt(lambda: nn.TripletMarginLoss()(anchor=x, positive=y, negative=x)); attempt(lambda: nn.Softmax(1)(input=x))
""",
    "static_keys": r"""
def S(*s, k=1.): return torch.sin(torch.arange(float(torch.Size(s).numel())) * k).reshape(s)
x = S(3, 2, 4)
def run(**k):
    out = F.multi_head_attention_forward(x, x, x, 4, 2, S(12, 4, k=.7), S(12), None, None, False, 0., S(4, 4), S(4), **k)
    return [[round(v, 3) for v in t.flatten().tolist()] for t in out]
attempt(lambda: run(static_k=S(4, 5, 2, k=2.), static_v=S(4, 5, 2, k=3.)))
attempt(lambda: run(static_k=S(4, 3, 2, k=2.))); attempt(lambda: run())
""",
    "padding": r"""
x = torch.ones(1, 2, 3)
attempt(lambda: nn.CircularPad1d(4)(x)); attempt(lambda: nn.CircularPad1d(3)(x).shape); attempt(lambda: nn.CircularPad1d((0, 4))(x))
attempt(lambda: nn.CircularPad2d((1, 1, 5, 0))(torch.ones(1, 1, 3, 3))); attempt(lambda: nn.CircularPad1d((-4, 0))(x)); attempt(lambda: nn.CircularPad1d((-1, 2))(x).shape)
attempt(lambda: F.pad(x, (1, 1, 1, 1, 1, 1), mode='circular')); attempt(lambda: nn.CircularPad2d(1)(torch.ones(2, 3)))
for mode in ('reflect', 'replicate', 'circular'):
    attempt(lambda: F.pad(torch.ones(2, 3), (1, 1, 1, 1), mode=mode)); attempt(lambda: F.pad(torch.ones(3), (1, 1), mode=mode))
    attempt(lambda: F.pad(torch.ones(2, 3), (1, 1), mode=mode).shape); attempt(lambda: F.pad(torch.ones(1, 1, 2, 3), (1, 1), mode=mode))
    attempt(lambda: F.pad(torch.ones(1, 1, 1, 2, 3), (1, 1, 1, 1), mode=mode)); attempt(lambda: F.pad(x, (1, 1, 1, 1), value=3., mode=mode))
attempt(lambda: nn.ReflectionPad2d(1)(torch.ones(2, 3))); attempt(lambda: nn.ReflectionPad1d(3)(x)); attempt(lambda: nn.ReflectionPad3d(1)(x))
attempt(lambda: nn.ReflectionPad2d(1)(x).shape); attempt(lambda: nn.ReplicationPad3d(1)(torch.ones(2, 2, 3))); attempt(lambda: nn.ReplicationPad1d(-4)(x))
attempt(lambda: F.pad(x, (1,))); attempt(lambda: F.pad(x, (1,) * 8)); attempt(lambda: F.pad(x, (-2, -2))); attempt(lambda: F.pad(x, (1, 1), mode='foo'))
attempt(lambda: F.pad(x, (1, 1, 1), mode='reflect')); attempt(lambda: F.pad(x, (1.5, 1)))
""",
    "unfold_and_fold": r"""
x = torch.ones(1, 1, 3, 3)
attempt(lambda: nn.Unfold(5)(x)); attempt(lambda: nn.Unfold((2, 4))(x)); attempt(lambda: nn.Unfold(2, dilation=3)(x)); attempt(lambda: nn.Unfold(2)(torch.ones(3, 3)))
attempt(lambda: nn.Unfold(2, stride=0)(x)); attempt(lambda: nn.Unfold(0)(x)); attempt(lambda: nn.Unfold(2, padding=-1)(x)); attempt(lambda: nn.Unfold(2, dilation=0)(x))
attempt(lambda: nn.Unfold(2)(torch.ones(1, 1, 1, 3, 3))); attempt(lambda: nn.Unfold(5, padding=1)(x).shape); attempt(lambda: nn.Unfold(2)(x[0]).shape)
f = nn.Fold((4, 4), 2)
attempt(lambda: f(torch.ones(1, 7, 9))); attempt(lambda: f(torch.ones(1, 8, 7))); attempt(lambda: f(torch.ones(9))); attempt(lambda: f(torch.ones(8, 9)).shape)
attempt(lambda: f(torch.ones(1, 1, 8, 9))); attempt(lambda: nn.Fold((4, 4), 5)(torch.ones(1, 25, 1))); attempt(lambda: nn.Fold((4, 4), 2, stride=0)(torch.ones(1, 8, 9)))
attempt(lambda: nn.Fold((4, 4), 2, padding=1, dilation=2)(torch.ones(1, 8, 9))); attempt(lambda: nn.Fold((4, 4), 2, dilation=0)(torch.ones(1, 8, 9))); attempt(lambda: nn.Fold((4, 4), 0)(torch.ones(1, 8, 9)))
""",
    "rearranging": r"""
for s in ((1, 3, 3, 2), (1, 3, 2, 3), (3, 3), (4, 3, 3)): attempt(lambda: nn.PixelUnshuffle(2)(torch.ones(s)))
attempt(lambda: nn.PixelUnshuffle(0)(torch.ones(1, 1, 2, 2))); attempt(lambda: nn.PixelUnshuffle(-1)(torch.ones(1, 1, 2, 2)))
attempt(lambda: nn.PixelShuffle(0)(torch.ones(1, 4, 2, 2))); attempt(lambda: nn.PixelShuffle(-2)(torch.ones(1, 4, 2, 2))); attempt(lambda: nn.PixelShuffle(2)(torch.ones(1, 3, 2, 2)))
attempt(lambda: nn.PixelShuffle(2)(torch.ones(2, 2)))
for g in (0, -1, 3): attempt(lambda: nn.ChannelShuffle(g)(torch.ones(1, 4, 2, 2)))
attempt(lambda: nn.ChannelShuffle(2)(torch.ones(4, 2)))
attempt(lambda: nn.Unflatten(1, 'a')); attempt(lambda: nn.Unflatten(1, (2, 'a'))); attempt(lambda: nn.Unflatten(1, (2, 2.))); attempt(lambda: nn.Unflatten('a', (2, 3))); attempt(lambda: nn.Unflatten('a', 3))
attempt(lambda: nn.Unflatten('a', (('b', 2), ('c', 3)))); attempt(lambda: nn.Unflatten('a', (('b', 2), 3))); attempt(lambda: nn.Unflatten(1, (('b', 2), ('c', 3)))); attempt(lambda: nn.Unflatten(1, [2, 3]))
attempt(lambda: nn.Unflatten(1, 3)); attempt(lambda: nn.Unflatten(1, torch.Size([2, 3]))); attempt(lambda: nn.Unflatten(1, (2, 3))(torch.ones(1, 5)))
""",
    "padding_at_the_edge": r"""
x = torch.arange(6.).reshape(1, 2, 3)
for mode in ('circular', 'reflect', 'replicate', 'constant'):
    mixed = () if mode == 'circular' else ((-4, 2), (-4, 1), (2, -2), (3, -1))  # there PyTorch reads memory that it never wrote
    for p in ((-3, 0), (-4, 0), (2, -1), (-1, -1), (3, 3), *mixed): attempt(lambda: (mode, p, F.pad(x, p, mode=mode)))
    for s in ((1, 2, 0), (1, 0, 3), (0, 2, 3), (0, 3)): attempt(lambda: F.pad(torch.ones(s), (1, 1), mode=mode).shape)
    y = torch.arange(12.).reshape(1, 2, 2, 3)
    for p in ((0, 0, -2, 0), (0, 0, 3, 0), (1, 0, -1, 1), (1, 1, 1, 0)): attempt(lambda: F.pad(y, p, mode=mode))
    attempt(lambda: F.pad(x, (), mode=mode)); attempt(lambda: F.pad(x.bool(), (1, 1), mode=mode)); attempt(lambda: F.pad(x.long(), (1, 1), mode=mode))
    attempt(lambda: F.pad(x, (0, 0), mode=mode, value=0.))
""",
    "constructors": r"""
attempt(lambda: nn.Hardtanh(2, 1)); attempt(lambda: nn.Hardtanh(1, 1)); attempt(lambda: nn.Hardtanh(min_value=-3)); attempt(lambda: nn.Hardtanh(max_value=3)); attempt(lambda: nn.Hardtanh(min_val=3)); attempt(lambda: nn.Hardtanh(-2, 2, True))
attempt(lambda: nn.MultiMarginLoss(p=3)); attempt(lambda: nn.MultiMarginLoss(p=1, weight=torch.ones(2, 2))); attempt(lambda: nn.MultiMarginLoss(p=2)); attempt(lambda: nn.MultiMarginLoss(margin='a'))
attempt(lambda: nn.Embedding(3, 4, _weight=torch.ones(2, 2))); attempt(lambda: nn.Embedding(3, 4, _weight=torch.ones(3, 4)).weight.sum()); attempt(lambda: nn.Embedding(3, 4, padding_idx=5)); attempt(lambda: nn.Embedding(3, 4, padding_idx=-5))
attempt(lambda: nn.Embedding.from_pretrained(torch.ones(3))); attempt(lambda: nn.Embedding(3, 4, padding_idx=-1).padding_idx)
attempt(lambda: nn.EmbeddingBag(3, 4, _weight=torch.ones(2, 2))); attempt(lambda: nn.EmbeddingBag(3, 4, padding_idx=5)); attempt(lambda: nn.EmbeddingBag(3, 4, padding_idx=-1).padding_idx); attempt(lambda: nn.EmbeddingBag(3, 4, mode='foo')); attempt(lambda: nn.EmbeddingBag.from_pretrained(torch.ones(3)))
attempt(lambda: nn.Bilinear(0, 1, 1)); attempt(lambda: nn.Bilinear(1, 1, 0)); attempt(lambda: nn.Bilinear(2, 3, 4)(torch.ones(2, 2), torch.ones(3, 3)))
attempt(lambda: nn.GroupNorm(3, 4)); attempt(lambda: nn.GroupNorm(0, 4)); attempt(lambda: nn.MultiheadAttention(5, 2)); attempt(lambda: nn.MultiheadAttention(0, 2)); attempt(lambda: nn.MultiheadAttention(4, 0))
attempt(lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 2])); attempt(lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [2, 10])); attempt(lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, []))
attempt(lambda: nn.Dropout(2)); attempt(lambda: nn.Dropout(-.1)); attempt(lambda: nn.Dropout('a')); attempt(lambda: nn.Dropout2d(1.5)); attempt(lambda: nn.Threshold(1)); attempt(lambda: nn.SmoothL1Loss(beta=-1)(torch.ones(2), torch.ones(2)))
attempt(lambda: nn.HuberLoss(delta=-1)(torch.ones(2), torch.ones(2))); attempt(lambda: nn.TripletMarginLoss(margin=-1)); attempt(lambda: nn.TripletMarginWithDistanceLoss(margin=-1)); attempt(lambda: nn.CosineEmbeddingLoss(margin=3)); attempt(lambda: nn.GaussianNLLLoss(eps=-1)(torch.ones(2), torch.ones(2), torch.ones(2)))
attempt(lambda: nn.CrossEntropyLoss(label_smoothing=2)(torch.ones(2, 3), torch.tensor([0, 1])));
attempt(lambda: nn.LocalResponseNorm('a')); attempt(lambda: nn.LocalResponseNorm(0)(torch.ones(1, 2, 3))); attempt(lambda: nn.LayerNorm(2.5)); attempt(lambda: nn.LayerNorm(())(torch.ones(2))); attempt(lambda: nn.BatchNorm1d(-1)); attempt(lambda: nn.BatchNorm2d(-2))
attempt(lambda: nn.Linear(-1, 2)); attempt(lambda: nn.Linear(2.5, 2)); attempt(lambda: nn.Linear('a', 2)); attempt(lambda: nn.Conv2d(2, 3, -1)); attempt(lambda: nn.Conv2d(2, 3, 0)); attempt(lambda: nn.Conv2d(2, 3, (1, 2, 3))); attempt(lambda: nn.Conv2d(-2, 3, 1))
attempt(lambda: nn.ConvTranspose2d(2, 4, 3, padding_mode='reflect')); attempt(lambda: nn.Conv2d(4, 4, 3, groups=0)); attempt(lambda: nn.Conv2d(4, 4, 3, groups=-2));
attempt(lambda: nn.PReLU(0)); attempt(lambda: nn.PReLU(-1)); attempt(lambda: nn.Softplus(beta=0)(torch.ones(2))); attempt(lambda: nn.Softshrink(-1)(torch.ones(2))); attempt(lambda: nn.RReLU(2, 1)(torch.ones(2))); attempt(lambda: nn.RReLU(2, 1, True)(torch.ones(2))); attempt(lambda: nn.CELU(0)(torch.ones(2))); attempt(lambda: nn.ELU(-1)(torch.ones(2))); attempt(lambda: nn.LeakyReLU(-1, True)(torch.ones(2)))
attempt(lambda: nn.Upsample('a')); attempt(lambda: nn.PixelShuffle('a')); attempt(lambda: nn.FractionalMaxPool2d(2)); attempt(lambda: nn.FractionalMaxPool2d(2, output_size=2, output_ratio=.5)); attempt(lambda: nn.FractionalMaxPool2d(2, output_ratio=2.)); attempt(lambda: nn.LPPool2d(0, 2)(torch.ones(1, 1, 4, 4)))
attempt(lambda: nn.Softmax(5)(torch.ones(2))); attempt(lambda: nn.GLU(3)(torch.ones(2))); attempt(lambda: nn.GELU('a')(torch.ones(2))); attempt(lambda: nn.RNNCell(2, -1)); attempt(lambda: nn.ChannelShuffle('a')); attempt(lambda: nn.ParameterList([3])[0])
""",
    "weights_of_any_shape": r"""
for bad in (2.5, -2, 'a', None):
    for make in (lambda: nn.Linear(2, bad), lambda: nn.Linear(bad, 2), lambda: nn.Embedding(bad, 2), lambda: nn.Embedding(2, bad), lambda: nn.RNNCell(bad, 2), lambda: nn.LSTM(bad, 2)): attempt(make)
attempt(lambda: nn.Bilinear(1, -1, 2)); attempt(lambda: nn.Linear(torch.tensor(2), 2)); attempt(lambda: nn.LSTM(0, 2)); attempt(lambda: nn.GRU(2, '3'))
""",
    "ctc": r"""
lp = torch.zeros(4, 1, 3).log_softmax(2); t = torch.tensor
cases = ((lp, t([[1]]), t([4]), t([1]), 9), (lp, t([[1]]), t([4]), t([1]), -1), (lp, t([[1]]), t([5]), t([1])), (lp, t([[1]]), t([4]), t([2])), (lp, t([[1]]), t([4, 4]), t([1])), (lp, t([[1]]), t([4]), t([1, 1])),
    (lp.long(), t([[1]]), t([4]), t([1])), (lp[:, 0], t([1]), t([4]), t([1])), (lp, t([1]), t([4]), t([1])), (lp, t([[1]]), t([-1]), t([1])), (lp, t([[1]]), t([4]), t([-1])), (lp, t([[1], [1]]), t([4]), t([1])),
    (lp, t([[1]]), t([4.]), t([1])), (lp, t([1, 1]), t([4]), t([1])), (lp, t([[1]]), (4,), (1,)), (lp[0, 0], t([1]), t(4), t(1)), (lp, t([[1, 2]]), t([4]), t([1])))
for a in cases: attempt(lambda: F.ctc_loss(*a))
""",
    "bilinear": r"""
o, B = torch.ones, nn.Bilinear(2, 3, 4)
for a, b in ((o(2, 2), o(2, 2)), (o(2, 3), o(2, 3)), (o(2, 2), o(1, 2, 3)), (o(5, 2, 2), o(5, 3, 3)), (o(2, 2).double(), o(2, 3)), (o(2, 2).double(), o(2, 3).double()), (o(1, 2), o(2, 3))): attempt(lambda: B(a, b))
attempt(lambda: B(o(2), o(3)).shape); attempt(lambda: F.bilinear(o(2, 2), o(2, 3), o(4, 2, 3), o(5))); attempt(lambda: F.bilinear(o(2, 2), o(2, 3), o(4, 2, 3)))
""",
    "ranges_of_activations": r"""
o = torch.ones
for d in (torch.float64, torch.float16, torch.bfloat16, torch.long): attempt(lambda: F.softshrink(o(2, dtype=d), -1))
attempt(lambda: F.softshrink(o(2), float('nan'))); attempt(lambda: F.softshrink(o(2), 1e39)); attempt(lambda: F.rrelu(o(2), -1, float('inf'), True)); attempt(lambda: F.rrelu(o(2), 2, 1, True))
for n, s in ((0, (1, 2, 3)), (-1, (1, 2, 3, 3)), (0, (1, 2, 3, 3, 3))): attempt(lambda: F.local_response_norm(o(s), n))
import warnings
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always'); nn.Hardtanh(min_value=-3, max_value=2)
print([(v.category.__name__, str(v.message)) for v in w])
""",
    "convolutions": r"""
o = torch.ones; x, w = o(1, 1, 5, 5), o(1, 1, 3, 3)
for k in ({'stride': -1}, {'stride': (1, 0)}, {'stride': (1, 2, 3)}, {'padding': (1, -1)}, {'padding': (1, 1, 2)}, {'dilation': (1, 0)}, {'dilation': (1, 1, 2)}, {'groups': 0}, {'groups': -1}, {'padding': 'foo'}, {'padding': 'same', 'stride': 2}):
    attempt(lambda: F.conv2d(x, w, **k))
attempt(lambda: F.conv2d(x, o(3, 3))); attempt(lambda: F.conv2d(o(1, 4, 5, 5), o(3, 2, 3, 3), groups=2)); attempt(lambda: F.conv2d(o(1, 4, 5, 5), o(4, 2, 3, 3), o(3), groups=2)); attempt(lambda: F.conv2d(x, o(1, 1, 0, 3)))
attempt(lambda: F.conv2d(o(0, 1, 5, 5), w).shape); attempt(lambda: F.conv2d(o(1, 1, 5, 0), w)); attempt(lambda: F.conv2d(x.double(), w)); attempt(lambda: F.conv2d(x.double(), w, o(1))); attempt(lambda: F.conv2d(x, w, o(1).double()))
attempt(lambda: F.conv2d(x, w.double(), o(1))); attempt(lambda: F.conv2d(x.half(), w, o(1))); attempt(lambda: F.conv2d(x, w.bfloat16())); attempt(lambda: F.conv1d(o(1, 1, 5), o(1, 1, 3), stride=0)); attempt(lambda: F.conv3d(o(1, 1, 5, 5, 5), o(1, 1, 3, 3, 3), dilation=0))
for m in (nn.Conv2d(2, 3, 3), nn.Conv2d(2, 3, 3, bias=False), nn.ConvTranspose2d(2, 3, 3)):
    attempt(lambda: m(o(1, 2, 5, 5).double())); attempt(lambda: m(o(1, 2, 5, 5).long())); attempt(lambda: m(o(1, 3, 5, 5))); attempt(lambda: m(o(5, 5)))
attempt(lambda: nn.Conv2d(4, 4, 3, stride=0)(o(1, 4, 5, 5))); attempt(lambda: nn.Conv2d(4, 4, 3, padding=-1)(o(1, 4, 5, 5))); attempt(lambda: nn.Conv2d(4, 4, 3, padding=-1, padding_mode='circular')(o(1, 4, 5, 5)).shape)
""",
    "transposed_convolutions": r"""
o = torch.ones
for k in ({'stride': 0}, {'padding': -1}, {'dilation': 0}, {'output_padding': -1}, {'output_padding': 1}, {'output_padding': (0, 2), 'stride': 2}, {'padding': 4}, {'groups': 2}, {'groups': 0}, {'stride': (1, 2, 3)}, {'output_padding': (1, 2, 3)}):
    attempt(lambda: F.conv_transpose2d(o(1, 1, 5, 5), o(1, 1, 3, 3), **k))
attempt(lambda: F.conv_transpose2d(o(1, 1, 5, 5), o(1, 1, 3, 3), output_padding=1, dilation=2).shape)
attempt(lambda: F.conv_transpose1d(o(1, 1, 5), o(1, 1, 3), output_padding=1)); attempt(lambda: F.conv_transpose3d(o(1, 1, 5, 5, 5), o(1, 1, 3, 3, 3), output_padding=1))
C = nn.ConvTranspose2d(2, 3, 3, stride=2)
for s in ((14, 12), (14,), (1, 3, 12, 12), (12, 12), (1, 2, 3), (10, 12), torch.Size([11, 12]), [12, 11]): attempt(lambda: C(o(1, 2, 5, 5), output_size=s).shape)
for s in ((12, 12), (3, 12, 12), (1, 3, 12, 12), 13): attempt(lambda: C(o(2, 5, 5), output_size=s).shape)
D = nn.ConvTranspose1d(2, 3, 3, stride=2)
attempt(lambda: D(o(1, 2, 5), output_size=(9,))); attempt(lambda: D(o(1, 2, 5), output_size=(12, 12))); attempt(lambda: D(o(1, 2, 5), output_size=[12]).shape)
attempt(lambda: nn.ConvTranspose2d(2, 3, 3, stride=2, output_padding=2)(o(1, 2, 5, 5)))
""",
    "pooling": r"""
o = torch.ones
def errors(f, *a, **k):
    try: print(f(*a, **k).shape)
    except Exception as e: print(type(e).__name__, e)
for name in ('max_pool1d', 'max_pool2d', 'max_pool3d', 'avg_pool1d', 'avg_pool2d', 'avg_pool3d'):
    r = int(name[-2]); f = getattr(F, name); x = o((1, 1) + (4,) * r)
    for a in ((0,), (-1,), (2, 0), (2, -1), (2, 1, -1), (2, 1, 2), ((2,) * (r + 1),), (2, (1,) * (r + 1)), (2, 1, (0,) * (r + 1)), (2.5,), (2, 2.5), (5,), ((),), (2, ())): errors(f, x, *a)
    if name[0] == 'm':
        for d in (0, -1, (1,) * (r + 1), 4): errors(f, x, 2, dilation=d)
    errors(f, x.bool(), 2); errors(f, x.long(), 2)
    for s in ((), (4,), (4, 4), (2,) * 6, (1, 0) + (4,) * r, (0, 1) + (4,) * r, (0,) + (4,) * r, (1, 1) + (0,) * r): errors(f, o(s), 2)
    attempt(lambda: getattr(nn, name.title().replace('_', '').replace('1D', '1d').replace('2D', '2d').replace('3D', '3d'))(2, stride=0)(x))
""",
    "adaptive_pooling": r"""
o = torch.ones
def errors(f, *a):
    try: print(f(*a).shape)
    except Exception as e: print(type(e).__name__, e)
for r in (1, 2, 3):
    for k in ('avg', 'max'):
        f = getattr(F, f'adaptive_{k}_pool{r}d'); x = o((1, 1) + (4,) * r)
        for a in (-1, (2,) * (r + 1), 2.5, None, 0, ()): errors(f, x, a)
        for s in ((), (2,), (4, 4), (2,) * 6, (1, 0) + (4,) * r, (0, 1) + (4,) * r, (1, 1) + (0,) * r): errors(f, o(s), 2)
        errors(f, x.long(), 2)
""",
    "unpooling": r"""
o = torch.ones; U = F.max_unpool2d; i = torch.zeros(1, 1, 2, 2, dtype=torch.long)
for f in (lambda: U(o(1, 1, 2, 2), i + 99, 2), lambda: U(o(1, 1, 2, 2), i - 1, 2), lambda: U(o(1, 1, 2, 2), torch.zeros(1, 1, 2, 3).long(), 2), lambda: U(o(1, 1, 2, 2), o(1, 1, 2, 2), 2), lambda: U(o(2, 2), i[0, 0], 2),
    lambda: U(o(1, 1, 2, 2), i, 2, output_size=(9, 9)), lambda: U(o(1, 1, 2, 2), i, 2, output_size=(9,)), lambda: U(o(1, 1, 2, 2), i, 2, output_size=(5, 3)).shape, lambda: U(o(1, 1, 2, 2), i, 2, output_size=(1, 1, 5, 5)).shape, lambda: F.max_unpool1d(o(1, 1, 2), i[0] [:, :1] + 5, 2)): attempt(f)
""",
    "embedding_bags": r"""
o, t, B = torch.ones, torch.tensor, F.embedding_bag; w = torch.arange(6.).reshape(3, 2)
for f in (lambda: B(t([1]), w, t([1])), lambda: B(t([0, 1, 2]), w, t([0, 2, 1])), lambda: B(t([0, 1, 2]), w, t([0, 5])), lambda: B(t([0, 1]), w, t([0, -1])), lambda: B(t([7]), w, t([0])), lambda: B(t([-1]), w, t([0])), lambda: B(t([1]), w),
    lambda: B(t([[1]]), w, t([0])), lambda: B(t([1.]), w, t([0])), lambda: B(t([1]), w, t([0.])), lambda: B(t([1]), w, t([[0]])), lambda: B(t([[[1]]]), w), lambda: B(t(1), w, t([0])), lambda: B(t([1]), w, t([0]), mode='foo'),
    lambda: B(t([[1]]), w, mode='max', per_sample_weights=o(1, 1)), lambda: B(t([[1]]), w, mode='sum', per_sample_weights=o(1)), lambda: B(t([[1]]), w, mode='sum', per_sample_weights=o(1, 2)), lambda: B(t([1, 2]), w, t([0]), mode='sum', per_sample_weights=o(1)),
    lambda: B(t([[1]]), w, mode='sum', per_sample_weights=o(1, 1).double()), lambda: B(t([0, 1, 2]), w, t([0, 1]), mode='sum', include_last_offset=True), lambda: B(t([0, 1, 2]), w, t([0, 2, 2]), mode='sum'), lambda: B(t([1, 2]), w, t([0, 5]), include_last_offset=True), lambda: B(t([1, 2]), w, t([0, 2]), include_last_offset=True), lambda: B(t([1, 2]), w, t([], dtype=torch.long), include_last_offset=True),
    lambda: B(t([1, 2]), w, t([0, 0, 2])), lambda: B(t([], dtype=torch.long), w, t([0, 0])), lambda: B(t([1, 2]), w, t([0]), padding_idx=3), lambda: B(t([1, 2]), w, t([0]), padding_idx=-2), lambda: B(t([1, 2], dtype=torch.int32), w, t([0])), lambda: B(t([1, 2]), w, t([0], dtype=torch.int32)), lambda: B(w, t([1, 2]), t([0])),
    lambda: B(t([1, 2]), w, t([0]), mode='max', scale_grad_by_freq=True), lambda: B(t([1, 2]), w, t([1], dtype=torch.int32)), lambda: B(t([1, 2]), w, t([0]), max_norm=1.), lambda: B(t([[1]]), w, mode='max', sparse=True), lambda: B(t([[1]]), w[0])): attempt(f)
E = F.embedding
for f in (lambda: E(t([3]), w), lambda: E(t([-1]), w), lambda: E(t([1.]), w), lambda: E(t([1]), w[0]), lambda: E(t([1]), w, padding_idx=3), lambda: E(t([1]), w, padding_idx=-4), lambda: E(t([True]), w), lambda: nn.Embedding(3, 2)(t([3])), lambda: E(t([1], dtype=torch.uint8), w), lambda: E(w, t([1]))): attempt(f)
""",
    "norms": r"""
o = torch.ones
for f in (lambda: nn.InstanceNorm1d(3)(o(2, 3)), lambda: nn.InstanceNorm1d(3)(o(2, 2, 3)), lambda: nn.InstanceNorm2d(3)(o(2, 3, 1, 1)), lambda: nn.InstanceNorm1d(3, affine=True)(o(2, 2, 3)), lambda: nn.InstanceNorm1d(3)(o(3)), lambda: nn.InstanceNorm2d(3)(o(2, 3)), lambda: nn.InstanceNorm1d(3, affine=True)(o(2, 3)), lambda: nn.InstanceNorm1d(3, track_running_stats=True)(o(2, 2, 3)), lambda: nn.InstanceNorm3d(3)(o(2, 3, 1)),
    lambda: F.instance_norm(o(2, 3)), lambda: F.instance_norm(o(2, 3, 1)), lambda: F.instance_norm(o(2, 3, 4), weight=o(2)), lambda: F.instance_norm(o(2, 3, 4), use_input_stats=False), lambda: F.instance_norm(o(2, 3, 4), o(2), o(2)), lambda: F.instance_norm(o(2, 3, 4), o(2), o(2), use_input_stats=False),
    lambda: nn.RMSNorm(3)(o(2, 4)), lambda: nn.RMSNorm((2, 3))(o(2, 4)), lambda: nn.LayerNorm(3)(o(2, 4)), lambda: nn.LayerNorm((2, 3))(o(3)), lambda: F.layer_norm(o(2, 3), (3,), o(2)), lambda: F.layer_norm(o(2, 3), ()), lambda: F.rms_norm(o(2, 3), (3,), o(2)), lambda: F.rms_norm(o(2, 3), ()), lambda: F.layer_norm(o(2, 3), 3), lambda: F.layer_norm(o(2, 3).long(), (3,)), lambda: F.layer_norm(o(2, 3).double(), (3,), o(3)), lambda: F.rms_norm(o(2, 3, dtype=torch.bfloat16), (3,)),
    lambda: nn.GroupNorm(2, 4)(o(1, 3, 2)), lambda: nn.GroupNorm(2, 4)(o(1, 6, 2)), lambda: F.group_norm(o(4), 2), lambda: F.group_norm(o(1, 4), 0), lambda: F.group_norm(o(1, 4), 2), lambda: F.group_norm(o(2, 4, 3), 2, o(3)), lambda: F.group_norm(o(2, 4, 3), -2), lambda: F.group_norm(o(1, 4, 1), 4),
    lambda: nn.BatchNorm1d(3)(o(1, 3)), lambda: nn.BatchNorm1d(3)(o(3)), lambda: nn.BatchNorm2d(3)(o(2, 3)), lambda: nn.BatchNorm2d(3)(o(2, 4, 2, 2)), lambda: F.batch_norm(o(2, 3), None, None), lambda: F.batch_norm(o(2, 3), o(2), o(3)), lambda: F.batch_norm(o(2, 3), o(3), o(3), o(2)), lambda: nn.BatchNorm1d(3)(o(2, 3).double()), lambda: nn.BatchNorm1d(3)(o(2, 3).long()), lambda: nn.BatchNorm1d(3).eval()(o(2, 4)), lambda: F.batch_norm(o(3), o(3), o(3))): attempt(f)
import warnings
for m, x in ((nn.InstanceNorm1d(3), o(2, 3)), (nn.InstanceNorm1d(3), o(2, 2, 3)), (nn.InstanceNorm2d(3), o(2, 2, 3, 3)), (nn.InstanceNorm1d(2), o(2, 2, 3))):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always'); m(x)
    print([(v.category.__name__, str(v.message)) for v in seen])
""",
    "arrays_as_operands": r"""
a, t = np.ones((2, 2)), torch.ones(2, 2)
for n in ('sin', 'exp', 'abs', 'neg', 'sum', 'mean', 'max', 'argmax', 'relu', 'sigmoid', 'tanh', 'sqrt', 'sort', 'isnan', 'isfinite', 'nonzero', 'median', 'prod', 'trace', 'erf', 'tril'): attempt(lambda: getattr(torch, n)(a))
for n in ('softmax', 'cumsum', 'logsumexp', 'flip'): attempt(lambda: getattr(torch, n)(a, (0,) if n == 'flip' else 0))
for n in ('add', 'sub', 'mul', 'div', 'matmul', 'mm', 'maximum', 'atan2', 'eq', 'lt', 'fmod', 'copysign', 'logical_and'):
    attempt(lambda: getattr(torch, n)(a, t)); attempt(lambda: getattr(torch, n)(t, a)); attempt(lambda: getattr(torch, n)(a, a))
attempt(lambda: nn.Linear(2, 2)(a)); attempt(lambda: F.relu(a)); attempt(lambda: F.linear(a, t)); attempt(lambda: torch.gather(t, 0, np.zeros((2, 2), int)))
for f in (lambda: t.view_as(a), lambda: t.expand_as(a), lambda: t.expand_as(3), lambda: t[0].expand_as(t), lambda: torch.cat([t, a]), lambda: torch.stack([a, a]), lambda: torch.cat((a, t), 1), lambda: torch.vstack([t, a]), lambda: torch.block_diag(t, t), lambda: t + a, lambda: t * a, lambda: t - a, lambda: t == a, lambda: t ** a, lambda: t @ a, lambda: a / t, lambda: t / a): attempt(f)
""",
    "numbers_as_operands": r"""
t = torch.ones(2)
for n in ('eq', 'ne', 'lt', 'le', 'gt', 'ge', 'fmod', 'copysign', 'maximum', 'minimum', 'fmax', 'fmin', 'atan2', 'hypot', 'logaddexp', 'logaddexp2', 'nextafter', 'logical_and', 'logical_or', 'logical_xor'):
    f = getattr(torch, n)
    for x, y in ((2, t), (5., t), (True, t), (2, 2), (t, 'a'), (t, None), (t, [1, 2]), ([1, 2], t), (np.float32(2), t)): attempt(lambda: f(x, y))
for f in (lambda: torch.remainder(5, t), lambda: torch.pow(2, t), lambda: torch.add(2, t), lambda: torch.mul(2, t), lambda: 5 % t, lambda: 2 == t, lambda: 2 < t, lambda: torch.eq(t, np.float32(1)), lambda: torch.xlogy(2, t), lambda: torch.bitwise_and(2, t.int())): attempt(f)
""",
    "containers": r"""
s = nn.Sequential(nn.ReLU())
def kinds(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, str(e).replace('isograd.', ''))
for f in (lambda: s * 0, lambda: s * -1, lambda: s * 'a', lambda: 2 * s, lambda: s * 1.5): kinds(f)
d = nn.ModuleDict()
for bad in ([('e',)], [3], 3, [('a', nn.ReLU(), 1)], [('a', 3)]): kinds(lambda: d.update(bad))
o, P = torch.ones, nn.ParameterDict
pd = P({'b': o(2), 'a': nn.Parameter(o(1)), 'n': None}); print(pd, list(pd), list(reversed(pd)), [k for k, _ in pd.named_parameters()], [k for k, _ in pd.items()])
from collections import OrderedDict
print(list(P(OrderedDict(b=o(1), a=o(1)))), list(P([('b', o(1)), ('a', o(1))])), list(P(P([('z', o(1)), ('a', o(1))]))))
print(pd.setdefault('q', o(1)), pd.setdefault('q'), pd.get('nope'), pd.get('nope', 3)); print(pd.pop('a'), pd.popitem(), pd)
print(pd.fromkeys(['x', 'y'], o(1)), pd.copy(), pd | {'r': o(1)}); pd |= P({'s': o(2)}); print(pd, P({'s': o(2)}) | P({'t': o(2)}))
for f in (lambda: pd.update(3), lambda: pd.update([('v',)]), lambda: pd.update([4]), lambda: pd[1], lambda: pd.__setitem__(1, o(1)), lambda: pd.update({1: o(1)}), lambda: pd['zz'], lambda: pd(1), lambda: 'b' in pd): kinds(f)
""",
    "texts_of_embeddings": r"""
print(nn.Embedding(3, 4, 1, 2.0, 1.0, True, True), nn.Embedding(3, 4, sparse=True), nn.Embedding(3, 4))
print(nn.EmbeddingBag(3, 4, max_norm=1., norm_type=3., scale_grad_by_freq=True, mode='sum', sparse=True, include_last_offset=True, padding_idx=0), nn.EmbeddingBag(3, 4))
""",
    "gradients_by_frequency": r"""
for idx in ([1, 1, 2], [[0, 1], [1, 1]]):
    for pad in (None, 1):
        w = torch.arange(6.).reshape(3, 2).requires_grad_()
        y = F.embedding(torch.tensor(idx), w, pad, scale_grad_by_freq=True); (y * y).sum().backward(); print(y, w.grad)
e = nn.Embedding(3, 2, scale_grad_by_freq=True); e(torch.tensor([0, 0, 2])).sum().backward(); print(e.weight.grad)
attempt(lambda: e(torch.tensor([3]))); attempt(lambda: e(torch.tensor([-1]))); print(e(torch.zeros(0, dtype=torch.long)).shape)
""",
    "texts_of_layers": r"""
attempt(lambda: nn.Linear(1, 1).to_empty()); attempt(lambda: nn.Linear(1, 1).train(3))
attempt(lambda: nn.Upsample(2)(torch.ones(2, 2))); attempt(lambda: nn.Upsample(size=2, mode='foo')(torch.ones(1, 2, 2)))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_same_as_pytorch(name: str) -> None:
    assert_same(SNIPPETS[name])
