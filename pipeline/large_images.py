"""Pictures too large to hold: read row by row and made smaller on the way.

In: an image file and the size wanted. Out: the picture at that size. libvips does it: a few rows
of the picture are in memory at a time, whatever the file's compression, strips or tiles. Of what no
decoder reads so, half of the rows (`interlaced.py`) or the means of blocks (`progressive.py`) are.
"""

from __future__ import annotations

import logging
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from PIL import ExifTags, Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pipeline import interlaced, progressive

MOST_PIXELS = 5_000_000_000
"""What is larger takes minutes to read through; the largest JPEG has 4.3 thousand million."""
MOST_HELD = 300_000_000
"""Bytes of a picture that can be held as a whole: what a worker has room for beside all else."""
ORIENTATION = ExifTags.Base.Orientation
Image.MAX_IMAGE_PIXELS = None  # the bounds above are asked before anything is decoded


def is_too_large(image: Image.Image, path: Path) -> bool:
    """Whether the picture, opened and not decoded, cannot be read at any size. Of JPEGs in several
    scans that are too much to hold, progressive ones in grey or three colours can."""
    area = image.width * image.height
    if isinstance(image, JpegImageFile) and _held(image, path) > MOST_HELD:
        known = image.info.get("progressive") and len(image.layer) in (1, 3)
        return not known or area > progressive.MOST_PIXELS
    return area > MOST_PIXELS


def _held(image: Image.Image, path: Path) -> int:
    """Bytes that a decoder must hold at once to read the picture at whatever size. Rows come one
    after the other, but for an interlaced PNG, and for a JPEG in several scans."""
    if isinstance(image, PngImageFile) and image.info.get("interlace"):
        return image.width * image.height * interlaced.bits_a_pixel(path) // 8
    if isinstance(image, JpegImageFile):
        with _mapped(path) as data:
            return progressive.held(data)
    return 0


def smaller(path: Path, index: int, most_pixels: int) -> Image.Image:
    """Picture `index` of a file, of so many pixels at most, mode L or RGB, on white where it is
    transparent, turned as its EXIF says.

    Raises OSError, zlib.error or vips' own error where the data are damaged."""
    with Image.open(path) as file:
        scale = (most_pixels / (file.width * file.height)) ** 0.5
        size = (max(1, int(file.width * scale)), max(1, int(file.height * scale)))
        # Asked for what is not in its header, Pillow decodes a PNG to its end.
        told = not isinstance(file, PngImageFile) or "exif" in file.info
        turn = file.getexif().get(ORIENTATION, 1) if told else 1
        held = _held(file, path)
        if held > MOST_HELD and isinstance(file, JpegImageFile):
            with _mapped(path) as data:
                made = progressive.eighth(data)
            made.thumbnail(size, Image.Resampling.BOX)
        elif held > MOST_HELD:
            with NamedTemporaryFile(suffix=".png") as half:
                interlaced.last_pass(path, Path(half.name))
                made = _row_by_row(Path(half.name), size)
        elif isinstance(file, TiffImageFile):
            made = _row_by_row(path, size, page=index)
        elif isinstance(file, JpegImageFile):  # decoded smaller at once
            shrink = next(by for by in (8, 4, 2, 1) if by == 1 or by * scale <= 1)
            made = _row_by_row(path, size, shrink=shrink)
        else:
            made = _row_by_row(path, size)
    made.getexif()[ORIENTATION] = turn
    return ImageOps.exif_transpose(made) or made


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _row_by_row(path: Path, size: tuple[int, int], **options: int) -> Image.Image:
    """The picture at exactly this size; `options` are those of vips' reader."""
    vips = _vips()
    with path.open("rb") as data:  # a name that is no UTF-8 vips does not take
        source = vips.Source.new_from_descriptor(data.fileno())
        whole = vips.Image.new_from_source(
            source, "", access="sequential", fail_on="error", **options
        )
        image = whole.thumbnail_image(size[0], height=size[1], size="force", no_rotate=True)
        if image.hasalpha():
            image = image.flatten(background=255)
        pixels = image.cast("uchar").write_to_memory()
    return Image.frombytes("L" if image.bands == 1 else "RGB", size, pixels)


@cache
def _vips() -> Any:
    """libvips, on one core and quiet; loaded when the first large picture comes."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    os.environ.setdefault("VIPS_WARNING", "1")  # any value silences it
    import pyvips

    logging.getLogger("pyvips").setLevel(logging.ERROR)
    pyvips.cache_set_max(0)
    return pyvips
