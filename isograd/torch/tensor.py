"""`torch.Tensor`: attributes, conversions, and its place on the tape.

Operators and functions are installed by the tables of the other modules
(`arithmetic.py`, `reductions.py`, `shapes.py`...).
"""

from __future__ import annotations

import copy
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.base.missing import no_attribute
from isograd.core import mutation
from isograd.core import tensor as core
from isograd.core.abstract import is_abstract
from isograd.core.levels import MODE, count_special, state
from isograd.core.primitive import ndarray
from isograd.core.reverse import sweep
from isograd.core.storage import changed_since, of_inference, version
from isograd.core.storage import note_write as note_write
from isograd.core.tape import Blind, Leaf, Spoiled
from isograd.core.tensor import alias, wrap
from isograd.torch import backward as _backward
from isograd.torch import dtypes, errors, memory
from isograd.torch.dtypes import CPU, META, Size, of_numpy
from isograd.torch.measures import NON_LEAF_GRAD, REFLECTED, read_only, refuse_inside
from isograd.torch.measures import address as address
from isograd.torch.measures import (
    check_assigned_grad as check_assigned_grad,
)
from isograd.torch.measures import checked_dim as checked_dim
from isograd.torch.measures import (
    element_strides as element_strides,
)
from isograd.torch.measures import no_recording as no_recording
from isograd.torch.scalars import real, warn_of_gradient

_tuple_of: Any = tuple.__new__
FAMILY: set[type] = set()  # further classes that the fast operators take (Parameter)


