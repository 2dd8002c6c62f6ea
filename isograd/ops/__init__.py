"""The primitives, in families: each operation is one record with its rules.

Importing this package fills the registry and the namespaces `F`.
"""

from isograd.core import mutation, structural
from isograd.ops import (
    activation,
    comparison,
    conv,
    decompositions,
    einsum,
    elementwise,
    indexing,
    integers,
    keys,
    linalg,
    loss,
    matmul,
    numeric,
    pool,
    random,
    reduce,
    resample,
    scan,
    selection,
    shape,
    special,
    statistics,
    strided,
)

__all__ = [
    "activation",
    "comparison",
    "conv",
    "decompositions",
    "einsum",
    "elementwise",
    "indexing",
    "integers",
    "keys",
    "linalg",
    "loss",
    "matmul",
    "mutation",
    "numeric",
    "pool",
    "random",
    "reduce",
    "resample",
    "scan",
    "selection",
    "shape",
    "special",
    "statistics",
    "strided",
    "structural",
]
