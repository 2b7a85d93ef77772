"""The fields of a record that people see and edit, by their names in `evidence` and `places`.

`header.subject`, `recipients.0`, `directives.2` … A field that is no plain text (a directive) is
known by its `text`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

import regex

from pipeline.letter.identifiers import read_number_line
from pipeline.record import Page, Record
from pipeline.review.decisions import Decision

HEADER = (
    "number_symbol", "date", "document_type", "subject", "issuing_body", "parent_body", "place",
    "secrecy", "urgency",
)  # fmt: skip
SIGNATURE = ("authority", "position", "signer")
LISTS = ("recipients", "legal_bases", "distribution")
MUST_HAVE = ("header.number_symbol", "header.date", "header.issuing_body", "header.subject")
"""What the catalogue of an archive cannot do without (Thông tư 05/2025/TT-BNV)."""
_MOST_CONTEXT = 3
_EDITABLE = regex.compile(
    rf"header\.({'|'.join(HEADER)})|signature\.({'|'.join(SIGNATURE)})"
    rf"|({'|'.join(LISTS)})\.[0-9]{{1,4}}"
)


def editable(record: Record) -> dict[str, str | None]:
    """The fields people can edit and what they say, in the order of a letter."""
    header = {f"header.{name}": getattr(record.header, name) for name in HEADER}
    lists = {f"{name}.{i}": text for name in LISTS for i, text in enumerate(getattr(record, name))}
    signature = {f"signature.{name}": getattr(record.signature, name) for name in SIGNATURE}
    return {**header, **lists, **signature}


def is_acceptable(field: str, value: str) -> bool:
    """Whether `value` can stand in `field`: a day in the date, one line in all."""
    if not _EDITABLE.fullmatch(field):
        return False
    if field == "header.date" and value:
        try:
            return datetime.date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False
    return True


def set_field(data: dict[str, Any], field: str, value: str) -> bool:
    """Put `value` into the record's data; an empty one where nothing is printed. False where the
    record has no such field."""
    if not is_acceptable(field, value):
        return False
    name, key = field.split(".")
    if name in LISTS:
        if int(key) >= len(data[name]):
            return False
        data[name][int(key)] = value
    else:
        data[name][key] = value or None
    if field == "header.number_symbol":
        read = read_number_line(value)
        data["header"]["number"] = read.number if read else None
        data["header"]["symbol"] = read.symbol if read else None
    return True


def words_followed(
    data: dict[str, Any], machine: Record, decided: Iterable[tuple[int, int, int, Decision]]
) -> None:
    """Say in the fields that hold decided words what the text says now; each word with its page,
    line and first character in the raw line.

    A word is found in the field by its neighbours in the line; where it cannot be told from
    another of the same letters the field stays, as a person can edit it. From right to left, so
    that the places of words still to come hold."""
    lines: dict[tuple[int, int], str] = {}
    for page, line, start, decision in sorted(decided, key=lambda d: d[:3], reverse=True):
        told = _page(machine, page).text.split("\n")[line - 1]
        text = lines.setdefault((page, line), told)
        at, before = _as_told(machine, page, line, start, decision)
        if before == decision.after:
            continue
        for where in _holders(machine, page, line, at):
            for holder, key in list(_texts(data, where)):
                changed = _replaced(holder[key], text, at, before, decision.after)
                if changed is not None:
                    holder[key] = changed
        lines[page, line] = text[:at] + decision.after + text[at + len(before) :]


def _page(machine: Record, number: int) -> Page:
    return next(p for p in machine.pages if p.number == number)


def _as_told(
    machine: Record, page: int, line: int, start: int, decision: Decision
) -> tuple[int, str]:
    """Where the word begins in the machine's corrected line, and how the machine read it."""
    end = start + len(decision.raw)
    at, reading, last = start, "", start
    raw = _page(machine, page).raw_text.split("\n")[line - 1]
    for c in sorted(machine.corrections, key=lambda c: c.start):
        if (c.page, c.line) != (page, line):
            continue
        if c.start + len(c.before) <= start and c.start < start:
            at += len(c.after) - len(c.before)
        elif c.start < end:
            reading += raw[last : c.start] + c.after
            last = c.start + len(c.before)
    return at, reading + raw[last:end]


def _holders(machine: Record, page: int, line: int, at: int) -> Iterator[str]:
    for p in machine.places:
        here = p.page == page and p.line <= line <= p.last_line
        if here and p.start <= at and (p.end is None or at < p.end):
            yield p.where


def _texts(data: dict[str, Any], where: str) -> Iterator[tuple[Any, Any]]:
    """Every text of the field `where`, as what holds it and its key there."""
    holder: Any = {"": data}
    key: Any = ""
    for part in where.split("."):
        holder = holder[key]
        key = int(part) if isinstance(holder, list) and part.isdecimal() else part
        if isinstance(holder, list) and not (isinstance(key, int) and key < len(holder)):
            return
        if isinstance(holder, dict):
            if key not in holder:
                return
        elif not isinstance(holder, list):
            return
    yield from _within(holder, key)


def _within(holder: Any, key: Any) -> Iterator[tuple[Any, Any]]:
    value = holder[key]
    if isinstance(value, str):
        yield holder, key
    elif isinstance(value, list | dict):
        for inner in range(len(value)) if isinstance(value, list) else list(value):
            yield from _within(value, inner)


def _replaced(field: str, line: str, at: int, before: str, after: str) -> str | None:
    """`field` with `after` for `before`, known by up to three words of `line` on either side; None
    where that is in no or in several places of it."""
    left, right = line[:at].split(), line[at + len(before) :].split()
    for around in range(_MOST_CONTEXT, -1, -1):
        words_left = left[max(0, len(left) - around) :]
        words_right = right[:around]
        pattern = r"\s+".join(regex.escape(w) for w in [*words_left, "\0", *words_right])
        pattern = pattern.replace(regex.escape("\0"), f"(?P<word>{regex.escape(before)})")
        found = list(regex.finditer(rf"(?<!\w){pattern}(?!\w)", field))
        if len(found) == 1:
            start, end = found[0].span("word")
            return field[:start] + after + field[end:]
    return None
