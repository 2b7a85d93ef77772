"""Choose readings together: posterior probabilities over all sequences of a document.

In: for each token its candidate readings (word ids, channel scores). Out: for each token the
probability of each reading given all others. The whole document is worked on as one batch of
overlapping windows, so the cost is a few array operations per step, not per token.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.restore.context_model import ContextModel
from pipeline.restore.forward_backward import AROUND, Doubles, marginals, max_marginals, padded
from pipeline.restore.language_model import (
    NONE,
    Floats,
    Ids,
    Keys,
    LanguageModel,
    bigram_key,
    trigram_key,
)
from pipeline.restore.lexicon import PhraseTable
from pipeline.restore.tokens import SPECIALS

_T = TypeVar("_T", bound=np.generic)
BATCH = 3000
NEVER = -1e4
SURE = 0.95  # a word of this probability is sure, and tells of the rest of its document
LAST_WIDTH = 4  # readings of a token that the last pass weighs again, none
CERTAIN = 0.9995  # from this probability on a word is not weighed by those around it
ROUNDS = 2  # how often: what is found of one word tells of the next
LAST_SHARE = 1e-3  # of a smaller share than this after the pass before


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts: exponents of the language model and the channel; the shares in the
    language model of the phrase lists, of the document's own sure words, and of its own pairs of
    sure words. From the probability `counted` on a word counts among the document's own, by it.
    `context`: the exponent of the network that sees the words around, beside which all the rest but
    the channel has the exponent `ngrams`."""

    language: float = 1.1
    channel: float = 0.95
    phrases: float = 0.2
    cache: float = 0.1
    pairs: float = 0.2
    counted: float = 0.95
    context: float = 0.0
    ngrams: float = 1.0


@dataclass(slots=True)
class Lattice:
    """Readings of T tokens: `first`, `second` [T, K] word ids (NONE: no second word), `score`
    [T, K] log P(read | reading), NEVER where there is no reading."""

    first: Ids
    second: Ids
    score: Floats

    @property
    def last(self) -> Ids:
        """The last word of each reading."""
        return np.where(self.second != NONE, self.second, self.first)

    def part(self, start: int, stop: int) -> Lattice:
        """The tokens from `start`, at least 0, to `stop`."""
        span = slice(max(0, start), stop)
        return Lattice(self.first[span], self.second[span], self.score[span])

    def take(self, keep: Ids) -> Lattice:
        """Only the readings `keep` [T, k] of each token."""
        rows = np.arange(len(keep))[:, None]
        return Lattice(self.first[rows, keep], self.second[rows, keep], self.score[rows, keep])


@dataclass(slots=True)
class Thinned:
    """Part of a document after the first passes: the readings left, their scores and
    probabilities [T, k], which they are of all; `body` without the padding."""

    lattice: Lattice
    emitted: Floats
    share: Doubles
    keep: Ids
    body: slice


