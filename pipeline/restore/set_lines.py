"""Lines that hold nothing but a signer's position or a document's type: `PHÓ CHU TỊCH`, `Ờ TRÌNH`,
and pen strokes between their words, `PHÓ CHỦ ý TỊCH`.

In: a line as a Vietnamese model read it. Out: the spans to replace. A line is repaired where most
of its words are those of one such name, in their order, and the others look like its others. The
names: `positions.tsv`, `document_types.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Final

import regex
from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from pipeline.restore.acronyms import rows
from pipeline.restore.fix import Fix
from pipeline.restore.orthography import analyse, canonical
from pipeline.restore.tokens import core_of

_MOST_TOKENS: Final = 9
_MOST_STROKES: Final = 2  # tokens that are no word of the name
_LONGEST_STROKE: Final = 3  # characters
_MAY_BE: Final = regex.compile(r"\s*\p{Lu}\S*(?:\s+\S+)*\s+\S*\p{Lu}{2}")
_DASHES: Final = frozenset("-–—")
_TOKEN: Final = regex.compile(r"\S+")
_AUTHORITY: Final = regex.compile(r"\s*(?:(?:KT|TM|TL|TUQ|Q)\.|[TK]/[ML]|K/T)\s")


def fixes(text: str) -> Iterator[Fix]:
    """The repairs of a line."""
    if not _MAY_BE.match(text):
        return
    tokens = [_core(m.start(), m.group()) for m in _TOKEN.finditer(text)]
    if _AUTHORITY.match(text):
        del tokens[0]
    if not 2 <= len(tokens) <= _MOST_TOKENS or sum(t.isupper() for _, t in tokens) < 2:
        return
    strokes = [k for k, (_, t) in enumerate(tokens) if _may_be_stroke(t)]
    for many in range(min(len(strokes), _MOST_STROKES) + 1):
        found = {
            (dropped, name)
            for dropped in combinations(strokes, many)
            for name in _fitting([t for k, (_, t) in enumerate(tokens) if k not in dropped])
        }
        if found:
            if len(found) == 1:
                yield from _repairs(text, tokens, *found.pop())
            return


def _core(start: int, token: str) -> tuple[int, str]:
    """A token without the marks around it, if there is more to it."""
    a, b = core_of(token)
    return (start + a, token[a:b]) if a < b else (start, token)


def _may_be_stroke(token: str) -> bool:
    """Whether a token may be ink that is no print: short, not in capitals, no number, no dash."""
    if len(token) > _LONGEST_STROKE or token in _DASHES:
        return False
    return not token.isupper() and not any(c.isdigit() for c in token)


def _fitting(read: list[str]) -> Iterator[tuple[str, ...]]:
    """The names of which most words were read right, and the others are like what was read."""
    for name in _names().get(len(read), ()):
        same = [canonical(a) == canonical(b) for a, b in zip(read, name, strict=True)]
        if 2 * sum(same) >= len(name) and all(
            s or _alike(a, b) for s, a, b in zip(same, read, name, strict=True)
        ):
            yield name


def _alike(read: str, word: str) -> bool:
    """Whether `read` may be what OCR made of the word: marks were lost or confused, its first
    letter was lost, or one letter was taken for another so that it is no syllable any more."""
    if not read.isalpha():  # ĐỊNH1 has a footnote
        return False
    bare, wanted = unidecode(read).upper(), unidecode(word)
    if bare == wanted:  # a word that has marks was not printed without: TRƯỞNG BẢN
        return word != wanted or analyse(read.lower()) is None
    if read.isupper() and canonical(read) == canonical(word)[1:]:
        return True
    return Levenshtein.distance(bare, wanted) == 1 and analyse(read.lower()) is None


def _repairs(
    text: str, tokens: list[tuple[int, str]], dropped: tuple[int, ...], name: tuple[str, ...]
) -> Iterator[Fix]:
    for k in dropped:
        start, token = tokens[k]
        before = text[:start].rstrip()
        yield Fix(len(before), start + len(token), "")
    kept = [tokens[k] for k in range(len(tokens)) if k not in dropped]
    for (start, token), word in zip(kept, name, strict=True):
        if canonical(token) != canonical(word):
            yield Fix(start, start + len(token), word)


@cache
def _names() -> dict[int, list[tuple[str, ...]]]:
    """The names in capitals by their number of words."""
    found: dict[int, list[tuple[str, ...]]] = {}
    for file, column in (("positions.tsv", 0), ("document_types.tsv", 1)):
        for row in rows(file):
            name = tuple(row[column].upper().split())
            if len(name) > 1 and name not in found.setdefault(len(name), []):
                found[len(name)].append(name)
    return found
