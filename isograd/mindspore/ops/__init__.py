"""`mindspore.ops`: functions (`ops.matmul`) and operator classes (`ops.MatMul()`)."""

from __future__ import annotations

from isograd.mindspore.call import FUNCTIONS
from isograd.mindspore.common import sparse_tensor as sparse_tensor
from isograd.mindspore.missing import attributes
from isograd.mindspore.ops import activations as activations
from isograd.mindspore.ops import arithmetic as arithmetic
from isograd.mindspore.ops import creation as creation
from isograd.mindspore.ops import facts as facts
from isograd.mindspore.ops import gradients as gradients
from isograd.mindspore.ops import indexing as indexing
from isograd.mindspore.ops import keys as keys
from isograd.mindspore.ops import layer_operators as layer_operators
from isograd.mindspore.ops import layers as layers
from isograd.mindspore.ops import linalg as linalg
from isograd.mindspore.ops import losses as losses
from isograd.mindspore.ops import random as random
from isograd.mindspore.ops import rare_operators as rare_operators
from isograd.mindspore.ops import reductions as reductions
from isograd.mindspore.ops import shapes as shapes
from isograd.mindspore.ops import updating as updating
from isograd.mindspore.ops.composite import HyperMap as HyperMap
from isograd.mindspore.ops.composite import Map as Map
from isograd.mindspore.ops.composite import MultitypeFuncGraph as MultitypeFuncGraph
from isograd.mindspore.ops.composite import partial as partial
from isograd.mindspore.ops.drawing import ReduceOp as ReduceOp
from isograd.mindspore.ops.operators import OPERATORS
from isograd.mindspore.ops.primitive import Primitive as Primitive
from isograd.mindspore.ops.primitive import PrimitiveWithCheck as PrimitiveWithCheck
from isograd.mindspore.ops.primitive import PrimitiveWithInfer as PrimitiveWithInfer
from isograd.mindspore.ops.primitive import _primexpr as _primexpr
from isograd.mindspore.ops.primitive import constexpr as constexpr
from isograd.mindspore.ops.primitive import prim_attr_register as prim_attr_register

# what the gradient API adds, see `mindspore.gradients` and its neighbours
_LAZY = {
    **dict.fromkeys(
        ("grad", "value_and_grad", "get_grad", "GradOperation"),
        "isograd.mindspore.gradients",
    ),
    **dict.fromkeys(
        ("vjp", "jvp", "jacrev", "jacfwd", "vmap", "jet", "derivative", "linearize"),
        "isograd.mindspore.functional_transforms",
    ),
    **dict.fromkeys(("InsertGradientOf", "HookBackward"), "isograd.mindspore.hooks"),
    **dict.fromkeys(("WhileLoop", "ForiLoop", "Scan"), "isograd.mindspore.ops.loops"),
    **{
        n: f"isograd.mindspore.ops.{n}"
        for n in ("function", "functional", "operations")
    },
}
__getattr__ = attributes("mindspore.ops", _LAZY)
globals().update(FUNCTIONS)
globals().update(OPERATORS)
globals().update(sparse_tensor.TABLE)
