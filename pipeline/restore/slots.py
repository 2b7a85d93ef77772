"""A document as one sequence of tokens for the decoder: words, classes, boundaries.

In: pages of lines. Out: slots (which token stands where) beside rows of candidate readings. Wrapped
lines run on; a sentence's end, a short line and a page's end are boundaries.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import regex

from pipeline.document import Line, PageLayout
from pipeline.restore import echoes, identifiers, items
from pipeline.restore.candidates import Candidates
from pipeline.restore.damage import could_be_syllable
from pipeline.restore.fix import Fix
from pipeline.restore.identifiers import Place
from pipeline.restore.language_model import Ids
from pipeline.restore.protect import is_address, is_measure
from pipeline.restore.tokens import JOINED, JOINED_HEAVY, classify, core_of, ends_sentence
from pipeline.restore.wrapping import line_ends

Pages = Sequence[tuple[int, PageLayout]]
_TOKEN = regex.compile(r"\S+")
_UPPER = regex.compile(r"\p{Uppercase}")
_LOWER = regex.compile(r"\p{Lowercase}")
_TOP = 15  # the subject of a letter stands among so many lines
_LONGEST_TOKEN = 200


class Slot(NamedTuple):
    """A token of the document: its line, its place in the line, and the row of its readings."""

    page: int
    line: int
    start: int
    token: str
    row: int


_EARLIER: Final = Slot(0, 0, 0, "", 0)  # stands for whatever is before a line

Lines = dict[tuple[int, int, str, bool, tuple[Fix, ...]], list[Slot | None]]
"""The slots of lines, by page, number, text, whether in capitals, and repairs: most lines are the
same when a document is read again. Not of lines of which words were read twice."""


class Sequencer:
    """Builds the sequence of one document; `lines`: what is known of its lines, which grows."""

    def __init__(self, candidates: Candidates, lines: Lines | None = None) -> None:
        self._candidates = candidates
        self._lines: Lines = {} if lines is None else lines
        self._heavy = candidates.wide.heavy
        self.slots: list[Slot | None] = [None]

    @property
    def rows(self) -> Ids:
        """The row of readings of each slot."""
        boundary = self._candidates.boundary()
        return np.array([boundary if s is None else s.row for s in self.slots], np.int64)

    def add_pages(self, pages: Pages) -> None:
        """Add all pages, each under its index."""
        for index, page in pages:
            ends = line_ends(page.lines)
            fixes = fixes_of(page, self._heavy, first=index == 0)
            capitals = False
            for number, line in enumerate(page.lines):
                capitals = in_capitals(line.text, capitals)
                capitals = capitals and not (self._heavy and _has_small_words(line.text))
                self._add_known_line(index, number, line, capitals, fixes.get(number, []))
                if ends[number]:
                    self._end()
            self._end()

    def _add_known_line(
        self, index: int, number: int, line: Line, capitals: bool, fixes: Sequence[Fix]
    ) -> None:
        if _read_twice(line):
            self._add_line(index, number, line, capitals, fixes)
            return
        key = (index, number, line.text, capitals, tuple(fixes))
        known = self._lines.get(key)
        if known is None:
            before, self.slots = self.slots, [_EARLIER]
            self._add_line(index, number, line, capitals, fixes)
            known = self._lines[key] = self.slots[1:]
            self.slots = before
        self.slots += known[1:] if known[:1] == self.slots[-1:] == [None] else known

    def _add_line(
        self, index: int, number: int, line: Line, capitals: bool, fixes: Sequence[Fix]
    ) -> None:
        others, english = _other_readings(line)
        for start, token in tokens_of(line.text, self._heavy):
            certain = _fixed_token(start, token, fixes) if fixes else None
            if certain == "":  # taken away
                continue
            if certain is not None:
                row = self._candidates.fixed(certain)
                self._append(Slot(index, number, start, token, row), certain, line.text)
            elif is_word(token, self._heavy):
                row = self._candidates.row(
                    token, capitals, others.get(start, ()), english.get(start, "")
                )
                self._append(Slot(index, number, start, token, row), token, line.text)
            elif ends_sentence(token) and not self._heavy:  # a speck, where damage is heavy
                self._end()

    def _append(self, slot: Slot, token: str, line: str) -> None:
        """Add a token; no sentence ends where a small letter follows without a space."""
        self.slots.append(slot)
        if ends_sentence(token):
            behind = line[slot.start + len(slot.token) :][:1]
            if not (behind.islower() if self._heavy else behind.strip()):
                self._end()

    def _end(self) -> None:
        if self.slots[-1] is not None:
            self.slots.append(None)


def _read_twice(line: Line) -> bool:
    """Whether the engine read a word of the line twice. A loop: this is asked of every line."""
    for word in line.words:  # noqa: SIM110
        if word.readings or word.english:
            return True
    return False


def _other_readings(line: Line) -> tuple[dict[int, tuple[str, ...]], dict[int, str]]:
    """What else the engine read in the place of a word, by where the word begins in the line, and
    what its English model did."""
    words = list(zip(line.starts(), line.words, strict=True))
    others = {at: word.readings for at, word in words if word.readings}
    return others, {at: word.english for at, word in words if word.english}


def fixes_of(page: PageLayout, heavy: bool, *, first: bool) -> dict[int, list[Fix]]:
    """The repairs of the field grammar on a page, by line number; `first`: it is the letter's."""
    found: dict[int, list[Fix]] = {}
    places = _places([line.text for line in page.lines[:_TOP]] if first else [])
    for number, line in enumerate(page.lines):
        place = places[number] if number < len(places) else "text"
        if fixes := _with_echoes(line, _line_fixes(line.text, heavy, place)):
            found[number] = fixes
    for number, fix in _item_fixes(tuple(line.text for line in page.lines)).items():
        others = [f for f in found.get(number, []) if _are_apart(f, fix)]
        found[number] = sorted([fix, *others])
    return found


