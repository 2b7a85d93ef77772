"""A page made ready to be read: drawn at the right resolution, upright, straight, without seals.

In: a `PageSource`. Out: a grey `PageImage` and what was done to it. Nothing is binarised and no
speck is removed: that would eat thin tone marks and the dot below.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil

import cv2
import numpy as np
from PIL import Image, ImageOps

from pipeline import ink, poppler, seals, stamps, tesseract
from pipeline.document import Box, Mark, Operation, PageImage, PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.settings import Settings
from pipeline.textlayer import is_stamp_text

A4_POINTS = (595.0, 842.0)
HIGHEST_DPI = 300  # drawn finer, a page is only slower
READ_DPI = 200
LAYER_DPI = 150  # of a page whose text is known: enough for seals, stamps and rules
SOFTEN = 0.7  # sigma in pixels
LEAST_SKEW = 0.15
MOST_SHEAR = 2.0
SURE_LEVEL = 0.1
SURE_LEAN = 0.12
FEWEST_LINES = 6
TRIAL_DPI = 150
READS_WELL = 150  # letters read surely: upright pages have 208 to 793, others up to 66
STAMP_DPI = 300


@dataclass
class _Work:
    """The page in hand, and the steps done so far. `red` is its red ink alone, if it has any,
    `shown` the page as scanned, if it is to be shown."""

    image: Image.Image
    dpi: float
    red: Image.Image | None = None
    shown: Image.Image | None = None
    operations: list[Operation] = field(default_factory=list)

    def change(self, how: Callable[[Image.Image], Image.Image]) -> None:
        self.image = how(self.image)
        self.red = how(self.red) if self.red is not None else None
        self.shown = how(self.shown) if self.shown is not None else None

    def note(self, step: str, since: float, **settings: str | float | int | bool | None) -> None:
        tool, version = ("opencv", cv2.__version__)
        if step == "render":
            tool, version = ("poppler", poppler.version_once())
        took = round(time.perf_counter() - since, 4)
        self.operations.append(Operation(step, tool, version, settings, took))


def prepare(page: PageSource, settings: Settings, *, show: bool = False) -> PageImage:
    """Draw or load `page`, take coloured seals out, set it upright and straight. With `show` the
    page as scanned is kept, too.

    Raises DocumentError render_failed, render_timeout or image_damaged."""
    start = time.perf_counter()
    work = _load(page, settings)
    work.note("render" if page.kind is PageKind.PDF else "load", start, dpi=round(work.dpi))
    work.shown = work.image if show else None
    marks = _overlays(page, work.dpi)
    _without_colour(work)
    if ink.is_blank(work.image, work.dpi):
        work.note("blank", time.perf_counter())
        return _finished(page, work, 0, 0.0, marks, 1.0)
    start = time.perf_counter()
    turn, angle = _upright(work.image, work.dpi, settings)
    if turn:
        work.change(lambda image: image.transpose(_TURNS[turn]))
    work.note("upright", start, rotation=turn)
    if abs(angle) >= LEAST_SKEW:
        start = time.perf_counter()
        work.change(lambda image: _straightened(image, angle))
        work.note("deskew", start, degrees=round(angle, 2))
    else:
        angle = 0.0
    found = [*_seals(work), *_secrecy_and_urgency(work, settings), *_stamps(work, settings)]
    drawn = work.dpi
    _for_reading(work, settings)
    return _finished(page, work, turn, angle, [*marks, *found], work.dpi / drawn)


def as_shown(page: PageSource, settings: Settings, *, show: bool = False) -> PageImage:
    """Draw `page` at LAYER_DPI, neither turned nor straightened, so that the boxes of its text
    layer fit; seals and stamps are found and told as on any page.

    Raises DocumentError render_failed or render_timeout."""
    start = time.perf_counter()
    work = _render(page, settings, LAYER_DPI)
    work.note("render", start, dpi=round(work.dpi))
    work.shown = work.image if show else None
    marks = _overlays(page, work.dpi)
    _without_colour(work)
    marks += [*_seals(work), *_secrecy_and_urgency(work, settings)]
    return _finished(page, work, 0, 0.0, marks, 1.0)


def _overlays(page: PageSource, dpi: float) -> list[Mark]:
    return [replace(m, page=page.number, box=_scaled(m.box, dpi / 72)) for m in page.overlays]


def _seals(work: _Work) -> list[Mark]:
    """Take black round seals off the page; red ones have faded already."""
    start = time.perf_counter()
    grey, boxes = seals.without_round_seals(np.asarray(work.image), work.dpi)
    if boxes:
        work.image = Image.fromarray(grey)
    if work.red is not None:
        boxes += stamps.red_seals(np.asarray(work.red), work.dpi)
    work.note("seals", start, found=len(boxes))
    return [Mark("seal", 0, box, None, 1.0) for box in boxes]


_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


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


def _stamps(work: _Work, settings: Settings) -> list[Mark]:
    """Take framed stamps off the page, and say what they read."""
    start = time.perf_counter()
    grey = np.asarray(work.image)
    marks: list[Mark] = []
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


def _finished(
    page: PageSource, work: _Work, turn: int, angle: float, marks: list[Mark], scale: float
) -> PageImage:
    """The page with its marks, whose boxes are still those of the page as drawn; those of
    electronic signatures are lost where the page had to be turned."""
    placed = tuple(
        replace(
            m,
            page=page.number,
            box=None if turn and m.kind == "electronic_signature" else _scaled(m.box, scale),
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
    )


def _scaled(box: Box | None, factor: float) -> Box | None:
    if box is None:
        return None
    left, top, right, bottom = (round(v * factor) for v in box)
    return (left, top, right, bottom)


# --- loading -----------------------------------------------------------------------------------


def _load(page: PageSource, settings: Settings) -> _Work:
    if page.kind is PageKind.PDF:
        return _render(page, settings)
    return _open(page, settings)


def _render(page: PageSource, settings: Settings, at: float | None = None) -> _Work:
    """A PDF page at its native resolution, or `at` dpi, held within bounds and
    `settings.max_pixels`."""
    native = page.dpi or settings.render_dpi
    dpi = at or min(max(native, READ_DPI), HIGHEST_DPI)
    width, height = page.size or A4_POINTS
    pixels = max(1.0, width * height) / 72**2 * dpi**2
    if pixels > settings.max_pixels:
        dpi *= (settings.max_pixels / pixels) ** 0.5
    dpi = max(1, round(dpi))
    image = poppler.render_page(
        page.path, page.index, dpi, timeout=settings.page_timeout, without=page.overlays
    )
    return _Work(image, dpi)


def _open(page: PageSource, settings: Settings) -> _Work:
    """An image file's page, on white where it is transparent, turned as its EXIF says; one of
    more than `settings.max_pixels` smaller."""
    try:
        with Image.open(page.path) as file:
            file.seek(page.index)
            shrink = ceil((file.width * file.height / settings.max_pixels) ** 0.5)
            image = _reduced(file, shrink) if shrink > 1 else file
            image = _plain(ImageOps.exif_transpose(image) or image)
    except Exception as e:  # codecs raise many kinds on damaged data
        reason = str(e).strip() or type(e).__name__
        raise DocumentError("image_damaged", path=page.path, reason=reason) from e
    return _Work(image, (page.dpi or 300.0) / max(1, shrink))


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """The image, `factor` times smaller either way."""
    if image.mode in ("1", "P", "PA"):
        image = image.convert("L" if image.mode == "1" else "RGBA")
    if image.mode.startswith("I;16"):
        return image.resize(
            (max(1, image.width // factor), max(1, image.height // factor)), Image.Resampling.BOX
        )
    return image.reduce(factor)


def _plain(image: Image.Image) -> Image.Image:
    """Mode L or RGB, whatever the file has."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if values.max() > 255 else 255.0
        return Image.fromarray((values * (255.0 / top)).clip(0, 255).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    if image.mode in ("1", "L", "LA"):
        return image.convert("L")
    return image.convert("RGB")


def _for_reading(work: _Work, settings: Settings) -> None:
    """Bring the page to the resolution and softness that Tesseract reads best.

    Its network sees each line 36 pixels high and shrinks larger ones without smoothing, which
    breaks thin marks: at READ_DPI the lines of a letter come to about that height, and SOFTEN
    rounds the steps of 1-bit scans (docs/reading.md has the figures)."""
    start = time.perf_counter()
    target = float(READ_DPI)
    pixels = work.image.width * work.image.height * (target / work.dpi) ** 2
    if pixels > settings.max_pixels:
        target *= (settings.max_pixels / pixels) ** 0.5
    factor = target / work.dpi
    grey = np.asarray(work.image)
    if abs(factor - 1) > 0.01:
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), SOFTEN), np.uint8)
    work.image = Image.fromarray(grey)
    work.note("resample", start, factor=round(factor, 3), soften=SOFTEN)
    work.dpi = target


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
    work.note("colour", start, red_share=round(share, 5))


# --- upright, straight -------------------------------------------------------------------------


def _upright(page: Image.Image, dpi: float, settings: Settings) -> tuple[int, float]:
    """The clockwise turn that sets the page upright, and the skew in degrees left then.

    Most pages are judged by the look of their lines alone; where that is not sure, parts of the
    page are read each way round and the way that reads best is taken."""
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
    part = page.transpose(_TURNS[turn]) if turn else page
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


def _straightened(image: Image.Image, angle: float) -> Image.Image:
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
