"""What the pages of a PDF are: size, resolution, text layer, electronic signatures laid over them.

In: the path of a PDF. Out: a `PageSource` for each page; nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf

from pipeline import legacy, poppler
from pipeline.document import Mark, PageKind, PageSource, TextLayer
from pipeline.errors import DocumentError
from pipeline.pdf_images import images_of, is_heavy
from pipeline.settings import Settings
from pipeline.textlayer import classify, is_note_text, is_signature_text

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the page's top left corner."""
LAYERS_AT_ONCE = 50  # pages whose text layers are in memory word by word


def pdf_pages(path: Path, settings: Settings) -> list[PageSource]:
    """The pages of a PDF.

    Raises DocumentError pdf_encrypted, pdf_damaged or no_pages."""
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
    """Of a PDF page: its size in points as shown, its native dpi, the boxes of its signatures
    and of comments typed over it, the fonts of its text, whether nothing on it can be coloured,
    what made the file, and whether it has pictures that are too much to draw as they are."""

    size: tuple[float, float]
    dpi: float | None
    signatures: tuple[Rectangle, ...]
    notes: tuple[Rectangle, ...] = ()
    fonts: tuple[str, ...] = ()
    grey: bool = False
    producer: str = ""
    heavy: bool = False


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
    heavy = any(is_heavy(image) for image in images_of(page))
    signatures, notes = _laid_over(page)
    return _Shape((width, height), dpi, signatures, notes, fonts, grey=grey, heavy=heavy)


def _is_grey(page: pikepdf.Page) -> bool:
    """Whether a page is nothing but grey or two-coloured pictures and electronic signatures."""
    if any(image.get("/ColorSpace") != "/DeviceGray" for image in images_of(page)):
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
    sizes = [(int(i.get("/Width", 0)), int(i.get("/Height", 0))) for i in images_of(page)]
    if not sizes or not width or not height:
        return None
    across, down = max(sizes, key=lambda s: s[0] * s[1])
    if (across > down) != (width > height) and across * down > 0:
        across, down = down, across
    dpi = across * 72 / width
    return round(dpi, 1) if 60 <= dpi <= 1300 else None


def _laid_over(page: pikepdf.Page) -> tuple[tuple[Rectangle, ...], tuple[Rectangle, ...]]:
    """The boxes of the page's signature fields and of its typed comments, as far as they show."""
    signatures: list[Rectangle] = []
    notes: list[Rectangle] = []
    for annotation in page.obj.get("/Annots", pikepdf.Array()):
        try:
            kind = annotation.get("/FT")
            if kind is None and (parent := annotation.get("/Parent")) is not None:
                kind = parent.get("/FT")
            is_note = annotation.get("/Subtype") == "/FreeText"
            if (kind == "/Sig" or is_note) and "/AP" in annotation and "/Rect" in annotation:
                box = poppler.shown_box(page, [*annotation["/Rect"]])
                if box[2] > box[0] and box[3] > box[1]:
                    (notes if is_note else signatures).append(box)
        except (AttributeError, TypeError, ValueError):  # an annotation that is no dictionary
            continue
    return tuple(signatures), tuple(notes)


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
    scanned = shape.dpi is not None
    laid_over = [("electronic_signature", box) for box in shape.signatures]
    laid_over += [("note", box) for box in shape.notes if scanned]
    for name, box in laid_over:
        inside = [w for w in words if _within(w, box)]
        text = " ".join(w.text for w in inside) or None
        # A number or date filled in by the office's system is a signature field or a comment, too:
        # part of the text, so it stays on the page.
        if is_note_text(text) if name == "note" else text is None or is_signature_text(text):
            words = [w for w in words if not _within(w, box)]
            overlays.append(Mark(name, index + 1, poppler.rounded(box), text, 1.0))
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    text = "\n".join(" ".join(line) for line in lines.values())
    kind = classify(text, scanned=scanned, fonts=shape.fonts, producer=shape.producer)
    if kind is TextLayer.NONE and any(m.kind == "electronic_signature" for m in overlays):
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
        heavy=shape.heavy,
        encoding=encoding,
    )


def _within(word: poppler.LayerWord, box: tuple[float, float, float, float]) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1
