"""CUDA's switches, likewise."""


class _Switches:
    allow_tf32 = False


matmul = _Switches()


def is_built() -> bool:
    return False
