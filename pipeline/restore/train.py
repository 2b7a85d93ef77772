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


@dataclass(slots=True)
class Stream:
    """Raw printed tokens of some text as ids into `types`; -1 is a line or document end."""

    ids: list[int]


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
        lower = gamma * self.p2(keys & np.uint64(0xFFFFFFFF))
        return np.where(found, self.prob_3[at], lower)


def _search(keys: Keys, wanted: Keys) -> tuple[Ids, npt.NDArray[np.bool_]]:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def _split(keys: Keys) -> tuple[Ids, Ids]:
    """The last two ids of each key."""
    pair = keys & np.uint64(0xFFFFFFFF)
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
    """The interpolated Kneser-Ney trigram model of a sequence of word ids below `size`."""
    w = words.astype(np.uint64)
    trigrams = (w[:-2] << np.uint64(32)) | (w[1:-1] << np.uint64(16)) | w[2:]
    keys_3, n3 = np.unique(trigrams, return_counts=True)
    # A boundary inside the context tells nothing about what stood before it.
    plain = (keys_3 >> np.uint64(16)) & np.uint64(0xFFFF) != 0
    keys_2, n2 = np.unique(keys_3 & np.uint64(0xFFFFFFFF), return_counts=True)
    # What follows a boundary has few predecessors: there the plain counts speak.
    raw_2, raw_n = np.unique(trigrams & np.uint64(0xFFFFFFFF), return_counts=True)
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
    lower_at, _ = _search(keys_2, keys_3 & np.uint64(0xFFFFFFFF))
    prob_3 = share_3 + g2[context_at] * prob_2[lower_at]
    return Smoothed(unigram, keys_2, prob_2, gamma_1, keys_3, counts_3, prob_3, gamma_2)


def _union(parts: Sequence[tuple[float, Smoothed]], order: int) -> tuple[Keys, Doubles]:
    """All n-grams of the parts and their mixed probability."""
    all_keys = [m.keys_2 if order == 2 else m.keys_3 for _, m in parts]
    keys = np.unique(np.concatenate(all_keys))
    mixed = np.zeros(len(keys))
    for weight, model in parts:
        mixed += weight * (model.p2(keys) if order == 2 else model.p3(keys))
    return keys, mixed


def _occurrences(parts: Sequence[tuple[float, Smoothed]], keys: Keys) -> Doubles:
    total = np.zeros(len(keys))
    for weight, model in parts:
        at, found = _search(model.keys_3, keys)
        total += np.where(found, model.count_3[at], 0) * weight / model.count_3.sum()
    return total


def mix(
    parts: Sequence[tuple[float, Smoothed]], words: tuple[str, ...], bigrams: int, trigrams: int
) -> LanguageModel:
    """One backoff model out of weighted ones, pruned to the given numbers of n-grams."""
    unigram = np.zeros(len(words))
    for weight, model in parts:
        unigram += weight * model.unigram
    keys_3, prob_3 = _union(parts, 3)
    keys_2, prob_2 = _union(parts, 2)

    at, _ = _search(keys_2, keys_3 & np.uint64(0xFFFFFFFF))
    seen = _occurrences(parts, keys_3)
    gain = seen * (np.log(prob_3) - np.log(prob_2[at]))
    best = np.argsort(-gain, kind="stable")[:trigrams]
    best = best[gain[best] > 0]
    keep_3 = np.sort(best)
    gain_3 = gain[keep_3]
    keys_3, prob_3 = keys_3[keep_3], prob_3[keep_3]

    v, w = _split(keys_2)
    needed = np.zeros(len(keys_2), bool)
    at, found = _search(keys_2, keys_3 >> np.uint64(16))
    needed[at[found]] = True
    gain_2 = unigram[v] * prob_2 * (np.log(prob_2) - np.log(unigram[w]))
    gain_2[needed] += gain_2.max()
    keep_2 = np.sort(np.argsort(-gain_2, kind="stable")[:bigrams])
    gain_2, keys_2, prob_2, v, w = (
        gain_2[keep_2],
        keys_2[keep_2],
        prob_2[keep_2],
        v[keep_2],
        w[keep_2],
    )

    kept_1 = np.bincount(v, prob_2, len(words))
    lower_1 = np.bincount(v, unigram[w], len(words))
    backoff = np.log(np.clip((1 - kept_1) / np.maximum(1 - lower_1, 1e-9), 1e-5, 1.0))

    context, has = _search(keys_2, keys_3 >> np.uint64(16))
    low_at, low_found = _search(keys_2, keys_3 & np.uint64(0xFFFFFFFF))
    v3, w3 = _split(keys_3)
    low = np.where(low_found, prob_2[low_at], np.exp(backoff[v3]) * unigram[w3])
    kept = np.bincount(context[has], prob_3[has], len(keys_2))
    lower = np.bincount(context[has], low[has], len(keys_2))
    backoff_2 = np.log(np.clip((1 - kept) / np.maximum(1 - lower, 1e-9), 1e-5, 1.0))

    order_2, order_3 = np.argsort(-gain_2, kind="stable"), np.argsort(-gain_3[has], kind="stable")
    values_2 = np.stack([quantise(np.log(prob_2)), quantise(backoff_2)], 1)
    values_3 = quantise(np.log(prob_3[has]))[:, None]
    return LanguageModel(
        words,
        np.log(unigram).astype(np.float32),
        backoff.astype(np.float32),
        Table.build(keys_2[order_2], values_2[order_2]),
        Table.build(keys_3[has][order_3], values_3[order_3]),
    )


def train(
    text: Path,
    out: Path,
    exclude: Sequence[Path] = (),
    *,
    bigrams: int = 1_100_000,
    trigrams: int = 4_000_000,
    vocabulary: int = 40_000,
    official_share: float = 0.6,
    held_out: bool = False,
) -> LanguageModel:
    """Build a model from the `.txt` and `.txt.xz` files under `text` and write it to `out`.

    Files whose name tells of official text (laws, letters, decisions, gazette) form one model,
    the others another; they are mixed with `official_share`. Documents that share long word runs
    with any text under `exclude` stay out, and so do held-out ones unless `held_out`.

    Raises ValueError where there is no text."""
    excluded = corpus.shingles_of(exclude)
    types = _Types()
    streams = [(p, _read(p, types, excluded, held_out)) for p in corpus.text_files(text)]
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
    model = mix(parts, vocab.words, bigrams, trigrams)
    model.save(out)
    return model
