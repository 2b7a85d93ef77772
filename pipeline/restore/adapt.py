"""A language model taught by a little text of one's own, without the corpus it was built from.

In: a model and the sentences of reviewed letters. Out: the model, in which the n-grams of these
letters are as likely as they have shown themselves there, as far as there is evidence: for each
context the estimate is the mean of what the model said and what the letters say, the model counting
as `strength` more occurrences (maximum a posteriori, Dirichlet prior: MacKay and Peto 1995;
Bacchiani et al. 2006). What the letters do not have stays as it was, so that other text is read as
before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import (
    NONE,
    SLOTS,
    Floats,
    Ids,
    Keys,
    LanguageModel,
    Table,
    bigram_key,
    fourgram_key,
    hashed,
    quantise,
    second_bucket,
    trigram_key,
)
from pipeline.restore.tokens import SPECIALS

STRENGTHS = (60_000.0, 30.0, 8.0, 4.0)
"""Of the model against the letters, for words alone and after one, two and three words."""
LEAST_GAIN = 0.2
"""Natural logarithm by which an n-gram must become likelier to be kept."""
_FIRST_BACKOFF = -0.4  # of a bigram or trigram the model did not have


def adapted(
    model: LanguageModel, sentences: Sequence[Sequence[str]], strength: float = 1.0
) -> LanguageModel:
    """`model` after `sentences` (words as `tokens.classify` gives them, boundaries included).

    `strength` scales how much the model counts against them."""
    s1, s2, s3, s4 = (strength * s for s in STRENGTHS)
    counts = Counter(w for sentence in sentences for w in sentence)
    known = set(model.words)
    new = sorted(w for w, n in counts.items() if w not in known)
    room = NONE - 1 - len(model.words)
    grown = _with_words(model, new[:room], counts, s1)
    ids = grown.ids()
    runs = [[ids.get(w, 1) for w in sentence] for sentence in sentences]
    for order, weight in ((2, s2), (3, s3), (4, s4)):
        grown = _taught(grown, _ngrams(runs, order), order, weight)
    return grown


def _with_words(
    model: LanguageModel, new: Sequence[str], counts: Counter[str], strength: float
) -> LanguageModel:
    """The model with new words, each as frequent as in the letters. Known words alone stay as they
    were: raised for one office, they would be taken for others' words elsewhere (measured)."""
    total = sum(n for w, n in counts.items() if w not in SPECIALS) + strength
    own = np.log(np.array([counts[w] / total for w in new], np.float64)).astype(np.float32)
    return replace(
        model,
        words=(*model.words, *new),
        unigram=np.append(model.unigram, own).astype(np.float32),
        backoff=np.append(model.backoff, np.zeros(len(new), np.float32)).astype(np.float32),
    )


def _ngrams(runs: Sequence[Sequence[int]], order: int) -> tuple[Ids, Ids]:
    """The n-grams of the runs [N, order] and how often each stands there."""
    found = Counter(tuple(r[i : i + order]) for r in runs for i in range(len(r) - order + 1))
    kept = [(gram, n) for gram, n in found.items() if 1 not in gram and 0 not in gram[1:-1]]
    if not kept:
        return np.zeros((0, order), np.int64), np.zeros(0, np.int64)
    return np.array([g for g, _ in kept], np.int64), np.array([n for _, n in kept], np.int64)


def _taught(
    model: LanguageModel, ngrams: tuple[Ids, Ids], order: int, strength: float
) -> LanguageModel:
    """The model with the n-grams of one order."""
    grams, counts = ngrams
    if not len(grams):
        return model
    contexts: Counter[tuple[int, ...]] = Counter()
    for gram, n in zip(grams.tolist(), counts.tolist(), strict=True):
        contexts[tuple(gram[:-1])] += n
    total = np.array([contexts[tuple(g[:-1])] for g in grams.tolist()], np.float64)
    before = _logs(model, grams)
    after = np.log((counts + strength * np.exp(before.astype(np.float64))) / (total + strength))
    gain = after - before
    keep = gain > LEAST_GAIN
    grams, after = grams[keep], after[keep]
    if order == 2:
        return replace(model, bigrams=_stored(model.bigrams, bigram_key(*grams.T), after))
    if order == 3:
        return replace(model, trigrams=_stored(model.trigrams, trigram_key(*grams.T), after))
    return replace(model, fourgrams=_stored(model.fourgrams, fourgram_key(*grams.T), after))


def _logs(model: LanguageModel, grams: Ids) -> Floats:
    """What the model says of the last word of each n-gram."""
    columns = [np.ascontiguousarray(c) for c in grams.T]
    if len(columns) == 2:
        return model.bigram(*columns)[0]
    return model.trigram(*columns) if len(columns) == 3 else model.fourgram(*columns)


def _stored(table: Table, keys: Keys, logs: npt.NDArray[np.float64]) -> Table:
    """The table with `keys`; those it has get the new value, those for which there is no room in
    their two buckets are left out."""
    marks, values = table.marks.copy(), table.values.copy()
    rows = table.find(keys)
    told = quantise(logs)
    values[rows[rows >= 0], 0] = told[rows >= 0]
    missing = np.flatnonzero(rows < 0)
    first, mark = hashed(keys[missing], len(marks))
    second = second_bucket(first, mark, len(marks))
    backoff = quantise(np.array([_FIRST_BACKOFF]))[0]
    for i, *buckets, own in zip(
        missing.tolist(), first.tolist(), second.tolist(), mark.tolist(), strict=True
    ):
        for bucket in buckets:
            free = np.flatnonzero(marks[bucket] == 0)
            if len(free):
                slot = int(free[0])
                marks[bucket, slot] = own
                values[bucket * SLOTS + slot] = backoff
                values[bucket * SLOTS + slot, 0] = told[i]
                break
    return Table(marks, values)
