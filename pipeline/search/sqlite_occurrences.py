"""Where a word stands in letters of the whole index, all segments as one: for looking at some
letters, which costs few steps however many segments they are in."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
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
        low = self.starts[rows].astype(np.int64)
        counts = self.starts[rows + 1] - low
        ends = counts.cumsum()
        steps = (low - (ends - counts)).repeat(counts)
        steps += np.arange(len(steps))
        places: Longs = (numbers << PLACE_BITS).repeat(counts)
        places |= self.places.numbers[steps]
        if spelling is None:
            return Standing(places, np.zeros(len(places), np.bool_))
        return Standing(places, self.places.spellings[steps] == spelling)


def _meeting(letters: U32, wanted: Longs) -> tuple[Longs, Longs]:
    """Of letters wanted, counted from 0, those that are among some, and their rows there."""
    rows = letters.searchsorted(wanted.astype(np.uint32))
    if len(letters):
        rows[rows == len(letters)] = 0
        numbers = (letters[rows] == wanted).nonzero()[0]
        return numbers, rows[numbers]
    return rows[:0], rows[:0]


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
