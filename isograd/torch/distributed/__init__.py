"""`torch.distributed` on one process: every collective is what one member does.

A group has one member, rank 0.  More processes are refused when the group is made.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Any

from isograd.base.missing import MissingName, missing_text, module_getattr
from isograd.torch.autograd.grad_mode import no_grad

__getattr__ = module_getattr("torch.distributed", "torch")
default_pg_timeout = timedelta(minutes=30)
_NONE = (
    "Default process group has not been initialized, please make sure to call "
    "init_process_group."
)


class ReduceOp:
    """How a collective combines the members' tensors."""

    class RedOpType(Enum):
        SUM = 0
        AVG = 1
        PRODUCT = 2
        MIN = 3
        MAX = 4
        BAND = 5
        BOR = 6
        BXOR = 7

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR = RedOpType


class ProcessGroup:
    """The group of this process alone."""

    def __init__(self, backend: str) -> None:
        self._backend = backend

    def rank(self) -> int:
        return 0

    def size(self) -> int:
        return 1

    def name(self) -> str:
        return self._backend


class Work:
    """A collective that is over."""

    def wait(self, timeout: Any = None) -> bool:
        return True

    def is_completed(self) -> bool:
        return True

    is_success = is_completed


class _World:
    group: ProcessGroup | None = None


class GroupMember:
    """Stands for a group that this process is no member of."""

    NON_GROUP_MEMBER = -100
    WORLD = None


class group(GroupMember):
    """`dist.group.WORLD`."""


# --- the group ------------------------------------------------------------------------


def is_available() -> bool:
    return True


def is_initialized() -> bool:
    return _World.group is not None


def is_gloo_available() -> bool:
    return True


def _absent() -> bool:
    return False


is_nccl_available = is_ucc_available = is_xccl_available = _absent
is_torchelastic_launched = _absent


def is_mpi_available() -> bool:
    return False


def is_backend_available(backend: str) -> bool:
    return backend.lower() == "gloo"


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Make the group of this process.

    Raises:
        ValueError: there is one already.
        MissingName: more than one process is asked for.
    """
    if is_initialized():
        raise ValueError("trying to initialize the default process group twice!")
    _check_alone(world_size, rank, init_method)
    _World.group = ProcessGroup((backend or "gloo").lower().split(":")[-1])


def _check_alone(size: int, rank: int, method: str | None) -> None:
    import os

    if method in (None, "env://"):
        said = {"rank": ("RANK", rank), "world_size": ("WORLD_SIZE", size)}
        for variable, given in said.values():
            if given == -1 and variable not in os.environ:
                raise ValueError(
                    "Error initializing torch.distributed using env:// rendezvous: "
                    f"environment variable {variable} expected, but not set"
                )
        size = int(os.environ["WORLD_SIZE"]) if size == -1 else size
    if size > 1:
        what = f"torch.distributed.init_process_group(world_size={size})"
        raise MissingName(missing_text(what, "torch"))


def destroy_process_group(group: Any = None) -> None:
    if group is None:
        _require()
        _World.group = None


def _require() -> ProcessGroup:
    if _World.group is None:
        raise ValueError(_NONE)
    return _World.group


def get_rank(group: Any = None) -> int:
    return _require().rank()


def get_world_size(group: Any = None) -> int:
    return _require().size()


def get_backend(group: Any = None) -> str:
    return (group or _require()).name()


def get_process_group_ranks(group: Any = None) -> list[int]:
    _require()
    return [0]


def get_global_rank(group: Any, group_rank: int) -> int:
    return group_rank


get_group_rank = get_global_rank


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    return 0


def new_group(ranks: Any = None, timeout: Any = None, **_: Any) -> Any:
    whole = _require()
    if ranks is not None and 0 not in ranks:
        return GroupMember.NON_GROUP_MEMBER
    return ProcessGroup(whole.name())


def new_subgroups(**_: Any) -> tuple[Any, list[Any]]:
    made = new_group()
    return made, [made]


# --- collectives ----------------------------------------------------------------------


def _over(async_op: bool) -> Work | None:
    _require()
    return Work() if async_op else None


def _unchanged(tensor: Any, *args: Any, async_op: bool = False, **_: Any) -> Any:
    """What one member has is the result already."""
    return _over(async_op)


all_reduce = reduce = broadcast = all_reduce_coalesced = _unchanged


def _copied(target: Any, source: Any, async_op: bool) -> Work | None:
    over = _over(async_op)
    with no_grad():
        target.copy_(source)
    return over


def all_gather(
    tensor_list: Sequence[Any], tensor: Any, group: Any = None, async_op: bool = False
) -> Any:
    return _copied(tensor_list[0], tensor, async_op)


def all_gather_into_tensor(
    output_tensor: Any, input_tensor: Any, group: Any = None, async_op: bool = False
) -> Any:
    return _copied(output_tensor, input_tensor.reshape(output_tensor.shape), async_op)


_all_gather_base = all_gather_single = all_gather_into_tensor


def gather(
    tensor: Any,
    gather_list: Any = None,
    dst: Any = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: Any = None,
) -> Any:
    if not gather_list:
        raise ValueError(
            "Argument ``gather_list`` must be specified on destination rank."
        )
    return _copied(gather_list[0], tensor, async_op)


def scatter(
    tensor: Any,
    scatter_list: Any = None,
    src: Any = None,
    group: Any = None,
    async_op: bool = False,
    group_src: Any = None,
) -> Any:
    if not scatter_list:
        raise ValueError("Argument ``scatter_list`` must be specified on source rank.")
    return _copied(tensor, scatter_list[0], async_op)


def reduce_scatter(
    output: Any,
    input_list: Any,
    op: Any = None,
    group: Any = None,
    async_op: bool = False,
) -> Any:
    return _copied(output, input_list[0], async_op)


def reduce_scatter_tensor(
    output: Any, input: Any, op: Any = None, group: Any = None, async_op: bool = False
) -> Any:
    return _copied(output, input.reshape(output.shape), async_op)


def all_to_all(
    output_tensor_list: Any,
    input_tensor_list: Any,
    group: Any = None,
    async_op: bool = False,
) -> Any:
    return _copied(output_tensor_list[0], input_tensor_list[0], async_op)


def all_to_all_single(
    output: Any, input: Any, *_: Any, group: Any = None, async_op: bool = False
) -> Any:
    return _copied(output, input, async_op)


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Any:
    return _over(async_op)


def monitored_barrier(*_: Any, **__: Any) -> None:
    _require()


def _alone(name: str) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        _require()
        raise ValueError(
            "Invalid destination rank: destination rank should not be the same as the "
            "rank of the current process."
            if "send" in name
            else "Invalid source rank: source rank should not be the same as the rank "
            "of the current process."
        )

    fail.__name__ = name
    return fail


send, isend, recv, irecv = map(_alone, ("send", "isend", "recv", "irecv"))


# --- collectives of objects -----------------------------------------------------------


def _sent(obj: Any) -> Any:
    """What arrives is a copy."""
    _require()
    return pickle.loads(pickle.dumps(obj))


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    object_list[0] = _sent(obj)


def gather_object(
    obj: Any, object_gather_list: Any = None, dst: Any = None, group: Any = None
) -> None:
    object_gather_list[0] = _sent(obj)


def broadcast_object_list(object_list: list[Any], *_: Any, **__: Any) -> None:
    object_list[:] = [_sent(o) for o in object_list]


def scatter_object_list(
    scatter_object_output_list: list[Any],
    scatter_object_input_list: Any,
    *_: Any,
    **__: Any,
) -> None:
    scatter_object_output_list[0] = _sent(scatter_object_input_list[0])
