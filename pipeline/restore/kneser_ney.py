"""Interpolated modified Kneser-Ney smoothing of one kind of text, up to 4-grams.

In: a sequence of word ids. Out: probabilities of n-grams (packed keys, as in `language_model`).
Counts come from numpy sorts of packed n-grams; nothing here loops over words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import Ids, Keys

Doubles = npt.NDArray[np.float64]
TWO = np.uint64(0xFFFFFFFF)
"""The last two ids of a key."""
THREE = np.uint64(0xFFFFFFFFFFFF)
"""The last three ids of a key."""


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A Kneser-Ney model of one kind of text: sorted keys with counts, probabilities of the
    interpolated model, and the weight each context leaves to the lower order."""

    frequency: Doubles  # of each word
    unigram: Doubles  # of each word in a new context
    keys_2: Keys
    prob_2: Doubles
    gamma_1: Doubles
    keys_3: Keys
    count_3: Doubles
    prob_3: Doubles
    gamma_2: Doubles  # beside keys_2
    keys_4: Keys  # those seen often enough
    count_4: Doubles
    prob_4: Doubles
    gamma_3: Doubles  # beside keys_3

    def p2(self, keys: Keys) -> Doubles:
        """P(w | v) of bigram keys."""
        at, found = search(self.keys_2, keys)
        v, w = keys >> np.uint64(16), keys & np.uint64(0xFFFF)
        lower = self.gamma_1[v.astype(np.int64)] * self.unigram[w.astype(np.int64)]
        return np.where(found, self.prob_2[at], lower)

    def p3(self, keys: Keys) -> Doubles:
        """P(w | u, v) of trigram keys."""
        at, found = search(self.keys_3, keys)
        context, has = search(self.keys_2, keys >> np.uint64(16))
        gamma = np.where(has, self.gamma_2[context], 1.0)
        lower = gamma * self.p2(keys & TWO)
        return np.where(found, self.prob_3[at], lower)

    def p4(self, keys: Keys) -> Doubles:
        """P(w | t, u, v) of 4-gram keys."""
        at, found = search(self.keys_4, keys)
        context, has = search(self.keys_3, keys >> np.uint64(16))
        lower = np.where(has, self.gamma_3[context], 1.0) * self.p3(keys & THREE)
        return np.where(found, self.prob_4[at], lower)

    def joint(self, keys: Keys, length: int) -> Doubles:
        """P of whole runs of `length` words, at most three."""
        if length == 1:
            return self.frequency[keys.astype(np.int64)]
        if length == 2:
            return self.joint(keys >> np.uint64(16), 1) * self.p2(keys)
        return self.joint(keys >> np.uint64(16), 2) * self.p3(keys)


def search(keys: Keys, wanted: Keys) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Where each key wanted would stand among sorted keys, and whether it stands there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def split(keys: Keys) -> tuple[Ids, Ids]:
    """The last two ids of each key."""
    pair = keys & TWO
    return (pair >> np.uint64(16)).astype(np.int64), (pair & np.uint64(0xFFFF)).astype(np.int64)


