"""Lines of print that a black seal lies over, each in several pictures, for a second look.

In: a grey page and its black seals. Out: for each line its box, and pictures of it with more or
less of the seal taken away. A seal on a 1-bit scan hides what is below its strokes for good; which
picture reads best differs from word to word, so all are read (`second_look.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline import seals
from pipeline.document import Box, Retake

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Letter = tuple[int, int, int, int]
"""left, top, width, height in pixels."""

REACH = 2.6  # inches right of the seal's rim that a line begun below it may go on
NEAR = 0.6  # inches above and below the seal in which lines are looked at again
FEWEST = 3  # letters beside the seal that make a line
WORD_GAP = 0.45  # inches
ARC = 0.25  # inches that a ring runs round: longer than any stroke of a capital
STAR = 0.075  # inches; no stroke of print is as thick


@dataclass(frozen=True, slots=True)
class _Row:
    """A line beside a seal: rows of its capitals, and where its last letter ends."""

    top: float
    bottom: float
    right: int


def retakes(grey: Grey, circle: tuple[float, float, float], dpi: float) -> list[Retake]:
    """The lines that the seal at `circle` (centre and radius of its rim, pixels) lies over or
    near to, with pictures of each."""
    x, y, radius = circle
    rows = _rows(grey, circle, dpi)
    if not rows:
        return []
    height, width = grey.shape
    versions = _versions(grey, circle, dpi)
    found: list[Retake] = []
    for n, row in enumerate(rows):
        high = row.bottom - row.top
        above = (rows[n - 1].bottom + row.top) / 2 - 0.05 * high if n else 0.0
        below = (row.bottom + rows[n + 1].top) / 2 if n + 1 < len(rows) else float(height)
        top = max(0, round(max(row.top - 0.55 * high, above)))
        bottom = min(height, round(min(row.bottom + 0.45 * high, below)))
        box = (
            max(0, round(x - radius - 0.08 * dpi)),
            top,
            min(width, round(row.right + 0.15 * dpi)),
            bottom,
        )
        under = row.bottom > y - radius and row.top < y + radius
        kept = versions if under else versions[:1]  # beside the seal: passed over by the engine?
        pictures = tuple(Image.fromarray(v[top:bottom, box[0] : box[2]]) for v in kept)
        found.append(Retake(box, pictures))
    return found


def _rows(grey: Grey, circle: tuple[float, float, float], dpi: float) -> list[_Row]:
    """The lines of which letters stand right of the seal, top to bottom."""
    lines: list[list[Letter]] = []
    for letter in sorted(_letters(grey, circle, dpi), key=lambda c: -c[3]):
        for line in lines:
            top = median(c[1] for c in line)
            bottom = median(c[1] + c[3] for c in line)
            overlap = min(bottom, letter[1] + letter[3]) - max(top, letter[1])
            if overlap > 0.55 * min(bottom - top, letter[3]):
                line.append(letter)
                break
        else:
            lines.append([letter])
    found: list[_Row] = []
    for line in lines:
        run: list[Letter] = []
        for letter in sorted(line):
            if run and letter[0] - max(c[0] + c[2] for c in run) > WORD_GAP * dpi:
                break
            run.append(letter)
        if len(line) < FEWEST or len(run) < 2:
            continue
        tops = sorted(c[1] for c in line)  # one of two capitals or tall letters, but no stroke
        bottom = median(c[1] + c[3] for c in line)
        found.append(
            _Row(float(tops[min(2, len(tops) // 4)]), bottom, max(c[0] + c[2] for c in run))
        )
    return sorted(found, key=lambda row: row.top)


def _letters(grey: Grey, circle: tuple[float, float, float], dpi: float) -> list[Letter]:
    """Blobs of the size of letters right of the seal's centre, outside its rim."""
    x, y, radius = circle
    near = NEAR * dpi
    left, right = int(x), min(grey.shape[1], round(x + radius + REACH * dpi))
    top, bottom = max(0, round(y - radius - near)), min(grey.shape[0], round(y + radius + near))
    ink = (grey[top:bottom, left:right] < seals.INK + 20).astype(np.uint8)
    ink[_far(circle, (left, top, right, bottom)) < radius] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    found: list[Letter] = []
    for at, down, wide, high, area in stats[1:].tolist():
        size = 0.06 < high / dpi < 0.24 and 0.025 < wide / dpi < 0.35
        if size and area > 0.2 * wide * high:
            found.append((at + left, down + top, wide, high))
    return found


