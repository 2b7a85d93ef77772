"""What one segment knows of words: in which letters they are, where they stand, where in a row.

Letters are places in the segment here. Arrays once read are kept, for what is asked next."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.search.sqlite_pairs import Pair, read_pair
from pipeline.search.sqlite_postings import (
    PLACE_BITS,
    U8,
    U16,
    U32,
    Letters,
    Longs,
    read_letters,
    read_places,
    read_spellings,
)
from pipeline.search.sqlite_words import OTHER_SPELLING

FEW = 16
"""Letters are looked up one by one where there are so many times more entries."""
_MANY, _SPARSE, _RANGE = 1000, 500, 1 << 20
"""Numbers that are this many, and one of so many in their range, are marked in an array, a range
at a time that a processor holds at hand."""
Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int32]
_Count = TypeVar("_Count", np.uint8, np.uint16)


class Word(NamedTuple):
    """A word of the index, and which of its spellings was asked for."""

    id: int
    spelling: int | None


class Recent:
    """Arrays read last, up to some bytes of them. Segments never change, so neither do these."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def get(self, key: Hashable, read: Callable[[], tuple[Any, int]]) -> Any:
        """What `read` gives, an object and its bytes, or gave before."""
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            return held[0]
        self._held[key] = found = read()
        self._bytes += found[1]
        while self._bytes > self._limit and len(self._held) > 1:
            self._bytes -= self._held.popitem(last=False)[1][1]
        return found[0]


class Counted(NamedTuple):
    """Letters, ascending, and how often something stands in each."""

    letters: Longs
    counts: Longs


class Standing(NamedTuple):
    """Where something stands in some letters that are counted from 0: number of the letter << 16 |
    number of the word, ascending; and whether it stands there in the spelling asked for."""

    places: Longs
    same: Flags


NOWHERE = Standing(np.empty(0, np.int64), np.empty(0, np.bool_))


