"""The SQLite file of an index: its tables, how it is opened, what can be wrong with it.

An inverted index in plain tables. Letters stand in segments, each written once: a batch of letters
is a small segment, and small ones are merged into larger ones. For each word of a segment `posting`
says in which letters it stands and where. `kept` holds what is shown of a letter, compressed. Names
of bodies, types and signers stand once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pipeline.errors import CongvanError, UsageError
from pipeline.search.folding import folding_digest

SCHEMA_VERSION = 3
APPLICATION_ID = 0x636F6776  # "cogv"
BUSY_SECONDS = 30.0
_PAGE_SIZE = 8192

_TABLES = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE name (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,        -- body, type, signer
    folded TEXT NOT NULL,      -- what a filter is compared with
    shown TEXT NOT NULL,       -- as first printed
    UNIQUE (kind, folded)
);
CREATE TABLE letter (
    document_id TEXT PRIMARY KEY,
    id INTEGER NOT NULL,
    digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE kept (letter INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE identifier (
    key TEXT NOT NULL,         -- n1046cvtu, n1046 (pipeline/search/identifiers.py)
    role TEXT NOT NULL,        -- own, cited
    letter INTEGER NOT NULL,
    PRIMARY KEY (key, role, letter)
) WITHOUT ROWID;
CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    spellings TEXT NOT NULL    -- its exact forms, one space between; their order never changes
);
CREATE TABLE segment (         -- some letters and the places of their words, never changed
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL,    -- the smallest id among its letters, and the largest
    last INTEGER NOT NULL,
    size INTEGER NOT NULL,     -- letters, the dead ones too
    columns BLOB NOT NULL      -- pipeline/search/sqlite_columns.py
);
CREATE TABLE dead (            -- letters that were replaced or withdrawn
    segment INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (segment, place)
) WITHOUT ROWID;
CREATE TABLE posting (         -- pipeline/search/sqlite_postings.py
    id INTEGER PRIMARY KEY,    -- segment << 32 | word
    letters BLOB NOT NULL,
    places BLOB NOT NULL,
    spellings BLOB NOT NULL
);
CREATE TABLE pair (            -- pipeline/search/sqlite_pairs.py
    id INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    first INTEGER NOT NULL,    -- words that often stand side by side
    second INTEGER NOT NULL,
    letters BLOB NOT NULL
);
CREATE UNIQUE INDEX pair_of_words ON pair (segment, first, second);
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


def check_replaceable(path: Path) -> None:
    """Raises UsageError `index_not_an_index` where a file stands that is none of ours."""
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    ours = APPLICATION_ID.to_bytes(4, "big")
    if not _is_sqlite(path) or _header(path)[68:72] != ours:
        raise UsageError("index_not_an_index", path=path)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into our own.

    Raises CongvanError `index_busy`, `index_full`, `index_unwritable` or `index_damaged`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
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
    return _header(path).startswith(b"SQLite format 3\0")


def _header(path: Path) -> bytes:
    """The first 100 bytes. Raises UsageError `file_unreadable`."""
    try:
        with path.open("rb") as file:
            return file.read(100)
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
    db.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    if _new(db):  # nobody else was quicker
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        about = (("folding", folding_digest()), ("identity", uuid4().hex))
        db.executemany("INSERT INTO about VALUES (?, ?)", about)
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
    db.execute("PRAGMA mmap_size = 4294967296")
