# ruff: noqa: E501 (tables and snippets are compact)
"""torch.distributions held against PyTorch: values, gradients, texts, samples."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import isograd.torch as own
from tests.oracle.twosided import assert_same

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _arguments_are_checked() -> None:
    """The real torch.compile turns the checks off for the whole process."""
    for framework in (torch, own):
        framework.distributions.Distribution.set_default_validate_args(True)


POSITIVE = [0.7, 1.6, 2.9]
REAL = [-0.8, 0.3, 1.4]
UNIT = [0.2, 0.55, 0.83]
COUNTS = [0.0, 1.0, 3.0]
SIMPLEX = [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]
COV = [[2.0, 0.4, 0.1], [0.4, 1.5, -0.3], [0.1, -0.3, 1.2]]
TRIL = [[1.2, 0.0, 0.0], [0.3, 0.9, 0.0], [-0.2, 0.4, 1.1]]
CORR = np.linalg.cholesky([[1.0, 0.3, -0.2], [0.3, 1.0, 0.1], [-0.2, 0.1, 1.0]])
ROWS = [[0.1, -0.5, 0.8], [1.0, 0.2, -0.3]]

# name: (constructor of D and parameters, parameters, values in the support)
CASES: dict[str, tuple[Callable[..., Any], list[Any], Any]] = {
    "Normal": (lambda D, a, b: D.Normal(a, b), [REAL, POSITIVE], REAL),
    "Laplace": (lambda D, a, b: D.Laplace(a, b), [REAL, POSITIVE], [0.5, -0.2, 2.0]),
    "Cauchy": (lambda D, a, b: D.Cauchy(a, b), [REAL, POSITIVE], [0.5, -0.2, 2.0]),
    "Gumbel": (lambda D, a, b: D.Gumbel(a, b), [REAL, POSITIVE], [0.5, -0.2, 2.0]),
    "Exponential": (lambda D, a: D.Exponential(a), [POSITIVE], [0.3, 0.1, 2.0]),
    "Gamma": (lambda D, a, b: D.Gamma(a, b), [POSITIVE, UNIT], [0.3, 0.1, 2.0]),
    "Chi2": (lambda D, a: D.Chi2(a), [POSITIVE], [0.3, 0.1, 2.0]),
    "Beta": (lambda D, a, b: D.Beta(a, b), [POSITIVE, [2.1, 0.6, 3.0]], UNIT),
    "StudentT": (
        lambda D, d, a, b: D.StudentT(d, a, b),
        [[0.9, 1.6, 4.0], REAL, POSITIVE],
        [0.5, -0.2, 2.0],
    ),
    "Uniform": (
        lambda D, a, b: D.Uniform(a, b),
        [REAL, [0.5, 1.0, 2.0]],
        [0.1, 0.5, 1.9],
    ),
    "FisherSnedecor": (
        lambda D, a, b: D.FisherSnedecor(a, b),
        [[1.5, 3.0, 5.0], [2.5, 4.5, 8.0]],
        POSITIVE,
    ),
    "GeneralizedPareto": (
        lambda D, a, b, c: D.GeneralizedPareto(a, b, c),
        [REAL, POSITIVE, [0.2, 0.4, -0.3]],
        [0.5, 1.0, 2.0],
    ),
    "VonMises": (lambda D, a, b: D.VonMises(a, b), [REAL, POSITIVE], [0.5, -0.2, 2.0]),
    "HalfNormal": (lambda D, a: D.HalfNormal(a), [POSITIVE], [0.3, 0.1, 2.0]),
    "HalfCauchy": (lambda D, a: D.HalfCauchy(a), [POSITIVE], [0.3, 0.1, 2.0]),
    "LogNormal": (lambda D, a, b: D.LogNormal(a, b), [REAL, POSITIVE], POSITIVE),
    "Pareto": (
        lambda D, a, b: D.Pareto(a, b),
        [POSITIVE, [0.8, 1.5, 3.0]],
        [1.0, 2.0, 4.0],
    ),
    "Weibull": (
        lambda D, a, b: D.Weibull(a, b),
        [POSITIVE, [1.5, 0.8, 3.0]],
        [1.0, 2.0, 4.0],
    ),
    "InverseGamma": (
        lambda D, a, b: D.InverseGamma(a, b),
        [[0.7, 1.6, 2.9], POSITIVE],
        [1.0, 2.0, 0.4],
    ),
    "Kumaraswamy": (
        lambda D, a, b: D.Kumaraswamy(a, b),
        [POSITIVE, [2.1, 1.4, 3.0]],
        UNIT,
    ),
    "Poisson": (lambda D, a: D.Poisson(a), [POSITIVE], COUNTS),
    "Bernoulli": (lambda D, a: D.Bernoulli(a), [UNIT], [0.0, 1.0, 1.0]),
    "Bernoulli logits": (lambda D, a: D.Bernoulli(logits=a), [REAL], [0.0, 1.0, 1.0]),
    "Geometric": (lambda D, a: D.Geometric(a), [UNIT], COUNTS),
    "Geometric logits": (lambda D, a: D.Geometric(logits=a), [REAL], COUNTS),
    "Binomial": (lambda D, a: D.Binomial(4, a), [UNIT], COUNTS),
    "Binomial logits": (lambda D, a: D.Binomial(4, logits=a), [REAL], COUNTS),
    "NegativeBinomial": (
        lambda D, a, b: D.NegativeBinomial(a, b),
        [POSITIVE, UNIT],
        COUNTS,
    ),
    "NegativeBinomial logits": (
        lambda D, a, b: D.NegativeBinomial(a, logits=b),
        [POSITIVE, REAL],
        COUNTS,
    ),
    "ContinuousBernoulli": (
        lambda D, a: D.ContinuousBernoulli(a),
        [[0.2, 0.5005, 0.83]],
        UNIT,
    ),
    "Categorical": (lambda D, a: D.Categorical(a), [SIMPLEX], [2, 0]),
    "Categorical logits": (lambda D, a: D.Categorical(logits=a), [ROWS], [2, 0]),
    "OneHotCategorical": (
        lambda D, a: D.OneHotCategorical(a),
        [SIMPLEX],
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
    ),
    "Multinomial": (
        lambda D, a: D.Multinomial(5, a),
        [SIMPLEX],
        [[2.0, 1.0, 2.0], [0.0, 4.0, 1.0]],
    ),
    "Dirichlet": (
        lambda D, a: D.Dirichlet(a),
        [[[0.7, 1.6, 2.9], [0.5, 0.4, 0.9]]],
        SIMPLEX,
    ),
    "MultivariateNormal": (
        lambda D, a, b: D.MultivariateNormal(a, b),
        [ROWS, COV],
        [[0.4, 0.0, 1.0], [0.0, 1.0, 2.0]],
    ),
    "MultivariateNormal precision": (
        lambda D, a, b: D.MultivariateNormal(a, precision_matrix=b),
        [ROWS, COV],
        [[0.4, 0.0, 1.0], [0.0, 1.0, 2.0]],
    ),
    "MultivariateNormal tril": (
        lambda D, a, b: D.MultivariateNormal(a, scale_tril=b),
        [ROWS, TRIL],
        [[0.4, 0.0, 1.0], [0.0, 1.0, 2.0]],
    ),
    "LowRankMultivariateNormal": (
        lambda D, a, b, c: D.LowRankMultivariateNormal(a, b, c),
        [ROWS, [[1.0, 0.2], [0.3, -0.4], [0.0, 0.5]], POSITIVE],
        [[0.4, 0.0, 1.0], [0.0, 1.0, 2.0]],
    ),
    "Wishart": (lambda D, a, b: D.Wishart(a, b), [[3.5, 5.0], COV], COV),
    "LKJCholesky": (lambda D, a: D.LKJCholesky(3, a), [POSITIVE], CORR),
    "LogisticNormal": (
        lambda D, a, b: D.LogisticNormal(a, b),
        [ROWS, [0.5, 1.0, 1.5]],
        [[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.3, 0.2]],
    ),
    "RelaxedBernoulli": (
        lambda D, a, t: D.RelaxedBernoulli(t, a),
        [UNIT, 0.6],
        UNIT,
    ),
    "RelaxedOneHotCategorical": (
        lambda D, a, t: D.RelaxedOneHotCategorical(t, logits=a),
        [ROWS, 0.6],
        SIMPLEX,
    ),
    "Independent": (
        lambda D, a, b: D.Independent(D.Normal(a, b), 1),
        [ROWS, POSITIVE],
        [[0.4, 0.0, 1.0], [0.0, 1.0, 2.0]],
    ),
    "MixtureSameFamily": (
        lambda D, w, a, b: D.MixtureSameFamily(D.Categorical(w), D.Normal(a, b)),
        [UNIT, REAL, POSITIVE],
        [0.5, -0.2],
    ),
    "MixtureSameFamily of vectors": (
        lambda D, w, a, b: D.MixtureSameFamily(
            D.Categorical(w), D.Independent(D.Normal(a, b), 1)
        ),
        [[0.3, 0.7], ROWS, POSITIVE],
        [[0.4, 0.0, 1.0], [0.0, 1.0, 2.0]],
    ),
    "TransformedDistribution": (
        lambda D, a, b: D.TransformedDistribution(
            D.Normal(a, b),
            [D.SigmoidTransform(), D.AffineTransform(1.0, -2.0), D.TanhTransform()],
        ),
        [REAL, POSITIVE],
        [-0.5, 0.1, 0.6],
    ),
}
SPECIAL = {
    # compares its parameters with a float32 zero, and so refuses float64
    "GeneralizedPareto": (np.float32, 1e-4),
    # approximates Bessel functions by polynomials of 7 digits
    "VonMises": (np.float64, 1e-5),
}
UNSPECIFIED = [
    # PyTorch's derivative has entries above the diagonal, where nothing is read
    ("MultivariateNormal tril", "precision_matrix"),
    ("MultivariateNormal tril", "covariance_matrix"),
]
OF_VALUE = ("log_prob", "cdf")
OF_PROBABILITY = ("icdf",)
PROPERTIES = ("mean", "mode", "variance", "stddev")
METHODS = ("entropy", "perplexity", "enumerate_support")
EXTRA = (
    "probs",
    "logits",
    "covariance_matrix",
    "precision_matrix",
    "scale_tril",
    "param_shape",
    "batch_shape",
    "event_shape",
    "support",
    "has_rsample",
    "has_enumerate_support",
    "arg_constraints",
)


def leaves(t: Any, listed: list[Any], kind: Any = np.float64) -> list[Any]:
    return [t.tensor(np.asarray(x, kind), requires_grad=True) for x in listed]


def attempt(f: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f()
        except Exception as error:
            return error


def asked(t: Any, d: Any, what: str, value: Any) -> Any:
    if what in OF_VALUE:
        return attempt(lambda: getattr(d, what)(value))
    if what in OF_PROBABILITY:
        q = t.tensor(np.full(tuple(d.batch_shape), 0.3), requires_grad=True)
        return attempt(lambda: getattr(d, what)(q))
    found = attempt(lambda: getattr(d, what))
    return attempt(found) if what in METHODS else found


def gradients(t: Any, out: Any, xs: list[Any]) -> list[Any]:
    if not out.requires_grad:
        return []
    weights = np.cos(np.arange(out.numel())).reshape(tuple(out.shape))
    total = (out * t.tensor(weights)).sum()
    try:
        grads = t.autograd.grad(total, xs, retain_graph=True, allow_unused=True)
    except NotImplementedError:  # igamma in its first argument
        return ["not implemented"] * len(xs)
    return [None if g is None else np.asarray(g.tolist()) for g in grads]


def plain(x: Any) -> str:
    """The text, with PyTorch's names of modules."""
    return str(x).replace("isograd.torch", "torch")


