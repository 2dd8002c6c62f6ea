"""`set_context`, `get_context`, and the modes.

Everything runs on the host; settings of devices are kept and given back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from typing import Any

from isograd.core.levels import enter, leave

GRAPH_MODE = 0
PYNATIVE_MODE = 1
STRICT, COMPATIBLE, LAX = 0, 1, 2

_DEFAULTS: dict[str, Any] = {
    "mode": PYNATIVE_MODE,
    "device_target": "CPU",
    "device_id": 0,
    "max_call_depth": 1000,
    "max_device_memory": "1024GB",
    "mempool_block_size": "1GB",
    "save_graphs": 0,
    "save_graphs_path": ".",
    "enable_compile_cache": False,
    "compile_cache_path": "./",
    "inter_op_parallel_num": 0,
    "runtime_num_threads": 30,
    "memory_optimize_level": 0,
    "deterministic": "OFF",
    "precompile_only": False,
    "pynative_synchronize": False,
    "jit_level": "",
    "jit_config": {},
    "jit_syntax_level": LAX,
    "exec_order": "bfs",
    "ascend_config": {},
    "gpu_config": {},
    "aoe_config": {},
    "graph_kernel_flags": "",
    "enable_graph_kernel": False,
    "enable_reduce_precision": True,
    "reserve_class_name_in_scope": True,
    "check_bprop": False,
    "grad_for_scalar": False,
    "env_config_path": "",
    "print_file_path": "",
    "auto_tune_mode": "NO_TUNE",
    "debug_level": 0,
    "enable_dump": False,
    "save_dump_path": ".",
    "enable_profiling": False,
    "profiling_options": "training_trace",
    "variable_memory_max_size": "0GB",
    "memory_offload": "OFF",
    "disable_format_transform": False,
    "support_binary": False,
    "load_compile_cache": False,
    "op_timeout": 900,
    "hccl_buffer": 200,
    "enable_pynative_infer": False,
    "save_ms_model": False,
    "save_ms_model_path": ".",
    "enable_sparse": False,
    "enable_auto_mixed_precision": False,
    "kernel_launch_capture": False,
    "host_scheduling_max_threshold": 1000,
    "memory_optimize": "O0",
    "pipeline_stages": 1,
    "enable_loop_sink": False,
    "enable_task_sink": True,
    "enable_mem_reuse": True,
    "enable_gpu_summary": True,
    "enable_ops_fusion": False,
    "pynative_sync": False,
    "aoe_tune_mode": "",
    "raise_thread_num": 0,
    "enable_mixed_precision": False,
}
_TARGETS = ["CPU", "GPU", "Ascend", "Davinci"]
_settings = dict(_DEFAULTS)


def set_context(**kwargs: Any) -> None:
    """Change settings.

    Raises:
        ValueError: for an unknown setting, mode or device target.
    """
    for key, value in kwargs.items():
        if key not in _DEFAULTS:
            raise ValueError(
                f"For 'context.set_context', the keyword argument {key} is not "
                "recognized! For detailed usage of 'set_context', please refer to the "
                "Mindspore official website."
            )
        _check(key, value)
    for key, value in kwargs.items():
        _settings[key] = "Ascend" if value == "Davinci" else value


def _check(key: str, value: Any) -> None:
    if key == "mode" and (isinstance(value, bool) or value not in (0, 1)):
        raise ValueError(
            "For 'context.set_context', the argument 'mode' should be "
            "context.GRAPH_MODE (0) or context.PYNATIVE_MODE (1), but got "
            f"{value}."
        )
    if key == "device_target" and value not in _TARGETS:
        raise ValueError(
            "For 'context.set_context', the argument 'device_target' must be one of "
            f"{_TARGETS}, but got {value}."
        )


def get_context(attr_key: str) -> Any:
    """A setting's value.

    Raises:
        ValueError: for an unknown setting.
    """
    if attr_key not in _settings:
        raise ValueError(
            f"For 'context.get_context', the argument {attr_key} is not recognized! "
            "For detailed usage of 'get_context', please refer to the Mindspore "
            "official website."
        )
    return _settings[attr_key]


_jits: list[int] = [0]  # how many functions under way are marked with jit


def graph_mode() -> bool:
    """Whether what runs would be compiled: by the mode, or inside `jit`."""
    return _settings["mode"] == GRAPH_MODE or _jits[0] > 0


def inside_jit() -> bool:
    return _jits[0] > 0


@contextmanager
def compiling() -> Iterator[None]:
    """Run a function that is marked with `jit`."""
    _jits[0] += 1
    try:
        yield
    finally:
        _jits[0] -= 1


def reset_context() -> None:
    _settings.update(_DEFAULTS)


# settings of parallel training: one process alone

_PARALLEL: dict[str, Any] = {
    "device_num": 1,
    "global_rank": 0,
    "gradients_mean": False,
    "loss_repeated_mean": True,
    "gradient_fp32_sync": True,
    "parallel_mode": "stand_alone",
    "auto_parallel_search_mode": "recursive_programming",
    "all_reduce_fusion_config": [],
    "strategy_ckpt_load_file": "",
    "strategy_ckpt_save_file": "",
    "full_batch": False,
    "dataset_strategy": "data_parallel",
    "enable_parallel_optimizer": False,
    "enable_alltoall": False,
    "pipeline_stages": 1,
    "parameter_broadcast": False,
    "grad_accumulation_step": 1,
    "communi_parallel_mode": "all_group_parallel",
    "search_mode": "recursive_programming",
    "parallel_optimizer_config": {},
    "comm_fusion": {},
    "optimizer_weight_shard_size": -1,
    "optimizer_weight_shard_aggregated_save": False,
    "sharding_propagation": False,
    "group_ckpt_save_file": "",
    "pipeline_config": {},
    "auto_pipeline": False,
}
_parallel = dict(_PARALLEL)


def set_auto_parallel_context(**kwargs: Any) -> None:
    """Settings of parallel training; kept, they change nothing in one process."""
    for key in kwargs:
        if key not in _PARALLEL:
            raise ValueError(f"Set context keyword {key} is not recognized!")
    _parallel.update(kwargs)


def get_auto_parallel_context(attr_key: str) -> Any:
    if attr_key not in _parallel:
        raise ValueError(f"Get context keyword {attr_key} is not recognized!")
    return _parallel[attr_key]


def reset_auto_parallel_context() -> None:
    _parallel.update(_PARALLEL)


def set_ps_context(**kwargs: Any) -> None:
    """Settings of the parameter server; kept, they change nothing."""
    _ps.update(kwargs)


_ps: dict[str, Any] = {"enable_ps": False}


def get_ps_context(attr_key: str) -> Any:
    return _ps.get(attr_key)


def reset_ps_context() -> None:
    _ps.clear()


# gradients off

_no_gradients: ContextVar[bool] = ContextVar("no_gradients", default=False)


def gradients_off() -> bool:
    return _no_gradients.get()


class _no_grad(ContextDecorator):
    """Nothing is recorded in the body, and gradients cannot be asked for."""

    def __init__(self) -> None:
        self.held: list[Any] = []

    def __enter__(self) -> _no_grad:
        self.held.append((_no_gradients.set(True), enter(recording=False)))
        return self

    def __exit__(self, *error: Any) -> None:
        token, state = self.held.pop()
        _no_gradients.reset(token)
        leave(state)


class ParallelMode:
    STAND_ALONE = "stand_alone"
    DATA_PARALLEL = "data_parallel"
    HYBRID_PARALLEL = "hybrid_parallel"
    SEMI_AUTO_PARALLEL = "semi_auto_parallel"
    AUTO_PARALLEL = "auto_parallel"
    MODE_LIST = (
        STAND_ALONE,
        DATA_PARALLEL,
        HYBRID_PARALLEL,
        SEMI_AUTO_PARALLEL,
        AUTO_PARALLEL,
    )
