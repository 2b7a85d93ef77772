"""Which letters a query finds, and how well: a sorted array of letters for each thing asked for,
what they have in common, and a score.

A letter's score is the sum over what was asked of `rarity * (how often + in the heading + with the
marks typed)`; the best are then ranked anew by how near to one another the words stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.search.query import Asked, Identifier, Name, Query, Term
from pipeline.search.sqlite_postings import COUNT, LAST_SPELLING_BIT, RAW, TEXT, TITLE
from pipeline.search.sqlite_reader import Directives, Entries, Places, Reader, Word

Scores = npt.NDArray[np.float32]
_FULL, _LENGTH = 1.2, 0.2
"""BM25: how soon more of the same word counts no more; how much a letter's length counts."""
_IN_TITLE, _EXACT, _ONLY_RAW, _OTHER_NAME = 0.7, 0.8, 0.3, 0.5
_PAIR, _PAIR_EXACT, _NEAR, _IN_A_ROW = 0.5, 0.5, 0.4, 0.3
_WINDOW = 40
"""Words stand near one another within so many words."""
_FEW = 16
_MANY_TERMS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Letters by place, ascending, and the score of each."""

    letters: Places
    scores: Scores

    def only(self, kept: npt.NDArray[np.bool_] | Places) -> Found:
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
        self._entries: dict[int, Entries] = {}

    def letters(self, allowed: npt.NDArray[np.bool_]) -> tuple[Found, bool]:
        """Letters that have all that was asked for, of those `allowed`; where none has, those that
        lack one thing, or of many things a few. Second, whether things are lacking."""
        terms = self._query.terms
        if not terms:
            places = np.flatnonzero(self._without(allowed))
            return Found(places, np.zeros(len(places), np.float32)), False
        allowed = self._without(allowed) if self._query.without else allowed
        found = self._all(terms, allowed)
        if len(found.letters) or len(terms) <= 2:
            return found, False
        found = self._most(terms, allowed)
        return found, bool(len(found.letters))

    def _without(self, allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        if self._query.without:
            allowed = allowed.copy()
        for term in self._query.without:
            allowed[self._of_term(term, None, exact=self._query.marked).letters] = False
        return allowed

    def _all(self, terms: Sequence[Asked], allowed: npt.NDArray[np.bool_]) -> Found:
        """Letters with all terms. Words narrow the choice first, the rarest before all others;
        phrases are then looked for in what is left."""
        words = [self._word(form) for term in terms for form in _needed(term)]
        if any(word is None for word in words):
            return NOTHING
        lists = {word.id: self._list(word).letters for word in words if word}
        ordered = sorted(lists.values(), key=len)
        left = ordered[0][allowed[ordered[0]]] if ordered else np.flatnonzero(allowed)
        for letters in ordered[1:]:
            left = left[self._among(letters, left)]
        total = np.zeros(len(left), np.float32)
        for term in sorted(terms, key=_is_single, reverse=True):
            found = self._of_asked(term, left)
            if not (_is_single(term) and len(found.letters) == len(left)):
                found = found.only(self._rows(found.letters, left))
                there = self._among(found.letters, left)
                left, total = left[there], total[there]
            total = total + found.scores
        return Found(left, total * self._of_length(left))

    def _most(self, terms: Sequence[Asked], allowed: npt.NDArray[np.bool_]) -> Found:
        """Letters that have all terms but one; of many terms, as many as any letter has."""
        counts = np.zeros(self._reader.size, np.int16)
        scores = np.zeros(self._reader.size, np.float32)
        for term in terms:
            found = self._of_asked(term, None)
            counts[found.letters] += 1
            scores[found.letters] += found.scores
        counts[~allowed] = 0
        wanted = len(terms) - 1
        if len(terms) > _MANY_TERMS:
            wanted = max(min(int(counts.max(initial=0)), wanted), len(terms) // 2)
        places = np.flatnonzero(counts >= wanted)
        return Found(places, scores[places])

    def _of_asked(self, asked: Asked, within: Places | None) -> Found:
        if isinstance(asked, Identifier):
            return self._of_number(asked, within)
        if isinstance(asked, Name):
            return self._of_name(asked, within)
        return self._of_term(asked, within, exact=False)

    def _of_number(self, asked: Identifier, within: Places | None) -> Found:
        """The letter of a number first, then those citing it, then those that have its words."""
        reader = self._reader
        parts = [self._of_term(Term(asked.words), within, exact=False)]
        for role, score in (("own", 200), ("cited", 100)):
            places = reader.places_of(self._numbered(role, asked.keys))
            parts.append(Found(places, np.full(len(places), score, np.float32)))
        return _best(parts)

    def _of_name(self, asked: Name, within: Places | None) -> Found:
        """A body's name as typed, or one of its other names, which count less."""
        all_allowed = np.zeros(self._reader.size, np.bool_)
        all_allowed[within if within is not None else slice(None)] = True
        parts = [self._all(asked.terms, all_allowed)]
        for other in asked.other:
            found = self._of_term(other, within, exact=False)
            parts.append(Found(found.letters, found.scores * np.float32(_OTHER_NAME)))
        return _best(parts)

    def _of_term(self, term: Term, within: Places | None, *, exact: bool) -> Found:
        words = [self._word(form) for form in term.words]
        known = [word for word in words if word]
        if len(known) < len(words) or not known:
            return NOTHING
        if len(known) == 1 and not exact:
            entries = self._list(known[0])
            if within is not None:
                rows = self._rows(entries.letters, within)
                entries = Entries(*(getattr(entries, n)[rows] for n in Entries.__slots__))
            return Found(
                entries.letters,
                self._word_scores(entries, known[0], len(self._list(known[0]).letters)),
            )
        return self._of_phrase(known, within, exact)

    def _of_phrase(self, words: list[Word], within: Places | None, exact: bool) -> Found:
        if within is None:
            within = self._with_all(words)
        places = self._reader.phrase(words, within, exact=exact)
        letters, counts = _counted(places)
        scores = (counts / (counts + _FULL)).astype(np.float32)
        if self._query.marked and not exact:
            scores[self._with_marks(words, letters)] += np.float32(_EXACT)
        return Found(letters, scores * np.float32(self._rarity(len(letters))))

    def _with_marks(self, words: Iterable[Word], letters: Places) -> npt.NDArray[np.bool_]:
        """Which of some letters have every word somewhere with the marks typed; that they stand
        so in the phrase is looked at where the best are ranked by nearness."""
        same = np.ones(len(letters), np.bool_)
        for word in words:
            if word.spelling is None:
                return np.zeros(len(letters), np.bool_)
            entries = self._list(word)
            bit = np.uint16(1 << min(word.spelling, LAST_SPELLING_BIT))
            same &= self._among(entries.letters[(entries.spellings & bit) != 0], letters)
        return same

    def _with_all(self, words: Iterable[Word]) -> Places:
        first, *others = sorted((self._list(word).letters for word in words), key=len)
        for letters in others:
            first = first[self._among(letters, first)]
        return first

    def _word_scores(self, entries: Entries, word: Word, letters: int) -> Scores:
        """Scores by a table of all that is told of a word in a letter."""
        rarity = np.float32(self._rarity(letters))
        scores = (_OF_INFO * rarity)[entries.info]
        if self._query.marked and word.spelling is not None:
            bit = np.uint16(1 << min(word.spelling, LAST_SPELLING_BIT))
            same = (self._list(word).spellings & bit) != 0
            scores[(entries.spellings & bit) != 0] += np.float32(
                _EXACT * self._rarity(int(same.sum()))
            )
        return scores

    def _of_length(self, letters: Places) -> Scores:
        """By how much scores count, so that long letters, which have more of all words, do not
        always come first."""
        lengths = self._reader.columns.length[letters].astype(np.float32)
        lengths *= np.float32(_LENGTH / self._reader.mean_length)
        share: Scores = np.float32(1) / (lengths + np.float32(1 - _LENGTH))
        return share

    def _rarity(self, letters: int) -> float:
        return math.log1p((self._reader.letters + 0.5) / (letters + 0.5))

    def _word(self, form: tuple[str, str]) -> Word | None:
        return self._reader.word(form[1], form[0])

    def _list(self, word: Word) -> Entries:
        if word.id not in self._entries:
            self._entries[word.id] = self._reader.entries(word)
        return self._entries[word.id]

    def _among(self, letters: Places, wanted: Places) -> npt.NDArray[np.bool_]:
        """For each letter wanted whether it is among others, both ascending."""
        if not len(letters):
            return np.zeros(len(wanted), np.bool_)
        if len(wanted) * _FEW < len(letters):
            at = np.searchsorted(letters, wanted)
            at[at == len(letters)] = 0
            return np.asarray(letters[at] == wanted)
        there = np.zeros(self._reader.size, np.bool_)
        there[letters] = True
        return there[wanted]

    def _rows(self, letters: Places, wanted: Places) -> Places:
        """The rows of those letters that are wanted, both ascending."""
        if len(wanted) * _FEW < len(letters):
            at = np.searchsorted(letters, wanted)
            at[at == len(letters)] = 0
            return np.asarray(at[letters[at] == wanted])
        there = np.zeros(self._reader.size, np.bool_)
        there[wanted] = True
        return np.flatnonzero(there[letters])

    def nearness(self, letters: Places) -> Scores:
        """What a few letters, ascending, deserve for having words asked for side by side, and all
        of them near one another."""
        extra = np.zeros(len(letters), np.float32)
        terms = [t for asked in self._query.terms for t in _plain(asked)]
        if len(terms) < 2:
            return extra
        placed = [self._placed(term, letters) for term in terms]
        rarities = [self._rarity_of(term) for term in terms]
        for i, ((one, same), (two, other_same)) in enumerate(pairwise(placed)):
            weight, step = (rarities[i] + rarities[i + 1]) / 2, len(terms[i].words)
            for share, first, second in ((_PAIR, one, two), (_PAIR_EXACT, same, other_same)):
                side = first[np.isin(first + step, second, assume_unique=True)] >> 16
                extra[np.searchsorted(letters, np.unique(side))] += np.float32(share * weight)
        run, step = placed[0][0], 0
        for term, (places, _) in zip(terms, placed[1:], strict=False):
            step += len(term.words)
            run = run[np.isin(run + step, places, assume_unique=True)]
        in_a_row = np.searchsorted(letters, np.unique(run >> 16))
        extra[in_a_row] += np.float32(_IN_A_ROW * sum(rarities))
        rarest = min((places for places, _ in placed), key=len)
        near = np.zeros(len(rarest), np.float32)
        for places, _ in placed:
            near += _near(rarest, places)
        best = np.zeros(len(letters), np.float32)
        np.maximum.at(best, np.searchsorted(letters, rarest >> 16), near)
        return extra + np.float32(_NEAR * sum(rarities) / len(rarities)) * best

    def _rarity_of(self, term: Term) -> float:
        """The rarity of a term's rarest word."""
        words = [word for form in term.words if (word := self._word(form))]
        return max((self._rarity(len(self._list(word).letters)) for word in words), default=0.0)

    def _placed(self, term: Term, letters: Places) -> tuple[Places, Places]:
        """Where a term stands, and where it does so with the marks typed."""
        words = [word for form in term.words if (word := self._word(form))]
        if len(words) == len(term.words) == 1:
            places, same = self._reader.word_places(words[0], letters)
            return places, same if self._query.marked else same[:0]
        places = self._places(term, letters)
        if not self._query.marked or not len(places):
            return places, places[:0]
        return places, self._reader.phrase(words, letters, exact=True)

    def _places(self, term: Term, letters: Places, *, exact: bool = False) -> Places:
        words = [word for form in term.words if (word := self._word(form))]
        if len(words) < len(term.words):
            return np.empty(0, np.int64)
        return self._reader.phrase(words, letters, exact=exact)

    def directives(self, letters: Places) -> Found:
        """Directives, as rows, of some letters that have all that was asked for."""
        directives = self._reader.directives_of(letters)
        found = Found(directives.rows, np.zeros(len(directives.rows), np.float32))
        for asked in self._query.terms:
            parts = [self._in_directives(t, letters, directives) for t in _writings_of(asked)]
            if isinstance(asked, Name) and len(asked.terms) > 1:
                each = [self._in_directives(t, letters, directives) for t in asked.terms]
                parts.append(_together(each))
            found = _together([found, _best(parts)])
        for term in self._query.without:
            places = self._places(term, letters, exact=self._query.marked)
            found = found.only(~self._flags(directives.at(places))[found.letters])
        return found

    def _in_directives(self, term: Term, letters: Places, directives: Directives) -> Found:
        rows, counts = _counted(directives.at(self._places(term, letters)) << 16)
        scores = counts / (counts + _FULL)
        if self._query.marked and len(rows):
            exact = directives.at(self._places(term, letters, exact=True))
            scores = scores + _EXACT * self._flags(exact)[rows]
        return Found(rows, (scores * self._rarity(len(rows))).astype(np.float32))

    def _flags(self, directives: Places) -> npt.NDArray[np.bool_]:
        """For each directive of the index whether it is among some."""
        flags = np.zeros(len(self._reader.columns.spans), np.bool_)
        flags[directives] = True
        return flags


