"""What an index keeps of a record, and the words of it that are indexed.

A letter is one unit, each of its directives another. The words of a unit follow from what is kept
alone, so that an engine can always say exactly what it once indexed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter

from pipeline.record import Directive, Item, Record
from pipeline.search.folding import exact_and_folded, fold
from pipeline.search.identifiers import keys, number_keys, own_keys

MAX_DIRECTIVES = 4000
_FIRST_WORDS, _BEGINNING = 8, 160


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page's text, and of its raw text those lines that read otherwise."""

    number: int
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class KeptDirective:
    """A directive with all its items as one text; `page` where it begins, if found."""

    marker: str | None
    text: str
    actors: tuple[str, ...]
    page: int | None


@dataclass(frozen=True, slots=True)
class Words:
    """The indexed words of one unit, each field a string of words with one space between.

    `title` what heads the letter, folded; `exact` and `folded` its text; `raw` folded OCR words
    where the text was corrected; `ids` keys of its own number (o…) and of those it cites (c…)."""

    title: str
    exact: str
    folded: str
    raw: str
    ids: str


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

    @property
    def empty(self) -> bool:
        """Whether there is nothing to find it by."""
        return not (self.number_symbol or self.subject or any(p.text.strip() for p in self.pages))

    def units(self) -> Iterator[Words]:
        """The words of the letter, then those of each directive."""
        yield self._letter()
        for directive in self.directives:
            text = "\n".join((directive.text, *directive.actors))
            yield Words("", *exact_and_folded(text), raw="", ids="")

    def _letter(self) -> Words:
        head = (self.number_symbol, self.document_type, self.subject, self.issuing_body)
        ids = [f"o{key}" for key in self.own_keys] + [f"c{key}" for key in self.cited_keys]
        return Words(
            fold("\n".join(part for part in (*head, self.parent_body, self.signer) if part)),
            *exact_and_folded("\n".join(page.text for page in self.pages)),
            raw=fold("\n".join(page.raw for page in self.pages)),
            ids=" ".join(ids),
        )

    def to_bytes(self) -> bytes:
        """Compressed for keeping."""
        return zlib.compress(_CONTENT.dump_json(self), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> Content:
        """The reverse of `to_bytes`."""
        return _CONTENT.validate_json(zlib.decompress(data))

    def digest(self) -> str:
        """A hash of all that is kept: an equal digest needs no indexing again."""
        return hashlib.sha256(_CONTENT.dump_json(self)).hexdigest()[:24]


_CONTENT = TypeAdapter(Content)


def content_of(record: Record) -> Content:
    """What an index keeps of a record."""
    header = record.header
    pages = tuple(KeptPage(p.number, p.text, _raw(p.raw_text, p.text)) for p in record.pages)
    pages = pages if any(p.text.strip() for p in pages) else (_page_of_fields(record),)
    folded = [(page.number, f" {fold(page.text)} ") for page in pages]
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
        directives=tuple(_directive(d, folded) for d in record.directives[:MAX_DIRECTIVES]),
    )


def _directive(directive: Directive, pages: list[tuple[int, str]]) -> KeptDirective:
    text = "\n".join((directive.text, *_items(directive.items)))
    beginning = f" {' '.join(fold(text[:_BEGINNING]).split()[:_FIRST_WORDS])} "
    page = next((number for number, words in pages if beginning in words), None)
    return KeptDirective(directive.marker, text, tuple(directive.actors), page)


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
