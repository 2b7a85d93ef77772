"""Files that mean harm or are merely broken, made anew each time; all text is our own.

    python -m tests.hostile_files DIR [--pages 2000]

Each has what may become of it: the reasons that name what is wrong with it, or None where the
document is to be read, as far as it goes. Nothing here is larger than a few megabytes on disk.
"""

from __future__ import annotations

import argparse
import os
import socket
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from pipeline.interlaced import PASSES
from tests.conftest import LETTER, draw_page, save_pdf
from tests.test_intake import signed_pdf

PAGES = 2000
SHARES = range(10, 100, 10)
A5 = (420, 595)
READ = None
"""In the place of a reason: the document is read, whatever its status then is."""

Make = Callable[[Path], object]
Row = tuple[Make, *tuple[str | None, ...]]
"""How it is made, then what may become of it."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, how it is made, and what may become of it: codes of reasons, READ among them."""

    name: str
    make: Make
    becomes: tuple[str | None, ...]


def hostile_files(pages: int = PAGES) -> Iterator[Hostile]:
    """All of them; the longest document has so many `pages`."""
    yield from _cut()
    for table in (_PDFS, _IMAGES, _TEXTS, _NAMES, _NOT_FILES):
        yield from (Hostile(name, row[0], row[1:]) for name, row in table.items())
    yield Hostile("long.pdf", lambda p: _blank(pages).save(p), (READ,))
    if os.geteuid() == 0:
        yield Hostile("device.txt", lambda p: os.mknod(p, 0o020644, os.makedev(1, 5)), _NO_FILE)


