"""The primitives, in families: each operation is one record with its rules.

Importing this package fills the registry and the namespaces `F`.
"""

from isograd.core import mutation, structural
from isograd.ops import (
    activation,
    comparison,
    elementwise,
    indexing,
    matmul,
    random,
    reduce,
    shape,
)

__all__ = [
    "activation",
    "comparison",
    "elementwise",
    "indexing",
    "matmul",
    "mutation",
    "random",
    "reduce",
    "shape",
    "structural",
]
