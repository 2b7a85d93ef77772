"""Vietnamese alphabetical order: a ă â b c d đ e ê …, then tones, as in dictionaries.

In: a text. Out: a key for `sorted`. Letters decide before tones, tones (ngang, huyền, hỏi, ngã,
sắc, nặng) before capitals; uỷ and ủy are the same.
"""

from __future__ import annotations

import unicodedata

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: rank for rank, letter in enumerate(_LETTERS, start=100)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}

Key = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], str]


def vietnamese_key(text: str) -> Key:
    """Sorts syllable by syllable; digits come before letters, other signs before digits."""
    syllables = unicodedata.normalize("NFC", text).casefold().split()
    letters: list[tuple[int, ...]] = []
    tones: list[int] = []
    for syllable in syllables:
        bare, tone = _without_tone(syllable)
        letters.append(tuple(_rank(char) for char in bare))
        tones.append(tone)
    return (tuple(letters), tuple(tones), text)


def _without_tone(syllable: str) -> tuple[str, int]:
    parts = unicodedata.normalize("NFD", syllable)
    tone = next((_TONES[c] for c in parts if c in _TONES), 0)
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES)), tone


def _rank(char: str) -> int:
    if char.isdigit():
        return 50 + (unicodedata.digit(char, 0))
    return _RANK.get(char, 1 if not char.isalpha() else 200 + min(ord(char), 0xFFFF))
