"""How sure the program is of each word it gives: P(right), calibrated on pages of known truth.

In: for each token what the decoder found, what the token is like and how sure the OCR was of it.
Out: probabilities. A logistic model for each channel, and one for words whose confidence the OCR
told; their weights are learned by `python -m benchmarks.train_confidence` and kept in
`dictionaries/confidence.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.restore import word_confidence
from pipeline.restore.language_model import Ids
from pipeline.restore.orthography import VIETNAMESE_ONLY, analyse
from pipeline.restore.tokens import UNKNOWN_ID, core_of

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TRAITS: Final = (
    *("no word", "digits", "digits and letters", "signs inside", "signs around"),
    *("foreign letters", "no syllable", "plain, no syllable", "capitals", "mixed capitals"),
    *("capital", "one letter", "two letters", "long", "identifier"),
)
"""What a token is like by itself, each 0 or 1."""

FOUND: Final = (
    *("odds", "odds on this page", "rival", "changed", "changed capital", "one reading"),
    *("context", "after", "around", "channel", "rare", "page", "line", "again", "again as read"),
    *("odds up to three", "odds as read"),
)
"""What the decoder found of a token in its place."""

FEATURES: Final = ("constant", *FOUND, *TRAITS, *(f"changed, {t}" for t in TRAITS))
TOLD_FEATURES: Final = (*FEATURES, *word_confidence.FEATURES, "changed, doubt")
"""Those of words whose confidence the OCR told."""

TOLD: Final = ", confidence told"
"""What stands behind the name of a channel where the weights for such words are kept."""

_USUAL_SIGNS: Final = frozenset(".,;:!?()\"“”'‘’-–%/…")
_INNER_SIGNS: Final = frozenset("-/.,")
_MOST_ODDS: Final = 9.0
_MOST_TOKENS: Final = 50_000  # about 6 MB


class _Traits:
    """The traits of the tokens met so far as one array, so that a document's are looked up."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._rows = np.zeros((1024, len(TRAITS)))

    def of(self, tokens: Sequence[str]) -> Doubles:
        """The traits of some tokens [T, traits]."""
        if len(self._row) > _MOST_TOKENS:
            self._row.clear()
        row = self._row
        for token in set(tokens).difference(row):
            if len(row) == len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._rows[len(row)] = traits_of(token)
            row[token] = len(row)
        found: Doubles = self._rows.take([row[token] for token in tokens], 0)
        return found


def traits_of(token: str) -> tuple[float, ...]:
    """The traits of a printed token, in the order of `TRAITS`."""
    start, end = core_of(token)
    core = token[start:end]
    letters = [c for c in core if c.isalpha()]
    digits = sum(c.isdigit() for c in core)
    upper = sum(c.isupper() for c in letters)
    syllable = core.isalpha() and analyse(core) is not None
    outer = token[:start] + token[end:] if core else token
    found = (
        not core,
        bool(digits) and not letters,
        bool(digits) and bool(letters),
        any(not c.isalnum() and c not in _INNER_SIGNS for c in core),
        any(c not in _USUAL_SIGNS for c in outer),
        any(ord(c) > 127 and c.lower() not in VIETNAMESE_ONLY and c not in "đĐ" for c in letters),
        core.isalpha() and not syllable and not core.isascii(),
        core.isalpha() and not syllable and core.isascii(),
        upper > 1 and upper == len(letters),
        upper > 0 and upper < len(letters) and not (upper == 1 and core[:1].isupper()),
        core[:1].isupper(),
        len(core) == 1,
        len(core) == 2,
        len(core) > 7,
        bool(letters) and any(c in "/-" for c in core),
    )
    return tuple(float(x) for x in found)


_TRAITS_MET: Final = _Traits()


@dataclass(frozen=True, slots=True)
class Found:
    """What the decoder found of T tokens (boundaries among them): arrays of T.

    `out`: index of the reading given, 0 the token as read; `word` its id; `alone`, `here`: its
    probability among the readings before and after the page's own rate is weighed in; `context`:
    log P(word | the words before it); `channel`: log P(read | word); `prior`: log P(word);
    `page`, `line`: numbers, -1 for a boundary; `readings`: how many there are; `told` [T, .]: what
    the OCR's confidence tells of each (`word_confidence`)."""

    out: Ids
    word: Ids
    alone: Doubles
    here: Doubles
    context: Doubles
    channel: Doubles
    prior: Doubles
    page: Ids
    line: Ids
    readings: Ids
    told: Doubles
    tokens: Sequence[str]

    def told_features(self) -> Doubles:
        """The features of each token that its confidence adds [T, .], NaN where none was told."""
        doubt = self.told[:, word_confidence.FEATURES.index("doubt")]
        return np.column_stack([self.told, doubt * (self.out != 0)])

    def features(self) -> Doubles:
        """The features of each token [T, F]."""
        changed = self.out != 0
        inside = self.page >= 0
        traits = _TRAITS_MET.of(self.tokens)
        odds = _odds(self.alone)
        unsure = np.where(inside, 1 - self.alone, 0.0)
        context = np.clip(self.context, -14, 0)
        after = np.where(np.roll(inside, -1), np.roll(context, -1), -4.0)
        around = 0.5 * (
            np.roll(odds, 1) * np.roll(inside, 1) + np.roll(odds, -1) * np.roll(inside, -1)
        )
        group = _lines(self.page, self.line)
        capital = traits[:, TRAITS.index("capital")]
        again = _again(word_numbers(self.word, self.page, self.tokens), inside)
        columns = [
            np.ones(len(odds)),
            odds,
            _odds(self.here),
            np.maximum(0.0, 2.0 - odds),
            changed,
            changed * capital,
            self.readings == 1,
            context,
            after,
            around,
            np.clip(self.channel, -20, 0),
            np.clip(self.prior, -14, 0),
            np.log(_rate(unsure, self.page, inside)),
            np.log(_rate(unsure, group, inside)),
            again,
            again * ~changed,
            np.minimum(odds, 3.0),
            np.minimum(odds, 6.0) * ~changed,
        ]
        return np.column_stack([*columns, traits, traits * changed[:, None]]).astype(np.float64)


