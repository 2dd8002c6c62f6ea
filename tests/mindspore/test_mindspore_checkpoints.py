"""Checkpoint files: bytes and texts recorded from MindSpore 2.10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import Parameter, Tensor, nn

FILES: list[tuple[Any, bytes]] = [
    (
        [
            {"name": "w", "data": Tensor(np.arange(6).reshape(2, 3), ms.float16)},
            {"name": "s", "data": Tensor(5, ms.int32)},
        ],
        b"\n \n\x01w\x12\x1b\x08\x02\x08\x03\x12\x07Float16\x1a\x0c\x00\x00\x00<\x00@"
        b"\x00B\x00D\x00E\n\x12\n\x01s\x12\r\x12\x05Int32\x1a\x04\x05\x00\x00\x00",
    ),
    (
        {"p": Parameter(Tensor([1.0, 2.0]), name="p")},
        b"\n\x1a\n\x01p\x12\x15\x08\x02\x12\x07Float32\x1a\x08\x00\x00\x80?\x00\x00\x00@",
    ),
    (
        [{"name": "v", "data": Tensor(np.array([1, 2, 3]), ms.bfloat16)}],
        b"\n\x19\n\x01v\x12\x14\x08\x03\x12\x08BFloat16\x1a\x06\x80?\x00@@@",
    ),
    (
        [{"name": "v", "data": Tensor(np.array([1, 2, 3]), ms.bool_)}],
        b"\n\x12\n\x01v\x12\r\x08\x03\x12\x04Bool\x1a\x03\x01\x01\x01",
    ),
]


@pytest.mark.parametrize("case", FILES)
def test_bytes(case: tuple[Any, bytes], tmp_path: Path) -> None:
    obj, data = case
    path = tmp_path / "x.ckpt"
    ms.save_checkpoint(obj, str(path))
    assert path.read_bytes() == data
    rows = obj.items() if isinstance(obj, dict) else [r.values() for r in obj]
    found = ms.load_checkpoint(str(path))
    for name, value in rows:
        assert found[name].dtype == value.dtype
        assert found[name].shape == value.shape
        assert (found[name] == value).all()


def _net() -> nn.Dense:
    return nn.Dense(2, 1, weight_init="ones", bias_init="zeros")


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (1, b"\n\x16\n\x01k\x12\x11\x12\x05Int64\x1a\x08\x01\0\0\0\0\0\0\0"),
        (2.5, b"\n\x14\n\x01k\x12\x0f\x12\x07Float32\x1a\x04\x00\x00 @"),
        (True, b"\n\x0e\n\x01k\x12\t\x12\x04Bool\x1a\x01\x01"),
        ("ab", b"\n\x16\n\x01k\x12\x11\x08\x00\x12\x03str\x1a\x08a\0\0\0b\0\0\0"),
        ("", b"\n\x12\n\x01k\x12\r\x08\x00\x12\x03str\x1a\x04\0\0\0\0"),
    ],
)
def test_appended_values(value: Any, data: bytes, tmp_path: Path) -> None:
    path = str(tmp_path / "x.ckpt")
    ms.save_checkpoint(_net(), path, append_dict={"k": value})
    assert Path(path).read_bytes().endswith(data)
    found = ms.load_checkpoint(path)["k"]
    assert (found if isinstance(value, str) else found.asnumpy().item()) == value


def test_checksum_and_safetensors(tmp_path: Path) -> None:
    ms.save_checkpoint(_net(), str(tmp_path / "c.ckpt"), crc_check=True)
    assert (
        (tmp_path / "c.ckpt")
        .read_bytes()
        .endswith(b"\x1a\x04\x00\x00\x00\x00crc_num\x00\x00\x00\x00\x00\x00\xeaMro")
    )
    assert list(ms.load_checkpoint(str(tmp_path / "c.ckpt"))) == ["weight", "bias"]
    ms.save_checkpoint(_net(), str(tmp_path / "m"), format="safetensors")
    path = tmp_path / "m.safetensors"
    assert path.read_bytes() == (
        b'\x98\x00\x00\x00\x00\x00\x00\x00{"__metadata__":{"format":"ms"},"bias":{'
        b'"dtype":"F32","shape":[1],"data_offsets":[0,4]},"weight":{"dtype":"F32",'
        b'"shape":[1,2],"data_offsets":[4,12]}}   \x00\x00\x00\x00\x00\x00\x80?'
        b"\x00\x00\x80?"
    )
    found = ms.load_checkpoint(str(path), format="safetensors")
    assert found["weight"].shape == (1, 2)


def test_refused_files(tmp_path: Path) -> None:
    for data in (b"garbage", b"\x0a\xff", b"\n\x05ab", b"\x0b\x01"):
        (tmp_path / "bad.ckpt").write_bytes(data)
        with pytest.raises(ValueError, match="may be corrupted, and the content"):
            ms.load_checkpoint(str(tmp_path / "bad.ckpt"))
    (tmp_path / "bad.ckpt").write_bytes(b"")
    with pytest.raises(ValueError, match="dict is empty after filter or specify"):
        ms.load_checkpoint(str(tmp_path / "bad.ckpt"))
    with pytest.raises(ValueError, match=r"must same with 'format', but got file_name"):
        ms.load_checkpoint("a.txt")
    with pytest.raises(TypeError, match="must be a bool, but got int"):
        ms.save_checkpoint(_net(), "x.ckpt", integrated_save=1)  # type: ignore[arg-type]


def test_loading_under_a_longer_name() -> None:
    ones = Parameter(Tensor(np.ones((1, 2), np.float32)), name="w")
    bias = Parameter(Tensor(np.ones(1, np.float32)), name="b")
    given = {"x.weight": ones, "x.bias": bias}
    net = _net()
    assert ms.load_param_into_net(net, given) == ([], ["x.weight", "x.bias"])
    assert net.bias.asnumpy().tolist() == [1.0]
    assert ms.load_param_into_net(_net(), {"x.weight": ones}) == (
        ["bias"],
        ["x.weight"],
    )
    with pytest.raises(TypeError, match="should be a 'str' and 'Parameter' , but got"):
        ms.load_param_into_net(_net(), {"weight": Tensor([[1.0, 2.0]])})
    whole = Parameter(Tensor(np.ones((1, 2), np.int32)), name="weight")
    with pytest.raises(RuntimeError, match="should have the same type as weight"):
        ms.load_param_into_net(_net(), {"weight": whole})
