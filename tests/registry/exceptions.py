"""What the generated tests leave out, each with its reason, and the lists they run."""

from __future__ import annotations

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core.primitive import REGISTRY, Primitive

NO_SAMPLES = {
    "view_write": "its parameter is a chain of views: tests/core/test_core_mutation.py",
    "random_normal": "a draw has no operands: tests/registry/test_registry_rules.py",
    "random_uniform": "a draw has no operands: tests/registry/test_registry_rules.py",
}

# impl raises for these dtypes, because NumPy (or SciPy) has no such loop
NO_DTYPE: dict[tuple[str, str], str] = {}

# results that share memory with an operand although the record is not a view
ALIASES = {
    "conj": "of a real array is that array, as in PyTorch",
}

# places of `saved` that a rule reads for their shape alone
SHAPE_ONLY: dict[str, str] = {}

# nestings of transforms end at depth two
SHALLOW: dict[str, str] = {}

# what is not staged
STAGED_EAGERLY: dict[str, str] = {}


def primitives() -> list[Primitive]:
    return [p for p in REGISTRY.values() if p.name not in NO_SAMPLES]


def differentiable() -> list[Primitive]:
    return [p for p in primitives() if p.has_vjp and not p.constant]
