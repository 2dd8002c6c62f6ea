"""Methods that write their result to the tensor: `x.add_(y)`, `x.copy_(y)`..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.base.errors import EngineError
from isograd.core.primitive import BOUND
from isograd.core.tape import Leaf
from isograd.mindspore import context, errors
from isograd.mindspore.call import broadcast_shapes, cast, expose, lower
from isograd.mindspore.ops import (  # noqa: F401  (their methods)
    activations,
    arithmetic,
    indexing,
    linalg,
    reductions,
    shapes,
)
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor, assign, computed, write

F = BOUND

# methods of Tensor that have a form in place
_METHODS = """
add sub mul div pow floor_divide remainder exp log sqrt sin cos tanh sigmoid abs neg
sign floor ceil trunc square reciprocal erf erfinv clamp masked_fill masked_scatter
scatter scatter_add index_add index_fill addmm addcmul addcdiv logical_and logical_or
logical_not tril triu relu round
"""


def in_place(name: str) -> Callable[..., Any]:
    """The method that writes the result of the method `name`."""
    compute = getattr(Tensor, name)

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return overwrite(self, compute(self, *args, **kwargs), f"{name}_")

    method.__name__ = f"{name}_"
    method.__doc__ = f"`{name}`, written to this tensor."
    return method


def overwrite(t: Tensor, value: Any, name: str) -> Tensor:
    """`t <- value`, recorded; gives t.

    An input of the function that is being differentiated becomes a value computed
    from it; a parameter stays what it is to the gradient, as if it were assigned.

    Raises:
        ValueError: if the value does not have t's shape.
    """
    p = lower(value)
    if broadcast_shapes(name, t.shape, p.shape) != t.shape:
        raise errors.broadcast(name, t.shape, p.shape)
    new = F.broadcast_to(cast(p, t._p.dtype), t.shape)
    if isinstance(t, Parameter):
        assign(t, new)
        return t
    if type(t._node) is Leaf:
        computed(t)
    try:
        write(t, new)
    except EngineError as error:
        raise errors.translated(error) from None
    return t


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """The elements of `src` written to this tensor.

    Raises:
        RuntimeError: if it is an input of the function that is being differentiated.
    """
    if type(self._node) is Leaf and type(self) is Tensor and not context.graph_mode():
        raise RuntimeError(
            "A leaf tensor that requires grad is being used in an inplace operator, "
            "InplaceCopy, which is forbidden!"
        )
    return overwrite(self, src if isinstance(src, Tensor) else Tensor(src), "copy_")


for _name in _METHODS.split():
    expose(in_place(_name), [], f"{_name}_")
expose(copy_, [], "copy_")
