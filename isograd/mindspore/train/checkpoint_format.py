"""Bytes of checkpoint files: MindSpore's protobuf messages and safetensors.

A `.ckpt` file is a message `Checkpoint { repeated Value value = 1 }` with
`Value { string tag = 1; TensorProto tensor = 2 }` and
`TensorProto { repeated int64 dims = 1; string tensor_type = 2; bytes content = 3 }`
(protobuf.dev, "Encoding"); texts have the type "str" and UTF-32 content.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from isograd.mindspore import dtype as dtypes

Values = Mapping[str, np.ndarray]
_SAFE = {
    "Bool": "BOOL",
    "Float16": "F16",
    "Float32": "F32",
    "Float64": "F64",
    "BFloat16": "BF16",
    **{f"{u}Int{n}": f"{u[:1] or 'I'}{n}" for u in ("", "U") for n in (8, 16, 32, 64)},
}
_CHECK = b"crc_num"
_CHECK_BYTES = 10


class Unreadable(ValueError):
    """Bytes that are no checkpoint."""


# --- protobuf -------------------------------------------------------------------------


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _kind(a: np.ndarray) -> str:
    return "str" if a.dtype.kind == "U" else dtypes.of_numpy(a.dtype).text


def _tensor(a: np.ndarray) -> bytes:
    text = a.dtype.kind == "U"
    dims = (0,) if text else a.shape
    content = a.tobytes() or (b"\0" * 4 if text else b"")
    return (
        b"".join(b"\x08" + _varint(n) for n in dims)
        + _field(2, _kind(a).encode())
        + _field(3, content)
    )


def encode(values: Values, check: bool = False) -> bytes:
    """A `.ckpt` file; with `check` a checksum at its end."""
    out = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, _tensor(a)))
        for name, a in values.items()
    )
    if check:
        out += _CHECK + binascii.crc32(out).to_bytes(_CHECK_BYTES, "big")
    return out


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, content) of a message's fields: an int, or bytes."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        value, at = _number(data, at)
        if key & 7 == 2:
            if at + value > len(data):
                raise Unreadable("a field ends beyond its message")
            yield key >> 3, data[at : at + value]
            at += value
        elif key & 7 == 0:
            yield key >> 3, value
        else:
            raise Unreadable("no field of a checkpoint")


def _array(data: bytes) -> np.ndarray:
    dims: list[int] = []
    kind, content = "", b""
    for number, value in _fields(data):
        if number == 1:
            dims.append(value)
        elif number == 2:
            kind = value.decode()
        else:
            content = value
    if kind == "str":
        return np.array(content.decode("utf-32-le").rstrip("\0"))
    return np.frombuffer(content, _dtype(kind)).reshape(dims).copy()


def _dtype(text: str) -> Any:
    found = next((d for d in dtypes.all_types if d.text == text), None)
    if found is None:
        raise Unreadable(f"no dtype {text}")
    return found.np


def decode(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of a `.ckpt` file.

    Raises:
        Unreadable: if it is none.
    """
    check = len(data) - len(_CHECK) - _CHECK_BYTES
    if check >= 0 and data[check:].startswith(_CHECK):
        data = data[:check]
    out: dict[str, np.ndarray] = {}
    try:
        for _, value in _fields(data):
            parts = dict(_fields(value))
            name, found = parts[1].decode(), _array(parts[2])
            # tensors of more than half a gigabyte come in slices
            out[name] = np.concatenate([out[name], found]) if name in out else found
    except (IndexError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise Unreadable(str(error)) from None
    return out


# --- safetensors ----------------------------------------------------------------------


def encode_safetensors(values: Values) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "ms"}}
    content, at = [], 0
    for name in sorted(values, key=lambda n: (-values[n].dtype.itemsize, n)):
        a = values[name]
        header[name] = {
            "dtype": _SAFE[_kind(a)],
            "shape": list(a.shape),
            "data_offsets": [at, at + a.nbytes],
        }
        content.append(a.tobytes())
        at += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(content)


def decode_safetensors(data: bytes) -> dict[str, np.ndarray]:
    """
    Raises:
        Unreadable: for other bytes.
    """
    try:
        size = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:size])
        kinds = {v: k for k, v in _SAFE.items()}
        header.pop("__metadata__", None)
        return {
            name: np.frombuffer(
                data[size + x["data_offsets"][0] : size + x["data_offsets"][1]],
                _dtype(kinds[x["dtype"]]),
            )
            .reshape(x["shape"])
            .copy()
            for name, x in header.items()
        }
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(str(error)) from None
