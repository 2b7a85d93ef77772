"""The ledger of an output folder: one SQLite file that says what became of every document.

In: plans and results of the batch. Out: the rows a later run resumes from. Only the batch's own
process writes it; it is in WAL mode, so that others may read it meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self, cast

from pipeline.batch.job import DiskFullError
from pipeline.batch.result import DocumentStatus, Heading, LetterResult, Quality, Result
from pipeline.errors import UsageError

LEDGER_VERSION = 3

_SCHEMA = """
CREATE TABLE document (
    content       TEXT PRIMARY KEY,  -- SHA-256 of the bytes; 'path:…' where they cannot be read
    settings      TEXT NOT NULL,     -- digest of all that shapes the output
    path          TEXT NOT NULL,     -- where this content was first found
    status        TEXT NOT NULL CHECK (status IN
                      ('pending', 'running', 'done', 'needs_review', 'partial', 'failed')),
    document_id   TEXT,              -- and the heading: of a document that is one letter
    reason        TEXT,              -- code of dictionaries/messages.tsv
    reason_values TEXT NOT NULL DEFAULT '{}',
    detail        TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0,
    pages         INTEGER NOT NULL DEFAULT 0,
    seconds       REAL NOT NULL DEFAULT 0,
    number_symbol TEXT,
    date          TEXT,
    issuing_body  TEXT,
    subject       TEXT,
    added         TEXT NOT NULL,
    started       TEXT,
    finished      TEXT
);
CREATE INDEX document_status ON document (status);
CREATE TABLE file (
    path    TEXT PRIMARY KEY,
    content TEXT NOT NULL,           -- the document it is; several paths may be one document
    stamp   TEXT NOT NULL            -- sizes and times of change: unchanged stamp, unchanged bytes
);
CREATE INDEX file_content ON file (content);
"""
_LETTERS = """
CREATE TABLE letter (
    content       TEXT NOT NULL REFERENCES document (content),
    document_id   TEXT NOT NULL,     -- the letter's output folder
    status        TEXT NOT NULL,
    first_page    INTEGER NOT NULL,  -- of the file, from 1
    last_page     INTEGER NOT NULL,
    number_symbol TEXT,
    date          TEXT,
    issuing_body  TEXT,
    subject       TEXT,
    PRIMARY KEY (content, first_page)
) WITHOUT ROWID;
"""
_QUALITY = """
ALTER TABLE letter ADD COLUMN quality TEXT NOT NULL DEFAULT '[[], [], false]';
    -- JSON: confidence of each page in percent, flags with their counts, has a small picture
"""
_FROM_VERSION_1 = f"""{_LETTERS}
INSERT INTO letter SELECT content, document_id, status, 1, max(pages, 1), number_symbol, date,
    issuing_body, subject FROM document WHERE document_id IS NOT NULL;