class Decoder:
    """Language model, phrases and weights, ready to score lattices."""

    def __init__(
        self,
        model: LanguageModel,
        phrases: PhraseTable,
        weights: Weights,
        around: ContextModel | None = None,
    ) -> None:
        self.model = model
        self.phrases = phrases
        self.weights = weights
        self.around = around

    def posteriors(self, lattice: Lattice, width: int) -> tuple[Ids, Doubles]:
        """For each token its likeliest readings (indices) and their probabilities, `LAST_WIDTH` of
        them; `width` readings are weighed by trigrams. Words that the document is sure of count
        more wherever else they may stand."""
        parts = [
            self._thinned(lattice.part(start - AROUND, start + BATCH + AROUND), width)
            for start in range(0, len(lattice.score), BATCH)
        ]
        first = [p.lattice.first[p.body] for p in parts]
        shares = [p.share[p.body] for p in parts]
        sure = self._sure(first, shares)
        pairs = _sure_pairs(first, shares)
        keeps, found = [], []
        for start, part in zip(range(0, len(lattice.score), BATCH), parts, strict=True):
            bonus = self._bonus(sure, part)
            share = self._last_pass(part.lattice, part.emitted + bonus, pairs)
            skip = part.body.start + min(start, AROUND)
            stop = skip + min(BATCH, len(lattice.score) - start)
            keeps.append(_widened(part.keep[skip:stop], min(width, LAST_WIDTH)))
            found.append(_widened(share[skip:stop], min(width, LAST_WIDTH)))
        keep, share = np.concatenate(keeps), np.concatenate(found)
        if self.around is None or not self.weights.context:
            return keep, share
        now = share
        for _ in range(ROUNDS):
            now = self._in_context(self.around, lattice, keep, share, now)
        return keep, now

    def _in_context(
        self, around: ContextModel, lattice: Lattice, keep: Ids, share: Doubles, now: Doubles
    ) -> Doubles:
        """The probabilities `share` of the readings `keep` [T, K] of unsure tokens, weighed by how
        well each fits between the words that are likeliest by `now`."""
        token = np.arange(len(keep))
        first, second = lattice.first[token[:, None], keep], lattice.second[token[:, None], keep]
        fits = (share > 0) & (second == NONE) & around.knows(first)
        asked = np.flatnonzero((fits.sum(1) > 1) & (share.max(1) < CERTAIN))
        if not len(asked):
            return share
        best = now.argmax(1)
        spoken = np.stack([first[token, best], second[token, best]], 1).ravel()
        place = np.cumsum(spoken != NONE)[::2] - 1
        scores = around.scores(spoken[spoken != NONE], place[asked], first[asked])
        before, fits = share[asked], fits[asked]
        ngrams = self.weights.ngrams
        read = self.weights.channel * lattice.score[asked[:, None], keep[asked]]
        logs = ngrams * np.log(np.maximum(before, 1e-12)) + (1 - ngrams) * read
        logs = np.where(fits, logs + self.weights.context * scores, -np.inf)
        weights = np.exp(logs - logs.max(1, keepdims=True))
        mass = np.where(fits, before, 0).sum(1, keepdims=True)
        out = share.copy()
        out[asked] = np.where(fits, mass * weights / weights.sum(1, keepdims=True), before)
        return out

    def path_scores(self, words: Ids) -> Floats:
        """log P of each word of a sequence after the words before it."""
        padded = np.concatenate([np.full(3, NONE), words])
        before = [padded[3 - k : len(padded) - k].copy() for k in (1, 2, 3)]
        for nearer, farther in pairwise(before):
            farther[(nearer == 0) | (nearer == NONE)] = NONE
        logs = self.model.fourgram(before[2], before[1], before[0], words)
        logs = self._with_phrases(logs, bigram_key(before[0], words))
        return self._with_phrases(logs, trigram_key(before[1], before[0], words))

    def scores(self, words: Ids, at: int) -> Floats:
        """log P of the word at `at` and of the two that follow, each after the words before it."""
        start = max(0, at - 3)
        return self.path_scores(words[start : at + 3])[at - start :]

    def fit(self, words: Ids, at: int, readings: Ids) -> list[float | None]:
        """How well each of `readings` fits at the place `at` of `words` by the network, 0 for the
        best; None for what it does not know, or where it has no weight."""
        if self.around is None or not self.weights.context:
            return [None] * len(readings)
        known = self.around.knows(readings)
        scores = self.around.scores(words, np.array([at]), readings[None])[0]
        best = scores[known].max(initial=-np.inf)
        return [float(s - best) if k else None for s, k in zip(scores, known, strict=True)]

    def _sure(self, first: list[Ids], share: list[Doubles]) -> Doubles:
        """How often each word is expected to stand in the document, where it is fairly sure."""
        size = len(self.model.words)
        counts = np.zeros(size)
        for words, p in zip(first, share, strict=True):
            likely = p >= self.weights.counted
            counts += np.bincount(words[likely], p[likely], minlength=size)[:size]
        counts[: len(SPECIALS)] = 0
        return counts

    def _bonus(self, counts: Doubles, part: Thinned) -> Floats:
        """What a word's standing elsewhere in the document adds to its score where it is not sure
        [T, K]: the token's own share is left out."""
        words = np.minimum(part.lattice.first, len(counts) - 1)
        own = np.where(part.share >= self.weights.counted, part.share, 0)
        ratio = np.maximum(counts[words] - own, 0) / max(float(counts.sum()), 100.0)
        ratio = ratio / np.exp(self.model.unigram[words].astype(np.float64))
        bonus = np.log1p(self.weights.cache * (np.maximum(ratio, 1) - 1))
        return np.where(part.share < SURE, bonus, 0).astype(np.float32)

    def _thinned(self, lattice: Lattice, width: int) -> Thinned:
        """The readings left after bigrams and trigrams, and their probabilities."""
        tokens = len(lattice.score)
        lattice = Lattice(
            padded(lattice.first, (0, NONE)),
            padded(lattice.second, (NONE, NONE)),
            padded(lattice.score, (0.0, NEVER)),
        )
        inner, inner_rows = self._inner(lattice)
        emitted = np.where(
            lattice.score > NEVER / 2, self.weights.channel * lattice.score + inner, NEVER
        ).astype(np.float32)
        used = int((lattice.score > NEVER / 2).sum(1).max())
        keep = np.broadcast_to(np.arange(used), (len(emitted), used))
        lattice, emitted = lattice.take(keep), emitted[:, :used]
        pairs = self._pairs(lattice, emitted, inner_rows[:, :used])
        if used > width:
            through = self._first_pass(pairs, emitted)
            through[:, 0] = np.inf  # the token as it is stays among the readings
            best = np.sort(np.argpartition(-through, width - 1, 1)[:, :width], 1)
            keep = np.take_along_axis(keep, best, 1)
            lattice, emitted = lattice.take(best), np.take_along_axis(emitted, best, 1)
            pairs = pairs.take(best)
        share = self._second_pass(lattice, emitted, pairs)
        best = _likeliest(share, LAST_WIDTH)
        keep, share = np.take_along_axis(keep, best, 1), np.take_along_axis(share, best, 1)
        emitted = np.take_along_axis(emitted, best, 1)
        around = share.sum(1, keepdims=True) == 0  # beyond the windows: only boundaries
        emitted = np.where(around | (share >= LAST_SHARE), emitted, NEVER).astype(np.float32)
        return Thinned(lattice.take(best), emitted, share, keep, slice(AROUND, AROUND + tokens))

    def _inner(self, lattice: Lattice) -> tuple[Floats, Ids]:
        """Of readings that are two words [T, K]: log P(second word | first word), 0 for others, and
        the pair's row among the bigrams, -1 for none."""
        out = np.zeros(lattice.first.shape, np.float32)
        rows = np.full(lattice.first.shape, -1)
        at = np.nonzero(lattice.second != NONE)
        if len(at[0]):
            logs, rows[at] = self.model.bigram(lattice.first[at], lattice.second[at])
            out[at] = self.weights.language * logs
        return out, rows

    def _pairs(self, lattice: Lattice, emitted: Floats, inner: Ids) -> _Pairs:
        """What the model and the phrases say of each reading after each of the token before."""
        size, width = emitted.shape
        before = _later(lattice.last, NONE)
        live = emitted > NEVER / 2
        at = np.nonzero(_later(live, True)[:, :, None] & live[:, None, :])
        v, w = before[at[0], at[1]], lattice.first[at[0], at[2]]
        shape = (size, width, width)
        logs, rows = np.full(shape, NEVER, np.float32), np.full(shape, -1)
        phrases = np.full(shape, -np.inf, np.float32)
        logs[at], rows[at] = self.model.bigram(v, w)
        phrases[at] = self.phrases.find(bigram_key(v, w))
        return _Pairs(logs, rows, phrases, inner)

    def _with_phrases(self, logs: Floats, keys: Keys) -> Floats:
        return _mixed(logs, self.phrases.find(keys), self.weights.phrases)

    def _first_pass(self, pairs: _Pairs, emitted: Floats) -> Floats:
        """Best score of any bigram path through each reading."""
        logs = _mixed(pairs.logs, pairs.phrases, self.weights.phrases)
        return max_marginals(self.weights.language * logs, emitted)

    def _second_pass(self, lattice: Lattice, emitted: Floats, pairs: _Pairs) -> Doubles:
        """Posterior probability of each reading under the trigrams of the model."""
        history = _History(lattice, emitted, 2)
        at = history.paths()
        v, u = history.words_before(at)
        w = lattice.first[at[0], at[-1]]
        context = pairs.before(lattice, at)
        context = np.where((v == 0) | (v == NONE), -1, context)
        last = at[0], at[2], at[3]
        logs = self.model.trigram_after(context, pairs.logs[last], u, v, w)
        return marginals(
            self._steps(history, at, logs, pairs.phrases[last], u, v, w), _weights(emitted)
        )

    def _last_pass(self, lattice: Lattice, emitted: Floats, pairs: PhraseTable) -> Doubles:
        """Posterior probability of each reading under the whole model and the pairs of words that
        the document is sure of."""
        history = _History(lattice, emitted, 3)
        at = history.paths()
        v, u, t = history.words_before(at)
        w = lattice.first[at[0], at[-1]]
        logs = self.model.fourgram(t, u, v, w)
        logs = _mixed(logs, pairs.find(bigram_key(v, w)), self.weights.pairs)
        phrases = self.phrases.find(bigram_key(v, w))
        return marginals(self._steps(history, at, logs, phrases, u, v, w), _weights(emitted))

    def _steps(
        self,
        history: _History,
        at: tuple[Ids, ...],
        logs: Floats,
        phrases: Floats,
        u: Ids,
        v: Ids,
        w: Ids,
    ) -> Doubles:
        """The probability of each reading after each run of readings before it; `phrases`: what
        the phrases say of (v, w)."""
        logs = _mixed(logs, phrases, self.weights.phrases)
        inside = np.flatnonzero(np.isfinite(phrases))  # every pair of a phrase's triple is in it
        keys = trigram_key(u[inside], v[inside], w[inside])
        logs[inside] = self._with_phrases(logs[inside], keys)
        steps = np.zeros(history.shape)
        steps[at] = np.exp(self.weights.language * logs.astype(np.float64))
        return steps


