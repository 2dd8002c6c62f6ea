"""`torch.autograd.functional`: Jacobians, Hessians and products with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.core.tensor import wrap
from isograd.torch.autograd.grad_mode import enable_grad
from isograd.torch.backward import grad as autograd_grad
from isograd.torch.dtypes import Size
from isograd.torch.tensor import Tensor

Tensors = tuple[Any, ...]


def _tuple(x: Any, arg: str, fn: str) -> tuple[bool, Tensors]:
    single = not isinstance(x, tuple)
    found = (x,) if single else x
    for i, t in enumerate(found):
        if isinstance(t, Tensor):
            continue
        if single:
            raise TypeError(
                f"The {arg} given to {fn} must be either a Tensor or a "
                f"tuple of Tensors but the given {arg} has type {type(t)}."
            )
        raise TypeError(
            f"The {arg} given to {fn} must be either a Tensor or a tuple of Tensors but "
            f"the value at index {i} has type {type(t)}."
        )
    return not single, found


def _prepared(inputs: Tensors, create_graph: bool) -> Tensors:
    """Inputs that the function is differentiated at: views where a graph is wanted."""
    return tuple(
        t.view_as(t)
        if create_graph and t.requires_grad
        else t.detach().requires_grad_()
        for t in inputs
    )


def _finished(xs: Any, create_graph: bool) -> Any:
    if isinstance(xs, tuple):
        return tuple(_finished(x, create_graph) for x in xs)
    if create_graph or xs is None:
        return xs
    return xs.detach()


def _zeros(shape: Any, like: Any) -> Any:
    return wrap(Tensor, np.zeros(tuple(shape), like._p.dtype))


def _like(t: Any) -> Any:
    return _zeros(t.shape, t)


def _vector(v: Any, other: Tensors, fn: str) -> Tensors:
    if v is None:
        if len(other) != 1 or other[0].nelement() != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns "
                "a single Tensor with a single element."
                if fn == "vjp"
                else "The vector v can only be None if the input to the user-provided "
                "function is a single Tensor with a single element."
            )
        return (wrap(Tensor, np.ones(tuple(other[0].shape), other[0]._p.dtype)),)
    _, vs = _tuple(v, "v", fn)
    if len(other) == 1 and len(vs) != 1:
        raise RuntimeError("The given v should contain a single Tensor.")
    if len(vs) != len(other):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(other)} but got {len(vs)}."
        )
    for i, (a, b) in enumerate(zip(vs, other, strict=True)):
        if a.size() != b.size():
            prefix = f"Entry {i} in " if len(other) > 1 else ""
            raise RuntimeError(
                f"{prefix}v has invalid size: should be {b.size()} but got {a.size()}."
            )
    return tuple(x.detach() if not x.requires_grad else x for x in vs)


def _check_outputs(outs: Tensors, strict: bool) -> None:
    if not strict:
        return
    for i, o in enumerate(outs):
        if not o.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. "
                "The outputs must be computed in a differentiable manner from the input "
                "when running in strict mode."
            )


def _autograd(
    outs: Tensors, ins: Tensors, grads: Any, create_graph: bool, retain: bool = True
) -> Tensors:
    pairs = [
        (o, g)
        for o, g in zip(outs, grads or (None,) * len(outs), strict=True)
        if o.requires_grad
    ]
    if not pairs:
        return (None,) * len(ins)
    return autograd_grad(
        tuple(o for o, _ in pairs),
        ins,
        tuple(g for _, g in pairs) if grads else None,
        retain_graph=retain,
        create_graph=create_graph,
        allow_unused=True,
    )


def _filled(
    grads: Tensors, ins: Tensors, strict: bool, create_graph: bool, stage: str
) -> Tensors:
    out = []
    for i, (g, x) in enumerate(zip(grads, ins, strict=True)):
        if g is None:
            if strict:
                raise RuntimeError(_UNUSED[stage].format(i=i))
            g = _like(x)
        elif strict and create_graph and not g.requires_grad:
            raise RuntimeError(_CONSTANT[stage].format(i=i))
        out.append(g)
    return tuple(out)


_UNUSED = {
    "back": "The output of the user-provided function is independent of input {i}. This "
    "is not allowed in strict mode.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} "
    "in the grad_outputs when using the double backward trick to compute "
    "forward mode gradients. This is not allowed in strict mode.",
    "double_back": "The jacobian of the user-provided function is independent of input "
    "{i}. This is not allowed in strict mode.",
    "double_back_trick": "The hessian of the user-provided function is independent of "
    "entry {i} in the grad_jacobian. This is not allowed in strict "
    "mode as it prevents from using the double backward trick to "
    "replace forward mode AD.",
}
_CONSTANT = {
    "back": "The jacobian of the user-provided function is independent of input {i}. "
    "This is not allowed in strict mode when create_graph=True.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} "
    "in the grad_outputs when using the double backward trick to compute "
    "forward mode gradients. This is not allowed in strict mode.",
    "double_back": "The hessian of the user-provided function is independent of input "
    "{i}. This is not allowed in strict mode when create_graph=True.",
    "double_back_trick": "The hessian of the user-provided function is independent of "
    "entry {i} in the grad_jacobian. This is not allowed in strict "
    "mode as it prevents from using the double backward trick to "
    "replace forward mode AD.",
}


def _varying(jac: Any, strict: bool) -> Any:
    """First derivatives, which depend on the inputs if `strict` asks for it."""
    for i, j in enumerate(jac if isinstance(jac, tuple) else (jac,)):
        if strict and not j.requires_grad:
            raise RuntimeError(
                "While computing the hessian, found that the jacobian of the "
                f"user-provided function with respect to input {i} is independent of "
                "the input. This is not allowed in strict mode. You should ensure that "
                "your function is twice differentiable and that the jacobian depends "
                "on the inputs (this would be violated by a linear function for "
                "example)."
            )
    return jac


def _structured(xs: Any, many: Any) -> Any:
    """A tuple as the user gave it: single things come without one."""
    if isinstance(many, tuple):
        outer, inner = many
        rows = tuple(r if inner else r[0] for r in xs)
        return rows if outer else rows[0]
    return xs if many else xs[0]


def _outputs(func: Any, inputs: Tensors, fn: str) -> tuple[bool, Tensors]:
    return _tuple(func(*inputs), "outputs of the user-provided function", fn)


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """`(outputs, v times the Jacobian of func)`."""
    with enable_grad():
        many_in, ins = _tuple(inputs, "inputs", "vjp")
        ins = _prepared(ins, create_graph)
        many_out, outs = _outputs(func, ins, "vjp")
        _check_outputs(outs, strict)
        vs = _vector(v, outs, "vjp")
        grads = _filled(
            _autograd(outs, ins, vs, create_graph), ins, strict, create_graph, "back"
        )
    return (
        _structured(_finished(outs, create_graph), many_out),
        _structured(_finished(grads, create_graph), many_in),
    )


def jvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """`(outputs, the Jacobian of func times v)`."""
    with enable_grad():
        _, ins = _tuple(inputs, "inputs", "jvp")
        ins = _prepared(ins, create_graph)
        vs = _vector(v, ins, "jvp")
        many_out, outs = _outputs(func, ins, "jvp")
        _check_outputs(outs, strict)
        seeds = tuple(_like(o).requires_grad_() for o in outs)
        pulled = _filled(_autograd(outs, ins, seeds, True), ins, strict, True, "back")
        pushed = _filled(
            _autograd(pulled, seeds, vs, create_graph),
            seeds,
            strict,
            create_graph,
            "back_trick",
        )
    return (
        _structured(_finished(outs, create_graph), many_out),
        _structured(_finished(pushed, create_graph), many_out),
    )


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian: for each output and input a tensor of both shapes, in this order."""
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or '
            '"reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                "torch.autograd.functional.jacobian: `create_graph=True` and "
                '`strategy="forward-mode"` are not supported together (yet). Please '
                'either set `create_graph=False` or `strategy="reverse-mode"`.'
            )
        if strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and "
                '`strategy="forward-mode"` are not supported together (yet). Please '
                'either set `strict=False` or `strategy="reverse-mode"`.'
            )
        if not vectorize:
            raise NotImplementedError(
                "Computing Jacobian using forward-AD or forward-over-reverse Hessian is"
                "only implemented for `vectorize=True`."
            )
    if vectorize and strict:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and "
            "`vectorized=True` are not supported together. Please either "
            "set `strict=False` or `vectorize=False`."
        )
    with enable_grad():
        many_in, ins = _tuple(inputs, "inputs", "jacobian")
        ins = _prepared(ins, create_graph)
        many_out, outs = _outputs(func, ins, "jacobian")
        _check_outputs(outs, strict)
        rows = tuple(
            _jacobian_of(o, i, ins, create_graph, strict, vectorize)
            for i, o in enumerate(outs)
        )
    return _structured(_finished(rows, create_graph), (many_out, many_in))


