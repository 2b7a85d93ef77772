"""What is this file? Finds documents and says, before any work, what each page is.

In: the paths given. Out: candidates, and of each a `Source` with its pages, their native
resolution, their text layers and the electronic signatures laid over them. Nothing is written.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pikepdf
import regex
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from pipeline import legacy, poppler
from pipeline.document import Mark, PageKind, PageSource, Source, TextLayer
from pipeline.errors import DocumentError
from pipeline.settings import Settings
from pipeline.textlayer import classify, is_signature_text

IMAGE_SUFFIXES = frozenset({".tif", ".tiff", ".png", ".jpg", ".jpeg"})
SUFFIXES = IMAGE_SUFFIXES | {".pdf", ".txt"}
CHUNK = 1 << 20
LAYERS_AT_ONCE = 50  # pages whose text layers are in memory word by word
MOST_BYTES = 300_000_000  # of a decoded image: what a worker can hold beside all else
BYTES_A_PIXEL = {"1": 1, "L": 1, "LA": 2, "I;16": 4, "I;16B": 4, "I;16L": 4, "I": 5, "F": 5}
A4_INCHES = 210 / 25.4
Image.MAX_IMAGE_PIXELS = None  # MOST_BYTES is stricter, and asks before anything is decoded

Kind = Literal["pdf", "png", "jpeg", "tiff", "text"]
MEDIA_TYPES: dict[Kind, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "text": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a document: one file, or the page images of one folder in page order."""

    path: Path
    files: tuple[Path, ...]


# --- finding -----------------------------------------------------------------------------------


def discover(
    paths: Sequence[Path], group: Literal["none", "folder"]
) -> Iterator[Candidate | DocumentError]:
    """Walk `paths` in natural order and yield what may be a document, each file once.

    Inside folders hidden files and files of other kinds are passed over; a file named outright is
    always a candidate. What is missing or cannot be read is yielded as a DocumentError."""
    seen: set[Path] = set()
    for path in paths:
        try:
            state = path.stat()
        except FileNotFoundError:
            yield DocumentError("file_missing", path=path)
        except OSError as e:
            yield DocumentError("file_unreadable", path=path, reason=_reason(e))
        else:
            if stat.S_ISDIR(state.st_mode):
                yield from _walk(path, group, seen)
            else:
                yield from _named(path, seen)


def _named(path: Path, seen: set[Path]) -> Iterator[Candidate | DocumentError]:
    for file in _readable([path], seen):
        yield file if isinstance(file, DocumentError) else Candidate(file, (file,))


def _walk(
    folder: Path, group: Literal["none", "folder"], seen: set[Path]
) -> Iterator[Candidate | DocumentError]:
    if not _first_time(folder, seen):
        return
    try:
        entries = sorted(folder.iterdir(), key=lambda p: natural_key(p.name))
        entries = [p for p in entries if not p.name.startswith(".")]
        folders = [p for p in entries if p.is_dir()]
    except OSError as e:
        yield DocumentError("file_unreadable", path=folder, reason=_reason(e))
        return
    inside = set(folders)
    documents = [p for p in entries if p.suffix.lower() in SUFFIXES and p not in inside]
    if group == "folder":
        yield from together(folder, documents, seen)
    else:
        for document in documents:
            yield from _named(document, seen)
    for inner in folders:
        yield from _walk(inner, group, seen)


def together(
    folder: Path, files: Iterable[Path], seen: set[Path] | None = None
) -> Iterator[Candidate | DocumentError]:
    """The `files` of one folder, its page images as one candidate, in the order given; an error
    for each that cannot be read. Those `seen` before are passed over."""
    found = list(_readable(files, set() if seen is None else seen))
    yield from (f for f in found if isinstance(f, DocumentError))
    yield from _grouped(folder, [f for f in found if isinstance(f, Path)])


def _grouped(folder: Path, files: list[Path]) -> Iterator[Candidate]:
    """Several page images of one folder as one candidate, every other file as its own."""
    images = [f for f in files if f.suffix.lower() in IMAGE_SUFFIXES and _frames(f) == 1]
    grouped = tuple(images) if len(images) > 1 else ()
    if grouped:
        yield Candidate(folder, grouped)
    yield from (Candidate(f, (f,)) for f in files if f not in grouped)


def _frames(path: Path) -> int:
    try:
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # a damaged page image still belongs to its group, which then says so
        return 1