def compare(
    mine: Any, theirs: Any, xs: list[Any], ys: list[Any], rtol: float = 1e-6
) -> None:
    if isinstance(theirs, Exception):
        assert type(mine).__name__ == type(theirs).__name__, mine
        assert plain(mine) == str(theirs)
        return
    if not isinstance(theirs, torch.Tensor):
        assert plain(mine) == str(theirs)
        return
    assert not isinstance(mine, Exception), mine
    assert str(mine.dtype) == str(theirs.dtype)
    expected = theirs.detach().numpy()
    np.testing.assert_allclose(np.asarray(mine.tolist()), expected, rtol, rtol / 10)
    assert mine.requires_grad == theirs.requires_grad
    for a, b in zip(
        gradients(own, mine, xs), gradients(torch, theirs, ys), strict=True
    ):
        if isinstance(b, str):
            assert a == b
        elif b is None or a is None:
            assert np.all((a if b is None else b) == 0) or a is b
        else:
            np.testing.assert_allclose(a, b, rtol, rtol / 10)


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name: str) -> None:
    make, parameters, points = CASES[name]
    kind, rtol = SPECIAL.get(name, (np.float64, 1e-6))
    integers = "Categorical" in name and np.asarray(points).dtype.kind == "i"
    results = []
    for t in (own, torch):
        xs = leaves(t, parameters, kind)
        value = t.tensor(np.asarray(points, None if integers else kind))
        if not integers:
            value.requires_grad_()
        results.append((make(t.distributions, *xs), xs, value))
    (d, xs, v), (e, ys, w) = results
    assert str(d) == str(e)
    for what in (*OF_VALUE, *OF_PROBABILITY, *PROPERTIES, *METHODS, *EXTRA):
        if (name, what) in UNSPECIFIED:
            continue
        mine, theirs = asked(own, d, what, v), asked(torch, e, what, w)
        with_value = what in OF_VALUE and not integers
        try:
            compare(
                mine,
                theirs,
                [*xs, v] if with_value else xs,
                [*ys, w] if with_value else ys,
                rtol,
            )
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from None
    batch = (2, *tuple(e.batch_shape))
    compare(
        asked(own, d.expand(batch), "log_prob", v),
        asked(torch, e.expand(batch), "log_prob", w),
        xs,
        ys,
        rtol,
    )
    assert str(d.expand(batch)) == str(e.expand(batch))


