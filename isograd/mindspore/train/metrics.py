"""Metrics: `clear`, `update` with each batch, `eval`."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any

import numpy as np

from isograd.mindspore.tensor import Tensor

Array = np.ndarray


class Metric(metaclass=ABCMeta):
    """Base of metrics."""

    def __init__(self) -> None:
        self._indexes: list[int] | None = None

    def _convert_data(self, data: Any) -> Array:
        if isinstance(data, Tensor):
            return data.asnumpy()
        if isinstance(data, list | tuple):
            return np.array(data)
        if isinstance(data, np.ndarray):
            return data
        raise TypeError(
            "The input data type must be a tensor, list or numpy.ndarray, "
            f"but got {type(data)}."
        )

    @property
    def indexes(self) -> list[int] | None:
        return self._indexes

    def set_indexes(self, indexes: list[int]) -> Any:
        """Which of the inputs of `update` count."""
        self._indexes = indexes
        return self

    def __call__(self, *inputs: Any) -> Any:
        self.clear()
        self.update(*inputs)
        return self.eval()

    @abstractmethod
    def clear(self) -> None: ...

    @abstractmethod
    def eval(self) -> Any: ...

    @abstractmethod
    def update(self, *inputs: Any) -> None: ...

    def _two(self, inputs: tuple[Any, ...]) -> tuple[Array, Array]:
        if self._indexes is not None:
            inputs = tuple(inputs[i] for i in self._indexes)
        if len(inputs) != 2:
            raise ValueError(
                f"For '{type(self).__name__}.update', it needs 2 inputs "
                f"(predicted value, true value), but got {len(inputs)}."
            )
        return self._convert_data(inputs[0]), self._convert_data(inputs[1])


class _Mean(Metric):
    """A sum over samples, divided by their number."""

    def __init__(self) -> None:
        super().__init__()
        self.clear()

    def clear(self) -> None:
        self._sum, self._count = 0.0, 0

    def eval(self) -> Any:
        if self._count == 0:
            raise RuntimeError(
                f"The '{type(self).__name__}' can not be calculated, "
                "because the number of samples is 0."
            )
        return self._sum / self._count


class MAE(_Mean):
    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        self._sum += float(np.abs(t.reshape(y.shape) - y).sum())
        self._count += y.shape[0]


class MSE(_Mean):
    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        self._sum += float(np.square(t.reshape(y.shape) - y).sum())
        self._count += y.shape[0]


class Loss(_Mean):
    def update(self, *inputs: Any) -> None:
        value = self._convert_data(inputs[0])
        self._sum += float(value.mean())
        self._count += 1


class Perplexity(_Mean):
    def __init__(self, ignore_label: int | None = None) -> None:
        super().__init__()
        self.ignore_label = ignore_label

    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        labels = t.reshape(-1).astype(int)
        p = y.reshape(labels.size, -1)[np.arange(labels.size), labels]
        if self.ignore_label is not None:
            p = p[labels != self.ignore_label]
        self._sum -= float(np.log(np.maximum(1e-10, p)).sum())
        self._count += p.size

    def eval(self) -> Any:
        return float(np.exp(super().eval()))


class EvaluationBase(Metric):
    """Base of scores of a classification or multilabel prediction."""

    def __init__(self, eval_type: str) -> None:
        super().__init__()
        if eval_type not in ("classification", "multilabel"):
            raise TypeError(
                f"The argument 'eval_type' must be in ['classification', "
                f"'multilabel'], but got {eval_type}."
            )
        self._type = eval_type

    def _rows(self, inputs: tuple[Any, ...]) -> tuple[Array, Array]:
        """(predictions, truth) as matrices of zeros and ones, samples by classes."""
        y, t = self._two(inputs)
        if self._type == "multilabel":
            if y.shape != t.shape:
                raise ValueError(
                    "For multilabel, the shapes of predicted and true "
                    f"values must be equal, but got {y.shape} and "
                    f"{t.shape}."
                )
            classes = y.shape[1]
            return (
                np.moveaxis(y, 1, -1).reshape(-1, classes),
                np.moveaxis(t, 1, -1).reshape(-1, classes),
            )
        classes = y.shape[1]
        if t.ndim == y.ndim:
            t = t.argmax(axis=1)
        if (t >= classes).any():
            raise ValueError(
                f"The number of classes is {classes}, but a label is {t.max()}."
            )
        eye = np.eye(classes)
        return eye[y.argmax(axis=1).reshape(-1)], eye[t.reshape(-1).astype(int)]


class Accuracy(EvaluationBase):
    """The share of right predictions."""

    def __init__(self, eval_type: str = "classification") -> None:
        super().__init__(eval_type)
        self.clear()

    def clear(self) -> None:
        self._correct, self._total = 0, 0

    def update(self, *inputs: Any) -> None:
        y, t = self._rows(inputs)
        self._correct += int((y == t).all(axis=1).sum())
        self._total += y.shape[0]

    def eval(self) -> float:
        if self._total == 0:
            raise RuntimeError(
                "The 'Accuracy' can not be calculated, because the "
                "number of samples is 0."
            )
        return self._correct / self._total


class _Counted(EvaluationBase):
    """True positives, predicted and real positives of each class."""

    def __init__(self, eval_type: str = "classification") -> None:
        super().__init__(eval_type)
        self.clear()

    def clear(self) -> None:
        self._hits: Any = 0
        self._predicted: Any = 0
        self._real: Any = 0

    def update(self, *inputs: Any) -> None:
        y, t = self._rows(inputs)
        axis = 0 if self._type == "classification" else 1
        counts = ((y * t).sum(axis), y.sum(axis), t.sum(axis))
        if axis:
            self._hits, self._predicted, self._real = (
                np.append(a, b) if isinstance(a, np.ndarray) else b
                for a, b in zip(
                    (self._hits, self._predicted, self._real), counts, strict=True
                )
            )
        else:
            self._hits, self._predicted, self._real = (
                a + b
                for a, b in zip(
                    (self._hits, self._predicted, self._real), counts, strict=True
                )
            )

    def _ratio(self, part: Any, whole: Any, average: bool) -> Any:
        if isinstance(whole, int):
            raise RuntimeError("The input number of samples can not be 0.")
        out = part / np.maximum(whole, np.finfo(np.float64).eps)
        return float(out.mean()) if average else out


class Precision(_Counted):
    def eval(self, average: bool = False) -> Any:
        return self._ratio(self._hits, self._predicted, average)


class Recall(_Counted):
    def eval(self, average: bool = False) -> Any:
        return self._ratio(self._hits, self._real, average)


class Fbeta(_Counted):
    def __init__(self, beta: float) -> None:
        super().__init__("classification")
        if beta <= 0:
            raise ValueError(
                f"The argument 'beta' must be greater than zero, but got {beta}."
            )
        self.beta = beta

    def eval(self, average: bool = False) -> Any:
        b = self.beta**2
        if isinstance(self._real, int):
            raise RuntimeError("The input number of samples can not be 0.")
        out = (
            (1 + b)
            * self._hits
            / (b * self._real + self._predicted + np.finfo(np.float64).eps)
        )
        return float(out.mean()) if average else out


class F1(Fbeta):
    def __init__(self) -> None:
        super().__init__(1.0)


class TopKCategoricalAccuracy(_Mean):
    """The share of samples whose class is among the k largest."""

    def __init__(self, k: int) -> None:
        super().__init__()
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ValueError(
                f"The argument 'k' must be an int of at least 1, but got {k}."
            )
        self.k = k

    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        if t.ndim == y.ndim and y.shape == t.shape:
            t = t.argmax(axis=1)
        top = np.argsort(-y, axis=1, kind="stable")[:, : self.k]
        self._sum += int((top == t.reshape(-1, 1)).any(axis=1).sum())
        self._count += y.shape[0]


class Top1CategoricalAccuracy(TopKCategoricalAccuracy):
    def __init__(self) -> None:
        super().__init__(1)


class Top5CategoricalAccuracy(TopKCategoricalAccuracy):
    def __init__(self) -> None:
        super().__init__(5)


class ConfusionMatrix(Metric):
    """How often each class was taken for each."""

    def __init__(
        self, num_classes: int, normalize: str = "no_norm", threshold: float = 0.5
    ) -> None:
        super().__init__()
        self.num_classes, self.normalize = num_classes, normalize
        self.threshold = threshold
        self.clear()

    def clear(self) -> None:
        self.confusion_matrix = np.zeros((self.num_classes, self.num_classes))
        self._seen = False

    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        if y.ndim == t.ndim + 1:
            y = y.argmax(axis=1)
        elif y.dtype.kind == "f":
            y = (y >= self.threshold).astype(int)
        np.add.at(
            self.confusion_matrix,
            (t.reshape(-1).astype(int), y.reshape(-1).astype(int)),
            1,
        )
        self._seen = True

    def eval(self) -> Array:
        if not self._seen:
            raise RuntimeError(
                "Please call the 'update' method before calling 'eval' method."
            )
        m = self.confusion_matrix
        total = {
            "target": m.sum(1, keepdims=True),
            "prediction": m.sum(0),
            "all": m.sum(),
        }.get(self.normalize)
        return m if total is None else np.nan_to_num(m / total)


class Dice(_Mean):
    def __init__(self, smooth: float = 1e-5) -> None:
        super().__init__()
        self.smooth = smooth

    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        both = float((y.reshape(-1) * t.reshape(-1)).sum())
        total = float(np.square(y).sum() + np.square(t).sum())
        self._sum += 2 * both / (total + self.smooth)
        self._count += 1


class CosineSimilarity(Metric):
    def __init__(
        self,
        similarity: str = "cosine",
        reduction: str = "none",
        zero_diagonal: bool = True,
    ) -> None:
        super().__init__()
        self.similarity, self.reduction = similarity, reduction
        self.zero_diagonal = zero_diagonal
        self.clear()

    def clear(self) -> None:
        self.sqr_mtx_res: Any = 0

    def update(self, inputs: Any) -> None:  # type: ignore[override]  # justified: MindSpore's has one input
        x = self._convert_data(inputs)
        if self.similarity == "cosine":
            x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        out = x @ x.T
        if self.zero_diagonal:
            np.fill_diagonal(out, 0)
        self.sqr_mtx_res = {
            "mean": lambda: out.mean(-1),
            "sum": lambda: out.sum(-1),
        }.get(self.reduction, lambda: out)()

    def eval(self) -> Any:
        return self.sqr_mtx_res


class ROC(Metric):
    """False and true positive rates at all thresholds, of a binary score."""

    def __init__(
        self, class_num: int | None = None, pos_label: int | None = None
    ) -> None:
        super().__init__()
        self.pos_label = 1 if pos_label is None else pos_label
        self.clear()

    def clear(self) -> None:
        self._scores, self._truth = np.zeros(0), np.zeros(0)

    def update(self, *inputs: Any) -> None:
        y, t = self._two(inputs)
        self._scores = np.append(self._scores, y.reshape(-1))
        self._truth = np.append(self._truth, t.reshape(-1))

    def eval(self) -> Any:
        order = np.argsort(-self._scores, kind="stable")
        scores, hit = self._scores[order], self._truth[order] == self.pos_label
        last = np.append(np.nonzero(np.diff(scores))[0], scores.size - 1)
        tps = np.cumsum(hit)[last]
        fps = 1 + last - tps
        tps, fps = np.append(0, tps), np.append(0, fps)
        thresholds = np.append(scores[last][0] + 1, scores[last])
        return fps / max(fps[-1], 1), tps / max(tps[-1], 1), thresholds


def auc(x: Any, y: Any, reorder: bool = False) -> float:
    """The area under a curve, by trapezoids."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if reorder:
        order = np.lexsort((y, x))
        x, y = x[order], y[order]
    area = float(np.trapezoid(y, x))
    return -area if x.size > 1 and x[0] > x[-1] else area


