"""What test files ask about CUDA: there is none."""

from __future__ import annotations

from isograd.torch.testing._internal import decorators, flags

globals().update({n: v for n, v in vars(flags).items() if n.isupper() or n[:2] == "SM"})
globals().update(decorators.TABLE)
TEST_CUDA = TEST_MULTIGPU = TEST_CUDNN = False
TEST_CUDNN_VERSION = 0
CUDA_DEVICE = None


def initialize_cuda_context_rng() -> None:
    """Nothing to initialise."""
