"""Random samples of words or fields, drawn for the error rate: `DIR/samples.sqlite`.

A sample is drawn once and kept: who drew it, when, from how many letters and units, with which
seed, and what each unit read then. What people then decide of the units are decisions like any
other. Rows are added and never changed, so that an acceptance protocol can be checked afterwards.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from pipeline.errors import DocumentError, UsageError
from pipeline.review.desk import Desk
from pipeline.review.fields import MUST_HAVE
from pipeline.review.group import Readings

FILE = "samples.sqlite"
MOST_UNITS = 5000
Ids = npt.NDArray[np.int64]
Unit = Literal["words", "fields"]

_SPARE = 1.1
"""Drawn beyond what is wanted: where a correction joins words, there are fewer than were counted,
and a number beyond them is no unit. Those left are still drawn with equal chances."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: `size` units of a `population` in `letters` letters; `seen` is the number of the
    last decision when it was drawn. The same `seed` and the same letters draw the same."""

    number: int
    at: str
    who: str
    unit: Unit
    letters: int
    population: int
    size: int
    seed: str
    seen: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A unit of a sample, `rank` from 1 in the order drawn, and what it read then."""

    rank: int
    document_id: str
    place: str
    shown: str


_VERSION = 1
_TABLES = f"""
CREATE TABLE samples (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN {get_args(Unit)}), letters INTEGER NOT NULL,
    population INTEGER NOT NULL, size INTEGER NOT NULL, seed TEXT NOT NULL, seen INTEGER NOT NULL
);
CREATE TABLE drawn (
    sample INTEGER NOT NULL, rank INTEGER NOT NULL, document_id TEXT NOT NULL,
    place TEXT NOT NULL, shown TEXT NOT NULL, PRIMARY KEY (sample, rank)
) WITHOUT ROWID;
CREATE TRIGGER sample_stays BEFORE UPDATE ON samples
    BEGIN SELECT RAISE(ABORT, 'samples are never changed'); END;
CREATE TRIGGER drawn_stays BEFORE UPDATE ON drawn
    BEGIN SELECT RAISE(ABORT, 'samples are never changed'); END;
CREATE TRIGGER sample_kept BEFORE DELETE ON samples
    BEGIN SELECT RAISE(ABORT, 'samples are never deleted'); END;
CREATE TRIGGER drawn_kept BEFORE DELETE ON drawn
    BEGIN SELECT RAISE(ABORT, 'samples are never deleted'); END;
PRAGMA user_version = {_VERSION};
"""


class Samples:
    """The samples of a folder.

    Raises UsageError `decisions_unusable` where the file is none of ours or cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def all(self) -> list[Sample]:
        """Every sample, the last first."""
        names = ", ".join(f.name for f in fields(Sample))
        if not self._path.exists():
            return []
        with self._open() as db:
            rows = db.execute(f"SELECT {names} FROM samples ORDER BY number DESC").fetchall()
        return [Sample(*row) for row in rows]

    def drawn(self, sample: int) -> list[Drawn]:
        """The units of a sample in the order drawn; none where there is no such sample."""
        if not self._path.exists():
            return []
        with self._open() as db:
            sql = "SELECT rank, document_id, place, shown FROM drawn WHERE sample = ? ORDER BY rank"
            return [Drawn(*row) for row in db.execute(sql, (sample,))]

    def keep(self, sample: Sample, drawn: list[Drawn]) -> Sample:
        """Keep a sample; returns it with its number."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            values = astuple(sample)[1:]
            names = ", ".join(f.name for f in fields(Sample)[1:])
            marks = ", ".join("?" * len(values))
            made = db.execute(f"INSERT INTO samples ({names}) VALUES ({marks})", values)
            number = int(made.lastrowid or 0)
            rows = [(number, *astuple(one)) for one in drawn]
            db.executemany("INSERT INTO drawn VALUES (?, ?, ?, ?, ?)", rows)
            db.execute("COMMIT")
        return Sample(number, *values)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if not version:
                    db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
                elif version != _VERSION:
                    raise sqlite3.DatabaseError(f"version {version}")
                yield db
        except sqlite3.Error as error:
            raise UsageError("decisions_unusable", path=self._path, reason=str(error)) from error


def draw(desk: Desk, unit: Unit, size: int, seed: str | None = None) -> Sample:
    """Draw a simple random sample without replacement, of all words or of all fields an archive
    must have, and keep it. Less than `size` where there are not so many.

    Raises UsageError `nothing_to_draw` where there are none."""
    desk.stock.refresh()
    with desk.stock.connected() as db:
        sql = "SELECT document_id, tokens FROM letters WHERE status <> '' ORDER BY document_id"
        rows = db.execute(sql).fetchall()
    counts = [n if unit == "words" else len(MUST_HAVE) for _, n in rows]
    ends = np.cumsum(np.array(counts, np.int64))
    population = int(ends[-1]) if len(ends) else 0
    if not population:
        raise UsageError("nothing_to_draw", path=desk.root)
    seed = seed or secrets.token_hex(8)
    chance = np.random.default_rng(int.from_bytes(seed.encode(), "big"))
    wanted = min(max(1, size), MOST_UNITS, population)
    many = min(population, int(wanted * _SPARE) + 20)
    frame = _Frame(desk, unit, [name for name, _ in rows], ends)
    drawn: list[Drawn] = []
    for index in chance.choice(population, many, replace=False).tolist():
        if len(drawn) < wanted and (found := frame.unit_at(index)):
            drawn.append(Drawn(len(drawn) + 1, *found))
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    sample = Sample(
        0, now, desk.who, unit, len(rows), population, len(drawn), seed, desk.decisions.last()
    )
    return Samples(desk.root).keep(sample, drawn)


class _Frame:
    """All units of a folder in a row, of which one is found by its number."""

    def __init__(self, desk: Desk, unit: Unit, names: list[str], ends: Ids) -> None:
        self._desk = desk
        self._unit = unit
        self._names = names
        self._ends = ends
        self._known: dict[str, Readings] = {}

    def unit_at(self, index: int) -> tuple[str, str, str] | None:
        """The letter, the place and the reading of unit `index` (from 0); None where there is none
        of that number."""
        letter = int(np.searchsorted(self._ends, index, side="right"))
        within = index - (int(self._ends[letter - 1]) if letter else 0)
        name = self._names[letter]
        try:
            if name not in self._known:
                self._known[name] = Readings.of(self._desk, name)
        except DocumentError:
            return None
        readings = self._known[name]
        places = list(readings.raw) if self._unit == "words" else list(MUST_HAVE)
        if within >= len(places):
            return None
        return name, places[within], readings.now[places[within]]
