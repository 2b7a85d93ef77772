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
LEAST_FIT = 0.62  # ink round the ring less ink just outside it, as shares
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


def without_round_seals(grey: Grey, dpi: float) -> tuple[Grey, list[Box]]:
    """Take black round seals off the page; text printed across their right half stays.

    Rows in which letters stand right of the seal are rows of text: there only strokes thinner
    than bold print go. All other rows within the ring are cleared."""
    boxes: list[Box] = []
    out = grey
    for x, y, radius in _circles(grey, dpi):
        if not boxes:
            out = grey.copy()
        boxes.append(_clear(out, x, y, radius * CLEAR, dpi))
    return out, boxes


def _circles(grey: Grey, dpi: float) -> list[tuple[float, float, float]]:
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
    return [(x / scale, y / scale, r / scale) for x, y, r, fit in rings if fit > LEAST_FIT]


def _fitted(
    ink: NDArray[np.bool_], x: float, y: float, radius: float
) -> tuple[float, float, float, float]:
    """The ring near the one given that has most ink all the way round and least just outside, and
    how well it fits (1 at best). Lines of text that happen to lie round a point have gaps and go
    on outside."""
    best = (x, y, radius, -1.0)
    for step, reach in ((2.0, 2), (1.0, 1)):
        x0, y0, r0, _ = best
        for dr in range(-reach, reach + 1):
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
    rows = _text_rows(grey, x, y, radius, dpi)[top:bottom]
    part = grey[top:bottom, left:right]
    bold = _bold(part, dpi)
    part[inside & ~(rows[:, None] & bold)] = 255
    return (left, top, right, bottom)


def _bold(part: Grey, dpi: float) -> NDArray[np.bool_]:
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
