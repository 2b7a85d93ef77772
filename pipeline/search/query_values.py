"""The filters of the query language by name, and what their values mean (ngày:2019-01..2019-12)."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import regex

from pipeline.search.folding import fold
from pipeline.search.identifiers import keys

Field = Literal[
    "number", "date", "body", "type", "signer", "to", "actor", "cites", "kind", "unread"
]

NAMES: dict[str, Field] = {
    "số": "number",
    "number": "number",
    "ngày": "date",
    "date": "date",
    "cơ quan": "body",
    "body": "body",
    "loại": "type",
    "type": "type",
    "người ký": "signer",
    "signer": "signer",
    "kính gửi": "to",
    "to": "to",
    "giao": "actor",
    "actor": "actor",
    "viện dẫn": "cites",
    "cites": "cites",
    "là": "kind",
    "kind": "kind",
}
"""Filters by the name a person types, with or without marks."""

_KINDS = {
    "van ban": "letter",
    "letter": "letter",
    "nhiem vu": "directive",
    "directive": "directive",
}
_DAY = regex.compile(r"^([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?$")
_DAY_FIRST = regex.compile(r"^(?:(?:([0-9]{1,2})[/.-])?([0-9]{1,2})[/.-])?([0-9]{4})$")


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `first` to `last`, both included, ISO 8601."""

    first: str
    last: str


def _dates(text: str) -> DateRange | None:
    first, dots, last = text.partition("..")
    start, end = _days(first), _days(last) if dots else _days(first)
    if (first and not start) or (last and not end) or not (start or end):
        return None
    if start and end and start > end:
        start, end = end, start
    return DateRange(start[0] if start else "0000-00-00", end[1] if end else "9999-12-31")


def _days(text: str) -> tuple[str, str] | None:
    """First and last day of 2019, 2019-09, 2019-09-18, 9/2019 or 18/9/2019."""
    if match := _DAY.match(text):
        year, month, day = match[1], match[2], match[3]
    elif match := _DAY_FIRST.match(text):
        day, month, year = match[1], match[2], match[3]
    else:
        return None
    months = (int(month), int(month)) if month else (1, 12)
    if not (1 <= months[0] <= 12 and int(year)):
        return None
    longest = calendar.monthrange(int(year), months[1])[1]
    if day and not 1 <= int(day) <= longest:
        return None
    days = (int(day), int(day)) if day else (1, longest)
    return f"{year}-{months[0]:02}-{days[0]:02}", f"{year}-{months[1]:02}-{days[1]:02}"


def _kind(text: str) -> str | None:
    return _KINDS.get(fold(text))


VALUES: dict[Field, Callable[[str], DateRange | tuple[str, ...] | str | None]] = {
    "number": keys,
    "cites": keys,
    "date": _dates,
    "body": fold,
    "type": fold,
    "signer": fold,
    "to": fold,
    "actor": fold,
    "kind": _kind,
}
"""What is asked for by a filter with some value; nothing where that makes no sense."""
