"""`torch.autograd.gradcheck`: derivatives held against central differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.tensor import wrap
from isograd.torch.autograd.grad_mode import enable_grad, no_grad
from isograd.torch.backward import grad as autograd_grad
from isograd.torch.tensor import Tensor


class GradcheckError(RuntimeError):
    """A derivative that does not agree with the differences."""


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _tensors(xs: Any) -> list[Any]:
    return [x for x in _as_tuple(xs) if isinstance(x, Tensor)]


def _differentiable(xs: Any) -> list[Any]:
    return [x for x in _tensors(xs) if x.requires_grad]


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    if not _differentiable(inputs):
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, "
            "but none of the them have requires_grad=True."
        )
    for i, x in enumerate(inputs):
        if (
            isinstance(x, Tensor)
            and x.requires_grad
            and (x._p.dtype not in (np.float64, np.complex128))
        ):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating "
                "point or complex. This check will likely fail if all the inputs are not "
                "of double precision floating point or complex. ",
                UserWarning,
                stacklevel=4,
            )


def _values(fn: Any, inputs: tuple[Any, ...]) -> list[np.ndarray]:
    with no_grad():
        return [np.array(o._p) for o in _float_outputs(fn(*inputs))]


def _float_outputs(outs: Any) -> list[Any]:
    return [
        o
        for o in _as_tuple(outs)
        if isinstance(o, Tensor) and (o.is_floating_point() or o.is_complex())
    ]


def _numerical(
    fn: Any, inputs: tuple[Any, ...], x: Any, eps: float
) -> list[np.ndarray]:
    """For each output d out / d x, of shape (elements of x, elements of out)."""
    array = x._p
    rows: list[list[np.ndarray]] = []
    for place in np.ndindex(array.shape):
        steps = (eps, eps * 1j) if array.dtype.kind == "c" else (eps,)
        parts = [_difference(fn, inputs, x, place, s, eps) for s in steps]
        if len(parts) == 2:  # conjugate Wirtinger, as backward gives it
            rows.append([(a + 1j * b) for a, b in zip(*parts, strict=True)])
        else:
            rows.append(parts[0])
    count = len(rows[0]) if rows else 0
    return [np.stack([r[i] for r in rows]) for i in range(count)]


def _difference(
    fn: Any, inputs: Any, x: Any, place: Any, step: Any, eps: float
) -> list[np.ndarray]:
    array = x._p
    before = array[place]
    try:
        array[place] = before + step
        high = _values(fn, inputs)
        array[place] = before - step
        low = _values(fn, inputs)
    finally:
        array[place] = before
    return [((a - b) / (2 * eps)).reshape(-1) for a, b in zip(high, low, strict=True)]


def _analytical(out: Any, inputs: list[Any]) -> list[np.ndarray]:
    """For each input d out / d input, of shape (elements of input, of out)."""
    n = out.numel()
    columns: list[list[np.ndarray]] = [[] for _ in inputs]
    for j in range(n):
        seed = np.zeros(n, out._p.dtype)
        seed[j] = 1
        grads = autograd_grad(
            out,
            inputs,
            wrap(Tensor, seed.reshape(out._p.shape)),
            retain_graph=True,
            allow_unused=True,
        )
        for c, g, x in zip(columns, grads, inputs, strict=True):
            c.append(
                np.zeros(x.numel(), x._p.dtype)
                if g is None
                else np.array(g.detach()._p).reshape(-1)
            )
    return [
        np.stack(c, 1) if c else np.zeros((x.numel(), 0), x._p.dtype)
        for c, x in zip(columns, inputs, strict=True)
    ]


def _compare(
    fn: Any, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, prefix: str
) -> None:
    with enable_grad():
        outs = _float_outputs(fn(*inputs))
    ins = _differentiable(inputs)
    numerical = [_numerical(fn, inputs, x, eps) for x in ins]
    for o, out in enumerate(outs):
        if not out.requires_grad:
            exact = [np.zeros((x.numel(), out.numel()), x._p.dtype) for x in ins]
        else:
            exact = _analytical(out, ins)
        for i, a in enumerate(exact):
            n = numerical[i][o]
            if (
                out._p.dtype.kind != "c"
                and a.shape == n.shape
                and np.allclose(a, n, rtol, atol)
            ):
                continue
            if out._p.dtype.kind == "c" and np.allclose(
                a if ins[i]._p.dtype.kind == "c" else np.real(a),
                n if ins[i]._p.dtype.kind == "c" else np.real(n),
                rtol,
                atol,
            ):
                continue
            raise GradcheckError(
                f"{prefix}Jacobian mismatch for output {o} with respect to input {i},\n"
                f"numerical:{wrap(Tensor, n)}\nanalytical:{wrap(Tensor, a)}\n"
            )


def _check_reentrant(fn: Any, inputs: tuple[Any, ...], tolerance: float) -> None:
    with enable_grad():
        for out in _float_outputs(fn(*inputs)):
            if not out.requires_grad:
                continue
            first, second = (
                _analytical(out, _differentiable(inputs)) for _ in range(2)
            )
            for a, b in zip(first, second, strict=True):
                if np.abs(a - b).max(initial=0) > tolerance:
                    raise GradcheckError(
                        "Backward is not reentrant, i.e., running backward with same "
                        "input and grad_output multiple times gives different values, "
                        "although analytical gradient matches numerical gradient. "
                        f"The tolerance for nondeterminism was {tolerance}."
                    )


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: Any = None,
) -> bool:
    """Whether the gradients of `func` agree with central differences.

    Raises:
        GradcheckError: if they do not, unless `raise_exception` is False.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    given = _as_tuple(inputs)
    try:
        _check_inputs(given)
        if check_backward_ad:
            _compare(func, given, eps, atol, rtol, "")
            _check_reentrant(func, given, nondet_tol)
        if check_forward_ad:
            _compare_forward(func, given, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _compare_forward(
    fn: Any, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float
) -> None:
    from isograd.torch.autograd import forward_ad

    for i, x in enumerate(_differentiable(inputs)):
        numerical = _numerical(fn, inputs, x, eps)
        rows: list[list[np.ndarray]] = []
        for k in range(x.numel()):
            t = np.zeros(x.numel(), x._p.dtype)
            t[k] = 1
            with forward_ad.dual_level():
                dual = forward_ad.make_dual(
                    x.detach(), wrap(Tensor, t.reshape(x.shape))
                )
                outs = _float_outputs(
                    fn(
                        *(
                            dual
                            if a is x
                            else a.detach()
                            if isinstance(a, Tensor)
                            else a
                            for a in inputs
                        )
                    )
                )
                pairs = [forward_ad.unpack_dual(o) for o in outs]
                rows.append(
                    [
                        np.zeros(o.numel())
                        if p.tangent is None
                        else np.array(p.tangent._p).reshape(-1)
                        for o, p in zip(outs, pairs, strict=True)
                    ]
                )
        for o, n in enumerate(numerical):
            a = np.stack([r[o] for r in rows])
            if not np.allclose(a, n, rtol, atol):
                raise GradcheckError(
                    f"Jacobian computed with forward mode mismatch for output {o} with "
                    f"respect to input {i},\nnumerical:{wrap(Tensor, n)}\n"
                    f"analytical:{wrap(Tensor, a)}\n"
                )


def _drawn(outs: Any) -> tuple[Any, ...]:
    """A random cotangent for each output."""
    rng = np.random.default_rng(0)
    return tuple(
        wrap(Tensor, rng.normal(size=o._p.shape).astype(o._p.dtype)).requires_grad_()
        for o in outs
    )


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradients themselves."""
    given = _as_tuple(inputs)
    with enable_grad():
        outs = _float_outputs(func(*given))
    seeds = _drawn(outs) if grad_outputs is None else _as_tuple(grad_outputs)
    count = len(seeds)

    def gradients(*args: Any) -> Any:
        ins, gs = args[:-count], args[-count:]
        ins = tuple(
            x
            if not isinstance(x, Tensor) or x.requires_grad or not o
            else x.requires_grad_()
            for x, o in zip(
                ins,
                (isinstance(g, Tensor) and g.requires_grad for g in given),
                strict=True,
            )
        )
        with enable_grad():
            found = _float_outputs(func(*ins))
            wanted = [x for x in ins if isinstance(x, Tensor) and x.requires_grad]
            pairs = [(o, g) for o, g in zip(found, gs, strict=True) if o.requires_grad]
            return autograd_grad(
                [o for o, _ in pairs],
                wanted,
                [g for _, g in pairs],
                create_graph=True,
                allow_unused=True,
            )

    return gradcheck(
        gradients,
        (*given, *seeds),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
    )


def get_numerical_jacobian(
    fn: Any, inputs: Any, target: Any = None, eps: float = 1e-3, grad_out: float = 1.0
) -> Any:
    """The numerical Jacobian of the first output for each input."""
    given = _as_tuple(inputs)
    return [
        wrap(Tensor, _numerical(fn, given, x, eps)[0]) for x in _differentiable(given)
    ]
