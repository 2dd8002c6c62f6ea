"""Vocabularies, and the encoding of arrays of strings."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from typing import Any

import numpy as np

from isograd.base.buckets import listed
from isograd.mindspore.dataset.errors import MOST, interval_error, pipeline_error


class JiebaMode(IntEnum):
    MIX = 0
    MP = 1
    HMM = 2


class NormalizeForm(IntEnum):
    NONE = 0
    NFC = 1
    NFKC = 2
    NFD = 3
    NFKD = 4


def _misfit(name: str, value: Any, *kinds: type) -> TypeError:
    shown = ", ".join(map(str, kinds))
    return TypeError(
        f"Argument {name} with value {value} is not of type [{shown}], but got "
        f"{type(value)}."
    )


def to_bytes(array: Any, encoding: str = "utf8") -> Any:
    """An array of texts as one of bytes."""
    if not isinstance(array, np.ndarray):
        raise ValueError("input should be a NumPy array.")
    return np.char.encode(array, encoding)


def to_str(array: Any, encoding: str = "utf8") -> Any:
    if not isinstance(array, np.ndarray):
        raise ValueError("input should be a NumPy array.")
    return np.char.decode(array, encoding)


# --- vocabularies ---------------------------------------------------------------------


class Vocab:
    """Words and their numbers; made by the class's functions."""

    def __init__(self) -> None:
        self.c_vocab: dict[str, int] | None = None

    @classmethod
    def _of(cls, words: dict[str, int]) -> Vocab:
        out = cls()
        out.c_vocab = words
        return out

    @classmethod
    def _numbered(
        cls, words: list[str], special: Any, first: bool, special_entered_first: bool
    ) -> Vocab:
        special = list(special or ())
        order = special + words if first else words + special
        number = {w: i for i, w in enumerate(order)}
        entered = special + words if special_entered_first else words + special
        return cls._of({w: number[w] for w in listed(entered)})

    @classmethod
    def from_list(
        cls, word_list: Any, special_tokens: Any = None, special_first: bool = True
    ) -> Vocab:
        """
        Raises:
            TypeError: for what is no list of texts.
            ValueError: for a word that comes twice.
        """
        if not isinstance(word_list, list):
            raise _misfit("word_list", word_list, list)
        for w in word_list:
            if not isinstance(w, str):
                raise _misfit("word_list", w, str)
        twice = [w for w, n in Counter(word_list).items() if n > 1]
        if twice:
            raise ValueError(f"word_list contains duplicate word: {twice[0]}.")
        both = set(word_list) & set(special_tokens or ())
        if both:
            raise ValueError(
                f"special_tokens and word_list contain duplicate word :{both}."
            )
        return cls._numbered(word_list, special_tokens, special_first, False)

    @classmethod
    def from_dict(cls, word_dict: dict[str, int]) -> Vocab:
        for number in word_dict.values():
            if not 0 <= number <= MOST:
                raise interval_error("word_id", 0)
        order = listed(listed(word_dict, reserved=True))
        return cls._of({w: word_dict[w] for w in order})

    @classmethod
    def from_file(
        cls,
        file_path: str,
        delimiter: str = "",
        vocab_size: int | None = None,
        special_tokens: Any = None,
        special_first: bool = True,
    ) -> Vocab:
        """A word a line, up to the delimiter."""
        try:
            with open(file_path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError:
            raise pipeline_error(f"Get real path failed, path={file_path}") from None
        words = [x.split(delimiter)[0] if delimiter else x for x in lines][:vocab_size]
        return cls._numbered(words, special_tokens, special_first, False)

    @classmethod
    def from_dataset(
        cls,
        dataset: Any,
        columns: Any = None,
        freq_range: Any = None,
        top_k: int | None = None,
        special_tokens: Any = None,
        special_first: bool = True,
    ) -> Vocab:
        """The words of columns, the most frequent first."""
        names = [columns] if isinstance(columns, str) else columns
        found: Counter[str] = Counter()
        for row in dataset.create_dict_iterator(num_epochs=1, output_numpy=True):
            for name in names or row:
                found.update(map(str, np.ravel(row[name])))
        low, high = freq_range or (None, None)
        words = [
            w
            for w, n in found.items()
            if (low is None or n >= low) and (high is None or n <= high)
        ]
        words.sort(key=lambda w: (-found[w], w))
        return cls._numbered(words[:top_k], special_tokens, special_first, True)

    def _words(self) -> dict[str, int]:
        if self.c_vocab is None:
            raise RuntimeError(
                "The Vocab has not built yet, got type <class 'NoneType'>. Use "
                "Vocab.from_dataset(), Vocab.from_list(), Vocab.from_file() or "
                "Vocab.from_dict() to build a Vocab."
            )
        return self.c_vocab

    def vocab(self) -> dict[str, int]:
        return dict(self._words())

    def tokens_to_ids(self, tokens: Any) -> Any:
        """Numbers of one or several words, -1 of unknown ones."""
        if isinstance(tokens, str):
            return self._words().get(tokens, -1)
        if not isinstance(tokens, list | np.ndarray):
            raise _misfit("tokens", tokens, str, list, np.ndarray)
        return [self._words().get(str(t), -1) for t in tokens]

    def ids_to_tokens(self, ids: Any) -> Any:
        """Words of one or several numbers, "" of unknown ones."""
        words = {i: w for w, i in self._words().items()}
        if isinstance(ids, int):
            return words.get(ids, "")
        if not isinstance(ids, list | np.ndarray):
            raise _misfit("ids", ids, int, list, np.ndarray)
        return [words.get(int(i), "") for i in ids]


Vocab.__module__ = "mindspore.dataset.text.utils"
