"""Pictures too large to hold: read row by row and made smaller on the way.

In: an image file and the size wanted. Out: the picture at that size. libvips does it: a few rows
of the picture are in memory at a time, whatever the file's compression, strips or tiles.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

MOST_PIXELS = 5_000_000_000
"""What is larger takes minutes to read through; the largest JPEG has 4.3 thousand million."""
MOST_HELD = 300_000_000
"""Bytes of a picture that can be read only as a whole: what a worker can hold beside all else."""
ORIENTATION = ExifTags.Base.Orientation
Image.MAX_IMAGE_PIXELS = None  # the bounds above are asked before anything is decoded


def is_too_large(image: Image.Image) -> bool:
    """Whether the picture, opened and not decoded, cannot be read at any size."""
    return image.width * image.height > MOST_PIXELS or _held(image) > MOST_HELD


def _held(image: Image.Image) -> int:
    """Bytes that must be in memory at once to read the picture at whatever size. Rows come one
    after the other, but for an interlaced PNG, and for a JPEG in several scans, which a decoder
    keeps as coefficients of 16 bits, colour mostly at half or quarter of the resolution."""
    area = image.width * image.height
    if isinstance(image, PngImageFile) and image.info.get("interlace"):
        return area * len(image.getbands())
    if isinstance(image, JpegImageFile) and image.info.get("progressive"):
        sampled = [across * down for _, across, down, _ in image.layer]
        return area * 2 * sum(sampled) // max(sampled, default=1)
    return 0


def smaller(path: Path, index: int, most_pixels: int) -> Image.Image:
    """Picture `index` of a file, of so many pixels at most, mode L or RGB, on white where it is
    transparent, turned as its EXIF says.

    Raises OSError or vips' own error where the data are damaged."""
    vips = _vips()
    options: dict[str, int] = {}
    with Image.open(path) as file:
        scale = (most_pixels / (file.width * file.height)) ** 0.5
        width, height = (max(1, int(side * scale)) for side in file.size)
        # Asked for what is not in its header, Pillow decodes a PNG to its end.
        told = not isinstance(file, PngImageFile) or "exif" in file.info
        turn = file.getexif().get(ORIENTATION, 1) if told else 1
        if isinstance(file, TiffImageFile):
            options["page"] = index
        elif isinstance(file, JpegImageFile):  # decoded smaller at once
            options["shrink"] = next(by for by in (8, 4, 2, 1) if by == 1 or by * scale <= 1)
    with path.open("rb") as data:  # a name that is no UTF-8 vips does not take
        source = vips.Source.new_from_descriptor(data.fileno())
        whole = vips.Image.new_from_source(
            source, "", access="sequential", fail_on="error", **options
        )
        image = whole.thumbnail_image(width, height=height, size="force", no_rotate=True)
        if image.hasalpha():
            image = image.flatten(background=255)
        pixels = image.cast("uchar").write_to_memory()
    made = Image.frombytes("L" if image.bands == 1 else "RGB", (width, height), pixels)
    made.getexif()[ORIENTATION] = turn
    return ImageOps.exif_transpose(made) or made


@cache
def _vips() -> Any:
    """libvips, on one core and quiet; loaded when the first large picture comes."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    os.environ.setdefault("VIPS_WARNING", "1")  # any value silences it
    import pyvips

    logging.getLogger("pyvips").setLevel(logging.ERROR)
    pyvips.cache_set_max(0)
    return pyvips
