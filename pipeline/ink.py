"""The ink of letters on a page, on a small copy: what blankness, skew and direction are read from.

In: a grey page. Out: small masks on which blobs of the size of letters are white (255), and what
they tell. Rules, frames, scan edges and specks are not on the masks.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.uint8]
SKEW_DPI = 75
ROW_DPI = 120
WIDEST_SKEW = 15.0
FEWEST_BLOBS = 12
PALEST_INK = 190  # of a grey page on white paper


def letters(image: Image.Image, dpi: float, at: float) -> Mask:
    """Mask of the letters of `image` (`dpi`) on a copy at `at` dpi."""
    shrink = min(1.0, at / dpi)
    size = (max(8, round(image.width * shrink)), max(8, round(image.height * shrink)))
    grey = np.asarray(image.resize(size, Image.Resampling.BOX))
    paper = paper_of(grey, at)
    paper *= 0.78
    ink = (grey < paper).astype(np.uint8)
    del paper  # of a sheet of a square metre it is 100 MB
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    keep = (
        (np.maximum(width, height) <= at)
        & (np.minimum(width, height) <= at / 2.6)
        & (stats[:, cv2.CC_STAT_AREA] >= 3)
    )
    keep[0] = False
    shades: Mask = np.where(keep, 255, 0).astype(np.uint8)
    return np.asarray(shades[labels])


def paper_of(grey: Mask, dpi: float) -> NDArray[np.float32]:
    """The brightness of the bare paper at each pixel: photographs are darker on one side."""
    reach = max(3, round(dpi / 4)) | 1
    bright = cv2.dilate(grey, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.blur(bright, (reach, reach)), np.float32)


def is_blank(image: Image.Image, dpi: float) -> bool:
    """Whether a page has too few blobs of the size of letters to be worth reading."""
    return int(cv2.connectedComponents(letters(image, dpi, 100.0))[0]) < FEWEST_BLOBS


def turned(ink: Mask, angle: float) -> Mask:
    """The mask turned anticlockwise by `angle` degrees about its centre."""
    height, width = ink.shape
    matrix: Any = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)), dtype=np.uint8)


def _sharpness(ink: Mask, angle: float) -> float:
    """How sharply rows of ink and rows of paper alternate once turned by `angle` degrees."""
    rows = turned(ink, angle).sum(axis=1, dtype=np.float64) / 255
    return float(np.square(np.diff(rows)).sum())


def skew(ink: Mask) -> float:
    """The turn in degrees, anticlockwise, that makes the lines level; 0.05 degrees fine."""
    half = (max(1, ink.shape[1] // 2), max(1, ink.shape[0] // 2))
    coarse = np.asarray(cv2.resize(ink, half, interpolation=cv2.INTER_AREA), np.uint8)
    best = _sharpest(coarse, 0.0, WIDEST_SKEW, 1.0)
    best = _sharpest(ink, best, 0.8, 0.2)
    return _sharpest(ink, best, 0.15, 0.05)


def _sharpest(ink: Mask, centre: float, span: float, step: float) -> float:
    """Of `centre` and the angles around it the one that makes the lines level."""
    best, score = centre, _sharpness(ink, centre)
    for angle in np.arange(centre - span, centre + span + step / 2, step):
        if (found := _sharpness(ink, float(angle))) > score:
            best, score = float(angle), found
    return best


def levelness(ink: Mask) -> float:
    """Above 0 where letters have their neighbours beside them, below 0 where above and below: the
    page lies on its side. About 0.1 and more is sure.

    Smearing a page along its lines joins letters to words; across them it joins little."""
    along = cv2.connectedComponents(cv2.dilate(ink, np.ones((1, 5), np.uint8)))[0]
    across = cv2.connectedComponents(cv2.dilate(ink, np.ones((5, 1), np.uint8)))[0]
    return float(np.log(across / along))


def lean(ink: Mask) -> tuple[float, int]:
    """-1 to 1: how much more ink stands above the body of small letters than below, and in how
    many lines that was seen. Marks and ascenders make Vietnamese lean up: upright pages measure
    0.2 to 0.6, the same pages upside down the opposite."""
    rows = ink.sum(axis=1, dtype=np.float64) / 255
    peaks = cv2.dilate(rows.reshape(-1, 1).astype(np.float32), np.ones((25, 1), np.uint8))[:, 0]
    core = (rows > 0.45 * peaks) & (peaks > 12)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], core.astype(int), [0]])))
    above = below = 0.0
    lines = 0
    for top, bottom in zip(edges[::2], edges[1::2], strict=True):
        if 4 <= bottom - top <= 14:
            reach = max(2, round(0.6 * (bottom - top)))
            above += rows[max(0, top - reach) : top].sum()
            below += rows[bottom : bottom + reach].sum()
            lines += 1
    return (above - below) / (above + below + 1e-9), lines
