"""One document from file to record: strings the stages together and holds no domain knowledge.

In: a `Candidate` of intake. Out: an `Outcome`, the record and the files that stand beside it.
Nothing is written here; the batch writes outputs whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import regex
from unidecode import unidecode

from pipeline import debug_images, imaging, layout, tesseract
from pipeline.debug_images import Picture
from pipeline.document import (
    Correction,
    Doubt,
    OcrPage,
    Operation,
    PageImage,
    PageKind,
    PageLayout,
    PageSource,
    RestoredPage,
    Source,
    TextLayer,
)
from pipeline.errors import DocumentError
from pipeline.intake import Candidate, read_source
from pipeline.layer import layer_words
from pipeline.letter.read import read_letter
from pipeline.record import (
    CorrectionInfo,
    Flag,
    Letter,
    MarkInfo,
    Page,
    Record,
    SourceInfo,
    Status,
    Step,
)
from pipeline.restore.restore import Restorer
from pipeline.settings import VERSION, Settings
from pipeline.textlayer import worth

REVIEW_SHARE_OF_DOUBTS = 0.10
"""A letter with more than this share of doubtful words goes to a person as a whole."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A record, and the files to be written beside it: name → content."""

    record: Record
    files: dict[str, str | bytes]


@dataclass(frozen=True, slots=True)
class _ReadPage:
    """A page after reading, or why it could not be read."""

    layout: PageLayout
    rotation: int
    skew: float
    operations: tuple[Operation, ...]
    error: DocumentError | None = None
    picture: Picture | None = None


def process_document(
    candidate: Candidate, settings: Settings, restorer: Restorer, *, with_pictures: bool = False
) -> Outcome:
    """Take one document through all stages. With `with_pictures` the outcome's files have a
    picture of each page with what was found on it.

    A page that cannot be read leaves the document `partial`; raises DocumentError where the file
    as a whole, or every page of it, cannot be."""
    started = perf_counter()
    source = read_source(candidate, settings)
    intake = Operation("intake", "congvan", VERSION, {}, perf_counter() - started)
    pages = [_read_page(page, settings, with_pictures) for page in source.pages]
    errors = [page.error for page in pages if page.error]
    if len(errors) == len(pages):
        raise errors[0]

    started = perf_counter()
    restored = restorer.restore_pages([page.layout for page in pages], settings.restore_model)
    restoring = Operation(
        "restore",
        "congvan",
        VERSION,
        {"model": settings.restore_model},
        perf_counter() - started,
    )
    record = _record(
        source,
        restored,
        operations=(intake, *(o for page in pages for o in page.operations), restoring),
        turns=[(page.rotation, page.skew) for page in pages],
        errors=errors,
    )
    pictures = [page.picture for page in pages]
    return Outcome(record, {**_files(record, restored), **_drawn(pictures, restored)})


def extract_text(text: str, restorer: Restorer | None = None, *, path: str = "-") -> Record:
    """The record of a letter given as text; a form feed ends a page. Without a `restorer` the
    text is taken as it stands."""
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
    return _record(source, restored, operations=(), turns=[(0, 0.0)] * len(pages), errors=[])


def document_id(source: Source) -> str:
    """A name for the document that people can read and that follows its content: the file's
    name, plain ASCII, and the first 12 hex digits of its SHA-256. A name that says nothing
    (`scan.pdf`, `001.tif`) has its folder's name before it."""
    name = _slug(source.path.stem if len(source.files) < 2 else source.path.name)
    if _NAMELESS.fullmatch(name):
        name = _slug(f"{source.path.absolute().parent.name} {name}")
    return "-".join(filter(None, (name, source.sha256[:12])))


_NAMELESS = regex.compile(r"(source|scan|image|img|page|doc|document|file|van-ban)?[-0-9]*")


def _slug(name: str) -> str:
    plain: str = regex.sub(r"[^a-z0-9]+", "-", unidecode(name).lower())
    return plain.strip("-")[:48].strip("-")


