"""The letters of a folder and the corrections in them as tables: `DIR/.congvan-review.sqlite`.

A folder may hold 200,000 letters; no page can read their records. What list, sheets and samples ask
for is kept here and brought up to date letter by letter: each record is read once after it has
changed. All of it follows from the records and the decisions, so the file may be deleted at any
time. Any number of processes may keep it up to date at once.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from time import monotonic

from pipeline.batch.outputs import RECORD
from pipeline.errors import UsageError
from pipeline.review.decisions import Decisions
from pipeline.review.entries import Entry, LetterRow, read_entry

FILE = ".congvan-review.sqlite"
LETTERS_AT_ONCE = 500
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_TO_WAIT = 3.0
"""How long a page waits for the first look at a folder before it shows what is known by then."""
SECONDS_FOR_LATER = 0.1
"""And for a later look: a small folder is through by then, a large one must not keep pages."""
REST = 20
"""A look at all letters is followed by a rest this many times as long: at 200,000 it takes seconds,
and the folder seems to change whenever an SQLite file in it is opened."""

_VERSION = 1
ROW = ", ".join(f.name for f in fields(LetterRow))
_TABLES = f"""
CREATE TABLE letters (
    id INTEGER PRIMARY KEY, {ROW},
    state TEXT NOT NULL,        -- size and time of change of its record when it was read
    chance INTEGER NOT NULL,
    told TEXT NOT NULL
);
CREATE UNIQUE INDEX by_name ON letters (document_id);
CREATE INDEX by_worth ON letters (fields DESC, words DESC, chance, status);
CREATE INDEX by_status ON letters (status, fields DESC, words DESC, chance);
CREATE INDEX by_tokens ON letters (document_id, tokens);
CREATE TABLE pairs (
    id INTEGER PRIMARY KEY, raw TEXT NOT NULL, text TEXT NOT NULL, judge TEXT NOT NULL,
    open INTEGER NOT NULL DEFAULT 0, decided INTEGER NOT NULL DEFAULT 0,
    UNIQUE (raw, text)
);
CREATE INDEX most_open ON pairs (open DESC, id);
CREATE TABLE occurrences (
    pair INTEGER NOT NULL, decided INTEGER NOT NULL, letter INTEGER NOT NULL,
    page INTEGER NOT NULL, line INTEGER NOT NULL, start INTEGER NOT NULL,
    raw TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (pair, decided, letter, page, line, start)
) WITHOUT ROWID;
CREATE INDEX of_letter ON occurrences (letter);
CREATE TRIGGER added AFTER INSERT ON occurrences BEGIN
    UPDATE pairs SET open = open + (NOT new.decided), decided = decided + new.decided
    WHERE id = new.pair;
END;
CREATE TRIGGER removed AFTER DELETE ON occurrences BEGIN
    UPDATE pairs SET open = open - (NOT old.decided), decided = decided - old.decided
    WHERE id = old.pair;
END;
CREATE TRIGGER changed AFTER UPDATE OF decided ON occurrences BEGIN
    UPDATE pairs SET open = open + old.decided - new.decided,
        decided = decided + new.decided - old.decided
    WHERE id = new.pair;