def _of_info() -> Scores:
    """The score of a word by its `info` in a letter."""
    info = np.arange(256)
    counts = info & COUNT
    scores = counts / (counts + _FULL)
    scores[(info & (TITLE | TEXT | RAW)) == RAW] *= _ONLY_RAW
    scores[(info & TITLE) != 0] += _IN_TITLE
    return scores.astype(np.float32)


_OF_INFO = _of_info()


def _counted(places: Places) -> tuple[Places, Places]:
    """The letters of some places, ascending, and how many places are in each."""
    letters = places >> 16
    starts = np.flatnonzero(np.diff(letters, prepend=-1))
    return letters[starts], np.diff(np.append(starts, len(letters)))


def _needed(term: Asked) -> tuple[tuple[str, str], ...]:
    """Words without which a term is surely not found."""
    return term.words if isinstance(term, Term) else ()


def _is_single(term: Asked) -> bool:
    return isinstance(term, Term) and len(term.words) == 1


def _plain(asked: Asked) -> Iterable[Term]:
    """Words and phrases whose nearness counts."""
    if isinstance(asked, Name):
        return asked.terms
    return (Term(asked.words),)


def _writings_of(asked: Asked) -> Iterable[Term]:
    """Any of which is what was asked for."""
    if isinstance(asked, Name):
        return (*(asked.terms if len(asked.terms) == 1 else ()), *asked.other)
    return (Term(asked.words),)


