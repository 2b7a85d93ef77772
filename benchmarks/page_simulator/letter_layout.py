"""The parts of an official letter as blocks to typeset.

Party letters after Hướng dẫn 36-HD/VPTW (3/4/2018), state letters after Nghị định 30/2020/NĐ-CP,
Phụ lục I: what stands where, in which face and size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from benchmarks.page_simulator.typeset import (
    MILLIMETRE,
    Align,
    Block,
    Columns,
    Gap,
    Paragraph,
    Rule,
    Run,
    Simple,
)

Family = Literal["party", "state"]

FIRST_LINE = 10 * MILLIMETRE
SIGNATURE = "signature"
NUMBER = "number"
STAMP = "stamp"
"""Names of places for seals and stamps."""


def letterhead(
    family: Family,
    issuer: Sequence[str],
    number: str,
    place_and_date: str,
    *,
    parent: Sequence[str] = (),
    subject: Sequence[str] = (),
    stamp: bool = False,
) -> Columns:
    """Two columns: who writes, the number (and trích yếu of a công văn), perhaps room for a
    stamp; at right the Party's name or Quốc hiệu and Tiêu ngữ, and place and date. `parent` and
    `issuer` are printed lines."""
    build = _party_letterhead if family == "party" else _state_letterhead
    columns = build(issuer, number, place_and_date, parent, subject)
    if stamp:
        columns = replace(columns, left=(*columns.left, Gap(38, anchor=STAMP)))
    return columns


def _party_letterhead(
    issuer: Sequence[str],
    number: str,
    place_and_date: str,
    parent: Sequence[str],
    subject: Sequence[str],
) -> Columns:
    left: list[Simple] = [*_centred(parent, 14), *_centred(issuer, 14, bold=True)]
    left += [_line("*", 14), _line(number, 14, anchor=NUMBER)]
    left += [_line(text, 12, italic=True) for text in subject]
    right: list[Simple] = [_line("ĐẢNG CỘNG SẢN VIỆT NAM", 15, bold=True), Rule(192, 4)]
    right += [Gap(max(0.0, (len(parent) + len(issuer)) * 17 - 8))]
    right += [_line(place_and_date, 14, italic=True)]
    return Columns(tuple(left), tuple(right), share=0.43, space_after=16)


def _state_letterhead(
    issuer: Sequence[str],
    number: str,
    place_and_date: str,
    parent: Sequence[str],
    subject: Sequence[str],
) -> Columns:
    left: list[Simple] = [*_centred(parent, 13), *_centred(issuer, 13, bold=True)]
    left += [Rule(60, 8), _line(number, 13, anchor=NUMBER)]
    left += [_line(text, 12) for text in subject]
    right: list[Simple] = [
        _line("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 13, bold=True),
        _line("Độc lập - Tự do - Hạnh phúc", 13.5, bold=True),
        Rule(166, 8),
        _line(place_and_date, 13.5, italic=True),
    ]
    return Columns(tuple(left), tuple(right), share=0.4, space_after=16)


def title(family: Family, document_type: str, subject: Sequence[str]) -> list[Block]:
    """Tên loại and trích yếu, centred; under them five hyphens (Party) or a rule (state)."""
    lines: list[Block] = [
        Paragraph((Run(document_type, bold=True),), 14.5, Align.CENTRE, space_after=0)
    ]
    lines += [
        Paragraph((Run(text, bold=True),), 14, Align.CENTRE, space_after=0, joined=True)
        for text in subject
    ]
    if family == "party":
        return [*lines, Paragraph((Run("-----"),), 14, Align.CENTRE, space_after=10)]
    return [*lines, Gap(2), Rule(90, 12)]


def centred(text: str, size: float = 14, bold: bool = True) -> Paragraph:
    """A centred line of its own: who decides, QUYẾT ĐỊNH:, a chapter."""
    return Paragraph((Run(text, bold=bold),), size, Align.CENTRE, space_before=4, space_after=8)


def addressees(label: str, names: Sequence[str], italic: bool = False) -> list[Block]:
    """`Kính gửi:` (or `Kính trình:`) and the names: one beside it, or one a line with a hyphen."""
    if len(names) == 1:
        runs = (Run(label, italic=italic), Run(names[0]))
        return [Paragraph(runs, 14, Align.CENTRE, space_after=12)]
    indent = 50 * MILLIMETRE
    first = Paragraph(
        (Run(label, italic=italic), Run("- " + names[0])),
        14,
        Align.LEFT,
        first_indent=-23 * MILLIMETRE,
        indent=indent,
        space_after=1,
    )
    rest = [
        Paragraph((Run("- " + name),), 14, Align.LEFT, indent=indent, space_after=1, joined=True)
        for name in names[1:]
    ]
    return [first, *rest, Gap(11)]


def body(text: str, *, lead: str = "", italic: bool = False, size: float = 14) -> Paragraph:
    """A paragraph of the body, justified, first line set in 10 mm; `lead` (Điều 1.) is bold."""
    runs = (Run(lead, bold=True), Run(text, italic=italic)) if lead else (Run(text, italic=italic),)
    return Paragraph(runs, size, first_indent=FIRST_LINE, space_after=6, leading=1.25)


def heading(text: str, size: float = 14) -> Paragraph:
    """A bold heading inside the body, set in like a paragraph."""
    return Paragraph((Run(text, bold=True),), size, first_indent=FIRST_LINE)


def foot(
    family: Family,
    receivers: Sequence[str],
    authority: Sequence[str],
    position: Sequence[str],
    signer: str,
    label: str = "Nơi nhận:",
) -> Columns:
    """Nơi nhận at left; who signs, room for hand and seal, and the name at right."""
    if family == "party":
        head = Run(label, underline=True)
        size, list_size = 14.0, 12.0
    else:
        head = Run(label, bold=True, italic=True)
        size, list_size = 12.0, 11.0
    left: list[Simple] = [Paragraph((head,), size, Align.LEFT, space_after=1)]
    left += [
        Paragraph((Run("- " + name),), list_size, Align.LEFT, space_after=0, joined=True)
        for name in receivers
    ]
    titles = [Run(text, bold=True) for text in authority]
    titles += [Run(text, bold=family == "state") for text in position]
    right: list[Simple] = [
        Paragraph((run,), 14, Align.CENTRE, space_after=0, joined=index > 0)
        for index, run in enumerate(titles)
    ]
    right += [Gap(84, anchor=SIGNATURE), _line(signer, 14, bold=True, joined=False)]
    return Columns(tuple(left), tuple(right), share=0.5, space_after=0)


def _centred(lines: Sequence[str], size: float, bold: bool = False) -> list[Simple]:
    return [_line(text, size, bold=bold) for text in lines]


def _line(
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    anchor: str = "",
    joined: bool = True,
) -> Paragraph:
    """A centred line of letterhead or foot."""
    return Paragraph(
        (Run(text, bold=bold, italic=italic),),
        size,
        Align.CENTRE,
        space_after=0,
        leading=1.15,
        joined=joined,
        anchor=anchor,
    )
