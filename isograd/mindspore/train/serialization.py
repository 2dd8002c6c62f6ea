"""Checkpoints: named parameters in one file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.seed import Generator
from isograd.mindspore.tensor import Tensor
from isograd.mindspore.train import checkpoint_format as formats

_FORMATS = ("safetensors", "ckpt")
_EMPTY = (
    "The loaded parameter dict is empty after filter or specify, please check whether "
    "'filter_prefix' or 'specify_prefix' are set correctly."
)


def save_checkpoint(
    save_obj: Any,
    ckpt_file_name: str,
    integrated_save: bool = True,
    async_save: bool = False,
    append_dict: Any = None,
    enc_key: Any = None,
    enc_mode: str = "AES-GCM",
    choice_func: Any = None,
    crc_check: bool = False,
    format: str = "ckpt",
    **kwargs: Any,
) -> None:
    """Write parameters to a file.

    Args:
        save_obj: a Cell, a dict of tensors by name, or a list of dicts with "name" and
            "data".
        append_dict: further numbers, strings or tensors to keep.
        choice_func: which names are kept.
        crc_check: whether a checksum is written.
        format: "ckpt" or "safetensors".

    Raises:
        TypeError: for another object, or a file name that is no string.
        ValueError: for another format.
    """
    _check_saving(ckpt_file_name, format, integrated_save)
    arrays = {
        name: _array(value)
        for name, value in _named(save_obj)
        if choice_func is None or choice_func(name)
    }
    arrays |= _appended(append_dict)
    _write(
        ckpt_file_name,
        format,
        formats.encode(arrays, crc_check)
        if format == "ckpt"
        else formats.encode_safetensors(arrays),
    )


def _write(path: str, format: str, data: bytes) -> None:
    """A file that is there whole or not at all."""
    if not path.endswith(f".{format}"):
        path += f".{format}"
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    temporary = f"{path}.part"
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, path)


def _check_saving(ckpt_file_name: Any, format: str, integrated_save: Any) -> None:
    if not isinstance(ckpt_file_name, str):
        raise TypeError(
            f"For 'save_checkpoint', the parameter {ckpt_file_name} for checkpoint "
            "file name is invalid,'ckpt_file_name' must be string, but got "
            f"{type(ckpt_file_name)}."
        )
    if format not in _FORMATS:
        raise ValueError(
            "For 'save_checkpoint', the format must be 'safetensors' or 'ckpt', but "
            f"got {format}."
        )
    if not isinstance(integrated_save, bool):
        raise TypeError(
            f"The input value must be a bool, but got {type(integrated_save).__name__}."
        )


def _named(obj: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(obj, Cell):
        return [(p.name, p) for p in obj.get_parameters()]
    if isinstance(obj, dict):
        return list(obj.items())
    if isinstance(obj, list | tuple):
        return [(row["name"], _held(row["data"])) for row in obj]
    raise TypeError(
        "For 'save_checkpoint', the parameter 'save_obj' must be nn.Cell, "
        f"list or dict, but got {type(obj)}."
    )


def _held(data: Any) -> Any:
    if not isinstance(data, Tensor | str):
        raise TypeError(
            "For save_checkpoint, when save_obj is a list of dict items, the data in "
            f"dict should be parameter, but got {type(data)}."
        )
    return data


def _array(value: Any) -> np.ndarray:
    return value.array("a checkpoint") if isinstance(value, Tensor) else np.array(value)


def _appended(more: Any) -> dict[str, np.ndarray]:
    if more is None:
        return {}
    if not isinstance(more, dict):
        raise TypeError(
            "For 'save_checkpoint', the argument 'append_dict' must be dict, but got "
            f"{type(more)}."
        )
    out: dict[str, np.ndarray] = {}
    for name, value in more.items():
        if isinstance(value, Generator):
            out |= {
                f"{name}.{k}": np.array(str(v)) for k, v in value.get_state().items()
            }
            continue
        if not isinstance(name, str) or not isinstance(value, _APPENDED):
            raise TypeError(
                "For 'save_checkpoint', the type of dict 'append_info' must be key: "
                "string, value: int, float, bool or Generator, but got key: "
                f"{type(name)}, value: {type(value)}"
            )
        out[name] = _array(np.float32(value) if type(value) is float else value)
    return out


_APPENDED = (int, float, str, np.generic, Tensor)


def load_checkpoint(
    ckpt_file_name: str,
    net: Any = None,
    strict_load: bool = False,
    filter_prefix: Any = None,
    dec_key: Any = None,
    dec_mode: str = "AES-GCM",
    specify_prefix: Any = None,
    choice_func: Any = None,
    crc_check: bool = False,
    remove_redundancy: bool = False,
    format: str = "ckpt",
) -> dict[str, Parameter]:
    """Read parameters by name; with `net`, load them into it.

    Raises:
        ValueError: if the file is not there, is no checkpoint, or has nothing chosen.
    """
    _check_file(ckpt_file_name, format)
    out: dict[str, Parameter] = {}
    for name, a in _arrays_of(ckpt_file_name, format).items():
        if _chosen(name, choice_func, filter_prefix, specify_prefix):
            out[name] = _parameter(a, name)
    if not out:
        raise ValueError(_EMPTY)
    if net is not None:
        load_param_into_net(net, out, strict_load)
    return out


def _check_file(path: Any, format: str) -> None:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            "For 'load_checkpoint', the argument 'ckpt_file_name' must be "
            f"string, but got {type(path)}."
        )
    if format not in _FORMATS:
        raise ValueError(
            "For 'load_checkpoint', the checkpoint file should end with '.ckpt' or "
            "'.safetensors', please input the correct 'format'."
        )
    if not str(path).endswith(f".{format}"):
        raise ValueError(
            "For 'load_checkpoint', the checkpoint file format must same with "
            f"'format', but got file_name:'{path}', format:'{format}'"
        )
    if not os.path.exists(path):
        raise ValueError(
            "For 'load_checkpoint', the checkpoint file: "
            f"{os.path.realpath(path)} does not exist, please check whether "
            "the 'ckpt_file_name' is correct."
        )


def _arrays_of(path: Any, format: str) -> dict[str, np.ndarray]:
    with open(path, "rb") as file:
        data = file.read()
    try:
        if format == "ckpt":
            return formats.decode(data)
        return formats.decode_safetensors(data)
    except formats.Unreadable:
        raise ValueError(
            f"Failed to read the checkpoint file {os.path.realpath(path)}. The file may "
            "be corrupted, and the content cannot be parsed."
        ) from None


def _chosen(name: str, choice: Any, without: Any, only: Any) -> bool:
    def starts(prefixes: Any) -> bool:
        given = (prefixes,) if isinstance(prefixes, str) else prefixes
        if not isinstance(given, list | tuple):
            raise TypeError(
                "For 'load_checkpoint', the type of 'specify_prefix' or "
                "'filter_prefix' must be string, list[string] or tuple[string], but "
                f"got {type(given)}."
            )
        given = tuple(given)
        return name.startswith(given)

    if without is not None and starts(without):
        return False
    if only is not None and not starts(only):
        return False
    return choice is None or bool(choice(name))


def _parameter(a: np.ndarray, name: str) -> Any:
    if a.dtype.kind in "US":
        return str(a)
    return Parameter(Tensor(a), name=name)


def load_param_into_net(
    net: Cell,
    parameter_dict: dict[str, Any],
    strict_load: bool = False,
    remove_redundancy: bool = False,
) -> tuple[list[str], list[str]]:
    """Take over values by name.

    Returns:
        (the net's parameters that were not loaded, the dict's that were not used).

    Raises:
        TypeError: for what is no Cell or dict.
        RuntimeError: for another shape or dtype.
    """
    if not isinstance(net, Cell):
        raise TypeError(
            "For 'load_param_into_net', the argument 'net' should be a "
            f"Cell, but got {type(net)}."
        )
    if not isinstance(parameter_dict, dict):
        raise TypeError(
            "For 'load_param_into_net', the argument 'parameter_dict' "
            f"should be a dict, but got {type(parameter_dict)}."
        )
    for name, new in parameter_dict.items():
        if not isinstance(name, str) or not isinstance(new, Parameter | str):
            raise TypeError(
                "For 'parameter_dict', the element in the argument 'parameter_dict' "
                f"should be a 'str' and 'Parameter' , but got {type(name)} and "
                f"{type(new)}."
            )
    own = {p.name: p for p in net.get_parameters()}
    plan = {n: (p, parameter_dict[n]) for n, p in own.items() if n in parameter_dict}
    left = [n for n in own if n not in plan]
    unused = [k for k in parameter_dict if k not in plan]
    if left and not strict_load:
        plan |= _prefixed(own, parameter_dict, left)
    for p, new in plan.values():
        _check_fits(p, new, strict_load)
    for p, new in plan.values():
        p.set_data(new)
    return left, unused


def _prefixed(
    own: dict[str, Parameter], given: dict[str, Any], left: list[str]
) -> dict[str, Any]:
    """What is left to load under a longer name of a common prefix; `left` shrinks."""
    plan: dict[str, Any] = {}
    prefix, found = None, left[0]
    while found != prefix and left:
        prefix = found
        found = next(
            (k[: -len(n)] for n in left for k in given if k.endswith(n)), prefix
        )
        if found != prefix:
            for n in [n for n in left if found + n in given]:
                plan[n] = own[n], given[found + n]
                left.remove(n)
    return plan


def _check_fits(p: Parameter, new: Any, strict: bool) -> None:
    if new.shape != p.shape and not (new.size == p.size == 1):
        raise RuntimeError(
            f"For 'load_param_into_net', {p.name} in the argument 'net' should have "
            f"the same shape as {p.name} in the argument 'parameter_dict'. But got its "
            f"shape {p.shape} in the argument 'net' and shape {new.shape} in the "
            "argument 'parameter_dict'.May you need to check whether the checkpoint you "
            "loaded is correct or the batch size and so on in the 'net' and "
            "'parameter_dict' are same."
        )
    same_kind = p.dtype.is_floating_point and new.dtype.is_floating_point
    if new.dtype != p.dtype and (strict or not same_kind):
        raise RuntimeError(
            f"For 'load_param_into_net', {p.name} in the argument 'net' should have "
            f"the same type as {p.name} in the argument 'parameter_dict'. but got its "
            f"type {p.dtype} in the argument 'net' and type {new.dtype} in the argument "
            "'parameter_dict'.May you need to check whether the checkpoint you loaded "
            "is correct."
        )


def export(*args: Any, **kwargs: Any) -> None:
    """Writing graphs for devices is not supported."""
    raise NotImplementedError(
        "mindspore.export: isograd writes no MindIR, AIR or "
        "ONNX; use save_checkpoint for the parameters"
    )
