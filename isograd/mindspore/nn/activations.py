"""Activation layers: each applies a function of `ops`."""

from __future__ import annotations

from typing import Any

from isograd.mindspore import dtype as dtypes
from isograd.mindspore import ops
from isograd.mindspore.initializer import initializer
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.making import cell_of
from isograd.mindspore.parameter import Parameter

# class: (arguments, function of ops, attributes it is given)
_TABLE: dict[str, tuple[str, str, str]] = {
    "ReLU": ("strict=False", "relu", ""),
    "ReLU6": ("", "relu6", ""),
    "Sigmoid": ("", "sigmoid", ""),
    "Tanh": ("", "tanh", ""),
    "SiLU": ("", "silu", ""),
    "Mish": ("", "mish", ""),
    "SeLU": ("", "selu", ""),
    "ELU": ("alpha=1.0", "elu", "alpha"),
    "CELU": ("alpha=1.0", "celu", "alpha"),
    "LeakyReLU": ("alpha=0.2", "leaky_relu", "alpha"),
    "HSwish": ("", "hardswish", ""),
    "HSigmoid": ("", "hardsigmoid", ""),
    "HShrink": ("lambd=0.5", "hardshrink", "lambd"),
    "SoftShrink": ("lambd=0.5", "softshrink", "lambd"),
    "Softsign": ("", "softsign", ""),
    "LogSigmoid": ("", "logsigmoid", ""),
    "Tanhshrink": ("", "tanhshrink", ""),
    "Hardtanh": ("min_val=-1.0, max_val=1.0", "hardtanh", "min_val max_val"),
    "Threshold": ("threshold, value", "threshold", "threshold=thr value"),
    "FastGelu": ("", "fast_gelu", ""),
    "Softmax": ("axis=-1", "softmax", "axis"),
    "LogSoftmax": ("axis=-1", "log_softmax", "axis"),
    "Softmin": ("axis=-1", "softmin", "axis"),
    "GLU": ("axis=-1", "glu", "axis"),
    "RReLU": ("lower=1/8, upper=1/3", "rrelu", "lower upper"),
}
for _name, (_text, _function, _settings) in _TABLE.items():
    globals()[_name] = cell_of(_name, _text, _function, _settings)

GELU = cell_of(
    "GELU",
    "approximate=True",
    lambda self, x: ops.gelu(x, approximate="tanh" if self.approximate else "none"),
)
Softmax2d = cell_of("Softmax2d", "", lambda self, x: ops.softmax(x, axis=-3))


class PReLU(Cell):
    """`max(0, x) + w min(0, x)` with a learned w for each channel, or one."""

    def __init__(self, channel: int = 1, w: Any = 0.25) -> None:
        super().__init__()
        if isinstance(channel, bool) or not isinstance(channel, int) or channel <= 0:
            raise ValueError(
                "For 'PReLU', the 'channel' must be int and must > 0, but got "
                f"'{channel}' with type '{type(channel).__name__}'."
            )
        self.w = Parameter(initializer(w, [channel], dtypes.float32), name="a")

    def construct(self, x: Any) -> Any:
        return ops.prelu(x, self.w)


_NAMES = {
    "softmax": "Softmax",
    "logsoftmax": "LogSoftmax",
    "relu": "ReLU",
    "silu": "SiLU",
    "relu6": "ReLU6",
    "tanh": "Tanh",
    "gelu": "GELU",
    "fast_gelu": "FastGelu",
    "elu": "ELU",
    "sigmoid": "Sigmoid",
    "softsign": "Softsign",
    "prelu": "PReLU",
    "leakyrelu": "LeakyReLU",
    "hswish": "HSwish",
    "hsigmoid": "HSigmoid",
    "logsigmoid": "LogSigmoid",
    "softshrink": "SoftShrink",
    "hshrink": "HShrink",
    "threshold": "Threshold",
    "mish": "Mish",
    "selu": "SeLU",
    "celu": "CELU",
}


def get_activation(name: Any, prim_name: str | None = None) -> Any:
    """The activation layer that a name stands for; None for None.

    Raises:
        KeyError: for an unknown name.
    """
    if name is None:
        return None
    if name not in _NAMES:
        where = f"For '{prim_name}', the" if prim_name else "The"
        raise KeyError(f"{where} 'name' must be in {list(_NAMES)}, but got {name}.")
    return globals()[_NAMES[name]]()


def activation_of(given: Any, owner: str) -> Any:
    """What a layer's `activation` argument stands for: a name, or a callable.

    Raises:
        TypeError: for anything else.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return get_activation(given, owner)
    if not callable(given):
        raise TypeError(
            f"For '{owner}', the 'activation' must be str or Cell or "
            f"Primitive, but got {type(given).__name__}."
        )
    return given
