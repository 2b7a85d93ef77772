"""The rows of a segment made of others.

A letter of an old segment has a `move`: its place in the new one, MOST_LETTERS where it is dead."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.search.sqlite_pairs import FEWEST, SHARE, Pair, PairRow, read_pair
from pipeline.search.sqlite_postings import (
    MOST_LETTERS,
    PLACE_BITS,
    U32,
    Letters,
    Longs,
    Row,
    read_letters,
    read_places,
    row_id,
    word_of,
)


@dataclass(frozen=True)
class Old:
    """A segment that goes into another: its id, and the moves of its letters."""

    segment: int
    moves: U32

    @cached_property
    def shift(self) -> int | None:
        """By how much all letters move; None where some are dead."""
        if not len(self.moves) or (self.moves == MOST_LETTERS).any():
            return None
        return int(self.moves[0])


def merged_rows(db: sqlite3.Connection, segment: int, olds: Sequence[Old]) -> Iterator[Row]:
    """The rows of `posting`, in the order of words."""
    having: dict[int, list[Old]] = defaultdict(list)
    for old in olds:
        limits = (row_id(old.segment, 0), row_id(old.segment + 1, 0) - 1)
        for (row,) in db.execute("SELECT id FROM posting WHERE id BETWEEN ? AND ?", limits):
            having[word_of(row)].append(old)
    sql = "SELECT letters, places, spellings FROM posting WHERE id = ?"
    for word in sorted(having):
        parts: list[list[bytes]] = [[], [], [], [], []]
        for old in having[word]:
            blobs = db.execute(sql, (row_id(old.segment, word),)).fetchone()
            for part, data in zip(parts, _moved(blobs, old), strict=True):
                part.append(data)
        places, marks, counts, where, spellings = map(b"".join, parts)
        if places:
            yield row_id(segment, word), places + marks + counts, where, spellings


def _moved(blobs: tuple[bytes, bytes, bytes], old: Old) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """A row whose letters have moved, without the dead: places of letters, marks, counts; places of
    words, spellings."""
    letters, places, spellings = blobs
    third = len(letters) // 3
    if old.shift is not None:
        moved = np.frombuffer(letters, np.uint16, third // 2) + np.uint16(old.shift)
        return moved.tobytes(), letters[third : 2 * third], letters[2 * third :], places, spellings
    table = Letters.from_bytes(letters)
    new = old.moves[table.places]
    alive = new < MOST_LETTERS
    alive_places = np.repeat(alive, table.counts)
    return (
        new[alive].astype(np.uint16).tobytes(),
        table.marks[alive].tobytes(),
        table.counts[alive].tobytes(),
        np.frombuffer(places, np.uint16)[alive_places].tobytes(),
        np.frombuffer(spellings, np.uint8)[alive_places].tobytes(),
    )


def merged_pairs(
    db: sqlite3.Connection, segment: int, olds: Sequence[Old], size: int
) -> Iterator[PairRow]:
    """The rows of `pair` of a segment of `size` letters: pairs that stand often enough in those old
    segments that have them; in the others they are looked for."""
    if size < FEWEST:
        return
    known: dict[tuple[int, int], int] = defaultdict(int)
    sql = "SELECT first, second, length(letters) FROM pair WHERE segment = ?"
    for old in olds:
        for first, second, length in db.execute(sql, (old.segment,)):
            known[first, second] += length // 3
    for (first, second), letters in sorted(known.items()):
        if letters * SHARE >= size:
            parts = [_moved_pair(_pair(db, old, first, second), old) for old in olds]
            joined = Pair(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
            yield segment, first, second, joined.to_bytes()


def _pair(db: sqlite3.Connection, old: Old, first: int, second: int) -> Pair:
    """A pair as it is kept, or looked for."""
    kept = read_pair(db, old.segment, first, second)
    if kept is not None:
        return kept
    one, other = (_standing(db, old.segment, word) for word in (first, second))
    both: Longs = np.intersect1d(one + 1, other, assume_unique=True)
    return Pair.counted(both >> PLACE_BITS)


def _standing(db: sqlite3.Connection, segment: int, word: int) -> Longs:
    """Where a word stands: place of the letter << 16 | number of the word, ascending."""
    letters, places = read_letters(db, segment, word), read_places(db, segment, word)
    if letters is None or places is None:
        return np.empty(0, np.int64)
    above: Longs = np.repeat(letters.places.astype(np.int64) << PLACE_BITS, letters.counts)
    return above | places


def _moved_pair(pair: Pair, old: Old) -> Pair:
    new = old.moves[pair.places]
    alive = new < MOST_LETTERS
    return Pair(new[alive].astype(np.uint16), pair.counts[alive])