END;
PRAGMA user_version = {_VERSION};
"""


class Stock:
    """The tables of one folder.

    Raises UsageError `decisions_unusable` where its file cannot be written."""

    def __init__(self, root: Path, decisions: Decisions) -> None:
        self._root = root
        self._path = root / FILE
        self._decisions = decisions
        self._looking = threading.Lock()
        self._known = threading.Event()  # all letters have been looked at once
        self._changed = 0  # when the folder last did, in nanoseconds, before the last look at all
        self._next_look = self._next_whole_look = 0.0
        self.left_to_read = 0
        self._prepare()

    # --- kept up to date -----------------------------------------------------------------------

    def look(self, *, wait: float = SECONDS_TO_WAIT) -> None:
        """Begin to bring the tables up to date, and wait for it: up to `wait` seconds for the first
        look at the folder, hardly for a later one. What is decided here or by others needs no look:
        whoever decides tells the tables, which are the same for all."""
        if monotonic() < self._next_look:
            return
        if not self._looking.acquire(blocking=False):
            if not self._known.is_set():
                self._known.wait(wait)
            return
        done = threading.Event()
        threading.Thread(target=self._look_and_release, args=(done,), daemon=True).start()
        done.wait(SECONDS_FOR_LATER if self._known.is_set() else wait)

    def refresh(self) -> None:
        """Bring the tables up to date: read what is new or changed, forget what is gone."""
        with self._looking:
            self._look_at_all()

    def _look_and_release(self, done: threading.Event) -> None:
        try:
            if not self._known.is_set() or self._may_have_changed():
                self._look_at_all()
        finally:
            self._next_look = monotonic() + SECONDS_BETWEEN_LOOKS
            self._looking.release()
            done.set()

    def _may_have_changed(self) -> bool:
        changed = self._root.stat().st_mtime_ns != self._changed
        return changed and monotonic() >= self._next_whole_look

    def _look_at_all(self) -> None:
        begun = monotonic()
        self._changed = self._root.stat().st_mtime_ns
        with self.connected() as db:
            known = dict(db.execute("SELECT document_id, state FROM letters"))
        there = dict(self._states())
        stale = [name for name, state in there.items() if known.get(name) != state]
        self.left_to_read = len(stale)
        for at in range(0, len(stale), LETTERS_AT_ONCE):
            some = stale[at : at + LETTERS_AT_ONCE]
            entries = [(name, there[name], read_entry(self._root / name)) for name in some]
            decided = self._decisions.decided_places(some)
            with self.connected() as db, _transaction(db):
                for name, state, entry in entries:
                    _put(db, name, state, entry, decided.get(name, set()))
            self.left_to_read -= len(some)
        gone = known.keys() - there.keys()
        with self.connected() as db, _transaction(db):
            for name in gone:
                _forget(db, name)
        self._known.set()
        self._next_whole_look = monotonic() + REST * (monotonic() - begun)

    def reread(self, names: Iterable[str]) -> None:
        """Bring these letters up to date."""
        chosen = list(dict.fromkeys(names))
        decided = self._decisions.decided_places(chosen)
        with self.connected() as db, _transaction(db):
            for name in chosen:
                if state := _state(self._root / name / RECORD):
                    entry = read_entry(self._root / name)
                    _put(db, name, state, entry, decided.get(name, set()))

    def mark(self, places: Iterable[tuple[str, int, int, int]], *, decided: bool) -> None:
        """Say of places (letter, page, line, start) that they are decided, or open again."""
        sql = (
            "UPDATE occurrences SET decided = ? WHERE decided = ? AND page = ? AND line = ?"
            " AND start = ? AND letter = (SELECT id FROM letters WHERE document_id = ?)"
        )
        rows = [(decided, not decided, *where, name) for name, *where in places]
        with self.connected() as db, _transaction(db):
            db.executemany(sql, rows)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection for one task."""
        try:
            with closing(sqlite3.connect(self._path, timeout=60, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = OFF")  # it can be made anew
                db.execute("PRAGMA cache_size = -65536")
                yield db
        except sqlite3.Error as error:
            raise UsageError("decisions_unusable", path=self._path, reason=str(error)) from error

    def _states(self) -> Iterator[tuple[str, str]]:
        with os.scandir(self._root) as entries:
            for entry in entries:
                if entry.name[0] != "." and (state := _state(f"{entry.path}/{RECORD}")):
                    yield entry.name, state

    def _prepare(self) -> None:
        with self.connected() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            self._path.unlink()
            version = 0
        if not version:
            with self.connected() as db:
                db.execute("PRAGMA journal_mode = WAL")
                with _transaction(db):
                    if not db.execute("PRAGMA user_version").fetchone()[0]:
                        for statement in _statements(_TABLES):
                            db.execute(statement)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    yield
    db.execute("COMMIT")


def _state(path: Path | str) -> str:
    """What tells whether a file has changed; empty where there is none."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - of 200,000 files, where it is twice as fast
    except OSError:
        return ""
    return f"{stat.st_mtime_ns}:{stat.st_size}"


def _put(
    db: sqlite3.Connection, name: str, state: str, entry: Entry | None, decided: set[str]
) -> None:
    """Replace what is kept of a letter."""
    _forget(db, name)
    unread = LetterRow(name, "", None, None, None, None, 0, 0, 0)  # remembered: not read again
    row = entry.row if entry else unread
    marks = ", ".join("?" * (len(fields(LetterRow)) + 3))
    sql = f"INSERT INTO letters ({ROW}, state, chance, told) VALUES ({marks})"
    letter = db.execute(sql, (*astuple(row), state, row.chance, row.told)).lastrowid
    for one in entry.occurrences if entry else ():
        pair = _pair(db, *one.pair, one.judge)
        values = (pair, one.place in decided, letter, one.page, one.line, one.start)
        db.execute(
            "INSERT OR IGNORE INTO occurrences VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, one.raw, one.text),
        )


def _pair(db: sqlite3.Connection, raw: str, text: str, judge: str) -> int:
    found = db.execute("SELECT id FROM pairs WHERE raw = ? AND text = ?", (raw, text)).fetchone()
    if found:
        return int(found[0])
    values = (raw, text, judge)
    made = db.execute("INSERT INTO pairs (raw, text, judge) VALUES (?, ?, ?)", values)
    return int(made.lastrowid or 0)


def _forget(db: sqlite3.Connection, name: str) -> None:
    found = db.execute("SELECT id FROM letters WHERE document_id = ?", (name,)).fetchone()
    if found:
        db.execute("DELETE FROM occurrences WHERE letter = ?", found)
        db.execute("DELETE FROM letters WHERE id = ?", found)
