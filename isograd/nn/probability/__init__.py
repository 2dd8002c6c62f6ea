"""Distributions: densities, moments, samples, divergences and bijections.

Formulas over parameters (`univariate`, `divergences`, `bijections`) and functions of
payloads (`multivariate`), shared by the front ends.
"""

from isograd.nn.probability import pieces
from isograd.nn.probability.univariate import UNIVARIATE

__all__ = ["UNIVARIATE", "pieces"]
