"""Whether the likeliest other reading of a word is taken: P(the other reading is right).

In: the words that another reading is offered for, with what the decoder found and how sure the OCR
was. Out: probabilities. A logistic model, and one for words whose confidence the OCR told, learned
by `python -m benchmarks.train_acceptance` from simulated pages and from clean text, of which no
word may change; the weights are kept in `dictionaries/acceptance.tsv`. The decoder alone thinks
errors likelier than they are on pages with few of them, and does not know that what a document
prints again and again is hardly misread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from unidecode import unidecode

from pipeline.restore import word_confidence
from pipeline.restore.candidates import Candidates
from pipeline.restore.confidence import Weights, word_numbers
from pipeline.restore.decoder import SURE
from pipeline.restore.language_model import NONE, Ids, bigram_key
from pipeline.restore.tokens import UNKNOWN_ID, core_of

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST_SHARE: Final = 0.02
"""Another reading less probable than this is not offered."""

TAKEN: Final = 0.65
TAKEN_TOLD: Final = 0.55
"""How probable another reading needs to be: a right word made wrong costs more than a wrong one
left. Where the OCR told how sure it was, fewer right words are among those as probable."""

TWICE_READ: Final = 0.87
"""What another reading of a token that the engine read twice needs, among the readings."""

NUMBER: Final = 0.95
"""What the number that a token of letters may be needs."""

FEATURES: Final = (
    *("constant", "odds", "odds up to three", "few errors", "many errors", "odds, few errors"),
    *("channel", "language", "language up to ten", "channel as read", "hardly read so"),
    *("capital", "odds, capital", "capitals", "length", "one letter", "two letters"),
    *("known", "known, rare", "other rare", "again", "twice", "other again", "number"),
    *("fit", "fit as read", "pairs in the document", "other marks alone", "two words"),
)
SUREST: Final = 0.92
"""Words read with more are taken for as sure: of these, twice as many are wrong on real scans as on
the simulated ones that this is learned from."""

TOLD_FEATURES: Final = (
    *(*FEATURES, *word_confidence.FEATURES),
    *("channel, doubt", "language, doubt"),
)
"""Those of words whose confidence the OCR told."""

USUAL_RATE: Final = 0.02
"""Share of words that Tesseract's Vietnamese model misreads on weak scans."""

_DOUBT: Final = word_confidence.FEATURES.index("doubt")
_CONFIDENCE: Final = word_confidence.FEATURES.index("confidence")
_USUAL_WORDS: Final = 20  # a page tells of its rate as if so many words more had the usual one


