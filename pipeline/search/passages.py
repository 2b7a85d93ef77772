"""The piece of a letter's text that best shows why it was found, with the words found marked."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, compress, islice
from typing import NamedTuple

from pipeline.search.folding import ONSETS, letters_folded, words_in
from pipeline.search.protocol import Passage, Span
from pipeline.search.query import Identifier, Query, Term

WIDTH = 240
"""Characters of a passage, about three lines."""
_LEAD = 60
_SIDE = 2
"""Characters between words side by side."""
_MOST_SPOTS = 120
"""So many places of a page are looked at, from its beginning."""
_MOST_IN_WINDOW = 30
_MOST_PIECES = 100_000
_MORE = "… "


Find = tuple[int, int, int, bool]
"""The (start, end) of a place where a term of the query stands, its number, and whether it has the
very marks typed."""
Spot = tuple[int, int, int, int]
"""A piece of a text in which terms stand: its (start, end), and, a bit for each term, which do and
which with the marks typed. (Many are made for each letter shown, and no class is as quick.)"""


class Page(NamedTuple):
    """A text on one line, with single spaces; its page, and where in it the query's terms stand."""

    number: int | None
    text: str
    spots: list[Spot]


class Shower:
    """Finds the words of a query in texts. What stands between spaces repeats from text to text,
    so it is worked out once which words of the query are in it."""

    def __init__(self, query: Query) -> None:
        self._query = query
        terms = [(n, t) for n, writings in enumerate(query.shown_terms) for t in writings]
        self._numbers = [(n, _pattern(t)) for n, t in terms if isinstance(t, Identifier)]
        phrases: dict[str, list[tuple[int, Term]]] = {}
        for number, term in terms:
            if isinstance(term, Term):
                phrases.setdefault(term.words[0][1], []).append((number, term))
        self._pieces = _Pieces(phrases, marked=query.marked)
        self.terms = len(query.shown_terms)
        self._all_terms = (1 << self.terms) - 1

    def has_all(self, spots: Iterable[Spot]) -> bool:
        """Whether all terms stand in some spots."""
        there = 0
        for spot in spots:
            there |= spot[2]
        return there == self._all_terms

    def best_passage(self, pages: Iterable[Page]) -> tuple[int | None, Passage] | None:
        """Of some pages, the one piece with most of the query's terms, earliest first; None where
        no term is found."""
        best: tuple[float, Page, int, int] | None = None
        for page in pages:
            terms, exact = _there(page.spots)
            highest = _PRESENT * terms.bit_count() + exact.bit_count() + _MOST_NEAR / 2
            if terms and (best is None or highest > best[0]):
                score, start = _window(_preferred(page.spots[:_MOST_SPOTS], exact))
                if best is None or score > best[0]:
                    best = score, page, start, exact
        if best is None:
            return None
        _, page, start, exact = best
        return page.number, self._cut(page.text, start, exact)

    def page(self, number: int | None, text: str) -> Page:
        """A page's text, or any other, on one line."""
        return Page(number, text, self._spots(text))

    def _spots(self, text: str) -> list[Spot]:
        """Where terms stand in a text that has single spaces, in order."""
        pieces = text.split(" ")
        out: list[Spot] = []
        if begun := self._pieces.among(pieces):
            ends = _ends(pieces)
            found = map(self._pieces.__getitem__, [pieces[n] for n in begun])
            for n, (terms, exact, _, phrases) in zip(begun, found, strict=True):
                last = n
                for first in phrases:
                    if here := self._here(pieces, n, first.number, first.term):
                        last = max(last, here[0])
                        terms |= 1 << first.of
                        exact |= here[2] << first.of
                if terms:
                    out.append((ends[n] + n - len(pieces[n]), ends[last] + last, terms, exact))
        if self._numbers:
            out += [(start, end, 1 << term, 0) for start, end, term, _ in self._of_numbers(text)]
            out.sort()
        return out

    def _of_numbers(self, text: str) -> Iterator[Find]:
        folded = letters_folded(text) if self._numbers else ""
        for number, pattern in self._numbers:
            for match in islice(pattern.finditer(folded), _MOST_SPOTS):
                yield *match.span(), number, False

    def _of_words(self, text: str) -> Iterator[Find]:
        pieces = text.split(" ")
        begun = self._pieces.among(pieces)
        ends = _ends(pieces)
        for n in begun:
            firsts = self._pieces[pieces[n]]
            at = ends[n] + n - len(pieces[n])
            for start, end, term, exact in firsts.words:
                yield at + start, at + end, term, exact
            for first in firsts.phrases:
                if found := self._here(pieces, n, first.number, first.term):
                    last, end, exact = found
                    behind = ends[last] + last - len(pieces[last]) + end
                    yield at + first.start, behind, first.of, exact

    def _here(
        self, pieces: Sequence[str], n: int, number: int, term: Term
    ) -> tuple[int, int, bool] | None:
        """Whether a phrase stands where its first word does, by its piece and number in it: the
        piece and place in it where it ends, and whether with its very marks."""
        same, wanted, matched = self._query.marked, term.words, 0
        words = _WORDS_OF[pieces[n]][number:]
        while True:
            for _, exact, folded, _, end in words:
                if folded != wanted[matched][1]:
                    return None
                same = same and exact == wanted[matched][0]
                matched += 1
                if matched == len(wanted):
                    return n, end, same
            n += 1
            if n == len(pieces):
                return None
            words = _WORDS_OF[pieces[n]]

    def _cut(self, text: str, first: int, exact: int) -> Passage:
        """A piece of the text about the spot at `first`, cut between words, with the words found
        marked; of the terms in `exact` only where they have the marks typed."""
        piece, before, after = cut(text, first)
        found = [*self._of_words(piece), *self._of_numbers(piece)]
        found.sort(key=_longest_first)
        marks: list[Span] = []
        last, shift = 0, len(before)
        for start, end, term, same in found:
            if start >= last and (same or not exact >> term & 1):
                marks.append((start + shift, end + shift))
                last = end
        shown = before + piece + after
        return Passage(shown, _joined(marks, shown))


