"""The context of `torch.autograd.Function`: what forward and backward share."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch.autograd import graph


class FunctionCtx:
    """What `forward` and `backward` share."""

    _saved: tuple[Any, ...] = ()
    _dirty: tuple[Any, ...] = ()
    _constant: tuple[Any, ...] = ()
    _for_forward: tuple[Any, ...] = ()
    materialize_grads = True
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Save inputs, outputs (or other tensors, without graph) for `backward`."""
        for i, t in enumerate(tensors):
            if t is not None and not isinstance(t, CoreTensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is "
                    f"of type {type(t).__name__}"
                )
        self._saved = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        self._for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Say that these inputs were modified in place; they must be returned."""
        self._dirty = args

    def mark_non_differentiable(self, *args: Any) -> None:
        self._constant = args

    def mark_shared_storage(self, *pairs: Any) -> None:
        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages "
            "are automatically tracked. Note that calls to `set_()` are not "
            "tracked",
            FutureWarning,
            stacklevel=2,
        )

    def set_materialize_grads(self, value: bool) -> None:
        self.materialize_grads = value


class BackwardCFunction(FunctionCtx):
    """The node of one application, and its context."""

    _is_graph_node = True
    _forward_cls: Any
    _frame: Any = None
    _node_ref: Any = None
    _edges: tuple[Any, ...] = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` saved.

        Raises:
            RuntimeError: it was freed, or modified in place since.
        """
        if self._frame is None:
            return tuple(self._saved)
        return self._frame.saved(self)

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The former name of `saved_tensors`."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.saved_tensors

    def apply(self, *grads: Any) -> Any:
        from isograd.torch.autograd.function import _user_backward

        return _user_backward(type(self)._forward_cls)(self, *grads)

    def name(self) -> str:
        return type(self).__name__

    @property
    def _tape_node(self) -> Any:
        return None if self._node_ref is None else self._node_ref()

    @property
    def next_functions(self) -> Any:
        return graph.next_functions(self._edges)

    @property
    def metadata(self) -> dict[Any, Any]:
        return self.__dict__.setdefault("_metadata", {})

    def register_hook(self, fn: Callable[..., Any]) -> Any:
        return graph.add_node_hook(self._tape_node, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> Any:
        return graph.Node.register_prehook(self, fn)  # type: ignore[arg-type]  # justified: same interface

    def __repr__(self) -> str:
        return (
            f"<torch.autograd.function.{type(self).__name__} object at {hex(id(self))}>"
        )
