"""A query put into the languages of SQLite: a MATCH expression of FTS5, and SQL conditions.

Every word of an expression is a quoted string of letters and figures, so none is ever an operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from pipeline.letter.tables import document_types
from pipeline.search.folding import fold
from pipeline.search.identifiers import Form
from pipeline.search.query import DateRange, Filter, Identifier, Query, Term
from pipeline.search.sqlite_file import UNITS

Condition = tuple[str, tuple[str | int, ...]]

ANYWHERE = "{title folded raw}"
EXACT = "{exact}"
TEXT = "{folded}"
IDS = "{ids}"
_FEW = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask SQLite: `source` is FROM and WHERE over the table `letter`, with `parameters`
    for its question marks; `unit` names the id of the unit found, `ranked` is whether FTS5 ranks
    them. `numbers` are the keys of numbers asked for."""

    source: str
    parameters: tuple[str | int, ...]
    unit: str
    ranked: bool
    numbers: tuple[str, ...]


def plan(query: Query, *, one_missing: bool = False, ranked: bool = True) -> Plan:
    """Put a query into SQL; with `one_missing` one of its terms need not be found, and of many
    terms any number. Not `ranked`, it finds the same units in less time."""
    match = _match(query, one_missing, ranked)
    without = " OR ".join(_phrase(term.words, query.marked) for term in query.without)
    conditions = [_condition(f) for f in query.filters]
    if match:
        match = f"({match}) NOT ({without})" if without else match
        conditions = [("words MATCH ?", (match,)), *conditions]
        tables, unit = (
            f"words CROSS JOIN letter ON letter.id = words.rowid / {UNITS}",
            "words.rowid",
        )
    else:
        tables, unit = _all_units(query), "unit.id"
        if without:
            conditions.append((_NOT_MATCHING, (without,)))
    where = " AND ".join(sql.replace("{unit}", unit) for sql, _ in conditions) or "1"
    return Plan(
        f"FROM {tables} WHERE {where}",
        tuple(value for _, values in conditions for value in values),
        unit,
        ranked and bool(match),
        tuple(k for term in query.terms if isinstance(term, Identifier) for k in term.keys),
    )


def can_relax(query: Query) -> bool:
    """Whether leaving a word out may help: not where only one or two were asked for."""
    return len(query.terms) > 2


_NOT_MATCHING = "{unit} NOT IN (SELECT rowid FROM words WHERE words MATCH ?)"


def _all_units(query: Query) -> str:
    """Letters; their directives too only where the query says which kind."""
    last = UNITS - 1 if any(f.field == "kind" for f in query.filters) else 0
    first = f"letter.id * {UNITS}"
    return f"letter CROSS JOIN unit ON unit.id BETWEEN {first} AND {first} + {last}"


def _match(query: Query, one_missing: bool, ranked: bool) -> str:
    """All terms. To rank, each may also be met with its marks, or by the pair it makes with the
    next word; both find nothing that the folded word does not."""
    terms = [_term(term, query.marked and ranked) for term in query.terms]
    for i, (a, b) in enumerate(pairwise(query.terms if ranked else ())):
        if isinstance(a, Term) and isinstance(b, Term):
            terms[i] += f" OR {_pair((a.words[-1], b.words[0]), query.marked)}"
    parts = [f"({term})" for term in terms]
    if not one_missing:
        return " AND ".join(parts)
    if len(parts) > _FEW:
        return " OR ".join(parts)
    less = (" AND ".join(parts[:i] + parts[i + 1 :]) for i in range(len(parts)))
    return " OR ".join(f"({some})" for some in less)


def _term(term: Term | Identifier, marked: bool) -> str:
    if isinstance(term, Term):
        return _phrase(term.words, marked, also_folded=True)
    ids = " OR ".join(f'{IDS} : "{role}{key}"' for key in term.keys for role in "oc")
    return f"{ids} OR {_phrase(term.words, marked=False)}"


def _phrase(words: tuple[Form, ...], marked: bool, *, also_folded: bool = False) -> str:
    """Words in a row: with marks where they were typed so, else folded; `also_folded` both, those
    with marks counting more."""
    folded = f"{ANYWHERE} : {_quoted(f for _, f in words)}"
    exact = f"{EXACT} : {_quoted(e for e, _ in words)}"
    if not marked:
        return folded
    return f"{exact} OR {folded}" if also_folded else exact


def _pair(words: tuple[Form, Form], marked: bool) -> str:
    if marked:
        return f"{EXACT} : {_quoted(exact for exact, _ in words)}"
    return f"{TEXT} : {_quoted(folded for _, folded in words)}"


def _quoted(words: Iterable[str]) -> str:
    return '"' + " ".join(words) + '"'


def _condition(given: Filter) -> Condition:
    sql, values = _TESTS[given.field](given)
    return (f"coalesce(NOT ({sql}), 1)" if given.negative else f"({sql})"), values


def _date(given: Filter) -> Condition:
    assert isinstance(given.value, DateRange)
    return "letter.date BETWEEN ? AND ?", (given.value.first, given.value.last)


def _kind(given: Filter) -> Condition:
    return f"{{unit}} % {UNITS} {'=' if given.value == 'letter' else '<>'} 0", ()


def _named(given: Filter) -> Condition:
    """The letter's body or signer has the words in its name, in a row."""
    names = "SELECT id FROM name WHERE kind = ? AND instr(' ' || folded || ' ', ?)"
    return f"letter.{given.field} IN ({names})", (given.field, f" {given.value} ")


def _type(given: Filter) -> Condition:
    """The type's name has the words in it, or they are its code (CV, QĐ)."""
    names = [fold(t.name) for t in document_types() if t.code and fold(t.code) == given.value]
    marks = ", ".join("?" * len(names))
    _, values = _named(given)
    test = f"instr(' ' || folded || ' ', ?) OR folded IN ({marks})"
    return f"letter.type IN (SELECT id FROM name WHERE kind = ? AND ({test}))", (*values, *names)


def _numbered(given: Filter) -> Condition:
    assert isinstance(given.value, tuple)
    role = "own" if given.field == "number" else "cited"
    marks = ", ".join("?" * len(given.value))
    letters = f"SELECT letter FROM identifier WHERE role = ? AND key IN ({marks})"
    return f"letter.id IN ({letters})", (role, *given.value)


_TESTS: dict[str, Callable[[Filter], Condition]] = {
    "number": _numbered,
    "cites": _numbered,
    "date": _date,
    "body": _named,
    "signer": _named,
    "type": _type,
    "kind": _kind,
}
