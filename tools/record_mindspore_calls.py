"""Record what MindSpore's functions take: `python tools/record_mindspore_calls.py`.

Run it where MindSpore is installed; it writes four files of `isograd/base/names`.
Names are `ops.NAME`, `mint.NAME`, `mint.nn.functional.NAME`... and `Tensor.NAME`.

`mindspore_firsts.txt`: a type of exception and a text, of what is said of a first
    argument that is no tensor (`{}` and `{older}` for its type); then the names.
`mindspore_signatures.txt`: a name, then its function as Python's errors call it, with
    the names of its parameters (`=0` for any default).
`mindspore_calls.txt`: what MindSpore calls "the valid calling", then the names of those
    that show it; overloads of a method are separated by `|`.
`mindspore_dtypes.txt`: a text (with `{}` for the dtype's name), then what is refused with
    a TypeError: `NAME:LETTERS`, one letter a dtype.  A function counts as refusing a
    dtype if it takes float32 operands and not the same ones of that dtype.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, mint, ops
from mindspore.mint.nn import functional

NAMES = Path(__file__).parents[1] / "isograd/base/names"
PLACES = {
    "ops": ops,
    "mint": mint,
    "mint.nn.functional": functional,
    "mint.linalg": mint.linalg,
    "mint.special": mint.special,
    "Tensor": Tensor,
}
DTYPES = {
    "?": np.bool_,
    "B": np.uint8,
    "b": np.int8,
    "h": np.int16,
    "i": np.int32,
    "l": np.int64,
    "F": np.complex64,
}
PARAMETERS = {"self": "self", "cls": "cls"}
TOLD = re.compile(
    r"(got|but got|type is|not|got <class) '?(<class ')?\{(older)?\}|'\{\}' object has"
)
SKIPPED = re.compile("_|print|set_|assign|register|wait|offload|storage|load|recv|send")


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for place, module in PLACES.items():
        for name in sorted(set(getattr(module, "__all__", None) or dir(module))):
            found = getattr(module, name, None)
            if (
                not SKIPPED.match(name)
                and callable(found)
                and not inspect.isclass(found)
            ):
                yield f"{place}.{name}", found


def signature_of(function: Any) -> str:
    """The function's parameters as a definition in Python; empty if it tells none."""
    try:
        signature = inspect.signature(function)
        code = inspect.unwrap(function).__code__
    except (TypeError, ValueError, AttributeError):
        return ""
    plain = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else 0)
        for p in signature.parameters.values()
    ]
    return f"{code.co_qualname}{inspect.Signature(plain)}"


def said_by(function: Any, *args: Any) -> tuple[str, str]:
    """The type and the text of what a call raises; ("", "") if it does not."""
    try:
        repr(function(*args))
    except Exception as error:
        for _ in range(3):  # what is still under way may fail once more
            with contextlib.suppress(Exception):
                ms.runtime.synchronize()
        return type(error).__name__, str(error)
    return "", ""


def valid_calls(name: str, function: Any) -> str:
    """What MindSpore shows as valid for a call with texts and None for arguments."""
    first = (Tensor([0.5, 0.25]),) if name.startswith("Tensor.") else ()
    for bad, count in itertools.product(("a", None), range(1, 7)):
        text = said_by(function, *first, *[bad] * count)[1].split("\n\n")[0]
        if not text.startswith("Failed calling"):
            continue
        _, _, valid = text.partition("The valid calling should be:")
        shown = re.findall(r'^\s*"(.*)"\.?$', valid, re.MULTILINE)
        return "|".join(re.sub(r"^Tensor\.\w+\(", "(", s) for s in shown)
    return ""


