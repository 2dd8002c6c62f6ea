"""Parametrizations: a tensor computed from the parameters that are trained."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

from isograd.torch.nn.modules.container import ModuleDict, ModuleList
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.parameter import Parameter

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
    """The parametrizations of one tensor, and the original."""

    def __init__(self, modules: Any, original: Any, unsafe: bool = False) -> None:
        super().__init__(modules)
        value = original
        for m in reversed(list(self)):
            if hasattr(m, "right_inverse"):
                value = m.right_inverse(value)
        if isinstance(value, tuple | list):
            self.ntensors, self.is_tensor = len(value), False
            for i, v in enumerate(value):
                setattr(self, f"original{i}", Parameter(v.detach()))
        else:
            self.is_tensor = True
            if isinstance(original, Parameter):
                self.original = original
                if value is not original:
                    original.data = value.detach()
            else:
                self.register_buffer("original", value)

    def forward(self) -> Any:
        if self.is_tensor:
            x = self[0](self.original)
        else:
            x = self[0](*(getattr(self, f"original{i}") for i in range(self.ntensors)))
        for i in range(1, len(self)):
            x = self[i](x)
        return x


def register_parametrization(
    module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False
) -> Any:
    """Compute `module.tensor_name` by a module from what it was."""
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a "
            f"parametrized element with name '{tensor_name}'"
        )
    if not is_parametrized(module):
        _parametrized_class(module)
        module.parametrizations = ModuleDict()
    original = getattr(module, tensor_name)
    delattr(module, tensor_name)
    module.parametrizations[tensor_name] = ParametrizationList(
        [parametrization], original
    )
    _inject(type(module), tensor_name)
    return module


def _parametrized_class(module: Any) -> None:
    cls = type(module)
    module.__class__ = type(
        f"Parametrized{cls.__name__}",
        (cls,),
        {"__module__": cls.__module__, "_original_class": cls},
    )


def _inject(cls: type, name: str) -> None:
    def get(self: Any) -> Any:
        if not _CACHING[0]:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _CACHE:
            _CACHE[key] = self.parametrizations[name]()
        return _CACHE[key]

    def put(self: Any, value: Any) -> None:
        table = self.parametrizations[name]
        for m in reversed(list(table)):
            value = m.right_inverse(value)
        table.original.data = value

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


def type_before_parametrizations(module: Any) -> type:
    return type(module)._original_class if is_parametrized(module) else type(module)


_ = Module
