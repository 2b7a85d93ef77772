"""The image objects of a PDF page, and those made smaller that poppler would hold as a whole.

Poppler draws what is compressed row by row in little memory, but JPEG 2000 it decodes at full size
with 32 bits for each sample: 900 MB for a page of A4 at 850 dpi.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress

import pikepdf
from pikepdf import Name
from PIL import Image

MOST_JPX_PIXELS = 30_000_000
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
    filters = image.get("/Filter")
    last = filters[-1] if isinstance(filters, pikepdf.Array) and len(filters) else filters
    size = int(image.get("/Width", 0)) * int(image.get("/Height", 0))
    return last == "/JPXDecode" and size > MOST_JPX_PIXELS


def lighten(page: pikepdf.Page) -> None:
    """Put smaller pictures in the place of heavy ones; one that cannot be read stays."""
    for image in images_of(page):
        if is_heavy(image) and isinstance(image, pikepdf.Stream):
            with suppress(OSError, ValueError, SyntaxError, pikepdf.PdfError):
                _lighten(image)


def _lighten(image: pikepdf.Stream) -> None:
    with Image.open(io.BytesIO(image.read_raw_bytes())) as file:
        halvings = 0
        while (file.width * file.height) >> (2 * halvings) > MOST_JPX_PIXELS:
            halvings += 1
        # Pillow's word for it: finest wavelets are left out, not decoded and shrunk.
        setattr(file, "reduce", halvings)  # noqa: B010 - its type is that of a method
        small = file.convert("L" if file.mode in ("L", "LA", "I;16", "1") else "RGB")
    data = io.BytesIO()
    small.save(data, "JPEG", quality=95)
    image.write(data.getvalue(), filter=Name.DCTDecode)
    image.Width, image.Height, image.BitsPerComponent = small.width, small.height, 8
    image.ColorSpace = Name.DeviceGray if small.mode == "L" else Name.DeviceRGB
    for key in ("/Decode", "/SMaskInData"):
        if key in image:
            del image[key]
