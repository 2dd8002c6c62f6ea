"""`torch.load`: what it takes by default, under the names of either import."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import isograd.torch as torch
from isograd.torch.serialization import MAGIC
from isograd.torch.tensor import rebuild

PLAIN = """
import io, torch
net = torch.nn.Linear(2, 1)
things = {
    "weights": net.state_dict(), "parameter": net.weight, "shape": net.weight.shape,
    "device": torch.device("cpu"), "buffer": torch.nn.Buffer(torch.ones(2)),
    "half": torch.ones(2, dtype=torch.bfloat16), "dtype": torch.float64,
    "storage": torch.ones(2).untyped_storage(), "optimizer": torch.optim.Adam(
    net.parameters()).state_dict(),
}
file = io.BytesIO()
torch.save(things, file)
file.seek(0)
found = torch.load(file)
print([type(v).__name__ for v in found.values()])
print(found["shape"], found["dtype"], bool((found["parameter"] == net.weight).all()))
"""
PRINTED = [
    "['OrderedDict', 'Parameter', 'Size', 'device', 'Buffer', 'Tensor', 'dtype', "
    "'UntypedStorage', 'dict']",
    "torch.Size([1, 2]) torch.float64 True",
]


@pytest.mark.parametrize("installed", [True, False])
def test_tensors_and_what_describes_them_are_loaded(
    installed: bool, tmp_path: Path
) -> None:
    source = (
        PLAIN if installed else PLAIN.replace("io, torch", "io, isograd.torch as torch")
    )
    (tmp_path / "script.py").write_text(source)
    words = ["-m", "isograd", "run", "script.py"] if installed else ["script.py"]
    found = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert found.stdout.splitlines() == PRINTED, found.stderr


class Call:
    """Pickles as a call of any function."""

    def __init__(self, module: str, name: str, *args: object) -> None:
        self.call = module, name, args

    def blob(self) -> bytes:
        module, name, args = self.call
        body = b"\x80\x04" + b"".join(
            b"\x8c" + bytes([len(s)]) + s.encode() for s in (module, name)
        )
        return MAGIC + body + b"\x93" + pickle.dumps(args, 4)[2:-1] + b"R."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "getcwd"),
        ("builtins", "eval"),
        ("numpy", "load"),
        ("numpy", "ndarray.tofile"),
        ("isograd.torch.tensor", "copy.copy"),
        ("isograd.torch.tensor", "warnings.sys.exit"),
        ("isograd.torch.nn.parameter", "np.load"),
        ("torch.storage", "np.load"),
        ("collections", "_sys.exit"),
    ],
)
def test_no_path_leads_to_other_functions(module: str, name: str) -> None:
    blob = Call(module, name).blob()
    with pytest.raises(pickle.UnpicklingError, match="was not an allowed global"):
        torch.load(io.BytesIO(blob))


def test_modules_are_refused_unless_trusted() -> None:
    file = io.BytesIO()
    torch.save(torch.nn.ReLU(), file)
    with pytest.raises(pickle.UnpicklingError, match="Unsupported global"):
        torch.load(io.BytesIO(file.getvalue()))
    assert isinstance(
        torch.load(io.BytesIO(file.getvalue()), weights_only=False), torch.nn.ReLU
    )


def test_numbers_in_a_file_never_become_objects() -> None:
    owner = np.arange(4)
    for place in (
        (owner, 0, (2,), (8,), np.dtype(object)),
        (owner, 24, (2,), (8,), "q"),
    ):
        file = io.BytesIO(MAGIC + pickle.dumps(Rebuilt(place)))
        with pytest.raises((ValueError, TypeError)):
            torch.load(file)


class Rebuilt:
    """Pickles as a tensor in a place of an array's memory."""

    def __init__(self, place: tuple[object, ...]) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return rebuild, (None, self.place, False, {})
