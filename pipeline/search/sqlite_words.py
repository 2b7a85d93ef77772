"""Words as numbers: each folded word has one, and below it each of its spellings.

A code is `word << 8 | spelling`, of eight bytes; codes are kept as bytes, which are joined and made
an array faster than a list of numbers. A word met among the recipients or actors is another word
than the same in the text, so that a filter asks for it like for any word."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.search.content import Content
from pipeline.search.folding import forms_of_piece

SPELLING_BITS = 8
OTHER_SPELLING = (1 << SPELLING_BITS) - 1
GAP = -1
"""A place where no word stands, so that no phrase reaches over it."""
CODE_BYTES = 8
GAP_CODE = GAP.to_bytes(CODE_BYTES, sys.byteorder, signed=True)
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
        self._all_here = last == 0
        """Whether all words of the index are in `_words`: what is not there is new."""

    def codes(self, text: str, field: str = IN_TEXT) -> bytes:
        """The codes of the words of a text, in order."""
        return b"".join(map(self._pieces[field].__getitem__, text.split()))

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
            self._all_here = False

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
        sql = "SELECT id, spellings FROM word WHERE folded = ?"
        row = None if self._all_here else self._db.execute(sql, (folded,)).fetchone()
        if row is None:
            row = self._next, ""
            self._next += 1
        self._words[folded] = entry = row[0], row[1].split()
        return entry


class _Pieces(dict[str, bytes]):
    """What stands between spaces, to the codes of its words."""

    def __init__(self, words: Vocabulary, field: str) -> None:
        super().__init__()
        self._vocabulary = words
        self._field = field

    def __missing__(self, piece: str) -> bytes:
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        code = self._vocabulary.code
        codes = [code(exact, self._field + folded) for exact, folded in forms_of_piece(piece)]
        self[piece] = data = array("q", codes).tobytes()
        return data


@dataclass(frozen=True, slots=True)
class Codes:
    """The words of a letter as codes: of its heading, of its text, of raw lines that read
    otherwise; `spans` are the (first, end) word of each directive in the text."""

    title: bytes
    text: bytes
    raw: bytes
    spans: list[tuple[int, int]]


class _Text:
    """The codes of a text that is put together."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._bytes = 0

    def put(self, codes: bytes) -> tuple[int, int]:
        """Add codes; returns the numbers of the first of them and of the one behind them."""
        first = self._bytes
        self._parts.append(codes)
        self._bytes += len(codes)
        return first // CODE_BYTES, self._bytes // CODE_BYTES

    def joined(self) -> bytes:
        """All codes."""
        return b"".join(self._parts)


def codes_of(content: Content, words: Vocabulary) -> Codes:
    """The words of a letter. Behind those of its pages stand, each behind a gap, directives that
    are not on the pages, recipients and actors."""
    text = _Text()
    spans: list[tuple[int, int]] = []
    at = 0
    for directive in content.directives:
        spans.append((0, 0))
        if directive.span:
            start, end = directive.span
            text.put(words.codes(content.text[at:start]))
            spans[-1] = text.put(words.codes(content.text[start:end]))
            at = end
    text.put(words.codes(content.text[at:]))
    for number, directive in enumerate(content.directives):
        if not directive.span:
            text.put(GAP_CODE)
            spans[number] = text.put(words.codes(directive.text))
    for field, names in ((IN_RECIPIENTS, content.recipients), (IN_ACTORS, content.actors)):
        for name in names:
            text.put(GAP_CODE + words.codes(name, field))
    return Codes(words.codes(content.title), text.joined(), words.codes(content.raw), spans)


def spelling_number(spellings: Iterable[str], exact: str) -> int | None:
    """Which of a word's spellings a form is; None where it is none of them."""
    return next((n for n, spelling in enumerate(spellings) if spelling == exact), None)
