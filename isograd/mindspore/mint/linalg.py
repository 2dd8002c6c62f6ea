"""`mindspore.mint.linalg`."""

from __future__ import annotations

from isograd.mindspore.call import FUNCTIONS
from isograd.mindspore.missing import attributes

inv, qr, det, slogdet = (FUNCTIONS[n] for n in ("inverse", "qr", "det", "slogdet"))
norm, vector_norm, matrix_norm = (
    FUNCTIONS[n] for n in ("norm", "vector_norm", "matrix_norm")
)
cholesky, svd, solve, matrix_exp = (
    FUNCTIONS[n] for n in ("cholesky", "svd", "matrix_solve", "matrix_exp")
)
__getattr__ = attributes("mindspore.mint.linalg")
