"""Directives of some letters, as ranges of words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.search.sqlite_postings import PLACE_BITS, Longs
from pipeline.search.sqlite_segment_reader import Flags, Standing


@dataclass(frozen=True, slots=True)
class Directives:
    """Directives of some `letters` that are counted from 0, by where they begin: their `rows` among
    all directives of the index, their `begins` and `ends` (as in `Standing.places`)."""

    letters: Longs
    rows: Longs
    begins: Longs
    ends: Longs

    def count(self, standing: Standing, *, spelled: bool) -> tuple[Longs, Longs]:
        """How often something stands in each, and with `spelled` how often as asked for."""
        places, same = standing
        if len(places) < len(self.begins):
            # fewer to look up, in ranges that do not overlap but for odd records
            rows = self.begins.searchsorted(places, "right") - 1
            if (self.ends[:-1] <= self.begins[1:]).all():
                inside = places < self.ends[rows]
                inside &= rows >= 0
                counts = np.bincount(rows[inside], minlength=len(self.begins))
                inside &= same
                return counts, np.bincount(rows[inside], minlength=len(self.begins))
        first, behind = places.searchsorted(self.begins), places.searchsorted(self.ends)
        counts = behind - first
        if not spelled:
            return counts, np.zeros(len(counts), np.int64)
        before = np.zeros(len(same) + 1, np.int64)
        same.cumsum(out=before[1:])
        return counts, before[behind] - before[first]

    def only(self, kept: Flags) -> Directives:
        """Some of them, and of the letters those that have one."""
        begins, ends = self.begins[kept], self.ends[kept]
        numbers = begins >> PLACE_BITS
        there = np.zeros(len(self.letters), np.bool_)
        there[numbers] = True
        shift = ((there.cumsum() - 1)[numbers] - numbers) << PLACE_BITS
        return Directives(self.letters[there], self.rows[kept], begins + shift, ends + shift)
