"""Choose readings together: posterior probabilities over all sequences of a document.

In: for each token its candidate readings (word ids, channel scores). Out: for each token the
probability of each reading given all others. The whole document is worked on as one batch of
overlapping windows, so the cost is a few array operations per step, not per token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import NONE, Ids, LanguageModel, bigram_key, trigram_key
from pipeline.restore.lexicon import PhraseTable

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
_T = TypeVar("_T", bound=np.generic)
CORE = 20
AROUND = 7
BATCH = 3000
NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts: exponents of the language model and the channel, and the share of
    the phrase lists in the language model."""

    language: float = 1.1
    channel: float = 0.8
    phrases: float = 0.2


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

    def take(self, keep: Ids) -> Lattice:
        """Only the readings `keep` [T, k] of each token."""
        rows = np.arange(len(keep))[:, None]
        return Lattice(self.first[rows, keep], self.second[rows, keep], self.score[rows, keep])


class Decoder:
    """Language model, phrases and weights, ready to score lattices."""

    def __init__(self, model: LanguageModel, phrases: PhraseTable, weights: Weights) -> None:
        self.model = model
        self.phrases = phrases
        self.weights = weights

    def posteriors(self, lattice: Lattice, width: int) -> tuple[Ids, Doubles]:
        """For each token its `width` best readings (indices) and their probabilities."""
        keeps, shares = [], []
        for start in range(0, len(lattice.score), BATCH):
            lo, hi = max(0, start - AROUND), min(len(lattice.score), start + BATCH + AROUND)
            part = Lattice(lattice.first[lo:hi], lattice.second[lo:hi], lattice.score[lo:hi])
            keep, share = self._part(part, width)
            stop = min(start + BATCH, len(lattice.score))
            keeps.append(_widened(keep[start - lo : stop - lo], width))
            shares.append(_widened(share[start - lo : stop - lo], width))
        return np.concatenate(keeps), np.concatenate(shares)

    def _part(self, lattice: Lattice, width: int) -> tuple[Ids, Doubles]:
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
        body = slice(AROUND, AROUND + tokens)
        return keep[body], self._second_pass(lattice, emitted)[body]

    def _inner(self, lattice: Lattice) -> Floats:
        """log P(second word | first word) of readings that are two words."""
        out = np.zeros(lattice.first.shape, np.float32)
        at = np.nonzero(lattice.second != NONE)
        if len(at[0]):
            logs, _ = self.model.bigram(lattice.first[at], lattice.second[at])
            out[at] = self.weights.language * logs
        return out

    def _with_phrases(self, logs: Floats, keys: npt.NDArray[np.uint64]) -> Floats:
        boost = self.phrases.find(keys)
        mixed = np.logaddexp(
            np.log1p(-self.weights.phrases) + logs, np.log(self.weights.phrases) + boost
        )
        return np.where(np.isfinite(boost), np.maximum(mixed, logs), logs).astype(np.float32)

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
        """Posterior probability of each reading under the trigram model."""
        n, k = emitted.shape
        last = lattice.last
        pad = np.full((1, k), NONE)
        back_1 = np.concatenate([pad, last[:-1]])
        back_2 = np.concatenate([pad, back_1[:-1]])
        two = np.concatenate([pad, lattice.second[:-1]]) != NONE
        first_1 = np.concatenate([pad, lattice.first[:-1]])
        live = emitted > NEVER / 2
        live_1 = np.concatenate([np.ones((1, k), bool), live[:-1]])
        live_2 = np.concatenate([np.ones((1, k), bool), live_1[:-1]])
        at = np.nonzero(
            live_2[:, :, None, None] & live_1[:, None, :, None] & live[:, None, None, :]
        )
        u = np.where(two[at[0], at[2]], first_1[at[0], at[2]], back_2[at[0], at[1]])
        v, w = back_1[at[0], at[2]], lattice.first[at[0], at[3]]
        u = np.where(v == 0, NONE, u)
        logs = self.model.trigram(u, v, w)
        logs = self._with_phrases(logs, bigram_key(v, w))
        logs = self._with_phrases(logs, trigram_key(u, v, w))
        steps = np.zeros((n, k, k, k))
        steps[at] = np.exp(self.weights.language * logs.astype(np.float64))
        top = emitted.max(1, keepdims=True)
        weight = np.exp((emitted - top).astype(np.float64))
        return _marginals(steps, weight)


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
        if AROUND <= t < AROUND + CORE:
            out[index[:, t]] = forward[t] + backward
        at = index[:, t]
        backward = (steps[at] + (emitted[at] + backward)[:, None, :]).max(2)
    return out


def _marginals(steps: Doubles, weight: Doubles) -> Doubles:
    """Posterior probability of each reading of each token. `steps` [T, K, K, K] probabilities of a
    reading after two others, `weight` [T, K] of each reading by itself."""
    index = _windows(len(weight))
    rows, length = index.shape
    k = weight.shape[1]
    forward = np.empty((length, rows, k, k))
    before = (weight[np.maximum(index[:, 0] - 1, 0)] > 0)[:, :, None] * weight[index[:, 0]][
        :, None, :
    ]
    forward[0] = before
    for t in range(1, length):
        at = index[:, t]
        now = np.einsum("rab,rabc->rbc", before, steps[at]) * weight[at][:, None, :]
        now /= np.maximum(now.sum((1, 2), keepdims=True), 1e-300)
        forward[t] = before = now
    shares = np.zeros_like(weight)
    after = np.ones((rows, k, k))
    for t in range(length - 1, -1, -1):
        at = index[:, t]
        if AROUND <= t < AROUND + CORE:
            share = (forward[t] * after).sum(1)
            shares[at] = share / np.maximum(share.sum(1, keepdims=True), 1e-300)
        after = np.einsum("rabc,rc,rbc->rab", steps[at], weight[at], after)
        after /= np.maximum(after.max((1, 2), keepdims=True), 1e-300)
    return shares
