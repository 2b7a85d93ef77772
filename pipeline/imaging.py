"""A page made ready to be read: drawn at the right resolution, upright, straight, without seals.

In: a `PageSource`. Out: a grey `PageImage` and what was done to it. Nothing is binarised and no
speck is removed: that would eat thin tone marks and the dot below.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline import poppler
from pipeline.document import Box, Operation, PageImage, PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.settings import Settings

Grey = NDArray[np.uint8]
A4_POINTS = (595.0, 842.0)
LOWEST_DPI, HIGHEST_DPI = 250, 320
SMALL_DPI = 75  # enough to see lines of letters, cheap to turn
INK = 128
WIDEST_SKEW = 15.0
LEAST_SKEW = 0.15
SURE = 1.12  # how many times sharper a reading direction must look to be believed at once


@dataclass
class _Work:
    """The page in hand, and the steps done so far."""

    image: Image.Image
    dpi: float
    operations: list[Operation] = field(default_factory=list)

    def note(self, step: str, since: float, **settings: str | float | int | bool | None) -> None:
        tool, version = ("opencv", cv2.__version__)
        if step == "render":
            tool, version = ("poppler", poppler.version_once())
        took = round(time.perf_counter() - since, 4)
        self.operations.append(Operation(step, tool, version, settings, took))


def prepare(page: PageSource, settings: Settings) -> PageImage:
    """Draw or load `page`, take coloured seals out, set it upright and straight.

    Raises DocumentError render_failed, render_timeout or image_damaged."""
    start = time.perf_counter()
    work = _load(page, settings)
    work.note("render" if page.kind is PageKind.PDF else "load", start, dpi=round(work.dpi))
    seals = _without_colour(work)
    _resample(work, settings)
    shrink = SMALL_DPI / work.dpi
    if is_blank(work.image):
        work.note("blank", time.perf_counter())
        return _finished(page, work, 0, 0.0, seals)
    start = time.perf_counter()
    small = _letters(work.image, shrink)
    turn, angle = _upright(work.image, small, settings)
    if turn:
        work.image = work.image.transpose(_TURNS[turn])
    work.note("upright", start, rotation=turn)
    if abs(angle) >= LEAST_SKEW:
        start = time.perf_counter()
        work.image = _straightened(work.image, angle)
        work.note("deskew", start, degrees=round(angle, 2))
    else:
        angle = 0.0
    return _finished(page, work, turn, angle, seals)


_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def _finished(page: PageSource, work: _Work, turn: int, angle: float, seals: bool) -> PageImage:
    del seals
    marks = tuple(
        replace(m, page=page.number, box=_scaled(m.box, work.dpi / 72)) for m in page.overlays
    )
    return PageImage(
        page.number,
        work.image,
        round(work.dpi),
        turn,
        round(angle, 2),
        tuple(work.operations),
        marks,
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
    return _open(page)


def _render(page: PageSource, settings: Settings) -> _Work:
    """A PDF page at its native resolution, held within bounds and `settings.max_pixels`."""
    native = page.dpi or settings.render_dpi
    dpi = min(max(native, LOWEST_DPI), HIGHEST_DPI)
    if native < LOWEST_DPI:
        dpi = 300
    width, height = page.size or A4_POINTS
    pixels = max(1.0, width * height) / 72**2 * dpi**2
    if pixels > settings.max_pixels:
        dpi *= (settings.max_pixels / pixels) ** 0.5
    dpi = max(1, round(dpi))
    image = poppler.render_page(
        page.path, page.index, dpi, timeout=settings.page_timeout, without=page.overlays
    )
    return _Work(image, dpi)


def _open(page: PageSource) -> _Work:
    """An image file's page, on white where it is transparent, turned as its EXIF says."""
    try:
        with Image.open(page.path) as file:
            file.seek(page.index)
            image = ImageOps.exif_transpose(file) or file
            image = _plain(image)
    except Exception as e:  # codecs raise many kinds on damaged data
        reason = str(e).strip() or type(e).__name__
        raise DocumentError("image_damaged", path=page.path, reason=reason) from e
    return _Work(image, page.dpi or 300.0)


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


