"""Checks of one field against another: who may sign for which body, which body stood when.

In: the letter as read; out: flags. Only what the rules exclude is flagged: an archive holds letters
of every office, and a check that is often wrong is soon not read.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pipeline.letter import keywords
from pipeline.letter.folding import fold
from pipeline.letter.tables import rows
from pipeline.record import Flag, Letter

_DISTRICTS_END = "2025-07-01"  # Luật Tổ chức chính quyền địa phương 2025: two levels from then on
_DISTRICT = regex.compile(
    r"^(?:huyen uy|quan uy|thi uy|phong giao duc va dao tao (?:huyen|quan|thi xa)"
    r"|(?:uy ban nhan dan|ubnd|hoi dong nhan dan|hdnd|cong an) (?:huyen|quan|thi xa))\b"
)


def checks(letter: Letter) -> Iterator[Flag]:
    """The flags of fields that contradict each other."""
    yield from _signer_of_body(letter)
    yield from _body_of_day(letter)
    yield from _year_of_number(letter)


def _signer_of_body(letter: Letter) -> Iterator[Flag]:
    """A position that only another kind of body has ("GIÁM ĐỐC" of a people's committee)."""
    body, position = letter.header.issuing_body, letter.signature.position
    if body is None or position is None or not keywords.is_position(position) or ";" in position:
        return
    authority = fold(letter.signature.authority or "")
    if authority.startswith(("tl", "t/l", "tuq", "t/u")):
        return  # another office signs by order
    office, body_words = fold(position), fold(body)
    for row in rows("signers.tsv"):
        if body_words.startswith(fold(row[0])):
            allowed = [fold(p) for p in row[1].split("; ")]
            if not any(regex.search(rf"\b{p}\b", office) for p in allowed):
                message = f"{position!r} does not sign for {body!r}"
                yield Flag(code="authority_body", message=message, where="signature.position")
            return


def _body_of_day(letter: Letter) -> Iterator[Flag]:
    """A district's body after districts ended."""
    body, date = letter.header.issuing_body, letter.header.date
    if body and date and date >= _DISTRICTS_END and _DISTRICT.match(fold(body)):
        message = f"{body!r} on {date}: districts ended on {_DISTRICTS_END}"
        yield Flag(code="body_abolished", message=message, where="header.issuing_body")


def _year_of_number(letter: Letter) -> Iterator[Flag]:
    """The year in a number is that of the date ("15/2021/QĐ-UBND" is of 2021)."""
    number, date = letter.header.number_symbol, letter.header.date
    match = regex.match(r"^\d+[a-z]?/((?:19|20)\d\d)/", number or "")
    if match and date and match[1] != date[:4]:
        message = f"the number {number!r} is of {match[1]}, the letter of {date}"
        yield Flag(code="number_year", message=message, where="header.number_symbol")
