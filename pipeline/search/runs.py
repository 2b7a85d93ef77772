"""Runs of equal numbers in an array, and how numbers are brought together in such."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
_SMALL = 1 << 16


def starts_of_runs(numbers: npt.NDArray[np.integer]) -> Longs:
    """The rows at which another number stands than in the row before; the first of all is one."""
    changed = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=changed[1:])
    rows: Longs = changed.nonzero()[0]
    return rows


def numbered(numbers: npt.NDArray[np.integer]) -> tuple[Longs, Longs]:
    """Numbers, none negative, by their rank among those that are there; and these, ascending."""
    there = np.bincount(numbers).nonzero()[0]
    ranks = np.zeros(int(there[-1]) + 1 if len(there) else 0, np.int64)
    ranks[there] = np.arange(len(there))
    return ranks.take(numbers), there


def sorted_rows(ranks: Longs, count: int) -> Longs:
    """The rows of numbers below `count` in the order of these, then as they stand. Numbers of 16
    bits are sorted without comparing them, three times as fast as by comparing."""
    rows: Longs = (ranks.astype(np.uint16) if count <= _SMALL else ranks).argsort(kind="stable")
    return rows
