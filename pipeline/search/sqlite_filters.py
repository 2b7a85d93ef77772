"""The filters of a query over the letters of a SQLite index, as a mask of letters."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.letter.tables import document_types
from pipeline.search.folding import fold
from pipeline.search.query import Filter
from pipeline.search.query_values import DateRange
from pipeline.search.signer_names import shortened_names
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_words import IN_ACTORS, IN_RECIPIENTS

Mask = npt.NDArray[np.bool_]
_FEW = 6
"""So many names are compared with those of all letters one by one, sooner than looked up."""


class Filters:
    """Puts filters into masks over the letters of `reader`."""

    def __init__(self, db: sqlite3.Connection, reader: Reader) -> None:
        self._db = db
        self._reader = reader

    def mask(self, filters: Sequence[Filter]) -> Mask:
        """Letters for which all filters hold; the dead are never among them."""
        allowed = self._reader.alive
        for given in filters:
            if given.field != "kind":
                mask = _TESTS[given.field](self, given)
                allowed = allowed & (~mask if given.negative else mask)
        return allowed

    def numbered(self, role: str, keys: Sequence[str]) -> list[int]:
        """Ids of letters that have one of some keys for their own number, or cite it."""
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT letter FROM identifier WHERE role = ? AND key IN ({marks})"
        return [row[0] for row in self._db.execute(sql, (role, *keys))]

    def _date(self, given: Filter) -> Mask:
        assert isinstance(given.value, DateRange)
        first, last = (int(day.replace("-", "")) for day in (given.value.first, given.value.last))
        dates = self._reader.columns.date
        return (dates >= max(first, 1)) & (dates <= last)

    def _body(self, given: Filter) -> Mask:
        return self._among(self._reader.columns.body, self._names(given))

    def _signer(self, given: Filter) -> Mask:
        less = shortened_names(str(given.value).split())
        ids = [*self._names(given), *self._reader.names_exactly("signer", less)]
        return self._among(self._reader.columns.signer, ids)

    def _type(self, given: Filter) -> Mask:
        """The type's name has the words in it, or they are its code (CV, QĐ)."""
        ids = self._names(given)
        for name in type_names(str(given.value)):
            sql = "SELECT id FROM name WHERE kind = 'type' AND folded = ?"
            ids += [row[0] for row in self._db.execute(sql, (name,))]
        return self._among(self._reader.columns.type, ids)

    def _numbered(self, given: Filter) -> Mask:
        assert isinstance(given.value, tuple)
        role = "own" if given.field == "number" else "cited"
        return self._at(self._reader.places_of(self.numbered(role, given.value)))

    def _unread(self, _: Filter) -> Mask:
        """Letters without a number."""
        sql = "SELECT DISTINCT letter FROM identifier WHERE role = 'own'"
        return ~self._at(self._reader.places_of([row[0] for row in self._db.execute(sql)]))

    def _met(self, given: Filter) -> Mask:
        """The words stand in a row among the recipients, or the actors."""
        field = IN_RECIPIENTS if given.field == "to" else IN_ACTORS
        words = [self._reader.word(word, field=field) for word in str(given.value).split()]
        known = [word for word in words if word]
        if len(known) < len(words):
            return self._at(np.empty(0, np.int64))
        return self._at(self._reader.phrase(known).letters)

    def _names(self, given: Filter) -> list[int]:
        """Ids of names that have the words of a filter in a row, or those of its other names."""
        values = (str(given.value), *given.other)
        return [name for value in values for name in self._reader.names_having(given.field, value)]

    def _at(self, places: npt.NDArray[np.int64]) -> Mask:
        mask = np.zeros(self._reader.size, np.bool_)
        mask[places] = True
        return mask

    @staticmethod
    def _among(column: npt.NDArray[np.uint32], names: list[int]) -> Mask:
        if len(names) <= _FEW:
            mask = np.zeros(len(column), np.bool_)
            for name in names:
                mask |= column == name
            return mask
        table = np.zeros(int(column.max(initial=0)) + 1, np.bool_)
        table[[name for name in names if name < len(table)]] = True
        return table[column]


_TESTS: dict[str, Callable[[Filters, Filter], Mask]] = {
    "number": Filters._numbered,
    "cites": Filters._numbered,
    "date": Filters._date,
    "body": Filters._body,
    "signer": Filters._signer,
    "type": Filters._type,
    "to": Filters._met,
    "actor": Filters._met,
    "unread": Filters._unread,
}


def type_names(code: str) -> list[str]:
    """Folded names of the types that have a folded code."""
    return [fold(t.name) for t in document_types() if t.code and fold(t.code) == code]
