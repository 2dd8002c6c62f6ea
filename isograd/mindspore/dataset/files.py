"""Datasets in files: MNIST and CIFAR in their own formats, folders, tables, text."""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from isograd.mindspore.dataset import steps
from isograd.mindspore.dataset.errors import pipeline_error
from isograd.mindspore.dataset.pipeline import Dataset, Row, Run
from isograd.mindspore.dataset.samplers import PKSampler
from isograd.mindspore.dataset.sources import Source


class Shuffle(str, Enum):  # noqa: UP042  MindSpore's prints as an Enum
    GLOBAL = "global"
    FILES = "files"
    INFILE = "infile"
    PARTIAL = "partial"
    ADAPTIVE = "adaptive"


_BUFFER = 10000  # rows that shuffling of lines holds


def _folder(path: Any) -> Path:
    if not isinstance(path, str | Path):
        raise TypeError(
            f"Argument dataset_dir with value {path} is not of type "
            f"[<class 'str'>], but got {type(path)}."
        )
    if not Path(path).is_dir():
        raise ValueError(
            f"The folder {path} does not exist or is not a directory or permission "
            "denied!"
        )
    return Path(path)


def _usage(usage: Any, allowed: tuple[str, ...]) -> str:
    if usage is not None and usage not in allowed:
        raise ValueError(f"Input usage is not within the valid set of {list(allowed)}.")
    return usage or "all"


class _Labelled(Source):
    """Base: columns of arrays read from a folder when first asked for."""

    splits: tuple[str, ...] = ("train", "test", "all")

    def __init__(
        self,
        dataset_dir: Any,
        usage: str | None = None,
        num_samples: int | None = None,
        num_parallel_workers: Any = None,
        shuffle: bool | None = None,
        sampler: Any = None,
        num_shards: int | None = None,
        shard_id: int | None = None,
        cache: Any = None,
    ) -> None:
        self.folder = _folder(dataset_dir)
        self.usage = _usage(usage, self.splits)
        self._order(shuffle, sampler, num_samples, num_shards, shard_id)
        self._read: list[Any] | None = None

    def load(self) -> list[Any]:
        raise NotImplementedError

    @property
    def data(self) -> list[Any]:
        if self._read is None:
            self._read = self.load()
            if isinstance(self.sampler, PKSampler):
                at = self.columns.index(self.sampler.class_column)
                self.sampler.labels = [int(v) for v in self._read[at]]
        return self._read

    def rows(self, run: Run) -> Iterator[Row]:
        data = self.data
        for i in self._indices(len(data[0]), run):
            yield tuple(self.value(column[i]) for column in data)

    def value(self, v: Any) -> Any:
        return v

    def size(self) -> int:
        return self._size_of(len(self.data[0]))

    def _files(self, names: list[str], kind: str) -> list[Path]:
        found = [self.folder / n for n in names if (self.folder / n).is_file()]
        if not found:
            raise pipeline_error(
                f"Invalid data, {kind} interface read failed or data interface "
                "mismatches the data. Please check file path or dataset API."
            )
        return found


def _idx(path: Path) -> np.ndarray:
    """An array of bytes in the IDX format: two zeros, type, rank, sizes, elements."""
    raw = path.read_bytes()
    if raw[:3] != b"\0\0\x08":
        raise pipeline_error(f"Invalid file, this is not an IDX file of bytes: {path}")
    start = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:start], ">u4").astype(int)
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


class MnistDataset(_Labelled):
    """Handwritten digits: `image` (28, 28, 1) of uint8 and `label` of uint32.

    Raises:
        ValueError: no such folder, or an unknown `usage`.
        RuntimeError: a folder without the files.
    """

    columns = ["image", "label"]  # noqa: RUF012

    def load(self) -> list[Any]:
        parts = {"train": ["train"], "test": ["t10k"]}.get(
            self.usage, ["t10k", "train"]
        )
        images = [f"{p}-images-idx3-ubyte" for p in parts]
        labels = [f"{p}-labels-idx1-ubyte" for p in parts]
        kind = type(self).__name__
        pixels = np.concatenate([_idx(f) for f in self._files(images, kind)])
        classes = np.concatenate([_idx(f) for f in self._files(labels, kind)])
        return [pixels[..., None], classes.astype(np.uint32)]