def make_all(folder: Path, pages: int = PAGES) -> dict[str, Hostile]:
    """Put them into `folder`, which is made; by name."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {hostile.name: hostile for hostile in hostile_files(pages)}
    for name, hostile in made.items():
        hostile.make(folder / name)
    return made


# --- cut off -------------------------------------------------------------------------------------


def _cut() -> Iterator[Hostile]:
    """A file of each kind, ending after each tenth of it."""
    for suffix, reasons in (
        ("pdf", ("pdf_damaged", "no_pages", "render_failed", READ)),
        ("png", ("image_damaged",)),
        ("jpg", ("image_damaged",)),
        ("tif", ("image_damaged",)),
    ):
        data = b""
        for share in SHARES:
            data = data or _sound(suffix)
            part = data[: len(data) * share // 100]
            yield Hostile(f"cut-at-{share}.{suffix}", _bytes(part), reasons)


def _bytes(data: bytes) -> Make:
    return lambda path: path.write_bytes(data)


def _sound(suffix: str) -> bytes:
    file = BytesIO()
    page = draw_page("Công văn bị cắt\n" + LETTER[:120], 75)
    kinds = {"pdf": "PDF", "png": "PNG", "jpg": "JPEG", "tif": "TIFF"}
    page.save(file, kinds[suffix], **({"compression": "tiff_lzw"} if suffix == "tif" else {}))
    return file.getvalue()


# --- PDF -----------------------------------------------------------------------------------------


def _blank(pages: int = 1, size: tuple[int, int] = A5) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=size)
    return pdf


def _encrypted(user: str) -> Make:
    def make(path: Path) -> None:
        data = BytesIO()
        draw_page(LETTER[:90]).save(data, "PDF")
        with pikepdf.open(data) as pdf:
            pdf.save(path, encryption=pikepdf.Encryption(user=user, owner="secret"))

    return make


def _changed(change: Callable[[pikepdf.Pdf], object]) -> Make:
    """A blank page to which `change` is done."""

    def make(path: Path) -> None:
        with _blank() as pdf:
            change(pdf)
            pdf.save(path)

    return make


def _raw(*objects: str, trailer: str = "/Root 1 0 R") -> Make:
    """A PDF written by hand: objects from number 1 on; a sound table of them."""

    def make(path: Path) -> None:
        data, places = b"%PDF-1.7\n", []
        for number, text in enumerate(objects, 1):
            places.append(len(data))
            data += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
        table = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n"
        table += "".join(f"{place:010d} 00000 n \n" for place in places)
        end = f"trailer\n<</Size {len(places) + 1} {trailer}>>\nstartxref\n{len(data)}\n%%EOF\n"
        path.write_bytes(data + table.encode() + end.encode())

    return make


CATALOG = "<</Type/Catalog/Pages 2 0 R>>"
ONE_PAGE = "<</Type/Pages/Kids[3 0 R]/Count 1>>"


def _page(box: str = "0 0 300 400", more: str = "") -> str:
    return f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]{more}>>"


def _stream(name: str, decode: str, data: bytes) -> Make:
    """A page whose picture cannot be what it says."""

    def change(pdf: pikepdf.Pdf) -> None:
        picture = pdf.make_stream(
            data, Type=Name.XObject, Subtype=Name.Image, Width=800, Height=1100,
            BitsPerComponent=1 if "JBIG2" in decode else 8, ColorSpace=Name.DeviceGray,
        )  # fmt: skip
        picture.Filter = Name("/" + decode)
        page = pdf.pages[0].obj
        page.Resources = Dictionary(XObject=Dictionary(Im0=picture))
        page.Contents = pdf.make_stream(f"q 420 0 0 595 0 0 cm /{name} Do Q".encode())

    return _changed(change)


def _object_bomb(pdf: pikepdf.Pdf) -> None:
    """Streams of 64 MB each that are a few kB in the file, and 20,000 small objects."""
    packed = zlib.compress(zlib.compress(bytes(64 << 20), 9), 9)
    bomb = pdf.make_stream(packed)
    bomb.Filter = Array([Name.FlateDecode, Name.FlateDecode])
    pdf.pages[0].obj.Contents = Array([bomb] * 4)
    pdf.Root.Bomb = Array([pdf.make_indirect(Dictionary(N=n)) for n in range(20_000)])


def _forms_in_forms(pdf: pikepdf.Pdf) -> None:
    """A form that draws itself."""
    form = pdf.make_stream(b"/F Do /F Do", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    form.Resources = Dictionary(XObject=Dictionary(F=form))
    page = pdf.pages[0].obj
    page.Resources = Dictionary(XObject=Dictionary(F=form))
    page.Contents = pdf.make_stream(b"/F Do")


def _with_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="while(true){app.alert('x')}")
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=pdf.make_stream(b"<xdp><broken"))


def _with_attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["../../virus.exe"] = pikepdf.AttachedFileSpec(
        pdf, b"MZ" + bytes(999), description="", filename="virus.exe", mime_type="",
        creation_date="", mod_date="",
    )  # fmt: skip


def _in_pages(key: str, value: object) -> Make:
    return _changed(lambda pdf: pdf.pages[0].obj.__setitem__(key, value))


def _grown(path: Path) -> None:
    """Garbage behind the end, as of an update that was broken off."""
    save_pdf(path, "Văn bản được sửa dở")
    with path.open("ab") as file:
        file.write(b"\n7 0 obj\n<</Type/Page/Parent 99 0 R" + bytes(range(256)) * 40)


def _broken_table(path: Path) -> None:
    with _blank() as pdf:
        pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = path.read_bytes()
    at = data.index(b"xref")
    path.write_bytes(data[:at] + data[at:].replace(b"00000 n", b"00000 f").replace(b"0", b"7"))


_DRAWN = (READ, "render_failed")
_READ_OR_DAMAGED = (READ, "pdf_damaged", "no_pages", "render_failed")
_PDFS: dict[str, Row] = {
    "encrypted.pdf": (_encrypted("secret"), "pdf_encrypted"),
    "owner-password.pdf": (_encrypted(""), READ),
    "signed.pdf": (signed_pdf, READ),
    "no-pages.pdf": (lambda p: pikepdf.new().save(p), "no_pages"),
    "cyclic.pdf": (
        _raw(CATALOG, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"), *_READ_OR_DAMAGED[1:],
    ),
    "cyclic-far.pdf": (
        _raw(CATALOG, "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Pages/Kids[2 0 R]/Count 1>>"),
        *_READ_OR_DAMAGED[1:],
    ),
    "wrong-count.pdf": (
        _raw(CATALOG, "<</Type/Pages/Kids[3 0 R]/Count 999999999>>", _page()), *_READ_OR_DAMAGED,
    ),
    "page-is-number.pdf": (_raw(CATALOG, ONE_PAGE, "42"), *_READ_OR_DAMAGED[1:]),
    "no-catalog.pdf": (_raw("<<>>", ONE_PAGE, _page()), *_READ_OR_DAMAGED[1:]),
    "no-box.pdf": (_raw(CATALOG, ONE_PAGE, "<</Type/Page/Parent 2 0 R>>"), *_READ_OR_DAMAGED),
    "nan-box.pdf": (_raw(CATALOG, ONE_PAGE, _page("nan nan nan nan")), *_READ_OR_DAMAGED),
    "words-box.pdf": (_raw(CATALOG, ONE_PAGE, _page("/A /B /C /D")), *_READ_OR_DAMAGED),
    "negative-box.pdf": (_raw(CATALOG, ONE_PAGE, _page("300 400 -300 -400")), READ),
    "no-area.pdf": (_raw(CATALOG, ONE_PAGE, _page("0 0 0 0")), *_READ_OR_DAMAGED),
    "huge-box.pdf": (_raw(CATALOG, ONE_PAGE, _page("0 0 1e30 1e30")), *_READ_OR_DAMAGED),
    "long-number-box.pdf": (
        _raw(CATALOG, ONE_PAGE, _page(f"0 0 {'9' * 500} {'9' * 500}")), *_READ_OR_DAMAGED,
    ),
    "thin.pdf": (_raw(CATALOG, ONE_PAGE, _page("0 0 0.001 14400")), *_READ_OR_DAMAGED),
    "strip.pdf": (_raw(CATALOG, ONE_PAGE, _page("433 0 4294967296 576")), *_READ_OR_DAMAGED[1:]),
    "poster.pdf": (lambda p: _blank(1, (14_400, 14_400)).save(p), READ),
    "user-unit.pdf": (_in_pages("/UserUnit", 1000), READ),
    "rotated.pdf": (_in_pages("/Rotate", 45), READ),
    "rotated-much.pdf": (_in_pages("/Rotate", -(10**12)), READ),
    "annotations-cyclic.pdf": (_raw(
        CATALOG, ONE_PAGE, _page(more="/Annots[4 0 R 4 0 R 7 (x) null]"),
        "<</Type/Annot/Subtype/Widget/FT/Sig/Parent 4 0 R/Rect[nan 1 2]/AP<</N 4 0 R>>>>",
    ), *_READ_OR_DAMAGED),
    "annotations-number.pdf": (
        _raw(CATALOG, ONE_PAGE, _page(more="/Annots 42")), *_READ_OR_DAMAGED,
    ),
    "resources-number.pdf": (
        _raw(CATALOG, ONE_PAGE, _page(more="/Resources<</XObject 1/Font[1]>>")), *_READ_OR_DAMAGED,
    ),
    "deep.pdf": (
        _raw(CATALOG, ONE_PAGE, _page(more="/Deep" + "[" * 50_000 + "]" * 50_000)),
        *_READ_OR_DAMAGED,
    ),
    "form-in-itself.pdf": (_changed(_forms_in_forms), *_READ_OR_DAMAGED),
    "object-bomb.pdf": (_changed(_object_bomb), *_READ_OR_DAMAGED),
    "script-xfa.pdf": (_changed(_with_script), READ),
    "attachment.pdf": (_changed(_with_attachment), READ),
    "jbig2.pdf": (_stream("Im0", "JBIG2Decode", b"\x97JB2\r\n\x1a\n" + bytes(60)), *_DRAWN),
    "jpx.pdf": (_stream("Im0", "JPXDecode", b"\0\0\0\x0cjP  \r\n\x87\n" + b"\xff" * 90), *_DRAWN),
    "dct.pdf": (_stream("Im0", "DCTDecode", b"\xff\xd8\xff\xe0" + b"\x11" * 90), *_DRAWN),
    "no-such-filter.pdf": (_stream("Im0", "NoSuchDecode", b"xyz"), *_DRAWN),
    "no-such-picture.pdf": (_stream("Other", "DCTDecode", b"xyz"), *_DRAWN),
    "grown.pdf": (_grown, *_READ_OR_DAMAGED),
    "broken-table.pdf": (_broken_table, *_READ_OR_DAMAGED),
    "head-only.pdf": (lambda p: p.write_bytes(b"%PDF-1.7"), "pdf_damaged"),
    "endless-head.pdf": (lambda p: p.write_bytes(b"%PDF-1.7\n" * 50_000), "pdf_damaged"),
    "really-a-picture.pdf": (lambda p: draw_page("Ảnh", 75).save(p, "PNG"), READ),
    "office.pdf": (lambda p: p.write_bytes(b"PK\3\4" + bytes(99)), "not_a_document"),
}  # fmt: skip


# --- pictures ------------------------------------------------------------------------------------


def _image(mode: str, size: tuple[int, int], **options: Any) -> Make:
    return lambda path: Image.new(mode, size, 1 if mode == "1" else 255).save(path, **options)


def _claims(width: int, height: int) -> Make:
    """A PNG that says it is so large, and has nothing to show for it."""

    def make(path: Path) -> None:
        head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
        data = b"\x89PNG\r\n\x1a\n"
        for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
            check = zlib.crc32(kind + body).to_bytes(4, "big")
            data += len(body).to_bytes(4, "big") + kind + body + check
        path.write_bytes(data)

    return make


def _interlaced(width: int, height: int) -> Make:
    """White, in one bit, interlaced: what a decoder would have to hold as a whole."""
    passes = [
        (-(-(height - y) // down), -(-(width - x) // across))
        for y, x, down, across in (*PASSES, (1, 0, 2, 1))
    ]

    def make(path: Path) -> None:
        pack = zlib.compressobj()
        packed = [
            pack.compress((b"\0" + b"\xff" * (-(-columns // 8))) * 1000)
            for rows, columns in passes
            for _ in range(rows // 1000)
        ]
        head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 1)
        data = b"\x89PNG\r\n\x1a\n"
        pixels = b"".join(packed) + pack.flush()
        for kind, content in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")):
            data += struct.pack(">I", len(content)) + kind + content
            data += struct.pack(">I", zlib.crc32(kind + content))
        path.write_bytes(data)

    return make


def _tiff_in_circles(path: Path) -> None:
    """A directory of pages whose next one is itself."""
    Image.new("1", (80, 100), 1).save(path)
    data = bytearray(path.read_bytes())
    start = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[start : start + 2], "little")
    following = start + 2 + 12 * entries
    data[following : following + 4] = start.to_bytes(4, "little")
    path.write_bytes(data)


_IMAGES: dict[str, Row] = {
    "bomb.png": (_claims(1_000_000, 1_000_000), "image_too_large"),
    "huge.png": (_image("1", (50_000, 20_000)), READ),
    "interlaced.png": (_interlaced(56_000, 48_000), READ),
    "wide.png": (_image("1", (50_000, 1_000)), READ),
    "claims-much.png": (_claims(2**31 - 1, 2**31 - 1), "image_too_large", "image_damaged"),
    "claims-some.png": (_claims(9_000, 9_000), "image_damaged"),
    "no-width.png": (_claims(0, 100), "image_damaged"),
    "one-pixel.png": (_image("L", (1, 1)), READ),
    "line.png": (_image("L", (1, 4_000)), READ),
    "absurd-dpi.png": (_image("L", (300, 400), dpi=(1e7, 1e-9)), READ),
    "blank.jpg": (_image("L", (620, 877)), READ),
    "cmyk.jpg": (_image("CMYK", (300, 400)), READ),
    "float.tif": (_image("F", (300, 400)), READ),
    "circles.tif": (_tiff_in_circles, READ, "image_damaged"),
    "magic-only.tif": (lambda p: p.write_bytes(b"II*\0"), "image_damaged"),
    "magic-only.jpg": (lambda p: p.write_bytes(b"\xff\xd8\xff"), "image_damaged"),
    "really-a-pdf.png": (lambda p: _blank().save(p), READ),
    "really-a-gif.jpg": (lambda p: Image.new("L", (9, 9)).save(p, "GIF"), "not_a_document"),
}


# --- texts and names -----------------------------------------------------------------------------


def _text(text: str, encoding: str = "utf-8") -> Make:
    return lambda path: path.write_bytes(text.encode(encoding))


_TEXTS: dict[str, Row] = {
    "empty.pdf": (Path.touch, "file_empty"),
    "empty.txt": (Path.touch, "file_empty"),
    "spaces.txt": (_text(" \n\t\f\n" * 500), READ),
    "utf-16.txt": (_text(LETTER, "utf-16"), READ),
    "utf-16-odd.txt": (lambda p: p.write_bytes("Số: 1".encode("utf-16") + b"\x01"), READ),
    "utf-16-bare.txt": (_text(LETTER, "utf-16-le"), "not_a_document"),
    "nul.txt": (_text("Số: 1/UBND\n" * 600 + "\0"), "not_a_document"),
    "controls.txt": (lambda p: p.write_bytes(bytes(range(1, 32)) * 40), "not_a_document"),
    "half-letters.txt": (lambda p: p.write_bytes(b"\xe1\xba" * 400), READ),
    "one-line.txt": (_text("a" * 1_000_000), READ),
    "one-line-of-words.txt": (_text("đọc sách " * 15_000), READ),
    "form-feeds.txt": (_text("\f" * 300 + "x"), READ),
    "marks.txt": (_text("a" + "\u0301\u0323" * 20_000), READ),
    "right-to-left.txt": (_text("\u202e\u2066" * 400 + LETTER), READ),
    "program.txt": (lambda p: p.write_bytes(b"\x7fELF" + bytes(200)), "not_a_document"),
}

_NAMED: Make = lambda path: path.write_text(ascii(path.name) + "\n" + LETTER[:60], "utf-8")  # noqa: E731
_LONGEST = "ký" * 83 + "ab"  # 251 bytes and the suffix
_NAMES: dict[str, Row] = {
    name + ".txt": (_NAMED, READ)
    for name in (
        "new\nline", "quote'\"`$(touch x)", "-rf", "--help", "🗂️ emoji",
        "tab\tand\x1b[31m bell\x07",
        unicodedata.normalize("NFD", "Quyết định số 5"),
        unicodedata.normalize("NFC", "Quyết định số 5"),
        _LONGEST, "a;b|c&d<e>f", "%s%n{0}", "dots...", " leading and trailing ", "con:nul*?",
        "back\\slash", "not-utf8-\udcff\udcfe", "\u202etxt.exe",
    )
}  # fmt: skip


# --- what is no file, or no more -----------------------------------------------------------------


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _unreadable(path: Path) -> None:
    path.write_text("Số: 9/UBND-KM\n", encoding="utf-8")
    path.chmod(0)


def _closed_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0)


def _circle(path: Path) -> None:
    path.mkdir()
    (path / "again").symlink_to(path)
    (path / "up").symlink_to(path.parent)


_NO_FILE = ("not_a_document",)
_NOT_FILES: dict[str, Row] = {
    "zero.pdf": (lambda p: p.symlink_to("/dev/zero"), *_NO_FILE),
    "null.png": (lambda p: p.symlink_to("/dev/null"), *_NO_FILE),
    "pipe.pdf": (os.mkfifo, *_NO_FILE),
    "socket.txt": (_socket, *_NO_FILE),
    "loop.pdf": (lambda p: p.symlink_to(p), "file_unreadable"),
    "dangling.pdf": (lambda p: p.symlink_to("nowhere.pdf"), "file_unreadable", "file_missing"),
    "no-permission.txt": (_unreadable, "file_unreadable"),
    "closed": (_closed_folder, "file_unreadable"),
    "circle": (_circle,),
}


def main() -> None:
    """Make the files, say how many."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile_files")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=PAGES, help="of the longest document")
    options = parser.parse_args()
    print(len(make_all(options.folder, options.pages)), "files in", options.folder)


if __name__ == "__main__":
    main()
