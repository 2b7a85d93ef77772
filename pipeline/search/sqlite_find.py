"""Which letters a query finds, and how well: a sorted array of letters for each thing asked for,
what they have in common, and a score.

A letter's score is the sum over what was asked of `rarity * (how often + in the heading + with the
marks typed)`; the best are then ranked anew (pipeline/search/sqlite_nearness.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.search.identifiers import Form
from pipeline.search.query import Asked, Identifier, Name, Query, Term
from pipeline.search.sqlite_postings import LAST_SPELLING_BIT, RAW, TEXT, TITLE, U8, Longs
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_segment_reader import FEW, Flags, Word
from pipeline.search.sqlite_spreads import COUNT, INFO_FIELD_SHIFT, SAME, Spread, is_in, of_letters

Scores = npt.NDArray[np.float32]
FULL = 1.2
"""BM25: how soon more of the same word counts no more."""
_IN_TITLE, _EXACT, _ONLY_RAW, _OTHER_NAME = 0.7, 0.8, 0.3, 0.5
_OWN_NUMBER, _CITED_NUMBER = 200.0, 100.0
_WHOLE_NAME, _END_OF_NAME = 100.0, 50.0
_MANY_TERMS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Letters by place, ascending, and the score of each."""

    letters: Longs
    scores: Scores

    def only(self, kept: Flags | Longs) -> Found:
        """Those chosen by a mask or by numbers."""
        return Found(self.letters[kept], self.scores[kept])


NOTHING = Found(np.empty(0, np.int64), np.empty(0, np.float32))


