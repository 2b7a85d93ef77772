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

from pipeline.restore.language_model import NONE, Ids, Keys, LanguageModel, bigram_key, trigram_key
from pipeline.restore.lexicon import PhraseTable
from pipeline.restore.tokens import SPECIALS

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
_T = TypeVar("_T", bound=np.generic)
CORE = 20
AROUND = 7
BATCH = 3000
NEVER = -1e4
SURE = 0.95  # a word of this probability is sure, and tells of the rest of its document
LAST_WIDTH = 4  # readings of a token that the last pass weighs again, none
LAST_SHARE = 1e-3  # of a smaller share than this after the pass before


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts: exponents of the language model and the channel; the shares in the
    language model of the phrase lists, of the document's own sure words, and of its own pairs of
    sure words. From the probability `counted` on a word counts among the document's own, by it."""

    language: float = 1.1
    channel: float = 0.95
    phrases: float = 0.2
    cache: float = 0.1
    pairs: float = 0.2
    counted: float = 0.95


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

    def __init__(self, model: LanguageModel, phrases: PhraseTable, weights: Weights) -> None:
        self.model = model
        self.phrases = phrases
        self.weights = weights

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
        return np.concatenate(keeps), np.concatenate(found)

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
            _padded(lattice.first, (0, NONE)),
            _padded(lattice.second, (NONE, NONE)),
            _padded(lattice.score, (0.0, NEVER)),
        )
        inner = self._inner(lattice)
        emitted = np.where(
            lattice.score > NEVER / 2, self.weights.channel * lattice.score + inner, NEVER
        ).astype(np.float32)
        used = int((lattice.score > NEVER / 2).sum(1).max())
        keep = np.broadcast_to(np.arange(used), (len(emitted), used))
        lattice, emitted = lattice.take(keep), emitted[:, :used]
        if used > width:
            through = self._first_pass(lattice, emitted)
            through[:, 0] = np.inf  # the token as it is stays among the readings
            best = np.sort(np.argpartition(-through, width - 1, 1)[:, :width], 1)
            keep = np.take_along_axis(keep, best, 1)
            lattice, emitted = lattice.take(best), np.take_along_axis(emitted, best, 1)
        share = self._second_pass(lattice, emitted)
        best = _likeliest(share, LAST_WIDTH)
        keep, share = np.take_along_axis(keep, best, 1), np.take_along_axis(share, best, 1)
        emitted = np.take_along_axis(emitted, best, 1)
        around = share.sum(1, keepdims=True) == 0  # beyond the windows: only boundaries
        emitted = np.where(around | (share >= LAST_SHARE), emitted, NEVER).astype(np.float32)
        return Thinned(lattice.take(best), emitted, share, keep, slice(AROUND, AROUND + tokens))

    def _inner(self, lattice: Lattice) -> Floats:
        """log P(second word | first word) of readings that are two words."""
        out = np.zeros(lattice.first.shape, np.float32)
        at = np.nonzero(lattice.second != NONE)
        if len(at[0]):
            logs, _ = self.model.bigram(lattice.first[at], lattice.second[at])
            out[at] = self.weights.language * logs
        return out

    def _with_phrases(self, logs: Floats, keys: Keys) -> Floats:
        return _mixed(logs, self.phrases.find(keys), self.weights.phrases)

    def _first_pass(self, lattice: Lattice, emitted: Floats) -> Floats:
        """Best score of any bigram path through each reading."""
        before = np.concatenate([np.full((1, emitted.shape[1]), NONE), lattice.last[:-1]])
        live_before = np.concatenate(
            [np.ones((1, emitted.shape[1]), bool), emitted[:-1] > NEVER / 2]
        )
        live = emitted > NEVER / 2
        at = np.nonzero(live_before[:, :, None] & live[:, None, :])
        v, w = before[at[0], at[1]], lattice.first[at[0], at[2]]
        logs, _ = self.model.bigram(v, w)
        logs = self._with_phrases(logs, bigram_key(v, w))
        steps = np.full((len(emitted), emitted.shape[1], emitted.shape[1]), NEVER, np.float32)
        steps[at] = self.weights.language * logs
        return _max_marginals(steps, emitted)

    def _second_pass(self, lattice: Lattice, emitted: Floats) -> Doubles:
        """Posterior probability of each reading under the trigrams of the model."""
        history = _History(lattice, emitted, 2)
        at = history.paths()
        v, u = history.words_before(at)
        w = lattice.first[at[0], at[-1]]
        logs = self.model.trigram(u, v, w)
        return _marginals(self._steps(history, at, logs, u, v, w), _weights(emitted))

    def _last_pass(self, lattice: Lattice, emitted: Floats, pairs: PhraseTable) -> Doubles:
        """Posterior probability of each reading under the whole model and the pairs of words that
        the document is sure of."""
        history = _History(lattice, emitted, 3)
        at = history.paths()
        v, u, t = history.words_before(at)
        w = lattice.first[at[0], at[-1]]
        logs = self.model.fourgram(t, u, v, w)
        logs = _mixed(logs, pairs.find(bigram_key(v, w)), self.weights.pairs)
        return _marginals(self._steps(history, at, logs, u, v, w), _weights(emitted))

    def _steps(
        self, history: _History, at: tuple[Ids, ...], logs: Floats, u: Ids, v: Ids, w: Ids
    ) -> Doubles:
        """The probability of each reading after each run of readings before it."""
        logs = self._with_phrases(logs, bigram_key(v, w))
        logs = self._with_phrases(logs, trigram_key(u, v, w))
        steps = np.zeros(history.shape)
        steps[at] = np.exp(self.weights.language * logs.astype(np.float64))
        return steps


