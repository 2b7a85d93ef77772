"""The piece of a letter's text that best shows why it was found, with the words found marked."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, islice

from pipeline.search.folding import ONSETS, letters_folded, piece_forms, word_spans
from pipeline.search.protocol import Passage, Span
from pipeline.search.query import Identifier, Query, Term

WIDTH = 240
"""Characters of a passage, about three lines."""
_LEAD = 60
_SIDE = 2
"""Characters between words side by side."""
_MOST_FINDS = 200
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
    words = _Words(text)
    for number, writings in enumerate(query.shown_terms):
        for term in writings:
            found: Iterator[tuple[int, int, bool]]
            if isinstance(term, Term):
                found = words.places(term)
            else:
                found = ((*m.span(), False) for m in _pattern(term).finditer(letters_folded(text)))
            for start, end, exact in islice(found, _MOST_FINDS):
                yield Find(start, end, number, exact and query.marked)


class _Words:
    """The words of a text and where they stand in it; the text has single spaces."""

    def __init__(self, text: str) -> None:
        self._pieces = text.split(" ") if text else []
        self._folded: list[str] = []
        self._exact: list[str] = []
        self._piece: list[int] = []
        for number, piece in enumerate(self._pieces):
            exact, folded = piece_forms(piece)
            if " " in folded:
                words = folded.split(" ")
                self._folded += words
                self._exact += exact.split(" ")
                self._piece += [number] * len(words)
            elif folded:
                self._folded.append(folded)
                self._exact.append(exact)
                self._piece.append(number)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(piece) + 1 for piece in self._pieces), initial=0))

    def places(self, term: Term) -> Iterator[tuple[int, int, bool]]:
        """Where a term stands, (start, end), and whether with its very marks."""
        exact, folded = (list(forms) for forms in zip(*term.words, strict=True))
        at = -1
        while True:
            try:
                at = self._folded.index(folded[0], at + 1)
            except ValueError:
                return
            end = at + len(folded)
            if self._folded[at:end] == folded:
                same = self._exact[at:end] == exact
                yield self._span(at)[0], self._span(end - 1)[1], same

    def _span(self, word: int) -> tuple[int, int]:
        """Where a word stands in the text, without the signs about it."""
        number = self._piece[word]
        start = self._starts[number]
        spans = word_spans(self._pieces[number])
        inside = word - bisect_left(self._piece, number)
        low, high = spans[inside] if inside < len(spans) else (0, len(self._pieces[number]))
        return start + low, start + high


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
    inside: deque[Find] = deque()
    terms: Counter[int] = Counter()
    exact: Counter[int] = Counter()
    end = near = 0
    for first in found:
        while end < len(found) and found[end].end <= first.start + WIDTH - _LEAD:
            near += bool(inside) and found[end].start - inside[-1].end <= _SIDE
            inside.append(found[end])
            terms[found[end].term] += 1
            exact[found[end].term] += found[end].exact
            end += 1
        several = len(+terms) + (first.term not in +terms)
        score = 4 * several + len(+exact) + min(near, 8) / 2
        if score > best[0]:
            best = score, first.start
        if inside and inside[0] is first:
            inside.popleft()
            terms[first.term] -= 1
            exact[first.term] -= first.exact
            near -= bool(inside) and inside[0].start - first.end <= _SIDE
        else:
            end += 1
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
def _pattern(number: Identifier) -> re.Pattern[str]:
    """Finds a number in text whose letters are folded in place."""
    words = [folded for _, folded in number.words]
    body = r"[\W_]*".join(_number_word(word) for word in words)
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