# these have no moments, or moments of another kind (on the circle)
WITHOUT = ("Cauchy", "HalfCauchy", "LKJCholesky", "VonMises")
SAMPLED = [n for n in CASES if n not in WITHOUT]


@pytest.mark.parametrize("name", SAMPLED)
def test_samples_have_the_moments(name: str) -> None:
    make, parameters, _ = CASES[name]
    d = make(own.distributions, *leaves(own, parameters))
    own.manual_seed(1)
    n = 4000
    x = d.sample((n,))
    assert tuple(x.shape) == (n, *d.batch_shape, *d.event_shape)
    assert not x.requires_grad
    assert bool(d.support.check(x).all())
    mean, var = attempt(lambda: d.mean), attempt(lambda: d.variance)
    if isinstance(mean, Exception) or isinstance(var, Exception):
        return
    mean, var = np.asarray(mean.tolist()), np.asarray(var.tolist())
    usable = np.isfinite(mean) & np.isfinite(var) & (var > 0)
    if name in ("FisherSnedecor", "Pareto", "InverseGamma", "StudentT"):
        usable &= var < 10  # heavy tails
    found = np.asarray(x.to(own.float64).mean(0).tolist())
    off = np.abs(found - mean) / np.sqrt(np.where(usable, var, 1) / n)
    assert np.all(off[usable] < 5), (found, mean)


