"""`mindspore.grad`, `value_and_grad`, `get_grad` and `GradOperation`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.core import tensor as core
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import context
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.recording import (
    Gradients,
    Recording,
    recorded,
    tensors_in,
)
from isograd.mindspore.tensor import Tensor

Fn = Callable[..., Any]
Position = int | tuple[int, ...] | None


def unannotated(fn: Fn) -> Fn:
    """`fn` with the signature that MindSpore shows, which has no annotations."""
    signature = inspect.signature(fn)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    fn.__signature__ = signature.replace(  # type: ignore[attr-defined]  # justified: what inspect reads
        parameters=plain, return_annotation=signature.empty
    )
    return fn


@unannotated
def grad(
    fn: Fn,
    grad_position: Position = 0,
    weights: Any = None,
    has_aux: bool = False,
    return_ids: bool = False,
    sens_param: bool = False,
) -> Fn:
    """A function that gives the gradient of `fn`.

    Args:
        grad_position: positions of the inputs to differentiate; None for none.
        weights: a Parameter, or a list, tuple or ParameterTuple of them.
        has_aux: only the first output counts, the others are given back: the result is
            `(gradient, aux)` with a tuple of them.
        return_ids: gives `(id, gradient)` for each gradient.
        sens_param: the last argument (or `sens=`) is the cotangent instead of ones.

    Raises:
        TypeError, ValueError: for a bad position or flag, at once.
    """
    both = _differentiated(fn, grad_position, weights, has_aux, return_ids, sens_param)

    def after_grad(*args: Any, **kwargs: Any) -> Any:
        out, grads = both(args, kwargs)
        return (grads, out[1:]) if has_aux else grads

    return _dressed(after_grad, fn)


@unannotated
def value_and_grad(
    fn: Fn,
    grad_position: Position = 0,
    weights: Any = None,
    has_aux: bool = False,
    return_ids: bool = False,
    sens_param: bool = False,
) -> Fn:
    """A function that gives `(fn's output, gradient)`; arguments as for `grad`."""
    both = _differentiated(fn, grad_position, weights, has_aux, return_ids, sens_param)

    def after_grad(*args: Any, **kwargs: Any) -> Any:
        return both(args, kwargs)

    return _dressed(after_grad, fn)


def _dressed(after_grad: Fn, fn: Any) -> Fn:
    """Keep fn's text, not its name: MindSpore's functions are called after_grad."""
    after_grad.__doc__ = getattr(fn, "__doc__", None)
    after_grad.__wrapped_fn__ = fn  # type: ignore[attr-defined]  # justified: a mark on a function
    return after_grad


def _differentiated(
    fn: Any,
    grad_position: Any,
    weights: Any,
    has_aux: Any,
    return_ids: Any,
    sens_param: Any,
) -> Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, Any]]:
    """`(args, kwargs)` to (output, gradients in the structure asked for)."""
    if context.gradients_off():
        raise RuntimeError("In no_grad context, you can not calculate gradient")
    if grad_position is None and weights is None:
        raise ValueError(
            "`grad_position` and `weight` can not be None at the same time."
        )
    positions = None if grad_position is None else checked_positions(grad_position)
    check_flags("_Grad", has_aux=has_aux, return_ids=return_ids, sens_param=sens_param)

    def both(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        check_callable(fn)
        args, kwargs, sens = split_sens(sens_param, args, kwargs)
        args, inputs = inputs_at(positions, args, kwargs)
        named = None if weights is None else checked_weights(weights)
        watched = watched_of(inputs)
        if named is not None:
            watched += [w for w in named if is_parameter(w) and needs_gradient(w)]

        def use(rec: Recording) -> tuple[Any, Any]:
            count = check_outputs(rec, has_aux)
            seeds = rec.ones(count) if sens is None else seeds_of(rec, sens, count)
            grads = Gradients(rec.watched, rec.pull(seeds))
            return rec.out, _structured(
                grads, positions, inputs, weights, named, return_ids
            )

        return recorded(fn, args, kwargs, watched, use)

    return both


# --- arguments ------------------------------------------------------------------------


def checked_positions(position: Any) -> tuple[int, ...]:
    """The positions as a tuple.

    Raises:
        TypeError, ValueError: as MindSpore does for what is no int or tuple of ints,
            negative, or named twice.
    """
    if isinstance(position, int):
        if position < 0:
            raise ValueError("grad_position must be >= 0.")
        return (int(position),)
    if not isinstance(position, tuple):
        raise TypeError("For 'F.grad', the 'grad_position' must be int or tuple.")
    for p in position:
        if not isinstance(p, int):
            raise TypeError("For 'F.grad', the element in 'grad_position' must be int.")
        if p < 0:
            raise ValueError("The element in grad_position must be >= 0.")
    if len(set(position)) != len(position):
        raise ValueError(
            "There are duplicate positions in `grad_position`, please check it"
        )
    return position


def check_flags(name: str, **flags: Any) -> None:
    for flag, value in flags.items():
        if not isinstance(value, bool):
            raise TypeError(
                f"For '{name}', the '{flag}' should be bool, but got "
                f"{type(value).__name__}"
            )


def check_callable(fn: Any) -> None:
    if not callable(fn) or isinstance(fn, core.Tensor):
        raise TypeError(f"The fn should be callable, but got {type(fn).__name__}")


def split_sens(
    sens_param: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """The cotangent apart from fn's arguments: `sens=`, or the last one."""
    if not sens_param:
        return args, kwargs, None
    if "sens" in kwargs:
        rest = {k: v for k, v in kwargs.items() if k != "sens"}
        return args, rest, kwargs["sens"]
    if not args:
        raise RuntimeError("The sens_param is True, but no sens is given.")
    return args[:-1], kwargs, args[-1]


