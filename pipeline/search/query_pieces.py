"""What a person typed cut into pieces: words, "phrases", filters with their values, each perhaps
with a `-` before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from pipeline.search.folding import fold
from pipeline.search.query_values import NAMES, VALUES, Field

_QUOTES = '"“”„«»'
_SPACE, _IN_QUOTES = re.compile(r"\s*"), re.compile(f"[^{_QUOTES}]*")
_TO_SPACE = re.compile(rf"[^\s{_QUOTES}]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Something between spaces: its filter's name, if any, and whether it was in quotes."""

    text: str
    field: Field | None
    negative: bool
    quoted: bool


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of a text, in order. Never raises."""
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
        yield Piece(value, field, negative, quoted)
        at = max(end, at + 1)


def _after_space(
    field: Field, text: str, at: int, start: int
) -> tuple[Field | None, str, int, bool]:
    """A filter's name with a space behind its colon: it is meant where the value makes sense, else
    it is a word like others. "Số: 46-CV/ĐU" stands so in letters and is asked for as a number."""
    value, end, quoted = _value_at(text, _skip_space(text, start))
    if field == "kind" and not quoted:
        value, end = _kind_at(text, _skip_space(text, start), end)
    if field != "number" and VALUES[field](value):
        return field, value, end, quoted
    return None, text[at:start], start, False


def _kind_at(text: str, start: int, end: int) -> tuple[str, int]:
    """A kind of hit, of one word or of two, and where it ends."""
    _, longer, _ = _value_at(text, _skip_space(text, end))
    both = text[start:longer]
    return (both, longer) if VALUES["kind"](both) else (text[start:end], end)


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
