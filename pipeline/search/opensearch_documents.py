"""What an OpenSearch index is sent: letters and directives as documents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import regex

from pipeline.search.content import Content, digest
from pipeline.search.folding import fold
from pipeline.search.sqlite_columns import NO_DATE, day_number

Document = dict[str, Any]
Action = tuple[str, Document | None]
"""A document by its id, None where it is to be deleted."""


def lines_of(name: str, document: Document | None) -> list[Document]:
    """An action as the lines of a bulk request."""
    if document is None:
        return [{"delete": {"_id": name}}]
    return [{"index": {"_id": name}}, document]


def directive_id(name: str, number: int) -> str:
    """The id of a letter's directive, counted from 0."""
    return f"{name}#{number}"


def digest_of(content: Content) -> str:
    """Another one for each content that is kept otherwise."""
    return digest(content.to_json()).hex()


def without_symbols(text: str) -> str:
    """A text without emoji and the like, which the server's word delimiter takes for letters: to it
    all that is beyond 16 bits is."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return _SYMBOLS.sub(" ", text) if units > len(text) else text


_SYMBOLS = regex.compile(r"[^\p{L}\p{M}\p{N}\x00-\uFFFF]")


def _fields(content: Content) -> Document:
    """What letters and directives are filtered, counted and sorted by."""
    known = day_number(content.date) != NO_DATE
    fields = {
        "letter": content.document_id,
        "date": content.date if known else None,
        "year": content.date[:4] if known and content.date else None,
        "own": list(content.own_keys),
        "cited": list(content.cited_keys),
        "to": list(content.recipients),
        "actor": list(content.actors),
        "body": content.body or None,
        "type": content.document_type,
        "type_folded": fold(content.document_type) if content.document_type else None,
        "signer": content.signer,
        "signer_folded": fold(content.signer) if content.signer else None,
    }
    return {name: value for name, value in fields.items() if value not in (None, [])}


def letter_document(content: Content) -> Document:
    """A letter, with all that is shown of it and its directives."""
    title, raw = without_symbols(content.title), without_symbols(content.raw)
    texts = [without_symbols(text) for text in (content.text, *content.beyond)]
    return {
        **_fields(content),
        "kind": "letter",
        "all": [title, *texts, raw],
        "exact": [title, *texts],
        "title": title,
        "only_raw": _only_in(raw, [title, *texts]),
        "directives": len(content.directives),
        "digest": digest_of(content),
        "content": json.loads(content.to_json()),
    }


def _only_in(raw: str, texts: Iterable[str]) -> str:
    """The folded words that stand in the raw text alone: what a correction took away."""
    words = dict.fromkeys(fold(raw).split())
    there = {word for text in texts for word in fold(text).split()} if words else set()
    return " ".join(word for word in words if word not in there)


def directive_documents(content: Content) -> Iterator[Action]:
    """A letter's directives, to be found as hits of their own."""
    fields = _fields(content)
    for number, directive in enumerate(content.directives):
        text = without_symbols(content.text_of(directive))
        document = {
            **fields,
            "kind": "directive",
            "number": number,
            "directive": text,
            "directive_exact": text,
        }
        yield directive_id(content.document_id, number), document