Inputs = list[tuple[int, Any]]  # positions with tensors, or containers of them


def inputs_at(
    positions: tuple[int, ...] | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], Inputs]:
    """fn's positional arguments, and the tensors at the positions.

    Keyword arguments count after the positional ones, in the order of the call.  In
    graph mode each position is a value of its own, even where objects are the same.
    """
    if positions is None:
        return args, []
    if not positions:
        raise RuntimeError("grad_position should not be empty when grad by position!")
    if context.graph_mode():
        args = tuple(map(apart, args))
    values = [*args, *kwargs.values()]
    if not values:
        return args, []
    found: Inputs = []
    for p in positions:
        if p >= len(values):
            error = IndexError if context.graph_mode() else RuntimeError
            raise error(f"Position index {p} is exceed input size.")
        if isinstance(values[p], core.Tensor) or is_variable(values[p]):
            found.append((p, values[p]))
    return args, found


def is_variable(x: Any) -> bool:
    """Whether a Python value has a gradient: in graph mode, if it is `mutable`; inside
    `jit`, if it holds tensors."""
    if not context.graph_mode() or isinstance(x, str):
        return False
    if getattr(x, "__ms_mutable__", False):
        return True
    return context.inside_jit() and bool(tensors_in(x))


def watched_of(inputs: Inputs) -> list[core.Tensor]:
    return [t for _, x in inputs for t in tensors_in(x) if needs_gradient(t)]


def apart(t: Any) -> Any:
    """Another object for the same value, on the same tape."""
    if not isinstance(t, core.Tensor):
        return rebuilt(apart, t) if is_variable(t) and tensors_in(t) else t
    if isinstance(t, Parameter):
        return t
    twin = object.__new__(type(t))
    twin.__dict__.update(t.__dict__)
    return twin


def rebuilt(change: Callable[[Any], Any], x: Any) -> Any:
    """A container with its elements changed; what marks it stays."""
    if isinstance(x, dict):
        out: Any = type(x)({k: change(v) for k, v in x.items()})
    elif isinstance(x, list | tuple):
        out = type(x)(map(change, x))
    else:
        return x
    if hasattr(x, "__dict__"):
        out.__dict__.update(x.__dict__)
    return out


def checked_weights(weights: Any) -> tuple[Any, ...]:
    if isinstance(weights, core.Tensor):
        return (weights,)
    if not isinstance(weights, list | tuple):
        raise TypeError(
            "The weights you provided is expected to be a tensor, or a "
            f"list or tuple. but got {described(weights)}"
        )
    for w in weights:
        if not isinstance(w, core.Tensor):
            raise RuntimeError("The pointer[tensor] is null.")
    return tuple(weights)


def described(x: Any) -> str:
    if isinstance(x, int | float | str | dict):
        return str(x)
    return f"PythonObject(type: {type(x)}, value: {x})"


def is_parameter(t: Any) -> bool:
    """Whether a weight is one; other tensors have the gradient zero as weights."""
    return isinstance(t, Parameter)


def needs_gradient(t: core.Tensor) -> bool:
    return not isinstance(t, Parameter) or t.requires_grad


# --- outputs and cotangents -----------------------------------------------------------


def check_outputs(rec: Recording, has_aux: bool) -> int | None:
    """How many of the output's tensors count, None for all.

    Raises:
        ValueError, RuntimeError: for an output without auxiliary ones beside it.
    """
    out = rec.out
    if not has_aux:
        if isinstance(out, tuple) and not out:
            raise RuntimeError("Get empty value seq")
        return None
    if not isinstance(out, tuple) or len(out) < 2:
        error = RuntimeError if context.graph_mode() else ValueError
        raise error("When has_aux is True, origin fn requires more than one outputs.")
    if len(rec.tensors) < 2 and not context.graph_mode():
        raise RuntimeError(
            "If you set has_aux for grad or value_and_grad, that forward function "
            f"should be multi output, but got {id(out):#x}"
        )
    return len(tensors_in(out[0]))


