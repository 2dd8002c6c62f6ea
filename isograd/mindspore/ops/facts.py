"""What tensors tell of themselves, and methods that draw numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.tape import Leaf
from isograd.mindspore.call import FUNCTIONS, expose
from isograd.mindspore.ops import rare  # noqa: F401  (its methods)
from isograd.mindspore.ops.inplace import in_place, overwrite
from isograd.mindspore.ops.random import generator as source
from isograd.mindspore.tensor import Tensor

# attributes that are the same for every tensor here
_CONSTANT = {
    "init_flag": False,
    "init_finished": True,
    "virtual_flag": False,
    "symbolic_shape": None,
    "param_info": None,
    "parent_tensor_": None,
    "index_of_parent_": None,
    "offload_file_path": "",
    "is_meta": False,
    "delta_seed": 0,
    "_need_contiguous": False,
    "_output_index": 0,
    "_grad_node": None,
    "_dtensor_info": None,
}
# attributes under a second name
_SAME = {
    "_shape": "shape",
    "_size": "size",
    "_itemsize": "itemsize",
    "_nbytes": "nbytes",
    "_strides": "strides",
}


def _itself(self: Tensor, *_: Any, **__: Any) -> Tensor:
    return self


def _nothing(self: Tensor, *_: Any, **__: Any) -> None:
    """Nothing: there are no devices, caches or pipelines."""


for _name, _value in _CONSTANT.items():
    setattr(Tensor, _name, _value)
for _name, _other in _SAME.items():
    setattr(Tensor, _name, property(lambda self, _o=_other: getattr(self, _o)))
for _name in ("move_to", "to_", "_load", "wait_pipeline_"):
    setattr(Tensor, _name, _itself)
for _name in (
    "wait_pipeline",
    "offload",
    "_offload",
    "data_sync",
    "delete_",
    "_flush_from_cache",
    "set_init_flag",
    "set_cast_dtype",
    "set_device_address",
    "set_param_info",
    "requires_grad_",
):
    setattr(Tensor, _name, _nothing)


def set_const_arg(self: Tensor, const_arg: bool = True) -> Tensor:
    if not isinstance(const_arg, bool):
        raise TypeError(
            "For 'set_const_arg', the type of 'const_arg' should be bool, but got "
            f"{type(const_arg).__name__}."
        )
    self.const_arg = const_arg
    return self


def get_bytes(self: Tensor) -> bytes:
    """The elements' memory as bytes."""
    return self.array("get_bytes").tobytes()


def convert_bytes_to_tensor(data: bytes, dims: Any, dtype: Any) -> Tensor:
    """The tensor whose `get_bytes` gave the data."""
    return Tensor(np.frombuffer(data, dtype.np).reshape(dims).copy())


Tensor.set_const_arg = set_const_arg  # type: ignore[attr-defined]  # justified: by table
Tensor.get_bytes = get_bytes  # type: ignore[attr-defined]  # justified: by table
Tensor.is_shared = lambda self: False  # type: ignore[attr-defined]  # justified: by table
Tensor.is_init = lambda self: False  # type: ignore[attr-defined]  # justified: by table
Tensor._tolist = Tensor.tolist  # type: ignore[attr-defined]  # justified: by table
Tensor._item = Tensor.item  # type: ignore[attr-defined]  # justified: by table
Tensor._is_leaf = property(  # type: ignore[attr-defined]  # justified: by table
    lambda self: self._node is None or type(self._node) is Leaf
)
Tensor._requires_grad = property(  # type: ignore[attr-defined]  # justified: by table
    lambda self: getattr(self, "requires_grad", True) is True
)
Tensor._grad = None  # type: ignore[attr-defined]  # justified: by table
Tensor.convert_bytes_to_tensor = staticmethod(  # type: ignore[attr-defined]  # justified: by table
    convert_bytes_to_tensor
)
Tensor.from_dlpack = staticmethod(  # type: ignore[attr-defined]  # justified: by table
    lambda capsule: Tensor(np.from_dlpack(capsule))
)
Tensor.to_dlpack = lambda self: self.array("to_dlpack").__dlpack__()  # type: ignore[attr-defined]  # justified: by table

# --- random elements in the tensor's shape --------------------------------------------


def _drawn(name: str, draw: Any) -> None:
    """`x.name(...)`: a tensor like x; `x.name_(...)`: written to x."""

    def fresh(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        kwargs.pop("generator", None)
        values = np.asarray(draw(source(None), self.shape, *args, **kwargs))
        return Tensor(values.astype(self._p.dtype))

    def written(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return overwrite(self, fresh(self, *args, **kwargs), f"{name}_")

    if not hasattr(Tensor, name):
        expose(fresh, [], name)
    if f"{name}_" not in vars(Tensor):
        expose(written, [], f"{name}_")


_drawn("uniform", lambda rng, n, from_=0.0, to=1.0: rng.uniform(from_, to, n))
_drawn("normal", lambda rng, n, mean=0.0, std=1.0: rng.normal(mean, std, n))
_drawn("cauchy", lambda rng, n, median=0.0, sigma=1.0: (
    median + sigma * rng.standard_cauchy(n)
))  # fmt: skip
_drawn("log_normal", lambda rng, n, mean=1.0, std=2.0: rng.lognormal(mean, std, n))
_drawn("exponential", lambda rng, n, lambd=1: rng.exponential(1 / lambd, n))
_drawn("bernoulli", lambda rng, n, p=0.5: rng.random(n) < p)


def _most(self: Tensor) -> int:
    """One more than the largest whole number that the dtype holds exactly."""
    d = self._p.dtype
    if d.kind in "iub":
        return int(np.iinfo(d).max) if d.kind != "b" else 2
    return 2 ** (np.finfo(d).nmant + 1)


def random_(
    self: Tensor, from_: int = 0, to: Any = None, *, generator: Any = None
) -> Tensor:
    """Whole numbers from `from_` up to below `to`."""
    if to is None:
        from_, to = 0, from_ or _most(self)
    values = source(None).integers(from_, to, self.shape)
    return overwrite(self, Tensor(values.astype(self._p.dtype)), "random_")


expose(random_, [], "random_")

# --- further writes in place ----------------------------------------------------------

for _name in ("index_put", "fill_diagonal"):
    expose(in_place(_name), [], f"{_name}_")


def index_copy_(self: Tensor, dim: int, index: Any, tensor: Any) -> Tensor:
    rows = [slice(None)] * self.ndim
    at: Any = rows[:]
    at[dim] = index
    self[tuple(at)] = tensor
    return self


def put_(self: Tensor, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    flat = self.reshape(-1)
    out = FUNCTIONS["index_put"](flat, [index], source, accumulate)
    return overwrite(self, out.reshape(self.shape), "put_")


expose(index_copy_, [], "index_copy_")
expose(put_, [], "put_")
