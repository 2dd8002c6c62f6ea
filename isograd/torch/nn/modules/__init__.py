"""The modules of `torch.nn`, by theme."""

from isograd.torch.nn.modules import module as module
from isograd.torch.nn.modules.container import (
    ModuleDict,
    ModuleList,
    ParameterDict,
    ParameterList,
    Sequential,
)
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

globals().update(ALL)
__all__ = sorted(ALL)
