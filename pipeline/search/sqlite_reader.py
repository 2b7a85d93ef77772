"""One state of an index to be searched: its letters as arrays, and where words stand in them.

A letter's `place` is its row in those arrays, over all segments; words are read when asked for."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.search.sqlite_columns import Columns
from pipeline.search.sqlite_postings import read_letters, read_places, read_spellings
from pipeline.search.sqlite_segments import columns_of, dead_places, segments
from pipeline.search.sqlite_words import IN_TEXT, OTHER_SPELLING, spelling_number

Places = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint32]
_LARGEST = np.uint64(0xFFFFFFFF)
KEPT_BYTES = 256 << 20
"""Of arrays once read so many bytes are kept, for what is asked next."""
_FEW = 16
"""Letters are looked up one by one where there are so many times more entries."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The letters a word is in, ascending; `info` and `spellings` as in `posting.letters`."""

    letters: Places
    spellings: npt.NDArray[np.uint16]
    info: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the index, and which of its spellings was asked for."""

    id: int
    spelling: int | None


@dataclass(frozen=True, slots=True)
class Directives:
    """Directives of some letters: their `rows` among all directives; and by where they begin, the
    `begins` and `ends` (as from `Reader.phrase`) and rows."""

    rows: Places
    begins: Places
    ends: Places
    by_place: Places

    def at(self, places: Places) -> Places:
        """The rows of the directives that some places of words are in, ascending, each as often as
        there are places in it."""
        if not len(self.begins):
            return np.empty(0, np.int64)
        at = np.searchsorted(self.begins, places, "right") - 1
        rows = self.by_place[at[(at >= 0) & (places < self.ends[at])]]
        rows.sort()
        return rows


class _Recent:
    """Arrays read last, up to some bytes of them. Segments never change, so neither do these."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Hashable, read: Callable[[], tuple[Any, int]]) -> Any:
        """What `read` gives, an object and its bytes, or gave before."""
        if key in self._held:
            self._held.move_to_end(key)
        else:
            self._held[key] = found = read()
            self._bytes += found[1]
            while self._bytes > self._limit and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1][1]
        return self._held[key][0]


