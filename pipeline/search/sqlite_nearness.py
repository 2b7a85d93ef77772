"""Where in some letters the words of a query stand: near one another, and in which directives.

Letters are counted from 0 here; places are as in `Standing`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from pipeline.search.query import Asked, Name, Query, Term
from pipeline.search.runs import starts_of_runs
from pipeline.search.sqlite_directives import Directives
from pipeline.search.sqlite_find import FULL, Finder, Found, Scores
from pipeline.search.sqlite_postings import PLACE_BITS, Longs
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_segment_reader import (
    NOWHERE,
    Standing,
    in_a_row,
    is_among,
)

_PAIR, _PAIR_EXACT, _FOLLOWED, _NEAR, _EXACT = 0.5, 0.5, 0.3, 0.4, 0.8
_IN_A_ROW, _IN_ORDER = 0.3, 1.0
_SOON = 10
"""Words typed one behind the other are so where there are at most so many words between them."""
_APART = 1 << 40
_FAR = 1 << 39
_WINDOWS = (10, 20, 40)
"""Words stand near one another within so many words, the fewer the better."""


class Places:
    """Where what a query asks for stands in some `letters`, ascending."""

    def __init__(self, reader: Reader, finder: Finder, query: Query, letters: Longs) -> None:
        self._reader = reader
        self._finder = finder
        self._query = query
        self._letters = letters

    def _of(self, term: Term, letters: Longs, *, spelled: bool) -> Standing:
        words = [word for form in term.words if (word := self._finder.word(form))]
        if len(words) < len(term.words) or not words:
            return NOWHERE
        each = [self._reader.standing(w, letters, spelled=spelled) for w in words]
        if len(each) == 1:
            return each[0]
        places = in_a_row([one.places for one in each])
        same = in_a_row([one.places[one.same] for one in each])
        return Standing(places, is_among(places, same))

    def _of_each(self, terms: Sequence[Term]) -> list[Standing]:
        words = [self._finder.word(term.words[0]) for term in terms]
        known = [word for word in words if word]
        single = all(len(term.words) == 1 for term in terms)
        spelled = self._query.marked
        if single and len(known) == len(words):
            return self._reader.standing_together(known, self._letters, spelled=spelled)
        return [self._of(term, self._letters, spelled=spelled) for term in terms]

    def nearness(self) -> Scores:
        """What each letter deserves for having words asked for side by side, all in a row, all in
        the order typed within a few words, and all near one another."""
        terms = [term for asked in self._query.terms for term in _plain(asked)]
        extra = np.zeros(len(self._letters), np.float32)
        if len(terms) < 2:
            return extra
        placed = self._of_each(terms)
        steps = [len(term.words) for term in terms]
        rarities = [self._finder.rarity_of(term) for term in terms]
        together = _Together(placed, len(self._letters))
        follows = together.follows(steps, spelled=self._query.marked)
        for pair, two in zip(follows, pairwise(rarities), strict=True):
            extra += pair * np.float32(sum(two) / 2)
        in_a_row_there, in_order = together.in_order()
        extra += in_a_row_there * np.float32(_IN_A_ROW * sum(rarities))
        extra += in_order * np.float32(_IN_ORDER * sum(rarities))
        return extra + together.near() * np.float32(_NEAR * sum(rarities) / len(rarities))

    def directives(self) -> tuple[Found, Longs]:
        """Directives of the letters, as rows, that have all that was asked for, and the letter of
        each. What stands least often in a letter is looked for first, and the rest in the
        directives that have it."""
        left = self._reader.directives_of(self._letters)
        scores = np.zeros(len(left.rows), np.float32)
        for asked in sorted(self._query.terms, key=self._density):
            scores += self._in_directives(asked, left)  # of what is not there -inf
            kept = scores > -np.inf
            left, scores = left.only(kept), scores[kept]
        for term in self._query.without:
            spelled = self._query.without_exact
            standing = self._of(term, left.letters, spelled=spelled)
            counts, same = left.count(standing, spelled=spelled)
            kept = (same if spelled else counts) == 0
            left, scores = left.only(kept), scores[kept]
        order = left.rows.argsort()
        return Found(left.rows[order], scores[order]), left.owners[order]

    def _density(self, asked: Asked) -> float:
        words = [word for form in asked.words if (word := self._finder.word(form))]
        return min(map(self._reader.density, words), default=0.0)

    def _in_directives(self, asked: Asked, directives: Directives) -> Scores:
        """The score of each directive for one thing asked, -inf where it is not there."""
        parts = [self._of_term_in(term, directives) for term in _writings_of(asked)]
        if isinstance(asked, Name) and len(asked.terms) > 1:
            parts.append(_sum([self._of_term_in(term, directives) for term in asked.terms]))
        best: Scores = np.max(parts, axis=0)
        return best

    def _of_term_in(self, term: Term, directives: Directives) -> Scores:
        spelled = self._query.marked
        standing = self._of(term, directives.letters, spelled=spelled)
        counts, same = directives.count(standing, spelled=spelled)
        scores = (counts / (counts + FULL)).astype(np.float32)
        if self._query.marked:
            scores[same > 0] += np.float32(_EXACT)
        scores *= np.float32(self._finder.rarity_of(term))
        scores[counts == 0] = -np.inf
        return scores


class _Together:
    """Where several things stand in `letters` letters, as one ascending array, each thing so far
    behind the one before that nothing is near both: all are looked for in it at once."""

    def __init__(self, placed: Sequence[Standing], letters: int) -> None:
        self._letters = letters
        self._lengths = np.array([len(one.places) for one in placed])
        self._ends = self._lengths.cumsum()
        self._places = np.concatenate([one.places for one in placed])
        self._same = np.concatenate([one.same for one in placed])
        # a place that is near nothing before all, and another behind
        self._padded = np.empty(len(self._places) + 2, np.int64)
        self._padded[[0, -1]] = -_APART, _APART * len(placed)
        self._keys = self._padded[1:-1]
        self._keys[:] = np.arange(0, _APART * len(placed), _APART).repeat(self._lengths)
        self._keys += self._places

    def follows(self, steps: Sequence[int], *, spelled: bool) -> Scores:
        """For each thing but the last, in each letter, what is deserved for having the next right
        behind its so many words (`steps`), with the marks typed, or at least soon behind."""
        count = self._ends[-2]
        thing = np.arange(len(steps) - 1).repeat(self._lengths[:-1])
        here = self._keys[:count] + _APART
        step = 1 if max(steps) == 1 else np.array(steps).take(thing)
        self._next = self._keys.searchsorted(here + step)
        gaps = self._padded[1:].take(self._next)
        gaps -= here
        at = thing * self._letters
        at += self._places[:count] >> PLACE_BITS
        shape = (len(steps) - 1, self._letters)
        score, near = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._after, self._beside = gaps < _FAR, gaps == step
        score.ravel()[at[gaps <= _SOON]] = _FOLLOWED
        beside = self._beside.nonzero()[0]
        near.ravel()[at.take(beside)] = _PAIR
        if spelled:
            same = self._same.take(beside) & self._same.take(self._next.take(beside))
            near.ravel()[at.take(beside[same])] = _PAIR + _PAIR_EXACT
        return score + near

    def in_order(self) -> tuple[Scores, Scores]:
        """For each letter whether all things stand in a row in it, 1 where they do, and how near
        one another in the order typed, from 0 to 1; after `follows`."""
        last = np.arange(self._lengths[0])
        there, row = np.ones(len(last), np.bool_), np.ones(len(last), np.bool_)
        starts, letters = self._places[: len(last)], self._places[: len(last)] >> PLACE_BITS
        for _ in self._lengths[1:]:
            row &= self._beside.take(last)
            there &= self._after.take(last)
            left = there.nonzero()[0]
            if len(left) < len(last):
                last, starts, letters = last.take(left), starts.take(left), letters.take(left)
                there, row = there.take(left), row.take(left)
            last = self._next.take(last)
        in_a_row, best = np.zeros(self._letters, np.float32), np.zeros(self._letters, np.float32)
        in_a_row[letters[row]] = 1
        close = _CLOSE.take(self._places.take(last) - starts, mode="clip")
        np.maximum.at(best, letters, close.astype(np.float32))
        return in_a_row, best / np.float32(len(_WINDOWS))

    def near(self) -> Scores:
        """How many of the things stand near one another in each letter, at most, those not quite
        near for less."""
        best = np.zeros(self._letters, np.float32)
        rarest = int(self._lengths.argmin())
        end = self._ends[rarest]
        places = self._places[end - self._lengths[rarest] : end]
        if not len(places):
            return best
        near = np.full(len(places), len(_WINDOWS), np.int64)  # itself
        for number in range(len(self._ends)):
            if number != rarest:
                wanted = places + number * _APART
                at = self._keys.searchsorted(wanted)
                distances = self._padded[1:].take(at)
                distances -= wanted
                wanted -= self._padded.take(at)
                near += _CLOSE.take(np.minimum(distances, wanted), mode="clip")
        letters = places >> PLACE_BITS
        begin = starts_of_runs(letters)
        best[letters.take(begin)] = np.maximum.reduceat(near, begin) / np.float32(len(_WINDOWS))
        return best


def _sum(parts: Sequence[Scores]) -> Scores:
    total: Scores = np.sum(parts, axis=0, dtype=np.float32)
    return total


def _plain(asked: Asked) -> Iterable[Term]:
    """Words and phrases whose nearness counts."""
    return asked.terms if isinstance(asked, Name) else (Term(asked.words),)


def _writings_of(asked: Asked) -> Iterable[Term]:
    """Any of which is what was asked for."""
    if isinstance(asked, Name):
        return (*(asked.terms if len(asked.terms) == 1 else ()), *asked.other)
    return (Term(asked.words),)


_CLOSE = np.array([sum(n <= window for window in _WINDOWS) for n in range(max(_WINDOWS) + 2)])
"""In how many of the windows are words that stand so far from one another; no more behind it."""
