"""Programs on tensors, as tutorials write them, printed by PyTorch and by isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
PROGRAMS = {
    "first_steps": r"""
import numpy as np
x = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
y = x + 2
print(y); print(y.grad_fn)
z = y * y * 3
out = z.mean()
print(z, out)
out.backward()
print(x.grad)
a = torch.ones(2, 2); a = ((a * 3) / (a - 1)); print(a.requires_grad); a.requires_grad_(True); print(a.requires_grad)
b = (a * a).sum(); print(b.grad_fn)
x = torch.ones(3, requires_grad=True); y = x * 2
while y.data.norm() < 1000: y = y * 2
print(y)
v = torch.tensor([0.1, 1.0, 0.0001]); y.backward(v); print(x.grad)
print(x.requires_grad, (x ** 2).requires_grad)
with torch.no_grad(): print((x ** 2).requires_grad)
y = x.detach(); print(y.requires_grad, x.eq(y).all())
""",
    "polynomial": r"""
import math
torch.manual_seed(0)
x = torch.linspace(-math.pi, math.pi, 2000)
y = torch.sin(x)
a = torch.full((), 0.1, requires_grad=True); b = torch.full((), 0.2, requires_grad=True)
c = torch.full((), 0.3, requires_grad=True); d = torch.full((), 0.4, requires_grad=True)
lr = 1e-6
for t in range(2000):
    y_pred = a + b * x + c * x ** 2 + d * x ** 3
    loss = (y_pred - y).pow(2).sum()
    if t % 100 == 99: print(t, f'{loss.item():.2f}')
    loss.backward()
    with torch.no_grad():
        a -= lr * a.grad; b -= lr * b.grad; c -= lr * c.grad; d -= lr * d.grad
        a.grad = None; b.grad = None; c.grad = None; d.grad = None
print(f'Result: y = {a.item():.4f} + {b.item():.4f} x + {c.item():.4f} x^2 + {d.item():.4f} x^3')
""",
    "tensor_tour": r"""
t = torch.tensor([1, 2, 3]); print(t.dtype, t.shape, t.size(), t.ndim, t.device)
print(torch.zeros(2, 3), torch.ones(2, 3, dtype=torch.int32), torch.eye(3))
print(torch.arange(10).view(2, 5)); print(torch.rand(2, 3).shape)
x = torch.arange(12).reshape(3, 4).float(); print(x[1], x[:, 1], x[1:, ::2], x[x > 5]); print(x.T, x.sum(dim=0), x.mean(1, keepdim=True))
print(x.max(dim=1)); print(x.argmax(dim=1), x.sort(descending=True, dim=1)[0]); print(torch.cat([x, x], dim=0).shape, torch.stack([x, x]).shape)
print(x.numpy()); print(x.tolist()); print(x.sum().item(), x.std(), x.var(unbiased=False)); print(x.unsqueeze(0).shape, x.view(-1).shape)
print(x @ x.T); print(x.clamp(2, 5)); print(torch.where(x > 5, x, torch.zeros_like(x))); print(x.int(), x.bool(), x.double())
x[0, 0] = 100; print(x); x.add_(1); print(x); print(x.mul(2), x / 3, x // 2, x % 3, x ** 2)
print(len(x), x.numel(), x.is_contiguous(), x.t().is_contiguous(), x.stride()); print(torch.equal(x, x), torch.allclose(x, x + 1e-9))
for row in x: print(row)
print(x.split(2, dim=1), x.chunk(2, dim=1)); a, b, c = x; print(a, b, c)
print(torch.tensor(3.14159), torch.tensor([1e-8, 1.0]), torch.tensor([1e10, 1.]), torch.tensor([float('nan'), float('inf')]))
""",
    "higher_derivatives": r"""
x = torch.tensor(3.0, requires_grad=True)
y = x ** 3
g1, = torch.autograd.grad(y, x, create_graph=True); print(g1)
g2, = torch.autograd.grad(g1, x, create_graph=True); print(g2)
g3, = torch.autograd.grad(g2, x); print(g3)
x = torch.randn(3, requires_grad=True)
def f(x): return (x ** 2).sum()
print(torch.autograd.functional.hessian(f, torch.ones(3))); print(torch.autograd.functional.jacobian(lambda x: x ** 2, torch.ones(3)))
w = torch.tensor([1., 2.], requires_grad=True)
for _ in range(3):
    l = (w ** 2).sum(); l.backward(); print(w.grad)
w.grad.zero_(); print(w.grad)
l = (w ** 2).sum(); l.backward(); print(w.grad); w.grad = None; print(w.grad)
""",
    "hooks_and_errors": r"""
x = torch.tensor([1., 2., 3.], requires_grad=True)
h = x.register_hook(lambda g: print('hook', g))
y = (x * 2).sum(); y.backward(); h.remove()
y = x * 2; y.retain_grad(); z = y.sum(); z.backward(); print(y.grad, x.grad)
print(y.is_leaf, x.is_leaf, y.grad_fn.next_functions)
try: (x*2).backward()
except RuntimeError as e: print(e)
try: z.backward()
except RuntimeError as e: print(e)
try: x[0] = 1
except RuntimeError as e: print(e)
try: x.add_(1)
except RuntimeError as e: print(e)
try: x.numpy()
except RuntimeError as e: print(e)
print(x.data, x.detach()); print(repr(x), str(x)); print(f"{x}"); print(x.sum(), x.sum().item())
""",
    "custom_function": r"""
class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, i):
        r = i.exp(); ctx.save_for_backward(r); return r
    @staticmethod
    def backward(ctx, g):
        r, = ctx.saved_tensors
        return g * r
