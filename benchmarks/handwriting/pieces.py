"""Single pieces of ink as the reader cuts them out of a scan, with what they are.

In: digits of `digits`; out: normalised pictures and classes. Pen widths, slant, proportions,
resolution, 1-bit thresholds, drop-out, ends of a dotted rule and of touching neighbours vary.
What is no digit: two digits together, a part of one, printed letters, strokes, dots.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.handwriting.digits import CANVAS, Samples, drawn
from benchmarks.page_simulator.fonts import font
from pipeline.handwriting import classifier
from pipeline.handwriting.classifier import NO_DIGIT, Ink, normalised

_DRAWN = 0.5
_PRINTED = 0.06  # and from type: a slot may hold print that was read badly
_NO_DIGITS = 0.28
_LETTERS = "abcdeghkmnopqrsuvxyàáảãạăâđêôơưốngySTUBNDĐQCKGPV-.,:ố"
_BACKGROUND = 96


@dataclass(frozen=True, slots=True)
class Pieces:
    """Draws pieces of ink. The same `rng` state gives the same pieces."""

    samples: Samples
    drawn: float = _DRAWN  # share of digits drawn with pen strokes of our own
    varied: bool = True  # bent, joined to a neighbour by a thin stroke, with gaps in the ink

    def batch(
        self, size: int, rng: np.random.Generator
    ) -> tuple[list[Ink], np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """`size` normalised pictures and their classes."""
        pictures: list[Ink] = []
        classes: list[int] = []
        while len(pictures) < size:
            kind = NO_DIGIT if rng.random() < _NO_DIGITS else int(rng.integers(10))
            ink = self.no_digit(rng) if kind == NO_DIGIT else self.digit(kind, rng)
            ink = scanned(ink, rng, skips=self.varied)
            if (ink > 0.4).sum() >= 4:
                pictures.append(normalised(ink))
                classes.append(kind)
        return pictures, np.array(classes, np.int64)

    def digit(self, digit: int, rng: np.random.Generator) -> Ink:
        """A digit, warped, with what may cling to it."""
        plain = self.plain(digit, rng)
        ink = warped(bent(plain, rng) if self.varied else plain, rng)
        if self.varied and rng.random() < 0.06:
            ink = _with_ligature(ink, rng)
        if rng.random() < 0.15:
            ink = _with_rest(ink, warped(self.plain(int(rng.integers(10)), rng), rng), rng)
        if rng.random() < 0.1:
            ink = with_rule(ink, rng)
        return ink

    def no_digit(self, rng: np.random.Generator) -> Ink:
        """Something that must not be read as one digit."""
        kind = rng.random()
        if kind < 0.36:
            return self._two(rng)
        if kind < 0.6:
            return self._part(rng)
        if kind < 0.8:
            return printed(rng)
        return strokes(rng)

    def plain(self, digit: int, rng: np.random.Generator) -> Ink:
        """A digit by itself: from type, a pen stroke of our own, or a sample."""
        kind = rng.random()
        if kind < _PRINTED and self.drawn:
            return _set(digit, rng)
        if kind < _PRINTED + self.drawn:
            return drawn(digit, rng)
        return self.samples.draw(digit, rng)

    def _two(self, rng: np.random.Generator) -> Ink:
        """Two digits beside each other, or one and the greater part of the next."""
        both = [cropped(warped(self.plain(int(rng.integers(10)), rng), rng)) for _ in "ab"]
        if rng.random() < 0.4:
            keep = max(3, int(both[1].shape[1] * rng.uniform(0.45, 0.8)))
            both[1] = both[1][:, :keep] if rng.random() < 0.5 else both[1][:, -keep:]
        return beside(both, int(rng.integers(-5, 5)), rng)

    def _part(self, rng: np.random.Generator) -> Ink:
        """A part of a digit that is not a digit itself: cut off at a side, not of 1 or 7."""
        digit = int(rng.choice([0, 2, 3, 4, 5, 6, 8, 9, 0, 4]))
        ink = cropped(warped(self.plain(digit, rng), rng))
        wide, high = ink.shape[1], ink.shape[0]
        if rng.random() < 0.75:
            keep = max(2, int(wide * rng.uniform(0.25, 0.5)))
            return ink[:, :keep] if rng.random() < 0.5 else ink[:, wide - keep :]
        keep = max(2, int(high * rng.uniform(0.2, 0.5)))
        return ink[:keep] if rng.random() < 0.5 else ink[high - keep :]


def bent(ink: Ink, rng: np.random.Generator) -> Ink:
    """Every stroke a little elsewhere, smoothly: no hand writes a digit twice alike."""
    if rng.random() < 0.4:
        return ink
    high, wide = ink.shape
    wave = float(rng.uniform(5, 9))
    off = [
        cv2.GaussianBlur(rng.uniform(-1, 1, ink.shape).astype(np.float32), (0, 0), wave)
        for _ in "xy"
    ]
    far = float(rng.uniform(0.5, 2.2))
    dx, dy = (o * (far / max(1e-6, float(o.std()))) for o in off)
    columns, rows = np.meshgrid(
        np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32)
    )
    return np.asarray(cv2.remap(ink, columns + dx, rows + dy, cv2.INTER_LINEAR), np.float32)


def warped(ink: Ink, rng: np.random.Generator) -> Ink:
    """Slanted, turned, stretched; on a larger canvas."""
    slant, turn = rng.normal(0.06, 0.16), rng.normal(0, 0.08)
    wide, high = rng.uniform(0.75, 1.2), rng.uniform(0.85, 1.1)
    shape = np.array([[wide, -slant], [0, high]]) @ np.array(
        [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    )
    shift = _BACKGROUND / 2 - shape @ np.array([CANVAS / 2, CANVAS / 2])
    matrix = np.hstack([shape, shift[:, None]])
    return np.asarray(cv2.warpAffine(ink, matrix, (_BACKGROUND, _BACKGROUND)), np.float32)


def cropped(ink: Ink) -> Ink:
    """Cut to its edges; without ink one pixel."""
    part = classifier.cropped(ink)
    return part if part.size else ink[:1, :1]


def beside(parts: list[Ink], gap: int, rng: np.random.Generator) -> Ink:
    """Pieces side by side on about one line, `gap` pixels apart (less than 0: one into another)."""
    high = max(p.shape[0] for p in parts) + 6
    wide = sum(p.shape[1] for p in parts) + abs(gap) * len(parts)
    out = np.zeros((high, max(1, wide)), np.float32)
    at = 0
    for part in parts:
        top = int(rng.integers(0, high - part.shape[0] + 1))
        here = out[top : top + part.shape[0], at : at + part.shape[1]]
        np.maximum(here, part[:, : here.shape[1]], out=here)
        at = max(0, at + part.shape[1] + gap)
    return out


def scanned(ink: Ink, rng: np.random.Generator, *, skips: bool = False) -> Ink:
    """Ink as a scan shows it: pen width, resolution, softness, threshold, contrast, drop-out."""
    pen = int(rng.integers(-1, 3))
    if pen:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(pen) + 1, abs(pen) + 1))
        changed = cv2.erode(ink, kernel) if pen < 0 else cv2.dilate(ink, kernel)
        if changed.max() > 0.5 and (changed > 0.5).sum() > 0.4 * (ink > 0.5).sum():
            ink = np.asarray(changed, np.float32)
    scale = float(rng.uniform(0.36, 1.0))  # the line is 14 to 60 pixels high
    small = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    ink = np.asarray(cv2.resize(ink, small, interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.25:
        ink = ink + rng.normal(0, rng.uniform(0, 0.12), ink.shape).astype(np.float32)
    if rng.random() < 0.5:
        ink = (ink > rng.uniform(0.3, 0.65)).astype(np.float32)
    ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 1.0)), np.float32)
    if skips and rng.random() < 0.2:
        ink = skipping(ink, rng)
    top = float(ink.max())
    return (ink / top).clip(0, 1) if top > 0 else ink


def _with_rest(ink: Ink, other: Ink, rng: np.random.Generator) -> Ink:
    """With a small end of a neighbour at one side."""
    ink, other = cropped(ink), cropped(other)
    keep = max(1, int(other.shape[1] * rng.uniform(0.05, 0.25)))
    part = other[:, :keep] if rng.random() < 0.5 else other[:, -keep:]
    high = max(2, int(part.shape[0] * rng.uniform(0.2, 0.7)))
    top = int(rng.integers(0, part.shape[0] - high + 1)) if part.shape[0] > high else 0
    part = part[top : top + high]
    pair = [part, ink] if rng.random() < 0.5 else [ink, part]
    return beside(pair, int(rng.integers(-2, 2)), rng)


def _with_ligature(ink: Ink, rng: np.random.Generator) -> Ink:
    """With a thin stroke to the neighbour, at the top or the bottom of one side."""
    ink = cropped(ink)
    long = int(rng.integers(4, 16))
    side = (long, 0) if rng.random() < 0.5 else (0, long)
    out = np.pad(ink, ((3, 3), side))
    level = int(
        ink.shape[0] * (rng.uniform(0.0, 0.15) if rng.random() < 0.6 else rng.uniform(0.85, 1))
    )
    edge = 3 + min(level, ink.shape[0] - 1)
    row = np.nonzero(out[max(0, edge - 4) : edge + 5].max(axis=0) > 0.5)[0]
    if not len(row):
        return ink
    start = (0, edge + int(rng.integers(-3, 4))) if side[0] else (out.shape[1] - 1, edge)
    end = (int(row[0 if side[0] else -1]), edge)
    bits = (out * 255).astype(np.uint8)
    cv2.line(bits, start, end, 255, int(rng.integers(2, 6)), cv2.LINE_AA)
    return (bits / 255).astype(np.float32)


def skipping(ink: Ink, rng: np.random.Generator) -> Ink:
    """As a pencil or a dry pen leaves it: pale or bare in places."""
    rough = cv2.GaussianBlur(
        rng.normal(0, 1, ink.shape).astype(np.float32), (0, 0), float(rng.uniform(0.7, 2.0))
    )
    rough = np.asarray(rough, np.float32) / max(1e-6, float(np.std(rough)))
    return np.asarray(ink * (1.0 - rng.uniform(0.1, 0.45) * rough).clip(0.0, 1.0), np.float32)


def with_rule(ink: Ink, rng: np.random.Generator) -> Ink:
    """On a piece of a printed dotted or plain rule."""
    ink = cropped(ink)
    low = int(ink.shape[0] * rng.uniform(0.85, 1.05))
    out = np.pad(ink, ((0, 6), (3, 3)))
    step = int(rng.integers(3, 8)) if rng.random() < 0.7 else 1
    for x in range(int(rng.integers(0, 3)), out.shape[1] - 1, step):
        out[low : low + 2, x : x + 2] = 1.0
    return out


def printed(rng: np.random.Generator) -> Ink:
    """One or two printed letters, or a part of one."""
    font = _fonts()[int(rng.integers(len(_fonts())))]
    text = "".join(rng.choice(list(_LETTERS), size=int(rng.integers(1, 3))))
    image = Image.new("L", (110, 80))
    ImageDraw.Draw(image).text((10, 5), text, fill=255, font=font)
    ink = cropped((np.asarray(image) / 255).astype(np.float32))
    if rng.random() < 0.3 and ink.shape[1] > 8:
        keep = int(ink.shape[1] * rng.uniform(0.3, 0.8))
        ink = ink[:, :keep] if rng.random() < 0.5 else ink[:, -keep:]
    return np.pad(ink, 3)


def _set(digit: int, rng: np.random.Generator) -> Ink:
    """A printed digit."""
    image = Image.new("L", (CANVAS, CANVAS))
    face = _fonts()[int(rng.integers(len(_fonts())))]
    ImageDraw.Draw(image).text((CANVAS / 2, CANVAS / 2), str(digit), 255, face, anchor="mm")
    return (np.asarray(image) / 255).astype(np.float32)


@cache
def _fonts() -> tuple[ImageFont.FreeTypeFont, ...]:
    """Serif faces, upright and slanted, as letters are printed in."""
    families = ("Tinos", "Liberation Serif")
    return tuple(font(name, 42, italic=slanted) for name in families for slanted in (False, True))


def strokes(rng: np.random.Generator) -> Ink:
    """Dots, dashes, bars, scribbles."""
    ink = np.zeros((_BACKGROUND, _BACKGROUND), np.uint8)
    pen = int(rng.integers(2, 7))
    kind = rng.random()
    if kind < 0.3:
        for x in range(10, int(rng.integers(12, 90)), int(rng.integers(5, 12))):
            cv2.circle(ink, (x, 60), max(1, pen // 2), 255, -1)
    elif kind < 0.55:
        y = int(rng.integers(20, 70))
        end = (int(rng.integers(30, 90)), y + int(rng.integers(-9, 9)))
        cv2.line(ink, (10, y), end, 255, pen, cv2.LINE_AA)
    else:
        points = rng.uniform(8, 88, (int(rng.integers(4, 12)), 2))
        smooth = cv2.GaussianBlur(np.repeat(points, 8, axis=0).astype(np.float32), (1, 15), 4)
        cv2.polylines(ink, [np.round(smooth).astype(np.int32)], False, 255, pen, cv2.LINE_AA)
    return (ink / 255).astype(np.float32)
