"""By when a directive is to be carried out, as printed.

"trước ngày 30/6/2024", "chậm nhất ngày …", "trong quý III/2024", "trong 10 ngày kể từ ngày ký",
"hoàn thành trong tháng 6/2024". Periods that recur ("hằng tháng") are deadlines too.
"""

from __future__ import annotations

import calendar
import datetime

import regex

from pipeline.letter.dates import find_date
from pipeline.letter.folding import fold

_DAY = (
    r"ngay[ ]\d{1,2}(?:[ ]?[/.-][ ]?\d{1,2}(?:[ ]?[/.-][ ]?\d{4})?"
    r"|[ ]thang[ ]\d{1,2}(?:[ ]nam[ ]\d{4})?"
    r"|[ ]h[a]ng[ ](?:thang|quy|nam)|[ ](?:thang|cua thang)[ ][a-z]{2,8}[ ][a-z]{2,8})?"
)
_HOUR = r"(?:\d{1,2}[ ]?(?:gio|h|g)[ ]?(?:\d{1,2}(?:[ ]phut)?)?,?[ ])?"
_MONTH = r"thang[ ]\d{1,2}(?:[ ]?/[ ]?\d{4}|[ ]nam[ ]\d{4})?"
_QUARTER = r"quy[ ](?:iv|i{1,3}|[1-4])\b(?:[ ]?[/-][ ]?\d{4}|[ ,]{1,2}nam[ ]\d{4})?"
_SHORT_DATE = r"\d{1,2}/\d{1,2}/\d{4}"
_SPAN = (
    r"(?:thoi han[ ])?(?:vong[ ])?\d{1,3}[ ](?:\([a-z ]{2,20}\)[ ])?"
    r"(?:ngay|thang|gio)(?:[ ]lam viec)?"
)
_DEADLINE = regex.compile(
    rf"\b(?:"
    rf"truoc[ ]{_HOUR}(?:{_DAY}|{_SHORT_DATE}|{_MONTH}|{_QUARTER})"
    rf"|(?:cham nhat|muon nhat)[ ](?:la[ ])?(?:den[ ])?(?:vao[ ])?(?:trong[ ])?"
    rf"(?:truoc[ ])?{_HOUR}(?:het[ ])?(?:{_DAY}|{_SHORT_DATE}|{_MONTH}|{_QUARTER}|{_SPAN})"
    rf"(?:[ ](?:ke )?tu[ ]ngay[ ][^.;,]{{2,60}})?"
    rf"|(?:den[ ])?het[ ](?:{_DAY}|{_MONTH}|{_QUARTER}|nam[ ]\d{{4}})"
    rf"|(?:hoan thanh|xong|thuc hien|bao cao|trinh|gui)[^.;]{{0,60}}?[ ](?:trong|vao)[ ]"
    rf"(?:{_MONTH}|{_QUARTER}|nam[ ]\d{{4}})"
    rf"|trong[ ](?:{_QUARTER}|thang[ ]\d{{1,2}}(?:[ ]?/[ ]?\d{{4}}|[ ]nam[ ]\d{{4}}))"
    rf"|trong[ ]{_SPAN}(?:,?[ ](?:ke )?tu[ ](?:ngay|khi)[ ][^.;,]{{2,60}})"
    rf"|trong[ ]vong[ ]\d{{1,3}}[ ](?:gio|ngay|thang)(?:[ ]lam viec)?"
    rf"|trong[ ]thoi han[ ]\d{{1,3}}[ ](?:ngay|thang)(?:[ ]lam viec)?"
    rf")"
)
_LEADING = regex.compile(
    r"^(?:hoan thanh|xong|thuc hien|bao cao|trinh|gui)[^.;]{0,60}?[ ](?=(?:trong|vao)[ ])"
)


def find_deadline(text: str, issued: str | None = None) -> str | None:
    """The first deadline a directive sets, as printed; None where it sets none. A period
    that ended before the letter was `issued` (ISO date) is told of, not set."""
    line = text.replace("\n", " ")
    folded = fold(line)
    for match in _DEADLINE.finditer(folded):
        printed = _printed(line, folded, match)
        due = due_date(printed, issued)
        period = fold(printed).startswith(("trong", "vao"))
        if not period or due is None or issued is None or due >= issued:
            return printed
    return None


def _printed(line: str, folded: str, match: regex.Match[str]) -> str:
    start = match.start()
    if lead := _LEADING.match(folded[start : match.end()]):
        start += lead.end()
    return line[start : match.end()].strip(" ,.")


_OF_YEAR = regex.compile(
    r"\b(?:thang[ ](?P<m>\d{1,2})|quy[ ](?P<q>iv|i{1,3}|[1-4])|nam)"
    r"(?:[ ]?[/-][ ]?|[ ,]{0,2}nam[ ]|[ ])(?P<y>(?:19|20)\d\d)\b"
)
_AFTER_SIGNING = regex.compile(
    r"\b(?P<n>\d{1,3})[ ](?:\([a-z ]+\)[ ])?(?P<unit>ngay|thang)[ ,]+(?:ke )?tu[ ]ngay[ ]ky\b"
)
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


def due_date(deadline: str | None, issued: str | None) -> str | None:
    """The last day of a deadline, ISO 8601: of a date, month, quarter or year that is named with
    its year, or of calendar days and months from the signing. None where the day depends on what
    is not printed (working days, the day of receipt, a year left out)."""
    if deadline is None:
        return None
    folded = fold(deadline)
    date = find_date(deadline)
    if date is not None and date.iso is not None:
        return date.iso
    if match := _OF_YEAR.search(folded):
        return _last_day(match)
    match = _AFTER_SIGNING.search(folded)
    if match is None or issued is None:
        return None
    start = datetime.date.fromisoformat(issued)
    if match["unit"] == "ngay":
        return (start + datetime.timedelta(days=int(match["n"]))).isoformat()
    months = start.month - 1 + int(match["n"])
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return datetime.date(year, month, day).isoformat()


def _last_day(match: regex.Match[str]) -> str | None:
    month = 12
    if match["q"]:
        month = 3 * (_QUARTERS.get(match["q"]) or int(match["q"]))
    elif match["m"]:
        month = int(match["m"])
    if not 1 <= month <= 12:
        return None
    year = int(match["y"])
    before = fold(match.string[: match.start()]).rstrip().endswith("truoc")
    day = 1 if before else calendar.monthrange(year, month)[1]
    return datetime.date(year, month, day).isoformat()