x = torch.tensor([0., 1.], requires_grad=True)
y = Exp.apply(x); print(y); y.sum().backward(); print(x.grad)
""",
    "printing_and_values": r"""
import torch.nn as nn
x = torch.randn(2, 3)
print(torch.is_tensor(x), torch.numel(x)); torch.set_printoptions(precision=2); print(torch.tensor([1.23456])); torch.set_printoptions(precision=4, sci_mode=False); print(torch.tensor([1e-6, 1.])); torch.set_printoptions(profile='default')
print(torch.tensor([[1, 2], [3, 4]]).type(), torch.get_default_dtype()); torch.set_default_dtype(torch.float64); print(torch.tensor([1.0])); torch.set_default_dtype(torch.float32)
a = torch.tensor([1, 2, 3]); b = a; b[0] = 10; print(a); c = a.clone(); c[1] = 20; print(a, c)
import copy; d = copy.deepcopy(a); d[0] = 5; print(a, d); print(a.dtype is torch.int64, a.dtype == torch.long)
print(torch.float32, torch.Size([1, 2]), torch.device('cpu'), torch.__version__[:4])
print(torch.einsum('ij,jk->ik', torch.ones(2, 3), torch.ones(3, 2))); print(torch.full((2, 2), 7), torch.linspace(0, 1, 5), torch.logspace(0, 2, 3))
print(torch.bincount(torch.tensor([0, 1, 1, 3])), torch.unique(torch.tensor([3, 1, 1])), torch.topk(torch.tensor([1., 5., 3.]), 2))
print(torch.cumsum(torch.tensor([1, 2, 3]), 0), torch.prod(torch.tensor([1., 2., 3.])), torch.diff(torch.tensor([1, 4, 9])))
print(torch.tensor([True, False]).any(), torch.tensor([True, False]).all(), ~torch.tensor([True, False]))
print(torch.meshgrid(torch.arange(2), torch.arange(3), indexing='ij')); print(torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]])))
print(torch.zeros(2).scatter_(0, torch.tensor([1]), 5.)); print(torch.randn(0), torch.empty(0, 3)); print(torch.tensor(5) + torch.tensor(2.5), torch.tensor([1, 2]) * 1.5)
print(torch.tensor([1+2j, 3-1j]), torch.tensor([1+2j]).abs(), torch.tensor([1+2j]).real, torch.tensor([1+2j]).conj())
print(1 - torch.tensor([1., 2.]), 2 / torch.tensor([1., 2.]), 2 ** torch.tensor([1., 2.]), -torch.tensor([1., 2.]), abs(torch.tensor([-1., 2.])))
""",
    "views_and_indexing": r"""
