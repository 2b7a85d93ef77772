"""The search index in one SQLite file that can be copied like any other.

Readers never wait for a writer (WAL); a writer that is killed loses at most its last batch."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType

from pipeline.messages import message
from pipeline.record import Record
from pipeline.search.content import Content, content_of
from pipeline.search.folding import fold
from pipeline.search.passages import best_passage, opening
from pipeline.search.protocol import Added, Facets, Hit, Passage, Refusal, Results, Sort
from pipeline.search.query import Query, parse, with_identifiers
from pipeline.search.sqlite_file import UNITS, explained, open_index
from pipeline.search.sqlite_query import Plan, can_relax, plan

BATCH = 200
_RANK = "bm25(words, 1.0, 4.0, 6.0, 0.3, 8.0)"
"""Weights of folded, exact, title, raw, ids."""
_LETTER_FIRST = 1.3
"""A letter's score counts this much more than a directive's, which is short and so scores high."""


class SqliteIndex:
    """An `Index` (pipeline/search/protocol.py) in the file `path`.

    The file is opened when first needed, and made, if there is none, by `add` alone. All methods
    raise the errors of `open_index` and `explained`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: sqlite3.Connection | None = None
        self._names: dict[tuple[str, str], int] = {}
        self._changed = 0

    def __enter__(self) -> SqliteIndex:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, records: Iterable[Record], *, allow_secret: bool = False) -> Added:
        """See `Index.add`. Each batch stands in the index whole or not at all."""
        self._open(create=True)
        indexed = unchanged = 0
        refused: list[Refusal] = []
        waiting = iter(records)
        while batch := list(islice(waiting, BATCH)):
            contents = [content_of(record) for record in batch]
            codes = map(partial(_refusal, allow_secret=allow_secret), batch, contents)
            refusals = [Refusal(r.document_id, c) for r, c in zip(batch, codes, strict=True) if c]
            out = {refusal.document_id for refusal in refusals}
            wanted = [content for content in contents if content.document_id not in out]
            with self._writing():
                self._remove(out)
                unchanged += sum(not self._put(content) for content in wanted)
            indexed += len(wanted)
            refused += refusals
        return Added(indexed, tuple(refused), unchanged)

    def withdraw(self, document_ids: Iterable[str]) -> int:
        """See `Index.withdraw`."""
        with self._writing():
            return self._remove(document_ids)

    def search(
        self, query: str, *, limit: int = 10, offset: int = 0, sort: Sort = "relevance"
    ) -> Results:
        """See `Index.search`."""
        with self._reading():
            asked = with_identifiers(parse(query), self._known)
            if asked.unanswerable:
                return Results(0, message=asked.problem)
            total, facets = self._count(plan(asked, ranked=False))
            relax, note = not total and can_relax(asked), asked.problem
            if relax:
                total, facets = self._count(plan(asked, one_missing=True, ranked=False))
                note = message("query_relaxed") if total else note
            chosen = plan(asked, one_missing=relax)
            found = self._found(chosen, max(limit, 0), max(offset, 0), sort) if total else []
            hits = tuple(self._hit(unit, score, asked) for unit, score in found)
        return Results(total, hits, facets, note)

    def document_ids(self) -> Iterator[str]:
        """See `Index.document_ids`."""
        with explained(self.path):
            rows = self._db.execute("SELECT document_id FROM letter ORDER BY 1").fetchall()
        yield from (row[0] for row in rows)

    def close(self) -> None:
        """See `Index.close`. The last to close leaves one file, with nothing beside it."""
        if self._file is None:
            return
        with explained(self.path):
            if self._changed:
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._file.close()
        self._file = None

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file or self._open(create=False)

    def _open(self, *, create: bool) -> sqlite3.Connection:
        if self._file is None:
            self._file = open_index(self.path, create=create)
        return self._file

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._names.clear()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One state of the index for all questions of a search."""
        with explained(self.path):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    def _put(self, content: Content) -> bool:
        """Index a letter; False where it stands in the index just so."""
        digest = content.digest()
        row = self._db.execute(
            "SELECT id, digest FROM letter WHERE document_id = ?", (content.document_id,)
        ).fetchone()
        if row and row[1] == digest:
            return False
        if row:
            self._erase(row[0])
        self._insert(row[0] if row else None, content, digest)
        self._changed += 1
        return True

    def _insert(self, letter: int | None, content: Content, digest: str) -> None:
        year = int(content.date[:4]) if content.date and content.date[:4].isdecimal() else None
        body = " – ".join(part for part in (content.issuing_body, content.parent_body) if part)
        names = (("body", body), ("type", content.document_type), ("signer", content.signer))
        cursor = self._db.execute(
            "INSERT INTO letter VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(letter, content.document_id, digest, content.date, year),
                *(self._name(kind, shown) for kind, shown in names),
            ),
        )
        letter = cursor.lastrowid
        assert letter is not None
        units = [(letter * UNITS + n, *words) for n, words in enumerate(_rows(content))]
        self._db.executemany("INSERT INTO unit VALUES (?)", [unit[:1] for unit in units])
        self._db.executemany(
            "INSERT INTO words (rowid, folded, exact, title, raw, ids) VALUES (?, ?, ?, ?, ?, ?)",
            units,
        )
        self._db.execute("INSERT INTO kept VALUES (?, ?)", (letter, content.to_bytes()))
        own = ((key, "own", letter) for key in content.own_keys)
        cited = ((key, "cited", letter) for key in content.cited_keys)
        self._db.executemany("INSERT INTO identifier VALUES (?, ?, ?)", (*own, *cited))

    def _remove(self, document_ids: Iterable[str]) -> int:
        removed = 0
        for document_id in document_ids:
            row = self._db.execute(
                "SELECT id FROM letter WHERE document_id = ?", (document_id,)
            ).fetchone()
            if row:
                self._erase(row[0])
                removed += 1
        self._changed += removed
        return removed

    def _erase(self, letter: int) -> None:
        """Take a letter out. FTS5 needs the very words that it was once given."""
        units = enumerate(_rows(self._kept(letter)))
        self._db.executemany(
            "INSERT INTO words (words, rowid, folded, exact, title, raw, ids)"
            " VALUES ('delete', ?, ?, ?, ?, ?, ?)",
            [(letter * UNITS + n, *words) for n, words in units],
        )
        first = letter * UNITS
        self._db.execute("DELETE FROM unit WHERE id BETWEEN ? AND ?", (first, first + UNITS - 1))
        self._db.execute("DELETE FROM identifier WHERE letter = ?", (letter,))
        self._db.execute("DELETE FROM kept WHERE letter = ?", (letter,))
        self._db.execute("DELETE FROM letter WHERE id = ?", (letter,))

    def _name(self, kind: str, shown: str | None) -> int | None:
        """The id of a body's, type's or signer's name, entered if new."""
        key = (kind, fold(shown or ""))
        if not key[1]:
            return None
        if key not in self._names:
            self._db.execute(
                "INSERT OR IGNORE INTO name (kind, folded, shown) VALUES (?, ?, ?)", (*key, shown)
            )
            query = "SELECT id FROM name WHERE kind = ? AND folded = ?"
            self._names[key] = self._db.execute(query, key).fetchone()[0]
        return self._names[key]

    def _kept(self, letter: int) -> Content:
        row = self._db.execute("SELECT content FROM kept WHERE letter = ?", (letter,)).fetchone()
        return Content.from_bytes(row[0])

    def _known(self, keys: Collection[str]) -> Collection[str]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT DISTINCT key FROM identifier WHERE key IN ({marks})"
        return {row[0] for row in self._db.execute(sql, tuple(keys))}

    def _count(self, chosen: Plan) -> tuple[int, Facets]:
        """Hits in all, and letters by year, body and type."""
        rows = self._db.execute(
            "SELECT letter.year, letter.body, letter.type, count(*), count(DISTINCT letter.id) "
            f"{chosen.source} GROUP BY 1, 2, 3",
            chosen.parameters,
        ).fetchall()
        counts: tuple[Counter[int], ...] = (Counter(), Counter(), Counter())
        for *values, _, letters in rows:
            for count, value in zip(counts, values, strict=True):
                if value is not None:
                    count[value] += letters
        year, body, kind = counts
        years = {str(number): count for number, count in year.most_common()}
        facets = Facets(years, self._shown(body), self._shown(kind))
        return sum(row[3] for row in rows), facets

    def _shown(self, names: Counter[int]) -> dict[str, int]:
        marks = ", ".join("?" * len(names))
        sql = f"SELECT id, shown FROM name WHERE id IN ({marks})"
        shown = dict(self._db.execute(sql, tuple(names)).fetchall())
        return {shown[name]: count for name, count in names.most_common()}

    def _found(
        self, chosen: Plan, limit: int, offset: int, sort: Sort
    ) -> Sequence[tuple[int, float]]:
        """Ids and scores of units, best first."""
        score = f"-{_RANK} * iif({chosen.unit} % {UNITS}, 1, {_LETTER_FIRST})"
        score, values = _numbered_first(score if chosen.ranked else "0.0", chosen)
        order = "letter.date DESC NULLS LAST, score DESC" if sort == "date" else "score DESC"
        sql = (
            f"SELECT {chosen.unit}, {score} AS score {chosen.source} "
            f"ORDER BY {order}, letter.date DESC NULLS LAST, 1 LIMIT ? OFFSET ?"
        )
        return self._db.execute(sql, (*values, *chosen.parameters, limit, offset)).fetchall()

    def _hit(self, unit: int, score: float, query: Query) -> Hit:
        letter, number = divmod(unit, UNITS)
        content = self._kept(letter)
        directive = content.directives[number - 1] if number else None
        page, passage = _shown_passage(content, number, query)
        return Hit(
            document_id=content.document_id,
            kind="directive" if directive else "letter",
            number_symbol=content.number_symbol,
            date=content.date,
            issuing_body=content.issuing_body,
            document_type=content.document_type,
            subject=content.subject,
            page=page,
            passage=passage,
            score=round(score, 4),
            marker=directive.marker if directive else None,
        )