def _readable(files: Iterable[Path], seen: set[Path]) -> Iterator[Path | DocumentError]:
    """The regular files of `files` not seen before; an error for each that cannot be opened.

    Sockets, pipes and device files are never opened: reading one could hang or not end."""
    for file in files:
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                yield DocumentError("not_a_document", path=file, reason="not a regular file")
                continue
            with file.open("rb"):
                pass
        except OSError as e:
            yield DocumentError("file_unreadable", path=file, reason=_reason(e))
            continue
        if _first_time(file, seen):
            yield file


def _first_time(path: Path, seen: set[Path]) -> bool:
    """Whether `path`, links followed, was not met before; remembers it."""
    real = path.resolve()
    if real in seen:
        return False
    seen.add(real)
    return True


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key that puts page-2 before page-10, letters without regard to case."""
    parts = regex.findall(r"\d+|\D+", name)
    key = [(0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts]
    return [*key, (2, 0, name)]


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


# --- reading -----------------------------------------------------------------------------------


def read_source(candidate: Candidate, settings: Settings) -> Source:
    """Say what the files of `candidate` are, without changing them.

    Raises DocumentError: file_missing, file_unreadable, file_empty, not_a_document,
    pdf_encrypted, pdf_damaged, no_pages, image_damaged, image_too_large."""
    hashes: list[str] = []
    kinds: list[Kind] = []
    size = 0
    signed = False
    pages: list[PageSource] = []
    for file in candidate.files:
        digest, length, has_signature = _hash(file)
        kind = _kind(file)
        found = _READERS[kind](file, settings)
        pages += [_numbered(p, len(pages) + n) for n, p in enumerate(found, 1)]
        hashes.append(digest)
        kinds.append(kind)
        size += length
        signed = signed or (kind == "pdf" and has_signature)
    if not pages:
        raise DocumentError("no_pages", path=candidate.path)
    return Source(
        path=candidate.path,
        files=candidate.files,
        sha256=hashes[0] if len(hashes) == 1 else group_digest(hashes),
        bytes=size,
        media_type=MEDIA_TYPES[kinds[0]],
        signed=signed,
        pages=tuple(pages),
    )


def group_digest(hashes: list[str]) -> str:
    """The hash of a group of files: over their hex hashes, one a line, in page order."""
    return hashlib.sha256("\n".join(hashes).encode("ascii")).hexdigest()


def _numbered(page: PageSource, number: int) -> PageSource:
    return replace(page, number=number)


def _hash(path: Path) -> tuple[str, int, bool]:
    """SHA-256, length in bytes, and whether a PDF signature's /ByteRange occurs in the file."""
    digest = hashlib.sha256()
    length, tail, signed = 0, b"", False
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                length += len(chunk)
                signed = signed or b"/ByteRange" in tail + chunk
                tail = chunk[-16:]
    except FileNotFoundError as e:
        raise DocumentError("file_missing", path=path) from e
    except OSError as e:
        raise DocumentError("file_unreadable", path=path, reason=_reason(e)) from e
    if not length:
        raise DocumentError("file_empty", path=path)
    return digest.hexdigest(), length, signed


def _kind(path: Path) -> Kind:
    """The kind of a file by its first bytes; the suffix only admits plain text."""
    with path.open("rb") as file:
        head = file.read(4096)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if _looks_like_text(head):
        return "text"
    raise DocumentError("not_a_document", path=path, reason=_known_other(head))


def _known_other(head: bytes) -> str:
    names = {
        b"PK\x03\x04": "an Office or ZIP file",
        b"\xd0\xcf\x11\xe0": "an old Office file",
        b"GIF8": "a GIF image",
        b"RIFF": "a RIFF file",
        b"BM": "a BMP image",
        b"\x7fELF": "a program",
        b"{\\rtf": "an RTF file",
    }
    return next((name for magic, name in names.items() if head.startswith(magic)), "binary data")


def _looks_like_text(head: bytes) -> bool:
    if head.startswith(b"{\\rtf"):
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum((b < 32 and b not in b"\t\n\r\f") or b == 127 for b in head)
    return b"\0" not in head and control <= len(head) // 200


# --- PDF ---------------------------------------------------------------------------------------


def _pdf_pages(path: Path, settings: Settings) -> list[PageSource]:
    try:
        with pikepdf.open(path) as pdf:
            producer = _producer(pdf)
            shapes = [replace(_shape(page), producer=producer) for page in pdf.pages]
    except pikepdf.PasswordError as e:
        raise DocumentError("pdf_encrypted", path=path) from e
    except Exception as e:  # broken files make qpdf raise many kinds, some of them bare
        raise DocumentError("pdf_damaged", path=path, reason=_short(e)) from e
    if not shapes:
        raise DocumentError("no_pages", path=path)
    return _with_layers(path, shapes, settings)


