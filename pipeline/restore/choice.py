"""Which of the few readings weighed to the end is right, under heavy damage: n-grams, channel, the
network that reads the words around, and the document's other words, each counting as learned.

In: the readings left of each token and their probabilities under the n-grams. Out: probabilities.
A conditional logit model (McFadden 1974): the exponential of weighed features, shared among a
token's readings. `python -m benchmarks.train_choice` learns the weights, `dictionaries/choice.tsv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from pipeline.restore.appearance import of_words
from pipeline.restore.context_model import ContextModel
from pipeline.restore.forward_backward import Bools, Doubles
from pipeline.restore.language_model import NONE, Floats, Ids
from pipeline.restore.lattice import Lattice, spoken
from pipeline.restore.protect import is_code
from pipeline.restore.slots import is_number
from pipeline.restore.tokens import IDENTIFIER_ID, SPECIALS, UNKNOWN_ID, core_of

FEATURES: Final = (
    *("n-grams", "around", "not around", "channel", "word"),
    *("again", "read so again", "read otherwise", "as read", "as read, no word"),
    *("as read, a number", "as read, with digits", "two words"),
)
"""Logarithms of the probability under the n-grams, of how well the network finds that it fits (0
for the best; `not around`: a word that the network does not know), of P(read | word) and of
P(word); of one more than how often the document has the word elsewhere, has it where the same was
read, and has another word there; whether it is the token as it is, a word of the vocabulary, none,
a number or measure, or letters with digits; whether it is two words."""

CERTAIN: Final = 0.9995
"""From this probability on by n-grams a word is not asked about."""

REACH: Final = 3
"""Words: where one so near was changed by a round, the network is asked once more."""

ACCEPT: Final = 0.2
ACCEPT_DIGIT: Final = 0.9
ACCEPT_DIGITS: Final = 0.95
"""How probable another reading must be to be taken: of a word; of one digit, or of a letter with
digits such as V8; of several digits."""

_AROUND: Final = FEATURES.index("around")
_ROUNDS: Final = 2
_LIKE_A_WORD: Final = -4.0  # log P of a token with digits that looks like none of measures, symbols
_COUNTED: Final = 0.5  # a word as probable as this counts among the document's own, by it
_LEAST_SHARE: Final = 1e-6
_LEAST_AROUND: Final = -12.0
_LEAST_CHANNEL: Final = -15.0


class Chosen(NamedTuple):
    """The probabilities of all readings [T, K]; of the tokens asked about [A] the features of each
    reading [A, K, F] and which of them there are [A, K]."""

    share: Doubles
    asked: Ids
    features: Doubles
    live: Bools


@dataclass(frozen=True, slots=True)
class Choice:
    """The network, log P(word) by id, and the weights in the order of `FEATURES`."""

    network: ContextModel
    unigram: Floats
    weights: Doubles

    def of(self, left: Lattice, keep: Ids, share: Doubles, rows: Ids, printed: Ids) -> Chosen:
        """The choice among the readings `left` of T tokens, of which `keep` [T, K] tells which of
        all they are, `rows` [T] where the same was read and `printed` [T] how (by the states of
        `appearance`); by their `share` [T, K] under the n-grams. What these take for two words is
        not asked about. The network is asked again beside words that it changed, as what is found
        of one word tells of the next."""
        live = share > _LEAST_SHARE
        two = left.second[np.arange(len(share)), share.argmax(1)] != NONE
        asked = np.flatnonzero((live.sum(1) > 1) & (share.max(1) < CERTAIN) & ~two)
        fits = live & (left.second == NONE) & self.network.knows(left.first)
        features = self._features(left, keep, share, rows, asked, live & ~fits)
        several = fits[asked].sum(1) > 1
        now = share.copy()
        now[asked] = shares(features @ self.weights, live[asked])
        again = np.ones(len(share), bool)
        for _ in range(_ROUNDS):
            some = np.flatnonzero(several & again[asked])
            if not len(some):
                break
            at = asked[some]
            features[some, :, _AROUND] = self._around(left, now, fits, at, printed)
            before = now.argmax(1)
            now[at] = shares(features[some] @ self.weights, live[at])
            again = beside(now.argmax(1) != before)
        return Chosen(now, asked, features, live[asked])

    def _features(
        self, left: Lattice, keep: Ids, share: Doubles, rows: Ids, asked: Ids, unfit: Bools
    ) -> Doubles:
        """The features of the tokens `asked`, 0 for how well the network finds that they fit;
        `unfit` [T, K]: the readings that it is not asked about."""
        words, channel = left.first[asked], left.score[asked]
        again, so, otherwise = _evidence(left, share, rows, asked)
        two, first = left.second[asked] != NONE, keep[asked] == 0
        digits = (words == IDENTIFIER_ID) & (channel < _LIKE_A_WORD)
        no_word = (words > UNKNOWN_ID) & (words < len(SPECIALS))
        columns = {
            "n-grams": np.log(np.maximum(share[asked], _LEAST_SHARE)),
            "around": np.zeros(words.shape),
            "not around": unfit[asked] & ~two,
            "channel": np.maximum(channel, _LEAST_CHANNEL),
            "word": self.unigram[np.minimum(words, len(self.unigram) - 1)],
            "again": np.log1p(again),
            "read so again": np.log1p(so),
            "read otherwise": np.log1p(otherwise),
            "as read": first & (words >= len(SPECIALS)),
            "as read, no word": first & (words == UNKNOWN_ID),
            "as read, a number": first & no_word & ~digits,
            "as read, with digits": first & digits,
            "two words": two,
        }
        return np.stack([columns[name] for name in FEATURES], -1, dtype=np.float64)

    def _around(self, left: Lattice, now: Doubles, fits: Bools, at: Ids, printed: Ids) -> Doubles:
        """How well each reading of the tokens `at` fits between the words likeliest by `now`, all
        of which are `printed` [T] in some states."""
        token, best = np.arange(len(now)), now.argmax(1)
        second = left.second[token, best]
        words, place = spoken(left.first[token, best], second)
        shown = of_words(printed, second != NONE)
        scores = self.network.scores(words, shown, place[at], left.first[at])
        scores = np.where(fits[at], scores, -np.inf)
        behind = scores - scores.max(1, keepdims=True)
        return np.where(fits[at], np.maximum(behind, _LEAST_AROUND), 0)


@lru_cache(maxsize=100_000)
def least_needed(token: str) -> float:
    """How probable another reading of a token must be to be taken."""
    if is_number(token):
        return ACCEPT_DIGIT if sum(c.isdigit() for c in token) == 1 else ACCEPT_DIGITS
    return ACCEPT_DIGIT if is_code(token[slice(*core_of(token))]) else ACCEPT


def shares(scores: Doubles, live: Bools) -> Doubles:
    """Probabilities in proportion to the exponentials of `scores` [A, K], none where not `live`."""
    logs = np.where(live, scores, -np.inf)
    weights = np.exp(logs - logs.max(1, keepdims=True))
    out: Doubles = weights / weights.sum(1, keepdims=True)
    return out


def beside(changed: Bools) -> Bools:
    """The tokens that have one of those that `changed` within `REACH` of them."""
    found = np.zeros_like(changed)
    for far in range(1, REACH + 1):
        found[far:] |= changed[:-far]
        found[:-far] |= changed[far:]
    return found


def learn(features: Doubles, live: Bools, right: Ids, ridge: float = 1.0) -> Doubles:
    """The weights [F] that make the reading `right` [N] of each token likeliest under `features`
    [N, K, F], by Newton's method with a penalty on the square of each standardised weight."""
    spread = features[live].std(0)
    spread[spread < 1e-9] = np.inf
    x = features / spread
    weights = np.zeros(x.shape[2])
    chosen = np.arange(x.shape[1]) == right[:, None]
    for _ in range(50):
        p = shares(x @ weights, live)
        mean = np.einsum("nk,nkf->nf", p, x)
        slope = np.einsum("nk,nkf->f", chosen - p, x) - ridge * weights
        curve = np.einsum("nk,nkf,nkg->fg", p, x, x) - mean.T @ mean + ridge * np.eye(x.shape[2])
        step = np.linalg.solve(curve, slope)
        weights = weights + step / max(1.0, float(np.abs(step).max()) / 2)
        if np.abs(step).max() < 1e-6:
            break
    out: Doubles = weights / spread
    return out


