"""`torch.nn.parallel`: one device and one process, so the module runs as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch.nn.modules.module import Module

__getattr__ = module_getattr("torch.nn.parallel", "torch")


class _Single(Module):
    """Calls its module."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DataParallel(_Single):
    """Splits a batch among devices, of which there is one."""

    def __init__(
        self,
        module: Any,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__(module)
        self.dim, self.device_ids = dim, []


class DistributedDataParallel(_Single):
    """Averages gradients among processes, of which there is one.

    Raises:
        ValueError: there is no process group.
        RuntimeError: no parameter requires a gradient.
    """

    def __init__(
        self,
        module: Any,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool = True,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: Any = None,
        find_unused_parameters: bool = False,
        **_: Any,
    ) -> None:
        from isograd.torch.distributed import get_world_size

        super().__init__(module)
        get_world_size()
        if not any(p.requires_grad for p in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any "
                "parameters that require a gradient."
            )
        self.dim, self.device_ids, self.output_device = dim, None, None
        self.broadcast_buffers = broadcast_buffers
        self.find_unused_parameters = find_unused_parameters
        self.require_backward_grad_sync = True

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Steps whose gradients are only accumulated."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(self, *_: Any, **__: Any) -> Iterator[None]:
        """Uneven inputs among processes."""
        yield

    def register_comm_hook(self, state: Any, hook: Any) -> None:
        """There is nothing to communicate."""


def data_parallel(module: Any, inputs: Any, *_: Any, **kwargs: Any) -> Any:
    args = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*args, **(kwargs.get("module_kwargs") or {}))
