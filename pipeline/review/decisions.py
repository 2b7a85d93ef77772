"""What people decided: `DIR/decisions.sqlite`, to which rows are added and never changed.

A decision names its letter, its place (a word of the raw text, a field, or the whole letter), what
stood there before and after. The last decision of a place counts; `withdraw` gives the place back
to the machine. SQLite and not a file of lines, because several people write at once: whether
somebody else has decided a place meanwhile, and the new row, must be one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import regex

from pipeline.errors import UsageError

FILE = "decisions.sqlite"
LETTER = "letter"
"""The place of a decision about a letter as a whole."""

What = Literal["word", "group", "field", "letter"]
Verdict = Literal["confirm", "reject", "change", "withdraw"]

_VERSION = 1
_TABLE = f"""
CREATE TABLE IF NOT EXISTS decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,           -- UTC, ISO 8601
    who TEXT NOT NULL,
    document_id TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what IN {get_args(What)}),
    place TEXT NOT NULL,        -- p1.l3.c12 of the raw text, a field, or letter
    raw TEXT NOT NULL,          -- what OCR read there; empty but for words
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN {get_args(Verdict)})
);
CREATE INDEX IF NOT EXISTS of_place ON decisions (document_id, place, number);
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END;
CREATE TRIGGER IF NOT EXISTS never_deleted BEFORE DELETE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
PRAGMA user_version = {_VERSION};
"""
_COLUMNS = "document_id, what, place, raw, before, after, verdict, who, at, number"
# The last decision of each place: SQLite takes all columns from the row that has the maximum.
_LAST = "SELECT document_id, place, verdict, at, max(number) FROM decisions"
_BY_PLACE = "GROUP BY document_id, place"
_WORD_PLACE = regex.compile(r"p([0-9]{1,6})\.l([0-9]{1,6})\.c([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person decided of one place. `before` and `after` are the reading, or the field's
    value, before and after; both alike where it was confirmed. `what` is `group` for a word decided
    on a sheet with others. `at` and `number` (1, 2, …) are given when it is kept."""

    document_id: str
    what: What
    place: str
    raw: str
    before: str
    after: str
    verdict: Verdict
    who: str
    at: str = ""
    number: int = 0

    @property
    def of_word(self) -> bool:
        """Whether it decides a word of the text."""
        return self.what in ("word", "group")


class ConflictError(Exception):
    """Somebody decided the same place since: `by` is what they decided. Nothing was kept."""

    def __init__(self, by: Decision) -> None:
        self.by = by
        super().__init__(by)


def word_place(page: int, line: int, start: int) -> str:
    """The place of a word: page and line from 1, first character in the raw line from 0."""
    return f"p{page}.l{line}.c{start}"


def parse_word_place(place: str) -> tuple[int, int, int]:
    """Page, line and first character. Raises ValueError for other places."""
    found = _WORD_PLACE.fullmatch(place)
    if not found:
        raise ValueError(place)
    return int(found[1]), int(found[2]), int(found[3])


