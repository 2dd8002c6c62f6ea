# ruff: noqa
# pyright: basic
import torch, math
from torch import nn
import torch.nn.functional as F


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e)[:400])


def A(*s, dtype=torch.float32):
    n = math.prod(s)
    return (torch.arange(n, dtype=torch.float64).reshape(s) * 0.37).sin().to(dtype)


def G(f, *xs):
    xs = [x.clone().requires_grad_() for x in xs]
    try:
        r = f(*xs)
        print("ok", r)
        (r * r).sum().backward()
        print([x.grad for x in xs])
    except Exception as e:
        print(type(e).__name__, str(e)[:300])


T(lambda: torch.alias_copy(A(2, 2)))
T(lambda: torch.slice_copy(A(2, 2), 0, 0, 1))
T(lambda: torch.split_with_sizes_copy(A(4), [1, 3]))
T(lambda: torch.as_strided_scatter(A(3, 3), A(2, 2) + 1, (2, 2), (1, 2)))

T(lambda: torch.select_scatter(A(2, 2), torch.ones(2), 0, 0))
T(lambda: torch.slice_scatter(A(3, 2), torch.ones(1, 2), 0, 0, 1))
z = torch.tensor([1 + 2j, 3 - 1j])
T(lambda: torch.conj_physical_(z))
T(lambda: z.conj_physical_())
T(lambda: z)
T(lambda: torch.nonzero_static(torch.tensor([0, 1, 2, 0, 3]), size=4))
T(lambda: torch.tensor([[1, 0], [0, 1]]).nonzero_static(size=3, fill_value=-7))
T(lambda: torch.nonzero_static(torch.tensor([1, 1, 1]), size=2))
w = A(4, 3)
T(lambda: torch.embedding_renorm_(w.clone(), torch.tensor([1, 3]), 0.5, 2.0))
T(lambda: A(2, 2).abs().add(1).polygamma_(1))
T(
    lambda: torch.ones(3, 2).index_reduce_(
        0, torch.tensor([0, 2, 0]), A(3, 2) + 2, "prod"
    )
)
T(lambda: A(5).hardshrink(0.3))
G(lambda x, w: x.prelu(w), A(2, 3), torch.tensor([0.1, 0.2, 0.3]))
T(lambda: torch.geqrf(A(3, 2, dtype=torch.float64)))
T(lambda: type(torch.geqrf(A(3, 2))))
a, tau = torch.geqrf(A(3, 3, dtype=torch.float64))
T(lambda: torch.orgqr(a, tau))
T(lambda: a.orgqr(tau))
T(lambda: torch.ormqr(a, tau, A(3, 2, dtype=torch.float64)))
T(lambda: a.ormqr(tau, A(2, 3, dtype=torch.float64), left=False, transpose=True))
T(
    lambda: torch.linalg.ldl_factor(
        A(3, 3, dtype=torch.float64) + A(3, 3, dtype=torch.float64).mT
    )
)
LD, p = torch.linalg.ldl_factor(torch.tensor([[4.0, 1, 2], [1, 3, 0], [2, 0, 5]]))
T(lambda: torch.linalg.ldl_solve(LD, p, torch.ones(3, 1)))
T(lambda: torch.linalg.ldl_factor_ex(torch.eye(2)))
T(lambda: torch.linalg.lu_factor_ex(torch.tensor([[4.0, 1], [1, 3]])))
T(lambda: torch.linalg.solve_ex(torch.tensor([[4.0, 1], [1, 3]]), torch.ones(2)))
T(lambda: torch.lu(torch.tensor([[1.0, 2], [3, 4]])))
T(lambda: torch.tensor([[1.0, 2], [3, 4]]).lu(get_infos=True))
T(lambda: torch.lu_unpack(*torch.linalg.lu_factor(torch.tensor([[1.0, 2], [3, 4]]))))
T(
    lambda: torch.lu_unpack(
        *torch.linalg.lu_factor(torch.tensor([[1.0, 2], [3, 4]])), unpack_pivots=False
    )
)
G(
    lambda x: (lambda t: t[1] + t[2])(torch.lu_unpack(*torch.linalg.lu_factor(x))),
    torch.tensor([[1.0, 2], [3, 4]]),
)
torch.manual_seed(0)
M = A(6, 5, dtype=torch.float64)
U, S, V = torch.svd_lowrank(M, q=3, niter=4)
T(lambda: (S[:2], (U * S @ V.T - M).norm() < 1.0, U.shape, V.shape))
U, S, V = torch.pca_lowrank(M, q=2, center=True, niter=4)
T(lambda: (S.shape, U.shape, V.shape))
T(lambda: torch.pca_lowrank(M, q=20))
Sy = torch.diag(torch.tensor([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
T(lambda: abs(torch.lobpcg(Sy, k=1, niter=200)[0].item() - 10) < 1e-4)
T(lambda: torch.norm_except_dim(A(2, 3, 2), 2, 0))
T(lambda: torch.norm_except_dim(A(2, 3), 2, -1))
T(lambda: torch.norm_except_dim(A(2, 3), 1, 1))
T(lambda: torch._weight_norm(A(2, 3).requires_grad_(), torch.ones(2, 1), 0))
T(lambda: torch._weight_norm(A(2, 3, 2).requires_grad_(), torch.ones(1, 3, 1), 1))
W = torch.arange(6.0).reshape(2, 3).double()
G(lambda x: torch._weight_norm(x, W[:, 1:2], 0) * W, A(2, 3).double())
G(lambda x: torch.native_layer_norm(x, (3,), None, None, 1e-5)[0], A(2, 3).double())
T(lambda: torch.native_layer_norm(A(2, 3), (3,), torch.ones(3), torch.zeros(3), 1e-5))
T(
    lambda: torch.native_group_norm(
        A(2, 4, 3).double(),
        torch.ones(4).double(),
        torch.zeros(4).double(),
        2,
        4,
        3,
        2,
        1e-5,
    )
)
T(
    lambda: torch.native_batch_norm(
        A(4, 3),
        torch.ones(3),
        torch.zeros(3),
        torch.zeros(3),
        torch.ones(3),
        True,
        0.1,
        1e-5,
    )
)
T(lambda: torch.native_channel_shuffle(A(1, 4, 2), 2))
T(lambda: torch.native_dropout(A(3), 0.0, True))
T(lambda: torch.native_dropout(A(3), 0.5, False))
T(lambda: torch.ones(4).resize_as_(torch.ones(2, 2)))
T(lambda: torch.conv_tbc(A(4, 2, 3), A(3, 3, 2), A(2), 1))
G(
    lambda x, w: torch.convolution(x, w, None, (1,), (1,), (1,), False, (0,), 1),
    A(1, 2, 5),
    A(3, 2, 3),
)
T(
    lambda: torch.convolution(
        A(1, 2, 5), A(2, 3, 3), None, (2,), (1,), (1,), True, (1,), 1
    )
)
gr = F.affine_grid(torch.eye(2, 3)[None] * 0.7, (1, 1, 3, 3), align_corners=False)
T(lambda: torch.affine_grid_generator(torch.eye(2, 3)[None] * 0.7, (1, 1, 3, 3), False))
T(lambda: torch.grid_sampler(A(1, 1, 3, 3), gr, 0, 0, False))
T(lambda: torch.grid_sampler_2d(A(1, 1, 3, 3), gr, 1, 1, True))
c = nn.GRUCell(2, 3)
with torch.no_grad():
    for p in c.parameters():
        p.copy_(A(*p.shape))
T(
    lambda: torch.gru_cell(
        A(1, 2), A(1, 3), c.weight_ih, c.weight_hh, c.bias_ih, c.bias_hh
    )
)
c = nn.LSTMCell(2, 3)
with torch.no_grad():
    for p in c.parameters():
        p.copy_(A(*p.shape))
T(
    lambda: torch.lstm_cell(
        A(1, 2), (A(1, 3), A(1, 3)), c.weight_ih, c.weight_hh, c.bias_ih, c.bias_hh
    )
)
T(lambda: torch.rnn_tanh_cell(A(1, 2), A(1, 3), A(3, 2), A(3, 3), None, None))
T(lambda: torch.rnn_relu_cell(A(1, 2), A(1, 3), A(3, 2), A(3, 3), A(3), A(3)))
T(lambda: torch.histogramdd(A(5, 2), bins=[2, 2]))
T(lambda: torch.histogramdd(A(5, 2), bins=2, range=[-1, 1, -1, 1]))
T(lambda: torch.max_pool1d_with_indices(A(1, 1, 6), 2))
x = A(2, 3)
T(lambda: x.new_empty_strided((2, 2), (1, 2)).stride())
T(
    lambda: torch.ones(2).map2_(
        torch.ones(2) * 2, torch.ones(2) * 3, lambda a, b, c: a + b * c
    )
)
T(lambda: torch.sym_max(2, 3))
T(lambda: torch.sym_min(2, 3.0))
T(lambda: torch.sym_float(2))
T(lambda: torch.sym_int(2.7))
T(lambda: torch.sym_not(True))
T(lambda: torch.sym_sqrt(4))
T(lambda: torch.sym_sum([1, 2]))
T(lambda: torch.sym_ite(True, 1, 2))
T(lambda: torch.get_deterministic_debug_mode())
torch.set_deterministic_debug_mode("warn")
T(lambda: torch.get_deterministic_debug_mode())
torch.set_deterministic_debug_mode(0)
T(lambda: torch.is_warn_always_enabled())
T(lambda: torch.is_distributed(x))
T(lambda: torch.is_vulkan_available())
T(lambda: torch.has_mkl)
T(lambda: torch.has_openmp)
T(lambda: torch.has_lapack)
T(lambda: torch.dropout_(torch.ones(2), 0.0, True))
T(lambda: torch.feature_dropout(torch.ones(1, 2), 0.0, True))
T(lambda: torch.alpha_dropout_(torch.ones(2), 0.0, True))
T(lambda: torch.Tensor.is_distributed(x))
T(lambda: (x > 5)._is_any_true())
T(lambda: x.is_maia)
T(lambda: x.is_mtia)
T(
    lambda: torch.segment_reduce(
        torch.tensor([1.0, 2, 3, 4]), "sum", lengths=torch.tensor([1, 3])
    )
)
T(
    lambda: torch.segment_reduce(
        torch.tensor([1.0, 2, 3, 4]), "max", lengths=torch.tensor([2, 2])
    )
)
G(lambda x: torch.segment_reduce(x, "mean", lengths=torch.tensor([1, 3])), A(4))
T(
    lambda: torch.cond(
        torch.tensor(True), lambda x: x + 1, lambda x: x - 1, (torch.ones(2),)
    )
)
T(lambda: torch.cond(False, lambda x: x + 1, lambda x: x - 1, (torch.ones(2),)))
T(
    lambda: torch.while_loop(
        lambda i, x: i < 3,
        lambda i, x: (i + 1, x * 2),
        (torch.tensor(0), torch.ones(2)),
    )
)
for n in ("eig", "symeig", "matrix_rank"):
    T(lambda: getattr(torch, n)(torch.eye(2)))
x = torch.arange(6).reshape(2, 3)
x.as_strided_((3,), (2,))
T(lambda: x)

T(lambda: torch.ones(2).is_shared())
T(lambda: torch.ones(2, 2).resize(4))
T(
    lambda: torch.rnn_tanh(
        A(3, 1, 2),
        torch.zeros(1, 1, 3),
        [A(3, 2), A(3, 3), A(3), A(3)],
        True,
        1,
        0.0,
        False,
        False,
        False,
    )
)
T(
    lambda: torch.gru(
        A(3, 1, 2),
        torch.zeros(1, 1, 3),
        [A(9, 2), A(9, 3), A(9), A(9)],
        True,
        1,
        0.0,
        False,
        False,
        False,
    )
)
T(
    lambda: torch.lstm(
        A(3, 1, 2),
        [torch.zeros(1, 1, 3)] * 2,
        [A(12, 2), A(12, 3), A(12), A(12)],
        True,
        1,
        0.0,
        False,
        False,
        False,
    )
)
T(lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)) if 0 else None


T(lambda: torch.get_device_module("cpu") is torch.cpu)

T(lambda: torch.unify_type_list) if 0 else None
T(lambda: F.adaptive_max_pool1d_with_indices(A(1, 1, 6), 2))
T(lambda: F.adaptive_max_pool2d_with_indices(A(1, 1, 4, 4), 2))

T(lambda: torch.torch_version.TorchVersion("2.1") > "2.0")
T(lambda: torch.__version__ >= "1.13")
T(lambda: type(torch.__version__).__name__)
T(lambda: torch.__version__ < (3, 0))
T(lambda: torch.version.cuda)
T(lambda: torch.version.hip)
T(lambda: torch.version.git_version.__class__)
from torch.functional import split, norm, unique, einsum

T(lambda: torch.functional.einsum("ij->ji", A(2, 3)))
T(lambda: torch.functional.norm(A(3)))
