"""hOCR of a letter: one HTML file with the places and confidences of all words.

In: a `Holding`. Out: hOCR 1.2 (http://kba.github.io/hocr-spec/1.2), as Tesseract and OCRmyPDF write
it; places as in ALTO, the raw reading of a corrected word in `title` as `x_ocr`.
"""

from __future__ import annotations

from html import escape

from pipeline.document import Box
from pipeline.export.blocks import Block, blocks
from pipeline.export.characters import plain
from pipeline.export.geometry import Placement
from pipeline.export.holding import Holding, PlacedLine
from pipeline.export.words import PlacedWord
from pipeline.record import Page
from pipeline.settings import VERSION


def hocr(holding: Holding) -> str:
    """The letter as one hOCR file; pages of bare text are left out."""
    pages = [
        _page(page, lines)
        for page, lines in zip(holding.record.pages, holding.lines, strict=True)
        if page.width and page.height
    ]
    title = escape(plain(holding.record.header.number_symbol or holding.record.document_id))
    capabilities = "ocr_page ocr_carea ocr_line ocrx_word"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="vi">\n<head>\n'
        f'<meta charset="utf-8"/>\n<title>{title}</title>\n'
        f'<meta name="ocr-system" content="congvan {VERSION}"/>\n'
        f'<meta name="ocr-capabilities" content="{capabilities}"/>\n'
        "</head>\n<body>\n" + "\n".join(pages) + "\n</body>\n</html>\n"
    )


def _page(page: Page, lines: tuple[PlacedLine, ...]) -> str:
    place = Placement(page, page.width, page.height)
    parts = [_block(block, place) for block in blocks(lines)]
    number = page.number
    bounds = f"bbox 0 0 {page.width} {page.height}; ppageno {number - 1}"
    return f'<div class="ocr_page" id="page_{number}" title="{bounds}">\n' + "\n".join(
        [*parts, "</div>"]
    )


def _block(block: Block, place: Placement) -> str:
    lines = "\n".join(_line(line, place) for line in block.lines)
    return f'<div class="ocr_carea" title="{_bbox(block.box, place)}">\n{lines}\n</div>'


def _line(line: PlacedLine, place: Placement) -> str:
    words = " ".join(_word(word, place) for word in line.words)
    where = f' title="{_bbox(line.box, place)}"' if line.box else ""
    return f'<span class="ocr_line"{where}>{words}</span>'


def _word(word: PlacedWord, place: Placement) -> str:
    title = f"{_bbox(word.box, place)}; x_wconf {round(100 * word.confidence)}"
    if word.raw != word.text:
        read = word.raw.replace("\\", "\\\\").replace('"', '\\"')
        title += f'; x_ocr "{read}"'
    return (
        f'<span class="ocrx_word" title="{escape(plain(title))}">{escape(plain(word.text))}</span>'
    )


def _bbox(box: Box, place: Placement) -> str:
    (left, low), (right, high) = place.outline(box)
    values = (left, place.height - high, right, place.height - low)
    return "bbox " + " ".join(str(round(v)) for v in values)