def said_of_first(name: str, function: Any) -> str:
    """What is said of a first argument that is a text, if it is said of any type."""
    if name.startswith("Tensor."):
        return ""
    for count in range(1, 7):
        rest = [Tensor([0.5, 0.25])] * (count - 1)
        for others in (rest, [1] * (count - 1)):
            kind, text = said_by(function, "a", *others)
            text = text.split("\n\n")[0].split("\n---")[0]
            if not text or "positional arg" in text:
                continue
            if text.startswith("Failed"):
                return ""
            shown = re.sub(r"\bString\b", "{older}", re.sub(r"\bstr\b", "{}", text))
            return f"{kind} {shown}" if TOLD.search(shown) else ""
    return ""


def refused_dtypes(function: Any) -> tuple[str, str]:
    """The text and the letters of dtypes refused beside float32."""
    square = np.array([[2.0, 0.5], [0.5, 1.0]]) / 4
    forms: list[Callable[[Any], tuple[Any, ...]]] = [
        lambda t: (t(square),),
        lambda t: (t(square), t(square)),
        lambda t: (t(square), t(square), t(square)),
        lambda t: (t(square), 0),
        lambda t: (t(square), 1, 0),
        lambda t: (t(square[0]),),
        lambda t: (t(square[0]), t(square[0])),
        lambda t: (t(square[None, None].repeat(2, 2).repeat(2, 3)), 2),
        lambda t: (t(square), Tensor([0, 1], ms.int32)),
    ]
    for form in forms:
        if said_by(function, *form(lambda a: Tensor(a.astype(np.float32))))[0]:
            continue
        texts: dict[str, str] = {}
        for letter, dtype in DTYPES.items():
            kind, text = said_by(
                function, *form(lambda a, d=dtype: Tensor(a.astype(d)))
            )
            if kind == "TypeError":
                shown = str(Tensor(np.zeros(1, dtype)).dtype)
                texts[letter] = tidy(text, shown)
        if texts:
            return next(iter(texts.values())), "".join(texts)
        return "", ""
    return "", ""


def tidy(text: str, shown: str) -> str:
    """A text with `{}` for the dtype's name, where it tells what was given."""
    lines = [t for t in text.split("\n- C++")[0].split("\n") if t.strip("- ")]
    lines = [t for t in lines if not t.startswith(("node:", "- Kernel"))]
    before, found, after = "\n".join(lines).rpartition("but g")
    return before + found + after.replace(shown, "{}")


def examine(start: int) -> None:
    """Print what is found of each function from the start-th on, one line each."""
    for index, (name, function) in enumerate(functions()):
        if index >= start:
            print(f"{index}", flush=True)
            found = (
                valid_calls(name, function),
                *refused_dtypes(function),
                said_of_first(name, function),
            )
            print(json.dumps([index, name, *found]), flush=True)


def examined() -> Iterator[list[Any]]:
    """What `examine` finds; a function that ends the process is left out."""
    start, total = 0, sum(1 for _ in functions())
    while start < total:
        command = [sys.executable, "-W", "ignore", __file__, str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                with contextlib.suppress(ValueError):
                    found = json.loads(line)
                    if isinstance(found, list):
                        yield found
                    start = (found[0] if isinstance(found, list) else found) + 1


def main() -> None:
    calls, dtypes, firsts = (defaultdict(list) for _ in range(3))
    for _, name, valid, text, letters, first in examined():
        if first:
            firsts[first.replace("\n", r"\n")].append(name)
        if valid:
            calls[valid].append(name)
        if letters:
            dtypes[text.replace("\n", r"\n")].append(f"{name}:{letters}")
    for file, found in (("calls", calls), ("dtypes", dtypes), ("firsts", firsts)):
        lines = (f"{text}\t{' '.join(names)}\n" for text, names in found.items())
        (NAMES / f"mindspore_{file}.txt").write_text("".join(lines), encoding="utf-8")
    signatures = (f"{n} {s}\n" for n, f in functions() if (s := signature_of(f)))
    (NAMES / "mindspore_signatures.txt").write_text(
        "".join(signatures), encoding="utf-8"
    )


if __name__ == "__main__":
    examine(int(sys.argv[1])) if len(sys.argv) > 1 else main()
