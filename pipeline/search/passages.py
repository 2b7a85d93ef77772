"""The piece of a letter's text that best shows why it was found, with the words found marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pipeline.search.folding import ONSETS, forms, letters_folded
from pipeline.search.protocol import Passage, Span
from pipeline.search.query import Identifier, Query, Term

WIDTH = 240
"""Characters of a passage, about three lines."""
_LEAD = 60
_MORE = "… "


@dataclass(frozen=True, slots=True)
class Find:
    """A place where the query's term number `term` stands, with its very marks or without."""

    start: int
    end: int
    term: int
    exact: bool


def best_passage(
    pages: Iterable[tuple[int | None, str]], query: Query
) -> tuple[int | None, Passage] | None:
    """Of some pages (number, text), the one piece with most of the query's terms, earliest first;
    None where no term is found."""
    best: tuple[float, int | None, Passage] | None = None
    for number, text in pages:
        flat = _flat(text)
        found = _preferred(list(_finds(flat, query)), query)
        if not found:
            continue
        score, start = _window(found)
        if best is None or score > best[0]:
            best = score, number, _cut(flat, start, found)
    return None if best is None else best[1:]


def opening(pages: Iterable[tuple[int | None, str]]) -> tuple[int | None, Passage]:
    """The beginning of the first page that has text, nothing marked."""
    for number, text in pages:
        if flat := _flat(text):
            return number, _cut(flat, 0, [])
    return None, Passage("")


def _flat(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _finds(text: str, query: Query) -> Iterator[Find]:
    folded = letters_folded(text)
    for number, writings in enumerate(query.shown_terms):
        for term in writings:
            exact = [form for form, _ in term.words]
            for match in _pattern(term).finditer(folded):
                same = query.marked and [e for e, _ in forms(text[slice(*match.span())])] == exact
                yield Find(*match.span(), number, same)


def _preferred(found: list[Find], query: Query) -> list[Find]:
    """Where a term stands with the marks typed, only those places; without overlaps, in order."""
    exact = {find.term for find in found if find.exact} if query.marked else set()
    kept = [f for f in found if f.exact or f.term not in exact]
    out: list[Find] = []
    for find in sorted(kept, key=lambda f: (f.start, -f.end)):
        if not out or find.start >= out[-1].end:
            out.append(find)
    return out


def _window(found: Sequence[Find]) -> tuple[float, int]:
    """The best score of a window that begins at a find, and the place of that find."""
    best = (0.0, 0)
    for i, first in enumerate(found):
        inside = [f for f in found[i : i + 40] if f.end <= first.start + WIDTH - _LEAD]
        terms = {f.term for f in inside} | {first.term}
        exact = {f.term for f in (first, *inside) if f.exact}
        near = sum(b.start - a.end <= 2 for a, b in pairwise(inside))
        score = 4 * len(terms) + len(exact) + min(near, 8) / 2
        if score > best[0]:
            best = score, first.start
    return best


def _cut(text: str, first: int, found: Sequence[Find]) -> Passage:
    """A piece of the text about the find at `first`, cut between words."""
    start = 0 if first <= _LEAD else text.rfind(" ", 0, first - _LEAD + 12) + 1
    end = len(text) if len(text) - start <= WIDTH else text.rfind(" ", start, start + WIDTH)
    end = end if end > first else min(len(text), start + WIDTH)
    marks = [(f.start, f.end) for f in found if start <= f.start and f.end <= end]
    before = _MORE if start else ""
    shift = len(before) - start
    shown = before + text[start:end] + (" …" if end < len(text) else "")
    return Passage(shown, _joined([(a + shift, b + shift) for a, b in marks], shown))


def _joined(marks: list[Span], text: str) -> tuple[Span, ...]:
    """Marks with nothing but spaces between them made one."""
    out: list[Span] = []
    for start, end in marks:
        if out and not text[out[-1][1] : start].strip():
            start = out.pop()[0]
        out.append((start, end))
    return tuple(out)


@lru_cache(maxsize=256)
def _pattern(term: Term | Identifier) -> re.Pattern[str]:
    """Finds a term in text whose letters are folded in place."""
    words = [folded for _, folded in term.words]
    if isinstance(term, Identifier):
        body = r"[\W_]*".join(_number_word(word) for word in words)
    else:
        body = _spelt(words[0])
        for before, word in pairwise(words):
            gap = r"[\W_]*" if before.isdigit() != word.isdigit() else r"[\W_]+"
            body += gap + _spelt(word)
    return re.compile(_edge(words[0], False) + body + _edge(words[-1], True))


def _edge(word: str, ahead: bool) -> str:
    if word.isdigit():
        return r"(?!\d)" if ahead else r"(?<!\d)"
    return r"(?![^\W\d_])" if ahead else r"(?<![^\W\d_])"


def _spelt(word: str) -> str:
    """A folded word, with y for a final i where both are written."""
    onset = re.fullmatch(rf"({ONSETS})i", word)
    return f"{onset[1]}[iy]" if onset else re.escape(word)


def _number_word(word: str) -> str:
    """Part of a number: figures with zeros before, letters perhaps apart (`c v/t u`)."""
    if word.isdigit():
        return "0*" + (word.lstrip("0") or "0")
    return r"[\W_]*".join(_spelt(letter) for letter in word)
