"""Seals and arrival stamps: found by colour and shape, and taken from under the text.

In: the pixels of a page. Out: pixels without them, and where they were. State seals are 36 mm
wide, Party seals 30 to 36 mm; a stamp is a frame of 25 to 95 mm.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box

Grey = NDArray[np.uint8]
INK = 140
FIND_DPI = 75
SEAL_INCHES = (1.08, 1.75)
LEAST_FIT = 0.55  # ink round the ring less ink just outside it, as shares
ARC = 0.16  # inches
CLEAR = 1.07  # of the radius: the ring is uneven


def without_red(pixels: NDArray[np.uint8]) -> tuple[Grey, float]:
    """An RGB page as grey in which red, magenta and orange ink fades, and the share of such ink.

    The red channel of such ink is nearly as bright as paper, and as dark as print where a black
    letter lies under it. Blue stays dark: numbers and dates are filled in with blue pens."""
    grey: Grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    red, green = pixels[..., 0], pixels[..., 1]
    ink = np.asarray(cv2.subtract(red, green) > 40, np.uint8)
    share = float(ink.mean())
    if share > 0.0002:
        near = cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 0
        grey = np.where(near, np.maximum(red, grey), grey)
    return grey, share


Circle = tuple[float, float, float]
"""Centre (x, y) and radius in pixels."""


def without_round_seals(grey: Grey, dpi: float) -> tuple[Grey, list[Box], list[Circle]]:
    """Take black round seals off the page; text printed across their right half stays. Gives the
    page, the boxes of the seals and their circles.

    Rows in which letters stand right of the seal are rows of text: there only strokes thinner
    than bold print go. All other rows within the ring are cleared."""
    found = [(x, y, radius * CLEAR) for x, y, radius in circles(grey, dpi)]
    out = grey.copy() if found else grey
    return out, [_clear(out, *circle, dpi) for circle in found], found


def circles(grey: Grey, dpi: float) -> list[Circle]:
    """Centres and radii, in pixels, of at most three rings of the size of a seal."""
    scale = FIND_DPI / dpi
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    least, most = (round(d / 2 * FIND_DPI) for d in SEAL_INCHES)
    found: Any = cv2.HoughCircles(
        cv2.GaussianBlur(small, (3, 3), 0),
        cv2.HOUGH_GRADIENT,
        1.5,
        1.5 * FIND_DPI,
        param1=120,
        param2=60,
        minRadius=least,
        maxRadius=most,
    )
    if found is None:
        return []
    ink = small < INK + 40
    rings = [_fitted(ink, float(x), float(y), float(r)) for x, y, r in found[0][:3]]
    # Of a thick ring the inner edge may have been found: look farther outward.
    rings = [f if f[3] > LEAST_FIT else _fitted(ink, *f[:3], 5) for f in rings]
    return [(x / scale, y / scale, r / scale) for x, y, r, fit in rings if fit > LEAST_FIT]


def _fitted(
    ink: NDArray[np.bool_], x: float, y: float, radius: float, outward: int = 2
) -> tuple[float, float, float, float]:
    """The ring near the one given that has most ink all the way round and least just outside, and
    how well it fits (1 at best). Lines of text that happen to lie round a point have gaps and go
    on outside."""
    best = (x, y, radius, -1.0)
    for step, reach, out in ((2.0, 2, outward), (1.0, 1, 1)):
        x0, y0, r0, _ = best
        for dr in range(-reach, out + 1):
            for dx in range(-reach, reach + 1):
                for dy in range(-reach, reach + 1):
                    ring = (x0 + step * dx, y0 + step * dy, r0 + step * dr)
                    if (fit := _fit(ink, *ring)) > best[3]:
                        best = (*ring, fit)
    return best


_ANGLES = np.linspace(0, 2 * np.pi, 180, endpoint=False)
_COSINES, _SINES = np.cos(_ANGLES), np.sin(_ANGLES)


def _fit(ink: NDArray[np.bool_], x: float, y: float, radius: float) -> float:
    radii = np.array([[radius - 1], [radius], [radius + 4], [radius + 6]])
    across = np.rint(x + radii * _COSINES).astype(int)
    down = np.rint(y + radii * _SINES).astype(int)
    on = (across >= 0) & (across < ink.shape[1]) & (down >= 0) & (down < ink.shape[0])
    dark = np.zeros(on.shape, bool)
    dark[on] = ink[down[on], across[on]]
    return float((dark[0] | dark[1]).mean() - dark[2:].mean())


def _clear(grey: Grey, x: float, y: float, radius: float, dpi: float) -> Box:
    height, width = grey.shape
    left, right = max(0, int(x - radius)), min(width, int(x + radius) + 1)
    top, bottom = max(0, int(y - radius)), min(height, int(y + radius) + 1)
    across = np.hypot(np.arange(left, right)[None, :] - x, np.arange(top, bottom)[:, None] - y)
    inside = across < radius
    after = _text_rows(grey, x, y, radius, dpi)[top:bottom]
    before = _text_rows(grey[:, ::-1], grey.shape[1] - x, y, radius, dpi)[top:bottom]
    part = grey[top:bottom, left:right]
    keep = after[:, None] & bold(part, dpi) & ~rings(part, x - left, y - top, radius, dpi)
    if float((after & before).mean()) > 0.5:  # body text goes on left and right: leave its rows
        keep |= (after | before)[:, None]
    part[inside & ~keep] = 255
    return (left, top, right, bottom)


def rings(
    part: Grey, x: float, y: float, radius: float, dpi: float, arc: float = ARC
) -> NDArray[np.bool_]:
    """Pixels of strokes that run round the seal's centre for at least `arc` inches: its rings, in
    which letters have no share but where they cross."""
    turns = round(2 * np.pi * radius)
    size = (round(radius), turns)  # one pixel across and along, at the ring
    ink = (part < INK + 40).astype(np.uint8)
    # Without the last flag what lies outside the picture is whatever was in memory.
    how = cv2.WARP_POLAR_LINEAR | cv2.INTER_NEAREST | cv2.WARP_FILL_OUTLIERS
    flat = cv2.warpPolar(ink, size, (x, y), radius, how)
    flat = np.concatenate([flat, flat[: turns // 8]])
    arcs = cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((round(arc * dpi), 1), np.uint8))
    arcs[: turns // 8] = cv2.bitwise_or(arcs[: turns // 8], arcs[turns:])
    height, width = part.shape
    how |= cv2.WARP_INVERSE_MAP
    back = cv2.warpPolar(arcs[:turns], (width, height), (x, y), radius, how)
    return np.asarray(cv2.dilate(back, np.ones((3, 3), np.uint8)) > 0)


def bold(part: Grey, dpi: float) -> NDArray[np.bool_]:
    """Pixels at or next to strokes as thick as those of bold print."""
    ink = (part < INK).astype(np.uint8)
    thick = max(3, round(dpi / 55))
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick))
    wider = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick + 3, thick + 3))
    return np.asarray(cv2.dilate(cv2.morphologyEx(ink, cv2.MORPH_OPEN, shape), wider) > 0)


def _text_rows(grey: Grey, x: float, y: float, radius: float, dpi: float) -> NDArray[np.bool_]:
    """Rows of the page in which at least three letters stand right of the seal's centre, outside
    its ring."""
    height, width = grey.shape
    margin = round(0.25 * dpi)
    top, bottom = max(0, int(y - radius) - margin), min(height, int(y + radius) + margin)
    left, right = int(x), min(width, int(x + radius + 2.6 * dpi))
    ink = (grey[top:bottom, left:right] < INK).astype(np.uint8)
    across = np.hypot(np.arange(left, right)[None, :] - x, np.arange(top, bottom)[:, None] - y)
    ink[across < radius] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    w, h = stats[1:, cv2.CC_STAT_WIDTH] / dpi, stats[1:, cv2.CC_STAT_HEIGHT] / dpi
    area = stats[1:, cv2.CC_STAT_AREA] / (w * h * dpi * dpi)
    letter = (h > 0.06) & (h < 0.24) & (w > 0.03) & (w < 0.3) & (area > 0.2)
    count = np.zeros(height, int)
    for _, at, _, tall, _ in stats[1:][letter]:
        count[top + at : top + at + tall] += 1
    rows = count >= 3
    grow = round(0.05 * dpi)  # marks above and below the letters
    return np.asarray(np.convolve(rows, np.ones(2 * grow + 1), "same") > 0)


# --- framed stamps -----------------------------------------------------------------------------

FRAME_DPI = 100
FRAME_INCHES = ((0.9, 3.2), (0.28, 1.25))  # width, height
MOST_FIELDS = 3
GROWN = 2  # pixels at FRAME_DPI by which strokes are widened on the way to contours
Quad = NDArray[np.float32]


def stamp_frames(grey: Grey, dpi: float) -> list[Quad]:
    """Corners, in pixels, of closed frames of the size of a stamp that stand alone in the upper
    two thirds of the page. Stamps are set by hand and askew; cells of a table touch others."""
    step = max(1, round(dpi / FRAME_DPI))
    small = cv2.erode(grey, np.ones((step, step), np.uint8))[::step, ::step]
    ink = cv2.dilate((small < INK).astype(np.uint8), np.ones((3, 3), np.uint8))
    inch = dpi / step
    long, high = round(0.2 * inch), round(0.12 * inch)
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    upright = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((high, 1), np.uint8))
    rules = cv2.dilate(cv2.bitwise_or(level, upright), np.ones((3, 3), np.uint8))
    contours, nesting = cv2.findContours(rules, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    fields: list[Quad] = []
    for contour, links in zip(contours, nesting[0] if contours else (), strict=True):
        if (quad := _field(contour, inch)) is not None:
            # Strokes were widened on the way: outer edges moved out, inner ones in.
            fields.append(_shrunk(quad, -GROWN if links[3] >= 0 else GROWN))
    fields = _outermost(fields)
    low = grey.shape[0] * 0.66 / step
    frames: list[Quad] = []
    for group in _touching(fields, inch):
        quad = np.asarray(cv2.boxPoints(cv2.minAreaRect(np.concatenate(group))), np.float32)
        fits = _stacked(group, inch) and _is_frame(quad, inch)
        if fits and quad[:, 1].max() < low:
            frames.append(quad * step)
    return frames


def _shrunk(quad: Quad, by: float) -> Quad:
    """Each corner `by` pixels nearer to the middle, across and down; negative: farther."""
    return np.asarray(quad + np.sign(quad.mean(axis=0) - quad) * by, np.float32)


def _field(contour: Any, inch: float) -> Quad | None:
    """Corners of a contour that is nearly an oblong, no larger than a stamp."""
    _, _, w, h = cv2.boundingRect(contour)
    (least_w, most_w), (_, most_h) = FRAME_INCHES
    if not (least_w <= w / inch <= most_w and 0.12 * inch <= h <= most_h * inch):
        return None
    quad = np.asarray(cv2.boxPoints(cv2.minAreaRect(contour)), np.float32)
    full = cv2.contourArea(quad) > 0 and cv2.contourArea(contour) > 0.8 * cv2.contourArea(quad)
    return quad if full else None


def _stacked(group: list[Quad], inch: float) -> bool:
    """Whether these are the fields of one stamp: few, one above the other, equally wide."""
    lefts = [float(q[:, 0].min()) for q in group]
    rights = [float(q[:, 0].max()) for q in group]
    spread = max(max(lefts) - min(lefts), max(rights) - min(rights))
    return len(group) <= MOST_FIELDS and spread < 0.15 * inch


def _is_frame(quad: Quad, inch: float) -> bool:
    (least_w, most_w), (least_h, most_h) = FRAME_INCHES
    w, h = (quad.max(axis=0) - quad.min(axis=0)) / inch
    return bool(least_w <= w <= most_w and least_h <= h <= most_h)


def _touching(quads: list[Quad], inch: float) -> list[list[Quad]]:
    """Groups of fields that lie edge to edge: the two or three of one stamp, or a whole table."""
    groups: list[list[Quad]] = []
    for quad in quads:
        near = [g for g in groups if any(_adjacent(quad, other, 0.08 * inch) for other in g)]
        groups = [g for g in groups if not any(g is n for n in near)]
        groups.append([quad, *(q for g in near for q in g)])
    return groups


def _adjacent(a: Quad, b: Quad, slack: float) -> bool:
    apart = (a.min(axis=0) > b.max(axis=0) + slack) | (b.min(axis=0) > a.max(axis=0) + slack)
    return not bool(apart.any())


def _outermost(quads: list[Quad]) -> list[Quad]:
    """One of each nest of fields: the outer edge of a stroke, its inner edge, fields inside."""
    kept: list[Quad] = []
    for quad in sorted(quads, key=lambda q: -float(cv2.contourArea(q))):
        x, y = (float(v) for v in quad.mean(axis=0))
        if not any(cv2.pointPolygonTest(k, (x, y), False) >= 0 for k in kept):
            kept.append(quad)
    return kept


def quad_box(quad: Quad, grey: Grey) -> Box:
    """The upright box around a frame, within the page."""
    left, top = np.maximum(quad.min(axis=0), 0)
    right, bottom = np.minimum(quad.max(axis=0), grey.shape[::-1])
    return (int(left), int(top), int(right), int(bottom))


def without_frame(grey: Grey, quad: Quad, dpi: float) -> Grey:
    """Take a stamp off the page: its frame, and what stands inside and does not reach outside.

    Print that the frame's edge runs through keeps all but the stroke of the edge."""
    corners = np.rint(quad).astype(np.int32)
    edge = np.zeros(grey.shape, np.uint8)
    cv2.polylines(edge, [corners], True, 1, thickness=max(3, round(dpi / 16)))
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(inside, [corners], 1)
    left, top, right, bottom = _wider(quad_box(quad, grey), round(dpi / 3), grey)
    here = np.s_[top:bottom, left:right]
    ink = (grey[here] < INK).astype(np.uint8) & (1 - edge[here])
    bridge = np.ones((round(dpi / 14), 1), np.uint8)  # across the stroke, up and down
    _, labels = cv2.connectedComponents(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, bridge))
    labels = labels * ink
    total = np.bincount(labels.ravel())
    within = np.bincount(labels[inside[here] > 0].ravel(), minlength=len(total))
    reaches = within < 0.75 * total
    reaches[0] = False
    keep = reaches[labels]
    out = grey.copy()
    out[here][((inside[here] | edge[here]) > 0) & ~keep] = 255
    return out


