"""`Distribution`, the base of all distributions."""

from __future__ import annotations

import warnings
from typing import Any

from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.creation import as_tensor
from isograd.torch.distributions import constraints
from isograd.torch.distributions.evaluate import all_true, size_of
from isograd.torch.dtypes import Size
from isograd.torch.tensor import Tensor

__all__ = ["Distribution"]


def _undefined(self: Any) -> Any:
    raise NotImplementedError


def _no_mode(self: Any) -> Any:
    raise NotImplementedError(f"{type(self)} does not implement mode")


class Distribution:
    """Probabilities of values of shape `event_shape`, in a batch of `batch_shape`.

    Raises (with `validate_args`): ValueError for parameters and values outside of
    their constraints.
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Any = Size(),  # noqa: B008 (a constant)
        event_shape: Any = Size(),  # noqa: B008
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = (
            size_of(batch_shape),
            size_of(event_shape),
        )
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_arguments()
        super().__init__()

    def _check_arguments(self) -> None:
        try:
            listed = self.arg_constraints
        except NotImplementedError:
            listed = {}
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set "
                "`arg_constraints = {}` or initialize the distribution with "
                "`validate_args=False` to turn off validation.",
                stacklevel=4,
            )
        for name, constraint in listed.items():
            if constraints.is_dependent(constraint):
                continue
            if name not in self.__dict__ and _is_lazy(type(self), name):
                continue
            value = getattr(self, name)
            valid = constraint.check(value)
            if not all_true(valid):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape "
                    f"{tuple(value.shape)}) of distribution {self!r} to satisfy the "
                    f"constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        raise NotImplementedError

    @property
    def batch_shape(self) -> Size:
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        return self._event_shape

    # what subclasses define, as properties or as class attributes
    arg_constraints: Any = property(_undefined)
    support: Any = property(_undefined)
    mean: Any = property(_undefined)
    mode: Any = property(_no_mode)
    variance: Any = property(_undefined)
    stddev: Any = property(lambda self: self.variance.sqrt())

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        raise NotImplementedError

    def sample_n(self, n: int) -> Any:
        warnings.warn(
            "sample_n will be deprecated. Use .sample((n,)) instead",
            UserWarning,
            stacklevel=2,
        )
        return self.sample(Size((n,)))

    def log_prob(self, value: Any) -> Any:
        raise NotImplementedError

    def cdf(self, value: Any) -> Any:
        raise NotImplementedError

    def icdf(self, value: Any) -> Any:
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Any:
        raise NotImplementedError

    def entropy(self) -> Any:
        raise NotImplementedError

    def perplexity(self) -> Any:
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = Size()) -> Size:  # noqa: B008
        return Size((*size_of(sample_shape), *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Any) -> None:
        """Raises ValueError where a value is not in the support."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        start = len(value.shape) - len(self._event_shape)
        if tuple(value.shape[max(start, 0) :]) != tuple(self._event_shape):
            raise ValueError(
                "The right-most size of value must match event_shape: "
                f"{value.shape} vs {self._event_shape}."
            )
        whole = self._batch_shape + self._event_shape
        for i, j in zip(reversed(value.shape), reversed(whole), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    "Value is not broadcastable with batch_shape+event_shape: "
                    f"{value.shape} vs {whole}."
                )
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. "
                "Please initialize the distribution with `validate_args=False` to turn "
                "off validation.",
                stacklevel=4,
            )
            return
        assert support is not None
        if not all_true(support.check(value)):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape "
                f"{tuple(value.shape)}) to be within the support ({support!r}) of the "
                f"distribution {self!r}, but found invalid values:\n{value}"
            )

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        if _instance is None and type(self).__init__ is not cls.__init__:  # type: ignore[misc]  # justified: which constructor it has is the question
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a "
                "custom __init__ method must also define a custom .expand() method."
            )
        return self.__new__(type(self)) if _instance is None else _instance

    def __repr__(self) -> str:
        names = [k for k in self.arg_constraints if k in self.__dict__]
        shown = []
        for name in names:
            value = self.__dict__[name]
            shown.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(shown)})"


def _is_lazy(cls: type, name: str) -> bool:
    return isinstance(getattr(cls, name, None), lazy_property)


class lazy_property:
    """An attribute that is computed when it is first asked for."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        from isograd.torch.autograd.grad_mode import enable_grad

        with enable_grad():
            value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value
        return value


def as_value(value: Any, like: Any) -> Any:
    """A number as a tensor of the dtype of a parameter; a tensor as it is."""
    return as_tensor(value, dtype=like.dtype)
