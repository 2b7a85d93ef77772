"""What the first page shows: letters in the order of the queue, or the hits of a query.

In: the parameters of the address. Out: a `SearchPage`, plain values for a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode

from pipeline.errors import CongvanError
from pipeline.review.desk import Desk
from pipeline.review.entries import LetterRow
from pipeline.review.letters import SHOWN_STATUS
from pipeline.search import Results, SqliteIndex

INDEX = "index.sqlite"
ROWS = 20
LONGEST_QUERY = 500
MOST_FACETS = 8


@dataclass(frozen=True, slots=True)
class Facet:
    """A narrower query: its name, how many it finds, its address."""

    name: str
    count: int
    link: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """`rows` of the queue, or `results` of `query`; links to the pages before and behind."""

    query: str
    status: str
    has_index: bool
    rows: tuple[LetterRow, ...]
    results: Results | None
    problem: str | None
    first: int
    last: int
    total: int
    back: str | None
    on: str | None
    facets: dict[str, tuple[Facet, ...]]
    statuses: tuple[Facet, ...]

    @property
    def ends_doubts(self) -> bool:
        """Whether the queue has here come to letters without a doubt, or to its end: what is next
        worth a look is a random sample."""
        last = self.rows[-1:]
        sure = all(not row.fields and not row.words for row in last)
        return self.results is None and not self.query and (self.on is None or sure)


def search_page(desk: Desk, asked: Mapping[str, str]) -> SearchPage:
    """The page for the parameters q, status and page."""
    query = asked.get("q", "").strip()[:LONGEST_QUERY]
    number = _number(asked.get("page", "1"))
    has_index = (desk.root / INDEX).is_file()
    if query and has_index:
        return _found(desk, query, number)
    return _queue(desk, query, asked.get("status", ""), number, has_index)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _queue(desk: Desk, query: str, status: str, number: int, has_index: bool) -> SearchPage:
    desk.stock.look()
    counts = desk.letters.statuses()
    statuses = tuple(
        Facet(s, counts.get(s, 0), _link(query, number=1, status=s)) for s in SHOWN_STATUS
    )
    at = (number - 1) * ROWS
    part = desk.letters.part(at, ROWS, status if status in SHOWN_STATUS else "", query)
    back = _link(query, number - 1, status) if number > 1 else None
    on = _link(query, number + 1, status) if at + ROWS < part.total else None
    return SearchPage(query, status, has_index, part.rows, None, None, at + 1,
                      at + len(part.rows), part.total, back, on, {}, statuses)  # fmt: skip


def _found(desk: Desk, query: str, number: int) -> SearchPage:
    at = (number - 1) * ROWS
    try:
        with closing(SqliteIndex(desk.root / INDEX)) as index:
            results = index.search(query, limit=ROWS, offset=at)
    except CongvanError as error:
        return SearchPage(query, "", True, (), Results(0), str(error), 0, 0, 0, None, None, {}, ())
    back = _link(query, number - 1) if number > 1 else None
    on = _link(query, number + 1) if at + len(results.hits) < results.total else None
    return SearchPage(query, "", True, (), results, results.message, at + 1,
                      at + len(results.hits), results.total, back, on,
                      _facets(query, results), ())  # fmt: skip


def _facets(query: str, results: Results) -> dict[str, tuple[Facet, ...]]:
    """Narrower queries by year, body and type; where there is but one, none."""
    counts = {
        "years": ("ngày", results.facets.year),
        "bodies": ("cơ quan", results.facets.body),
        "types": ("loại", results.facets.type),
    }
    facets = {}
    for name, (key, found) in counts.items():
        narrower = tuple(
            Facet(value, count, _link(f"{query} {_filter(key, value)}"))
            for value, count in list(found.items())[:MOST_FACETS]
        )
        if len(narrower) > 1:
            facets[name] = narrower
    return facets


def _filter(key: str, value: str) -> str:
    plain = value.replace('"', "")
    return f'{key}:"{plain}"' if " " in plain else f"{key}:{plain}"


def _link(query: str, number: int = 1, status: str = "") -> str:
    asked = {"q": query, "status": status, "page": str(number) if number > 1 else ""}
    told = urlencode({k: v for k, v in asked.items() if v})
    return f"/?{told}" if told else "/"
