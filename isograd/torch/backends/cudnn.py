"""cuDNN's switches: they can be set, and nothing depends on them."""

enabled = True
deterministic = False
benchmark = False
benchmark_limit = 10
allow_tf32 = True


def is_available() -> bool:
    return False


def version() -> None:
    return None