def _with_echoes(line: Line, fixes: list[Fix]) -> list[Fix]:
    """The repairs of a line with what the boxes of its words tell."""
    if not line.words:
        return fixes
    echoes_here = [e for e in echoes.fixes(line) if all(_are_apart(e, f) for f in fixes)]
    return sorted([*fixes, *echoes_here]) if echoes_here else fixes


def _are_apart(a: Fix, b: Fix) -> bool:
    return a.end <= b.start or b.end <= a.start


def _places(top: Sequence[str]) -> list[Place]:
    """Where each of the first lines of a document stands."""
    places: list[Place] = ["top"] * len(top)
    found = (n for n, text in enumerate(top) if identifiers.is_number_line(text))
    if (number := next(found, None)) is not None:
        worded = [n for n, text in enumerate(top[:number]) if any(c.isalpha() for c in text)]
        if worded:
            places[worded[-1]] = "above number"
        places[number + 1 : number + 2] = ["below number"] * len(top[number + 1 : number + 2])
    return places


# Every pass over a document looks at its lines again, and most stay as they are.
_line_fixes = lru_cache(maxsize=10_000)(identifiers.fixes)
_item_fixes = lru_cache(maxsize=100)(items.fixes)


def _fixed_token(start: int, token: str, fixes: Sequence[Fix]) -> str | None:
    """The token after the fixes that touch it, or None where none does."""
    out, touched = token, False
    for fix in reversed(fixes):
        a, b = max(fix.start - start, 0), min(fix.end - start, len(token))
        if a < b:
            out, touched = out[:a] + fix.after + out[b:], True
    return out if touched else None


@lru_cache(maxsize=10_000)
def tokens_of(text: str, heavy: bool) -> list[tuple[int, str]]:
    """The tokens of a line with their offsets; lower-case words joined by a mark are parted.

    What is longer than any word or address (rules read as letters, broken files) is passed over."""
    mark = JOINED_HEAVY if heavy else JOINED
    if not mark.search(text):
        return [(m.start(), m[0]) for m in _TOKEN.finditer(text) if len(m[0]) <= _LONGEST_TOKEN]
    found = []
    for match in _TOKEN.finditer(text):
        token, start = match.group(), match.start()
        if len(token) > _LONGEST_TOKEN:
            continue
        at = 0
        if is_address(token) or (not heavy and token.isascii() and "." in token[1:-1]):
            found.append((start, token))
            continue
        for joint in mark.finditer(token):
            found.append((start + at, token[at : joint.end()]))
            at = joint.end()
        found.append((start + at, token[at:]))
    return found


@lru_cache(maxsize=100_000)
def is_number(token: str) -> bool:
    """Whether a token is a number of digits alone, or with the sign of a measure."""
    core = token[slice(*core_of(token))]
    return core.isdigit() or is_measure(core)


@lru_cache(maxsize=100_000)
def is_word(token: str, heavy: bool) -> bool:
    """Whether a token counts in the sequence of words. A letter that only marks others (`ˆ`) is a
    speck, as a rule."""
    start, end = core_of(token)
    if start < end:
        marks = not heavy and all(unicodedata.category(c) == "Lm" for c in token[start:end])
        return heavy or (not marks and bool(classify(token[start:end])))
    return heavy and any(c in "&@¢§€£¥©®" for c in token)


@lru_cache(maxsize=10_000)
def _has_small_words(text: str) -> bool:
    """Whether a line has more words in small letters than in capitals, abbreviations left out."""
    tokens = [token[slice(*core_of(token))] for token in text.split()]
    small = sum(len(_LOWER.findall(t)) > max(1, len(_UPPER.findall(t))) for t in tokens)
    capital = sum(len(t) > 1 and t.isupper() and could_be_syllable(t) for t in tokens)
    return small > capital


@lru_cache(maxsize=10_000)
def _cases(text: str) -> tuple[int, int]:
    """How many capitals a text has, and how many small letters."""
    return len(_UPPER.findall(text)), len(_LOWER.findall(text))


def in_capitals(text: str, before: bool = False) -> bool:
    """Whether a line is printed in capitals for the most part. `before`: whether the line before
    it is, so that a word or two may be its end."""
    upper, lower = _cases(text)
    return upper > (1 if before and not lower else 4) and upper > 1.5 * lower
