"""What an electronic signature on the page tells of the day of the letter.

In: the page's marks and its line of place and date. Out: the day, and readings weighed by it. A
letter is often signed on its own day: of 14 real letters 7 were, the others up to 17 days later.
The day is never taken from the signature; it only bears out what the ink reads as.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from pipeline.document import PageLayout
from pipeline.handwriting.lattice import Reading

_SIGNED = regex.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)(?!\d)")
_MONTH = regex.compile(r"th\S{0,4}g\s+(\d{1,2})\s+n\S{0,3}m\s+((?:19|20)\d\d)")
_SAME_DAY = 15.0
"""How much likelier the day of the signature is than another: 1/2 against 1/31."""


def signed_day(page: PageLayout, line: str) -> int | None:
    """The day an electronic signature on the page bears, in the month and year of `line`."""
    dated = _MONTH.search(line)
    if dated is None:
        return None
    for mark in page.marks:
        if mark.kind == "electronic_signature":
            for day, month, year in _SIGNED.findall(mark.text or ""):
                if (int(month), year) == (int(dated[1]), dated[2]):
                    return int(day)
    return None


def borne_out(readings: Sequence[Reading], day: int | None) -> list[Reading]:
    """`readings` of a day, most probable first, weighed by the day of a signature."""
    same = sum(r.probability for r in readings if int(r.digits) == day)
    total = 1.0 + (_SAME_DAY - 1.0) * same
    weighed = [
        replace(r, probability=r.probability * (_SAME_DAY if int(r.digits) == day else 1) / total)
        for r in readings
    ]
    return sorted(weighed, key=lambda r: -r.probability)