def _mixed(logs: Floats, other: Floats, share: float) -> Floats:
    """Log-probabilities mixed with a share of others (-inf: none) where these are greater."""
    if not share:
        return logs
    at = np.isfinite(other)
    own = logs[at]
    out = logs.copy()
    out[at] = np.maximum(np.logaddexp(np.log1p(-share) + own, np.log(share) + other[at]), own)
    return out


def _sure_pairs(first: list[Ids], share: list[Doubles]) -> PhraseTable:
    """The pairs of neighbouring words that a document is sure of: P(second | first) in it."""
    rows = np.concatenate([np.arange(len(p)) for p in share])
    best = np.concatenate([p.argmax(1) for p in share])
    words = np.concatenate(first)[np.arange(len(rows)), best]
    sure = np.concatenate([p.max(1) for p in share]) >= SURE
    v, w = words[:-1], words[1:]
    good = sure[:-1] & sure[1:] & (v >= len(SPECIALS)) & (w >= len(SPECIALS))
    keys, counts = np.unique(bigram_key(v[good], w[good]), return_counts=True)
    before, total = np.unique(keys >> np.uint64(16), return_inverse=True)
    sums = np.bincount(total, counts, len(before)) + 1
    return PhraseTable(keys, np.log(counts / sums[total]).astype(np.float32))


