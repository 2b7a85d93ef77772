"""The body: legal bases, what leads up to the points, the points, the closing.

In: the lines between the addressees and the foot; out: `Body`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from pipeline.letter import keywords
from pipeline.letter.directives import Node, Title, find_points
from pipeline.letter.folding import fold, upper_share
from pipeline.letter.lines import PageLine
from pipeline.letter.paragraphs import Paragraph, paragraphs

_MAIN_CLAUSE = regex.compile(
    r"(?:co y kien|yeu cau|de nghi|bao cao|kinh trinh|thong bao|huong dan|ban hanh|tra loi|"
    r"xin y kien|trien khai|nhu sau|sau day)\b[^;]{0,200}[:.]?$"
)


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of a body. Where it has no numbered points, `closing` is empty and its
    paragraphs stand in `preamble`."""

    legal_bases: list[Paragraph]
    preamble: list[Paragraph]
    points: list[Node]
    closing: list[Paragraph]
    titles: list[Title]


def read_body(lines: Sequence[PageLine]) -> Body:
    """Take the body of a letter apart."""
    enacting = _enacting_line(lines)
    if enacting is not None:
        bases, preamble = _bases(paragraphs(lines[:enacting]), enacted=True)
        body = paragraphs(lines[enacting + 1 :])
    else:
        bases, preamble, body = [], [], paragraphs(lines)
    points = find_points(body)
    if enacting is None:
        bases, preamble = _bases(points.before, enacted=_has_articles(points.points))
    else:
        preamble = [*preamble, *points.before]
    return Body(bases, preamble, points.points, points.closing, points.titles)


def _enacting_line(lines: Sequence[PageLine]) -> int | None:
    """Where "QUYẾT ĐỊNH:" parts the bases from what is decided."""
    for i, line in enumerate(lines):
        if keywords.is_enacting(line.text) and (i or line.text.rstrip().endswith(":")):
            return i
    return None


def _has_articles(points: Sequence[Node]) -> bool:
    return bool(points) and points[0].marker.kind == "article"


def _bases(
    before: Sequence[Paragraph], *, enacted: bool
) -> tuple[list[Paragraph], list[Paragraph]]:
    """The paragraphs that are legal bases, and the others.

    Before "QUYẾT ĐỊNH:" every "Căn cứ", "Theo", "Xét" … is one. In other letters a paragraph that
    goes on to say something ("Căn cứ …, Sở … đề nghị:") is no basis but the letter's own text."""
    kind = "enacted_basis" if enacted else "legal_basis"
    bases: list[Paragraph] = []
    others: list[Paragraph] = []
    for i, paragraph in enumerate(before):
        if _is_capitals(paragraph):
            continue
        if enacted and _is_damaged_basis(before, i):
            bases.append(paragraph)
            continue
        if not others and bases and _goes_on(bases[-1], paragraph):
            bases[-1] = _joined(bases[-1], paragraph)
            continue
        opens = keywords.opens_phrase(paragraph.text, kind) or _is_cut(before, i)
        fits = opens and (enacted or _is_bare_basis(paragraph, bases))
        (bases if fits and (enacted or not others) else others).append(paragraph)
    return bases, others


def _is_cut(before: Sequence[Paragraph], i: int) -> bool:
    """Is it a first basis without the beginning of "Căn cứ", above another?"""
    cut = not i and keywords.cut_basis(before[i].text) is not None
    return cut and len(before) > 1 and _opens_basis(before[1])


_NAMES_LAW = regex.compile(
    r"(?:Luật|Bộ luật|Pháp lệnh|Nghị định|Nghị quyết|Thông tư|Quyết định)[ ].*\bngày[ ].*;$"
)


def _is_damaged_basis(before: Sequence[Paragraph], i: int) -> bool:
    """Is it the first basis, its "Căn cứ" under a stamp: it names a law, ends in ";", and a basis
    follows?"""
    if i or len(before) < 2 or _opens_basis(before[i]) or not _opens_basis(before[i + 1]):
        return False
    return before[i].marker is None and _NAMES_LAW.search(before[i].text) is not None


def _opens_basis(paragraph: Paragraph) -> bool:
    """Does it open with the words of a legal basis?"""
    return keywords.opens_phrase(paragraph.text, "enacted_basis")


# "Căn cứ Luật A ngày …; Luật sửa đổi, bổ sung …;" is one basis that names two documents.
_NEXT_DOCUMENT = regex.compile(
    r"^(?:Luật|Bộ luật|Pháp lệnh|Nghị định|Nghị quyết|Thông tư|Quyết định|Chỉ thị)[ ]"
    r"(?!này\b)(?=.*(?:\bngày\b|\bsố\b).*[;.,]$)"
)


def _goes_on(basis: Paragraph, paragraph: Paragraph) -> bool:
    """Does `paragraph` name one more document of `basis`?"""
    open_end = basis.text.endswith(";") and paragraph.marker is None
    return open_end and _NEXT_DOCUMENT.match(paragraph.text) is not None


def _joined(basis: Paragraph, paragraph: Paragraph) -> Paragraph:
    text = f"{basis.text} {paragraph.text}"
    return Paragraph(text, basis.marker, basis.lines + paragraph.lines)


def _is_capitals(paragraph: Paragraph) -> bool:
    """The enacting body's name in capitals, which belongs to no field."""
    return upper_share(paragraph.text) > 0.85 and paragraph.marker is None


def _is_bare_basis(paragraph: Paragraph, bases: Sequence[Paragraph]) -> bool:
    text = paragraph.text.rstrip()
    if text.endswith(";"):
        return True
    if not text.endswith((".", ",")):
        return False
    return (
        bool(bases) and bases[-1].text.endswith((";", ",")) and not _MAIN_CLAUSE.search(fold(text))
    )
