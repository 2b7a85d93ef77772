"""Where a word stands in letters of the whole index, all segments as one: for looking at some
letters, which costs few steps however many segments they are in."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pipeline.search.sqlite_postings import PLACE_BITS, U8, U16, U32, Letters, Longs, row_id
from pipeline.search.sqlite_segment_reader import (
    FEW,
    NOWHERE,
    SegmentReader,
    Standing,
    Word,
)


class Places(NamedTuple):
    """Numbers of words in letters, and the spelling of each where it was asked for."""

    numbers: U16
    spellings: U8


@dataclass(frozen=True, slots=True)
class Occurrences:
    """All places of a word, letter by letter, of the `count` letters it is in, and the row of the
    first of each letter: `starts` has an entry for each of the `letters`, ascending, and one behind
    the last. Of a word that many letters have, `letters` is None and `starts` has an entry for each
    letter of the index."""

    count: int
    letters: U32 | None
    starts: U32
    places: Places

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        letters = 0 if self.letters is None else self.letters.nbytes
        return letters + self.starts.nbytes + sum(array.nbytes for array in self.places)

    def standing(self, wanted: Longs, spelling: int | None) -> Standing:
        """Where the word stands in some letters, ascending, that are counted from 0; and whether
        in a spelling, if one is asked for."""
        (standing,) = standing_together([self], wanted, None if spelling is None else [spelling])
        return standing

    def runs(self, wanted: Longs) -> tuple[U32, U32]:
        """For each of some letters, ascending, the row of the first place of the word in it, and
        how many rows there are; 0 where it is not in it."""
        if self.letters is None:
            low = self.starts.take(wanted)
            return low, self.starts.take(wanted + 1) - low
        if not len(self.letters):
            return np.zeros(len(wanted), np.uint32), np.zeros(len(wanted), np.uint32)
        small = wanted.astype(np.uint32)
        rows = self.letters.searchsorted(small)
        np.minimum(rows, len(self.letters) - 1, out=rows)
        low = self.starts.take(rows)
        counts = self.starts.take(rows + 1) - low
        counts *= self.letters.take(rows) == small
        return low, counts


def standing_together(
    each: Sequence[Occurrences], wanted: Longs, spellings: Sequence[int] | None
) -> list[Standing]:
    """`Occurrences.standing` of several words in the same letters: with few letters it is the
    number of steps that takes time, and most are done for all words at once."""
    if not len(wanted):
        return [NOWHERE] * len(each)
    runs = [one.runs(wanted) for one in each]
    low, counts = (np.concatenate(arrays).astype(np.int64) for arrays in zip(*runs, strict=True))
    ends = counts.cumsum()
    low -= ends
    low += counts
    steps = low.repeat(counts)
    steps += np.arange(len(steps))
    places = (
        (np.arange(len(wanted)) << PLACE_BITS)[None].repeat(len(each), 0).ravel().repeat(counts)
    )
    edges = [0, *ends[len(wanted) - 1 :: len(wanted)].tolist()]
    out: list[Standing] = []
    for n, (one, (start, end)) in enumerate(zip(each, pairwise(edges), strict=True)):
        part, rows = places[start:end], steps[start:end]
        part |= one.places.numbers.take(rows)
        if spellings is None:
            out.append(Standing(part, np.zeros(len(part), np.bool_)))
        else:
            out.append(Standing(part, one.places.spellings.take(rows) == spellings[n]))
    return out


def read_occurrences(
    db: sqlite3.Connection, segments: Sequence[SegmentReader], word: Word, *, spelled: bool
) -> Occurrences:
    """All places of a word. With `spelled` the spellings are read in one go: what stands at the
    end of a long row is reached only over all that stands before."""
    columns = "places, spellings" if spelled else "places, x''"
    sql = f"SELECT {columns} FROM posting WHERE id = ?"
    tables: list[tuple[int, Letters]] = []
    numbers, spellings = [np.empty(0, np.uint16)], [np.empty(0, np.uint8)]
    for segment in segments:
        if table := segment.letters(word):
            tables.append((segment.start, table))
            row = db.execute(sql, (row_id(segment.id, word.id),)).fetchone()
            numbers.append(np.frombuffer(row[0], np.uint16))
            spellings.append(np.frombuffer(row[1], np.uint8))
    places = Places(np.concatenate(numbers), np.concatenate(spellings))
    count, size = sum(len(table.places) for _, table in tables), sum(s.size for s in segments)
    many = count * FEW > size
    letters = None if many else np.empty(count, np.uint32)
    starts = np.zeros((size if many else count) + 1, np.uint32)
    at = 0
    for start, table in tables:
        end = at + len(table.places)
        if letters is None:
            starts[table.places + np.int64(start + 1)] = table.counts
        else:
            np.add(table.places, np.uint32(start), out=letters[at:end])
            starts[at + 1 : end + 1] = table.counts
        at = end
    np.cumsum(starts, dtype=np.uint32, out=starts)
    return Occurrences(count, letters, starts, places)
