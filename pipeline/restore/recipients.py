"""The list of recipients at a letter's foot, of which the words are set: a line that has most words
of one in their order has the misread ones between, too. And its label, Nơi nhận.

In: a line as a Vietnamese model read it. Out: the spans to replace. A word is replaced only where
it is no word, or differs from the set one in its vowels alone; a line with any other word in
such a place stays as it is. The words are in `recipient_lines.tsv`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

import regex
from unidecode import unidecode

from pipeline.restore.acronyms import rows
from pipeline.restore.fix import Fix
from pipeline.restore.orthography import analyse, canonical
from pipeline.restore.tokens import core_of

_MOST_WORDS: Final = 16  # of a line
_LONGEST_LABEL: Final = 16  # characters
_RIGHT: Final = 0.6  # the share of a formula's words that must have been read right
_ITEM: Final = regex.compile(r"\s*[-–—~=>+*•]\s*\p{L}")
_TOKEN: Final = regex.compile(r"[^\s,;]+")
_VOWELS: Final = regex.compile("[aeiouy]+")
_LABEL: Final = regex.compile(
    r"\s*(?:(?P<first>[NRMHL]?\p{L}i)\snhận|Nơi\s(?P<second>nh\p{Ll}{1,3}))[:;.]?\s*$"
)
_AS_ABOVE: Final = regex.compile(
    r"\s*[-–—~=>+*•]\s*Như\s(?P<word>\p{L}{0,3}[iìíỉĩị][êềếểễệe]u)(?=\s\d{1,3}[;:,.])"
)
_FOR_REPORT: Final = regex.compile(
    r"\((?!để b/c)(?P<mark>[dđt]\p{L}?\sb/c|đ[ểềẻế]\sb(?:[íìịiỉĩ]c?|/[Q€©¢]?|\p{Ll}{2}(?=[:;])))"
    r"(?=[):;.]*\s*$)"
)


def fixes(text: str) -> Iterator[Fix]:
    """The repairs of a line."""
    if len(text) <= _LONGEST_LABEL and (match := _LABEL.match(text)):
        for group, word in (("first", "Nơi"), ("second", "nhận")):
            if match[group] and match[group] != word:
                yield Fix(match.start(group), match.end(group), word)
    if not _ITEM.match(text):
        return
    if (match := _AS_ABOVE.match(text)) and match["word"] != "Điều":
        yield Fix(match.start("word"), match.end("word"), "Điều")
    if match := _FOR_REPORT.search(text):
        yield Fix(match.start("mark"), match.end("mark"), "để b/c")
    yield from _set_words(text)


def _set_words(text: str) -> Iterator[Fix]:
    tokens = [(m.start(), m.group()) for m in _TOKEN.finditer(text)]
    tokens = [(s, t) for s, t in tokens if any(c.isalnum() for c in t)]
    if not 3 <= len(tokens) <= _MOST_WORDS:
        return
    cores = [(s + c.start, t[slice(*c)]) for s, t in tokens for c in [core_of(t)]]
    read = [canonical(core) for _, core in cores]
    votes = Counter(
        (formula, at - place)
        for at, word in enumerate(read)
        for formula, place in _places().get(word, ())
    )
    taken: dict[int, str] = {}
    for (formula, start), right in sorted(votes.items(), key=lambda v: -v[1]):
        printed = _formulas()[formula]
        end = start + len(printed)
        if start < 0 or end > len(read) or not max(2, _RIGHT * len(printed)) <= right:
            continue
        wrong = [k for k in range(start, end) if read[k] != canonical(printed[k - start])]
        if all(_misread(cores[k][1], printed[k - start]) for k in wrong):
            for k in wrong:
                taken.setdefault(k, printed[k - start])
    for k, word in sorted(taken.items()):
        start, core = cores[k]
        yield Fix(start, start + len(core), _as_printed(word, core, k))


def _misread(read: str, word: str) -> bool:
    """Whether `read` may be what OCR made of `word`."""
    if any(c.isdigit() for c in read) or (len(read) > 1 and read.isupper()) or word.isupper():
        return False
    return analyse(read.lower()) is None or _consonants(read) == _consonants(word)


def _consonants(word: str) -> str:
    without: str = _VOWELS.sub("", unidecode(word).lower())
    return without


def _as_printed(word: str, read: str, place: int) -> str:
    """A set word with the capital that was read; at the beginning of an item always with one."""
    if place == 0 or (read[:1].isupper() and read[1:].islower()):
        return word[:1].upper() + word[1:]
    return word


@cache
def _formulas() -> tuple[tuple[str, ...], ...]:
    lines = [row[0] for row in rows("recipient_lines.tsv")]
    return tuple(tuple(_TOKEN.findall(line.replace(" - ", " "))) for line in lines)


@cache
def _places() -> dict[str, list[tuple[int, int]]]:
    """Where each word stands in the formulas: numbers of formula and place."""
    found: dict[str, list[tuple[int, int]]] = {}
    for number, formula in enumerate(_formulas()):
        for place, word in enumerate(formula):
            found.setdefault(canonical(word), []).append((number, place))
    return found
