"""Numbers and days that a hand filled in: what the record says of how they were read.

In: the letterhead, the readings of its lines, the letter's other lines and marks. Out: a flag and
the evidence for each field that rests on handwriting, or may; never a value of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from pipeline.document import HandReading, RestoredPage
from pipeline.letter.header import Letterhead
from pipeline.letter.lines import PageLine, union
from pipeline.messages import Language, sentence
from pipeline.record import Evidence, Flag, Header

_GUESSES = ("number_doubtful", "date_doubtful")
_SIGNED = regex.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)(?!\d)")


_LANGUAGES: tuple[Language, Language] = ("en", "vi")


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of dictionaries/messages.tsv, and what is filled in."""

    code: str
    values: dict[str, str | int]

    def in_language(self, language: Language) -> str:
        return sentence(self.code, language).format(**self.values)


@dataclass(slots=True)
class ByHand:
    """Flags and evidence of the fields that a hand filled in."""

    flags: list[Flag] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)

    def supersede(self, flags: Sequence[Flag]) -> list[Flag]:
        """`flags` without those that only guess at handwriting where it was read."""
        told = {f.where for f in self.flags}
        return [f for f in flags if f.code not in _GUESSES or f.where not in told]


def by_hand(
    pages: Sequence[RestoredPage], head: Letterhead, header: Header, lines: Sequence[PageLine]
) -> ByHand:
    """What to say of the handwriting in the letterhead's number and date."""
    found = ByHand()
    readings = [r for page in pages for r in page.readings]
    number = _of(readings, head.number_lines, ("number",))
    date = _of(readings, head.date_lines, ("day", "month"))
    if number:
        again = _printed_again(header, head, lines)
        _say(found, "handwritten_number", "header.number_symbol", number, again)
    if date:
        signed = _signed_then(pages, header)
        _say(found, "handwritten_date", "header.date", date, signed)
    return found


def _of(
    readings: Sequence[HandReading], lines: Sequence[PageLine], kinds: Sequence[str]
) -> list[HandReading]:
    places = {(line.page, line.number) for line in lines}
    return [r for r in readings if (r.page, r.line) in places and r.kind in kinds]


def _say(
    found: ByHand, code: str, where: str, readings: Sequence[HandReading], agrees: _Said | None
) -> None:
    """One flag for a field: what was read, how surely, what else it may be, what bears it out."""
    taken = all(r.taken for r in readings)
    said = ", ".join(f"{r.text} ({r.confidence:.0%})" for r in readings)
    others = ", ".join(f"{t} ({p:.0%})" for r in readings for t, p in r.alternatives)
    parts = [_Said(code if taken else f"{code}_unsure", {"read": said})]
    if others:
        parts.append(_Said("handwritten_others", {"others": others}))
    if agrees and taken:
        parts.append(agrees)
    page, box = readings[0].page, union(r.box for r in readings)
    english, vietnamese = ("; ".join(p.in_language(x) for p in parts) for x in _LANGUAGES)
    found.flags.append(
        Flag(code=code, message=english, where=where, page=page, box=box, message_vi=vietnamese)
    )
    if taken:
        sure = min(r.confidence for r in readings)
        found.evidence[where] = Evidence(page=page, box=box, confidence=round(sure, 4))


def _printed_again(header: Header, head: Letterhead, lines: Sequence[PageLine]) -> _Said | None:
    """Whether another line of the letter prints the same number with its symbol."""
    number = header.number_symbol
    own = {(line.page, line.number) for line in head.number_lines}
    for line in lines if number else []:
        if (line.page, line.number) not in own and number and number in line.text:
            return _Said("handwritten_again", {"page": line.page})
    return None


def _signed_then(pages: Sequence[RestoredPage], header: Header) -> _Said | None:
    """Whether an electronic signature on a page bears the same day."""
    for page in pages:
        for mark in page.marks:
            for d, m, y in _SIGNED.findall(mark.text or ""):
                if mark.kind == "electronic_signature" and header.date == f"{y}-{m:0>2}-{d:0>2}":
                    return _Said("handwritten_signed", {"page": page.number})
    return None
