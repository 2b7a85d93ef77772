"""The ink in a slot, cut into pieces that are digits or parts of them.

In: a page's image and a slot. Out: pieces from left to right, each a mask of its own. A digit is
one piece or a few in a row; no piece has parts of two digits, as far as cuts can tell.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box
from pipeline.handwriting.classifier import Ink
from pipeline.handwriting.slots import Slot

Mask = NDArray[np.bool_]

_ABOVE, _BELOW = 1.0, 0.7  # em: how far above and below the print handwriting may reach
_ASIDE = 0.3  # em: how much of the printed words beside it is looked at
_SLASH_OFF = 0.5  # em: how far a printed slash may be from where it was reckoned
_LEAST_CONTRAST = 35.0
_THRESHOLDS = ((0.5, 0.36), (0.5, 0.5), (0.4, 0.25), (0.6, 0.44), (0.62, 0.62))
"""Of the slot's ink: how dark a stroke must be somewhere, and how pale it may be beside. None is
right for every pen and scan: one breaks a pencil's strokes, another joins neighbouring digits."""
_MOST_PIECES = 14


@dataclass(frozen=True, slots=True)
class Piece:
    """Some ink: where it stands in the picture of the slot (left, top, right, bottom), and the
    pixels that are its own."""

    box: Box
    mask: Mask

    @property
    def area(self) -> int:
        """Pixels of ink."""
        return int(self.mask.sum())


@dataclass(frozen=True, slots=True)
class SlotInk:
    """A slot's ink: darkness, its pieces from left to right, where the picture stands on the page
    and how high the slot's print is, in pixels."""

    ink: Ink
    pieces: tuple[Piece, ...]
    origin: tuple[int, int]
    high: float

    def of(self, pieces: Sequence[Piece]) -> tuple[Ink, Box]:
        """The ink of pieces together, and their box in the picture."""
        left, top = min(p.box[0] for p in pieces), min(p.box[1] for p in pieces)
        right, bottom = max(p.box[2] for p in pieces), max(p.box[3] for p in pieces)
        mask = np.zeros((bottom - top, right - left), np.bool_)
        for p in pieces:
            part = mask[p.box[1] - top : p.box[3] - top, p.box[0] - left : p.box[2] - left]
            part |= p.mask
        soft = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return np.where(soft, self.ink[top:bottom, left:right], 0.0), (left, top, right, bottom)


def inks_of(grey: NDArray[np.uint8], slot: Slot) -> tuple[SlotInk | None, ...]:
    """The ink of a slot as each of several thresholds shows it, all of one origin; None for one
    that leaves nothing but specks and rules. Empty where there is no room, or no ink at all."""
    left, top, right, bottom = slot.box
    if right - left < 0.3 * slot.em or bottom - top < 6:
        return ()
    aside = round(_ASIDE * slot.em)
    x0, x1 = max(0, left - aside), min(grey.shape[1], right + aside)
    y0 = max(0, top - round(_ABOVE * slot.em))
    y1 = min(grey.shape[0], bottom + round(_BELOW * slot.em))
    room, line = (left - x0, right - x0), (top - y0, bottom - y0)
    ink = _darkness(grey[y0:y1, x0:x1], room)
    if ink is None:
        return ()
    shown = (_pieces_of(_inked(ink, *t), slot, room, line) for t in _THRESHOLDS)
    high = float(bottom - top)
    return tuple(SlotInk(ink, pieces, (x0, y0), high) if pieces else None for pieces in shown)


def _pieces_of(
    mask: Mask, slot: Slot, room: tuple[int, int], line: tuple[int, int]
) -> tuple[Piece, ...]:
    """The pieces in a mask from left to right; none where they are specks, or too many."""
    components = _components(_without_rules(mask, slot.em))
    if slot.kind == "number":
        room = (room[0], _before_slash(components, room[1], line, slot.em))
    pieces = [
        piece
        for component in components
        if _is_written(component, line, room, slot.em)
        for piece in _cut(_clipped(component, room), slot.em)
        if piece.area >= 4
    ]
    if len(pieces) > _MOST_PIECES or sum(p.area for p in pieces) < 0.06 * (line[1] - line[0]) ** 2:
        return ()
    return tuple(sorted(pieces, key=lambda p: p.box[0] + p.box[2]))


def _darkness(grey: NDArray[np.uint8], room: tuple[int, int]) -> Ink | None:
    """Darkness from 0 (paper) to 1 (the ink in the slot's columns, which may be paler than the
    print beside it); None where nothing stands out."""
    paper = float(np.percentile(grey, 80))
    inside = grey[:, room[0] : room[1]]
    dark = inside[inside < paper - _LEAST_CONTRAST]
    if len(dark) < 12:
        return None
    ink = float(np.percentile(dark, 25))
    return np.asarray(((paper - grey.astype(np.float32)) / (paper - ink)).clip(0, 1), np.float32)


def _inked(ink: Ink, strong: float, weak: float) -> Mask:
    """Where ink is: what is darker than `strong`, and what is darker than `weak` and touches it."""
    _, labels = cv2.connectedComponents((ink > weak).astype(np.uint8), connectivity=8)
    kept = np.zeros(int(labels.max()) + 1, np.bool_)
    kept[np.unique(labels[ink > strong])] = True
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def _without_rules(mask: Mask, em: float) -> Mask:
    """The mask without long thin horizontal strokes, printed under what is filled in."""
    bits = mask.astype(np.uint8)
    long = cv2.morphologyEx(bits, cv2.MORPH_OPEN, np.ones((1, max(3, round(0.95 * em))), np.uint8))
    if not long.any():
        return mask
    thick = cv2.morphologyEx(bits, cv2.MORPH_OPEN, np.ones((max(3, round(0.16 * em)), 1), np.uint8))
    return np.asarray(mask & ~((long > 0) & (thick == 0)), np.bool_)


