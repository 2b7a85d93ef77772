"""What the model must leave alone: numbers, identifiers, acronyms, addresses, item marks.

In: a printed token and the line it stands in. Out: whether it is protected.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import regex

from pipeline.restore.acronyms import codes
from pipeline.restore.damage import could_be_syllable
from pipeline.restore.orthography import split_tone

# Searched for in tokens of any length, so nothing is repeated without end before a mark.
_ADDRESS = regex.compile(
    r"\S@\S{1,200}\.\S|https?:|www\.|\S\.(vn|com|org|net|gov)\b|e-?mail\s*:", regex.IGNORECASE
)
_ITEM = regex.compile(r"[\"“(]?(?:\p{L}|\d{1,2}|[IVX]+)[).]|[abc]\d\)")
_SHORTENED = regex.compile(r"[(\[]?\p{L}[/⁄]")
_MEASURE = regex.compile(r"\d+(?:h|km|kg|m|ha|g)\d*")
_AREA = regex.compile(r"[kcd]?m[23]")
_CODE = regex.compile(r"\p{Lu}\d?[0-357-9]")
_ROMAN = regex.compile(r"[IVXLC]+")
_SYMBOLS: Final = frozenset("&@¢§€£¥©®$")
_VOWELS: Final = frozenset("aăâeêioôơuưy")
_STROKES: Final = dict.fromkeys("lIÌÍìíÏï]|!", "1")


def is_address(token: str) -> bool:
    """An e-mail or web address."""
    return bool(_ADDRESS.search(token))


def is_item_mark(token: str) -> bool:
    """A list mark such as `a)`, `đ)`, `1.`, `II.`, `a2)`"""
    return bool(_ITEM.fullmatch(token))


def is_plain_word(core: str) -> bool:
    """Two or more letters that are no Roman number."""
    return len(core) > 1 and core.isalpha() and not _ROMAN.fullmatch(core)


def as_number(core: str) -> str | None:
    """The number that a stroke among digits (`l6`, `2]`), or a stroke alone (`I`), may be; None for
    what has nothing of the kind. A stroke that OCR takes for a letter is 1."""
    if not 0 < len(core) <= 3 or (len(core) > 1 and not any(c.isdigit() for c in core)):
        return None
    number = "".join(_STROKES.get(c, c) for c in core)
    return number if number != core and number.isascii() and number.isdigit() else None


def is_measure(core: str) -> bool:
    """Digits with the sign of a measure: `4h`, `15m`, `2kg`."""
    return bool(_MEASURE.fullmatch(core))


def is_code(core: str) -> bool:
    """A capital and digits that are hardly read for vowels (4 and 6 are): `V8`, `U23`. `S8` may
    still be Sở."""
    return bool(_CODE.fullmatch(core))


def is_stroke(sign: str) -> bool:
    """Whether a sign is what an I may be read as."""
    return sign in {"]", "|", "!", "}"}


def stays(token: str, core: str, heavy: bool) -> bool:
    """Whether a token is an address, a list mark, a measure or a word cut short before a stroke
    (`b/cáo`), which no word is read as. Under heavy damage `4m` and `6m` are what an English model
    makes of âm and ốm: the words around tell."""
    if is_address(token) or is_item_mark(token) or _SHORTENED.fullmatch(token):
        return True
    return is_measure(core) and not (heavy and len(core) == 2 and core[1] == "m")


def is_area(core: str) -> bool:
    """The sign of an area or volume, which also may be a word whose last letter was read as a
    digit: `m2`, `m3`."""
    return bool(_AREA.fullmatch(core))


def has_vowel(core: str) -> bool:
    """Whether a Vietnamese vowel letter stands in `core`."""
    return any(split_tone(c)[0] in _VOWELS for c in core.lower())


def is_acronym(core: str, in_capitals: bool, heavy: bool = False) -> bool:
    """Capitals that are not a word in capitals: `UBND`, `QĐ`, `VKSNDTC`; Roman numerals.

    `in_capitals`: the neighbours are capitals too (a letterhead), where only what has no vowel
    is an acronym. Under heavy damage two capitals may be a word too (`BO` for `Bộ`)."""
    letters = [c for c in core if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    if _ROMAN.fullmatch(core):
        return True
    if capitals < 2 or (heavy and len(core) == 2 and core not in _known_pairs()):
        return False
    if capitals < len(letters):
        if heavy and (_small_in_capitals(core) if in_capitals else _two_capitals(core)):
            return False
        return sum(c.isupper() for c in letters[1:]) >= 2 or not has_vowel(core)
    if heavy and len(core) > 2 and core not in _unmarked_codes() and could_be_syllable(core):
        return False
    return not in_capitals or not has_vowel(core)


def _small_in_capitals(core: str) -> bool:
    """Whether a word in capitals has small letters that are misread: `NGhIỆM`, `CHf` for CHÍ."""
    return has_vowel(core) or all(c.isupper() or c in "fijlt" for c in core)


def _two_capitals(core: str) -> bool:
    """Whether a word's first vowel was read as a second capital: `MGng` for Mông."""
    return len(core) > 3 and core[:2].isupper() and core[2:].islower()


@cache
def _unmarked_codes() -> frozenset[str]:
    """The abbreviations of the lists, as an English model prints them."""
    return frozenset(code.replace("Đ", "D") for code in codes())


@cache
def _known_pairs() -> frozenset[str]:
    """Those of two capitals (types, bodies)."""
    return frozenset(x for x in _unmarked_codes() if len(x) == 2)


def is_readable(core: str, heavy: bool) -> bool:
    """Whether a token can be a misread syllable at all: letters, with the odd digit or sign under
    heavy damage; never digits alone, identifiers or long strings."""
    if not core or len(core) > 16:
        return False
    if core.isalpha():
        return True
    if not heavy:
        return False
    if core.isdigit():
        return len(core) <= 2 and core[0] != "0"
    if any(c in "/\\" for c in core) or (core[:1].isdigit() and core[-1:].isdigit()):
        return False
    letters = sum(c.isalpha() for c in core)
    digits = sum(c.isdigit() for c in core)
    if "-" in core and digits:
        return False
    symbols = sum(c in _SYMBOLS for c in core)
    return (letters + symbols > 0 and digits <= 2) or symbols == len(core)