@dataclass(slots=True)
class _Pairs:
    """Each reading of a token after each of the token before it, [T, K before, K]: log P by the
    bigrams, the pair's row among them (-1: none), log P by the phrases (-inf: none); and the row
    of the two words of a reading that is two [T, K]."""

    logs: Floats
    rows: Ids
    phrases: Floats
    inner: Ids

    def take(self, keep: Ids) -> _Pairs:
        """Only the readings `keep` [T, k] of each token."""
        tokens = np.arange(len(keep))[:, None, None]
        before = np.concatenate([np.zeros_like(keep[:1]), keep[:-1]])
        at = tokens, before[:, :, None], keep[:, None, :]
        inner = np.take_along_axis(self.inner, keep, 1)
        return _Pairs(self.logs[at], self.rows[at], self.phrases[at], inner)

    def before(self, lattice: Lattice, at: tuple[Ids, ...]) -> Ids:
        """The row among the bigrams of the two words before the last of each path."""
        token, i, j, _ = at
        double = lattice.second[token - 1, j] != NONE
        return np.where(double, self.inner[token - 1, j], self.rows[token - 1, i, j])


class _History:
    """The readings of the `order` tokens before each token of a lattice, and their words."""

    def __init__(self, lattice: Lattice, emitted: Floats, order: int) -> None:
        tokens, width = emitted.shape
        self._order = order
        self.shape = (tokens, *[width] * (order + 1))
        last, first, double = [lattice.last], [lattice.first], [lattice.second != NONE]
        live = [emitted > NEVER / 2]
        for _ in range(order):
            last.append(_later(last[-1], NONE))
            first.append(_later(first[-1], NONE))
            double.append(_later(double[-1], False))
            live.append(_later(live[-1], True))
        self._last, self._first, self._double, self._live = last, first, double, live

    def paths(self) -> tuple[Ids, ...]:
        """The token, then the indices of the readings, oldest first, of all paths there are."""
        alive = self._live[self._order]
        for back in range(self._order - 1, -1, -1):
            alive = alive[..., None] & _aligned(self._live[back], alive.ndim)
        return np.nonzero(alive)

    def words_before(self, at: tuple[Ids, ...]) -> list[Ids]:
        """The words before the last reading of each path, nearest first; NONE beyond a boundary.

        A reading of two words gives both."""
        found: list[Ids] = []
        extra: Ids | None = None  # the word a reading of two words holds back
        for back in range(1, self._order + 1):
            index = at[0], at[-1 - back]
            last = self._last[back][index]
            if extra is None:
                found.append(last)
                extra = np.where(self._double[back][index], self._first[back][index], NONE)
                continue
            held = extra != NONE
            found.append(np.where(held, extra, last))
            own = np.where(self._double[back][index], self._first[back][index], NONE)
            extra = np.where(held, last, own)
        for nearer, farther in pairwise(found):
            farther[(nearer == 0) | (nearer == NONE)] = NONE
        return found


