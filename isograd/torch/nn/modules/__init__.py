"""The modules of `torch.nn`, by theme."""

import sys

from isograd.base.missing import module_getattr
from isograd.torch.nn.modules import basic, normalising, simple
from isograd.torch.nn.modules import module as module
from isograd.torch.nn.modules.adaptive import RARE
from isograd.torch.nn.modules.container import (
    ModuleDict,
    ModuleList,
    ParameterDict,
    ParameterList,
    Sequential,
)
from isograd.torch.nn.modules.conversions import placed
from isograd.torch.nn.modules.lazy import LAZY
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.modules.normalising import LAYERS
from isograd.torch.nn.modules.recurrent import (
    GRU,
    LSTM,
    RNN,
    GRUCell,
    LSTMCell,
    RNNBase,
    RNNCell,
    RNNCellBase,
)
from isograd.torch.nn.modules.simple import SIMPLE
from isograd.torch.nn.modules.transformer import (
    MultiheadAttention,
    Transformer,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)

ALL = {
    **LAYERS,
    **SIMPLE,
    **LAZY,
    **RARE,
    **{
        c.__name__: c
        for c in (
            GRU,
            LSTM,
            RNN,
            GRUCell,
            LSTMCell,
            Module,
            ModuleDict,
            ModuleList,
            MultiheadAttention,
            ParameterDict,
            ParameterList,
            RNNBase,
            RNNCell,
            RNNCellBase,
            Sequential,
            Transformer,
            TransformerDecoder,
            TransformerDecoderLayer,
            TransformerEncoder,
            TransformerEncoderLayer,
        )
    },
}
"""Every class of `torch.nn` by name."""
for _name, _cls in ALL.items():
    _cls.__qualname__ = _name
    for _base in _cls.__mro__:
        placed(_base)
    if _cls.__module__ in sys.modules:  # where pickle looks
        setattr(sys.modules[_cls.__module__], _name, _cls)

_BASES = {
    "_BatchNorm": normalising._BatchNorm,
    "_ConvNd": basic._ConvNd,
    "_ConvTransposeNd": basic._ConvTransposeNd,
    "_DropoutNd": simple._Dropout,
    "_InstanceNorm": normalising._InstanceNorm,
    "_Loss": simple._Loss,
    "_NormBase": normalising._Norm,
    "_WeightedLoss": simple._Loss,
}
"""Bases that programs ask for by PyTorch's names."""

globals().update(ALL | _BASES)
__getattr__ = module_getattr("torch.nn.modules", "torch")
__all__ = sorted(ALL)
