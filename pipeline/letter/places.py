"""Marks put back in the names of places and bodies in the letterhead, where one name is meant.

In: a place or body as read; out: the same with the marks of the only known name that has its
letters. A name that is known as it stands is never changed.
"""

from __future__ import annotations

from functools import cache

import regex
from rapidfuzz.distance import Levenshtein

from pipeline.letter.folding import fold, letters, upper_share
from pipeline.letter.tables import bodies, body_words, rows
from pipeline.restore.orthography import analyse, canonical

_UNIT = regex.compile(r"(?i)^(?:thành phố|tỉnh|quận|huyện|xã|phường|thị xã|thị trấn|tp\.?)[ ]+")
_UNITS = ("THÀNH PHỐ", "THỊ XÃ", "THỊ TRẤN")
_OPEN_UY = regex.compile(r"\bUỶ\b")
_FIRST = regex.compile(r"^(?:T[ĨÍÌỊI]NH|TỈN)(?=[ ])")


@cache
def _names() -> dict[str, frozenset[str]]:
    """Known places by their folded letters."""
    found: dict[str, set[str]] = {}
    names = [row[0].strip() for row in rows("places.tsv")]
    provinces = [row[:2] for row in rows("body_names.tsv") if row[2] == "place"]
    for name in names + [name for pair in provinces for name in pair]:
        found.setdefault(fold(name), set()).add(name)
    return {key: frozenset(names) for key, names in found.items()}


def is_known_place(place: str) -> bool:
    """Is `place` a known name, with or without the word for its kind?"""
    bare = _UNIT.sub("", place)
    return any(_alike(bare, name) for name in _names().get(fold(bare), ()))


def mended_place(place: str, bodies: str) -> str:
    """`place` with the marks of the only known place of its letters, or of the one that stands in
    the names of the letter's `bodies`."""
    unit = _UNIT.match(place)
    bare = place[unit.end() :] if unit else place
    names = _names().get(fold(bare), frozenset())
    if len(names) > 1:
        names = frozenset(n for n in names if n.upper() in bodies.upper())
    if len(names) != 1 or is_known_place(place):
        return place
    return place[: len(place) - len(bare)] + next(iter(names))


_O_FOR_Q = regex.compile(r"\bO(?=[uU]\p{L})")


def with_q(text: str) -> str:
    """`text` with Q in words that begin with "Ou" as read: no Vietnamese syllable does, but those
    with "Qu" ("Ouy định", "OUẢNG")."""

    def mended(match: regex.Match[str]) -> str:
        rest = text[match.end() :].split(" ")[0].strip(".,;:")
        return "Q" if analyse(f"Q{rest}") is not None else "O"

    return str(_O_FOR_Q.sub(mended, text))


def mended_body(line: str) -> str:
    """A line of a body's name in capitals with the marks of the set words in it put back."""
    if upper_share(line) < 0.8:
        return line
    line = str(_FIRST.sub("TỈNH", with_q(line)))
    line = str(_OF_PROVINCE.sub(lambda m: "TỈNH" if _is_place(line[m.end() :]) else m[0], line))
    for phrase in _set_words():
        start = fold(line).find(fold(phrase))
        end = start + len(phrase)
        whole = start >= 0 and not line[end : end + 1].isalnum() and not line[:start][-1:].isalnum()
        if whole and not _alike(line[start:end], phrase):
            line = line[:start] + _in_style_of(line[start:end], phrase) + line[end:]
    return _with_province(line)


_PROVINCE_OF = regex.compile(
    r"(?<!\p{L})(?:(?:TỈNH|THÀNH)[ ](?:UỶ|ỦY)|TỈNH|THÀNH PHỐ)[ ](?=\p{Lu})"
)


def _with_province(line: str) -> str:
    """The province a body's line ends in as the only known one of its letters is written: their
    names are a closed list, those of lower units are not."""
    match = _PROVINCE_OF.search(line)
    printed = line[match.end() :] if match else ""
    known = _names().get(fold(printed), frozenset())
    if len(known) != 1 or printed != printed.upper():
        return line
    (name,) = known
    if _alike(printed.casefold(), name.casefold()) or len(name) != len(printed):
        return line
    return line[: len(line) - len(printed)] + name.upper()


_OF_PROVINCE = regex.compile(r"(?<=\p{Lu}[ ])T(?:[IÌÍĨỊ]NH|[IÌÍĨỊỈ]N)(?=[ ]\p{Lu})")


def _is_place(text: str) -> bool:
    """Does `text` begin with the name of a known place, of at most three words?"""
    words = fold(text).split()[:3]
    return any(" ".join(words[:n]) in _names() for n in range(1, len(words) + 1))


_UNIT_OF_NAME = regex.compile(
    r"(?<!\p{L})(?:TỈNH|THÀNH PHỐ|HUYỆN|QUẬN|THỊ XÃ|THỊ TRẤN|XÃ|PHƯỜNG|UỶ|ỦY)[ ]+(?=\p{Lu})"
)


def misspelt_place(body: str) -> str | None:
    """The place in a body's name in capitals that has the letters of known places, but the marks
    of none; None where there is none, or nothing is known of it."""
    for match in _UNIT_OF_NAME.finditer(body):
        words = regex.findall(r"[\p{L}'’]+", body[match.end() :])[:3]
        for n in range(len(words), 0, -1):
            printed = " ".join(words[:n])
            known = _names().get(fold(printed))
            if known is None:
                continue
            if not any(_alike(printed.casefold(), name.casefold()) for name in known):
                return printed
            break
    return None


def _in_style_of(read: str, phrase: str) -> str:
    """`phrase` with the tone of UY on the letter that carries it in `read`, its letters alike."""
    out = list(phrase)
    for match in _OPEN_UY.finditer(phrase):
        at = match.start()
        if fold(read[at]) != read[at].lower() and fold(read[at + 1]) == read[at + 1].lower():
            out[at : at + 2] = "ỦY"
    return "".join(out)


@cache
def _set_words() -> tuple[str, ...]:
    """Set words of two syllables and more that no other set words share their letters with."""
    written = {w.written for w in body_words() if " " in w.written} | set(_UNITS)
    by_letters: dict[str, set[str]] = {}
    for words in written:
        by_letters.setdefault(fold(words), set()).add(words)
    alone = [min(same) for same in by_letters.values() if len({*map(_canonical, same)}) == 1]
    return tuple(sorted(alone, key=len, reverse=True))


@cache
def _names_of_bodies() -> tuple[tuple[int, str], ...]:
    """Names of bodies and set words of two syllables and more: how many, and their letters."""
    names = {*_set_words(), *(b.name for b in bodies().values())}
    return tuple({(len(n.split()), letters(n)) for n in names if len(letters(n)) >= _LONG_ENOUGH})


_LONG_ENOUGH = 7


def nearly_set_words(body: str) -> str | None:
    """Words of a body's name that are set words or a known body's name but for one letter lost or
    put in ("THÀNH PỐ", "SỞ NI VỤ"); None where there are none."""
    words = body.split()
    known = {key for _, key in _names_of_bodies()}
    for count, key in _names_of_bodies():
        for at in range(len(words) - count + 1):
            read = letters(" ".join(words[at : at + count]))
            if read in known or len(read) == len(key):
                continue
            if Levenshtein.distance(read, key, score_cutoff=1) == 1:
                return " ".join(words[at : at + count])
    return None


def _alike(one: str, other: str) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(text: str) -> str:
    return " ".join(canonical(word) for word in text.split())
