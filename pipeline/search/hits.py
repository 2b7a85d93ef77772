"""What is shown of a letter that was found: the same for every engine, made from what is kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from pipeline.record import Record
from pipeline.search.content import Content, KeptDirective, flat_text
from pipeline.search.passages import Page, Shower, Spot, opening
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
    below = tuple(_with_all_words(content, pages, shower))
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
    pages = content.pages_of(directives)
    texts = [
        shower.page(page, content.text_of(directive))
        for page, directive in zip(pages, directives, strict=True)
    ]
    return tuple(
        _directive_hit(content, directive, page, shower, score)
        for directive, page in zip(directives, texts, strict=True)
    )


def _directive_hit(
    content: Content, directive: KeptDirective, text: Page, shower: Shower, score: float = 0.0
) -> Hit:
    page, passage = shower.best_passage([text]) or opening([text])
    return _hit(content, page, passage, score, directive)


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


def _with_all_words(content: Content, pages: Sequence[Page], shower: Shower) -> Iterator[Hit]:
    """The first directives in which every term stands."""
    if not shower.terms or not shower.has_all(spot for page in pages for spot in page.spots):
        return
    starts = accumulate((len(page.text) + bool(page.text) for page in pages), initial=0)
    spots = [
        (at + start, at + end, terms, exact)
        for page, at in zip(pages, starts, strict=False)
        for start, end, terms, exact in page.spots
    ]
    places = [spot[0] for spot in spots]
    left = MOST_DIRECTIVES
    for directive in content.directives:
        if not left:
            break
        if directive.span:
            low, high = (bisect_left(places, edge) for edge in directive.span)
            inside = spots[low:high]
        else:
            inside = shower.page(None, directive.text).spots
        if shower.has_all(inside):
            left -= 1
            yield _directive_hit(content, directive, _text_of(content, directive, inside), shower)


def _text_of(content: Content, directive: KeptDirective, spots: list[Spot]) -> Page:
    """A directive as a text of its own: of the spots in the letter's, those that end in it."""
    (page,) = content.pages_of([directive])
    if directive.span:
        begin, end = directive.span
        spots = [(a - begin, b - begin, t, same) for a, b, t, same in spots if b <= end]
    return Page(page, content.text_of(directive), spots)
