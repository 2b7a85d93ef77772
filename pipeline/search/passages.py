"""The piece of a letter's text that best shows why it was found, with the words found marked.

All letters of an answer are looked at together: where terms stand is a table over all their texts
(`Found`), and the windows of all pages are weighed at once (`Windows`)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.search.folding import ONSETS
from pipeline.search.protocol import Passage, Span
from pipeline.search.query import Identifier, Query, Term
from pipeline.search.text_words import BETWEEN, OTHER_FIGURE, OTHER_LETTER, Flags, Longs, Texts

WIDTH = 240
"""Characters of a passage, about three lines."""
_LEAD = 60
_SIDE = 2
"""Characters between words side by side."""
_MOST_IN_WINDOW = 30
_PRESENT, _MOST_NEAR = 4, 8
"""What a term counts in a window, one more with the marks typed; and how many words that stand side
by side count, a half each."""
_MORE = "… "


class Page(NamedTuple):
    """A text on one line, with single spaces, to be shown a piece of: its page, and the place at
    which it begins among the texts that were looked through."""

    number: int | None
    text: str
    at: int


class _Finds(NamedTuple):
    """Where a term stands: the words it begins and ends with, and whether in its very marks."""

    firsts: Longs
    lasts: Longs
    same: Flags


class Shower:
    """Finds what a query asks for in texts."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._terms = query.shown_terms

    @property
    def asked(self) -> bool:
        """Whether there is anything to be found in texts."""
        return bool(self._terms)

    def found(self, texts: Sequence[str]) -> Found:
        """Where the terms stand in some texts of single spaces, whose pages are on lines."""
        words = Texts(texts)
        finds = [[self._finds(words, one) for one in writings] for writings in self._terms]
        return Found(words, finds)

    def _finds(self, words: Texts, term: Term | Identifier) -> _Finds:
        if isinstance(term, Identifier):
            spans = np.array(list(_numbers_in(words.folded, term)), np.int64).reshape(-1, 2)
            firsts, lasts = words.at(spans[:, 0]), words.at(spans[:, 1] - 1)
            return _Finds(firsts, lasts, np.zeros(len(firsts), np.bool_))
        rows = words.having(term.words[0][1]).nonzero()[0]
        for step, (_, folded) in enumerate(term.words[1:], 1):
            rows = rows[words.having(folded)[rows + step]]  # a break is the last
        same = np.full(len(rows), self._query.marked)
        if self._query.marked:
            for step, form in enumerate(term.words):
                same &= words.alike(form, rows + step)
        return _Finds(rows, rows + len(term.words) - 1, same)


class Found:
    """Where terms stand in some texts, text `n` of which begins at `begins[n]`.

    A spot is a word with which a term begins: its start and end, and by term whether it stands
    there, and whether with the marks typed."""

    def __init__(self, words: Texts, finds: Sequence[Sequence[_Finds]]) -> None:
        self.begins = words.begins
        begun = np.zeros(len(words.starts), np.bool_)
        for found in (one for term in finds for one in term):
            begun[found.firsts] = True
        spots = begun.nonzero()[0]
        self._there = np.zeros((len(finds), len(spots)), np.bool_)
        self._same = np.zeros_like(self._there)
        lasts = spots.copy()
        for number, term in enumerate(finds):
            for found in term:
                rows = spots.searchsorted(found.firsts)
                self._there[number, rows] = True
                self._same[number, rows[found.same]] = True
                lasts[rows] = np.maximum(lasts[rows], found.lasts)
        self._starts, self._ends = words.starts[spots], words.ends[lasts]

    def has_all(self, spans: Sequence[Span]) -> list[bool]:
        """For each (start, end) of a text whether all terms stand in it."""
        edges = self._starts.searchsorted(np.array(spans, np.int64).reshape(-1, 2))
        counts = np.zeros((len(self._there), len(self._starts) + 1), np.int64)
        self._there.cumsum(axis=1, out=counts[:, 1:])
        there = counts[:, edges[:, 1]] > counts[:, edges[:, 0]]
        everything: Flags = np.all(there, axis=0)
        return [bool(yes) for yes in everything]

    def windows(self, pages: Sequence[Page]) -> Windows:
        """The best piece of each of some texts, looked at by itself."""
        limits = np.array([(page.at, page.at + len(page.text)) for page in pages], np.int64)
        limits = limits.reshape(-1, 2)
        low, high = self._starts.searchsorted(limits).T
        counts = high - low
        of_page = np.arange(len(pages)).repeat(counts)
        spots = np.arange(len(of_page)) + (low - (counts.cumsum() - counts)).repeat(counts)
        inside = self._ends[spots] <= limits[of_page, 1]
        there, same = self._there[:, spots] & inside, self._same[:, spots] & inside
        # where a term has the marks typed somewhere on the page, elsewhere it counts for nothing
        exact = np.zeros((len(there), len(pages)), np.bool_)
        terms, rows = same.nonzero()
        exact[terms, of_page[rows]] = True
        there &= same | ~exact[:, of_page]
        kept = there.any(axis=0).nonzero()[0]
        # pages may have text in common, so each has places of its own
        lengths = limits[:, 1] - limits[:, 0] + WIDTH
        begins = lengths.cumsum() - lengths
        spots, of_page = spots[kept], of_page[kept]
        shift = (begins - limits[:, 0])[of_page]
        spans = _Spans(self._starts[spots] + shift, self._ends[spots] + shift, of_page)
        placed = [Page(*page[:2], at) for page, at in zip(pages, begins.tolist(), strict=True)]
        return Windows(placed, spans, there[:, kept], same[:, kept])


