"""An output folder's records put into an index, again and again, with a memory of what went where.

`DIR/indexed.sqlite` has a row for each letter that an index has acknowledged. So a run that was
broken off goes on where it stopped, records that did not change are not sent again, and letters
that left the folder are known. It is only a memory: without it all records are sent again, and the
index itself leaves out what it has."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from pipeline.errors import DocumentError
from pipeline.messages import message
from pipeline.record import Record
from pipeline.records import ReadRecords
from pipeline.search.protocol import Index, Refusal

MEMORY = "indexed.sqlite"
BATCH = 2048
_TABLE = """
CREATE TABLE IF NOT EXISTS indexed (
    place TEXT NOT NULL,       -- identity of an index
    document_id TEXT NOT NULL,
    digest TEXT NOT NULL,      -- of the record that the index has
    PRIMARY KEY (place, document_id)
) WITHOUT ROWID
"""


@dataclass(slots=True)
class Delivered:
    """What became of a folder's records: `indexed` stand in the index, `unchanged` of them did
    before; `gone` stand in the index but no longer in the folder, `withdrawn` were taken out."""

    indexed: int = 0
    unchanged: int = 0
    gone: tuple[str, ...] = ()
    withdrawn: int = 0
    refused: list[Refusal] = field(default_factory=list)
    errors: list[DocumentError] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a record could not be read, or the engine did not take it."""
        return bool(self.errors) or any(r.code == "index_item_failed" for r in self.refused)

    def problems(self) -> Iterator[str]:
        """For people to read: what was left out, and what is there no longer."""
        yield from map(str, self.errors)
        yield from (refusal.message for refusal in self.refused)
        if self.withdrawn:
            yield message("index_withdrawn", count=self.withdrawn)
        elif self.gone:
            yield message("index_gone", count=len(self.gone))

    def data(self) -> dict[str, object]:
        """As JSON."""
        return {
            "indexed": self.indexed,
            "unchanged": self.unchanged,
            "gone": list(self.gone),
            "withdrawn": self.withdrawn,
            "refused": [asdict(refusal) for refusal in self.refused],
            "errors": [str(error) for error in self.errors],
        }


def deliver(
    folder: Path, index: Index, *, allow_secret: bool = False, withdraw: bool = False
) -> Delivered:
    """Put the records of a folder into an index; with `withdraw` take out those that came from the
    folder and are no longer in it.

    Raises the errors of `ReadRecords` and of the index. What was acknowledged before is remembered
    even then."""
    records = ReadRecords(folder)
    out = Delivered()
    with closing(_Memory(folder, index.identity)) as memory:
        left = dict(memory.letters())
        waiting = iter(records)
        while batch := list(islice(waiting, BATCH)):
            _deliver_batch(batch, index, memory, left, out, allow_secret=allow_secret)
        unread = {error.values["path"] for error in records.errors}
        left = {name: d for name, d in left.items() if folder / name / "record.json" not in unread}
        out.gone = tuple(sorted(left))
        if withdraw and left:
            out.withdrawn = index.withdraw(left)
            memory.forget(left)
    out.errors = records.errors
    return out


def _deliver_batch(
    batch: list[Record],
    index: Index,
    memory: _Memory,
    left: dict[str, str],
    out: Delivered,
    *,
    allow_secret: bool,
) -> None:
    digests = {record.document_id: _digest(record, allow_secret) for record in batch}
    known = {name for name, digest in digests.items() if left.pop(name, None) == digest}
    added = index.add(
        (record for record in batch if record.document_id not in known), allow_secret=allow_secret
    )
    refused = {refusal.document_id for refusal in added.refused}
    new = {n: d for n, d in digests.items() if n not in known and n not in refused}
    memory.remember(new)
    memory.forget(refused)
    out.indexed += len(known) + added.indexed
    out.unchanged += len(known) + added.unchanged
    out.refused += added.refused


class _Memory:
    """What one index has of one folder. Where the folder cannot be written, nothing is kept."""

    def __init__(self, folder: Path, place: str) -> None:
        self._place = place
        try:
            self._db = sqlite3.connect(folder / MEMORY, timeout=30)
            self._db.execute(_TABLE)
        except sqlite3.OperationalError:
            self._db = sqlite3.connect(":memory:")
            self._db.execute(_TABLE)

    def letters(self) -> Iterator[tuple[str, str]]:
        """Letters the index has, and the digests of their records."""
        sql = "SELECT document_id, digest FROM indexed WHERE place = ?"
        yield from self._db.execute(sql, (self._place,))

    def remember(self, letters: dict[str, str]) -> None:
        rows = ((self._place, name, digest) for name, digest in letters.items())
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO indexed VALUES (?, ?, ?)", rows)

    def forget(self, letters: Iterable[str]) -> None:
        rows = ((self._place, name) for name in letters)
        with self._db:
            sql = "DELETE FROM indexed WHERE place = ? AND document_id = ?"
            self._db.executemany(sql, rows)

    def close(self) -> None:
        self._db.close()


def _digest(record: Record, allow_secret: bool) -> str:
    """Another one wherever the index might have to do something."""
    secret = bool(record.header.secrecy) and not allow_secret
    data = record.model_dump_json(exclude={"processing"}).encode()
    return hashlib.sha256(data + bytes([secret])).hexdigest()[:24]
