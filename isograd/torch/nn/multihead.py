"""Attention of `torch.nn.functional`, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Payload
from isograd.core.tensor import wrap
from isograd.nn import attention as attend
from isograd.torch.call import public, warn
from isograd.torch.nn.layers import check_linear
from isograd.torch.nn.table import F, Named, c_name, dtype_name, generator, plain, row
from isograd.torch.tensor import Tensor

# --- one product ----------------------------------------------------------------------


@row(label="ScaledDotProductFlashAttentionForCpuBackward0")
def scaled_dot_product_attention(
    query: Payload,
    key: Payload,
    value: Payload,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: Any = None,
    enable_gqa: bool = False,
) -> Any:
    q, k, v = query, key, value
    _check_product(q, k, v, attn_mask)
    if enable_gqa:
        times = q.shape[-3] // k.shape[-3]
        k, v = (_repeated(p, times) for p in (k, v))
    if is_causal:
        seen = attend.causal(q.shape[-2], k.shape[-2])
        attn_mask = seen if attn_mask is None else _both(q, attn_mask, seen)
    out = F.attention(q, k, v, attn_mask, scale=scale, drop=drop_with(dropout_p))[0]
    return out if q.ndim == 4 else Named(out, "UnsafeViewBackward0")


def _check_product(q: Payload, k: Payload, v: Payload, mask: Any) -> None:
    if not q.dtype == k.dtype == v.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{c_name(q)} key.dtype: {c_name(k)} and value.dtype: {c_name(v)} instead."
        )
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got "
            f"query.dim: {q.ndim} key.dim: {k.ndim} and value.dim: {v.ndim} instead."
        )
    if mask is not None and mask.dtype.kind != "b" and mask.dtype != q.dtype:
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but "
            f"got attn_mask.dtype: {c_name(mask)} and  query.dtype: {c_name(q)} instead."
        )
    if q.dtype.kind in "iub":
        raise RuntimeError(f"expected scalar type Float but found {dtype_name(q)}")


def _both(q: Payload, mask: Payload, seen: np.ndarray) -> Payload:
    """A mask and the causal one, which the fused kernel of four dimensions joins."""
    if q.ndim != 4:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    biases = (attend.as_bias(F, m, q.dtype) for m in (mask, seen))
    return F.add(*biases)


def _repeated(p: Payload, times: int) -> Payload:
    shape = p.shape
    wide = F.broadcast_to(
        F.unsqueeze(p, axis=p.ndim - 2), (*shape[:-2], times, *shape[-2:])
    )
    return F.reshape(wide, shape=(*shape[:-3], shape[-3] * times, *shape[-2:]))


def drop_with(p: float) -> Any:
    """Dropout of payloads with probability p; None for none."""
    if p == 0:
        return None
    return lambda x: F.dropout(x, p=float(p), generator=generator())


def _projected(
    query: Payload, key: Payload, value: Payload, weight: Any, bias: Any, separate: Any
) -> list[Payload]:
    e = query.shape[-1]
    if separate is None:
        ws = [F.ranged(weight, axis=0, start=i * e, stop=(i + 1) * e) for i in range(3)]
    else:
        ws = separate
    bs = (
        [None] * 3
        if bias is None
        else [F.ranged(bias, axis=0, start=i * e, stop=(i + 1) * e) for i in range(3)]
    )
    return [
        _linear(x, w, b) for x, w, b in zip((query, key, value), ws, bs, strict=True)
    ]


def _linear(x: Payload, w: Payload, b: Any) -> Payload:
    if x.dtype != w.dtype or x.shape[-1] != w.shape[-1]:
        check_linear(x, w, b)
    return F.linear(x, w) if b is None else F.linear(x, w, b)


def _mha_body(
    query: Payload,
    key: Payload,
    value: Payload,
    num_heads: int,
    inner: tuple[Any, Any],
    extra: Any,
    add_zero: bool,
    p: float,
    outer: tuple[Payload, Any],
    masks: tuple[Any, Any],
    separate: Any,
    static: Any,
) -> Any:
    n = query.shape[1]
    q, k, v = _projected(query, key, value, *inner, separate)
    if extra is not None:
        k, v = (
            F.concatenate(x, F.broadcast_to(b, (1, n, b.shape[-1])), axis=0)
            for x, b in zip((k, v), extra, strict=True)
        )
    q, k, v = (attend.heads(F, x, num_heads) for x in (q, k, v))
    k, v = (
        x if s is None else F.reshape(s, shape=(n, num_heads, *s.shape[1:]))
        for x, s in zip((k, v), static, strict=True)
    )
    if add_zero:
        shape = (*k.shape[:2], 1, k.shape[3])
        k, v = (F.concatenate(x, np.zeros(shape, x.dtype), axis=2) for x in (k, v))
    full = _joined_mask(*masks, n, num_heads, q, k)
    out, weights = F.attention(q, k, v, full, drop=drop_with(p))
    return _linear(attend.joined(F, out), *outer), weights


def _joined_mask(
    mask: Any, padding: Any, n: int, heads: int, q: Payload, k: Payload
) -> Any:
    """Masks of PyTorch's meaning (True: do not look) as one that is added."""
    total = None
    length = k.shape[2]
    for m, kind in ((mask, "attn"), (padding, "padding")):
        if m is None:
            continue
        bias = attend.as_bias(
            F, F.logical_not(m) if m.dtype.kind == "b" else m, q.dtype
        )
        missing = length - bias.shape[-1]
        if missing:
            bias = F.pad(bias, (*((0, 0),) * (bias.ndim - 1), (0, missing)))
        if kind == "padding":
            bias = F.reshape(bias, shape=(n, 1, 1, length))
        elif bias.ndim == 3:
            bias = F.reshape(bias, shape=(n, heads, bias.shape[1], length))
        total = bias if total is None else F.add(total, bias)
    return total