def _mixed(logs: Floats, other: Floats, share: float) -> Floats:
    """Log-probabilities mixed with a share of others (-inf: none) where these are greater."""
    if not share:
        return logs
    mixed = np.logaddexp(np.log1p(-share) + logs, np.log(share) + other)
    return np.where(np.isfinite(other), np.maximum(mixed, logs), logs).astype(np.float32)


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


def _windows(n: int) -> Ids:
    """Positions [R, L] of overlapping windows over a padded sequence of `n` tokens."""
    starts = np.arange(0, n - 2 * AROUND, CORE)
    return starts[:, None] + np.arange(CORE + 2 * AROUND)[None, :]


def _padded(values: npt.NDArray[_T], fill: tuple[float, float]) -> npt.NDArray[_T]:
    """`values` [T, K] with boundary tokens before and after, to a whole number of windows.

    `fill`: the value of a boundary's only reading, and of the readings it has not."""
    n, k = values.shape
    tail = -n % CORE + AROUND
    row = np.full((1, k), fill[1])
    row[0, 0] = fill[0]
    blank = row.astype(values.dtype)
    return np.concatenate([np.repeat(blank, AROUND, 0), values, np.repeat(blank, tail, 0)])


def _max_marginals(steps: Floats, emitted: Floats) -> Floats:
    """Score of the best path through each reading of each token. `steps` [T, K, K]."""
    index = _windows(len(emitted))
    rows, length = index.shape
    k = emitted.shape[1]
    forward = np.empty((length, rows, k), np.float32)
    forward[0] = emitted[index[:, 0]]
    for t in range(1, length):
        at = index[:, t]
        forward[t] = (forward[t - 1][:, :, None] + steps[at]).max(1) + emitted[at]
    out = np.empty_like(emitted)
    backward = np.zeros((rows, k), np.float32)
    for t in range(length - 1, -1, -1):
        if AROUND <= t < length - AROUND:
            out[index[:, t]] = forward[t] + backward
        at = index[:, t]
        backward = (steps[at] + (emitted[at] + backward)[:, None, :]).max(2)
    return out


def _marginals(steps: Doubles, weight: Doubles) -> Doubles:
    """Posterior probability of each reading of each token. `steps` [T, K, …, K]: probability of a
    reading (last axis) after those of the tokens before it, `weight` [T, K] of each by itself."""
    index = _windows(len(weight))
    rows, length = index.shape
    k, order = weight.shape[1], steps.ndim - 2
    forward = np.empty((length, rows, *[k] * order))
    before = np.ones((rows, *[1] * order))
    for back in range(order):
        at = index[:, 0] - back
        own = np.where((at >= 0)[:, None], weight[np.maximum(at, 0)], 1.0)
        own = own if back == 0 else (own > 0).astype(np.float64)
        before = before * own.reshape(rows, *[1] * (order - 1 - back), k, *[1] * back)
    forward[0] = before
    for t in range(1, length):
        at = index[:, t]
        now = (before[..., None] * steps[at]).sum(1)
        now *= weight[at].reshape(rows, *[1] * (order - 1), k)
        now /= np.maximum(_total(now), 1e-300)
        forward[t] = before = now
    shares = np.zeros_like(weight)
    after = np.ones((rows, *[k] * order))
    inner = tuple(range(1, order))
    for t in range(length - 1, -1, -1):
        at = index[:, t]
        if AROUND <= t < length - AROUND:
            share = (forward[t] * after).sum(inner)
            shares[at] = share / np.maximum(share.sum(1, keepdims=True), 1e-300)
        ahead = after * weight[at].reshape(rows, *[1] * (order - 1), k)
        after = (steps[at] * ahead[:, None]).sum(-1)
        after /= np.maximum(after.reshape(rows, -1).max(1), 1e-300).reshape(rows, *[1] * order)
    return shares


def _total(values: Doubles) -> Doubles:
    """The sum of each row of `values`, with its axes kept."""
    axes = tuple(range(1, values.ndim))
    total: Doubles = values.sum(axes, keepdims=True)
    return total
