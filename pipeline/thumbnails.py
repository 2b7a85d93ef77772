"""A page small enough to stand in a list of thousands.

In: the picture of a page. Out: a JPEG of at most `MOST_BYTES`.
"""

from __future__ import annotations

import io

from PIL import Image

WIDE, TALL = 224, 317
"""Twice the size at which it is shown (A4), for screens of high resolution."""
MOST_BYTES = 12_000
QUALITIES = (60, 45, 30, 15, 5)


def thumbnail(page: Image.Image) -> bytes:
    """A small copy of `page`, upright as it is given."""
    small = page.convert("RGB" if page.mode in ("RGB", "RGBA", "P", "CMYK") else "L")
    small.thumbnail((WIDE, TALL), Image.Resampling.LANCZOS, reducing_gap=2.0)
    data = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        small.save(out, "JPEG", quality=quality, optimize=True)
        data = out.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data
