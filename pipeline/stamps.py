"""Stamps of secrecy and urgency: where they lie, and what they say.

In: grey pixels of a page, or of its red ink alone. Out: upright pictures of the words of what may
be a stamp, with its box; and of a reading, the words of the stamp it can only be. Sizes after
Thông tư 24/2020/TT-BCA (20 to 40 mm by 8 mm) and Nghị định 30/2020/NĐ-CP, with room to spare.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from pipeline.document import Box
from pipeline.seals import INK

Grey = NDArray[np.uint8]
FIND_DPI = 100
LONG = (0.45, 2.9)  # inches
SHORT = (0.13, 0.85)
SEAL = (0.9, 2.2)  # inches, either way
LEAST_FRAME = 0.2  # inches high
UPPER = 0.66  # of the page: no black stamp is looked for below
LEAST_FULL = 0.6  # of the oblong around it, what a blob of words or a frame fills
MOST_TILT = 20.0  # degrees
MOST_PLACES = 6
PALEST = 190  # brightness of red ink made smaller
TOGETHER = 0.12  # inches between the letters of a seal, at most
RED = 40  # how much redder than green ink is
LEAST_RED = 2e-5  # of a page; a stamp covers about 1e-4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stamp may be: its corners in pixels of the page, the degrees it is turned
    (clockwise), and whether it is an oblong frame."""

    corners: NDArray[np.float32]
    tilt: float
    framed: bool

    @property
    def box(self) -> Box:
        """The upright box around it."""
        low, high = self.corners.min(axis=0), self.corners.max(axis=0)
        return (max(0, int(low[0])), max(0, int(low[1])), int(high[0]) + 1, int(high[1]) + 1)


def red_print(pixels: NDArray[np.uint8]) -> Grey | None:
    """Of an RGB page the red ink alone, dark on white; None where there is next to none."""
    red, green = pixels[..., 0], pixels[..., 1]
    ink = np.asarray(cv2.subtract(red, green) > RED, np.uint8)
    if float(ink.mean()) < LEAST_RED:
        return None
    near = cv2.dilate(ink, np.ones((7, 7), np.uint8)) > 0
    return np.where(near, green, 255).astype(np.uint8)


def red_seals(red: Grey, dpi: float) -> list[Box]:
    """Boxes of the red ink as large as a seal either way."""
    small, scale = _small(red, dpi)
    shape = np.ones((15, 15), np.uint8)
    ink = cv2.morphologyEx((small < 215).astype(np.uint8), cv2.MORPH_CLOSE, shape)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink)
    sides = stats[1:, 2:4] / FIND_DPI
    large = ((sides > SEAL[0]) & (sides < SEAL[1])).all(axis=1)
    boxes = stats[1:][large][:, :4] * scale
    return [(int(x), int(y), int(x + w) + 1, int(y + h) + 1) for x, y, w, h in boxes]


def red_places(red: Grey, dpi: float, seals: Sequence[Box]) -> list[Place]:
    """Oblong blobs of red ink, framed or bare words, that lie in no seal."""
    small, scale = _small(red, dpi)
    found = _blobs((small < 215).astype(np.uint8), 0.09, scale)
    return _highest([p for p in found if p and not any(_in(p, s) for s in seals)])


def framed_places(grey: Grey, dpi: float) -> list[Place]:
    """Oblong frames of the size of a stamp in the upper part of the page: worn ones that stand
    clear of other print, and closed ones that touch it; no cells of a table."""
    step = max(1, round(dpi / FIND_DPI))
    thin = cv2.erode(grey, np.ones((step, step), np.uint8))[::step, ::step]
    thin = thin[: round(UPPER * thin.shape[0])]
    ink = (thin < INK + 40).astype(np.uint8)
    near = cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 0
    clear = [p for p in _blobs(ink, 0.07, step) if p and _is_frame(near, p.corners, step)]
    closed = [
        p
        for p in _fields(ink, step)
        if not any(_in(p, other.box) for other in clear) and _is_frame(near, p.corners, step)
    ]
    return _highest([*clear, *closed])