class FashionMnistDataset(MnistDataset):
    """Zalando's articles, in MNIST's format."""


class KMnistDataset(MnistDataset):
    """Kuzushiji characters, in MNIST's format."""


class Cifar10Dataset(_Labelled):
    """Small photographs (binary version): `image` (32, 32, 3), `label` of uint32."""

    columns = ["image", "label"]  # noqa: RUF012
    train = [f"data_batch_{i}.bin" for i in range(1, 6)]  # noqa: RUF012
    test = ["test_batch.bin"]  # noqa: RUF012

    def load(self) -> list[Any]:
        names = {"train": self.train, "test": self.test}.get(
            self.usage, self.train + self.test
        )
        labels = len(self.columns) - 1
        files = self._files(names, type(self).__name__)
        raw = np.concatenate(
            [np.fromfile(f, np.uint8).reshape(-1, labels + 3072) for f in files]
        )
        pixels = raw[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        classes = [raw[:, i].astype(np.uint32) for i in range(labels)]
        return [np.ascontiguousarray(pixels), *classes]


class Cifar100Dataset(Cifar10Dataset):
    """As CIFAR-10, with `coarse_label` and `fine_label`."""

    columns = ["image", "coarse_label", "fine_label"]  # noqa: RUF012
    train = ["train.bin"]  # noqa: RUF012
    test = ["test.bin"]  # noqa: RUF012


class ImageFolderDataset(_Labelled):
    """One folder of image files for each class: `image`, the file's bytes or (with
    `decode`) its pixels, and `label` of int32.

    Raises:
        ImportError: to decode without Pillow.
    """

    columns = ["image", "label"]  # noqa: RUF012

    def __init__(
        self,
        dataset_dir: Any,
        num_samples: int | None = None,
        num_parallel_workers: Any = None,
        shuffle: bool | None = None,
        sampler: Any = None,
        extensions: list[str] | None = None,
        class_indexing: dict[str, int] | None = None,
        decode: bool = False,
        num_shards: int | None = None,
        shard_id: int | None = None,
        cache: Any = None,
        decrypt: Any = None,
    ) -> None:
        super().__init__(
            dataset_dir, None, num_samples, num_parallel_workers, shuffle, sampler,
            num_shards, shard_id,
        )  # fmt: skip
        if decrypt is not None:
            raise NotImplementedError("isograd: ImageFolderDataset without `decrypt`")
        self.extensions = extensions
        self.class_indexing, self.decode = class_indexing, decode

    def load(self) -> list[Any]:
        files: list[Path] = []
        labels: list[np.ndarray] = []
        for name, label in self.get_class_indexing().items():
            for path in sorted((self.folder / name).iterdir()):
                if self.extensions is None or path.suffix in self.extensions:
                    files.append(path)
                    labels.append(np.asarray(label, np.int32))
        if not files:
            raise pipeline_error(
                "Invalid data, ImageFolderDataset interface read failed or data "
                "interface mismatches the data. Please check file path or dataset API."
            )
        return [files, labels]

    def value(self, v: Any) -> Any:
        if not isinstance(v, Path):
            return v
        raw = np.fromfile(v, np.uint8)
        if not self.decode:
            return raw
        from isograd.mindspore.dataset.vision import Decode

        return Decode()(raw)

    def get_class_indexing(self) -> dict[str, int]:
        if self.class_indexing is not None:
            return self.class_indexing
        names = sorted(p.name for p in self.folder.iterdir() if p.is_dir())
        return {n: i for i, n in enumerate(names)}

    def num_classes(self) -> int:
        return len(self.get_class_indexing())


# --- lines ----------------------------------------------------------------------------


def _matching(patterns: Any) -> list[str]:
    given = [patterns] if isinstance(patterns, str) else list(patterns)
    found = [sorted(glob.glob(p)) for p in given]
    missing = [p for p, f in zip(given, found, strict=True) if not f]
    if missing:
        raise ValueError(f"The following patterns did not match any files: {missing}.")
    return [f for part in found for f in part]


class _Lines(Dataset):
    """Base: rows in files of text; shuffled through a buffer if asked."""

    def _set(
        self, files: Any, num_samples: Any, shuffle: Any, num_shards: Any, shard_id: Any
    ) -> None:
        self.files, self.num_samples = _matching(files), num_samples
        if not isinstance(shuffle, bool | Shuffle | None):
            raise TypeError(
                "shuffle must be of boolean or enum of 'Shuffle' values like "
                "'Shuffle.GLOBAL' or 'Shuffle.FILES' or 'Shuffle.INFILE'."
            )
        if num_shards is not None:
            raise NotImplementedError(
                f"isograd: {type(self).__name__} without `num_shards`"
            )
        self.shuffled = shuffle in (True, Shuffle.GLOBAL)

    def is_shuffled(self) -> bool:
        return self.shuffled

    def lines(self) -> Iterator[Row]:
        raise NotImplementedError

    def _bounded(self) -> list[Row]:
        return list(self.lines())[: self.num_samples or None]

    def rows(self, run: Run) -> Iterator[Row]:
        fixed = _Fixed(self.columns, self._bounded())
        if not self.shuffled:
            return fixed.rows(run)
        step = run.of(self, lambda: steps.Shuffle(fixed, _BUFFER))
        return step.rows(run)

    def size(self) -> int:
        return len(self._bounded())


class _Fixed(Dataset):
    def __init__(self, columns: list[str], rows: list[Row]) -> None:
        self.columns, self.fixed = columns, rows

    def rows(self, run: Run) -> Iterator[Row]:
        return iter(self.fixed)


class TextFileDataset(_Lines):
    """The lines of files that are not blank, in the column `text`."""

    def __init__(
        self,
        dataset_files: Any,
        num_samples: int | None = None,
        num_parallel_workers: Any = None,
        shuffle: Any = Shuffle.GLOBAL,
        num_shards: int | None = None,
        shard_id: int | None = None,
        cache: Any = None,
    ) -> None:
        self.columns = ["text"]
        self._set(dataset_files, num_samples, shuffle, num_shards, shard_id)

    def lines(self) -> Iterator[Row]:
        for f in self.files:
            for line in Path(f).read_text(encoding="utf-8").splitlines():
                if line:
                    yield (np.asarray(line),)


class CSVDataset(_Lines):
    """The rows of tables; a column's kind is that of its default, or text.

    Args:
        column_names: without them the first line of the files holds the names.
    """

    def __init__(
        self,
        dataset_files: Any,
        field_delim: str = ",",
        column_defaults: list[Any] | None = None,
        column_names: list[str] | None = None,
        num_samples: int | None = None,
        num_parallel_workers: Any = None,
        shuffle: Any = Shuffle.GLOBAL,
        num_shards: int | None = None,
        shard_id: int | None = None,
        cache: Any = None,
    ) -> None:
        self._set(dataset_files, num_samples, shuffle, num_shards, shard_id)
        self.delimiter, self.headed = field_delim, column_names is None
        self.columns = column_names or next(self._records(self.files[0]))
        self.defaults = column_defaults or [""] * len(self.columns)

    def _records(self, path: str) -> Iterator[list[str]]:
        with open(path, newline="", encoding="utf-8") as text:
            yield from csv.reader(text, delimiter=self.delimiter)

    def lines(self) -> Iterator[Row]:
        for f in self.files:
            for i, fields in enumerate(self._records(f)):
                if fields and not (self.headed and i == 0):
                    yield self._row(f, i + 1, fields)

    def _row(self, path: str, line: int, fields: list[str]) -> Row:
        if len(fields) != len(self.defaults):
            raise pipeline_error(
                f"Invalid file, failed to parse csv file: {path} at line {line}. Error "
                "message: Invalid columns, the size of column_names should be less "
                "than the size of 'column_defaults', but got the size of column_names: "
                f"{len(fields)}, the size of 'column_defaults': {len(self.defaults)}."
            )
        try:
            return tuple(map(_typed, fields, self.defaults))
        except ValueError:
            line -= self.headed
            raise pipeline_error(
                f"Invalid csv, csv file: {path} parse failed at line {line}, type does "
                "not match."
            ) from None


def _typed(text: str, default: Any) -> np.ndarray:
    """A field as an array of its default's kind."""
    kind = {int: np.int32, float: np.float32}.get(type(default))
    return np.asarray(text) if kind is None else np.asarray(kind(text))
