"""What the pages of an image file are, and whether they can be read at all.

In: the path of a PNG, JPEG or TIFF. Out: a `PageSource` for each picture in it. Only headers are
read: what is too large to hold is known before anything is decoded.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from pipeline.document import PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.large_images import is_too_large

A4_INCHES = 210 / 25.4


def image_pages(path: Path) -> list[PageSource]:
    """A page for every picture in the file.

    Raises DocumentError image_damaged or image_too_large."""
    pages: list[PageSource] = []
    try:
        # What is damaged is told once, by its error.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            for index in range(int(getattr(image, "n_frames", 1))):
                image.seek(index)
                if is_too_large(image, path):
                    raise DocumentError(
                        "image_too_large", path=path, width=image.width, height=image.height
                    )
                dpi = _image_dpi(image)
                pages.append(PageSource(index + 1, path, index, PageKind.IMAGE, dpi))
    except UnidentifiedImageError as e:
        raise DocumentError("image_damaged", path=path, reason="no image data") from e
    except DocumentError:
        raise
    except Exception as e:  # broken files make Pillow raise many kinds
        reason = (str(e).strip().splitlines() or [type(e).__name__])[-1][-200:]
        raise DocumentError("image_damaged", path=path, reason=reason) from e
    return pages


def _image_dpi(image: Image.Image) -> float:
    """The image's own dpi if the paper it implies is 10 to 60 cm wide, else as if it were A4."""
    tagged = image.info.get("dpi", (0, 0))
    try:
        dpi = float(tagged[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        dpi = 0.0
    short = min(image.width, image.height)
    if dpi >= 60 and 4 <= short / dpi <= 24:
        return round(dpi, 1)
    return round(short / A4_INCHES, 1)