REPARAMETRISED = ("Gamma", "Beta", "Dirichlet", "StudentT", "Chi2", "FisherSnedecor")


@pytest.mark.parametrize("name", REPARAMETRISED)
def test_path_derivatives_of_means(name: str) -> None:
    """The derivative of a mean of samples estimates that of the mean."""
    make, parameters, _ = CASES[name]
    lift = {"StudentT": 4.0, "FisherSnedecor": 6.0}.get(name, 0.5)
    xs = leaves(own, [np.asarray(p) + lift for p in parameters])
    d = make(own.distributions, *xs)
    own.manual_seed(3)
    found = []
    for _ in range(20):
        loss = d.rsample((1000,)).mean(0).sum()
        grads = own.autograd.grad(loss, xs, retain_graph=True)
        found.append([np.asarray(g.tolist()) for g in grads])
    exact = own.autograd.grad(d.mean.sum(), xs, allow_unused=True)
    for i, b in enumerate(exact):
        estimates = np.stack([f[i] for f in found])
        error = estimates.std(0) / np.sqrt(len(found)) + 1e-6
        b = 0.0 if b is None else np.asarray(b.tolist())
        assert np.all(np.abs(estimates.mean(0) - b) < 5 * error)


PAIRS = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "ContinuousBernoulli",
    "Dirichlet",
    "Exponential",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "Laplace",
    "LowRankMultivariateNormal",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "Pareto",
    "Poisson",
    "Uniform",
    "Independent",
    "LogNormal",
    "Chi2",
    "StudentT",
]


