"""What the stock keeps of a letter, read from its files without building whole records.

In: a letter's folder. Out: a `LetterRow` for the list, and an `Occurrence` for each word that a
machine changed or doubts. Plain JSON, because a stock of 200,000 letters is read in one go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.batch.outputs import RECORD
from pipeline.record import CorrectionInfo
from pipeline.review.apply import WORD_FLAGS
from pipeline.review.compounds import Compounds
from pipeline.review.decisions import word_place
from pipeline.review.fields import MUST_HAVE
from pipeline.review.units import Unit, line_units
from pipeline.review.writing import MACHINE

MOST_ODD = "\"'“”‘’()[]{}«».,;:!?…-–—/*"
"""Marks around a word that do not make it another correction."""


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in the list. `fields` counts must-have fields that are missing or have a flag,
    `words` doubtful words, `people` decisions that count and `last` when the last of them was made;
    `tokens` all words."""

    document_id: str
    status: str
    number_symbol: str | None
    date: str | None
    issuing_body: str | None
    subject: str | None
    fields: int
    words: int
    people: int
    last: str = ""
    tokens: int = 0

    @property
    def chance(self) -> int:
        """A number by chance that never changes: 63 bits of the SHA-256 of the id."""
        digest = hashlib.sha256(self.document_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    @property
    def told(self) -> str:
        """What a query without an index looks in, case-folded."""
        parts = (self.document_id, self.number_symbol, self.date, self.issuing_body, self.subject)
        return " ".join(filter(None, parts)).casefold()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place where OCR read `raw` and the machine gives `text`; both alike where it only doubts.
    `judge` is the source of the correction, `doubt` where there is none."""

    page: int
    line: int
    start: int
    raw: str
    text: str
    judge: str
    before: str = ""  # what it forms a word with, as printed
    behind: str = ""

    @property
    def place(self) -> str:
        """Its place, as decisions name it."""
        return word_place(self.page, self.line, self.start)

    @property
    def pair(self) -> tuple[str, str]:
        """What it has in common with others: raw and text in small letters, with what it forms a
        word with, without the marks around them that both have."""
        raw, text = self.raw, self.text
        while raw and text and raw[0] == text[0] and raw[0] in MOST_ODD:
            raw, text = raw[1:], text[1:]
        while raw and text and raw[-1] == text[-1] and raw[-1] in MOST_ODD:
            raw, text = raw[:-1], text[:-1]
        if not raw:
            raw, text = self.raw, self.text
        raw, text = raw.strip(), text.strip()
        whole = (" ".join(filter(None, (self.before, own, self.behind))) for own in (raw, text))
        first, second = (told.lower() for told in whole)
        return first, second


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is kept of a letter."""

    row: LetterRow
    occurrences: tuple[Occurrence, ...]


def read_entry(folder: Path) -> Entry | None:
    """The entry of the letter in `folder`; None where there is no record of ours."""
    try:
        now = json.loads((folder / RECORD).read_bytes())
        own = folder / MACHINE
        machine = json.loads(own.read_bytes()) if own.exists() else now
        row = _row(folder.name, now, _tokens(machine))
        return Entry(row, tuple(_occurrences(machine)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _row(name: str, data: Mapping[str, Any], tokens: int) -> LetterRow:
    header, flags = data["header"], data["flags"]
    steps = [s["settings"] for s in data["processing"] if s["step"] == "review"]
    flagged = {f["where"] for f in flags if f["code"] not in WORD_FLAGS}
    return LetterRow(
        name,
        data["status"],
        header["number_symbol"],
        header["date"],
        header["issuing_body"],
        header["subject"],
        sum(f in flagged or not header[f.split(".")[1]] for f in MUST_HAVE),
        sum(f["code"] == "doubtful_word" for f in flags),
        steps[0]["decisions"] if steps else 0,
        steps[0]["last"] if steps else "",
        tokens,
    )


def _tokens(machine: Mapping[str, Any]) -> int:
    return sum(len(page["raw_text"].split()) for page in machine["pages"])


def _occurrences(machine: Mapping[str, Any]) -> list[Occurrence]:
    """The words that were changed or are doubtful, in order."""
    found: list[Occurrence] = []
    around: list[tuple[str, str, str]] = []
    for units, doubted in _touched_lines(machine):
        for at, unit in enumerate(units):
            if unit.corrections and unit.text != unit.raw:
                judge = unit.corrections[-1].source
            elif any(unit.start <= place < unit.end for place in doubted):
                judge = "doubt"
            else:
                continue
            found.append(Occurrence(unit.page, unit.line, unit.start, unit.raw, unit.text, judge))
            before = units[at - 1].text if at else ""
            behind = units[at + 1].text if at + 1 < len(units) else ""
            around.append(_neighbours(before, unit.text, behind))
    sides = Compounds.load().sides(around)
    return [
        replace(
            one,
            before=words[0] if side == "before" else "",
            behind=words[2] if side == "behind" else "",
        )
        for one, words, side in zip(found, around, sides, strict=True)
    ]


def _neighbours(before: str, own: str, behind: str) -> tuple[str, str, str]:
    """A word between its neighbours, without those that punctuation parts from it."""
    plain = own.strip(MOST_ODD)
    left = before if before.isalpha() and own.startswith(plain) else ""
    core = behind.strip(MOST_ODD)
    right = core if core.isalpha() and behind.startswith(core) and own.endswith(plain) else ""
    return left, plain, right


def _touched_lines(machine: Mapping[str, Any]) -> Iterator[tuple[list[Unit], set[int]]]:
    """The units of each line that has a correction or a doubt, and where its doubts are."""
    fixes: dict[tuple[int, int], list[CorrectionInfo]] = {}
    for c in machine["corrections"]:
        fix = CorrectionInfo.model_construct(**{**c, "box": None})
        fixes.setdefault((fix.page, fix.line), []).append(fix)
    doubts: dict[tuple[int, int], set[int]] = {}
    for f in machine["flags"]:
        if f["code"] in WORD_FLAGS and f["line"] is not None:
            doubts.setdefault((f["page"], f["line"]), set()).add(f["start"])
    for page in machine["pages"]:
        number = page["number"]
        for line, raw in enumerate(page["raw_text"].split("\n"), 1):
            here = fixes.get((number, line), ())
            doubted = doubts.get((number, line), set())
            if here or doubted:
                yield line_units(number, line, raw, here), doubted
