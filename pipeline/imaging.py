"""A page made ready to be read: drawn at the right resolution, upright, straight, without seals.

In: a `PageSource`. Out: a grey `PageImage` and what was done to it. Nothing is binarised and no
speck is removed: that would eat thin tone marks and the dot below.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from PIL import Image

from pipeline import (
    coloured,
    ink,
    loading,
    poppler,
    seals,
    stamps,
    tesseract,
    under_seals,
    unread,
    upright,
)
from pipeline.boxes import is_centred_in
from pipeline.document import Box, Mark, Operation, PageImage, PageKind, PageSource, Retake
from pipeline.layout.frames import worn_frames
from pipeline.settings import Settings
from pipeline.textlayer import is_stamp_text

LAID_OVER = ("electronic_signature", "note")
LAYER_DPI = 150  # of a page whose text is known: enough for seals, stamps and rules
SOFTEN = 0.7  # sigma in pixels
PAPER_DPI = 75
WHITE_PAPER = 235  # brightness of a tenth of the paper below which it is made white
STAMP_DPI = 300
SHOWN_PIXELS = 1000
EDGE = 0.6  # inches of margin
LOWER = 0.4  # of the page: no names are looked for above
LEAST_WORDS = 0.01  # of the inside of a coloured frame, ink of the same colour


@dataclass
class _Work:
    """The page in hand, and the steps done so far. `red` is its red ink alone, if it has any,
    `high` and `low` its brightest and darkest channel where it has coloured ink, `shown` the page
    as scanned, if it is to be shown."""

    image: Image.Image
    dpi: float
    red: Image.Image | None = None
    high: Image.Image | None = None
    low: Image.Image | None = None
    shown: Image.Image | None = None
    operations: list[Operation] = field(default_factory=list)
    retakes: list[Retake] = field(default_factory=list)
    apart: list[Retake] = field(default_factory=list)
    frames: list[Box] = field(default_factory=list)

    def change(self, how: Callable[[Image.Image], Image.Image]) -> None:
        self.image = how(self.image)
        self.red = how(self.red) if self.red is not None else None
        self.high = how(self.high) if self.high is not None else None
        self.low = how(self.low) if self.low is not None else None
        self.shown = how(self.shown) if self.shown is not None else None

    def note(self, step: str, since: float, **settings: str | float | int | bool | None) -> None:
        tool, version = ("opencv", cv2.__version__)
        if step == "render":
            tool, version = ("poppler", poppler.version_once())
        took = round(time.perf_counter() - since, 4)
        self.operations.append(Operation(step, tool, version, settings, took))


def _start(picture: loading.Picture) -> _Work:
    return _Work(picture.image, picture.dpi)


def _small(image: Image.Image) -> Image.Image:
    """The page for people to look at: a whole fraction of its size, SHOWN_PIXELS either way."""
    return image.reduce(max(1, min(image.size) // SHOWN_PIXELS))


def prepare(page: PageSource, settings: Settings, *, show: bool = False) -> PageImage:
    """Draw or load `page`, take coloured seals out, set it upright and straight. With `show` the
    page as scanned is kept, too.

    Raises DocumentError render_failed, render_timeout or image_damaged."""
    start = time.perf_counter()
    work = _start(loading.load(page, settings))
    work.note("render" if page.kind is PageKind.PDF else "load", start, dpi=round(work.dpi))
    work.shown = _small(work.image) if show else None
    marks = _overlays(page, work.dpi)
    _without_colour(work)
    _evened(work)
    if ink.is_blank(work.image, work.dpi):
        work.note("blank", time.perf_counter())
        return _finished(page, work, 0, 0.0, marks, 1.0)
    start = time.perf_counter()
    turn, angle = upright.upright(work.image, work.dpi, settings)
    if turn:
        work.change(lambda image: upright.turned(image, turn))
    work.note("upright", start, rotation=turn)
    if abs(angle) >= upright.LEAST_SKEW:
        start = time.perf_counter()
        work.change(lambda image: upright.straightened(image, angle))
        work.note("deskew", start, degrees=round(angle, 2))
    else:
        angle = 0.0
    found = [*_seals(work), *_secrecy_and_urgency(work, settings)]
    found += _stamps(work, settings, [mark.box for mark in found if mark.box])
    _worn_frames(work)
    _names_in_red(work)
    drawn = work.dpi
    _for_reading(work, settings)
    return _finished(page, work, turn, angle, [*marks, *found], work.dpi / drawn)


def as_shown(page: PageSource, settings: Settings, *, show: bool = False) -> PageImage:
    """Draw `page` at LAYER_DPI, neither turned nor straightened, so that the boxes of its text
    layer fit; seals and stamps are found and told as on any page.

    Raises DocumentError render_failed or render_timeout."""
    start = time.perf_counter()
    work = _start(loading.render(page, settings, LAYER_DPI))
    work.note("render", start, dpi=round(work.dpi))
    work.shown = _small(work.image) if show else None
    marks = _overlays(page, work.dpi)
    _without_colour(work)
    _evened(work)
    marks += [*_seals(work), *_secrecy_and_urgency(work, settings)]
    return _finished(page, work, 0, 0.0, marks, 1.0)


def _overlays(page: PageSource, dpi: float) -> list[Mark]:
    return [replace(m, page=page.number, box=_scaled(m.box, dpi / 72)) for m in page.overlays]


def _seals(work: _Work) -> list[Mark]:
    """Take black round seals off the page; red ones have faded already."""
    start = time.perf_counter()
    before = np.asarray(work.image)
    grey, boxes, circles = seals.without_round_seals(before, work.dpi)
    if boxes:
        work.image = Image.fromarray(grey)
        work.retakes = [r for c in circles for r in under_seals.retakes(before, c, work.dpi)]
    if work.red is not None:
        boxes += stamps.red_seals(np.asarray(work.red), work.dpi)
    work.note("seals", start, found=len(boxes), lines=len(work.retakes))
    return [Mark("seal", 0, box, None, 1.0) for box in boxes]


def _secrecy_and_urgency(work: _Work, settings: Settings) -> list[Mark]:
    """Read the stamps of secrecy and urgency: MẬT, HỎA TỐC; black ones are taken off the page."""
    start = time.perf_counter()
    marks: list[Mark] = []
    if work.red is not None:
        red = np.asarray(work.red)
        for place in stamps.red_places(red, work.dpi, stamps.red_seals(red, work.dpi)):
            marks += _stamp_mark(red, place, settings)
    grey = np.asarray(work.image)
    for place in stamps.framed_places(grey, work.dpi):
        if read := _stamp_mark(grey, place, settings):
            marks += read
            grey = seals.without_frame(grey, place.corners, work.dpi)
            work.image = Image.fromarray(grey)
    work.note("secrecy_and_urgency", start, found=len(marks))
    return marks


def _stamp_mark(grey: seals.Grey, place: stamps.Place, settings: Settings) -> list[Mark]:
    readings: list[tuple[str, float]] = []
    for picture in stamps.pictures(grey, place):
        readings.append(tesseract.read_line(Image.fromarray(picture), STAMP_DPI, settings))
        if (found := stamps.match(readings[-1][0])) and found.sureness == 1.0:
            break
    meant = stamps.agreed(readings)
    return [Mark("stamp", 0, place.box, meant.words, meant.sureness)] if meant else []


def _stamps(work: _Work, settings: Settings, known: Sequence[Box]) -> list[Mark]:
    """Take framed stamps off the page, and say what they read; `known` boxes of seals and stamps
    are told of already."""
    start = time.perf_counter()
    marks = _coloured_stamps(work, settings, known)
    grey = np.asarray(work.image)
    for quad in seals.stamp_frames(grey, work.dpi):
        box = seals.quad_box(quad, grey)
        text, confidence = tesseract.read_stamp(work.image.crop(box), round(work.dpi), settings)
        if is_stamp_text(text):
            grey = seals.without_frame(grey, quad, work.dpi)
            marks.append(Mark("stamp", 0, box, text, confidence))
    if marks:
        work.image = Image.fromarray(grey)
    work.note("stamps", start, found=len(marks))
    return marks


def _coloured_stamps(work: _Work, settings: Settings, known: Sequence[Box]) -> list[Mark]:
    """The same for stamps in coloured ink, whose frames stand out from the print below them. A
    frame of that size in colour with words in it is one, however badly they read."""
    if work.high is None or work.low is None:
        return []
    page = coloured.Channels(np.asarray(work.high), np.asarray(work.low))
    alone = coloured.ink_alone(page)
    marks: list[Mark] = []
    for quad in seals.stamp_frames(coloured.closed(alone, work.dpi), work.dpi):
        box = seals.quad_box(quad, alone)
        told = any(is_centred_in(box, other) for other in known)
        if told or coloured.share_inside(alone, box) < LEAST_WORDS:
            continue
        part = Image.fromarray(alone).crop(box)
        text, confidence = tesseract.read_stamp(part, round(work.dpi), settings)
        grey = coloured.without_ink(np.asarray(work.image), page, box, work.dpi)
        work.image = Image.fromarray(grey)
        marks.append(Mark("stamp", 0, box, text or None, confidence))
    return marks


def _names_in_red(work: _Work) -> None:
    """Keep lines of red print in the lower part of the page, to be read apart: names and positions
    are stamped in red by many an office, across black print, too. Seals are no lines."""
    if work.red is None:
        return
    start = time.perf_counter()
    red = np.array(work.red)
    for left, top, right, bottom in stamps.red_seals(red, work.dpi):
        red[top:bottom, left:right] = 255
    for x, y, radius in seals.circles(red, work.dpi):
        cv2.circle(red, (round(x), round(y)), round(seals.CLEAR * radius), (255,), cv2.FILLED)
    red[: round(LOWER * len(red))] = 255
    stamps.clear_margins(red, work.dpi, EDGE)
    work.apart = unread.unread(Image.fromarray(red), work.dpi, [], [])
    if work.apart:
        work.note("red_print", start, lines=len(work.apart))


def _worn_frames(work: _Work) -> None:
    """Take the strokes of worn frames off the page: they run through number and title. Whether they
    are those of stamps is told by the words inside, once they are read."""
    start = time.perf_counter()
    work.frames = worn_frames(PageImage(0, work.image, round(work.dpi), 0, 0.0, ()))
    for frame in work.frames:
        grey = np.asarray(work.image)
        work.image = Image.fromarray(seals.without_strokes(grey, frame, work.dpi))
    if work.frames:
        work.note("frames", start, found=len(work.frames))


def _finished(
    page: PageSource, work: _Work, turn: int, angle: float, marks: list[Mark], scale: float
) -> PageImage:
    """The page with its marks, whose boxes are still those of the page as drawn; those of
    electronic signatures and notes are lost where the page had to be turned."""
    placed = tuple(
        replace(
            m,
            page=page.number,
            box=None if turn and m.kind in LAID_OVER else _scaled(m.box, scale),
        )
        for m in marks
    )
    return PageImage(
        page.number,
        work.image,
        round(work.dpi),
        turn,
        round(angle, 2),
        tuple(work.operations),
        placed,
        work.shown,
        tuple(work.retakes),
        tuple(work.apart),
        tuple(box for frame in work.frames if (box := _scaled(frame, scale))),
    )


def _scaled(box: Box | None, factor: float) -> Box | None:
    if box is None:
        return None
    left, top, right, bottom = (round(v * factor) for v in box)
    return (left, top, right, bottom)


def _for_reading(work: _Work, settings: Settings) -> None:
    """Bring the page to the resolution and softness that Tesseract reads best.

    Its network sees each line 36 pixels high and shrinks larger ones without smoothing, which
    breaks thin marks: at READ_DPI the lines of a letter come to about that height, and SOFTEN
    rounds the steps of 1-bit scans (docs/reading.md has the figures)."""
    start = time.perf_counter()
    target = float(loading.READ_DPI)
    pixels = work.image.width * work.image.height * (target / work.dpi) ** 2
    if pixels > settings.max_pixels:
        target *= (settings.max_pixels / pixels) ** 0.5
    factor = target / work.dpi
    work.image = _resampled(work.image, factor)
    work.retakes = [_retake(r, factor) for r in work.retakes]
    work.apart = [_retake(r, factor) for r in work.apart]
    work.note("resample", start, factor=round(factor, 3), soften=SOFTEN)
    work.dpi = target


def _retake(line: Retake, factor: float) -> Retake:
    left, top, right, bottom = (round(v * factor) for v in line.box)
    pictures = tuple(_resampled(picture, factor) for picture in line.pictures)
    return Retake((left, top, right, bottom), pictures)


def _resampled(image: Image.Image, factor: float) -> Image.Image:
    grey = np.asarray(image)
    if abs(factor - 1) > 0.01:
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)
    return Image.fromarray(np.asarray(cv2.GaussianBlur(grey, (0, 0), SOFTEN), np.uint8))


# --- seals in colour ---------------------------------------------------------------------------


def _without_colour(work: _Work) -> None:
    """Make the page grey, seals in colour gone."""
    if work.image.mode == "L":
        return
    start = time.perf_counter()
    pixels = np.asarray(work.image)
    red = stamps.red_print(pixels)
    grey, share = seals.without_red(pixels)
    work.image = Image.fromarray(grey)
    work.red = Image.fromarray(red) if red is not None else None
    if (found := coloured.channels(pixels)) is not None:
        work.high, work.low = Image.fromarray(found.high), Image.fromarray(found.low)
    work.note("colour", start, red_share=round(share, 5))


def _evened(work: _Work) -> None:
    """Make the paper of a photograph, or of a dark scan, white all over."""
    start = time.perf_counter()
    grey = np.asarray(work.image)
    scale = min(1.0, PAPER_DPI / work.dpi)
    small = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    paper = ink.paper_of(np.asarray(small, np.uint8), PAPER_DPI)
    darkest = float(np.percentile(paper, 10))
    if darkest >= WHITE_PAPER:
        return
    full = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    work.image = Image.fromarray(cv2.divide(grey, np.maximum(full, 1), scale=255, dtype=cv2.CV_8U))
    work.note("light", start, paper=round(darkest))