_mha = public(_mha_body, "multi_head_attention_forward", "ViewBackward0")


def check_masks(mask: Any, padding: Any, names: tuple[str, str]) -> None:
    """Masks of several heads are bools or floats; both of the same dtype.

    Raises:
        AssertionError: for integers.
    """
    if mask is padding is None:
        return
    for m, name in ((padding, names[1]), (mask, names[0])):
        if m is not None and m._p.dtype.kind not in "fVb":
            raise AssertionError(
                f"only bool and floating types of {name} are supported"
            )
    if mask is not None and padding is not None and mask.dtype is not padding.dtype:
        warn(
            f"Support for mismatched {names[1]} and {names[0]} is deprecated. Use same "
            "type for both instead."
        )


NAMES = ("attn_mask", "key_padding_mask")


def _is_alone(q: Any, k: Any, v: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Whether operands have no axis of a batch.

    Raises:
        AssertionError: where operands and masks disagree about it.
    """
    n, masked = q.dim(), padding is not None or mask is not None
    if masked or n not in (2, 3) or not k.dim() == v.dim() == n:
        _check_dims(q, k, v, padding, mask)
        if n == 2:
            _check_alone(mask, (heads, q.shape[0], k.shape[0]))
    return n == 2


def _check_dims(query: Any, key: Any, value: Any, padding: Any, mask: Any) -> None:
    n = query.dim()
    if n not in (2, 3):
        raise AssertionError(
            "query should be unbatched 2D or batched 3D tensor but received "
            f"{n}-D query tensor"
        )
    case = f"For {'unbatched' if n == 2 else 'batched'} ({n}-D) `query`, expected "
    if key.dim() != n or value.dim() != n:
        raise AssertionError(
            f"{case}`key` and `value` to be {n}-D but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    if padding is not None and padding.dim() != n - 1:
        raise AssertionError(
            f"{case}`key_padding_mask` to be `None` or {n - 1}-D but found "
            f"{padding.dim()}-D tensor instead"
        )
    if mask is not None and mask.dim() not in (2, 3):
        raise AssertionError(
            f"{case}`attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D "
            "tensor instead"
        )


def _check_alone(mask: Any, need: tuple[int, ...]) -> None:
    if mask is not None and mask.dim() == 3 and tuple(mask.shape) != need:
        raise AssertionError(
            f"Expected `attn_mask` shape to be {need} but got {mask.shape}"
        )


def _check_heads(
    query: Any, key: Any, value: Any, width: int, heads: int, separate: Any
) -> None:
    """Widths, lengths and batches of (time, batch, features) agree."""
    q, k, v = query.shape, key.shape, value.shape
    if q[-1] != width:
        raise AssertionError(
            f"was expecting embedding dimension of {width}, but got {q[-1]}"
        )
    if width % heads:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {heads}")
    if separate is not None:
        _check_separate(separate, k, v, width)
    elif k != v:
        raise AssertionError(f"key shape {k} does not match value shape {v}")
    if k[1] != q[1]:
        split = [k[0], q[1] * heads, width // heads]
        raise RuntimeError(
            f"shape '{split}' is invalid for input of size {k[0] * k[1] * width}"
        )


def _check_separate(separate: Any, k: Any, v: Any, width: int) -> None:
    if k[:2] != v[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {k[:2]} do not match value's {v[:2]}"
        )
    for i, wide in enumerate((k[-1], v[-1]), 1):
        if tuple(separate[i].shape) != (width, wide):
            name = ("query", "key", "value")[i]
            raise AssertionError(
                f"expecting {name} weights shape of {(width, wide)}, but got "
                f"{separate[i].shape}"
            )


def _check_mask_shapes(
    mask: Any, padding: Any, batch: int, heads: int, target: int, source: int
) -> None:
    if mask is not None:
        n = mask.dim()
        need = (target, source) if n == 2 else (batch * heads, target, source)
        if tuple(mask.shape) != need:
            raise RuntimeError(
                f"The shape of the {n}D attn_mask is {mask.shape}, but should be {need}."
            )
    if padding is not None:
        for i, need in enumerate((batch, source)):
            if padding.shape[i] != need:
                raise AssertionError(
                    f"Expected key_padded_mask.shape[{i}] to be {need}, but got "
                    f"{padding.shape[i]}"
                )


def _causal_mask(mask: Any, padding: Any, rows: int, columns: int, kept: bool) -> Any:
    """The mask where the hint says that it is causal: read only where weights are kept.

    Raises:
        RuntimeError: for the hint without a mask.
    """
    if mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the "
            "Transformer module method `generate_square_subsequent_mask` to create this "
            "mask."
        )
    if kept or padding is not None:
        return mask
    return wrap(Tensor, ~attend.causal(rows, columns))


def _checked_mask(
    mask: Any, padding: Any, sizes: tuple[int, ...], hint: bool, kept: bool
) -> Any:
    """The mask to add, where masks fit `sizes`: batch, heads, targets, sources."""
    check_masks(mask, padding, NAMES)
    if hint:
        mask = _causal_mask(mask, padding, sizes[2], sizes[3], kept)
    _check_mask_shapes(mask, padding, *sizes)
    return mask


@plain
def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:
    """Attention of several heads over (time, batch, features)."""
    alone = _is_alone(query, key, value, key_padding_mask, attn_mask, num_heads)
    if alone:
        query, key, value = (t.unsqueeze(1) for t in (query, key, value))
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    parts = (q_proj_weight, k_proj_weight, v_proj_weight)
    separate = parts if use_separate_proj_weight else None
    if is_causal or attn_mask is not None or key_padding_mask is not None:
        sizes = (query.shape[1], num_heads, query.shape[0], key.shape[0])
        how = is_causal, need_weights
        attn_mask = _checked_mask(attn_mask, key_padding_mask, sizes, *how)
    _check_heads(query, key, value, embed_dim_to_check, num_heads, separate)
    out, weights = _mha(
        query,
        key,
        value,
        num_heads,
        (in_proj_weight, in_proj_bias),
        None if bias_k is None else (bias_k, bias_v),
        add_zero_attn,
        dropout_p if training else 0.0,
        (out_proj_weight, out_proj_bias),
        (attn_mask, key_padding_mask),
        separate,
        (static_k, static_v),
    )
    if not need_weights:
        return out.squeeze(1) if alone else out, None
    weights = weights.mean(dim=1) if average_attn_weights else weights
    return (out.squeeze(1), weights.squeeze(0)) if alone else (out, weights)
