"""Choose readings together: posterior probabilities over all sequences of a document.

In: for each token its candidate readings (word ids, channel scores). Out: for each token the
probability of each reading given all others. Many sentences are worked on side by side, and only
where more than one reading is possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.restore.choice import Choice, Chosen
from pipeline.restore.forward_backward import Bools, Doubles, Runs, marginals, max_marginals
from pipeline.restore.language_model import (
    NONE,
    Floats,
    Ids,
    Keys,
    LanguageModel,
    bigram_key,
    trigram_key,
)
from pipeline.restore.lattice import (
    NEVER,
    Lattice,
    Paths,
    Rows,
    Sequence,
    Thinned,
    flat,
    together,
)
from pipeline.restore.lexicon import PhraseTable
from pipeline.restore.tokens import SPECIALS

SURE = 0.95  # a word of this probability is sure, and tells of the rest of its document
LAST_SHARE = 1e-3  # readings of a smaller share than this by trigrams are not weighed by 4-grams
_MOST_KEPT = 20_000  # sentences: about 50 MB


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts: exponents of the language model and the channel; the shares in the
    language model of the phrase lists, of the document's own sure words, and of its own pairs of
    sure words. From the probability `counted` on a word counts among the document's own, by it.
    Readings that channel and frequency alone put more than `apart` behind the best are not weighed
    by bigrams; `trigrams` of each token, none that bigrams put more than `behind` the best, are by
    trigrams, and `last` by 4-grams."""

    language: float = 1.1
    channel: float = 0.95
    phrases: float = 0.2
    cache: float = 0.1
    pairs: float = 0.2
    counted: float = 0.95
    apart: float = np.inf
    behind: float = 11.0
    trigrams: int = 4
    last: int = 4


