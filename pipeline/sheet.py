"""The parts of a page set one below the other in a single column before it is read.

Tesseract reads letterheads, feet and tables straight across; where the rows of neighbouring
columns or cells do not match it garbles both, and single figures in cells it passes over. So the
right one of two columns is moved below the left one, the cells of a table follow one by one at the
end, the page is read once, and words are put back where they stood.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline import columns, ink
from pipeline.document import Box, Retake, Word

Grey = NDArray[np.uint8]
FRAME = 0.7, 0.3  # inches of a frame inside a cell, at least
HOLLOW = 0.25  # of its bounding box that a frame's ink fills at most
AIR = (
    0.15  # inches of white between cells: about that between lines; more, and short ones are missed
)
CELL_MARGIN = 0.4  # inches left of a cell
LONGEST_DASH = 0.28  # inches; longer strokes inside a table are its rules
SPECK = 0.012  # inches


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of the sheet, from `top` on, and by how much left and down they stood on the page.
    `retake` and `version` tell which line and which picture of it this is, read once more; -1:
    the page's own."""

    top: int
    right: int
    down: int
    retake: int = -1
    version: int = -1


@dataclass(frozen=True, slots=True)
class Sheet:
    """The picture to be read, and the pieces it is made of, top to bottom."""

    image: Image.Image
    pieces: tuple[Piece, ...]

    def placed_back(self, word: Word) -> Word:
        """A word of the sheet with its box on the page."""
        left, top, right, bottom = word.box
        piece = self.piece_of(word)
        across, down = piece.right, piece.down
        return replace(word, box=(left + across, top + down, right + across, bottom + down))

    def piece_of(self, word: Word) -> Piece:
        """The piece that a word of the sheet stands in."""
        tops = [piece.top for piece in self.pieces]
        middle = (word.box[1] + word.box[3]) / 2
        return self.pieces[max(0, bisect_right(tops, middle) - 1)]


@dataclass(frozen=True, slots=True)
class _Strip:
    """A part of the page that follows at the end: its picture and its place on the page."""

    picture: Grey
    left: int
    top: int
    retake: int = -1
    version: int = -1


def lay_out(image: Image.Image, dpi: float, tables: Sequence[Sequence[Box]]) -> Sheet:
    """The sheet of a straight grey page; `tables` are the cells of each, in reading order."""
    page = np.asarray(image)
    strips: list[_Strip] = []
    if tables:
        page = page.copy()
        for table in tables:
            strips += (_Strip(*cut) for cut in _cut_out(page, table, dpi))
    parts: list[Grey] = []
    pieces: list[Piece] = []
    height = 0
    for part, down in _bands(page, dpi):
        pieces.append(Piece(height, 0, down - height))
        parts.append(part)
        height += len(part)
    return _with_strips(parts, pieces, strips, page.shape[1], dpi)


def stacked(retakes: Sequence[Retake], dpi: float) -> Sheet:
    """All pictures of `retakes` (at least one) one below the other."""
    strips = [
        _Strip(np.asarray(picture), retake.box[0], retake.box[1], n, version)
        for n, retake in enumerate(retakes)
        for version, picture in enumerate(retake.pictures)
    ]
    width = max(s.picture.shape[1] for s in strips) + 2 * round(CELL_MARGIN * dpi)
    return _with_strips([], [], strips, width, dpi)


def _with_strips(
    parts: list[Grey], pieces: list[Piece], strips: Sequence[_Strip], width: int, dpi: float
) -> Sheet:
    """`parts`, of which `pieces` tell, and below them the strips with white between."""
    height = sum(map(len, parts))
    margin, air = round(CELL_MARGIN * dpi), round(AIR * dpi)
    for s in strips:
        strip = np.full((len(s.picture) + air, width), 255, np.uint8)
        at = max(0, min(margin, width - s.picture.shape[1]))
        strip[air // 2 : air // 2 + len(s.picture), at : at + s.picture.shape[1]] = s.picture
        down = s.top - height - air // 2
        pieces.append(Piece(height, s.left - at, down, s.retake, s.version))
        parts.append(strip)
        height += len(strip)
    return Sheet(Image.fromarray(np.concatenate(parts)), tuple(pieces))


def _bands(page: Grey, dpi: float) -> Iterator[tuple[Grey, int]]:
    """Stretches of the page's rows in the order they are to be read, and the row each begins at;
    of two columns side by side the left one first."""
    at = 0
    for gutter in columns.gutters(Image.fromarray(page), dpi):
        if gutter.top > at:
            yield page[at : gutter.top], at
        left = page[gutter.top : gutter.bottom].copy()
        right = left.copy()
        left[:, gutter.x :] = 255
        right[:, : gutter.x] = 255
        yield left, gutter.top
        yield right, gutter.top
        at = gutter.bottom
    yield page[at:], at


def _cut_out(page: Grey, cells: Sequence[Box], dpi: float) -> Iterator[tuple[Grey, int, int]]:
    """The print of each cell, with its place on the page; the cells of the page are cleared."""
    for left, top, right, bottom in cells:
        cell = page[top:bottom, left:right]
        print_ = _without_rules(cell, dpi)
        cell[:] = 255
        if (box := _around_ink(print_, dpi)) is not None:
            x0, y0, x1, y1 = box
            yield print_[y0:y1, x0:x1], left + x0, top + y0


def _without_rules(cell: Grey, dpi: float) -> Grey:
    dark = (cell < ink.PALEST_INK).astype(np.uint8)
    long = round(LONGEST_DASH * dpi)
    level = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    upright = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    lines = cv2.bitwise_or(cv2.bitwise_or(level, upright), _hollow(dark, dpi))
    rules = cv2.dilate(lines, np.ones((3, 3), np.uint8)) > 0
    return np.where(rules, 255, cell).astype(np.uint8)


def _hollow(dark: Grey, dpi: float) -> Grey:
    """Ink of frames with round corners, as boxes of flow charts have."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    frames = (wide >= FRAME[0] * dpi) & (high >= FRAME[1] * dpi)
    frames &= stats[:, cv2.CC_STAT_AREA] < HOLLOW * wide * high
    frames[0] = False
    return np.asarray(frames[labels], np.uint8)


def _around_ink(cell: Grey, dpi: float) -> Box | None:
    """The box around the print of a cell; None where there are only specks."""
    dark = (cell < ink.PALEST_INK).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    boxes = stats[1:][stats[1:, 4] >= max(4, (SPECK * dpi) ** 2)]
    tall = boxes[:, 3] >= 0.05 * dpi
    if not tall.any():
        return None
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:4]).max(axis=0)
    return (max(0, int(left) - 2), max(0, int(top) - 2), int(right) + 2, int(bottom) + 2)