def _jacobian_of(
    out: Any, index: int, ins: Tensors, create_graph: bool, strict: bool, batched: bool
) -> Tensors:
    n = out.nelement()
    shapes = [Size((*out.shape, *x.shape)) for x in ins]
    if not out.requires_grad or n == 0:
        return tuple(_zeros(s, x) for s, x in zip(shapes, ins, strict=True))
    if batched:
        return _batched_jacobian(out, ins, shapes, create_graph)
    columns: list[list[Any]] = [[] for _ in ins]
    flat = out.reshape(-1)
    for j in range(n):
        grads = autograd_grad(
            flat[j],
            ins,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
        for i, (c, g, x) in enumerate(zip(columns, grads, ins, strict=True)):
            c.append(_entry(g, x, i, index, strict, create_graph))
    from isograd import torch

    return tuple(
        torch.stack(c).reshape(s) for c, s in zip(columns, shapes, strict=True)
    )


def _entry(g: Any, x: Any, i: int, index: int, strict: bool, create_graph: bool) -> Any:
    if g is not None:
        if strict and create_graph and not g.requires_grad:
            raise RuntimeError(
                "The jacobian of the user-provided function is independent of input "
                f"{i}. This is not allowed in strict mode when create_graph=True."
            )
        return g
    if strict:
        raise RuntimeError(
            f"Output {index} of the user-provided function is independent of input {i}. "
            "This is not allowed in strict mode."
        )
    return _like(x)


def _batched_jacobian(
    out: Any, ins: Tensors, shapes: Sequence[Any], create_graph: bool
) -> Tensors:
    n = out.nelement()
    eye = np.eye(n, dtype=out._p.dtype).reshape(n, *out.shape)
    grads = autograd_grad(
        out,
        ins,
        wrap(Tensor, eye),
        retain_graph=True,
        create_graph=create_graph,
        allow_unused=True,
        is_grads_batched=True,
    )
    return tuple(
        _zeros(s, x) if g is None else g.reshape(s)
        for g, s, x in zip(grads, shapes, ins, strict=True)
    )


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a function with one element as its output."""
    many_in, ins = _tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode".'
        )

    def scalar(*xs: Any) -> Any:
        many, outs = _tuple(
            func(*xs), "outputs of the user-provided function", "hessian"
        )
        if many or not isinstance(outs[0], Tensor):
            raise RuntimeError(
                "The function given to hessian should return a single Tensor"
            )
        if outs[0].nelement() != 1:
            raise RuntimeError(
                "The Tensor returned by the function given to hessian "
                "should contain a single element"
            )
        return outs[0].squeeze()

    def gradient(*xs: Any) -> Tensors:
        return _varying(jacobian(scalar, xs, create_graph=True), strict)

    out = jacobian(
        gradient, ins, create_graph, strict, vectorize, outer_jacobian_strategy
    )
    return _structured(out, (many_in, many_in))


def _second(
    func: Any, inputs: Any, v: Any, create_graph: bool, strict: bool, fn: str
) -> Any:
    many_in, ins = _tuple(inputs, "inputs", fn)
    ins = _prepared(ins, create_graph)
    vs = _vector(v, ins, fn)
    many_out, outs = _outputs(func, ins, fn)
    _check_outputs(outs, strict)
    if many_out or not isinstance(outs[0], Tensor):
        raise RuntimeError(f"The function given to {fn} should return a single Tensor")
    if outs[0].nelement() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {fn} should "
            "contain a single element"
        )
    grads = _autograd(outs, ins, None, True)
    jac = _varying(_filled(grads, ins, strict, False, "back"), strict)
    return many_in, ins, vs, outs, jac


def vhp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """`(output, v times the Hessian of func)`."""
    with enable_grad():
        many, ins, vs, outs, jac = _second(func, inputs, v, create_graph, strict, "vhp")
        out = _filled(
            _autograd(jac, ins, vs, create_graph),
            ins,
            strict,
            create_graph,
            "double_back",
        )
    return _finished(outs[0], create_graph), _structured(
        _finished(out, create_graph), many
    )


def hvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """`(output, the Hessian of func times v)`."""
    with enable_grad():
        many, ins, vs, outs, jac = _second(func, inputs, v, create_graph, strict, "hvp")
        seeds = tuple(_like(x).requires_grad_() for x in ins)
        pulled = _filled(
            _autograd(jac, ins, seeds, True), ins, strict, True, "double_back"
        )
        out = _filled(
            _autograd(pulled, seeds, vs, create_graph),
            seeds,
            strict,
            create_graph,
            "double_back_trick",
        )
    return _finished(outs[0], create_graph), _structured(
        _finished(out, create_graph), many
    )
