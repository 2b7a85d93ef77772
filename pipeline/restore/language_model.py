"""Probabilities of words after words: an n-gram model, pruned, quantised, in flat hash tables.

In: ids of words (arrays of any shape). Out: natural log-probabilities (float32 arrays of the same
shape). Every lookup works on whole arrays; nothing here loops over words.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.restore.tokens import SPECIALS

Ids = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]

STEP = 16.0 / 255  # a stored byte b stands for the natural logarithm -b * STEP
SLOTS = 8
NONE = 0xFFFF  # no word: the context before it is not known
_MIX_1 = np.uint64(0x9E3779B97F4A7C15)
_MIX_2 = np.uint64(0xBF58476D1CE4E5B9)


def quantise(logs: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Log-probabilities (at most 0) as bytes."""
    scaled: npt.NDArray[np.uint8] = np.clip(np.rint(-logs / STEP), 0, 255).astype(np.uint8)
    return scaled


_LOGS = (-STEP * np.arange(256)).astype(np.float32)


def _hash(keys: Keys, buckets: int) -> tuple[Ids, npt.NDArray[np.uint16], Ids]:
    """First bucket, fingerprint (never 0) and second bucket of each key."""
    h = keys * _MIX_1
    h ^= h >> np.uint64(29)
    h *= _MIX_2
    h ^= h >> np.uint64(32)
    first = ((h >> np.uint64(32)) * np.uint64(buckets)) >> np.uint64(32)
    mark = (h & np.uint64(0xFFFF)).astype(np.uint16)
    mark[mark == 0] = 1
    second = (first + np.uint64(1) + mark.astype(np.uint64)) % np.uint64(buckets)
    return first.astype(np.int64), mark, second.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Table:
    """A hash table of n-grams: `marks` [buckets, 8] fingerprints (0 is free), `values`
    [buckets * 8, columns] bytes. A wrong key is taken for a stored one about once in 8,000."""

    marks: npt.NDArray[np.uint16]
    values: npt.NDArray[np.uint8]

    @classmethod
    def build(cls, keys: Keys, values: npt.NDArray[np.uint8], load: float = 0.86) -> Table:
        """A table of `keys`, most important first: the few that find no room are the last."""
        buckets = int(np.ceil(len(keys) / load / SLOTS)) + 1
        marks = np.zeros((buckets, SLOTS), np.uint16)
        stored = np.zeros((buckets * SLOTS, values.shape[1]), np.uint8)
        used = np.zeros(buckets, np.int64)
        first, mark, second = _hash(keys, buckets)
        left = np.arange(len(keys))
        for target in (first, second):
            left = _place(left, target, mark, values, marks, stored, used)
        return cls(marks, stored)

    def find(self, keys: Keys) -> Ids:
        """The row in `values` of each key (1-d), -1 where it is not stored."""
        first, mark, second = _hash(keys, len(self.marks))
        hit = self.marks[first] == mark[:, None]
        slot = hit.argmax(1)
        found = hit[np.arange(len(keys)), slot]
        rows = np.where(found, first * SLOTS + slot, -1)
        again = np.flatnonzero(~found & (self.marks[first, SLOTS - 1] != 0))
        if len(again):
            hit = self.marks[second[again]] == mark[again, None]
            slot = hit.argmax(1)
            ok = hit[np.arange(len(again)), slot]
            rows[again[ok]] = second[again[ok]] * SLOTS + slot[ok]
        return rows


