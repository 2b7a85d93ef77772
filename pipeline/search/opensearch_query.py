"""A query put into the language of OpenSearch.

Every word typed is a value, never an operator: no query string of the engine's own is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from pipeline.letter.tables import document_types
from pipeline.search.folding import fold
from pipeline.search.opensearch_documents import without_symbols
from pipeline.search.protocol import Sort
from pipeline.search.query import Asked, DateRange, Filter, Identifier, Name, Query, Term

Clause = dict[str, Any]
MOST_FACETS = 100
NEARNESS_FOR = 100
_TITLE, _EXACT, _RAW, _OTHER_NAME = 0.7, 1.5, 0.3, 0.5
_OWN, _CITED = 2000.0, 1000.0
_PAIR, _NEAR, _WINDOW = 2.0, 2.0, 40
_MANY_TERMS = 8
_MOST_PAIRS = 8


def bodies_of(
    query: Query, offset: int, limit: int, sort: Sort, *, lacking: bool = False
) -> tuple[Clause, Clause]:
    """What to ask the server: for the best hits, and for how many there are with their facets.
    These are two questions because counting needs no scores, and the best hits can be found without
    scoring all. With `lacking` one thing need not be found, of many things a few."""
    terms, filters = _terms(query, lacking), _filters(query)
    counted = {
        "query": {"bool": {**filters, "filter": [*filters["filter"], {"bool": terms}]}},
        "size": 0,
        "track_total_hits": True,
        "aggs": _facets(query),
    }
    return _best(query, {"bool": {**terms, **filters}}, (offset, limit), sort), counted


def _best(query: Query, wanted: Clause, window: tuple[int, int], sort: Sort) -> Clause:
    body: Clause = {
        "query": wanted,
        "from": window[0],
        "size": window[1],
        "track_total_hits": False,
        "_source": ["content", "letter", "number"],
    }
    if sort == "relevance" and query.terms:
        if near := _nearness(query):
            body["rescore"] = {"window_size": NEARNESS_FOR, "query": {"rescore_query": near}}
    else:
        score = [{"_score": "desc"}] if query.terms else []
        order = [{"letter": "asc"}, {"number": "asc"}]
        body["sort"] = [{"date": {"order": "desc", "missing": "_last"}}, *score, *order]
        body["track_scores"] = True
    return body


def _facets(query: Query) -> Clause:
    """Letters by year, body and type; a letter counts once, whatever its directives."""
    fields = {"year": "year", "body": "body.shown", "type": "type.shown"}
    aggs = {n: {"terms": {"field": f, "size": MOST_FACETS}} for n, f in fields.items()}
    if "directive" in query.kinds:
        for agg in aggs.values():
            agg["aggs"] = {"letters": {"cardinality": {"field": "letter"}}}
    return aggs


def _terms(query: Query, lacking: bool) -> Clause:
    """Clauses of a bool query that the terms are for."""
    if not query.terms:
        return {"must": [{"match_all": {}}]}
    clauses = [_asked(term, query.marked) for term in query.terms]
    if not lacking:
        return {"must": clauses}
    wanted = len(clauses) // 2 if len(clauses) > _MANY_TERMS else len(clauses) - 1
    return {"should": clauses, "minimum_should_match": wanted}


def _asked(asked: Asked, marked: bool) -> Clause:
    if isinstance(asked, Identifier):
        return _any(
            {"constant_score": {"filter": {"terms": {"own": list(asked.keys)}}, "boost": _OWN}},
            {"constant_score": {"filter": {"terms": {"cited": list(asked.keys)}}, "boost": _CITED}},
            _phrase("text", _folded(asked)),
        )
    if isinstance(asked, Name):
        typed: Clause = {"bool": {"must": [_asked(term, marked) for term in asked.terms]}}
        others = (
            _phrase(f, _folded(t), _OTHER_NAME) for t in asked.other for f in ("text", "title")
        )
        return _any(typed, *others)
    words = _folded(asked)
    fields = [("title", _TITLE), ("text", 1.0), ("raw", _RAW)]
    clauses = [_phrase(field, words, boost) for field, boost in fields]
    if marked:
        marks = without_symbols(asked.typed)
        clauses += [_phrase(f"{f}.exact", marks, _EXACT) for f in ("text", "title")]
    return _any(*clauses)


def _nearness(query: Query) -> Clause | None:
    """What letters deserve for having words asked for side by side, and near one another."""
    terms = [t for asked in query.terms for t in _plain(asked)]
    if len(terms) < 2:
        return None
    field = "text.exact" if query.marked else "text"
    typed = query.marked
    words = [without_symbols(t.typed) if typed and t.typed else _folded(t) for t in terms]
    pairs = [_phrase(field, f"{a} {b}", _PAIR) for a, b in list(pairwise(words))[:_MOST_PAIRS]]
    near = _phrase("text", " ".join(map(_folded, terms)), _NEAR)
    near["match_phrase"]["text"]["slop"] = _WINDOW
    return _any(*pairs, near)


def _plain(asked: Asked) -> Iterable[Term]:
    if isinstance(asked, Name):
        return asked.terms
    return (Term(asked.words, typed=_folded(asked)),) if isinstance(asked, Identifier) else (asked,)


def _any(*clauses: Clause) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def _phrase(field: str, words: str, boost: float = 1.0) -> Clause:
    return {"match_phrase": {field: {"query": words, "boost": boost}}}


def _folded(term: Asked) -> str:
    return " ".join(folded for _, folded in term.words)


def _filters(query: Query) -> Clause:
    kinds = {"terms": {"kind": sorted(query.kinds)}}
    wanted = [kinds, *(_filter(f) for f in query.filters if f.field != "kind" and not f.negative)]
    unwanted = [_filter(f) for f in query.filters if f.field != "kind" and f.negative]
    return {"filter": wanted, "must_not": [*unwanted, *(_without(t, query) for t in query.without)]}


def _without(term: Term, query: Query) -> Clause:
    """A word typed with marks leaves letters in that have it with others."""
    if query.marked:
        typed = without_symbols(term.typed)
        return _any(*(_phrase(f"{field}.exact", typed) for field in ("text", "title")))
    return _any(*(_phrase(field, _folded(term)) for field in ("text", "title", "raw")))


def _filter(given: Filter) -> Clause:
    return _CLAUSES[given.field](given)


def _date(given: Filter) -> Clause:
    assert isinstance(given.value, DateRange)
    first, last = given.value.first, given.value.last
    first = max(first, "0001-01-01")
    return {"range": {"date": {"gte": first, "lte": last}}}


def _named(given: Filter) -> Clause:
    """The words stand in the field in a row, or those of another name of the body."""
    return _any(*(_phrase(given.field, value) for value in (str(given.value), *given.other)))


def _type(given: Filter) -> Clause:
    """The type's name has the words in it, or they are its code (CV, QĐ)."""
    names = [fold(t.name) for t in document_types() if t.code and fold(t.code) == given.value]
    return _any(_named(given), {"terms": {"type_folded": names}})


def _numbered(given: Filter) -> Clause:
    assert isinstance(given.value, tuple)
    return {"terms": {"own" if given.field == "number" else "cited": list(given.value)}}


_CLAUSES: dict[str, Callable[[Filter], Clause]] = {
    "number": _numbered,
    "cites": _numbered,
    "date": _date,
    "body": _named,
    "signer": _named,
    "to": _named,
    "actor": _named,
    "type": _type,
}