"""

RowStatus = Literal["pending", "running", "done", "needs_review", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """A document as the ledger knows it."""

    content: str
    settings: str
    path: str
    status: RowStatus
    reason: str | None
    reason_values: str
    detail: str | None
    pages: int
    seconds: float
    letters: tuple[LetterResult, ...]

    def result(self, path: str | None = None) -> Result:
        """The finished row as a result, told of `path`."""
        if self.status in ("pending", "running"):
            raise ValueError(f"{self.content} is {self.status}")
        return Result(
            path or self.path,
            cast(DocumentStatus, self.status),
            self.content,
            self.letters,
            self.reason,
            self.reason_values,
            self.detail,
            self.pages,
            self.seconds,
        )


_HEADING = tuple(f.name for f in fields(Heading))
_ROW = tuple(f.name for f in fields(Row) if f.name != "letters")
_LETTER = ("document_id", "status", "first_page", "last_page", *_HEADING, "quality")


class Ledger:
    """The ledger file of one output folder."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open or create the ledger at `path`.

        Raises UsageError where a newer version of the program, or another one, wrote it."""
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            _prepare(connection, path)
            yield cls(connection)
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def content_of(self, path: str, stamp: str) -> str | None:
        """The content hash of `path`, where the file was hashed before and looks unchanged."""
        row = self._db.execute(
            "SELECT content FROM file WHERE path = ? AND stamp = ?", (path, stamp)
        ).fetchone()
        return row[0] if row else None

    def note_file(self, path: str, content: str, stamp: str) -> None:
        """Remember that `path` holds `content`; an old failure to read it is forgotten."""
        self._db.execute("DELETE FROM document WHERE content = ?", (f"path:{path}",))
        self._db.execute(
            "INSERT INTO file VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE "
            "SET content = excluded.content, stamp = excluded.stamp",
            (path, content, stamp),
        )

    def row(self, content: str) -> Row | None:
        """The document of this content hash, None where the ledger does not know it."""
        found = self._db.execute(
            f"SELECT {', '.join(_ROW)} FROM document WHERE content = ?", (content,)
        ).fetchone()
        if not found:
            return None
        return Row(**dict(zip(_ROW, found, strict=True)), letters=self._letters(content))

    def _letters(self, content: str) -> tuple[LetterResult, ...]:
        rows = self._db.execute(
            f"SELECT {', '.join(_LETTER)} FROM letter WHERE content = ? ORDER BY first_page",
            (content,),
        )
        return tuple(
            LetterResult(a, b, c, d, Heading(*h), _quality(q)) for a, b, c, d, *h, q in rows
        )

    def unfinished(self) -> Iterator[tuple[str, str]]:
        """Content and digest of every document that waits and whose file is known still."""
        yield from self._db.execute(
            "SELECT content, settings FROM document WHERE status IN ('pending', 'running')"
            " AND content IN (SELECT content FROM file)"
        )

    def plan(self, content: str, settings: str, path: str) -> None:
        """A document is to be processed: pending, whatever it was before."""
        self._db.execute(
            "INSERT INTO document (content, settings, path, status, added)"
            " VALUES (?, ?, ?, 'pending', ?) ON CONFLICT (content) DO UPDATE SET"
            " settings = excluded.settings, path = excluded.path, status = 'pending'",
            (content, settings, path, _now()),
        )

    def start(self, content: str) -> None:
        """A worker has taken the document."""
        self._db.execute(
            "UPDATE document SET status = 'running', started = ?, attempts = attempts + 1"
            " WHERE content = ?",
            (_now(), content),
        )

    def put_back(self, content: str) -> None:
        """The document was taken, but not finished: it is pending again."""
        self._db.execute("UPDATE document SET status = 'pending' WHERE content = ?", (content,))

    def finish(self, content: str, result: Result) -> None:
        """A document is settled, well or badly."""
        heading = astuple(result.heading)
        with self._together():
            self._db.execute(
                "UPDATE document SET status = ?, document_id = ?, reason = ?, reason_values = ?,"
                " detail = ?, pages = ?, seconds = ?, number_symbol = ?, date = ?,"
                " issuing_body = ?, subject = ?, finished = ? WHERE content = ?",
                (
                    result.status,
                    result.document_id,
                    result.reason,
                    result.reason_values,
                    result.detail,
                    result.pages,
                    result.seconds,
                    *heading,
                    _now(),
                    content,
                ),
            )
            self._db.execute("DELETE FROM letter WHERE content = ?", (content,))
            self._db.executemany(
                f"INSERT INTO letter (content, {', '.join(_LETTER)})"
                f" VALUES ({', '.join('?' * (1 + len(_LETTER)))})",
                [
                    (
                        content,
                        *(getattr(x, name) for name in _LETTER[:4]),
                        *astuple(x.heading),
                        json.dumps(astuple(x.quality)),
                    )
                    for x in result.letters
                ],
            )

    @contextmanager
    def _together(self) -> Iterator[None]:
        """A transaction, or part of the one that is open."""
        if self._db.in_transaction:
            yield
            return
        with self.transaction():
            yield

    def note_unreadable(self, result: Result, settings: str) -> None:
        """A path whose bytes could not be read; unchanged where it is known to be so."""
        content = f"path:{result.path}"
        row = self.row(content)
        if row and (row.reason, row.reason_values) == (result.reason, result.reason_values):
            return
        self.plan(content, settings, result.path)
        self.finish(content, result)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make a new ledger, or bring one of an earlier version up to this one."""
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != LEDGER_VERSION:
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if version not in _STEPS or (version == 0 and tables):
                raise UsageError("ledger_unknown", path=path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(
                f"BEGIN; {_STEPS[version]} PRAGMA user_version = {LEDGER_VERSION}; COMMIT;"
            )
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise DiskFullError("disk_full", path=path.parent) from error
        raise UsageError("ledger_unknown", path=path) from error
    except sqlite3.DatabaseError as error:
        raise UsageError("ledger_unknown", path=path) from error


_STEPS = {
    0: _SCHEMA + _LETTERS + _QUALITY,
    1: _FROM_VERSION_1 + _QUALITY,
    2: _QUALITY,
}
"""What leads from each earlier version to this one; 0 is an empty file."""


def _quality(text: str) -> Quality:
    confidences, flags, thumbnail = json.loads(text)
    return Quality(tuple(confidences), tuple((code, count) for code, count in flags), thumbnail)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