def _lines(page: Ids, line: Ids) -> Ids:
    """The lines of a document counted, of tokens in their order; 0 for boundaries."""
    inside = np.flatnonzero(page >= 0)
    new = (np.diff(page[inside]) != 0) | (np.diff(line[inside]) != 0)
    out = np.zeros(len(page), np.int64)
    out[inside[:1]] = 1
    out[inside[1:]] = 1 + np.cumsum(new)
    return out


def word_numbers(words: Ids, page: Ids, tokens: Sequence[str]) -> Ids:
    """A number for each word by which to count it: words that the vocabulary does not know are
    told apart by how they are read. `page`: -1 for a boundary."""
    ids = words.copy()
    seen: dict[str, int] = {}
    start = int(ids.max()) + 1
    for t in np.flatnonzero((ids <= UNKNOWN_ID) & (page >= 0)).tolist():
        ids[t] = seen.setdefault(tokens[t].lower(), start + len(seen))
    return ids


def weights_of(lines: Iterable[str], channel: str, features: Sequence[str]) -> Doubles:
    """The weights of `channel` from a table of channel, feature, weight, in the order of
    `features`. A feature without a row counts nothing. Raises ValueError at a line that is no such
    row."""
    weights = np.zeros(len(features))
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, feature, weight = line.rstrip("\n").split("\t")
            if name == channel and feature in features:
                weights[features.index(feature)] = float(weight)
    return weights


def weight_rows(channel: str, features: Sequence[str], weights: Doubles) -> list[str]:
    """The rows of such a table; a weight of 0 has none."""
    return [f"{channel}\t{f}\t{w:.5f}" for f, w in zip(features, weights, strict=True) if w]


def probability(features: Doubles, weights: Doubles) -> Doubles:
    """What a logistic model of some weights says of each row of features."""
    found: Doubles = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
    return found


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one channel: of what is known of every word (`plain`), and of that and what
    the OCR's confidence tells (`told`); the latter are empty where it is not looked at."""

    plain: Doubles
    told: Doubles

    def probability(self, features: Doubles, more: Doubles) -> Doubles:
        """What the model says of each row of `features`, with those of `more` where these are no
        NaN."""
        found = probability(features, self.plain)
        if self.told.any():
            known = np.flatnonzero(word_confidence.known(more))
            if len(known):
                both = np.column_stack([features[known], more[known]])
                found[known] = probability(both, self.told)
        return found

    @classmethod
    def read(
        cls, lines: Sequence[str], channel: str, plain: Sequence[str], told: Sequence[str]
    ) -> Weights:
        """The weights of `channel` by the features `plain` and `told`. Raises ValueError as
        `weights_of`."""
        return cls(weights_of(lines, channel, plain), weights_of(lines, channel + TOLD, told))


def _odds(p: Doubles) -> Doubles:
    odds: Doubles = np.clip(np.log(p + 1e-6) - np.log1p(1e-6 - np.minimum(p, 1)), -4, _MOST_ODDS)
    return odds


def _rate(unsure: Doubles, group: Ids, inside: Bools) -> Doubles:
    """The share of words of a token's group that are thought wrong, the token itself left out."""
    at = group - group.min()
    total = np.bincount(at, unsure)
    count = np.bincount(at, inside)
    rate: Doubles = (total[at] - unsure + 0.05) / (np.maximum(count[at] - 1, 0) + 2.0)
    return np.clip(rate, 1e-4, 1.0)


def _again(word: Ids, inside: Bools) -> Doubles:
    """The logarithm of how often a word is given in the document."""
    count = np.bincount(word[inside], minlength=int(word.max()) + 1)
    again: Doubles = np.log(np.maximum(count[word], 1))
    return np.minimum(again, 4.0)


@dataclass(frozen=True, slots=True)
class Confidence:
    """The weights of one channel, in the order of `FEATURES` and `TOLD_FEATURES`."""

    weights: Weights

    def of(self, found: Found) -> Doubles:
        """P(right) of each token's word [T]."""
        return self.weights.probability(found.features(), found.told_features())

    @classmethod
    def read(cls, lines: Sequence[str], channel: str) -> Confidence:
        """The weights of `channel`. Raises ValueError as `weights_of`."""
        return cls(Weights.read(lines, channel, FEATURES, TOLD_FEATURES))


def learn(features: Doubles, right: Bools, ridge: float = 2.0, rounds: int = 40) -> Doubles:
    """The weights [F] that make `right` [N] likeliest under `features` [N, F], by Newton's method
    with a penalty on the square of each standardised weight but the constant's (the first)."""
    mean, spread = features.mean(0), features.std(0)
    spread[spread < 1e-9] = np.inf
    x = (features - mean) / spread
    x[:, 0] = 1.0
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (right - p) - penalty * weights
        curve = (x * np.maximum(p * (1 - p), 1e-9)[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights = weights + step / max(1.0, float(np.abs(step).max()) / 2)
        if np.abs(step).max() < 1e-6:
            break
    plain: Doubles = weights / spread
    plain[0] = weights[0] - float((weights[1:] / spread[1:] * mean[1:]).sum())
    return plain
