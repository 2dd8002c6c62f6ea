"""Loss cells: each applies a function of `ops`."""

from __future__ import annotations

from typing import Any

import isograd.nn.losses  # noqa: F401 (registers)
from isograd.core.primitive import BOUND
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import ops
from isograd.mindspore.call import cast, floating, public
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.making import cell_of
from isograd.mindspore.tensor import Tensor

F = BOUND


# losses whose operators check the reduction: what they allow, the name they say
_ALLOWED = {
    "KLDivLoss": (["none", "mean", "batchmean", "sum"], ""),
    "HingeEmbeddingLoss": (["none", "sum", "mean"], ""),
    "TripletMarginLoss": (["none", "sum", "mean"], ""),
    "MultiMarginLoss": (["none", "sum", "mean"], ""),
    "GaussianNLLLoss": (["none", "mean", "sum"], "gaussian_nll_loss"),
    "BCEWithLogitsLoss": (["none", "mean", "sum"], "BCEWithLogitsLoss"),
    "SoftMarginLoss": (["none", "mean", "sum"], "soft_margin_loss"),
}
_ENUMERATED = ("BCEWithLogitsLoss", "SoftMarginLoss")


def _no_reduction(loss: str, reduction: Any) -> ValueError:
    allowed, name = _ALLOWED.get(loss, (None, ""))
    if loss in _ENUMERATED:
        return ValueError(
            f"Failed to convert the value \"{reduction}\" of input 'reduction' of "
            f"'{name}' to enum."
        )
    if allowed is None:
        return ValueError(
            f"For '{loss}', the 'reduction' must be in ['mean', 'sum', 'none'], but got "
            f"{reduction}."
        )
    return ValueError(
        f"For '{name or loss}', the 'reduction' must be str and must be in "
        f"'{allowed}', but got '{reduction}'."
    )


