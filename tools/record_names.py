"""Record the public names of a framework: `python tools/record_names.py torch`.

Run it where the framework is installed; it writes `isograd/base/names/NAME.txt`, one
dotted name a line.  Only names are recorded;
they decide between "isograd lacks it" and "there is no such name".  `NAME_internal.txt`
has those of modules that are not counted as coverage, `NAME_files.txt` all modules.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
from pathlib import Path

MODULES = {
    "torch": """torch torch.autograd torch.autograd.functional torch.autograd.graph
torch.autograd.forward_ad torch.autograd.profiler torch.autograd.function torch.nn
torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn
torch.nn.utils.parametrize torch.nn.utils.parametrizations torch.nn.parameter
torch.nn.modules torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.linalg
torch.fft torch.special torch.func torch.random torch.testing torch.utils
torch.utils.data torch.utils.checkpoint torch.distributions torch.backends torch.cuda
torch.amp torch.serialization torch.masked torch.sparse torch.signal torch.hub
torch.compiler torch.jit torch.onnx torch.profiler torch.distributed torch.export
torch.overrides torch.types torch.return_types torch.mps torch.xpu torch.cpu""",
    "mindspore": """mindspore mindspore.nn mindspore.ops mindspore.mint mindspore.mint.nn
mindspore.mint.nn.functional mindspore.mint.optim mindspore.mint.linalg
mindspore.mint.special mindspore.numpy mindspore.common mindspore.common.initializer
mindspore.common.dtype mindspore.common.parameter mindspore.ops.operations
mindspore.ops.functional mindspore.ops.composite mindspore.train mindspore.train.callback
mindspore.dataset mindspore.dataset.vision mindspore.dataset.transforms mindspore.context
mindspore.amp mindspore.experimental mindspore.experimental.optim
mindspore.experimental.optim.lr_scheduler mindspore.scipy mindspore.scipy.linalg
mindspore.communication mindspore.parallel mindspore.hal mindspore.boost
mindspore.rewrite mindspore.nn.probability mindspore.runtime mindspore.device_context
mindspore.nn.wrap mindspore.nn.optim mindspore.nn.layer mindspore.nn.loss""",
}
INTERNAL = {  # not for users, but for the frameworks' own tests and extensions
    "torch": """torch.testing._internal.common_utils
torch.testing._internal.common_device_type torch.testing._internal.common_dtype
torch.testing._internal.common_cuda
torch.utils.hooks torch.utils._pytree torch.utils._python_dispatch torch.utils.benchmark
torch.utils.dlpack torch.utils.flop_counter torch.utils.deterministic torch.utils.weak
torch.utils.data.dataset torch.utils.data.dataloader torch.utils.data.sampler
torch.utils.data._utils torch.autograd.anomaly_mode torch.autograd.grad_mode
torch.autograd.gradcheck torch.autograd.variable torch.autograd.profiler_util
torch.nn.modules.module torch.nn.modules.utils torch.nn.grad torch.nn.common_types
torch.nn.attention torch.nn.parallel torch.nn.utils.stateless torch.nn.utils.prune
torch.optim.optimizer torch.amp.autocast_mode torch.amp.grad_scaler torch.fx
torch.cuda.amp torch._C torch._dynamo torch._functorch""",
    "mindspore": """mindspore._checkparam mindspore.common.api mindspore.ops.primitive
mindspore.common.tensor mindspore.common._utils mindspore.common.hook_handle
mindspore.ops.operations._inner_ops mindspore.ops.operations._grad_ops
mindspore.ops._grad_experimental mindspore.ops.auto_generate mindspore.log
mindspore.nn.cell mindspore.nn.grad mindspore.common.generator""",
}
CLASSES = {
    "torch": [
        "torch.Tensor",
        "torch.Generator",
        "torch.nn.Module",
        "torch.Size",
        "torch.autograd.Function",
        "torch.optim.Optimizer",
        "torch.dtype",
    ],
    "mindspore": [
        "mindspore.Tensor",
        "mindspore.Parameter",
        "mindspore.nn.Cell",
        "mindspore.nn.Optimizer",
        "mindspore.ParameterTuple",
        "mindspore.train.Model",
    ],
}
FOLDER = Path(__file__).parent.parent / "isograd" / "base" / "names"


def public(owner: object) -> list[str]:
    return [n for n in dir(owner) if not n.startswith("__")]


def names_of_module(path: str) -> list[str]:
    """Names that a user reaches as attributes; modules of others are left out."""
    try:
        module = importlib.import_module(path)
    except ImportError:
        return names_in_source(path)
    root = path.partition(".")[0]
    out = []
    for name in public(module):
        value = inspect.getattr_static(module, name)
        foreign = inspect.ismodule(value) and not value.__name__.startswith(root)
        if not foreign and not name.startswith("_"):
            out.append(f"{path}.{name}")
    return out


def names_in_source(path: str) -> list[str]:
    """The functions, classes and variables of a module that cannot be imported here."""
    spec = importlib.util.find_spec(path)
    if spec is None or spec.origin is None:
        return []
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node in tree.body:
            found.append(node.name)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return [f"{path}.{n}" for n in found if not n.startswith("_")]


def main(framework: str) -> None:
    names: set[str] = set()
    for path in MODULES[framework].split():
        names.update(names_of_module(path))
    for path in CLASSES[framework]:
        module, _, cls = path.rpartition(".")
        owner = getattr(importlib.import_module(module), cls)
        names.update(f"{path}.{n}" for n in public(owner))
    write(framework, names)
    inner = INTERNAL[framework].split()
    write(f"{framework}_internal", {n for p in inner for n in names_of_module(p)})
    write(f"{framework}_files", files(framework))


def files(framework: str) -> set[str]:
    """The paths of all modules of a framework."""
    root = Path(str(importlib.import_module(framework).__file__)).parent
    return {
        ".".join(
            (framework, *path.relative_to(root).with_suffix("").parts)
        ).removesuffix(".__init__")
        for path in root.rglob("*.py")
        if (path.parent / "__init__.py").exists()
    }


def write(name: str, lines: set[str]) -> None:
    text = "\n".join(sorted(lines)) + "\n"
    (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
