"""By when a directive is to be carried out, as printed.

"trước ngày 30/6/2024", "chậm nhất ngày …", "trong quý III/2024", "trong 10 ngày kể từ ngày ký",
"hoàn thành trong tháng 6/2024". Periods that recur ("hằng tháng") are deadlines too.
"""

from __future__ import annotations

import regex

from pipeline.letter.folding import fold

_DAY = (
    r"ngay[ ]\d{1,2}(?:[ ]?[/.-][ ]?\d{1,2}(?:[ ]?[/.-][ ]?\d{4})?"
    r"|[ ]thang[ ]\d{1,2}(?:[ ]nam[ ]\d{4})?"
    r"|[ ]h[a]ng[ ](?:thang|quy|nam)|[ ](?:thang|cua thang)[ ][a-z]{2,8}[ ][a-z]{2,8})?"
)
_HOUR = r"(?:\d{1,2}[ ]?(?:gio|h|g)[ ]?(?:\d{1,2}(?:[ ]phut)?)?,?[ ])?"
_MONTH = r"thang[ ]\d{1,2}(?:[ ]?/[ ]?\d{4}|[ ]nam[ ]\d{4})?"
_QUARTER = r"quy[ ](?:i{1,3}|iv|[1-4])(?:[ ]?[/-][ ]?\d{4}|[ ,]{1,2}nam[ ]\d{4})?"
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
    rf"|trong[ ]thoi han[ ]\d{{1,3}}[ ](?:ngay|thang)(?:[ ]lam viec)?"
    rf")"
)
_LEADING = regex.compile(
    r"^(?:hoan thanh|xong|thuc hien|bao cao|trinh|gui)[^.;]{0,60}?[ ](?=(?:trong|vao)[ ])"
)


def find_deadline(text: str) -> str | None:
    """The first deadline a directive sets, as printed; None where it sets none."""
    line = text.replace("\n", " ")
    folded = fold(line)
    match = _DEADLINE.search(folded)
    if match is None:
        return None
    start = match.start()
    if lead := _LEADING.match(folded[start : match.end()]):
        start += lead.end()
    return line[start : match.end()].strip(" ,.")
