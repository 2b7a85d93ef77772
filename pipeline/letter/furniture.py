"""Lines that stand on a page but not in the letter's run of sentences: page numbers, running heads,
stamps, footnotes.

In: all lines; out: those lines by kind. On scans most of this was kept apart before; text has it in
the midst of the letter, where it would be taken for a part of a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from pipeline.document import Zone
from pipeline.letter import keywords
from pipeline.letter.folding import fold, letters, starts_lower, upper_share
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import read_marker
from pipeline.record import PassageKind

Furniture = tuple[tuple[PassageKind, tuple[PageLine, ...]], ...]
_NUMBER = regex.compile(r"^(?:trang[ ])?[-–—.\[( ]*(?P<n>\d{1,3})[-–—.\]) ]*(?:/[ ]?\d{1,3})?$")
_FEWEST = 3  # lines from margin to margin that make a page one of running text, not of a table
_SHORTEST = 8  # letters of a running head: fewer are the foot of a table or a mark


def find_furniture(lines: Sequence[PageLine]) -> Furniture:
    """The lines of each kind that are no part of the letter's text."""
    notes = [x for x in lines if x.zone is Zone.FOOTNOTE]
    lines = _without(lines, notes)
    stamps = [x for x in lines if keywords.is_not_text(x.text)]
    stamps = [*stamps, *_in_margin(_without(lines, stamps))]
    pages = _by_page(_without(lines, stamps))
    numbers = list(_page_numbers(pages))
    heads = list(_running_heads([_without(page, numbers) for page in pages]))
    kinds: tuple[tuple[PassageKind, list[PageLine]], ...] = (
        ("stamp", stamps),
        ("page_number", numbers),
        ("running_head", heads),
        ("footnote", notes),
    )
    return tuple((kind, tuple(found)) for kind, found in kinds if found)


def _without(lines: Sequence[PageLine], some: Sequence[PageLine]) -> list[PageLine]:
    aside = {id(x) for x in some}
    return [x for x in lines if id(x) not in aside]


def _in_margin(lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines that stand wholly in the left margin: pieces of stamps."""
    wide: dict[int, list[int]] = {}
    for line in lines:
        if line.box is not None and line.box[2] - line.box[0] > 0.5 * line.page_width:
            wide.setdefault(line.page, []).append(line.box[0])
    margins = {page: min(lefts) for page, lefts in wide.items() if len(lefts) >= _FEWEST}
    return [
        x
        for x in lines
        if x.box is not None and x.zone is not Zone.TABLE and x.box[2] <= margins.get(x.page, 0)
    ]


def _by_page(lines: Sequence[PageLine]) -> list[list[PageLine]]:
    pages: dict[int, list[PageLine]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    return list(pages.values())


def _page_numbers(pages: Sequence[Sequence[PageLine]]) -> Iterator[PageLine]:
    """A lone number at the head or foot of a page that goes on from the page before: the letter's
    own pages are counted from 1, those of an appendix anew."""
    last = 1
    for i, page in enumerate(pages):
        for line in (page[0], page[-1]):
            number = _page_number(line)
            if number is None or (i == 0 and number != 1) or len(pages) == 1:
                continue
            if number in (i + 1, last + 1, 1, 2):
                last = number
                yield line
                break


def _page_number(line: PageLine) -> int | None:
    if line.zone is Zone.TABLE:
        return None
    match = _NUMBER.match(fold(line.text).strip())
    return int(match["n"]) if match else None


def _running_heads(pages: Sequence[Sequence[PageLine]]) -> Iterator[PageLine]:
    """First or last lines that several pages share."""
    for edge, rest in ((0, pages[1:]), (-1, pages)):
        lines = [p[edge] for p in rest if len(p) > 1 and _may_run(p[edge])]
        for line in lines:
            if sum(_same(line, other) for other in lines) > 1:
                yield line


def _same(one: PageLine, other: PageLine) -> bool:
    """The same words but for figures, as pages are counted."""
    return _words(one.text) == _words(other.text)


def _words(text: str) -> str:
    return "".join(c for c in letters(text) if not c.isdigit())


def _may_run(line: PageLine) -> bool:
    """A second letter's heading, a point or a line of a list may well stand on two pages."""
    text = line.text
    return (
        line.zone is not Zone.TABLE
        and len(_words(text)) >= _SHORTEST
        and not starts_lower(text)
        and read_marker(text) is None
        and not keywords.heading_places(text)
        and not keywords.is_state_title(text)
        and not keywords.is_party_title(text)
        and not text.endswith((";", ","))
        and not (upper_share(text) > 0.7 and line.page == 1)
    )
