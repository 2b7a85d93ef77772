"""A query put into the language of OpenSearch.

Every word typed is a value, never an operator: no query string of the engine's own is built.

The server looks for what must be there in one field alone, of folded words and of the pairs they
stand in, so that it need score neither all letters found nor the same word several times. What a
letter deserves beyond that is given to the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline.letter.tables import document_types
from pipeline.search.folding import fold
from pipeline.search.opensearch_documents import without_symbols
from pipeline.search.protocol import Kind, Sort
from pipeline.search.query import Asked, Filter, Identifier, Name, Query, Term
from pipeline.search.query_values import DateRange
from pipeline.search.signer_names import shortened_names

Clause = dict[str, Any]
MOST_FACETS = 100
_WRITINGS = 2
"""For each value of a facet so many writings are asked for: names are counted as they are printed,
and are one where they are the same when folded."""
NEARNESS_FOR = 100
_TITLE, _EXACT, _EXACT_PHRASE, _ONLY_RAW, _OTHER_NAME = 0.7, 1.5, 1.0, 0.5, 0.5
_OWN, _CITED = 2000.0, 1000.0
_WHOLE_NAME, _END_OF_NAME = 1000.0, 500.0
_PAIR, _NEAR, _WINDOW = 2.0, 2.0, 40
_IN_ORDER, _BETWEEN = 2.0, 20
_MANY_TERMS = 8
_MOST_PAIRS = 8
_PAIR_WORDS = 2


@dataclass(frozen=True, slots=True)
class _Fields:
    """Fields of the text of letters, or of directives: folded words, and words with marks."""

    folded: str
    exact: str


_FIELDS: dict[Kind, _Fields] = {
    "letter": _Fields("all", "exact"),
    "directive": _Fields("directive", "directive_exact"),
}


def bodies_of(
    query: Query, offset: int, limit: int, sort: Sort, *, lacking: bool = False
) -> tuple[Clause, Clause]:
    """What to ask the server: for the best hits, and for how many there are with their facets.
    These are two questions because counting needs no scores, and the best hits can be found without
    scoring all. With `lacking` one thing need not be found, of many things a few."""
    asking = _Asking(query, lacking=lacking)
    return asking.best((offset, limit), sort), asking.counted()


class _Asking:
    """The questions of one query."""

    def __init__(self, query: Query, *, lacking: bool) -> None:
        self._query = query
        self._kind: Kind = "directive" if "directive" in query.kinds else "letter"
        self._fields = _FIELDS[self._kind]
        self._lacking = lacking
        # a word stands in a field that only documents of this kind have
        surely = not lacking and any(isinstance(term, Term) for term in query.terms)
        self._filter = [] if surely else [{"term": {"kind": self._kind}}]
        given = [f for f in query.filters if f.field != "kind"]
        self._filter += [_filter(f) for f in given if not f.negative]
        unwanted = [_filter(f) for f in given if f.negative]
        self._must_not = [*unwanted, *(self._unwanted(term) for term in query.without)]

    def _must(self, *, scored: bool) -> list[Clause]:
        clauses = [self._needed(term, scored=scored) for term in self._query.terms]
        if self._lacking:
            wanted = len(clauses) // 2 if len(clauses) > _MANY_TERMS else len(clauses) - 1
            clauses = [{"bool": {"should": clauses, "minimum_should_match": wanted}}]
        return clauses

    def counted(self) -> Clause:
        """How many there are, with facets."""
        must = self._must(scored=False)
        wanted = {"filter": [*must, *self._filter], "must_not": self._must_not}
        return {
            "query": {"bool": wanted},
            "size": 0,
            "track_total_hits": True,
            "aggs": _facets(self._kind),
        }

    def best(self, window: tuple[int, int], sort: Sort) -> Clause:
        """The best hits, or the latest."""
        must = self._must(scored=True)
        wanted: Clause = {"must": must, "filter": self._filter, "must_not": self._must_not}
        body: Clause = {
            "query": {"bool": {**wanted, "should": self._extras()}},
            "from": window[0],
            "size": window[1],
            "track_total_hits": False,
        }
        if sort == "relevance" and self._query.terms:
            body["rescore"] = self._rescores()
        else:
            score = [{"_score": "desc"}] if self._query.terms else []
            order = [{"letter": "asc"}, {"number": "asc"}]
            body["sort"] = [{"date": {"order": "desc", "missing": "_last"}}, *score, *order]
            body["track_scores"] = True
        return body

    def _needed(self, asked: Asked, *, scored: bool) -> Clause:
        """Where this holds, something asked for is found."""
        if isinstance(asked, Identifier):
            return _any(
                _constant({"terms": {"own": list(asked.keys)}}, _OWN),
                _constant({"terms": {"cited": list(asked.keys)}}, _CITED),
                self._row(asked, scored=scored),
            )
        if isinstance(asked, Name):
            each = [self._needed(term, scored=scored) for term in asked.terms]
            typed = each[0] if len(each) == 1 else {"bool": {"must": each}}
            others = (_phrase(self._fields.folded, _folded(t), _OTHER_NAME) for t in asked.other)
            return _any(typed, *others, *self._signed(asked))
        return self._row(asked, scored=scored)

    def _row(self, asked: Term | Identifier, *, scored: bool) -> Clause:
        """A word, or words in a row. To score a long row the server would count it in all letters.
        Words in the marks typed (`_extras`) or, where there are none, its pairs of words let it
        pass over most."""
        row = _phrase(self._fields.folded, _folded(asked))
        if not scored or len(asked.words) <= _PAIR_WORDS:
            return row
        if self._query.marked:
            return _constant(row, 1.0)
        words = [folded for _, folded in asked.words]
        pairs = [_phrase(self._fields.folded, f"{a} {b}") for a, b in pairwise(words)]
        return {"bool": {"must": pairs, "filter": [row]}}

    def _signed(self, asked: Name) -> Iterator[Clause]:
        """Letters with a person's whole name, and those in which only the end of it was read."""
        if asked.signers and self._kind == "letter":
            yield _constant(_phrase(self._fields.folded, _folded(asked)), _WHOLE_NAME)
            yield _constant({"terms": {"signer_folded": list(asked.signers)}}, _END_OF_NAME)

    def _extras(self) -> list[Clause]:
        """What counts beside words that are there: their very marks. Of a phrase each word's by
        itself; that they stand so in a row is for the best (`_rescores`)."""
        if not self._query.marked:
            return []
        return [
            _match(self._fields.exact, without_symbols(term.typed), _EXACT / len(term.words))
            for term in self._typed()
        ]

    def _typed(self) -> Iterator[Term]:
        """Words and phrases, without numbers."""
        for asked in self._query.terms:
            if not isinstance(asked, Identifier):
                yield from _plain(asked)

    def _rescores(self) -> list[Clause]:
        """What the best deserve: for words of the heading, for phrases in the very marks typed, and
        for words near one another; words that only the raw text has count less."""
        words = list(dict.fromkeys(w for term in self._typed() for w in _folded(term).split()))
        again: list[Clause] = []
        if self._kind == "letter" and words:
            again += [_match("title", word, _TITLE) for word in words]
        again += self._exact_phrases() + self._nearness()
        rescores: list[Clause] = [{"rescore_query": _any(*again)}] if again else []
        if self._kind == "letter" and words:
            less = _constant(_match("only_raw", " ".join(words)), _ONLY_RAW)
            rescores.append({"rescore_query": less, "score_mode": "multiply"})
        return [{"window_size": NEARNESS_FOR, "query": rescore} for rescore in rescores]

    def _exact_phrases(self) -> list[Clause]:
        if not self._query.marked:
            return []
        typed = (without_symbols(t.typed) for t in self._typed() if len(t.words) > 1)
        return [_phrase(self._fields.exact, phrase, _EXACT_PHRASE) for phrase in typed]

    def _nearness(self) -> list[Clause]:
        """Words asked for side by side, and near one another."""
        terms = [t for asked in self._query.terms for t in _plain(asked)]
        if len(terms) < 2:
            return []
        typed = self._query.marked
        field = self._fields.exact if typed else self._fields.folded
        words = [without_symbols(t.typed) if typed and t.typed else _folded(t) for t in terms]
        pairs = [_phrase(field, f"{a} {b}", _PAIR) for a, b in list(pairwise(words))[:_MOST_PAIRS]]
        near = _phrase(self._fields.folded, " ".join(map(_folded, terms)), _NEAR)
        near["match_phrase"][self._fields.folded]["slop"] = _WINDOW
        typed_so = " ".join(map(_folded, terms))
        return [*pairs, near, self._in_order(typed_so, len(terms))]

    def _in_order(self, words: str, count: int) -> Clause:
        """So many words in the order typed, with few others between them."""
        rule = {"query": words, "mode": "ordered", "max_gaps": _BETWEEN}
        return _constant({"intervals": {self._fields.folded: {"match": rule}}}, _IN_ORDER * count)

    def _unwanted(self, term: Term) -> Clause:
        """A word typed with marks leaves letters in that have it with others."""
        if self._query.without_exact:
            return _phrase(self._fields.exact, without_symbols(term.typed))
        return _phrase(self._fields.folded, _folded(term))


