"""Record the signatures of PyTorch's functions: `python tools/record_signatures.py`.

Run it where PyTorch and PyYAML are installed; it writes
`isograd/base/names/torch_signatures.txt`.  Each line is the name of a function or method
(`NAME`, `Tensor.NAME`, and `_linalg`, `_special`, `_fft`, `_nn` functions under their
full names) and its overloads in the order in which they are tried, separated by `|`;
`!` takes no arguments, and `~` stands before one that has former overloads beside it.
What PyTorch shows in its errors is asked of PyTorch itself; the declarations that come
with it tell where None (`?`) and a single number for a list (`[n]`) are accepted.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parents[1] / "isograd/base/names/torch_signatures.txt"
KINDS = {
    "Scalar": "Number",
    "int64_t": "int",
    "SymInt": "int",
    "double": "float",
    "c10::string_view": "str",
    "ScalarType": "torch.dtype",
    "Layout": "torch.layout",
    "Device": "torch.device",
    "Generator": "torch.Generator",
    "MemoryFormat": "torch.memory_format",
    "TensorList": "tuple of Tensors",
    "IntArrayRef": "tuple of ints",
    "SymIntArrayRef": "tuple of ints",
    "ArrayRef<double>": "tuple of floats",
    "ArrayRef<Scalar>": "tuple of Scalars",
    "Dimname": "name",
    "DimnameList": "tuple of names",
    "Storage": "torch.Storage",
    "Stream": "torch.Stream",
    "at::Stream": "torch.Stream",
}
SKIPPED = re.compile(
    "_(?!foreach|softmax|log_softmax|unique2)|cudnn|miopen|mkldnn|fbgemm|quant|fake_|sym_|"
    "q_|fused|fb|int_repr|dequant|to$|type$|data_ptr|new$|size$|stride$"
)
CONVERSION = "*, torch.memory_format? memory_format=None"
CONVERSIONS = """bfloat16 bool byte cdouble cfloat char cpu double float half int long
short"""
DATA = "object data, *, torch.dtype? dtype=None, torch.device? device=None"
BY_HAND = {  # read by other means than the generated ones
    **{f"Tensor.{n}": CONVERSION for n in CONVERSIONS.split()},
    "Tensor.requires_grad_": "bool requires_grad=True",
    "nonzero": "Tensor input, *, Tensor out=None|Tensor input, *, bool as_tuple",
    "Tensor.is_contiguous": "*, torch.memory_format? memory_format=None",
    "Tensor.size": "int? dim=None",
    "Tensor.stride": "int? dim=None",
    "Tensor.numpy": "*, bool force=False",
    "Tensor.map_": "Tensor other, object callable",
    "Tensor.new_tensor": f"{DATA}, bool requires_grad=False",
    "as_tensor": DATA,
    "tensor": f"{DATA}, bool pin_memory=False, bool requires_grad=False",
}
Parameter = tuple[str, str, str]


def declared() -> dict[str, list[list[Parameter]]]:
    """The declared overloads by name: (kind with `?` and `[n]`, name, default)."""
    import torchgen
    from torchgen.api import python
    from torchgen.gen import parse_native_yaml

    where = Path(torchgen.__file__).parent / "packaged/ATen/native"
    found = parse_native_yaml(
        str(where / "native_functions.yaml"), str(where / "tags.yaml")
    )
    out: dict[str, list[list[Parameter]]] = {}
    for f in found.native_functions:
        if "generated" in f.tags:  # overloads that users do not see
            continue
        try:
            text = python.signature(f, method=False).signature_str()
        except Exception as error:
            print("no signature of", f.func.name, error, file=sys.stderr)
            continue
        name, _, rest = text.partition("(")
        out.setdefault(name, []).append(parameters(rest[:-1]))
    return out


def parameters(text: str) -> list[Parameter]:
    """The parameters of `Tensor input, *, Scalar alpha=1`."""
    out: list[Parameter] = []
    for part in re.split(r", (?![^\[\]]*\])", text) if text else []:
        if part == "*":
            out.append(("*", "*", ""))
            continue
        left, _, default = part.partition(" = " if " = " in part else "=")
        kind, _, name = left.rpartition(" ")
        out.append((spelt(kind), name, default))
    return out


def spelt(kind: str) -> str:
    m = re.fullmatch(r"(.*?)(\[\d*\])?(\?)?", kind)
    assert m
    return KINDS.get(m[1], m[1]) + (m[2] or "") + (m[3] or "")


def plain(kind: str) -> str:
    return re.sub(r"(\[\d*\])?\??$", "", kind)


def shown(fn: Any, *first: Any) -> str:
    """What PyTorch says of a call with too many arguments of no kind."""
    try:
        fn(*first, *[object()] * (30 - len(first)))
    except Exception as error:
        return str(error)
    return ""


def overloads(text: str) -> list[str]:
    """The overloads that an error lists, in parentheses."""
    found = re.findall(r"^ \* \((.*)\)$", text, re.M)
    if not found and (m := re.search(r", but expected \((.*)\)$", text)):
        found = [m[1]]
    return found


def joined(listed: str, choices: list[list[Parameter]], method: bool) -> str:
    """A listed overload, with what the declarations tell."""
    out = []
    rows = parameters(listed)
    best: dict[str, str] = {}
    score = -1
    for row in choices:
        mine = row[1:] if method and row and row[0][1] in ("input", "self") else row
        names = {n: k for k, n, _ in mine}
        same = all(
            n in names and plain(names[n]) == k
            for k, n, _ in rows
            if n not in ("*", "out")
        )
        fit = sum(n in names for _, n, _ in rows) - len(names) * 0.1
        if same and fit > score:
            best, score = names, fit
    for kind, name, default in rows:
        if name == "*":
            out.append("*")
            continue
        kind = best.get(name, kind + "?" * (default == "None"))
        out.append(f"{kind} {name}" + (f"={default}" if default else ""))
    if score < 0 and rows:
        print("not declared:", listed, file=sys.stderr)
    return ", ".join(out)


def merged(choices: list[list[Parameter]], method: bool, places: int) -> str:
    """The one overload of a function that PyTorch does not list: with so many places."""
    rows: list[Parameter] = []
    for row in sorted(
        choices, key=lambda r: (len(r), [k for k, *_ in r].count("Tensor"))
    ):
        own = row
        if method:
            at = next((i for i, r in enumerate(row) if r[1] in ("input", "self")), 0)
            own = row[:at] + row[at + 1 :]
            own = [r for r in own if r[1] != "out"]
            own = own[:-1] if own and own[-1][1] == "*" else own
        names = [n for _, n, _ in own]
        if (names.index("*") if "*" in names else len(names)) == places:
            rows = own
    return ", ".join(
        "*" if n == "*" else f"{k} {n}" + (f"={d}" if d else "") for k, n, d in rows
    )


def everything() -> Iterator[tuple[str, Any, bool]]:
    import torch

    core: Any = torch._C
    places = [core._nn, core._linalg, core._special, core._fft]
    for place in (core._VariableFunctions, *places):
        for name in sorted(dir(place)):
            fn = getattr(place, name)
            if not SKIPPED.match(name) and callable(fn):
                if place is not core._VariableFunctions or seen(torch, name):
                    yield name, fn, False
    for name in sorted(dir(torch.nn.functional)):
        if seen(torch.nn.functional, name):
            yield f"nn.{name}", getattr(torch.nn.functional, name), False
    for name in sorted(dir(torch._C.TensorBase)):
        fn = getattr(torch._C.TensorBase, name)
        if not SKIPPED.match(name) and callable(fn) and name not in vars(torch.Tensor):
            yield name, fn, True


def seen(module: Any, name: str) -> bool:
    """Whether users see the function itself, not one in Python around it."""
    return inspect.isbuiltin(getattr(module, name, None))


def main() -> None:
    import torch

    known, lines = declared(), dict(BY_HAND)
    for name, fn, method in everything():
        text = shown(fn, torch.ones(())) if method else shown(fn)
        key = f"Tensor.{name}" if method else name
        if key in BY_HAND:
            continue
        choices = known.get(name.removeprefix("nn."), [])
        if "takes no arguments" in text:
            lines[key] = "!"
        elif listed := overloads(text):
            more = "~" if len(listed) == 1 else ""  # and former ones, not shown
            lines[key] = more + "|".join(joined(o, choices, method) for o in listed)
        elif choices and re.search(r"takes .*positional argument", text):
            lines[key] = merged(choices, method, int(re.findall(r"\d+", text)[-2]))
        elif key not in lines:
            print("left out:", key, text[:100], len(choices), file=sys.stderr)
    PLACE.write_text("".join(f"{k} {v}\n" for k, v in sorted(lines.items())))
    print(len(lines))


if __name__ == "__main__":
    main()
