"""Scanned pages into the files that scanners make: PDF, TIFF, PNG, JPEG. The same pages give the
same bytes: no dates, no random identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

# TIFF tags
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0
_STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_SIZES = 273, 278, 279


def write_pdf(path: Path, pages: Sequence[Image.Image], dpi: int, quality: int) -> None:
    """A PDF with one picture a page: mode 1 as CCITT Group 4, else as JPEG of that quality."""
    pdf = pikepdf.Pdf.new()
    for image in pages:
        picture = _g4(pdf, image) if image.mode == "1" else _jpeg(pdf, image, quality)
        width, height = (round(side * 72 / dpi, 2) for side in image.size)
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, width, height]),
            Resources=Dictionary(XObject=Dictionary(Im0=picture)),
            Contents=pdf.make_stream(f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q".encode()),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.save(path, deterministic_id=True)


def write_tiff(path: Path, pages: Sequence[Image.Image], dpi: int) -> None:
    """A TIFF of several 1-bit pages, CCITT Group 4."""
    first, *others = pages
    first.save(
        path,
        "TIFF",
        compression="group4",
        dpi=(dpi, dpi),
        tiffinfo={_PHOTOMETRIC: _WHITE_IS_ZERO},
        save_all=True,
        append_images=others,
    )


def write_image(path: Path, image: Image.Image, dpi: int, quality: int) -> None:
    """A PNG or JPEG, after the name's ending."""
    if path.suffix == ".png":
        image.save(path, dpi=(dpi, dpi), optimize=True)
    else:
        image.save(path, quality=quality, dpi=(dpi, dpi))


def _g4(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Object:
    """The strip of a one-strip TIFF is exactly what a PDF's CCITT filter reads."""
    buffer = BytesIO()
    tags = {_PHOTOMETRIC: _WHITE_IS_ZERO, _ROWS_PER_STRIP: image.height}
    image.save(buffer, "TIFF", compression="group4", tiffinfo=tags)
    with Image.open(buffer) as written:
        found = written.tag_v2  # type: ignore[attr-defined]
        start, size = found[_STRIP_OFFSETS][0], found[_STRIP_SIZES][0]
    data = buffer.getvalue()[start : start + size]
    picture = _picture(pdf, image, data, Name.DeviceGray, 1)
    picture.Filter = Name.CCITTFaxDecode
    picture.DecodeParms = Dictionary(K=-1, Columns=image.width, Rows=image.height)
    return picture


def _jpeg(pdf: pikepdf.Pdf, image: Image.Image, quality: int) -> pikepdf.Object:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    space = Name.DeviceGray if image.mode == "L" else Name.DeviceRGB
    picture = _picture(pdf, image, buffer.getvalue(), space, 8)
    picture.Filter = Name.DCTDecode
    return picture


def _picture(
    pdf: pikepdf.Pdf, image: Image.Image, data: bytes, space: pikepdf.Name, bits: int
) -> pikepdf.Object:
    stream = pdf.make_stream(data)
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = image.width, image.height
    stream.ColorSpace, stream.BitsPerComponent = space, bits
    return stream
