"""Probabilities of words after words: an n-gram model, pruned, quantised, in flat hash tables.

In: ids of words (arrays of any shape). Out: natural log-probabilities (float32 arrays of the same
shape). Every lookup works on whole arrays; nothing here loops over words.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.restore.array_file import write_arrays
from pipeline.restore.tokens import SPECIALS

Ids = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]
Marks = npt.NDArray[np.uint32]
_T = TypeVar("_T", bound=np.generic)

STEP = 0.25  # a stored byte b stands for the natural logarithm -b * STEP
COARSEST = 63  # the greatest byte stored
SLOTS = 8
MARK_BITS = 18  # of a fingerprint: a byte, and the rest packed
NONE = 0xFFFF  # no word: the context before it is not known
# Arrays without axes: with them NumPy reckons faster than with scalars.
_MIX_1, _MIX_2 = np.array(0x9E3779B97F4A7C15, np.uint64), np.array(0xBF58476D1CE4E5B9, np.uint64)
_SHIFT, _HALF = np.array(29, np.uint64), np.array(32, np.uint64)
_MARK = np.array((1 << MARK_BITS) - 1, np.uint64)


def quantise(logs: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Log-probabilities (at most 0) as bytes. Steps four times as fine tell nothing more: the
    perplexity of held-out text stays, and files are a third larger."""
    scaled: npt.NDArray[np.uint8] = np.clip(np.rint(-logs / STEP), 0, COARSEST).astype(np.uint8)
    return scaled


_LOGS = (-STEP * np.arange(256)).astype(np.float32)
_TABLES = ("bigrams", "trigrams", "fourgrams")


def hashed(keys: Keys, buckets: int) -> tuple[Ids, Marks]:
    """First bucket and fingerprint (never 0) of each key."""
    h = keys * _MIX_1
    h ^= h >> _SHIFT
    h *= _MIX_2
    h ^= h >> _HALF
    first = ((h >> _HALF) * np.uint64(buckets)) >> _HALF
    mark = (h & _MARK).astype(np.uint32)
    np.maximum(mark, 1, out=mark)
    return first.view(np.int64), mark


def second_bucket(first: Ids, mark: Marks, buckets: int) -> Ids:
    """The bucket of keys that find no room in their first."""
    return (first + 1 + mark) % buckets


