"""Columns that stand side by side, set one below the other before the page is read.

Tesseract reads the letterhead and the foot of a letter straight across, and where the rows of the
two columns do not match it garbles both. So the right part of such a stretch is moved below its
left part, the page is read once, and the boxes are moved back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline import ink

Rows = NDArray[np.bool_]
FIND_DPI = 75
NARROWEST = 0.2  # inches of white between two columns
SHORTEST = 0.55  # inches


@dataclass(frozen=True, slots=True)
class Gutter:
    """White between two columns: at `x`, from row `top` to row `bottom`, in pixels."""

    x: int
    top: int
    bottom: int

    @property
    def height(self) -> int:
        """Rows it covers."""
        return self.bottom - self.top


def gutters(image: Image.Image, dpi: float) -> list[Gutter]:
    """Gutters of a straight page, top to bottom, none overlapping another in height."""
    mask = ink.letters(image, dpi, FIND_DPI) > 0
    scale = image.height / mask.shape[0]
    found: list[Gutter] = []
    for gutter in sorted(_candidates(mask), key=lambda g: -g.height):
        if all(gutter.bottom <= f.top or gutter.top >= f.bottom for f in found):
            found.append(gutter)
    return [
        Gutter(round(g.x * scale), round(g.top * scale), round(g.bottom * scale))
        for g in sorted(found, key=lambda g: g.top)
    ]


def _candidates(mask: NDArray[np.bool_]) -> list[Gutter]:
    """White stretches in the middle half of the page with lines of letters on both sides."""
    width = mask.shape[1]
    wide = round(NARROWEST * FIND_DPI)
    inked = mask.any(axis=1)
    first = np.where(inked, mask.argmax(axis=1), width)
    last = np.where(inked, width - 1 - mask[:, ::-1].argmax(axis=1), -1)
    found: list[Gutter] = []
    for x in range(round(width * 0.3), round(width * 0.68), 3):
        white = ~mask[:, x : x + wide].any(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], white.astype(int), [0]])))
        sides = (first < x + wide // 2, last >= x + wide // 2)
        for top, bottom in zip(edges[::2], edges[1::2], strict=True):
            if bottom - top < SHORTEST * FIND_DPI:
                continue
            gutter = _trimmed(sides, Gutter(x + wide // 2, int(top), int(bottom)))
            if gutter is not None:
                found.append(gutter)
    return found


def _trimmed(sides: tuple[Rows, Rows], gutter: Gutter) -> Gutter | None:
    """The part of a white stretch beside which letters stand on both sides; None where that is
    short or one side has hardly a line. `sides` are the rows of the page with ink left and right
    of the gutter."""
    left, right = (side[gutter.top : gutter.bottom] for side in sides)
    if not left.any() or not right.any():
        return None
    either = np.asarray(left | right)
    empty = np.flatnonzero(~either)
    if len(empty) < 2:
        return None
    # Cut only where the whole row of the page is white, next to the first and last line there.
    inked = np.flatnonzero(either)
    before = max(0, np.searchsorted(empty, inked[0], side="right") - 1)
    after = min(len(empty) - 1, np.searchsorted(empty, inked[-1]))
    first, last = int(empty[before]), int(empty[after]) + 1
    top, bottom = gutter.top + first, gutter.top + last
    lines = (_lines(left[first:last]), _lines(right[first:last]))
    if bottom - top < SHORTEST * FIND_DPI or min(lines) < 2 or max(lines) < 3:
        return None
    return Gutter(gutter.x, top, bottom)


def _lines(rows: NDArray[np.bool_]) -> int:
    """Number of runs of inked rows at least 5 high: lines of letters, no specks."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rows.astype(int), [0]])))
    return int(((edges[1::2] - edges[::2]) >= 5).sum())