def _read_page(page: PageSource, settings: Settings, show: bool = False) -> _ReadPage:
    if page.kind is PageKind.TEXT:
        started = perf_counter()
        arranged = layout.arrange_text(page)
        step = Operation("text_layer", "congvan", VERSION, {}, perf_counter() - started)
        return _ReadPage(arranged, 0, 0.0, (step,))
    try:
        if page.text_layer is TextLayer.GOOD:
            return _laid_out(*_own_text(page, settings, show))
        image = imaging.prepare(page, settings, show=show)
        words = tesseract.read_words(image, page.path, settings)
        if page.text_layer is TextLayer.DAMAGED:
            return _better(page, image, words, settings)
    except DocumentError as error:
        empty = PageLayout(page.number, 0, 0, 0, lines=())
        return _ReadPage(empty, 0, 0.0, (), error)
    return _laid_out(image, words)


def _better(page: PageSource, image: PageImage, words: OcrPage, settings: Settings) -> _ReadPage:
    """Of a damaged text layer and a fresh reading the one that is worth more."""
    own = worth(page.text or "") > worth(_text(words))
    taken = {"text_layer": str(page.text_layer), "taken": "text_layer" if own else "ocr"}
    step = Operation("compare", "congvan", VERSION, {**taken}, 0.0)
    show = image.shown is not None
    read = _laid_out(*_own_text(page, settings, show)) if own else _laid_out(image, words)
    before = (*image.operations, *words.operations, step) if own else (step,)
    return replace(read, operations=(*before, *read.operations))


def _own_text(page: PageSource, settings: Settings, show: bool) -> tuple[PageImage, OcrPage]:
    """The page as shown and the words of its text layer."""
    image = imaging.as_shown(page, settings, show=show)
    return image, layer_words(page, image, settings)


def _text(words: OcrPage) -> str:
    return " ".join(word.text for word in words.words)


def _laid_out(image: PageImage, words: OcrPage) -> _ReadPage:
    started = perf_counter()
    arranged = layout.arrange(words, image)
    step = Operation("layout", "congvan", VERSION, {}, perf_counter() - started)
    done = (*image.operations, *words.operations, step)
    picture = debug_images.kept(image) if image.shown else None
    return _ReadPage(arranged, image.rotation, image.skew, done, picture=picture)


def _record(
    source: Source,
    restored: Sequence[RestoredPage],
    *,
    operations: Iterable[Operation],
    turns: Sequence[tuple[int, float]],
    errors: Sequence[DocumentError],
) -> Record:
    started = perf_counter()
    letter = read_letter(restored)
    reading = Operation("letter", "congvan", VERSION, {}, perf_counter() - started)
    flags = [
        *(Flag(code=e.code, message=str(e), where=f"page {e.values.get('page')}") for e in errors),
        *letter.flags,
        *_word_flags(restored),
    ]
    return Record(
        document_id=document_id(source),
        status=_status(letter, restored, errors),
        family=letter.family,
        source=SourceInfo(
            path=str(source.path),
            sha256=source.sha256,
            bytes=source.bytes,
            media_type=source.media_type,
            pages=len(source.pages),
            signed=source.signed,
        ),
        header=letter.header,
        recipients=letter.recipients,
        legal_bases=letter.legal_bases,
        preamble=letter.preamble,
        directives=letter.directives,
        closing=letter.closing,
        signature=letter.signature,
        distribution=letter.distribution,
        citations=letter.citations,
        marks=[
            MarkInfo(kind=m.kind, page=m.page, box=m.box, text=m.text, confidence=m.confidence)
            for page in restored
            for m in page.marks
        ],
        pages=[_page(p, turn) for p, turn in zip(restored, turns, strict=True)],
        corrections=list(_corrections(restored)),
        evidence=letter.evidence,
        flags=flags,
        processing=_steps((*operations, reading)),
        headings=letter.headings,
        appendices=letter.appendices,
        copies=letter.copies,
        passages=letter.passages,
        places=letter.places,
    )


def _page(page: RestoredPage, turn: tuple[int, float]) -> Page:
    rotation, skew = turn
    return Page(
        number=page.number,
        width=page.width,
        height=page.height,
        dpi=page.dpi,
        rotation=rotation,
        skew=skew,
        confidence=round(_confidence(page), 3),
        raw_text="\n".join(line.raw.text for line in page.lines),
        text="\n".join(line.text for line in page.lines),
    )


def _confidence(page: RestoredPage) -> float:
    """Mean confidence of the page's words, by letters; of bare text, the share of its words that
    restoration did not doubt."""
    words = [w for line in page.lines for w in line.raw.words]
    if words:
        letters = sum(len(w.text) for w in words)
        return sum(w.confidence * len(w.text) for w in words) / max(1, letters)
    count, doubts = _words_and_doubts([page])
    return 1 - doubts / count if count else 0.0


