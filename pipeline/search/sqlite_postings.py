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

from pipeline.search.runs import numbered, sorted_rows
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
        codes, places = self._codes(), self._places()
        regions = np.tile(np.arange(len(_FIELDS)), len(self)).repeat(self._lengths)
        told = (codes & (1 << SPELLING_BITS) - 1) << _REGION_BITS
        told |= regions
        there = (codes >= 0).nonzero()[0]
        ranks, words = numbered(codes.take(there) >> SPELLING_BITS)
        rows = there.take(sorted_rows(ranks, len(words)))
        starts = np.bincount(ranks, minlength=len(words)).cumsum()
        starts = np.concatenate(([0], starts))
        places, told = places.take(rows), told.take(rows)
        if (places & np.uint32(LAST_PLACE) == LAST_PLACE).any():
            first = _first_there(places, starts)
            places, told = places.take(first), told.take(first)
            starts = first.searchsorted(starts)
        spellings = (told >> _REGION_BITS).astype(np.uint8)
        yield from _rows(segment, _Words(words, starts), places, spellings, _MARKS.take(told))

    def _codes(self) -> Longs:
        return np.frombuffer(b"".join(self._parts), np.int64)

    def _of_letters(self) -> Longs:
        """How many words each letter has."""
        words: Longs = np.array(self._lengths, np.int64).reshape(-1, len(_FIELDS)).sum(1)
        return words

    def _places(self) -> U32:
        """Of each word its letter << 16 | its number there."""
        lengths = self._of_letters()
        numbers = np.arange(FIRST_PLACE, lengths.sum() + FIRST_PLACE)
        numbers -= (lengths.cumsum() - lengths).repeat(lengths)
        np.minimum(numbers, LAST_PLACE, out=numbers)
        numbers |= (np.arange(len(self)) << PLACE_BITS).repeat(lengths)
        return numbers.astype(np.uint32)


_FIELDS = (TITLE, TEXT, RAW)


def _marks() -> U16:
    """The bits of `marks` by spelling << 2 | region."""
    spellings = np.minimum(np.arange(1 << SPELLING_BITS), LAST_SPELLING_BIT)
    fields = np.array([*_FIELDS, 0]) << FIELD_SHIFT
    return (1 << spellings[:, None] | fields).astype(np.uint16).ravel()


_MARKS = _marks()


class _Words(NamedTuple):
    """Words, ascending, and the row at which the entries of each start; then how many there are."""

    words: Longs
    starts: Longs


def _first_there(places: U32, starts: Longs) -> Longs:
    """The rows without those of a word that stood at the same place before, which can only be the
    last."""
    first = np.ones(len(places), np.bool_)
    np.not_equal(places[1:], places[:-1], out=first[1:])
    first[starts[:-1]] = True
    rows: Longs = first.nonzero()[0]
    return rows


def _rows(segment: int, words: _Words, places: U32, spellings: U8, marks: U16) -> Iterator[Row]:
    if not len(places):
        return
    letters = (places >> np.uint32(PLACE_BITS)).astype(np.uint16)
    changed = np.empty(len(letters), np.bool_)
    np.not_equal(letters[1:], letters[:-1], out=changed[1:])
    changed[words.starts[:-1]] = True
    starts = changed.nonzero()[0]
    counts = np.diff(starts, append=len(places)).astype(np.uint16)
    of_letters = letters.take(starts), np.bitwise_or.reduceat(marks, starts), counts
    numbers = places.astype(np.uint16)
    blobs = [array.tobytes() for array in (*of_letters, numbers, spellings)]
    rows = pairwise(starts.searchsorted(words.starts).tolist())
    entries = pairwise(words.starts.tolist())
    for word, (a, b), (i, j) in zip(words.words.tolist(), rows, entries, strict=True):
        row = b"".join(blob[2 * a : 2 * b] for blob in blobs[:3])
        yield row_id(segment, word), row, blobs[3][2 * i : 2 * j], blobs[4][i:j]
