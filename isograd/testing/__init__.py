"""Tools that hold derivatives against independent references.

`gradcheck(fn, args)` compares reverse and forward mode with finite differences,
`gradgradcheck` the second derivatives, `check_nestings` any nesting of reverse mode,
forward mode and vmap.  Functions take and return tensors of any dialect, or arrays.
"""

from isograd.testing.differences import CheckError, directional, inner_product
from isograd.testing.gradcheck import check_inner_product, gradcheck, gradgradcheck
from isograd.testing.nestings import (
    check_nesting,
    check_nestings,
    nestings,
    rolled,
    scaled,
)

__all__ = [
    "CheckError",
    "check_inner_product",
    "check_nesting",
    "check_nestings",
    "directional",
    "gradcheck",
    "gradgradcheck",
    "inner_product",
    "nestings",
    "rolled",
    "scaled",
]
