"""Text without marks and case, character by character, for finding things in it.

Folded text has the length of the original, so a place found in it is a place in the original.
Never used to decide on MẬT: folded, it equals MẶT.
"""

from __future__ import annotations

from functools import cache

from rapidfuzz import fuzz
from unidecode import unidecode


@cache
def _fold_character(character: str) -> str:
    if character.isspace():
        return " "
    plain = unidecode(character)
    return plain.lower() if len(plain) == 1 else character


def fold(text: str) -> str:
    """`text` in lower case without diacritics; one character for each character."""
    return "".join(map(_fold_character, text))


def letters(text: str) -> str:
    """The folded letters and digits of `text`, nothing between them."""
    return "".join(c for c in fold(text) if c.isalnum())


def upper_share(text: str) -> float:
    """Share of capitals among the letters of `text`; 0 where it has none."""
    cased = [c for c in text if c.isalpha()]
    return sum(c.isupper() for c in cased) / len(cased) if cased else 0.0


def starts_lower(text: str) -> bool:
    """Does the first letter or digit of `text` stand in lower case?"""
    first = next((c for c in text if c.isalnum()), "")
    return first.islower()


def alike(text: str, phrase: str, least: float = 85.0) -> bool:
    """Is `text` about `phrase` (folded letters only), as a damaged print of it would be?"""
    a, b = letters(text), letters(phrase)
    if abs(len(a) - len(b)) > max(2, len(b) // 4):
        return False
    return fuzz.ratio(a, b) >= least


def opens_with(text: str, phrase: str, least: float = 88.0) -> bool:
    """Does `text` begin with about `phrase` (folded letters only)?"""
    wanted = letters(phrase)
    found = letters(text[: 2 * len(phrase) + 8])[: len(wanted)]
    return found == wanted or (len(wanted) >= 7 and fuzz.ratio(found, wanted) >= least)
