"""The syllables a printed token may stand for, and the set phrases that raise the score.

In: the words of the language model and the word lists (TSV). Out: arrays of syllables by onset and
rime, and a sorted table of phrase n-grams.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import (
    Floats,
    Ids,
    Keys,
    LanguageModel,
    bigram_key,
    trigram_key,
)
from pipeline.restore.orthography import Syllable, analyse, parted
from pipeline.restore.phrase_patterns import expand, list_of
from pipeline.restore.tokens import BOUNDARY, SPECIALS, classify, core_of

PHRASE_LISTS: Final = ("phrases.tsv", "phrase_patterns.tsv", "places.tsv", "names.tsv")
SET_PHRASE = 0.5  # phrases of this weight are the register's own
COMMON_WORD = -7.0  # unigram log-probability of their words, at least
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_HASH_BITS: Final = 20  # at most
_SPREAD: Final = 6  # bits of a hash beyond those that count the keys
NEW_WORD = -15.0  # unigram log-probability of a word only the word lists know


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Syllables of the vocabulary: `word[i]` the language-model id of syllable i, `onset[i]` and
    `rime[i]` the numbers of its parts; `bare` those without an onset."""

    onsets: tuple[str, ...]
    rimes: tuple[str, ...]
    word: Ids
    onset: Ids
    rime: Ids
    bare: Ids

    @classmethod
    def of(cls, words: Sequence[str], listed: Collection[str] = ()) -> Lexicon:
        """The legal syllables among `words`, and those `listed` that other languages of the country
        spell alike (Đắk Lắk, Krông Nô, Bắc Kạn)."""
        found: list[tuple[int, Syllable]] = []
        for i, w in enumerate(words):
            if i < len(SPECIALS) or len(w) > 7:
                continue
            parts = analyse(w) or (parted(w) if w in listed else None)
            if parts is not None:
                found.append((i, parts))
        onsets = ("", *sorted({s.onset for _, s in found} - {""}))
        rimes = tuple(sorted({s.rime for _, s in found}))
        onset_at = {o: i for i, o in enumerate(onsets)}
        rime_at = {r: i for i, r in enumerate(rimes)}
        onset = np.array([onset_at[s.onset] for _, s in found])
        rime = np.array([rime_at[s.rime] for _, s in found])
        word = np.array([i for i, _ in found])
        return cls(onsets, rimes, word, onset, rime, np.flatnonzero(onset == 0))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A line of a word list: the words, and how strongly they belong together (0 to 1)."""

    words: tuple[str, ...]
    weight: float


def read_phrases(lines: Iterable[str]) -> list[Phrase]:
    """Phrases of a word list: the first column, an optional weight in the second.

    Lines that begin with # are comments, those that begin with {name} give a list of choices; a
    phrase with choices (`phrase_patterns`) is all its combinations, one that begins with ^ stands
    at the beginning of a sentence or line. A weight that is no number counts as 0.5."""
    found: dict[tuple[str, ...], float] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        if (named := list_of(line)) is not None:
            lists[named[0]] = named[1]
            continue
        columns = line.rstrip("\n").split("\t")
        try:
            weight = float(columns[1]) if len(columns) > 1 else 0.5
        except ValueError:
            weight = 0.5
        weight = min(max(weight, 0.0), 0.95)
        for phrase in expand(columns[0], lists):
            words = _words_of(phrase)
            found[words] = max(weight, found.get(words, 0.0))
    return [Phrase(words, weight) for words, weight in found.items()]


def _words_of(phrase: str) -> tuple[str, ...]:
    words = [_word_of(token) for token in phrase.removeprefix("^").split()]
    return tuple(w for w in [BOUNDARY if phrase.startswith("^") else "", *words] if w)


@lru_cache(maxsize=100_000)
def _word_of(token: str) -> str:
    return classify(token[slice(*core_of(token))])


def built_in_phrases() -> list[Phrase]:
    """The phrases of the word lists that come with the program."""
    phrases: list[Phrase] = []
    for name in PHRASE_LISTS:
        resource = files("dictionaries") / name
        if resource.is_file():
            phrases += read_phrases(resource.read_text(encoding="utf-8").splitlines())
    return phrases


def phrases_of(paths: Sequence[Path]) -> list[Phrase]:
    """The phrases of an archive's own word lists."""
    found: list[Phrase] = []
    for path in paths:
        found += read_phrases(path.read_text(encoding="utf-8-sig").splitlines())
    return found


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Bigrams and trigrams inside phrases: sorted keys, and log P(word | words before)."""

    keys: Keys
    logs: Floats
    _maybe: npt.NDArray[np.bool_] = field(init=False)
    _shift: np.uint64 = field(init=False)

    def __post_init__(self) -> None:
        # Nearly all that is asked for is not there: most of it is known from a table of hashes.
        bits = min(len(self.keys).bit_length() + _SPREAD, _HASH_BITS)
        object.__setattr__(self, "_shift", np.uint64(64 - bits))
        maybe = np.zeros(1 << bits, np.bool_)
        maybe[self._hash(self.keys)] = True
        object.__setattr__(self, "_maybe", maybe)

    def find(self, keys: Keys) -> Floats:
        """The log-probability of each n-gram, -inf where no phrase has it."""
        found = np.full(len(keys), -np.inf, np.float32)
        asked = self._maybe.take(self._hash(keys)).nonzero()[0]
        if len(asked):
            wanted = keys.take(asked)
            at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            found[asked] = np.where(self.keys[at] == wanted, self.logs[at], -np.inf)
        return found

    def _hash(self, keys: Keys) -> Ids:
        return ((keys * _MIX) >> self._shift).view(np.int64)

    @classmethod
    def of(cls, phrases: Sequence[Phrase], ids: dict[str, int]) -> PhraseTable:
        """The n-grams of `phrases`. A word after two words of its phrase is nearly certain of its
        weight; after one word, the phrases that begin so share it."""
        bigrams: dict[tuple[int, int], float] = {}
        trigrams: dict[tuple[int, int, int], float] = {}
        for phrase in phrases:
            w = [ids[x] for x in phrase.words]
            for pair in pairwise(w):
                bigrams[pair] = max(bigrams.get(pair, 0), phrase.weight)
            for triple in zip(w, w[1:], w[2:], strict=False) if phrase.words[0] != BOUNDARY else ():
                trigrams[triple] = max(trigrams.get(triple, 0), phrase.weight)
        two, three = _shared(bigrams, 0.5), _shared(trigrams, 1)
        found = np.concatenate([bigram_key(*_columns(two, 2)), trigram_key(*_columns(three, 3))])
        weights = np.array([*two.values(), *three.values()], np.float32)
        order = np.argsort(found)
        return cls(found[order], np.log(weights[order]))


def _columns(ngrams: Iterable[tuple[int, ...]], order: int) -> list[Ids]:
    """The first words of some n-grams, their second words, and so on."""
    return list(np.array([*ngrams], np.int64).reshape(-1, order).T)


def _shared(ngrams: dict, share: float) -> dict:  # type: ignore[type-arg]
    """Divide each context's probability among the words that follow it."""
    total: dict[tuple[int, ...], float] = {}
    for key, weight in ngrams.items():
        total[key[:-1]] = total.get(key[:-1], 0) + weight
    return {k: share * p * p / max(total[k[:-1]], p) for k, p in ngrams.items()}


def extend(model: LanguageModel, phrases: Sequence[Phrase]) -> LanguageModel:
    """The model with the words it lacks of the phrases; words of set phrases are no rare words."""
    known = set(model.words)
    new = sorted({w for p in phrases for w in p.words} - known)
    words = model.words + tuple(new)
    unigram = np.append(model.unigram, np.full(len(new), NEW_WORD, np.float32))
    common = {w for p in phrases if p.weight >= SET_PHRASE and len(p.words) > 1 for w in p.words}
    at = np.array([i for i, w in enumerate(words) if w in common], np.int64)
    unigram[at] = np.maximum(unigram[at], COMMON_WORD)
    return LanguageModel(
        words,
        unigram,
        np.append(model.backoff, np.zeros(len(new), np.float32)),
        model.bigrams,
        model.trigrams,
        model.fourgrams,
    )
