"""What a person typed, understood: words, "phrases", -not, and filters such as ngày:2019-01.

Every string is a query; what makes no sense as a filter is told in `problem`. No engine is known
here; each puts a `Query` into its own language."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.messages import message
from pipeline.search.body_names import LONGEST_NAME, begins_name, other_bodies, other_names
from pipeline.search.folding import forms, has_marks
from pipeline.search.identifiers import Form, keys_of
from pipeline.search.query_pieces import Piece, pieces
from pipeline.search.query_values import VALUES, DateRange, Field
from pipeline.search.signer_names import FEWEST, MOST, shortened_names

MAX_TERMS = 24
"""Words and phrases of one query that count; more are left out, and that is said."""
MAX_PHRASE = 40
_LONGEST = 10_000
_IDENTIFIER_WORDS = 7
_WORDS_BEFORE = 5
_SO = "so"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several in a row, to be found as they stand: (exact, folded) of each. `capital`
    where all was typed in capitals, like an abbreviation; `typed` is what was typed."""

    words: tuple[Form, ...]
    capital: bool = False
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A letter's number, by any of its keys; `words` are what was typed."""

    keys: tuple[str, ...]
    words: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name: found where all of `terms` are, where one of the `other` names of a body stands, or
    where one of `signers`, folded, is all that was read of who signed."""

    terms: tuple[Term, ...]
    other: tuple[Term, ...] = ()
    signers: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[Form, ...]:
        """The words typed."""
        return tuple(word for term in self.terms for word in term.words)


Asked = Term | Identifier | Name


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on the letter: `value` is a DateRange for date, keys for number and cites,
    "letter" or "directive" for kind, else folded words to stand in the field in a row; for a body
    `other` are its other names. `words` are what was typed. Nobody types `unread`: letters without
    the field in `value`, which is the number."""

    field: Field
    value: DateRange | tuple[str, ...] | str
    negative: bool = False
    words: tuple[Form, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """All terms must be found, none of `without`, and every filter must hold. `marked` where the
    words were typed with marks, so that the same marks are preferred."""

    terms: tuple[Asked, ...] = ()
    without: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    marked: bool = False
    problem: str | None = None
    unanswerable: bool = False

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.terms or self.without or self.filters)

    @property
    def without_exact(self) -> bool:
        """Whether only the very marks typed are unwanted."""
        return self.marked or any(has_marks(term.typed) for term in self.without)

    @property
    def kinds(self) -> set[str]:
        """What may be hits: "letter", "directive"; letters where nothing is said of it."""
        said = [f for f in self.filters if f.field == "kind"]
        kinds = {"letter", "directive"} if said else {"letter"}
        for given in said:
            kinds = kinds - {str(given.value)} if given.negative else kinds & {str(given.value)}
        return kinds

    @property
    def shown_terms(self) -> tuple[tuple[Term | Identifier, ...], ...]:
        """What a passage should show, each in any of some writings: the terms, else the numbers of
        the filters."""
        numbers = (
            (Identifier(f.value, f.words),)
            for f in self.filters
            if isinstance(f.value, tuple) and not f.negative
        )
        return tuple(w for term in self.terms for w in _writings(term)) or tuple(numbers)


def _writings(term: Asked) -> Iterator[tuple[Term | Identifier, ...]]:
    if isinstance(term, Name):
        for one in term.terms:
            yield (one, *term.other)
    else:
        yield (term,)