@dataclass(frozen=True, slots=True)
class Table:
    """A hash table of n-grams: `marks` [buckets, 8] fingerprints (0 is free), `values`
    [buckets * 8, columns] bytes. A wrong key is taken for a stored one about once in 16,000."""

    marks: Marks
    values: npt.NDArray[np.uint8]

    @classmethod
    def build(cls, keys: Keys, values: npt.NDArray[np.uint8], load: float = 0.86) -> Table:
        """A table of `keys`, most important first: the few that find no room are the last."""
        buckets = int(np.ceil(len(keys) / load / SLOTS)) + 1
        marks = np.zeros((buckets, SLOTS), np.uint32)
        stored = np.zeros((buckets * SLOTS, values.shape[1]), np.uint8)
        used = np.zeros(buckets, np.int64)
        first, mark = hashed(keys, buckets)
        left = np.arange(len(keys))
        for target in (first, second_bucket(first, mark, buckets)):
            left = _place(left, target, mark, values, marks, stored, used)
        return cls(marks, stored)

    def packed(self, name: str) -> dict[str, npt.NDArray[np.uint8]]:
        """The table without its free slots, as arrays of bytes whose names begin with `name`."""
        used = self.marks != 0
        marks = self.marks[used]
        high = ((marks[:, None] >> np.arange(16, MARK_BITS)) & 1).astype(np.uint8)
        found = {
            f"{name}_used": used.sum(1).astype(np.uint8),
            f"{name}_low": (marks & 0xFF).astype(np.uint8),
            f"{name}_middle": (marks >> 8 & 0xFF).astype(np.uint8),
            f"{name}_high": np.packbits(high.T),
        }
        for i, column in enumerate(self.values[used.ravel()].T):
            found[f"{name}_value_{i}"] = column
        return found

    @classmethod
    def unpacked(cls, name: str, arrays: Mapping[str, npt.NDArray[np.uint8]]) -> Table:
        """The table that `packed` gave."""
        used = (np.arange(SLOTS, dtype=np.uint8) < arrays[f"{name}_used"][:, None]).ravel()
        low, middle = arrays[f"{name}_low"], arrays[f"{name}_middle"]
        bits = np.unpackbits(arrays[f"{name}_high"], count=(MARK_BITS - 16) * len(low))
        high = np.zeros(len(low), np.uint8)
        for bit, plane in enumerate(bits.reshape(-1, len(low))):
            high |= plane << bit
        parts = np.stack([low, middle, high, np.zeros_like(low)], 1)
        columns = [c for i in range(2) if (c := f"{name}_value_{i}") in arrays]
        values = np.stack([arrays[column] for column in columns], 1)
        # Memory that is touched first costs more here than reckoning: a row is moved as one number.
        marks = _spread(parts.view("<u4"), used).astype(np.uint32, copy=False)
        stored = _spread(values.view(f"<u{len(columns)}"), used).view(np.uint8)
        return cls(marks.reshape(-1, SLOTS), stored.reshape(-1, len(columns)))

    def find(self, keys: Keys) -> Ids:
        """The row in `values` of each key (1-d), -1 where it is not stored."""
        first, mark = hashed(keys, len(self.marks))
        rows, full = self._within(first, mark)
        again = ((rows < 0) & full).nonzero()[0]
        if len(again):
            first, mark = first.take(again), mark.take(again)
            rows[again] = self._within(second_bucket(first, mark, len(self.marks)), mark)[0]
        return rows

    def logs(self, rows: Ids, column: int) -> Floats:
        """The logarithms that a column of `values` has in some rows."""
        columns = self.values.shape[1]
        found: Floats = _LOGS.take(self.values.ravel().take(rows * columns + column))
        return found

    def _within(self, buckets: Ids, marks: Marks) -> tuple[Ids, npt.NDArray[np.bool_]]:
        """The row of each fingerprint within its bucket, -1 for none; and whether the bucket is
        full."""
        stored = self.marks.take(buckets, 0)
        hits = stored.ravel() == marks.repeat(SLOTS)
        found = hits.view(np.uint64).nonzero()[0]  # the eight of a bucket at once
        first = hits.reshape(-1, SLOTS).take(found, 0).argmax(1)  # of several in a bucket
        rows = np.full(len(buckets), -1, np.int64)
        rows[found] = buckets.take(found) * SLOTS + first
        return rows, stored[:, SLOTS - 1] != 0


def _spread(rows: npt.NDArray[_T], used: npt.NDArray[np.bool_]) -> npt.NDArray[_T]:
    """The `rows` one after another where slots are `used`, 0 elsewhere."""
    out = np.zeros(len(used), rows.dtype)
    out[used] = rows.ravel()
    return out


