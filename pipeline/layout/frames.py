"""Ruled lines of a page: frames of stamps and cells of tables.

In: a clean page. Out: boxes in pixels of that page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import around, is_centred_in, meet
from pipeline.document import Box, PageImage
from pipeline.layout.charts import parted
from pipeline.layout.open_frames import open_frames

Grey = NDArray[np.uint8]
RULE_DPI = 100
SHORTEST_RULE = round(RULE_DPI * 0.36)  # 9 mm
PALE = 14  # by which a pale rule is darker than the paper beside it
PALE_REACH = 7  # pixels at RULE_DPI
FEWEST_MORE = 2
FEWEST_PALE, FEWEST_RULES = 6, 4


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table: its box and its cells row by row, each row from left to right."""

    box: Box
    cells: tuple[Box, ...]


def _small(image: PageImage) -> tuple[Grey, float]:
    """A copy at RULE_DPI that keeps thin rules, and its scale."""
    scale = RULE_DPI / max(image.dpi, RULE_DPI)
    step = max(1, round(1 / scale))
    grey = np.asarray(image.image.convert("L"))
    if step > 1:
        grey = cv2.erode(grey, np.ones((step, step), np.uint8))[::step, ::step]
    return np.asarray(grey, np.uint8), 1 / step


def _ink(image: PageImage) -> tuple[Grey, float]:
    """Ink (255) of a copy at RULE_DPI that keeps thin rules, and its scale."""
    grey, scale = _small(image)
    return _dark(grey), scale


def _dark(grey: Grey) -> Grey:
    return (grey < 0.82 * float(np.percentile(grey, 70))).astype(np.uint8) * 255


def _with_pale(ink: Grey, grey: Grey, shape: tuple[int, int]) -> Grey:
    """The ink and what is a little darker than the paper on both sides, within `shape` (rows,
    columns): rules are often printed and scanned paler than any letter."""
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones(shape, np.uint8))
    pale = (cv2.subtract(paper, grey) > PALE).astype(np.uint8) * 255
    return np.asarray(cv2.bitwise_or(ink, pale), np.uint8)