def _later(values: npt.NDArray[_T], fill: float) -> npt.NDArray[_T]:
    """`values` [T, K] moved one token later."""
    row = np.full((1, values.shape[1]), fill).astype(values.dtype)
    return np.concatenate([row, values[:-1]])


def _aligned(values: npt.NDArray[_T], axes: int) -> npt.NDArray[_T]:
    """`values` [T, K] as [T, 1, …, K] with `axes` axes more than one."""
    return values.reshape(len(values), *[1] * (axes - 1), values.shape[1])


def _weights(emitted: Floats) -> Doubles:
    """What each reading of a token weighs by itself, the best of them 1."""
    weights: Doubles = np.exp((emitted - emitted.max(1, keepdims=True)).astype(np.float64))
    return weights


def _likeliest(share: Doubles, width: int) -> Ids:
    """The `width` readings of the greatest share, in their order; always the first."""
    if share.shape[1] <= width:
        return np.broadcast_to(np.arange(share.shape[1]), share.shape)
    ranked = share.copy()
    ranked[:, 0] = np.inf
    return np.sort(np.argpartition(-ranked, width - 1, 1)[:, :width], 1)


def _widened(values: npt.NDArray[_T], width: int) -> npt.NDArray[_T]:
    """`values` [T, k] with columns of zeros added up to `width`."""
    return np.pad(values, ((0, 0), (0, width - values.shape[1])))
