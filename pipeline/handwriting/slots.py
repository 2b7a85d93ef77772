"""Where a letter leaves room for a number or a day: between printed words of its letterhead.

In: the lines of a page. Out: for each slot its place on the page, what Tesseract read there, and
where in the line's text that stands. The printed words are known by their look, however misread;
where handwriting runs into one of them, its edge is worked out from the widths of its letters.

Forms: "Số: ___/QĐ-UBND", "Số: ___-CV/TU", "…, ngày __ tháng __ năm 2024" (Nghị định 30/2020/NĐ-CP,
Phụ lục I; Hướng dẫn 36-HD/VPTW, Phụ lục 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Literal

import regex
from rapidfuzz import fuzz
from unidecode import unidecode

from pipeline.document import Box, Line, PageLayout, Word, Zone
from pipeline.print_widths import width_of

Kind = Literal["number", "day", "month"]

_HEAD = (Zone.LETTERHEAD_LEFT, Zone.LETTERHEAD_RIGHT)
_TOP = 0.4  # of the page: where a letterhead that was not known as one may stand
_LABEL = regex.compile(r"^[^\p{L}\d]{0,3}(?P<label>[SsŠ5$§][ốóôồổỗộõòöo06ỏ][ ]?[:.;]?)")
_SYMBOL = regex.compile(
    r"[ ,.]*(?P<sym>[-–/⁄∕][ ,.]{0,2}(?:(?:19|20)\d\d[ ]?[/⁄∕][ ]?)?"
    r"\p{Lu}[\p{Lu}\p{Ll}&.]{0,14}(?:[ ]?[-–/⁄][ ]?\p{Lu}[\p{Lu}\p{Ll}&.]{0,14})*)\W*$"
)
_DATE_BESIDE = regex.compile(
    r"[ ](?=\p{Lu}[\p{L}. ]{1,30}[,.]?[ ]?ng\S{0,4}[ ]?\S{0,4}[ ]?th\p{L})"
)
_YEAR = regex.compile(r"[12]\d{3}\b")
_BEARING = 0.12  # em: a word's ink is narrower than its letters' widths by so much
_SWOLLEN = 1.12  # a word's box so much wider than the word holds handwriting, too
_LIKE = 60.0  # of 100: how like the printed word what was read must be


@dataclass(frozen=True, slots=True)
class Slot:
    """Room for a number. `text[start:end]` of line `line` (from 0) is what was read there, without
    spaces at its ends; `confidence` of its worst word, 0 without any. `box` is the room between
    the printed words, as high as they are; `em` the size of the print in pixels."""

    kind: Kind
    line: int
    start: int
    end: int
    text: str
    confidence: float
    box: Box
    em: float


def find_slots(page: PageLayout) -> list[Slot]:
    """The slots of a page's letterhead; none on bare text."""
    found: list[Slot] = []
    for index, line in enumerate(page.lines):
        if line.words and _may_have_slots(line, page):
            tokens = _tokens(line)
            em, usual = _em(tokens), _em_of_date(page)
            if usual:  # a short line tells little of its own size
                em = min(max(em or usual, 0.9 * usual), 1.05 * usual)
            if tokens and em:
                found += [*_number(index, line, tokens, em), *_date(index, line, tokens, em)]
    return found


def _may_have_slots(line: Line, page: PageLayout) -> bool:
    if line.zone in _HEAD:
        return True
    usual = line.zone in (Zone.TITLE, Zone.BODY) and line.box is not None
    return usual and line.box is not None and line.box[3] < _TOP * page.height


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a line, and where its text stands in the line's."""

    word: Word
    start: int

    @property
    def text(self) -> str:
        return self.word.text

    @property
    def plain(self) -> str:
        return _plain(self.word.text)


def _tokens(line: Line) -> list[_Token]:
    """The words of a line with their offsets; none where they do not make up its text."""
    found = [_Token(word, at) for at, word in zip(line.starts(), line.words, strict=True)]
    return found if " ".join(t.text for t in found) == line.text else []


@cache
def _plain(text: str) -> str:
    """Lower case without marks, one character for each."""
    return "".join(unidecode(c).lower() if len(unidecode(c)) == 1 else c for c in text)


# --- the size of the print ---------------------------------------------------------------------


def _em(tokens: Sequence[_Token]) -> float | None:
    """The size of the print by words read well; None where too few are."""
    sure = [
        t
        for t in tokens
        if t.word.confidence > 0.85 and len(t.text) >= 3 and any(c.isalpha() for c in t.text)
    ]
    slanted = _is_date_line(tokens)
    sizes = [
        (t.word.box[2] - t.word.box[0]) / (width_of(t.text, slanted=slanted) - _BEARING)
        for t in sure
    ]
    return median(sizes) if sizes else None


def _em_of_date(page: PageLayout) -> float | None:
    """The size of the print of the date line, the longest of the letterhead in plain letters."""
    lines = (_tokens(x) for x in page.lines if x.zone in _HEAD and x.words)
    return next((em for t in lines if _date_words(t) and (em := _em(t))), None)


def _is_date_line(tokens: Sequence[_Token]) -> bool:
    return any(t.plain.startswith("nam") for t in tokens) and any("ng" in t.plain for t in tokens)


# --- the number --------------------------------------------------------------------------------


