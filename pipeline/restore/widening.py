"""Readings that the words around a token ask for, though what was read, by itself, tells of others.

In: the tokens of a document under heavy damage, and which reading of each is likeliest so far. Out:
rows with further readings for those that fit badly: of `nền ting`, where channel and frequency put
two dozen words before `tảng`, which follows `nền` half the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from pipeline.restore.candidates import IMPOSSIBLE, Candidates, Variant
from pipeline.restore.common_readings import Reading, Row
from pipeline.restore.decoder import Weights, mixed
from pipeline.restore.forward_backward import Bools, Doubles
from pipeline.restore.language_model import NONE, Floats, Ids, LanguageModel, bigram_key
from pipeline.restore.lexicon import PhraseTable
from pipeline.restore.tokens import UNKNOWN_ID, core_of

LEAST_FIT: Final = -16.0
"""A token whose likeliest reading scores less, by channel and both its neighbours, is looked at."""

SURE: Final = 0.95
"""One that is surer of its reading than this is not."""

BEHIND: Final = 6.0
"""How far behind the likeliest reading a further one may be: trigrams and all else weigh it."""

RUNNER_UP: Final = -3.0
"""A second reading beside a token counts where it is not less likely than that by more."""

_AT_LEAST: Final = 4.0  # two bigrams hardly ever cost less
_LOOKED_AT: Final = 200  # readings of a token in each shape
_BEAM: Final = 20.0
_MOST: Final = 5  # further readings of a token
_MOST_KEPT: Final = 3_000  # tokens: about 10 MB


class _Further(NamedTuple):
    """Words that a token may stand for: ids, log P(read | word), and which of the `ways` (span and
    shape) it was read in."""

    words: Ids
    scores: Floats
    way: Ids
    ways: list[tuple[int, int, Variant]]


class _Two(NamedTuple):
    """Of each token the words of the likeliest reading and the runner-up [T, 2], and log P(it) less
    that of the likeliest."""

    words: Ids
    odds: Doubles

    def moved(self, by: int) -> _Two:
        """Those of the token that stands so many before; boundaries where there is none."""
        return _Two(np.roll(self.words, by, 0), np.roll(self.odds, by, 0))


@dataclass(slots=True)
class Widening:
    """Looks for further readings under one channel."""

    candidates: Candidates
    model: LanguageModel
    phrases: PhraseTable
    weights: Weights
    _kept: dict[tuple[str, bool], _Further] = field(default_factory=dict)

    def rows(self, rows: Ids, keep: Ids, share: Doubles) -> Ids:
        """The rows of readings of the tokens [T], some of them wider; `keep`, `share` [T, k]: the
        readings left of each so far and their probabilities."""
        table = self.candidates
        first, last, two = self._likeliest(rows, keep, share)
        channel = table.score[rows, keep[np.arange(len(rows)), share.argmax(1)]]
        fit = self.weights.channel * channel + self.weights.language * (
            self._bigram(last.moved(1).words[:, 0], first.words[:, 0])
            + self._bigram(last.words[:, 0], first.moved(-1).words[:, 0])
        )
        several = (table.score[rows, :2] > IMPOSSIBLE / 2).all(1)
        asked = (fit < LEAST_FIT) & (share.max(1) < SURE) & several & ~two
        out = rows.copy()
        found = [
            (t, further)
            for t in np.flatnonzero(asked).tolist()
            if (further := self._of_row(int(rows[t]))) is not None
        ]
        for t, further, wanted in self._wanted(found, last.moved(1), first.moved(-1), fit):
            out[t] = self._wider(int(rows[t]), further, wanted)
        return out

    def _likeliest(self, rows: Ids, keep: Ids, share: Doubles) -> tuple[_Two, _Two, Bools]:
        """The first and the last words of the two likeliest readings of each token, and whether the
        likeliest is two words."""
        two = np.argsort(-share, 1, kind="stable")[:, :2]
        found = np.take_along_axis(keep, two, 1)
        odds = np.log(np.maximum(np.take_along_axis(share, two, 1), 1e-9))
        odds -= odds[:, :1]
        at = rows[:, None], found
        first, second = self.candidates.first[at], self.candidates.second[at]
        last = np.where(second != NONE, second, first)
        return _Two(first, odds), _Two(last, odds), second[:, 0] != NONE

    def _bigram(self, v: Ids, w: Ids) -> Floats:
        """log P(w | v) with what the phrases say."""
        logs, _ = self.model.bigram(v, w)
        return mixed(logs, self.phrases.find(bigram_key(v, w)), self.weights.phrases)

    def _of_row(self, row: int) -> _Further | None:
        """All words that the token of a row may stand for; None for numbers, and for what was made
        of several readings."""
        token = self.candidates.token_of.get(row)
        if token is None or not any(c.isalpha() for c in token[0]):
            return None
        found = self._kept.get(token)
        if found is None:
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
            found = self._kept[token] = self._all(*token)
        return found

    def _all(self, token: str, in_capitals: bool) -> _Further:
        ways = list(self._ways(token, in_capitals))
        words, scores = [], []
        for *_, variant in ways:
            found, logs = self.candidates.best(variant.read, variant.shape, _LOOKED_AT, _BEAM)
            words.append(found)
            scores.append(logs + np.float32(variant.penalty))
        way = np.repeat(np.arange(len(ways)), [len(w) for w in words])
        return _Further(np.concatenate(words), np.concatenate(scores), way, ways)

    def _ways(self, token: str, in_capitals: bool) -> Iterator[tuple[int, int, Variant]]:
        for a, b in self.candidates.spans(token, *core_of(token)):
            for variant in self.candidates.variants(token[a:b], in_capitals):
                yield a, b, variant

    def _wanted(
        self, found: list[tuple[int, _Further]], before: _Two, after: _Two, fit: Floats
    ) -> Iterator[tuple[int, _Further, Ids]]:
        """Of tokens the words that fit between those `before` and `after` [T] nearly as well as the
        likeliest does, or better; the best first."""
        channel = self.weights.channel
        near = [np.flatnonzero(channel * f.scores > fit[t] - BEHIND + _AT_LEAST) for t, f in found]
        sizes = [len(at) for at in near]
        if not sum(sizes):
            return
        token = np.repeat([t for t, _ in found], sizes)
        words = np.concatenate([f.words[at] for (_, f), at in zip(found, near, strict=True)])
        scores = np.concatenate([f.scores[at] for (_, f), at in zip(found, near, strict=True)])
        logs = self._best(before, token, words, follows=True)
        logs += self._best(after, token, words, follows=False)
        scores = channel * scores + self.weights.language * logs
        good = (scores > fit[token] - BEHIND) & (words > UNKNOWN_ID)
        start = 0
        for (t, further), at in zip(found, near, strict=True):
            part = slice(start, start + len(at))
            start += len(at)
            if good[part].any():
                kept = np.flatnonzero(good[part])
                yield t, further, at[kept[np.argsort(-scores[part][kept], kind="stable")]]

    def _best(self, beside: _Two, token: Ids, words: Ids, *, follows: bool) -> Floats:
        """log P of the pairs of `words` and what stands beside their tokens: with the word that is
        likeliest there, or the runner-up less what it is less likely."""
        own, other = beside.words[token].T
        logs = self._bigram(own, words) if follows else self._bigram(words, own)
        at = np.flatnonzero(beside.odds[token, 1] > RUNNER_UP)
        pair = (other[at], words[at]) if follows else (words[at], other[at])
        logs[at] = np.maximum(logs[at], self._bigram(*pair) + beside.odds[token[at], 1])
        return logs

    def _wider(self, row: int, further: _Further, wanted: Ids) -> int:
        """The row with the first of the wanted words that it lacks, in place of its last."""
        table = self.candidates
        known = set(table.first[row, table.second[row] == NONE].tolist())
        new: dict[int, int] = {}
        for i in wanted.tolist():
            if int(further.words[i]) not in known:
                new.setdefault(int(further.words[i]), i)
        chosen = tuple(new)[:_MOST]
        if not chosen:
            return row
        words = tuple(self.model.words[w] for w in chosen)
        ways = [new[w] for w in chosen]
        return table.made(f"\x01{row}", words, lambda: self._row(row, further, ways))

    def _row(self, row: int, further: _Further, chosen: list[int]) -> Row:
        table = self.candidates
        kept = min(len(table.readings[row]), table.wide.width - len(chosen))
        readings = list(table.readings[row][:kept])
        for i in chosen:
            a, b, variant = further.ways[further.way[i]]
            word = self.model.words[further.words[i]]
            readings.append(Reading(a, b, word, variant.shown))
        return Row(
            readings,
            [*table.first[row, :kept].tolist(), *further.words[chosen].tolist()],
            [*table.second[row, :kept].tolist(), *[NONE] * len(chosen)],
            [*table.score[row, :kept].tolist(), *further.scores[chosen].tolist()],
        )
