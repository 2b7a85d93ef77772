"""Where in some letters the words of a query stand: near one another, and in which directives.

Letters are counted from 0 here; places are as in `Standing`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from pipeline.search.query import Asked, Name, Query, Term
from pipeline.search.sqlite_directives import Directives
from pipeline.search.sqlite_find import FULL, Finder, Found, Scores
from pipeline.search.sqlite_postings import PLACE_BITS, Longs
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_segment_reader import (
    NOWHERE,
    Flags,
    Standing,
    in_a_row,
    is_among,
)

_PAIR, _PAIR_EXACT, _FOLLOWED, _NEAR, _IN_A_ROW, _EXACT = 0.5, 0.5, 0.3, 0.4, 0.3, 0.8
_SOON = 10
"""Words typed one behind the other are so where there are at most so many words between them."""
_WINDOWS = (10, 20, 40)
"""Words stand near one another within so many words, the fewer the better."""


class Places:
    """Where what a query asks for stands in some `letters`, ascending."""

    def __init__(self, reader: Reader, finder: Finder, query: Query, letters: Longs) -> None:
        self._reader = reader
        self._finder = finder
        self._query = query
        self._letters = letters

    def _of(self, term: Term, letters: Longs) -> Standing:
        words = [word for form in term.words if (word := self._finder.word(form))]
        if len(words) < len(term.words) or not words:
            return NOWHERE
        spelled = self._query.marked
        each = [self._reader.standing(w, letters, spelled=spelled) for w in words]
        if len(each) == 1:
            return each[0]
        places = in_a_row([one.places for one in each])
        same = in_a_row([one.places[one.same] for one in each])
        return Standing(places, is_among(places, same))

    def nearness(self) -> Scores:
        """What each letter deserves for having words asked for side by side, all in a row, and all
        near one another."""
        terms = [term for asked in self._query.terms for term in _plain(asked)]
        extra = np.zeros(len(self._letters), np.float32)
        if len(terms) < 2:
            return extra
        placed = [self._of(term, self._letters) for term in terms]
        steps = [len(term.words) for term in terms]
        rarities = [self._finder.rarity_of(term) for term in terms]
        for one, other, step, two in zip(
            placed, placed[1:], steps, pairwise(rarities), strict=False
        ):
            extra += self._follows(one, other, step) * np.float32(sum(two) / 2)
        row = in_a_row([one.places for one in placed], steps[:-1])
        extra += self._have(row) * np.float32(_IN_A_ROW * sum(rarities))
        return extra + self._near([one.places for one in placed]) * np.float32(
            _NEAR * sum(rarities) / len(rarities)
        )

    def _follows(self, one: Standing, other: Standing, step: int) -> Scores:
        """What each letter deserves for having something right behind another thing of `step`
        words, with the marks typed, or at least soon behind it."""
        score = np.zeros(len(self._letters), np.float32)
        if not len(other.places):
            return score
        behind = other.places.searchsorted(one.places + step)
        np.minimum(behind, len(other.places) - 1, out=behind)
        gaps = other.places[behind] - one.places
        letters = one.places >> PLACE_BITS
        beside = gaps == step
        score[letters[(gaps > 0) & (gaps <= _SOON)]] = _FOLLOWED
        near = np.zeros(len(score), np.float32)
        near[letters[beside]] = _PAIR
        if self._query.marked:
            near[letters[beside & one.same & other.same[behind]]] = _PAIR + _PAIR_EXACT
        return score + near

    def _have(self, places: Longs) -> Flags:
        """Which letters some places are in."""
        there = np.zeros(len(self._letters), np.bool_)
        there[places >> PLACE_BITS] = True
        return there

    def _near(self, placed: Sequence[Longs]) -> Scores:
        """How many terms stand near one another in each letter, at most, those not quite near for
        less."""
        rarest = min(placed, key=len)
        best = np.zeros(len(self._letters), np.float32)
        if not len(rarest):
            return best
        near = np.full(len(rarest), len(_WINDOWS), np.int64)  # itself
        for places in placed:
            if places is not rarest:
                near += _closeness(rarest, places)
        letters = rarest >> PLACE_BITS
        starts = np.flatnonzero(np.diff(letters, prepend=-1))
        best[letters[starts]] = np.maximum.reduceat(near, starts) / np.float32(len(_WINDOWS))
        return best

    def directives(self) -> Found:
        """Directives of the letters, as rows, that have all that was asked for. What stands least
        often in a letter is looked for first, and the rest in the directives that have it."""
        left = self._reader.directives_of(self._letters)
        scores = np.zeros(len(left.rows), np.float32)
        for asked in sorted(self._query.terms, key=self._density):
            scores += self._in_directives(asked, left)  # of what is not there -inf
            kept = scores > -np.inf
            left, scores = left.only(kept), scores[kept]
        for term in self._query.without:
            spelled = self._query.marked
            counts, same = left.count(self._of(term, left.letters), spelled=spelled)
            kept = (same if spelled else counts) == 0
            left, scores = left.only(kept), scores[kept]
        order = np.argsort(left.rows)
        return Found(left.rows[order], scores[order])

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
        standing = self._of(term, directives.letters)
        counts, same = directives.count(standing, spelled=self._query.marked)
        scores = (counts / (counts + FULL)).astype(np.float32)
        if self._query.marked:
            scores[same > 0] += np.float32(_EXACT)
        scores *= np.float32(self._finder.rarity_of(term))
        scores[counts == 0] = -np.inf
        return scores


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


def _closeness(places: Longs, others: Longs) -> Longs:
    """For each place how near the nearest of the others is, in the same letter: within how many of
    the windows."""
    if not len(others):
        return np.zeros(len(places), np.int64)
    at = others.searchsorted(places)
    after = others[np.minimum(at, len(others) - 1)] - places
    before = places - others[np.maximum(at - 1, 0)]
    distances = np.minimum(np.abs(after), np.abs(before))
    close: Longs = len(_WINDOWS) - _EDGES.searchsorted(distances)
    return close


_EDGES = np.array(_WINDOWS)
