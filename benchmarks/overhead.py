"""Eager overhead of small operations and training steps, beside PyTorch's.

    python -m benchmarks.overhead [--only WORD] [--rounds N]

Both libraries run the same lines in one process in turn; the table has the best time of
each in microseconds and their ratio, the worst first.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable
from time import perf_counter
from typing import Any

OPS = {  # name: expression of x, y (4, 5), m (5, 5), v (5), i (indices), k (labels)
    **{n: f"x {n} y" for n in ("+", "-", "*", "/", "**", "<")},
    "@": "x @ m",
    "x*x*y": "x * x * y",
    "2*x+1": "2 * x + 1",
    "x**2": "x ** 2",
    **{
        n: f"torch.{n}(x)"
        for n in (
            "exp",
            "log",
            "sin",
            "tanh",
            "sigmoid",
            "sqrt",
            "abs",
            "neg",
            "relu",
            "erf",
            "square",
            "isnan",
            "sign",
            "floor",
        )
    },
    **{
        f"x.{n}()": f"x.{n}()"
        for n in (
            "sum",
            "mean",
            "max",
            "var",
            "std",
            "norm",
            "prod",
            "t",
            "detach",
            "clone",
            "argmax",
            "contiguous",
        )
    },
    "sum(1)": "x.sum(1)",
    "mean(1,keepdim)": "x.mean(1, keepdim=True)",
    "max(1)": "x.max(1)[0]",
    "amax(1)": "x.amax(1)",
    "var(1)": "x.var(1)",
    "softmax": "torch.softmax(x, 1)",
    "log_softmax": "F.log_softmax(x, 1)",
    "logsumexp": "torch.logsumexp(x, 1)",
    "cumsum": "torch.cumsum(x, 1)",
    "sort": "torch.sort(x, 1)[0]",
    "topk": "torch.topk(x, 2)[0]",
    "cat": "torch.cat([x, y], 1)",
    "stack": "torch.stack([x, y])",
    "split": "torch.split(x, 2)[0]",
    "chunk": "torch.chunk(x, 2)[1]",
    "where": "torch.where(b, x, y)",
    "clamp": "torch.clamp(x, 0.2, 0.8)",
    "maximum": "torch.maximum(x, y)",
    "addmm": "torch.addmm(v, x, m)",
    "matmul": "torch.matmul(x, m)",
    "mm": "torch.mm(x, m)",
    "mv": "torch.mv(x, v)",
    "bmm": "torch.bmm(x[None], m[None])",
    "dot": "torch.dot(v, v)",
    "einsum": "torch.einsum('ij,jk->ik', x, m)",
    "outer": "torch.outer(v, v)",
    "reshape": "x.reshape(5, 4)",
    "view": "x.view(-1)",
    "T": "x.T",
    "transpose": "x.transpose(0, 1)",
    "permute": "x.permute(1, 0)",
    "unsqueeze": "x.unsqueeze(0)",
    "squeeze": "x[None].squeeze(0)",
    "expand": "v.expand(4, 5)",
    "flatten": "torch.flatten(x)",
    "repeat": "v.repeat(2)",
    "x[0]": "x[0]",
    "x[:, 1:3]": "x[:, 1:3]",
    "x[i]": "x[i]",
    "gather": "torch.gather(x, 1, i[:, None])",
    "index_select": "torch.index_select(x, 0, i)",
    "masked_fill": "x.masked_fill(b, 0.0)",
    "tril": "torch.tril(x)",
    "pad": "F.pad(x, (1, 1))",
    "linear": "F.linear(x, m, v)",
    "layer_norm": "F.layer_norm(x, (5,), v, v)",
    "gelu": "F.gelu(x)",
    "silu": "F.silu(x)",
    "softplus": "F.softplus(x)",
    "leaky_relu": "F.leaky_relu(x)",
    "elu": "F.elu(x)",
    "F.relu": "F.relu(x)",
    "mse_loss": "F.mse_loss(x, y)",
    "cross_entropy": "F.cross_entropy(x, k)",
    "nll_loss": "F.nll_loss(x, k)",
    "l1_loss": "F.l1_loss(x, y)",
    "bce_logits": "F.binary_cross_entropy_with_logits(x, y)",
    "embedding": "F.embedding(i, m)",
    "dropout": "F.dropout(x, 0.5)",
    "normalize": "F.normalize(x)",
    "batch_norm": "F.batch_norm(x, None, None, v, v, True)",
    "sdpa": "F.scaled_dot_product_attention(x[None], x[None], x[None])",
}

OPS |= {  # keys, arguments by name, and what else small programs are made of
    text: text
    for text in (
        "x[1, 2]",
        "x[..., 0]",
        "x[None]",
        "x[-1]",
        "x[b]",
        "x[i, i]",
        "x[:, i]",
        "x.sum(dim=1)",
        "x.sum(dim=1, keepdim=True)",
        "x.std(0)",
        "x.norm(dim=1)",
        "x.max(dim=1)[0]",
        "x.abs().max()",
        "x.pow(2)",
        "x ** 0.5",
        "1 / x",
        "1 - x",
        "-x",
        "x / 2",
        "x @ x.T",
        "x.view(2, 10)",
        "torch.flatten(x, 1)",
        "x.unbind(0)[0]",
        "x.roll(1, 0)",
        "x.flip(0)",
        "torch.cat([x, y, x], dim=-1)",
        "torch.where(x > 0.5, x, 0.0)",
        "torch.minimum(x, y)",
        "x.clamp(min=0.0)",
        "x.masked_fill(b, float('-inf'))",
        "x.double()",
        "x.to(torch.float64)",
    )
}
PLAIN = (  # nothing here has a gradient
    "s.item()",
    "float(s)",
    "x.shape",
    "x.size(0)",
    "x.dtype",
    "len(x)",
    "w.grad",
    "d.numpy()",
    "d.tolist()",
    "bool(s > 0)",
    "d > 0.5",
    "d == e",
    "(d > e).sum()",
    "b.any()",
    "b.all()",
    "d.argmax(dim=1)",
    "torch.equal(d, e)",
    "torch.allclose(d, e)",
    "torch.zeros(3)",
    "torch.ones((4, 5))",
    "torch.full((4, 5), 2.0)",
    "torch.arange(5)",
    "torch.eye(3)",
    "torch.linspace(0, 1, 5)",
    "torch.zeros_like(d)",
    "torch.tensor(1.0)",
    "torch.tensor([1.0, 2.0])",
    "torch.randn(4, 5)",
    "torch.rand(4, 5)",
    "F.one_hot(k, 5)",
    "F.dropout(d, 0.5, False)",
    "d.zero_()",
    "d.fill_(1.0)",
    "d.copy_(e)",
    "d.add_(e)",
    "d.add_(e, alpha=0.1)",
    "d.mul_(0.9)",
    "d[0] = 1.0",
    "d[:, 1] = 2.0",
    "d[i] = 0.0",
    "d[b] = 0.0",
)
UNRECORDED = (  # in torch.no_grad()
    "x + y",
    "x * 2",
    "torch.exp(x)",
    "F.relu(x)",
    "x @ m",
    "x.sum(1)",
    "torch.softmax(x, 1)",
    "x[0]",
    "x.view(-1)",
    "x.t()",
    "x.argmax(1)",
    "f(x)",
)
MORE = """
s = torch.tensor(0.7)
d, e = torch.rand(4, 5), torch.rand(4, 5)
w = torch.rand(3).requires_grad_()
w.sum().backward()
f = nn.Linear(5, 3)
"""

WARM = 1200  # calls before: what runs often is native by then, see core/often.py
UNDIFFERENTIABLE = {"<", "isnan", "x.detach()", "x.argmax()"}

SETUP = """
torch.manual_seed(0)
F, nn = torch.nn.functional, torch.nn
x = (torch.rand(4, 5) + 0.1).requires_grad_()
y = (torch.rand(4, 5) + 0.1).requires_grad_()
m = torch.rand(5, 5).requires_grad_()
v = torch.rand(5).requires_grad_()
i = torch.tensor([0, 2, 1, 3])
k = torch.tensor([0, 2, 1, 4])
b = torch.tensor([[True, False, True, True, False]] * 4)
"""

PROGRAMS = {  # name: (setup, one step)
    "x*x*x backward": (
        "s = x[0, 0].detach().requires_grad_()",
        "(s * s * s).backward()",
    ),
    "autograd.grad": (
        "s = x[0, 0].detach().requires_grad_();z = y[0, 0].detach().requires_grad_()",
        "torch.autograd.grad(s * s * z, (s, z))",
    ),
    "grad of grad": (
        "s = x[0, 0].detach().requires_grad_()",
        "g, = torch.autograd.grad(s ** 3, s, create_graph=True);"
        "torch.autograd.grad(g, s)",
    ),
    "nn.Linear call": ("f = nn.Linear(5, 3)", "f(x)"),
    "nn.Sequential call": (
        "f = nn.Sequential(nn.Linear(5, 5), nn.ReLU(),nn.Linear(5, 1))",
        "f(x)",
    ),
    "nn.Identity call": ("f = nn.Identity()", "f(x)"),
    "MLP step": (
        "f = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(),"
        "nn.Linear(32, 1)); o = torch.optim.SGD(f.parameters(), lr=0.01);"
        "a, c = torch.rand(16, 8), torch.rand(16, 1)",
        "o.zero_grad(); F.mse_loss(f(a), c).backward(); o.step()",
    ),
    "CNN step": (
        "f = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), "
        "nn.Flatten(), nn.Linear(36, 5)); a = torch.rand(4, 1, 8, 8)",
        "F.cross_entropy(f(a), k).backward()",
    ),
    "LSTMCell": ("f = nn.LSTMCell(5, 8)", "f(x)[0].sum().backward()"),
    "LSTM, 5 steps": (
        "f = nn.LSTM(5, 8); a = torch.rand(5, 4, 5)",
        "f(a)[0].sum().backward()",
    ),
    "attention": (
        "f = nn.MultiheadAttention(8, 2, batch_first=True);a = torch.rand(2, 4, 8)",
        "f(a, a, a)[0].sum().backward()",
    ),
    "nn.LayerNorm": ("f = nn.LayerNorm(5)", "f(x).sum().backward()"),
    **{
        f"{name} step": (
            f"ps = [nn.Parameter(torch.rand(4, 5)) for _ in range(10)]\n"
            f"for p in ps: p.grad = torch.rand(4, 5)\n"
            f"o = torch.optim.{name.split()[0]}(ps, lr=1e-3{more})",
            "o.step()",
        )
        for name, more in (
            ("SGD", ""),
            ("SGD momentum", ", momentum=0.9"),
            ("Adam", ""),
            ("AdamW", ""),
            ("RMSprop", ""),
        )
    },
    "clip_grad_norm_": (
        "ps = [nn.Parameter(torch.rand(4, 5)) for _ in range(10)]\n"
        "for p in ps: p.grad = torch.rand(4, 5)",
        "nn.utils.clip_grad_norm_(ps, 1.0)",
    ),
    "grad.zero_": ("x.grad = torch.rand(4, 5)", "x.grad.zero_()"),
}


def cases() -> dict[str, tuple[str, str]]:
    """Name to (setup, statement): each operation alone, with a backward pass."""
    out = {}
    for name, text in OPS.items():
        out[name] = ("", text)
        if name not in UNDIFFERENTIABLE:
            out[f"{name}, backward"] = (
                f"ones = torch.ones_like({text})",
                f"({text}).backward(ones)",
            )
    out |= {text: (MORE, text) for text in PLAIN}
    out |= {f"no_grad: {text}": (MORE, text) for text in UNRECORDED}
    return out | PROGRAMS


def compiled(
    torch: Any, setup: str, step: str, repeats: int, recorded: bool
) -> Callable[[], None]:
    """A function that runs the step some times."""
    scope = {"torch": torch}
    exec(SETUP + setup, scope)
    lines = "\n            ".join(map(str.strip, step.split(";")))
    exec(
        f"def loop():\n    with torch.set_grad_enabled({recorded}):\n"
        f"        for _ in range({repeats}):\n            {lines}\n",
        scope,
    )
    return scope["loop"]


def measure(
    setup: str, step: str, rounds: int, repeats: int, recorded: bool
) -> list[float]:
    """Best seconds per step: ours, PyTorch's."""
    import torch

    import isograd.torch

    both = isograd.torch, torch
    loops = [compiled(t, setup, step, repeats, recorded) for t in both]
    for _ in range(-(-WARM // repeats)):
        loops[0]()
    best = [float("inf")] * 2
    for _ in range(rounds):
        for j, loop in enumerate(loops):
            start = perf_counter()
            loop()
            best[j] = min(best[j], (perf_counter() - start) / repeats)
    return best


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--only", default="")
    args.add_argument("--rounds", type=int, default=7)
    args.add_argument("--repeats", type=int, default=200)
    options = args.parse_args()
    import torch

    from isograd.core import often

    often.begin()  # as in a program of some length
    torch.set_num_threads(1)
    gc.freeze()
    rows = []
    for name, (setup, step) in cases().items():
        if options.only in name:
            try:
                recorded = not name.startswith("no_grad")
                counts = options.rounds, options.repeats
                ours, theirs = measure(setup, step, *counts, recorded)
            except Exception as error:  # a gap: told, and the others go on
                print(f"{name}: {type(error).__name__}: {error}")
                continue
            rows.append((ours / theirs, name, ours * 1e6, theirs * 1e6))
    print(f"{'':28}{'isograd':>10}{'PyTorch':>10}{'ratio':>8}")
    for ratio, name, ours, theirs in sorted(rows, reverse=True):
        print(f"{name:28}{ours:10.1f}{theirs:10.1f}{ratio:8.2f}")
    within = sum(r[0] <= 0.5 for r in rows)
    above = sum(r[0] > 1 for r in rows)
    print(f"{len(rows)}: {within} at most half of PyTorch's, {above} above PyTorch's")


if __name__ == "__main__":
    main()
