"""The truth by which records are measured, and which record belongs to which truth.

A truth folder holds `page-N.txt` (what is printed), perhaps `letter.json` (the fields) and the
scan as `source.pdf` or `source-1.jpg` …"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pipeline.errors import UsageError
from pipeline.intake import group_digest


@dataclass(frozen=True, slots=True)
class Truth:
    """One letter's truth: its pages in order, its fields (None: not made), its scan's files."""

    id: str
    pages: tuple[str, ...]
    letter: dict[str, Any] | None
    sources: tuple[Path, ...]

    @property
    def text(self) -> str:
        """All pages, one after the other."""
        return "\n".join(self.pages)


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A record as plain data, and the file it was read from."""

    path: Path
    data: dict[str, Any]

    def text(self, key: str) -> str:
        """`text` or `raw_text` of all pages, one after the other."""
        return "\n".join(page.get(key) or "" for page in self.data.get("pages") or ())


def truths_in(gold: Path) -> list[Truth]:
    """All truth folders below `gold`, by name. Raises UsageError `gold_empty` where none is."""
    found = [_truth(p.parent) for p in sorted(gold.glob("*/page-1.txt"))]
    if not found:
        raise UsageError("gold_empty", path=gold)
    return found


def record_files(records: Path) -> list[RecordFile]:
    """All `DIR/*/record.json`, by name. Raises UsageError `gold_unreadable` for a broken one."""
    return [RecordFile(p, _json(p)) for p in sorted(records.glob("*/record.json"))]


def record_of(truth: Truth, records: Iterable[RecordFile]) -> RecordFile | None:
    """The record of a letter: in the folder of its name, else of the same scan by hash, else of a
    scan at a path that ends in the letter's folder."""
    known = list(records)
    hashes = set(_hashes(truth.sources))
    tests = (
        lambda r: r.path.parent.name == truth.id,
        lambda r: _source(r).get("sha256") in hashes,
        lambda r: _ends_in(PurePath(_source(r).get("path") or ""), truth.id),
    )
    return next((r for test in tests for r in known if test(r)), None)


def _truth(folder: Path) -> Truth:
    pages = sorted(folder.glob("page-*.txt"), key=_number)
    letter = folder / "letter.json"
    return Truth(
        id=folder.name,
        pages=tuple(p.read_text(encoding="utf-8") for p in pages),
        letter=_json(letter) if letter.exists() else None,
        sources=tuple(sorted(folder.glob("source*.*"), key=_number)),
    )


def _number(path: Path) -> tuple[int, str]:
    digits = path.stem.rpartition("-")[2]
    return (int(digits) if digits.isdecimal() else 0, path.name)


def _hashes(sources: tuple[Path, ...]) -> Iterator[str]:
    """The hash of a single scan, or of a group: over the hashes of its files in page order."""
    each = [hashlib.sha256(p.read_bytes()).hexdigest() for p in sources]
    if len(each) == 1:
        yield each[0]
    elif each:
        yield group_digest(each)


def _ends_in(path: PurePath, name: str) -> bool:
    return path.name == name or (path.parent.name == name and path.stem.startswith("source"))


def _source(record: RecordFile) -> dict[str, Any]:
    return record.data.get("source") or {}


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("gold_unreadable", path=path, reason=error) from error
    if not isinstance(data, dict):
        raise UsageError("gold_unreadable", path=path, reason="not a JSON object")
    return data
