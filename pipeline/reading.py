"""One page from its source to lines in reading order; the way there depends on its own text.

In: a `PageSource`. Out: a `ReadPage`, complete in itself: nothing of the page is needed again, so
it can be kept while the other pages of the document are read, or until the next run.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from pipeline import debug_images, handwriting, imaging, ink, layout, tesseract, thumbnails
from pipeline.debug_images import Picture
from pipeline.document import (
    OcrPage,
    Operation,
    PageImage,
    PageKind,
    PageLayout,
    PageSource,
    Source,
    TextLayer,
)
from pipeline.errors import DocumentError
from pipeline.layer import LEAST_ON_PRINT, layer_words, share_on_print, with_english
from pipeline.settings import VERSION, Settings
from pipeline.textlayer import worth

MOST_LEAN = 1.0
"""Degrees; the words of a text layer that leans more run into the lines above and below."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page after reading, or why it could not be read. `thumbnail` is a small JPEG of the page
    as scanned, `picture` a larger one to draw on."""

    layout: PageLayout
    rotation: int
    skew: float
    operations: tuple[Operation, ...]
    error: DocumentError | None = None
    picture: Picture | None = None
    thumbnail: bytes | None = None


class PageResults(Protocol):
    """Keeps the pages of one document as they are read, so that an interrupted one goes on."""

    def expect(self, source: Source) -> None:
        """The pages of `source` are asked for now, in order."""

    def get(self, number: int) -> ReadPage | None:
        """Page `number` as it was read before, None where it was not."""

    def put(self, number: int, page: ReadPage) -> None:
        """Page `number` has been read."""


class NothingKept:
    """Keeps no page."""

    def expect(self, source: Source) -> None:
        """See PageResults."""

    def get(self, number: int) -> ReadPage | None:  # noqa: ARG002
        """See PageResults."""
        return None

    def put(self, number: int, page: ReadPage) -> None:
        """See PageResults."""


def read_pages(
    source: Source, settings: Settings, results: PageResults, *, show: bool = False
) -> list[ReadPage]:
    """Read all pages, one at a time; those that `results` has are not read again."""
    results.expect(source)
    done: list[ReadPage] = []
    for page in source.pages:
        read = results.get(page.number)
        if read is None:
            read = read_page(page, settings, show=show)
            results.put(page.number, read)
        done.append(read)
    return done


def read_page(page: PageSource, settings: Settings, *, show: bool = False) -> ReadPage:
    """Read one page; with `show` its picture is kept to draw on."""
    if page.kind is PageKind.TEXT:
        started = perf_counter()
        arranged = layout.arrange_text(page)
        step = Operation("text_layer", "congvan", VERSION, {}, perf_counter() - started)
        return ReadPage(arranged, 0, 0.0, (step,))
    try:
        if page.text_layer is TextLayer.GOOD:
            own = _own_text(page, settings)
            on_print = share_on_print(own[1], own[0])
            lean = abs(_lean(page, own[0]))
            if on_print >= LEAST_ON_PRINT and lean <= MOST_LEAN:
                return _laid_out(*own, show)
            why = {"on_print": round(on_print, 2), "lean": round(lean, 2)}
            return _instead(page, own, why, settings, show)
        image = imaging.prepare(page, settings, show=True)
        words = tesseract.read_words(image, page.path, settings)
        if page.text_layer is TextLayer.DAMAGED:
            return _better(page, image, words, settings, show)
    except DocumentError as error:
        empty = PageLayout(page.number, 0, 0, 0, lines=())
        return ReadPage(empty, 0, 0.0, (), error)
    return _laid_out(image, words, show)


def _better(
    page: PageSource, image: PageImage, words: OcrPage, settings: Settings, show: bool
) -> ReadPage:
    """Of a damaged text layer and a fresh reading the one that is worth more."""
    own = worth(page.text or "") > worth(_text(words))
    if not own and not image.rotation and abs(image.skew) <= MOST_LEAN / 2:
        with suppress(DocumentError):  # without the layer's words there is the page's reading still
            words = with_english(words, layer_words(page, image, settings))
    taken = {"text_layer": str(page.text_layer), "taken": "text_layer" if own else "ocr"}
    step = Operation("compare", "congvan", VERSION, {**taken}, 0.0)
    best = _own_text(page, settings) if own else (image, words)
    read = _laid_out(*best, show)
    before = (*image.operations, *words.operations, step) if own else (step,)
    return replace(read, operations=(*before, *read.operations))


def _instead(
    page: PageSource,
    own: tuple[PageImage, OcrPage],
    why: dict[str, float],
    settings: Settings,
    show: bool,
) -> ReadPage:
    """A fresh reading in place of a clean text layer that does not lie level on the page's print;
    the layer where nothing can be read."""
    image = imaging.prepare(page, settings, show=True)
    words = tesseract.read_words(image, page.path, settings)
    read = worth(_text(words)) > 0
    taken: dict[str, str | int | float | bool | None] = {
        "text_layer": str(page.text_layer),
        **why,
        "taken": "ocr" if read else "text_layer",
    }
    step = Operation("compare", "congvan", VERSION, taken, 0.0)
    done = _laid_out(*((image, words) if read else own), show)
    return replace(done, operations=(step, *done.operations))


def _lean(page: PageSource, image: PageImage) -> float:
    """How far the lines of a scan that has a text layer are from level, in degrees."""
    if page.dpi is None:
        return 0.0
    return ink.skew(ink.letters(image.image, image.dpi, ink.SKEW_DPI))


def _own_text(page: PageSource, settings: Settings) -> tuple[PageImage, OcrPage]:
    """The page as shown and the words of its text layer."""
    image = imaging.as_shown(page, settings, show=True)
    return image, layer_words(page, image, settings)


def _text(words: OcrPage) -> str:
    return " ".join(word.text for word in words.words)


def _laid_out(image: PageImage, words: OcrPage, show: bool) -> ReadPage:
    started = perf_counter()
    arranged = layout.arrange(words, image)
    step = Operation("layout", "congvan", VERSION, {}, perf_counter() - started)
    started = perf_counter()
    arranged = handwriting.with_handwriting(arranged, image)
    read: dict[str, str | int | float | bool | None] = {"read": len(arranged.readings)}
    by_hand = Operation("handwriting", "congvan", VERSION, read, perf_counter() - started)
    done = (*image.operations, *words.operations, step, *([by_hand] if arranged.readings else []))
    picture = debug_images.kept(image) if show else None
    small = thumbnails.thumbnail(image.shown or image.image)
    return ReadPage(arranged, image.rotation, image.skew, done, None, picture, small)
