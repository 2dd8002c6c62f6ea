"""The general path records what the fast one does."""

from __future__ import annotations

import isograd.torch as torch
from isograd.core.levels import count_special


def test_a_number_counts_among_the_inputs_of_a_node_on_either_path() -> None:
    x = torch.tensor([1.0], requires_grad=True)
    fast = (x * 2).grad_fn.next_functions
    count_special(1)
    try:
        slow = (x * 2).grad_fn.next_functions
    finally:
        count_special(-1)
    assert len(fast) == len(slow) == 2
    assert fast[1] == slow[1] == (None, 0)
