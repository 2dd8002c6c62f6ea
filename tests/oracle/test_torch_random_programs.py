"""Random programs with views and writes in place, run by PyTorch and by isograd.

A program is a list of statements on numbered variables.  Both run it; after each
statement they must agree on what was raised, or on value, shape, `requires_grad`,
`is_leaf`, `_version` and the name of `grad_fn`; at the end on the leaves' gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

real = pytest.importorskip("torch")
ours = pytest.importorskip("isograd.torch")

COUNT = 4  # leaves: two that require gradients, two that do not
Statement = tuple[str, str, int, int]

BINARY = ["a + b", "a * b", "a - b", "a / (b * b + 1)", "torch.maximum(a, b)",
          "torch.where(a > b, a, b)", "a.view(-1, 3) @ b.t()", "a * 2 + b", "torch.cat([a, b])",
          "torch.stack([a, b]).sum(0)"]
UNARY = ["a.sin()", "a.exp()", "a * a", "a.sum()", "a.mean(0)", "a.tanh()", "a.clone()",
         "a.detach()", "a.relu()", "a.abs()", "a.cumsum(0)", "a.max()", "-a",
         "a.pow(2)", "a.sqrt()", "torch.sigmoid(a)", "a.sum(0, keepdim=True)",
         "a.float()", "a.contiguous()"]
VIEWS = ["a[0]", "a[:, 1:]", "a[1:]", "a.t()", "a.view(-1)", "a.reshape(3, 2)",
         "a.unsqueeze(0)", "a.expand(2, *a.shape)", "a.diagonal()", "a.narrow(0, 0, 1)",
         "a[..., 0]", "a.flatten()", "a.transpose(0, 1)", "a.unbind(0)[0]",
         "a.squeeze()", "a.split(1)[0]", "a.view_as(a)", "a.select(0, 1)",
         "a.chunk(2, 1)[1]", "a.T", "a[None]", "a.permute(1, 0)"]
IN_PLACE = ["a.mul_(2)", "a.add_(b)", "a.copy_(b)", "a.zero_()", "a.fill_(0.5)",
            "a.exp_()", "a.mul_(b)", "a.__setitem__(0, 1.5)", "a.__setitem__(0, b[0])",
            "a.__iadd__(1)", "a.sub_(b, alpha=2)", "a.sigmoid_()", "a.div_(2)",
            "a.clamp_(-1, 1)", "a.__setitem__((slice(None), 0), b[:, 0])", "a.neg_()",
            "a.masked_fill_(b > 0, 0.25)", "a.detach_()", "a.requires_grad_()",
            "a.pow_(2)", "a.relu_()", "a.tanh_()"]
MODES = ["", "", "", "", "no_grad"]


@st.composite
def programs(draw: Any) -> list[Statement]:
    found = []
    for _ in range(draw(st.integers(2, 9))):
        family = draw(st.sampled_from([BINARY, UNARY, VIEWS, VIEWS, IN_PLACE, IN_PLACE]))
        index = st.integers(0, COUNT + 8)
        found.append((draw(st.sampled_from(family)), draw(st.sampled_from(MODES)),
                      draw(index), draw(index)))
    return found


def start(torch: Any) -> list[Any]:
    rng = np.random.default_rng(3)
    out = []
    for i in range(COUNT):
        t = torch.from_numpy(rng.normal(size=(2, 3)).astype(np.float32))
        out.append(t.requires_grad_() if i < 2 else t)
    return out


def facts(t: Any) -> tuple[Any, ...]:
    name = None if t.grad_fn is None else type(t.grad_fn).__name__
    value = np.round(t.detach().numpy().astype(np.float64), 4) + 0.0
    return (value.tolist(), t.requires_grad, t.is_leaf, t._version, name)


def attempt(fn: Any) -> tuple[Any, Any]:
    try:
        return fn(), None
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        return None, f"{type(error).__name__}: {error}"


def execute(torch: Any, program: list[Statement]) -> list[Any]:
    """What a program does, statement by statement."""
    values, log = start(torch), []
    for text, mode, i, j in program:
        a, b = values[i % len(values)], values[j % len(values)]

        def step(text: str = text, a: Any = a, b: Any = b, mode: str = mode) -> Any:
            scope = {"torch": torch, "a": a, "b": b}
            if mode == "no_grad":
                with torch.no_grad():
                    return eval(text, scope)
            return eval(text, scope)

        out, error = attempt(step)
        if error is not None:
            log.append((text, error))
            continue
        if isinstance(out, torch.Tensor):
            values.append(out)
        log.append((text, [facts(v) for v in values]))
    log.append(gradients(torch, values))
    return log


def gradients(torch: Any, values: list[Any]) -> Any:
    roots = [v for v in values[COUNT:] if v.requires_grad]
    if not roots:
        return None
    total, error = attempt(lambda: sum((r * r).sum() for r in roots))
    if error is None:
        _, error = attempt(total.backward)
    if error is not None:
        return error
    return [None if v.grad is None else v.grad.numpy()
            for v in values if v.is_leaf and v.requires_grad]


def same(theirs: Any, mine: Any) -> None:
    if isinstance(theirs, np.ndarray):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=1e-4)
    elif isinstance(theirs, float):
        assert mine == pytest.approx(theirs, rel=1e-3, abs=2e-4, nan_ok=True)
    elif isinstance(theirs, list | tuple):
        assert type(theirs) is type(mine) and len(theirs) == len(mine)
        for x, y in zip(theirs, mine, strict=True):
            same(x, y)
    else:
        assert mine == theirs


@settings(max_examples=300, deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
@given(programs())
def test_programs_do_the_same(program: list[Statement]) -> None:
    same(execute(real, program), execute(ours, program))
