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

from pipeline.search.runs import numbered, sorted_rows, starts_of_runs
from pipeline.search.sqlite_postings import BATCH_BITS, MOST_IN_BATCH, U8, U16, Longs

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
    frequent = (np.bincount(words[words >= 0]) * SHARE >= size).nonzero()[0]
    numbers = np.full(int(words.max()) + 2, -1, np.int32)  # the last is for the gaps
    numbers[frequent] = np.arange(len(frequent), dtype=np.int32)
    own = numbers.take(words, mode="wrap")
    both = ((own[:-1] >= 0) & (own[1:] >= 0)).nonzero()[0]
    pairs = own.take(both) * np.int64(len(frequent)) + own.take(both + 1)
    # most do not stand so often that they may be in letters enough
    often = (np.bincount(pairs) * SHARE >= size).take(pairs).nonzero()[0]
    ranks, pairs = numbered(pairs.take(often))
    rows = sorted_rows(ranks, len(pairs))
    keys = ranks.take(rows) << BATCH_BITS | letters.take(both.take(often.take(rows)))
    starts = starts_of_runs(keys)
    times = np.diff(starts, append=len(keys))
    keys = keys.take(starts)
    ranks, places = keys >> BATCH_BITS, (keys & MOST_IN_BATCH - 1).astype(np.uint16)
    counts = np.minimum(times, MOST_COUNTED).astype(np.uint8)
    edges = [*starts_of_runs(ranks).tolist(), len(ranks)]
    for number, (start, end) in zip(pairs.tolist(), pairwise(edges), strict=True):
        if (end - start) * SHARE >= size:
            first, second = divmod(number, len(frequent))
            pair = Pair(places[start:end], counts[start:end])
            yield segment, int(frequent[first]), int(frequent[second]), pair.to_bytes()
