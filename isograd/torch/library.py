"""`torch.library`: operators that programs define, and `torch.ops`, where they stand."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Union

from isograd.base.missing import MissingName, missing_text, module_getattr
from isograd.core import levels
from isograd.torch.autograd.checks import NEEDS_SETUP
from isograd.torch.autograd.function import Function
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor

__all__ = [
    "CustomOpDef",
    "Library",
    "custom_op",
    "define",
    "impl",
    "infer_schema",
    "opcheck",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_vmap",
]
__getattr__ = module_getattr("torch.library", "torch")
REGISTERED: dict[str, Any] = {}
"""Operators by qualified name ("mylib::f")."""

# --- schemas --------------------------------------------------------------------------

_WORDS = {
    Tensor: "Tensor",
    int: "SymInt",
    float: "float",
    bool: "bool",
    str: "str",
    complex: "Scalar",
}


def _word(kind: Any) -> str | None:
    """A type of Python's annotations as schemas write it."""
    if kind in _WORDS:
        return _WORDS[kind]
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType) and type(None) in args:
        (inner,) = [a for a in args if a is not type(None)]
        word = _word(inner)
        return None if word is None else f"{word}?"
    if origin in (list, Sequence) or getattr(origin, "__name__", "") == "Sequence":
        word = _word(args[0])
        return None if word is None else f"{word}[]"
    return None


def infer_schema(
    prototype_function: Callable[..., Any],
    /,
    *,
    mutates_args: Any,
    op_name: str | None = None,
) -> str:
    """The schema that a function's annotations say.

    Raises:
        ValueError: a parameter without annotation, or of a type that no schema has.
    """
    signature = inspect.signature(prototype_function)
    try:
        hints = typing.get_type_hints(prototype_function)
    except NameError as error:
        raise ValueError(
            f"infer_schema(func): Unsupported type annotation: {error}. Got func with "
            f"signature {signature})"
        ) from error
    parts: list[str] = []
    starred = False

    def fail(text: str) -> ValueError:
        return ValueError(
            f"infer_schema(func): {text} Got func with signature {signature})"
        )

    for i, (name, p) in enumerate(signature.parameters.items()):
        if name not in hints:
            raise fail(f"Parameter {name} must have a type annotation.")
        word = _word(hints[name])
        if word is None:
            raise fail(f"Parameter {name} has unsupported type {hints[name]}.")
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        if name in mutates_args or mutates_args == "unknown":
            word = re.sub("^Tensor", f"Tensor(a{i}!)", word)
        default = "" if p.default is p.empty else f"={p.default}"
        parts.append(f"{word} {name}{default}")
    if "return" not in hints:
        raise fail("No return type annotation was provided. Please add one.")
    returns = hints["return"]
    return f"{op_name or ''}({', '.join(parts)}) -> {_returned(returns)}"


def _returned(kind: Any) -> str:
    if kind is type(None):
        return "()"
    if typing.get_origin(kind) is tuple:
        return f"({', '.join(map(str, map(_word, typing.get_args(kind))))})"
    return str(_word(kind))


# --- operators ------------------------------------------------------------------------

_ALIAS = (
    "{name} (with implementation in {module}): The output of this custom operator (1) "
    "must not also be an input to this custom operator and (2) may not alias any "
    "inputs to this custom operator or other returns. The most common way to trigger "
    "this error is if we have y = custom_op(x) and y and x are the same Tensor. Please "
    "instead return a clone of the offending output tensor(s) (e.g. return x.clone()) "
    "or refactor the custom operator to not return y."
)