def _evidence(
    left: Lattice, share: Doubles, rows: Ids, asked: Ids
) -> tuple[Doubles, Doubles, Doubles]:
    """Of each reading of the tokens `asked`, how often the document has its word elsewhere, has it
    where the same was read, and has another word there: by the readings that are fairly likely,
    each counted by its probability."""
    words, own = left.first[asked], np.where(share[asked] >= _COUNTED, share[asked], 0)
    likely = share >= _COUNTED
    counts = np.bincount(left.first[likely], share[likely], NONE + 1)
    counts[: len(SPECIALS)] = 0
    pairs = rows[:, None] * (NONE + 1) + left.first
    known, place = np.unique(pairs[likely], return_inverse=True)
    there = np.bincount(place, share[likely], len(known)).astype(np.float64)
    so = np.maximum(_found(known, there, pairs[asked]) - own, 0)
    read = np.bincount(np.nonzero(likely)[0], share[likely], len(rows))
    total = np.bincount(rows, read)[rows[asked]][:, None] - own.sum(1, keepdims=True)
    return np.maximum(counts[words] - own, 0), so, np.maximum(total - so, 0)


def _found(keys: Ids, values: Doubles, wanted: Ids) -> Doubles:
    """The values of the `wanted` among sorted keys, 0 for those that are not there."""
    if not len(keys):
        return np.zeros(wanted.shape)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    out: Doubles = np.where(keys[at] == wanted, values[at], 0)
    return out
