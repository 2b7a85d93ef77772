"""What a person typed, understood: words, "phrases", -not, and filters such as ngày:2019-01.

Every string is a query; what makes no sense as a filter is told in `problem`. No engine is known
here; each puts a `Query` into its own language."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import regex

from pipeline.messages import message
from pipeline.search.body_names import LONGEST_NAME, begins_name, other_bodies, other_names
from pipeline.search.folding import fold, forms, has_marks
from pipeline.search.identifiers import Form, keys, keys_of
from pipeline.search.signer_names import FEWEST, MOST, shortened_names

Field = Literal[
    "number", "date", "body", "type", "signer", "to", "actor", "cites", "kind", "unread"
]

NAMES: dict[str, Field] = {
    "số": "number",
    "number": "number",
    "ngày": "date",
    "date": "date",
    "cơ quan": "body",
    "body": "body",
    "loại": "type",
    "type": "type",
    "người ký": "signer",
    "signer": "signer",
    "kính gửi": "to",
    "to": "to",
    "giao": "actor",
    "actor": "actor",
    "viện dẫn": "cites",
    "cites": "cites",
    "là": "kind",
    "kind": "kind",
}
"""Filters by the name a person types, with or without marks."""

MAX_TERMS = 24
"""Words and phrases of one query that count; more are left out, and that is said."""
MAX_PHRASE = 40
_LONGEST = 10_000
_IDENTIFIER_WORDS = 7
_WORDS_BEFORE = 5
_SO = "so"
_KINDS = {
    "van ban": "letter",
    "letter": "letter",
    "nhiem vu": "directive",
    "directive": "directive",
}
_QUOTES = '"“”„«»'
_SPACE, _IN_QUOTES = re.compile(r"\s*"), re.compile(f"[^{_QUOTES}]*")
_TO_SPACE = re.compile(rf"[^\s{_QUOTES}]*")
_DAY = regex.compile(r"^([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?$")
_DAY_FIRST = regex.compile(r"^(?:(?:([0-9]{1,2})[/.-])?([0-9]{1,2})[/.-])?([0-9]{4})$")


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
class DateRange:
    """Days from `first` to `last`, both included, ISO 8601."""

    first: str
    last: str


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


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something between spaces: its filter's name, if any, and whether it was in quotes."""

    text: str
    field: Field | None
    negative: bool
    quoted: bool


def parse(text: str) -> Query:
    """Understand what was typed. Never raises."""
    clean = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    shortened = len(clean) > _LONGEST
    said = _Said()
    for piece in _pieces(clean[:_LONGEST]):
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


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while (at := _skip_space(text, at)) < len(text):
        negative = text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
        at += negative
        field, start = _field_at(text, at)
        value, end, quoted = _value_at(text, start)
        if field and not value.strip() and not quoted:
            field, value, end, quoted = _after_space(field, text, at, start)
        elif field == "kind" and not quoted:
            value, end = _kind_at(text, start, end)
        yield _Piece(value, field, negative, quoted)
        at = max(end, at + 1)


def _after_space(
    field: Field, text: str, at: int, start: int
) -> tuple[Field | None, str, int, bool]:
    """A filter's name with a space behind its colon: it is meant where the value makes sense, else
    it is a word like others. "Số: 46-CV/ĐU" stands so in letters and is asked for as a number."""
    value, end, quoted = _value_at(text, _skip_space(text, start))
    if field == "kind" and not quoted:
        value, end = _kind_at(text, _skip_space(text, start), end)
    if field != "number" and _VALUES[field](value):
        return field, value, end, quoted
    return None, text[at:start], start, False


def _kind_at(text: str, start: int, end: int) -> tuple[str, int]:
    """A kind of hit, of one word or of two, and where it ends."""
    _, longer, _ = _value_at(text, _skip_space(text, end))
    both = text[start:longer]
    return (both, longer) if _kind(both) else (text[start:end], end)


def _skip_space(text: str, at: int) -> int:
    return _end(_SPACE, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what a pattern matches from a place on ends; it may match nothing."""
    match = pattern.match(text, at)
    return match.end() if match else at


def _field_at(text: str, at: int) -> tuple[Field | None, int]:
    """The filter whose name stands at `at` with a colon, and where its value begins."""
    match = _NAME.match(text, at) if text.find(":", at) >= 0 else None
    if match is None:
        return None, at
    field = _FIELDS.get(fold(match[1]))
    return (field, match.end()) if field else (None, at)


def _value_at(text: str, at: int) -> tuple[str, int, bool]:
    """A quoted phrase, or all up to the next space; and where it ends."""
    if at < len(text) and text[at] in _QUOTES:
        end = _end(_IN_QUOTES, text, at + 1)
        return text[at + 1 : end], end + 1, True
    end = _end(_TO_SPACE, text, at)
    return text[at:end], end, False


_FIELDS: dict[str, Field] = {fold(name): field for name, field in NAMES.items()}
_NAME = regex.compile(r"(\p{L}[\p{L}\p{M}]*(?: +\p{L}[\p{L}\p{M}]*)?):")


class _Said:
    """What the pieces of a query say, one after the other."""

    def __init__(self) -> None:
        self._terms: list[Term] = []
        self._without: list[Term] = []
        self._filters: list[Filter] = []
        self._typed: list[str] = []
        self._problem: str | None = None

    def take(self, piece: _Piece) -> None:
        """Understand a piece."""
        if piece.field:
            self._take_filter(piece.field, piece)
        else:
            self._take_words(piece)

    def _take_words(self, piece: _Piece) -> None:
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

    def _take_filter(self, field: Field, piece: _Piece) -> None:
        value = _VALUES[field](piece.text)
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


def _dates(text: str) -> DateRange | None:
    first, dots, last = text.partition("..")
    start, end = _days(first), _days(last) if dots else _days(first)
    if (first and not start) or (last and not end) or not (start or end):
        return None
    if start and end and start > end:
        start, end = end, start
    return DateRange(start[0] if start else "0000-00-00", end[1] if end else "9999-12-31")


def _days(text: str) -> tuple[str, str] | None:
    """First and last day of 2019, 2019-09, 2019-09-18, 9/2019 or 18/9/2019."""
    if match := _DAY.match(text):
        year, month, day = match[1], match[2], match[3]
    elif match := _DAY_FIRST.match(text):
        day, month, year = match[1], match[2], match[3]
    else:
        return None
    months = (int(month), int(month)) if month else (1, 12)
    if not (1 <= months[0] <= 12 and int(year)):
        return None
    longest = calendar.monthrange(int(year), months[1])[1]
    if day and not 1 <= int(day) <= longest:
        return None
    days = (int(day), int(day)) if day else (1, longest)
    return f"{year}-{months[0]:02}-{days[0]:02}", f"{year}-{months[1]:02}-{days[1]:02}"


def _kind(text: str) -> str | None:
    return _KINDS.get(fold(text))


_VALUES: dict[Field, Callable[[str], DateRange | tuple[str, ...] | str | None]] = {
    "number": keys,
    "cites": keys,
    "date": _dates,
    "body": fold,
    "type": fold,
    "signer": fold,
    "to": fold,
    "actor": fold,
    "kind": _kind,
}


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
