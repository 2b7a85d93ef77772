"""The picture of a page as the file has it: drawn from a PDF, or opened.

In: a `PageSource`. Out: its picture, mode L or RGB, at a resolution within bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from pipeline import poppler
from pipeline.document import PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.large_images import smaller
from pipeline.settings import Settings

A4_POINTS = (595.0, 842.0)
HIGHEST_DPI = 300  # drawn finer, a page is only slower
READ_DPI = 200
ENLARGED = 1.2  # times more pixels than HIGHEST_DPI are not worth making fewer
LONGEST_POINTS = 72 * 12 * 5280
"""1.6 km: a longer page is a damaged number, whose picture would fill memory even at 1 dpi."""
LEAST_PIXELS, LEAST_DPI = 32, 10.0
"""Below these nothing can be read; a picture is made so large, with white, that every measure of
it is a number."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's picture and its dots an inch."""

    image: Image.Image
    dpi: float


def load(page: PageSource, settings: Settings) -> Picture:
    """The page's picture at the resolution it is best worked on.

    Raises DocumentError render_failed, render_timeout or image_damaged, MissingError
    poppler_missing."""
    if page.kind is PageKind.PDF:
        return render(page, settings)
    return _open(page, settings)


def render(page: PageSource, settings: Settings, at: float | None = None) -> Picture:
    """A PDF page at its native resolution, or `at` dpi, held within bounds and
    `settings.max_pixels`."""
    native = page.dpi or settings.render_dpi
    dpi = at or min(max(native, READ_DPI), HIGHEST_DPI)
    width, height = page.size or A4_POINTS
    if max(width, height) > LONGEST_POINTS:
        reason = f"{width:.0f} x {height:.0f} points is no page"
        raise DocumentError("render_failed", path=page.path, page=page.number, reason=reason)
    pixels = max(1.0, width * height) / 72**2 * dpi**2
    if pixels > settings.max_pixels:
        dpi *= (settings.max_pixels / pixels) ** 0.5
    dpi = max(1, round(dpi))
    image = poppler.render_page(
        page.path,
        page.index,
        dpi,
        timeout=settings.page_timeout,
        grey=page.grey,
        without=page.overlays,
        heavy=page.heavy,
    )
    return _measurable(image, dpi)


def _open(page: PageSource, settings: Settings) -> Picture:
    """An image file's page, on white where it is transparent, turned as its EXIF says, within
    the same bounds as a PDF page."""
    try:
        with Image.open(page.path) as file:
            file.seek(page.index)
            area = file.width * file.height
            dpi = page.dpi or 300.0
            most = min(settings.max_pixels, area * (HIGHEST_DPI / dpi) ** 2)
            if area > settings.max_pixels or area > ENLARGED * most:
                image = smaller(page.path, page.index, round(most))
                dpi *= (image.width * image.height / area) ** 0.5
            else:
                image = _plain(ImageOps.exif_transpose(file) or file)
    except Exception as e:  # codecs raise many kinds on damaged data
        reason = (str(e).strip().splitlines() or [type(e).__name__])[-1]
        raise DocumentError("image_damaged", path=page.path, reason=reason) from e
    return _measurable(image, dpi)


def _measurable(image: Image.Image, dpi: float) -> Picture:
    """The picture, with white at its right and lower edges where it is but a line or a dot."""
    if min(image.size) < LEAST_PIXELS:
        width, height = (max(side, LEAST_PIXELS) for side in image.size)
        sheet = Image.new(image.mode, (width, height), "white")
        sheet.paste(image, (0, 0))
        image = sheet
    return Picture(image, max(dpi, LEAST_DPI))


def _plain(image: Image.Image) -> Image.Image:
    """Mode L or RGB, whatever the file has."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(image, dtype=np.float32)
        top = 65535.0 if values.max() > 255 else 255.0
        return Image.fromarray((values * (255.0 / top)).clip(0, 255).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    if image.mode in ("1", "L", "LA"):
        return image.convert("L")
    return image.convert("RGB")
