"""Segments of an index: letters are written in batches, each a segment, and merged later.

Segments are in the order of their letters' ids, which never overlap; only neighbours are merged, so
that this stays so. A letter replaced or withdrawn is dead until its segment is merged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np

from pipeline.search.content import Content
from pipeline.search.sqlite_columns import U32, Columns, day_number
from pipeline.search.sqlite_merge import Old, merged_pairs, merged_rows
from pipeline.search.sqlite_pairs import INSERT_PAIR, pair_rows
from pipeline.search.sqlite_postings import LAST_PLACE, MOST_LETTERS, Batch, row_id
from pipeline.search.sqlite_words import CODE_BYTES, Vocabulary, codes_of

AT_ONCE, AT_LAST = 64, 8
"""So many neighbours of about one size are merged, while letters come in and when all are in."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of the table `segment`, but its columns."""

    id: int
    first: int
    size: int
    dead: int

    @property
    def alive(self) -> int:
        """Letters that are neither replaced nor withdrawn."""
        return self.size - self.dead

    @property
    def tier(self) -> int:
        """How large it is: tiers are eight times one another."""
        return max(self.alive, 1).bit_length() // 3


class Draft:
    """A segment in the making."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._batch = Batch()
        self._rows: list[tuple[int, ...]] = []
        self._spans: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, letter: int, content: Content, names: tuple[int, int, int]) -> None:
        """Take in a letter; `names` are the ids of its body, type and signer."""
        codes = codes_of(content, self._vocabulary)
        start = self._batch.put(codes.title, codes.text, codes.raw)
        self._spans += [
            (min(start + first, LAST_PLACE), min(start + end, LAST_PLACE))
            for first, end in codes.spans
        ]
        length = (len(codes.title) + len(codes.text)) // CODE_BYTES
        self._rows.append((letter, day_number(content.date), *names, length, len(codes.spans)))

    def write(self, db: sqlite3.Connection) -> None:
        """Put it into the index."""
        if not self._rows:
            return
        table = np.array(self._rows, np.uint32).T
        spans = np.array(self._spans, np.uint32).reshape(-1, 2)
        columns = Columns(*(*(np.ascontiguousarray(row) for row in table), spans))
        segment = _insert(db, columns)
        db.executemany(_INSERT, self._batch.rows(segment))
        db.executemany(INSERT_PAIR, pair_rows(segment, *self._batch.words()))


_INSERT = "INSERT INTO posting VALUES (?, ?, ?, ?)"


def segments(db: sqlite3.Connection) -> list[Segment]:
    """All segments, in the order of their letters."""
    rows = db.execute(
        "SELECT id, first, size, (SELECT count(*) FROM dead WHERE segment = id)"
        " FROM segment ORDER BY first"
    )
    return [Segment(*row) for row in rows]


def columns_of(db: sqlite3.Connection, segment: Segment) -> Columns:
    """What a segment knows of its letters, the dead ones too."""
    row = db.execute("SELECT columns FROM segment WHERE id = ?", (segment.id,)).fetchone()
    return Columns.from_bytes(row[0], segment.size)


def dead_places(db: sqlite3.Connection, segment: int) -> list[int]:
    """Places of the letters of a segment that are dead."""
    return [row[0] for row in db.execute("SELECT place FROM dead WHERE segment = ?", (segment,))]


def bury(db: sqlite3.Connection, letters: Sequence[int]) -> None:
    """Mark letters, by their ids, as dead."""
    for segment in segments(db) if letters else ():
        columns = columns_of(db, segment)
        places = np.flatnonzero(np.isin(columns.letter, np.array(letters, np.uint32)))
        rows = ((segment.id, place) for place in places.tolist())
        db.executemany("INSERT OR IGNORE INTO dead VALUES (?, ?)", rows)


def tidy(db: sqlite3.Connection, together: int) -> None:
    """Merge what should be merged: segments that are mostly dead, and `together` neighbours of
    one size or smaller."""
    while chosen := _worth_merging(segments(db), together):
        _merge(db, chosen)


def _worth_merging(found: Sequence[Segment], together: int) -> Sequence[Segment]:
    for segment in found:
        if segment.dead * 2 > segment.size:
            return [segment]
    for tier in sorted({segment.tier for segment in found}):
        for some in _runs(found, tier):
            if len(some) >= together and (fitting := max(_fitting(some), key=len)):
                return fitting
    return []


def _runs(found: Sequence[Segment], tier: int) -> Iterator[list[Segment]]:
    """Neighbours of a tier or a lower one."""
    for low, run in groupby(found, key=lambda segment: segment.tier <= tier):
        if low:
            yield list(run)


def _fitting(run: list[Segment]) -> Iterator[list[Segment]]:
    """Those neighbours, four at least, that fit into one segment."""
    yield []
    for start in range(len(run)):
        sizes = accumulate(segment.alive for segment in run[start:])
        count = sum(size <= MOST_LETTERS for size in sizes)
        if count * 2 >= AT_LAST:
            yield run[start : start + count]


def _merge(db: sqlite3.Connection, chosen: Sequence[Segment]) -> None:
    kept: list[Columns] = []
    olds: list[Old] = []
    size = 0
    for segment in chosen:
        columns = columns_of(db, segment)
        alive = np.ones(segment.size, np.bool_)
        alive[dead_places(db, segment.id)] = False
        kept.append(columns.only(alive))
        olds.append(Old(segment.id, _moves(alive, size)))
        size += segment.alive
    if size:
        new = _insert(db, Columns.joined(kept))
        db.executemany(_INSERT, merged_rows(db, new, olds))
        db.executemany(INSERT_PAIR, merged_pairs(db, new, olds, size))
    for segment in chosen:
        limits = (row_id(segment.id, 0), row_id(segment.id + 1, 0) - 1)
        db.execute("DELETE FROM posting WHERE id BETWEEN ? AND ?", limits)
        db.execute("DELETE FROM pair WHERE segment = ?", (segment.id,))
        db.execute("DELETE FROM dead WHERE segment = ?", (segment.id,))
        db.execute("DELETE FROM segment WHERE id = ?", (segment.id,))


def _moves(alive: np.typing.NDArray[np.bool_], start: int) -> U32:
    places = np.cumsum(alive, dtype=np.uint32) - np.uint32(1) + np.uint32(start)
    return np.where(alive, places, np.uint32(MOST_LETTERS)).astype(np.uint32)


def _insert(db: sqlite3.Connection, columns: Columns) -> int:
    cursor = db.execute(
        "INSERT INTO segment (first, last, size, columns) VALUES (?, ?, ?, ?)",
        (
            int(columns.letter[0]),
            int(columns.letter[-1]),
            len(columns.letter),
            columns.to_bytes(),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid
