"""Where words stand, as rows of the table `posting`: made from letters, read.

A row holds, for one word of one segment, three blobs. `letters` has three arrays one behind the
other, with an entry for each letter the word is in: the letter's place in the segment; in which
spellings it stands there, a bit each, the last for all after the 12th, and above these a bit for
each of the fields it stands in; how often it stands there.
`places` has an entry for each time the word stands somewhere: its number among the words of the
letter, ascending, letter by letter. `spellings` says for each of these which spelling it has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.search.runs import starts_of_runs
from pipeline.search.sqlite_words import CODE_BYTES, GAP_CODE, SPELLING_BITS

FIRST_PLACE = 64
"""Number of a letter's first word; more than a phrase has words, so that the number of a phrase's
start never runs below zero."""
LAST_PLACE = (1 << 16) - 1
"""Number of every word that stands so far back or farther; the same word only once."""
MOST_LETTERS = 1 << 16
"""Letters of a segment."""
LAST_SPELLING_BIT = 12
FIELD_SHIFT = LAST_SPELLING_BIT + 1
TITLE, TEXT, RAW = 1, 2, 4
"""Bits of fields, to be shifted."""
PLACE_BITS = 16
_SHIFT = 32
_REGION_BITS = 2
BATCH_BITS = 11
MOST_IN_BATCH = 1 << BATCH_BITS

Row = tuple[int, bytes, bytes, bytes]
U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
Longs = npt.NDArray[np.int64]


class Letters(NamedTuple):
    """The letters a word of a segment is in: their places, and the rest of `posting.letters`."""

    places: U16
    marks: U16
    counts: U16

    @classmethod
    def from_bytes(cls, data: bytes) -> Letters:
        """The arrays of a row."""
        return cls(*np.frombuffer(data, np.uint16).reshape(3, -1))


def row_id(segment: int, word: int) -> int:
    """The id of a row of `posting`."""
    return segment << _SHIFT | word


def word_of(row: int) -> int:
    """The word of a row, by its id."""
    return row & (1 << _SHIFT) - 1


def read_letters(db: sqlite3.Connection, segment: int, word: int) -> Letters | None:
    """The letters of a row, where there is one."""
    sql = "SELECT letters FROM posting WHERE id = ?"
    row = db.execute(sql, (row_id(segment, word),)).fetchone()
    return Letters.from_bytes(row[0]) if row else None


def read_places(db: sqlite3.Connection, segment: int, word: int) -> U16 | None:
    """The array `places` of a row, where there is one."""
    sql = "SELECT places FROM posting WHERE id = ?"
    row = db.execute(sql, (row_id(segment, word),)).fetchone()
    return np.frombuffer(row[0], np.uint16) if row else None


def read_spellings(db: sqlite3.Connection, segment: int, word: int) -> U8:
    """The array `spellings` of a row that is there."""
    sql = "SELECT spellings FROM posting WHERE id = ?"
    return np.frombuffer(db.execute(sql, (row_id(segment, word),)).fetchone()[0], np.uint8)


class Batch:
    """Letters on their way into a new segment, at most MOST_IN_BATCH."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths) // len(_FIELDS)

    def put(self, title: bytes, text: bytes, raw: bytes) -> int:
        """Take in a letter's words as codes; returns the number of the first word of the text."""
        for codes in (title, text, raw):
            self._parts += (codes, GAP_CODE)
            self._lengths.append(len(codes) // CODE_BYTES + 1)
        return FIRST_PLACE + len(title) // CODE_BYTES + 1

    def words(self) -> tuple[Longs, Longs]:
        """All words in order, -1 at gaps, and the letter each is in."""
        words = self._codes() >> SPELLING_BITS
        return words, np.repeat(np.arange(len(self)), self._of_letters())

    def rows(self, segment: int) -> Iterator[Row]:
        """The rows of the new segment, by word."""
        keys = _once(self._keys())
        marks = _MARKS[keys & (1 << SPELLING_BITS + _REGION_BITS) - 1]
        keys >>= _REGION_BITS
        spellings = keys.astype(np.uint8)
        keys >>= SPELLING_BITS
        places = (keys & (1 << PLACE_BITS + BATCH_BITS) - 1).astype(np.uint32)
        keys >>= PLACE_BITS + BATCH_BITS
        yield from _rows(segment, keys, places, spellings, marks)

    def _codes(self) -> Longs:
        return np.frombuffer(b"".join(self._parts), np.int64)

    def _of_letters(self) -> Longs:
        """How many words each letter has."""
        words: Longs = np.array(self._lengths, np.int64).reshape(-1, len(_FIELDS)).sum(1)
        return words

    def _keys(self) -> Longs:
        """Each word as one number, sorted: word, letter, number in the letter, spelling, region."""
        codes, lengths = self._codes(), self._of_letters()
        starts = np.cumsum(lengths) - lengths
        numbers = np.arange(FIRST_PLACE, len(codes) + FIRST_PLACE)
        numbers -= np.repeat(starts, lengths)
        np.minimum(numbers, LAST_PLACE, out=numbers)
        keys = codes >> SPELLING_BITS
        keys <<= BATCH_BITS
        keys |= np.repeat(np.arange(len(self)), lengths)
        keys <<= PLACE_BITS
        keys |= numbers
        keys <<= SPELLING_BITS
        keys |= codes & (1 << SPELLING_BITS) - 1
        keys <<= _REGION_BITS
        keys |= np.repeat(np.tile(np.arange(len(_FIELDS)), len(self)), self._lengths)
        kept: Longs = keys[codes >= 0]
        kept.sort()
        return kept


_FIELDS = (TITLE, TEXT, RAW)


def _marks() -> U16:
    """The bits of `marks` by spelling << 2 | region."""
    spellings = np.minimum(np.arange(1 << SPELLING_BITS), LAST_SPELLING_BIT)
    fields = np.array([*_FIELDS, 0]) << FIELD_SHIFT
    return (1 << spellings[:, None] | fields).astype(np.uint16).ravel()


_MARKS = _marks()


def _once(keys: Longs) -> Longs:
    """Sorted keys without those of a word that stood at the same place before, which can only be
    the last."""
    above = keys >> SPELLING_BITS + _REGION_BITS
    first = starts_of_runs(above)
    return keys if len(first) == len(keys) else keys.take(first)


def _rows(segment: int, words: Longs, places: U32, spellings: U8, marks: U16) -> Iterator[Row]:
    if not len(words):
        return
    letters = (places >> np.uint32(PLACE_BITS)).astype(np.uint16)
    new_word = starts_of_runs(words)
    changed = np.empty(len(letters), np.bool_)
    np.not_equal(letters[1:], letters[:-1], out=changed[1:])
    changed[new_word] = True
    starts = changed.nonzero()[0]
    counts = np.diff(starts, append=len(words)).astype(np.uint16)
    of_letters = letters[starts], np.bitwise_or.reduceat(marks, starts), counts
    first_rows = np.searchsorted(starts, new_word)
    numbers = places.astype(np.uint16)
    blobs = [array.tobytes() for array in (*of_letters, numbers, spellings)]
    rows = pairwise([*first_rows.tolist(), len(starts)])
    entries = pairwise([*new_word.tolist(), len(words)])
    for word, (a, b), (i, j) in zip(words[new_word].tolist(), rows, entries, strict=True):
        row = b"".join(blob[2 * a : 2 * b] for blob in blobs[:3])
        yield row_id(segment, word), row, blobs[3][2 * i : 2 * j], blobs[4][i:j]
