"""Random programs on tensors, and what running one says.

A program is a list of statements on numbered variables; `execute` runs it with a
`torch` and logs, after each statement, what was raised or what all variables are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Statement = tuple[str, str, int, int]
Families = tuple[tuple[str, ...], ...]

BINARY = (
    "a + b",
    "a * b",
    "a - b",
    "a / (b * b + 1)",
    "torch.maximum(a, b)",
    "torch.where(a > b, a, b)",
    "a.view(-1, 3) @ b.t()",
    "a * 2 + b",
    "torch.cat([a, b])",
    "torch.stack([a, b]).sum(0)",
)
UNARY = (
    "a.sin()",
    "a.exp()",
    "a * a",
    "a.sum()",
    "a.mean(0)",
    "a.tanh()",
    "a.clone()",
    "a.detach()",
    "a.relu()",
    "a.abs()",
    "a.cumsum(0)",
    "a.max()",
    "-a",
    "a.pow(2)",
    "a.sqrt()",
    "torch.sigmoid(a)",
    "a.sum(0, keepdim=True)",
    "a.float()",
    "a.contiguous()",
)
VIEWS = (
    "a[0]",
    "a[:, 1:]",
    "a[1:]",
    "a.t()",
    "a.view(-1)",
    "a.reshape(3, 2)",
    "a.unsqueeze(0)",
    "a.expand(2, *a.shape)",
    "a.diagonal()",
    "a.narrow(0, 0, 1)",
    "a[..., 0]",
    "a.flatten()",
    "a.transpose(0, 1)",
    "a.unbind(0)[0]",
    "a.squeeze()",
    "a.split(1)[0]",
    "a.view_as(a)",
    "a.select(0, 1)",
    "a.chunk(2, 1)[1]",
    "a.T",
    "a[None]",
    "a.permute(1, 0)",
)
IN_PLACE = (
    "a.mul_(2)",
    "a.add_(b)",
    "a.copy_(b)",
    "a.zero_()",
    "a.fill_(0.5)",
    "a.exp_()",
    "a.mul_(b)",
    "a.__setitem__(0, 1.5)",
    "a.__setitem__(0, b[0])",
    "a.__iadd__(1)",
    "a.sub_(b, alpha=2)",
    "a.sigmoid_()",
    "a.div_(2)",
    "a.clamp_(-1, 1)",
    "a.__setitem__((slice(None), 0), b[:, 0])",
    "a.neg_()",
    "a.masked_fill_(b > 0, 0.25)",
    "a.detach_()",
    "a.requires_grad_()",
    "a.pow_(2)",
    "a.relu_()",
    "a.tanh_()",
)
SWEEPS = (
    "a.sum().backward()",
    "a.sum().backward(retain_graph=True)",
    "a.backward()",
    "(a * a).sum().backward()",
    "torch.autograd.grad(a.sum(), b)[0].clone()",
    "torch.autograd.grad((a * a).sum(), b, create_graph=True)",
    "[g.clone() for g in torch.autograd.grad((a * a).sum(), [a, b])]",
    "torch.autograd.grad(a.mean(), b, allow_unused=True)[0]",
    "a.backward(torch.ones_like(a), retain_graph=True)",
    "a.sum().backward(inputs=[b])",
    "a.sum().backward(create_graph=True)",
)
GRADIENTS = (
    "a.retain_grad()",
    "a.register_hook(lambda g: g * 2)",
    "a.register_hook(lambda g: None)",
    "a.grad",
    "setattr(a, 'grad', None)",
    "a.grad.zero_()",
    "setattr(a, 'grad', b.detach().clone())",
    "a.grad.mul_(2)",
    "a.requires_grad_(False)",
    "setattr(a, 'requires_grad', True)",
    "setattr(a, 'requires_grad', False)",
)
MEMORY = (
    "a.data",
    "a.data.mul_(2)",
    "a.detach().add_(1)",
    "setattr(a, 'data', b.detach())",
    "a.detach()[0].zero_()",
    "a.data[0]",
    "a.detach().view(-1)",
    "a._base",
)
SEVERAL = (
    "a.unbind(0)",
    "a.split(1)",
    "a.chunk(2, 1)",
    "a.tensor_split(2)",
    "a.split([1, 1])",
    "[c.mul_(2) for c in a.chunk(2)]",
    "[c.add_(b[0]) for c in a.unbind(0)]",
    "a.max(0)",
    "a.sort(0)",
    "a.hsplit(3)",
)
KEYS = (
    "a.__setitem__(a > 0, 0.5)",
    "a.__setitem__(b > 0, b[b > 0])",
    "a[b > 0]",
    "a.__setitem__(torch.tensor([0, 1]), b)",
    "a[torch.tensor([1, 0, 1])]",
    "a.__setitem__((slice(None), torch.tensor([0, 2])), 1.5)",
    "a[:, torch.tensor([0])]",
    "a.index_fill_(0, torch.tensor([0]), 2.0)",
    "a.index_add_(0, torch.tensor([0, 1]), b)",
    "a.masked_fill(a > 0, 1.0)",
    "a.index_select(0, torch.tensor([1]))",
    "a.__setitem__(Ellipsis, b)",
    "a.__setitem__(slice(None), b * 2)",
    "a.__setitem__((0, 1), b.sum())",
    "a.masked_scatter_(a > 0, b)",
    "a.scatter_(0, torch.tensor([[0, 1, 0]]), 3.0)",
    "a[0, 1]",
    "a[0:1, ::2]",
)
OUT = (
    "torch.add(a, b, out=a)",
    "torch.mul(b, 2, out=a)",
    "torch.exp(b, out=a)",
    "torch.add(a.detach(), 1, out=b)",
)
DTYPES = (
    "a.double()",
    "a.copy_(b.double())",
    "a.add_(b.double())",
    "a * b.double()",
    "a.half().float()",
    "a.long()",
    "(a > 0) * b",
    "a + 1.5",
    "a * torch.tensor(2)",
    "a.to(torch.float64)",
    "a.type_as(b)",
    "a.int() + b",
    "a.long().add_(b)",
    "a.bool()",
    "a.mul_(torch.tensor(2))",
    "a.long() / 2",
    "a.round().long().requires_grad_()",
)
FUNCTIONS = (
    "Double.apply(a)",
    "DoubleInPlace.apply(a)",
    "Same.apply(a)",
    "Flat.apply(a)",
    "Both.apply(a, b)",
    "Saved.apply(a, b)",
    "SavedOut.apply(a)",
    "Same.apply(a).mul_(2)",
    "Flat.apply(a).mul_(2)",
    "Constant.apply(a)",
)
# PLAIN and HELD are held by the tests; of WIDE a part still differs
PLAIN: Families = (BINARY, UNARY, VIEWS, VIEWS, IN_PLACE, IN_PLACE)
_OPEN = (
    "setattr(a, 'data', b.detach())",  # versions of memory, not of tensors
    "a.index_add_(0, torch.tensor([0, 1]), b)",  # texts of overlap and of shapes
    "a.masked_scatter_(a > 0, b)",
    "a.__setitem__(torch.tensor([0, 1]), b)",
    "a.__setitem__(b > 0, b[b > 0])",
    "a.__setitem__((slice(None), torch.tensor([0, 2])), 1.5)",
    "a.data.mul_(2)",
    "a.data[0]",
    "a.data",
    "a.detach().add_(1)",  # views that were made without recording
    "a.detach()[0].zero_()",
    "a.grad.mul_(2)",
    "a.grad.zero_()",
    "a.sum().backward(inputs=[b])",  # frees what lies below an inner input
    "a.grad",  # versions of gradients
    "a.split([1, 1])",  # which of two errors comes first
    "a[b > 0]",
    "a.scatter_(0, torch.tensor([[0, 1, 0]]), 3.0)",  # writes before it raises
    "torch.autograd.grad((a * a).sum(), b, create_graph=True)",  # nodes' names
    "a.masked_fill_(b > 0, 0.25)",
    "a.__setitem__(a > 0, 0.5)",
    "a.reshape(3, 2)",
    "a.copy_(b.double())",
    "a.add_(b.double())",
    "a * b.double()",
    "a.long().add_(b)",
)
HELD: Families = tuple(
    tuple(t for t in family if t not in _OPEN)
    for family in (
        *PLAIN,
        SWEEPS,
        GRADIENTS,
        MEMORY,
        SEVERAL,
        KEYS,
        DTYPES,
        FUNCTIONS,
        FUNCTIONS,
    )
)
WIDE: Families = (
    *PLAIN,
    SWEEPS,
    SWEEPS,
    GRADIENTS,
    MEMORY,
    SEVERAL,
    KEYS,
    OUT,
    DTYPES,
    FUNCTIONS,
)
MODES = ("", "", "", "", "no_grad")
ALL_MODES = (*MODES, "inference_mode", "enable_grad")
COUNT = 4  # leaves: two that require gradients, two that do not


def functions(torch: Any) -> dict[str, Any]:
    """Operations with a derivative of their own."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    class DoubleInPlace(Double):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

    class Same(Double):
        @staticmethod
        def forward(ctx, x):
            return x

    class Flat(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return x.view(-1)

        @staticmethod
        def backward(ctx, g):
            return g.reshape(ctx.shape) * 3

    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y, x - y

        @staticmethod
        def backward(ctx, g, h):
            return g + h, g - h

    class Saved(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * y, g * x

    class SavedOut(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.sigmoid()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y * (1 - y)

    class Constant(Double):
        @staticmethod
        def forward(ctx, x):
            y = x > 0
            ctx.mark_non_differentiable(y)
            return y

    found = (Double, DoubleInPlace, Same, Flat, Both, Saved, SavedOut, Constant)
    return {f.__name__: f for f in found}


def start(torch: Any) -> list[Any]:
    rng = np.random.default_rng(3)
    out = []
    for i in range(COUNT):
        t = torch.from_numpy(rng.normal(size=(2, 3)).astype(np.float32))
        out.append(t.requires_grad_() if i < 2 else t)
    return out


def rounded(t: Any) -> Any:
    array = t.detach().numpy()
    return (np.round(array.astype(np.float64), 4) + 0.0).tolist()


def facts(t: Any) -> tuple[Any, ...]:
    """What a tensor is, as far as a program can see."""
    kept, error = attempt(
        lambda: (None if t.grad_fn is None else type(t.grad_fn).__name__, t.is_leaf)
    )
    grad = t.grad if kept and kept[1] else None
    version = None if t.is_inference() else t._version
    return (
        rounded(t),
        str(t.dtype).partition(".")[2],
        t.requires_grad,
        error,
        kept,
        version,
        t.is_inference(),
        None if t._base is None else rounded(t._base),
        t.retains_grad,
        None if grad is None else rounded(grad),
    )


def attempt(fn: Any) -> tuple[Any, Any]:
    try:
        return fn(), None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def step(torch: Any, text: str, mode: str, scope: dict[str, Any]) -> Any:
    if not mode:
        return eval(text, scope)
    with getattr(torch, mode)():
        return eval(text, scope)


def execute(torch: Any, program: list[Statement], double: bool = True) -> list[Any]:
    """What a program does, statement by statement."""
    values, log, scope = start(torch), [], functions(torch)
    for text, mode, i, j in program:
        names = scope | {
            "torch": torch,
            "a": values[i % len(values)],
            "b": values[j % len(values)],
        }
        out, error = attempt(lambda: step(torch, text, mode, names))  # noqa: B023
        for o in out if isinstance(out, tuple | list) else [out]:
            if isinstance(o, torch.Tensor) and not any(o is v for v in values):
                values.append(o)
        log.append((text, error, [facts(v) for v in values]))
    log.append(gradients(torch, values, double))
    return log


def gradients(torch: Any, values: list[Any], double: bool) -> Any:
    """First derivatives accumulated in all leaves, and second ones."""
    total, error = attempt(
        lambda: sum((v.double() * v.double()).sum() for v in values if v.requires_grad)
    )
    if error is not None or isinstance(total, int):
        return error
    leaves = [v for v in values if v.requires_grad and v.is_leaf]
    if double and leaves:
        found, error = attempt(
            lambda: torch.autograd.grad(
                total, leaves, create_graph=True, allow_unused=True
            )
        )
        if error is not None:
            return error
        second = sum((g * g).sum() for g in found if g is not None)
        if not isinstance(second, int) and second.requires_grad:
            total = second
    _, error = attempt(total.backward)
    return error or [
        None if v.grad is None else v.grad.detach().numpy() for v in leaves
    ]
