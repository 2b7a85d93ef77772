"""The searchable two-layer PDF/A-2u of a letter: the scan, and the corrected words beneath it.

In: a `Holding` and its original. Out: the bytes of the PDF. The same record and scan give the same
bytes. TT 05/2025/TT-BNV, Điều 8: PDF/A, two layers, the picture as scanned. ISO 19005-2 level U:
every glyph of the text has its Unicode character.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import ImageCms

from pipeline import poppler
from pipeline.document import PageKind, Source
from pipeline.errors import DocumentError
from pipeline.export.characters import plain
from pipeline.export.geometry import Placement
from pipeline.export.holding import Holding
from pipeline.export.scan_pages import add_page
from pipeline.export.text_layer import InvisibleFont, text_layer
from pipeline.record import Directive, Header, Page, Record
from pipeline.settings import VERSION, Settings
from pipeline.textlayer import OWN_PRODUCER

PRODUCER = f"{OWN_PRODUCER} {VERSION}"
LONGEST_BOOKMARK = 80
pikepdf.settings.set_flate_compression_level(9)  # of text; once, for equal bytes every time


def make_pdfa(holding: Holding, source: Source, settings: Settings) -> bytes:
    """The letter as PDF/A-2u.

    Raises DocumentError no_scan where the original is bare text, and what `add_page` raises."""
    record = holding.record
    if all(page.kind is PageKind.TEXT for page in source.pages):
        raise DocumentError("no_scan", path=source.path)
    font = InvisibleFont()
    with pikepdf.new() as pdf:
        by_number = {page.number: page for page in source.pages}
        for page, lines in zip(record.pages, holding.lines, strict=True):
            new = add_page(pdf, by_number[page.number], settings)
            place = _upright(new, page)
            if any(line.words for line in lines):
                _underlay(new, text_layer(lines, place, font))
        typeface = font.embed(pdf)
        for made in pdf.pages:
            if "/Font" in made.obj.Resources:
                made.obj.Resources.Font["/Inv"] = typeface
        _bookmarks(pdf, record)
        _describe(pdf, record)
        data = io.BytesIO()
        pdf.save(
            data,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False,
        )
        return data.getvalue()


def _upright(new: pikepdf.Page, page: Page) -> Placement:
    """Turn the page as reading found it upright; where the read page stands on it."""
    turn = (poppler.rotation_of(new) + page.rotation) % 360
    if turn:
        new.obj["/Rotate"] = turn
    box = [float(v) for v in new.mediabox]
    width, height = box[2] - box[0], box[3] - box[1]
    return Placement(page, *((height, width) if turn in (90, 270) else (width, height)))


def _underlay(page: pikepdf.Page, text: bytes) -> None:
    """Add the text in the coordinates of the upright page, whatever its /Rotate."""
    x0, y0, x1, y1 = (float(v) for v in page.mediabox)
    to_page = {
        0: (1, 0, 0, 1, x0, y0),
        90: (0, 1, -1, 0, x1, y0),
        180: (-1, 0, 0, -1, x1, y1),
        270: (0, -1, 1, 0, x0, y1),
    }[poppler.rotation_of(page)]
    matrix = " ".join(f"{v:.4f}" for v in to_page)
    page.contents_add(f"q {matrix} cm\n".encode("ascii") + text + b"\nQ")
    if "/Font" not in page.obj.Resources:
        page.obj.Resources["/Font"] = Dictionary()


def _bookmarks(pdf: pikepdf.Pdf, record: Record) -> None:
    """One bookmark for each directive whose place is known."""
    where = {page.number: index for index, page in enumerate(record.pages)}
    with pdf.open_outline() as outline:
        for number, directive in enumerate(record.directives):
            seen = record.evidence.get(f"directives[{number}]")
            if seen and seen.page in where:
                title = _short(directive)
                outline.root.append(pikepdf.OutlineItem(title, where[seen.page], "Fit"))


def _short(directive: Directive) -> str:
    text = " ".join(plain(f"{directive.marker or ''} {directive.text}").split())
    return text if len(text) <= LONGEST_BOOKMARK else text[: LONGEST_BOOKMARK - 1].rstrip() + "…"


def _describe(pdf: pikepdf.Pdf, record: Record) -> None:
    """Language, colours and metadata of the document."""
    header = record.header
    pdf.Root["/Lang"] = pikepdf.String("vi")
    pdf.Root["/ViewerPreferences"] = Dictionary(DisplayDocTitle=True)
    profile = pdf.make_stream(_srgb())
    profile.stream_dict = Dictionary(N=3)
    pdf.Root["/OutputIntents"] = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=pikepdf.String("sRGB"),
                DestOutputProfile=pdf.make_indirect(profile),
            )
        ]
    )
    title = plain(_title(header)) or record.document_id
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as meta:
        meta["pdfaid:part"] = "2"
        meta["pdfaid:conformance"] = "U"
        meta["dc:title"] = title
        meta["dc:language"] = {"vi"}
        meta["pdf:Producer"] = PRODUCER
        if header.issuing_body:
            meta["dc:creator"] = [plain(header.issuing_body)]
        if header.number_symbol:
            meta["dc:identifier"] = plain(header.number_symbol)
        if header.date:
            meta["dc:date"] = [plain(header.date)]
        if header.document_type:
            meta["dc:type"] = {plain(header.document_type)}


def _title(header: Header) -> str:
    """Type, number and subject, as a catalogue would name the letter."""
    named: Iterable[str | None] = (header.document_type, header.number_symbol, header.subject)
    return " ".join(part for part in named if part)


@cache
def _srgb() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return bytes(profile.tobytes())