def _place(
    left: Ids,
    target: Ids,
    mark: npt.NDArray[np.uint16],
    values: npt.NDArray[np.uint8],
    marks: npt.NDArray[np.uint16],
    stored: npt.NDArray[np.uint8],
    used: Ids,
) -> Ids:
    """Put the keys `left` into their target buckets where there is room; the rest comes back."""
    order = left[np.argsort(target[left], kind="stable")]
    bucket = target[order]
    starts = np.flatnonzero(np.r_[True, bucket[1:] != bucket[:-1]])
    rank = np.arange(len(bucket)) - np.repeat(starts, np.diff(np.r_[starts, len(bucket)]))
    slot = used[bucket] + rank
    fits = slot < SLOTS
    marks[bucket[fits], slot[fits]] = mark[order[fits]]
    stored[bucket[fits] * SLOTS + slot[fits]] = values[order[fits]]
    np.add.at(used, bucket[fits], 1)
    return np.sort(order[~fits])


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A backoff model of 4-grams. `words[i]` is the word of id i, the specials first; `unigram` and
    `backoff` are log values by id; `bigrams` and `trigrams` store log-probability and backoff
    weight, `fourgrams` log-probability."""

    words: tuple[str, ...]
    unigram: Floats
    backoff: Floats
    bigrams: Table
    trigrams: Table
    fourgrams: Table

    def ids(self) -> dict[str, int]:
        """The id of each word."""
        return {word: i for i, word in enumerate(self.words)}

    def bigram(self, v: Ids, w: Ids) -> tuple[Floats, Ids]:
        """log P(w | v), and the row of (v, w) among the bigrams (-1: none). 1-d arrays."""
        rows = self.bigrams.find(bigram_key(v, w))
        known = v < len(self.words)
        lower = self.unigram[w] + np.where(known, self.backoff[np.where(known, v, 0)], 0)
        stored = _LOGS[self.bigrams.values[rows, 0]]
        return np.where(rows >= 0, stored, lower).astype(np.float32), rows

    def trigram(self, u: Ids, v: Ids, w: Ids) -> Floats:
        """log P(w | u, v) of 1-d arrays of ids; u or v may be NONE."""
        lower, _ = self.bigram(v, w)
        context = self.bigrams.find(bigram_key(u, v))
        weight = np.where(context >= 0, _LOGS[self.bigrams.values[context, 1]], 0)
        out = (lower + weight).astype(np.float32)
        ask = np.flatnonzero(context >= 0)
        rows = self.trigrams.find(trigram_key(u[ask], v[ask], w[ask]))
        hit = rows >= 0
        out[ask[hit]] = _LOGS[self.trigrams.values[rows[hit], 0]]
        return out

    def fourgram(self, t: Ids, u: Ids, v: Ids, w: Ids) -> Floats:
        """log P(w | t, u, v) of 1-d arrays of ids; t, u or v may be NONE."""
        out = self.trigram(u, v, w)
        context = self.trigrams.find(trigram_key(t, u, v))
        ask = np.flatnonzero(context >= 0)
        rows = self.fourgrams.find(fourgram_key(t[ask], u[ask], v[ask], w[ask]))
        hit = rows >= 0
        stored = _LOGS[self.fourgrams.values[rows, 0]]
        weight = _LOGS[self.trigrams.values[context[ask], 1]]
        out[ask] = np.where(hit, stored, out[ask] + weight)
        return out

    def save(self, path: Path) -> None:
        """Write the model as one `.npz` file, whole or not at all; equal models, equal bytes."""
        text = np.frombuffer("\n".join(self.words).encode(), np.uint8)
        aside = path.with_name(path.name + ".part")
        with aside.open("wb") as out:
            np.savez(
                out,
                words=text,
                unigram=quantise(self.unigram),
                backoff=self.backoff.astype(np.float16),
                bigram_marks=self.bigrams.marks,
                bigram_values=self.bigrams.values,
                trigram_marks=self.trigrams.marks,
                trigram_values=self.trigrams.values,
                fourgram_marks=self.fourgrams.marks,
                fourgram_values=self.fourgrams.values,
            )
        aside.replace(path)

    @classmethod
    def load(cls, data: bytes) -> LanguageModel:
        """Read what `save` wrote."""
        with np.load(io.BytesIO(data)) as file:
            words = tuple(file["words"].tobytes().decode().split("\n"))
            if words[: len(SPECIALS)] != SPECIALS:
                raise ValueError("not a language model of this version")
            return cls(
                words,
                _LOGS[file["unigram"]],
                file["backoff"].astype(np.float32),
                Table(file["bigram_marks"], file["bigram_values"]),
                Table(file["trigram_marks"], file["trigram_values"]),
                Table(file["fourgram_marks"], file["fourgram_values"]),
            )


def bigram_key(v: Ids, w: Ids) -> Keys:
    """The key of a bigram: never equal to one of a trigram's, whose first id is set."""
    return (v.astype(np.uint64) << np.uint64(16)) | w.astype(np.uint64)


def trigram_key(u: Ids, v: Ids, w: Ids) -> Keys:
    """The key of a trigram."""
    return (u.astype(np.uint64) << np.uint64(32)) | bigram_key(v, w)


def fourgram_key(t: Ids, u: Ids, v: Ids, w: Ids) -> Keys:
    """The key of a 4-gram: the four ids side by side."""
    return (t.astype(np.uint64) << np.uint64(48)) | trigram_key(u, v, w)