def seeds_of(rec: Recording, sens: Any, count: int | None) -> list[Payload | None]:
    """The given cotangents, held against the outputs.

    Raises:
        RuntimeError: another number of tensors; a number for an output with axes.
        ValueError, TypeError: another shape or dtype than the output's.
    """
    values = rec.values[:count]
    given = tensors_in(sens) or [sens]
    known = isinstance(given[0], core.Tensor) or isinstance(sens, int | float)
    if len(given) != len(values) or not known:
        raise RuntimeError(
            "Failure info [The given sens gradient's size should be same as out of "
            "network!]."
        )
    seeds: list[Payload | None] = [
        checked_sens(g, v) for g, v in zip(given, values, strict=True)
    ]
    return seeds + [None] * (len(rec.values) - len(seeds))


def checked_sens(g: Any, out: Payload) -> Payload:
    if not isinstance(g, core.Tensor):
        given = Tensor(g)
        if out.shape != given._p.shape:
            raise RuntimeError(grad_shape_text(given._p.shape, out.shape))
        return payload_of(given.astype(Tensor(0, dtype_of(out)).dtype))
    p = payload_of(g)
    if p.shape != out.shape and not p.shape:
        raise RuntimeError(grad_shape_text(p.shape, out.shape))
    if p.shape != out.shape:
        raise ValueError(
            f"The shape should be {vector(out.shape)}, but got "
            f"{vector(p.shape)}, {sens_text(g, out)}"
        )
    if p.dtype != out.dtype:
        raise TypeError(
            f"The dtype should be {dtype_of(out)}, but got {dtype_of(p)}, "
            f"{sens_text(g, out)}"
        )
    return p


def dtype_of(payload: Payload) -> Any:
    from isograd.mindspore.dtype import of_numpy

    return of_numpy(payload.dtype)


def vector(shape: Sequence[int]) -> str:
    return f"[const vector]{{{', '.join(map(str, shape))}}}"


def grad_shape_text(found: Sequence[int], expected: Sequence[int]) -> str:
    return (
        "For grad interface or custom function, grad tensor should be broadcast to "
        f"expected shape, but got {vector(found)} vs {vector(expected)}"
    )


def summed_to(g: Payload, x: Payload) -> Payload:
    """A gradient that a user's function gave, in the shape and dtype of its input.

    Raises:
        RuntimeError: if the input's shape does not broadcast to the gradient's.
    """
    if g.shape != x.shape:
        try:
            fits = np.broadcast_shapes(x.shape, g.shape) == g.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(grad_shape_text(g.shape, x.shape))
        g = BOUND.sum_to(g, x.shape)
    return g if g.dtype == x.dtype else BOUND.convert(g, dtype=x.dtype)


def sens_text(g: core.Tensor, out: Payload) -> str:
    found = abstract_text(wrap(Tensor, out))
    return f", sens gradient abs {abstract_text(g)}, out abs{found}"


def abstract_text(t: Any) -> str:
    shape = ", ".join(map(str, t.shape))
    head, _, value = repr(t).partition(" value=")
    return (
        f"AbstractTensor(shape: ({shape}), element: AbstractScalar(Type: "
        f"{t.dtype}, Value: ValueAny, Shape: NoShape), value_ptr: {id(t):#x}, "
        f"value: {head} value={value.lstrip(' ').replace(',', '')})"
    )


# --- results --------------------------------------------------------------------------


def _structured(
    grads: Gradients,
    positions: Any,
    inputs: Inputs,
    weights: Any,
    named: Any,
    return_ids: bool,
) -> Any:
    """Gradients of inputs and weights as `grad` gives them back."""
    by_input = by_weight = None
    if positions is not None:
        found = [_with_id(gradient_of(grads, x), p, return_ids) for p, x in inputs]
        by_input = found[0] if len(found) == 1 else tuple(found)
    if named is not None:
        by_weight = tuple(
            _with_id(grads.of(w), getattr(w, "name", None), return_ids) for w in named
        )
        if isinstance(weights, core.Tensor):
            by_weight = by_weight[0]
    if positions is None:
        return by_weight
    return by_input if named is None else (by_input, by_weight)


