"""What a search index offers, whichever engine stands behind it.

Records go in, hits come out: letters and, as hits of their own, their directives. The query
language (pipeline/search/query.py) is the same for every engine, and so are the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pipeline.messages import message
from pipeline.record import Record

Kind = Literal["letter", "directive"]
Sort = Literal["relevance", "date"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record left out of the index. `code` is a key of dictionaries/messages.tsv, `reason` what
    the engine said."""

    document_id: str
    code: str
    reason: str = ""

    @property
    def message(self) -> str:
        """Why, and what to do, in the language of this process."""
        return message(self.code, document=self.document_id, reason=self.reason)


@dataclass(frozen=True, slots=True)
class Added:
    """Outcome of `Index.add`: `indexed` records stand in the index now, `unchanged` of them stood
    there before just so."""

    indexed: int
    refused: tuple[Refusal, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a letter's text. `marks` are the (start, end) of what the query matches, in
    order, never overlapping."""

    text: str
    marks: tuple[Span, ...] = ()

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The text cut up into (piece, matches the query)."""
        at = 0
        for start, end in self.marks:
            if at < start:
                yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        if at < len(self.text):
            yield self.text[at:], False

    def marked(self, opening: str = "«", closing: str = "»") -> str:
        """The text with marks drawn around what the query matches."""
        return "".join(opening + t + closing if hit else t for t, hit in self.pieces())


@dataclass(frozen=True, slots=True)
class Hit:
    """One letter or directive found. `page` is where the passage stands, None where unknown;
    `marker` is the directive's ("3.", "Điều 2."); a larger `score` is a better match.
    `directives` are, below a letter, those of its directives that have all the words."""

    document_id: str
    kind: Kind
    number_symbol: str | None
    date: str | None
    issuing_body: str | None
    document_type: str | None
    subject: str | None
    page: int | None
    passage: Passage
    score: float
    marker: str | None = None
    directives: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of the letters found fall on each year, body and type; most first. A letter
    counts once, however many of its directives are found."""

    year: Mapping[str, int] = field(default_factory=dict)
    body: Mapping[str, int] = field(default_factory=dict)
    type: Mapping[str, int] = field(default_factory=dict)

    def text(self, most: int = 8) -> str:
        """For people to read: a line for each kind, those with most letters first."""
        lines = []
        for name in ("year", "body", "type"):
            counts = list(getattr(self, name).items())
            shown = [f"{value} ({count})" for value, count in counts[:most]]
            more = ["…"] if len(counts) > most else []
            lines.append(f"{message(f'facet_{name}')}: {', '.join([*shown, *more]) or '–'}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Results:
    """Answer to a query: `total` hits in all, of which `hits` are those asked for. Where
    `at_least`, there may be more: not all were counted.

    `message` says what people should know: that the query is empty, that a filter was not
    understood, that no letter has all the words and these have most of them."""

    total: int
    hits: tuple[Hit, ...] = ()
    facets: Facets = Facets()
    message: str | None = None
    at_least: bool = False

    def text(self, offset: int = 0) -> str:
        """For people to read: each hit in three lines, what matches between « and »; `offset` hits
        stood before them."""
        blocks = [_block(number, hit) for number, hit in enumerate(self.hits, offset + 1)]
        return "\n\n".join(blocks)

    def count(self, offset: int = 0) -> str:
        """For people to read: which hits these are, of how many."""
        code = "results_at_least" if self.at_least else "results_total"
        return message(code, first=offset + 1, last=offset + len(self.hits), total=self.total)

    def remarks(self, query: str, offset: int = 0) -> list[str]:
        """For people to read: the message, and which hits these are or why there are none."""
        said = [self.message] if self.message else []
        if self.hits:
            return [*said, self.count(offset)]
        if self.total:
            return [*said, message("results_beyond", total=self.total)]
        return said or [message("nothing_found", query=query)]


def _block(number: int, hit: Hit) -> str:
    head = [hit.number_symbol or "–", hit.date or "–", hit.document_type, hit.issuing_body]
    place = [hit.document_id]
    place += [message("hit_page", page=hit.page)] if hit.page else []
    place += [message("hit_directive", marker=hit.marker or "")] if hit.kind == "directive" else []
    lines = (" · ".join(filter(None, head)), hit.subject, hit.passage.marked(), ", ".join(place))
    text = f"{number:>3}. " + "\n     ".join(line for line in lines if line)
    below = "".join(f"\n       {_below(directive)}" for directive in hit.directives)
    return text + below


def _below(hit: Hit) -> str:
    page = f" ({message('hit_page', page=hit.page)})" if hit.page else ""
    return f"{hit.marker or '–'} {hit.passage.marked()}{page}"


class Index(Protocol):
    """A search index. Not for use by several threads at once; open one for each."""

    @property
    def identity(self) -> str:
        """What this index is known by, whatever its place; another one after a rebuild."""

    def add(self, records: Iterable[Record], *, allow_secret: bool = False) -> Added:
        """Put records in; one of the same document id replaces the older.

        A record with a secrecy stamp is refused, and what the index held of it is withdrawn,
        unless `allow_secret`."""

    def withdraw(self, document_ids: Iterable[str]) -> int:
        """Take records out; returns how many were there."""

    def search(
        self, query: str, *, limit: int = 10, offset: int = 0, sort: Sort = "relevance"
    ) -> Results:
        """Find letters and directives. Any string is an acceptable query."""

    def document_ids(self) -> Iterator[str]:
        """The ids of all letters in the index, in order."""

    def close(self) -> None:
        """Finish writing and let go of the index."""
