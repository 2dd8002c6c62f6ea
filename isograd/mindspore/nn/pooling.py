"""Pooling layers: pad_mode "same", "valid" and "pad" are translated to numbers."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import BOUND
from isograd.mindspore.call import public
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.convolutions import pads_of, sizes_of
from isograd.nn.windows import same_pads

F = BOUND


class _Pool(Cell):
    rank = 2

    def _settings(
        self,
        kernel_size: Any,
        stride: Any,
        pad_mode: str,
        padding: Any,
        dilation: Any = 1,
    ) -> None:
        name, rank = type(self).__name__, self.rank
        self.kernel_size = sizes_of(kernel_size, rank, "kernel_size", name)
        self.stride = sizes_of(stride, rank, "stride", name)
        self.dilation = sizes_of(dilation, rank, "dilation", name)
        mode = pad_mode.lower() if isinstance(pad_mode, str) else pad_mode
        if mode not in ("same", "valid", "pad"):
            raise ValueError(
                f"For '{name}', the 'pad_mode' must be str and must be in "
                f"'['VALID', 'SAME', 'PAD']', but got '{str(pad_mode).upper()}'."
            )
        self.pad_mode, self.padding = mode.upper(), padding
        self.pads = pads_of(padding, rank, name)

    def _pads(self, x: Any) -> Any:
        if self.pad_mode == "SAME":
            return same_pads(
                x.shape[-self.rank :], self.kernel_size, self.stride, self.dilation
            )
        return self.pads

    def _wrong_rank(self, got: int) -> str:
        name, want = type(self).__name__, self.rank + 2
        if self.rank == 1:
            return f"For '{name}', the input must has 3 dim, but got {got}"
        operator = name[:-2] if self.rank == 2 else f"{name[:-1]}D"
        if operator == "MaxPool":
            return (
                "For primitive[MaxPool], the length of input must be equal to 4 , but "
                f"got {got}."
            )
        return (
            f"For primitive[{operator}], the x_rank must be equal to {want}, but got "
            f"{got}."
        )

    def _checked(self, x: Any) -> Any:
        if x.ndim not in (self.rank + 1, self.rank + 2):
            raise ValueError(self._wrong_rank(x.ndim))
        return x

    def extend_repr(self) -> str:
        def shown(sizes: Any) -> Any:
            if self.rank == 1:  # with the axis of height that it is computed with
                return (1, *sizes)
            return sizes[0] if len(set(sizes)) == 1 else sizes

        return (
            f"kernel_size={shown(self.kernel_size)}, stride={shown(self.stride)}, "
            f"pad_mode={self.pad_mode}"
        )


_max = public(
    lambda x, layer: F.max_pool_pairs(
        layer._checked(x),
        size=layer.kernel_size,
        stride=layer.stride,
        pads=layer._pads(x),
        dilation=layer.dilation,
        ceil_mode=layer.ceil_mode,
    ),
    "max_pool",
)


class _MaxPool(_Pool):
    def __init__(
        self,
        kernel_size: Any = 1,
        stride: Any = 1,
        pad_mode: str = "valid",
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
        data_format: str = "NCHW",
    ) -> None:
        super().__init__()
        self._settings(kernel_size, stride, pad_mode, padding, dilation)
        self.return_indices, self.ceil_mode = return_indices, ceil_mode
        self.data_format = data_format

    def construct(self, x: Any) -> Any:
        if self.data_format == "NHWC":
            out, at = _max(x.transpose((0, 3, 1, 2)), self)
            return out.transpose((0, 2, 3, 1))
        out, at = _max(x, self)
        return (out, at) if self.return_indices else out


class MaxPool1d(_MaxPool):
    rank = 1


class MaxPool2d(_MaxPool): ...


class MaxPool3d(_MaxPool):
    rank = 3


def _avg_body(x: Any, layer: Any) -> Any:
    layer._checked(x)
    if layer.pad_mode == "SAME":
        return F.avg_pool_pairs(
            x, size=layer.kernel_size, stride=layer.stride, pads=layer._pads(x)
        )
    return F.avg_pool(
        x,
        size=layer.kernel_size,
        stride=layer.stride,
        padding=tuple(a for a, _ in layer.pads),
        ceil_mode=layer.ceil_mode,
        count_padding=layer.count_include_pad,
        divisor=layer.divisor_override,
    )


_avg = public(_avg_body, "avg_pool")


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Any = 1,
        stride: Any = 1,
        pad_mode: str = "valid",
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
        data_format: str = "NCHW",
    ) -> None:
        super().__init__()
        self._settings(kernel_size, stride, pad_mode, padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override, self.data_format = divisor_override, data_format

    def construct(self, x: Any) -> Any:
        if self.data_format == "NHWC":
            return _avg(x.transpose((0, 3, 1, 2)), self).transpose((0, 2, 3, 1))
        return _avg(x, self)


class AvgPool1d(_AvgPool):
    rank = 1

    def __init__(
        self,
        kernel_size: Any = 1,
        stride: Any = 1,
        pad_mode: str = "valid",
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(
            kernel_size, stride, pad_mode, padding, ceil_mode, count_include_pad
        )


class AvgPool2d(_AvgPool): ...


class AvgPool3d(_AvgPool):
    rank = 3

    def __init__(
        self,
        kernel_size: Any = 1,
        stride: Any = 1,
        pad_mode: str = "valid",
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(
            kernel_size,
            stride,
            pad_mode,
            padding,
            ceil_mode,
            count_include_pad,
            divisor_override,
        )


class _Adaptive(Cell):
    rank = 2

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def _count(self, x: Any) -> tuple[int, ...]:
        given = self.output_size
        sizes = (
            (given,) * self.rank if given is None or isinstance(given, int) else given
        )
        space = x.shape[-self.rank :]
        return tuple(
            n if m is None else int(m) for n, m in zip(space, sizes, strict=True)
        )


_adaptive_avg = public(
    lambda x, count: F.adaptive_avg_pool(x, count=count), "adaptive_avg_pool"
)
_adaptive_max = public(
    lambda x, count: F.adaptive_max_pool(x, count=count), "adaptive_max_pool"
)


class _AdaptiveAvg(_Adaptive):
    def __init__(self, output_size: Any) -> None:
        super().__init__(output_size)

    def construct(self, x: Any) -> Any:
        return _adaptive_avg(x, self._count(x))


class _AdaptiveMax(_Adaptive):
    def construct(self, x: Any) -> Any:
        out, at = _adaptive_max(x, self._count(x))
        return (out, at) if self.return_indices else out


for _kind, _base in (("Avg", _AdaptiveAvg), ("Max", _AdaptiveMax)):
    for _rank in (1, 2, 3):
        _name = f"Adaptive{_kind}Pool{_rank}d"
        globals()[_name] = type(
            _name,
            (_base,),
            {
                "rank": _rank,
                "__module__": "isograd.mindspore.nn",
                "__doc__": f"{_kind} over cells that cover the space.",
            },
        )


_lp = public(
    lambda x, layer: F.lp_pool(
        x,
        ord=layer.norm_type,
        size=layer.kernel_size,
        stride=layer.stride,
        ceil_mode=layer.ceil_mode,
    ),
    "lp_pool",
)


class _LPPool(_Pool):
    extend_repr = Cell.extend_repr

    def __init__(
        self,
        norm_type: float,
        kernel_size: Any,
        stride: Any = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self._settings(
            kernel_size, kernel_size if stride is None else stride, "valid", 0
        )
        self.norm_type, self.ceil_mode = float(norm_type), ceil_mode

    def construct(self, x: Any) -> Any:
        return _lp(x, self)


class LPPool1d(_LPPool):
    rank = 1


class LPPool2d(_LPPool): ...


_unpool = public(lambda x, at, space: F.max_unpool(x, at, space=space), "max_unpool")


class _MaxUnpool(_Pool):
    extend_repr = Cell.extend_repr

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self._settings(
            kernel_size, kernel_size if stride is None else stride, "pad", padding
        )

    def construct(self, x: Any, indices: Any, output_size: Any = None) -> Any:
        space = tuple(
            (n - 1) * s - sum(p) + k
            for n, s, p, k in zip(
                x.shape[-self.rank :],
                self.stride,
                self.pads,
                self.kernel_size,
                strict=True,
            )
        )
        if output_size is not None:
            space = tuple(output_size)[-self.rank :]
        return _unpool(x, indices, space)


class MaxUnpool1d(_MaxUnpool):
    rank = 1


class MaxUnpool2d(_MaxUnpool): ...


class MaxUnpool3d(_MaxUnpool):
    rank = 3