x = torch.arange(6.).reshape(2, 3)
y = x.view(3, 2); y[0, 0] = 99; print(x); z = x.t(); z[0, 1] = -1; print(x, y)
print(x._version, x.data_ptr() == y.data_ptr()); print(x.expand(2, 2, 3).shape, x.repeat(2, 1), x.flip(0), x.roll(1, 0))
print(x.squeeze().shape, x[None].shape, x[..., None].shape, x[:, None, :].shape); print(torch.tril(torch.ones(3, 3)), torch.triu(torch.ones(3, 3), 1))
print(x.index_select(1, torch.tensor([0, 2])), x.masked_fill(x > 3, 0.), x.masked_select(x > 3)); x[x < 0] = 0; print(x); x[:, 1] = torch.tensor([7., 8.]); print(x)
x[0] += 1; print(x); x[[0, 1], [1, 2]] = 0; print(x); print(x.nonzero(), (x > 0).nonzero(as_tuple=True)); print(x.permute(1, 0), x.transpose(0, 1).contiguous().view(-1))
print(x.norm(), x.norm(dim=1), torch.dist(x, x + 1), torch.dot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))); print(torch.det(torch.tensor([[1., 2.], [3., 4.]])), torch.inverse(torch.tensor([[1., 2.], [3., 4.]])))
print(torch.linalg.solve(torch.tensor([[2., 0.], [0., 4.]]), torch.tensor([2., 4.]))); print(torch.linalg.eigvalsh(torch.tensor([[2., 0.], [0., 4.]])))
print(torch.outer(torch.arange(3.), torch.arange(2.)), torch.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]), dim=0))
print(torch.softmax(torch.tensor([1., 2., 3.]), dim=0), torch.log_softmax(torch.tensor([1., 2., 3.]), dim=0), torch.sigmoid(torch.tensor(0.)), torch.relu(torch.tensor([-1., 1.])))
print(torch.finfo(torch.float32).eps, torch.iinfo(torch.int32).max, torch.tensor(1.).item(), int(torch.tensor(3)), float(torch.tensor(2.5)), bool(torch.tensor(1)))
print(x.to(torch.int64), x.type(torch.float64).dtype, x.half().dtype, x.bfloat16()); print(torch.bernoulli(torch.ones(2)), torch.randint(0, 1, (3,)), torch.randperm(1)); print(x.new_zeros(2), x.new_tensor([1]), torch.ones_like(x))
""",
    "modes": r"""
x = torch.tensor([1.0, 2.0], requires_grad=True)
def closure():
    return (x ** 2).sum()
gs = torch.autograd.grad(closure(), x); print(gs)
y = torch.tensor([1.0], requires_grad=True)
print(torch.autograd.grad(closure(), [x, y], allow_unused=True))
out = torch.stack([x[0] ** 2, x[1] ** 3]); print(out)
J = torch.stack([torch.autograd.grad(out[i], x, retain_graph=True)[0] for i in range(2)]); print(J)
v = torch.autograd.grad(out, x, grad_outputs=torch.eye(2), is_grads_batched=True); print(v)
with torch.enable_grad(): print((x * 2).requires_grad)
@torch.no_grad()
def g(): return x * 2
print(g()); torch.set_grad_enabled(False); print((x * 2).requires_grad); torch.set_grad_enabled(True)
p = x.clone(); p[0] = 5; p.sum().backward(); print(x.grad); q = x.detach().clone().requires_grad_(); print(q, q.grad)
print(x.grad_fn, (x * 2).grad_fn, x.sum().grad_fn, (x + x).grad_fn, x.mean().grad_fn, x.exp().grad_fn, (x @ x).grad_fn, x.view(2, 1).grad_fn, x[0].grad_fn, x.t().grad_fn)
""",
    "broadcasting_and_promotion": r"""
x=torch.empty(5,7,3); y=torch.empty(5,7,3); print((x+y).size())
x=torch.empty((0,)); y=torch.empty(2,2)
try: x+y
except RuntimeError as e: print(e)
x=torch.empty(5,3,4,1); y=torch.empty(3,1,1); print((x+y).size())
x=torch.empty(1); y=torch.empty(3,1,7); print((x+y).size())
x=torch.empty(5,2,4,1); y=torch.empty(3,1,1)
try: (x+y).size()
except RuntimeError as e: print(e)
x=torch.empty(1,3,1); y=torch.empty(3,1,7)
try: x.add_(y)
except RuntimeError as e: print(e)
float_tensor = torch.ones(1, dtype=torch.float); double_tensor = torch.ones(1, dtype=torch.double); int_tensor = torch.ones(1, dtype=torch.int); long_tensor = torch.ones(1, dtype=torch.long); uint_tensor = torch.ones(1, dtype=torch.uint8); bool_tensor = torch.ones(1, dtype=torch.bool); complex_float_tensor = torch.ones(1, dtype=torch.complex64); long_zerodim = torch.tensor(1, dtype=torch.long); int_zerodim = torch.tensor(1, dtype=torch.int)
print(torch.add(5, 5).dtype, (int_tensor + 5).dtype, (int_tensor + long_zerodim).dtype, (long_tensor + int_tensor).dtype, (bool_tensor + long_tensor).dtype, (bool_tensor + uint_tensor).dtype, (float_tensor + double_tensor).dtype, (complex_float_tensor + double_tensor).dtype, (bool_tensor + int_tensor).dtype, torch.add(long_tensor, float_tensor).dtype)
float_tensor *= double_tensor; float_tensor *= int_tensor; float_tensor *= uint_tensor; float_tensor *= bool_tensor; float_tensor *= 5; int_tensor *= long_tensor; int_tensor *= uint_tensor; uint_tensor *= int_tensor
try: int_tensor *= float_tensor
except RuntimeError as e: print(e)
try: float_tensor *= complex_float_tensor
except RuntimeError as e: print(e)
try: bool_tensor *= int_tensor
except RuntimeError as e: print(e)
try: bool_tensor *= uint_tensor
except RuntimeError as e: print(e)
""",
    "complex_numbers": r"""
