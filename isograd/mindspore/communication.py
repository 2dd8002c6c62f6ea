"""`mindspore.communication`: groups of processes, of which there is one."""

from __future__ import annotations

from typing import Any

GlobalComm: Any = type(
    "GlobalComm",
    (),
    {"BACKEND": "mccl", "WORLD_COMM_GROUP": "mccl_world_group", "INITED": False},
)
HCCL_WORLD_COMM_GROUP = "hccl_world_group"
NCCL_WORLD_COMM_GROUP = "nccl_world_group"
MCCL_WORLD_COMM_GROUP = "mccl_world_group"


def init(backend_name: str | None = None) -> None:
    """Begin: this process is the whole world.

    Raises:
        TypeError: for a name that is no string.
    """
    if backend_name is not None and not isinstance(backend_name, str):
        raise TypeError(
            "For 'init', the argument 'backend_name' must be a string, but "
            f"got the type : {type(backend_name)}"
        )
    GlobalComm.INITED = True


def release() -> None:
    GlobalComm.INITED = False


def get_rank(group: str = "mccl_world_group") -> int:
    return 0


def get_local_rank(group: str = "mccl_world_group") -> int:
    return 0


def get_group_size(group: str = "mccl_world_group") -> int:
    return 1


def get_local_rank_size(group: str = "mccl_world_group") -> int:
    return 1


__path__: list[str] = []  # MindSpore has modules below