def _resample(work: _Work, settings: Settings) -> None:
    """Bring pictures of too low or too high a resolution to one that Tesseract reads well."""
    start = time.perf_counter()
    target = work.dpi
    if work.dpi < LOWEST_DPI or work.dpi > HIGHEST_DPI + 1:
        target = 300.0
    pixels = work.image.width * work.image.height * (target / work.dpi) ** 2
    if pixels > settings.max_pixels:
        target *= (settings.max_pixels / pixels) ** 0.5
    factor = target / work.dpi
    if abs(factor - 1) < 0.02:
        return
    size = (max(1, round(work.image.width * factor)), max(1, round(work.image.height * factor)))
    kind = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX
    work.image = work.image.resize(size, kind)
    work.note("resample", start, factor=round(factor, 3))
    work.dpi = target


# --- seals in colour ---------------------------------------------------------------------------


def _without_colour(work: _Work) -> bool:
    """Make the page grey so that coloured ink fades and black letters beneath it stay.

    The brightest channel of a red, magenta or orange pixel is near white where only ink of that
    colour is, and as dark as the print where a black letter lies under it. Blue is left dark:
    numbers and dates are filled in with blue pens."""
    if work.image.mode == "L":
        return False
    start = time.perf_counter()
    pixels = np.asarray(work.image)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    ink = (red.astype(np.int16) - np.maximum(green, 0)) > 40
    share = float(ink.mean())
    if share > 0.0002:
        near = cv2.dilate(ink.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        grey = np.where(near, np.maximum(red, grey), grey)
    del blue
    work.image = Image.fromarray(grey)
    work.note("colour", start, red_share=round(share, 5))
    return share > 0.0002


# --- blank, upright, straight ------------------------------------------------------------------


def is_blank(image: Image.Image) -> bool:
    """Whether a grey page has too little ink of letter size to be worth reading."""
    small = _letters(image, min(1.0, 1240 / max(image.size)))
    return int(cv2.connectedComponents(small)[0]) < 12


def _letters(image: Image.Image, shrink: float) -> Grey:
    """A small copy on which only blobs of the size of letters and words are white (255): rules,
    frames, scan edges and specks are gone."""
    size = (max(8, round(image.width * shrink)), max(8, round(image.height * shrink)))
    grey = np.asarray(image.resize(size, Image.Resampling.BOX))
    paper = float(np.percentile(grey, 80))
    ink = (grey < paper * 0.78).astype(np.uint8) * 255
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    longest = max(size) / 9
    thickest = max(size) / 28
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    keep = (
        (np.maximum(width, height) <= longest)
        & (np.minimum(width, height) <= thickest)
        & (stats[:, cv2.CC_STAT_AREA] >= 3)
    )
    keep[0] = False
    out: Grey = np.where(keep[labels], 255, 0).astype(np.uint8)
    del count
    return out


def _turned(ink: Grey, angle: float) -> Grey:
    height, width = ink.shape
    matrix: Any = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)), dtype=np.uint8)


def _sharpness(ink: Grey, angle: float) -> float:
    """How sharply rows of ink and rows of paper alternate once turned by `angle` degrees."""
    rows = _turned(ink, angle).sum(axis=1, dtype=np.float64) / 255
    return float(np.square(np.diff(rows)).sum())


def _skew(ink: Grey) -> tuple[float, float]:
    """The turn in degrees (anticlockwise) that makes lines level, and their sharpness then."""
    best, score = 0.0, _sharpness(ink, 0.0)
    for span, step in ((WIDEST_SKEW, 1.0), (0.8, 0.2), (0.15, 0.05)):
        centre = best
        for angle in np.arange(centre - span, centre + span + step / 2, step):
            if (found := _sharpness(ink, float(angle))) > score:
                best, score = float(angle), found
    return best, score


def _upright(page: Image.Image, small: Grey, settings: Settings) -> tuple[int, float]:
    """The clockwise turn that sets the page upright, and the skew that is left then."""
    level, across = _skew(small), _skew(np.ascontiguousarray(np.rot90(small)))
    lying = across[1] > level[1]
    skew = across[0] if lying else level[0]
    turns = (270, 90) if lying else (0, 180)
    base = np.ascontiguousarray(np.rot90(small)) if lying else small
    del page, settings, base
    return turns[0], skew


def _straightened(image: Image.Image, angle: float) -> Image.Image:
    return image.rotate(angle, Image.Resampling.BICUBIC, expand=False, fillcolor=255)
