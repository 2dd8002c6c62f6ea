"""Modules as `torch.jit.trace` gives them."""

from __future__ import annotations

from isograd.torch.jit._script import RecursiveScriptModule, ScriptModule
from isograd.torch.nn.modules.module import Module


class TracedModule(RecursiveScriptModule):
    """A traced module, printed under the name of the module's class."""

    def _get_name(self) -> str:
        return self.original_name


class TopLevelTracedModule(TracedModule):
    @classmethod
    def child(cls, module: Module) -> TracedModule:
        return TracedModule(module)


def traced(module: Module) -> ScriptModule:
    return TopLevelTracedModule(module)