class CustomOpDef:
    """An operator: a function that runs unrecorded, and its derivative if it has one."""

    def __init__(
        self, qualname: str, fn: Callable[..., Any], mutates: Any, schema: str = ""
    ) -> None:
        self._qualname, self._init_fn, self._mutates = qualname, fn, mutates
        self._namespace, self._name = qualname.split("::")
        self._schema = schema
        self._signature = inspect.signature(fn)
        self._backward: Any = None
        self._setup: Any = None
        self._fake: Any = None
        self._vmap: Any = None
        self._applied = _function_of(self)
        REGISTERED[qualname] = self

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = self._bound(args, kwargs)
        if self._mutates:
            with levels.changed(recording=False):
                return self._init_fn(*args, **kwargs)
        if levels.state().level and any(
            isinstance(v, Tensor) and v._node is not None and v._node.level > 0
            for v in values
        ):
            raise RuntimeError(NEEDS_SETUP)
        return self._applied.apply(*values)

    def _bound(self, args: Any, kwargs: Any) -> list[Any]:
        """The arguments in order, defaults filled in."""
        where = f"Declaration: {self._qualname}{self._schema}"
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            given = {*kwargs, *list(self._signature.parameters)[: len(args)]}
            for name, p in self._signature.parameters.items():
                if name not in given and p.default is p.empty:
                    raise RuntimeError(
                        f"{self._qualname}() is missing value for argument '{name}'. "
                        + where
                    ) from None
            raise RuntimeError(
                f"{self._qualname}() expected at most "
                f"{len(self._signature.parameters)} argument(s) but received "
                f"{len(args) + len(kwargs)} argument(s). {where}"
            ) from None
        bound.apply_defaults()
        words = re.findall(r"(?:^\(|, )(?:\*, )?(\S+) ", self._schema)
        for i, (word, (name, value)) in enumerate(
            zip(words, bound.arguments.items(), strict=False)
        ):
            if word == "Tensor" and not isinstance(value, Tensor):
                kind = type(value).__name__
                raise RuntimeError(
                    f"{self._qualname}() Expected a value of type 'Tensor' for "
                    f"argument '{name}' but instead found type '{kind}'.\nPosition: "
                    f"{i}\nValue: {value}\n{where}\nCast error details: Unable to cast "
                    f"{value} to Tensor"
                )
        return list(bound.arguments.values())

    def register_autograd(
        self, backward: Callable[..., Any], /, *, setup_context: Any = None
    ) -> None:
        """State the derivative: `backward(ctx, *grads)` gives one for each input."""
        if self._mutates:
            raise RuntimeError(
                "Cannot register autograd formula for non-functional operator "
                f"{self._qualname} with schema {self._qualname}{self._schema}. Please "
                "create a functional operator and register an autograd formula for "
                "that."
            )
        self._backward, self._setup = backward, setup_context

    def register_fake(self, fn: Any = None, /) -> Any:
        """Store a function of shapes; nothing here runs without values."""
        if fn is None:
            return self.register_fake
        self._fake = fn
        return fn

    def register_vmap(self, func: Any = None) -> Any:
        if func is None:
            return self.register_vmap
        self._vmap = func
        self._applied.vmap = staticmethod(func)
        return func

    def register_kernel(self, device_types: Any, fn: Any = None, /) -> Any:
        """Another implementation: that for the CPU replaces the first."""
        if fn is None:
            return lambda f: self.register_kernel(device_types, f)
        kinds = [device_types] if isinstance(device_types, str) else device_types
        if kinds is None or "cpu" in kinds:
            self._init_fn = fn
        return fn

    register_torch_dispatch = register_kernel
    _opoverload = property(lambda self: OpOverload(self._namespace, self._name, self))


def _function_of(op: CustomOpDef) -> Any:
    """The `autograd.Function` of an operator."""

    def parted(args: Any) -> tuple[Any, dict[str, Any]]:
        """The arguments, and those that are given by name alone."""
        names = list(op._signature.parameters)
        keyed = {
            n: a
            for n, a in zip(names, args, strict=False)
            if op._signature.parameters[n].kind is inspect.Parameter.KEYWORD_ONLY
        }
        return args[: len(args) - len(keyed)], keyed

    def forward(*args: Any) -> Any:
        plain, keyed = parted(args)
        out = op._init_fn(*plain, **keyed)
        _check_apart(op, args, out)
        return out

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        if op._setup is not None:
            plain, keyed = parted(inputs)
            more = {"keyword_only_inputs": keyed} if keyed else {}
            op._setup(ctx, plain, output, **more)

    def backward(ctx: Any, *grads: Any) -> Any:
        if op._backward is None:
            raise RuntimeError(
                f"Trying to backward through {op._namespace}.{op._name}.default but no "
                "autograd formula was registered. Please use register_autograd to add "
                "one."
            )
        return op._backward(ctx, *grads)

    name = f"GeneratedBackwardFor_{op._namespace}_{op._name}_default"
    parts = {
        "forward": forward,
        "setup_context": setup_context,
        "backward": backward,
    }
    body = {key: staticmethod(fn) for key, fn in parts.items()}
    return type(name, (Function,), body)


