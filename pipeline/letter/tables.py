"""The word lists the letter stage reads: types, bodies, positions, set phrases.

In: the TSV files of `dictionaries/`; out: immutable tables, read once a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipeline.letter.folding import fold


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A type of document: its code in the number (may be empty), its name as displayed."""

    code: str
    name: str
    family: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body behind an abbreviation in a symbol."""

    abbreviation: str
    name: str
    family: str


@dataclass(frozen=True, slots=True)
class BodyWord:
    """First words of a body's name, folded, and as written; `whole` where they alone can be one."""

    words: str
    written: str
    whole: bool
    family: str


def rows(name: str) -> list[list[str]]:
    """The rows of `dictionaries/name`, without comments and empty lines."""
    text = (files("dictionaries") / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


@cache
def document_types() -> tuple[DocumentType, ...]:
    """All types of documents, in the order of the table."""
    return tuple(DocumentType(r[0], r[1], r[2]) for r in rows("document_types.tsv"))


@cache
def bodies() -> dict[str, Body]:
    """Bodies by abbreviation."""
    return {r[0]: Body(r[0], r[1], r[2]) for r in rows("bodies.tsv")}


@cache
def body_words() -> tuple[BodyWord, ...]:
    """First words of bodies, the longest first."""
    table = [BodyWord(fold(r[0]), r[0], r[1] == "whole", r[2]) for r in rows("body_words.tsv")]
    return tuple(sorted(table, key=lambda b: -len(b.words)))


@cache
def positions() -> tuple[str, ...]:
    """Folded positions, the longest first."""
    return tuple(sorted((fold(r[0]) for r in rows("positions.tsv")), key=len, reverse=True))


@cache
def authorities() -> tuple[tuple[str, str], ...]:
    """(form, family) of signing authorities, the longest first."""
    table = [(r[0], r[2]) for r in rows("authorities.tsv")]
    return tuple(sorted(table, key=lambda r: -len(r[0])))


@cache
def surnames() -> frozenset[str]:
    """Family names, in capitals and with their marks."""
    return frozenset(r[0].upper() for r in rows("surnames.tsv"))


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """Set phrases of one kind as written, the longest first."""
    table = [r[1] for r in rows("letter_phrases.tsv") if r[0] == kind]
    return tuple(sorted(table, key=len, reverse=True))


@cache
def folded_phrases(kind: str) -> tuple[str, ...]:
    """Set phrases of one kind, folded."""
    return tuple(fold(p) for p in phrases(kind))


@cache
def mark_words() -> tuple[tuple[str, str], ...]:
    """(field, words in capitals with their marks) of secrecy and urgency, the longest first."""
    table = [(r[0], r[1]) for r in rows("marks.tsv")]
    return tuple(sorted(table, key=lambda r: -len(r[1])))