class Decisions:
    """The decisions of a folder, read and added to by any number of processes and threads.

    Raises UsageError `decisions_unusable` where the file is none of ours or cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        with self._open() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise self._unusable(f"version {version}")
            if not version:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_TABLE)

    def append(self, made: Sequence[Decision], *, seen: int) -> list[Decision]:
        """Keep `made`, all or none; returns them with time and number.

        `seen` is the number of the last decision that the person knew of. Raises ConflictError
        where a place of `made` was decided by another since."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            kept = [self._insert(db, replace(d, at=now), seen) for d in made]
            db.execute("COMMIT")
        return kept

    def append_each(
        self, made: Sequence[Decision], *, seen: int
    ) -> tuple[list[Decision], list[Decision]]:
        """Keep those of `made` whose places nobody else has decided since `seen`: what was kept,
        and of the others what the others decided. For places that have nothing to do with each
        other."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        kept, by = [], []
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            for decision in made:
                try:
                    kept.append(self._insert(db, replace(decision, at=now), seen))
                except ConflictError as conflict:
                    by.append(conflict.by)
            db.execute("COMMIT")
        return kept, by

    def decided_places(self, document_ids: Sequence[str]) -> dict[str, set[str]]:
        """Of each of these letters the places whose last decision counts."""
        found: dict[str, set[str]] = {}
        marks = ", ".join("?" * len(document_ids))
        sql = f"SELECT document_id, place FROM ({_LAST} WHERE document_id IN ({marks}) {_BY_PLACE})"
        with self._open() as db:
            for name, place in db.execute(f"{sql} WHERE verdict <> 'withdraw'", document_ids):
                found.setdefault(name, set()).add(place)
        return found

    def counting(self) -> dict[str, tuple[int, str]]:
        """Of each letter with decisions how many places are decided, and when the last was."""
        told = "sum(verdict <> 'withdraw'), max(CASE verdict WHEN 'withdraw' THEN '' ELSE at END)"
        sql = f"SELECT document_id, {told} FROM ({_LAST} {_BY_PLACE}) GROUP BY document_id"
        with self._open() as db:
            return {name: (count, at) for name, count, at in db.execute(sql)}

    def of_letter(self, document_id: str) -> list[Decision]:
        """The decisions of one letter, oldest first."""
        return self._select("WHERE document_id = ? ORDER BY number", document_id)

    def all(self) -> Iterator[Decision]:
        """Every decision, oldest first."""
        yield from self._select("ORDER BY number")

    def since(self, number: int) -> list[Decision]:
        """The decisions after that of `number`, oldest first."""
        return self._select("WHERE number > ? ORDER BY number", number)

    def last(self) -> int:
        """The number of the last decision; 0 where there is none."""
        with self._open() as db:
            (number,) = db.execute("SELECT coalesce(max(number), 0) FROM decisions").fetchone()
        return int(number)

    def letters(self) -> list[str]:
        """The ids of letters of which something was decided."""
        with self._open() as db:
            rows = db.execute("SELECT DISTINCT document_id FROM decisions ORDER BY 1").fetchall()
        return [row[0] for row in rows]

    def _insert(self, db: sqlite3.Connection, decision: Decision, seen: int) -> Decision:
        where = "WHERE document_id = ? AND place = ? AND number > ? AND who <> ? ORDER BY number"
        sql = f"SELECT {_COLUMNS} FROM decisions {where} DESC LIMIT 1"
        asked = (decision.document_id, decision.place, seen, decision.who)
        if row := db.execute(sql, asked).fetchone():
            raise ConflictError(Decision(*row))
        values = asdict(decision)
        del values["number"]
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        done = db.execute(f"INSERT INTO decisions ({names}) VALUES ({marks})", values)
        return replace(decision, number=int(done.lastrowid or 0))

    def _select(self, rest: str, *values: str | int) -> list[Decision]:
        with self._open() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM decisions {rest}", values).fetchall()
        return [Decision(*row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one task; what is not committed at its end never was."""
        try:
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = FULL")
                yield db
        except sqlite3.Error as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, reason: str) -> UsageError:
        return UsageError("decisions_unusable", path=self._path, reason=reason)


def last_of_each_place(decisions: Sequence[Decision]) -> list[Decision]:
    """What counts: of each place the last decision, by number; none where it was withdrawn."""
    last = {d.place: d for d in sorted(decisions, key=lambda d: d.number)}
    return sorted((d for d in last.values() if d.verdict != "withdraw"), key=lambda d: d.number)


def as_lines(decisions: Iterator[Decision]) -> Iterator[str]:
    """Each decision as a line of JSON, for other programs and for safe keeping."""
    for decision in decisions:
        yield json.dumps(asdict(decision), ensure_ascii=False) + "\n"
