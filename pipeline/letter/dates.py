"""Dates as letters write them, and the line of place and date.

"Hải Phòng, ngày 05 tháng 02 năm 2026" (Nghị định 30/2020/NĐ-CP, Phụ lục I; Hướng dẫn 36-HD/VPTW);
in citations also "ngày 30/5/2019", "30-5-2019", "30.5.2019".
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import regex

from pipeline.letter.folding import fold, letters

_DIGITS = r"[\dlio]"
_MONTH_WORDS = {
    "mot": 1, "gieng": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "sau": 6,
    "bay": 7, "tam": 8, "chin": 9, "muoi": 10, "muoi mot": 11, "muoi hai": 12, "chap": 12,
}  # fmt: skip
_WORDS = "|".join(sorted(_MONTH_WORDS, key=len, reverse=True))
# Folded text, with the damage OCR does to the three short words ("thing", "nim", "nang").
_LONG = regex.compile(
    rf"\bng[a-z]{{1,3}}[ ]?(?P<d>{_DIGITS}{{1,2}})?(?P<dx>[^a-z\n]{{0,14}}+|.{{0,6}}?)"
    rf"(?:th[a-z]{{1,3}}g|hang)[ ]?(?P<m>{_DIGITS}{{1,2}}|{_WORDS})?"
    rf"(?P<mx>[^a-z\n]{{0,14}}+|.{{0,6}}?)"
    rf"n[a-z]{{1,2}}m?[ ]?(?P<y>{_DIGITS}{{4}}|\d{{2,3}}[ .…_]*+)?(?![\d])"
)
_BLANKS = " .,…_:;"
_SHORT = regex.compile(
    r"(?<![\d/.,-])(?P<d>\d{1,2})[ ]?(?P<s>[/.-])[ ]?(?P<m>\d{1,2})[ ]?(?P=s)[ ]?"
    r"(?P<y>(?:19|20)\d\d)(?![\d/])"
)
_SURE = "oOØÖlIi"  # ó may be a 6, í a 1 or a 7
_LOOKALIKE = str.maketrans({"l": "1", "i": "1", "o": "0"})


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date found in a text. `iso` is None where a part is blank or no such day exists
    (`impossible`); `clean` is the date as it must have been printed where letters were taken for
    digits, or its words are damaged; else None."""

    iso: str | None
    printed: str
    start: int
    end: int
    impossible: bool = False
    clean: str | None = None

    @property
    def repaired(self) -> bool:
        """Is it read otherwise than it stands there?"""
        return self.clean is not None


def find_date(text: str, start: int = 0, *, anchored: bool = False) -> DateMention | None:
    """The first date at or after `start`; with `anchored` only one that begins there.

    A short date counts with or without the word "ngày" before it."""
    folded = fold(text)
    if anchored:
        return _short_after_word(folded, text, start) or _long(_LONG.match(folded, start), text)
    long, short = _LONG.search(folded, start), _SHORT.search(folded, start)
    if long is not None and _is_date(long) and (short is None or long.start() < short.start()):
        return _long(long, text)
    if short is not None:
        return _short(short, text)
    return _long(long, text)


_WORD = regex.compile(r"\bng[a-z]{1,3}[ ]?")


def _short_after_word(folded: str, text: str, start: int) -> DateMention | None:
    word = _WORD.match(folded, start)
    match = _SHORT.match(folded, word.end() if word else start)
    return _short(match, text, start) if match else None


def _is_date(match: regex.Match[str]) -> bool:
    return bool(match["y"] or match["m"] or match["d"])


def _long(match: regex.Match[str] | None, text: str) -> DateMention | None:
    if match is None or not _is_date(match):
        return None
    day, month, year = (match[k] or "" for k in "dmy")
    numbers = [p.translate(_LOOKALIKE).strip(" .…_") for p in (day, year)]
    month_number = _month(month)
    printed = text[match.start() : match.end()].strip()
    if (match["dx"] + match["mx"]).strip(_BLANKS):
        return DateMention(None, printed, match.start(), match.end())
    digits = "".join(text[slice(*match.span(k))] for k in "dmy" if match[k] not in _MONTH_WORDS)
    if any(c.isalpha() and c not in _SURE for c in digits):
        return DateMention(None, printed, match.start(), match.end())
    if not all(n.isdigit() for n in numbers) or month_number is None or len(numbers[1]) != 4:
        return DateMention(None, printed, match.start(), match.end())
    iso = _iso(int(numbers[1]), month_number, int(numbers[0]))
    clean = _clean(printed, numbers[0], _digits_or_word(match, text), numbers[1]) if iso else None
    return DateMention(iso, printed, match.start(), match.end(), iso is None, clean)


def _digits_or_word(match: regex.Match[str], text: str) -> str:
    """The month as printed, its digits mended."""
    printed = text[match.start("m") : match.end("m")]
    return printed if match["m"] in _MONTH_WORDS else str(match["m"].translate(_LOOKALIKE))


def _clean(printed: str, day: str, month: str, year: str) -> str | None:
    """The date in full where `printed` is not about it; None where nothing is to be mended."""
    clean = f"{printed[:1]}gày {day} tháng {month} năm {year}"
    if letters(printed) == letters(clean):
        return None
    return clean


def _month(month: str) -> int | None:
    if month in _MONTH_WORDS:
        return _MONTH_WORDS[month]
    digits = month.translate(_LOOKALIKE)
    return int(digits) if digits.isdigit() else None


def _short(match: regex.Match[str], text: str, start: int | None = None) -> DateMention:
    iso = _iso(int(match["y"]), int(match["m"]), int(match["d"]))
    begin = match.start() if start is None else start
    return DateMention(iso, text[begin : match.end()], begin, match.end(), iso is None)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