def parse(text: str) -> Query:
    """Understand what was typed. Never raises."""
    clean = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    shortened = len(clean) > _LONGEST
    said = _Said()
    for piece in pieces(clean[:_LONGEST]):
        said.take(piece)
    query = said.query()
    if len(query.terms) + len(query.without) > MAX_TERMS:
        shortened = True
        query = replace(
            query, terms=query.terms[:MAX_TERMS], without=query.without[: MAX_TERMS // 2]
        )
    if shortened and not query.problem:
        query = replace(query, problem=message("query_shortened", count=MAX_TERMS))
    if query.empty and not query.problem:
        query = replace(query, problem=message("query_empty"), unanswerable=True)
    return query


def with_identifiers(query: Query, known: Callable[[Collection[str]], Collection[str]]) -> Query:
    """Take words in a row that make a number known to the index as that number.

    `known` says which of some keys are. A bare figure counts only after "số" or alone."""
    terms = list(query.terms)
    runs = {(i, j): _keys_of_run(terms[i:j]) for i, j in _runs(terms)}
    found = set(known({key for names in runs.values() for key in names})) if runs else set()
    out: list[Asked] = []
    at = 0
    while at < len(terms):
        ends = [j for (i, j), names in runs.items() if i == at and found.intersection(names)]
        if ends:
            run = terms[at : max(ends)]
            words = tuple(w for term in run for w in term.words)
            out.append(Identifier(_keys_of_run(run), words))
            at += len(run)
        else:
            out.append(terms[at])
            at += 1
    return replace(query, terms=tuple(out))


def with_signers(query: Query, known: Callable[[Collection[str]], Collection[str]]) -> Query:
    """Take words that may be a person's name as the name of who signed, where only the end of it
    was read. `known` says which of some folded names are all that was read below a letter."""
    out, at = list(query.terms), 0
    for start, end in _person_runs(query.terms):
        run = tuple(term for term in query.terms[start:end] if isinstance(term, Term))
        signers = tuple(known(shortened_names([term.words[0][1] for term in run])))
        if signers:
            out[start - at : end - at] = [Name(run, signers=signers)]
            at += len(run) - 1
    return replace(query, terms=tuple(out))


def _person_runs(terms: Sequence[Asked]) -> Iterator[tuple[int, int]]:
    """Where a whole name of a person may stand: three or four words that are all there is, or that
    alone were typed with capitals."""
    if FEWEST <= len(terms) <= MOST and all(map(_is_word, terms)):
        yield 0, len(terms)
        return
    start = 0
    for end in range(len(terms) + 1):
        if end == len(terms) or not _is_capitalized(terms[end]):
            if FEWEST <= end - start <= MOST:
                yield start, end
            start = end + 1


def _is_word(term: Asked) -> bool:
    return isinstance(term, Term) and len(term.words) == 1


def _is_capitalized(term: Asked) -> bool:
    return isinstance(term, Term) and _is_word(term) and term.typed.istitle()


def with_names(query: Query) -> Query:
    """Take words in a row that name a body, as that body under any of its names."""
    out: list[Asked] = []
    at = 0
    while at < len(query.terms):
        run = _named_run(query.terms, at)
        if run:
            out.append(run)
            at += len(run.terms)
        else:
            out.append(query.terms[at])
            at += 1
    return replace(query, terms=tuple(out))


def _named_run(terms: Sequence[Asked], at: int) -> Name | None:
    """The longest body's name that begins at a term."""
    if not begins_name(terms[at].words[0][1]):
        return None
    for end in range(min(len(terms), at + LONGEST_NAME), at, -1):
        run = [term for term in terms[at:end] if isinstance(term, Term)]
        if len(run) < end - at:
            continue
        words = [folded for term in run for _, folded in term.words]
        before = [f for term in terms[max(at - _WORDS_BEFORE, 0) : at] for _, f in term.words]
        other = other_names(words, before, capital=all(term.capital for term in run))
        if other:
            return Name(tuple(run), tuple(Term(tuple(forms(name))) for name in other))
    return None


class _Said:
    """What the pieces of a query say, one after the other."""

    def __init__(self) -> None:
        self._terms: list[Term] = []
        self._without: list[Term] = []
        self._filters: list[Filter] = []
        self._typed: list[str] = []
        self._problem: str | None = None

    def take(self, piece: Piece) -> None:
        """Understand a piece."""
        if piece.field:
            self._take_filter(piece.field, piece)
        else:
            self._take_words(piece)

    def _take_words(self, piece: Piece) -> None:
        if not piece.negative:
            self._typed.append(piece.text)
        every = forms(piece.text)
        words = tuple(every[:MAX_PHRASE])
        if not words:
            return
        typed = piece.text if len(every) <= MAX_PHRASE else " ".join(f for _, f in words)
        if piece.negative:
            self._without.append(Term(words, typed=typed))
        else:
            self._terms.append(Term(words, piece.text.isupper(), typed))

    def _take_filter(self, field: Field, piece: Piece) -> None:
        value = VALUES[field](piece.text)
        if not value:
            self._problem = message(f"query_{field}", value=piece.text[:60])
            return
        other = other_bodies(value) if field == "body" and isinstance(value, str) else ()
        new = Filter(field, value, piece.negative, tuple(forms(piece.text)), other)
        self._filters.append(new)

    def query(self) -> Query:
        """All that was said; with a filter that makes no sense there is no answer."""
        return Query(
            tuple(self._terms),
            tuple(self._without),
            tuple(self._filters),
            marked=has_marks(" ".join(self._typed)),
            problem=self._problem,
            unanswerable=self._problem is not None,
        )


def _runs(terms: Sequence[Asked]) -> Iterator[tuple[int, int]]:
    """Where a number may stand: a figure, perhaps after "số", and up to seven words behind it; a
    figure without words behind it only after "số" or when nothing else was typed."""
    for i, term in enumerate(terms):
        first = term.words[0][1]
        if not (first.isdigit() or first == _SO):
            continue
        for j in range(i + 1, min(len(terms), i + 1 + _IDENTIFIER_WORDS) + 1):
            typed = [w for term in terms[i:j] for w in term.words]
            number = _after_so(typed)
            lone = len(number) == 1 and len(typed) == 1 and len(terms) > 1
            if number and number[0][1].isdigit() and not lone:
                yield i, j


def _keys_of_run(run: Sequence[Asked]) -> tuple[str, ...]:
    return keys_of(_after_so([w for term in run for w in term.words]))


def _after_so(words: list[Form]) -> list[Form]:
    return words[1:] if words[0][1] == _SO else words
