"""From the restored pages of a letter to its record and the files that stand beside it.

In: the source, the letter's pages and what was done to them. Out: an `Outcome`. Holds no domain
knowledge: the fields come from the letter stage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import regex
from unidecode import unidecode

from pipeline import debug_images
from pipeline.debug_images import Picture
from pipeline.document import Content, Correction, Doubt, Line, Operation, RestoredPage, Source
from pipeline.errors import DocumentError
from pipeline.letter.read import read_letter
from pipeline.letter.required import needs_person
from pipeline.record import (
    CorrectionInfo,
    Evidence,
    Flag,
    Letter,
    MarkInfo,
    Page,
    Record,
    SourceInfo,
    Status,
    Step,
)
from pipeline.restore.corrections import amended
from pipeline.restore.slots import is_number
from pipeline.settings import VERSION

TEXT = "text.txt"
THUMBNAIL = "thumbnail.jpg"
REVIEW_SHARE_OF_DOUBTS = 0.10
"""A letter with more than this share of doubtful words goes to a person as a whole."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A record, and the files to be written beside it: name → content, or what makes the content
    when it is written (pictures, of which only one at a time need be in memory)."""

    record: Record
    files: dict[str, Content]


@dataclass(frozen=True, slots=True)
class LetterPages:
    """The pages of one letter after restoration, and what was done to them.

    `turns` (rotation and skew, in degrees) and `pictures` are of the pages in order, `thumbnail`
    is of the first. `begins` is
    the evidence that a letter begins at the first page, None where the file is one letter;
    `flags` are doubts about where it begins and ends."""

    pages: Sequence[RestoredPage]
    operations: Sequence[Operation]
    turns: Sequence[tuple[int, float]]
    errors: Sequence[DocumentError] = ()
    pictures: Sequence[Picture | None] = ()
    thumbnail: bytes | None = None
    begins: Evidence | None = None
    flags: Sequence[Flag] = ()


def outcome_of(source: Source, part: LetterPages) -> Outcome:
    """The record of the letter on `part` of `source`, and its files."""
    record = record_of(source, part)
    pictures = {
        f"debug/page-{page.number}.png": partial(debug_images.draw, picture, page)
        for picture, page in zip(part.pictures, part.pages, strict=True)
        if picture
    }
    small = {THUMBNAIL: part.thumbnail} if part.thumbnail else {}
    return Outcome(record, {**_files(record, part.pages), **small, **pictures})


def record_of(source: Source, part: LetterPages) -> Record:
    """The record of the letter on `part` of `source`."""
    restored = part.pages
    started = perf_counter()
    letter = read_letter(restored)
    restored = amended(restored, [Correction(**c.model_dump()) for c in letter.corrections])
    reading = Operation("letter", "congvan", VERSION, {}, perf_counter() - started)
    unread = (
        Flag(code=e.code, message=str(e), where=f"page {e.values.get('page')}") for e in part.errors
    )
    flags = [*part.flags, *_nothing_printed(part), *letter.flags]
    letter = letter.model_copy(update={"flags": flags})
    begins = {"source.first_page": part.begins} if part.begins else {}
    return Record(
        document_id=letter_id(source, restored[0].number) if part.begins else document_id(source),
        status=_status(letter, restored, part.errors),
        family=letter.family,
        source=_source(source, restored),
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
        pages=[_page(p, turn) for p, turn in zip(restored, part.turns, strict=True)],
        corrections=list(_corrections(restored)),
        evidence={**begins, **letter.evidence},
        flags=[*unread, *letter.flags, *_word_flags(restored)],
        processing=_steps((*part.operations, reading)),
        organisation=letter.organisation,
        headings=letter.headings,
        appendices=letter.appendices,
        copies=letter.copies,
        passages=letter.passages,
        places=letter.places,
    )


def document_id(source: Source) -> str:
    """A name for the document that people can read and that follows its content: the file's
    name, plain ASCII, and the first 12 hex digits of its SHA-256. A name that says nothing
    (`scan.pdf`, `001.tif`) has its folder's name before it."""
    name = _slug(source.path.stem if len(source.files) < 2 else source.path.name)
    if _NAMELESS.fullmatch(name):
        name = _slug(f"{source.path.absolute().parent.name} {name}")
    return "-".join(filter(None, (name, source.sha256[:12])))


