"""What the generated tests leave out or prepare, each with its reason.

Everything else in the registry is tested, whatever is added to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core.primitive import BOUND, REGISTRY, Primitive
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.testing import rolled, scaled
from isograd.testing.cases import Case

NO_SAMPLES = {
    "view_write": "its parameter is a chain of views: tests/core/test_core_mutation.py",
    "custom": "its rule is a function of its user: tests/core/test_core_custom.py",
}

# impl raises for these dtypes, because NumPy (or SciPy) has no such loop
NO_DTYPE: dict[tuple[str, str], str] = {
    (name, half): "there is no complex dtype of half precision to pair it with"
    for name in ("view_as_complex",)
    for half in ("float16", "bfloat16")
}

# modules whose operations have no float16 and bfloat16
NO_HALF = {
    "isograd.ops.linalg": "LAPACK has single and double precision alone",
    "isograd.ops.decompositions": "LAPACK has single and double precision alone",
    "isograd.ops.factors": "LAPACK has single and double precision alone",
    "isograd.ops.fft": "pocketfft has single and double precision alone",
}

# results that share memory with an operand although the record is not a view
ALIASES = {
    "conj": "of a real array is that array, as in PyTorch",
}

# places of `saved` that a rule reads for their shape alone
SHAPE_ONLY: dict[str, str] = dict.fromkeys(
    ("lstm_scan", "gru_scan", "rnn_scan"),
    "reads its outputs only where no output that is kept has a cotangent",
)

# nestings of transforms end at depth two
SHALLOW: dict[str, str] = {}

# what is not staged
STAGED_EAGERLY: dict[str, str] = {}


def hermitian(x: Any) -> Any:
    """(x + x^H) / 2: keeps differences inside of what the operation is defined for."""
    p = payload_of(x)
    return wrap(type(x), BOUND.mul(BOUND.add(p, BOUND.conj(BOUND.mT(p))), 0.5))


def moduli(x: Any) -> Any:
    """|x|^2: does not depend on the phase that an eigenvector happens to have."""
    p = payload_of(x)
    return wrap(type(x), BOUND.mul(p, BOUND.conj(p)))


# applied to operands before, and to results after an operation, in derivative tests
BEFORE: dict[str, Callable[[Any], Any]] = dict.fromkeys(
    ("cholesky", "eigh", "eigvalsh"), hermitian
)
AFTER: dict[str, Callable[[Any], Any]] = dict.fromkeys(("eigh", "svd", "eig"), moduli)


def primitives() -> list[Primitive]:
    return [p for p in REGISTRY.values() if p.name not in NO_SAMPLES and not draws(p)]


def draws(prim: Primitive) -> bool:
    """No two draws are equal: test_registry_random.py."""
    return prim.name.startswith("random_") and prim.effect


def differentiable() -> list[Primitive]:
    return [p for p in primitives() if p.has_vjp and not p.constant]


def has_dtype(prim: Primitive, dtype: str) -> bool:
    half = dtype in ("float16", "bfloat16")
    return (prim.name, dtype) not in NO_DTYPE and not (
        half and prim.impl.__module__ in NO_HALF
    )


def function(case: Case) -> Callable[..., tuple[Tensor, ...]]:
    """The function of a case as derivative tests take it."""
    fn, name = case.function(), case.prim.name
    before, after = BEFORE.get(name), AFTER.get(name)
    if before is None and after is None:
        return fn

    def prepared(*xs: Any) -> tuple[Tensor, ...]:
        outs = fn(*(xs if before is None else map(before, xs)))
        return outs if after is None else tuple(map(after, outs))

    return prepared


def variant(prim: Primitive) -> Any:
    """How members of a batch are made from a sample, inside of its domain."""
    return rolled if prim.kind == "elementwise" else scaled
