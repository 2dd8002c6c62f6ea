"""`isograd run` against `python`: same output, traceback, arguments and exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(words: list[str], cwd: Path, **kwargs: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        **kwargs,
    )  # type: ignore[call-overload]  # justified: keywords of run


def both(tmp_path: Path, source: str, *arguments: str, **kwargs: object) -> None:
    """Check that `isograd run` and `python` agree on a script without torch."""
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)
    (folder / "helper.py").write_text("VALUE = 41\n")
    (folder / "script.py").write_text(source)
    plain = run(["folder/script.py", *arguments], tmp_path, **kwargs)
    ours = run(
        ["-m", "isograd", "run", "folder/script.py", *arguments], tmp_path, **kwargs
    )
    assert ours.stdout == plain.stdout
    assert ours.stderr == plain.stderr
    assert ours.returncode == plain.returncode


SCRIPTS = {
    "arguments": "import sys\nprint(sys.argv, __name__, __file__, sys.path[0])",
    "helper": "import helper\nprint(helper.VALUE)",
    "main_module": "import __main__\nx = 3\nprint(__main__.x)",
    "traceback": "def f():\n    raise ValueError('no')\n\nf()\n",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('k')\n",
    "exit_code": "import sys\nsys.exit(7)",
    "exit_text": "import sys\nsys.exit('a reason')",
    "syntax": "x = 1\nif x\n    pass\n",
    "future": "from __future__ import annotations\nx: Unknown = 1\nprint(x)",
    "stdin": "print(input()[::-1])",
    "interrupt": "raise KeyboardInterrupt",
    "atexit": "import atexit\natexit.register(print, 'bye')\nprint('hello')",
    "excepthook": "import sys\nsys.excepthook = lambda *a: print('hook', a[1])\n1 / 0",
    "pickle": "import pickle\nclass A:\n    pass\n"
    "print(type(pickle.loads(pickle.dumps(A()))))",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
    "print(P(1))",
    "doc": "'''The text.'''\nprint(__doc__, __spec__, __package__)",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_behaves_as_under_python(name: str, tmp_path: Path) -> None:
    both(tmp_path, SCRIPTS[name], "one", "--two", input="abc\n")


def isograd_run(tmp_path: Path, source: str) -> subprocess.CompletedProcess:
    (tmp_path / "script.py").write_text(source)
    return run(["-m", "isograd", "run", "script.py"], tmp_path)


def test_a_missing_script_is_told(tmp_path: Path) -> None:
    found = run(["-m", "isograd", "run", "nowhere.py"], tmp_path)
    assert found.returncode == 2
    assert "can't open file" in found.stderr and "nowhere.py" in found.stderr


def test_submodules_are_found_under_the_framework_s_names(tmp_path: Path) -> None:
    found = isograd_run(
        tmp_path,
        (
            "import torch, torch.nn as nn, torch.nn.functional as F\n"
            "import isograd.torch\n"
            "from torch.autograd import grad\n"
            "print(torch is isograd.torch, nn is torch.nn, F is torch.nn.functional)\n"
            "print(torch.nn.Module is isograd.torch.nn.Module)\n"
            "import mindspore, mindspore.nn, mindspore.ops as ops\n"
            "from mindspore import Tensor\n"
            "print(mindspore.ops is ops)\n"
        ),
    )
    assert found.stderr == ""
    assert found.stdout == "True True True\nTrue\nTrue\n"


MISSING = {
    "attribute": ("import torch\ntorch.export", "torch.export"),
    "import_from": (
        "try:\n    from torch import export\nfinally:\n    pass",
        "torch.export",
    ),
    "imported": ("from torch import export\nexport.export", "torch.export"),
    "called": (
        "from torch.export import ExportedProgram\nExportedProgram()",
        "torch.export.ExportedProgram",
    ),
    "derived": (
        "from torch.export import ModuleCallEntry\nclass A(ModuleCallEntry): pass\nA()",
        "torch.export.ModuleCallEntry",
    ),
    "module": (
        "import torch.onnx.verification as v\nv.find_mismatch(None)",
        "torch.onnx.verification.find_mismatch",
    ),
    "no_module": ("import torch.nonsense", "torch.nonsense"),
    "method": (
        "import torch\ntorch.ones(2).to_sparse_csc()",
        "torch.Tensor.to_sparse_csc",
    ),
    "mindspore": (
        "from mindspore.rewrite import SymbolTree\nSymbolTree.create(1)",
        "mindspore.rewrite.SymbolTree",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_missing_name_is_told_with_dialect_and_table(
    case: str, tmp_path: Path
) -> None:
    source, name = MISSING[case]
    found = isograd_run(tmp_path, source)
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    dialect = name.partition(".")[0]
    assert name in last and f"{dialect} dialect" in last and "coverage.md" in last


def test_a_missing_name_may_be_imported_and_not_used(tmp_path: Path) -> None:
    found = isograd_run(
        tmp_path,
        (
            "from torch.export import ModuleCallEntry\n"
            "import torch.onnx.verification\n"
            "def f(x: ModuleCallEntry | None, y: ModuleCallEntry): return x\n"
            "print(f(1, 2), isinstance(3, ModuleCallEntry))\n"
        ),
    )
    assert found.returncode == 0
    assert found.stdout == "1 False\n"
    for name in ("torch.export", "torch.onnx"):
        assert f"dialect does not provide {name}: using it will raise" in found.stderr


def test_missing_names_can_be_asked_for(tmp_path: Path) -> None:
    found = isograd_run(
        tmp_path,
        (
            "import torch\n"
            "print(hasattr(torch, 'export'), getattr(torch, 'nonsense', 5))\n"
            "try:\n    from torch import export\nexcept ImportError:\n    print('no')\n"
            "try:\n    import torch.onnx.verification\n"
            "except ImportError:\n    print('no')\n"
            "try:\n    torch.nonsense\nexcept AttributeError as e:\n    print(e)\n"
        ),
    )
    assert found.stderr == ""
    assert found.stdout == (
        "False 5\nno\nno\nmodule 'torch' has no attribute 'nonsense'\n"
    )


def test_code_and_modules_run_too(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text("import torch, sys\nprint(sys.argv[1:], 1)\n")
    found = run(["-m", "isograd", "run", "-m", "mod", "a"], tmp_path)
    assert (found.stdout, found.stderr) == ("['a'] 1\n", "")
    found = run(
        ["-m", "isograd", "run", "-c", "import torch; print(torch.tensor(1.))"],
        tmp_path,
    )
    assert (found.stdout, found.stderr) == ("tensor(1.)\n", "")


@pytest.mark.parametrize("words", [[], ["walk"], ["run"], ["run", "-m"]])
def test_wrong_commands_are_refused(words: list[str], tmp_path: Path) -> None:
    found = run(["-m", "isograd", *words], tmp_path)
    assert found.returncode == 2 and found.stderr and not found.stdout


def test_install_refuses_a_real_framework_that_was_imported(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("genuine = True\n")
    source = "import torch, isograd\nisograd.install()"
    found = run(
        ["-c", source], tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert "RuntimeError: install: the real torch was imported" in found.stderr


def test_uninstall_gives_imports_back(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("genuine = True\n")
    source = (
        "import isograd\nisograd.install('torch')\nimport torch\n"
        "print(hasattr(torch, 'genuine'))\nisograd.uninstall()\nimport torch\n"
        "print(torch.genuine)"
    )
    found = run(
        ["-c", source], tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert (found.stdout, found.stderr) == ("False\nTrue\n", "")


def test_functorch_comes_with_torch(tmp_path: Path) -> None:
    found = isograd_run(
        tmp_path,
        (
            "import torch\n"
            "from functorch import grad, make_functional, vmap\n"
            "f, params = make_functional(torch.nn.Linear(2, 1))\n"
            "g = grad(lambda p, x: f(p, x).sum())(params, torch.ones(3, 2))\n"
            "print([x.tolist() for x in g])\n"
        ),
    )
    assert found.stdout == "[[[3.0, 3.0]], [3.0]]\n", found.stderr


def test_a_program_from_standard_input(tmp_path: Path) -> None:
    source = "import sys\nprint(sys.argv, __name__, sys.path[0] == '')\n1 / 0\n"
    plain = run(["-", "a"], tmp_path, input=source)
    ours = run(["-m", "isograd", "run", "-", "a"], tmp_path, input=source)
    assert (ours.stdout, ours.returncode) == (plain.stdout, plain.returncode)
    assert ours.stderr == plain.stderr


def test_help_and_unknown_options_of_run(tmp_path: Path) -> None:
    shown = run(["-m", "isograd", "run", "--help"], tmp_path)
    assert shown.returncode == 0 and shown.stdout.startswith("usage: isograd run")
    wrong = run(["-m", "isograd", "run", "--fast", "script.py"], tmp_path)
    assert wrong.returncode == 2 and "unknown option --fast" in wrong.stderr
