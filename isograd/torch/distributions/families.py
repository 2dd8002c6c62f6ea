"""Classes of distributions, made from rows: parameters, constraints, formulas.

A row states the parameters (with the rank that one of them has in an event), their
constraints and the support; methods come from the family's formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.core.expression import define
from isograd.nn.probability.formula import Family, Formula
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.distribution import Distribution
from isograd.torch.distributions.evaluate import broadcast_all, drawn, evaluate
from isograd.torch.dtypes import Size

PROPERTIES = ("mean", "mode", "variance", "stddev")


class Parametrised(Distribution):
    """A distribution that is given by parameters of one batch shape.

    Attributes:
        parameters: the names of the constructor's arguments, and the rank that each has
            in a single event.
        hidden: whether they are not printed (they are attributes of a part).
    """

    parameters: dict[str, int] = {}  # noqa: RUF012 (a table)
    hidden = False

    def _set(self, values: dict[str, Any]) -> None:
        """Keep parameters, broadcast against each other."""
        shaped = broadcast_all(*values.values())
        for name, value in zip(values, shaped, strict=True):
            self._keep(name, value)

    def _keep(self, name: str, value: Any) -> None:
        self.__dict__[f"_{name}" if self.hidden else name] = value

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        cls = next(k for k in type(self).__mro__ if "parameters" in vars(k))
        new = self._get_checked_instance(cls, _instance)
        given = {}
        for name, rank in self.parameters.items():
            value = self._given(name)
            if value is not None:
                event = value.shape[len(value.shape) - rank :] if rank else ()
                given[name] = value.expand((*batch_shape, *event))
        cls.__init__(new, **given, **self._options(), validate_args=False)  # type: ignore[misc]  # justified: on the new instance
        new._validate_args = self._validate_args
        return new

    def _given(self, name: str) -> Any:
        return getattr(self, name)

    def _options(self) -> dict[str, Any]:
        """Arguments of the constructor that are no parameters."""
        return {}

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._given(next(iter(self.parameters))).new(*args, **kwargs)


def attribute(name: str) -> property:
    """A parameter that is not printed."""
    return property(lambda self: self.__dict__[f"_{name}"])


def apply(self: Any, formula: Formula, value: Any = None) -> Any:
    """A formula on a distribution's attributes; `value` stands for x and q."""
    if formula.text.isidentifier():
        return getattr(self, formula.text)
    given = [value if n in ("x", "q") else getattr(self, n) for n in formula.operands]
    return evaluate(formula, *given)


def _of_value(formula: Formula, checked: bool) -> Callable[..., Any]:
    def method(self: Any, value: Any) -> Any:
        if checked and self._validate_args:
            self._validate_sample(value)
        return apply(self, formula, value)

    return method


def _plain(formula: Formula) -> Callable[..., Any]:
    def method(self: Any) -> Any:
        return apply(self, formula)

    return method


def _sampler(formula: Formula) -> Callable[..., Any]:
    def rsample(self: Any, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(formula, shape, *(getattr(self, n) for n in formula.operands))

    return rsample


def _detached(draw: Callable[..., Any]) -> Callable[..., Any]:
    """`sample` of a distribution without a path derivative."""

    def sample(self: Any, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        from isograd.torch.autograd.grad_mode import no_grad

        with no_grad():
            return draw(self, sample_shape)

    return sample


def methods_of(family: Family, path: bool) -> dict[str, Any]:
    """The members of a class that a family's formulas give.

    Args:
        path: whether samples have a derivative in the parameters (`has_rsample`).
    """
    out: dict[str, Any] = {}
    for key, formula in family.formulas.items():
        if key in PROPERTIES:
            out[key] = property(_plain(formula))
        elif key == "entropy":
            out[key] = _plain(formula)
        elif key == "sample":
            draw = _sampler(formula)
            out["rsample" if path else "sample"] = draw if path else _detached(draw)
        else:
            out[key] = _of_value(formula, checked=key != "icdf")
    for name, member in out.items():
        if callable(member):
            member.__name__ = name
    return out


def constructor(parameters: dict[str, int], defaults: dict[str, Any]) -> Any:
    """`__init__(self, *parameters, validate_args=None)`, which calls `_start`."""
    head = [f"{p}={defaults[p]!r}" if p in defaults else p for p in parameters]
    given = ", ".join(f"{p!r}: {p}" for p in parameters)
    source = (
        f"def __init__(self, {', '.join(head)}, validate_args=None):\n"
        f"    self._start({{{given}}}, validate_args)\n"
    )
    return define("__init__", source)


def _start(self: Any, values: dict[str, Any], validate_args: Any) -> None:
    self._set(values)
    Distribution.__init__(
        self, self._given(next(iter(values))).shape, (), validate_args
    )


def named(name: str, module: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
    """A class that belongs to `torch.distributions.<module>`."""
    body = {"__module__": "isograd.torch.distributions.families", **body}
    cls = type(name, bases, body)
    for member in body.values():
        if callable(member) and hasattr(member, "__qualname__"):
            try:
                member.__qualname__ = f"{name}.{member.__name__}"
            except AttributeError:
                continue
    return cls


def make(
    name: str,
    module: str,
    parameters: dict[str, Any],
    support: Any,
    family: Family,
    bases: tuple[type, ...] = (Parametrised,),
    path: bool = True,
    defaults: dict[str, Any] | None = None,
    hidden: bool = False,
    **more: Any,
) -> Any:
    """The class of a row: parameters are given with their constraints."""
    ranks = dict.fromkeys(parameters, 0)
    body = {
        "parameters": ranks,
        "hidden": hidden,
        "arg_constraints": parameters,
        "support": support,
        "has_rsample": path,
        "__init__": constructor(ranks, defaults or {}),
        "_start": _start,
        **({p: attribute(p) for p in parameters} if hidden else {}),
        **methods_of(family, path),
        **more,
    }
    return named(name, module, bases, body)


def lowest(name: str) -> Any:
    """The support above a parameter."""
    return c.dependent_property(
        lambda self: c.greater_than_eq(getattr(self, name)),
        is_discrete=False,
        event_dim=0,
    )


__all__ = ["Parametrised", "apply", "make", "methods_of", "named"]
