"""`torch.nn.Module`: parameters, buffers, submodules, hooks, state."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, TypeVar

from isograd.base.missing import no_attribute
from isograd.torch.hooks import RemovableHandle
from isograd.torch.nn.modules.conversions import Conversions
from isograd.torch.nn.modules.state import StateMethods
from isograd.torch.nn.modules.state import _IncompatibleKeys as _IncompatibleKeys
from isograd.torch.nn.parameter import Buffer, Parameter
from isograd.torch.tensor import Tensor

T_destination = TypeVar("T_destination", bound=dict[str, Any])
T = TypeVar("T", bound="Module")
Named = Iterator[tuple[str, Any]]

_TABLES = ("_parameters", "_buffers", "_modules")
_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_GLOBAL: dict[str, OrderedDict[int, Any]] = {
    k: OrderedDict()
    for k in (
        *("forward", "forward_pre", "backward", "backward_pre"),
        *("parameter", "buffer", "module"),
    )
}


_GLOBAL_OPTIONS: dict[int, tuple[str, ...]] = {}


def _words(with_kwargs: bool, always_call: bool) -> tuple[str, ...]:
    """The options of a forward hook."""
    return ("kwargs",) * with_kwargs + ("always",) * always_call


def _addindent(text: str, spaces: int) -> str:
    head, *rest = text.split("\n")
    return "\n".join([head, *(" " * spaces + line for line in rest)])


class Module(Conversions, StateMethods):
    """Base of layers and networks; subclasses define `forward`."""

    dump_patches = False
    _version = 1
    training: bool
    call_super_init = False
    T_destination = T_destination
    _is_full_backward_hook: bool | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    "Module.__init__() got an unexpected keyword argument "
                    f"'{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    "Module.__init__() takes 1 positional argument but "
                    f"{len(args) + 1} were given"
                )
        put = functools.partial(object.__setattr__, self)
        put("training", True)
        for name in _TABLES:
            put(name, {})
        put("_non_persistent_buffers_set", set())
        for name in _HOOKS:
            put(name, OrderedDict())
        put("_hook_options", {})
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # --- attributes -------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        d = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in d:
                raise AttributeError(
                    "cannot assign parameters before Module.__init__() call"
                )
            _remove(self, name, "_parameters")
            self.register_parameter(name, value)
            return
        if isinstance(value, Module):
            if "_modules" not in d:
                raise AttributeError(
                    "cannot assign module before Module.__init__() call"
                )
            if name in d["_parameters"]:
                raise TypeError(
                    f"cannot assign '{_type_of(value)}' as parameter "
                    f"'{name}' (torch.nn.Parameter or None expected)"
                )
            _remove(self, name, "_modules")
            d["_modules"][name] = _registered(self, "module", name, value)
            return
        params = d.get("_parameters")
        if params is not None and name in params:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_of(value)}' as parameter "
                    f"'{name}' (torch.nn.Parameter or None expected)"
                )
            params[name] = None
            return
        modules = d.get("_modules")
        if modules is not None and name in modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_of(value)}' as child module "
                    f"'{name}' (torch.nn.Module or None expected)"
                )
            modules[name] = None
            return
        buffers = d.get("_buffers")
        if buffers is None and isinstance(value, Buffer):
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        if buffers is not None and (name in buffers or isinstance(value, Buffer)):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_type_of(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            if isinstance(value, Buffer):
                self.register_buffer(name, value, value.persistent)
            else:
                buffers[name] = _registered(self, "buffer", name, value)
            return
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        d = self.__dict__
        for table in _TABLES:
            found = d.get(table)
            if found is not None and name in found:
                return found[name]
        raise no_attribute(
            "torch.nn.Module",
            name,
            "torch",
            f"'{type(self).__name__}' object has no attribute '{name}'",
        )

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = [
            *dir(type(self)),
            *self.__dict__,
            *self._parameters,
            *self._modules,
            *self._buffers,
        ]
        return sorted(n for n in names if not n[0].isdigit())

    def register_parameter(self, name: str, param: Any) -> None:
        """Add a parameter (or None) under a name."""
        if "_parameters" not in self.__dict__:
            raise AttributeError(
                "cannot assign parameter before Module.__init__() call"
            )
        self._check_name(name, "parameter", self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_of(param)}' object to parameter "
                f"'{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and not param.is_leaf:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters "
                f"must be created explicitly. To express '{name}' as a function of "
                "another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = _registered(self, "parameter", name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state but is no parameter."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name(name, "buffer", self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_of(tensor)}' object to buffer "
                f"'{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _registered(self, "buffer", name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def _check_name(self, name: Any, what: str, table: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {_type_of(name)}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if hasattr(self, name) and name not in table:
            raise KeyError(f"attribute '{name}' already exists")

    def add_module(self, name: str, module: Any) -> None:
        """Add a submodule (or None) under a name."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_type_of(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {_type_of(name)}")
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._modules[name] = _registered(self, "module", name, module)

    register_module = add_module

    # --- paths ------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Any:
        """The submodule at a dotted path."""
        found: Any = self
        for item in target.split(".") if target else ():
            if not hasattr(found, item):
                raise AttributeError(f"{found._get_name()} has no attribute `{item}`")
            found = getattr(found, item)
            if not isinstance(found, Module):
                raise AttributeError(f"`{item}` is not an nn.Module")
        return found

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Replace the submodule at a dotted path."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Any:
        return self._attribute_at(target, Parameter, "an nn.Parameter")

    def get_buffer(self, target: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if not hasattr(owner, name):
            raise AttributeError(f"{owner._get_name()} has no attribute `{name}`")
        if name not in owner._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return getattr(owner, name)

    def _attribute_at(self, target: str, kind: type, what: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if not hasattr(owner, name):
            raise AttributeError(f"{owner._get_name()} has no attribute `{name}`")
        found = getattr(owner, name)
        if not isinstance(found, kind):
            raise AttributeError(f"`{name}` is not {what}")
        return found

    # --- traversal --------------------------------------------------------------------

    def _named_members(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Named:
        seen: set[Any] = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if (recurse)
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, value in module.__dict__[table].items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield path + ("." if path else "") + name, value

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        for _, p in self.named_parameters(recurse=recurse):
            yield p

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Named:
        yield from self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        for _, b in self.named_buffers(recurse=recurse):
            yield b

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Named:
        yield from self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def children(self) -> Iterator[Any]:
        for _, m in self.named_children():
            yield m

    def named_children(self) -> Named:
        seen = set()
        for name, m in self._modules.items():
            if m is not None and m not in seen:
                seen.add(m)
                yield name, m

    def modules(self) -> Iterator[Any]:
        for _, m in self.named_modules():
            yield m

    def named_modules(
        self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Named:
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, m in self._modules.items():
            if m is not None:
                path = prefix + ("." if prefix else "") + name
                yield from m.named_modules(memo, path, remove_duplicate)

    # --- calls and hooks --------------------------------------------------------------

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile this module's calls in place: they run as they are."""

    def _get_backward_hooks(self) -> tuple[list[Any], list[Any]]:
        return list(self._backward_hooks.values()), []

    def _get_backward_pre_hooks(self) -> list[Any]:
        return list(self._backward_pre_hooks.values())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        d = self.__dict__
        if not (
            d["_forward_hooks"]
            or d["_forward_pre_hooks"]
            or d["_backward_hooks"]
            or d["_backward_pre_hooks"]
            or _ANY_GLOBAL[0]
        ):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    _call_impl = __call__

    def _call_with_hooks(self, args: Any, kwargs: Any) -> Any:
        options = self._hook_options
        for hook in tuple(_GLOBAL["forward_pre"].values()):
            found = hook(self, args)
            if found is not None:
                args = found if isinstance(found, tuple) else (found,)
        for k, hook in tuple(self._forward_pre_hooks.items()):
            if "kwargs" in options.get(k, ()):
                found = hook(self, args, kwargs)
                if found is not None:
                    if not (isinstance(found, tuple) and len(found) == 2):
                        raise RuntimeError(
                            "forward pre-hook must return None or a tuple "
                            f"of (new_args, new_kwargs), but got {found}."
                        )
                    args, kwargs = found
            else:
                found = hook(self, args)
                if found is not None:
                    args = found if isinstance(found, tuple) else (found,)
        watch = None
        if (
            self._backward_hooks
            or self._backward_pre_hooks
            or _GLOBAL["backward"]
            or (_GLOBAL["backward_pre"])
        ):
            from isograd.torch.nn.modules.backward_hooks import BackwardWatch

            watch = BackwardWatch(self, _GLOBAL)
            args = watch.inputs(args)
        out = self._forward_hooked(args, kwargs)
        return out if watch is None else watch.outputs(out)

    def _forward_hooked(self, args: Any, kwargs: Any) -> Any:
        options = {**_GLOBAL_OPTIONS, **self._hook_options}
        hooks = [*_GLOBAL["forward"].items(), *self._forward_hooks.items()]
        done = False
        try:
            out = self.forward(*args, **kwargs)
            done = True
        finally:
            if not done:
                for k, hook in hooks:
                    if "always" in options.get(k, ()):
                        hook(
                            self,
                            args,
                            *((kwargs,) if "kwargs" in options[k] else ()),
                            None,
                        )
        for k, hook in hooks:
            extra = (kwargs,) if "kwargs" in options.get(k, ()) else ()
            found = hook(self, args, *extra, out)
            out = out if found is None else found
        return out

    def _hook(self, table: str, hook: Any, prepend: bool, *options: str) -> Any:
        handle = RemovableHandle(self.__dict__[table])
        self.__dict__[table][handle.id] = hook
        if options:
            self._hook_options[handle.id] = options
        if prepend:
            self.__dict__[table].move_to_end(handle.id, last=False)
        return handle

    def register_forward_pre_hook(
        self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`."""
        return self._hook(
            "_forward_pre_hooks", hook, prepend, *(("kwargs",) if with_kwargs else ())
        )

    def register_forward_hook(
        self,
        hook: Any,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`."""
        words = _words(with_kwargs, always_call)
        return self._hook("_forward_hooks", hook, prepend, *words)

    def register_full_backward_pre_hook(
        self, hook: Any, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` before the module's backward."""
        return self._hook("_backward_pre_hooks", hook, prepend)

    def register_full_backward_hook(
        self, hook: Any, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` after the module's backward.

        Raises:
            RuntimeError: the module has a hook of `register_backward_hook`.
        """
        return self._backward_hook(True, hook, prepend)

    def register_backward_hook(self, hook: Any) -> RemovableHandle:
        return self._backward_hook(False, hook, False)

    def _backward_hook(self, full: bool, hook: Any, first: bool) -> RemovableHandle:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a "
                "single Module. Please use only one of them."
            )
        self._is_full_backward_hook = full
        return self._hook("_backward_hooks", hook, first)

    def register_state_dict_pre_hook(self, hook: Any) -> RemovableHandle:
        return self._hook("_state_dict_pre_hooks", hook, False)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        return self._hook("_state_dict_hooks", hook, False, "strict")

    def _register_state_dict_hook(self, hook: Any) -> RemovableHandle:
        return self._hook("_state_dict_hooks", hook, False)

    def register_load_state_dict_pre_hook(self, hook: Any) -> RemovableHandle:
        fn = functools.partial(hook, self)
        return self._hook("_load_state_dict_pre_hooks", fn, False)

    def _register_load_state_dict_pre_hook(
        self, hook: Any, with_module: bool = False
    ) -> RemovableHandle:
        fn = functools.partial(hook, self) if with_module else hook
        return self._hook("_load_state_dict_pre_hooks", fn, False)

    def register_load_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        return self._hook("_load_state_dict_post_hooks", hook, False)

    # --- text and copies --------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({k}): {_addindent(repr(m), 2)}" for k, m in self._modules.items()
        ]
        body = lines + children
        text = self._get_name() + "("
        if body:
            if len(lines) == 1 and not children:
                text += lines[0]
            else:
                text += "\n  " + "\n  ".join(body) + "\n"
        return text + ")"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in _HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_hook_options", {})

    def _replicate_for_data_parallel(self) -> Any:
        return self


def _type_of(x: Any) -> str:
    """`torch.typename`."""
    kind = type(x)
    if isinstance(x, Tensor):
        return x.type() if kind is Tensor else f"torch.nn.parameter.{kind.__name__}"
    if kind.__module__ in ("builtins", "", None):
        return kind.__name__
    module = kind.__module__.removeprefix("isograd.")
    return f"{module}.{kind.__name__}"


def factory_kwargs(kwargs: Any) -> dict[str, Any]:
    """What makes tensors, of a module's keywords.

    Raises:
        TypeError: there are others, or one is given twice.
    """
    if kwargs is None:
        return {}
    known = {"device", "dtype", "memory_format"}
    if rest := kwargs.keys() - (known | {"factory_kwargs"}):
        raise TypeError(f"unexpected kwargs {rest}")
    out = dict(kwargs.get("factory_kwargs", {}))
    for name in known & kwargs.keys():
        if name in out:
            raise TypeError(
                f"{name} specified twice, in **kwargs and in factory_kwargs"
            )
        out[name] = kwargs[name]
    return out


def _remove(self: Any, name: str, keep: str) -> None:
    """Forget an attribute before it is registered in the table `keep`."""
    d = self.__dict__
    d.pop(name, None)
    for table in _TABLES:
        if table != keep and table in d:
            d[table].pop(name, None)
    d["_non_persistent_buffers_set"].discard(name)


def _registered(owner: Module, kind: str, name: str, value: Any) -> Any:
    """What is registered, where hooks for all modules may put another in its place."""
    for hook in _GLOBAL[kind].values():
        found = hook(owner, name, value)
        value = value if found is None else found
    return value


_ANY_GLOBAL = [0]


def _register_global(kind: str, hook: Any) -> RemovableHandle:
    handle = RemovableHandle(_GLOBAL[kind])
    _GLOBAL[kind][handle.id] = hook
    _ANY_GLOBAL[0] += kind not in ("parameter", "buffer", "module")
    return handle


def register_module_forward_pre_hook(hook: Any) -> RemovableHandle:
    return _register_global("forward_pre", hook)


def register_module_forward_hook(
    hook: Any, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    handle = _register_global("forward", hook)
    _GLOBAL_OPTIONS[handle.id] = _words(with_kwargs, always_call)
    return handle


def register_module_parameter_registration_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, name, parameter)` for each that a module gets."""
    return _register_global("parameter", hook)


def register_module_buffer_registration_hook(hook: Any) -> RemovableHandle:
    return _register_global("buffer", hook)


def register_module_module_registration_hook(hook: Any) -> RemovableHandle:
    return _register_global("module", hook)


def register_module_full_backward_pre_hook(hook: Any) -> RemovableHandle:
    return _register_global("backward_pre", hook)


def register_module_full_backward_hook(hook: Any) -> RemovableHandle:
    return _register_global("backward", hook)