def _short(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[-1] if text else type(error).__name__)[-200:]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of a PDF page: its size in points as shown, its native dpi, the boxes of its signatures,
    the fonts of its text, whether nothing on it can be coloured, and what made the file."""

    size: tuple[float, float]
    dpi: float | None
    signatures: tuple[tuple[float, float, float, float], ...]
    fonts: tuple[str, ...] = ()
    grey: bool = False
    producer: str = ""


def _producer(pdf: pikepdf.Pdf) -> str:
    """The program that made the file, as far as it says."""
    try:
        return str(pdf.docinfo.get("/Producer", ""))
    except (AttributeError, TypeError, ValueError, pikepdf.PdfError):  # /Info is no dictionary
        return ""


def _shape(page: pikepdf.Page) -> _Shape:
    x0, y0, x1, y1 = (float(v) for v in page.cropbox)
    width, height = abs(x1 - x0), abs(y1 - y0)
    dpi = _native_dpi(page, width, height)
    if poppler.rotation_of(page) in (90, 270):
        width, height = height, width
    fonts = tuple(_fonts(page))
    grey = dpi is not None and not fonts and _is_grey(page)
    return _Shape((width, height), dpi, tuple(_signature_boxes(page)), fonts, grey)


def _is_grey(page: pikepdf.Page) -> bool:
    """Whether a page is nothing but grey or two-coloured pictures and electronic signatures."""
    if any(image.get("/ColorSpace") != "/DeviceGray" for image in _images(page)):
        return False
    notes = page.obj.get("/Annots", pikepdf.Array())
    return all(
        isinstance(note, pikepdf.Dictionary) and ("/AP" not in note or note.get("/FT") == "/Sig")
        for note in notes
    )


def _fonts(page: pikepdf.Page) -> Iterator[str]:
    """Names of the fonts of the page's own text."""
    fonts = page.resources.get("/Font") if page.resources is not None else None
    for _, font in fonts.items() if isinstance(fonts, pikepdf.Dictionary) else ():
        if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font:
            yield str(font["/BaseFont"]).lstrip("/")


def _native_dpi(page: pikepdf.Page, width: float, height: float) -> float | None:
    """Resolution of the scan: of the largest image, if it can be the picture of the page."""
    sizes = [(int(i.get("/Width", 0)), int(i.get("/Height", 0))) for i in _images(page)]
    if not sizes or not width or not height:
        return None
    across, down = max(sizes, key=lambda s: s[0] * s[1])
    if (across > down) != (width > height) and across * down > 0:
        across, down = down, across
    dpi = across * 72 / width
    return round(dpi, 1) if 60 <= dpi <= 1300 else None


def _images(page: pikepdf.Page) -> Iterator[pikepdf.Object]:
    """Images of the page, those inside form objects too."""
    waiting: list[tuple[pikepdf.Object | None, int]] = [(page.resources, 0)]
    while waiting:
        found, depth = waiting.pop()
        objects = found.get("/XObject") if found is not None else None
        for _, item in objects.items() if objects is not None else ():
            if item.get("/Subtype") == "/Image":
                yield item
            elif item.get("/Subtype") == "/Form" and depth < 4:
                waiting.append((item.get("/Resources"), depth + 1))


def _signature_boxes(page: pikepdf.Page) -> Iterator[tuple[float, float, float, float]]:
    for annotation in page.obj.get("/Annots", pikepdf.Array()):
        try:
            kind = annotation.get("/FT")
            if kind is None and (parent := annotation.get("/Parent")) is not None:
                kind = parent.get("/FT")
            if kind == "/Sig" and "/AP" in annotation and "/Rect" in annotation:
                box = poppler.shown_box(page, [*annotation["/Rect"]])
                if box[2] > box[0] and box[3] > box[1]:
                    yield box
        except (AttributeError, TypeError, ValueError):  # an annotation that is no dictionary
            continue


def _with_layers(path: Path, shapes: list[_Shape], settings: Settings) -> list[PageSource]:
    try:
        pages: list[PageSource] = []
        for first in range(0, len(shapes), LAYERS_AT_ONCE):
            part = shapes[first : first + LAYERS_AT_ONCE]
            pages += _part_with_layers(path, first, part, settings)
        return pages
    except DocumentError as e:
        raise DocumentError("pdf_damaged", path=path, reason=e.values.get("reason", e.code)) from e