def _rules(along: Grey, across: Grey) -> tuple[Grey, Grey]:
    """Level and upright rules of at least 9 mm, in the ink for either."""
    gap = round(RULE_DPI * 0.06)
    level = cv2.morphologyEx(along, cv2.MORPH_OPEN, np.ones((1, SHORTEST_RULE), np.uint8))
    # Where it crosses a level rule a pale upright one has no paper beside it, and is not seen.
    crossed = cv2.dilate(level, np.ones((1, PALE_REACH), np.uint8))
    across = np.asarray(cv2.bitwise_or(across, crossed), np.uint8)
    upright = cv2.morphologyEx(across, cv2.MORPH_OPEN, np.ones((SHORTEST_RULE, 1), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    upright = cv2.morphologyEx(upright, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    return np.asarray(level, np.uint8), np.asarray(upright, np.uint8)


def frames(image: PageImage) -> list[Box]:
    """Boxes of the closed frames of the size of a stamp (25 to 95 mm wide, 8 to 45 mm high).

    Stamps are set by hand and a little askew, so a frame is any one stroke that encloses an
    area nearly as large as its box. Where the strokes of a worn one were found, these count."""
    ink, scale = _ink(image)
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Box] = []
    inch = RULE_DPI
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if not (1.0 * inch <= w <= 3.7 * inch and 0.3 * inch <= h <= 1.8 * inch):
            continue
        corners = cv2.boxPoints(cv2.minAreaRect(contour))
        area = cv2.contourArea(np.asarray(corners))
        if area and cv2.contourArea(contour) > 0.8 * area:
            found.append(_full((x, y, x + w, y + h), scale))
    return [f for f in _outermost(found) if not any(meet(f, w) for w in image.frames)]


def worn_frames(image: PageImage) -> list[Box]:
    """Boxes of the worn or crossed frames of the size of a stamp outside tables."""
    ink, scale = _ink(image)
    found = [_full(box, scale) for box in open_frames(ink, RULE_DPI)]
    grids = [table.box for table in tables(image)] if found else []
    return [f for f in found if not any(meet(f, grid) for grid in grids)]


def _full(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(v / scale) for v in box)
    return (left, top, right, bottom)


def _outermost(boxes: list[Box]) -> list[Box]:
    def holds(a: Box, b: Box) -> bool:
        return a != b and a[0] <= b[0] and a[1] <= b[1] and a[2] >= b[2] and a[3] >= b[3]

    return [b for b in set(boxes) if not any(holds(a, b) for a in boxes)]


def tables(image: PageImage) -> list[Table]:
    """Ruled tables, top to bottom: at least four cells in a grid of rules that touch. Pale rules
    count where they part more cells than dark ones alone, or FEWEST_PALE where there are none."""
    grey, scale = _small(image)
    ink = _dark(grey)
    dark = _grids(*_rules(ink, ink), scale)
    along = _with_pale(ink, grey, (PALE_REACH, 1))
    if not dark and _rules_in(along) < FEWEST_RULES:  # to look for the others takes time
        return dark
    pale = _grids(*_rules(along, _with_pale(ink, grey, (1, PALE_REACH))), scale)
    more = sum(len(t.cells) for t in pale) - sum(len(t.cells) for t in dark)
    found = pale if more >= (FEWEST_MORE if dark else FEWEST_PALE) else dark
    return [replace(table, cells=_with_charts(table.cells, ink, scale)) for table in found]


def _rules_in(along: Grey) -> int:
    """How many level rules of at least 20 mm there are; crossed ones count by their parts."""
    wide = np.ones((1, round(0.8 * RULE_DPI)), np.uint8)
    return cv2.connectedComponents(cv2.morphologyEx(along, cv2.MORPH_OPEN, wide))[0] - 1


def _with_charts(cells: Sequence[Box], ink: Grey, scale: float) -> tuple[Box, ...]:
    small = [_full(cell, 1 / scale) for cell in cells]
    parts = parted(small, ink, RULE_DPI)
    return tuple(_full(p, scale) for p in parts) if parts != small else tuple(cells)


def _grids(level: Grey, upright: Grey, scale: float) -> list[Table]:
    grid = cv2.dilate(cv2.bitwise_or(level, upright), np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grid)
    found: list[Table] = []
    for n in range(1, count):
        x, y, w, h = (int(v) for v in stats[n, :4])
        if w < 2 * RULE_DPI or h < 0.4 * RULE_DPI:
            continue
        part = np.asarray(labels[y : y + h, x : x + w] == n, np.uint8)
        cells = _cells(part)
        if len(cells) >= 4:
            full = [_full((a + x, b + y, c + x, d + y), scale) for a, b, c, d in cells]
            found.append(Table(around(full), tuple(full)))
    return sorted(found, key=lambda t: t.box[1])


def short_rules(image: PageImage) -> list[Box]:
    """Level rules of 15 to 80 mm in the lower half of the page: one stands above footnotes."""
    ink, scale = _ink(image)
    half = len(ink) // 2
    level, upright = _rules(ink[half:], ink[half:])
    _, _, stats, _ = cv2.connectedComponentsWithStats(level)
    found: list[Box] = []
    for x, y, w, h in stats[1:, :4].tolist():
        crossed = upright[max(0, y - 2) : y + h + 2, x : x + w].any()
        if 0.6 * RULE_DPI <= w <= 3.2 * RULE_DPI and h <= 0.06 * RULE_DPI and not crossed:
            found.append(_full((x, y + half, x + w, y + half + h), scale))
    return found


def _cells(part: NDArray[np.uint8]) -> list[Box]:
    """White fields enclosed by the rules of one grid, in reading order."""
    free = (part == 0).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    height, width = part.shape
    cells: list[Box] = []
    for n in range(1, count):
        x, y, w, h = (int(v) for v in stats[n, :4])
        if x == 0 or y == 0 or x + w >= width or y + h >= height:
            continue
        if w >= 0.12 * RULE_DPI and h >= 0.12 * RULE_DPI:
            cells.append((x, y, x + w, y + h))
    return by_rows([c for c in cells if not any(_holds(c, o) for o in cells)], 0.08 * RULE_DPI)


def _holds(cell: Box, other: Box) -> bool:
    """Whether the middle of `other` lies in `cell`: a broken rule made one field of several, whose
    words then find their places by the sound cells beside them."""
    return cell != other and is_centred_in(other, cell)


def by_rows(cells: Iterable[Box], slack: float) -> list[Box]:
    """Cells in reading order; tops within `slack` pixels of each other are one row."""
    ordered: list[Box] = []
    left = sorted(cells, key=lambda c: c[1])
    while left:
        top = left[0][1]
        row = [c for c in left if c[1] - top < slack]
        ordered += sorted(row, key=lambda c: c[0])
        left = [c for c in left if c not in row]
    return ordered