def _refusal(record: Record, content: Content, *, allow_secret: bool) -> str | None:
    """Why a record is not indexed."""
    if record.header.secrecy and not allow_secret:
        return "index_secret"
    return "index_nothing" if content.empty else None


def _rows(content: Content) -> Iterator[tuple[str, str, str, str, str]]:
    for words in content.units():
        yield words.folded, words.exact, words.title, words.raw, words.ids


def _numbered_first(score: str, chosen: Plan) -> tuple[str, tuple[str, ...]]:
    """A score by which the letter of a number asked for comes first, then those citing it."""
    if not chosen.numbers:
        return score, ()
    marks = ", ".join("?" * len(chosen.numbers))
    letters = (
        f"letter.id IN (SELECT letter FROM identifier WHERE role = '{{}}' AND key IN ({marks}))"
    )
    steps = "".join(
        f" + iif({chosen.unit} % {UNITS} = 0 AND {letters.format(role)}, {step}, 0)"
        for role, step in (("own", 200), ("cited", 100))
    )
    return score + steps, chosen.numbers * 2


def _shown_passage(content: Content, number: int, query: Query) -> tuple[int | None, Passage]:
    """The piece to show: of the directive, or of the letter's pages, its heading, its raw text."""
    if number:
        directive = content.directives[number - 1]
        places: tuple[list[tuple[int | None, str]], ...] = ([(directive.page, directive.text)],)
    else:
        pages: list[tuple[int | None, str]] = [(p.number, p.text) for p in content.pages]
        heading = " ".join(filter(None, (content.number_symbol, content.subject)))
        raw: list[tuple[int | None, str]] = [(p.number, p.raw) for p in content.pages]
        places = (pages, [(None, heading)], raw)
    found = (best_passage(place, query) for place in places)
    return next((f for f in found if f), None) or opening(places[0])
