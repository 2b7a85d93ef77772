"""What is shown of a letter that was found: the same for every engine, made from what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.record import Record
from pipeline.search.content import Content, KeptDirective
from pipeline.search.passages import Shower, flat_text, opening
from pipeline.search.protocol import Hit, Passage

MOST_DIRECTIVES = 3
"""Directives shown below a letter."""


def refusal(record: Record, content: Content, *, allow_secret: bool) -> str | None:
    """Why a record is not indexed: index_secret, index_nothing; None where it is."""
    if record.header.secrecy and not allow_secret:
        return "index_secret"
    return "index_nothing" if content.empty else None


def letter_hit(content: Content, shower: Shower, score: float) -> Hit:
    """A letter with the passage that shows best why it was found, and those of its directives
    that have all the words."""
    pages: list[tuple[int | None, str]] = [(p.number, p.text) for p in content.pages]
    heading = " ".join(filter(None, (content.number_symbol, content.subject)))
    raw: list[tuple[int | None, str]] = [(p.number, p.raw) for p in content.pages if p.raw]
    found = (shower.best_passage(place) for place in (pages, [(None, heading)], raw))
    page, passage = next((f for f in found if f), None) or opening(pages)
    numbers = _with_all_words(content.directives, shower)
    below = directive_hits(content, numbers, shower)
    return _hit(content, page, passage, score, directives=below)


def directive_hits(
    content: Content, numbers: Sequence[int], shower: Shower, score: float = 0.0
) -> tuple[Hit, ...]:
    """Some directives of a letter, counted from 0, as hits of their own."""
    directives = [content.directives[number] for number in numbers]
    out = []
    for directive, page in zip(directives, content.pages_of(directives), strict=True):
        pages: list[tuple[int | None, str]] = [(page, directive.text)]
        shown, passage = shower.best_passage(pages) or opening(pages)
        out.append(_hit(content, shown, passage, score, directive))
    return tuple(out)


def _hit(
    content: Content,
    page: int | None,
    passage: Passage,
    score: float,
    directive: KeptDirective | None = None,
    directives: tuple[Hit, ...] = (),
) -> Hit:
    return Hit(
        document_id=content.document_id,
        kind="directive" if directive else "letter",
        number_symbol=content.number_symbol,
        date=content.date,
        issuing_body=content.issuing_body,
        document_type=content.document_type,
        subject=content.subject,
        page=page,
        passage=passage,
        score=round(score, 4),
        marker=directive.marker if directive else None,
        directives=directives,
    )


def _with_all_words(directives: Sequence[KeptDirective], shower: Shower) -> list[int]:
    """The first directives, by number, in which every term stands."""
    found = []
    for number, directive in enumerate(directives if shower.terms else ()):
        text = flat_text(directive.text)
        if shower.has_all(text) and len({f.term for f in shower.finds(text)}) == shower.terms:
            found.append(number)
            if len(found) == MOST_DIRECTIVES:
                break
    return found
