"""Boxes of a flow chart that is drawn in a cell of a table.

In: the cells of a table and the ink of the page. Out: cells, of which one that holds a chart is
parted: what stands above it, its boxes row by row, what stands below. A line read across the boxes
of a chart joins the beginnings of three sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import meet
from pipeline.document import Box

Grey = NDArray[np.uint8]
WIDEST, HIGHEST = 3.7, 1.8  # inches of a box
NARROWEST, LOWEST = 0.7, 0.3
FEWEST = 2
SQUARE = 0.85  # of its bounding box that a box encloses; corners may be round
LEAST_CELL = 2.0, 0.6  # inches of a cell that can hold a chart
LEAST_PART = 0.12  # inches above or below a chart that can hold a line


def parted(cells: Sequence[Box], ink: Grey, dpi: float) -> list[Box]:
    """The cells in pixels of `ink` (255 where there is some), those with charts parted."""
    found: list[Box] = []
    for cell in cells:
        left, top, right, bottom = cell
        large = right - left >= LEAST_CELL[0] * dpi and bottom - top >= LEAST_CELL[1] * dpi
        boxes = _boxes(ink, cell, dpi) if large else []
        if len(boxes) < FEWEST:
            found.append(cell)
            continue
        rows = _rows(boxes)
        least = LEAST_PART * dpi
        if rows[0][0][1] - top >= least:
            found.append((left, top, right, rows[0][0][1]))
        found += [box for row in rows for box in row]
        if bottom - rows[-1][0][3] >= least:
            found.append((left, rows[-1][0][3], right, bottom))
    return found


def _boxes(ink: Grey, cell: Box, dpi: float) -> list[Box]:
    """Closed frames within the cell that do not fill it, none within another."""
    left, top, right, bottom = cell
    part = cv2.morphologyEx(ink[top:bottom, left:right], cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(part, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Box] = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True):
        x, y, w, h = cv2.boundingRect(contour)
        fits = NARROWEST * dpi <= w <= WIDEST * dpi and LOWEST * dpi <= h <= HIGHEST * dpi
        apart = x > 1 and y > 1 and x + w < right - left - 1 and y + h < bottom - top - 1
        if fits and apart and cv2.contourArea(contour) >= SQUARE * w * h:
            box = (left + x, top + y, left + x + w, top + y + h)
            if not any(meet(box, other) for other in found):
                found.append(box)
    return found


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes beside each other, left to right, made as high as the highest of their row."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: b[1]):
        if rows and box[1] < max(b[3] for b in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    even: list[list[Box]] = []
    for row in rows:
        top, bottom = min(b[1] for b in row), max(b[3] for b in row)
        even.append([(b[0], top, b[2], bottom) for b in sorted(row)])
    return even
