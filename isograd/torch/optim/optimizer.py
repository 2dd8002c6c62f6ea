"""`torch.optim.Optimizer`: parameter groups, state, hooks."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

import numpy as np

from isograd.core import levels
from isograd.core.abstract import Abstract
from isograd.core.storage import note_write
from isograd.core.tape import Leaf
from isograd.core.tensor import wrap
from isograd.torch.hooks import RemovableHandle
from isograd.torch.nn.parameter import clear_grad
from isograd.torch.optim.refusals import check_number, check_step
from isograd.torch.tensor import Tensor

Array = np.ndarray


class _RequiredParameter:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


class Optimizer:
    """Base of optimisers; subclasses state `update` for one parameter.

    Args:
        params: tensors, (name, tensor) pairs, or dicts of groups with own options.
        defaults: the options of groups that do not state them.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._hooks: dict[str, OrderedDict[int, Any]] = defaultdict(OrderedDict)
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an "
                "iterable of Tensors or dicts, but got " + params.type()
            )
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(dict(group))

    def __init_subclass__(cls, **_: Any) -> None:
        step = cls.__dict__.get("step")
        if step is not None and not hasattr(step, "hooked"):
            cls.step = _with_hooks(step)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults,
            "state": self.state,
            "param_groups": self.param_groups,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__.setdefault("_hooks", defaultdict(OrderedDict))

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(
                f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params"
            )
        return text + ")"

    # --- groups -----------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; options that it does not state come from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered "
                "collections, but the ordering of tensors in sets will "
                "change between runs. Please use a list instead."
            )
        params = list(params)
        named = [isinstance(p, tuple) for p in params]
        if any(named) and not all(named):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names "
                "are missing"
            )
        if params and named[0]:
            param_group = {"param_names": [n for n, _ in params], **param_group}
            params = [p for _, p in params]
        param_group["params"] = params
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the "
                    f"params is {type(p).__name__}"
                )
            if (
                p._node is not None
                and type(p._node) is not Leaf
                and (not self.defaults.get("differentiable"))
            ):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required "
                    f"optimization parameter {name}"
                )
            param_group.setdefault(name, default)
        if len(set(map(id, params))) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in "
                "future, this will cause an error; see github.com/pytorch/pytorch/"
                "issues/40967 for more information",
                UserWarning,
                stacklevel=3,
            )
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if not known.isdisjoint(map(id, params)):
            raise ValueError("some parameters appear in more than one parameter group")
        names = {
            k: param_group.pop(k) for k in ("params", "param_names") if k in param_group
        }
        self.param_groups.append({**names, **param_group})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                node = p._node
                grad = node.grad if type(node) is Leaf else p._grad
                if grad is None:
                    continue
                clear_grad(p, set_to_none)

    # --- steps ------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters; `closure` evaluates the loss again and returns it."""
        loss = None
        if closure is not None:
            with levels.changed(recording=True):
                loss = closure()
        token = levels.enter(recording=False)
        try:
            for group in self.param_groups:
                pairs = [(p, _grad_of(p)) for p in group["params"]]
                given = [(p, g) for p, g in pairs if g is not None]
                check_step(type(self).__name__, group, [p for p, _ in given])
                given = [pair for pair in given if type(pair[0]._p) is not Abstract]
                dense = [(p, g._p) for p, g in given if not g.is_sparse]
                options = numbers(group)
                self._update_all(dense, options)
                if len(dense) < len(given):
                    for p, g in given:
                        if g.is_sparse:
                            self._update_sparse(p, g.coalesce(), options)
        finally:
            levels.leave(token)
        return loss

    def _update_all(
        self, pairs: list[tuple[Any, Array]], group: dict[str, Any]
    ) -> None:
        """Update the parameters of a group, each with its gradient."""
        for p, g in pairs:
            self._update(p, g, group)

    def _update(self, p: Any, g: Array, group: dict[str, Any]) -> None:
        array, state = p._p, self.state[p]
        if array.dtype.kind == "c":
            self._update_complex(array, g, state, group)
        else:
            self.update(array, g, state, group)
        note_write(array)

    def _update_complex(
        self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """A complex parameter is updated as its parts; its state is shown complex."""
        parts = {k: _parts(v, p) for k, v in state.items()}
        self.update(_as_real(p), _as_real(g), parts, group)
        for k, v in parts.items():
            if k not in state or v is not state[k]:
                state[k] = _whole(v, p, state.get(k))

    def _update_sparse(self, p: Any, g: Any, group: dict[str, Any]) -> None:
        """Update one parameter with a sparse gradient."""
        name = type(self).__name__.replace("AdamW", "Adam")
        hint = ", please consider SparseAdam instead" if name == "Adam" else ""
        raise RuntimeError(f"{name} does not support sparse gradients{hint}")

    def update(
        self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Update one parameter and its state in place; the options are `numbers`."""
        raise NotImplementedError

    # --- state ------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state by the parameters' numbers, and the groups without tensors."""
        for hook in self._hooks["state_dict_pre"].values():
            hook(self)
        index: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            packed = {k: v for k, v in group.items() if k != "params"}
            for p in group["params"]:
                index.setdefault(id(p), len(index))
            packed["params"] = [index[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {
            (index[id(k)] if isinstance(k, Tensor) else k): v
            for k, v in self.state.items()
        }
        found = {"state": state, "param_groups": groups}
        for hook in self._hooks["state_dict_post"].values():
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state made by `state_dict` of an optimiser with equal groups."""
        state_dict = dict(state_dict)
        for hook in self._hooks["load_pre"].values():
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError(
                "loaded state dict has a different number of parameter groups"
            )
        if any(
            len(a["params"]) != len(b["params"])
            for a, b in zip(groups, saved, strict=True)
        ):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't "
                "match the size of optimizer's group"
            )
        ids = chain.from_iterable(g["params"] for g in saved)
        params = list(chain.from_iterable(g["params"] for g in groups))
        by_id = dict(zip(ids, params, strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for k, v in state_dict["state"].items():
            if k in by_id:
                state[by_id[k]] = _cast(by_id[k], v)
            else:
                state[k] = v
        for g, s in zip(groups, saved, strict=True):
            if "param_names" in g and "param_names" not in s:
                s["param_names"] = g["param_names"]
            s["params"] = g["params"]
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._hooks["load_post"].values():
            hook(self)

    # --- hooks ------------------------------------------------------------------------

    def _register(self, kind: str, hook: Any, prepend: bool = False) -> RemovableHandle:
        table = self._hooks[kind]
        handle = RemovableHandle(table)
        table[handle.id] = hook
        if prepend:
            table.move_to_end(handle.id, last=False)
        return handle

    def register_step_pre_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step."""
        return self._register("step_pre", hook)

    def register_step_post_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return self._register("step_post", hook)

    def register_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> Any:
        return self._register("state_dict_pre", hook, prepend)

    def register_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> Any:
        return self._register("state_dict_post", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Any, prepend: bool = False
    ) -> Any:
        return self._register("load_pre", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Any, prepend: bool = False
    ) -> Any:
        return self._register("load_post", hook, prepend)


_GLOBAL: dict[str, OrderedDict[int, Any]] = {
    "step_pre": OrderedDict(),
    "step_post": OrderedDict(),
}


def _register_global(kind: str, hook: Any) -> RemovableHandle:
    handle = RemovableHandle(_GLOBAL[kind])
    _GLOBAL[kind][handle.id] = hook
    return handle


def register_optimizer_step_pre_hook(hook: Any) -> RemovableHandle:
    return _register_global("step_pre", hook)


def register_optimizer_step_post_hook(hook: Any) -> RemovableHandle:
    return _register_global("step_post", hook)


_NONE: dict[str, dict[int, Any]] = {"step_pre": {}, "step_post": {}}


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(step)
    def hooked(self: Any, *args: Any, **kwargs: Any) -> Any:
        hooks = getattr(self, "_hooks", None) or _NONE  # no `__init__` of ours
        args = (self, *args)
        if not any(hooks.values()) and not any(_GLOBAL.values()):
            return step(*args, **kwargs)
        for hook in (*_GLOBAL["step_pre"].values(), *hooks["step_pre"].values()):
            found = hook(self, args, kwargs)
            if found is None:
                continue
            if not (isinstance(found, tuple) and len(found) == 2):
                raise RuntimeError(
                    f"{step} must return None or a tuple of (new_args, "
                    f"new_kwargs), but got {found}."
                )
            args, kwargs = found
        out = step(*args, **kwargs)
        for hook in (*hooks["step_post"].values(), *_GLOBAL["step_post"].values()):
            hook(self, args, kwargs)
        return out

    hooked.hooked = True  # type: ignore[attr-defined]  # justified: marks the wrapper
    return hooked


Optimizer.step = _with_hooks(Optimizer.step)  # type: ignore[method-assign]  # justified: as for subclasses


def _grad_of(p: Any) -> Any:
    node = p._node
    if type(node) is Leaf and not node.off:
        return node.grad
    return p.grad if node is None or type(node) is Leaf else p._grad


def _as_real(a: Array) -> Array:
    return (a if a.ndim else a.reshape(1)).view(np.real(a).dtype)


def _parts(x: Any, p: Array) -> Any:
    """A complex state of p's shape as real and imaginary parts, in the same memory."""
    alike = isinstance(x, Tensor) and x._p.dtype == p.dtype and x._p.shape == p.shape
    return wrap(Tensor, _as_real(x._p)) if alike else x


def _whole(parts: Any, p: Array, before: Any) -> Any:
    """`_parts` undone; what was complex before keeps its tensor."""
    if not isinstance(parts, Tensor) or parts._p.shape != _as_real(p).shape:
        return parts
    if before is not None and np.shares_memory(before._p, parts._p):
        return before
    return wrap(Tensor, parts._p.view(p.dtype).reshape(p.shape))


def _cast(p: Any, value: Any, key: str = "") -> Any:
    """A loaded state in the parameter's dtype; what has it already is shared."""
    if isinstance(value, Tensor):
        if key == "step" or p._p.dtype.kind not in "fV":
            return value
        return value.to(p.dtype)
    if isinstance(value, dict):
        return {k: _cast(p, v, k) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_cast(p, v) for v in value)  # type: ignore[call-arg]  # justified: a list or tuple
    return value


def scalar(value: float) -> Tensor:
    """A state of rank zero."""
    return wrap(Tensor, np.array(value, np.float32))


def zeros(p: Array) -> Tensor:
    return wrap(Tensor, np.zeros(p.shape, p.dtype))


def number(x: Any) -> Any:
    """A hyperparameter that may be a tensor."""
    check_number("lr", x)
    return x.item() if isinstance(x, Tensor) else x


def numbers(group: dict[str, Any]) -> dict[str, Any]:
    """The options of a group with numbers in the place of tensors."""
    out = {k: number(v) for k, v in group.items()}
    if "betas" in out:
        out["betas"] = tuple(map(number, out["betas"]))
    return out


def advance(state: dict[str, Any]) -> int:
    """Count a step in `state["step"]`; gives its number."""
    step = state["step"]
    if not isinstance(step, Tensor):
        state["step"] = step = scalar(float(step))
    step._p[...] += 1
    return int(step._p)