def _number(index: int, line: Line, tokens: Sequence[_Token], em: float) -> Iterator[Slot]:
    """The room between "Số:" and the symbol."""
    beside = _DATE_BESIDE.search(line.text)  # both columns of the letterhead read as one row
    text = line.text[: beside.start()] if beside else line.text
    tokens = [t for t in tokens if t.start < len(text)]
    label = _LABEL.match(text)
    symbol = _SYMBOL.search(text, label.end() if label else 0)
    if label is None or symbol is None or symbol.start("sym") - label.end() > 24:
        return
    first = tokens[0].word.box
    left = first[0] + width_of(label["label"], slanted=False) * em
    if label.end() >= len(tokens[0].text) and tokens[0].word.confidence > 0.8:
        left = min(left * 1.0 + 0.1 * em, max(left, first[2]))
    right = _symbol_left(tokens, symbol.start("sym"), em)
    top, bottom = _rows(tokens, symbol.start("sym"), first)
    start, end = label.end(), symbol.start("sym")
    yield _slot("number", index, line, tokens, (start, end), (left, top, right, bottom), em)


def _symbol_left(tokens: Sequence[_Token], at: int, em: float) -> float:
    """The left edge of the symbol that begins at character `at`."""
    inside = [t for t in tokens if t.start + len(t.text) > at]
    token = inside[0]
    if token.start == at:
        return token.word.box[0]
    part = token.text[at - token.start :]
    return token.word.box[2] - width_of(part, slanted=False) * em


def _rows(tokens: Sequence[_Token], at: int, first: Box) -> tuple[int, int]:
    """The top and bottom of the capitals and digits: of the symbol, if that has one word."""
    inside = [t.word.box for t in tokens if t.start >= at] or [tokens[-1].word.box]
    tops, bottoms = [b[1] for b in inside], [b[3] for b in inside]
    high = min(max(bottoms) - min(tops), first[3] - first[1])
    return max(bottoms) - high, max(bottoms)


# --- day and month -----------------------------------------------------------------------------


def _date(index: int, line: Line, tokens: Sequence[_Token], em: float) -> Iterator[Slot]:
    """The room between "ngày" and "tháng", and between "tháng" and "năm"."""
    found = _date_words(tokens)
    if found is None:
        return
    day, month, year = found
    boxes = [t.word.box for t in (day, month, year)]
    top, bottom = boxes[2][1], boxes[2][3]  # "năm" has no descender
    wide = [width_of(word, slanted=True) * em for word in ("ngày", "tháng", "năm")]
    after_day, before_month = boxes[0][0] + wide[0], boxes[1][2] - wide[1]
    if day is not month and len(day.text) <= 4 and boxes[0][2] - boxes[0][0] < _SWOLLEN * wide[0]:
        after_day = boxes[0][2]
    if day is not month and len(month.text) <= 5:
        before_month = boxes[1][0]
    after_month = min(float(boxes[1][2]), before_month + _SWOLLEN * wide[1])
    before_year = max(float(boxes[2][0]), boxes[2][2] - _SWOLLEN * wide[2])
    day_end, month_start = day.start + min(4, len(day.text)), month.start + len(month.text) - 5
    month_start = max(month_start, month.start, day_end)
    chars = (day_end, month_start)
    yield _slot("day", index, line, tokens, chars, (after_day, top, before_month, bottom), em)
    chars = (month.start + len(month.text), year.start)
    yield _slot("month", index, line, tokens, chars, (after_month, top, before_year, bottom), em)


def _date_words(tokens: Sequence[_Token]) -> tuple[_Token, _Token, _Token] | None:
    """The words that print "ngày", "tháng" and "năm", the year behind them. The first two may be
    one, with what was written between them."""
    for y in range(len(tokens) - 1, 0, -1):
        behind = " ".join(t.text for t in tokens[y + 1 :])
        if not (tokens[y].plain[:1] == "n" and _YEAR.match(behind) and len(behind) < 12):
            continue
        for m in range(y - 1, max(-1, y - 5), -1):
            if not _like(tokens[m].plain[-5:], "thang"):
                continue
            if len(tokens[m].plain) >= 9 and _like(tokens[m].plain[:4], "ngay"):
                return tokens[m], tokens[m], tokens[y]
            for d in range(m - 1, max(-1, m - 5), -1):
                if _like(tokens[d].plain[:4], "ngay") and _after_place(tokens, d):
                    return tokens[d], tokens[m], tokens[y]
    return None


def _like(read: str, word: str) -> bool:
    return read[:1] == word[:1] and fuzz.ratio(read, word) >= _LIKE


def _after_place(tokens: Sequence[_Token], day: int) -> bool:
    """Is "ngày" the first word, or does a comma (a point, misread) stand before it?"""
    return day == 0 or tokens[day - 1].text[-1] in ",.;:"


# --- both --------------------------------------------------------------------------------------


def _slot(
    kind: Kind,
    index: int,
    line: Line,
    tokens: Sequence[_Token],
    chars: tuple[int, int],
    box: tuple[float, float, float, float],
    em: float,
) -> Slot:
    start, end = chars
    read = line.text[start:end]
    inside = [t.word.confidence for t in tokens if t.start < end and t.start + len(t.text) > start]
    stripped = read.strip()
    if stripped:
        start += len(read) - len(read.lstrip())
        end = start + len(stripped)
    else:
        start = end
    left, top, right, bottom = (round(v) for v in box)
    confidence = min(inside, default=0.0) if stripped else 0.0
    return Slot(kind, index, start, end, stripped, confidence, (left, top, right, bottom), em)