class Decoder:
    """Language model, phrases and weights, ready to score lattices."""

    def __init__(
        self,
        model: LanguageModel,
        phrases: PhraseTable,
        weights: Weights,
        choice: Choice | None = None,
    ) -> None:
        self.model = model
        self.phrases = phrases
        self.weights = weights
        self.choice = choice

    def posteriors(self, readings: Rows) -> tuple[Ids, Doubles]:
        """For each token its likeliest readings (indices) and their probabilities. Words that
        the document is sure of count more wherever else they may stand."""
        if self.choice is None:
            keep, share, _ = self._by_ngrams(readings)
            return keep, share
        keep, chosen = self.chosen(readings)
        return keep, chosen.share

    def chosen(self, readings: Rows) -> tuple[Ids, Chosen]:
        """The same with what the choice is made by."""
        assert self.choice is not None
        keep, share, left = self._by_ngrams(readings)
        return keep, self.choice.of(left, keep, share, readings.rows, readings.how_printed())

    def _by_ngrams(self, readings: Rows) -> tuple[Ids, Doubles, Lattice]:
        """The likeliest readings by the whole language model, their probabilities, and only
        these of all readings."""
        sentences = readings.sentences()
        thinned = self._thinned(readings, sentences)
        left = readings.take(thinned.keep)
        sure = self._sure(left.first, thinned.share)
        pairs = _sure_pairs(left.first, thinned.share)
        emitted = np.where(
            thinned.emitted > NEVER / 2, thinned.emitted + self._bonus(sure, left, thinned), NEVER
        ).astype(np.float32)
        share = thinned.share.copy()
        for group in together(sentences):
            sequence = Sequence.of(group, 3)
            tokens, within = sequence.token, sequence.within
            found = self._last_pass(left.at(tokens), emitted[tokens], sequence, pairs)
            share[tokens[within]] = found[within]
        return thinned.keep, share, left

    def likely(self, readings: Rows) -> tuple[Ids, Doubles]:
        """For each token the readings left after bigrams and trigrams, and their probabilities."""
        thinned = self._thinned(readings, readings.sentences())
        return thinned.keep, thinned.share

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

    def fit(self, words: Ids, printed: Ids, at: int, readings: Ids) -> list[float | None]:
        """How well each of `readings` fits at the place `at` of `words`, `printed` in some states,
        by the network, 0 for the best; None for what it does not know, or where it has no
        weight."""
        if self.choice is None:
            return [None] * len(readings)
        network = self.choice.network
        known = network.knows(readings)
        scores = network.scores(words, printed, np.array([at]), readings[None])[0]
        best = scores[known].max(initial=-np.inf)
        return [float(s - best) if k else None for s, k in zip(scores, known, strict=True)]

    def _sure(self, first: Ids, share: Doubles) -> Doubles:
        """How often each word is expected to stand in the document, where it is fairly sure."""
        likely = share >= self.weights.counted
        size = len(self.model.words)
        counts = np.bincount(first[likely], share[likely], size).astype(np.float64)[:size]
        counts[: len(SPECIALS)] = 0
        return counts

    def _bonus(self, counts: Doubles, lattice: Lattice, thinned: Thinned) -> Floats:
        """What a word's standing elsewhere in the document adds to its score where it is not sure
        [T, K]: the token's own share is left out."""
        bonus = np.zeros(thinned.share.shape, np.float32)
        at = np.nonzero((thinned.share < SURE) & (thinned.emitted > NEVER / 2))
        words, share = np.minimum(lattice.first[at], len(counts) - 1), thinned.share[at]
        own = np.where(share >= self.weights.counted, share, 0)
        ratio = np.maximum(counts[words] - own, 0) / max(float(counts.sum()), 100.0)
        ratio = ratio / np.exp(self.model.unigram[words].astype(np.float64))
        bonus[at] = np.log1p(self.weights.cache * (np.maximum(ratio, 1) - 1))
        return bonus

    def _thinned(self, readings: Rows, sentences: list[slice]) -> Thinned:
        """The readings left after bigrams and trigrams. What is found of a sentence is kept: a
        document is read again after it was corrected, and most sentences are as they were."""
        out = Thinned.of_boundaries(len(readings), self.weights.last)
        kept = readings.kept
        if len(kept) > _MOST_KEPT:
            kept.clear()
        keys = [readings.key(sentence) for sentence in sentences]
        new = {key: s for key, s in zip(keys, sentences, strict=True) if key not in kept}
        keys_of_new = iter(new)
        for group in together(list(new.values())):
            sequence = Sequence.of(group, 2)
            found = self._thin(readings.at(sequence.token), sequence).at(sequence.within)
            end = 0
            for sentence, key in zip(group, keys_of_new, strict=False):
                start, end = end, end + sentence.stop - sentence.start
                kept[key] = found.at(slice(start, end))
        for key, sentence in zip(keys, sentences, strict=True):
            out.put(sentence, kept[key])
        return out

    def _thin(self, lattice: Lattice, sequence: Sequence) -> Thinned:
        """The readings of a sequence that are left after bigrams and trigrams."""
        width = self.weights.trigrams
        used = int((lattice.score > NEVER / 2).sum(1).max())
        lattice = lattice.narrow(used)
        inner = self._inner(lattice)
        emitted = np.where(
            lattice.score > NEVER / 2, self.weights.channel * lattice.score + inner, NEVER
        ).astype(np.float32)
        emitted[self._hopeless(lattice, emitted)] = NEVER
        through = self._first_pass(lattice, emitted, sequence)
        emitted[through < through.max(1, keepdims=True) - self.weights.behind] = NEVER
        keep = np.broadcast_to(np.arange(used), emitted.shape)
        if used > width:
            through[:, 0] = np.inf  # the token as it is stays among the readings
            keep = np.sort(np.argpartition(-through, width - 1, 1)[:, :width], 1)
            lattice, emitted = lattice.take(keep), emitted.take(flat(keep, used))
        share = self._second_pass(lattice, emitted, sequence)
        best = _likeliest(share, self.weights.last)
        at = flat(best, share.shape[1])
        share = share.take(at)
        emitted = np.where(share >= LAST_SHARE, emitted.take(at), NEVER)
        return Thinned(np.take_along_axis(keep, best, 1), share, emitted.astype(np.float32))

    def _hopeless(self, lattice: Lattice, emitted: Floats) -> Bools:
        """Readings [S, K] far behind the best by channel and frequency; never the first."""
        prior = self.model.unigram.take(lattice.first, mode="clip")  # NONE: no reading
        alone = emitted + self.weights.language * prior
        behind: Bools = alone < alone.max(1, keepdims=True) - self.weights.apart
        behind[:, 0] = False
        return behind

    def _inner(self, lattice: Lattice) -> Floats:
        """Of readings that are two words [S, K]: log P(second word | first word), 0 for others."""
        out = np.zeros(lattice.first.shape, np.float32)
        at = (lattice.second.ravel() != NONE).nonzero()[0]
        if len(at):
            logs, _ = self.model.bigram(lattice.first.take(at), lattice.second.take(at))
            out.ravel()[at] = self.weights.language * logs
        return out

    def _with_phrases(self, logs: Floats, keys: Keys) -> Floats:
        return mixed(logs, self.phrases.find(keys), self.weights.phrases)

    def _first_pass(self, lattice: Lattice, emitted: Floats, sequence: Sequence) -> Floats:
        """The best score of any bigram path through each reading [S, K]; of tokens that have one,
        and of those between such, a score of its own."""
        live = emitted > NEVER / 2
        scored, runs = sequence.open(live, 1)
        tokens = runs.tokens
        steps = self._bigrams(lattice, live, tokens, scored.take(tokens))
        out = emitted.copy()
        out[tokens] = max_marginals(steps, emitted.take(tokens, 0), runs)
        return out

    def _bigrams(self, lattice: Lattice, live: Bools, tokens: Ids, asked: Bools) -> Floats:
        """What the model and the phrases say of each reading of `tokens` [N] after each of the
        token before [N, K before, K], by the exponent of the language model; 0 for tokens that are
        not `asked` [N] about."""
        before, width = tokens - 1, live.shape[1]
        possible = live.take(before, 0)[:, :, None] & live.take(tokens, 0)[:, None, :]
        possible &= asked[:, None, None]
        at = possible.ravel().nonzero()[0]
        pair = at // width
        v = lattice.last.take(before, 0).take(pair)
        w = lattice.first.take(tokens, 0).take(pair // width * width + at % width)
        logs, _ = self.model.bigram(v, w)
        steps = np.empty(possible.shape, np.float32)
        steps[...] = np.where(asked, np.float32(self.weights.language * NEVER), 0)[:, None, None]
        steps.ravel()[at] = self.weights.language * self._with_phrases(logs, bigram_key(v, w))
        return steps

    def _second_pass(self, lattice: Lattice, emitted: Floats, sequence: Sequence) -> Doubles:
        """Posterior probability of each reading under the trigrams of the model."""
        live = emitted > NEVER / 2
        scored, runs = sequence.open(live, 2)
        paths = Paths(lattice, live, scored.nonzero()[0], 2)
        v, u = paths.words_before()
        w = paths.words()
        logs = self.model.trigram(u, v, w)
        logs = self._with_lists(logs, self.phrases.find(bigram_key(v, w)), u, v, w)
        return self._shares(logs, paths.index, emitted, scored, runs)

    def _last_pass(
        self, lattice: Lattice, emitted: Floats, sequence: Sequence, pairs: PhraseTable
    ) -> Doubles:
        """Posterior probability of each reading under the whole model and the pairs of words that
        the document is sure of."""
        live = emitted > NEVER / 2
        scored, runs = sequence.open(live, 3)
        paths = Paths(lattice, live, scored.nonzero()[0], 3)
        v, u, t = paths.words_before()
        w = paths.words()
        logs = self.model.fourgram(t, u, v, w)
        logs = mixed(logs, pairs.find(bigram_key(v, w)), self.weights.pairs)
        logs = self._with_lists(logs, self.phrases.find(bigram_key(v, w)), u, v, w)
        return self._shares(logs, paths.index, emitted, scored, runs)

    def _with_lists(self, logs: Floats, phrases: Floats, u: Ids, v: Ids, w: Ids) -> Floats:
        """Log-probabilities of w after u and v, with what phrases say of (v, w) and (u, v, w)."""
        logs = mixed(logs, phrases, self.weights.phrases)
        inside = np.isfinite(phrases).nonzero()[0]  # every pair of a phrase's triple is in it
        keys = trigram_key(u.take(inside), v.take(inside), w.take(inside))
        logs[inside] = self._with_phrases(logs.take(inside), keys)
        return logs

    def _shares(
        self, logs: Floats, at: tuple[Ids, ...], emitted: Floats, scored: Bools, runs: Runs
    ) -> Doubles:
        """The probability of each reading [S, K], where `logs` are those of the paths `at` to the
        readings of the tokens `scored`; all others have one reading."""
        size, k = emitted.shape
        order = len(at) - 2
        tokens = runs.tokens
        place = np.zeros(size, np.int64)
        place[tokens] = np.arange(len(tokens))
        steps = np.ones((len(tokens), *[k] * (order + 1)))
        steps[scored.take(tokens)] = 0
        path = place.take(at[0])
        for reading in at[1:]:
            path = path * k + reading
        steps.ravel()[path] = np.exp(self.weights.language * logs.astype(np.float64))
        weight = np.exp((emitted - emitted.max(1, keepdims=True)).astype(np.float64))
        out: Doubles = (weight > 0).astype(np.float64)
        out[tokens] = marginals(steps, weight.take(tokens, 0), runs)
        return out


def mixed(logs: Floats, other: Floats, share: float) -> Floats:
    """Log-probabilities (1-d) mixed with a share of others (-inf: none) where these are greater."""
    if not share:
        return logs
    at = np.isfinite(other).nonzero()[0]
    own = logs.take(at)
    out = logs.copy()
    out[at] = np.maximum(np.logaddexp(np.log1p(-share) + own, np.log(share) + other.take(at)), own)
    return out


def _sure_pairs(first: Ids, share: Doubles) -> PhraseTable:
    """The pairs of neighbouring words that a document is sure of: P(second | first) in it."""
    words = np.take_along_axis(first, share.argmax(1)[:, None], 1)[:, 0]
    sure = share.max(1) >= SURE
    v, w = words[:-1], words[1:]
    good = sure[:-1] & sure[1:] & (v >= len(SPECIALS)) & (w >= len(SPECIALS))
    keys, counts = np.unique(bigram_key(v[good], w[good]), return_counts=True)
    before, total = np.unique(keys >> np.uint64(16), return_inverse=True)
    sums = np.bincount(total, counts, len(before)) + 1
    return PhraseTable(keys, np.log(counts / sums[total]).astype(np.float32))


def _likeliest(share: Doubles, width: int) -> Ids:
    """The `width` readings of the greatest share, in their order; always the first."""
    if share.shape[1] <= width:
        return np.broadcast_to(np.arange(share.shape[1]), share.shape)
    ranked = share.copy()
    ranked[:, 0] = np.inf
    return np.sort(np.argpartition(-ranked, width - 1, 1)[:, :width], 1)
