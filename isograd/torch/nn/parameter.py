"""`torch.nn.Parameter` and buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isograd.core.tensor import alias, wrap
from isograd.torch import dtypes
from isograd.torch.tensor import FAMILY, Tensor, set_leaf


class Parameter(Tensor):
    """A tensor that a module counts among its parameters when it is assigned."""

    _seen_as = Tensor

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = wrap(Tensor, np.empty(0, np.float32))
        if not isinstance(data, Tensor):
            data = data.detach()  # what is no tensor raises Python's AttributeError
        made: Any = cls
        p = alias(made, data._p)
        if requires_grad:
            set_leaf(p)
        return p

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return "Parameter containing:\n" + Tensor.__repr__(self)

    __str__ = __repr__


class Buffer(Tensor):
    """A tensor that a module counts among its buffers when it is assigned."""

    persistent = True

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = wrap(Tensor, np.empty(0, np.float32))
        t = alias(cls, data._p)
        t.persistent = persistent
        return t

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


def clear_grad(p: Any, set_to_none: bool) -> None:
    """Drop a gradient, or fill it with zeros where it is, apart from its graph."""
    if set_to_none:
        p.grad = None
        return
    grad = p.grad
    if grad.grad_fn is not None:
        grad.detach_()
    else:
        grad.requires_grad_(False)
    grad.zero_()


_USABLE = """
_make_subclass as_subclass bfloat16 char copy_ cpu cuda detach dim double float half
int is_complex is_floating_point long requires_grad_ short size to type get_device
backward array register_hook register_post_accumulate_grad_hook retain_grad
share_memory_ materialize cls_to_become
"""
_ALLOWED = frozenset(_USABLE.split())


class UninitializedTensorMixin:
    """A tensor whose shape is not known yet: of its methods few can be called."""

    cls_to_become: Any = None
    if TYPE_CHECKING:

        @property
        def data(self) -> Any: ...
        @data.setter
        def data(self, value: Any) -> None: ...
        @property
        def dtype(self) -> Any: ...

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an unfilled tensor of a shape, and of the class for such ones."""
        d = self.dtype if dtype is None else dtype
        self.data = wrap(Tensor, np.zeros(tuple(shape), d.np))
        self.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error "
            "usually happens in `load_state_dict` when trying to load an uninitialized "
            "parameter into an initialized one. Call `forward` to initialize the "
            "parameters before accessing their attributes."
        )

    def share_memory_(self) -> Any:
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` "
            "to initialize the parameters before calling `module.share_memory()`."
        )

    def _same_kind(self, dtype: Any = None) -> Any:
        made: Any = type(self)
        return made(False, dtype=self.dtype if dtype is None else dtype)

    def detach(self) -> Any:
        return self._same_kind()

    def to(self, *args: Any, **kwargs: Any) -> Any:
        return self._same_kind(self.data.to(*args, **kwargs).dtype)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __getattribute__(self, name: str) -> Any:
        if name[0] != "_" and name not in _ALLOWED and callable(_of_tensor(name)):
            raise _not_initialised(self, name)
        return super().__getattribute__(name)


def _of_tensor(name: str) -> Any:
    return getattr(Tensor, name, None)


def _not_initialised(t: Any, method: str) -> ValueError:
    return ValueError(
        f"Attempted to use an uninitialized parameter in <method '{method}' of "
        "'torch._C.TensorBase' objects>. This error happens when you are using a "
        "`LazyModule` or explicitly manipulating "
        f"`torch.nn.parameter.{type(t).__name__}` objects. When using LazyModules Call "
        "`forward` with a dummy batch to initialize the parameters before calling torch "
        "functions"
    )


def _converting(name: str) -> Any:
    def convert(self: Any) -> Any:
        return self._same_kind(getattr(self.data, name)().dtype)

    return convert


def _operator(name: str) -> Any:
    def refused(self: Any, *_: Any) -> Any:
        raise _not_initialised(self, name)

    return refused


for _name in ("add", "sub", "mul", "matmul", "neg", "pow", "getitem", "setitem"):
    setattr(UninitializedTensorMixin, f"__{_name}__", _operator(_name))
_CONVERSIONS = ("bfloat16", "double", "float", "half", "char", "int", "long", "short")
for _name in (*_CONVERSIONS, "cpu"):
    setattr(UninitializedTensorMixin, _name, _converting(_name))


def _blank(dtype: Any) -> Any:
    d = dtypes.default() if dtype is None else dtype
    return np.empty(0, d.np)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """The parameter of a lazy module, before its shape is known."""

    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: Any = None
    ) -> Any:
        made: Any = cls
        p = wrap(made, _blank(dtype))
        if requires_grad:
            set_leaf(p)
        return p

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """The buffer of a lazy module, before its shape is known."""

    cls_to_become = Tensor

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> Any:
        t: Any = wrap(cls, _blank(dtype))
        t.persistent = persistent
        return t

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


for _cls in (Parameter, UninitializedParameter, UninitializedBuffer):
    FAMILY.add(_cls)


def is_lazy(p: Any) -> bool:
    return isinstance(p, UninitializedTensorMixin)
