"""The piece of a letter's text that best shows why it was found, with the words found marked.

All letters of an answer are looked at together: where terms stand is a table over all their texts
(`Found`), and the windows of all pages are weighed at once (`Windows`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.search.folding import ONSETS
from pipeline.search.protocol import Passage, Span
from pipeline.search.query import Identifier, Query, Term
from pipeline.search.runs import starts_of_runs
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
_SAME = 32
"""Of more terms than this the last are taken for one."""
_LEVELS = np.array([max(n.bit_length() - 1, 0) for n in range(_MOST_IN_WINDOW + 1)])

Bits = npt.NDArray[np.uint64]
_bits = np.uint64


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
        rows = words.rows(term.words[0][1])
        for step, (_, folded) in enumerate(term.words[1:], 1):
            rows = rows[words.are(folded, rows + step)]  # a break is the last
        same = np.full(len(rows), self._query.marked)
        if self._query.marked:
            for step, form in enumerate(term.words):
                same &= words.alike(form, rows + step)
        return _Finds(rows, rows + len(term.words) - 1, same)


class Found:
    """Where terms stand in some texts, text `n` of which begins at `begins[n]`.

    A spot is a word with which a term begins: its start and end, and as bits which terms stand
    there (from the lowest bit on), and which with the marks typed (from `_SAME` on)."""

    def __init__(self, words: Texts, finds: Sequence[Sequence[_Finds]]) -> None:
        self.begins = words.begins
        begun = np.zeros(len(words.starts), np.bool_)
        for found in (one for term in finds for one in term):
            begun[found.firsts] = True
        spots = begun.nonzero()[0]
        self._bits: Bits = np.zeros(len(spots), np.uint64)
        lasts = spots.copy()
        for number, term in enumerate(finds):
            bit = 1 << min(number, _SAME - 1)
            for found in term:
                rows = spots.searchsorted(found.firsts)
                self._bits[rows] |= np.where(found.same, _bits(bit | bit << _SAME), _bits(bit))
                lasts[rows] = np.maximum(lasts.take(rows), found.lasts)
        self._all = _bits((1 << min(len(finds), _SAME)) - 1)
        self._starts, self._ends = words.starts.take(spots), words.ends.take(lasts)

    def has_all(self, edges: Sequence[int]) -> list[bool]:
        """For each part of a text whether all terms stand in it; where the first begins and ends,
        then the others."""
        rows = self._starts.searchsorted(np.array(edges, np.int64))
        there = np.bitwise_or.reduceat(np.append(self._bits, _bits(0)), rows)[::2] & self._all
        everything: list[bool] = ((there == self._all) & (rows[::2] < rows[1::2])).tolist()
        return everything

    def windows(self, pages: Sequence[Page]) -> Windows:
        """The best piece of each of some texts, looked at by itself."""
        begins = np.array([page.at for page in pages], np.int64)
        lengths = np.array([len(page.text) for page in pages], np.int64)
        low, high = self._starts.searchsorted(begins), self._starts.searchsorted(begins + lengths)
        counts = high - low
        of_page = np.arange(len(pages)).repeat(counts)
        rows = counts.cumsum() - counts  # of the first spot of each page
        spots = np.arange(len(of_page)) + (low - rows).repeat(counts)
        bits, ends = self._bits.take(spots), self._ends.take(spots)
        bits[ends > (begins + lengths).take(of_page)] = 0
        same = bits >> _bits(_SAME)
        if same.any():
            # where a term has the marks typed somewhere on the page, others count for nothing
            having = counts.nonzero()[0]
            exact = np.bitwise_or.reduceat(same, rows.take(having)).repeat(counts.take(having))
            bits &= ~(exact & ~same)
        kept = bits.nonzero()[0]
        # pages may have text in common, so each has places of its own
        own = (lengths + WIDTH).cumsum() - (lengths + WIDTH)
        of_page = of_page.take(kept)
        shift = (own - begins).take(of_page)
        starts, ends = self._starts.take(spots.take(kept)) + shift, ends.take(kept) + shift
        return Windows(pages, own, _Spans(starts, ends, of_page), bits.take(kept))


class _Spans(NamedTuple):
    """Spots: where they start and end, and the number of the page they are on."""

    starts: Longs
    ends: Longs
    of_page: Longs


class Windows:
    """The best window of each of some pages, each of which begins at a place of its own: the one
    with most of the terms, the first of several as good."""

    def __init__(self, pages: Sequence[Page], begins: Longs, spots: _Spans, bits: Bits) -> None:
        self._pages = pages
        self._begins: list[int] = begins.tolist()
        self._spots = spots
        self._scores = [0] * len(pages)
        self._firsts: dict[int, int] = {}
        if not len(bits):
            return
        here, scores = _scored(spots, bits)
        of_page = spots.of_page.take(here)
        begin = starts_of_runs(of_page)
        highest = np.zeros(len(pages), np.int64)
        highest[of_page.take(begin)] = np.maximum.reduceat(scores, begin)
        best = (scores == highest.take(of_page)).nonzero()[0][::-1]  # the first is put in last
        places = spots.starts.take(here.take(best)).tolist()
        self._firsts = dict(zip(of_page.take(best).tolist(), places, strict=True))
        self._scores = highest.tolist()

    def shown(self, groups: Iterable[Sequence[int]]) -> list[tuple[int | None, Passage] | None]:
        """For each group of pages, by their numbers from 0, the page and piece of it with most of
        the terms, earliest first; None where no term is found."""
        score = self._scores.__getitem__
        best = [
            group[0] if len(group) == 1 else max(group, key=score, default=-1) for group in groups
        ]
        found = [number for number in best if number in self._firsts]
        pieces = []
        for number in found:
            text, at = self._pages[number].text, self._begins[number]
            begin, piece, before, after = cut(text, self._firsts[number] - at)
            pieces.append((at + begin, piece, before, after))
        lows = np.array([piece[0] for piece in pieces], np.int64)
        highs = lows + [len(piece[1]) for piece in pieces]
        rows = zip(
            *(self._spots.starts.searchsorted(x).tolist() for x in (lows, highs)), strict=True
        )
        passages = {
            number: (self._pages[number].number, self._passage(*piece, *row))
            for number, piece, row in zip(found, pieces, rows, strict=True)
        }
        return [passages.get(number) for number in best]

    def _passage(
        self, low: int, piece: str, before: str, after: str, row: int, behind: int
    ) -> Passage:
        """A piece of a page with the words found marked, those of some spots."""
        marks: list[Span] = []
        shift, high = len(before) - low, low + len(piece)
        begin = last = -1
        starts, ends = self._spots.starts[row:behind], self._spots.ends[row:behind]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if start == last or (start == last + 1 and piece[last - low] == " "):
                last = end  # only a space between
            elif start > last:
                if last >= 0:
                    marks.append((begin + shift, last + shift))
                begin, last = start, end
            if last > high:
                last = high
        if last >= 0:
            marks.append((begin + shift, last + shift))
        return Passage(before + piece + after, tuple(marks))


def _scored(spots: _Spans, bits: Bits) -> tuple[Longs, Longs]:
    """The spots at which windows begin, which are those with a row of words side by side, and twice
    the score of each window."""
    starts, ends = spots.starts, spots.ends
    apart = np.ones(len(starts), np.bool_)
    np.greater(starts[1:] - ends[:-1], _SIDE, out=apart[1:])
    here = apart.nonzero()[0]
    rows = apart.cumsum()  # so many begin up to each spot
    shown = np.maximum.accumulate(ends) if (ends[1:] < ends[:-1]).any() else ends
    behind = shown.searchsorted(starts.take(here) + (WIDTH - _LEAD), "right")
    behind = np.minimum(np.maximum(behind, here + 1), here + _MOST_IN_WINDOW)
    rows_in = rows.take(behind - 1) - rows.take(here)
    near = np.minimum(behind - 1 - here - rows_in, _MOST_NEAR)
    present = _any_between(bits, here, behind)
    exact = np.bitwise_count(present >> _bits(_SAME)).astype(np.int64)
    terms = np.bitwise_count(present & _bits((1 << _SAME) - 1)).astype(np.int64)
    return here, 2 * _PRESENT * terms + 2 * exact + near


def _any_between(bits: Bits, low: Longs, high: Longs) -> Bits:
    """The bits that any has from each row on up to another, at most `_MOST_IN_WINDOW` behind it: of
    any one, two, four, eight, sixteen in a row they are worked out once."""
    table = np.empty((_MOST_IN_WINDOW.bit_length(), len(bits)), np.uint64)
    table[0] = bits
    for level in range(1, len(table)):
        step = 1 << level - 1
        table[level] = table[level - 1]
        table[level, :-step] |= table[level - 1, step:]
    levels = _LEVELS.take(high - low)
    flat, row = table.ravel(), levels * len(bits)
    any_of: Bits = flat.take(row + low) | flat.take(row + high - (1 << levels))
    return any_of


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