def _words_and_doubts(pages: Sequence[RestoredPage]) -> tuple[int, int]:
    lines = [line for page in pages for line in page.lines]
    return sum(len(x.text.split()) for x in lines), sum(len(x.doubts) for x in lines)


def _corrections(pages: Iterable[RestoredPage]) -> Iterator[CorrectionInfo]:
    for page in pages:
        for line in page.lines:
            for c in line.corrections:
                yield CorrectionInfo(
                    page=c.page,
                    line=c.line,
                    start=c.start,
                    box=c.box,
                    before=c.before,
                    after=c.after,
                    score=round(c.score, 4),
                    margin=round(c.margin, 3),
                    source=c.source,
                )


def _word_flags(pages: Iterable[RestoredPage]) -> Iterator[Flag]:
    for page in pages:
        for line in page.lines:
            for doubt in line.doubts:
                yield _doubt_flag(doubt)
            for c in line.corrections:
                code = _code_of_change(c)
                if code:
                    yield Flag(
                        code=code,
                        message=f"read as {c.before!r}, corrected to {c.after!r}",
                        where=f"page {c.page}, line {c.line}",
                    )


def _code_of_change(correction: Correction) -> str | None:
    """The flag of a change that is never made silently: by the field grammar, or of a number."""
    if correction.source == "grammar":
        return "identifier_repaired"
    before = correction.before
    all_digits = any(c.isdigit() for c in before) and not any(c.isalpha() for c in before)
    return "number_read_as_word" if all_digits else None


def _doubt_flag(doubt: Doubt) -> Flag:
    choice = f"; perhaps {' or '.join(doubt.alternatives)}" if doubt.alternatives else ""
    return Flag(
        code="doubtful_word",
        message=f"{doubt.text!r} is doubtful{choice}",
        where=f"page {doubt.page}, line {doubt.line}",
    )


def _status(
    letter: Letter, pages: Sequence[RestoredPage], errors: Sequence[DocumentError]
) -> Status:
    if errors:
        return "partial"
    words, doubts = _words_and_doubts(pages)
    return "needs_review" if letter.flags or doubts > REVIEW_SHARE_OF_DOUBTS * words else "done"


def _steps(operations: Iterable[Operation]) -> list[Step]:
    """Operations as steps of the record; the same operation on many pages is one step."""
    steps: dict[str, Step] = {}
    for o in operations:
        key = json.dumps([o.step, o.tool, o.version, o.settings], sort_keys=True)
        seconds = o.seconds + (steps[key].seconds if key in steps else 0.0)
        steps[key] = Step(
            step=o.step,
            tool=o.tool,
            version=o.version,
            settings=o.settings,
            seconds=round(seconds, 3),
        )
    return list(steps.values())


def _drawn(
    pictures: Sequence[Picture | None], pages: Sequence[RestoredPage]
) -> dict[str, str | bytes]:
    return {
        f"debug/page-{page.number}.png": debug_images.draw(picture, page)
        for picture, page in zip(pictures, pages, strict=True)
        if picture
    }


def _files(record: Record, pages: Sequence[RestoredPage]) -> dict[str, str | bytes]:
    return {
        "record.json": record.to_json(),
        "text.txt": "\f".join(page.text for page in record.pages) + "\n",
        "raw.txt": "\f".join(page.raw_text for page in record.pages) + "\n",
        "corrections.tsv": _corrections_table(record),
        "layout.json": _layout(pages),
    }


def _corrections_table(record: Record) -> str:
    rows = ["page\tline\tstart\tbefore\tafter\tscore\tsource"]
    rows += (
        f"{c.page}\t{c.line}\t{c.start}\t{c.before}\t{c.after}\t{c.score}\t{c.source}"
        for c in record.corrections
    )
    return "\n".join(rows) + "\n"


def _layout(pages: Sequence[RestoredPage]) -> str:
    """Zones, boxes and words of every line, for exports and for reading beside the scan."""
    data = [
        {
            "number": page.number,
            "lines": [
                {
                    "zone": line.raw.zone,
                    "box": line.raw.box,
                    "words": [
                        [w.text, list(w.box), round(w.confidence, 3)] for w in line.raw.words
                    ],
                }
                for line in page.lines
            ],
        }
        for page in pages
    ]
    return json.dumps({"pages": data}, ensure_ascii=False) + "\n"
