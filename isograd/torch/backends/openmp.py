"""Not used by isograd."""


def is_available() -> bool:
    return False


is_built = is_available