def _components(mask: Mask) -> list[Piece]:
    """The connected parts of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    found = []
    for n in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[n])
        if area >= 4:
            found.append(Piece((x, y, x + w, y + h), labels[y : y + h, x : x + w] == n))
    return found


def _before_slash(components: list[Piece], right: int, line: tuple[int, int], em: float) -> int:
    """Where the room for a number ends: at the printed slash, if one stands about where it must,
    for a slash must not be read as a 1."""
    slashes = [
        c.box[0]
        for c in components
        if abs(c.box[0] - right) < _SLASH_OFF * em
        and c.box[3] - c.box[1] > 0.8 * (line[1] - line[0])
        and abs((c.box[1] + c.box[3]) - (line[0] + line[1])) < 0.4 * em
        and _is_slash(c, em)
    ]
    return min(slashes, key=lambda x: abs(x - right)) if slashes else right


def _is_slash(piece: Piece, em: float) -> bool:
    """One straight, thin stroke that leans to the right as a printed slash does."""
    ys, xs = np.nonzero(piece.mask)
    lean, start = np.polyfit(ys, xs, 1)
    off = np.abs(xs - (lean * ys + start))
    return bool(-0.62 < lean < -0.2 and off.mean() < 0.035 * em and off.max() < 0.12 * em)


def _is_written(piece: Piece, line: tuple[int, int], room: tuple[int, int], em: float) -> bool:
    """Can a component be (a part of) something written in the room of the line?

    Not: dots of a dotted rule, parts of the lines above and below, the printed words beside."""
    left, top, right, bottom = piece.box
    columns = piece.mask.sum(axis=0)
    inside = columns[max(0, room[0] - left) : max(0, room[1] - left)].sum() / max(1, piece.area)
    if inside < 0.35:
        return False
    wide, high = right - left, bottom - top
    if max(wide, high) < 0.2 * em:
        return False
    if high < 0.16 * em and top > line[0] + 0.6 * (line[1] - line[0]):
        return False
    middle = (top + bottom) / 2
    return line[0] - 0.3 * em < middle < line[1] + 0.25 * em


def _clipped(piece: Piece, room: tuple[int, int]) -> Piece:
    """The part of a component that stands in the room, where the rest is a printed word's."""
    left, top, right, bottom = piece.box
    columns = piece.mask.sum(axis=0)
    inside = columns[max(0, room[0] - left) : max(0, room[1] - left)].sum()
    if inside > 0.8 * piece.area:
        return piece
    a, b = max(left, room[0]), min(right, room[1])
    return Piece((a, top, b, bottom), piece.mask[:, a - left : b - left])


def _cut(piece: Piece, em: float) -> list[Piece]:
    """A component cut where two digits may touch: at the thinnest places of its slant."""
    left, top, right, bottom = piece.box
    wide, high = right - left, bottom - top
    if wide < 0.42 * em or high < 0.4 * em:
        return [piece]
    slant = _slant(piece.mask)
    rows = np.arange(high)[:, None]
    # the column of each pixel once the slant is taken out
    straight = np.arange(wide)[None, :] - np.round((high / 2 - rows) * slant).astype(int)
    low, top_column = int(straight[piece.mask].min()), int(straight[piece.mask].max())
    ink = np.bincount((straight[piece.mask] - low).ravel(), minlength=top_column - low + 1)
    places = _thin_places(ink.astype(np.float64), em)
    parts: list[Piece] = []
    edges = [low - 1, *(p + low for p in places), top_column + 1]
    for a, b in itertools.pairwise(edges):
        part = piece.mask & (straight > a) & (straight <= b)
        if part.sum() >= 4:
            ys, xs = np.nonzero(part)
            x0, x1, y0, y1 = xs.min(), xs.max() + 1, ys.min(), ys.max() + 1
            box = (left + int(x0), top + int(y0), left + int(x1), top + int(y1))
            parts.append(Piece(box, part[y0:y1, x0:x1]))
    return parts


def _slant(mask: Mask) -> float:
    """How far strokes lean to the right for each pixel up: the shear with the steepest columns."""
    ys, xs = np.nonzero(mask)
    up = mask.shape[0] / 2 - ys
    best, most = 0.0, -1.0
    for slant in np.arange(-0.15, 0.75, 0.1):
        columns = np.bincount(np.round(xs - slant * up).astype(int) + 2 * mask.shape[0])
        steep = float((columns.astype(np.float64) ** 2).sum())
        if steep > most:
            best, most = float(slant), steep
    return best


def _thin_places(ink: NDArray[np.float64], em: float) -> list[int]:
    """Columns where a cut may go: minima of the ink, a fair way from each other and the ends."""
    smooth = np.convolve(np.pad(ink, 1, mode="edge"), np.ones(3) / 3, "valid")
    apart = max(3, round(0.16 * em))
    ranked = sorted(range(apart, len(ink) - apart), key=lambda x: smooth[x])
    most = max(1, round(len(ink) / (0.3 * em)))
    places: list[int] = []
    for x in ranked:
        around = smooth[max(0, x - apart) : x + apart + 1]
        if smooth[x] <= around.min() + 1e-9 and all(abs(x - p) >= apart for p in places):
            places.append(x)
        if len(places) == most:
            break
    return sorted(places)
