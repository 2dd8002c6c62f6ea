"""Checkpoints: named arrays in one file (NumPy's archive format)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from isograd.mindspore import dtype as dtypes
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor

_WIDE = ":bfloat16"  # NumPy's format does not know it: it is stored as uint16


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

    Raises:
        TypeError: for another object, or a file name that is no string.
    """
    if not isinstance(ckpt_file_name, str):
        raise TypeError(
            f"For 'save_checkpoint', the parameter {ckpt_file_name} for checkpoint "
            "file name is invalid,'ckpt_file_name' must be string, but got "
            f"{type(ckpt_file_name)}."
        )
    arrays: dict[str, np.ndarray] = {}
    for name, value in _named(save_obj):
        if choice_func is None or choice_func(name):
            _put(arrays, name, value)
    for name, value in (append_dict or {}).items():
        _put(arrays, name, np.float32(value) if type(value) is float else value)
    path = ckpt_file_name
    if not path.endswith((".ckpt", ".safetensors")):
        path += f".{format}"
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    temporary = f"{path}.part"
    with open(temporary, "wb") as file:
        named: dict[str, Any] = {f"/{k}": v for k, v in arrays.items()}
        np.savez(file, **named)
    os.replace(temporary, path)  # a file is there whole or not at all


def _named(obj: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(obj, Cell):
        return [(p.name, p) for p in obj.get_parameters()]
    if isinstance(obj, dict):
        return list(obj.items())
    if isinstance(obj, list | tuple):
        return [(row["name"], row["data"]) for row in obj]
    raise TypeError(
        "For 'save_checkpoint', the parameter 'save_obj' must be nn.Cell, "
        f"list or dict, but got {type(obj)}."
    )


def _put(arrays: dict[str, np.ndarray], name: str, value: Any) -> None:
    a = value.array("a checkpoint") if isinstance(value, Tensor) else np.asarray(value)
    if a.dtype.kind == "V":
        name, a = name + _WIDE, a.view(np.uint16)
    arrays[name] = a


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
        ValueError: if the file is not there, or is no checkpoint.
    """
    if not isinstance(ckpt_file_name, str | os.PathLike):
        raise TypeError(
            "For 'load_checkpoint', the argument 'ckpt_file_name' must be "
            f"string, but got {type(ckpt_file_name)}."
        )
    if not os.path.exists(ckpt_file_name):
        raise ValueError(
            "For 'load_checkpoint', the checkpoint file: "
            f"{os.path.realpath(ckpt_file_name)} does not exist, please check whether "
            "the 'ckpt_file_name' is correct."
        )
    out: dict[str, Parameter] = {}
    for name, a in _arrays_of(ckpt_file_name).items():
        if _chosen(name, choice_func, filter_prefix, specify_prefix):
            out[name] = _parameter(a, name)
    if net is not None:
        load_param_into_net(net, out, strict_load)
    return out


def _arrays_of(path: Any) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {k[1:]: file[k] for k in file.files}
    except (ValueError, OSError) as error:
        raise ValueError(
            f"Failed to read the checkpoint file {path}; it is not one "
            f"that isograd wrote: {error}"
        ) from None
    return {
        k.removesuffix(_WIDE): a.view(dtypes.bfloat16.np) if k.endswith(_WIDE) else a
        for k, a in found.items()
    }


def _chosen(name: str, choice: Any, without: Any, only: Any) -> bool:
    def starts(prefixes: Any) -> bool:
        given = (prefixes,) if isinstance(prefixes, str) else tuple(prefixes)
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
    left: list[str] = []
    used: set[str] = set()
    plan: list[tuple[Parameter, Any]] = []
    for p in net.get_parameters():
        if p.name in parameter_dict:
            new = parameter_dict[p.name]
            _check_fits(p, new, strict_load)
            plan.append((p, new))
            used.add(p.name)
        else:
            left.append(p.name)
    for p, new in plan:
        p.set_data(new)
    return left, [k for k in parameter_dict if k not in used]


def _check_fits(p: Parameter, new: Any, strict: bool) -> None:
    if not isinstance(new, Tensor):
        raise TypeError(
            "For 'load_param_into_net', the element in the argument "
            "'parameter_dict' should be a 'Parameter' or 'Tensor', but got "
            f"{type(new)}."
        )
    if new.shape != p.shape and not (new.size == p.size == 1):
        raise RuntimeError(
            f"For 'load_param_into_net', {p.name} in the argument 'net' should have "
            f"the same shape as {p.name} in the argument 'parameter_dict'. But got its "
            f"shape {p.shape} in the argument 'net' and shape {new.shape} in the "
            "argument 'parameter_dict'.May you need to check whether the checkpoint you "
            "loaded is correct or the batch size and so on in the 'net' and "
            "'parameter_dict' are same."
        )
    if strict and new.dtype != p.dtype:
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
