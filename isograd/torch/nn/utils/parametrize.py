"""Parametrizations: a tensor computed from the parameters that are trained."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import Any

from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.nn.modules.container import ModuleDict, ModuleList
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.parameter import Parameter
from isograd.torch.tensor import Tensor

_CACHE: dict[Any, Any] = {}
_CACHING = [0]


@contextmanager
def cached() -> Any:
    """Inside, parametrized tensors are computed once."""
    _CACHING[0] += 1
    try:
        yield
    finally:
        _CACHING[0] -= 1
        if not _CACHING[0]:
            _CACHE.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and the original.

    Raises:
        ValueError: what they give is no tensor, or (unless `unsafe`) not of the shape
            and dtype of the original.
    """

    def __init__(self, modules: Any, original: Any, unsafe: bool = False) -> None:
        modules = list(modules)
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        new = self._inverted(original)
        self.is_tensor = isinstance(new, Tensor)
        if self.is_tensor:
            self._keep_one(original, new)
        else:
            self.ntensors = len(new)
            for i, v in enumerate(new):
                self._keep_part(f"original{i}", v, original)
        if not unsafe:
            result: Any = self()
            _check_tensor(result)
            for what, old in (("dtype", dtype), ("shape", shape)):
                names = "unparametrized ", "parametrized ", ""
                _check_kept(what, old, getattr(result, what), names)

    def _inverted(self, original: Any) -> Any:
        new = original
        with no_grad():
            for m in reversed(list(self)):
                if hasattr(m, "right_inverse"):
                    with suppress(NotImplementedError):
                        new = m.right_inverse(new)
        if not isinstance(new, Tensor | Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                f"tuple...). Got {type(new).__name__}"
            )
        return new

    def _keep_one(self, original: Any, new: Any) -> None:
        if original.dtype != new.dtype:
            raise ValueError(
                "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                f"original.dtype: {original.dtype}\n"
                f"right_inverse(original).dtype: {new.dtype}"
            )
        if new is not original:
            original.data = new.detach()
        if isinstance(original, Parameter):
            self.original = original
        else:
            self.register_buffer("original", original)

    def _keep_part(self, name: str, part: Any, original: Any) -> None:
        if not isinstance(part, Tensor):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                f"tuple...). Got element {name[8:]} of the sequence with type "
                f"{type(part).__name__}."
            )
        if isinstance(original, Parameter):
            setattr(self, name, Parameter(part.detach(), original.requires_grad))
        else:
            self.register_buffer(name, part)

    def right_inverse(self, value: Any) -> None:
        """Set the original so that the parametrized tensor is `value`."""
        with no_grad():
            for m in reversed(list(self)):
                if not hasattr(m, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(m).__name__} does not implement "
                        "right_inverse."
                    )
                value = m.right_inverse(value)
            self._set(value)

    def _set(self, value: Any) -> None:
        if self.is_tensor:
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"`right_inverse` should return a tensor. Got {type(value).__name__}"
                )
            if value.dtype != self.original.dtype:
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {value.dtype} "
                    f"while `original` has dtype {self.original.dtype}"
                )
            self.original.data = value.detach()
            return
        if len(value) != self.ntensors:
            raise ValueError(
                "'right_inverse' must return a sequence of tensors of length "
                f"{self.ntensors}. Got a sequence of length {len(value)}."
            )
        for i, v in enumerate(value):
            getattr(self, f"original{i}").data = v.detach()

    def forward(self) -> Any:
        if self.is_tensor:
            x = self[0](self.original)
        else:
            x = self[0](*(getattr(self, f"original{i}") for i in range(self.ntensors)))
        for i in range(1, len(self)):
            x = self[i](x)
        return x


def _check_tensor(x: Any) -> None:
    if not isinstance(x, Tensor):
        raise ValueError(
            f"A parametrization must return a tensor. Got {type(x).__name__}."
        )


def _check_kept(what: str, old: Any, new: Any, names: Sequence[str]) -> None:
    """Raise unless shape or dtype are the same; `names` are how the two are called."""
    if old != new:
        first, second, the = names
        raise ValueError(
            f"Registering a parametrization may not change the {what} of the tensor, "
            f"unless {the}`unsafe` flag is enabled.\n"
            f"{first}{what}: {old}\n{second}{what}: {new}"
        )