x = torch.randn(2, 2, dtype=torch.cfloat); print(x.shape, x.dtype, torch.view_as_real(x).shape)
x = torch.tensor([3.+1j, 4.-2j], requires_grad=True); y = (x.abs() ** 2).sum(); y.backward(); print(x.grad)
x = torch.tensor([3.+1j, 4.-2j], requires_grad=True); (x * x.conj()).real.sum().backward(); print(x.grad); print(torch.angle(x), x.real, x.imag)
z = torch.polar(torch.tensor([1., 2.]), torch.tensor([0.5, 1.])); print(z); print(torch.complex(torch.tensor([1.]), torch.tensor([2.])), z * 2, z + 1j, z ** 2, z.exp(), torch.sqrt(z))
print(z == z, z.dtype.is_complex, torch.is_complex(z), z.mH if z.dim() > 1 else None, z.sum(), z.mean(), z.prod(), z.norm()); print(torch.tensor(1j), torch.tensor([1j]).to(torch.complex128), z.tolist()[0], z[0].item())
""",
    "memory": r"""
base = torch.rand(10, 10); t = base.view(2, 50); print(base.storage_offset(), t.is_contiguous(), t._base is base)
t = torch.arange(8).reshape(2, 4); v = t[1:, 2:]; v += 100; print(t, v.stride(), v.storage_offset()); w = t.diagonal(); w.zero_(); print(t); u = t.unfold(1, 2, 1); print(u, u.shape)
a = torch.zeros(3, 3); a[:, 1] = torch.tensor([1., 2., 3.]); a[1] = 5; a[a == 5] = -1; a[[0, 2], [0, 2]] = torch.tensor([9., 8.]); print(a); a[..., -1] += 1; print(a); a[0, :2] = a[1, 1:]; print(a)
b = torch.arange(24).view(2, 3, 4); print(b[0, 1, 2], b[:, 1, ::2], b[..., [0, 3]], b[[1, 0]], b[b % 5 == 0], b[:, [0, 2]][:, :, 1], b[1, ..., -1]); print(b.select(0, 1).shape, b.narrow(2, 1, 2)[0], b.movedim(0, -1).shape, b.flatten(1).shape, b.swapaxes(0, 2).shape)
c = torch.tensor([[1, 2], [3, 4]]); print(c.repeat_interleave(2), c.repeat(1, 2), torch.kron(c, c).shape, c.tile(2), c.rot90(), c.trace(), c.fliplr()); print(torch.take(c, torch.tensor([0, 3])), torch.tensor_split(torch.arange(7), 3), torch.hsplit(torch.arange(4.).view(2, 2), 2))
print(torch.zeros(3, dtype=torch.long).scatter_add_(0, torch.tensor([0, 0, 2]), torch.tensor([1, 2, 3])), torch.ones(3).index_add_(0, torch.tensor([0, 2]), torch.tensor([1., 2.])), torch.zeros(2, 2).index_put_((torch.tensor([0, 0]), torch.tensor([1, 1])), torch.tensor([1., 2.]), accumulate=True))
""",
    "files_and_copies": r"""