def _wider(box: Box, by: int, grey: Grey) -> Box:
    left, top, right, bottom = box
    height, width = grey.shape
    return (max(0, left - by), max(0, top - by), min(width, right + by), min(height, bottom + by))


def without_strokes(grey: Grey, frame: Box, dpi: float) -> Grey:
    """The page without the strokes of a worn frame and those within it. Strokes of letters that
    cross them are made good: pixels of a stroke between ink on both its sides stay."""
    left, top, right, bottom = _wider(frame, round(0.05 * dpi), grey)
    part = grey[top:bottom, left:right]
    ink = (part < INK + 40).astype(np.uint8)
    out = grey.copy()
    cleared = part.copy()
    for turned in (False, True):
        strokes = _strokes(ink.T if turned else ink, dpi)
        cleared[(strokes.T if turned else strokes) > 0] = 255
    out[top:bottom, left:right] = cleared
    return out


def _strokes(ink: Grey, dpi: float) -> Grey:
    """Level strokes (1), but where something crosses them."""
    ink = np.ascontiguousarray(ink)
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))  # a little askew
    pieces = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, round(0.25 * dpi)), np.uint8))
    strokes = cv2.bitwise_and(cv2.dilate(pieces, np.ones((3, 5), np.uint8)), ink)
    rest = cv2.bitwise_and(ink, 1 - strokes)
    crossing = np.zeros_like(rest)
    for slant in (0.0, 0.35, -0.35):
        bridge = np.ascontiguousarray(slanted(round(0.075 * dpi), slant).T)
        bridged = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, bridge)
        crossing = cv2.bitwise_or(crossing, bridged)
    return np.asarray(cv2.bitwise_and(strokes, 1 - crossing), np.uint8)


def slanted(long: int, slant: float) -> Grey:
    """A line of `long` pixels across and `slant` times as many down."""
    wide, high = long | 1, round(abs(slant) * long) | 1
    line = np.zeros((high, wide), np.uint8)
    ends = (0, high - 1) if slant >= 0 else (high - 1, 0)
    return np.asarray(cv2.line(line, (0, ends[0]), (wide - 1, ends[1]), (1,), 1), np.uint8)
