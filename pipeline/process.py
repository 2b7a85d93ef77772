"""One document from file to records: strings the stages together and holds no domain knowledge.

In: a `Candidate` of intake. Out: an `Outcome` for each letter in it, the record and the files that
stand beside it. Nothing is written here; the batch writes outputs whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from pipeline import layout
from pipeline.document import Operation, PageKind, PageSource, RestoredPage, Source
from pipeline.dossier import LetterSpan, find_letters, several_letters
from pipeline.intake import Candidate, read_source
from pipeline.reading import NothingKept, PageResults, ReadPage, read_pages
from pipeline.record import Evidence, Record
from pipeline.recording import LetterPages, Outcome, outcome_of, record_of
from pipeline.restore.restore import Restorer
from pipeline.settings import VERSION, Settings

PAGES_AT_ONCE = 100
"""Pages restored together: each takes 1 MB for as long as the words around are weighed."""


def process_document(
    candidate: Candidate,
    settings: Settings,
    restorer: Restorer,
    *,
    with_pictures: bool = False,
    kept: PageResults | None = None,
) -> tuple[Outcome, ...]:
    """Take one document through all stages: an outcome for each letter in it, in page order.
    With `with_pictures` the files have a picture of each page with what was found on it; pages
    that `kept` has are not read again.

    A page that cannot be read leaves its letter `partial`; raises DocumentError where the file
    as a whole, or every page of it, cannot be."""
    started = perf_counter()
    source = read_source(candidate, settings)
    intake = Operation("intake", "congvan", VERSION, {}, perf_counter() - started)
    pages = read_pages(source, settings, kept or NothingKept(), show=with_pictures)
    errors = [page.error for page in pages if page.error]
    if len(errors) == len(pages):
        raise errors[0]
    parts = _letters(pages, settings, restorer)
    return tuple(
        outcome_of(source, replace(part, operations=(intake, *part.operations))) for part in parts
    )


def _letters(
    pages: Sequence[ReadPage], settings: Settings, restorer: Restorer
) -> Iterator[LetterPages]:
    """The pages of each letter, restored."""
    whole, restoring = _restored(pages, settings, restorer)
    spans = find_letters(whole) if settings.split == "auto" else ()
    if len(spans) < 2:
        yield _letter(pages, whole, restoring, spans[0] if spans else None)
        return
    for span in spans:
        # Restored alone, a letter reads as it would from a file of its own.
        own = pages[span.first : span.last + 1]
        yield _letter(own, *_restored(own, settings, restorer), span, of_several=True)


def _restored(
    pages: Sequence[ReadPage], settings: Settings, restorer: Restorer
) -> tuple[tuple[RestoredPage, ...], Operation]:
    started = perf_counter()
    layouts = [page.layout for page in pages]
    blocks = (layouts[n : n + PAGES_AT_ONCE] for n in range(0, len(layouts), PAGES_AT_ONCE))
    restored = tuple(p for b in blocks for p in restorer.restore_pages(b, settings.restore_model))
    made = {"model": settings.restore_model}
    return restored, Operation("restore", "congvan", VERSION, {**made}, perf_counter() - started)


def _letter(
    pages: Sequence[ReadPage],
    restored: Sequence[RestoredPage],
    restoring: Operation,
    span: LetterSpan | None,
    *,
    of_several: bool = False,
) -> LetterPages:
    begins = None
    if span and of_several:
        begins = Evidence(page=restored[0].number, box=span.box, confidence=span.confidence)
    return LetterPages(
        pages=restored,
        operations=(*(o for page in pages for o in page.operations), restoring),
        turns=[(page.rotation, page.skew) for page in pages],
        errors=[page.error for page in pages if page.error],
        pictures=[page.picture for page in pages],
        thumbnail=pages[0].thumbnail,
        begins=begins,
        flags=span.flags if span else (),
    )


def extract_text(text: str, restorer: Restorer | None = None, *, path: str = "-") -> Record:
    """The record of a letter given as text; a form feed ends a page. Without a `restorer` the
    text is taken as it stands. The text is one letter; a flag tells where it seems to be more."""
    data = text.encode("utf-8", "surrogatepass")
    pages = tuple(
        PageSource(number, Path(path), number - 1, PageKind.TEXT, text=part)
        for number, part in enumerate(text.removesuffix("\f").split("\f"), start=1)
    )
    source = Source(
        path=Path(path),
        files=(),
        sha256=sha256(data).hexdigest(),
        bytes=len(data),
        media_type="text/plain",
        signed=False,
        pages=pages,
    )
    layouts = [layout.arrange_text(page) for page in pages]
    restored = (
        restorer.restore_pages(layouts, "auto")
        if restorer
        else tuple(RestoredPage.unchanged(page) for page in layouts)
    )
    flags = several_letters(find_letters(restored))
    return record_of(source, LetterPages(restored, (), [(0, 0.0)] * len(pages), flags=flags))
