"""Build the language model from a folder of text.

Official text and other text are two smoothed models (`kneser_ney`) mixed into one, in each context
by how likely it makes either kind, and the least useful n-grams go.
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
from pipeline.restore.kneser_ney import THREE, TWO, Doubles, Smoothed, search, smooth, split
from pipeline.restore.language_model import (
    Ids,
    Keys,
    LanguageModel,
    Table,
    quantise,
)
from pipeline.restore.orthography import analyse
from pipeline.restore.tokens import JOINED, SPECIALS, classify, core_of, ends_sentence

OFFICIAL = re.compile(r"letter|decision|law|gazette|congbao|official|vbpl")
SHORT_LINE = 50


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
        kept = corpus.unshared(text, excluded)
        for line in JOINED.sub(" ", kept).split("\n") if kept else ():
            tokens = line.split()
            ids += map(types.__getitem__, tokens)
            if len(line) < SHORT_LINE:
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


def _mixed(parts: Sequence[tuple[float, Smoothed]], keys: Keys, order: int) -> Doubles:
    """The mixed probability of n-grams. Each kind of text weighs as much as its share and as it
    makes the context likely: after `Ủy ban nhân` what official text has to say counts most."""
    contexts, of = np.unique(keys >> np.uint64(16), return_inverse=True)
    shares = np.stack([w * m.joint(contexts, order - 1) for w, m in parts])
    shares /= shares.sum(0)
    mixed = np.zeros(len(keys))
    for share, (_, model) in zip(shares, parts, strict=True):
        probability = (model.p2, model.p3, model.p4)[order - 2]
        mixed += share[of] * probability(keys)
    return mixed


def _union(parts: Sequence[tuple[float, Smoothed]], order: int) -> tuple[Keys, Doubles]:
    """All n-grams of the parts and their mixed probability."""
    stored = f"keys_{order}"
    keys = np.unique(np.concatenate([getattr(m, stored) for _, m in parts]))
    return keys, _mixed(parts, keys, order)


def _occurrences(parts: Sequence[tuple[float, Smoothed]], keys: Keys, order: int) -> Doubles:
    total = np.zeros(len(keys))
    for weight, model in parts:
        stored, counts = (
            (model.keys_3, model.count_3) if order == 3 else (model.keys_4, model.count_4)
        )
        at, found = search(stored, keys)
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
    lower = _mixed(parts, keys_4 & THREE, 3)
    keys_4, prob_4, gain_4 = _best(
        keys_4, prob_4, _occurrences(parts, keys_4, 4) * np.log(prob_4 / lower), fourgrams
    )
    keys_3, prob_3 = _union(parts, 3)
    keys_2, prob_2 = _union(parts, 2)
    at, _ = search(keys_2, keys_3 & TWO)
    gain_3 = _occurrences(parts, keys_3, 3) * np.log(prob_3 / prob_2[at])
    gain_3 = _needed(keys_3, gain_3, keys_4 >> np.uint64(16))
    keys_3, prob_3, gain_3 = _best(keys_3, prob_3, gain_3, trigrams)
    v, w = split(keys_2)
    gain_2 = unigram[v] * prob_2 * np.log(prob_2 / unigram[w])
    gain_2 = _needed(keys_2, gain_2, keys_3 >> np.uint64(16)) + 1
    keys_2, prob_2, gain_2 = _best(keys_2, prob_2, gain_2, bigrams)

    v, w = split(keys_2)
    backoff_1 = _backoff(v, prob_2, unigram[w], len(words))

    def below_3(keys: Keys) -> Doubles:
        at, found = search(keys_2, keys & TWO)
        v, w = split(keys)
        return np.where(found, prob_2[at], np.exp(backoff_1[v]) * unigram[w])

    context, has = search(keys_2, keys_3 >> np.uint64(16))
    keys_3, prob_3, gain_3, context = keys_3[has], prob_3[has], gain_3[has], context[has]
    backoff_2 = _backoff(context, prob_3, below_3(keys_3), len(keys_2))

    def below_4(keys: Keys) -> Doubles:
        at, found = search(keys_3, keys & THREE)
        context, has = search(keys_2, (keys & THREE) >> np.uint64(16))
        weight = np.where(has, np.exp(backoff_2[context]), 1.0)
        return np.where(found, prob_3[at], weight * below_3(keys))

    context, has = search(keys_3, keys_4 >> np.uint64(16))
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
    at, found = search(keys, contexts)
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
    bigrams: int = 1_300_000,
    trigrams: int = 4_300_000,
    fourgrams: int = 3_300_000,
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
        # Other text is large: what it has but once tells little of official text.
        (
            weights.get(k, 1.0),
            smooth(np.concatenate(g), len(vocab.words), 1 if k or len(groups) == 1 else 2),
        )
        for k, g in sorted(groups.items())
    ]
    model = mix(parts, vocab.words, bigrams, trigrams, fourgrams)
    model.save(out)
    return model
