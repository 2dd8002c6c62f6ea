"""Attention and transformer layers."""

from __future__ import annotations

import copy
from math import sqrt
from typing import Any

from isograd.core.primitive import BOUND
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import ops
from isograd.mindspore.call import public
from isograd.mindspore.initializer import XavierUniform, initializer
from isograd.mindspore.nn.activations import activation_of
from isograd.mindspore.nn.basic import Dense, Dropout, drop_elements
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.containers import CellList
from isograd.mindspore.nn.normalisation import LayerNorm
from isograd.mindspore.parameter import Parameter
from isograd.nn import attention

F = BOUND


def _attend(q: Any, k: Any, v: Any, mask: Any, count: int, rate: float) -> Any:
    """Attention of several heads over (time, n, features)."""
    drop = None if not rate else lambda w: drop_elements(w, rate, w.shape)
    parts = [attention.heads(F, t, count) for t in (q, k, v)]
    out, weights = F.attention(
        *parts, mask, scale=1 / sqrt(q.shape[-1] // count), drop=drop
    )
    return attention.joined(F, out), weights


attend = public(_attend, "multi_head_attention")


class MultiheadAttention(Cell):
    """Attention with learned projections (Vaswani et al. 2017).

    Inputs are (time, batch, features), or with batch_first (batch, time, features);
    masks hold True where a place is left out, or numbers that are added.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        has_bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError(
                "The init argument 'embed_dim' must be divisible by 'num_heads'."
            )
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.head_dim = embed_dim // num_heads
        self.batch_first, self.has_bias = batch_first, has_bias
        self.same = self.kdim == embed_dim and self.vdim == embed_dim
        if self.same:
            self.in_proj_weight = Parameter(
                initializer(XavierUniform(), [3 * embed_dim, embed_dim], dtype)
            )
        else:
            for stem, n in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
                setattr(
                    self,
                    f"{stem}_proj_weight",
                    Parameter(initializer(XavierUniform(), [embed_dim, n], dtype)),
                )
        if has_bias:
            self.in_proj_bias = Parameter(initializer("zeros", [3 * embed_dim], dtype))
        self.out_proj = Dense(
            embed_dim,
            embed_dim,
            has_bias=has_bias,
            dtype=dtype,
        )

    def _projected(self, query: Any, key: Any, value: Any) -> list[Any]:
        if self.same:
            weights = list(ops.split(self.in_proj_weight, self.embed_dim, 0))
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        out = [
            ops.matmul(x, w.T)
            for x, w in zip((query, key, value), weights, strict=True)
        ]
        if self.has_bias:
            parts = ops.split(self.in_proj_bias, self.embed_dim, 0)
            out = [x + b for x, b in zip(out, parts, strict=True)]
        return out

    def construct(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
    ) -> Any:
        alone = query.ndim == 2
        if alone:
            query, key, value = (t.expand_dims(1) for t in (query, key, value))
        elif self.batch_first:
            query, key, value = (t.swapaxes(0, 1) for t in (query, key, value))
        mask = self._mask(attn_mask, key_padding_mask, query)
        rate = self.dropout if self.training else 0.0
        out, weights = attend(
            *self._projected(query, key, value), mask, self.num_heads, rate
        )
        out = self.out_proj(out)
        out = (
            out.squeeze(1) if alone else out.swapaxes(0, 1) if self.batch_first else out
        )
        if not need_weights:
            return out, None
        weights = weights.mean(axis=1) if average_attn_weights else weights
        return out, weights.squeeze(0) if alone else weights

    def _mask(self, attn: Any, padding: Any, query: Any) -> Any:
        parts = []
        if attn is not None:
            if attn.ndim == 3:
                attn = attn.reshape((-1, self.num_heads, *attn.shape[1:]))
            parts.append(self._added(attn, query.dtype))
        if padding is not None:
            shape = (
                (padding.shape[0], 1, 1, padding.shape[1])
                if padding.ndim == 2
                else (1, 1, 1, padding.shape[0])
            )
            parts.append(self._added(padding.reshape(shape), query.dtype))
        if len(parts) == 2:
            return parts[0] + parts[1]
        return parts[0] if parts else None

    @staticmethod
    def _added(mask: Any, dtype: Any) -> Any:
        if mask.dtype == dtypes.bool_:
            zeros = ops.zeros(mask.shape, dtype)
            return ops.masked_fill(zeros, mask, float("-inf"))
        return mask.astype(dtype)


class _TransformerLayer(Cell):
    """What both kinds share: attention to itself, two dense layers, residuals."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, batch_first=batch_first, dtype=dtype
        )
        if self._norms == 3:
            self.multihead_attn = MultiheadAttention(
                d_model, nhead, dropout, batch_first=batch_first, dtype=dtype
            )
        self.dense1 = Dense(d_model, dim_feedforward, dtype=dtype)
        self.dropout = Dropout(p=dropout)
        self.dense2 = Dense(dim_feedforward, d_model, dtype=dtype)
        self.norm_first = norm_first
        for i in range(self._norms):
            norm = LayerNorm((d_model,), epsilon=layer_norm_eps, dtype=dtype)
            setattr(self, f"norm{i + 1}", norm)
        for i in range(self._norms):
            setattr(self, f"dropout{i + 1}", Dropout(p=dropout))
        applied = activation_of(activation, type(self).__name__)
        if isinstance(activation, str):
            object.__setattr__(self, "activation", applied)  # a function, no child
        else:
            self.activation = applied

    _norms = 2

    def _added(self, x: Any, i: int, part: Any) -> Any:
        """x plus a part of it, dropped out; normalised before or after."""
        norm, drop = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        if self.norm_first:
            return x + drop(part(norm(x)))
        return norm(x + drop(part(x)))

    def _dense(self, x: Any) -> Any:
        return self.dense2(self.dropout(self.activation(self.dense1(x))))


