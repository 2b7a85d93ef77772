"""Where words stand, as rows of the table `posting`: made from letters, merged, read.

A row holds, for one word of one segment, three blobs. `letters` has three arrays one behind the
other, with an entry for each letter the word is in: the letter's place in the segment; which
spellings it has there, a bit each, the last for all after the 15th; how often it stands there (at
most 15) with a bit for each of the fields it stands in.
`places` has an entry for each time the word stands somewhere: place of the letter << 16 | number of
the word in the letter, ascending. `spellings` says for each of these which spelling it has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.search.sqlite_words import GAP, SPELLING_BITS

FIRST_PLACE = 64
"""Number of a letter's first word; more than a phrase has words, so that the number of a phrase's
start never runs below zero."""
LAST_PLACE = (1 << 16) - 1
"""Number of every word that stands so far back or farther."""
MOST_LETTERS = 1 << 16
"""Letters of a segment."""
COUNT = 15
TITLE, TEXT, RAW = 16, 32, 64
LAST_SPELLING_BIT = 15
_SHIFT = 32
_PLACE_BITS, _REGION_BITS = 16, 2
_BATCH_BITS = 11
MOST_IN_BATCH = 1 << _BATCH_BITS

Row = tuple[int, bytes, bytes, bytes]
U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]


class Letters(NamedTuple):
    """The letters a word of a segment is in: their places, and the rest of `posting.letters`."""

    places: U16
    spellings: U16
    info: U8

    @classmethod
    def from_bytes(cls, data: bytes) -> Letters:
        """The arrays of a row."""
        count = len(data) // 5
        both = np.frombuffer(data, np.uint16, 2 * count)
        return cls(both[:count], both[count:], np.frombuffer(data, np.uint8, count, 4 * count))


def row_id(segment: int, word: int) -> int:
    """The id of a row of `posting`."""
    return segment << _SHIFT | word


def read_letters(db: sqlite3.Connection, segment: int, word: int) -> Letters | None:
    """The letters of a row, where there is one."""
    sql = "SELECT letters FROM posting WHERE id = ?"
    row = db.execute(sql, (row_id(segment, word),)).fetchone()
    return Letters.from_bytes(row[0]) if row else None


def read_places(db: sqlite3.Connection, segment: int, word: int) -> U32 | None:
    """The array `places` of a row, where there is one."""
    sql = "SELECT places FROM posting WHERE id = ?"
    row = db.execute(sql, (row_id(segment, word),)).fetchone()
    return np.frombuffer(row[0], np.uint32) if row else None


def read_spellings(db: sqlite3.Connection, segment: int, word: int) -> U8:
    """The array `spellings` of a row that is there."""
    sql = "SELECT spellings FROM posting WHERE id = ?"
    return np.frombuffer(db.execute(sql, (row_id(segment, word),)).fetchone()[0], np.uint8)


class Batch:
    """Letters on their way into a new segment, at most MOST_IN_BATCH."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self._starts: list[int] = []
        self._regions: list[int] = []
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._starts)

    def put(self, title: list[int], text: list[int], raw: list[int]) -> int:
        """Take in a letter's words; returns the number of the first word of the text."""
        self._starts.append(len(self.codes))
        for region, codes in enumerate((title, text, raw)):
            self.codes += codes
            self.codes.append(GAP)
            self._regions.append(region)
            self._lengths.append(len(codes) + 1)
        return FIRST_PLACE + len(title) + 1

    def rows(self, segment: int) -> Iterator[Row]:
        """The rows of the new segment, by word."""
        keys = self._keys()
        spellings = (keys >> np.uint64(_REGION_BITS)).astype(np.uint8)
        above = keys >> np.uint64(_REGION_BITS + SPELLING_BITS)
        places = (above & np.uint64((1 << _PLACE_BITS + _BATCH_BITS) - 1)).astype(np.uint32)
        words = (above >> np.uint64(_PLACE_BITS + _BATCH_BITS)).astype(np.uint32)
        regions = (keys & np.uint64(3)).astype(np.uint8)
        yield from _rows(segment, words, places, spellings, _FIELDS[regions])

    def _keys(self) -> npt.NDArray[np.uint64]:
        """Each word as one number, sorted: word, letter, number in the letter, spelling, region."""
        codes = np.array(self.codes, np.int64)
        lengths = np.diff([*self._starts, len(codes)])
        numbers = np.arange(len(codes)) - np.repeat(self._starts, lengths) + FIRST_PLACE
        letters = np.repeat(np.arange(len(lengths)), lengths)
        regions = np.repeat(self._regions, self._lengths)
        place = letters << _PLACE_BITS | np.minimum(numbers, LAST_PLACE)
        spelling = codes & (1 << SPELLING_BITS) - 1
        keys = (codes >> SPELLING_BITS) << _PLACE_BITS + _BATCH_BITS | place
        keys = (keys << SPELLING_BITS | spelling) << _REGION_BITS | regions
        kept: npt.NDArray[np.uint64] = keys[codes != GAP].astype(np.uint64)
        kept.sort()
        return kept


