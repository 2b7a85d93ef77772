"""The image objects of a PDF page, and those made smaller that poppler would hold as a whole.

Poppler draws what is compressed row by row in little memory, but JPEG 2000 it decodes at full size
with 32 bits for each sample (900 MB for a page of A4 at 850 dpi), and of a JPEG in several scans it
holds all coefficients.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pikepdf
from pikepdf import Name
from PIL import Image

from pipeline.large_images import MOST_HELD
from pipeline.progressive import eighth, held

MOST_JPX_PIXELS = 30_000_000
MOST_ENCODED = 300_000_000  # bytes of a picture as its own codec packs it
DEEPEST = 4  # forms inside forms


def images_of(page: pikepdf.Page) -> Iterator[pikepdf.Object]:
    """Images of the page, those inside form objects too."""
    waiting: list[tuple[pikepdf.Object | None, int]] = [(page.resources, 0)]
    while waiting:
        found, depth = waiting.pop()
        objects = found.get("/XObject") if found is not None else None
        for _, item in objects.items() if objects is not None else ():
            if item.get("/Subtype") == "/Image":
                yield item
            elif item.get("/Subtype") == "/Form" and depth < DEEPEST:
                waiting.append((item.get("/Resources"), depth + 1))


def is_heavy(image: pikepdf.Object) -> bool:
    """Whether poppler would need too much memory to draw it."""
    if _codec(image) == "/JPXDecode":
        size = int(image.get("/Width", 0)) * int(image.get("/Height", 0))
        return size > MOST_JPX_PIXELS
    if _codec(image) == "/DCTDecode" and isinstance(image, pikepdf.Stream):
        return held(_encoded(image)) > MOST_HELD
    return False


def lighten(page: pikepdf.Page) -> None:
    """Put smaller pictures in the place of heavy ones; JPEG 2000 that cannot be read stays.

    Raises OSError where a JPEG can be read neither whole nor smaller."""
    for image in images_of(page):
        if not is_heavy(image) or not isinstance(image, pikepdf.Stream):
            continue
        if _codec(image) == "/DCTDecode":
            _put(image, eighth(_encoded(image)))
            continue
        with suppress(OSError, ValueError, SyntaxError, pikepdf.PdfError):
            _lighten(image)


def _encoded(image: pikepdf.Stream) -> bytes:
    """The bytes that the last of its filters decodes; none where one before it is not Flate."""
    filters = image.get("/Filter")
    before = [*filters][:-1] if isinstance(filters, pikepdf.Array) else []
    data = image.read_raw_bytes()
    for name in before:
        unpack = zlib.decompressobj()
        try:
            data = unpack.decompress(data, MOST_ENCODED) if name == "/FlateDecode" else b""
        except zlib.error:
            return b""
    return data


def _codec(image: pikepdf.Object) -> pikepdf.Object | None:
    """The name of the compression that makes a picture of bytes."""
    filters = image.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        return filters[-1] if len(filters) else None
    return filters


def _lighten(image: pikepdf.Stream) -> None:
    with Image.open(io.BytesIO(_encoded(image))) as file:
        halvings = 0
        while (file.width * file.height) >> (2 * halvings) > MOST_JPX_PIXELS:
            halvings += 1
        # Pillow's word for it: finest wavelets are left out, not decoded and shrunk.
        setattr(file, "reduce", halvings)  # noqa: B010 - its type is that of a method
        small = file.convert("L" if file.mode in ("L", "LA", "I;16", "1") else "RGB")
    _put(image, small)
    image.BitsPerComponent = 8
    image.ColorSpace = Name.DeviceGray if small.mode == "L" else Name.DeviceRGB
    for key in ("/Decode", "/SMaskInData"):
        if key in image:
            del image[key]


def _put(image: pikepdf.Stream, small: Image.Image) -> None:
    data = io.BytesIO()
    small.save(data, "JPEG", quality=95)
    image.write(data.getvalue(), filter=Name.DCTDecode)
    image.Width, image.Height = small.size