@dataclass(frozen=True, slots=True)
class Offered:
    """M words with another reading: arrays of M. `own`, `other`: probabilities among the readings;
    `own_channel`, `other_channel`: log P(read | word); `own_word`, `other_word`: ids, and
    `own_prior`, `other_prior` their log P; `rate`: the page's errors by the usual rate, the word
    itself left out; `own_count`, `other_count`: how often the document has either word;
    `other_pairs`: how often it surely has the other beside one of the words that are its
    neighbours here; `told` [M, .]: what the OCR's confidence tells of each (`word_confidence`);
    `others`: the other words."""

    own: Doubles
    other: Doubles
    own_channel: Doubles
    other_channel: Doubles
    own_word: Ids
    own_prior: Doubles
    other_prior: Doubles
    rate: Doubles
    own_count: Doubles
    other_count: Doubles
    own_fit: Doubles
    other_fit: Doubles
    other_pairs: Doubles
    told: Doubles
    tokens: Sequence[str]
    others: Sequence[str]

    @property
    def number(self) -> Bools:
        """Which of the other readings are numbers."""
        return np.array([word.isdigit() for word in self.others], bool)

    def told_features(self) -> Doubles:
        """The features of each word that its confidence adds [M, .], NaN where none was told."""
        told = self.told.copy()
        told[:, _DOUBT] = doubt = np.maximum(told[:, _DOUBT], np.log(1 - SUREST))
        told[:, _CONFIDENCE] = np.minimum(told[:, _CONFIDENCE], SUREST)
        _, channel, language = self._evidence()
        return np.column_stack([told, channel * doubt, language * doubt])

    def _evidence(self) -> tuple[Doubles, Doubles, Doubles]:
        """The log odds of the other word, and what channel and language model have in them."""
        odds = np.clip(np.log(self.other + 1e-9) - np.log(self.own + 1e-9), -6, 12)
        channel = self.other_channel - self.own_channel
        language = np.clip(odds - channel, -5, 25)
        return odds, np.clip(channel, -16, 2), language

    def features(self) -> Doubles:
        """The features of each word [M, F], in the order of `FEATURES`."""
        cores = [token[slice(*core_of(token))] for token in self.tokens]
        capital = np.array([core[:1].isupper() for core in cores], bool)
        capitals = np.array([len(core) > 1 and core.isupper() for core in cores], bool)
        length = np.array([len(core) for core in cores], np.int64)
        odds, channel, language = self._evidence()
        known = self.own_word > UNKNOWN_ID
        rate = np.log(np.maximum(self.rate, 1e-9))
        few = np.minimum(rate, 0)
        columns = [
            np.ones(len(odds)),
            odds,
            np.minimum(odds, 3),
            few,
            np.maximum(rate, 0),
            odds * few,
            channel,
            language,
            np.minimum(language, 10),
            self.own_channel,
            np.maximum(self.own_channel + 3, 0),
            capital,
            capital * odds,
            capitals,
            np.minimum(length, 6),
            length == 1,
            length == 2,
            known,
            known * np.clip(self.own_prior, -16, 0),
            self.other_prior,
            np.log(np.maximum(self.own_count, 1)),
            self.own_count > 1,
            np.log1p(self.other_count),
            self.number,
            np.clip(self.other_fit - self.own_fit, -10, 20),
            np.clip(self.own_fit, -24, 0),
            np.log1p(self.other_pairs),
            [unidecode(c).lower() == unidecode(w) for c, w in zip(cores, self.others, strict=True)],
            [" " in word for word in self.others],
        ]
        return np.column_stack(columns).astype(np.float64)


def rates(unsure: Doubles, page: Ids) -> Doubles:
    """How many words of each one's page are thought misread, by the usual rate, the word itself
    left out [T]. `unsure`: 1 - P(as read); `page`: its number, -1 for no word."""
    inside = page >= 0
    at = page - int(page.min())
    total = np.bincount(at, np.where(inside, unsure, 0.0))
    count = np.bincount(at, inside)
    expected = total[at] - unsure + USUAL_RATE * _USUAL_WORDS
    found: Doubles = expected / (count[at] + _USUAL_WORDS) / USUAL_RATE
    return found


