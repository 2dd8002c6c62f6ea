"""A lean code generator."""

from isograd.compile.lean.build import build
from isograd.compile.lean.region import Buffer, Reduce, Region, Store
from isograd.compile.lean.scalar import Load, Within

__all__ = ["Buffer", "Load", "Reduce", "Region", "Store", "Within", "build"]
