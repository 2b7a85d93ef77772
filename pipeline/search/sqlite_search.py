"""A query answered from one state of a SQLite index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.messages import message
from pipeline.search.content import Content, unpack
from pipeline.search.hits import directive_hits, letter_hits
from pipeline.search.passages import Shower
from pipeline.search.protocol import Facets, Results, Sort
from pipeline.search.query import Query, parse, with_identifiers, with_names, with_signers
from pipeline.search.runs import starts_of_runs
from pipeline.search.sqlite_filters import Filters
from pipeline.search.sqlite_find import Finder, Found
from pipeline.search.sqlite_nearness import Places
from pipeline.search.sqlite_postings import Longs
from pipeline.search.sqlite_reader import Reader
from pipeline.search.unread_numbers import of_unread_number

NEARNESS_FOR = 100
"""So many of the best letters are ranked by how near their words stand."""
MOST_FOR_DIRECTIVES = 1_000
"""Directives are looked for in so many of the best letters; where there are more, that is said."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which of the hits are wanted, in which order."""

    offset: int
    limit: int
    sort: Sort

    @property
    def end(self) -> int:
        """Hits up to the last wanted."""
        return self.offset + self.limit


class Search:
    """Answers queries from the state that `reader` has of the index `db`."""

    def __init__(self, db: sqlite3.Connection, reader: Reader) -> None:
        self._db = db
        self._reader = reader
        self._filters = Filters(db, reader)

    def results(self, text: str, window: Window) -> Results:
        """The answer to what was typed."""
        query = with_identifiers(parse(text), self._known)
        query = with_names(with_signers(query, self._signers))
        if query.unanswerable or not query.kinds:
            return Results(0, message=query.problem)
        finder, found, lacking = self._found(query)
        note = message("query_relaxed") if lacking else query.problem
        if lacking or not len(found.letters):
            instead = of_unread_number(query)
            if instead and len((some := self._found(instead))[1].letters):
                query, (finder, found, _) = instead, some
                note = message("query_number_unread")
        if "directive" in query.kinds:
            return self._directives(finder, found, query, window, note)
        chosen = self._ranked(finder, found, query, window)
        contents = self._contents(chosen.letters)
        hits = letter_hits(contents, chosen.scores.tolist(), Shower(query))
        return Results(len(found.letters), hits, self._facets(found.letters), note)

    def _found(self, query: Query) -> tuple[Finder, Found, bool]:
        """Letters of a query, and whether something is lacking in them."""
        finder = Finder(self._reader, query, self._filters.numbered)
        return finder, *finder.letters(self._filters.mask(query.filters))

    def _ranked(self, finder: Finder, found: Found, query: Query, window: Window) -> Found:
        """The letters wanted, best first."""
        dates = self._reader.columns.date
        wanted = max(window.end, NEARNESS_FOR)
        chosen = found.only(_order(found, found.letters, dates, window.sort, wanted))
        if window.sort == "relevance" and len(chosen.letters):
            near = np.sort(chosen.letters[:NEARNESS_FOR])
            extra = Places(self._reader, finder, query, near).nearness()
            scores = chosen.scores.copy()
            scores[:NEARNESS_FOR] += extra[near.searchsorted(chosen.letters[:NEARNESS_FOR])]
            first = Found(chosen.letters[:NEARNESS_FOR], scores[:NEARNESS_FOR])
            again = _order(first, first.letters, dates, window.sort, NEARNESS_FOR)
            rows = np.concatenate((again, np.arange(len(again), len(scores))))
            chosen = Found(chosen.letters, scores).only(rows)
        return chosen.only(np.arange(window.offset, min(window.end, len(chosen.letters))))

    def _directives(
        self, finder: Finder, letters: Found, query: Query, window: Window, note: str | None
    ) -> Results:
        """Directives as hits of their own."""
        dates = self._reader.columns.date
        some = _candidates(letters, letters.letters, dates, window.sort, MOST_FOR_DIRECTIVES)
        if len(some) > MOST_FOR_DIRECTIVES:
            some = _order(letters, letters.letters, dates, window.sort, MOST_FOR_DIRECTIVES)
        among = np.sort(letters.letters[some])
        found, owners = Places(self._reader, finder, query, among).directives()
        rows = _order(found, owners, dates, window.sort, window.end)[window.offset :]
        numbers = (found.letters - self._reader.first_directive[owners])[rows].tolist()
        each = list(zip(self._contents(owners[rows]), numbers, strict=True))
        hits = directive_hits(each, found.scores[rows].tolist(), Shower(query))
        facets = self._facets(owners.take(starts_of_runs(owners)))
        at_least = len(some) < len(letters.letters)
        return Results(len(found.letters), hits, facets, note, at_least)

    def _contents(self, places: Longs) -> list[Content]:
        """What is kept of some letters, some perhaps several times."""
        letters = self._reader.columns.letter[places].tolist()
        sql = "SELECT letter, content FROM kept WHERE letter IN (SELECT value FROM json_each(?))"
        rows = self._db.execute(sql, (json.dumps(letters),))
        kept = {letter: unpack(data) for letter, data in rows}
        return [kept[letter] for letter in letters]

    def _known(self, keys: Collection[str]) -> Collection[str]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT DISTINCT key FROM identifier WHERE key IN ({marks})"
        return {row[0] for row in self._db.execute(sql, tuple(keys))}

    def _signers(self, names: Collection[str]) -> Collection[str]:
        marks = ", ".join("?" * len(names))
        sql = f"SELECT folded FROM name WHERE kind = 'signer' AND folded IN ({marks})"
        return [row[0] for row in self._db.execute(sql, tuple(names))]

    def _facets(self, places: Longs) -> Facets:
        reader = self._reader
        counts = reader.facets.of(places)
        body, kind = (self._shown(_most(counted)) for counted in (counts.body, counts.type))
        return Facets({str(year): count for year, count in _most(counts.year)}, body, kind)

    def _shown(self, counts: Sequence[tuple[int, int]]) -> dict[str, int]:
        """Counts by name, of those that are counted most."""
        shown = self._reader.names_shown([name for name, _ in counts])
        return {shown[name]: count for name, count in counts}


