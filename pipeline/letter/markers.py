"""The marks before numbered points: Điều 1., I., 1., 1-, 1.1., a), đ), -, +.

Order of points by Nghị định 30/2020/NĐ-CP, Phụ lục I, and Hướng dẫn 36-HD/VPTW; a) b) c) d) đ) e)
g) h) … needs no f or j, and older letters have no đ): these may be left out of a series.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import regex

from pipeline.letter.folding import fold

LETTERS = "abcdđefghijklmnopqrstuvwxyz"
OPTIONAL_LETTERS = "đfjwz"
CAPITALS = "ABCDĐEFGH"
_ROMAN_NUMBERS = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX"
_ROMAN = {number: i for i, number in enumerate(_ROMAN_NUMBERS.split(" "), 1)}

_ARTICLE = regex.compile(r"^di[e]u[ ]?(?P<n>\d{1,3}|[li])[a-z]?[ ]?(?P<dot>[.:;,–-]?)(?:[ ]|$)")
_PART = regex.compile(
    r"^(?:phan|chuong|muc|tieu muc)[ ](?:thu[ ][a-z]+|[ivxl]+|\d{1,2}|t(?=[ .:]*$))\b[ .:]*"
)
# "V/v" opens a trích yếu, and is no point V.
_ROMAN_MARK = regex.compile(
    r"^(?![Vv]/[Vv]\b)(?P<n>[IVX]{1,5})[ ]?(?P<dot>[.\-–/)])[ ]?(?=[\p{L}\"“])"
)
_ROMAN_BARE = regex.compile(r"^(?P<n>II|III|IV|VI{1,3}|IX)(?P<dot>)[ ](?=\p{Lu}{2,}[ ]\p{Lu}{2,})")
_MULTI = regex.compile(r"^(?P<n>\d{1,2}(?:\.\d{1,2}){1,3})[ ]?(?P<dot>[.):\-–]?)[ ](?=[\p{L}\"“(])")
_ARABIC = regex.compile(
    r"^(?P<smudge>[$§&#%*]?)"
    r"(?P<n>\d{1,2}|[lI|])[ ]?(?P<dot>[.\-–/):])(?:[ ]?[-–](?=[ ]))?[ ]?(?=[\p{L}\"“(*\d])"
)
# "12-NQ/TW của …": a document's number at the head of a line is no point 12.
_NUMBER_OF_DOCUMENT = regex.compile(
    r"^\d{1,2}[ ]?[-–/][ ]?(?:\d{4}/)?\p{Lu}[\p{Lu}\p{Ll}]{0,4}[ ]?[/–-][ ]?\p{Lu}{2}"
)
_PAREN = regex.compile(r"^\((?P<n>\d{1,2}|[ivx]{1,4})\)[ ]?(?=[\p{L}\"“])")
_LETTER = regex.compile(r"^(?P<n>[a-zđ])(?:(?P<dot>[)/])[ ]?|(?P<dot2>\.)[ ])(?=[\p{L}\"“(\d])")
_CAPITAL = regex.compile(r"^(?P<n>[A-HĐ])[ ]?(?P<dot>[.\-–/])[ ]?(?=\p{Lu})")
_DASH = regex.compile(r"^(?P<n>[-–—−•*●▪+])[ ]?(?=[\p{L}\d\"“(])")

# The usual order, outermost first; a point never holds one of a smaller rank.
RANKS = {
    "part": 0, "article": 1, "capital": 2, "roman": 3, "arabic": 4, "multi2": 5, "multi3": 6,
    "multi4": 7, "paren": 8, "letter": 9, "paren_roman": 10, "dash": 11, "plus": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marker:
    """The mark of a point: its kind, its value (1 for a, I, Điều 1 …; 0 for a dash), how it is
    printed, and where the text after it begins. `repaired` where "l." stands for "1."."""

    kind: str
    value: int
    label: str
    end: int
    repaired: bool = False

    @property
    def rank(self) -> int:
        """Depth in the usual order of points."""
        return RANKS[self.kind]

    @property
    def is_numbered(self) -> bool:
        """Is it a number or letter, not a dash?"""
        return self.kind not in ("dash", "plus", "part")


def read_marker(text: str) -> Marker | None:
    """The mark at the head of a line, taken by its shape alone."""
    head = text[:40]
    if _NUMBER_OF_DOCUMENT.match(head):
        return None
    for reader in (_article, _part, _multi, _roman, _arabic, _paren, _letter, _capital, _dash):
        if found := reader(head):
            return found
    return None


def _article(text: str) -> Marker | None:
    match = _ARTICLE.match(fold(text))
    if match is None or text[0] not in "ĐÐDđ":
        return None
    end = match.end()
    if not match["dot"] and match.end() < len(text):
        return None
    repaired = not match["n"].isdigit()
    value = 1 if repaired else int(match["n"])
    label = f"Điều {value}{match['dot'].replace('–', '-')}"
    return Marker("article", value, label, end, repaired)


def _part(text: str) -> Marker | None:
    match = _PART.match(fold(text))
    if match is None or not text[0].isupper():
        return None
    return Marker("part", 0, text[: match.end()].strip(), match.end())


def _roman(text: str) -> Marker | None:
    match = _ROMAN_MARK.match(text) or _ROMAN_BARE.match(text)
    value = _ROMAN.get(match["n"]) if match else None
    if match is None or value is None:
        return None
    return Marker("roman", value, match["n"] + match["dot"].replace("–", "-"), match.end())


def _multi(text: str) -> Marker | None:
    match = _MULTI.match(text)
    if match is None:
        return None
    numbers = match["n"].split(".")
    label = match["n"] + match["dot"]
    return Marker(f"multi{len(numbers)}", int(numbers[-1]), label, match.end())


def _arabic(text: str) -> Marker | None:
    match = _ARABIC.match(text)
    if match is None or (text[match.end() : match.end() + 1].isdigit() and match["dot"] != "."):
        return None
    if text[match.end() : match.end() + 1].isdigit() and text[match.end() - 1] != " ":
        return None
    value = int(match["n"]) if match["n"].isdigit() else 1
    repaired = not match["n"].isdigit() or bool(match["smudge"])
    dot = match["dot"].replace("–", "-")
    return Marker("arabic", value, f"{value}{dot}", match.end(), repaired)


def _paren(text: str) -> Marker | None:
    match = _PAREN.match(text)
    if match is None:
        return None
    if match["n"].isdigit():
        return Marker("paren", int(match["n"]), f"({match['n']})", match.end())
    value = _ROMAN.get(match["n"].upper(), 0)
    return Marker("paren_roman", value, f"({match['n']})", match.end())


def _letter(text: str) -> Marker | None:
    match = _LETTER.match(text)
    if match is None:
        return None
    value = LETTERS.find(match["n"]) + 1
    if value == 0:
        return None
    dot = match["dot"] or match["dot2"]
    return Marker("letter", value, match["n"] + dot, match.end())


def _capital(text: str) -> Marker | None:
    match = _CAPITAL.match(text)
    if match is None:
        return None
    return Marker("capital", CAPITALS.index(match["n"]) + 1, match["n"] + match["dot"], match.end())


def _dash(text: str) -> Marker | None:
    match = _DASH.match(text)
    if match is None:
        return None
    kind = "plus" if match["n"] == "+" else "dash"
    label = match["n"].translate({ord(c): "-" for c in "–—−"})
    return Marker(kind, 0, label, match.end())


@dataclass(slots=True)
class Numbering:
    """Which points came last, to tell a point from a number that opens a wrapped line."""

    last: dict[str, int] = field(default_factory=dict)

    def accepts(self, marker: Marker) -> bool:
        """Could `marker` be the next point? A start at 1, the next number, or a small jump."""
        if not marker.is_numbered or marker.kind.startswith("multi"):
            return True
        last = self.last.get(marker.kind, 0)
        if marker.repaired:
            return marker.value in (1, last + 1)
        if marker.value == 1:
            return True
        if marker.kind == "letter":
            return last > 0 and last < marker.value <= last + 3
        if marker.kind == "roman" and marker.value == last > 1:
            return True  # "II." twice is a "III." ill read or ill numbered; it is flagged
        return last < marker.value <= last + 3

    def is_next(self, marker: Marker) -> bool:
        """Is `marker` the very next point of a series that has begun?"""
        last = self.last.get(marker.kind, 0)
        return marker.is_numbered and last > 0 and marker.value == last + 1

    def as_letter(self, marker: Marker, text: str) -> Marker:
        """`marker` as the letter l where "l)" follows k), and is no 1 that was read as a letter."""
        value = LETTERS.index("l") + 1
        follows = value - 2 <= self.last.get("letter", 0) < value
        if not marker.repaired or not text.startswith("l") or not follows:
            return marker
        return Marker("letter", value, "l" + marker.label[-1], marker.end)

    def take(self, marker: Marker) -> None:
        """Note `marker`; points below it begin anew, but a Chương or Mục does not end the series
        of the Điều, which runs through the whole."""
        self.last[marker.kind] = marker.value
        for kind, rank in RANKS.items():
            if rank > marker.rank and not (marker.kind == "part" and kind == "article"):
                self.last.pop(kind, None)


def as_arabic_one(marker: Marker) -> Marker:
    """A Roman "I." that the numbering after it shows to be a 1."""
    return replace(marker, kind="arabic", value=1, label="1" + marker.label[-1], repaired=True)


_ARTICLE_LEFT = regex.compile(r"^Đi(?:ề|ê|e)?u?[ ]?[1lI]?[.:]?$")


def is_first_article(text: str, next_label: str | None) -> bool:
    """Is a paragraph what a stamp left of "Điều 1." where "Điều 2." is the first one read?"""
    return next_label == "Điều 2." and _ARTICLE_LEFT.match(text.strip()) is not None
