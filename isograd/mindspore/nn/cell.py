"""`nn.Cell`: parameters and cells by attribute name, `construct`, and hooks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from isograd.base.missing import no_attribute
from isograd.core import tensor as core
from isograd.mindspore.hooks import HookHandle, HookTable, register
from isograd.mindspore.nn import running
from isograd.mindspore.parameter import Parameter, ParameterTuple, already
from isograd.mindspore.tensor import Tensor

Names = Iterator[tuple[str, Parameter]]
_FLAGS = {
    "mindspore.float16": "fp16",
    "mindspore.float32": "fp32",
    "mindspore.bfloat16": "bf16",
}


class Cell:
    """Base of networks: attributes that are parameters or cells are its own.

    Args:
        auto_prefix: whether the names of a child's parameters begin with its name.
        flags: further flags, see `add_flags`.
    """

    bprop: Any
    _special = False  # whether a call needs more than `construct`, see running.py
    _precision: Any = None  # dtype that inputs and parameters are cast to
    _casting = False
    _restoring = False  # whether what is computed in that dtype is given as float32

    def __init__(self, auto_prefix: bool = True, flags: Any = None) -> None:
        put = object.__setattr__
        put(self, "_params", OrderedDict())
        put(self, "_cells", OrderedDict())
        put(self, "_params_list", OrderedDict())
        put(self, "_buffers", OrderedDict())
        put(self, "_auto_prefix", auto_prefix)
        put(self, "_flags", {})
        put(self, "training", False)
        put(self, "requires_grad", False)
        put(self, "_special", hasattr(type(self), "bprop"))
        if flags:
            self.add_flags(**flags)

    def construct(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; subclasses define it.

        Raises:
            AttributeError: as long as they have not.
        """
        raise AttributeError("For 'Cell', the method 'construct' is not defined.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._special or "bprop" in self.__dict__:
            return running.run(self, args, kwargs)
        return self.construct(*args, **kwargs)

    # --- attributes -------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for table in ("_params", "_cells", "_buffers", "_params_list"):
            if table in own and name in own[table]:
                found = own[table][name]
                if own.get("_casting") and isinstance(found, Tensor):
                    return running.cast(found, self._precision)
                return found
        kind = type(self).__name__
        text = f"The '{kind}' object has no attribute '{name}'."
        if type(self).__module__.startswith("isograd."):
            raise no_attribute(f"mindspore.nn.{kind}", name, "mindspore", text)
        raise AttributeError(text)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            self._begun("params")
            self._drop(name)
            self.insert_param_to_cell(name, value)
        elif isinstance(value, ParameterTuple):
            self._begun("params")
            self._drop(name)
            self._set_parameters(name, value)
        elif isinstance(value, Cell):
            self._begun("cells")
            self._drop(name)
            self._adopt(name, value)
        elif "_params" in own and name in own["_params"]:
            self._set_parameter_value(name, value)
        elif "_cells" in own and name in own["_cells"]:
            if value is not None:
                raise TypeError(
                    f"Sub cell '{name}' already exists in network, can not assign "
                    f"this type: '{type(value)}' as a cell."
                )
            own["_cells"][name] = None
        elif "_buffers" in own and name in own["_buffers"]:
            own["_buffers"][name] = value
        else:
            if name == "bprop":
                object.__setattr__(self, "_special", True)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for table in (self._params, self._cells, self._buffers, self._params_list):
            if name in table:
                del table[name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> Iterable[str]:
        return [*object.__dir__(self), *self._params, *self._cells, *self._buffers]

    def _begun(self, what: str) -> None:
        if "_params" not in self.__dict__:
            raise AttributeError(
                f"For 'Cell', can not assign {what} before using super().__init__()."
            )

    def _drop(self, name: str) -> None:
        self.__dict__.pop(name, None)
        for table in (self._params, self._cells, self._buffers, self._params_list):
            table.pop(name, None)

    def _adopt(self, name: str, cell: Cell) -> None:
        if hasattr(type(self), name):
            raise KeyError(
                f"For 'insert_child_to_cell', the {name} child cell already exists in "
                "the network.Cannot insert another child cell with the same name."
            )
        self._cells[name] = cell
        if self._auto_prefix:
            cell.update_parameters_name(name + ".")

    def _set_parameters(self, name: str, values: ParameterTuple) -> None:
        for p in values:
            self._params[p.name] = p
        self._params_list[name] = values

    def _set_parameter_value(self, name: str, value: Any) -> None:
        if value is None:
            self._params[name] = None
        elif isinstance(value, core.Tensor) and self._params[name] is not None:
            self._params[name].set_data(value)
        else:
            raise TypeError(
                f"Parameter '{name}' already exists in network, can not assign this "
                f"type: '{type(value)}' as a parameter."
            )

    # --- parameters -------------------------------------------------------------------

    def insert_param_to_cell(
        self,
        param_name: str,
        param: Parameter | None,
        check_name_contain_dot: bool = True,
    ) -> None:
        """Add a parameter under a name.

        Raises:
            KeyError: for a name that is taken, or has a dot.
            TypeError: if it is no parameter.
        """
        if not param_name:
            raise KeyError(
                "For 'insert_param_to_cell', the argument 'param_name' "
                "should not be None."
            )
        if check_name_contain_dot and "." in param_name:
            raise KeyError(
                "For 'insert_param_to_cell', the argument 'param_name' "
                f"should not contain '.', but got {param_name}"
            )
        if hasattr(self, param_name) and param_name not in self._params:
            raise KeyError(
                "For 'insert_param_to_cell', the argument 'param_name' "
                f"'{param_name}' already exists in the Cell."
            )
        if not isinstance(param, Parameter) and param is not None:
            raise TypeError(
                "For 'insert_param_to_cell', the argument 'param' should "
                f"be 'Parameter' if not None, but got {type(param)}."
            )
        if param is not None and param._renamable:
            param.name = param_name
        self._params[param_name] = param

    def parameters_and_names(self, name_prefix: str = "", expand: bool = True) -> Names:
        """Each parameter once, with its path of attribute names."""
        seen: set[int] = set()
        cells = (
            self.cells_and_names(name_prefix=name_prefix)
            if expand
            else [(name_prefix, self)]
        )
        for cell_name, cell in cells:
            for name, p in cell._params.items():
                if p is not None and id(p) not in seen:
                    seen.add(id(p))
                    yield (f"{cell_name}.{name}" if cell_name else name), p

    def get_parameters(self, expand: bool = True) -> Iterator[Parameter]:
        for _, p in self.parameters_and_names(expand=expand):
            yield p

    def parameters_dict(self, recurse: bool = True) -> OrderedDict[str, Parameter]:
        return OrderedDict((p.name, p) for p in self.get_parameters(expand=recurse))

    parameters_broadcast_dict = parameters_dict

    def trainable_params(self, recurse: bool = True) -> list[Parameter]:
        return [p for p in self.get_parameters(expand=recurse) if p.requires_grad]

    def untrainable_params(self, recurse: bool = True) -> list[Parameter]:
        return [p for p in self.get_parameters(expand=recurse) if not p.requires_grad]

    def update_parameters_name(self, prefix: str = "", recurse: bool = True) -> None:
        """Name each parameter by `prefix` and its path."""
        if not isinstance(prefix, str):
            raise TypeError(
                "For 'update_parameters_name', the type of 'prefix' must "
                f"be str, but got {type(prefix).__name__}."
            )
        for name, p in list(self.parameters_and_names(expand=recurse)):
            if prefix:
                p.name = prefix + name

    def update_cell_prefix(self) -> None:
        """Set `param_prefix` of all cells below to their paths."""
        for path, cell in self.cells_and_names():
            object.__setattr__(cell, "param_prefix", path)

    def check_names(self) -> None:
        """Raise ValueError where two parameters have one name."""
        names: set[str] = set()
        for p in self.get_parameters():
            if p.name in names:
                raise already(p, p.name)
            names.add(p.name)

    check_names_and_refcount_for_flatten_weights = check_names

    def init_parameters_data(self, auto_parallel_mode: bool = False) -> dict[Any, Any]:
        return {p: p for p in self.get_parameters()}

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path such as "a.weight"."""
        path, _, name = target.rpartition(".")
        found = getattr(self.get_sub_cell(path), name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not a Parameter")
        return found

    def state_dict(
        self,
        *args: Any,
        destination: Any = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> Any:
        """Parameters and persistent buffers by path."""
        out = OrderedDict() if destination is None else destination
        for cell_name, cell in self.cells_and_names():
            for table in (cell._params, cell._buffers):
                for name, t in table.items():
                    if t is not None:
                        out[prefix + (f"{cell_name}.{name}" if cell_name else name)] = t
        return out

    def load_state_dict(self, state_dict: Any, strict: bool = True) -> Any:
        """Take over values by path; gives the keys (missing, unexpected).

        Raises:
            RuntimeError: with `strict`, if there are any of those.
        """
        own = self.state_dict()
        missing = [k for k in own if k not in state_dict]
        unexpected = [k for k in state_dict if k not in own]
        if strict and (missing or unexpected):
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}: missing "
                f"keys {missing}, unexpected keys {unexpected}."
            )
        for k, t in own.items():
            if k in state_dict:
                t.set_data(state_dict[k])
        return missing, unexpected

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that is state but no parameter."""
        self._begun("buffers")
        self._drop(name)
        self._buffers[name] = tensor

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Any:
        """The buffers with their paths."""
        all_cells = self.cells_and_names(name_prefix=prefix)
        for path, cell in all_cells if recurse else [(prefix, self)]:
            for name, t in cell._buffers.items():
                if t is not None:
                    yield (f"{path}.{name}" if path else name), t

    def buffers(self, recurse: bool = True) -> Any:
        return (t for _, t in self.named_buffers(recurse=recurse))

    def get_buffer(self, target: str) -> Any:
        """The buffer at a path."""
        path, _, name = target.rpartition(".")
        cell = self.get_sub_cell(path)
        if name not in cell._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return cell._buffers[name]

    # --- cells ------------------------------------------------------------------------

    def insert_child_to_cell(self, child_name: str, child_cell: Cell | None) -> None:
        """Add a cell under a name.

        Raises:
            KeyError: if the name is taken, TypeError: if it is no cell.
        """
        if not child_name or "." in child_name:
            raise KeyError(
                "For 'insert_child_to_cell', the argument 'child_name' "
                "should not be None and should not contain '.'"
            )
        if hasattr(self, child_name) and child_name not in self._cells:
            raise KeyError(
                "For 'insert_child_to_cell', the argument 'child_name' "
                f"'{child_name}' already exists in the Cell."
            )
        if not isinstance(child_cell, Cell) and child_cell is not None:
            raise TypeError(
                "For 'insert_child_to_cell', the argument 'child_cell' "
                "must be 'Cell' if not None, but got type "
                f"{type(child_cell)}."
            )
        self._cells[child_name] = child_cell

    def cells_and_names(
        self, cells: set[Cell] | None = None, name_prefix: str = ""
    ) -> Iterator[tuple[str, Cell]]:
        """This cell and all below it, each once, with their paths."""
        cells = set() if cells is None else cells
        if self in cells:
            return
        cells.add(self)
        yield name_prefix, self
        for name, cell in self._cells.items():
            if cell is not None:
                path = f"{name_prefix}.{name}" if name_prefix else name
                yield from cell.cells_and_names(cells, path)

    def cells(self) -> Iterable[Cell]:
        return self.name_cells().values()

    def name_cells(self) -> OrderedDict[str, Cell]:
        out: OrderedDict[str, Cell] = OrderedDict()
        for name, cell in self._cells.items():
            if cell is not None and cell not in out.values():
                out[name] = cell
        return out

    def get_sub_cell(self, target: str) -> Cell:
        """The cell at a path such as "a.0"."""
        cell: Any = self
        for name in filter(None, target.split(".")):
            if not hasattr(cell, name):
                raise AttributeError(
                    f"'{type(cell).__name__}' has no attribute `{name}`"
                )
            cell = getattr(cell, name)
            if not isinstance(cell, Cell):
                raise AttributeError(f"`{name}` is not an nn.Cell")
        return cell

    def apply(self, fn: Callable[[Cell], Any]) -> Cell:
        """Call `fn` with each cell, children first."""
        for cell in self.cells():
            cell.apply(fn)
        fn(self)
        return self

    # --- modes ------------------------------------------------------------------------

    def set_train(self, mode: bool = True) -> Cell:
        """Set `training` of this cell and all below it."""
        return self.add_flags_recursive(training=mode)

    def train(self, mode: bool = True) -> Cell:
        return self.set_train(mode)

    def eval(self) -> Cell:
        return self.set_train(False)

    def set_grad(self, requires_grad: bool = True) -> Cell:
        """Set the flag `requires_grad`, which changes nothing else."""
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "For 'Cell', the argument 'requires_grad' must be bool, "
                f"but got {type(requires_grad).__name__}."
            )
        object.__setattr__(self, "requires_grad", requires_grad)
        return self

    def add_flags(self, **flags: Any) -> Cell:
        for name, value in flags.items():
            if name == "training":
                object.__setattr__(self, "training", bool(value))
            else:
                self._flags[name] = value
                object.__setattr__(self, name, value)
        return self

    def add_flags_recursive(self, **flags: Any) -> Cell:
        for _, cell in self.cells_and_names():
            cell.add_flags(**flags)
        return self

    def get_flags(self) -> dict[str, Any]:
        return self._flags

    def to_float(self, dst_type: Any) -> Cell:
        """Compute in a dtype: inputs and parameters are cast at each call.

        Raises:
            ValueError: for a dtype that is neither float16, float32 nor bfloat16.
        """
        if repr(dst_type) not in _FLAGS:
            raise ValueError(
                "For 'to_float', the argument 'dst_type' must be "
                "mstype.float32, mstype.float16 or mstype.bfloat16, but "
                f"got type: {type(dst_type)} and value: {dst_type}."
            )
        for _, cell in self.cells_and_names():
            object.__setattr__(cell, "_precision", dst_type)
            object.__setattr__(cell, "_special", True)
        return self

    def recompute(self, **kwargs: Any) -> None:
        """Compute this cell again in the backward pass instead of saving values."""
        object.__setattr__(self, "_recompute", True)
        object.__setattr__(self, "_special", True)

    # --- hooks ------------------------------------------------------------------------

    def _hook(
        self,
        table: str,
        hook: Any,
        prepend: bool = False,
        with_kwargs: bool = False,
        always: bool = False,
    ) -> HookHandle:
        own = self.__dict__
        for name in (table, table + "_kwargs", table + "_always"):
            own.setdefault(name, HookTable())
        handle = register(
            own[table], hook, own[table + "_kwargs"] if with_kwargs else None, prepend
        )
        if always:
            own[table + "_always"][handle.handle_id] = True
        object.__setattr__(self, "_special", True)
        return handle

    def register_forward_pre_hook(
        self, hook_fn: Any, with_kwargs: bool = False, *, prepend: bool = False
    ) -> HookHandle:
        """`hook(cell, inputs)` before construct; what it returns replaces them."""
        return self._hook("_forward_pre_hooks", hook_fn, prepend, with_kwargs)

    def register_forward_hook(
        self,
        hook_fn: Any,
        with_kwargs: bool = False,
        *,
        prepend: bool = False,
        always_call: bool = False,
    ) -> HookHandle:
        """`hook(cell, inputs, output)` after construct; may replace the output."""
        return self._hook("_forward_hooks", hook_fn, prepend, with_kwargs, always_call)

    def register_backward_hook(self, hook_fn: Any) -> HookHandle:
        """`hook(cell, grad_input, grad_output)`; may replace the former."""
        return self._hook("_backward_hooks", hook_fn)

    def register_backward_pre_hook(self, hook_fn: Any) -> HookHandle:
        """`hook(cell, grad_output)`; may replace it."""
        return self._hook("_backward_pre_hooks", hook_fn)

    # --- settings that change no result here ------------------------------------------

    def set_inputs(self, *inputs: Any, **kwargs: Any) -> None:
        object.__setattr__(self, "_dynamic_inputs", inputs)

    def get_inputs(self) -> Any:
        return self.__dict__.get("_dynamic_inputs")

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: calls are evaluated."""

    def run_construct(self, cast_inputs: Any, kwargs: Any) -> Any:
        return self.construct(*cast_inputs, **kwargs)

    def compile_and_run(self, *args: Any, **kwargs: Any) -> Any:
        return self(*args, **kwargs)

    def _same(self, *args: Any, **kwargs: Any) -> Cell:
        """A setting for devices or parallel training: nothing to do in one process."""
        return self

    set_boost = set_broadcast_flag = set_comm_fusion = set_jit_config = _same
    set_param_ps = set_param_fl = flatten_weights = set_data_parallel = _same
    set_parallel_input_with_inputs = place = shard = offload = _same
    pipeline_stage: int | None = None
    cell_init_args = ""
    phase = "train"
    instance_count = 0
    cls_name = property(lambda self: type(self).__name__)
    bprop_debug = False
    param_prefix = ""

    def __len__(self) -> int:
        return len(self._cells)

    def __bool__(self) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    # --- text -------------------------------------------------------------------------

    def extend_repr(self) -> str:
        """What stands between the parentheses of the representation."""
        return ""

    def __repr__(self) -> str:
        extra = self.extend_repr()
        rows = [f"({n}): {c!r}".replace("\n", "\n  ") for n, c in self._cells.items()]
        if not rows:
            return f"{type(self).__name__}({extra})"
        if extra:
            rows.insert(0, extra)
        return f"{type(self).__name__}(\n  " + "\n  ".join(rows) + "\n)"

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if not k.endswith("_hooks")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


class GraphCell(Cell):
    """A graph loaded from a file, which isograd cannot run."""

    def __init__(
        self, graph: Any, params_init: Any = None, obf_random_seed: Any = None
    ) -> None:
        super().__init__()
        raise NotImplementedError("nn.GraphCell: MindIR graphs are not supported")


__all__ = ["Cell", "GraphCell"]
__path__: list[str] = []  # MindSpore has modules below
