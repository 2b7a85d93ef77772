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

from pipeline import large_images, loading, pdf_images
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
    return adam7(np.asarray(drawn())[:, :, None], 8, path / "a.png")


def adam7(pixels: np.ndarray, bits: int, path: Path) -> Path:
    """An interlaced PNG, which Pillow does not write: one pixel in eight in the first pass, and so
    on. `pixels`: rows x columns x 1 (grey) or 3 colours, of so many `bits` each."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1))  # fmt: skip
    height, width, colours = pixels.shape
    pack = np.packbits if bits == 1 else lambda row: row.astype(">u2" if bits == 16 else np.uint8)
    rows = b"".join(
        b"\0" + pack(row.ravel()).tobytes()
        for y, x, down, across in passes
        for row in pixels[y::down, x::across]
    )
    kind = 0 if colours == 1 else 2
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 1)
    data = b"\x89PNG\r\n\x1a\n"
    half = zlib.compress(rows)
    cut = len(half) // 2
    chunks = ((b"IHDR", head), (b"IDAT", half[:cut]), (b"IDAT", half[cut:]), (b"IEND", b""))
    for name, content in chunks:
        data += struct.pack(">I", len(content)) + name + content
        data += struct.pack(">I", zlib.crc32(name + content))
    path.write_bytes(data)
    return path


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


def coloured() -> Image.Image:
    """A page with a red block, of a size that is no multiple of what codecs work in."""
    page = np.asarray(drawn().convert("RGB")).copy()
    page[100:300, 200:400, 1:] //= 3
    return Image.fromarray(page[:893, :637])


@pytest.mark.parametrize(("bits", "colours"), [(1, 1), (8, 3), (16, 1), (16, 3)])
def test_an_interlaced_png_too_large_to_hold_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int, colours: int
) -> None:
    grey = np.asarray(coloured().convert("RGB" if colours == 3 else "L")).astype(np.uint16)
    pixels = grey > 127 if bits == 1 else grey * 257 if bits == 16 else grey
    path = adam7(pixels.reshape(893, 637, colours), bits, tmp_path / "a.png")
    monkeypatch.setattr(large_images, "MOST_HELD", 1000)
    found = large_images.smaller(path, 0, 100_000)
    assert 99_000 <= found.width * found.height <= 100_000
    shown = coloured().convert(found.mode).resize(found.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(found, float) - np.asarray(shown, float)).mean() < 9


def test_an_interlaced_png_cut_off_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = interlaced(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    monkeypatch.setattr(large_images, "MOST_HELD", 1000)
    with pytest.raises(DocumentError) as caught:
        loading.load(PageSource(1, path, 0, PageKind.IMAGE, 100.0), SMALL)
    assert caught.value.code == "image_damaged"


@pytest.mark.parametrize("colour", ["L", "RGB"])
@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("restart", [0, 7])
def test_a_progressive_jpeg_too_large_to_hold_is_read_at_an_eighth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colour: str, sampling: int, restart: int
) -> None:
    path = save(coloured().convert(colour), tmp_path / "a.jpg", quality=90, progressive=True,
                subsampling=sampling, restart_marker_blocks=restart)  # fmt: skip
    monkeypatch.setattr(large_images, "MOST_HELD", 1000)
    found = large_images.smaller(path, 0, 100_000)
    with Image.open(path) as shown:
        shown.draft(colour, (1, 1))
        assert found.size == shown.size == (80, 112)
        apart = np.abs(np.asarray(found, float) - np.asarray(shown.convert(colour), float))
    assert apart.mean() < 0.5


def test_a_progressive_jpeg_cut_off_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(coloured(), tmp_path / "a.jpg", progressive=True)
    monkeypatch.setattr(large_images, "MOST_HELD", 1000)
    data = path.read_bytes()
    for share in range(5, 100, 5):
        path.write_bytes(data[: len(data) * share // 100])
        with pytest.raises(DocumentError) as caught:
            loading.load(PageSource(1, path, 0, PageKind.IMAGE, 100.0), SMALL)
        assert caught.value.code == "image_damaged"


def test_four_inks_in_several_scans_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(drawn().convert("CMYK"), tmp_path / "a.jpg", progressive=True)
    monkeypatch.setattr(large_images, "MOST_HELD", 1000)
    with pytest.raises(DocumentError) as caught:
        read_source(Candidate(path, (path,)), SMALL)
    assert caught.value.code == "image_too_large"


@pytest.mark.parametrize("packed_twice", [False, True])
def test_a_progressive_jpeg_in_a_pdf_is_drawn_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed_twice: bool
) -> None:
    data = BytesIO()
    page = draw_page(LETTER, 200).convert("RGB")
    page.save(data, "JPEG", quality=90, progressive=True)
    packed = zlib.compress(data.getvalue()) if packed_twice else data.getvalue()
    codecs = [Name.FlateDecode, Name.DCTDecode] if packed_twice else [Name.DCTDecode]
    path = picture_in_pdf(tmp_path / "a.pdf", page, packed, pikepdf.Array(codecs))
    as_it_is = read_source(Candidate(path, (path,)), Settings()).pages[0]
    monkeypatch.setattr(pdf_images, "MOST_HELD", 1000)
    heavy = read_source(Candidate(path, (path,)), Settings()).pages[0]
    assert (as_it_is.heavy, heavy.heavy) == (False, True)
    before, after = (
        np.asarray(loading.load(page, Settings()).image.convert("L").resize((105, 149)), float)
        for page in (as_it_is, heavy)
    )
    assert 0 < np.abs(before - after).mean() < 4


def jpx_in_pdf(path: Path, image: Image.Image) -> Path:
    data = BytesIO()
    image.save(data, "JPEG2000", quality_mode="rates", quality_layers=[20])
    return picture_in_pdf(path, image, data.getvalue(), Name.JPXDecode)


def picture_in_pdf(path: Path, image: Image.Image, data: bytes, codec: pikepdf.Object) -> Path:
    """A page of A5 with a picture as it was encoded."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(420, 595))
        picture = pdf.make_stream(
            data, Type=Name.XObject, Subtype=Name.Image, Width=image.width,
            Height=image.height, ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=codec,
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
