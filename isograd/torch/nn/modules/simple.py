"""Modules that are a function with stored arguments: activations, dropout, losses.

Each row names the function, its arguments with their defaults, and which of them the
module's text shows.
"""

from __future__ import annotations

import warnings
from typing import Any

from isograd.torch.nn import functional as F
from isograd.torch.nn.losses import triplet_margin_with_distance_loss
from isograd.torch.nn.modules.module import Module

REQUIRED = object()


class _Stored(Module):
    """A function whose further arguments are attributes."""

    function: str
    arguments: tuple[tuple[str, Any], ...]
    shown: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        for name, value in bound(
            type(self).__name__, self.arguments, args, kwargs
        ).items():
            setattr(self, name, value)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return getattr(F, self.function)(
            *inputs, **named, **{n: getattr(self, n) for n, _ in self.arguments}
        )

    def extra_repr(self) -> str:
        text = self.shown.format(self=self)
        if getattr(self, "inplace", False) and self.function not in _SILENT:
            text += (", " if text else "") + "inplace=True"
        return text


_SILENT = ("hardsigmoid", "hardswish")
"""Functions whose layers do not show that they work in place."""


class _Activation(_Stored):
    """An activation whose only argument is `inplace`."""

    def forward(self, input: Any) -> Any:
        if self.inplace:
            return getattr(F, self.function)(input, inplace=True)
        return self.apply_to(input)