class Reader:
    """The state of an index in the transaction that is open while this is used."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._recent = _Recent(KEPT_BYTES)
        self._segments = segments(db)
        self.columns = Columns.joined([columns_of(db, s) for s in self._segments])
        ends = list(accumulate((s.size for s in self._segments), initial=0))
        self._starts, self.size = ends[:-1], ends[-1]
        self.alive = np.ones(self.size, np.bool_)
        for segment, start in zip(self._segments, self._starts, strict=True):
            if segment.dead:
                self.alive[np.array(dead_places(db, segment.id)) + start] = False
        self.letters = int(self.alive.sum())
        self.mean_length = float(self.columns.length.mean()) if self.size else 1.0

    @staticmethod
    def state(db: sqlite3.Connection) -> object:
        """Equal for two states that have the same letters."""
        return db.execute(
            "SELECT id, (SELECT count(*) FROM dead WHERE segment = id) FROM segment"
        ).fetchall()

    def word(self, folded: str, exact: str = "", field: str = IN_TEXT) -> Word | None:
        """A word by its forms; None where it stands in no letter."""
        row = self._db.execute(
            "SELECT id, spellings FROM word WHERE folded = ?", (field + folded,)
        ).fetchone()
        return Word(row[0], spelling_number(row[1].split(), exact)) if row else None

    def entries(self, word: Word) -> Entries:
        """All letters that have a word."""

        def read() -> tuple[Entries, int]:
            entries = self._entries(word)
            return entries, 11 * len(entries.letters)

        found: Entries = self._recent.get(("letters", word.id), read)
        return found

    def _places(self, segment: int, word: Word) -> Numbers | None:
        def read() -> tuple[Numbers | None, int]:
            places = read_places(self._db, segment, word.id)
            return places, 0 if places is None else places.nbytes

        found: Numbers | None = self._recent.get(("places", segment, word.id), read)
        return found

    def _spellings(self, segment: int, word: Word) -> npt.NDArray[np.uint8]:
        def read() -> tuple[npt.NDArray[np.uint8], int]:
            spellings = read_spellings(self._db, segment, word.id)
            return spellings, spellings.nbytes

        found: npt.NDArray[np.uint8] = self._recent.get(("spellings", segment, word.id), read)
        return found

    def _entries(self, word: Word) -> Entries:
        found = []
        for segment, start in zip(self._segments, self._starts, strict=True):
            table = read_letters(self._db, segment.id, word.id)
            if table is not None:
                found.append((table.places + np.int64(start), *table[1:]))
        if not found:
            return Entries(np.empty(0, np.int64), np.empty(0, np.uint16), np.empty(0, np.uint8))
        return Entries(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))

    def phrase(self, words: list[Word], within: Places | None, *, exact: bool) -> Places:
        """Where words stand in a row, ascending: place of the letter << 16 | number of the first
        word. Only in the letters `within`; with `exact` only in the spellings asked for."""
        found = []
        for segment, start, local in self._with_some(within):
            places = self._in_a_row(segment, words, local, exact)
            if len(places):
                found.append(places.astype(np.int64) + (start << 16))
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def word_places(self, word: Word, within: Places) -> tuple[Places, Places]:
        """Where a word stands in some letters, as from `phrase`, and where it does so in the
        spelling asked for."""
        found, exact = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for segment, start, local in self._with_some(within):
            places = self._places(segment, word)
            if places is None or local is None:
                continue
            rows = _rows_of_letters(places, local)
            chosen = places[rows].astype(np.int64) + (start << 16)
            found.append(chosen)
            wanted = OTHER_SPELLING if word.spelling is None else word.spelling
            exact.append(chosen[self._spellings(segment, word)[rows] == wanted])
        return np.concatenate(found), np.concatenate(exact)

    def _with_some(self, within: Places | None) -> Iterator[tuple[int, int, Numbers | None]]:
        """Segments that have some of the letters: their ids, their first places, the letters."""
        for segment, start in zip(self._segments, self._starts, strict=True):
            local = None
            if within is not None:
                low, high = np.searchsorted(within, (start, start + segment.size))
                local = (within[low:high] - start).astype(np.uint32)
            if local is None or len(local):
                yield segment.id, start, local

    def _in_a_row(
        self, segment: int, words: list[Word], within: Numbers | None, exact: bool
    ) -> Numbers:
        rows: list[tuple[int, Numbers]] = []
        for number, word in enumerate(words):
            places = self._places(segment, word)
            if places is None:
                return np.empty(0, np.uint32)
            if exact:
                wanted = OTHER_SPELLING if word.spelling is None else word.spelling
                places = places[self._spellings(segment, word) == wanted]
            if within is not None:
                places = places[_rows_of_letters(places, within)]
            rows.append((number, places))
        rows.sort(key=lambda row: len(row[1]))
        first, places = rows[0]
        starts = places - np.uint32(first)
        for number, places in rows[1:]:
            if not len(starts):
                break
            starts = _common(starts + np.uint32(number), places) - np.uint32(number)
        return starts

    @cached_property
    def first_directive(self) -> Places:
        """For each letter the row of its first directive."""
        counts = self.columns.directives.astype(np.int64)
        return np.cumsum(counts) - counts

    def directives_of(self, letters: Places) -> Directives:
        """All directives of some letters, ascending."""
        columns = self.columns
        counts = columns.directives[letters].astype(np.int64)
        steps = np.repeat(self.first_directive[letters] - (np.cumsum(counts) - counts), counts)
        rows: Places = np.arange(len(steps)) + steps
        of_letter = np.repeat(letters, counts) << 16
        begins = of_letter | columns.spans[rows, 0]
        order = np.argsort(begins, kind="stable")
        ends = of_letter | columns.spans[rows, 1]
        return Directives(rows, begins[order], ends[order], rows[order])

    def places_of(self, letters: list[int]) -> Places:
        """The places of letters, by their ids, ascending; without those that are dead."""
        wanted = np.array(sorted(letters), np.uint32)
        at = np.searchsorted(self.columns.letter, wanted)
        known = at < self.size
        at, wanted = at[known], wanted[known]
        at = at[self.columns.letter[at] == wanted]
        places: Places = at[self.alive[at]].astype(np.int64)
        return places


def _rows_of_letters(places: Numbers, letters: Numbers) -> Places:
    """The rows of those places that are in some letters, ascending both."""
    if len(letters) * _FEW < len(places):
        ends = np.concatenate((letters, letters + np.uint32(1))).astype(np.uint64) << np.uint64(16)
        edges = np.searchsorted(places, np.minimum(ends, _LARGEST).astype(np.uint32))
        low, counts = edges[: len(letters)], edges[len(letters) :] - edges[: len(letters)]
        steps = np.repeat(low - (counts.cumsum() - counts), counts)
        return np.asarray(np.arange(len(steps)) + steps)
    wanted = np.zeros(1 << 16, np.bool_)
    wanted[letters] = True
    return np.flatnonzero(wanted[places >> np.uint32(16)])


def _common(one: Numbers, other: Numbers) -> Numbers:
    """What is in both of two ascending arrays; `one` is the shorter."""
    if len(one) * _FEW < len(other):
        at = np.minimum(np.searchsorted(other, one), len(other) - 1)
        found: Numbers = one[other[at] == one]
    else:
        both = np.concatenate((one, other))
        both.sort(kind="stable")
        found = both[:-1][both[1:] == both[:-1]]
    return found
