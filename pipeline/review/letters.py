"""The letters of a folder as a list to work through, those first of which a look is worth most.

Fields an archive must have that are doubtful or missing come first, then letters by their doubtful
words; the rest stand in an order by chance that never changes.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from pipeline.review.entries import LetterRow
from pipeline.review.stock import ROW, Stock

SHOWN_STATUS = ("needs_review", "partial", "done")
_WORTH = "fields DESC, words DESC, chance"
_SHOWN = "status <> ''"


@dataclass(frozen=True, slots=True)
class Part:
    """Some letters of the list, and how many there are in all."""

    rows: tuple[LetterRow, ...]
    total: int


class Letters:
    """The list, as the stock has it."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock

    def part(self, start: int, count: int, status: str = "", query: str = "") -> Part:
        """`count` letters from the `start`-th on (from 0), of a status, that tell of `query`."""
        where, values = _SHOWN, []
        if status:
            where, values = "status = ?", [status]
        if query:
            where += " AND instr(told, ?)"
            values.append(query.casefold())
        # The rows passed over are counted in the index alone.
        chosen = f"SELECT id FROM letters WHERE {where} ORDER BY {_WORTH} LIMIT ? OFFSET ?"
        sql = f"SELECT {ROW} FROM letters WHERE id IN ({chosen}) ORDER BY {_WORTH}"
        with self._stock.connected() as db:
            rows = db.execute(sql, (*values, count, start)).fetchall()
            if query:
                told = f"SELECT count(*) FROM letters WHERE {where}"
                (total,) = db.execute(told, values).fetchone()
        if not query:
            counts = self.statuses()
            total = counts.get(status, 0) if status else sum(counts.values())
        return Part(tuple(LetterRow(*row) for row in rows), total)

    def statuses(self) -> dict[str, int]:
        """How many letters there are of each status."""
        with self._stock.connected() as db:
            found = db.execute("SELECT status, count(*) FROM letters GROUP BY status")
            return {status: count for status, count in found if status}

    def neighbours(self, document_id: str) -> tuple[str | None, str | None]:
        """The letters before and behind one in the list; None where it ends or does not have it."""
        with self._stock.connected() as db:
            sql = "SELECT fields, words, chance FROM letters WHERE document_id = ?"
            at = db.execute(sql, (document_id,)).fetchone()
            if not at:
                return None, None
            before = _first(db, at, ">", "fields, words, chance DESC")
            return before, _first(db, at, "<", _WORTH)


def _first(db: sqlite3.Connection, at: tuple[int, int, int], worth: str, order: str) -> str | None:
    """The nearest letter of more or less worth (`>`, `<`); each query enters the index at its
    place, which one comparison of all three columns would not."""
    fields, words, chance = at
    nearer = {">": "<", "<": ">"}[worth]
    for where, values in (
        (f"fields = ? AND words = ? AND chance {nearer} ?", (fields, words, chance)),
        (f"fields = ? AND words {worth} ?", (fields, words)),
        (f"fields {worth} ?", (fields,)),
    ):
        sql = f"SELECT document_id FROM letters WHERE {where} AND {_SHOWN} ORDER BY {order} LIMIT 1"
        if row := db.execute(sql, values).fetchone():
            return str(row[0])
    return None
