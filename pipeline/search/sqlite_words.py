"""Words as numbers: each folded word has one, and below it each of its spellings.

A code is `word << 8 | spelling`. A word met among the recipients or actors is another word than
the same in the text, so that a filter asks for it like for any word."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from pipeline.search.content import Content
from pipeline.search.folding import exact_and_folded

SPELLING_BITS = 8
OTHER_SPELLING = (1 << SPELLING_BITS) - 1
GAP = -1
"""A place where no word stands, so that no phrase reaches over it."""
IN_TEXT, IN_RECIPIENTS, IN_ACTORS = "", ">", "@"
"""Set before a word to tell where it was met."""
_CACHE_LIMIT = 400_000


class Vocabulary:
    """The words of an index that is written to; new ones are put in by `save`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.forget()

    def forget(self) -> None:
        """Let go of all that was read or not yet saved: another writer came between."""
        self._words: dict[str, tuple[int, list[str]]] = {}
        self._changed: dict[str, None] = {}
        self._pieces = {field: _Pieces(self, field) for field in ("", ">", "@")}
        last = self._db.execute("SELECT coalesce(max(id), 0) FROM word").fetchone()[0]
        self._next = last + 1

    def codes(self, text: str, field: str = IN_TEXT) -> list[int]:
        """The codes of the words of a text, in order."""
        return list(chain.from_iterable(map(self._pieces[field].__getitem__, text.split())))

    def save(self) -> None:
        """Put new words and spellings into the index."""
        rows = ((*self._words[word], word) for word in self._changed)
        self._db.executemany(
            "INSERT INTO word (id, spellings, folded) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET spellings = excluded.spellings",
            ((number, " ".join(spellings), word) for number, spellings, word in rows),
        )
        self._changed.clear()
        if len(self._words) > _CACHE_LIMIT:
            self._words.clear()

    def code(self, exact: str, folded: str) -> int:
        """The code of a word, entered if new."""
        number, spellings = self._words.get(folded) or self._read(folded)
        if exact in spellings:
            spelling = spellings.index(exact)
        elif len(spellings) < OTHER_SPELLING:
            spelling = len(spellings)
            spellings.append(exact)
            self._changed[folded] = None
        else:
            spelling = OTHER_SPELLING
        return number << SPELLING_BITS | spelling

    def _read(self, folded: str) -> tuple[int, list[str]]:
        row = self._db.execute(
            "SELECT id, spellings FROM word WHERE folded = ?", (folded,)
        ).fetchone()
        if row is None:
            row = self._next, ""
            self._next += 1
        self._words[folded] = entry = row[0], row[1].split()
        return entry


class _Pieces(dict[str, tuple[int, ...]]):
    """What stands between spaces, to the codes of its words."""

    def __init__(self, words: Vocabulary, field: str) -> None:
        super().__init__()
        self._vocabulary = words
        self._field = field

    def __missing__(self, piece: str) -> tuple[int, ...]:
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        exact, folded = exact_and_folded(piece)
        pairs = zip(exact.split(), folded.split(), strict=True)
        codes = tuple(self._vocabulary.code(e, self._field + f) for e, f in pairs)
        self[piece] = codes
        return codes


@dataclass(frozen=True, slots=True)
class Codes:
    """The words of a letter as codes: of its heading, of its text, of raw lines that read
    otherwise; `spans` are the (first, end) word of each directive in the text."""

    title: list[int]
    text: list[int]
    raw: list[int]
    spans: list[tuple[int, int]]


def codes_of(content: Content, words: Vocabulary) -> Codes:
    """The words of a letter. Behind those of its pages stand, each behind a gap, directives that
    are not on the pages, recipients and actors."""
    whole = " ".join(content.text.split())
    text: list[int] = []
    spans: list[tuple[int, int]] = []
    beyond: list[int] = []
    at = 0
    for number, directive in enumerate(content.directives):
        flat = " ".join(directive.text.split())
        start = _find_words(whole, flat, at)
        spans.append((-1, number))
        if start < 0:
            beyond.append(number)
            continue
        text += words.codes(whole[at:start])
        at = start + len(flat)
        own = words.codes(flat)
        spans[number] = (len(text), len(text) + len(own))
        text += own
    text += words.codes(whole[at:])
    for number in beyond:
        own = words.codes(content.directives[number].text)
        spans[number] = (len(text) + 1, len(text) + 1 + len(own))
        text += [GAP, *own]
    for field, names in ((IN_RECIPIENTS, content.recipients), (IN_ACTORS, content.actors)):
        for name in names:
            text += [GAP, *words.codes(name, field)]
    return Codes(words.codes(content.title), text, words.codes(content.raw), spans)


def _find_words(whole: str, part: str, start: int) -> int:
    """Where some words stand in a row among others, from a place on; -1 where they do not."""
    at = whole.find(part, start)
    while at >= 0 and not _between_spaces(whole, at, at + len(part)):
        at = whole.find(part, at + 1)
    return at if part else -1


def _between_spaces(whole: str, start: int, end: int) -> bool:
    return whole[start - 1 : start] in ("", " ") and whole[end : end + 1] in ("", " ")


def spelling_number(spellings: Iterable[str], exact: str) -> int | None:
    """Which of a word's spellings a form is; None where it is none of them."""
    return next((n for n, spelling in enumerate(spellings) if spelling == exact), None)