class LossBase(Cell):
    """Base of losses: `get_loss` weighs and reduces what a subclass computes.

    Raises:
        ValueError: for a reduction other than "mean", "sum" and "none".
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self._set_reduction(reduction)

    def _set_reduction(self, reduction: Any) -> None:
        if reduction is None:
            reduction = "none"
        loss = type(self).__name__
        allowed = _ALLOWED[loss][0] if loss in _ALLOWED else ["mean", "sum", "none"]
        if reduction not in allowed:
            raise _no_reduction(loss, reduction)
        self.reduction = reduction
        self.average = reduction == "mean"
        self.reduce = reduction != "none"

    def get_axis(self, x: Any) -> tuple[int, ...]:
        return tuple(range(x.ndim))

    def get_loss(self, x: Any, weights: Any = 1.0) -> Any:
        """`x * weights`, reduced, in x's dtype."""
        out = x.astype(dtypes.float32) * weights
        if self.reduce:
            out = out.mean() if self.average else out.sum()
        return out.astype(x.dtype)

    def construct(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


# class: (arguments before `reduction`, its default, function, attributes given)
_TABLE: dict[str, tuple[str, str, str, str]] = {
    "L1Loss": ("", "mean", "l1_loss", "reduction"),
    "MSELoss": ("", "mean", "mse_loss", "reduction"),
    "SmoothL1Loss": ("beta=1.0", "none", "smooth_l1_loss", "beta reduction"),
    "SoftMarginLoss": ("", "mean", "soft_margin_loss", "reduction"),
    "BCELoss": ("weight=None", "mean", "binary_cross_entropy", "weight reduction"),
    "KLDivLoss": ("", "mean", "kl_div", "reduction"),
    "MultiLabelMarginLoss": ("", "mean", "multilabel_margin_loss", "reduction"),
    "MultilabelMarginLoss": ("", "mean", "multilabel_margin_loss", "reduction"),
    "MultiLabelSoftMarginLoss": (
        "weight=None",
        "mean",
        "multilabel_soft_margin_loss",
        "weight reduction",
    ),
    "CosineEmbeddingLoss": (
        "margin=0.0",
        "mean",
        "cosine_embedding_loss",
        "margin reduction",
    ),
    "HingeEmbeddingLoss": (
        "margin=1.0",
        "mean",
        "hinge_embedding_loss",
        "margin reduction",
    ),
    "MarginRankingLoss": (
        "margin=0.0",
        "mean",
        "margin_ranking_loss",
        "margin reduction",
    ),
    "PoissonNLLLoss": (
        "log_input=True, full=False, eps=1e-8",
        "mean",
        "poisson_nll_loss",
        "log_input full eps reduction",
    ),
}
# reduction stands elsewhere among the arguments of these
_ORDERED: dict[str, tuple[str, Any, str]] = {
    "HuberLoss": ("reduction='mean', delta=1.0", "huber_loss", "reduction delta"),
    "BCEWithLogitsLoss": (
        "reduction='mean', weight=None, pos_weight=None",
        "binary_cross_entropy_with_logits",
        "weight pos_weight reduction",
    ),
    "NLLLoss": (
        "weight=None, ignore_index=-100, reduction='mean'",
        "nll_loss",
        "weight ignore_index reduction",
    ),
    "CrossEntropyLoss": (
        "weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0",
        lambda self, logits, labels: _checked_cross_entropy(self, logits, labels),
        "",
    ),
    "GaussianNLLLoss": (
        "*, full=False, eps=1e-6, reduction='mean'",
        "gaussian_nll_loss",
        "full eps reduction",
    ),
    "TripletMarginLoss": (
        "p=2, swap=False, eps=1e-6, reduction='mean', margin=1.0",
        "triplet_margin_loss",
        "margin p eps swap reduction",
    ),
    "MultiMarginLoss": (
        "p=1, margin=1.0, reduction='mean', weight=None",
        "multi_margin_loss",
        "p margin weight reduction",
    ),
    "CTCLoss": (
        "blank=0, reduction='mean', zero_infinity=False",
        lambda self, *xs: ops.ctc_loss(
            *xs, self.blank, self.reduction, self.zero_infinity
        )[0],
        "",
    ),
}


def _checked_cross_entropy(self: Any, logits: Any, labels: Any) -> Any:
    x, y = logits.shape, labels.shape
    want, text = x, "(N, C, d_0, d_1, ...)"
    if len(y) != len(x):
        want, text = x[:1] + x[2:], "(N, d_0, d_1, ...)"
    if y != want and len(x) > 1:
        raise ValueError(
            "For 'CrossEntropyLoss', the shape of 'logits' should be "
            f"(N, C, d_0, d_1, ...), and the shape of 'labels' should be {text}, but get "
            f"'logits' shape: {x} and 'labels' shape: {y}."
        )
    return ops.cross_entropy(
        logits,
        labels,
        self.weight,
        self.ignore_index,
        self.reduction,
        self.label_smoothing,
    )


def _loss(name: str, text: str, function: Any, settings: str) -> type[Cell]:
    made = cell_of(name, text, function, settings, base=LossBase)
    plain_init = made.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        plain_init(self, *args, **kwargs)
        self._set_reduction(self.reduction)

    made.__init__ = __init__  # type: ignore[method-assign]  # justified: the class is being made here
    return made


for _name, (_text, _default, _function, _settings) in _TABLE.items():
    _text = f"{_text}, " if _text else ""
    globals()[_name] = _loss(
        _name, f"{_text}reduction={_default!r}", _function, _settings
    )
for _name, (_text, _function, _settings) in _ORDERED.items():
    globals()[_name] = _loss(_name, _text, _function, _settings)


class MAELoss(LossBase):
    """The mean absolute error."""

    def construct(self, logits: Any, label: Any) -> Any:
        return self.get_loss(ops.abs(logits - label))


class RMSELoss(LossBase):
    """The root of the mean squared error."""

    def __init__(self) -> None:
        super().__init__()

    def construct(self, logits: Any, label: Any) -> Any:
        return ops.sqrt(ops.mse_loss(logits, label))


def _softmax_loss(x: Any, y: Any, sparse: bool, reduction: str) -> Any:
    x = floating(x)
    rows = (*y.shape, x.shape[-1]) if sparse else y.shape
    if rows != x.shape:
        raise ValueError(
            "For 'SoftmaxCrossEntropyWithLogits', evaluator arg 'label' shape must be "
            f"consistent with 'logits' shape, but got 'label' shape: {rows}, 'logits' "
            f"shape: {x.shape}."
        )
    if not sparse:
        y = F.stop_gradient(F.convert(y, dtype=x.dtype))
    return F.cross_entropy(x, y, reduction=reduction)


softmax_loss = public(_softmax_loss, "softmax_cross_entropy_with_logits")


class SoftmaxCrossEntropyWithLogits(LossBase):
    """Cross entropy of logits (n, c) with labels: indices if `sparse`, else rows."""

    def __init__(self, sparse: bool = False, reduction: str = "none") -> None:
        super().__init__(reduction)
        if not isinstance(sparse, bool):
            raise TypeError(
                "For 'SoftmaxCrossEntropyWithLogits', the type of 'sparse' "
                f"must be bool, but got {type(sparse).__name__}."
            )
        self.sparse = sparse

    def construct(self, logits: Any, labels: Any) -> Any:
        if not isinstance(logits, Tensor) or not isinstance(labels, Tensor):
            raise TypeError(
                "For 'SoftmaxCrossEntropyWithLogits', the 'logits' and "
                "'labels' must be Tensors."
            )
        return softmax_loss(logits, labels, self.sparse, self.reduction)


class DiceLoss(LossBase):
    """1 - 2 |A B| / (|A| + |B|), smoothed."""

    def __init__(self, smooth: float = 1e-5) -> None:
        super().__init__()
        self.smooth = smooth

    def construct(self, logits: Any, label: Any) -> Any:
        return _dice(logits, label, self.smooth)


class FocalLoss(LossBase):
    """Lin et al. 2017: cross entropy weighed by `(1 - p)^gamma`."""

    def __init__(
        self, weight: Any = None, gamma: float = 2.0, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.weight, self.gamma = weight, gamma

    def construct(self, logits: Any, labels: Any) -> Any:
        return _focal(logits, labels, self.weight, self.gamma, self.reduction)


_focal = public(
    lambda x, y, weight, gamma, reduction: F.focal_loss(
        x, y, weight, gamma=gamma, reduction=reduction
    ),
    "focal_loss",
)
_dice = public(
    lambda x, y, smooth: F.dice_loss(x, cast(y, x.dtype), smooth=smooth), "dice_loss"
)


class TripletMarginWithDistanceLoss(LossBase):
    """The triplet loss with a distance of one's own."""

    def __init__(
        self,
        distance_function: Any = None,
        swap: bool = False,
        reduction: str = "mean",
        margin: float = 1.0,
    ) -> None:
        super().__init__(reduction)
        self.distance = distance_function or (
            lambda a, b: ops.sqrt(((a - b + 1e-6) ** 2).sum(axis=-1))
        )
        self.swap, self.margin = swap, margin

    def construct(self, x: Any, positive: Any, negative: Any) -> Any:
        near, far = self.distance(x, positive), self.distance(x, negative)
        if self.swap:
            far = ops.minimum(far, self.distance(positive, negative))
        return self.get_loss(ops.relu(near - far + self.margin))


__all__ = [
    n
    for n, v in list(globals().items())
    if isinstance(v, type) and issubclass(v, LossBase) and not n.startswith("_")
]
