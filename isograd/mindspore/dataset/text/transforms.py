"""Functions of strings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np

from isograd.mindspore import dtype as dtypes
from isograd.mindspore.dataset.errors import MOST, interval_error, pipeline_error
from isograd.mindspore.dataset.text.utils import NormalizeForm, Vocab


class Lookup:
    """Words to numbers of a vocabulary."""

    def __init__(
        self, vocab: Any, unknown_token: str | None = None, data_type: Any = None
    ) -> None:
        if not isinstance(vocab, Vocab):
            raise TypeError(
                "Argument vocab is not an instance of text.Vocab. with value "
                f"{vocab} is not of type [{Vocab}], but got {type(vocab)}."
            )
        self.vocab, self.unknown = vocab, unknown_token
        self.dtype = dtypes.np_of(data_type or dtypes.int32)

    def __call__(self, text: Any) -> Any:
        words = self.vocab.vocab()
        if self.unknown is not None and self.unknown not in words:
            raise pipeline_error(
                f'Lookup: "{self.unknown}" doesn\'t exist in vocab.', "Syntax error."
            )

        def number(word: str) -> int:
            found = words.get(word, words.get(self.unknown or "", -1))
            if found < 0:
                raise pipeline_error(
                    f'Lookup: invalid data, token: "{word}" doesn\'t exist in vocab '
                    "and no unknown token is specified."
                )
            return found

        a = np.asarray(text)
        out = [number(str(w)) for w in a.reshape(-1)]
        return np.array(out, self.dtype).reshape(a.shape)


# --- one text into several ------------------------------------------------------------

Span = tuple[int, int]


def _one(text: Any, name: str) -> str:
    a = np.asarray(text)
    if a.ndim or a.dtype.kind != "U":
        raise pipeline_error(
            f"{name}Op: the input shape should be scalar and the input datatype should "
            "be string."
        )
    return str(a)


class _Tokenizer:
    """Cuts a text; with offsets also gives where the pieces stand, in bytes."""

    def __init__(self, with_offsets: bool = False) -> None:
        self.with_offsets = with_offsets

    def spans(self, text: str) -> Iterator[Span]:
        raise NotImplementedError

    def __call__(self, text: Any) -> Any:
        text = _one(text, type(self).__name__)
        found = list(self.spans(text))
        pieces = np.array([text[a:b] for a, b in found] or [""])
        if not self.with_offsets:
            return pieces
        sides = (
            [len(text[:s].encode()) for s in side] for side in zip(*found, strict=True)
        )
        return (pieces, *(np.array(s, np.uint32) for s in sides))


class WhitespaceTokenizer(_Tokenizer):
    def spans(self, text: str) -> Iterator[Span]:
        return (m.span() for m in re.finditer(r"\S+", text))


class UnicodeCharTokenizer(_Tokenizer):
    def spans(self, text: str) -> Iterator[Span]:
        return ((i, i + 1) for i in range(len(text)))


def _script(c: str) -> str:
    if c.isspace():
        return "space"
    return unicodedata.name(c, "").split(" ")[0] if c.isalpha() else "common"


class UnicodeScriptTokenizer(_Tokenizer):
    """Cuts where the script changes."""

    def __init__(
        self, keep_whitespace: bool = False, with_offsets: bool = False
    ) -> None:
        super().__init__(with_offsets)
        self.keep = keep_whitespace

    def spans(self, text: str) -> Iterator[Span]:
        at = 0
        for kind, run in groupby(text, _script):
            end = at + len(list(run))
            if self.keep or kind != "space":
                yield at, end
            at = end


class RegexTokenizer(_Tokenizer):
    """Cuts at a pattern; of what separates, matches of another are kept."""

    def __init__(
        self,
        delim_pattern: str,
        keep_delim_pattern: str = "",
        with_offsets: bool = False,
    ) -> None:
        super().__init__(with_offsets)
        self.cut, self.kept = re.compile(delim_pattern), keep_delim_pattern

    def spans(self, text: str) -> Iterator[Span]:
        at = 0
        for m in self.cut.finditer(text):
            if m.start() > at:
                yield at, m.start()
            if self.kept and re.fullmatch(self.kept, m.group()):
                yield m.span()
            at = m.end()
        if at < len(text):
            yield at, len(text)


_SINGLE = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff]")
_RESERVED = re.compile(r"\[(?:CLS|SEP|UNK|PAD|MASK|unused\d+)\]")


def _punctuation(c: str) -> bool:
    signs = 33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96
    return signs or 123 <= ord(c) <= 126 or unicodedata.category(c).startswith("P")


class BasicTokenizer(_Tokenizer):
    """Words, signs and single ideographs."""

    def __init__(
        self,
        lower_case: bool = False,
        keep_whitespace: bool = False,
        normalization_form: NormalizeForm = NormalizeForm.NONE,
        preserve_unused_token: bool = True,
        with_offsets: bool = False,
    ) -> None:
        super().__init__(with_offsets)
        self.lower, self.keep = lower_case, keep_whitespace
        self.normal = NormalizeUTF8(normalization_form)
        self.reserved = preserve_unused_token

    def spans(self, text: str) -> Iterator[Span]:
        at = 0
        while at < len(text):
            reserved = self.reserved and _RESERVED.match(text, at)
            end = reserved.end() if reserved else self._end(text, at)
            if self.keep or not text[at].isspace():
                yield at, end
            at = end

    def _end(self, text: str, at: int) -> int:
        if _alone(text[at]) or text[at].isspace():
            return at + 1
        while at < len(text) and not _alone(text[at]) and not text[at].isspace():
            at += 1
        return at

    def __call__(self, text: Any) -> Any:
        text = str(self.normal(_one(text, "BasicTokenizer")))
        if self.lower:
            kept = _RESERVED.findall(text) if self.reserved else []
            text = text.lower()
            for token in kept:
                text = text.replace(token.lower(), token)
        return super().__call__(text)


def _alone(c: str) -> bool:
    return _punctuation(c) or bool(_SINGLE.match(c))


class WordpieceTokenizer:
    """Words as the longest pieces that a vocabulary has."""

    def __init__(
        self,
        vocab: Vocab,
        suffix_indicator: str = "##",
        max_bytes_per_token: int = 100,
        unknown_token: str = "[UNK]",
        with_offsets: bool = False,
    ) -> None:
        self.vocab, self.suffix = vocab, suffix_indicator
        self.most, self.unknown = max_bytes_per_token, unknown_token

    def __call__(self, text: Any) -> Any:
        words = self.vocab.vocab()
        return np.array(
            [p for w in np.ravel(text) for p in self._pieces(str(w), words)] or [""]
        )

    def _pieces(self, word: str, words: dict[str, int]) -> list[str]:
        out: list[str] = []
        at = 0
        while at < len(word):
            before = self.suffix if at else ""
            ends = range(len(word), at, -1)
            end = next((e for e in ends if before + word[at:e] in words), 0)
            if not end or len(word.encode()) > self.most:
                return [self.unknown or word]
            out.append(before + word[at:end])
            at = end
        return out


class BertTokenizer:
    """Basic tokens, in pieces."""

    def __init__(
        self,
        vocab: Vocab,
        suffix_indicator: str = "##",
        max_bytes_per_token: int = 100,
        unknown_token: str = "[UNK]",
        lower_case: bool = False,
        keep_whitespace: bool = False,
        normalization_form: NormalizeForm = NormalizeForm.NONE,
        preserve_unused_token: bool = True,
        with_offsets: bool = False,
    ) -> None:
        self.basic = BasicTokenizer(
            lower_case, keep_whitespace, normalization_form, preserve_unused_token
        )
        self.pieces = WordpieceTokenizer(
            vocab, suffix_indicator, max_bytes_per_token, unknown_token
        )

    def __call__(self, text: Any) -> Any:
        return self.pieces(self.basic(text))


class PythonTokenizer:
    """A function of the program's own from a text to a list."""

    def __init__(self, tokenizer: Callable[[str], Any]) -> None:
        if not callable(tokenizer):
            raise TypeError("tokenizer is not a callable Python function.")
        self.tokenizer = tokenizer

    def __call__(self, text: Any) -> Any:
        if not isinstance(text, np.ndarray):
            raise TypeError(f"input should be a NumPy array. Got {type(text)}.")
        return np.array(self.tokenizer(str(text)))


