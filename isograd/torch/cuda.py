"""`torch.cuda` on a machine without one, as a build without CUDA answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from isograd.base.missing import module_getattr

__path__: list[str] = []  # has modules: see base.paths
_NONE = "Torch not compiled with CUDA enabled"


class OutOfMemoryError(RuntimeError):
    """Memory of a device is used up."""


class AcceleratorError(RuntimeError):
    """A device reports an error."""


OutOfMemoryError.__module__ = AcceleratorError.__module__ = "torch"
CudaError = DeferredCudaCallError = RuntimeError

# --- what is answered -----------------------------------------------------------------

_ANSWERS: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(
        ["is_available", "is_initialized", "is_bf16_supported", "is_tf32_supported"],
        lambda: False,
    ),
    **dict.fromkeys(
        [
            "device_count",
            "memory_allocated",
            "max_memory_allocated",
            "memory_reserved",
            "max_memory_reserved",
            "memory_cached",
            "max_memory_cached",
        ],
        lambda: 0,
    ),
    **dict.fromkeys(
        [
            "manual_seed",
            "manual_seed_all",
            "seed",
            "seed_all",
            "empty_cache",
            "set_rng_state",
            "set_rng_state_all",
            "set_stream",
            "reset_peak_memory_stats",
            "reset_max_memory_allocated",
            "reset_max_memory_cached",
            "reset_accumulated_memory_stats",
        ],
        lambda: None,
    ),
    **dict.fromkeys(
        [
            "memory_stats",
            "memory_stats_as_nested_dict",
            "host_memory_stats",
            "host_memory_stats_as_nested_dict",
        ],
        OrderedDict,
    ),
    "get_arch_list": list,
    "get_rng_state_all": list,
    "get_gencode_flags": str,
    "is_current_stream_capturing": lambda: False,
}


def _answering(name: str, answer: Callable[[], Any]) -> Callable[..., Any]:
    def fn(*_: Any, **__: Any) -> Any:
        return answer()

    fn.__name__ = fn.__qualname__ = name
    return fn


def _refused(*_: Any, **__: Any) -> Any:
    raise AssertionError(_NONE)


globals().update({n: _answering(n, a) for n, a in _ANSWERS.items()})
globals().update(
    dict.fromkeys(
        [
            "synchronize",
            "current_device",
            "get_device_name",
            "init",
            "get_device_properties",
            "current_stream",
            "default_stream",
            "get_device_capability",
            "get_rng_state",
            "mem_get_info",
            "initial_seed",
            "get_sync_debug_mode",
            "set_sync_debug_mode",
            "cudart",
            "can_device_access_peer",
            "memory_snapshot",
            "ipc_collect",
            "current_blas_handle",
        ],
        _refused,
    )
)


def set_device(device: Any) -> None:
    _refused()


def list_gpu_processes(device: Any = None) -> str:
    return "pynvml module not found, please install nvidia-ml-py"


# --- classes and regions --------------------------------------------------------------


def _absent(name: str, text: str) -> type:
    def __new__(cls: Any, *_: Any, **__: Any) -> Any:
        raise RuntimeError(text)

    return type(name, (), {"__new__": __new__, "__module__": "torch.cuda"})


Stream = _absent("Stream", "torch.cuda.Stream requires CUDA support")
ExternalStream = Stream
Event = _absent("Event", "Tried to instantiate dummy base class Event")
CUDAGraph = _absent("CUDAGraph", "Tried to instantiate dummy base class CUDAGraph")


def graph_pool_handle() -> Any:
    raise RuntimeError("Tried to instantiate dummy base class _graph_pool_handle")


class device:
    """A region on one of the devices; there are none, so it changes nothing."""

    def __init__(self, device: Any) -> None:
        index = getattr(device, "index", device)
        self.idx = -1 if index is None else index

    def __enter__(self) -> None:
        if isinstance(self.idx, int) and self.idx >= 0:
            _refused()

    def __exit__(self, *_: Any) -> None:
        """Nothing was changed."""


class device_of(device):
    """The region on the device of a tensor."""

    def __init__(self, obj: Any) -> None:
        super().__init__(None)


@contextmanager
def stream(stream: Any) -> Any:
    """A region on a stream; there are none."""
    yield


StreamContext = stream
has_half, has_magma = True, False
default_generators: tuple[Any, ...] = ()


class nvtx:
    """Marks for a profiler that is not there."""

    @staticmethod
    def _fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError(
            "NVTX functions not installed. Are you sure you have a CUDA build?"
        )

    range_push = range_pop = mark = range_start = range_end = _fail


def __getattr__(name: str) -> Any:
    if name.endswith("Tensor") and name[:-6] in _TYPES:

        def __new__(cls: Any, *_: Any, **__: Any) -> Any:
            raise TypeError(f"type torch.cuda.{name} not available. {_NONE}.")

        body = {"__new__": __new__, "__module__": "torch.cuda"}
        return globals().setdefault(name, type(name, (), body))
    return _missing(name)


_TYPES = [
    "Float",
    "Double",
    "Half",
    "BFloat16",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Bool",
]
_missing = module_getattr("torch.cuda", "torch", {"amp": "isograd.torch.amp"})
