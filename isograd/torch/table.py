"""One row per function: `torch.f`, `Tensor.f`, `Tensor.f_`, `out=`, the node's name.

`row` decorates a body over payloads; `tensor_row` a function that needs the tensors
themselves (views, writes in place).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from isograd.core.plans import planned
from isograd.torch.autocasting import autocasting
from isograd.torch.call import in_place, public
from isograd.torch.labels import camel
from isograd.torch.signatures import Checker, checker
from isograd.torch.tensor import FAMILY, Tensor

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""The functions of the namespace `torch`, by name."""

Body = Callable[..., Any]


def row(
    body: Body | None = None,
    *,
    name: str = "",
    aliases: Sequence[str] = (),
    label: str | None = None,
    function: bool = True,
    method: bool = True,
    inplace: bool = False,
    prim: Any = None,
) -> Any:
    """Install a body over payloads under its name and its aliases.

    Args:
        label: name of its node; derived from the function's name if None.
        prim: the primitive that the body is, for writes in place (see `call.in_place`).
    """
    if body is None:
        return lambda fn: row(
            fn,
            name=name,
            aliases=aliases,
            label=label,
            function=function,
            method=method,
            inplace=inplace,
            prim=prim,
        )
    own = name or body.__name__.rstrip("_")
    label = label or f"{camel(own)}Backward0"
    for n in (own, *aliases):
        whole = autocasting(body, own)
        if function:
            FUNCTIONS[n] = public(whole, n, label, checker(n, body=body), own)
        if method:
            setattr(Tensor, n, public(whole, n, label, checker(n, True, body)))
        if inplace:
            setattr(Tensor, f"{n}_", in_place(body, f"{n}_", label, prim))
            if function:
                FUNCTIONS[f"{n}_"] = in_place(body, f"{n}_", label, prim, False)
    return body


def tensor_row(
    fn: Body | None = None,
    *,
    name: str = "",
    aliases: Sequence[str] = (),
    function: bool = True,
    method: bool = True,
    views: bool = False,
) -> Any:
    """Install a function on tensors under its name and its aliases.

    `views` says that it only makes views, which plans may repeat (`core/plans.py`).
    """
    if fn is None:
        return lambda f: tensor_row(
            f,
            name=name,
            aliases=aliases,
            function=function,
            method=method,
            views=views,
        )
    own = name or (
        fn.__name__ if fn.__name__.endswith("__") else fn.__name__.removesuffix("_fn")
    )
    for n in (own, *aliases):
        for wanted, target in ((function, FUNCTIONS), (method, Tensor)):
            if not wanted:
                continue
            shown = checked(fn, checker(n, target is Tensor, fn if views else None))
            if views:
                shown = repeated(fn, shown)
            if target is Tensor:
                setattr(Tensor, n, shown)
            else:
                FUNCTIONS[n] = shown
    return fn


def checked(fn: Body, check: Checker) -> Body:
    """A function on tensors that looks at its arguments first."""
    passed = check.passed.get

    @functools.wraps(fn)
    def shown(*args: Any, **kwargs: Any) -> Any:
        kinds = tuple(map(type, args))
        if kwargs:
            kinds = (*kinds, *kwargs, *map(type, kwargs.values()))
        found = passed(kinds)
        if found is not True and (found is None or args[0]._p.dtype not in found):
            try:
                check(args, kwargs)
            except TypeError:
                from isograd.torch.overrides import taken_over

                return taken_over(shown, args, kwargs)
        return fn(*args, **kwargs)

    return shown


def repeated(fn: Body, slow: Body | None = None) -> Body:
    """A function that makes views of tensors, with plans."""
    shown: Any = planned(fn, slow or fn, Tensor, FAMILY)
    shown.__name__ = shown.__qualname__ = fn.__name__
    shown.__doc__ = fn.__doc__
    return shown


def attach(**members: Any) -> None:
    """Install operators and properties on `Tensor`."""
    for name, member in members.items():
        setattr(Tensor, name, member)