def register_parametrization(
    module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False
) -> Any:
    """Compute `module.tensor_name` by a module from what it was.

    Raises:
        ValueError: there is no such tensor, or the result does not fit it.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        _append(module, tensor_name, parametrization, unsafe)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a "
            f"parametrized element with name '{tensor_name}'"
        )
    original = getattr(module, tensor_name)
    table = ParametrizationList([parametrization], original, unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _parametrized_class(module)
        module.parametrizations = ModuleDict()
    _inject(type(module), tensor_name)
    module.parametrizations[tensor_name] = table
    return module


def _append(module: Any, name: str, parametrization: Any, unsafe: bool) -> None:
    table = module.parametrizations[name]
    if not unsafe:
        y = getattr(module, name)
        x = parametrization(y)
        _check_tensor(x)
        names = f"module.{name}.", f"parametrization(module.{name}).", "the "
        for what in ("dtype", "shape"):
            _check_kept(what, getattr(y, what), getattr(x, what), names)
        if hasattr(parametrization, "right_inverse"):
            z = parametrization.right_inverse(x)
            if not isinstance(z, Tensor):
                raise ValueError(
                    "parametrization.right_inverse must return a tensor. Got: "
                    f"{type(z).__name__}"
                )
            if z.dtype != y.dtype or z.shape != y.shape:
                what = "dtype" if z.dtype != y.dtype else "shape"
                raise ValueError(
                    "The tensor returned by parametrization.right_inverse must have "
                    f"the same {what} as module.{name}.\nmodule.{name}.{what}: "
                    f"{getattr(y, what)}\nreturned {what}: {getattr(z, what)}"
                )
    table.append(parametrization)
    table.unsafe |= unsafe


def _parametrized_class(module: Any) -> None:
    cls = type(module)

    def __getstate__(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through "
            "state_dict(). See:\nhttps://pytorch.org/tutorials/beginner/"
            "saving_loading_models.html#saving-loading-a-general-checkpoint-for-"
            "inference-and-or-resuming-training"
        )

    home = ParametrizationList.__module__
    body = {"__module__": home, "__getstate__": __getstate__}
    if not hasattr(cls, "__deepcopy__"):
        body["__deepcopy__"] = _deepcopy
    name = f"Parametrized{cls.__name__}"
    module.__class__ = type(name, (cls,), {**body, "_original_class": cls})


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    found = memo.get(id(self))
    if found is None:
        found = memo[id(self)] = self.__new__(type(self))
        found.__dict__ = deepcopy(self.__dict__, memo)
    return found


def _inject(cls: type, name: str) -> None:
    def get(self: Any) -> Any:
        if not _CACHING[0]:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _CACHE:
            _CACHE[key] = self.parametrizations[name]()
        return _CACHE[key]

    def put(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(cls, name, property(get, put))


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    table = module.__dict__.get("_modules", {}).get("parametrizations")
    if not isinstance(table, ModuleDict):
        return False
    return len(table) > 0 if tensor_name is None else tensor_name in table


def remove_parametrizations(
    module: Any, tensor_name: str, leave_parametrized: bool = True
) -> Any:
    """Make the tensor a plain parameter again."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"Module {module} does not have a parametrization on {tensor_name}"
        )
    table = module.parametrizations[tensor_name]
    if not leave_parametrized and not table.is_tensor:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    value = getattr(module, tensor_name) if leave_parametrized else table.original
    original = table.original if table.is_tensor else Parameter(value.detach())
    if leave_parametrized:
        original.data = value.detach().clone()
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    setattr(module, tensor_name, original)
    if not len(module.parametrizations):
        delattr(module, "parametrizations")
        module.__class__ = type(module)._original_class
    return module


def transfer_parametrizations_and_params(
    from_module: Any, to_module: Any, tensor_name: str | None = None
) -> Any:
    """Give a module another one's parametrizations and what belongs to them."""
    if not is_parametrized(from_module):
        return to_module
    table = from_module.parametrizations
    if tensor_name is not None and tensor_name not in table:
        return to_module
    for name in table if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in table[name]:
            register_parametrization(to_module, name, parametrization)
        given, own = table[name], to_module.parametrizations[name]
        if given.is_tensor:
            own.original = given.original
        else:
            for i in range(given.ntensors):
                setattr(own, f"original{i}", getattr(given, f"original{i}"))
    return to_module


def type_before_parametrizations(module: Any) -> type:
    return type(module)._original_class if is_parametrized(module) else type(module)


_ = Module