import io, copy, pickle
buf = io.BytesIO(); torch.save({'w': torch.ones(2), 'l': [1, 'a'], 'p': torch.nn.Parameter(torch.zeros(1)) if hasattr(torch.nn, 'Parameter') else None}, buf); buf.seek(0); d = torch.load(buf); print(d['w'], d['l'])
t = torch.tensor([1., 2.], requires_grad=True); q = pickle.loads(pickle.dumps(t)); print(q, q.requires_grad); c = copy.deepcopy(t); print(c, c is t); print(pickle.loads(pickle.dumps(torch.float32)), pickle.loads(pickle.dumps(torch.Size([1]))), copy.copy(t))
m = torch.max(torch.tensor([[1., 5.], [7., 2.]]), dim=1); print(m, m.values, m.indices, m[0]); print(pickle.loads(pickle.dumps(m)).values)
""",
    "texts": r"""
x = torch.arange(1, 101).float(); print(x); print(torch.arange(1200).view(30, 40)); print(torch.randn(3, 3).shape, torch.zeros(0), torch.zeros(2, 0), torch.ones(1, 1, 1), torch.tensor([[[1., 2.]], [[3., 4.]]]))
print(torch.tensor([0.1, 100.5, 1000.25]), torch.tensor([1e-3, 1e3]), torch.tensor([1e-5]), torch.tensor([123456.789]), torch.tensor([1., 2.5, float('-inf')]), torch.tensor([1e20, 1.]), torch.tensor([True]), torch.tensor([], dtype=torch.int32), torch.tensor(7, dtype=torch.uint8))
print(torch.tensor([1.5, 2.5]).half(), torch.tensor([1.5]).bfloat16(), torch.tensor([1.123456789], dtype=torch.float64), torch.tensor([[1e-10, 1.]]), torch.tensor([-0.0, 0.0])); print(torch.ones(2, requires_grad=True) * 2, torch.ones(2, dtype=torch.float64, requires_grad=True))
print(torch.ones(3)[0], str(torch.ones(1)), '%s' % torch.ones(1), '{}'.format(torch.tensor(1.5)), f'{torch.tensor(1.5):.3f}', torch.tensor([1.5]).item()); print([torch.tensor(1), torch.tensor(2.)], {'a': torch.ones(1)}, (torch.ones(1),))
""",
    "derivatives": r"""
x = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
for f in [lambda: x.prod(), lambda: x.max(), lambda: x.min(dim=0).values.sum(), lambda: x.std(), lambda: x.var(0).sum(), lambda: x.norm(), lambda: x.logsumexp(1).sum(), lambda: x.cumsum(0).sum(), lambda: x.cumprod(1).sum(), lambda: x.sort(descending=True)[0][0].sum(), lambda: x.topk(1)[0].sum(), lambda: x.abs().sqrt().sum(), lambda: x.tanh().mean(), lambda: x.relu().sum(), lambda: torch.softmax(x, 1)[:, 0].sum(), lambda: x.gather(1, torch.tensor([[0], [1]])).sum(), lambda: x[x > 1.5].sum(), lambda: x.clamp(1.5, 3.5).sum(), lambda: torch.where(x > 2, x ** 2, x).sum(), lambda: x.repeat(2, 2).sum(), lambda: x.expand(3, 2, 2).sum(), lambda: torch.cat([x, x * 2]).sum(), lambda: torch.stack([x, x]).prod(), lambda: x.t().matmul(x).trace(), lambda: torch.einsum('ij,kj->', x, x), lambda: (x @ x).sum(), lambda: x.median(), lambda: x.roll(1).flatten()[0], lambda: x.pow(3).sum(), lambda: (2 ** x).sum(), lambda: torch.atan2(x, x + 1).sum(), lambda: torch.lerp(x, x * 2, 0.3).sum(), lambda: x.erf().sum(), lambda: torch.linalg.norm(x, 2), lambda: torch.fft.fft(x).abs().sum(), lambda: x.diag().sum(), lambda: torch.tril(x).sum(), lambda: x.unfold(1, 1, 1).sum(), lambda: torch.cdist(x, x + 1).sum(), lambda: torch.nn.functional.mse_loss(x, x * 0) if hasattr(torch.nn, 'functional') else x.sum()]:
    x.grad = None
    y = f(); y.backward(); print(y, x.grad)
""",
    "writes_in_place": r"""