def _longest_first(find: Find) -> Span:
    return find[0], -find[1]


def _ends(pieces: Iterable[str]) -> list[int]:
    """The characters up to the end of each piece, without the spaces between them."""
    return list(accumulate(map(len, pieces)))


class _Word(NamedTuple):
    """A word in a piece of text: which, its forms, and where it stands."""

    number: int
    exact: str
    folded: str
    start: int
    end: int


class _WordsOf(dict[str, list[_Word]]):
    """The words of pieces of text without spaces, worked out once each; and by word all such pieces
    that have it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: set[str] = set()
        self.having: defaultdict[str, set[str]] = defaultdict(set)

    def __missing__(self, piece: str) -> list[_Word]:
        if len(self) > _MOST_PIECES:
            for held in (self, self.pieces, self.having):
                held.clear()
        self[piece] = words = _words(piece)
        self.pieces.add(piece)
        for word in words:
            self.having[word.folded].add(piece)
        return words


def _words(piece: str) -> list[_Word]:
    return [_Word(n, *word) for n, word in enumerate(words_in(piece))]


_WORDS_OF = _WordsOf()


class _Phrase(NamedTuple):
    """A word in a piece that is the first of a phrase: where it stands in it, its number in it, the
    phrase, and the number of the term that it is `of`."""

    start: int
    number: int
    term: Term
    of: int


class _Firsts(NamedTuple):
    """The words of a piece that begin a term: bits of the terms that are one word, and of those
    that have their very marks; each as a find in the piece; and the beginnings of phrases."""

    terms: int
    exact: int
    words: list[Find]
    phrases: list[_Phrase]


class _Pieces(dict[str, _Firsts]):
    """What stands between spaces and has words that begin a term, to those words."""

    def __init__(self, wanted: Mapping[str, Sequence[tuple[int, Term]]], *, marked: bool) -> None:
        super().__init__()
        self._wanted = wanted
        self._marked = marked
        self._begin = {piece for word in wanted for piece in _WORDS_OF.having.get(word, ())}

    def among(self, pieces: Sequence[str]) -> list[int]:
        """Which of the pieces of a text have such words, by their numbers."""
        if not _WORDS_OF.pieces.issuperset(pieces):
            for piece in set(pieces) - _WORDS_OF.pieces:
                if any(word.folded in self._wanted for word in _WORDS_OF[piece]):
                    self._begin.add(piece)
        begin = self._begin
        return [n for n, piece in enumerate(pieces) if piece in begin]

    def __missing__(self, piece: str) -> _Firsts:
        begun = [word for word in _WORDS_OF[piece] if word.folded in self._wanted]
        self[piece] = firsts = self._firsts(begun)
        return firsts

    def _firsts(self, begun: Sequence[_Word]) -> _Firsts:
        terms = exact = 0
        words, phrases = [], []
        for word in begun:
            for number, term in self._wanted[word.folded]:
                if len(term.words) > 1:
                    phrases.append(_Phrase(word.start, word.number, term, number))
                else:
                    same = self._marked and word.exact == term.words[0][0]
                    words.append((word.start, word.end, number, same))
                    terms |= 1 << number
                    exact |= same << number
        return _Firsts(terms, exact, words, phrases)


def _there(spots: Iterable[Spot]) -> tuple[int, int]:
    """The terms that stand somewhere, and those that do with the marks typed."""
    terms = exact = 0
    for _, _, these, same in spots:
        terms |= these
        exact |= same
    return terms, exact


def _preferred(spots: Sequence[Spot], exact: int) -> Sequence[Spot]:
    """Spots without those places of terms that have other marks, where they have them right
    elsewhere."""
    if not exact:
        return spots
    others = ~exact
    return [
        (start, end, terms & others | same, same)
        for start, end, terms, same in spots
        if terms & others or same
    ]


def opening(pages: Iterable[Page]) -> tuple[int | None, Passage]:
    """The beginning of the first page that has text, nothing marked."""
    for page in pages:
        if page.text:
            return page.number, Passage("".join(cut(page.text, 0)))
    return None, Passage("")


_PRESENT, _MOST_NEAR = 4, 8
"""What a term counts in a window, one more with the marks typed; and how many words that stand side
by side count, a half each."""


def _window(spots: Sequence[Spot]) -> tuple[float, int]:
    """The best score of a window that begins where a row of words side by side begins, and its
    first place, the first of several as good. Windows that even with all terms in them were no
    better are passed by."""
    starts = [spot[0] for spot in spots]
    ends = [spot[1] for spot in spots]
    behind = (-_SIDE - 1, *ends[:-1])
    apart = [start - end > _SIDE for start, end in zip(starts, behind, strict=True)]
    ends = list(accumulate(ends, max))
    rows = list(accumulate(apart))  # so many begin up to each spot
    terms, exact = _there(spots)
    most = _PRESENT * terms.bit_count() + exact.bit_count()
    highest = most + min(len(starts) - rows[-1], _MOST_NEAR) / 2 if spots else 0
    best, place, end = 0.0, 0, 0
    for i in compress(range(len(starts)), apart):
        limit = min(i + _MOST_IN_WINDOW, len(starts))
        end = bisect_right(ends, starts[i] + WIDTH - _LEAD, max(end, i + 1), limit)
        near = min(end - 1 - i - (rows[end - 1] - rows[i]), _MOST_NEAR) / 2
        if most + near > best:
            terms, exact = _there(spots[i:end])
            score = _PRESENT * terms.bit_count() + exact.bit_count() + near
            if score > best:
                best, place = score, starts[i]
                if best == highest:
                    break
    return best, place


def cut(text: str, first: int) -> tuple[str, str, str]:
    """A piece of a text about a place, cut between words, and what stands before and behind it to
    tell that there is more."""
    start = 0 if first <= _LEAD else text.rfind(" ", 0, first - _LEAD + 12) + 1
    end = len(text) if len(text) - start <= WIDTH else text.rfind(" ", start, start + WIDTH)
    end = end if end > first else min(len(text), start + WIDTH)
    return text[start:end], _MORE if start else "", " …" if end < len(text) else ""


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
