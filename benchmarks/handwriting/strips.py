"""Strips of several digits as a slot holds them, with the number they are.

In: digits of `digits`, warped as single pieces are. Out: pictures as `pipeline.handwriting.strips`
lays them out, and their digits. Neighbours stand apart, touch, cross, or are joined by a stroke;
rules, ends of printed letters and specks are about; a scan breaks the ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.handwriting.pieces import (
    Pieces,
    bent,
    beside,
    cropped,
    printed,
    scanned,
    skipping,
    strokes,
    warped,
    with_rule,
)
from pipeline.handwriting.classifier import Ink
from pipeline.handwriting.strips import HIGH, WIDE, laid_out, leaning

_HIGH = 60  # pixels of a digit before it is scanned
_LENGTHS = (0.1, 0.34, 0.3, 0.22, 0.04)  # shares of numbers of one to five digits
_LEAST_INK = 15

Digits = list[list[Ink]]
"""Pictures of each digit, by its value."""


def stock(source: Pieces, size: int, rng: np.random.Generator) -> Digits:
    """`size` single digits, as many of each, to make strips of: drawing them is what takes time."""
    found: Digits = [[] for _ in range(10)]
    for n in range(size):
        ink = cropped(warped(bent(source.plain(n % 10, rng), rng), rng))
        if ink.shape[0] > 8:
            found[n % 10].append(ink)
    return found


@dataclass(frozen=True, slots=True)
class Strips:
    """Draws strips. The same `rng` state gives the same strips."""

    digits: Digits

    def batch(
        self, size: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], list[list[int]]]:
        """`size` pictures [size, HIGH, WIDE] and the digits of each."""
        pictures = np.zeros((size, HIGH, WIDE), np.float32)
        numbers: list[list[int]] = []
        while len(numbers) < size:
            number = [int(d) for d in rng.integers(0, 10, rng.choice(5, p=_LENGTHS) + 1)]
            picture = laid_out(self._scanned(self._row(number, rng), rng))
            if (picture > 0.4).sum() >= _LEAST_INK:
                pictures[len(numbers)] = picture
                numbers.append(number)
        return pictures, numbers

    def _row(self, number: list[int], rng: np.random.Generator) -> Ink:
        """Digits side by side in one hand, and what may be about them."""
        width = float(rng.uniform(0.85, 1.15))
        inks = [self._sized(digit, width, rng) for digit in number]
        gap = int(rng.integers(-11, 14)) if rng.random() < 0.8 else int(rng.integers(-2, 26))
        row = cropped(beside(inks, gap, rng))
        row = cropped(leaning(row, float(rng.normal(0, 0.1))))
        if rng.random() < 0.2:
            row = _joined(row, rng)
        if rng.random() < 0.12:
            row = with_rule(row, rng)
        return _with_print(row, rng) if rng.random() < 0.12 else row

    def _sized(self, digit: int, width: float, rng: np.random.Generator) -> Ink:
        ink = self.digits[digit][int(rng.integers(len(self.digits[digit])))]
        by = _HIGH * float(rng.uniform(0.82, 1.15)) / ink.shape[0]
        wide = max(3, round(ink.shape[1] * by * width * float(rng.uniform(0.9, 1.1))))
        size = (wide, max(8, round(ink.shape[0] * by)))
        return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _scanned(self, row: Ink, rng: np.random.Generator) -> Ink:
        ink = scanned(row, rng, skips=True)
        if rng.random() < 0.25:
            ink = skipping(ink, rng)
        if rng.random() < 0.2:  # broken by a hard threshold
            ink = np.where(ink > rng.uniform(0.35, 0.6), ink, 0).astype(np.float32)
        return ink


def _joined(row: Ink, rng: np.random.Generator) -> Ink:
    """With a thin stroke along the top, or through the feet, of two neighbours."""
    bits = (row * 255).astype(np.uint8)
    high, wide = bits.shape
    level = rng.uniform(0.03, 0.2) if rng.random() < 0.7 else rng.uniform(0.6, 0.95)
    start = int(rng.uniform(0, 0.7) * wide)
    end = min(wide - 1, start + int(rng.uniform(0.15, 0.5) * wide))
    y = int(high * level)
    pen = int(rng.integers(2, 6))
    cv2.line(bits, (start, y), (end, y + int(rng.integers(-3, 4))), 255, pen, cv2.LINE_AA)
    return (bits / 255).astype(np.float32)


def _with_print(row: Ink, rng: np.random.Generator) -> Ink:
    """With the end of a printed letter, or of a stroke, at one side."""
    other = cropped(printed(rng) if rng.random() < 0.5 else strokes(rng))
    by = float(rng.uniform(0.1, 0.9)) * row.shape[0] / other.shape[0]
    size = (max(2, min(int(other.shape[1] * by), 40)), max(2, int(other.shape[0] * by)))
    other = np.asarray(cv2.resize(other, size), np.float32)
    keep = max(2, int(other.shape[1] * rng.uniform(0.2, 0.6)))
    gap = int(rng.integers(1, 12))
    if rng.random() < 0.4:
        return beside([other[:, -keep:], row], gap, rng)
    return beside([row, other[:, :keep]], gap, rng)
