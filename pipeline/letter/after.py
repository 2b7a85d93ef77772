"""What follows the foot of a letter: appendices, and the blocks of later copies.

In: the lines after the foot; out: appendices and copies with the lines they stand on. An appendix
has a page and a title of its own (Nghị định 30/2020/NĐ-CP, Phụ lục I); a copy's block repeats
body, number, date and signature of whoever made it (Điều 25; Hướng dẫn 36-HD/VPTW, mục 3).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.letter import keywords
from pipeline.letter.folding import fold, upper_share
from pipeline.letter.foot import read_foot, signature_of
from pipeline.letter.header import body_names, read_letterhead, split_columns
from pipeline.letter.header_fields import header_fields
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import read_marker
from pipeline.letter.paragraphs import join, paragraphs
from pipeline.record import Appendix, Copy

_TITLE_LINES = 8


@dataclass(frozen=True, slots=True)
class After:
    """What follows the foot, each part with its lines; `headings` are those of letterheads that
    stand above appendices and belong to no field."""

    appendices: list[tuple[Appendix, list[PageLine]]]
    copies: list[tuple[Copy, list[PageLine]]]
    headings: list[PageLine]


def read_after(lines: Sequence[PageLine]) -> After:
    """The appendices and copies printed after a letter."""
    found = After([], [], [])
    for part in _parts(lines):
        kind = next((i for i, x in enumerate(part) if keywords.copy_kind(x.text)), None)
        if kind is not None and kind <= _TITLE_LINES:
            found.copies.append((_copy(part, kind), part))
        else:
            above = _heading_lines(part)
            found.headings.extend(part[:above])
            found.appendices.append((_appendix(part[above:]), part[above:]))
    return found


def _parts(lines: Sequence[PageLine]) -> list[list[PageLine]]:
    """The lines of each appendix and each copy."""
    starts = sorted({0} | {s for i in range(len(lines)) if (s := _start(lines, i)) is not None})
    edges = [*starts, len(lines)]
    return [list(lines[a:b]) for a, b in itertools.pairwise(edges) if a < b]


def _start(lines: Sequence[PageLine], i: int) -> int | None:
    """Where the part begins that line `i` opens; None where it opens none."""
    text = lines[i].text
    if keywords.copy_kind(text) is not None:
        return letterhead_start(lines, i)
    if keywords.opens_appendix(text):
        inside = _is_reference(text) and any(
            keywords.opens_appendix(x.text) or x.top for x in lines[max(0, i - _TITLE_LINES) : i]
        )
        return None if inside else i
    return None


def letterhead_start(lines: Sequence[PageLine], i: int) -> int:
    """Where the letterhead begins that ends above line `i`, or `i` where none stands there."""
    start = i
    for j in range(i - 1, max(-1, i - 10), -1):
        if not _is_letterhead(lines[j]):
            break
        start = j if keywords.has_letters(lines[j].text) else start
    return start


def _is_letterhead(line: PageLine) -> bool:
    text = line.text
    return (
        not keywords.has_letters(text)
        or keywords.is_motto(text)
        or keywords.number_start(text) is not None
        or bool(keywords.heading_places(text))
        or keywords.is_state_title(text)
        or keywords.is_party_title(text)
        or keywords.is_place_and_date(text)
        or (
            upper_share(text) > 0.8 and keywords.opens_body(text) and not keywords.is_position(text)
        )
    )


def _is_reference(text: str) -> bool:
    return fold(text).lstrip().startswith(("(kem theo", "(ban hanh kem"))


def _appendix(lines: Sequence[PageLine]) -> Appendix:
    marker = lines[0].text if keywords.opens_appendix(lines[0].text) else None
    at = 1 if marker is not None and not _is_reference(marker) else 0
    if at == 0:
        marker = None
    title: list[str] = []
    end = at
    while end < min(len(lines), at + _TITLE_LINES) and _is_title(lines[end]):
        title.append(lines[end].text)
        end += 1
    if _names_type_alone(title):
        while end < min(len(lines), at + _TITLE_LINES) and _goes_on(lines[end]):
            title.append(lines[end].text)
            end += 1
    reference, end = _reference(lines, end)
    body = paragraphs(lines[end:])
    return Appendix(
        marker=marker,
        title=join(title) or None,
        reference=reference,
        text="\n".join(p.printed for p in body),
    )


def _heading_lines(lines: Sequence[PageLine]) -> int:
    """How many lines of a letterhead are repeated above an appendix's title."""
    return next((i for i, line in enumerate(lines) if not _is_heading(line)), 0)


def _is_heading(line: PageLine) -> bool:
    """Is the line one of a letterhead's: Quốc hiệu, Tiêu ngữ, a rule?"""
    text = line.text
    named = keywords.is_state_title(text) or keywords.is_party_title(text)
    return named or keywords.is_motto(text) or not keywords.has_letters(text)


def _names_type_alone(title: Sequence[str]) -> bool:
    """Is the title so far only a type of document ("QUY CHẾ"), its subject still to come?"""
    named = keywords.title_type(title[0]) if len(title) == 1 else None
    return named is not None and named[1] >= len(title[0])


def _goes_on(line: PageLine) -> bool:
    """Does a title's subject in small letters go on with the line?"""
    text = line.text
    ends = _is_reference(text) or read_marker(text) is not None or text.endswith((".", ";", ":"))
    return keywords.has_letters(text) and not ends and not line.gap


def _is_title(line: PageLine) -> bool:
    """Is the line one of an appendix's title in capitals?"""
    return keywords.has_letters(line.text) and upper_share(line.text) > 0.7


def _reference(lines: Sequence[PageLine], at: int) -> tuple[str | None, int]:
    """The words in brackets that name the letter, and where they end."""
    if at >= len(lines) or not _is_reference(lines[at].text):
        return None, at
    end = at + 1
    while end < min(len(lines), at + 4) and ")" not in lines[end - 1].text:
        end += 1
    return join([x.text for x in lines[at:end]]), end


def _copy(lines: Sequence[PageLine], kind: int) -> Copy:
    """A copy's block; its letterhead stands above the word that names it, or below."""
    named = keywords.copy_kind(lines[kind].text)
    assert named is not None
    rest = [*lines[:kind], *lines[kind + 1 :]]
    split = next((i for i, x in enumerate(rest) if _opens_foot(x)), len(rest))
    head = read_letterhead([piece for x in rest[:split] for piece in split_columns(x)])
    foot = read_foot(rest[split:])
    return Copy(
        kind=named,
        header=header_fields(head, body_names(head.bodies)),
        signature=signature_of(foot),
        distribution=[e.text for e in foot.distribution],
        text="\n".join(x.text for x in lines),
    )


def _opens_foot(line: PageLine) -> bool:
    return (
        keywords.distribution_start(line.text) is not None
        or keywords.authority_end(line.text) is not None
        or keywords.is_position(line.text)
    )
