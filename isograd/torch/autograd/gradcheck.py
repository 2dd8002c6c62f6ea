"""`torch.autograd.gradcheck`: derivatives held against central differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from isograd.core.tensor import wrap
from isograd.torch.autograd.grad_mode import enable_grad, no_grad
from isograd.torch.backward import grad as autograd_grad
from isograd.torch.random import Generator, default_generator
from isograd.torch.tensor import Tensor


class GradcheckError(RuntimeError):
    """A derivative that does not agree with the differences."""


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _differentiable(xs: Any) -> list[Any]:
    return [x for x in _as_tuple(xs) if isinstance(x, Tensor) and x.requires_grad]


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    if not _differentiable(inputs):
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none "
            "of them have requires_grad=True."
        )
    for i, x in enumerate(inputs):
        if not isinstance(x, Tensor) or not x.requires_grad:
            continue
        if x._p.dtype not in (np.float64, np.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating "
                "point or complex. This check will likely fail if all the inputs are "
                "not of double precision floating point or complex. ",
                UserWarning,
                stacklevel=5,
            )
        steps = zip(x._p.strides, x._p.shape, strict=True)
        if not all(step > 0 or n <= 1 for step, n in steps):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only "
                "supports inputs that are non-overlapping to be able to compute the "
                "numerical gradients correctly. You should call .contiguous on the "
                "input before passing it to gradcheck."
            )
        x.retain_grad()


# --- the two Jacobians, of shape (elements of the input, of the output) ---------------


def _values(fn: Any, inputs: tuple[Any, ...]) -> list[np.ndarray]:
    with no_grad():
        outs = _as_tuple(fn(*inputs))
    return [np.array(o._p).reshape(-1) for o in outs if isinstance(o, Tensor)]


def _numerical(
    fn: Any, inputs: tuple[Any, ...], x: Any, eps: float
) -> list[np.ndarray]:
    """For each output d out / d x."""
    rows: list[list[np.ndarray]] = []
    for place in np.ndindex(x._p.shape):
        row = _difference(fn, inputs, x._p, place, eps, eps)
        if x._p.dtype.kind == "c":  # conjugate Wirtinger, as backward gives it
            other = _difference(fn, inputs, x._p, place, eps * 1j, eps)
            row = [a + 1j * b for a, b in zip(row, other, strict=True)]
        rows.append(row)
    return [np.stack(r) for r in zip(*rows, strict=True)]


def _difference(
    fn: Any, inputs: Any, array: np.ndarray, place: Any, step: Any, eps: float
) -> list[np.ndarray]:
    before = array[place]
    try:
        array[place] = before + step
        high = _values(fn, inputs)
        array[place] = before - step
        low = _values(fn, inputs)
    finally:
        array[place] = before
    if any(a.dtype == bool for a in high):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use "
            "the `^` or `logical_xor()` operator instead."
        )
    return [(a - b) / (2 * eps) for a, b in zip(high, low, strict=True)]


def _analytical(out: Any, inputs: list[Any]) -> list[np.ndarray]:
    """For each input d out / d input, a column per element of `out`."""
    n = out.numel()
    jacobians = [np.zeros((x.numel(), n), x._p.dtype) for x in inputs]
    for j in range(n):
        seed = np.zeros(n, out._p.dtype)
        seed[j] = 1
        seed_tensor = wrap(Tensor, seed.reshape(out._p.shape))
        found = autograd_grad(
            out, inputs, seed_tensor, retain_graph=True, allow_unused=True
        )
        for jacobian, g in zip(jacobians, found, strict=True):
            if g is not None:
                jacobian[:, j] = g.detach()._p.reshape(-1)
    return jacobians


def _checked_analytical(out: Any, ins: list[Any], tolerance: float) -> list[np.ndarray]:
    first, second = _analytical(out, ins), _analytical(out, ins)
    for a, b in zip(first, second, strict=True):
        if np.abs(a - b).max(initial=0) > tolerance:
            raise GradcheckError(_REENTRANT.format(tolerance=tolerance) + _NOTE)
    return first


_REENTRANT = (
    "Backward is not reentrant, i.e., running backward with same input and grad_output "
    "multiple times gives different values, although analytical gradient matches "
    "numerical gradient.The tolerance for nondeterminism was {tolerance}."
)
_NOTE = """

NOTE: If your op relies on non-deterministic operations i.e., it is listed here:
https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
this failure might be expected.

If you are adding a new operator, please file an issue and then use one of the
workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck.
If the test
- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck
  with `nondet_tol=<tol>` as a keyword argument.
- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test
  to have `gradcheck_nondet_tol=<tol>`.
- is a Module test (e.g., in common_nn.py), then modify the corresponding
  module_test entry to have `gradcheck_nondet_tol=<tol>`