class Tensor(core.Tensor):
    """An array with PyTorch's interface; `_p` and `_node` as in the engine.

    A leaf that requires a gradient keeps it in its node (`Leaf.grad`), so that tensor,
    node and gradient form no cycle.
    """

    _grad: Any = None  # of a tensor that is no leaf (retain_grad), or needs none
    _retains: bool = False
    _former: Any = None  # the Leaf of a tensor that does not require a gradient now
    __array_priority__ = 1000

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        from isograd.torch.creation import legacy

        self = object.__new__(cls)
        legacy(self, args, kwargs)
        return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """`__new__` did it, so that subclasses may take other arguments."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__module__.startswith(("isograd.", "torch.")):  # a user's class
            from isograd.torch.overrides import activate

            activate()

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        from isograd.torch.overrides import default

        return default(cls, func, types, args, kwargs)

    @staticmethod
    def _make_subclass(cls: Any, data: Any, require_grad: bool = False) -> Any:
        """The memory of `data` as a leaf of a subclass."""
        t = alias(cls, data._p)
        if require_grad:
            set_leaf(t)
        return t

    # --- what it is -------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        return _tuple_of(Size, self._p.shape)

    def size(self, dim: int | None = None) -> Any:
        shape = self._p.shape
        if dim is None:
            return Size(shape)
        return shape[checked_dim(dim, len(shape))]

    @property
    def ndim(self) -> int:
        return self._p.ndim

    def dim(self) -> int:
        return self._p.ndim

    ndimension = dim

    def numel(self) -> int:
        return self._p.size

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        return of_numpy(self._p.dtype)

    device = property(lambda self: META if self.is_meta else CPU)
    layout = property(lambda self: dtypes.strided)
    itemsize = property(lambda self: self._p.dtype.itemsize)
    nbytes = property(lambda self: self._p.dtype.itemsize * self._p.size)
    is_cpu = property(lambda self: True)
    is_cuda = property(lambda self: False)
    is_mps = is_xpu = is_xla = is_sparse = is_quantized = is_cuda
    is_meta = property(lambda self: self._p is not ndarray and is_abstract(self._p))
    is_mkldnn = is_nested = is_sparse_csr = is_vulkan = is_ipu = is_cuda
    names = property(lambda self: (None,) * self._p.ndim)
    name = property(lambda self: "")

    def element_size(self) -> int:
        return self._p.dtype.itemsize

    def get_device(self) -> int:
        return -1

    def is_floating_point(self) -> bool:
        return self.dtype.kind == "f"

    def is_complex(self) -> bool:
        return self._p.dtype.kind == "c"

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_shared(self) -> bool:
        return False

    is_pinned = is_conj = is_neg = is_shared

    def is_inference(self) -> bool:
        """Whether this tensor, or the base of this view, was made in inference mode."""
        p = self._p
        return of_inference(p) if type(p) is ndarray else self._inference

    def is_same_size(self, other: Tensor) -> bool:
        return self._p.shape == other._p.shape

    def __len__(self) -> int:
        shape = self._p.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return shape[0]

    # --- memory -----------------------------------------------------------------------

    def stride(self, dim: int | None = None) -> Any:
        """Steps between elements, counted in elements."""
        strides = element_strides(self._p if self.is_meta else self.array("stride"))
        return strides if dim is None else strides[checked_dim(dim, len(strides))]

    def storage_offset(self) -> int:
        if self.is_meta:
            return 0
        a = self.array("storage_offset")
        owner = a
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        return (address(a) - address(owner)) // max(1, a.dtype.itemsize)

    def is_contiguous(self, memory_format: Any = None) -> bool:
        if not hasattr(self._p, "flags"):
            return True
        if memory_format is dtypes.channels_last and self._p.ndim == 4:
            return bool(self._p.transpose(0, 2, 3, 1).flags.c_contiguous)
        return bool(self._p.flags.c_contiguous)

    def data_ptr(self) -> int:
        if self.is_meta:
            return 0
        a = self.array("data_ptr")
        return address(a) if a.size else 0

    @property
    def _base(self) -> Any:
        """The tensor whose memory this view shows."""
        return None if self._view is None else self._view.base

    def _is_view(self) -> bool:
        return self._view is not None

    @property
    def _version(self) -> int:
        if type(self._p) is not ndarray:
            return version(self._p) if self.is_meta else 0
        if of_inference(self._p):
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._untracked[0] if self._untracked else version(self._p)

    def array(self, what: str = "numpy") -> np.ndarray:
        """The ndarray of this tensor; mapped or staged values have none."""
        p = self._p
        if type(p) is ndarray:
            return p
        try:
            return core.concrete(p, what)
        except EngineError as error:
            raise errors.translated(error) from None

    # --- Python and NumPy values ------------------------------------------------------

    def item(self) -> Any:
        a = self._p if type(self._p) is ndarray else self.array("item")
        if a.size != 1:
            raise RuntimeError(
                f"a Tensor with {a.size} elements cannot be converted to Scalar"
            )
        value = a.item()
        return value if type(value) in _NUMBERS else float(value)

    def tolist(self) -> Any:
        a = self.array("tolist")
        return a.astype(np.float32).tolist() if a.dtype.kind == "V" else a.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The elements as an ndarray that shares this tensor's memory."""
        if self.is_meta:
            raise TypeError(errors.META_NUMPY)
        if force:
            return self.detach().numpy()
        if self._node is not None:
            raise RuntimeError(errors.NUMPY_GRAD)
        a = self.array("numpy")
        if a.dtype.kind == "V":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return a[...]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        a = self.numpy()
        if dtype is not None and a.dtype != dtype:
            return a.astype(dtype)
        return a.copy() if copy else a

    def __array_ufunc__(  # type: ignore[override]  # justified: None in the base
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        """NumPy's functions compute with the arrays; what NumPy's operators call
        stays an operator of tensors, with its gradient."""
        name = REFLECTED.get(ufunc.__name__)
        if (
            name
            and method == "__call__"
            and not kwargs
            and not isinstance(inputs[0], Tensor)
        ):
            return getattr(inputs[1], name)(inputs[0])
        arrays = [x.__array__() if isinstance(x, Tensor) else x for x in inputs]
        found = getattr(ufunc, method)(*arrays, **kwargs)
        if isinstance(found, tuple):
            return tuple(self.__array_wrap__(np.asarray(f)) for f in found)
        return self.__array_wrap__(np.asarray(found))

    def __array_wrap__(
        self, array: np.ndarray, context: Any = None, return_scalar: bool = False
    ) -> Tensor:
        if array.dtype == bool:
            array = array.astype(np.uint8)
        return wrap(Tensor, np.ascontiguousarray(array).reshape(array.shape))

    def __bool__(self) -> bool:
        a = self._p if type(self._p) is ndarray else self.array("bool")
        if a.size != 1:
            raise RuntimeError(
                "Boolean value of Tensor with no values is ambiguous"
                if not a.size
                else "Boolean value of Tensor with more than one value is ambiguous"
            )
        return bool(a.item())

    def is_nonzero(self) -> bool:
        return bool(self)

    def __float__(self) -> float:
        warn_of_gradient(self)
        return float(real(self._only(), "double"))

    def __int__(self) -> int:
        return int(real(self._only(), "int64_t"))

    def _only(self) -> Any:
        if self._p.size != 1:
            text = "only one element tensors can be converted to Python scalars"
            raise ValueError(text)
        return self.item()

    def __complex__(self) -> complex:
        warn_of_gradient(self)
        return complex(self._only())

    def __index__(self) -> int:
        a = self.array("index")
        if a.dtype.kind not in "iub" or a.size != 1:
            raise TypeError(
                "only integer tensors of a single element can be converted to an index"
            )
        return int(a.item())

    def __iter__(self) -> Iterator[Any]:
        if not self._p.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __reversed__(self) -> Tensor:
        return self if not self._p.ndim else self.flip(0)

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, Tensor | int | float | complex | bool):
            same: Any = self == element
            return bool(same.any().item())
        raise RuntimeError(
            f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )

    def __format__(self, spec: str) -> str:
        if self._p.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from isograd.torch.text import text_of

        return text_of(self, tensor_contents)

    __str__ = __repr__

    # --- the tape ---------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._node is not None and not self.is_leaf:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables."
                if value
                else "you can only change requires_grad flags of leaf variables. If "
                "you want to use a computed variable in a subgraph that doesn't "
                "require differentiation use var_no_grad = var.detach()."
            )
        if not isinstance(value, bool | np.bool_):
            raise RuntimeError("requires_grad must be a bool")
        if value and self._p.dtype.kind in "iub":
            raise RuntimeError("o" + errors.ONLY_FLOATING[1:])
        self.requires_grad_(bool(value))

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        node = self._node
        if requires_grad:
            refuse_inside(self._p, node, "requires_grad_")
        if requires_grad and (node is None or type(node) is Blind):
            if self.dtype.kind not in "fc":
                raise RuntimeError(errors.ONLY_FLOATING_METHOD)
            set_leaf(self)
        elif not requires_grad and node is not None:
            if not self.is_leaf:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you "
                    "want to use a computed variable in a subgraph that doesn't "
                    "require differentiation use var_no_grad = var.detach()."
                )
            drop_node(self)
        return self

    @property
    def is_leaf(self) -> bool:
        return self._node is None or checked_node(self._node).leaf

    @property
    def grad(self) -> Tensor | None:
        node = self._node
        if type(node) is Leaf:
            return node.grad
        if (
            node is not None
            and not node.leaf
            and not self._retains
            and (self._grad is None)
        ):
            warnings.warn(NON_LEAF_GRAD, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            check_assigned_grad(self, value)
        if type(self._node) is Leaf:
            self._node.grad = value
        else:
            self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def grad_fn(self) -> Any:
        node = self._node
        if node is None or checked_node(node).leaf:
            return None
        self._refresh()
        node: Any = self._node
        from isograd.torch.autograd.graph import node_object

        return node_object(node)

    def _refresh(self) -> None:
        """After a write elsewhere to this view's memory its node is a new one."""
        node, view = self._node, self._view
        if view is None or node is None or type(self._p) is not ndarray:
            return
        if changed_since(self._p, node.seq):
            mutation.refresh_views(view.base)

    @property
    def output_nr(self) -> int:
        view = self._view
        place = view.place if view is not None and view.made == "several" else 0
        return getattr(self._node, "index", place)

    @property
    def _backward_hooks(self) -> Any:
        hooks = None if self._node is None else self._node.hooks
        return None if hooks is None else hooks.table

    @property
    def _post_accumulate_grad_hooks(self) -> Any:
        return getattr(self._node, "post", None)

    @property
    def retains_grad(self) -> bool:
        return self._retains

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulate the gradient of this tensor in the leaves, or in `inputs`.

        Args:
            gradient: the cotangent, of this tensor's shape; a scalar needs none.
            retain_graph: keep what the graph saved, for another backward.
            create_graph: record the computation of the gradients.
            inputs: tensors to accumulate in, all leaves if None.
        """
        _backward.check_inputs(inputs)
        if gradient is not None and not isinstance(gradient, core.Tensor):
            (gradient,) = _backward.grads_of(gradient, 1)
        nodes, seeds = _backward.roots_of((self,), (gradient,), create_graph)
        if nodes[0].level and not (MODE.special and state().stages):
            raise RuntimeError(errors.INSIDE_TRANSFORM)
        targets = None if inputs is None else _backward.targets_of(inputs)
        keep = create_graph if retain_graph is None else retain_graph
        if create_graph or MODE.special or _backward.HOOKS.count:
            _backward.accumulate(nodes, seeds, targets, create_graph, keep)
            return
        try:
            found = sweep(nodes, seeds, targets, retain_graph=keep)
        except EngineError as error:
            raise errors.translated(error) from None
        del seeds  # held elsewhere, a gradient would be copied
        _backward.deposit(found, create_graph)

    def detach(self) -> Tensor:
        """The same memory and version, without graph."""
        p = self._p
        t = alias(Tensor, p[...] if type(p) is ndarray else core.stopped(p))
        if self._untracked:
            t._untracked = self._untracked
        return t

    def detach_(self) -> Tensor:
        if self._view is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using "
                "DistributedDataParallel (DDP) for training, and gradient_as_bucket_"
                "view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, "
                "please refer to the Optimizer.zero_grad() function in "
                "torch/optim/optimizer.py as the solution."
            )
        drop_node(self)
        self._p = core.stopped(self._p)
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without graph; writes to it count no version."""
        t = alias(Tensor, core.stopped(self._p))
        t._untracked = [0]
        return t

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(
                "Variable data has to be a tensor, but got " + type(value).__name__
            )
        node = self._node
        if node is not None and value.dtype.kind not in "fc":
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point "
                "or complex dtype"
            )
        self._p, self._inference = value._p, value._inference
        if type(node) is Leaf:
            node.shape, node.dtype = self._p.shape, self._p.dtype

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor, which is no leaf, in `.grad`."""
        refuse_inside(self._p, self._node, "retain_grad")
        if self._node is None:
            raise RuntimeError(
                "can't retain_grad on Tensor that has requires_grad=False"
            )
        if self.is_leaf or self._retains:
            return
        from isograd.torch.hooks import follow_retained, hooks_of

        self._retains = True
        self._renoded = follow_retained
        hooks_of(self._node).retain.append(weakref.ref(self))

    def register_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(gradient)` when the gradient of this tensor is known."""
        if self._node is None:
            raise RuntimeError(
                "cannot register a hook on a tensor that doesn't require gradient"
            )
        from isograd.torch.hooks import hooks_of

        return hooks_of(self._node).add(hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(tensor)` after a gradient was added to this leaf."""
        if self._node is None:
            raise RuntimeError(
                "cannot register a hook on a tensor that doesn't require gradient"
            )
        if type(self._node) is not Leaf:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        from isograd.torch.hooks import add_post_hook

        return add_post_hook(self._node, hook)

    # --- copies -----------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        raise no_attribute(
            "torch.Tensor",
            name,
            "torch",
            f"'{type(self).__name__}' object has no attribute '{name}'",
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) in memo:
            return memo[id(self)]
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support "
                "the deepcopy protocol at the moment.  If you were attempting to "
                "deepcopy a module, this may be because of a torch.nn.utils.weight_norm"
                " usage, see https://github.com/pytorch/pytorch/pull/103001"
            )
        new = wrap(type(self), memory.deep_copy(self.array("deepcopy"), memo))
        memo[id(self)] = new
        new.__dict__.update(copy.deepcopy(_attributes(self), memo))
        if self._node is not None:
            set_leaf(new)
        if (grad := self.grad) is not None:
            new.grad = copy.deepcopy(grad, memo)
        return new

    def __reduce_ex__(self, protocol: Any) -> Any:
        held = memory.parts(self.array("pickle"))
        state_of = (held, self._node is not None, _attributes(self))
        cls = type(self)
        return rebuild, (None if cls is Tensor else cls, *state_of)


_NUMBERS = (float, int, bool, complex)
_INTERNAL = (
    "_inference",
    "_former",
    "_p",
    "_node",
    "_view",
    "_views",
    "_untracked",
    "_grad",
    "_retains",
    "_renoded",
)


def _attributes(t: Tensor) -> dict[str, Any]:
    """What a user attached to a tensor."""
    return {k: v for k, v in t.__dict__.items() if k not in _INTERNAL}


Tensor.__module__ = "torch"  # as PyTorch shows the class
read_only(Tensor)


def rebuild(
    cls: type[Tensor] | None,
    array: Any,
    requires_grad: bool,
    attributes: dict[str, Any],
) -> Tensor:
    """A tensor from its pickled parts; None stands for `Tensor` itself."""
    t = wrap(cls or Tensor, memory.piece(*array) if type(array) is tuple else array)
    t.__dict__.update(attributes)
    if requires_grad:
        set_leaf(t)
    return t


def set_leaf(t: Tensor) -> None:
    """Make a constant a leaf that requires a gradient."""
    if dtypes.of_numpy(t._p.dtype).kind not in "fc":
        raise RuntimeError(errors.ONLY_FLOATING)
    if t._inference and not state().inference:
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is "
            "not allowed."
        )
    node = t._former
    if node is None or node.shape != t._p.shape:
        node = Leaf(t._p.shape)
    elif node.off:
        del node.off
    node.dtype = t._p.dtype
    node.tensor = weakref.ref(t)
    node.grad = t._grad
    t._node = node
    if t._views is not None:
        mutation.note_requires(t)
    if t._inference:  # it may not be saved: while it lives the fast paths do not look
        count_special(1)
        weakref.finalize(node, count_special, -1).atexit = False


def drop_node(t: Tensor) -> None:
    """Make a tensor a constant (or what a view of a leaf is); its gradient stays."""
    node = t._node
    if type(node) is Leaf:
        t._former, t._grad, node.off = node, node.grad, True
    t._node = None
    if t._views is not None:
        mutation.note_requires(t)
    if t._view is not None:
        mutation.note_requires(t._view.base)


def checked_node(node: Any) -> Any:
    """The node itself.

    Raises:
        RuntimeError: it is that of a view whose base was written.
    """
    if type(node) is Spoiled:
        raise errors.translated(node.error)
    return node
