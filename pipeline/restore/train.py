"""Build the language model from a folder of text.

Counts come from numpy sorts of packed n-grams, smoothing is interpolated modified Kneser-Ney,
official text and other text are two models mixed into one, and the least useful n-grams go.
Held-out documents (`corpus.split_of`) are left out unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.restore import corpus
from pipeline.restore.language_model import (
    Ids,
    Keys,
    LanguageModel,
    Table,
    quantise,
)
from pipeline.restore.orthography import analyse
from pipeline.restore.tokens import JOINED, SPECIALS, classify, core_of, ends_sentence

Doubles = npt.NDArray[np.float64]
OFFICIAL = re.compile(r"letter|decision|law|gazette|congbao|official|vbpl")
_SHORT_LINE = 50
_TWO = np.uint64(0xFFFFFFFF)
_THREE = np.uint64(0xFFFFFFFFFFFF)


class _Types(dict[str, int]):
    """Ids of raw tokens, given out as they are first asked for."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


def _read(path: Path, types: _Types, excluded: set[int], held_out: bool) -> npt.NDArray[np.int32]:
    """The raw token ids of the training documents of one file, -1 after lines that end."""
    ids: list[int] = []
    for text in corpus.documents(path):
        if not held_out and corpus.split_of(text) != "train":
            continue
        if corpus.shares(text, excluded):
            continue
        for line in JOINED.sub(" ", text).split("\n"):
            tokens = line.split()
            ids += map(types.__getitem__, tokens)
            if len(line) < _SHORT_LINE:
                ids.append(-1)
        ids.append(-1)
    return np.array(ids, np.int32)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words by id, and for each raw token type its word id (-1: no word) and whether a sentence
    ends after it."""

    words: tuple[str, ...]
    word_of: Ids
    ends: npt.NDArray[np.bool_]


def _vocabulary(types: _Types, counts: Doubles, largest: int, least: int) -> Vocabulary:
    words = [classify(t[slice(*core_of(t))]) for t in types]
    total: dict[str, float] = {}
    for word, count in zip(words, counts, strict=True):
        if word and word not in SPECIALS:
            total[word] = total.get(word, 0) + count
    # A legal syllable earns its place sooner: rare ones are names, and must be known as words.
    kept = [w for w, n in total.items() if n >= (3 if analyse(w) else least) and len(w) <= 20]
    kept.sort(key=lambda w: (-total[w], w))
    ordered = (*SPECIALS, *kept[: largest - len(SPECIALS)])
    index = {w: i for i, w in enumerate(ordered)}
    word_of = np.array([index.get(w, 1) if w else -1 for w in words], np.int64)
    ends = np.array([ends_sentence(t) for t in types], bool)
    return Vocabulary(ordered, word_of, ends)


def _sequence(raw: npt.NDArray[np.int32], vocabulary: Vocabulary) -> npt.NDArray[np.int64]:
    """Word ids with one boundary (0) wherever a sentence or line ends."""
    if not len(raw):
        return np.zeros(0, np.int64)
    line_end = raw < 0
    safe = np.where(line_end, 0, raw)
    first = np.where(line_end, -1, vocabulary.word_of[safe])
    second = np.where(line_end | vocabulary.ends[safe], 0, -1)
    flat = np.stack([first, second], 1).ravel()
    flat = flat[flat >= 0]
    repeated = np.r_[False, (flat[1:] == 0) & (flat[:-1] == 0)]
    return np.concatenate([np.zeros(1, np.int64), flat[~repeated]])


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A Kneser-Ney model of one kind of text: sorted keys with counts, probabilities of the
    interpolated model, and the weight each context leaves to the lower order."""

    unigram: Doubles
    keys_2: Keys
    prob_2: Doubles
    gamma_1: Doubles
    keys_3: Keys
    count_3: Doubles
    prob_3: Doubles
    gamma_2: Doubles  # beside keys_2
    keys_4: Keys  # those seen twice or more
    count_4: Doubles
    prob_4: Doubles
    gamma_3: Doubles  # beside keys_3

    def p2(self, keys: Keys) -> Doubles:
        """P(w | v) of bigram keys."""
        at, found = _search(self.keys_2, keys)
        v, w = keys >> np.uint64(16), keys & np.uint64(0xFFFF)
        lower = self.gamma_1[v.astype(np.int64)] * self.unigram[w.astype(np.int64)]
        return np.where(found, self.prob_2[at], lower)

    def p3(self, keys: Keys) -> Doubles:
        """P(w | u, v) of trigram keys."""
        at, found = _search(self.keys_3, keys)
        context, has = _search(self.keys_2, keys >> np.uint64(16))
        gamma = np.where(has, self.gamma_2[context], 1.0)
        lower = gamma * self.p2(keys & _TWO)
        return np.where(found, self.prob_3[at], lower)

    def p4(self, keys: Keys) -> Doubles:
        """P(w | t, u, v) of 4-gram keys."""
        at, found = _search(self.keys_4, keys)
        context, has = _search(self.keys_3, keys >> np.uint64(16))
        lower = np.where(has, self.gamma_3[context], 1.0) * self.p3(keys & _THREE)
        return np.where(found, self.prob_4[at], lower)