def _best(parts: Sequence[Found]) -> Found:
    """All that is in any, with the best score it has."""
    parts = [part for part in parts if len(part.letters)]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    scores = np.full(max(int(part.letters[-1]) for part in parts) + 1, -1, np.float32)
    for part in parts:
        scores[part.letters] = np.maximum(scores[part.letters], part.scores)
    letters = np.flatnonzero(scores >= 0)
    return Found(letters, scores[letters])


def _together(parts: Sequence[Found]) -> Found:
    """What is in all, with the sum of its scores."""
    found = parts[0]
    for part in parts[1:]:
        if not len(found.letters) or not len(part.letters):
            return NOTHING
        at = np.minimum(np.searchsorted(part.letters, found.letters), len(part.letters) - 1)
        there = part.letters[at] == found.letters
        found = Found(found.letters[there], found.scores[there] + part.scores[at[there]])
    return found


def _near(places: Places, others: Places) -> npt.NDArray[np.bool_]:
    """For each place whether one of the others is near it, in the same letter."""
    if not len(others):
        return np.zeros(len(places), np.bool_)
    at = np.searchsorted(others, places)
    after = others[np.minimum(at, len(others) - 1)] - places
    before = places - others[np.maximum(at - 1, 0)]
    near: npt.NDArray[np.bool_] = (np.abs(after) <= _WINDOW) | (np.abs(before) <= _WINDOW)
    return near