_FACTORY: dict[str, Any] = {
    "accuracy": Accuracy,
    "acc": Accuracy,
    "precision": Precision,
    "recall": Recall,
    "F1": F1,
    "dice": Dice,
    "roc": ROC,
    "topk": TopKCategoricalAccuracy,
    "top_1_accuracy": Top1CategoricalAccuracy,
    "top_5_accuracy": Top5CategoricalAccuracy,
    "loss": Loss,
    "mae": MAE,
    "mse": MSE,
    "confusion_matrix": ConfusionMatrix,
    "perplexity": Perplexity,
    "cosine_similarity": CosineSimilarity,
}


def names() -> list[str]:
    """The names that `get_metric_fn` knows."""
    return list(_FACTORY)


def get_metric_fn(name: str, *args: Any, **kwargs: Any) -> Metric:
    """The metric of a name.

    Raises:
        KeyError: for an unknown name.
    """
    if name not in _FACTORY:
        raise KeyError(f"Unknown metric: {name}.")
    return _FACTORY[name](*args, **kwargs)


def get_metrics(metrics: Any) -> dict[str, Metric]:
    """Metrics by name, from a set of names or a dict."""
    if metrics is None:
        return {}
    if isinstance(metrics, dict):
        for name, metric in metrics.items():
            if not isinstance(name, str) or not isinstance(metric, Metric):
                raise TypeError(
                    "For 'Model', the metrics must be a dict of Metric by str."
                )
        return metrics
    if not isinstance(metrics, set):
        raise TypeError(
            "For 'get_metrics', the argument 'metrics' must be None, dict or set, but "
            f"got {metrics}"
        )
    out = {}
    for m in metrics:
        if not isinstance(m, str):
            raise TypeError(f"For 'Model', a metric in a set must be str, but got {m}")
        out[m] = get_metric_fn(m)
    return out


__all__ = [
    n
    for n, v in list(globals().items())
    if (isinstance(v, type) and issubclass(v, Metric))
    or n in ("auc", "get_metric_fn", "names", "get_metrics")
]
__path__: list[str] = []  # MindSpore has modules below
