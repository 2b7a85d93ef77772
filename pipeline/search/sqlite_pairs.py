"""Words that often stand side by side, as rows of the table `pair`.

A phrase of frequent words stands in letters by the hundred thousand, and their places are too many
to be looked through. So a segment keeps, for each two words that stand side by side in one letter
of thirty-two or more, in which letters they do and how often: two arrays one behind the other,
places of letters and counts, at most 255. A segment that has a pair has it for all its letters; of
pairs it does not have, nothing is known, and places of words are looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pipeline.search.sqlite_postings import MOST_IN_BATCH, U8, U16, Longs

SHARE = 32
"""A pair is kept that stands in one letter of so many."""
MOST_COUNTED = 255
FEWEST = 512
"""Letters of a segment that keeps pairs: in fewer places are looked through as soon."""

PairRow = tuple[int, int, int, bytes]
INSERT_PAIR = "INSERT INTO pair (segment, first, second, letters) VALUES (?, ?, ?, ?)"


class Pair(NamedTuple):
    """The letters of a segment, by place, in which two words stand side by side, and how often."""

    places: U16
    counts: U8

    @classmethod
    def from_bytes(cls, data: bytes) -> Pair:
        """The arrays of a row."""
        count = len(data) // 3
        places = np.frombuffer(data, np.uint16, count)
        return cls(places, np.frombuffer(data, np.uint8, count, 2 * count))

    def to_bytes(self) -> bytes:
        """The reverse of `from_bytes`."""
        return self.places.tobytes() + self.counts.tobytes()

    @classmethod
    def counted(cls, letters: Longs) -> Pair:
        """From the letter of each time they stand so, ascending."""
        starts = np.flatnonzero(np.diff(letters, prepend=-1))
        counts = np.minimum(np.diff(starts, append=len(letters)), MOST_COUNTED)
        return cls(letters[starts].astype(np.uint16), counts.astype(np.uint8))


def read_pair(db: sqlite3.Connection, segment: int, first: int, second: int) -> Pair | None:
    """A row, where there is one."""
    sql = "SELECT letters FROM pair WHERE segment = ? AND first = ? AND second = ?"
    row = db.execute(sql, (segment, first, second)).fetchone()
    return Pair.from_bytes(row[0]) if row else None


def pair_rows(segment: int, words: Longs, letters: Longs) -> Iterator[PairRow]:
    """The rows of a new segment, from its words in order, -1 at gaps, and the letter of each."""
    size = int(letters[-1]) + 1 if len(letters) else 0
    if size < FEWEST:
        return
    frequent = np.flatnonzero(np.bincount(words[words >= 0]) * SHARE >= size)
    numbers = np.full(int(words.max()) + 2, -1, np.int64)  # the last is for the gaps
    numbers[frequent] = np.arange(len(frequent))
    own = numbers[words]
    both = np.flatnonzero((own[:-1] >= 0) & (own[1:] >= 0))
    keys = (own[both] * len(frequent) + own[both + 1]) * MOST_IN_BATCH + letters[both]
    keys.sort()
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    pairs, of_letters = np.divmod(keys[starts], MOST_IN_BATCH)
    times = np.diff(starts, append=len(keys))
    places, counts = of_letters.astype(np.uint16), np.minimum(times, MOST_COUNTED).astype(np.uint8)
    edges = [*np.flatnonzero(np.diff(pairs, prepend=-1)).tolist(), len(pairs)]
    for start, end in pairwise(edges):
        if (end - start) * SHARE >= size:
            first, second = divmod(int(pairs[start]), len(frequent))
            pair = Pair(places[start:end], counts[start:end])
            yield segment, int(frequent[first]), int(frequent[second]), pair.to_bytes()
