"""How many of the letters found fall on each year, body and type."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.search.sqlite_columns import Columns
from pipeline.search.sqlite_postings import Longs
from pipeline.search.sqlite_segment_reader import Flags


class Counts(NamedTuple):
    """By year, or number of a name, how many letters; at 0 those of none."""

    year: Longs
    body: Longs
    type: Longs


class FacetColumns:
    """Years, bodies and types of the letters of an index, of which those `alive` can be found."""

    def __init__(self, columns: Columns, alive: Flags) -> None:
        each = (columns.date // 10000, columns.body, columns.type)
        # as small as can be, for letters are looked up all over them
        small = (c.astype(np.min_scalar_type(c.max(initial=0))) for c in each)
        self._columns = [(c, int(c.max(initial=0)) + 1) for c in small]
        self._alive = alive
        living = alive.nonzero()[0]
        self._living, self._all = len(living), self._counted(living)

    def of(self, letters: Longs) -> Counts:
        """The counts of some living letters, each given once. Of more than half of all, those of
        the others are taken from the whole."""
        if len(letters) == self._living:
            return Counts(*self._all)
        if 2 * len(letters) <= len(self._alive):
            return Counts(*self._counted(letters))
        others = self._alive.copy()
        others[letters] = False
        without = self._counted(np.flatnonzero(others))
        return Counts(*(a - b for a, b in zip(self._all, without, strict=True)))

    def _counted(self, letters: Longs) -> list[Longs]:
        return [np.bincount(c.take(letters), minlength=size) for c, size in self._columns]