_FIELDS = np.array([TITLE, TEXT, RAW], np.uint8)


def _rows(
    segment: int,
    words: U32,
    places: U32,
    spellings: U8,
    fields: U8,
) -> Iterator[Row]:
    if not len(words):
        return
    letters = (places >> np.uint32(_PLACE_BITS)).astype(np.uint16)
    new_word = np.flatnonzero(np.diff(words, prepend=words[0] + np.uint32(1)))
    changed = (np.diff(letters, prepend=letters[0] + np.uint16(1)) != 0).astype(np.bool_)
    changed[new_word] = True
    starts = np.flatnonzero(changed)
    counts = np.diff(np.append(starts, len(words)))
    flags = np.bitwise_or.reduceat(fields, starts)
    bits = np.left_shift(np.uint16(1), np.minimum(spellings, LAST_SPELLING_BIT).astype(np.uint16))
    info = np.minimum(counts, COUNT).astype(np.uint8) | flags
    of_letters = letters[starts], np.bitwise_or.reduceat(bits, starts), info
    first_rows = np.searchsorted(starts, new_word)
    blobs = [array.tobytes() for array in (*of_letters, places, spellings)]
    rows = pairwise([*first_rows.tolist(), len(starts)])
    entries = pairwise([*new_word.tolist(), len(words)])
    for word, (a, b), (i, j) in zip(words[new_word].tolist(), rows, entries, strict=True):
        row = blobs[0][2 * a : 2 * b] + blobs[1][2 * a : 2 * b] + blobs[2][a:b]
        yield row_id(segment, word), row, blobs[3][4 * i : 4 * j], blobs[4][i:j]


def merged_rows(
    db: sqlite3.Connection, segment: int, olds: Sequence[int], moves: Sequence[U32]
) -> Iterator[Row]:
    """The rows of a segment made of others, in the order of words. `moves` says for each letter of
    each old segment its place in the new one, MOST_LETTERS for the dead."""
    ranges = " UNION ALL ".join("SELECT id FROM posting WHERE id BETWEEN ? AND ?" for _ in olds)
    limits = [limit for old in olds for limit in (row_id(old, 0), row_id(old + 1, 0) - 1)]
    mask = row_id(1, 0) - 1
    ids = np.array([row[0] for row in db.execute(ranges, limits)], np.int64)
    words = np.unique(ids & mask)
    present = {old: set((ids[ids >> _SHIFT == old] & mask).tolist()) for old in olds}
    sql = "SELECT letters, places, spellings FROM posting WHERE id = ?"
    for word in words.tolist():
        parts = []
        for old, move in zip(olds, moves, strict=True):
            if word in present[old]:
                blobs = db.execute(sql, (row_id(old, word),)).fetchone()
                parts.append(_moved(blobs, move))
        blob = [b"".join(a.tobytes() for a in arrays) for arrays in zip(*parts, strict=True)]
        if blob[0]:
            yield row_id(segment, word), b"".join(blob[:3]), blob[3], blob[4]


def _moved(blobs: tuple[bytes, bytes, bytes], move: U32) -> tuple[U16, U16, U8, U32, U8]:
    """A row whose letters have moved, without the dead."""
    letters = Letters.from_bytes(blobs[0])
    places, spellings = np.frombuffer(blobs[1], np.uint32), np.frombuffer(blobs[2], np.uint8)
    new = move[letters.places]
    of_place = move[places >> np.uint32(_PLACE_BITS)]
    alive, alive_places = new < MOST_LETTERS, of_place < MOST_LETTERS
    number = places & np.uint32((1 << _PLACE_BITS) - 1)
    moved = (of_place << np.uint32(_PLACE_BITS) | number)[alive_places]
    return (
        new[alive].astype(np.uint16),
        letters.spellings[alive],
        letters.info[alive],
        moved,
        spellings[alive_places],
    )