def _discounts(counts: Doubles) -> Doubles:
    """Modified Kneser-Ney discounts for counts 0, 1, 2, 3 and more (Chen and Goodman, 1999)."""
    n = [float((counts == k).sum()) for k in range(5)]
    if min(n[1:5]) == 0:
        return np.array([0, 0.7, 1.0, 1.3])
    y = n[1] / (n[1] + 2 * n[2])
    return np.array(
        [0.0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
    )


def _interpolate(keys: Keys, counts: Doubles) -> tuple[Doubles, Keys, Doubles]:
    """Discounted shares of each n-gram among its context's, the contexts, and their gammas."""
    context = keys >> np.uint64(16)
    starts = np.flatnonzero(np.r_[True, context[1:] != context[:-1]])
    total = np.add.reduceat(counts, starts)
    taken = _discounts(counts)[np.minimum(counts, 3).astype(np.int64)]
    gamma = np.add.reduceat(taken, starts) / total
    share = (counts - taken) / np.repeat(total, np.diff(np.r_[starts, len(keys)]))
    return share, context[starts], gamma


def smooth(words: npt.NDArray[np.int64], size: int, least: int = 1) -> Smoothed:
    """The interpolated Kneser-Ney model of a sequence of word ids below `size`, with the 4-grams
    seen at least `least` times."""
    w = words.astype(np.uint64)
    trigrams = (w[:-2] << np.uint64(32)) | (w[1:-1] << np.uint64(16)) | w[2:]
    keys_3, n3 = np.unique(trigrams, return_counts=True)
    # A boundary inside the context tells nothing about what stood before it.
    plain = (keys_3 >> np.uint64(16)) & np.uint64(0xFFFF) != 0
    keys_2, n2 = np.unique(keys_3 & TWO, return_counts=True)
    # What follows a boundary has few predecessors: there the plain counts speak.
    raw_2, raw_n = np.unique(trigrams & TWO, return_counts=True)
    from_boundary = raw_2 >> np.uint64(16) == 0
    counts_2 = n2.astype(np.float64)
    counts_2[keys_2 >> np.uint64(16) == 0] = raw_n[from_boundary]
    keys_1, n1 = np.unique(keys_2 & np.uint64(0xFFFF), return_counts=True)
    unigram = np.full(size, 0.3)
    unigram[keys_1.astype(np.int64)] += n1
    unigram /= unigram.sum()
    frequency = np.full(size, 0.3)
    frequency += np.bincount(words, minlength=size)
    frequency /= frequency.sum()

    share_2, contexts_1, g1 = _interpolate(keys_2, counts_2)
    gamma_1 = np.ones(size)
    gamma_1[contexts_1.astype(np.int64)] = g1
    v, last = (
        (keys_2 >> np.uint64(16)).astype(np.int64),
        (keys_2 & np.uint64(0xFFFF)).astype(np.int64),
    )
    prob_2 = share_2 + gamma_1[v] * unigram[last]

    keys_3 = keys_3[plain]
    keys_4, counts_4 = _fourgrams(w)
    counts_3 = _continuations(keys_3, n3[plain].astype(np.float64), keys_4)
    share_3, contexts_2, g2 = _interpolate(keys_3, counts_3)
    gamma_2 = np.ones(len(keys_2))
    at, found = search(keys_2, contexts_2)
    gamma_2[at[found]] = g2[found]
    context_at, _ = search(contexts_2, keys_3 >> np.uint64(16))
    lower_at, _ = search(keys_2, keys_3 & TWO)
    prob_3 = share_3 + g2[context_at] * prob_2[lower_at]

    share_4, contexts_3, g3 = _interpolate(keys_4, counts_4)
    gamma_3 = np.ones(len(keys_3))
    at, found = search(keys_3, contexts_3)
    gamma_3[at[found]] = g3[found]
    often = counts_4 >= least
    context_at, _ = search(contexts_3, keys_4[often] >> np.uint64(16))
    lower_at, _ = search(keys_3, keys_4[often] & THREE)
    keys_4, counts_4 = keys_4[often], counts_4[often]
    prob_4 = share_4[often] + g3[context_at] * prob_3[lower_at]
    return Smoothed(
        frequency,
        unigram,
        keys_2,
        prob_2,
        gamma_1,
        keys_3,
        counts_3,
        prob_3,
        gamma_2,
        keys_4,
        counts_4,
        prob_4,
        gamma_3,
    )


def _continuations(keys_3: Keys, counts: Doubles, keys_4: Keys) -> Doubles:
    """In how many contexts each trigram was seen: that tells how likely it is in a new one. What
    follows a boundary has no other contexts: there the plain counts stay."""
    ends, n = np.unique(keys_4 & THREE, return_counts=True)
    at, found = search(ends, keys_3)
    return np.where(found & (keys_3 >> np.uint64(32) != 0), n[at], counts).astype(np.float64)


def _fourgrams(w: Keys) -> tuple[Keys, Doubles]:
    """The 4-grams of a sequence and their counts, none with a boundary inside its context."""
    keys = (w[:-3] << np.uint64(48)) | (w[1:-2] << np.uint64(32)) | (w[2:-1] << np.uint64(16))
    keys |= w[3:]
    inside = (w[1:-2] != 0) & (w[2:-1] != 0)
    found, counts = np.unique(keys[inside], return_counts=True)
    return found, counts.astype(np.float64)
