"""Runs of equal numbers in an array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def starts_of_runs(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """The rows at which another number stands than in the row before; the first of all is one."""
    changed = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=changed[1:])
    rows: npt.NDArray[np.int64] = changed.nonzero()[0]
    return rows
