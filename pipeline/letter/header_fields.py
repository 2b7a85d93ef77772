"""What the letterhead says, as the fields of the record."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.letter.header import Letterhead
from pipeline.letter.lines import PageLine
from pipeline.letter.paragraphs import join
from pipeline.letter.places import mended_body, mended_place
from pipeline.record import Header

_EDGES = " .,:;*\"'“”_|~"
_JOINT = ("TTLT", "NQLT", "LT")


def is_joint(head: Letterhead) -> bool:
    """Is it a joint letter (liên tịch), which several bodies issue together?"""
    return head.number is not None and head.number.type_code in _JOINT


def header_fields(head: Letterhead, names: Sequence[Sequence[PageLine]]) -> Header:
    """Bodies, number, place and date; `names` are the lines of each body, superior first. A joint
    letter has all of them as issuing body."""
    joint = is_joint(head)
    joined = [
        join([mended_body(line.text.strip(_EDGES)) for line in group]).strip("–—-= ")
        for group in names
    ]
    issuing = (" ".join(joined) if joint else joined[-1]) if joined else None
    parent = None if joint or len(joined) < 2 else " ".join(joined[:-1])
    number = head.number
    return Header(
        parent_body=parent,
        issuing_body=issuing,
        number_symbol=number.text if number else head.bare_number,
        number=number.number if number else head.bare_number,
        symbol=number.symbol if number else None,
        place=mended_place(head.place, " ".join(joined)) if head.place else None,
        date=head.date.iso if head.date else None,
    )