def _fields(ink: Grey, scale: float) -> Iterator[Place]:
    """White fields enclosed by one stroke, of which no more than two belong together."""
    wider = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    contours, nesting = cv2.findContours(wider, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: dict[int, list[Place]] = {}
    for contour, links in zip(contours, nesting[0] if contours else (), strict=True):
        place = _place(contour, scale, 4.0) if links[3] >= 0 else None
        if place is not None and place.framed:
            found.setdefault(int(links[3]), []).append(place)
    return (p for fields in found.values() if len(fields) <= 2 for p in fields)


def _blobs(ink: Grey, join: float, scale: float) -> Iterator[Place | None]:
    """Ink (1) that lies within `join` inches of other ink, as oblongs."""
    reach = max(3, round(join * FIND_DPI)) | 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    contours, _ = cv2.findContours(
        cv2.dilate(ink, shape), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    return (_place(c, scale, -(reach - 1.0)) for c in contours)


def _is_frame(ink: NDArray[np.bool_], page: NDArray[np.float32], scale: float) -> bool:
    """Whether ink runs along all four sides, gaps of a worn stamp allowed, and little just inside
    them, as it would in a word."""
    corners = np.asarray(page / scale, np.float32)
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    if sides.min() < LEAST_FRAME * FIND_DPI:
        return False
    middle = corners.mean(axis=0)
    inner = np.asarray(corners + np.sign(middle - corners) * 0.07 * FIND_DPI, np.float32)
    on, within = _along(ink, corners), _along(ink, inner)
    return min(on) > 0.35 and sum(on) / 4 > 0.6 and sum(on) - sum(within) > 1.4


def _along(ink: NDArray[np.bool_], corners: NDArray[np.float32]) -> list[float]:
    """Share of ink along each side of an oblong."""
    steps = np.linspace(0.06, 0.94, 60)[:, None]
    shares: list[float] = []
    for n in range(4):
        line = corners[n - 1] + (corners[n] - corners[n - 1]) * steps
        across = np.rint(line[:, 0]).astype(int).clip(0, ink.shape[1] - 1)
        down = np.rint(line[:, 1]).astype(int).clip(0, ink.shape[0] - 1)
        shares.append(float(ink[down, across].mean()))
    return shares


def _small(grey: Grey, dpi: float) -> tuple[Grey, float]:
    scale = dpi / FIND_DPI
    size = (max(1, round(grey.shape[1] / scale)), max(1, round(grey.shape[0] / scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _place(contour: Any, scale: float, grow: float) -> Place | None:
    """The oblong around a contour found at FIND_DPI, `grow` pixels wider on the whole; None where
    it is not of the shape and size of a stamp."""
    (x, y), (w, h), angle = cv2.minAreaRect(contour)
    if w < h:
        w, h, angle = h, w, angle - 90
    angle = (angle + 90) % 180 - 90
    full = cv2.contourArea(contour) / max(1.0, w * h)
    w, h = w + grow, h + grow
    sized = LONG[0] <= w / FIND_DPI <= LONG[1] and SHORT[0] <= h / FIND_DPI <= SHORT[1]
    if not sized or h > 0.75 * w or full < LEAST_FULL or abs(angle) > MOST_TILT:
        return None
    corners = cv2.boxPoints(((x, y), (w, h), angle))
    return Place(np.asarray(corners * scale, np.float32), angle, full > 0.85)


def _highest(places: list[Place]) -> list[Place]:
    """At most MOST_PLACES, those highest on the page first."""
    return sorted(places, key=lambda p: float(p.corners[:, 1].min()))[:MOST_PLACES]


def _in(place: Place, box: Box) -> bool:
    x, y = (float(v) for v in place.corners.mean(axis=0))
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


# --- what they say -----------------------------------------------------------------------------

CAPITAL_PIXELS = 34  # height of a capital as Tesseract reads it best
MARGIN = 14
_MARGINS = (MARGIN, MARGIN, MARGIN, MARGIN)


def pictures(grey: Grey, place: Place) -> Iterator[Grey]:
    """The words of a stamp, level, without its frame, ready to be read as one line: the likeliest
    picture first, then others a little turned."""
    for turn in (0.0, 2.0, -2.0):
        level = _level(grey, place, place.tilt + turn)
        if level.size and (picture := _words(level)) is not None:
            yield picture


def _level(grey: Grey, place: Place, tilt: float) -> Grey:
    """The stamp turned level, with a little paper around it."""
    centre = place.corners.mean(axis=0)
    sides = [float(np.linalg.norm(place.corners[n] - place.corners[n - 1])) for n in (0, 1)]
    wide, high = max(sides), min(sides)
    pad = 0.12 * high
    size = (round(wide + 2 * pad), round(high + 2 * pad))
    matrix: Any = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), tilt, 1.0)
    matrix[:, 2] += np.array(size) / 2 - centre
    out = cv2.warpAffine(
        grey, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    return np.asarray(out, np.uint8)


def _words(level: Grey) -> Grey | None:
    """The words alone, frame and what sticks to the edge taken off, at the height that reads best;
    None where nothing is left."""
    dark = float(np.percentile(level, 3))
    ink = (level < (dark + 255) / 2).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    height, width = ink.shape
    wide = stats[:, cv2.CC_STAT_WIDTH] > 0.5 * width
    tall = stats[:, cv2.CC_STAT_HEIGHT] > 0.8 * height
    thin = (stats[:, cv2.CC_STAT_WIDTH] < 0.06 * width) & (
        stats[:, cv2.CC_STAT_HEIGHT] > 0.6 * height
    )
    edge = (stats[:, cv2.CC_STAT_LEFT] < 0.06 * width) | (
        stats[:, cv2.CC_STAT_LEFT] + stats[:, cv2.CC_STAT_WIDTH] > 0.94 * width
    )
    frame = wide | (tall & edge) | (thin & edge)
    frame[0] = False
    keep = ~frame
    keep[0] = False
    letters = keep[labels]
    if count < 2 or not letters.any():
        return None
    clean = np.where(cv2.dilate(frame[labels].astype(np.uint8), np.ones((3, 3))) > 0, 255, level)
    rows, cols = np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))
    part = clean[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].astype(np.uint8)
    tallest = np.sort(stats[1:, cv2.CC_STAT_HEIGHT][keep[1:]])
    capital = float(np.percentile(tallest, 70))
    factor = min(4.0, CAPITAL_PIXELS / max(4.0, capital))
    spread = np.clip((part.astype(np.float32) - dark) * 255 / max(1.0, 250 - dark), 0, 255)
    large = cv2.resize(spread, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    part = np.clip(large, 0, 255).astype(np.uint8)
    return np.asarray(
        cv2.copyMakeBorder(part, *_MARGINS, borderType=cv2.BORDER_CONSTANT, value=255.0), np.uint8
    )


@cache
def stamp_words() -> tuple[str, ...]:
    """The words of all stamps of secrecy and urgency (dictionaries/marks.tsv), capitals."""
    text = (files("dictionaries") / "marks.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(sorted((row[1] for row in rows), key=len, reverse=True))


BREVE = "ĂẮẰẲẴẶ"  # MẶT is not MẬT
TIMED = "HẸN GIỜ"  # may follow HỎA TỐC


@dataclass(frozen=True, slots=True)
class Match:
    """The words of a stamp, and how surely a reading means them: 1 where letters and marks are
    theirs, less where marks were misread."""

    words: str
    sureness: float


def match(reading: str) -> Match | None:
    """The stamp that a reading of one line means; None where it means none.

    What the remains of a frame are read as, a letter or two at either end, does not count."""
    tokens = [t for t in (_letters_of(part) for part in reading.split()) if t]
    readings = [tokens, tokens[1:], tokens[:-1], tokens[1:-1]]
    ends = [True, _short(tokens[:1]), _short(tokens[-1:]), _short([*tokens[:1], *tokens[-1:]])]
    found = (_meant("".join(r)) for r, end in zip(readings, ends, strict=True) if end and r)
    return max(filter(None, found), key=lambda m: (m.sureness, len(m.words)), default=None)


def _short(tokens: list[str]) -> bool:
    return all(len(t) <= 2 for t in tokens)


def _letters_of(text: str) -> str:
    upper = unicodedata.normalize("NFC", text).upper()
    return "".join(c for c in upper if c.isalpha())


def _meant(letters: str) -> Match | None:
    """The stamp meant by `letters` (capitals without spaces)."""
    timed = letters.removesuffix(_letters_of(TIMED))
    folded = unidecode(timed)
    near: list[Match] = []
    for words in stamp_words():
        if timed == (exact := _letters_of(words)):
            return Match(words, 1.0)
        if any(c in BREVE for c in timed):
            continue
        plain = unidecode(exact)
        most = 0 if len(plain) <= 4 else len(plain) // 5
        apart = Levenshtein.distance(folded, plain, score_cutoff=most)
        if apart <= most:
            wrong = Levenshtein.distance(timed, exact)
            near.append(Match(words, round(0.8 - wrong / (2 * len(exact)), 3)))
    return max(near, key=lambda m: m.sureness, default=None)


def agreed(readings: Sequence[tuple[str, float]]) -> Match | None:
    """What several readings (text, confidence) of the same stamp mean together, the less surely
    the fewer of them mean it. One that does is enough: a secret letter passed over harms more than
    a letter looked at in vain."""
    sums: dict[str, float] = {}
    for text, confidence in readings:
        if (found := match(text)) is not None:
            sums[found.words] = sums.get(found.words, 0.0) + found.sureness * (0.5 + confidence / 2)
    if not sums:
        return None
    best = max(sums, key=lambda words: sums[words])
    return Match(best, round(min(1.0, sums[best] / len(readings)), 3))


def clear_margins(red: Grey, dpi: float, edge: float) -> None:
    """Clear the red ink of the margins, `edge` inches wide, and what hangs together with it: a
    seal set across the edges of several sheets, whose letters reach into the text block."""
    scale = FIND_DPI / dpi
    size = (max(1, round(red.shape[1] * scale)), max(1, round(red.shape[0] * scale)))
    ink = (cv2.resize(red, size, interpolation=cv2.INTER_AREA) < PALEST).astype(np.uint8)
    reach = round(TOGETHER * FIND_DPI) | 1
    _, labels = cv2.connectedComponents(cv2.dilate(ink, np.ones((reach, reach), np.uint8)))
    margin = max(1, round(edge * FIND_DPI))
    outer = np.concatenate([labels[:, :margin].ravel(), labels[:, -margin:].ravel()])
    hang = np.isin(labels, np.setdiff1d(outer, [0])).astype(np.uint8)
    red[cv2.resize(hang, red.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0] = 255
    width = round(edge * dpi)
    red[:, :width] = red[:, -width:] = 255
