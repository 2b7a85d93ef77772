"""The reviewed record: the machine's, with what people decided.

In: the machine's record and decisions of it. Out: the reviewed record and the decisions that do not
fit it. The text is told from raw text and corrections, those of people with source `person`, so
replay holds and what OCR read is always there; decisions that were all withdrawn leave the
machine's record as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipeline.document import apply_corrections
from pipeline.record import CorrectionInfo, Flag, Page, Record, Status, Step
from pipeline.recording import settled
from pipeline.review.decisions import LETTER, Decision, last_of_each_place, parse_word_place
from pipeline.review.fields import set_field, words_followed
from pipeline.review.units import as_correction
from pipeline.settings import VERSION

WORD_FLAGS = frozenset({"doubtful_word", "identifier_repaired", "number_read_as_word"})
"""Flags that are about a word of the text; all others are about a field."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`record` after review; `unfitting` decisions are of words or fields it does not have, since
    the letter was read anew, and wait for a person."""

    record: Record
    unfitting: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    page: int
    line: int
    start: int
    end: int

    def meets(self, page: int, line: int | None, start: int | None, length: int = 1) -> bool:
        """Whether characters from `start` on are, at least in part, in it."""
        if line is None or start is None or (self.page, self.line) != (page, line):
            return False
        return start < self.end and self.start < start + max(1, length)


def reviewed(machine: Record, decisions: Sequence[Decision]) -> Reviewed:
    """`machine` with `decisions`, of which the last of each place counts."""
    counting = last_of_each_place(decisions)
    if not counting:
        return Reviewed(machine)
    words = [d for d in counting if d.of_word]
    corrections, spans, unfitting = _decided(machine, words)
    data = machine.model_dump(by_alias=True)
    data["corrections"] = [c.model_dump() for c in corrections]
    _retell_pages(data, machine.pages, corrections)
    words_followed(data, machine, ((s.page, s.line, s.start, d) for d, s in spans))
    for decision in counting:
        if decision.what == "field" and not _field_decided(data, decision):
            unfitting.append(decision)
    fields = {d.place for d in counting if d.what == "field" and d not in unfitting}
    whole = any(d.place == LETTER for d in counting)
    open_flags = [] if whole else _open_flags(machine, [s for _, s in spans], fields)
    data["flags"] = [f.model_dump() for f in open_flags]
    data["status"] = _status(machine, open_flags)
    data["processing"].append(_step(counting).model_dump())
    try:
        return Reviewed(Record.model_validate(data), tuple(unfitting))
    except ValidationError:  # fields changed shape since: words stand, fields wait
        bare = [d for d in decisions if d.what != "field"]
        again = reviewed(machine, bare)
        lost = tuple(d for d in counting if d.what == "field")
        return Reviewed(again.record, (*again.unfitting, *lost))


def _field_decided(data: dict[str, Any], decision: Decision) -> bool:
    """Put a decision about a field into the record's data; False where it has no such field."""
    if decision.verdict != "confirm" and not set_field(data, decision.place, decision.after):
        return False
    if evidence := data["evidence"].get(decision.place):
        evidence["confidence"] = 1.0
    return True


def _decided(
    machine: Record, words: Sequence[Decision]
) -> tuple[list[CorrectionInfo], list[tuple[Decision, _Span]], list[Decision]]:
    """All corrections in order, decided words with their spans, and what does not fit."""
    raw = {page.number: page.raw_text.split("\n") for page in machine.pages}
    corrections = list(machine.corrections)
    spans: list[tuple[Decision, _Span]] = []
    unfitting: list[Decision] = []
    for decision in words:
        span = _span(decision, raw)
        inside = _inside(span, corrections) if span else None
        if span is None or inside is None or _is_taken(span, [s for _, s in spans]):
            unfitting.append(decision)
            continue
        spans.append((decision, span))
        corrections = [c for c in corrections if c not in inside]
        if decision.after != decision.raw:
            corrections.append(_by_person(decision, span, inside))
    return sorted(corrections, key=lambda c: (c.page, c.line, c.start)), spans, unfitting


def _span(decision: Decision, raw: dict[int, list[str]]) -> _Span | None:
    """Where the decided word stands, None where the page does not read so."""
    page, line, start = parse_word_place(decision.place)
    lines = raw.get(page, [])
    end = start + len(decision.raw)
    if not decision.raw or not 1 <= line <= len(lines):
        return None
    return _Span(page, line, start, end) if lines[line - 1][start:end] == decision.raw else None


def _is_taken(span: _Span, others: Sequence[_Span]) -> bool:
    """Whether another decision holds a part of the span."""
    return any(o.meets(span.page, span.line, span.start, span.end - span.start) for o in others)


def _inside(span: _Span, corrections: Sequence[CorrectionInfo]) -> list[CorrectionInfo] | None:
    """The corrections in the span, None where one reaches beyond it."""
    found = [c for c in corrections if span.meets(c.page, c.line, c.start, len(c.before))]
    whole = all(c.start >= span.start and c.start + len(c.before) <= span.end for c in found)
    return found if whole else None


def _by_person(decision: Decision, span: _Span, inside: Sequence[CorrectionInfo]) -> CorrectionInfo:
    return CorrectionInfo(
        page=span.page,
        line=span.line,
        start=span.start,
        box=inside[0].box if len(inside) == 1 else None,
        before=decision.raw,
        after=decision.after,
        score=1.0,
        margin=0.0,
        source="person",
        where=next((c.where for c in inside if c.where), None),
    )


def _retell_pages(
    data: dict[str, Any], pages: Sequence[Page], corrections: Sequence[CorrectionInfo]
) -> None:
    """Put the text of each page together from its raw lines and all corrections."""
    for told, page in zip(data["pages"], pages, strict=True):
        here = [c for c in corrections if c.page == page.number]
        told["text"] = "\n".join(
            apply_corrections(raw, tuple(as_correction(c) for c in here if c.line == number))
            for number, raw in enumerate(page.raw_text.split("\n"), 1)
        )


def _open_flags(machine: Record, spans: Sequence[_Span], fields: set[str]) -> list[Flag]:
    """The flags nobody has answered: not of a decided word, not of a decided field or its parts."""
    return [
        flag
        for flag in machine.flags
        if not any(flag.page is not None and s.meets(flag.page, flag.line, flag.start)
                   for s in spans)
        and not any(flag.where == f or flag.where.startswith(f"{f}.") for f in fields)
    ]  # fmt: skip


def _status(machine: Record, flags: Sequence[Flag]) -> Status:
    """What is partial or failed stays so: no decision reads a page that could not be read."""
    if machine.status not in ("done", "needs_review"):
        return machine.status
    words = sum(len(page.text.split()) for page in machine.pages)
    doubts = sum(f.code == "doubtful_word" for f in flags)
    return settled(flags, words, doubts)


def _step(counting: Sequence[Decision]) -> Step:
    """Who looked, and when last; the same decisions tell the same."""
    people = ", ".join(sorted({d.who for d in counting}))
    at = max(d.at for d in counting)
    told: dict[str, str | int | float | bool | None] = {
        "decisions": len(counting), "people": people, "last": at,
    }  # fmt: skip
    return Step(step="review", tool="congvan", version=VERSION, settings=told)