MOST_FACETS = 100
"""So many years, bodies and types are counted in an answer, those with most letters."""


_GROUPS = 4
"""For each value wanted so many groups."""


def _most(counts: Longs) -> list[tuple[int, int]]:
    """Each value but 0 that is there and how often, given how often each is, most first."""
    there = counts[1:].nonzero()[0] + 1
    order = (-counts.take(there)).argsort(kind="stable")[:MOST_FACETS]
    best = there.take(order)
    return list(zip(best.tolist(), counts.take(best).tolist(), strict=True))


def _order(
    found: Found, letters: Longs, dates: npt.NDArray[np.uint32], sort: Sort, count: int
) -> npt.NDArray[np.int64]:
    """Row numbers of the best `count`, best first: by score or by date, then by the other, then by
    place, so that the order is always the same. `letters` are those that were found, or those of
    the directives that were; `dates` has an entry for each letter of the index."""
    rows = _candidates(found, letters, dates, sort, count)
    keys = (-found.scores.take(rows), -dates.take(letters.take(rows)).astype(np.int64))
    first, second = keys if sort == "relevance" else keys[::-1]
    if len(rows) > 2 * count + 1000:
        some = _first_of_equal(first, second, count)
        rows, first, second = rows[some], first[some], second[some]
    return rows[np.lexsort((found.letters[rows], second, first))][:count]


def _candidates(
    found: Found, letters: Longs, dates: npt.NDArray[np.uint32], sort: Sort, count: int
) -> npt.NDArray[np.int64]:
    """Row numbers of the best `count` by score, or by date, and of those as good as the last."""
    if not 0 < count < len(found.letters):
        return np.arange(len(found.letters))
    return _best_rows(found.scores if sort == "relevance" else dates.take(letters), count)


def _best_rows(values: npt.NDArray[np.generic], count: int) -> npt.NDArray[np.int64]:
    """The rows of the largest `count` values and of those equal to the last of them. Many values
    are parted into groups first: so many groups have a largest that is as good as the last of so
    many largest, and what is below that need not be looked at."""
    rows = np.arange(len(values))
    groups = _GROUPS * count
    if groups * 2 < len(values):
        size = len(values) // groups
        largest = values[: size * groups].reshape(size, groups).max(axis=0)
        rows = (values >= np.partition(largest, -count)[-count]).nonzero()[0]
        values = values.take(rows)
    last = np.partition(values, -count)[-count]
    kept: npt.NDArray[np.int64] = rows[values >= last]
    return kept


def _first_of_equal(
    first: npt.NDArray[np.generic], second: npt.NDArray[np.generic], count: int
) -> npt.NDArray[np.int64]:
    """Those of many rows that can be among the best where most have one score."""
    last = first.max()
    better, equal = np.flatnonzero(first < last), np.flatnonzero(first == last)
    room = count - len(better)
    limit = np.partition(second[equal], room - 1)[room - 1]
    return np.concatenate((better, equal[second[equal] <= limit]))
