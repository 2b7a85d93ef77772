"""Which way up a page is, how far its lines are from level, and the page put right.

In: a grey page. Out: the turn and the skew; the page turned and straightened.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image

from pipeline import ink, tesseract
from pipeline.settings import Settings

LEAST_SKEW = 0.15
MOST_SHEAR = 2.0
SURE_LEVEL = 0.1
SURE_LEAN = 0.12
FEWEST_LINES = 6
TRIAL_DPI = 150
READS_WELL = 150  # letters read surely: upright pages have 208 to 793, others up to 66

_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def turned(page: Image.Image, turn: int) -> Image.Image:
    """The page turned clockwise by 0, 90, 180 or 270 degrees."""
    return page.transpose(_TURNS[turn]) if turn else page


def upright(page: Image.Image, dpi: float, settings: Settings) -> tuple[int, float]:
    """The clockwise turn that sets the page upright, and the skew in degrees left then.

    Most pages are judged by the look of their lines alone; where that is not sure, parts of the
    page are read each way round and the way that reads best is taken."""
    if (factor := int(dpi // TRIAL_DPI)) > 1:
        page, dpi = page.reduce(factor), dpi / factor
    small = ink.letters(page, dpi, ink.SKEW_DPI)
    level = ink.levelness(ink.letters(page, dpi, 100.0))
    skews = {0: ink.skew(small)} if level > SURE_LEVEL else {}
    if 0 in skews:
        lean, lines = ink.lean(ink.turned(ink.letters(page, dpi, ink.ROW_DPI), skews[0]))
        if lean > SURE_LEAN and lines >= FEWEST_LINES:
            return 0, skews[0]
    turns = (0, 180) if level > SURE_LEVEL else (90, 270) if level < -SURE_LEVEL else _ALL_TURNS
    best = _most_readable(page, dpi, turns, settings)
    on_side = best in (90, 270)
    if on_side:
        return best, ink.skew(np.ascontiguousarray(np.rot90(small)))
    return best, skews[0] if 0 in skews else ink.skew(small)


_ALL_TURNS = (0, 180, 90, 270)


def _most_readable(page: Image.Image, dpi: float, turns: Sequence[int], settings: Settings) -> int:
    """The turn by which the page reads best; the first that reads well is not doubted."""
    scores: dict[int, float] = {}
    for turn in turns:
        scores[turn] = _readable(page, dpi, turn, settings)
        if scores[turn] > READS_WELL:
            break
    return max(scores, key=lambda t: scores[t])


def _readable(page: Image.Image, dpi: float, turn: int, settings: Settings) -> float:
    """How much of the page reads as words when turned clockwise by `turn`; at most a strip of
    10 cm is read. 0 where it cannot be read at all."""
    part = turned(page, turn)
    part = _fullest_strip(part, round(dpi * 4))
    shrink = min(1.0, TRIAL_DPI / dpi)
    part = part.resize((max(1, round(part.width * shrink)), max(1, round(part.height * shrink))))
    return tesseract.readable(part, round(dpi * shrink), settings)


def _fullest_strip(page: Image.Image, high: int) -> Image.Image:
    """The strip of the page, `high` pixels high, with most ink."""
    if page.height <= high:
        return page
    rows = (np.asarray(page.resize((64, page.height // 8))) < 160).sum(axis=1)
    sums = np.convolve(rows, np.ones(max(1, high // 8)), "valid")
    top = int(np.argmax(sums)) * 8
    return page.crop((0, top, page.width, min(page.height, top + high)))


def straightened(image: Image.Image, angle: float) -> Image.Image:
    """Level the lines of a page skewed by `angle` degrees.

    A small skew is taken out by moving columns of pixels up or down by whole pixels: letters stay
    as they were scanned, where turning the page would blur their marks."""
    if abs(angle) > MOST_SHEAR:
        return image.rotate(angle, Image.Resampling.BICUBIC, expand=False, fillcolor="white")
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    slope = np.tan(np.radians(angle))
    shifts = np.rint((np.arange(width) - width / 2) * slope).astype(int)
    out = np.full_like(pixels, 255)
    edges = [0, *(np.flatnonzero(np.diff(shifts)) + 1), width]
    for start, end in pairwise(edges):
        up = int(shifts[start])
        if up >= 0:
            out[: height - up, start:end] = pixels[up:, start:end]
        else:
            out[-up:, start:end] = pixels[:up, start:end]
    return Image.fromarray(out)
