"""The Vietnamese syllable: onset, rime and tone; which are legal; where the tone mark stands.

In: single words. Out: their parts, or a canonical spelling. Sources: Hoàng Phê's orthography as
measured on the hunspell list (docs/restoring.md) and QĐ 1989/QĐ-BGDĐT, art. 8, on tone placement.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import regex

TONES = {"\u0300": "`", "\u0301": "'", "\u0309": "?", "\u0303": "~", "\u0323": "."}
ONSETS = (
    *("ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr"),
    *"bcdđghklmnprstvx",
)
_ONSETS = frozenset(ONSETS)
_RIME_LINES = (files("dictionaries") / "rimes.tsv").read_text(encoding="utf-8").splitlines()
RIMES = frozenset(line for line in _RIME_LINES if line and not line.startswith("#"))
"""Rimes without tone, glides included. After `qu` the rime stands without its own u."""

VIETNAMESE_ONLY = frozenset(
    "ăâđêôơư" + "".join(unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in TONES)
)
_STOPS = ("p", "t", "c", "ch")
_OPEN_PAIRS = {"oa": 1, "oe": 1, "uy": 1}


class Syllable(NamedTuple):
    """Parts of a syllable, lower case. `rime` carries its tone mark, tone placed the new way."""

    onset: str
    rime: str


@cache
def split_tone(letters: str) -> tuple[str, str]:
    """Letters without their tone mark, and the mark (a combining character, or empty)."""
    if letters.isascii():
        return letters, ""
    tone = ""
    out = []
    for char in letters:
        parts = _APART.get(char)
        if parts is None:
            return _split_any_tone(letters)
        out.append(parts[0])
        tone = parts[1] or tone
    return "".join(out), tone


def _split_any_tone(letters: str) -> tuple[str, str]:
    """`split_tone` of letters of any language, or combining characters."""
    tone = ""
    out = []
    for char in unicodedata.normalize("NFD", letters):
        if char in TONES:
            tone = char
        else:
            out.append(char)
    return unicodedata.normalize("NFC", "".join(out)), tone


_APART = {c: _split_any_tone(c) for c in (*"abcdefghijklmnopqrstuvwxyz", *VIETNAMESE_ONLY)}
"""Each small letter of Vietnamese without its tone mark, and the mark."""


@cache
def place_tone(rime: str, tone: str, old_style: bool = False) -> str:
    """`rime` (without tone) with its tone mark where the orthography puts it.

    `old_style` gives ỏa, ủy (mark on the first of two open vowels), else oả, uỷ."""
    if not tone:
        return rime
    vowels = [i for i, c in enumerate(rime) if split_tone(c)[0] in "aăâeêioôơuưy"]
    if not vowels:
        return rime
    at = _tone_position(rime, vowels, old_style)
    return unicodedata.normalize("NFC", rime[: at + 1] + tone + rime[at + 1 :])


def _tone_position(rime: str, vowels: list[int], old_style: bool) -> int:
    marked = [i for i in vowels if rime[i] in "ăâêôơư"]
    if marked:
        return marked[-1]
    if len(vowels) == 1:
        return vowels[0]
    if rime in _OPEN_PAIRS:
        return 0 if old_style else 1
    closed = rime[-1] not in "aeiouy"
    return vowels[1] if closed or len(vowels) == 3 or rime.startswith(("oa", "oe")) else vowels[0]


@lru_cache(maxsize=200_000)
def analyse(word: str) -> Syllable | None:
    """The parts of a legal Vietnamese syllable (any case, either tone placement), else None."""
    lower = word.lower()
    if not 1 <= len(lower) <= 7 or not _LETTERS.issuperset(lower):
        return None
    bare, tone = split_tone(lower)
    for onset, rime in _cuts(bare):
        if _legal(onset, rime, tone):
            placed = place_tone(rime, tone, old_style=not onset.startswith("q"))
            return Syllable(onset, placed)
    return None


def _cuts(bare: str) -> Iterator[tuple[str, str]]:
    """The onsets that a word may have, the longest first, each with the rest."""
    for length in (3, 2, 1):
        if len(bare) > length and bare[:length] in _ONSETS:
            yield bare[:length], bare[length:]
    yield "", bare


def _legal(onset: str, rime: str, tone: str) -> bool:
    if onset == "qu":
        if rime not in RIMES and "u" + rime not in RIMES and "o" + rime not in RIMES:
            return False
    elif rime not in RIMES:
        return False
    if onset == "gi" and rime[0] in "iy":
        return False
    if onset in {"k", "gh", "ngh"} and rime[0] not in "eêiy":
        return False
    if onset in {"c", "g", "ng"} and rime[0] in "eê":
        return False
    if onset in {"c", "ng"} and rime[0] in "iy":
        return False
    if onset and onset not in {"k", "qu"} and rime.startswith("yê"):
        return False
    if rime.endswith(_STOPS) and not rime.endswith("nh"):
        return tone in ("\u0301", "\u0323")
    return True


@cache
def parted(word: str) -> Syllable | None:
    """The parts of a word in small letters that is built like a syllable and has a letter of
    Vietnamese, whether or not the orthography has its onset or rime (lắk, krông), else None."""
    bare, tone = split_tone(word)
    match = _BUILT_LIKE_ONE.fullmatch(bare)
    if word.isascii() or match is None:
        return None
    return Syllable(match["onset"], place_tone(match["rime"], tone))


_BUILT_LIKE_ONE = regex.compile(
    "(?P<onset>[bcdđghjklmnpqrstvxyz]{0,3})(?P<rime>[aăâeêioôơuưy]{1,3}[bcdghklmnprst]{0,2})"
)
_LETTERS = frozenset("abcdeghiklmnopqrstuvxyăâđêôơư") | VIETNAMESE_ONLY


@lru_cache(maxsize=200_000)
def canonical(word: str) -> str:
    """The one internal spelling of a word: lower case, NFC, tone placement òa, òe, ùy.

    A word that is no Vietnamese syllable is only put in lower case."""
    lower = unicodedata.normalize("NFC", word).lower()
    parts = analyse(lower)
    return parts.onset + parts.rime if parts else lower


_PLACED = regex.compile(
    r"(?<![qQ])(o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?!\p{L})|([òóỏõọ][ae]|[ùúủũụ]y)(?!\p{L})"
)


def tone_style(text: str) -> float:
    """The share of open oa, oe, uy in `text` that carry the mark on the second vowel (uỷ, hoá):
    0.5 where none is seen."""
    second = first = 0
    for match in _PLACED.finditer(text.lower()):
        if match.group(1):
            second += 1
        else:
            first += 1
    return second / (first + second) if first + second else 0.5


@lru_cache(maxsize=50_000)
def in_style(word: str, second_vowel: bool) -> str:
    """`word` (canonical, lower case) with open oa, oe, uy marked on the second vowel if asked."""
    parts = analyse(word)
    if parts is None or not second_vowel or parts.onset == "qu":
        return word
    bare, tone = split_tone(parts.rime)
    return parts.onset + place_tone(bare, tone) if bare in _OPEN_PAIRS else word


_CONSONANTS = frozenset("bcdđfghjklmnpqrstvxzBCDĐFGHJKLMNPQRSTVXZ")


def onset_end(read: str) -> int:
    """Where the first vowel of a read syllable stands, at most 4: before it, as a rule, the onset
    ends."""
    for k, c in enumerate(read[:4]):
        if not c.isalpha() or c not in _CONSONANTS:
            return k
    return min(len(read), 4)
