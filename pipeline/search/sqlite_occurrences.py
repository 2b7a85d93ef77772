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
    """All places of a word: the `letters` it is in, ascending; for each, and behind the last, the
    row of its first place (`starts`); and by row the `places`."""

    letters: U32
    starts: U32
    places: Places

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(array.nbytes for array in (self.letters, self.starts, *self.places))

    def standing(self, wanted: Longs, spelling: int | None) -> Standing:
        """Where the word stands in some letters, ascending, that are counted from 0; and whether
        in a spelling, if one is asked for."""
        numbers, rows = _meeting(self.letters, wanted)
        low = self.starts.take(rows).astype(np.int64)
        counts: Longs = self.starts.take(rows + 1).astype(np.int64) - low
        ends: Longs = counts.cumsum()
        steps: Longs = (low - (ends - counts)).repeat(counts)
        steps += np.arange(len(steps))
        places: Longs = (numbers << PLACE_BITS).repeat(counts)
        places |= self.places.numbers.take(steps)
        if spelling is None:
            return Standing(places, np.zeros(len(places), np.bool_))
        return Standing(places, self.places.spellings.take(steps) == spelling)

    def runs(self, wanted: U32) -> tuple[Longs, Longs]:
        """For each of some letters, ascending, the row of the first place of the word in it, and
        how many rows there are; 0 where it is not in it."""
        if not len(self.letters):
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.int64)
        rows = self.letters.searchsorted(wanted)
        np.minimum(rows, len(self.letters) - 1, out=rows)
        low = self.starts.take(rows)
        counts = self.starts.take(rows + 1) - low
        counts *= self.letters.take(rows) == wanted
        return low.astype(np.int64), counts.astype(np.int64)


def standing_together(
    each: Sequence[Occurrences], wanted: Longs, spellings: Sequence[int] | None
) -> list[Standing]:
    """`Occurrences.standing` of several words in the same letters: with few letters it is the
    number of steps that takes time, and most are done for all words at once."""
    small = wanted.astype(np.uint32)
    runs = [one.runs(small) for one in each]
    low, counts = (np.concatenate(arrays) for arrays in zip(*runs, strict=True))
    ends = counts.cumsum()
    steps = (low - (ends - counts)).repeat(counts)
    steps += np.arange(len(steps))
    places = np.tile(np.arange(len(wanted)) << PLACE_BITS, len(each)).repeat(counts)
    edges = [0, *ends[len(wanted) - 1 :: len(wanted)].tolist()]
    out: list[Standing] = []
    for n, (one, (start, end)) in enumerate(zip(each, pairwise(edges), strict=True)):
        part = places[start:end]
        part |= one.places.numbers.take(steps[start:end])
        if spellings is None:
            out.append(Standing(part, np.zeros(len(part), np.bool_)))
        else:
            same = one.places.spellings.take(steps[start:end]) == spellings[n]
            out.append(Standing(part, same))
    return out


def _meeting(letters: U32, wanted: Longs) -> tuple[Longs, Longs]:
    """Of letters wanted, counted from 0, those that are among some, and their rows there."""
    if not len(letters):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    small = wanted.astype(np.uint32)
    rows = letters.searchsorted(small)
    np.minimum(rows, len(letters) - 1, out=rows)
    there = letters.take(rows) == small
    if there.all():
        return np.arange(len(wanted)), rows
    numbers = there.nonzero()[0]
    return numbers, rows.take(numbers)


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
    letters = np.empty(sum(len(table.places) for _, table in tables), np.uint32)
    starts = np.zeros(len(letters) + 1, np.uint32)
    at = 0
    for start, table in tables:
        end = at + len(table.places)
        np.add(table.places, np.uint32(start), out=letters[at:end])
        starts[at + 1 : end + 1] = table.counts
        at = end
    np.cumsum(starts, dtype=np.uint32, out=starts)
    return Occurrences(letters, starts, Places(np.concatenate(numbers), np.concatenate(spellings)))
