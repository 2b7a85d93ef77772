"""Frames of black stamps that are worn, broken, or run through print, by their strokes.

In: the ink of a page. Out: boxes. A frame is two level strokes of equal length, one above the
other, with upright strokes at both ends. Four such sides happen to stand in tables and print, too:
whether a frame is that of a stamp, its words tell (`marks.py`).
"""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import is_centred_in
from pipeline.document import Box

Ink = NDArray[np.uint8]
WIDE, HIGH = (0.9, 3.2), (0.3, 1.3)  # inches
STROKE = 0.3  # inches, the shortest piece of a level stroke
GAP = 0.2  # inches that may be worn away
THICK = 0.2  # inches that a stroke is high, askew or with print on it
SHARED = 0.6  # of the longer stroke that both run along
UPRIGHT = 0.6  # of a side's length that is inked
BAND = 0.09  # inches either way that a side may lean
HEAD = (0.1, 0.4)  # inches that the field of the office's name is high
HALF = 0.5  # of the frame that the stroke above that field covers
UPPER = 0.6  # of the page


def open_frames(ink: Ink, dpi: float) -> list[Box]:
    """Boxes of frames of the size of a stamp in the upper part of a page of `ink` (255), the outer
    one of two that share a side."""
    strokes = _level(ink[: round(UPPER * len(ink))], dpi)
    found: list[Box] = []
    for a, b in combinations(sorted(strokes, key=lambda s: s[1]), 2):
        found += [box for box in _frames(a, b, dpi) if _has_sides(ink, box, dpi)][:1]
    found = list(dict.fromkeys(_with_head(box, strokes, dpi) for box in found))
    return [
        f for n, f in enumerate(found) if not any(_holds(g, f) for g in found[:n] + found[n + 1 :])
    ]


def _level(ink: Ink, dpi: float) -> list[Box]:
    """Boxes of the level strokes as long as a stamp is wide."""
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    pieces = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, round(STROKE * dpi)), np.uint8))
    whole = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, np.ones((3, round(GAP * dpi)), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    least, most = (v * dpi for v in WIDE)
    return [
        (x, y, x + w, y + h)
        for x, y, w, h in stats[1:, :4].tolist()
        if least <= w <= most and h <= THICK * dpi
    ]


def _frames(a: Box, b: Box, dpi: float) -> list[Box]:
    """The frames of which `a` and `b` may be the upper and lower side, widest first: either may
    be worn at its ends, or go on in print."""
    shared = min(a[2], b[2]) - max(a[0], b[0])
    least, most = (v * dpi for v in HIGH)
    if shared < SHARED * max(a[2] - a[0], b[2] - b[0]) or not least <= b[3] - a[1] <= most:
        return []
    lefts, rights = sorted({a[0], b[0]}), sorted({a[2], b[2]}, reverse=True)
    return [(left, a[1], right, b[3]) for left in lefts for right in rights]


def _has_sides(ink: Ink, box: Box, dpi: float) -> bool:
    """Whether upright strokes stand at both ends; the page's edge may cut off the left one."""
    left, top, right, bottom = box
    cut = left < BAND * dpi
    return (cut or _side(ink, left, top, bottom, dpi)) and _side(ink, right, top, bottom, dpi)


def _side(ink: Ink, x: int, top: int, bottom: int, dpi: float) -> bool:
    """Whether an upright stroke stands at about `x`, worn in places."""
    reach = round(BAND * dpi)
    part = ink[top:bottom, max(0, x - reach) : x + reach + 1] > 0
    steps = np.array_split(part, max(1, len(part) // 8))
    upright = [s.mean(axis=0).max() >= UPRIGHT for s in steps if s.size]
    return bool(upright) and sum(upright) / len(upright) >= UPRIGHT


def _with_head(box: Box, strokes: list[Box], dpi: float) -> Box:
    """The frame with the field above it in which the office's name stands, where what was found is
    but the field below."""
    left, top, right, bottom = box
    for stroke in strokes:
        shared = min(stroke[2], right) - max(stroke[0], left)
        if HEAD[0] * dpi < top - stroke[1] < HEAD[1] * dpi and shared > HALF * (right - left):
            return (left, stroke[1], right, bottom)
    return box


def _holds(a: Box, b: Box) -> bool:
    """Whether the middle of `b` lies in `a`, the larger or, of equals, the first."""
    larger = _area(a) > _area(b) or (_area(a) == _area(b) and a < b)
    return larger and is_centred_in(b, a)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
