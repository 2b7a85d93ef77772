"""The piece of a letter's text that best shows why it was found, with the words found marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from typing import NamedTuple

from pipeline.search.folding import ONSETS, letters_folded, piece_forms, word_spans
from pipeline.search.protocol import Passage, Span
from pipeline.search.query import Identifier, Query, Term

WIDTH = 240
"""Characters of a passage, about three lines."""
_LEAD = 60
_SIDE = 2
"""Characters between words side by side."""
_MOST_FINDS = 80
_MOST_IN_WINDOW = 30
_MOST_PIECES = 100_000
_MORE = "… "


@dataclass(frozen=True, slots=True)
class Find:
    """A place where the query's term number `term` stands, with its very marks or without."""

    start: int
    end: int
    term: int
    exact: bool


class Shower:
    """Finds the words of a query in texts. What stands between spaces repeats from text to text,
    so it is worked out once which words of the query are in it."""

    def __init__(self, query: Query) -> None:
        self._query = query
        terms = [(n, t) for n, writings in enumerate(query.shown_terms) for t in writings]
        self._numbers = [(n, _pattern(t)) for n, t in terms if isinstance(t, Identifier)]
        self._phrases: dict[str, list[tuple[int, Term]]] = {}
        for number, term in terms:
            if isinstance(term, Term):
                self._phrases.setdefault(term.words[0][1], []).append((number, term))
        self._pieces = _Pieces(self._phrases.keys())
        self._firsts = [
            {term.words[0][1] for term in writings}
            for writings in query.shown_terms
            if not isinstance(writings[0], Identifier)
        ]
        self.terms = len(query.shown_terms)

    def finds(self, text: str) -> list[Find]:
        """Where terms stand in a text that has single spaces; where one stands with the marks
        typed, only those places; in order, without overlaps."""
        return self._preferred([*self._of_words(text), *self._of_numbers(text)])

    def has_all(self, text: str) -> bool:
        """Whether all terms may stand in a text: the first word of each does."""
        pieces = map(self._pieces.__getitem__, text.split(" "))
        there = {word.folded for words in pieces for word in words}
        return not any(firsts.isdisjoint(there) for firsts in self._firsts)

    def _of_numbers(self, text: str) -> Iterator[Find]:
        folded = letters_folded(text) if self._numbers else ""
        for number, pattern in self._numbers:
            for match in islice(pattern.finditer(folded), _MOST_FINDS):
                yield Find(*match.span(), number, False)

    def _of_words(self, text: str) -> Iterator[Find]:
        pieces = text.split(" ")
        inside = list(map(self._pieces.__getitem__, pieces))
        there = [n for n, words in enumerate(inside) if words]
        starts = list(accumulate(map(len, pieces), initial=0)) if there else []
        for n in there[:_MOST_FINDS]:
            for word in inside[n]:
                for number, term in self._phrases[word.folded]:
                    if found := self._here(pieces, n, word, term):
                        end_piece, end, exact = found
                        first, last = starts[n] + n, starts[end_piece] + end_piece
                        yield Find(first + word.start, last + end, number, exact)

    def _here(
        self, pieces: list[str], n: int, word: _Word, term: Term
    ) -> tuple[int, int, bool] | None:
        """Whether a term stands where its first word does: the piece and place in it where it
        ends, and whether with its very marks."""
        marked = self._query.marked
        if len(term.words) == 1:
            return n, word.end, marked and word.exact == term.words[0][0]
        row = _WORDS_OF[pieces[n]][word.number :]
        last = n
        while len(row) < len(term.words) and last + 1 < len(pieces):
            last += 1
            row = [*row, *_WORDS_OF[pieces[last]]]
        row = row[: len(term.words)]
        if [w.folded for w in row] != [folded for _, folded in term.words]:
            return None
        return last, row[-1].end, marked and [w.exact for w in row] == [e for e, _ in term.words]

    def _preferred(self, found: list[Find]) -> list[Find]:
        exact = {find.term for find in found if find.exact} if self._query.marked else set()
        kept = [f for f in found if f.exact or f.term not in exact]
        out: list[Find] = []
        for find in sorted(kept, key=lambda f: (f.start, -f.end)):
            if not out or find.start >= out[-1].end:
                out.append(find)
        return out

    def best_passage(
        self, pages: Iterable[tuple[int | None, str]]
    ) -> tuple[int | None, Passage] | None:
        """Of some pages (number, text), the one piece with most of the query's terms, earliest
        first; None where no term is found."""
        best: tuple[float, int | None, Passage] | None = None
        for number, text in pages:
            flat = flat_text(text)
            found = self.finds(flat)
            if not found:
                continue
            score, start = _window(found)
            if best is None or score > best[0]:
                best = score, number, _cut(flat, start, found)
        return None if best is None else best[1:]


class _Word(NamedTuple):
    """A word in a piece of text: which, its forms, and where it stands."""

    number: int
    exact: str
    folded: str
    start: int
    end: int


class _WordsOf(dict[str, list[_Word]]):
    """The words of pieces of text without spaces, worked out once each."""

    def __missing__(self, piece: str) -> list[_Word]:
        if len(self) > _MOST_PIECES:
            self.clear()
        self[piece] = words = _words(piece)
        return words


def _words(piece: str) -> list[_Word]:
    exact, folded = (form.split() for form in piece_forms(piece))
    spans = word_spans(piece)
    if len(spans) != len(folded):
        spans = [(0, len(piece))] * len(folded)
    words = zip(exact, folded, spans, strict=True)
    return [_Word(n, e, f, *span) for n, (e, f, span) in enumerate(words)]


_NONE: list[_Word] = []


_WORDS_OF = _WordsOf()


class _Pieces(dict[str, list[_Word]]):
    """What stands between spaces, to those of its words that begin a term."""

    def __init__(self, wanted: Set[str]) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, piece: str) -> list[_Word]:
        words = _WORDS_OF[piece]
        if not self._wanted.isdisjoint([word[2] for word in words]):
            words = [word for word in words if word.folded in self._wanted]
        else:
            words = _NONE
        self[piece] = words
        return words


def opening(pages: Iterable[tuple[int | None, str]]) -> tuple[int | None, Passage]:
    """The beginning of the first page that has text, nothing marked."""
    for number, text in pages:
        if flat := flat_text(text):
            return number, _cut(flat, 0, [])
    return None, Passage("")


def flat_text(text: str) -> str:
    """A text on one line, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _window(found: Sequence[Find]) -> tuple[float, int]:
    """The best score of a window that begins at a find, and the place of that find."""
    best = (0.0, 0)
    terms_there = len({find.term for find in found})
    enough = 5 * terms_there + min(terms_there - 1, 4) / 2
    for i, first in enumerate(found):
        last, near = first, 0
        terms, exact = 1 << first.term, first.exact << first.term
        for find in found[i + 1 : i + _MOST_IN_WINDOW]:
            if find.end > first.start + WIDTH - _LEAD:
                break
            terms |= 1 << find.term
            exact |= find.exact << find.term
            near += find.start - last.end <= _SIDE
            last = find
        score = 4 * terms.bit_count() + exact.bit_count() + min(near, 8) / 2
        if score > best[0]:
            best = score, first.start
        if score >= enough:
            break
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