class _Spans(NamedTuple):
    """Spots: where they start and end, and the number of the page they are on."""

    starts: Longs
    ends: Longs
    of_page: Longs


class Windows:
    """The best window of each of some pages: the one with most of the terms, the first of several
    as good."""

    def __init__(self, pages: Sequence[Page], spots: _Spans, there: Flags, same: Flags) -> None:
        self._pages = pages
        self._starts, self._ends = spots.starts.tolist(), spots.ends.tolist()
        self._edges = spots.of_page.searchsorted(np.arange(len(pages) + 1)).tolist()
        self._scores = [0.0] * len(pages)
        self._firsts = [0] * len(pages)
        if not self._starts:
            return
        scores = _scores(spots, np.array(self._edges)[spots.of_page + 1], there, same)
        begin = np.flatnonzero(np.diff(spots.of_page, prepend=-1))
        highest = np.zeros(len(pages))
        highest[spots.of_page[begin]] = np.maximum.reduceat(scores, begin)
        best = (scores == highest[spots.of_page]).nonzero()[0]
        for row in best[::-1].tolist():  # the first is the last put in
            self._firsts[spots.of_page[row]] = self._starts[row]
        self._scores = highest.tolist()

    def best(self, numbers: Sequence[int]) -> tuple[int | None, Passage] | None:
        """Of some pages, by their numbers from 0, the page and piece of it with most of the terms,
        earliest first; None where no term is found."""
        number = max(numbers, key=self._scores.__getitem__, default=None)
        if number is None or not self._scores[number]:
            return None
        return self._pages[number].number, self._passage(number)

    def _passage(self, number: int) -> Passage:
        """A piece of the page about its best window, with the words found marked."""
        page = self._pages[number]
        first = self._firsts[number] - page.at
        begin, piece, before, after = cut(page.text, first)
        low, high = page.at + begin, page.at + begin + len(piece)
        edges = self._edges[number], self._edges[number + 1]
        row, behind = (bisect_left(self._starts, place, *edges) for place in (low, high))
        shift = len(before) - low
        marks: list[Span] = []
        last = -1
        for start, end in zip(self._starts[row:behind], self._ends[row:behind], strict=True):
            end = min(end, high)
            if start == last or (start == last + 1 and page.text[last - page.at] == " "):
                marks[-1] = marks[-1][0], end + shift  # only a space between
                last = end
            elif start > last:
                marks.append((start + shift, end + shift))
                last = end
        return Passage(before + piece + after, tuple(marks))


