"""Words to lines in the order in which a person reads a letter.

In: the words of a page in the engine's order, or bare text. Out: lines by zone (left letterhead,
right letterhead, title, body, tables, distribution list, signature, footnotes), an empty line
between zones and paragraphs, and the marks that are no part of the text.
"""

from __future__ import annotations

from pipeline.document import Line, OcrPage, PageImage, PageLayout, PageSource
from pipeline.layout.frames import short_rules, tables
from pipeline.layout.marks import set_apart
from pipeline.layout.paragraphs import with_breaks
from pipeline.layout.segments import measure
from pipeline.layout.zones import order

__all__ = ["arrange", "arrange_text"]


def arrange_text(page: PageSource) -> PageLayout:
    """Bare text: one line of zone UNKNOWN for each line of text, empty ones kept."""
    lines = tuple(Line(text) for text in (page.text or "").split("\n"))
    return PageLayout(page.number, 0, 0, 0, lines)


def arrange(ocr: OcrPage, image: PageImage) -> PageLayout:
    """Lines of a page in reading order, and its marks; no word is in both, none is lost."""
    metrics = measure(ocr, ocr.words)
    grids = tables(image) if ocr.words else []
    segments, marks = set_apart(ocr, metrics, image, grids)
    ordered, more = order(segments, metrics, ocr.number, grids, short_rules(image))
    lines = with_breaks(ordered, metrics)
    return PageLayout(
        ocr.number,
        ocr.width,
        ocr.height,
        ocr.dpi,
        tuple(lines),
        (*image.marks, *marks, *more),
    )
