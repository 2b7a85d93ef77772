"""Stamps in coloured ink laid over black print: found by their colour, taken off by unmixing.

In: the brightest and the darkest channel of a page. Out: the coloured ink alone, in which a frame
shows whatever is printed across it; and the page within a frame without that ink. Ink on paper
takes light away: the absorbances of print and of stamp ink add up in every channel (Beer and
Lambert), and black takes the same from all.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box

Grey = NDArray[np.uint8]
COLOURED = 38  # difference of the channels of ink that is coloured for certain
PALEST = 22  # the same of a thin stroke, which JPEG has mixed with the paper
LEAST = 2e-4  # of a page; the frame of a stamp alone covers 5e-4
CROSSED = 0.1  # inches of a frame that print may cover
PALE = 0.35  # absorbance that is left of stamp ink at its edges


@dataclass(frozen=True, slots=True)
class Channels:
    """The brightest and the darkest of the three channels of each pixel, as two grey pages."""

    high: Grey
    low: Grey


def channels(pixels: NDArray[np.uint8]) -> Channels | None:
    """Of an RGB page; None where next to nothing on it is coloured."""
    red, green, blue = cv2.split(pixels)  # many times as fast as max and min along an axis
    high = np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
    low = np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)
    if float((cv2.subtract(high, low) > COLOURED).mean()) < LEAST:
        return None
    return Channels(high, low)


def ink_alone(page: Channels) -> Grey:
    """The coloured ink, dark on white; the tint of the paper is no ink."""
    colour = cv2.subtract(page.high, page.low)
    tint = float(np.median(colour[::8, ::8]))
    shades = np.clip(255 - (np.arange(256) - tint) * (115 / PALEST), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(colour, shades), np.uint8)


def closed(alone: Grey, dpi: float) -> Grey:
    """The coloured ink with its lines closed where print crosses them."""
    gap = max(3, round(CROSSED * dpi))
    level = cv2.morphologyEx(alone, cv2.MORPH_OPEN, np.ones((1, gap), np.uint8))
    upright = cv2.morphologyEx(alone, cv2.MORPH_OPEN, np.ones((gap, 1), np.uint8))
    return np.asarray(cv2.min(level, upright), np.uint8)


def share_inside(alone: Grey, box: Box) -> float:
    """Share of coloured ink within the frame at `box`, its edges left out: words, or nothing."""
    left, top, right, bottom = box
    across, down = (right - left) // 10, (bottom - top) // 10
    part = alone[top + down : bottom - down, left + across : right - across]
    return float((part < 140).mean()) if part.size else 0.0


def without_ink(grey: Grey, page: Channels, box: Box, dpi: float) -> Grey:
    """The page `grey` without the coloured ink in and just around `box`."""
    by = round(0.06 * dpi)
    left, top, right, bottom = box
    here = np.s_[max(0, top - by) : bottom + by, max(0, left - by) : right + by]
    least, most = (-np.log((p[here].astype(np.float32) + 1) / 256) for p in (page.high, page.low))
    colour = most - least
    inked = colour > 0.35
    if not inked.any():
        return grey
    # Of pure stamp ink the brightest channel takes so much for each unit of colour; print below
    # takes more, so the lower of such pixels tell.
    share = float(np.percentile(least[inked] / colour[inked], 35))
    near = cv2.dilate(inked.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    black = np.maximum(0, least - share * colour)
    black[black < PALE] = 0
    out = grey.copy()
    out[here][near] = np.clip(256 * np.exp(-black) - 1, 0, 255)[near].astype(np.uint8)
    return out
