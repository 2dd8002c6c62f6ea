"""`Parameter`: a tensor with a name that cells own and optimizers update."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from isograd.core import tensor as core
from isograd.core.mutation import copied
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.tensor import FAMILY, Tensor, as_payload, assign

_numbers = itertools.count(2)  # a fresh process names its first one Parameter#2


class Parameter(Tensor):
    """A tensor with a name.

    Args:
        default_input: a Tensor, initializer's result, array, number or list.
        name: None lets the Cell that it becomes an attribute of name it.
        requires_grad: whether gradients with respect to it are other than zero.

    Raises:
        ValueError: if the name is no string.
        TypeError: if requires_grad is no bool.
    """

    _differentiable = True
    layerwise_parallel = False
    parallel_optimizer = True
    sliced = False
    unique = False
    is_in_parallel = False
    is_in_shard = False
    cache_enable = False
    cache_shape = ()
    requires_aggr = True
    comm_fusion = 1
    parallel_optimizer_comm_recompute = False
    _renamable = False
    storage_format = ""

    def __init__(
        self,
        default_input: Any,
        name: str | None = None,
        requires_grad: bool = True,
        layerwise_parallel: bool = False,
        parallel_optimizer: bool = True,
        storage_format: str = "",
        device: Any = None,
    ) -> None:
        payload = _data_of(default_input)
        self._p = payload
        self.name = name
        self.requires_grad = requires_grad
        self.layerwise_parallel = layerwise_parallel
        self.parallel_optimizer = parallel_optimizer

    # --- name and flags ---------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        if value is None or value == "":
            self._name = f"Parameter#{next(_numbers)}"
            self._renamable = True
            return
        if not isinstance(value, str):
            raise ValueError(
                "The type of the Parameter's name should be 'string' or "
                f"'None', but got {type(value)}."
            )
        value = value.strip()
        if not value:
            value = "Parameter"
        if len(value) > 1024:
            raise ValueError(
                f"The length of the '{value}' name should be less than 1024."
            )
        self._name = value
        self._renamable = False

    param_name = name

    @property
    def requires_grad(self) -> bool:
        return self._differentiable

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError("The argument `requires_grad` must be bool type")
        self._differentiable = value

    @property
    def data(self) -> Tensor:
        """A plain tensor on the same memory, and the same tape."""
        return wrap(Tensor, payload_of(self))

    @property
    def is_init(self) -> bool:
        return True

    inited_param = property(lambda self: None)
    param_info = property(lambda self: self)
    has_init = property(lambda self: False)
    key = property(lambda self: id(self))

    # --- values -----------------------------------------------------------------------

    def value(self) -> Tensor:
        """The value as a plain tensor in memory of its own, on the same tape."""
        return wrap(Tensor, copied(payload_of(self)))

    def set_data(self, data: Any, slice_shape: bool = False) -> Parameter:
        """Take over a value; its shape may differ, its dtype is converted.

        Raises:
            TypeError: if it is neither tensor nor number.
        """
        if not isinstance(data, core.Tensor | int | float):
            raise TypeError(
                "Parameter data must be [`Tensor`, `int`, `float`] or a kind of `Tensor` "
                f"(like `Tensor`). But with type {type(data)}."
            )
        payload = as_payload(data, self._p.dtype)
        if isinstance(data, core.Tensor) and type(payload) is np.ndarray:
            if payload.size != self._p.size:
                self._p = payload  # another shape
                return self
        assign(self, payload)
        return self

    def assign_value(self, value: Any) -> Parameter:
        return self.set_data(value)

    def init_data(self, layout: Any = None, set_sliced: bool = False) -> Parameter:
        return self

    def clone(self, init: Any = "same") -> Parameter:
        """A copy; `init` "same" copies the values, else an initializer fills it."""
        twin = wrap(Parameter, _filled(self, init))
        twin.__dict__.update(
            {
                k: v
                for k, v in self.__dict__.items()
                if k not in ("_p", "_node", "_hooks", "_views", "_view")
            }
        )
        return twin

    def copy(self) -> Any:
        return self.clone()

    def set_param_ps(self, init_in_server: bool = False) -> None:
        """Nothing: there is no parameter server."""

    set_param_fl = add_pipeline_stage = set_param_ps

    def __repr__(self) -> str:
        return (
            f"Parameter (name={self.name}, shape={self.shape}, dtype={self.dtype}, "
            f"requires_grad={self.requires_grad})"
        )

    __str__ = __repr__

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        memo[id(self)] = twin = self.clone()
        return twin

    def __copy__(self) -> Parameter:
        return self.clone()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (self.array("pickle"), self.name, self.requires_grad)


FAMILY.add(Parameter)
Parameter.__module__ = "mindspore.common.parameter"  # as MindSpore shows it


def _rebuild(array: np.ndarray, name: str, requires_grad: bool) -> Parameter:
    p = wrap(Parameter, array)
    p.name, p.requires_grad = name, requires_grad
    return p


def _data_of(data: Any) -> Any:
    """What a parameter holds; Python's integers are int32, unlike a Tensor's."""
    if isinstance(data, bool):
        want = np.dtype("bool")
    elif isinstance(data, int):
        want = np.dtype("int32")
    elif isinstance(data, float):
        want = np.dtype("float32")
    else:
        want = None
    if not isinstance(
        data, core.Tensor | np.ndarray | int | float | list | tuple | np.generic
    ):
        as_payload(data, want)  # tells that it is no data
    payload = as_payload(data, want)
    while type(payload) is not np.ndarray and hasattr(payload, "p"):
        payload = payload.p  # a parameter starts a graph, it continues none
    return payload


def _filled(p: Parameter, init: Any) -> np.ndarray:
    if isinstance(init, str) and init == "same":
        return p.array("clone").copy()
    from isograd.mindspore.initializer import initializer

    if isinstance(init, core.Tensor):
        return as_payload(init, p._p.dtype)
    return initializer(init, p.shape, dtypes.of_numpy(p._p.dtype)).array()


def already(p: Parameter, name: str) -> ValueError:
    return ValueError(
        f"The value {p} , its name '{name}' already exists. Please set a "
        "unique name for the parameter."
    )


class ParameterTuple(tuple[Parameter, ...]):
    """A tuple of parameters with unique names.

    Raises:
        TypeError: for anything but parameters, RuntimeError: a name twice.
    """

    def __new__(cls, iterable: Iterable[Parameter]) -> ParameterTuple:
        parameters = tuple(iterable)
        seen: set[str] = set()
        ids: set[int] = set()
        for p in parameters:
            if not isinstance(p, Parameter):
                raise TypeError(
                    "For ParameterTuple initialization, ParameterTuple input should be "
                    f"'Parameter' collection, but got a {type(iterable)}."
                )
            if id(p) in ids:
                continue
            if p.name in seen:
                raise already(p, p.name)
            seen.add(p.name)
            ids.add(id(p))
        return tuple.__new__(cls, parameters)

    def clone(self, prefix: str, init: Any = "same") -> ParameterTuple:
        """Copies whose names begin with `prefix`.

        Args:
            init: "same" copies values; an initializer or its name fills them.
        """
        if not isinstance(prefix, str):
            raise TypeError(
                "For ParameterTuple clone, the 'prefix' should be str, but "
                f"got {type(prefix)}."
            )
        out = []
        for p in self:
            twin = p.clone(init)
            twin.name = f"{prefix}.{p.name}"
            out.append(twin)
        return ParameterTuple(out)

    def __deepcopy__(self, memo: Any) -> ParameterTuple:
        import copy

        return ParameterTuple(copy.deepcopy(tuple(self), memo))