class Decoded(NamedTuple):
    """What the decoder found of T tokens (boundaries among them): the readings kept [T, K] as
    numbers into a row of `candidates`, the token as it is first; their probabilities `share`
    [T, K]; the row, the page (-1: none) and the token of each, and what the OCR's confidence tells
    of it [T, .]."""

    candidates: Candidates
    rows: Ids
    keep: Ids
    share: Doubles
    page: Ids
    told: Doubles
    tokens: Sequence[str]

    def offered(self) -> tuple[Ids, Ids, Offered]:
        """Which tokens have another reading, the place of the likeliest in `keep`, and what is
        known of it."""
        share = self.share.copy()
        share[:, 0] = -1.0
        other = share.argmax(1)
        at = np.flatnonzero((share.max(1) > LEAST_SHARE) & (self.page >= 0))
        other = other[at]
        kept, reading, row = self.keep[at, 0], self.keep[at, other], self.rows[at]
        candidates = self.candidates
        words = candidates.first[self.rows, self.keep[:, 0]]
        own_word, other_word = words[at], candidates.first[row, reading]
        likeliest = self.likeliest()[1:]
        first, second = likeliest
        beside = (
            np.append(0, np.where(second == NONE, first, second))[at],
            np.append(first, 0)[at + 1],
        )
        second = candidates.second[row, reading]
        other_last = np.where(second == NONE, other_word, second)
        count = self._counts(words)
        prior = candidates.model.unigram
        own_fit, other_fit = self._fit(beside, own_word, (other_word, other_last))
        return (
            at,
            other,
            Offered(
                own=self.share[at, 0],
                other=self.share[at, other],
                own_channel=candidates.score[row, kept].astype(np.float64),
                other_channel=candidates.score[row, reading].astype(np.float64),
                own_word=own_word,
                own_prior=prior[own_word].astype(np.float64),
                other_prior=prior[other_word].astype(np.float64),
                rate=rates(1 - self.share[:, 0], self.page)[at],
                own_count=count[at],
                other_count=np.bincount(words[self.page >= 0], minlength=len(prior))[other_word],
                own_fit=own_fit,
                other_fit=other_fit,
                other_pairs=self._pairs(likeliest, beside, other_word, other_last),
                told=self.told[at],
                tokens=[self.tokens[t] for t in at.tolist()],
                others=[
                    candidates.readings[r][k].word or "" for r, k in zip(row, reading, strict=True)
                ],
            ),
        )

    def likeliest(self) -> tuple[Ids, Ids, Ids]:
        """The likeliest reading of each token, and its first and second word."""
        best = self.keep[np.arange(len(self.rows)), self.share.argmax(1)]
        candidates = self.candidates
        return best, candidates.first[self.rows, best], candidates.second[self.rows, best]

    def _fit(self, beside: tuple[Ids, Ids], own: Ids, other: tuple[Ids, Ids]) -> Doubles:
        """How well words, and others (their first and last) stand between the words beside them:
        log P of both pairs together [2, M]."""
        before, after = beside
        logs, _ = self.candidates.model.bigram(
            np.concatenate([before, before, own, other[1]]),
            np.concatenate([own, other[0], after, after]),
        )
        pairs = logs.reshape(2, 2, -1)
        found: Doubles = (pairs[0] + pairs[1]).astype(np.float64)
        return found

    def _pairs(
        self, likeliest: tuple[Ids, Ids], beside: tuple[Ids, Ids], first: Ids, last: Ids
    ) -> Doubles:
        """How often the document surely has words beside either of their neighbours here."""
        word, second = likeliest
        said = (self.share.max(1) > SURE) & (second == NONE)
        known = np.sort(bigram_key(word[:-1], word[1:])[said[:-1] & said[1:]])
        asked = bigram_key(*np.stack([[beside[0], first], [last, beside[1]]], 1))
        count = np.searchsorted(known, asked, "right") - np.searchsorted(known, asked)
        found: Doubles = count.sum(0).astype(np.float64)
        return found

    def _counts(self, words: Ids) -> Doubles:
        """How often each token's word is read in the document."""
        ids = word_numbers(words, self.page, self.tokens)
        inside = self.page >= 0
        return np.bincount(ids[inside], minlength=int(ids.max()) + 1)[ids].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The weights of one channel, in the order of `FEATURES` and `TOLD_FEATURES`."""

    weights: Weights

    def of(self, offered: Offered) -> Doubles:
        """P(the other reading is right) of each word [M]."""
        return self.weights.probability(offered.features(), offered.told_features())

    def weighed(self, decoded: Decoded) -> tuple[Doubles, Doubles]:
        """The probabilities [T, K] where the likeliest other reading of each token has what this
        model says, and the token as it is the rest; and what a reading needs to be taken [T].

        Of tokens that the engine read twice the model knows nothing: there the decoder decides."""
        share = decoded.share.copy()
        needed = np.full(len(share), TWICE_READ)
        at, other, offered = decoded.offered()
        twice = decoded.candidates.twice_read
        once = np.array([row not in twice for row in decoded.rows[at].tolist()], bool)
        at, other, p = at[once], other[once], self.of(offered)[once]
        share[at] = 0.0
        share[at, other] = p
        share[at, 0] = 1 - p
        told = word_confidence.known(offered.told[once])
        taken = np.where(told, TAKEN_TOLD, TAKEN)
        needed[at] = np.where(offered.number[once], NUMBER, taken)
        return share, needed

    @classmethod
    def read(cls, lines: Sequence[str], channel: str) -> Acceptance | None:
        """The weights of `channel`; None where the table has none. Raises ValueError as
        `weights_of`."""
        weights = Weights.read(lines, channel, FEATURES, TOLD_FEATURES)
        return cls(weights) if weights.plain.any() else None