@pytest.mark.parametrize("left", PAIRS)
def test_divergences(left: str) -> None:
    for right in PAIRS:
        outs = []
        for t in (own, torch):
            xs = leaves(t, CASES[left][1])
            ys = leaves(t, [np.asarray(p) * 1.1 for p in CASES[right][1]])
            p = CASES[left][0](t.distributions, *xs)
            q = attempt(lambda r=right, t=t, ys=ys: CASES[r][0](t.distributions, *ys))
            kl = attempt(lambda t=t, p=p, q=q: t.distributions.kl_divergence(p, q))
            outs.append((kl, [*xs, *ys]))
        (mine, xs), (theirs, ys) = outs
        try:
            compare(mine, theirs, xs, ys)
        except AssertionError as error:
            raise AssertionError(f"KL({left} || {right}): {error}") from None


TRANSFORMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "Exp": (lambda D: D.ExpTransform(), REAL),
    "Sigmoid": (lambda D: D.SigmoidTransform(), REAL),
    "Tanh": (lambda D: D.TanhTransform(), REAL),
    "Softplus": (lambda D: D.SoftplusTransform(), REAL),
    "Abs": (lambda D: D.AbsTransform(), REAL),
    "Affine": (lambda D: D.AffineTransform(0.5, -2.0), REAL),
    "Affine event": (lambda D: D.AffineTransform(0.5, -2.0, 1), ROWS),
    "Softmax": (lambda D: D.SoftmaxTransform(), ROWS),
    "StickBreaking": (lambda D: D.StickBreakingTransform(), ROWS),
    "LowerCholesky": (lambda D: D.LowerCholeskyTransform(), COV),
    "PositiveDefinite": (lambda D: D.PositiveDefiniteTransform(), COV),
    "CorrCholesky": (lambda D: D.CorrCholeskyTransform(), ROWS),
    "Independent": (lambda D: D.IndependentTransform(D.ExpTransform(), 1), ROWS),
    "Reshape": (lambda D: D.ReshapeTransform((3,), (3, 1)), ROWS),
    "Compose": (
        lambda D: D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)]),
        REAL,
    ),
    "Stack": (
        lambda D: D.StackTransform(
            [D.ExpTransform(), D.TanhTransform(), D.identity_transform], dim=-1
        ),
        ROWS,
    ),
    "Cat": (
        lambda D: D.CatTransform(
            [D.ExpTransform(), D.TanhTransform()], dim=-1, lengths=[1, 2]
        ),
        ROWS,
    ),
    "Cumulative": (
        lambda D: D.CumulativeDistributionTransform(D.Normal(0.0, 1.0)),
        REAL,
    ),
    "biject interval": (lambda D: D.biject_to(D.constraints.interval(-1.0, 3.0)), REAL),
    "biject less": (lambda D: D.biject_to(D.constraints.less_than(2.0)), REAL),
    "biject simplex": (lambda D: D.biject_to(D.constraints.simplex), ROWS),
    "transform simplex": (lambda D: D.transform_to(D.constraints.simplex), ROWS),
    "transform cholesky": (lambda D: D.transform_to(D.constraints.lower_cholesky), COV),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name: str) -> None:
    make, points = TRANSFORMS[name]
    outs = []
    for t in (own, torch):
        f = make(t.distributions)
        (x,) = leaves(t, [points])
        y = f(x)
        back = attempt(lambda f=f, y=y: f.inv(y))
        log_det = attempt(lambda f=f, x=x, y=y: f.log_abs_det_jacobian(x, y))
        sign = attempt(lambda f=f: f.sign)
        facts = (
            str(f),
            str(f.domain),
            str(f.codomain),
            f.bijective,
            f.inv.inv is f,
            tuple(f.forward_shape(tuple(x.shape))),
            tuple(f.inverse_shape(tuple(y.shape))),
            str(sign) if not isinstance(sign, Exception) else type(sign).__name__,
        )
        outs.append((x, (y, back, log_det), facts))
    (x, mine, facts), (z, theirs, expected) = outs
    assert facts == expected
    for a, b in zip(mine, theirs, strict=True):
        compare(a, b, [x], [z])


