"""What is shown of letters that were found: the same for every engine, made from what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, islice, pairwise

from pipeline.record import Record
from pipeline.search.content import Content, KeptDirective, flat_text
from pipeline.search.passages import Found, Page, Shower, opening
from pipeline.search.protocol import Hit, Passage
from pipeline.search.text_words import BREAK

MOST_DIRECTIVES = 3
"""Directives shown below a letter."""


def refusal(record: Record, content: Content, *, allow_secret: bool) -> str | None:
    """Why a record is not indexed: index_secret, index_nothing; None where it is."""
    if record.header.secrecy and not allow_secret:
        return "index_secret"
    return "index_nothing" if content.empty else None


def letter_hits(
    contents: Sequence[Content], scores: Sequence[float], shower: Shower
) -> tuple[Hit, ...]:
    """Letters with their scores, each with the passage that shows best why it was found, and those
    of its directives that have all the words."""
    if not shower.asked:
        return tuple(
            _hit(content, *_opening(content), score)
            for content, score in zip(contents, scores, strict=True)
        )
    each = [_texts(content) for content in contents]
    found = shower.found(list(chain(*each)))
    begins = iter(found.begins)
    letters = [
        _Letter(content, list(islice(begins, len(some))))
        for content, some in zip(contents, each, strict=True)
    ]
    below = _with_all_words(letters, found)
    pages = [letter.pages for letter in letters]
    texts = [*pages, *([page for _, page in shown] for shown in below)]
    windows = found.windows(list(chain(*texts)))
    firsts = list(accumulate(map(len, texts), initial=0))
    of_letters = (range(*two) for two in pairwise(firsts[: len(letters) + 1]))
    of_directives = ((number,) for number in range(firsts[len(letters)], firsts[-1]))
    shown = iter(windows.shown([*of_letters, *of_directives]))
    places = [
        next(shown) or _elsewhere(content, shower) or _opening(content) for content in contents
    ]
    hits = []
    for content, place, score, directives in zip(contents, places, scores, below, strict=True):
        under = tuple(
            _hit(content, *(next(shown) or opening([page[:2]])), 0.0, directive)
            for directive, page in directives
        )
        hits.append(_hit(content, *place, score, directives=under))
    return tuple(hits)


def _opening(content: Content) -> tuple[int | None, Passage]:
    return opening((page.number, page.text) for page in content.pages)


def directive_hits(
    found: Sequence[tuple[Content, int]], scores: Sequence[float], shower: Shower
) -> tuple[Hit, ...]:
    """Directives as hits of their own, each by its letter and its number there from 0."""
    directives = [content.directives[number] for content, number in found]
    owners = [content for content, _ in found]
    each = list(zip(owners, directives, strict=True))
    texts = [content.text_of(directive) for content, directive in each]
    places = shower.found(texts)
    pages = [
        Page(content.page_of(directive), text, at)
        for (content, directive), text, at in zip(each, texts, places.begins, strict=True)
    ]
    shown = places.windows(pages).shown((number,) for number in range(len(pages)))
    return tuple(
        _hit(content, *(place or opening([page[:2]])), score, directive)
        for (content, directive), page, place, score in zip(each, pages, shown, scores, strict=True)
    )


def _elsewhere(content: Content, shower: Shower) -> tuple[int | None, Passage] | None:
    """A passage of the heading, or of raw lines that a correction changed."""
    heading = flat_text(" ".join(filter(None, (content.number_symbol, content.subject))))
    texts = [(None, heading), *((page.number, page.raw) for page in content.pages)]
    found = shower.found([text for _, text in texts])
    pages = [Page(*text, at) for text, at in zip(texts, found.begins, strict=True)]
    first, other = found.windows(pages).shown(((0,), range(1, len(pages))))
    return first or other


def _texts(content: Content) -> tuple[str, ...]:
    """The text of a letter, its pages on lines, and those of its directives not in it."""
    return (BREAK.join(page.text for page in content.pages if page.text), *content.beyond)


class _Letter:
    """A letter whose texts (`_texts`) begin at some places among those looked through."""

    def __init__(self, content: Content, begins: Sequence[int]) -> None:
        self.content = content
        texts = [(page.number, page.text) for page in content.pages if page.text]
        starts = accumulate((len(text) + 1 for _, text in texts), initial=begins[0])
        self.pages = [Page(*text, at) for text, at in zip(texts, starts, strict=False)]
        self.edges = _edges(content.directives, begins)
        """Where the first directive begins and ends, then the others."""


def _edges(directives: Sequence[KeptDirective], begins: Sequence[int]) -> list[int]:
    first, *other = begins
    if not other:
        return [first + place for directive in directives for place in directive.span or ()]
    rest = iter(other)
    edges: list[int] = []
    for directive in directives:
        if directive.span:
            edges += (first + place for place in directive.span)
        else:
            at = next(rest)
            edges += (at, at + len(directive.text))
    return edges


def _with_all_words(
    letters: Sequence[_Letter], found: Found
) -> list[list[tuple[KeptDirective, Page]]]:
    """For each letter its first directives in which every term stands, as texts to be shown."""
    there = iter(found.has_all([place for letter in letters for place in letter.edges]))
    out = []
    for letter in letters:
        content = letter.content
        # the answers come last, so that none is taken where the directives are at an end
        each = zip(content.directives, letter.edges[::2], there, strict=False)
        shown = [(directive, at) for directive, at, yes in each if yes]
        pages = [
            (directive, Page(content.page_of(directive), content.text_of(directive), at))
            for directive, at in shown[:MOST_DIRECTIVES]
        ]
        out.append(pages)
    return out


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