# --- texts into texts -----------------------------------------------------------------


class _Each:
    """A function of each text of an array."""

    def change(self, text: str) -> str:
        raise NotImplementedError

    def __call__(self, text: Any) -> Any:
        a = np.asarray(text)
        out = [self.change(str(t)) for t in a.reshape(-1)]
        return np.array(out).reshape(a.shape)


class CaseFold(_Each):
    def change(self, text: str) -> str:
        return text.casefold()


class NormalizeUTF8(_Each):
    def __init__(self, normalize_form: NormalizeForm = NormalizeForm.NFKC) -> None:
        self.form: Any = NormalizeForm(normalize_form)

    def change(self, text: str) -> str:
        return unicodedata.normalize(self.form.name, text) if self.form else text


class RegexReplace(_Each):
    def __init__(self, pattern: str, replace: str, replace_all: bool = True) -> None:
        self.pattern, self.replace = re.compile(pattern), replace
        self.count = 0 if replace_all else 1

    def change(self, text: str) -> str:
        return self.pattern.sub(self.replace, text, count=self.count)


class AddToken:
    """A token before (or behind) those of an array."""

    def __init__(self, token: str, begin: bool = True) -> None:
        self.token, self.begin = token, begin

    def __call__(self, text: Any) -> Any:
        tokens = [str(t) for t in np.ravel(text)]
        return np.array([self.token, *tokens] if self.begin else [*tokens, self.token])


