"""Functions of small arrays as lists of NumPy's own inner loops.

`record.py` runs an array function once on arrays that note what NumPy does with them;
`machine.py` compiles the one native function that repeats such a list.
"""

from isograd.compile.inner.record import recorded as recorded
