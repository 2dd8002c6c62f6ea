"""`mindspore.dataset`: rows from arrays and Python sources, in memory."""

from isograd.mindspore.dataset import config as config
from isograd.mindspore.dataset.pipeline import BatchInfo as BatchInfo
from isograd.mindspore.dataset.pipeline import Dataset as Dataset
from isograd.mindspore.dataset.pipeline import DictIterator as DictIterator
from isograd.mindspore.dataset.pipeline import TupleIterator as TupleIterator
from isograd.mindspore.dataset.pipeline import zip_datasets
from isograd.mindspore.dataset.samplers import (
    DistributedSampler as DistributedSampler,
)
from isograd.mindspore.dataset.samplers import IterSampler as IterSampler
from isograd.mindspore.dataset.samplers import PKSampler as PKSampler
from isograd.mindspore.dataset.samplers import RandomSampler as RandomSampler
from isograd.mindspore.dataset.samplers import Sampler as Sampler
from isograd.mindspore.dataset.samplers import (
    SequentialSampler as SequentialSampler,
)
from isograd.mindspore.dataset.samplers import (
    SubsetRandomSampler as SubsetRandomSampler,
)
from isograd.mindspore.dataset.samplers import SubsetSampler as SubsetSampler
from isograd.mindspore.dataset.samplers import (
    WeightedRandomSampler as WeightedRandomSampler,
)
from isograd.mindspore.dataset.sources import (
    GeneratorDataset as GeneratorDataset,
)
from isograd.mindspore.dataset.sources import (
    NumpySlicesDataset as NumpySlicesDataset,
)
from isograd.mindspore.dataset.sources import PaddedDataset as PaddedDataset
from isograd.mindspore.missing import attributes

zip = zip_datasets
__getattr__ = attributes(
    "mindspore.dataset",
    {
        **dict.fromkeys(
            (
                "Cifar100Dataset",
                "Cifar10Dataset",
                "CSVDataset",
                "FashionMnistDataset",
                "ImageFolderDataset",
                "KMnistDataset",
                "MnistDataset",
                "Shuffle",
                "TextFileDataset",
            ),
            "isograd.mindspore.dataset.files",
        ),
        "text": "isograd.mindspore.dataset.text",
        "transforms": "isograd.mindspore.dataset.transforms",
        "vision": "isograd.mindspore.dataset.vision",
    },
)