class Ngram:
    """Runs of n words, joined."""

    def __init__(
        self,
        n: Any,
        left_pad: tuple[str, int] = ("", 0),
        right_pad: tuple[str, int] = ("", 0),
        separator: str = " ",
    ) -> None:
        self.sizes = [n] if isinstance(n, int) else list(n)
        for i, size in enumerate(self.sizes):
            if size < 1:
                raise ValueError(f"Input gram_{i} must be greater than 0.")
        self.pads, self.separator = (left_pad, right_pad), separator

    def __call__(self, text: Any) -> Any:
        words = [str(w) for w in np.ravel(text)]
        out: list[str] = []
        for n in self.sizes:
            (left, before), (right, behind) = self.pads
            padded = [left] * min(before, n - 1) + words + [right] * min(behind, n - 1)
            runs = (padded[i : i + n] for i in range(len(padded) - n + 1))
            out.extend(map(self.separator.join, runs))
        return np.array(out or [""])


class SlidingWindow:
    """Windows of a width along an axis, one a row."""

    def __init__(self, width: int, axis: int = 0) -> None:
        if not 1 <= width <= MOST:
            raise interval_error("width", 1)
        self.width, self.axis = width, axis

    def __call__(self, text: Any) -> Any:
        a = np.asarray(text)
        return np.lib.stride_tricks.sliding_window_view(a, self.width, self.axis).copy()


class Truncate:
    """At most so many values."""

    def __init__(self, max_seq_len: int) -> None:
        if not 1 <= max_seq_len <= MOST:
            raise interval_error("max_seq_len", 1)
        self.most = max_seq_len

    def __call__(self, text: Any) -> Any:
        a = np.asarray(text)
        if a.ndim not in (1, 2):
            raise pipeline_error(
                "Truncate: the input tensor should be of dimension 1 or 2."
            )
        return a[..., : self.most]


class TruncateSequencePair:
    """Two sequences of at most so many values together; the longer one loses."""

    def __init__(self, max_length: int) -> None:
        self.most = max_length

    def __call__(self, first: Any, second: Any) -> Any:
        a, b = np.asarray(first), np.asarray(second)
        while len(a) + len(b) > self.most:
            if len(a) > len(b):
                a = a[:-1]
            else:
                b = b[:-1]
        return a, b


class ToNumber:
    """Texts as numbers of a dtype."""

    def __init__(self, data_type: Any) -> None:
        self.dtype = dtypes.np_of(data_type)

    def __call__(self, text: Any) -> Any:
        a = np.asarray(text)
        kind = float if self.dtype.kind == "f" else int

        def number(word: str) -> Any:
            try:
                return kind(word)
            except ValueError:
                raise pipeline_error(
                    f'ToNumber: it is invalid to convert "{word}" to a number.'
                ) from None

        out = [number(str(w)) for w in a.reshape(-1)]
        return np.array(out, self.dtype).reshape(a.shape)
