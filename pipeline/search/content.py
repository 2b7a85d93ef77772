"""What an index keeps of a record: what it is found by, and what is shown of it."""

from __future__ import annotations

import hashlib
import unicodedata
import zlib
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from pydantic import TypeAdapter

from pipeline.record import Directive, Item, Record
from pipeline.search.identifiers import keys, number_keys, own_keys

MAX_DIRECTIVES = 4000
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page's text, and of its raw text those lines that read otherwise; both on one line, with
    single spaces."""

    number: int
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class KeptDirective:
    """A directive with all its items: the (start, end) of its text in `Content.text`, or, where it
    does not stand there, its text."""

    marker: str | None
    actors: tuple[str, ...]
    span: tuple[int, int] | None
    text: str = ""


@dataclass(frozen=True)
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

    @cached_property
    def text(self) -> str:
        """The text of all pages."""
        return _joined(self.pages)

    def text_of(self, directive: KeptDirective) -> str:
        """A directive's text on one line, with single spaces."""
        return self.text[slice(*directive.span)] if directive.span else directive.text

    def page_of(self, directive: KeptDirective) -> int | None:
        """The page on which a directive begins, None where it is not found."""
        if directive.span is None:
            return None
        return self.pages[bisect(self._page_ends, directive.span[0])].number

    @cached_property
    def _page_ends(self) -> list[int]:
        return list(accumulate(len(page.text) + bool(page.text) for page in self.pages))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to find it by."""
        return not (self.number_symbol or self.subject or any(p.text for p in self.pages))

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
    def beyond(self) -> tuple[str, ...]:
        """Directives that are not in the text of the pages."""
        return tuple(d.text for d in self.directives if not d.span)

    @property
    def raw(self) -> str:
        """The raw lines that a correction changed, of all pages."""
        return " ".join(page.raw for page in self.pages if page.raw)

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
    pages = tuple(_page(p.number, p.text, p.raw_text) for p in record.pages)
    pages = pages if any(p.text for p in pages) else (_page_of_fields(record),)
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
        directives=tuple(_directives(record.directives[:MAX_DIRECTIVES], _joined(pages))),
    )


def _page(number: int, text: str, raw: str) -> KeptPage:
    return KeptPage(number, flat_text(text), flat_text(_raw(raw, text)))


def flat_text(text: str) -> str:
    """A text on one line, with single spaces, in NFC."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _joined(pages: Iterable[KeptPage]) -> str:
    return " ".join(page.text for page in pages if page.text)


def _directives(directives: Sequence[Directive], within: str) -> Iterator[KeptDirective]:
    """Directives by where they stand in a letter's text, one behind the other."""
    at = 0
    for directive in directives:
        whole = " ".join((directive.text, *_items(directive.items)))
        # most are flat as they are, and what stands in a flat text is
        text = whole.strip()
        start = _find_words(within, text, at)
        if start < 0:
            text = flat_text(whole)
            start = _find_words(within, text, at)
        actors = tuple(directive.actors)
        if start < 0:
            yield KeptDirective(directive.marker, actors, None, text)
        else:
            at = start + len(text)
            yield KeptDirective(directive.marker, actors, (start, at))


def _find_words(whole: str, part: str, start: int) -> int:
    """Where some words stand in a row among others, from a place on; -1 where they do not."""
    at = whole.find(part, start)
    while at >= 0 and not _between_spaces(whole, at, at + len(part)):
        at = whole.find(part, at + 1)
    return at if part else -1


def _between_spaces(whole: str, start: int, end: int) -> bool:
    return whole[max(start - 1, 0) : start] in ("", " ") and whole[end : end + 1] in ("", " ")


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
    return _page(1, *("\n".join(line for line in lines if line),) * 2)
