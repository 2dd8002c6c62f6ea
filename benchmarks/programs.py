"""The benchmark programs: each is written once for isograd and once for each peer.

A program is a function of a peer's namespace that gives a callable without arguments;
calling it does the work once.  Inputs are the same for all peers.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Work = Callable[[], Any]


class Program(NamedTuple):
    """A row of the table: `makers` by peer, the bound that must hold, and repeats."""

    name: str
    makers: dict[str, Callable[[], Work]]
    bound: str = ""
    repeats: int = 7


def _torch(name: str) -> Any:
    if name.startswith("isograd"):
        return importlib.import_module("isograd.torch")
    return importlib.import_module("torch")


# --- x * x * y and both gradients -----------------------------------------------------


def xxy_eager(peer: str) -> Work:
    torch = _torch(peer)
    x = torch.tensor(2.0, requires_grad=True)
    y = torch.tensor(3.0, requires_grad=True)
    grad = torch.autograd.grad

    def work() -> Any:
        return grad(x * x * y, (x, y))

    return work


def xxy_isograd_compiled() -> Work:
    import isograd

    f = isograd.compile(isograd.value_and_grad(lambda x, y: x * x * y, (0, 1)))
    x, y = np.array(2.0, "f4"), np.array(3.0, "f4")
    return lambda: f(x, y)


def xxy_jax() -> Work:
    import jax

    f = jax.jit(jax.value_and_grad(lambda x, y: x * x * y, (0, 1)))
    x, y = jax.numpy.float32(2.0), jax.numpy.float32(3.0)
    return lambda: jax.block_until_ready(f(x, y))


# --- a chain of small multiplications -------------------------------------------------


def chain_eager(peer: str, length: int = 100) -> Work:
    torch = _torch(peer)
    x = torch.tensor(2.0, requires_grad=True)
    y = torch.tensor(1.0)
    grad = torch.autograd.grad

    def work() -> Any:
        z = x
        for _ in range(length):
            z = z * y
        return grad(z, x)

    return work


def _chain(x: Any, y: Any) -> Any:
    for _ in range(100):
        x = x * y
    return x


def chain_isograd_compiled() -> Work:
    import isograd

    f = isograd.compile(isograd.value_and_grad(_chain))
    x, y = np.array(2.0, "f4"), np.array(1.0, "f4")
    return lambda: f(x, y)


def chain_jax() -> Work:
    import jax

    f = jax.jit(jax.value_and_grad(_chain))
    x, y = jax.numpy.float32(2.0), jax.numpy.float32(1.0)
    return lambda: jax.block_until_ready(f(x, y))


# --- Black-Scholes --------------------------------------------------------------------


def _options(n: int = 1_000_000) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    ranges = [(80, 120), (80, 120), (0.2, 2), (0.01, 0.05), (0.1, 0.5)]
    return [rng.uniform(lo, hi, n).astype("f4") for lo, hi in ranges]


def black_scholes(np_: Any, erf: Any, s: Any, k: Any, t: Any, r: Any, v: Any) -> Any:
    """Sum of call prices (Black and Scholes 1973, equation 13)."""
    root = v * np_.sqrt(t)
    d1 = (np_.log(s / k) + (r + 0.5 * v * v) * t) / root
    d2 = d1 - root
    half = 0.7071067811865476
    n1 = 0.5 * (1.0 + erf(d1 * half))
    n2 = 0.5 * (1.0 + erf(d2 * half))
    return np_.sum(s * n1 - k * np_.exp(-r * t) * n2)


def bs_isograd() -> Work:
    import isograd
    import isograd.numpy as inp

    def price(*args: Any) -> Any:
        return black_scholes(inp, inp.erf, *args)

    f = isograd.compile(isograd.value_and_grad(price, (0, 1, 2, 3, 4)))
    args = _options()
    return lambda: f(*args)


def bs_torch(compiled: bool) -> Work:
    import torch

    def price(*args: Any) -> Any:
        return black_scholes(torch, torch.erf, *args)

    fn = torch.compile(price) if compiled else price
    args = [torch.tensor(a, requires_grad=True) for a in _options()]
    return lambda: torch.autograd.grad(fn(*args), args)


def bs_dialect(compiled: bool) -> Work:
    import isograd.torch as torch

    def price(*args: Any) -> Any:
        return black_scholes(torch, torch.erf, *args)

    fn = torch.compile(price) if compiled else price
    args = [torch.tensor(a, requires_grad=True) for a in _options()]
    return lambda: torch.autograd.grad(fn(*args), args)


def bs_jax() -> Work:
    import jax

    def price(*args: Any) -> Any:
        return black_scholes(jax.numpy, jax.scipy.special.erf, *args)

    f = jax.jit(jax.value_and_grad(price, (0, 1, 2, 3, 4)))
    args = [jax.numpy.asarray(a) for a in _options()]
    return lambda: jax.block_until_ready(f(*args))


# --- Rosenbrock -----------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    a, b = x[1:], x[:-1]
    u = a - b * b
    w = 1.0 - b
    return (100.0 * u * u + w * w).sum()


def _point() -> np.ndarray:
    return np.random.default_rng(0).normal(size=1_000_000).astype("f4")


def rb_isograd() -> Work:
    import isograd

    f = isograd.compile(isograd.value_and_grad(rosenbrock))
    x = _point()
    return lambda: f(x)


def rb_torch(peer: str, compiled: bool = False) -> Work:
    torch = _torch(peer)
    fn = torch.compile(rosenbrock) if compiled else rosenbrock
    x = torch.tensor(_point(), requires_grad=True)

    def work() -> Any:
        value = fn(x)
        return value, torch.autograd.grad(value, x)

    return work


def rb_jax() -> Work:
    import jax

    f = jax.jit(jax.value_and_grad(rosenbrock))
    x = jax.numpy.asarray(_point())
    return lambda: jax.block_until_ready(f(x))


# --- one primitive on a million elements, forward and backward ------------------------

LARGE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda torch, x, y: x + y,
    "sub": lambda torch, x, y: x - y,
    "mul": lambda torch, x, y: x * y,
    "div": lambda torch, x, y: x / y,
    "neg": lambda torch, x, y: -x,
    "exp": lambda torch, x, y: torch.exp(x),
    "log": lambda torch, x, y: torch.log(y),
    "sqrt": lambda torch, x, y: torch.sqrt(y),
    "tanh": lambda torch, x, y: torch.tanh(x),
    "erf": lambda torch, x, y: torch.erf(x),
    "pow": lambda torch, x, y: torch.pow(y, x),
    "where": lambda torch, x, y: torch.where(x > y, x, y),
    "sum": lambda torch, x, y: x.sum(),
    "amax": lambda torch, x, y: x.amax(1),
    "cumsum": lambda torch, x, y: x.cumsum(1),
    "transpose": lambda torch, x, y: x.t().contiguous(),
    "cat": lambda torch, x, y: torch.cat([x, y]),
    "slice": lambda torch, x, y: x[:, 1:-1] * 1.0,
    "matmul": lambda torch, x, y: x[:500] @ y[:500].t(),
    "sort": lambda torch, x, y: x.sort(1)[0],
    "gather": lambda torch, x, y: x[torch.arange(999, -1, -1)],
}


def large(peer: str, name: str) -> Work:
    torch = _torch(peer)
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(1000, 1000)).astype("f4"), requires_grad=True)
    y = torch.tensor(rng.uniform(0.5, 2, (1000, 1000)).astype("f4"), requires_grad=True)
    fn = LARGE[name]
    g = torch.ones(tuple(fn(torch, x, y).shape))

    def work() -> Any:
        out = fn(torch, x, y)
        return torch.autograd.grad(out, (x, y), g, allow_unused=True)

    return work


# --- a training step of an MLP --------------------------------------------------------


def mlp(peer: str, sizes: tuple[int, ...], batch: int, optimiser: str) -> Work:
    torch = _torch(peer)
    nn = importlib.import_module(torch.__name__ + ".nn")
    rng = np.random.default_rng(0)
    layers: list[Any] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    x = torch.tensor(rng.normal(size=(batch, sizes[0])).astype("f4"))
    if sizes[-1] == 1:
        y = torch.tensor(rng.normal(size=(batch, 1)).astype("f4"))
        loss_fn = nn.MSELoss()
    else:
        y = torch.tensor(rng.integers(0, sizes[-1], batch))
        loss_fn = nn.CrossEntropyLoss()
    opt = getattr(torch.optim, optimiser)(model.parameters(), lr=1e-3)

    def work() -> Any:
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        return loss

    return work


# --- MindSpore's seed program ---------------------------------------------------------


def mindspore_seed() -> Work:
    import isograd.mindspore as ms
    from isograd.mindspore import nn, ops

    class Net(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.matmul = ops.MatMul()
            self.z = ms.Parameter(ms.Tensor(np.array([1.0], np.float32)), name="z")

        def construct(self, x: Any, y: Any) -> Any:
            return self.matmul(x * self.z, y)

    class Grad(nn.Cell):
        def __init__(self, net: Any) -> None:
            super().__init__()
            self.net = net

        def construct(self, x: Any, y: Any) -> Any:
            return ms.grad(self.net)(x, y)

    x = ms.Tensor([[0.5, 0.6, 0.4], [1.2, 1.3, 1.1]], dtype=ms.float32)
    y = ms.Tensor(
        [[0.01, 0.3, 1.1], [0.1, 0.2, 1.3], [2.1, 1.2, 3.3]], dtype=ms.float32
    )
    net = Grad(Net())
    return lambda: net(x, y)


# --- the table ------------------------------------------------------------------------


def _both(fn: Callable[..., Work], *args: Any) -> dict[str, Callable[[], Work]]:
    return {
        "isograd eager": lambda: fn("isograd", *args),
        "torch eager": lambda: fn("torch", *args),
    }


PROGRAMS = [
    Program(
        "x*x*y and both gradients",
        {
            **_both(xxy_eager),
            "isograd compiled": xxy_isograd_compiled,
            "jax jit": xxy_jax,
        },
        "eager <= 0.5 torch eager; compiled < jax",
    ),
    Program(
        "chain of 100 products and its gradient",
        {
            **_both(chain_eager),
            "isograd compiled": chain_isograd_compiled,
            "jax jit": chain_jax,
        },
        "eager <= 0.5 torch eager; compiled < jax",
    ),
    Program(
        "chain of 100,000",
        _both(chain_eager, 100_000),
        "eager <= 0.5 torch eager",
        repeats=3,
    ),
    Program(
        "chain of 1,000,000",
        _both(chain_eager, 1_000_000),
        "eager <= 0.5 torch eager",
        repeats=1,
    ),
    Program(
        "Black-Scholes, 1M options, 5 gradients",
        {
            "isograd compiled": bs_isograd,
            "isograd eager": lambda: bs_dialect(False),
            "isograd torch.compile": lambda: bs_dialect(True),
            "torch eager": lambda: bs_torch(False),
            "torch compiled": lambda: bs_torch(True),
            "jax jit": bs_jax,
        },
        "compiled < torch compiled, jax; compiled < 4.3 ms",
    ),
    Program(
        "Rosenbrock, 1M variables, value and gradient",
        {
            "isograd compiled": rb_isograd,
            "isograd eager": lambda: rb_torch("isograd"),
            "torch eager": lambda: rb_torch("torch"),
            "torch compiled": lambda: rb_torch("torch", True),
            "jax jit": rb_jax,
        },
        "compiled < torch compiled, jax; compiled < 0.2 ms",
    ),
    Program(
        "MLP 8-32-32-1, batch 16, SGD step",
        _both(mlp, (8, 32, 32, 1), 16, "SGD"),
        "eager <= 0.5 torch eager",
    ),
    Program(
        "MLP 784-512-256-10, batch 64, SGD step",
        _both(mlp, (784, 512, 256, 10), 64, "SGD"),
        "eager <= torch eager",
    ),
    Program(
        "MLP 784-512-256-10, batch 64, Adam step",
        _both(mlp, (784, 512, 256, 10), 64, "Adam"),
        "eager <= torch eager",
    ),
    Program("MindSpore's seed program", {"isograd eager": mindspore_seed}, "< 0.1 ms"),
    *(
        Program(
            f"{name}, 1M elements, with gradients",
            _both(large, name),
            "eager <= torch eager",
        )
        for name in LARGE
    ),
]
