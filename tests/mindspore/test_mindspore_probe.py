"""The conformance programs recorded from MindSpore 2.10, run on isograd.

`../shared/mindspore/probe.py` holds the programs, `probe_expected.jsonl` what MindSpore
answered; in level "gap" MindSpore's CPU build is wrong, and `probe_gap_right.jsonl`
holds what is right.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).parents[2].parent / "shared" / "mindspore"
RUN = """
import runpy, sys
import isograd
isograd.install()
sys.argv = ["probe.py", "--no-fork", "--out", sys.argv[2]]
runpy.run_path({path!r}, run_name="__main__")
"""
COMPLETE = ("grad.", "vag.", "stop.", "param.", "tensor.")

# what differs, and why; texts of errors are compared apart
KNOWN = {
    "grad.fn_primitive_instance": "MindSpore raises for operator objects; we compute",
    "grad.fn_builtin_abs": "MindSpore raises for builtins; we compute",
    "grad.input_complex64": "MindSpore has no complex gradient of Mul; we have",
    "jac.jvp_sees_symbolic_values_in_pynative": (
        "MindSpore compiles jvp from source, so Python's side effects are not seen"
    ),
    "hook.tensor_wrong_shape_return": (
        "MindSpore takes a replacement of another shape; we raise"
    ),
    "inplace.parameter_assigned_in_forward": (
        "MindSpore overwrites what Mul had saved: 20, 40 for the right 11, 22"
    ),
    "num.div_and_zero_division": "0 / 0 in y: MindSpore gives inf, the formula nan",
    "second.log_softmax_dot": (
        "recorded by central differences of a float32 kernel, off by 8e-4; PyTorch's "
        "double backward in float64 gives what we do (test below)"
    ),
    "wrap.loss_scale_cell_fixed": "MindSpore's CPU build has no kernel",
}
# cases whose answer depends on what ran before in the same process
ORDER = {"param.default_name": "the number of parameters made so far"}


def lines(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    return {row["case"]: row for row in map(json.loads, text.splitlines())}


@pytest.fixture(scope="module")
def recorded() -> tuple[dict[str, Any], dict[str, Any]]:
    """(what MindSpore answered, what is right where it is wrong)."""
    if not (PROBE / "probe.py").exists():
        pytest.skip("the recordings of MindSpore (../shared/mindspore) are not here")
    return lines(PROBE / "probe_expected.jsonl"), lines(PROBE / "probe_gap_right.jsonl")


@pytest.fixture(scope="module")
def answers(recorded: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What isograd answers."""
    out = tmp_path_factory.mktemp("probe") / "answers.jsonl"
    script = RUN.format(path=str(PROBE / "probe.py"))
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, "--", str(out)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return lines(out)


def close(a: Any, b: Any, rtol: float = 2e-4) -> bool:
    """Whether two encoded answers agree to MindSpore's float32 kernels' accuracy."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b or abs(a - b) <= 2e-5 + rtol * abs(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(
            close(i, j, rtol) for i, j in zip(a, b, strict=True)
        )
    if isinstance(a, dict):
        if a.get("t") == "raised" and b.get("t") == "raised":
            return a["type"] == b["type"]
        if a.get("dtype") in ("float16", "bfloat16"):
            rtol = 1e-2
        return a.keys() == b.keys() and all(close(a[k], b[k], rtol) for k in a)
    return a == b


def agrees(got: Any, want: Any) -> bool:
    if got["ok"] != want["ok"]:
        return False
    if not want["ok"]:
        return got["error"]["type"] == want["error"]["type"]
    return close(got["result"], want["result"])


def differing(recorded: Any, answers: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    expected, right = recorded
    return {
        name: (want, answers.get(name))
        for name, want in expected.items()
        if name not in ORDER
        and not any(agrees(answers[name], w) for w in (want, right.get(name, want)))
    }


def test_the_groups_that_scripts_rely_on_agree_completely(
    recorded: Any, answers: dict[str, Any]
) -> None:
    wrong = {
        n: v
        for n, v in differing(recorded, answers).items()
        if n.startswith(COMPLETE) and v[0]["level"] == "core"
    }
    assert not wrong


def test_the_rest_differs_only_where_it_is_known_to(
    recorded: Any, answers: dict[str, Any]
) -> None:
    wrong = differing(recorded, answers)
    assert not {n: v for n, v in wrong.items() if n not in KNOWN}
    assert not [n for n in KNOWN if n not in wrong], "these agree by now"


def test_messages_of_errors_at_level_core(
    recorded: Any, answers: dict[str, Any]
) -> None:
    expected, _ = recorded
    for name, want in expected.items():
        got = answers[name]
        if want["level"] == "core" and not want["ok"] and not got["ok"]:
            assert got["error"]["msg"] == want["error"]["msg"], name


def test_log_softmax_of_second_order_is_pytorchs(answers: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    x, w, c = (
        torch.tensor(v, dtype=torch.float64)
        for v in ([0.7, -0.4, 1.3], [0.3, 1.1, -0.6], [1.0, 2.0, -1.5])
    )
    x.requires_grad_()
    (g,) = torch.autograd.grad(
        (torch.log_softmax(x, -1) * w).sum(), x, create_graph=True
    )
    (h,) = torch.autograd.grad((g * c).sum(), x)
    found = answers["second.log_softmax_dot"]["result"]["v"]
    assert found == pytest.approx(h.tolist(), rel=1e-12)
