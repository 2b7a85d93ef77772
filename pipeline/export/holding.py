"""A document as it lies in an output folder: its record, its lines with placed words, its scan.

In: `DIR/<document_id>/` (record.json, layout.json). Out: a `Holding`, what every export is made of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.batch.plan import content_hash
from pipeline.document import Box, Source, Word
from pipeline.errors import DocumentError
from pipeline.export.words import PlacedWord, place_words
from pipeline.finding import discover
from pipeline.intake import Candidate, read_source
from pipeline.record import CorrectionInfo, Page, Record
from pipeline.settings import Settings

LAYOUT = "layout.json"


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of the corrected text; `number` counts from 1 in the page's text. Without a box it
    separates paragraphs, or comes from bare text."""

    number: int
    zone: str
    box: Box | None
    text: str
    words: tuple[PlacedWord, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """A record and the lines of its pages, in the order of `record.pages`."""

    folder: Path
    record: Record
    lines: tuple[tuple[PlacedLine, ...], ...]


def read_holding(folder: Path) -> Holding:
    """Read what the batch wrote.

    Raises DocumentError record_invalid or file_unreadable where record and layout cannot be read
    or do not belong together."""
    record = _record(folder / "record.json")
    layout = _layout(folder / LAYOUT)
    changes = _Changes(record)
    try:
        lines = tuple(
            _lines(page, described["lines"], changes)
            for page, described in zip(record.pages, layout["pages"], strict=True)
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DocumentError(
            "record_invalid", path=folder / LAYOUT, reason="does not fit record.json"
        ) from error
    return Holding(folder, record, lines)


def find_scan(holding: Holding, base: Path | None = None) -> Source:
    """The document's original, unchanged since it was processed. A relative path is looked for in
    `base` (the current folder where None).

    Raises DocumentError file_missing, source_changed, or what reading it raises."""
    info = holding.record.source
    path = (base or Path()) / info.path
    if not path.exists():
        raise DocumentError("file_missing", path=path)
    candidate = Candidate(path, (path,))
    if path.is_dir():
        grouped = [c for c in discover((path,), "folder") if isinstance(c, Candidate)]
        candidate = next((c for c in grouped if c.path == path), candidate)
    if content_hash(candidate) != info.sha256:
        raise DocumentError("source_changed", path=path)
    return read_source(candidate, Settings())


def _record(path: Path) -> Record:
    try:
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DocumentError("file_unreadable", path=path, reason=error.strerror) from error
    except ValidationError as error:
        reason = f"{error.error_count()} errors"
        raise DocumentError("record_invalid", path=path, reason=reason) from error


def _layout(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DocumentError("file_unreadable", path=path, reason=error.strerror) from error
    except ValueError as error:
        raise DocumentError("record_invalid", path=path, reason=str(error)) from error


class _Changes:
    """Corrections of each line of a record, and other readings of its doubtful words."""

    def __init__(self, record: Record) -> None:
        self.corrections: dict[tuple[int, int], list[CorrectionInfo]] = {}
        self.doubts: dict[tuple[int, int], dict[int, list[str]]] = {}
        for c in record.corrections:
            self.corrections.setdefault((c.page, c.line), []).append(c)
        for flag in record.flags:
            if flag.readings and flag.page and flag.line and flag.start is not None:
                line = self.doubts.setdefault((flag.page, flag.line), {})
                line[flag.start] = flag.readings


def _lines(
    page: Page, described: list[dict[str, Any]], changes: _Changes
) -> tuple[PlacedLine, ...]:
    texts = page.text.split("\n") if described or page.text else []
    return tuple(
        _line((page.number, number), text, one, changes)
        for number, (text, one) in enumerate(zip(texts, described, strict=True), start=1)
    )


def _line(
    at: tuple[int, int], text: str, described: dict[str, Any], changes: _Changes
) -> PlacedLine:
    words = [Word(word, _box(box), sure) for word, box, sure in described["words"]]
    corrections, doubts = changes.corrections.get(at, []), changes.doubts.get(at, {})
    placed = tuple(place_words(words, corrections, doubts)) if words else ()
    if placed and " ".join(w.text for w in placed) != " ".join(text.split()):
        raise ValueError(text)
    box = described["box"]
    return PlacedLine(at[1], described["zone"], _box(box) if box else None, text, placed)


def _box(values: list[int]) -> Box:
    left, top, right, bottom = values
    return (left, top, right, bottom)
