"""A number that no letter in the index has may be that of one whose number could not be read: many
are written by hand. Its symbol tells the type and the body, so those letters can be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.letter.tables import document_types
from pipeline.search.body_names import other_bodies
from pipeline.search.folding import fold
from pipeline.search.query import Filter, Query

_OFFICIAL_LETTER = "cv"
"""The type whose code does not stand in its symbol (Nghị định 30/2020/NĐ-CP)."""


def of_unread_number(query: Query) -> Query | None:
    """Instead of a query for a number alone that found nothing: one for the letters without a
    number, of the type and body in its symbol. None where it is another query, or the symbol
    is not known."""
    symbol = _symbol(query)
    for code, short in _types_and_bodies(symbol):
        if others := other_bodies(short):
            filters = (
                Filter("unread", "number"),
                Filter("type", code),
                Filter("body", short, other=others),
            )
            kinds = tuple(given for given in query.filters if given.field == "kind")
            return replace(query, terms=(), filters=(*filters, *kinds))
    return None


def _symbol(query: Query) -> list[str]:
    """The folded words of a number's symbol, where nothing but a number was asked for."""
    words = [folded for term in query.terms for _, folded in term.words]
    numbers = [f for f in query.filters if f.field != "kind"]
    if not words and len(numbers) == 1 and numbers[0].field == "number":
        words, numbers = [folded for _, folded in numbers[0].words], []
    words = words[1:] if words[:1] == ["so"] else words
    if numbers or query.without or not words or not words[0].isdigit():
        return []
    return [word for word in words if not word.isdigit()]


def _types_and_bodies(symbol: Sequence[str]) -> Iterator[tuple[str, str]]:
    """How a symbol may be read: code of the type and short name of the body."""
    joined = "".join(symbol)
    codes = {fold(kind.code).replace(" ", "") for kind in document_types() if kind.code}
    for code in sorted(codes, key=lambda code: (-len(code), code)):
        if joined.startswith(code):
            yield code, joined.removeprefix(code)
    if symbol:
        yield _OFFICIAL_LETTER, symbol[0]