class Finder:
    """Answers one query from one state of an index. `numbered` gives ids of letters that have one
    of some keys, in a role (own, cited)."""

    def __init__(
        self, reader: Reader, query: Query, numbered: Callable[[str, Sequence[str]], list[int]]
    ) -> None:
        self._reader = reader
        self._query = query
        self._numbered = numbered
        self._words: dict[Form, Word | None] = {}

    def letters(self, allowed: Flags) -> tuple[Found, bool]:
        """Letters that have all that was asked for, of those `allowed`; where none has, those that
        lack one thing, or of many things a few. Second, whether things are lacking."""
        terms = self._query.terms
        allowed = self._without(allowed) if self._query.without else allowed
        if not terms:
            places = np.flatnonzero(allowed)
            return Found(places, np.zeros(len(places), np.float32)), False
        found = self._all(terms, allowed)
        if len(found.letters) or len(terms) <= 2:
            return found, False
        found = self._most(terms, allowed)
        return found, bool(len(found.letters))

    def _without(self, allowed: Flags) -> Flags:
        allowed = allowed.copy()
        for term in self._query.without:
            allowed[self._unwanted(term)] = False
        return allowed

    def _unwanted(self, term: Term) -> Longs:
        """A word typed with marks leaves letters in that have it with others."""
        words = self._known(term)
        if words is None:
            return NOTHING.letters
        if len(words) == 1 and not self._query.without_exact:
            return self._reader.spread(words[0]).all()
        spelling = words[0].spelling
        if len(words) == 1 and spelling is not None and spelling < LAST_SPELLING_BIT:
            return self._reader.spread(words[0]).alike()
        return self._reader.phrase(words, exact=self._query.without_exact).letters

    def _all(self, terms: Sequence[Asked], allowed: Flags) -> Found:
        """Letters with all terms. Words narrow the choice first, the rarest before all others;
        phrases are then looked for in what is left."""
        words = [self.word(form) for term in terms for form in _needed(term)]
        if None in words:
            return NOTHING
        spreads = [self._reader.spread(word) for word in dict.fromkeys(words) if word]
        left = _having_all(spreads, allowed)
        total = np.zeros(len(left), np.float32)
        for term in sorted(terms, key=_is_single, reverse=True):
            if isinstance(term, Term) and len(term.words) == 1:
                total += self._word_scores(term, left)
                continue
            found = self._of_asked(term, left)
            if isinstance(term, Term):  # found among those left alone
                if len(found.letters) < len(left):
                    left, total = found.letters, total[is_in(found.letters, left)]
            elif not np.array_equal(found.letters, left):
                found = found.only(is_in(left, found.letters))
                there = is_in(found.letters, left)
                left, total = left[there], total[there]
            total += found.scores
        return Found(left, total * of_letters(self._reader.share_of_length, left))

    def _most(self, terms: Sequence[Asked], allowed: Flags) -> Found:
        """Letters that have all terms but one; of many terms, as many as any letter has."""
        counts = np.zeros(self._reader.size, np.uint8)
        found: list[Found | Spread] = []
        for term in terms:
            part = self._spread_of(term) or self._of_asked(term, None)
            if isinstance(part, Spread) and part.letters is None:
                counts += part.info != 0
            else:
                counts[part.all() if isinstance(part, Spread) else part.letters] += 1
            found.append(part)
        counts[~allowed] = 0
        wanted = len(terms) - 1
        if len(terms) > _MANY_TERMS:
            wanted = max(min(int(counts.max(initial=0)), wanted), len(terms) // 2)
        places = np.flatnonzero(counts >= wanted)
        scores = np.zeros(len(places), np.float32)
        for term, part in zip(terms, found, strict=True):
            if isinstance(part, Spread):
                part = self._of_asked(term, places)
            there = is_in(part.letters, places)
            scores[there] += part.scores[is_in(places, part.letters)]
        return Found(places, scores)

    def _spread_of(self, term: Asked) -> Spread | None:
        """The letters of a single word that is in the index."""
        word = self.word(term.words[0]) if _is_single(term) else None
        return self._reader.spread(word) if word else None

    def _of_asked(self, asked: Asked, within: Longs | None) -> Found:
        if isinstance(asked, Identifier):
            return self._of_number(asked, within)
        if isinstance(asked, Name):
            return self._of_name(asked, within)
        return self._of_term(asked, within)

    def _of_number(self, asked: Identifier, within: Longs | None) -> Found:
        """The letter of a number first, then those citing it, then those that have its words."""
        reader = self._reader
        parts = [self._of_term(Term(asked.words), within)]
        for role, score in (("own", _OWN_NUMBER), ("cited", _CITED_NUMBER)):
            places = reader.places_of(self._numbered(role, asked.keys))
            parts.append(Found(places, np.full(len(places), score, np.float32)))
        return _best(parts)

    def _of_name(self, asked: Name, within: Longs | None) -> Found:
        """A name as typed, or another name of the body, which counts less. Of people the whole name
        comes first, then what was read of it below a signature."""
        allowed = np.zeros(self._reader.size, np.bool_)
        allowed[slice(None) if within is None else within] = True
        parts = [self._all(asked.terms, allowed)]
        for other in asked.other:
            found = self._of_term(other, within)
            parts.append(Found(found.letters, found.scores * np.float32(_OTHER_NAME)))
        if asked.signers:
            whole = self._of_term(Term(asked.words), within)
            parts.append(Found(whole.letters, whole.scores + np.float32(_WHOLE_NAME)))
            ids = self._reader.names_exactly("signer", asked.signers)
            places = np.flatnonzero(np.isin(self._reader.columns.signer, ids))
            parts.append(Found(places, np.full(len(places), _END_OF_NAME, np.float32)))
        return _best(parts)

    def _of_term(self, term: Term, within: Longs | None) -> Found:
        words = self._known(term)
        if words is None:
            return NOTHING
        if len(words) > 1:
            return self._of_phrase(words, within)
        spread = self._reader.spread(words[0])
        letters = spread.all() if within is None else within[spread.among(within)]
        return Found(letters, self._word_scores(term, letters))

    def _of_phrase(self, words: Sequence[Word], within: Longs | None) -> Found:
        letters, counts = self._reader.phrase(words, within)
        scores = _OF_COUNT.take(counts, mode="clip")
        if self._query.marked:
            scores += self._with_marks(words, letters) * np.float32(_EXACT)
        return Found(letters, scores * np.float32(self._rarity(len(letters))))

    def _with_marks(self, words: Sequence[Word], letters: Longs) -> Flags:
        """Which of some letters have every word somewhere with the marks typed; that they stand
        so in the phrase is looked at where the best are ranked by nearness."""
        spreads = [self._reader.spread(word) for word in words]
        if len(letters) * FEW > self._reader.size and all(s.letters is None for s in spreads):
            packed = np.bitwise_and.reduce([spread.packed_same for spread in spreads])
            return of_letters(_unpacked(packed, self._reader.size), letters)
        info = np.full(len(letters), SAME, np.uint8)
        for spread in spreads:
            info &= spread.info_of(letters)
        same: Flags = info != 0
        return same

    def _word_scores(self, term: Term, letters: Longs) -> Scores:
        """Scores of letters that have a word, by a table of all that is told of it in a letter."""
        word = self.word(term.words[0])
        assert word is not None
        spread = self._reader.spread(word)
        table = _OF_INFO * np.float32(self._rarity(spread.count))
        if self._query.marked and word.spelling is not None:
            table[SAME:] += np.float32(_EXACT * self._rarity(spread.same))
        scores: Scores = table.take(spread.info_of(letters))
        return scores

    def _rarity(self, letters: int) -> float:
        return math.log1p((self._reader.letters + 0.5) / (letters + 0.5))

    def rarity_of(self, term: Term) -> float:
        """The rarity of a term's rarest word."""
        words = [word for form in term.words if (word := self.word(form))]
        return max((self._rarity(self._reader.spread(word).count) for word in words), default=0.0)

    def word(self, form: Form) -> Word | None:
        """The word of the index that was typed, None where there is none."""
        if form not in self._words:
            self._words[form] = self._reader.word(form[1], form[0])
        return self._words[form]

    def _known(self, term: Term) -> list[Word] | None:
        """A term's words, None where one is not in the index."""
        words = [word for form in term.words if (word := self.word(form))]
        return words if words and len(words) == len(term.words) else None


def _having_all(spreads: Sequence[Spread], allowed: Flags) -> Longs:
    """Letters that have all of some words. Rare words are looked up in one another; of those that
    many letters have, all letters are looked at."""
    some = sorted((s for s in spreads if s.letters is not None), key=lambda s: s.count)
    many = [s for s in spreads if s.letters is None]
    if not some:
        packed = np.packbits(allowed)
        for spread in many:
            packed &= spread.packed
        return _unpacked(packed, len(allowed)).nonzero()[0]
    left = some[0].all()
    left = left[allowed[left]]
    for spread in (*some[1:], *many):
        left = left[spread.among(left)]
    return left


def _unpacked(packed: U8, size: int) -> Flags:
    return np.unpackbits(packed, count=size).view(np.bool_)


def _of_info() -> Scores:
    """The score of a word by its `info` in a letter."""
    info = np.arange(256)
    fields = info >> INFO_FIELD_SHIFT
    counts = info & COUNT
    scores = counts / (counts + FULL)
    scores[(fields & (TITLE | TEXT | RAW)) == RAW] *= _ONLY_RAW
    scores[(fields & TITLE) != 0] += _IN_TITLE
    return scores.astype(np.float32)


_OF_INFO = _of_info()
_COUNTS = np.arange(256)
_OF_COUNT = (_COUNTS / (_COUNTS + FULL)).astype(np.float32)
"""The score of a phrase by how often it stands in a letter, to a limit."""


def _needed(term: Asked) -> tuple[Form, ...]:
    """Words without which a term is surely not found."""
    return term.words if isinstance(term, Term) else ()


def _is_single(term: Asked) -> bool:
    return isinstance(term, Term) and len(term.words) == 1


def _best(parts: Sequence[Found]) -> Found:
    """All that is in any, with the best score it has."""
    parts = [part for part in parts if len(part.letters)]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    if all(np.array_equal(part.letters, parts[0].letters) for part in parts[1:]):
        return Found(parts[0].letters, np.max([part.scores for part in parts], axis=0))
    scores = np.full(max(int(part.letters[-1]) for part in parts) + 1, -1, np.float32)
    for part in parts:
        scores[part.letters] = np.maximum(scores[part.letters], part.scores)
    letters = np.flatnonzero(scores >= 0)
    return Found(letters, scores[letters])