def bound(name: str, arguments: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Arguments of a call by name, with defaults.

    Raises:
        TypeError: as Python has it, for a call that does not fit.
    """
    words = [n for n, _ in arguments]
    if len(args) > len(words):
        raise TypeError(
            f"{name}.__init__() takes from 1 to {len(words) + 1} positional "
            f"arguments but {len(args) + 1} were given"
        )
    found = dict(zip(words, args, strict=False))
    for key, value in kwargs.items():
        if key not in words:
            raise TypeError(
                f"{name}.__init__() got an unexpected keyword argument '{key}'"
            )
        if key in found:
            raise TypeError(
                f"{name}.__init__() got multiple values for argument '{key}'"
            )
        found[key] = value
    missing = [n for n, d in arguments if n not in found and d is REQUIRED]
    if missing:
        listed = " and ".join(f"'{m}'" for m in missing)
        plural = "s" if len(missing) > 1 else ""
        raise TypeError(
            f"{name}.__init__() missing {len(missing)} required positional "
            f"argument{plural}: {listed}"
        )
    return {n: found.get(n, d) for n, d in arguments}


_INPLACE = (("inplace", False),)
_DIM = (("dim", None),)

# name: (function, arguments, text)
_ACTIVATIONS: dict[str, tuple[str, tuple[tuple[str, Any], ...], str]] = {
    "ReLU": ("relu", _INPLACE, ""),
    "ReLU6": ("relu6", _INPLACE, ""),
    "SiLU": ("silu", _INPLACE, ""),
    "Mish": ("mish", _INPLACE, ""),
    "SELU": ("selu", _INPLACE, ""),
    "Hardswish": ("hardswish", _INPLACE, ""),
    "Hardsigmoid": ("hardsigmoid", _INPLACE, ""),
    "Sigmoid": ("sigmoid", (), ""),
    "Tanh": ("tanh", (), ""),
    "Softsign": ("softsign", (), ""),
    "Tanhshrink": ("tanhshrink", (), ""),
    "LogSigmoid": ("logsigmoid", (), ""),
    "GELU": ("gelu", (("approximate", "none"),), "approximate={self.approximate!r}"),
    "ELU": ("elu", (("alpha", 1.0), *_INPLACE), "alpha={self.alpha}"),
    "CELU": ("celu", (("alpha", 1.0), *_INPLACE), "alpha={self.alpha}"),
    "LeakyReLU": (
        "leaky_relu",
        (("negative_slope", 1e-2), *_INPLACE),
        "negative_slope={self.negative_slope}",
    ),
    "Hardtanh": (
        "hardtanh",
        (("min_val", -1.0), ("max_val", 1.0), *_INPLACE),
        "min_val={self.min_val}, max_val={self.max_val}",
    ),
    "Softplus": (
        "softplus",
        (("beta", 1.0), ("threshold", 20.0)),
        "beta={self.beta}, threshold={self.threshold}",
    ),
    "Softshrink": ("softshrink", (("lambd", 0.5),), "{self.lambd}"),
    "Hardshrink": ("hardshrink", (("lambd", 0.5),), "{self.lambd}"),
    "Threshold": (
        "threshold",
        (("threshold", REQUIRED), ("value", REQUIRED), *_INPLACE),
        "threshold={self.threshold}, value={self.value}",
    ),
    "GLU": ("glu", (("dim", -1),), "dim={self.dim}"),
    "Softmax": ("softmax", _DIM, "dim={self.dim}"),
    "LogSoftmax": ("log_softmax", _DIM, "dim={self.dim}"),
    "Softmin": ("softmin", _DIM, "dim={self.dim}"),
    "PixelShuffle": (
        "pixel_shuffle",
        (("upscale_factor", REQUIRED),),
        "upscale_factor={self.upscale_factor}",
    ),
    "PixelUnshuffle": (
        "pixel_unshuffle",
        (("downscale_factor", REQUIRED),),
        "downscale_factor={self.downscale_factor}",
    ),
    "ChannelShuffle": (
        "channel_shuffle",
        (("groups", REQUIRED),),
        "groups={self.groups}",
    ),
    "CosineSimilarity": ("cosine_similarity", (("dim", 1), ("eps", 1e-8)), ""),
    "PairwiseDistance": (
        "pairwise_distance",
        (("p", 2.0), ("eps", 1e-6), ("keepdim", False)),
        "",
    ),
    "LocalResponseNorm": (
        "local_response_norm",
        (("size", REQUIRED), ("alpha", 1e-4), ("beta", 0.75), ("k", 1.0)),
        "{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}",
    ),
    "CrossMapLRN2d": (
        "_cross_map_lrn2d",
        (("size", REQUIRED), ("alpha", 1e-4), ("beta", 0.75), ("k", 1)),
        "{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}",
    ),
    "Unfold": (
        "unfold",
        (("kernel_size", REQUIRED), ("dilation", 1), ("padding", 0), ("stride", 1)),
        "kernel_size={self.kernel_size}, dilation={self.dilation}, "
        "padding={self.padding}, stride={self.stride}",
    ),
    "Fold": (
        "fold",
        (
            ("output_size", REQUIRED),
            ("kernel_size", REQUIRED),
            ("dilation", 1),
            ("padding", 0),
            ("stride", 1),
        ),
        "output_size={self.output_size}, kernel_size={self.kernel_size}, "
        "dilation={self.dilation}, padding={self.padding}, stride={self.stride}",
    ),
}


class _Dropout(Module):
    function: str

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(
                f"dropout probability has to be between 0 and 1, but got {p}"
            )
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Any:
        return getattr(F, self.function)(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class RReLU(Module):
    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        tail = ", inplace=True" if self.inplace else ""
        return f"lower={self.lower}, upper={self.upper}{tail}"


class PReLU(Module):
    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        from isograd.torch.nn.modules.basic import weight

        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = weight(num_parameters, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        self.weight._p[...] = self.init

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class Softmax2d(Module):
    def forward(self, input: Any) -> Any:
        if input.dim() not in (3, 4):
            raise ValueError(
                f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead"
            )
        return F.softmax(input, -3)


# --- losses ---------------------------------------------------------------------------

_LOSSES: dict[str, tuple[str, tuple[tuple[str, Any], ...]]] = {
    "L1Loss": ("l1_loss", ()),
    "MSELoss": ("mse_loss", ()),
    "SmoothL1Loss": ("smooth_l1_loss", (("beta", 1.0),)),
    "SoftMarginLoss": ("soft_margin_loss", ()),
    "MultiLabelMarginLoss": ("multilabel_margin_loss", ()),
}
_OLD = (("size_average", None), ("reduce", None), ("reduction", "mean"))


class _Loss(_Stored):
    """A loss: `reduction` last among the arguments; weights are buffers."""

    shown = ""
    weights: tuple[str, ...] = ()
    check: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Module.__init__(self)
        values = bound(type(self).__name__, self.arguments, args, kwargs)
        if self.check is not None:
            self.check(values)
        if values.pop("size_average", None) is not None or (
            values.get("reduce") is not None
        ):
            from isograd.torch.nn.table import reduction_of

            values["reduction"] = reduction_of(
                "mean", kwargs.get("size_average"), kwargs.get("reduce")
            )
        values.pop("reduce", None)
        for name, value in values.items():
            if name in self.weights:
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return getattr(F, self.function)(
            *inputs,
            **named,
            **{
                n: getattr(self, n)
                for n, _ in self.arguments
                if n not in ("size_average", "reduce")
            },
        )


def _loss_rows() -> dict[str, tuple[str, tuple[tuple[str, Any], ...], tuple[str, ...]]]:
    w: tuple[tuple[str, Any], ...] = (("weight", None),)
    margin = (("margin", 0.0),)
    old, red = _OLD, (("reduction", "mean"),)
    rows: dict[str, Any] = {
        n: (f, (*old, *more), ()) for n, (f, more) in _LOSSES.items()
    }
    rows |= {
        "HuberLoss": ("huber_loss", (*red, ("delta", 1.0)), ()),
        "NLLLoss": (
            "nll_loss",
            (*w, old[0], ("ignore_index", -100), *old[1:]),
            ("weight",),
        ),
        "CrossEntropyLoss": (
            "cross_entropy",
            (*w, old[0], ("ignore_index", -100), *old[1:], ("label_smoothing", 0.0)),
            ("weight",),
        ),
        "BCELoss": ("binary_cross_entropy", (*w, *old), ("weight",)),
        "BCEWithLogitsLoss": (
            "binary_cross_entropy_with_logits",
            (*w, *old, ("pos_weight", None)),
            ("weight", "pos_weight"),
        ),
        "MultiLabelSoftMarginLoss": (
            "multilabel_soft_margin_loss",
            (*w, *old),
            ("weight",),
        ),
        "MultiMarginLoss": (
            "multi_margin_loss",
            (("p", 1), ("margin", 1.0), *w, *old),
            ("weight",),
        ),
        "KLDivLoss": ("kl_div", (*old, ("log_target", False)), ()),
        "PoissonNLLLoss": (
            "poisson_nll_loss",
            (("log_input", True), ("full", False), old[0], ("eps", 1e-8), *old[1:]),
            (),
        ),
        "GaussianNLLLoss": (
            "gaussian_nll_loss",
            (("full", False), ("eps", 1e-6), *red),
            (),
        ),
        "HingeEmbeddingLoss": ("hinge_embedding_loss", (("margin", 1.0), *old), ()),
        "MarginRankingLoss": ("margin_ranking_loss", (*margin, *old), ()),
        "CosineEmbeddingLoss": ("cosine_embedding_loss", (*margin, *old), ()),
        "TripletMarginLoss": (
            "triplet_margin_loss",
            (("margin", 1.0), ("p", 2.0), ("eps", 1e-6), ("swap", False), *old),
            (),
        ),
        "CTCLoss": ("ctc_loss", (("blank", 0), *red, ("zero_infinity", False)), ()),
    }
    return rows


def _check_margin(self: Any, margin: float) -> None:
    if margin <= 0:
        raise ValueError(
            f"{type(self).__name__}: expected margin to be greater than 0, got {margin} "
            "instead"
        )


def _check_classes(self: Any, values: dict[str, Any]) -> None:
    if values["p"] not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    w = values["weight"]
    if w is not None and w.dim() != 1:
        raise ValueError(
            "MultiMarginLoss: expected weight to be None or 1D tensor, got "
            f"{w.dim()}D instead"
        )


def _check_triplet(self: Any, values: dict[str, Any]) -> None:
    _check_margin(self, values["margin"])


_LOSS_CHECKS = {
    "MultiMarginLoss": _check_classes,
    "TripletMarginLoss": _check_triplet,
}


class TripletMarginWithDistanceLoss(Module):
    def __init__(
        self,
        *,
        distance_function: Any = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        _check_margin(self, margin)
        self.distance_function = distance_function or SIMPLE["PairwiseDistance"]()
        self.margin, self.swap, self.reduction = margin, swap, reduction

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


def _hardtanh(base: Any) -> Any:
    class Hardtanh(base):
        """The two bounds, by their former names too."""

        def __init__(
            self,
            min_val: float = -1.0,
            max_val: float = 1.0,
            inplace: bool = False,
            min_value: Any = None,
            max_value: Any = None,
        ) -> None:
            for word, old in (("min", min_value), ("max", max_value)):
                if old is not None:
                    warnings.warn(
                        f"keyword argument `{word}_value` is deprecated and renamed to "
                        f"`{word}_val`",
                        FutureWarning,
                        stacklevel=2,
                    )
            lo = min_val if min_value is None else min_value
            hi = max_val if max_value is None else max_value
            super().__init__(lo, hi, inplace)
            if hi <= lo:
                raise AssertionError(
                    f"max_val ({hi}) must be greater than min_val ({lo})"
                )

    Hardtanh.__qualname__ = "Hardtanh"
    return Hardtanh


def _classes() -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, (function, arguments, shown) in _ACTIVATIONS.items():
        base = _Activation if arguments is _INPLACE else _Stored
        out[name] = type(
            name,
            (base,),
            {
                "function": function,
                "arguments": arguments,
                "shown": shown,
                "apply_to": staticmethod(getattr(F, function)),
                "__module__": __name__,
            },
        )
    for name, (function, arguments, weights) in _loss_rows().items():
        out[name] = type(
            name,
            (_Loss,),
            {
                "function": function,
                "arguments": arguments,
                "weights": weights,
                "check": _LOSS_CHECKS.get(name),
                "__module__": __name__,
            },
        )
    for name, function in (
        ("Dropout", "dropout"),
        ("Dropout1d", "dropout1d"),
        ("Dropout2d", "dropout2d"),
        ("Dropout3d", "dropout3d"),
        ("AlphaDropout", "alpha_dropout"),
        ("FeatureAlphaDropout", "feature_alpha_dropout"),
    ):
        out[name] = type(
            name, (_Dropout,), {"function": function, "__module__": __name__}
        )
    for cls in (
        _hardtanh(out["Hardtanh"]),
        RReLU,
        PReLU,
        Softmax2d,
        TripletMarginWithDistanceLoss,
    ):
        out[cls.__name__] = cls
    return out


SIMPLE: dict[str, Any] = _classes()
"""The classes by name."""
