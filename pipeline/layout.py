"""Words to lines in reading order.

In: the words of a page in the engine's order, or bare text. Out: lines by zone, and the marks that
are no part of the text.
"""

from __future__ import annotations

from pipeline.document import Line, OcrPage, PageImage, PageLayout, PageSource


def arrange_text(page: PageSource) -> PageLayout:
    """Bare text: one line of zone UNKNOWN for each line of text, empty ones kept."""
    lines = tuple(Line(s) for s in (page.text or "").split("\n"))
    return PageLayout(page.number, 0, 0, 0, lines)


def arrange(ocr: OcrPage, image: PageImage) -> PageLayout:
    """Order the words of a page into lines."""
    groups: dict[tuple[int, int, int], list] = {}
    for w in ocr.words:
        groups.setdefault((w.block, w.paragraph, w.line), []).append(w)
    lines = tuple(Line(" ".join(w.text for w in g), words=tuple(g)) for g in groups.values())
    return PageLayout(ocr.number, ocr.width, ocr.height, ocr.dpi, lines, image.marks)