def _check_apart(op: CustomOpDef, args: Any, out: Any) -> None:
    outs = out if isinstance(out, tuple | list) else (out,)
    given = {id(a) for a in args if isinstance(a, Tensor)}
    if any(id(o) in given for o in outs):
        module = inspect.getmodule(op._init_fn)
        raise RuntimeError(_ALIAS.format(name=op._name, module=module))


def custom_op(
    name: str,
    fn: Any = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: Any = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make an operator `namespace::name` of a function of tensors.

    Raises:
        ValueError: the name has no namespace, or the schema cannot be inferred.
    """

    def define_op(f: Callable[..., Any]) -> CustomOpDef:
        said = schema or infer_schema(f, mutates_args=mutates_args)
        if name.count("::") != 1:
            raise ValueError(
                f'Expected `qualname` to be of the form "namespace::name", but got '
                f"{name!r}. The qualname passed to the torch.library API must consist "
                "of a namespace and a name, e.g. aten::sin"
            )
        return CustomOpDef(name, f, mutates_args, said)

    return define_op if fn is None else define_op(fn)


def _found(op: Any) -> Any:
    if isinstance(op, CustomOpDef):
        return op
    name = op if isinstance(op, str) else f"{op.namespace}::{op.name}"
    if name.removesuffix(".default") not in REGISTERED:
        raise RuntimeError(f"Could not find schema for {name}")
    return REGISTERED[name.removesuffix(".default")]


def register_autograd(
    op: Any, backward: Any, /, *, setup_context: Any = None, lib: Any = None
) -> None:
    _found(op).register_autograd(backward, setup_context=setup_context)


def register_fake(op: Any, func: Any = None, /, *, lib: Any = None, **_: Any) -> Any:
    return _found(op).register_fake(func)


def register_vmap(op: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    return _found(op).register_vmap(func)


def register_kernel(
    op: Any, device_types: Any, func: Any = None, /, *, lib: Any = None
) -> Any:
    return _found(op).register_kernel(device_types, func)


def opcheck(op: Any, args: Any, kwargs: Any = None, **_: Any) -> dict[str, str]:
    """Run the operator and, for inputs that need it, its derivative."""
    from isograd.torch.autograd import gradcheck

    gradient = any(isinstance(a, Tensor) and a.requires_grad for a in args)
    _found(op)(*args, **(kwargs or {}))
    if gradient and all(
        a.dtype.itemsize >= 8 for a in args if isinstance(a, Tensor) and a.requires_grad
    ):
        gradcheck(lambda *xs: _found(op)(*xs, **(kwargs or {})), tuple(args))
    tests = "test_schema test_autograd_registration test_faketensor test_aot_dispatch"
    return {f"{t}_dynamic" if "aot" in t else t: "SUCCESS" for t in tests.split()}


class Library:
    """A namespace of operators: `define` a schema, `impl` a function for it."""

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("DEF", "IMPL", "FRAGMENT"):
            raise ValueError(f"Unsupported kind: {kind}")
        if ns in ("prim", "aten") and kind == "DEF":
            raise ValueError(
                f"{ns} is a reserved namespace. Please try creating a "
                "library with another name."
            )
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        name = schema.partition("(")[0].strip()
        define(f"{self.ns}::{name}", schema.removeprefix(name))
        return name

    def impl(self, op_name: Any, fn: Any, dispatch_key: str = "", **_: Any) -> None:
        """Implement an operator; those of other devices than the CPU are not called."""
        impl(f"{self.ns}::{op_name}", dispatch_key or self.dispatch_key, fn)


_KEYS = ("", "CPU", "cpu", "default", "types")


def define(qualname: str, schema: Any, *, lib: Any = None, tags: Any = ()) -> None:
    """Declare an operator by its schema; `impl` gives it a function."""
    if qualname in REGISTERED:
        raise RuntimeError(f"{qualname} was registered already")
    _DECLARED[qualname] = str(schema)


_DECLARED: dict[str, str] = {}


def impl(qualname: str, types: Any, func: Any = None, *, lib: Any = None) -> Any:
    """Implement a declared operator for the CPU or for any device."""
    if func is None:
        return lambda f: impl(qualname, types, f, lib=lib)
    if qualname.startswith("aten::"):
        raise MissingName(missing_text(f"torch.library.impl({qualname!r})", "torch"))
    kinds = (types,) if isinstance(types, str) else tuple(types)
    if not any(k in _KEYS or k.startswith("Composite") for k in kinds):
        return func
    if all(k.startswith("CompositeImplicit") for k in kinds):
        REGISTERED[qualname] = func  # its parts have their own derivatives
    elif isinstance(REGISTERED.get(qualname), CustomOpDef):
        REGISTERED[qualname].register_kernel("cpu", func)
    else:
        schema = _DECLARED.get(qualname, "")
        CustomOpDef(qualname, func, "!" in schema.partition("->")[0], schema)
    return func


# --- torch.ops ------------------------------------------------------------------------


class OpOverload:
    """`torch.ops.namespace.name.overload`."""

    def __init__(
        self, namespace: str, name: str, fn: Any, overload: str | None = "default"
    ) -> None:
        self.namespace, self.name, self._fn = namespace, name, fn
        self._overload = overload
        self.__name__ = name if overload is None else f"{name}.{overload}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._fn(*args, **kwargs)

    def __repr__(self) -> str:
        op = f"{self.namespace}.{self.name}"
        return f"<OpOverload(op='{op}', overload='{self._overload}')>"

    def __str__(self) -> str:
        return f"{self.namespace}.{self.__name__}"


_NAMED = """
default Tensor Scalar int dim IntList out self dtype start start_step Scalar_mode
Tensor_Scalar Scalar_Tensor Tensor_Tensor Tensor_mode ScalarOpt_dim dim_IntList
using_ints using_int2 values stable Dimname correction source
"""
_OVERLOADS = frozenset(_NAMED.split())


class OpOverloadPacket(OpOverload):
    """`torch.ops.namespace.name`: the operator with all its overloads."""

    def __init__(self, namespace: str, name: str, fn: Any) -> None:
        super().__init__(namespace, name, fn, None)

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self.namespace}.{self.name}')>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in _OVERLOADS:
            raise AttributeError(
                f"The underlying op of '{self.namespace}.{self.name}' has no overload "
                f"name '{name}'"
            )
        return OpOverload(self.namespace, self.name, self._fn, name)

    def overloads(self) -> list[str]:
        return ["default"]


class OpNamespace:
    """`torch.ops.namespace`."""

    def __init__(self, name: str) -> None:
        self._space = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        fn = REGISTERED.get(f"{self._space}::{name}")
        if fn is None and self._space == "aten":
            fn = _native(name)
        if fn is None:
            text = f"'_OpNamespace' '{self._space}' object has no attribute '{name}'"
            raise AttributeError(text)
        return OpOverloadPacket(self._space, name, fn)


def _native(name: str) -> Any:
    """The function that is an operator of torch's own."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    from isograd.torch.nn import functional

    table = vars(functional)
    found = table.get(name)
    if found is None:
        method = vars(Tensor).get(name)
        found = method if callable(method) else None
    if found is None and not name.startswith("_"):
        raise MissingName(missing_text(f"torch.ops.aten.{name}", "torch"), name=name)
    return found


class Ops:
    """`torch.ops`: operators by namespace and name."""

    def __getattr__(self, name: str) -> OpNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        space = OpNamespace(name)
        setattr(self, name, space)
        return space

    def load_library(self, path: str) -> None:
        raise MissingName(missing_text("torch.ops.load_library", "torch"))


ops = Ops()