def _part_with_layers(
    path: Path, first: int, shapes: list[_Shape], settings: Settings
) -> Iterator[PageSource]:
    layers = poppler.layer_pages(
        path, first, first + len(shapes) - 1, timeout=max(settings.page_timeout, len(shapes))
    )
    empty = poppler.LayerPage(0, 0, ())
    layers += [empty] * (len(shapes) - len(layers))
    for n, (shape, layer) in enumerate(zip(shapes, layers, strict=False), first):
        yield _pdf_page(path, n, shape, layer)


def _pdf_page(path: Path, index: int, shape: _Shape, layer: poppler.LayerPage) -> PageSource:
    overlays: list[Mark] = []
    words = list(layer.words)
    for box in shape.signatures:
        inside = [w for w in words if _within(w, box)]
        text = " ".join(w.text for w in inside) or None
        # A number or date filled in by the office's system is a signature field too: part of the
        # text, so it stays on the page.
        if text is None or is_signature_text(text):
            words = [w for w in words if not _within(w, box)]
            overlays.append(
                Mark("electronic_signature", index + 1, poppler.rounded(box), text, 1.0)
            )
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    text = "\n".join(" ".join(line) for line in lines.values())
    scanned = shape.dpi is not None
    kind = classify(text, scanned=scanned, fonts=shape.fonts, producer=shape.producer)
    if kind is TextLayer.NONE and overlays:
        kind = TextLayer.SIGNATURE
    encoding = None
    if kind is TextLayer.LEGACY and not scanned:
        encoding = legacy.encoding_of(text, shape.fonts)
    if encoding:
        kind, text = TextLayer.GOOD, legacy.as_typed(text, encoding)
    return PageSource(
        number=index + 1,
        path=path,
        index=index,
        kind=PageKind.PDF,
        dpi=shape.dpi,
        text_layer=kind,
        text=text or None,
        size=shape.size,
        overlays=tuple(overlays),
        grey=shape.grey,
        encoding=encoding,
    )


def _within(word: poppler.LayerWord, box: tuple[float, float, float, float]) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1


# --- images ------------------------------------------------------------------------------------


def _image_pages(path: Path, settings: Settings) -> list[PageSource]:
    del settings
    pages: list[PageSource] = []
    try:
        with Image.open(path) as image:
            for index in range(int(getattr(image, "n_frames", 1))):
                image.seek(index)
                if _decoded_bytes(image) > MOST_BYTES:
                    raise DocumentError(
                        "image_too_large", path=path, width=image.width, height=image.height
                    )
                dpi = _image_dpi(image)
                pages.append(PageSource(index + 1, path, index, PageKind.IMAGE, dpi))
    except Image.DecompressionBombError as e:
        raise DocumentError("image_too_large", path=path, width="?", height="?") from e
    except UnidentifiedImageError as e:
        raise DocumentError("image_damaged", path=path, reason="no image data") from e
    except DocumentError:
        raise
    except Exception as e:  # broken files make Pillow raise many kinds
        raise DocumentError("image_damaged", path=path, reason=_short(e)) from e
    return pages


def _decoded_bytes(image: Image.Image) -> int:
    """Memory that the image takes once decoded. A JPEG in one scan can be decoded eight times
    smaller either way (see loading.py); one in several keeps all its coefficients."""
    size = image.width * image.height * BYTES_A_PIXEL.get(image.mode, 4)
    if isinstance(image, JpegImageFile) and not image.info.get("progressive"):
        return size // 64
    return size


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


# --- plain text --------------------------------------------------------------------------------


def _text_pages(path: Path, settings: Settings) -> list[PageSource]:
    del settings
    text = decode_text(path.read_bytes(), path)
    parts = text.split("\f")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    return [
        PageSource(
            n + 1, path, n, PageKind.TEXT, text_layer=classify(part, scanned=False), text=part
        )
        for n, part in enumerate(parts)
    ]


def decode_text(data: bytes, path: Path) -> str:
    """Text of a `.txt`: UTF-8, UTF-16 with a byte order mark, else Windows-1258, else Latin-1.

    Raises DocumentError not_a_document where the bytes are no text."""
    text = _decoded(data)
    control = sum(c < " " and c not in "\t\n\r\f" for c in text)
    if "\0" in text or control > len(text) // 100:
        raise DocumentError("not_a_document", path=path, reason="binary data")
    return str(regex.sub(r"\r\n?", "\n", text))


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1258"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


_READERS = {
    "pdf": _pdf_pages,
    "png": _image_pages,
    "jpeg": _image_pages,
    "tiff": _image_pages,
    "text": _text_pages,
}