a = torch.tensor([1., 2.], requires_grad=True)
b = a.clone(); b *= 2; b[0] = 10; c = b.sum(); c.backward(); print(a.grad, b, b._version)
a = torch.tensor([1., 2., 3.], requires_grad=True); b = a * 1; v = b[1:]; v.mul_(3); (b ** 2).sum().backward(); print(a.grad, b.grad_fn, v.grad_fn)
x = torch.zeros(3); w = torch.tensor(2., requires_grad=True); x[1] = w; x[2] = w * 2; x.sum().backward(); print(w.grad, x)
x = torch.ones(2, 2, requires_grad=True); y = x.clone(); y.t()[0].add_(5); y.sum().backward(); print(y, x.grad); z = torch.zeros(2, 2); z.copy_(x); print(z, z.requires_grad); z.fill_(1.); print(z.requires_grad, z.grad_fn)
l = []
h = torch.zeros(2); u = torch.tensor([[0.5, 0.], [0., 0.5]], requires_grad=True)
for i in range(3): h = torch.tanh(h @ u + 1); l.append(h)
torch.stack(l).sum().backward(); print(u.grad); print(h.detach().requires_grad, h.requires_grad)
x = torch.ones(2, requires_grad=True); y = x * 2; y.detach_(); print(y.requires_grad, y.is_leaf); print(torch.ones(2, requires_grad=True).data_ptr() != 0, x.output_nr, x.is_floating_point())
with torch.inference_mode(): q = x * 2; print(q.requires_grad, q.is_inference())
try: q.requires_grad_(); print('ok')
except RuntimeError as e: print(e)
""",
    "miscellany": r"""
print(torch.nn.functional.one_hot(torch.tensor([0, 2])) if hasattr(torch.nn, 'functional') else 'x', torch.bucketize(torch.tensor([1, 5]), torch.tensor([0, 3])), torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([2, 5])), torch.histc(torch.tensor([1., 2., 1.]), bins=4, min=0, max=3), torch.cov(torch.tensor([[0., 2.], [1., 1.], [2., 0.]]).T), torch.quantile(torch.arange(5.), 0.5), torch.nanmean(torch.tensor([1., float('nan')])), torch.isnan(torch.tensor([1., float('nan')])), torch.isinf(torch.tensor([1., float('inf')])), torch.nan_to_num(torch.tensor([float('nan'), float('inf')])), torch.logical_and(torch.tensor([True]), torch.tensor([False])), torch.bitwise_and(torch.tensor(5), torch.tensor(3)), 5 & torch.tensor(3), torch.tensor(5) << 1)
print(torch.triu_indices(2, 2), torch.combinations(torch.tensor([1, 2, 3])), torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3])), torch.vander(torch.tensor([1., 2.])), torch.trapezoid(torch.tensor([1., 2., 3.])), torch.logaddexp(torch.tensor(1.), torch.tensor(2.)), torch.hypot(torch.tensor(3.), torch.tensor(4.)), torch.fmod(torch.tensor(-5.), 3), torch.remainder(torch.tensor(-5.), 3), torch.floor_divide(torch.tensor(-5), 3), torch.true_divide(torch.tensor(5), 2), torch.round(torch.tensor(2.5)), torch.trunc(torch.tensor(-1.5)), torch.frac(torch.tensor(1.25)), torch.sign(torch.tensor(-2)), torch.clamp(torch.tensor([1, 5]), max=3), torch.lerp(torch.tensor(0.), torch.tensor(10.), 0.5), torch.addcmul(torch.ones(1), torch.ones(1), torch.ones(1), value=2), torch.std_mean(torch.tensor([1., 3.])), torch.aminmax(torch.tensor([1, 3])), torch.mode(torch.tensor([1, 1, 2])), torch.kthvalue(torch.tensor([3., 1., 2.]), 2), torch.cummax(torch.tensor([1, 3, 2]), 0), torch.unique_consecutive(torch.tensor([1, 1, 2]), return_counts=True), torch.rad2deg(torch.tensor(3.14159)), torch.gcd(torch.tensor(12), torch.tensor(18)), torch.lgamma(torch.tensor(5.)), torch.special.expit(torch.tensor(0.)), torch.broadcast_shapes((2, 1), (3,)), torch.result_type(torch.tensor(1), 1.0), torch.promote_types(torch.int32, torch.float32), torch.can_cast(torch.double, torch.int))
torch.testing.assert_close(torch.ones(2), torch.ones(2)); print(torch.numel(torch.ones(3, 2)), torch.tensor([3, 1]).argsort(), torch.flip(torch.tensor([1, 2]), [0]), torch.count_nonzero(torch.tensor([0, 1])), torch.block_diag(torch.ones(1, 1), torch.ones(1, 2)))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_the_same(name: str) -> None:
    twosided.assert_same(PROGRAMS[name])