class SegmentReader:
    """A segment of `size` letters, the first of which has the place `start` in the index."""

    def __init__(
        self, db: sqlite3.Connection, segment: int, start: int, size: int, recent: Recent
    ) -> None:
        self.start = start
        self.size = size
        self._db = db
        self.id = segment
        self._recent = recent

    def letters(self, word: Word) -> Letters | None:
        """The letters a word is in, None where it is in none."""

        def read() -> tuple[Letters | None, int]:
            letters = read_letters(self._db, self.id, word.id)
            return letters, 6 * len(letters.places) if letters else 0

        found: Letters | None = self._recent.get(("letters", self.id, word.id), read)
        return found

    def _places(self, word: Word) -> U16:
        def read() -> tuple[U16 | None, int]:
            places = read_places(self._db, self.id, word.id)
            return places, 0 if places is None else places.nbytes

        found: U16 = self._recent.get(("places", self.id, word.id), read)
        return found

    def _spellings(self, word: Word) -> U8:
        def read() -> tuple[U8, int]:
            spellings = read_spellings(self._db, self.id, word.id)
            return spellings, spellings.nbytes

        found: U8 = self._recent.get(("spellings", self.id, word.id), read)
        return found

    def _starts(self, word: Word, letters: Letters) -> U32:
        """For each of a word's letters, and behind the last, the row of its first place."""

        def read() -> tuple[U32, int]:
            starts = np.zeros(len(letters.counts) + 1, np.uint32)
            np.cumsum(letters.counts, out=starts[1:])
            return starts, starts.nbytes

        found: U32 = self._recent.get(("starts", self.id, word.id), read)
        return found

    def _pair(self, first: Word, second: Word) -> Pair | None:
        def read() -> tuple[Pair | None, int]:
            pair = read_pair(self._db, self.id, first.id, second.id)
            return pair, 3 * len(pair.places) if pair else 100

        found: Pair | None = self._recent.get(("pair", self.id, first.id, second.id), read)
        return found

    def side_by_side(self, first: Word, second: Word) -> U8 | None:
        """For each letter how often two words stand so, None where that is not kept."""
        pair = read_pair(self._db, self.id, first.id, second.id)
        if pair is not None:
            return spread_out(*pair, self.size)
        if self.letters(first) is None or self.letters(second) is None:
            return np.zeros(self.size, np.uint8)
        return None

    def _steps(
        self, word: Word, letters: Letters, wanted: Longs
    ) -> tuple[Longs, Longs | U16, Longs | slice]:
        """Of letters wanted, counted from 0, those that have a word, how often each has it, and
        the rows of its places in them."""
        numbers, rows = _meeting(letters.places, wanted)
        if len(rows) == len(letters.places):
            return numbers, letters.counts, slice(None)
        starts = self._starts(word, letters)
        low = starts[rows].astype(np.int64)
        counts = starts[rows + 1] - low
        ends = np.cumsum(counts)
        steps = np.repeat(low - (ends - counts), counts)
        steps += np.arange(len(steps))
        return numbers, counts, steps

    def _close_together(self, word: Word, wanted: Longs, width: int, *, exact: bool) -> Longs:
        """Where a word stands in some letters, as number of the letter * width + number of the
        word: where many are close together they are quicker told apart (is_among)."""
        letters = self.letters(word)
        assert letters is not None
        numbers, counts, steps = self._steps(word, letters, wanted)
        places: Longs = np.repeat(numbers * width, counts)
        places += self._places(word)[steps]
        if exact:
            wanted_spelling = OTHER_SPELLING if word.spelling is None else word.spelling
            places = places[self._spellings(word)[steps] == wanted_spelling]
        return places

    def phrase(self, words: Sequence[Word], *, exact: bool) -> Times:
        """For each letter how often words stand in a row in it; with `exact` only in the spellings
        asked for. Where it is certain of a letter, without looking at places, that they do, that
        may be too low."""
        tables = [table for word in words if (table := self.letters(word))]
        least: Times = np.zeros(self.size, np.int32)
        if len(tables) < len(words):
            return least
        counts = [spread_out(table.places, table.counts, self.size) for table in tables]
        candidates = np.ones(self.size, np.bool_)
        for count in counts:
            candidates &= count > 0
        if len(words) == 1 and not exact:
            return counts[0].astype(np.int32)
        if not exact and np.count_nonzero(candidates) * FEW > self.size:
            candidates, least = self._certain(words, counts, candidates)
        found = self._counted(words, np.flatnonzero(candidates), exact=exact)
        least[found.letters] = found.counts
        return least

    def _certain(
        self, words: Sequence[Word], counts: Sequence[U16], candidates: Flags
    ) -> tuple[Flags, Times]:
        """By the pairs that are kept: the letters in which the words may stand in a row but need
        not, and for the others how often they surely do. Each time the words `b` stand, only one
        can be before and one behind them: where `a b` and `b c` stand oftener together than `b`
        does, `a b c` stands there."""
        pairs = [self._pair(*two) for two in pairwise(words)]
        sides = [spread_out(*pair, self.size) for pair in pairs if pair]
        for side in sides:
            candidates = candidates & (side > 0)
        least = np.zeros(self.size, np.int32)
        if len(sides) < len(pairs):
            return candidates, least
        for side in sides:
            least += side
        for count in counts[1:-1]:
            least -= count
        least *= candidates
        np.maximum(least, 0, out=least)
        return candidates & (least == 0), least

    def _counted(self, words: Sequence[Word], letters: Longs, *, exact: bool) -> Counted:
        """Look in some letters whether words stand in a row, and how often."""
        width = 1 << PLACE_BITS
        if len(letters) * FEW > self.size:
            width = 1 + len(words) + max(int(self._places(word).max()) for word in words)
        standing = (self._close_together(w, letters, width, exact=exact) for w in words)
        places = in_a_row(list(standing))
        counts = np.bincount(places // width, minlength=len(letters))
        there = np.flatnonzero(counts)
        return Counted(letters[there], counts[there])


def in_a_row(places: Sequence[Longs], steps: Sequence[int] = ()) -> Longs:
    """Where the first of some things stands with all others behind it: each so many words behind
    the one before, one where nothing is said."""
    offsets = np.cumsum([0, *(steps or [1] * (len(places) - 1))]).tolist()
    rows = sorted(zip(offsets, places, strict=True), key=lambda row: len(row[1]))
    (first, shortest), *others = rows
    starts = shortest - first
    for offset, there in others:
        if not len(starts):
            break
        starts = starts[is_among(starts + offset, there)]
    found: Longs = starts
    return found


def is_among(one: Longs, other: Longs) -> Flags:
    """For each of some numbers whether it is among others, both ascending, none twice."""
    if not len(other):
        return np.zeros(len(one), np.bool_)
    if len(one) < _MANY or len(one) * _SPARSE < other[-1]:
        at = np.searchsorted(other, one)
        at[at == len(other)] = 0
        return np.asarray(other[at] == one)
    found = np.zeros(len(one), np.bool_)
    there = np.zeros(_RANGE, np.bool_)
    edges = np.arange(0, max(one[-1], other[-1]) + _RANGE, _RANGE)
    ends, other_ends = np.searchsorted(one, edges), np.searchsorted(other, edges)
    for edge, (a, b), (i, j) in zip(edges, pairwise(ends), pairwise(other_ends), strict=False):
        others = other[i:j] - edge
        there[others] = True
        found[a:b] = there[one[a:b] - edge]
        there[others] = False
    return found


def _meeting(letters: U16, wanted: Longs) -> tuple[Longs, Longs]:
    """Of letters wanted, counted from 0, those that are among some, and their rows there."""
    if len(wanted) * FEW < len(letters):
        rows = np.searchsorted(letters, wanted.astype(np.uint16))
        rows[rows == len(letters)] = 0
        numbers = np.flatnonzero(letters[rows] == wanted)
        return numbers, rows[numbers]
    number_of = np.full(1 << 16, -1, np.int32)
    number_of[wanted] = np.arange(len(wanted), dtype=np.int32)
    found = number_of[letters]
    rows = np.flatnonzero(found >= 0)
    return found[rows].astype(np.int64), rows


def spread_out(places: U16, counts: npt.NDArray[_Count], size: int) -> npt.NDArray[_Count]:
    """The counts of letters as an array over all `size` letters of the segment."""
    out = np.zeros(size, counts.dtype)
    out[places] = counts
    return out