"""


# --- the checks -----------------------------------------------------------------------


class Tolerances(NamedTuple):
    """The step of the differences, and how far the Jacobians may be apart."""

    eps: float
    atol: float
    rtol: float
    nondet: float = 0.0


def _mismatch(
    prefix: str, mode: str, o: int, i: int, n: np.ndarray, a: np.ndarray
) -> GradcheckError:
    return GradcheckError(
        f"{prefix}Jacobian {mode}mismatch for output {o} with respect to input {i},\n"
        f"numerical:{wrap(Tensor, n)}\nanalytical:{wrap(Tensor, a)}\n"
    )


def _check_backward(fn: Any, inputs: tuple[Any, ...], outs: Any, t: Tolerances) -> None:
    """Complex outputs are checked by their imaginary, then their real parts."""
    complex_ones = [i for i, o in enumerate(outs) if o.is_complex()]
    if not complex_ones:
        _compare(fn, inputs, t, (), "")
        return
    for part in ("imag", "real"):
        name = {"imag": "imaginary"}.get(part, part)

        def one(*args: Any, part: str = part) -> tuple[Any, ...]:
            found = _as_tuple(fn(*args))
            return tuple(getattr(o, part) if o.is_complex() else o for o in found)

        prefix = f"While considering the {name} part of complex outputs only, "
        _compare(one, inputs, t, complex_ones, prefix)


def _compare(
    fn: Any, inputs: tuple[Any, ...], t: Tolerances, complex_ones: Any, prefix: str
) -> None:
    with enable_grad():
        outs = _as_tuple(fn(*inputs))
    ins = _differentiable(inputs)
    numerical = [_numerical(fn, inputs, x, t.eps) for x in ins]
    for o, out in enumerate(_differentiable(outs)):
        place = next(k for k, other in enumerate(outs) if other is out)
        for i, a in enumerate(_checked_analytical(out, ins, t.nondet)):
            n = numerical[i][place].astype(a.dtype, copy=False)
            if not np.allclose(a, n, t.rtol, t.atol):
                raise _mismatch(prefix if o in complex_ones else "", "", o, i, n, a)


def _direction(generator: Any, like: np.ndarray) -> np.ndarray:
    """A random unit vector for the elements of an array."""
    found = generator.stream.uniforms((like.size,), np.dtype(np.float32), 0, 1)
    found = found.astype(like.dtype)
    return found / np.linalg.norm(found)


def _check_backward_fast(
    fn: Any, inputs: tuple[Any, ...], outs: Any, t: Tolerances
) -> None:
    """One product v J u for each pair of an output and an input, J the Jacobian."""
    generator, ins = Generator(), _differentiable(inputs)
    us = [_direction(generator, x._p) for x in ins]
    vs = [_direction(generator, o._p) for o in outs]
    with enable_grad():
        every = _as_tuple(fn(*inputs))
    for i, (x, u) in enumerate(zip(ins, us, strict=True)):
        moved = _along(fn, inputs, x._p, u.reshape(x._p.shape), t.eps)
        for o, (out, v) in enumerate(zip(_differentiable(every), vs, strict=True)):
            place = next(k for k, other in enumerate(every) if other is out)
            seed = wrap(Tensor, v.reshape(out._p.shape))
            (g,) = autograd_grad(out, x, seed, retain_graph=True, allow_unused=True)
            a = 0.0 if g is None else float(g.detach()._p.reshape(-1) @ u)
            n = float(moved[place] @ v)
            if not np.allclose(a, n, t.rtol, t.atol * u.sum() * v.sum()):
                raise _fast_mismatch(fn, inputs, t, (o, out, place), (i, x), n, a)


def _along(
    fn: Any, inputs: Any, array: np.ndarray, u: np.ndarray, eps: float
) -> list[np.ndarray]:
    """The derivatives of the outputs along u, by a central difference."""
    before = array.copy()
    try:
        array[...] = before + u * eps
        high = _values(fn, inputs)
        array[...] = before - u * eps
        low = _values(fn, inputs)
    finally:
        array[...] = before
    return [(a - b) / (2 * eps) for a, b in zip(high, low, strict=True)]


def _fast_mismatch(
    fn: Any, inputs: Any, t: Tolerances, output: Any, given: Any, n: float, a: float
) -> GradcheckError:
    (o, out, place), (i, x) = output, given
    slow_n = _numerical(fn, inputs, x, t.eps)[place]
    slow_a = _analytical(out, [x])[0]
    return GradcheckError(
        f"Jacobian mismatch for output {o} with respect to input {i},\n"
        f"numerical:{n}\nanalytical:{a}\n\nThe above quantities relating the numerical "
        "and analytical jacobians are computed \nin fast mode. See: "
        "https://github.com/pytorch/pytorch/issues/53876 for more background \nabout "
        "fast mode. Below, we recompute numerical and analytical jacobians in slow "
        f"mode:\n\nNumerical:\n {wrap(Tensor, slow_n)}\nAnalytical:\n"
        f"{wrap(Tensor, slow_a)}\n\nThe max per-element difference (slow mode) is: "
        f"{np.abs(slow_n - slow_a).max()}.\n"
    )


def _check_forward(fn: Any, inputs: tuple[Any, ...], t: Tolerances) -> None:
    for i, x in enumerate(_differentiable(inputs)):
        parts = (("imaginary", 1j), ("real", 1)) if x.is_complex() else (("", 1),)
        for name, unit in parts:
            prefix = f"While considering the {name} part of complex inputs only, "
            _compare_forward(fn, inputs, x, i, unit, t, prefix if name else "")


def _compare_forward(
    fn: Any, inputs: Any, x: Any, i: int, unit: Any, t: Tolerances, prefix: str
) -> None:
    places = list(np.ndindex(x._p.shape))
    numerical = [
        _difference(fn, inputs, x._p, place, t.eps * unit, t.eps) for place in places
    ]
    exact = [_tangents(fn, inputs, x, place, unit) for place in places]
    both = zip(zip(*numerical, strict=True), zip(*exact, strict=True), strict=True)
    for o, (ns, found) in enumerate(both):
        n, a = np.stack(ns), np.stack(found)
        if not np.allclose(a, n, t.rtol, t.atol):
            mode = "computed with forward mode "
            raise _mismatch(prefix, mode, o, i, n, a)


def _tangents(fn: Any, inputs: Any, x: Any, place: Any, unit: Any) -> list[np.ndarray]:
    """The tangents of the outputs for a step of one element of `x`."""
    from isograd.torch.autograd import forward_ad

    step = np.zeros(x._p.shape, x._p.dtype)
    step[place] = unit
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x.detach(), wrap(Tensor, step))
        args = [
            dual if a is x else a.detach() if isinstance(a, Tensor) else a
            for a in inputs
        ]
        outs = [o for o in _as_tuple(fn(*args)) if isinstance(o, Tensor)]
        pairs = [forward_ad.unpack_dual(o) for o in outs]
        return [
            np.zeros(o.numel()) if p.tangent is None else _flat(p.tangent)
            for o, p in zip(outs, pairs, strict=True)
        ]


def _flat(t: Any) -> np.ndarray:
    return np.array(t.detach()._p).reshape(-1)


def _check_no_outputs(fn: Any, inputs: tuple[Any, ...], eps: float) -> None:
    for x in _differentiable(inputs):
        if any(n.any() for n in _numerical(fn, inputs, x, eps)):
            raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_linear(outs: list[Any], inputs: tuple[Any, ...]) -> None:
    """A gradient of zero gives zeros."""
    ins = _differentiable(inputs)
    zeros = [wrap(Tensor, np.zeros_like(o._p)) for o in outs]
    found = autograd_grad(outs, ins, zeros, retain_graph=True, allow_unused=True)
    if any(g is not None and g.detach()._p.any() for g in found):
        raise GradcheckError("backward not multiplied by grad_output")


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
    if check_batched_grad and not check_backward_ad:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_backward_ad to be True"
        )
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError(
            "Setting check_batched_forward_grad=True requires check_forward_ad to be "
            "True"
        )
    given = _as_tuple(inputs)
    try:
        _check_inputs(given)
        t = Tolerances(eps, atol, rtol, nondet_tol)
        with enable_grad():
            outs = _as_tuple(func(*given))
        outs = [o for o in outs if o.requires_grad]
        if not outs:
            _check_no_outputs(func, given, eps)
            return True
        real = not any(x.is_complex() for x in (*outs, *_differentiable(given)))
        if check_backward_ad:
            check = _check_backward_fast if fast_mode and real else _check_backward
            check(func, given, outs, t)
        if check_forward_ad:
            _check_forward(func, given, t)
        if check_backward_ad:
            _check_linear(outs, given)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _drawn(outs: Any) -> tuple[Any, ...]:
    """A random cotangent for each output."""
    stream = default_generator.stream
    return tuple(
        wrap(Tensor, stream.uniforms(o._p.shape, o._p.dtype, -1, 1)).requires_grad_()
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
        outs = _differentiable(func(*given))
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
            found = _differentiable(func(*ins))
            wanted = [x for x in ins if isinstance(x, Tensor) and x.requires_grad]
            pairs = [(o, g) for o, g in zip(found, gs, strict=True) if o.requires_grad]
            second = autograd_grad(
                [o for o, _ in pairs],
                wanted,
                [g for _, g in pairs],
                create_graph=True,
                allow_unused=True,
            )
            return tuple(g for g in second if g is not None)

    return gradcheck(
        gradients,
        (*given, *seeds),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        fast_mode=fast_mode,
    )


def get_numerical_jacobian(
    fn: Any, inputs: Any, target: Any = None, eps: float = 1e-3, grad_out: float = 1.0
) -> Any:
    """The numerical Jacobian of the first output for each input."""
    given = _as_tuple(inputs)
    return [
        wrap(Tensor, _numerical(fn, given, x, eps)[0]) for x in _differentiable(given)
    ]
