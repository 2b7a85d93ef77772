"""What is shown of a letter that was found: the same for every engine, made from what is kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from pipeline.record import Record
from pipeline.search.content import Content, KeptDirective, flat_text
from pipeline.search.passages import Page, Shower, opening
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
    pages = [shower.page(page.number, page.text) for page in content.pages]
    shown = shower.best_passage(pages) or _elsewhere(content, shower)
    page, passage = shown or opening(pages)
    numbers = _with_all_words(content, pages, shower)
    below = directive_hits(content, numbers, shower)
    return _hit(content, page, passage, score, directives=below)


def _elsewhere(content: Content, shower: Shower) -> tuple[int | None, Passage] | None:
    """A passage of the heading, or of raw lines that a correction changed."""
    heading = " ".join(filter(None, (content.number_symbol, content.subject)))
    raw = (shower.page(page.number, page.raw) for page in content.pages)
    return shower.best_passage([shower.page(None, flat_text(heading))]) or shower.best_passage(raw)


def directive_hits(
    content: Content, numbers: Sequence[int], shower: Shower, score: float = 0.0
) -> tuple[Hit, ...]:
    """Some directives of a letter, counted from 0, as hits of their own."""
    directives = [content.directives[number] for number in numbers]
    out = []
    for directive, page in zip(directives, content.pages_of(directives), strict=True):
        pages = [shower.page(page, content.text_of(directive))]
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


def _with_all_words(content: Content, pages: Sequence[Page], shower: Shower) -> list[int]:
    """The first directives, by number, in which every term stands."""
    if not shower.terms or not shower.has_all(spot for page in pages for spot in page.spots):
        return []
    starts = accumulate((len(page.text) + bool(page.text) for page in pages), initial=0)
    spots = [
        (at + start, at + end, terms, exact)
        for page, at in zip(pages, starts, strict=False)
        for start, end, terms, exact in page.spots
    ]
    places = [spot[0] for spot in spots]
    found = []
    for number, directive in enumerate(content.directives):
        if directive.span:
            low, high = (bisect_left(places, edge) for edge in directive.span)
            whole = shower.has_all(spots[low:high])
        else:
            whole = shower.has_all(shower.page(None, directive.text).spots)
        if whole:
            found.append(number)
            if len(found) == MOST_DIRECTIVES:
                break
    return found