def _facets(kind: Kind) -> Clause:
    """Letters by year, body and type; a letter counts once, whatever its directives."""
    fields = {"year": "year", "body": "body.shown", "type": "type.shown"}
    aggs: Clause = {
        n: {"terms": {"field": f, "size": _WRITINGS * MOST_FACETS}} for n, f in fields.items()
    }
    if kind == "directive":
        for agg in aggs.values():
            agg["aggs"] = {"letters": {"cardinality": {"field": "letter"}}}
    return aggs


def _plain(asked: Asked) -> Iterable[Term]:
    if isinstance(asked, Name):
        return asked.terms
    return (Term(asked.words, typed=_folded(asked)),) if isinstance(asked, Identifier) else (asked,)


def _any(*clauses: Clause) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def _constant(clause: Clause, boost: float) -> Clause:
    return {"constant_score": {"filter": clause, "boost": boost}}


def _match(field: str, words: str, boost: float = 1.0) -> Clause:
    return {"match": {field: {"query": words, "boost": boost}}}


def _phrase(field: str, words: str, boost: float = 1.0) -> Clause:
    return {"match_phrase": {field: {"query": words, "boost": boost}}}


def _folded(term: Asked) -> str:
    return " ".join(folded for _, folded in term.words)


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


def _signer(given: Filter) -> Clause:
    """Who signed, or what a signature left of the name."""
    less = list(shortened_names(str(given.value).split()))
    return _any(_named(given), *([{"terms": {"signer_folded": less}}] if less else []))


def _type(given: Filter) -> Clause:
    """The type's name has the words in it, or they are its code (CV, QĐ)."""
    names = [fold(t.name) for t in document_types() if t.code and fold(t.code) == given.value]
    return _any(_named(given), {"terms": {"type_folded": names}})


def _unread(_: Filter) -> Clause:
    """Letters without a number."""
    return {"bool": {"must_not": [{"exists": {"field": "own"}}]}}


def _numbered(given: Filter) -> Clause:
    assert isinstance(given.value, tuple)
    return {"terms": {"own" if given.field == "number" else "cited": list(given.value)}}


_CLAUSES: dict[str, Callable[[Filter], Clause]] = {
    "number": _numbered,
    "cites": _numbered,
    "date": _date,
    "body": _named,
    "signer": _signer,
    "to": _named,
    "actor": _named,
    "unread": _unread,
    "type": _type,
}