def _scores(spots: _Spans, page_ends: Longs, there: Flags, same: Flags) -> npt.NDArray[np.float64]:
    """The score of the window that begins at each spot, 0 where none does: windows begin with a row
    of words side by side. `page_ends` is for each spot the one behind the last of its page."""
    starts, ends = spots.starts, spots.ends
    apart = np.ones(len(starts), np.bool_)
    apart[1:] = starts[1:] - ends[:-1] > _SIDE
    apart[1:] |= np.diff(spots.of_page) != 0
    rows = apart.cumsum()  # so many begin up to each spot
    here = np.arange(len(starts))
    shown = np.maximum.accumulate(ends) if (np.diff(ends) < 0).any() else ends
    behind = shown.searchsorted(starts + (WIDTH - _LEAD), "right")
    behind = np.minimum(np.maximum(behind, here + 1), np.minimum(here + _MOST_IN_WINDOW, page_ends))
    near = np.minimum(behind - 1 - here - (rows[behind - 1] - rows[here]), _MOST_NEAR) / 2
    counts = np.zeros((2 * len(there), len(starts) + 1), np.int32)
    np.concatenate((there, there & same)).cumsum(axis=1, out=counts[:, 1:])
    present = counts[:, behind] > counts[:, here]
    terms, exact = present[: len(there)].sum(axis=0), present[len(there) :].sum(axis=0)
    scores: npt.NDArray[np.float64] = (_PRESENT * terms + exact + near) * apart
    return scores


def opening(pages: Iterable[tuple[int | None, str]]) -> tuple[int | None, Passage]:
    """The beginning of the first page that has text, nothing marked; given the number and text of
    each."""
    for number, text in pages:
        if text:
            _, piece, before, after = cut(text, 0)
            return number, Passage(before + piece + after)
    return None, Passage("")


def cut(text: str, first: int) -> tuple[int, str, str, str]:
    """A piece of a text about a place, cut between words: where it begins, the piece, and what
    stands before and behind it to tell that there is more."""
    start = 0 if first <= _LEAD else text.rfind(" ", 0, first - _LEAD + 12) + 1
    end = len(text) if len(text) - start <= WIDTH else text.rfind(" ", start, start + WIDTH)
    end = end if end > first else min(len(text), start + WIDTH)
    return start, text[start:end], _MORE if start else "", " …" if end < len(text) else ""


def _numbers_in(folded: bytes, number: Identifier) -> Iterator[Span]:
    """Where a letter's number stands in folded text. Most begin with a figure, and places of that
    are found far faster than those of a pattern."""
    pattern = _pattern(number)
    first = number.words[0][1]
    if not (first.isascii() and first.isdigit()):
        yield from (match.span() for match in pattern.finditer(folded))
        return
    figure = (first.lstrip("0") or "0").encode()
    at = folded.find(figure)
    while at >= 0:
        start = at
        while folded[start - 1] == _ZERO:  # a break is the first
            start -= 1
        match = pattern.match(folded, start)
        if match:
            yield match.span()
        at = folded.find(figure, match.end() if match else at + len(figure))


@lru_cache(maxsize=256)
def _pattern(number: Identifier) -> re.Pattern[bytes]:
    """Finds a number in folded text."""
    words = [folded for _, folded in number.words]
    body = _APART.join(_number_word(word) for word in words)
    written = _edge(words[0], "<!") + body + _edge(words[-1], "!")
    return re.compile(written.encode("ascii", "replace"))


_ZERO = ord("0")
_APART = rf"\x{BETWEEN:x}*"
_FIGURE, _LETTER = rf"[0-9\x{OTHER_FIGURE:x}]", rf"[a-z\x{OTHER_LETTER:x}]"


def _edge(word: str, side: str) -> str:
    return f"(?{side}{_FIGURE if word.isdigit() else _LETTER})"


def _spelt(word: str) -> str:
    """A folded word, with y for a final i where both are written."""
    onset = re.fullmatch(rf"({ONSETS})i", word)
    return f"{onset[1]}[iy]" if onset else re.escape(word)


def _number_word(word: str) -> str:
    """Part of a number: figures with zeros before, letters perhaps apart (`c v/t u`)."""
    if word.isdigit():
        return "0*" + (word.lstrip("0") or "0")
    return _APART.join(_spelt(letter) for letter in word)
