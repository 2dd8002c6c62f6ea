"""`mindspore.dataset`: rows from arrays and Python sources, in memory."""

from isograd.mindspore.dataset import config as config
from isograd.mindspore.dataset.pipeline import Dataset as Dataset
from isograd.mindspore.dataset.pipeline import zip_datasets
from isograd.mindspore.dataset.sources import (
    GeneratorDataset as GeneratorDataset,
)
from isograd.mindspore.dataset.sources import (
    NumpySlicesDataset as NumpySlicesDataset,
)
from isograd.mindspore.dataset.sources import PaddedDataset as PaddedDataset
from isograd.mindspore.dataset.sources import RandomSampler as RandomSampler
from isograd.mindspore.dataset.sources import Sampler as Sampler
from isograd.mindspore.dataset.sources import SequentialSampler as SequentialSampler
from isograd.mindspore.dataset.sources import SubsetRandomSampler as SubsetRandomSampler
from isograd.mindspore.dataset.sources import SubsetSampler as SubsetSampler
from isograd.mindspore.missing import attributes

zip = zip_datasets
__getattr__ = attributes(
    "mindspore.dataset",
    {
        "transforms": "isograd.mindspore.dataset.transforms",
        "vision": "isograd.mindspore.dataset.vision",
    },
)
