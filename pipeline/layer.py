"""Words of a page's own text layer, as if they had been read off its picture.

In: a page of a PDF with a text layer, and its picture drawn as shown. Out: an `OcrPage` whose
boxes are pixels of that picture; electronic signatures are left out.
"""

from __future__ import annotations

import time
import unicodedata
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline import ink, legacy, poppler
from pipeline.document import Box, OcrPage, Operation, PageImage, PageSource, Word
from pipeline.restore.damage import recognise
from pipeline.settings import Settings

LEAST_ON_PRINT = 0.6
SAME_PRINT = 0.45  # of two words' boxes together, that both cover: layers draw theirs higher
LEAST_INK = 0.04  # share of dark pixels in the box of a printed word: 0.1 to 0.3


def layer_words(page: PageSource, image: PageImage, settings: Settings) -> OcrPage:
    """The words of the text layer with confidence 1, each line of pdftotext as a line.

    Raises DocumentError render_failed or render_timeout, MissingError poppler_missing."""
    start = time.perf_counter()
    found = poppler.layer_pages(page.path, page.index, page.index, timeout=settings.page_timeout)
    words = [w for layer in found for w in layer.words if not _signed(w, page)]
    scale = image.dpi / 72
    encoding = {"encoding": page.encoding} if page.encoding else {}
    took = Operation(
        "text_layer",
        "poppler",
        poppler.version_once(),
        {"kind": str(page.text_layer), **encoding},
        round(time.perf_counter() - start, 4),
    )
    width, height = image.image.size
    return OcrPage(
        page.number,
        width,
        height,
        image.dpi,
        "text layer",
        tuple(
            Word(_text(w, page), _box(w, scale), 1.0, line=w.line) for w in words if w.text.strip()
        ),
        (took,),
    )


def with_english(read: OcrPage, layer: OcrPage) -> OcrPage:
    """The words read off a page, each with the word that a text layer made by an English model has
    in its place; as they are where no such layer lies on the same print."""
    if not layer.words or recognise(" ".join(w.text for w in layer.words)) != "eng":
        return read
    boxes = np.array([word.box for word in layer.words])
    words: list[Word] = []
    for word in read.words:
        same = _overlaps(word.box, boxes)
        best = int(same.argmax())
        text = layer.words[best].text if same[best] > SAME_PRINT else ""
        words.append(replace(word, english=text))
    return replace(read, words=tuple(words))


def _overlaps(box: Box, boxes: NDArray[np.int_]) -> NDArray[np.float64]:
    """The overlap (`boxes.overlap`) of a box with each of `boxes` [N, 4]."""
    left, top, right, bottom = boxes.T
    across = np.minimum(right, box[2]) - np.maximum(left, box[0])
    down = np.minimum(bottom, box[3]) - np.maximum(top, box[1])
    both = np.maximum(across, 0) * np.maximum(down, 0)
    areas = (right - left) * (bottom - top) + (box[2] - box[0]) * (box[3] - box[1])
    found: NDArray[np.float64] = both / np.maximum(areas - both, 1)
    return found


def share_on_print(words: OcrPage, image: PageImage) -> float:
    """Share of the layer's words that lie level on print of the page. Below LEAST_ON_PRINT the
    layer is shifted, turned, or that of another page."""
    dark = np.asarray(image.image.convert("L")) < ink.PALEST_INK
    long = [w.box for w in words.words if len(w.text) >= 3]
    on = sum(
        right - left > bottom - top and float(dark[top:bottom, left:right].mean() > LEAST_INK)
        for left, top, right, bottom in long
        if 0 <= left < dark.shape[1] and 0 <= top < dark.shape[0]
    )
    return on / len(long) if long else 1.0


def _box(word: poppler.LayerWord, scale: float) -> Box:
    left, top, right, bottom = (
        round(v * scale) for v in (word.left, word.top, word.right, word.bottom)
    )
    return (left, top, max(right, left + 1), max(bottom, top + 1))


def _text(word: poppler.LayerWord, page: PageSource) -> str:
    text = legacy.as_typed(word.text, page.encoding) if page.encoding else word.text
    return unicodedata.normalize("NFC", text)


def _signed(word: poppler.LayerWord, page: PageSource) -> bool:
    """Whether the middle of a word lies in an electronic signature."""
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    boxes = [m.box for m in page.overlays if m.box]
    return any(b[0] - 1 <= x <= b[2] + 1 and b[1] - 1 <= y <= b[3] + 1 for b in boxes)
