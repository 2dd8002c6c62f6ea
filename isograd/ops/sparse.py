"""Sparse arrays in coordinate form, as compositions on their values.

A sparse array is a pair of positions (one index array an axis, of length `nnz`) and
values of shape `(nnz, *dense)`.  Positions are constants; each function is linear
algebra of gathers and scatter-adds on the values, so derivatives, batching and staging
are those of the primitives.
"""

from __future__ import annotations

import numpy as np

from isograd.core.primitive import Namespace, Payload, composite

Shape = tuple[int, ...]
Positions = tuple[np.ndarray, ...]


@composite
def coo_to_dense(
    F: Namespace, values: Payload, index: Positions, shape: Shape
) -> Payload:
    """The dense array of `shape`; values at equal positions add up."""
    return F.scatter_add(values, *index, shape=shape)


@composite
def coo_values(F: Namespace, dense: Payload, index: Positions) -> Payload:
    """The values `(nnz, ...)` of a dense array at positions."""
    return F.gather(dense, *index)


@composite
def coo_mm(
    F: Namespace, values: Payload, index: Positions, dense: Payload, rows: int
) -> Payload:
    """`A @ B` for A of positions (row, column) and a matrix B: `(rows, n)`."""
    terms = F.mul(F.reshape(values, shape=(-1, 1)), F.gather(dense, index[1]))
    return F.scatter_add(terms, index[0], shape=(rows, dense.shape[1]))


@composite
def coo_softmax(
    F: Namespace, values: Payload, group: np.ndarray, count: int, log: bool = False
) -> Payload:
    """Softmax among the values (nnz,) of each of `count` groups.

    Elements that are not stated count as minus infinity.
    """
    shape = (count,)
    top = F.scatter_along(
        np.full(shape, -np.inf, values.dtype),
        group,
        F.stop_gradient(values),
        axis=0,
        reduce="amax",
        include_self=True,
    )
    shifted = F.sub(values, F.gather(top, group))
    powers = F.exp(shifted)
    total = F.gather(F.scatter_add(powers, group, shape=shape), group)
    return F.sub(shifted, F.log(total)) if log else F.div(powers, total)
