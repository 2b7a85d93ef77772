"""What an index keeps of a record: what it is found by, and what is shown of it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from pipeline.record import Directive, Item, Record
from pipeline.search.identifiers import keys, number_keys, own_keys

MAX_DIRECTIVES = 4000
_FIRST_WORDS, _BEGINNING = 8, 160
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page's text, and of its raw text those lines that read otherwise."""

    number: int
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class KeptDirective:
    """A directive with all its items as one text."""

    marker: str | None
    text: str
    actors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A record as an index keeps it."""

    document_id: str
    number_symbol: str | None
    number: str | None
    date: str | None
    issuing_body: str | None
    parent_body: str | None
    document_type: str | None
    subject: str | None
    signer: str | None
    recipients: tuple[str, ...]
    cited: tuple[str, ...]
    pages: tuple[KeptPage, ...]
    directives: tuple[KeptDirective, ...]

    @property
    def own_keys(self) -> tuple[str, ...]:
        """Keys of the letter's own number."""
        return own_keys(self.number_symbol, self.number)

    @property
    def cited_keys(self) -> tuple[str, ...]:
        """Keys of the numbers it cites, whole and the number alone."""
        each = (key for cited in self.cited for key in (*keys(cited), *number_keys(cited)))
        return tuple(dict.fromkeys(each))

    def pages_of(self, directives: Sequence[KeptDirective]) -> list[int | None]:
        """The page on which each of some directives begins, None where it is not found."""
        pages = [(page.number, " ".join(page.text.split())) for page in self.pages]
        starts = [" ".join(d.text[:_BEGINNING].split()[:_FIRST_WORDS]) for d in directives]
        return [next((n for n, text in pages if start in text), None) for start in starts]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to find it by."""
        return not (self.number_symbol or self.subject or any(p.text.strip() for p in self.pages))

    @property
    def title(self) -> str:
        """What heads the letter and who signed it, a line each."""
        head = (self.number_symbol, self.document_type, self.subject, self.issuing_body)
        return "\n".join(part for part in (*head, self.parent_body, self.signer) if part)

    @property
    def body(self) -> str:
        """The issuing body with the one above it."""
        return " – ".join(part for part in (self.issuing_body, self.parent_body) if part)

    @property
    def text(self) -> str:
        """The text of all pages."""
        return "\n".join(page.text for page in self.pages)

    @property
    def beyond(self) -> tuple[str, ...]:
        """Directives that are not in the text of the pages."""
        text = " ".join(self.text.split())
        return tuple(d.text for d in self.directives if " ".join(d.text.split()) not in text)

    @property
    def raw(self) -> str:
        """The raw lines that a correction changed, of all pages."""
        return "\n".join(page.raw for page in self.pages if page.raw)

    @property
    def actors(self) -> tuple[str, ...]:
        """Whom the directives are for, each once."""
        each = (actor for directive in self.directives for actor in directive.actors)
        return tuple(dict.fromkeys(each))

    def to_json(self) -> bytes:
        """As JSON, for keeping; an equal JSON needs no indexing again."""
        return _CONTENT.dump_json(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> Content:
        """The reverse of `to_json`."""
        return _CONTENT.validate_json(data)


def pack(data: bytes) -> bytes:
    """JSON of a content compressed."""
    return zlib.compress(data, _LEVEL)


def unpack(data: bytes) -> Content:
    """The reverse of `pack`."""
    return Content.from_json(zlib.decompress(data))


def digest(data: bytes) -> bytes:
    """A hash of what is kept."""
    return hashlib.sha256(data).digest()[:12]


_CONTENT = TypeAdapter(Content)


def content_of(record: Record) -> Content:
    """What an index keeps of a record."""
    header = record.header
    pages = tuple(KeptPage(p.number, p.text, _raw(p.raw_text, p.text)) for p in record.pages)
    pages = pages if any(p.text.strip() for p in pages) else (_page_of_fields(record),)
    return Content(
        document_id=record.document_id,
        number_symbol=header.number_symbol,
        number=header.number,
        date=header.date,
        issuing_body=header.issuing_body,
        parent_body=header.parent_body,
        document_type=header.document_type,
        subject=header.subject,
        signer=record.signature.signer,
        recipients=tuple(record.recipients),
        cited=tuple(citation.number_symbol for citation in record.citations),
        pages=pages,
        directives=tuple(_directive(d) for d in record.directives[:MAX_DIRECTIVES]),
    )


def _directive(directive: Directive) -> KeptDirective:
    text = "\n".join((directive.text, *_items(directive.items)))
    return KeptDirective(directive.marker, text, tuple(directive.actors))


def _items(items: list[Item]) -> Iterator[str]:
    for item in items:
        yield f"{item.marker} {item.text}" if item.marker else item.text
        yield from _items(item.items)


def _raw(raw: str, text: str) -> str:
    """The raw lines that a correction changed: the others would only be found twice."""
    before, after = raw.split("\n"), text.split("\n")
    if len(before) != len(after):
        return raw
    return "\n".join(a for a, b in zip(before, after, strict=True) if a != b)


def _page_of_fields(record: Record) -> KeptPage:
    """A page made of the fields, for a record that has no page text."""
    signature = record.signature
    lines = (
        *(record.header.issuing_body, record.header.number_symbol, record.header.subject),
        *(*record.recipients, *record.legal_bases, *record.preamble),
        *(f"{d.marker or ''} {d.text}" for d in record.directives),
        *(t for d in record.directives for t in _items(d.items)),
        *(*record.closing, signature.position, signature.signer, *record.distribution),
    )
    return KeptPage(1, "\n".join(line for line in lines if line), "")
