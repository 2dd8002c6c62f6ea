# ruff: noqa: E501 (a line a program)
"""What calls take: misuse of overloads, dtypes without kernels, matrices, `out=`.

Each line is tried with PyTorch and with isograd, and must have the same outcome.
"""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch", reason="PyTorch is the oracle")

MISUSE = r"""
torch.eq(1, 'a')
torch.eq(x, x, x)
torch.eq(x, other='a')
torch.eq(x, 'a', out=3)
x.eq('a')
x.lt([1])
x.lt((1.5,))
torch.sum(x, dim='a')
torch.sum(x, [1.5])
torch.sum(x, [0, 1.5], True)
x.sum(dim=(0, 1), keepdim=1)
x.sum(0, dim=0)
torch.exp()
torch.exp(1)
torch.exp(x, x)
torch.exp(input=1)
x.exp(1)
x.exp(foo=1)
torch.mm(x)
torch.mm(x, x, x)
torch.linalg.norm('a')
torch.special.expit('a')
torch.special.zeta('a', 2)
torch.fft.fft('a')
F.conv2d(x, 'a')
F.linear(x, 2)
x.view('a')
x.view((1.5,))
x.permute(0, 1.5)
torch.cat((x, 1))
torch.cat((x, x), dim='a')
torch.cat()
torch.clamp(x, 1, 'a')
torch.clamp(x, x, 2)
x.add('a')
x.add(1, 2, 3, 4)
torch.add(x, x, alpha='a')
torch.add(x)
x.add_('a')
x.transpose(0)
x.transpose(0, 'a')
torch.where(x > 0, 'a', 2)
torch.squeeze(x, 'a')
torch.gather(x, 0, 1)
x.scatter_(0, 'a', 1)
x.masked_fill(1, 1)
torch.cumsum(x, True)
torch.cumsum(x, torch.tensor(0))
torch.flip(x, (True,))
torch.flip(x, 0)
x.pow('a')
x.div('a', rounding_mode='floor')
x.float(3)
torch.topk(x, k='a')
torch.polygamma(x, 1)
torch.log10_(input='a')
torch.nn.functional.gelu(1)
torch.batch_norm(x, 1, 2)
torch.conv1d(x)
torch.inner(x, x.double())
""".strip().splitlines()
REFUSING = [
    "abs",
    "erf",
    "lgamma",
    "digamma",
    "floor",
    "sign",
    "argmax",
    "sort",
    "median",
    "celu",
    "selu",
    "hardshrink",
    "mean",
    "std",
    "logit",
    "deg2rad",
    "frac",
    "relu",
    "cov",
    "isneginf",
    "nansum",
    "fft.fft",
    "fft.rfft",
    "nn.functional.elu",
    "nn.functional.softplus",
    "nn.functional.mish",
    "nn.functional.pdist",
    "special.i1",
    "special.ndtri",
]
MATRICES = [
    "linalg.inv",
    "linalg.det",
    "linalg.slogdet",
    "linalg.cholesky",
    "linalg.cholesky_ex",
    "linalg.eigh",
    "linalg.eigvalsh",
    "linalg.ldl_factor",
    "cholesky_inverse",
    "logdet",
    "matrix_exp",
    "slogdet",
    "linalg.qr",
]
OUT = r"""
torch.abs(x, out=torch.empty(2, 3, dtype=torch.int64))
torch.floor(x, out=torch.empty(2, 3, dtype=torch.float64))
torch.exp(x, out=torch.empty(2, 3, dtype=torch.float64))
torch.exp(x, out=torch.empty(2, 3, dtype=torch.int64))
torch.arccos(p, out=torch.empty(2, 3))
torch.trapezoid(torch.tensor([1, 2, 4]))
x.to(memory_format=torch.channels_last)
q.to(memory_format=torch.channels_last).stride()
q.double(memory_format=torch.channels_last).stride()
torch.abs(q.to(memory_format=torch.channels_last)).stride()
""".strip().splitlines()
WRITES = r"""
x.long().bitwise_and_(x)
x.bool().atan2_(x.to(torch.complex64))
x.bool().ge_(x.to(torch.complex64))
x.half().gcd_(x)
torch.gcd(x, x)
torch.bitwise_or(x.long(), x)
""".strip().splitlines()
LAYERS = r"""
torch.batch_norm(y, torch.ones(3), torch.zeros(3), torch.zeros(3), torch.ones(3), True, 0.1, 1e-5, False)
torch.layer_norm(x, (3,), torch.ones(3), torch.zeros(3), 1e-5, False)
torch.instance_norm(y, None, None, None, None, True, 0.1, 1e-5, False)
torch.embedding(y[0], torch.tensor([0, 1]))
torch.dropout(x, 0.0, True)
torch.cosine_embedding_loss(x, x, torch.ones(2))
torch.margin_ranking_loss(x, x, x)
torch.margin_ranking_loss(x, x, x, 0.5, 1)
torch.binary_cross_entropy_with_logits(x, x, reduction=2)
F.conv1d(x[0], y)
F.conv2d(x, x)
""".strip().splitlines()
SETUP = """
D = (torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.complex64)
x = torch.tensor([[0.5, -1.5, 2.0], [3.25, -0.75, 1.0]])
p = x.clone().requires_grad_()
y = (torch.arange(24.0) * 7 % 5).reshape(2, 3, 4)
q = torch.arange(24.0).reshape(2, 3, 2, 2)
"""


def tried(*lines: str) -> str:
    return SETUP + "\n".join(f"attempt(lambda: {line})" for line in lines)


@pytest.mark.parametrize(
    "lines",
    [MISUSE[:20], MISUSE[20:40], MISUSE[40:], OUT, WRITES, LAYERS],
    ids=["misuse", "misuse-2", "misuse-3", "out", "writes", "layers"],
)
def test_the_same_outcome(lines: list[str]) -> None:
    assert_same(tried(*lines))


@pytest.mark.parametrize("name", REFUSING)
def test_the_same_dtypes_are_refused(name: str) -> None:
    dtypes = ["bool", "uint8", "int64", "float16", "bfloat16", "complex64"]
    assert_same(tried(*(f"torch.{name}(x.to(torch.{d})) is None" for d in dtypes)))


@pytest.mark.parametrize("name", MATRICES)
def test_the_same_matrices_are_refused(name: str) -> None:
    shapes = ("x", "x[0]", "x[0, 0]", "x.long()", "x[:, :2].long()", "x[:, :2].half()")
    assert_same(tried(*(f"torch.{name}({s}) is None" for s in shapes)))


def test_arithmetic_warns_of_nothing_whatever_the_filters() -> None:
    assert_same("""
import warnings
with warnings.catch_warnings(record=True) as found:
    warnings.simplefilter("always")
    torch.log(torch.zeros(2)); torch.zeros(2) / 0; torch.tensor([-1.0]).sqrt()
print(len(found))
""")


def test_misuse_is_told_after_plans_too() -> None:
    assert_same("""
x = torch.ones(2, 3)
for _ in range(20): x.sum(dim=1); torch.exp(x); x.add(x)
attempt(lambda: x.sum(dim="a")); attempt(lambda: torch.exp(x, x))
attempt(lambda: torch.exp(input=1)); attempt(lambda: x.add("a"))
""")


def test_elements_of_a_list_are_looked_at_each_time() -> None:
    assert_same("""
x = torch.ones(2, 3)
for _ in range(20): x.view((3, 2)); x.permute((1, 0))
attempt(lambda: x.view((1.5,))); attempt(lambda: x.permute((1.5, 0)))
attempt(lambda: x.view([3, "a"]))
""")