SNIPPETS = {
    "nodes": r"""
D=torch.distributions; T=torch.tensor
x=T([.5,2.],requires_grad=True); y=T([.3,.6],requires_grad=True)
for d in (D.Normal(x,x),D.Exponential(x),D.Gamma(x,x),D.Beta(x,y),D.Bernoulli(y),D.Laplace(x,x),D.Poisson(x),D.Cauchy(x,x),D.StudentT(x,x,x)):
    print(type(d).__name__, d.log_prob(T([1.,1.])))
for d in (D.Normal(x,x),D.Exponential(x),D.Laplace(x,x),D.Cauchy(x,x)): print(d.entropy(), d.cdf(T([1.,1.])), d.mean, d.variance, d.stddev)
print(D.Categorical(y).log_prob(T(1)), D.Categorical(logits=x).entropy(), D.Categorical(logits=x).probs, D.Categorical(y).logits)
print(D.kl_divergence(D.Normal(x,x),D.Normal(T(0.),T(1.))), D.kl_divergence(D.Categorical(y),D.Categorical(T([.5,.5]))))
print(D.MultivariateNormal(x,torch.eye(2)).log_prob(T([0.,1.])), D.Dirichlet(x).log_prob(T([.4,.6])))
print(D.Independent(D.Normal(x,x),1).log_prob(T([0.,1.])))
print(D.Normal(x,x).rsample().grad_fn.name(), D.Gamma(x,x).rsample().grad_fn.name(), D.Uniform(T(0.),x).rsample().grad_fn.name(), D.Exponential(x).rsample().grad_fn.name(), D.Normal(x,x).sample().requires_grad)
""",
    "errors": r"""
D=torch.distributions; T=torch.tensor
for f in (lambda: D.Normal(0.,-1.), lambda: D.Normal(torch.zeros(2),T([1.,-1.])), lambda: D.Normal('a',1.), lambda: D.Normal(torch.zeros(2),torch.ones(3)), lambda: D.Bernoulli(), lambda: D.Bernoulli(.3,.4), lambda: D.Categorical(T(.3)), lambda: D.Categorical(T([-.1,.3])), lambda: D.Uniform(1.,0.), lambda: D.Dirichlet(T(1.)), lambda: D.MultivariateNormal(torch.zeros(2)), lambda: D.MultivariateNormal(torch.zeros(2),torch.zeros(2)), lambda: D.MultivariateNormal(T(0.),torch.zeros(2,2)), lambda: D.MultivariateNormal(torch.zeros(2),T([[1.,2.],[2.,1.]])), lambda: D.Multinomial(T([2]),torch.ones(2)), lambda: D.Geometric(0.), lambda: D.LKJCholesky(1), lambda: D.Independent(D.Normal(0.,1.),1), lambda: D.MixtureSameFamily(D.Normal(0.,1.),D.Normal(0.,1.)), lambda: D.MixtureSameFamily(D.Categorical(torch.ones(2)),D.Normal(torch.zeros(3),1.)), lambda: D.TransformedDistribution(D.Normal(0.,1.),[1]), lambda: D.TransformedDistribution(D.Normal(0.,1.),D.StickBreakingTransform()), lambda: D.Wishart(T(.5),torch.eye(2)), lambda: D.LowRankMultivariateNormal(torch.zeros(2),torch.zeros(3,1),torch.ones(2)), lambda: D.Normal(0.), lambda: D.Normal(0.,1.,2,3), lambda: D.Binomial(T([2,3]),T(.3)).enumerate_support(), lambda: D.AffineTransform(0,1,cache_size=3), lambda: D.biject_to(3), lambda: D.biject_to(D.constraints.boolean), lambda: D.Normal(torch.zeros(2),1.).log_prob(torch.zeros(3)), lambda: D.Normal(torch.zeros(3),1.).expand((2,)), lambda: D.kl_divergence(D.VonMises(T(0.),T(1.)),D.Normal(0.,1.)), lambda: D.Exponential(1.).log_prob(T(-1.)), lambda: D.Normal(0.,1.).log_prob(1), lambda: D.Normal(0.,1.).enumerate_support(), lambda: D.Bernoulli(.5).rsample(), lambda: D.Exponential(-1.,validate_args=False), lambda: D.Normal(float('nan'),1.), lambda: D.Poisson(2.).log_prob(T(1.5))): attempt(f)
""",
    "own_classes": r"""
D=torch.distributions
class My(D.Normal):
    def __init__(self): super().__init__(0.,1.)
attempt(lambda: My().expand((2,))); print(My())
class E(D.Distribution): pass
for f in (lambda: E(), lambda: E().log_prob(1), lambda: E().sample(), lambda: E().mean, lambda: E().mode): 
    try: f()
    except NotImplementedError as e: print('NotImplementedError', str(e)[-20:])
class U(D.Distribution):
    arg_constraints={'a':D.constraints.positive}; support=D.constraints.real; has_rsample=True
    def __init__(self,a,validate_args=None): self.a=a; super().__init__(a.shape,validate_args=validate_args)
    def rsample(self,shape=torch.Size()): return self.a*torch.ones(self._extended_shape(shape))
    def log_prob(self,v):
        if self._validate_args: self._validate_sample(v)
        return v*self.a
u=U(torch.tensor([1.,2.])); print(u, u.sample((2,)), u.log_prob(torch.tensor(1.))); attempt(lambda: U(torch.tensor([-1.]))); attempt(lambda: u.log_prob(torch.tensor(float('nan'))))
@D.register_kl(U,U)
def _kl(p,q): return p.a-q.a
print(D.kl_divergence(u,u))
class F(D.ExponentialFamily):
    arg_constraints={}
    def __init__(self,r): self.r=r; super().__init__(r.shape)
    _natural_params=property(lambda s:(-s.r,)); _mean_carrier_measure=0
    def _log_normalizer(self,x): return -torch.log(-x)
print(F(torch.tensor([.5,2.])).entropy(), D.kl_divergence(F(torch.tensor([.5])),F(torch.tensor([2.]))))
Normal=D.normal.Normal; probs_to_logits=D.utils.probs_to_logits; constraints,transforms,kl=D.constraints,D.transforms,D.kl
print(D.multivariate_normal.MultivariateNormal is D.MultivariateNormal, D.utils.broadcast_all(1.,torch.zeros(2)))
print(Normal is D.Normal, kl.kl_divergence(Normal(0.,1.),Normal(1.,1.)), probs_to_logits(torch.tensor([.2,.8])), constraints.positive, transforms.ExpTransform()==transforms.ExpTransform())
D.Distribution.set_default_validate_args(False); print(D.Normal(0.,-1.)); D.Distribution.set_default_validate_args(True)
""",
    "inside_of_transforms": r"""
Normal=torch.distributions.Normal
print(torch.func.vmap(lambda m: Normal(m,1.).log_prob(torch.tensor(0.)))(torch.tensor([0.,1.])))
print(torch.func.grad(lambda m: Normal(m,1.,validate_args=False).log_prob(torch.tensor(2.)))(torch.tensor(.5)))
print(torch.autograd.functional.hessian(lambda m: Normal(m,1.).log_prob(torch.tensor([1.,2.])).sum(), torch.zeros(2)))
print(torch.distributions.Gamma(2,1).log_prob(1.), Normal(torch.zeros(2,dtype=torch.float64),1.).log_prob(torch.zeros(2)).dtype)
""",
    "training": r"""
# a variational fit: the reparametrised gradient against the exact one
mu=torch.tensor(0.5,requires_grad=True); rho=torch.tensor(0.1,requires_grad=True)
q=torch.distributions.Normal(mu, torch.nn.functional.softplus(rho)); p=torch.distributions.Normal(0.,1.)
kl=torch.distributions.kl_divergence(q,p); kl.backward(); print(kl, mu.grad, rho.grad)
# policy gradient on given actions
logits=torch.tensor([[1.,2.,.5],[0.,-1.,1.]],requires_grad=True); d=torch.distributions.Categorical(logits=logits)
loss=-(d.log_prob(torch.tensor([2,0]))*torch.tensor([1.,-.5])).mean()-0.01*d.entropy().mean(); loss.backward(); print(loss, logits.grad)
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])


def test_entropy_is_the_mean_of_minus_log_prob() -> None:
    own.manual_seed(0)
    d = own.distributions.Gamma(own.tensor(2.5), own.tensor(1.5))
    found = -d.log_prob(d.sample((20_000,))).mean()
    assert math.isclose(float(found), float(d.entropy()), abs_tol=0.03)
