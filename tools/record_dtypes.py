"""Record which dtypes PyTorch's functions refuse: `python tools/record_dtypes.py`.

Run it where PyTorch is installed; it writes `isograd/base/names/torch_dtypes.txt`.
Each line is an exception, its text (with `{}` for the dtype's name) and what is refused:
`NAME:LETTERS`, one letter a dtype.  A function counts as refusing a dtype if it takes
float32 operands (or int64) and not the same ones of that dtype, in two shapes alike.
Lines of `matrix` and `square` say which functions ask that of their first operand's shape.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

NAMES = Path(__file__).parents[1] / "isograd/base/names"
DTYPES = {
    "b": torch.bool,
    "B": torch.uint8,
    "h": torch.int8,
    "s": torch.int16,
    "i": torch.int32,
    "l": torch.int64,
    "e": torch.float16,
    "g": torch.bfloat16,
    "f": torch.float32,
    "d": torch.float64,
    "F": torch.complex64,
    "D": torch.complex128,
}
SCALAR_NAMES = (
    *("Bool", "Byte", "Char", "Short", "Int", "Long", "Half", "BFloat16"),
    *("Float", "Double", "ComplexFloat", "ComplexDouble"),
)
SKIPPED = re.compile(
    r"(Tensor\.)?(_|rand|empty|new_|bernoulli|normal|poisson|binomial|dropout|"
    r"multinomial|alpha_dropout|feature|native|lstm|gru|rnn|resize|set_|data|retain|"
    r"share|storage|untyped|record|pin|is_|numpy|item|tolist|sym|from_|q_|rrelu|"
    r"backward|cuda|xpu|register|sparse|to_|random|uniform|exponential|geometric|"
    r"cauchy|log_normal|backward|bfloat|half|float$|double|coalesce|storage|\w+_copy$)"
)
COMPOSED = re.compile(  # the dtype matters to a part, and by other arguments
    r"(nn\.|Tensor\.)?(hinge|margin_rank|embedding|gaussian|l1_loss|.*cross_entropy|gumbel|"
    r"linear|requires_grad|dist|scaled_dot|lp_pool|cosine_emb|triplet|pairwise|gradient|"
    r"multilabel|poisson|soft_margin|multi_margin|embedding|is_|choose|linalg__|dsmm|"
    r"(log_|special_log_|special_)?softmax|softmin|sub|rsub|adaptive_avg|instance_norm)"
)
SHAPES = ((3, 3), (2, 3, 3), (4,), (1, 4, 4, 4), (2, 2, 4, 4, 4))
FIXED = ("index", "indices", "mask", "condition", "repeats", "pivots", "LU_pivots")
WORDS: dict[str, Any] = {
    "dim": 0, "dims": (0,), "k": 1, "n": 1, "p": 2, "diagonal": 0, "dim0": 0, "dim1": 0,
    "lambd": 0.5, "alpha": 1, "value": 1, "threshold": 0, "shifts": 1, "chunks": 1,
    "kernel_size": 2, "output_size": (1,), "size": (1,), "maxnorm": 1, "q": 0.5,
    "normalized_shape": (3,), "num_groups": 1, "bins": 4, "reps": (1,), "sections": 1,
    "groups": 1, "upscale_factor": 2, "downscale_factor": 2, "negative_slope": 0.1,
    "shape": (-1,), "axis0": 0, "axis1": 0, "source": 0, "destination": 0, "start": 0,
    "length": 1, "step": 1, "dimension": 0, "weight": 0.5, "pad": (1, 1), "N": 3,
}  # fmt: skip


def sample(d: torch.dtype, shape: Any, place: int) -> torch.Tensor:
    """Positive numbers; a matrix of them is definite."""
    x = torch.arange(1, 1 + torch.Size(shape).numel()).reshape(shape) % (5 + place)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        x = (x + x.mT) % 5 + 9 * torch.eye(shape[-1], dtype=torch.int64)
    return (x > 2 if d is torch.bool else x).to(d)


def functions() -> Iterator[tuple[str, Any, list[tuple[str, str]]]]:
    """(name, function, its required parameters)."""
    for line in (NAMES / "torch_signatures.txt").read_text().splitlines():
        name, _, rest = line.partition(" ")
        if SKIPPED.match(name.removeprefix("nn.")):
            continue
        fn = found(name)
        if fn is None:
            continue
        method = name.startswith("Tensor.")
        for overload in rest.lstrip("~!").split("|"):
            required = [
                (p.rpartition(" ")[0], p.rpartition(" ")[2])
                for p in overload.split(", *")[0].split(", ")
                if p and p[0] != "*" and "=" not in p
            ]
            yield name, fn, [("Tensor", "self")] * method + required
    for name in dir(torch.nn.functional):
        fn = getattr(torch.nn.functional, name)
        code = getattr(fn, "__code__", None)
        if name[0] != "_" and code is not None and not SKIPPED.match(name):
            count = code.co_argcount - len(fn.__defaults__ or ())
            words = code.co_varnames[:count]
            kinds = ["int" if w in WORDS else "Tensor" for w in words]
            yield f"nn.{name}", fn, [*zip(kinds, words, strict=True)]


def found(name: str) -> Any:
    head, _, rest = name.partition("_")
    place: Any = torch
    if name.startswith("Tensor."):
        place, name = torch.Tensor, name[7:]
    elif name.startswith("nn."):
        place, name = torch.nn.functional, name[3:]
    elif head in ("linalg", "special", "fft"):
        place, name = getattr(torch, head), rest
    return getattr(place, name, None)


def outcome(
    fn: Any, required: Any, d: torch.dtype, shape: Any
) -> tuple[str, str] | None:
    args = []
    for i, (kind, word) in enumerate(required):
        if kind == "Tensor" and word in FIXED:
            args.append(torch.zeros(shape, dtype=torch.int64))
        elif kind == "Tensor":
            args.append(sample(d, shape, i))
        else:
            args.append(WORDS.get(word, 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fn(*args)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def refusals() -> Iterator[tuple[str, str, str, str]]:
    """(name, letter, exception, text) where all overloads refuse a dtype alike."""
    seen: dict[tuple[str, str], set[Any]] = {}
    for name, fn, required in functions():
        if not any(k == "Tensor" or k == "tuple of Tensors" for k, _ in required):
            continue
        fitting = [
            s
            for d in (torch.float32, torch.int64)
            for s in SHAPES
            if outcome(fn, required, d, s) is None
        ]
        if not fitting:
            print("no sample:", name, required, file=sys.stderr)
            continue
        for (letter, d), scalar in zip(DTYPES.items(), SCALAR_NAMES, strict=True):
            for shape in fitting[:2]:
                error = outcome(fn, required, d, shape)
                if error is not None:
                    error = error[0], re.sub(rf"\b{scalar}\b", "{}", error[1])
                seen.setdefault((name, letter), set()).add(error)
    for (name, letter), errors in seen.items():
        if COMPOSED.match(name):
            continue
        if len(errors) == 1 and (error := errors.pop()) is not None:
            kind, text = error
            if (
                "can't be cast" not in text
                and "\n" not in text
                and "Linalg" not in kind
            ):
                yield name, letter, kind, text


def matrices() -> Iterator[tuple[str, str, str]]:
    """(what is asked of operands, under which name, by which function)."""
    for name, fn, required in functions():
        words = [w for k, w in required if k == "Tensor"]
        if not words:
            continue
        for kind, shape, pattern in (
            ("square", (2, 3), r"(.*): A must be batches of square matrices, but .*"),
            ("matrix", (4,), r"(.*): The input tensor A must have at least 2 dim.*"),
        ):
            error = outcome(fn, required, torch.float32, shape)
            if error is not None and (m := re.fullmatch(pattern, error[1])):
                yield kind, m[1], name


def main() -> None:
    table: dict[tuple[str, str], dict[str, str]] = {}
    for name, letter, kind, text in refusals():
        row = table.setdefault((kind, text), {})
        if letter not in row.get(name, ""):
            row[name] = row.get(name, "") + letter
    for kind, own, name in matrices():
        table.setdefault((kind, own), {})[name] = "*"
    lines = [
        f"{kind}|{text}|{' '.join(f'{n}:{s}' for n, s in sorted(row.items()))}\n"
        for (kind, text), row in sorted(table.items())
    ]
    (NAMES / "torch_dtypes.txt").write_text("".join(lines))
    print(len(lines))


if __name__ == "__main__":
    main()