def gradient_of(grads: Gradients, x: Any) -> Any:
    """The gradient of an input: of a container, a plain one of its elements'."""
    if isinstance(x, core.Tensor):
        return grads.of(x)
    if isinstance(x, dict):
        return {k: gradient_of(grads, v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        kind = list if isinstance(x, list) else tuple
        return kind(gradient_of(grads, v) for v in x)
    return 0.0 if isinstance(x, float) else 0


def _with_id(g: Tensor, identifier: Any, return_ids: bool) -> Any:
    return (identifier, g) if return_ids else g


@unannotated
def get_grad(gradients: Any, identifier: Any) -> Tensor:
    """The gradient with an id in what `grad(..., return_ids=True)` gave.

    Args:
        identifier: a position, or a Parameter.

    Raises:
        TypeError: for another identifier, RuntimeError: if it is not there.
    """
    if isinstance(identifier, bool) or not isinstance(identifier, int | Parameter):
        raise TypeError(
            "For `get_grad`, the `x` should be an integer or a Parameter, "
            f"but got {identifier}"
        )
    key = identifier.name if isinstance(identifier, Parameter) else identifier
    found = _search(gradients, key)
    if found is None:
        raise RuntimeError(
            f"Can not find the gradient for position or Parameter {identifier}"
        )
    return found


def _search(gradients: Any, key: Any) -> Any:
    if not isinstance(gradients, tuple):
        return None
    if len(gradients) == 2 and type(gradients[0]) is type(key):
        return gradients[1] if gradients[0] == key else None
    return next((f for g in gradients if (f := _search(g, key)) is not None), None)


# --- GradOperation --------------------------------------------------------------------


class GradOperation:
    """`GradOperation(get_all, get_by_list, sens_param)(fn[, weights])(*inputs)`.

    Gives the gradient of the first input, of all (a tuple, also of one), of weights
    (likewise), or of both.
    """

    def __init__(
        self, get_all: bool = False, get_by_list: bool = False, sens_param: bool = False
    ) -> None:
        check_flags(
            "GradOperation",
            get_all=get_all,
            get_by_list=get_by_list,
            sens_param=sens_param,
        )
        self.get_all = get_all
        self.get_by_list = get_by_list
        self.sens_param = sens_param

    def __repr__(self) -> str:
        return f"<mindspore.ops.composite.base.GradOperation object at {id(self):#x}>"

    def __call__(self, fn: Fn, weights: Any = None) -> Fn:
        if context.gradients_off():
            raise RuntimeError("In no_grad context, you can not calculate gradient")

        def after_grad(*args: Any, **kwargs: Any) -> Any:
            return self._gradients(fn, weights, args, kwargs)

        return _dressed(after_grad, fn)

    def _gradients(
        self, fn: Fn, weights: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        check_callable(fn)
        args, kwargs, sens = split_sens(self.sens_param, args, kwargs)
        every = self.get_all or not self.get_by_list
        count = len(args) + len(kwargs)
        args, inputs = inputs_at(
            tuple(range(count)) or (0,) if every else None, args, kwargs
        )
        if not self.get_all:
            inputs = inputs[:1]
        named: tuple[Any, ...] = ()
        if self.get_by_list:
            named = trainable_of(fn) if weights is None else checked_weights(weights)
        watched = watched_of(inputs) + [w for w in named if needs_gradient(w)]

        def use(rec: Recording) -> Any:
            seeds = rec.ones() if sens is None else seeds_of(rec, sens, None)
            grads = Gradients(rec.watched, rec.pull(seeds))
            return self._structured(grads, inputs, weights, named)

        return recorded(fn, args, kwargs, watched, use)

    def _structured(
        self, grads: Gradients, inputs: Inputs, weights: Any, named: tuple[Any, ...]
    ) -> Any:
        found = tuple(gradient_of(grads, x) for _, x in inputs)
        if not self.get_by_list:
            return found if self.get_all else found[0] if found else ()
        if weights is None:
            named = tuple(w for w in named if grads.reached(w))
        by_weight: Any = tuple(grads.of(w) for w in named)
        if isinstance(weights, core.Tensor):
            by_weight = by_weight[0]
        return (found, by_weight) if self.get_all else by_weight


def trainable_of(fn: Any) -> tuple[Parameter, ...]:
    """The trainable parameters that a Cell or a function can reach."""
    found: dict[int, Parameter] = {}

    def visit(x: Any) -> None:
        if isinstance(x, Parameter):
            if x.requires_grad:
                found.setdefault(id(x), x)
        elif hasattr(x, "trainable_params"):
            for p in x.trainable_params():
                visit(p)

    visit(getattr(fn, "__self__", fn))
    code = getattr(fn, "__code__", None)
    if code is not None:
        for cell in fn.__closure__ or ():
            visit(cell.cell_contents)
        for name in code.co_names:
            visit(fn.__globals__.get(name))
    return tuple(found.values())


__all__ = ["GradOperation", "get_grad", "grad", "value_and_grad"]
