"""Marks put back in the names of places and bodies in the letterhead, where one name is meant.

In: a place or body as read; out: the same with the marks of the only known name that has its
letters. A name that is known as it stands is never changed.
"""

from __future__ import annotations

from functools import cache

import regex

from pipeline.letter.folding import fold, upper_share
from pipeline.letter.tables import body_words, rows
from pipeline.restore.orthography import canonical

_UNIT = regex.compile(r"(?i)^(?:thành phố|tỉnh|quận|huyện|xã|phường|thị xã|thị trấn|tp\.?)[ ]+")
_UNITS = ("THÀNH PHỐ", "THỊ XÃ", "THỊ TRẤN")
_FIRST = regex.compile(r"^T[ĨÍÌỊI]NH(?=[ ])")


@cache
def _names() -> dict[str, frozenset[str]]:
    """Known places by their folded letters."""
    found: dict[str, set[str]] = {}
    for row in rows("places.tsv"):
        name = row[0].strip()
        found.setdefault(fold(name), set()).add(name)
    return {key: frozenset(names) for key, names in found.items()}


def is_known_place(place: str) -> bool:
    """Is `place` a known name, with or without the word for its kind?"""
    bare = _UNIT.sub("", place)
    return any(_alike(bare, name) for name in _names().get(fold(bare), ()))


def mended_place(place: str) -> str:
    """`place` with the marks of the only known place of its letters."""
    unit = _UNIT.match(place)
    bare = place[unit.end() :] if unit else place
    names = _names().get(fold(bare), frozenset())
    if len(names) != 1 or is_known_place(place):
        return place
    return place[: len(place) - len(bare)] + next(iter(names))


def mended_body(line: str) -> str:
    """A line of a body's name in capitals with the marks of the set words in it put back."""
    if upper_share(line) < 0.8:
        return line
    line = str(_FIRST.sub("TỈNH", line))
    for phrase in _set_words():
        start = fold(line).find(fold(phrase))
        end = start + len(phrase)
        whole = start >= 0 and not line[end : end + 1].isalnum() and not line[:start][-1:].isalnum()
        if whole and not _alike(line[start:end], phrase):
            line = line[:start] + phrase + line[end:]
    return line


@cache
def _set_words() -> tuple[str, ...]:
    """Set words of two syllables and more that no other set words share their letters with."""
    written = {w.written for w in body_words() if " " in w.written} | set(_UNITS)
    by_letters: dict[str, set[str]] = {}
    for words in written:
        by_letters.setdefault(fold(words), set()).add(words)
    alone = [min(same) for same in by_letters.values() if len({*map(_canonical, same)}) == 1]
    return tuple(sorted(alone, key=len, reverse=True))


def _alike(one: str, other: str) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(text: str) -> str:
    return " ".join(canonical(word) for word in text.split())
