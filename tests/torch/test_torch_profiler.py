"""Profiles: the calls that were made, their averages and the table of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import isograd.torch as torch
from isograd.torch.autograd import profiler


def test_calls_and_ranges_are_events() -> None:
    with profiler.profile(record_shapes=True) as p, profiler.record_function("mine"):
        torch.ones(2, 3) @ torch.ones(3, 4)
        torch.ones(2) + 1
    names = [e.name for e in p.function_events]
    assert {"mine", "aten::ones", "aten::matmul", "aten::mm", "aten::add"} <= {*names}
    (mm,) = (e for e in p.function_events if e.name == "aten::mm")
    assert mm.input_shapes == [[2, 3], [3, 4]]
    assert mm.cpu_parent.name == "aten::matmul"
    (mine,) = (e for e in p.function_events if e.name == "mine")
    assert mine.cpu_time_total >= sum(e.cpu_time_total for e in mine.cpu_children)


def test_a_pass_notes_its_nodes() -> None:
    x = torch.ones(2, requires_grad=True)
    with profiler.profile() as p:
        (x * 2).sum().backward()
    names = {e.name for e in p.function_events}
    assert {"MulBackward0", "torch::autograd::AccumulateGrad"} <= names
    assert "autograd::engine::evaluate_function: SumBackward0" in names
    assert torch.equal(x.grad, torch.full((2,), 2.0))


def test_averages_and_table(tmp_path: Path) -> None:
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU]
    ) as prof:
        for _ in range(3):
            torch.ones(2).exp()
    (exp,) = (k for k in prof.key_averages() if k.key == "aten::exp")
    assert exp.count == 3
    assert exp.cpu_time == pytest.approx(exp.cpu_time_total / 3)
    table = prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=5)
    lines = table.splitlines()
    titles = "Name Self CPU % Self CPU CPU total % CPU total CPU time avg # of Calls"
    assert " ".join(lines[1].split()) == titles
    assert len({len(line) for line in lines[:-1]}) == 1
    assert lines[-1].startswith("Self CPU time total: ")
    assert prof.key_averages().total_average().count == 6
    prof.export_chrome_trace(str(tmp_path / "trace.json"))
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert {e["name"] for e in trace["traceEvents"]} == {"aten::ones", "aten::exp"}


def test_what_has_not_run_or_is_not_there() -> None:
    with profiler.profile(enabled=False) as p:
        assert p is None
    with pytest.raises(AssertionError, match="not compiled with CUDA"):
        profiler.emit_nvtx().__enter__()
    with pytest.raises(RuntimeError, match="didn't finish running"):
        profiler.profile().key_averages()
