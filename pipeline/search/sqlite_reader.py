"""One state of an index to be searched: its letters as arrays, and where words stand in them.

A letter's `place` is its row in those arrays, over all segments; words are read when asked for."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from pipeline.search.sqlite_columns import Columns
from pipeline.search.sqlite_directives import Directives
from pipeline.search.sqlite_facets import FacetColumns
from pipeline.search.sqlite_occurrences import Occurrences, read_occurrences, standing_together
from pipeline.search.sqlite_phrases import UNKNOWN, implied_words, phrase_in
from pipeline.search.sqlite_postings import PLACE_BITS, U8, U16, Longs
from pipeline.search.sqlite_segment_reader import (
    FEW,
    Counted,
    Flags,
    Recent,
    SegmentReader,
    Standing,
    Word,
)
from pipeline.search.sqlite_segments import columns_of, dead_places, segments
from pipeline.search.sqlite_spreads import SAME, Spread, info_of_letters, is_in, of_letters
from pipeline.search.sqlite_words import IN_TEXT, OTHER_SPELLING, spelling_number

KEPT_BYTES = 384 << 20
"""Of arrays once read so many bytes are kept, for what is asked next."""
_MOST_WORDS = 20_000
_NOTHING_BYTES = 100
"""What is held to know that there is nothing."""
_LENGTH = 0.2
"""BM25: how much a letter's length counts."""


