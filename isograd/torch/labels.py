"""Names of nodes of the graph, as PyTorch prints them (`MulBackward0`)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from isograd.core.tape import Leaf, Slot, Spoiled

# primitives whose node has another name than the function's: recorded from PyTorch 2.13
PRIMITIVES = {
    "matmul": "MmBackward0",
    "mean_square": "MeanBackward1",
    "copy": "CloneBackward0",
    "power": "PowBackward0",
    "pow": "PowBackward1",
    "reshape": "ViewBackward0",
    "transpose": "PermuteBackward0",
    "broadcast_in": "ExpandBackward0",
    "convert_from": "ToCopyBackward0",
    "concatenate": "CatBackward0",
    "view_write": "CopySlices",
    "gather": "IndexBackward0",
    "take_along": "GatherBackward0",
    "tie": "MulBackward0",
    "unslice": "ConstantPadNdBackward0",
    "lstm_scan": "MkldnnRnnLayerBackward0",
    "gru_scan": "StackBackward0",
    "rnn_scan": "StackBackward0",
}


# operands that PyTorch saves and our derivatives do not read: places among the tensors
READS = {
    f"{name}Backward0": places
    for names, places in (
        ("MseLoss SmoothL1Loss HuberLoss BinaryCrossEntropy", (0, 1)),
        ("BinaryCrossEntropyWithLogits SoftMarginLoss PreluKernel", (0, 1)),
        ("Convolution NativeLayerNorm", (0, 1)),
        ("NativeBatchNorm EuclideanDist Cdist Dist", (0, 1)),
        ("NllLoss MultiMarginLoss Gather Take Nansum Cummax Cummin", (0,)),
        ("MaxPool2DWithIndices AvgPool2D AdaptiveMaxPool2D AdaptiveMaxPool1D", (0,)),
        ("AdaptiveAvgPool2D MaxPool3DWithIndices AvgPool3D NativeGroupNorm", (0,)),
        ("PdistForward EmbeddingBag", (0,)),
    )
    for name in names.split()
}


@cache
def camel(name: str) -> str:
    """`log_softmax` as `LogSoftmax`, digits starting a word (`log1p`: `Log1P`)."""
    out, up = [], True
    for c in name.strip("_"):
        if c == "_":
            up = True
            continue
        out.append(c.upper() if up else c)
        up = c.isdigit()
    return "".join(out)


@cache
def of_primitive(name: str) -> str:
    return PRIMITIVES.get(name) or f"{camel(name)}Backward0"


def label_of(node: Any) -> str:
    """PyTorch's name of a node."""
    if type(node) is Leaf:
        return "AccumulateGrad"
    if type(node) is Slot:
        node = node.edges[0]
    if type(node) is Spoiled:
        return "Invalid"
    if node.replayed:
        return "AsStridedBackward0"
    return node.label or of_primitive(node.prim.name)


def short(label: str) -> str:
    """The name as errors tell it: without `Backward`, and without a number 0."""
    if label in ("CopySlices", "CopyBackwards"):
        return f"torch::autograd::{label}"
    return re.sub(r"Backward0?(\d*)$", r"\1", label)