def _far(circle: tuple[float, float, float], box: Box) -> NDArray[np.float64]:
    """How far each pixel of `box` is from the centre."""
    left, top, right, bottom = box
    across = np.arange(left, right)[None, :] - circle[0]
    down = np.arange(top, bottom)[:, None] - circle[1]
    return np.asarray(np.hypot(across, down), np.float64)


def _versions(grey: Grey, circle: tuple[float, float, float], dpi: float) -> list[Grey]:
    """The page as it is; with the rings and the star of the seal taken off, strokes of letters that
    cross them made good; and with thin strokes off as well."""
    x, y, radius = circle
    height, width = grey.shape
    box = (
        max(0, int(x - radius) - 2),
        max(0, int(y - radius) - 2),
        min(width, int(x + radius) + 3),
        min(height, int(y + radius) + 3),
    )
    left, top, right, bottom = box
    here = np.s_[top:bottom, left:right]
    part = grey[here]
    inside = _far(circle, box) < radius
    rings = seals.rings(part, x - left, y - top, radius, dpi, ARC)
    gone = (rings & ~_crossing(part, rings, (x - left, y - top))) | _star(part, inside, dpi)
    clean = grey.copy()
    clean[here][gone] = 255
    bold = clean.copy()
    bold[here][inside & ~seals.bold(clean[here], dpi)] = 255
    return [grey, clean, bold]


def _crossing(part: Grey, rings: Mask, centre: tuple[float, float]) -> Mask:
    """Pixels of the rings that strokes of letters run through: those between ink on both sides,
    straight across or on a slant. So staff lines are taken out of printed music."""
    height, width = part.shape
    radius = max(height, width) / 2
    turns = round(2 * np.pi * radius)
    how = cv2.WARP_POLAR_LINEAR | cv2.INTER_NEAREST | cv2.WARP_FILL_OUTLIERS
    size = (round(radius), turns)
    ink = (part < seals.INK + 40).astype(np.uint8)
    flat, ring = (
        np.asarray(cv2.warpPolar(p, size, centre, radius, how), np.uint8)
        for p in (ink, rings.astype(np.uint8))
    )
    rest = flat & (1 - ring)
    long = _thickness(ring) + 5
    strokes = np.zeros_like(rest)
    for slant in (0.0, 0.35, -0.35, 0.8, -0.8):
        strokes |= cv2.morphologyEx(rest, cv2.MORPH_CLOSE, seals.slanted(long, slant))
    strokes = cv2.morphologyEx(strokes & ring & flat, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    back = cv2.warpPolar(strokes, (width, height), centre, radius, how | cv2.WARP_INVERSE_MAP)
    return np.asarray(back > 0)


def _thickness(ring: Grey) -> int:
    """How many pixels most rings are thick; `ring` has a row for each direction."""
    runs: list[int] = []
    for row in ring[::4]:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        runs += (edges[1::2] - edges[::2]).tolist()
    return round(float(np.percentile(runs, 80))) if runs else 3


def _star(part: Grey, inside: Mask, dpi: float) -> Mask:
    """Solid ink thicker than any stroke of print, with its points."""
    ink = ((part < seals.INK) & inside).astype(np.uint8)
    core = cv2.morphologyEx(ink, cv2.MORPH_OPEN, _disc(STAR * dpi))
    points = cv2.bitwise_and(cv2.dilate(core, _disc(0.1 * dpi)), ink)
    return np.asarray(cv2.dilate(points, np.ones((3, 3), np.uint8)) > 0)


def _disc(across: float) -> Grey:
    size = max(3, round(across))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
