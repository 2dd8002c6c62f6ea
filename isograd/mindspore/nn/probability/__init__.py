"""`mindspore.nn.probability`: distributions and bijectors."""

from isograd.mindspore.missing import attributes
from isograd.mindspore.nn.probability import bijector as bijector
from isograd.mindspore.nn.probability import distribution as distribution

__getattr__ = attributes("mindspore.nn.probability")
