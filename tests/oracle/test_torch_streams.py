# ruff: noqa: E501 (tables and snippets are compact)
"""Random numbers of torch: equal seeds give PyTorch's numbers, and use up as many."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import isograd.torch as own

torch = pytest.importorskip("torch")

FILLS = """
normal_(2, 3); uniform_(2, 3); uniform_(); exponential_(); exponential_(2.0); cauchy_(1, 2)
log_normal_(); geometric_(0.3); random_(); random_(7); random_(-3, 9); bernoulli_(); bernoulli_(0.2)
"""
DRAWS = """
rand(3); rand(40); randn(3); randn(15); randn(16); randn(37); randn(2, 9); randn(()); rand(0)
rand(5, dtype=T.half); rand(900, dtype=T.bfloat16); randn(5, dtype=T.half); randn(21, dtype=T.bfloat16)
rand(4, dtype=T.cfloat); randn(4, dtype=T.cfloat); randn(10, dtype=T.cdouble); randn(17, dtype=T.double)
zeros(20, dtype=T.cfloat).normal_(2, 3)
randint(0, 10, (9,)); randint(-7, 10, (2, 3)); randint(2**31, (5,)); randint(0, 2**28 - 1, (5,))
randint(0, 2**28, (5,)); randint(0, 5, (3,), dtype=T.int8); randint_like(T.ones(3), 5)
randperm(0); randperm(1); randperm(5); randperm(100)
bernoulli(T.full((9,), 0.3)); bernoulli(T.full((9,), 0.3).double()); bernoulli(T.zeros(9), 0.3)
bernoulli(T.full((9,), 0.3).half()); zeros(9).bernoulli_(T.full((9,), 0.3)); bernoulli(T.full((4, 6), 0.5).t())
zeros(9).bernoulli_(T.full((9,), 0.3).double()); zeros(5, dtype=T.int).bernoulli_(T.full((5,), 0.3))
multinomial(T.arange(1.0, 7), 1); multinomial(T.arange(1.0, 7), 3); multinomial(T.arange(1.0, 7), 3, True)
multinomial(T.arange(1.0, 7).expand(2, 6), 3); multinomial(T.arange(1.0, 7).expand(2, 6), 3, True)
multinomial(T.arange(1.0, 7).double(), 4, True); multinomial(T.tensor([0.0, 1.0, 0.0, 2.0]), 2)
poisson(T.tensor([0.0, 0.3, 3, 11, 40] * 4)); binomial(T.tensor([0.0, 5, 50, 100] * 3), T.tensor([0.3, 0.9, 0.5, 0.02] * 3))
_standard_gamma(T.tensor([0.3, 1, 2.5, 20] * 3)); _sample_dirichlet(T.tensor([0.3, 1, 2.5, 20]))
normal(T.arange(5.0), 2.0); normal(T.arange(20.0), T.arange(20.0)); normal(1.0, T.arange(5.0)); normal(1.0, 2.0, (25,))
zeros(4, 6).t().normal_(); zeros(4, 6).t().uniform_(); zeros(4, 6)[:, ::2].normal_(); zeros(4, 6, 5).permute(2, 0, 1)[:, :2].uniform_()
rand_like(T.zeros(4, 6).t()); randn_like(T.zeros(4, 6).t()); zeros(4, 6).t().bernoulli_(0.5)
nn.functional.rrelu(T.tensor([-1.0, 1, -2, -3, 1]), training=True); nn.functional.gumbel_softmax(T.zeros(2, 5), hard=True)
nn.functional.dropout(T.ones(4, 5), 0.4); nn.functional.dropout(T.ones(4, 3, 2).transpose(0, 1), 0.4)
nn.functional.dropout2d(T.ones(4, 3, 2, 2).transpose(0, 1), 0.4); nn.functional.alpha_dropout(T.ones(4, 5), 0.4, True)
nn.functional.feature_alpha_dropout(T.ones(2, 3, 4), 0.4, True); nn.functional.fractional_max_pool2d(T.arange(36.0).view(1, 1, 6, 6), 2, output_size=2)
nn.init.trunc_normal_(T.empty(5)); nn.init.trunc_normal_(T.empty(40), 1, 2, 0, 3); nn.init.trunc_normal_(T.empty(30), 0, 1, -0.3, 0.1)
nn.init.trunc_normal_(T.empty(30), 0, 1, 2, 3); nn.init.trunc_normal_(T.empty(7, 3).t())
nn.init.xavier_uniform_(T.empty(3, 4)); nn.init.kaiming_normal_(T.empty(5, 6, 3)); nn.init.sparse_(T.empty(6, 4), 0.3)
nn.init.orthogonal_(T.empty(5, 3)); nn.init.orthogonal_(T.empty(3, 5)); nn.init.orthogonal_(T.empty(5, 6, 3))
testing.make_tensor((2, 3), dtype=T.float, device="cpu"); testing.make_tensor((2, 3), dtype=T.uint8, device="cpu", low=-2, high=3)
testing.make_tensor((2, 3), dtype=T.cfloat, device="cpu", noncontiguous=True)
"""
MODULES = """
Linear(5, 4); Bilinear(2, 3, 4); Conv2d(4, 6, 3, groups=2); ConvTranspose2d(3, 4, 3); Embedding(7, 4, padding_idx=1)
LSTM(3, 4, 2, bidirectional=True); GRU(3, 4); LSTMCell(3, 4); LSTM(3, 4, proj_size=2); MultiheadAttention(8, 2)
MultiheadAttention(8, 2, kdim=4, vdim=6, add_bias_kv=True); TransformerEncoderLayer(8, 2, 16); Transformer(8, 2, 1, 2, 16)
AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10]); Linear(3, 4, dtype=T.double); utils.parametrizations.weight_norm(T.nn.Linear(3, 4))
utils.parametrizations.spectral_norm(T.nn.Linear(3, 4)); utils.spectral_norm(T.nn.Conv2d(3, 4, 2))
"""
TRAINED = """
TransformerEncoderLayer(8, 2, 16, dropout=0.3)(x); TransformerEncoderLayer(8, 2, 16, dropout=0.3, batch_first=True)(x)
Transformer(8, 2, 1, 1, 16, batch_first=True)(x, x); MultiheadAttention(8, 2, dropout=0.4, batch_first=True)(x, x, x)[0]
LSTM(8, 4, 2, dropout=0.5, batch_first=True)(x)[0]; GRU(8, 4, 3, dropout=0.5)(x)[0]
LSTM(8, 4, 2, dropout=0.5, bidirectional=True)(T.nn.utils.rnn.pack_sequence([x[0], x[1, :2]]))[0].data
"""
LOADING = """
[b for _ in range(2) for b in D.DataLoader(s, 3, shuffle=True)]; [b for _ in range(2) for b in D.DataLoader(s, 3)]
[b for _ in range(2) for b in D.DataLoader(s, 3, shuffle=True, drop_last=True, generator=g)]
[next(iter(D.DataLoader(s, 4, shuffle=True))) for _ in range(2)]; list(D.RandomSampler(s)); list(D.RandomSampler(s, True, 70))
list(D.RandomSampler(s, num_samples=13)); list(D.RandomSampler(s, num_samples=4, generator=g))
list(D.SubsetRandomSampler([5, 6, 7, 8])); list(D.WeightedRandomSampler([0.1, 0.2, 0.9], 8))
list(D.WeightedRandomSampler([0.1, 0.2, 0.9], 2, False)); [x.indices for x in D.random_split(s, [0.7, 0.3])]
"""
SAMPLES = """
Bernoulli(T.tensor([0.3, 0.6])); Beta(v, v); Binomial(5, T.tensor([0.3, 0.6])); Categorical(T.tensor([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]))
Cauchy(v, v); ContinuousBernoulli(T.tensor([0.3, 0.6])); Dirichlet(v); Exponential(v); FisherSnedecor(v, v * 2); Gamma(v, v)
Geometric(T.tensor([0.3, 0.6])); Gumbel(v, v); HalfCauchy(v); HalfNormal(v); InverseGamma(v + 1, v); Kumaraswamy(v, v)
LKJCholesky(3, 1.0); Laplace(v, v); LogNormal(v, v); LogisticNormal(v, v); MixtureSameFamily(D.Categorical(T.tensor([0.3, 0.7])), D.Normal(v, v))
LowRankMultivariateNormal(T.zeros(2), T.ones(2, 1), T.ones(2)); Multinomial(6, T.tensor([0.2, 0.8])); MultivariateNormal(T.zeros(2), T.eye(2) + 0.5)
NegativeBinomial(5.0, T.tensor([0.3, 0.6])); Normal(0.0, 2.0); OneHotCategorical(T.tensor([0.1, 0.2, 0.7])); Pareto(v, v); Poisson(v * 3)
RelaxedBernoulli(T.tensor(0.5), T.tensor([0.3, 0.6])); RelaxedOneHotCategorical(T.tensor(0.5), T.tensor([0.1, 0.2, 0.7])); StudentT(v + 2, v, v)
Uniform(v, v + 1); VonMises(v, v); Weibull(v, v); Wishart(T.tensor([3.0]), covariance_matrix=T.eye(2)[None])
"""


def _cases(text: str) -> list[str]:
    return [c.strip() for line in text.split("\n") for c in line.split("; ") if c]


def _run(T: Any, code: str, prelude: str = "") -> list[np.ndarray]:
    """The numbers of a result, and the next ones of the stream."""
    scope: dict[str, Any] = {"T": T}
    exec(prelude, scope)
    T.manual_seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = eval(code, scope)
    return [*_flat(out), _array(T.randint(0, 1000, (3,)))]


def _flat(value: Any) -> list[np.ndarray]:
    if isinstance(value, dict):
        return [_array(v) for v in value.values()]
    if isinstance(value, list | tuple):
        return [a for v in value for a in _flat(v)]
    return [_array(value)]


def _array(value: Any) -> np.ndarray:
    if not hasattr(value, "detach"):
        return np.asarray(value, np.float64)
    value = value.detach()
    wide = "complex128" if value.is_complex() else "float64"
    return value.to(
        getattr(own if isinstance(value, own.Tensor) else torch, wide)
    ).numpy()


def _same(code: str, prelude: str = "") -> None:
    theirs, ours = (_run(T, code, prelude) for T in (torch, own))
    assert len(theirs) == len(ours)
    for a, b in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(b, a, 2e-5, 2e-6)
        assert a.shape == b.shape


@pytest.mark.parametrize("code", _cases(DRAWS))
def test_draws(code: str) -> None:
    _same(f"T.{code}")


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("code", _cases(FILLS))
def test_fills(code: str, dtype: str) -> None:
    for n in (3, 20):
        _same(f"T.empty({n}, dtype=T.{dtype}).{code}")


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "bool"])
def test_fills_of_integers(dtype: str) -> None:
    for code in ("random_()", "random_(2)", "bernoulli_(0.4)"):
        _same(f"T.empty(5, dtype=T.{dtype}).{code}")


@pytest.mark.parametrize(
    "name",
    [
        "exponential_()",
        "cauchy_()",
        "log_normal_()",
        "random_()",
        "bernoulli_()",
        "geometric_(0.3)",
    ],
)
@pytest.mark.parametrize("dtype", ["complex64", "int64", "int8", "bool"])
def test_refused_dtypes(name: str, dtype: str) -> None:
    def outcome(T: Any) -> str:
        try:
            eval(f"T.empty(3, dtype=T.{dtype}).{name}")
        except Exception as e:
            return f"{type(e).__name__}: {e}"
        return "fills"

    assert outcome(own) == outcome(torch)


@pytest.mark.parametrize("code", _cases(MODULES))
def test_initial_weights(code: str) -> None:
    _same(f"T.nn.{code}.state_dict()")


@pytest.mark.parametrize("code", _cases(TRAINED))
def test_dropout_within_layers(code: str) -> None:
    _same(f"T.nn.{code}", "x = T.linspace(-1, 1, 48).view(2, 3, 8)")


def test_dropout_under_a_plan_sees_the_layout() -> None:
    _same(
        "[T.nn.Dropout(.5)(T.ones(4, 5).t() if i % 2 else T.ones(5, 4)) for i in range(30)]"
    )


@pytest.mark.parametrize("code", _cases(LOADING))
def test_loading(code: str) -> None:
    prelude = "import importlib as i; D = i.import_module(T.__name__ + '.utils.data')\n"
    _same(
        code,
        f"{prelude}s = D.TensorDataset(T.arange(10)); g = T.Generator().manual_seed(3)",
    )


@pytest.mark.parametrize("code", _cases(SAMPLES))
def test_samples(code: str) -> None:
    prelude = "D = T.distributions; v = T.tensor([.5, 2.])"
    for shape in ((), (3,), (2, 3)):
        _same(f"D.{code}.sample({shape})", prelude)


def test_states_are_the_same_bytes() -> None:
    def states(T: Any) -> list[bytes]:
        T.manual_seed(3)
        found = [T.get_rng_state().numpy().tobytes()]
        for draw in ("T.rand(3)", "T.rand(700)", "T.rand(622)", "T.rand(1)"):
            eval(draw)
            found.append(T.get_rng_state().numpy().tobytes())
        T.set_rng_state(T.from_numpy(np.frombuffer(found[1], np.uint8).copy()))
        return [*found, T.rand(3).numpy().tobytes()]

    assert states(own) == states(torch)


def test_a_state_has_the_second_of_a_pair() -> None:
    _same(
        "(T.randn(1), s := T.get_rng_state(), T.randn(3), T.set_rng_state(s), T.randn(3))[2::2]"
    )


def test_gradgradcheck_draws_as_many() -> None:
    _same(
        "(T.autograd.gradgradcheck(lambda a: (a**2, a.sum()), (x,)), T.rand(2))[1]",
        "x = T.tensor([.3, .7], dtype=T.double, requires_grad=True)",
    )


@pytest.mark.parametrize(
    "code",
    _cases("""
per_tensor_affine(x, 0.25, 1, 0, 4); per_tensor_affine(x, T.tensor(0.1), T.tensor(0, dtype=T.int32), -5, 5)
per_channel_affine(x, T.tensor([0.1, 0.2, 0.3]), T.tensor([0, 1, 2], dtype=T.int32), 0, -3, 3)
"""),
)
def test_fake_quantisation(code: str) -> None:
    prelude = "x = T.linspace(-1, 1, 9).view(3, 3).requires_grad_()"
    _same(
        f"(lambda y: (y, *T.autograd.grad(y.square().sum(), x)))(T.fake_quantize_{code})",
        prelude,
    )
