"""Levenshtein alignment of token lists: distances, and which tokens of the truth came out right.

The distance comes from rapidfuzz. Which tokens are right depends on the alignment chosen among
those of least distance; here it is the one that, read from the end, takes a match or substitution
before a deletion, and a deletion before an insertion.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from math import isqrt

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

Row = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int64]


def distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Least number of insertions, deletions and substitutions that turn `a` into `b`."""
    return Levenshtein.distance(a, b)


def right(predicted: Sequence[Hashable], truth: Sequence[Hashable]) -> set[int]:
    """Positions in `truth` whose token stands in `predicted`, in alignment."""
    return {j for i, j in pairs(predicted, truth) if predicted[i] == truth[j]}


def pairs(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Positions (in `a`, in `b`) that the alignment puts side by side, last first."""
    codes_a, codes_b = _codes(a, b)
    i, j = len(a), len(b)
    step = isqrt(i) + 1
    kept = _every(step, codes_a, codes_b)
    while i and j:
        start = (i - 1) // step * step
        table = [kept[start // step], *_rows(kept[start // step], codes_a[start:i], codes_b, start)]
        while i > start and j:
            here, above = table[i - start], table[i - start - 1]
            if here[j] == above[j - 1] + (codes_a[i - 1] != codes_b[j - 1]):
                i, j = i - 1, j - 1
                yield i, j
            elif here[j] == above[j] + 1:
                i -= 1
            else:
                j -= 1


def _codes(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[Codes, Codes]:
    """Tokens as small integers, equal where the tokens are equal."""
    seen: dict[Hashable, int] = {}
    both = [seen.setdefault(token, len(seen)) for token in (*a, *b)]
    return np.array(both[: len(a)], dtype=np.int64), np.array(both[len(a) :], dtype=np.int64)


def _every(step: int, a: Codes, b: Codes) -> list[Row]:
    """Every `step`-th row of the distance table, from row 0: memory grows with √len(a) only."""
    first = np.arange(len(b) + 1, dtype=np.int32)
    kept = [first]
    for number, row in enumerate(_rows(first, a, b, 0), 1):
        if number % step == 0:
            kept.append(row)
    return kept


def _rows(above: Row, a: Codes, b: Codes, start: int) -> Iterator[Row]:
    """Rows of the distance table for the tokens `a`, which follow `start` others, below `above`."""
    columns = np.arange(len(b) + 1, dtype=np.int32)
    for number, token in enumerate(a, start + 1):
        best = np.minimum(above[1:] + 1, above[:-1] + (b != token))
        row = np.concatenate(([number], best)).astype(np.int32) - columns
        # an insertion adds one per column: after taking the column off, a running minimum
        above = np.minimum.accumulate(row) + columns
        yield above