def _search(keys: Keys, wanted: Keys) -> tuple[Ids, npt.NDArray[np.bool_]]:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def _split(keys: Keys) -> tuple[Ids, Ids]:
    """The last two ids of each key."""
    pair = keys & _TWO
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


def smooth(words: npt.NDArray[np.int64], size: int) -> Smoothed:
    """The interpolated Kneser-Ney model of a sequence of word ids below `size`: trigrams, and above
    them the 4-grams seen more than once."""
    w = words.astype(np.uint64)
    trigrams = (w[:-2] << np.uint64(32)) | (w[1:-1] << np.uint64(16)) | w[2:]
    keys_3, n3 = np.unique(trigrams, return_counts=True)
    # A boundary inside the context tells nothing about what stood before it.
    plain = (keys_3 >> np.uint64(16)) & np.uint64(0xFFFF) != 0
    keys_2, n2 = np.unique(keys_3 & _TWO, return_counts=True)
    # What follows a boundary has few predecessors: there the plain counts speak.
    raw_2, raw_n = np.unique(trigrams & _TWO, return_counts=True)
    from_boundary = raw_2 >> np.uint64(16) == 0
    counts_2 = n2.astype(np.float64)
    counts_2[keys_2 >> np.uint64(16) == 0] = raw_n[from_boundary]
    keys_1, n1 = np.unique(keys_2 & np.uint64(0xFFFF), return_counts=True)
    unigram = np.full(size, 0.3)
    unigram[keys_1.astype(np.int64)] += n1
    unigram /= unigram.sum()

    share_2, contexts_1, g1 = _interpolate(keys_2, counts_2)
    gamma_1 = np.ones(size)
    gamma_1[contexts_1.astype(np.int64)] = g1
    v, last = (
        (keys_2 >> np.uint64(16)).astype(np.int64),
        (keys_2 & np.uint64(0xFFFF)).astype(np.int64),
    )
    prob_2 = share_2 + gamma_1[v] * unigram[last]

    keys_3, counts_3 = keys_3[plain], n3[plain].astype(np.float64)
    share_3, contexts_2, g2 = _interpolate(keys_3, counts_3)
    gamma_2 = np.ones(len(keys_2))
    at, found = _search(keys_2, contexts_2)
    gamma_2[at[found]] = g2[found]
    context_at, _ = _search(contexts_2, keys_3 >> np.uint64(16))
    lower_at, _ = _search(keys_2, keys_3 & _TWO)
    prob_3 = share_3 + g2[context_at] * prob_2[lower_at]

    keys_4, counts_4 = _fourgrams(w)
    share_4, contexts_3, g3 = _interpolate(keys_4, counts_4)
    gamma_3 = np.ones(len(keys_3))
    at, found = _search(keys_3, contexts_3)
    gamma_3[at[found]] = g3[found]
    often = counts_4 >= 2
    context_at, _ = _search(contexts_3, keys_4[often] >> np.uint64(16))
    lower_at, _ = _search(keys_3, keys_4[often] & _THREE)
    keys_4, counts_4 = keys_4[often], counts_4[often]
    prob_4 = share_4[often] + g3[context_at] * prob_3[lower_at]
    return Smoothed(
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


def _fourgrams(w: Keys) -> tuple[Keys, Doubles]:
    """The 4-grams of a sequence and their counts, none with a boundary inside its context."""
    keys = (w[:-3] << np.uint64(48)) | (w[1:-2] << np.uint64(32)) | (w[2:-1] << np.uint64(16))
    keys |= w[3:]
    inside = (w[1:-2] != 0) & (w[2:-1] != 0)
    found, counts = np.unique(keys[inside], return_counts=True)
    return found, counts.astype(np.float64)


def _union(parts: Sequence[tuple[float, Smoothed]], order: int) -> tuple[Keys, Doubles]:
    """All n-grams of the parts and their mixed probability."""
    names = {2: ("keys_2", "p2"), 3: ("keys_3", "p3"), 4: ("keys_4", "p4")}
    stored, probability = names[order]
    keys = np.unique(np.concatenate([getattr(m, stored) for _, m in parts]))
    mixed = np.zeros(len(keys))
    for weight, model in parts:
        mixed += weight * getattr(model, probability)(keys)
    return keys, mixed


def _occurrences(parts: Sequence[tuple[float, Smoothed]], keys: Keys, order: int) -> Doubles:
    total = np.zeros(len(keys))
    for weight, model in parts:
        stored, counts = (
            (model.keys_3, model.count_3) if order == 3 else (model.keys_4, model.count_4)
        )
        at, found = _search(stored, keys)
        total += np.where(found, counts[at], 0) * weight / model.count_3.sum()
    return total


def _backoff(context: Ids, kept: Doubles, lower: Doubles, contexts: int) -> Doubles:
    """The log weight that each context leaves to the lower order, so that its sum is one."""
    left = 1 - np.bincount(context, kept, contexts)
    free = 1 - np.bincount(context, lower, contexts)
    return np.log(np.clip(left / np.maximum(free, 1e-9), 1e-5, 1.0))


def mix(
    parts: Sequence[tuple[float, Smoothed]],
    words: tuple[str, ...],
    bigrams: int,
    trigrams: int,
    fourgrams: int,
) -> LanguageModel:
    """One backoff model out of weighted ones, pruned to the given numbers of n-grams: those stay
    that would cost the text most likelihood."""
    unigram = np.zeros(len(words))
    for weight, model in parts:
        unigram += weight * model.unigram
    keys_4, prob_4 = _union(parts, 4)
    lower = sum((w * m.p3(keys_4 & _THREE) for w, m in parts), np.zeros(len(keys_4)))
    keys_4, prob_4, gain_4 = _best(
        keys_4, prob_4, _occurrences(parts, keys_4, 4) * np.log(prob_4 / lower), fourgrams
    )
    keys_3, prob_3 = _union(parts, 3)
    keys_2, prob_2 = _union(parts, 2)
    at, _ = _search(keys_2, keys_3 & _TWO)
    gain_3 = _occurrences(parts, keys_3, 3) * np.log(prob_3 / prob_2[at])
    gain_3 = _needed(keys_3, gain_3, keys_4 >> np.uint64(16))
    keys_3, prob_3, gain_3 = _best(keys_3, prob_3, gain_3, trigrams)
    v, w = _split(keys_2)
    gain_2 = unigram[v] * prob_2 * np.log(prob_2 / unigram[w])
    gain_2 = _needed(keys_2, gain_2, keys_3 >> np.uint64(16)) + 1
    keys_2, prob_2, gain_2 = _best(keys_2, prob_2, gain_2, bigrams)

    v, w = _split(keys_2)
    backoff_1 = _backoff(v, prob_2, unigram[w], len(words))

    def below_3(keys: Keys) -> Doubles:
        at, found = _search(keys_2, keys & _TWO)
        v, w = _split(keys)
        return np.where(found, prob_2[at], np.exp(backoff_1[v]) * unigram[w])

    context, has = _search(keys_2, keys_3 >> np.uint64(16))
    keys_3, prob_3, gain_3, context = keys_3[has], prob_3[has], gain_3[has], context[has]
    backoff_2 = _backoff(context, prob_3, below_3(keys_3), len(keys_2))

    def below_4(keys: Keys) -> Doubles:
        at, found = _search(keys_3, keys & _THREE)
        context, has = _search(keys_2, (keys & _THREE) >> np.uint64(16))
        weight = np.where(has, np.exp(backoff_2[context]), 1.0)
        return np.where(found, prob_3[at], weight * below_3(keys))

    context, has = _search(keys_3, keys_4 >> np.uint64(16))
    keys_4, prob_4, gain_4, context = keys_4[has], prob_4[has], gain_4[has], context[has]
    backoff_3 = _backoff(context, prob_4, below_4(keys_4), len(keys_3))
    return LanguageModel(
        words,
        np.log(unigram).astype(np.float32),
        backoff_1.astype(np.float32),
        _table(keys_2, gain_2, prob_2, backoff_2),
        _table(keys_3, gain_3, prob_3, backoff_3),
        _table(keys_4, gain_4, prob_4),
    )


def _needed(keys: Keys, gain: Doubles, contexts: Keys) -> Doubles:
    """Gains where the contexts of longer n-grams that are kept come before all others."""
    at, found = _search(keys, contexts)
    wanted = np.zeros(len(keys), bool)
    wanted[at[found]] = True
    return gain + wanted * max(float(gain.max()), 0.0)


def _best(keys: Keys, prob: Doubles, gain: Doubles, most: int) -> tuple[Keys, Doubles, Doubles]:
    """The `most` n-grams of the greatest gain, in the order of their keys."""
    best = np.argsort(-gain, kind="stable")[:most]
    keep = np.sort(best[gain[best] > 0])
    return keys[keep], prob[keep], gain[keep]


def _table(keys: Keys, gain: Doubles, prob: Doubles, *backoff: Doubles) -> Table:
    """The hash table of n-grams, the greatest gain first."""
    order = np.argsort(-gain, kind="stable")
    columns = [quantise(np.log(prob)), *map(quantise, backoff)]
    return Table.build(keys[order], np.stack(columns, 1)[order])


def train(
    text: Path,
    out: Path,
    exclude: Sequence[Path] = (),
    *,
    bigrams: int = 1_100_000,
    trigrams: int = 3_200_000,
    fourgrams: int = 2_500_000,
    vocabulary: int = 40_000,
    official_share: float = 0.6,
    held_out: bool = False,
) -> LanguageModel:
    """Build a model from the `.txt` and `.txt.xz` files under `text` and write it to `out`.

    Files whose name tells of official text (laws, letters, decisions, gazette) form one model,
    the others another; they are mixed with `official_share`. Documents that share long word runs
    with any text under `exclude` stay out, and so do held-out ones unless `held_out`.

    Raises ValueError where there is no text."""
    paths = corpus.text_files(text)
    excluded = corpus.telling(corpus.shingles_of(exclude), paths)
    types = _Types()
    streams = [(p, _read(p, types, excluded, held_out)) for p in paths]
    if not sum(len(s) for _, s in streams):
        raise ValueError(f"no training text under {text}")
    counts = sum(np.bincount(s[s >= 0], minlength=len(types)) for _, s in streams)
    vocab = _vocabulary(types, np.asarray(counts, np.float64), vocabulary, least=8)
    groups: dict[bool, list[npt.NDArray[np.int64]]] = {}
    for path, stream in streams:
        groups.setdefault(bool(OFFICIAL.search(path.name)), []).append(_sequence(stream, vocab))
    weights = {True: official_share, False: 1 - official_share} if len(groups) == 2 else {}
    parts = [
        (weights.get(k, 1.0), smooth(np.concatenate(g), len(vocab.words)))
        for k, g in sorted(groups.items())
    ]
    model = mix(parts, vocab.words, bigrams, trigrams, fourgrams)
    model.save(out)
    return model
