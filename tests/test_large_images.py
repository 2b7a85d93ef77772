"""Pictures that are read smaller: what is on them stays, whatever the file is made of."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Name
from PIL import Image, ImageOps

from pipeline import loading, pdf_images
from pipeline.document import PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.intake import Candidate, read_source
from pipeline.settings import Settings
from tests.conftest import LETTER, draw_page

SMALL = Settings(max_pixels=200_000)


def drawn() -> Image.Image:
    return draw_page(LETTER, 100).resize((640, 900))


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def half_transparent(path: Path) -> Path:
    letters = ImageOps.invert(drawn())
    image = Image.new("RGBA", letters.size, (0, 0, 0, 0))
    image.putalpha(letters)
    return save(image, path / "a.png")


def sixteen_bits(path: Path) -> Path:
    values = np.asarray(drawn()).astype(np.uint16) * 257
    return save(Image.fromarray(values), path / "a.png")


def second_of_two(path: Path) -> Path:
    blank = Image.new("1", (640, 900), 1)
    return save(
        blank, path / "a.tif", save_all=True, append_images=[drawn().convert("1")],
        compression="group4",
    )  # fmt: skip


def interlaced(path: Path) -> Path:
    """Adam7, which Pillow does not write: one pixel in eight in the first pass, and so on."""
    pixels = np.asarray(drawn())
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1))  # fmt: skip
    rows = b"".join(
        b"\0" + row.tobytes() for y, x, down, across in passes for row in pixels[y::down, x::across]
    )
    head = struct.pack(">IIBBBBB", 640, 900, 8, 0, 0, 0, 1)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        data += struct.pack(">I", len(content)) + kind + content
        data += struct.pack(">I", zlib.crc32(kind + content))
    (path / "a.png").write_bytes(data)
    return path / "a.png"


MADE: dict[str, Callable[[Path], Path]] = {
    "grey": lambda p: save(drawn(), p / "a.png"),
    "two_colours": lambda p: save(drawn().convert("1"), p / "a.png"),
    "palette": lambda p: save(drawn().convert("P"), p / "a.png"),
    "half_transparent": half_transparent,
    "sixteen_bits": sixteen_bits,
    "interlaced": interlaced,
    "lzw": lambda p: save(drawn().convert("RGB"), p / "a.tif", compression="tiff_lzw"),
    "second_of_two": second_of_two,
    "jpeg": lambda p: save(drawn().convert("RGB"), p / "a.jpg", quality=90),
    "several_scans": lambda p: save(drawn(), p / "a.jpg", quality=90, progressive=True),
    "four_inks": lambda p: save(drawn().convert("CMYK"), p / "a.jpg", quality=90),
    "odd name": lambda p: save(drawn(), p / "k\udcff[page=3].png"),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_it_is_the_same_picture(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    page = read_source(Candidate(path, (path,)), SMALL).pages[-1]
    found = loading.load(page, SMALL)
    assert found.image.width * found.image.height <= SMALL.max_pixels
    assert found.dpi == pytest.approx((page.dpi or 0) * found.image.width / 640, rel=0.01)
    wanted = np.asarray(drawn().resize(found.image.size, Image.Resampling.BOX), float)
    assert np.abs(np.asarray(found.image.convert("L"), float) - wanted).mean() < 9


def test_it_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    turned = drawn().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(turned, tmp_path / "a.jpg", quality=90, exif=exif)
    found = loading.load(PageSource(1, path, 0, PageKind.IMAGE, 100.0), SMALL).image
    wanted = np.asarray(drawn().resize(found.size, Image.Resampling.BOX), float)
    assert np.abs(np.asarray(found, float) - wanted).mean() < 9


def test_finer_than_any_print_is_read_at_300_dpi(tmp_path: Path) -> None:
    path = save(draw_page("Số: 15/UBND", 600), tmp_path / "a.png", dpi=(600, 600))
    page = read_source(Candidate(path, (path,)), Settings()).pages[0]
    assert loading.load(page, Settings()).dpi == pytest.approx(300, abs=1)


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_what_ends_early_is_told(tmp_path: Path, suffix: str) -> None:
    path = save(Image.effect_noise((640, 900), 90), tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DocumentError) as caught:
        loading.load(PageSource(1, path, 0, PageKind.IMAGE, 100.0), SMALL)
    assert caught.value.code == "image_damaged"


def jpx_in_pdf(path: Path, image: Image.Image) -> Path:
    """A page of A5 whose picture is JPEG 2000."""
    data = BytesIO()
    image.save(data, "JPEG2000", quality_mode="rates", quality_layers=[20])
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(420, 595))
        picture = pdf.make_stream(
            data.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=image.width,
            Height=image.height, ColorSpace=Name.DeviceRGB, BitsPerComponent=8,
            Filter=Name.JPXDecode,
        )  # fmt: skip
        page = pdf.pages[0].obj
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
        page.Contents = pdf.make_stream(b"q 420 0 0 595 0 0 cm /Im0 Do Q")
        pdf.save(path)
    return path


def test_a_heavy_picture_in_a_pdf_is_drawn_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = jpx_in_pdf(tmp_path / "a.pdf", draw_page(LETTER, 200).convert("RGB"))
    as_it_is = read_source(Candidate(path, (path,)), Settings()).pages[0]
    monkeypatch.setattr(pdf_images, "MOST_JPX_PIXELS", 1_000_000)
    heavy = read_source(Candidate(path, (path,)), Settings()).pages[0]
    assert (as_it_is.heavy, heavy.heavy) == (False, True)
    assert heavy.dpi == as_it_is.dpi
    before, after = (
        np.asarray(loading.load(page, Settings()).image.convert("L").resize((420, 595)), float)
        for page in (as_it_is, heavy)
    )
    assert 0 < np.abs(before - after).mean() < 4
