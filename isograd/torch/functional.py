"""`torch.functional`: functions of `torch` that it defines in Python."""

from isograd.torch.table import FUNCTIONS

_NAMES = (
    "atleast_1d atleast_2d atleast_3d align_tensors broadcast_shapes broadcast_tensors "
    "cartesian_prod block_diag cdist chain_matmul einsum istft lu norm meshgrid "
    "pca_lowrank split stft svd_lowrank tensordot unique unique_consecutive unravel_index"
)
__all__ = [n for n in _NAMES.split() if n in FUNCTIONS]  # pyright: ignore  # justified: from the table
globals().update({n: FUNCTIONS[n] for n in __all__})
