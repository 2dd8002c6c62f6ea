"""The garbage collector's pace.

A tape of a million nodes is millions of live objects and no garbage.  At Python's
default pace (a look at 700 new objects, a look at everything after some 70,000) more
than half of the time of recording it goes to collections that find nothing.
"""

from __future__ import annotations

import gc

NEW = 5000  # objects between two collections of the youngest generation
OLD = 100  # collections of the middle generation between two of everything


def relax() -> None:
    """Collect less often, unless the program has set a pace of its own."""
    first, middle, last = gc.get_threshold()
    if 0 < first <= 2000:
        gc.set_threshold(NEW, middle, OLD if last else last)