def _place(
    left: Ids,
    target: Ids,
    mark: Marks,
    values: npt.NDArray[np.uint8],
    marks: Marks,
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
    _weight: Floats = field(init=False)

    def __post_init__(self) -> None:
        # What is no word (NONE) is taken for the last, which weighs nothing.
        object.__setattr__(self, "_weight", np.append(self.backoff, np.float32(0)))

    def ids(self) -> dict[str, int]:
        """The id of each word."""
        return {word: i for i, word in enumerate(self.words)}

    def bigram(self, v: Ids, w: Ids) -> tuple[Floats, Ids]:
        """log P(w | v), and the row of (v, w) among the bigrams (-1: none). 1-d arrays."""
        rows = self.bigrams.find(bigram_key(v, w))
        return self._stored_bigram(rows, v, w), rows

    def _stored_bigram(self, rows: Ids, v: Ids, w: Ids) -> Floats:
        """log P(w | v), where the row of (v, w) among the bigrams (-1: none) is known."""
        out = self.unigram.take(w) + self._weight.take(v, mode="clip")
        hit = (rows >= 0).nonzero()[0]
        out[hit] = self.bigrams.logs(rows.take(hit), 0)
        return out

    def _pairs(self, u: Ids, v: Ids, w: Ids) -> tuple[Floats, Ids]:
        """log P(w | v), and the row of (u, v) among the bigrams (-1: none)."""
        # What is asked of one table is asked at once.
        rows = self.bigrams.find(np.concatenate([bigram_key(v, w), bigram_key(u, v)]))
        return self._stored_bigram(rows[: len(w)], v, w), rows[len(w) :]

    def trigram(self, u: Ids, v: Ids, w: Ids) -> Floats:
        """log P(w | u, v) of 1-d arrays of ids; u or v may be NONE."""
        out, context = self._pairs(u, v, w)
        ask = (context >= 0).nonzero()[0]
        rows = self.trigrams.find(trigram_key(u.take(ask), v.take(ask), w.take(ask)))
        _back_off(out, ask, self.bigrams.logs(context.take(ask), 1), self.trigrams, rows)
        return out

    def fourgram(self, t: Ids, u: Ids, v: Ids, w: Ids) -> Floats:
        """log P(w | t, u, v) of 1-d arrays of ids; t, u or v may be NONE."""
        out, context = self._pairs(u, v, w)
        ask = (context >= 0).nonzero()[0]
        wanted = trigram_key(u.take(ask), v.take(ask), w.take(ask))
        rows = self.trigrams.find(np.concatenate([wanted, trigram_key(t, u, v)]))
        weights = self.bigrams.logs(context.take(ask), 1)
        _back_off(out, ask, weights, self.trigrams, rows[: len(ask)])
        context = rows[len(ask) :]
        ask = (context >= 0).nonzero()[0]
        rows = self.fourgrams.find(fourgram_key(t.take(ask), u.take(ask), v.take(ask), w.take(ask)))
        _back_off(out, ask, self.trigrams.logs(context.take(ask), 1), self.fourgrams, rows)
        return out

    def save(self, path: Path) -> None:
        """Write the model as one `.npz` file, whole or not at all; equal models, equal bytes."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "words": np.frombuffer("\n".join(self.words).encode(), np.uint8),
            "unigram": self.unigram.astype(np.float16),
            "backoff": self.backoff.astype(np.float16),
        }
        for name in _TABLES:
            arrays |= getattr(self, name).packed(name)
        # Fingerprints are noise.
        write_arrays(path, arrays, lambda name: name.endswith(("_low", "_high")))

    @classmethod
    def load(cls, data: bytes) -> LanguageModel:
        """Read what `save` wrote."""
        with np.load(io.BytesIO(data)) as file:
            if "fourgrams_used" not in file:
                raise ValueError("not a language model of this version")
            words = tuple(file["words"].tobytes().decode().split("\n"))
            if words[: len(SPECIALS)] != SPECIALS:
                raise ValueError("not a language model of this version")
            return cls(
                words,
                file["unigram"].astype(np.float32),
                file["backoff"].astype(np.float32),
                *(Table.unpacked(name, file) for name in _TABLES),
            )


def _back_off(out: Floats, ask: Ids, weights: Floats, table: Table, rows: Ids) -> None:
    """Make of log P after the words of a context but the first, `out`, log P after all of them, at
    the places `ask` whose context is known: what the `rows` of the table say, and where they are -1
    what there was with the context's weight."""
    out[ask] += weights
    hit = (rows >= 0).nonzero()[0]
    out[ask.take(hit)] = table.logs(rows.take(hit), 0)


def bigram_key(v: Ids, w: Ids) -> Keys:
    """The key of a bigram: never equal to one of a trigram's, whose first id is set."""
    return (v << 16 | w).view(np.uint64)


def trigram_key(u: Ids, v: Ids, w: Ids) -> Keys:
    """The key of a trigram."""
    return (u << 32 | v << 16 | w).view(np.uint64)


def fourgram_key(t: Ids, u: Ids, v: Ids, w: Ids) -> Keys:
    """The key of a 4-gram: the four ids side by side."""
    return (t << 48 | u << 32 | v << 16 | w).view(np.uint64)
