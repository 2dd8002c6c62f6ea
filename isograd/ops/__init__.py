"""The primitives, in families: each operation is one record with its rules.

Importing this package fills the registry and the namespaces `F`.
"""

from isograd.core import mutation, structural
from isograd.ops import (
    activation,
    comparison,
    einsum,
    elementwise,
    indexing,
    integers,
    keys,
    loss,
    matmul,
    selection,
    random,
    reduce,
    scan,
    shape,
    strided,
    statistics,
)

__all__ = [
    "activation",
    "comparison",
    "einsum",
    "elementwise",
    "indexing",
    "integers",
    "keys",
    "selection",
    "loss",
    "matmul",
    "mutation",
    "random",
    "reduce",
    "scan",
    "shape",
    "strided",
    "statistics",
    "structural",
]
