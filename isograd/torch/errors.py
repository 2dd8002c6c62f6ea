"""The engine's errors in PyTorch's words: one table from codes to types and texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from isograd.base.errors import EngineError
from isograd.core import mutation
from isograd.torch.dtypes import Size, of_numpy
from isograd.torch.labels import label_of, short

FREED = (
    "Trying to backward through the graph a second time (or directly access saved "
    "tensors after they have already been freed). Saved intermediate values of the "
    "graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if "
    "you need to access saved tensors after calling backward."
)
MODIFIED = (
    "one of the variables needed for gradient computation has been modified by an "
    "inplace operation: [{type} {shape}]{which} is at version {found}; expected "
    "version {expected} instead. Hint: {hint}"
)
HINT = (
    "enable anomaly detection to find the operation that failed to compute its "
    "gradient, with torch.autograd.set_detect_anomaly(True, "
    "check_nan=False)."
)
ANOMALY_HINT = (
    "the backtrace further above shows the operation that failed to compute its "
    "gradient. The variable in question was changed in there or anywhere later. Good "
    "luck!"
)
NO_GRAD = "element {index} of tensors does not require grad and does not have a grad_fn"
NOT_SCALAR = "grad can be implicitly created only for scalar outputs"
UNUSED = (
    "The differentiated Tensor at index {index} appears to not have been used in the "
    "graph. Set allow_unused=True if this is the desired behavior."
)
MULTIPLE = (
    "This view is the output of a function that returns multiple views. Such functions "
    "do not allow the output views to be modified inplace. You should replace the "
    "inplace operation by an out-of-place one."
)
AMBIGUOUS = (
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can "
    "clarify your code by moving both the view and the inplace either both inside the "
    "{mode} block (if you don't want the inplace to be tracked) or both outside (if "
    "you want the inplace to be tracked)."
)
CUSTOM_VIEW = (
    "This view was created inside a custom Function (or because an input was returned "
    "as-is) and the autograd logic to handle view+inplace would override the custom "
    "backward associated with the custom Function, leading to incorrect gradients. "
    "This behavior is forbidden. You can fix this by cloning the output of the custom "
    "Function."
)
INFERENCE_WRITE = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can "
    "make a clone to get a normal tensor before doing inplace update.See "
    "https://github.com/pytorch/rfcs/pull/17 for more details."
)
INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created "
    "in inference mode in computation tracked by autograd. To work around this, you "
    "can make a clone to get a normal tensor and use it in autograd, or use "
    "`torch.no_grad()` instead of `torch.inference_mode()`."
)
OVERLAP = (
    "unsupported operation: more than one element of the written-to tensor refers to a "
    "single memory location. Please clone() the tensor before performing the operation."
)
PARTLY_SAME = (
    "unsupported operation: some elements of the input tensor and the written-to "
    "tensor refer to a single memory location. Please clone() the tensor before "
    "performing the operation."
)
LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
VIEW_LEAF = (
    "a view of a leaf Variable that requires grad is being used in an in-place "
    "operation."
)
ONLY_FLOATING = "Only Tensors of floating point and complex dtype can require gradients"
ONLY_FLOATING_METHOD = "only Tensors of floating point dtype can require gradients"
NUMPY_GRAD = (
    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
    "instead."
)
INSIDE_TRANSFORM = (
    "backward() called inside a functorch transform. This is not supported, please use "
    "functorch.grad or functorch.vjp instead or call backward() outside of functorch "
    "transforms."
)
DATA_DEPENDENT = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent "
    "control flow. We don't support that yet, please file an issue at "
    "https://github.com/pytorch/pytorch/issues ."
)
# what a mapped value was asked for, and what PyTorch says to it
NO_DATA = "Cannot access data pointer of Tensor that doesn't have storage"
DYNAMIC = (
    "vmap: We do not support batching operators that can output dynamic shape. "
    "Attempted to vmap over {}. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues if you need this feature."
)
ESCAPES = {
    "tolist": NO_DATA,
    "numpy": NO_DATA,
    "positions": DYNAMIC.format("aten::nonzero"),
    "distinct values": DYNAMIC.format("aten::_unique2"),
    "an index mask": "vmap: We do not support batching operators that can support "
    "dynamic shape. Attempting to batch over indexing with a boolean mask.",
}
META_NUMPY = (
    "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the "
    "tensor to host memory first."
)
VMAP_ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap "
    "over calling .item() on a Tensor, please try to rewrite what you're doing with "
    "other operations. If error is occurring somewhere inside PyTorch internals, "
    "please file a bug report."
)


def _modified(fields: dict[str, Any]) -> RuntimeError:
    node, place = fields["node"], fields["place"]
    shape = ", ".join(map(str, fields["shape"]))
    which = ""
    edge = holder = node
    if "edge" in fields or place < len(node.edges):  # else it is the node's own output
        edge = fields["edge"] if "edge" in fields else node.edges[place]
        holder = mutation.holder(fields["array"], edge)
    if fields["dtype"].kind in "iub":  # no output that requires a gradient
        holder = None
    if holder is not None and not holder.leaf:
        label = label_of(holder)
        if holder is not node and holder.prim.view:
            label = "AsStridedBackward0"
        which = f", which is output {_output(edge)} of {short(label)},"
    if place == 1 and node.prim.name == "linear":  # PyTorch saved the transpose
        shape = ", ".join(map(str, reversed(fields["shape"])))
        which = ", which is output 0 of AsStrided,"
    return RuntimeError(
        MODIFIED.format(
            type=f"torch.{of_numpy(fields['dtype']).legacy}",
            shape=f"[{shape}]",
            which=which,
            found=fields["found"],
            expected=fields["expected"],
            hint=HINT,
        )
    )


def _view_made(f: dict[str, Any]) -> RuntimeError:
    """A write to a view that forbids it, or the use of one whose base was written."""
    made, node = f["made"], f["node"]
    what = (
        "its base or another view of its base has been" if f["indirect"] else "is being"
    )
    head = "A view was created in"
    if node is not None:
        head = f"Output {f['index']} of {short(label_of(node))} is a view"
    if made == "inference":
        text = " inference mode and {} modified inplace in normal mode."
    elif made == "no_grad" or node is None:
        text = " no_grad mode and {} modified inplace with grad mode enabled."
    else:
        text = " and {} modified inplace."
    if node is not None and made in ("inference", "no_grad"):
        head += " of a view which was created in"
    why = {"several": MULTIPLE, "custom": CUSTOM_VIEW}.get(made) or AMBIGUOUS.format(
        mode="inference_mode" if made == "inference" else "no_grad"
    )
    return RuntimeError(head + text.format(what) + " " + why)


def _output(node: Any) -> int:
    return getattr(node, "index", 0)


def _not_converged(fields: dict[str, Any]) -> Exception:
    name = fields["name"]
    if name == "eig":
        return RuntimeError(
            "torch.linalg.eig: input tensor should not contain infs or NaNs."
        )
    why = "contained non-finite values."
    if name != "svd":
        why = (
            "is ill-conditioned or has too many repeated eigenvalues (error code: "
            f"{fields['order']})."
        )
    return LinAlgError(
        f"linalg.{name}: The algorithm failed to converge because the "
        f"input matrix {why}"
    )


class LinAlgError(RuntimeError):
    """`torch.linalg.LinAlgError`: a singular matrix, and the like."""


LinAlgError.__module__ = "torch._C"
LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"


def _singular(f: dict[str, Any]) -> LinAlgError:
    what = "inversion" if f["name"] == "inv" else "solve"
    name = "linalg.inv" if f["name"] == "inv" else "torch.linalg.solve"
    if what == "solve":
        return LinAlgError(
            f"{name}: {f['where']}The solver failed because the input "
            "matrix is singular."
        )
    return LinAlgError(
        f"{name}: {f['where']}The diagonal element {f['order']} is zero, the inversion "
        "could not be completed because the input matrix is singular."
    )


_TRANSLATIONS: dict[str, Callable[[dict[str, Any]], Exception]] = {
    "freed": lambda f: RuntimeError(FREED),
    "modified": _modified,
    "no_graph": lambda f: RuntimeError(NO_GRAD.format(index=f["index"])),
    "not_scalar": lambda f: RuntimeError(NOT_SCALAR),
    "unused": lambda f: RuntimeError(UNUSED.format(index=f["index"])),
    "inference_saved": lambda f: RuntimeError(INFERENCE_SAVED),
    "overlap": lambda f: RuntimeError(OVERLAP),
    "leaf": lambda f: RuntimeError(LEAF),
    "view_made": _view_made,
    "view_leaf": lambda f: RuntimeError(VIEW_LEAF),
    "not_differentiable": lambda f: (
        RuntimeError(f"derivative for {f['name']} is not implemented")
        if f["name"].startswith("aten::")
        else NotImplementedError(
            f"the derivative for '{f['name']}' is not implemented."
        )
    ),
    "einsum": lambda f: RuntimeError(
        "einsum(): " + re.sub(r" \(axis \d+\)", "", f["text"])
    ),
    "singular": _singular,
    "not_definite": lambda f: LinAlgError(
        f"linalg.cholesky: {f['where']}The factorization could not be completed "
        "because "
        "the input is not positive-definite (the leading minor of order "
        f"{f['order']} is not positive-definite)."
    ),
    "index_range": lambda f: IndexError(
        f"index {f['index']} is out of bounds for dimension {f['axis']} with size "
        f"{f['size']}"
    ),
    "index_shapes": lambda f: IndexError(
        "shape mismatch: indexing tensors could not be broadcast together with shapes "
        + ", ".join(map(str, f["shapes"]))
    ),
    "index_count": lambda f: IndexError(
        f"too many indices for tensor of dimension {f['ndim']}"
    ),
    "index_step": lambda f: ValueError("step must be greater than zero"),
    "index_type": lambda f: IndexError(
        "tensors used as indices must be long, int, byte or bool tensors"
    ),
    "mask_shape": lambda f: IndexError(
        f"The shape of the mask {f['mask']} at index {f['at'] - f['axis']} does not "
        f"match the shape of the indexed tensor {f['shape']} at index {f['at']}"
    ),
    "value_shape": lambda f: RuntimeError(
        f"shape mismatch: value tensor of shape {f['found']} cannot be broadcast to "
        f"indexing result of shape {f['expected']}"
    ),
    "not_converged": _not_converged,
    "cotangent_shape": lambda f: RuntimeError(
        f"Mismatch in shape: grad_output[0] has a shape of {Size(f['found'])} and "
        f"output[0] has a shape of {Size(f['expected'])}."
    ),
    "no_batching": lambda f: RuntimeError(
        f"Batching rule not implemented for {f['name']}; the fallback path (a loop) "
        "does not exist"
    ),
    "vmap_size": lambda f: ValueError(
        "vmap: Expected all tensors to have the same size in the mapped dimension, got "
        f"sizes {list(f['sizes'])} for the mapped dimension"
    ),
    "abstract_value": lambda f: (
        RuntimeError("Tensor.item() cannot be called on meta tensors")
        if f["what"] in ("item", "bool")
        else NotImplementedError("Cannot copy out of meta tensor; no data!")
    ),
    "vmap_escape": lambda f: RuntimeError(
        VMAP_ITEM if "item" in f["what"] else ESCAPES.get(f["what"], DATA_DEPENDENT)
    ),
}


def translated(error: EngineError) -> Exception:
    """The exception PyTorch raises for an error of the engine."""
    if error.code == "staging_escape":  # for `isograd.compile`, which looks for it
        return error
    make = _TRANSLATIONS.get(error.code)
    return RuntimeError(str(error)) if make is None else make(error.fields)
