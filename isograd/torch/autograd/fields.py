"""What a node of PyTorch's graph has as `_saved_...`: names, and where ours has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isograd.core.tape import Leaf, Node
from isograd.torch.labels import label_of

# fields by names of nodes without `Backward0`: recorded from PyTorch 2.13
_TABLE = """
other self: Mul Div Atan2 Maximum Minimum
alpha: Add Sub
exponent self: Pow
exponent result self: Pow1 Pow2
result: Exp Sqrt Sigmoid Tanh Relu Reciprocal Rsqrt
self: Log Log2 Log10 Log1P Sin Cos Abs Silu Erf Sinh Cosh LogSigmoid
self_sym_sizes: Sum View Expand Squeeze UnsafeView
dim keepdim self_sym_sizes: Sum1
self_sym_numel self_sym_sizes: Mean
dim keepdim self_sym_numel self_sym_sizes: Mean1
dim index self_sym_sizes: Select IndexSelect
dim end self_sym_sizes start step: Slice
indices self_sym_sizes: Index
result self: Max1 Min1 Prod Median
dim indices keepdim self_sym_sizes: Max Min Kthvalue
dim indices self_sym_sizes: Sort Topk
dim: Unsqueeze Cat Stack Cumsum Unbind
dim result: Softmax LogSoftmax
dim keepdim ord result self: LinalgVectorNorm
correction dim keepdim self: Var
correction dim keepdim result self: Std
max min self: Clamp1
condition: Where
mask: MaskedFill
mat2 mat2_sym_sizes mat2_sym_strides self self_sym_sizes self_sym_strides: Mm
self tensor: Dot
self vec: Mv
dim0 dim1: Transpose
dims: Permute Flip
reduction self target: MseLoss
approximate self: Gelu
negative_slope self: LeakyRelu
dim index self sparse_grad: Gather
repeats self_sym_sizes: Repeat
dims shifts: Roll
dim self_sym_sizes split_size: Split
alpha beta mat1 mat1_sym_sizes mat1_sym_strides mat2 mat2_sym_sizes mat2_sym_strides:\
 Addmm
weight: Lerp
dim keepdim result self: Logsumexp
ignore_index reduction self target total_weight weight: NllLoss
bias input normalized_shape result1 result2 weight: NativeLayerNorm
bias_sym_sizes_opt dilation groups input output_padding padding stride transposed\
 weight: Convolution
dim self_sym_sizes: Squeeze1
dim result self: Cumprod
diagonal: Tril Triu
min max: Clamp
indices padding_idx scale_grad_by_freq sparse weight_sym_argsize_0: Embedding
pad: ConstantPadNd
dim keepdim result self: Amax Amin
dim1 dim2 offset self_sym_sizes: Diagonal
dim self_sym_sizes split_sizes: SplitWithSizes
"""
FIELDS: dict[str, Sequence[str]] = {}
for _line in _TABLE.strip().splitlines():
    _fields, _names = _line.split(":")
    for _name in _names.split():
        _digit = _name[-1] if _name[-1] in "12" and _name != "Log2" else "0"
        _stem = _name[:-1] if _digit != "0" else _name
        if _name == "Atan2":
            _stem, _digit = _name, "0"
        FIELDS[f"{_stem}Backward{_digit}"] = _fields.split()

TENSORS = {
    **dict.fromkeys(("self", "input", "condition", "x", "mat1"), 0),
    **dict.fromkeys(("other", "mat2", "exponent", "weight", "target", "index"), 1),
    **dict.fromkeys(("vec", "tensor", "mask"), 1),
    **dict.fromkeys(("result", "output", "out"), -1),
}
_PARAMS = {"dim": ("axis", "axes"), "sizes": ("shape",), "keepdim": ("keepdims",)}
_DEFAULTS = {
    "alpha": 1,
    "beta": 1,
    "keepdim": False,
    "reduction": 1,
    "approximate": "none",
    "sparse_grad": False,
    "ord": 2,
    "correction": None,
    "dim": None,
    "step": 1,
    "ignore_index": 2**64 - 100,
    "padding_idx": 2**64 - 1,
    "scale_grad_by_freq": False,
    "sparse": False,
}


def names_of(node: Node) -> Sequence[str]:
    return FIELDS.get(label_of(node), [])


def known(node: Node, word: str) -> bool:
    if is_tensor(node, word):
        return True
    try:
        fact(node, word)
    except KeyError:
        return False
    return True


def is_tensor(node: Node, word: str) -> bool:
    """Whether a field of this name holds a tensor."""
    if word == "exponent" and (not node.edges[1:] or node.edges[1] is None):
        return False
    return word in TENSORS and not (word == "index" and "index" in node.params)


def place_of(node: Node, word: str) -> int | None:
    """Where the node saved the tensor that PyTorch calls by this name."""
    place = TENSORS[word]
    if place < 0:
        place = len(node.edges)
    return place if node.saved is None or place < len(node.saved) else None


def fact(node: Node, word: str) -> Any:
    """A field that is no tensor.

    Raises:
        KeyError: it is not known here.
    """
    edge = node.edges[0] if node.edges else None
    if word == "self_sym_sizes" and edge is not None:
        return tuple(edge.shape)
    if word == "self_sym_numel" and edge is not None:
        return _count(edge.shape)
    if (
        word == "exponent"
        and len(node.saved or ()) > 1
        and node.saved[1] is not None
        and node.saved[1].size == 1
    ):
        n = node.saved[1].item()
        return int(n) if n % 1 == 0 else n
    for name in (word, *_PARAMS.get(word, ())):
        if name in node.params:
            return node.params[name]
    if word in names_of(node) and word in _DEFAULTS:
        return _DEFAULTS[word]
    raise KeyError(word)


def _count(shape: tuple[int, ...]) -> int:
    n = 1
    for s in shape:
        n *= s
    return n


def of_leaf(node: Node, place: int) -> Any:
    """The tensor at a place where nothing was saved: known if it is a leaf."""
    if None in node.edges[:2] and len(node.edges) > 1:
        return None  # neither does PyTorch save an operand beside a constant
    edge = node.edges[place] if place < len(node.edges) else None
    if type(edge) is Leaf and edge.tensor is not None:
        return edge.tensor()
    return None
