"""The search index in one SQLite file that can be copied like any other.

Readers never wait for a writer (WAL); a writer that is killed loses at most its last batch."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType

from pipeline.record import Record
from pipeline.search.content import Content, content_of, digest, pack, unpack
from pipeline.search.folding import fold
from pipeline.search.hits import refusal
from pipeline.search.protocol import Added, Refusal, Results, Sort
from pipeline.search.sqlite_file import check_replaceable, explained, open_index
from pipeline.search.sqlite_postings import MOST_IN_BATCH
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_search import Search, Window
from pipeline.search.sqlite_segments import AT_LAST, AT_ONCE, Draft, bury, tidy
from pipeline.search.sqlite_words import Vocabulary

BATCH = MOST_IN_BATCH
_SPARE = 0.1
"""Share of the file's pages that may be left empty."""


class SqliteIndex:
    """An `Index` (pipeline/search/protocol.py) in the file `path`.

    The file is opened when first needed, and made, if there is none, by `add` alone. With `rebuild`
    letters go into a new file beside it, which takes its place when it is closed without an error.
    All methods raise the errors of `open_index` and `explained`."""

    def __init__(self, path: Path, *, rebuild: bool = False) -> None:
        self._final = path
        self.path = path.with_name(f"{path.name}.new") if rebuild else path
        if rebuild:
            _remove_file(self.path)
        self._file: sqlite3.Connection | None = None
        self._vocabulary: Vocabulary | None = None
        self._names: dict[tuple[str, str], int] = {}
        self._version: int | None = None
        self._reader: tuple[object, Reader] | None = None
        self._changed = 0

    def __enter__(self) -> SqliteIndex:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        rebuilt = self._file is not None and self.path != self._final
        self.close()
        if rebuilt and error is None:
            self._take_place()
        elif rebuilt:
            _remove_file(self.path)

    @property
    def identity(self) -> str:
        """See `Index.identity`."""
        with explained(self.path):
            sql = "SELECT value FROM about WHERE name = 'identity'"
            identity: str = self._open(create=True).execute(sql).fetchone()[0]
        return identity

    def _take_place(self) -> None:
        """Put the new file in the place of the older one; who reads that goes on doing so."""
        for end in ("-wal", "-shm"):  # of the older: they must not meet the new file
            self._final.with_name(self._final.name + end).unlink(missing_ok=True)
        self.path.replace(self._final)
        self.path = self._final

    def add(self, records: Iterable[Record], *, allow_secret: bool = False) -> Added:
        """See `Index.add`. Each batch stands in the index whole or not at all."""
        self._open(create=True)
        indexed = unchanged = 0
        refused: list[Refusal] = []
        waiting = iter(records)
        while batch := list(islice(waiting, BATCH)):
            with _no_collecting():
                added = self._add(batch, allow_secret=allow_secret)
            indexed += added.indexed
            unchanged += added.unchanged
            refused += added.refused
        return Added(indexed, tuple(refused), unchanged)

    def _add(self, batch: Sequence[Record], *, allow_secret: bool) -> Added:
        contents: dict[str, Content] = {}
        codes: dict[str, str | None] = {}
        for record in batch:
            content = content_of(record)
            contents[record.document_id] = content
            codes[record.document_id] = refusal(record, content, allow_secret=allow_secret)
        out = tuple(Refusal(name, code) for name, code in codes.items() if code)
        wanted = [contents[name] for name, code in codes.items() if not code]
        with self._writing():
            self._remove(refused.document_id for refused in out)
            return Added(len(wanted), out, len(wanted) - self._put(wanted))

    def withdraw(self, document_ids: Iterable[str]) -> int:
        """See `Index.withdraw`."""
        with self._writing():
            return self._remove(document_ids)

    def search(
        self, query: str, *, limit: int = 10, offset: int = 0, sort: Sort = "relevance"
    ) -> Results:
        """See `Index.search`."""
        with self._reading():
            search = Search(self._db, self._read())
            return search.results(query, Window(max(offset, 0), max(limit, 0), sort))

    def document_ids(self) -> Iterator[str]:
        """See `Index.document_ids`."""
        with explained(self.path):
            rows = self._db.execute("SELECT document_id FROM letter ORDER BY 1").fetchall()
        yield from (row[0] for row in rows)

    def close(self) -> None:
        """See `Index.close`. The last to close leaves one file, with nothing beside it."""
        if self._file is None:
            return
        if self._changed:
            with self._writing():
                tidy(self._db, AT_LAST)
        with explained(self.path):
            if self._changed:
                self._shrink()
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._file.close()
        self._file = self._vocabulary = self._reader = None

    def _shrink(self) -> None:
        """Give pages that merging left empty back to the disk, where they are many."""
        pages, spare = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count")
        )
        if spare > _SPARE * pages:
            # a single step, all that execute does, would free one page
            self._db.executescript("PRAGMA incremental_vacuum")

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file or self._open(create=False)

    def _open(self, *, create: bool) -> sqlite3.Connection:
        if self._file is None:
            if self.path != self._final:
                check_replaceable(self._final)
            self._file = open_index(self.path, create=create)
        return self._file

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._forget_if_changed()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._vocabulary = None
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _forget_if_changed(self) -> None:
        """Words and names may have come from another writer."""
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if self._vocabulary is None or version != self._version:
            self._vocabulary = Vocabulary(self._db)
            self._names.clear()
        self._version = version

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One state of the index for all questions of a search."""
        with explained(self.path):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    def _read(self) -> Reader:
        state = Reader.state(self._db)
        if self._reader is None or self._reader[0] != state:
            self._reader = state, Reader(self._db)
        return self._reader[1]

    def _put(self, contents: Iterable[Content]) -> int:
        """Index letters; returns how many were not there just so."""
        assert self._vocabulary is not None
        draft = Draft(self._vocabulary)
        letter = self._last_letter()
        replaced: list[int] = []
        kept: list[tuple[int, Content, bytes]] = []
        for content in contents:
            data = content.to_json()
            row = self._letter(content.document_id)
            if row and row[1] == digest(data):
                continue
            if row:
                replaced.append(row[0])
            letter += 1
            draft.put(letter, content, self._names_of(content))
            kept.append((letter, content, data))
        self._keep(kept)
        self._forget(replaced)
        self._vocabulary.save()
        draft.write(self._db)
        if len(draft) or replaced:
            tidy(self._db, AT_ONCE)
        self._changed += len(draft)
        return len(draft)

    def _keep(self, letters: Sequence[tuple[int, Content, bytes]]) -> None:
        """Keep letters, given as their ids, contents, and those as JSON."""
        self._db.executemany(
            "INSERT OR REPLACE INTO letter VALUES (?, ?, ?)",
            ((content.document_id, letter, digest(data)) for letter, content, data in letters),
        )
        self._db.executemany(
            "INSERT INTO kept VALUES (?, ?)", ((letter, pack(data)) for letter, _, data in letters)
        )
        self._db.executemany(
            "INSERT INTO identifier VALUES (?, ?, ?)",
            (row for letter, content, _ in letters for row in _identifiers(letter, content)),
        )

    def _remove(self, document_ids: Iterable[str]) -> int:
        letters = []
        for document_id in document_ids:
            if row := self._letter(document_id):
                letters.append(row[0])
                self._db.execute("DELETE FROM letter WHERE document_id = ?", (document_id,))
        self._forget(letters)
        if letters:
            tidy(self._db, AT_ONCE)
        self._changed += len(letters)
        return len(letters)

    def _forget(self, letters: list[int]) -> None:
        """Take out what is kept of letters, by their ids."""
        for letter in letters:
            sql = "SELECT content FROM kept WHERE letter = ?"
            content = unpack(self._db.execute(sql, (letter,)).fetchone()[0])
            self._db.executemany(
                "DELETE FROM identifier WHERE key = ? AND role = ? AND letter = ?",
                ((key, role, letter) for key, role, letter in _identifiers(letter, content)),
            )
            self._db.execute("DELETE FROM kept WHERE letter = ?", (letter,))
        bury(self._db, letters)

    def _letter(self, document_id: str) -> tuple[int, bytes] | None:
        sql = "SELECT id, digest FROM letter WHERE document_id = ?"
        row: tuple[int, bytes] | None = self._db.execute(sql, (document_id,)).fetchone()
        return row

    def _last_letter(self) -> int:
        """The largest id in use, by the dead too."""
        sql = "SELECT coalesce(max(last), 0) FROM segment"
        last: int = self._db.execute(sql).fetchone()[0]
        return last

    def _names_of(self, content: Content) -> tuple[int, int, int]:
        named = (
            ("body", content.body),
            ("type", content.document_type),
            ("signer", content.signer),
        )
        body, kind, signer = (self._name(what, shown) for what, shown in named)
        return body, kind, signer

    def _name(self, kind: str, shown: str | None) -> int:
        """The id of a body's, type's or signer's name, entered if new; 0 for none."""
        key = (kind, _folded_name(shown or ""))
        if not key[1]:
            return 0
        if key not in self._names:
            self._db.execute(
                "INSERT OR IGNORE INTO name (kind, folded, shown) VALUES (?, ?, ?)", (*key, shown)
            )
            query = "SELECT id FROM name WHERE kind = ? AND folded = ?"
            self._names[key] = self._db.execute(query, key).fetchone()[0]
        return self._names[key]


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Python looks for unreachable cycles each time some thousand objects were made, and a batch
    makes many that all stay until it is written, and no cycles."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@lru_cache(maxsize=100_000)
def _folded_name(name: str) -> str:
    return fold(name)


def _identifiers(letter: int, content: Content) -> Iterator[tuple[str, str, int]]:
    yield from ((key, "own", letter) for key in content.own_keys)
    yield from ((key, "cited", letter) for key in content.cited_keys)


def _remove_file(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
