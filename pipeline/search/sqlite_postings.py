"""Where words stand, as rows of the table `posting`: made from letters, merged, read.

A row holds, for one word of one segment, three arrays. `letters` has a row of three for each letter
the word is in: the letter's place in the segment; how often the word stands there (12 bits) with
the fields it stands in; which spellings it has there, a bit each, the last for all after the 15th.
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
COUNT = (1 << 12) - 1
TITLE, TEXT, RAW = 1 << 12, 1 << 13, 1 << 14
LAST_SPELLING_BIT = 15
_SHIFT = 32
_PLACE_BITS, _REGION_BITS = 16, 2
_BATCH_BITS = 11
MOST_IN_BATCH = 1 << _BATCH_BITS

Row = tuple[int, bytes, bytes, bytes]
U32 = npt.NDArray[np.uint32]


class Posting(NamedTuple):
    """A word of a segment: the arrays of the module's docstring."""

    letters: npt.NDArray[np.uint16]
    places: U32
    spellings: npt.NDArray[np.uint8]


def row_id(segment: int, word: int) -> int:
    """The id of a row of `posting`."""
    return segment << _SHIFT | word


def read_letters(db: sqlite3.Connection, segment: int, word: int) -> npt.NDArray[np.uint16] | None:
    """The array `letters` of a row, where there is one."""
    sql = "SELECT letters FROM posting WHERE id = ?"
    row = db.execute(sql, (row_id(segment, word),)).fetchone()
    return np.frombuffer(row[0], np.uint16).reshape(-1, 3) if row else None


def read_places(
    db: sqlite3.Connection, segment: int, word: int
) -> tuple[U32, npt.NDArray[np.uint8]] | None:
    """The arrays `places` and `spellings` of a row, where there is one."""
    sql = "SELECT places, spellings FROM posting WHERE id = ?"
    row = db.execute(sql, (row_id(segment, word),)).fetchone()
    return (np.frombuffer(row[0], np.uint32), np.frombuffer(row[1], np.uint8)) if row else None


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
        regions = (keys & np.uint64(3)).astype(np.uint16)
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


_FIELDS = np.array([TITLE, TEXT, RAW], np.uint16)


def _rows(
    segment: int,
    words: U32,
    places: U32,
    spellings: npt.NDArray[np.uint8],
    fields: npt.NDArray[np.uint16],
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
    table = np.empty((len(starts), 3), np.uint16)
    table[:, 0] = letters[starts]
    table[:, 1] = np.minimum(counts, COUNT).astype(np.uint16) | flags
    table[:, 2] = np.bitwise_or.reduceat(bits, starts)
    yield from _cut(segment, words[new_word], new_word, starts, (table, places, spellings))


def _cut(
    segment: int,
    words: U32,
    new_word: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    arrays: tuple[npt.NDArray[np.uint16], U32, npt.NDArray[np.uint8]],
) -> Iterator[Row]:
    """One row of the table for each word, out of the arrays of all."""
    table, places, spellings = (array.tobytes() for array in arrays)
    ends = [*new_word.tolist(), len(arrays[1])]
    rows = [*np.searchsorted(starts, new_word).tolist(), len(starts)]
    bounds = zip(words.tolist(), pairwise(rows), pairwise(ends), strict=True)
    for word, (a, b), (i, j) in bounds:
        yield row_id(segment, word), table[6 * a : 6 * b], places[4 * i : 4 * j], spellings[i:j]


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
        letters, places, spellings = (
            b"".join(array.tobytes() for array in arrays) for arrays in zip(*parts, strict=True)
        )
        if letters:
            yield row_id(segment, word), letters, places, spellings


def _moved(blobs: tuple[bytes, bytes, bytes], move: U32) -> Posting:
    """A row whose letters have moved, without the dead."""
    letters = np.frombuffer(blobs[0], np.uint16).reshape(-1, 3)
    places = np.frombuffer(blobs[1], np.uint32)
    spellings = np.frombuffer(blobs[2], np.uint8)
    new = move[letters[:, 0]]
    of_place = move[places >> np.uint32(_PLACE_BITS)]
    if int(new.max(initial=0)) >= MOST_LETTERS:
        alive, alive_places = new < MOST_LETTERS, of_place < MOST_LETTERS
        letters, new = letters[alive], new[alive]
        places, of_place, spellings = (
            places[alive_places],
            of_place[alive_places],
            spellings[alive_places],
        )
    letters = letters.copy()
    letters[:, 0] = new
    number = places & np.uint32((1 << _PLACE_BITS) - 1)
    return Posting(letters, of_place << np.uint32(_PLACE_BITS) | number, spellings)