class TransformerEncoderLayer(_TransformerLayer):
    """Attention to itself, then two dense layers, each with a residual and a norm."""

    def construct(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None
    ) -> Any:
        x = self._added(
            src,
            1,
            lambda t: self.self_attn(t, t, t, src_key_padding_mask, False, src_mask)[0],
        )
        return self._added(x, 2, self._dense)


class TransformerDecoderLayer(_TransformerLayer):
    """Attention to itself and to a memory, then two dense layers."""

    _norms = 3

    def construct(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
    ) -> Any:
        x = self._added(
            tgt,
            1,
            lambda t: self.self_attn(t, t, t, tgt_key_padding_mask, False, tgt_mask)[0],
        )
        x = self._added(
            x,
            2,
            lambda t: self.multihead_attn(
                t, memory, memory, memory_key_padding_mask, False, memory_mask
            )[0],
        )
        return self._added(x, 3, self._dense)


class _Stack(Cell):
    """Copies of a layer, one after another, and a norm at the end."""

    def __init__(self, layer: Cell, num_layers: int, norm: Cell | None = None) -> None:
        super().__init__()
        self.layers = CellList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm: Any = norm

    def construct(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        for layer in self.layers:
            x = layer(x, *args, **kwargs)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    def __init__(
        self, encoder_layer: Cell, num_layers: int, norm: Cell | None = None
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)


class TransformerDecoder(_Stack):
    def __init__(
        self, decoder_layer: Cell, num_layers: int, norm: Cell | None = None
    ) -> None:
        super().__init__(decoder_layer, num_layers, norm)


class Transformer(Cell):
    """An encoder and a decoder."""

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = "relu",
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        settings = (
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            dtype,
        )

        def norm() -> Cell:
            return LayerNorm((d_model,), epsilon=layer_norm_eps, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*settings), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*settings), num_decoder_layers, norm()
        )
        for p in self.get_parameters():
            if p.ndim > 1:
                p.set_data(initializer(XavierUniform(), p.shape, p.dtype))
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def construct(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
    ) -> Any:
        memory = self.encoder(src, src_mask, src_key_padding_mask)
        return self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
        )