def letter_id(source: Source, first_page: int) -> str:
    """The name of one letter of several in a file: the file's, and the letter's first page."""
    return f"{document_id(source)}-p{first_page:03d}"


_NAMELESS = regex.compile(r"(source|scan|image|img|page|doc|document|file|van-ban)?[-0-9]*")


def _written_out(path: Path) -> str:
    """The path as text; bytes of it that are no UTF-8 appear as \\xNN."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _slug(name: str) -> str:
    plain: str = regex.sub(r"[^a-z0-9]+", "-", unidecode(name).lower())
    return plain.strip("-")[:48].strip("-")


def _source(source: Source, pages: Sequence[RestoredPage]) -> SourceInfo:
    return SourceInfo(
        path=_written_out(source.path),
        sha256=source.sha256,
        bytes=source.bytes,
        media_type=source.media_type,
        pages=len(source.pages),
        signed=source.signed,
        first_page=pages[0].number,
        last_page=pages[-1].number,
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
                    where=c.where,
                )


def _nothing_printed(part: LetterPages) -> Iterator[Flag]:
    """The flag of a letter on all of whose pages no word was found."""
    if part.errors or any(line.text.strip() for page in part.pages for line in page.lines):
        return
    yield Flag(
        code="nothing_printed",
        message="no print was found on any page; perhaps blank sheets or backs were scanned",
        where="pages",
    )


def _word_flags(pages: Iterable[RestoredPage]) -> Iterator[Flag]:
    for page in pages:
        for line in page.lines:
            for doubt in line.doubts:
                yield _doubt_flag(doubt, _readings_at(line.raw, doubt.start))
            for c in line.corrections:
                code = _code_of_change(c)
                if code:
                    yield Flag(
                        code=code,
                        message=f"read as {c.before!r}, corrected to {c.after!r}",
                        where=f"page {c.page}, line {c.line}",
                        page=c.page,
                        box=c.box,
                        line=c.line,
                        start=c.start,
                    )


def _code_of_change(correction: Correction) -> str | None:
    """The flag of a change that is never made silently: by the field grammar, or of a number."""
    if correction.source == "grammar":
        return "identifier_repaired"
    before = correction.before
    all_digits = any(c.isdigit() for c in before) and not any(c.isalpha() for c in before)
    return "number_read_as_word" if all_digits or is_number(before) else None


def _readings_at(line: Line, start: int) -> tuple[str, ...]:
    """What else was read, at a second look, of the word that stands at `start` of a line."""
    word = line.word_at(start)
    return word.readings if word else ()


def _doubt_flag(doubt: Doubt, read: Sequence[str] = ()) -> Flag:
    """The flag of a doubtful word: what restoration would read, and what else OCR `read`."""
    readings = tuple(dict.fromkeys((*doubt.alternatives, *read)))
    choice = f"; perhaps {' or '.join(readings)}" if readings else ""
    return Flag(
        code="doubtful_word",
        message=f"{doubt.text!r} is doubtful{choice}",
        where=f"page {doubt.page}, line {doubt.line}",
        page=doubt.page,
        box=doubt.box,
        line=doubt.line,
        start=doubt.start,
        readings=[r for r in readings if r != doubt.text],
    )


def _status(
    letter: Letter, pages: Sequence[RestoredPage], errors: Sequence[DocumentError]
) -> Status:
    if errors:
        return "partial"
    return settled(letter.flags, *_words_and_doubts(pages))


def settled(flags: Iterable[Flag], words: int, doubts: int) -> Status:
    """`done`, or `needs_review` where a field an archive must have is doubtful, or too many of the
    letter's `words` are."""
    asked = needs_person(flags) or doubts > REVIEW_SHARE_OF_DOUBTS * words
    return "needs_review" if asked else "done"


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


def _files(record: Record, pages: Sequence[RestoredPage]) -> dict[str, str]:
    raw = "\f".join(page.raw_text for page in record.pages) + "\n"
    return {**told_of(record), "raw.txt": raw, "layout.json": _layout(pages)}


def told_of(record: Record) -> dict[str, str]:
    """The files that say what `record` says: its own, its text, its corrections; the record last,
    for who writes them one after the other."""
    return {
        TEXT: "\f".join(page.text for page in record.pages) + "\n",
        "corrections.tsv": _corrections_table(record),
        "record.json": record.to_json(),
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