class Reader:
    """The state of an index in the transaction that is open while this is used."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._recent = Recent(KEPT_BYTES)
        found = segments(db)
        self.columns = Columns.joined([columns_of(db, s) for s in found])
        *starts, self.size = accumulate((s.size for s in found), initial=0)
        self.alive = np.ones(self.size, np.bool_)
        for segment, start in zip(found, starts, strict=True):
            if segment.dead:
                self.alive[np.array(dead_places(db, segment.id)) + start] = False
        self._segments = [
            SegmentReader(db, segment.id, start, segment.size, self._recent)
            for segment, start in zip(found, starts, strict=True)
        ]
        self.letters = int(self.alive.sum())
        self._words: dict[str, tuple[int, list[str]]] = {}
        self._shown: dict[int, str] = {}
        self._densities: dict[int, float] = {}
        self._names: dict[str, tuple[str, list[int], list[int]]] = {}

    @staticmethod
    def state(db: sqlite3.Connection) -> object:
        """Equal for two states that have the same letters."""
        return db.execute(
            "SELECT id, (SELECT count(*) FROM dead WHERE segment = id) FROM segment"
        ).fetchall()

    def word(self, folded: str, exact: str = "", field: str = IN_TEXT) -> Word | None:
        """A word by its forms; None where it stands in no letter."""
        known = self._words.get(field + folded)
        if known is None:
            known = self._read_word(field + folded)
        number, spellings = known
        return Word(number, spelling_number(spellings, exact)) if spellings else None

    def _read_word(self, folded: str) -> tuple[int, list[str]]:
        sql = "SELECT id, spellings FROM word WHERE folded = ?"
        row = self._db.execute(sql, (folded,)).fetchone() or (0, "")
        if len(self._words) >= _MOST_WORDS:
            self._words.clear()
        self._words[folded] = known = row[0], row[1].split()
        return known

    def spread(self, word: Word) -> Spread:
        """All letters that have a word."""

        def read() -> tuple[Spread, int]:
            spread = self._spread(word)
            return spread, spread.nbytes

        found: Spread = self._recent.get(("spread", word), read)
        return found

    def _spread(self, word: Word) -> Spread:
        tables = [(s.start, s.letters(word)) for s in self._segments]
        found = [(start, table, info_of_letters(table, word)) for start, table in tables if table]
        count = sum(len(info) for _, _, info in found)
        same = sum(int(np.count_nonzero(info & np.uint8(SAME))) for _, _, info in found)
        if count * FEW > self.size:
            info_of_all = np.zeros(self.size, np.uint8)
            for start, table, info in found:
                info_of_all[table.places + np.int64(start)] = info
            return Spread.of_many(count, same, info_of_all)
        letters = [table.places + np.int64(start) for start, table, _ in found]
        return Spread.of_some(
            same,
            np.concatenate([np.empty(0, np.uint8), *(info for _, _, info in found)]),
            np.concatenate([np.empty(0, np.int64), *letters]),
        )

    def phrase(
        self, words: Sequence[Word], within: Longs | None = None, *, exact: bool = False
    ) -> Counted:
        """Letters in which words stand in a row, and how often, of those `within` if given, which
        are ascending; with `exact` only in the spellings asked for. Of a phrase that many letters
        may have, counts may be too low (`SegmentReader.phrase`)."""
        if within is None or len(within) * FEW > self.size:
            spreads = sorted((self.spread(word) for word in words), key=lambda s: s.count)
            if spreads[0].count * FEW <= self.size:
                some = spreads[0].all()
                within = some if within is None else some[is_in(within, some)]
        pairs = [self._pair(*two) for two in pairwise(words)]
        for pair in pairs:
            if pair is not None:
                letters = np.arange(self.size) if within is None else within
                there = of_letters(pair, letters).nonzero()[0]
                within = letters if len(there) == len(letters) else letters.take(there)
        if within is None or len(within) * FEW > self.size:
            return self._phrase_of_many(words, within, exact=exact)
        implied = {} if exact else self._implied(words, pairs, within)
        return self._phrase_of_few(words, within, implied, exact=exact)

    def _pair(self, first: Word, second: Word) -> U8 | None:
        """How often two words stand side by side in each letter, UNKNOWN where that is not kept of
        its segment; None where it is of none."""

        def read() -> tuple[U8 | None, int]:
            parts = [segment.side_by_side(first, second) for segment in self._segments]
            if all(part is None for part in parts):
                return None, _NOTHING_BYTES
            unknown = (
                np.full(segment.size, UNKNOWN, np.uint8) if part is None else part
                for segment, part in zip(self._segments, parts, strict=True)
            )
            found = np.concatenate(list(unknown))
            return found, found.nbytes

        pair: U8 | None = self._recent.get(("side by side", first.id, second.id), read)
        return pair

    def _times(self, word: Word) -> U8:
        """How often a word stands in each letter, UNKNOWN where oftener than can be told."""

        def read() -> tuple[U8, int]:
            times = np.zeros(self.size, np.uint8)
            for segment in self._segments:
                if table := segment.letters(word):
                    counts = np.minimum(table.counts, UNKNOWN).astype(np.uint8)
                    times[table.places + np.int64(segment.start)] = counts
            return times, times.nbytes

        times: U8 = self._recent.get(("times", word.id), read)
        return times

    def _phrase_of_many(
        self, words: Sequence[Word], within: Longs | None, *, exact: bool
    ) -> Counted:
        """It takes long to find in which of all letters such a phrase stands, so that is kept."""

        def read() -> tuple[U16, int]:
            parts = [segment.phrase(words, exact=exact) for segment in self._segments]
            most = np.iinfo(np.uint16).max
            least = np.minimum(np.concatenate(parts), most).astype(np.uint16)
            return least, least.nbytes

        spellings = tuple(word.spelling for word in words) if exact else ()
        key = ("phrase", tuple(word.id for word in words), spellings)
        least: U16 = self._recent.get(key, read)
        letters = np.arange(self.size) if within is None else within
        counts = of_letters(least, letters)
        there = counts.nonzero()[0]
        if len(there) < len(letters):
            letters, counts = letters.take(there), counts.take(there)
        return Counted(letters, counts.astype(np.int64))

    def _implied(
        self, words: Sequence[Word], pairs: Sequence[U8 | None], letters: Longs
    ) -> dict[int, Flags]:
        """Words of a phrase whose places need not be looked at (`implied_words`)."""
        beside = [
            one is not None or other is not None
            for one, other in zip([None, *pairs], [*pairs, None], strict=True)
        ]
        counts = [
            self._times(word).take(letters) if known else None
            for word, known in zip(words, beside, strict=True)
        ]
        some = [None if pair is None else pair.take(letters) for pair in pairs]
        return implied_words(some, counts)

    def _phrase_of_few(
        self, words: Sequence[Word], letters: Longs, implied: Mapping[int, Flags], *, exact: bool
    ) -> Counted:
        """Look at some letters, first for the word that stands least often in one, then for the one
        farthest from it, which is the least likely to come with it."""

        def standing(n: int, some: Longs) -> Longs:
            found = self.standing(words[n], some, spelled=exact)
            places = found.places[found.same] if exact else found.places
            places -= n
            return places

        looked_at = [n for n in range(len(words)) if n not in implied]
        first, *others = sorted(looked_at, key=lambda n: self.density(words[n]))
        others.sort(key=lambda n: -abs(n - first))
        order = [first, *others[:1], *sorted(others[1:]), *implied]
        return phrase_in(letters, order, implied, standing)

    def standing(self, word: Word, wanted: Longs, *, spelled: bool) -> Standing:
        """Where a word stands in some letters, ascending, that are counted from 0; with `spelled`
        also in which spelling."""
        spelling = OTHER_SPELLING if word.spelling is None else word.spelling
        occurrences = self._occurrences(word, spelled=spelled)
        return occurrences.standing(wanted, spelling if spelled else None)

    def standing_together(
        self, words: Sequence[Word], wanted: Longs, *, spelled: bool
    ) -> list[Standing]:
        """`standing` of several words in the same letters, of which there is one at least."""
        found = [self._occurrences(word, spelled=spelled) for word in words]
        numbers = [OTHER_SPELLING if w.spelling is None else w.spelling for w in words]
        return standing_together(found, wanted, numbers if spelled else None)

    def names_shown(self, ids: Sequence[int]) -> Mapping[int, str]:
        """How names are printed, at least those of some ids."""
        if missing := [name for name in ids if name not in self._shown]:
            marks = ", ".join("?" * len(missing))
            sql = f"SELECT id, shown FROM name WHERE id IN ({marks})"
            self._shown.update(self._db.execute(sql, missing).fetchall())
        return self._shown

    def names_having(self, kind: str, words: str) -> list[int]:
        """Ids of the names of a kind in which some folded words stand in a row."""
        if kind not in self._names:
            sql = "SELECT id, folded FROM name WHERE kind = ?"
            rows = self._db.execute(sql, (kind,)).fetchall()
            ends = list(accumulate(len(folded) + 3 for _, folded in rows))
            text = "".join(f" {folded} \n" for _, folded in rows)
            self._names[kind] = text, ends, [row[0] for row in rows]
        text, ends, ids = self._names[kind]
        found: list[int] = []
        at = text.find(f" {words} ")
        while at >= 0:
            row = bisect_right(ends, at)
            found.append(ids[row])
            at = text.find(f" {words} ", ends[row])
        return found

    def names_exactly(self, kind: str, names: Sequence[str]) -> list[int]:
        """Ids of the names of a kind that are some folded names, word for word."""
        marks = ", ".join("?" * len(names))
        sql = f"SELECT id FROM name WHERE kind = ? AND folded IN ({marks})"
        return [row[0] for row in self._db.execute(sql, (kind, *names))]

    def density(self, word: Word) -> float:
        """How often a word stands in a letter that has it, on average."""
        if word.id not in self._densities:
            found = self._occurrences(word, spelled=False)
            self._densities[word.id] = len(found.places.numbers) / max(found.count, 1)
        return self._densities[word.id]

    def _occurrences(self, word: Word, *, spelled: bool) -> Occurrences:
        def read() -> tuple[Occurrences, int]:
            found = read_occurrences(self._db, self._segments, word, spelled=spelled)
            return found, found.nbytes

        key = ("occurrences", word.id)
        spelled = spelled or (*key, True) in self._recent
        found: Occurrences = self._recent.get((*key, spelled), read)
        return found

    @cached_property
    def first_directive(self) -> Longs:
        """For each letter the row of its first directive."""
        counts = self.columns.directives.astype(np.int64)
        return np.cumsum(counts) - counts

    def directives_of(self, letters: Longs) -> Directives:
        """All directives of some letters, ascending."""
        columns = self.columns
        counts = columns.directives[letters].astype(np.int64)
        steps = np.repeat(self.first_directive[letters] - (np.cumsum(counts) - counts), counts)
        rows: Longs = np.arange(len(steps)) + steps
        of_letter = np.repeat(np.arange(len(letters)) << PLACE_BITS, counts)
        begins = of_letter | columns.spans[rows, 0]
        ends = of_letter | columns.spans[rows, 1]
        if (begins[1:] < begins[:-1]).any():
            order = np.argsort(begins, kind="stable")
            rows, begins, ends = rows[order], begins[order], ends[order]
        return Directives(letters, rows, begins, ends)

    def places_of(self, letters: list[int]) -> Longs:
        """The places of letters, by their ids, ascending; without those that are dead."""
        wanted = np.array(sorted(letters), np.uint32)
        at = np.searchsorted(self.columns.letter, wanted)
        known = at < self.size
        at, wanted = at[known], wanted[known]
        at = at[self.columns.letter[at] == wanted]
        places: Longs = at[self.alive[at]].astype(np.int64)
        return places

    @cached_property
    def share_of_length(self) -> npt.NDArray[np.float32]:
        """By how much scores count, so that long letters, which have more of all words, do not
        always come first."""
        lengths = self.columns.length
        mean = float(lengths.mean()) if self.size else 1.0
        return (1 / (lengths * (_LENGTH / mean) + (1 - _LENGTH))).astype(np.float32)

    @cached_property
    def facets(self) -> FacetColumns:
        """What facets are counted by."""
        return FacetColumns(self.columns, self.alive)
