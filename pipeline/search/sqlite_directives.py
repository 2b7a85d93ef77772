"""Directives of some letters, as ranges of words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.search.sqlite_postings import PLACE_BITS, Longs
from pipeline.search.sqlite_segment_reader import Flags, Standing


@dataclass(frozen=True)
class Directives:
    """Directives of some `letters` that are counted from 0, by where they begin: their `rows` among
    all directives of the index, their `begins` and `ends` (as in `Standing.places`)."""

    letters: Longs
    rows: Longs
    begins: Longs
    ends: Longs

    @property
    def owners(self) -> Longs:
        """The letter of each."""
        owners: Longs = self.letters.take(self.begins >> PLACE_BITS)
        return owners

    @cached_property
    def _apart(self) -> bool:
        """Whether none overlaps the next, as but in odd records."""
        return bool((self.ends[:-1] <= self.begins[1:]).all())

    def count(self, standing: Standing, *, spelled: bool) -> tuple[Longs, Longs]:
        """How often something stands in each, and with `spelled` how often as asked for."""
        places, same = standing
        size = len(self.begins)
        if len(places) < size and self._apart:
            # fewer to look up; what is in none is counted behind the last
            rows = self.begins.searchsorted(places, "right") - 1
            rows[(places >= self.ends.take(rows)) | (rows < 0)] = size
            counts = np.bincount(rows, minlength=size + 1)[:size]
            if spelled:
                rows[~same] = size
                return counts, np.bincount(rows, minlength=size + 1)[:size]
            return counts, np.zeros(size, np.int64)
        first, behind = places.searchsorted(self.begins), places.searchsorted(self.ends)
        counts = behind - first
        if not spelled:
            return counts, np.zeros(len(counts), np.int64)
        before = np.zeros(len(same) + 1, np.int64)
        same.cumsum(out=before[1:])
        return counts, before.take(behind) - before.take(first)

    def only(self, kept: Flags) -> Directives:
        """Some of them, and of the letters those that have one."""
        chosen = kept.nonzero()[0]
        begins, ends = self.begins.take(chosen), self.ends.take(chosen)
        numbers = begins >> PLACE_BITS
        there = np.zeros(len(self.letters), np.bool_)
        there[numbers] = True
        shift = ((there.cumsum() - 1).take(numbers) - numbers) << PLACE_BITS
        begins += shift
        ends += shift
        return Directives(self.letters[there], self.rows.take(chosen), begins, ends)
