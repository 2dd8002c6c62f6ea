"""Errors of the engine.

The engine raises `EngineError` with a code and fields.  Each dialect has one table
that turns a code into that framework's exception type and wording; without a dialect
the texts below are what a user sees.
"""

from __future__ import annotations

from typing import Any

MESSAGES: dict[str, str] = {
    "freed": (
        "backward: the graph of {name} was already released by an earlier sweep; "
        "pass retain_graph=True to the earlier call to sweep it again"
    ),
    "modified": (
        "backward: {name} needs a {dtype} array of shape {shape} that was modified in "
        "place since it was saved (it is at version {found}, expected {expected}); "
        "write to a copy instead"
    ),
    "inference_saved": (
        "an array that was made in inference mode cannot be saved for a backward pass; "
        "copy it first"
    ),
    "no_graph": (
        "backward: output {index} does not depend on anything that is differentiated"
    ),
    "not_scalar": (
        "{what}: the output has shape {shape}, a gradient needs a scalar; reduce it "
        "with .sum(), give a cotangent, or use jacobian"
    ),
    "unused": (
        "grad: input {index} was not used to compute the output; pass "
        "allow_unused=True to get None for it"
    ),
    "cotangent_shape": (
        "{name}: the cotangent has shape {found}, the output has shape {expected}"
    ),
    "cotangent_dtype": (
        "{name}: the cotangent has dtype {found}, the output has dtype {expected}"
    ),
    "not_differentiable": "{name}: the operation has no derivative",
    "no_batching": (
        "{name}: no batching rule; vmap never falls back to a Python loop, so call it "
        "outside of vmap or write the loop yourself"
    ),
    "dtype_mismatch": (
        "{name}: operands must share one dtype, found {found}; convert them first"
    ),
    "abstract_value": "{what} was asked of a value without elements",
    "number_kind": (
        "the number {number} beside an operand of dtype {dtype} would lose its value; "
        "convert the operand first"
    ),
    "index_range": "index {index} is out of bounds for axis {axis} with size {size}",
    "index_shapes": "index arrays of shapes {shapes} do not broadcast together",
    "index_count": "too many indices for an array of {ndim} axes",
    "index_step": "the step of a slice must not be zero",
    "index_type": "an index must be an int, a slice, None, ... or an array of "
    "integers or bools, found {found}",
    "mask_shape": (
        "the mask of shape {mask} at index {axis} does not match the indexed array of "
        "shape {shape} at axis {at}"
    ),
    "einsum": "einsum(): {text}",
    "singular": (
        "{name}: {where}the matrix is singular (its pivot {order} is zero); use lstsq or "
        "pinv"
    ),
    "not_converged": (
        "{name}: the algorithm did not converge; look for nan and infinities"
    ),
    "not_definite": (
        "{name}: {where}the matrix is not positive definite (its leading minor of order "
        "{order} is not)"
    ),
    "value_shape": (
        "a value of shape {found} cannot be broadcast to the indexed shape {expected}"
    ),
    "overlap": (
        "a broadcast view cannot be written in place, since several of its elements "
        "are one in memory; write to a copy"
    ),
    "view_leaf": (
        "a view of a leaf that is differentiated cannot be written in place; "
        "write under no_grad, or write to a copy"
    ),
    "view_made": (
        "a view that was made {made} cannot be used for a write that is recorded, nor "
        "after one; make the view and write to it in one mode, or write to a copy"
    ),
    "leaf": (
        "a leaf that is differentiated cannot be written in place; write under "
        "no_grad, or write to a copy"
    ),
    "vmap_size": "vmap: mapped axes differ in size: {sizes}; they must all be equal",
    "vmap_escape": (
        "vmap: a mapped value cannot be turned into {what}; use where, or vmap less"
    ),
    "staging_escape": (
        "compile: the value of a traced array was asked for ({what}) while its "
        "function was being staged"
    ),
}


class EngineError(RuntimeError):
    """An error of the engine: a code of `MESSAGES` and its fields."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(MESSAGES[code].format(**fields))
        self.code = code
        self.fields = fields
