"""The SQLite file of an index: its tables, how it is opened, what can be wrong with it.

`words` (FTS5, without its own copy of the text) has a row for each unit, and so has `unit`: the
letter's row is `letter.id * UNITS`, its directives follow. `kept` holds what the words of a row
were made from, so that they can be taken out again exactly. Names of bodies, types and signers
stand once. The largest column of `words` comes first: words of the others take two bytes more."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import CongvanError, MissingError, UsageError
from pipeline.search.folding import folding_digest

SCHEMA_VERSION = 1
APPLICATION_ID = 0x636F6776  # "cogv"
UNITS = 4096
BUSY_SECONDS = 30.0

_TABLES = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE name (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,      -- body, type, signer
    folded TEXT NOT NULL,    -- what a filter is compared with
    shown TEXT NOT NULL,     -- as first printed
    UNIQUE (kind, folded)
);
CREATE TABLE letter (
    id INTEGER PRIMARY KEY,
    document_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    date TEXT,
    year INTEGER,
    body INTEGER REFERENCES name,
    type INTEGER REFERENCES name,
    signer INTEGER REFERENCES name
);
CREATE INDEX letter_date ON letter (date);
CREATE TABLE unit (id INTEGER PRIMARY KEY);
CREATE TABLE kept (letter INTEGER PRIMARY KEY REFERENCES letter, content BLOB NOT NULL);
CREATE TABLE identifier (
    key TEXT NOT NULL,       -- n1046cvtu, n1046 (pipeline/search/identifiers.py)
    role TEXT NOT NULL,      -- own, cited
    letter INTEGER NOT NULL REFERENCES letter,
    PRIMARY KEY (key, role, letter)
) WITHOUT ROWID;
CREATE INDEX identifier_letter ON identifier (letter);
CREATE VIRTUAL TABLE words USING fts5 (
    folded, exact, title, raw, ids, content = '', tokenize = 'unicode61 remove_diacritics 0'
);
"""


def open_index(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open an index, or with `create` make one where none is. In autocommit mode.

    Raises UsageError `index_missing`, `index_not_an_index`, `index_schema`, and the errors of
    `explained`."""
    empty = not path.exists() or (path.is_file() and path.stat().st_size == 0)
    if empty and not create:
        raise UsageError("index_missing", path=path)
    if not empty and not _is_sqlite(path):
        raise UsageError("index_not_an_index", path=path)
    with explained(path):
        db = sqlite3.connect(
            _uri(path, "rwc" if create else "rw"),
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
        )
        try:
            if create:
                _make_tables(db)
            _check(db, path)
        except BaseException:
            db.close()
            raise
        return db


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into our own.

    Raises CongvanError `index_busy`, `index_full`, `index_unwritable` or `index_damaged`, and
    MissingError `fts5_missing`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "no such module: fts5" in str(error):
            raise MissingError("fts5_missing") from error
        code = _CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if code is None:
            raise
        raise CongvanError(code, path=path, reason=error) from error


_CODES = {
    sqlite3.SQLITE_BUSY: "index_busy",
    sqlite3.SQLITE_LOCKED: "index_busy",
    sqlite3.SQLITE_FULL: "index_full",
    sqlite3.SQLITE_READONLY: "index_unwritable",
    sqlite3.SQLITE_CANTOPEN: "index_unwritable",
    sqlite3.SQLITE_PERM: "index_unwritable",
    sqlite3.SQLITE_IOERR: "index_unwritable",
    sqlite3.SQLITE_CORRUPT: "index_damaged",
    sqlite3.SQLITE_NOTADB: "index_damaged",
}


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError as error:
        raise UsageError("file_unreadable", path=path, reason=error.strerror) from error


def _uri(path: Path, mode: str) -> str:
    """A copy on a read-only place is opened as a file that nobody can change: reading a WAL
    file otherwise needs a second file beside it."""
    uri = path.absolute().as_uri()
    writable = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
    if writable:
        return f"{uri}?mode={mode}"
    wal = path.with_name(path.name + "-wal").exists()
    return f"{uri}?mode=ro" if wal else f"{uri}?mode=ro&immutable=1"


def _make_tables(db: sqlite3.Connection) -> None:
    """Make the tables of a new file; leaves any other as it is."""
    if not _new(db):
        return
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    if _new(db):  # nobody else was quicker
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        db.execute("INSERT INTO about VALUES ('folding', ?)", (folding_digest(),))
        db.execute("INSERT INTO words (words, rank) VALUES ('automerge', 8)")
    db.execute("COMMIT")


def _new(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def _check(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UsageError("index_not_an_index", path=path)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise UsageError("index_schema", path=path, found=version, wanted=SCHEMA_VERSION)
    folding = db.execute("SELECT value FROM about WHERE name = 'folding'").fetchone()
    if folding != (folding_digest(),):
        raise UsageError("index_schema", path=path, found="other folding", wanted=SCHEMA_VERSION)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -65536")
