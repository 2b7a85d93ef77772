"""The letters of a folder as a list to work through, those first of which a look is worth most.

Fields an archive must have that are doubtful or missing come first, then letters by their doubtful
words; the rest stand in an order by chance that never changes, so that its beginning is a random
sample of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.batch.outputs import RECORD
from pipeline.review.apply import WORD_FLAGS
from pipeline.review.fields import MUST_HAVE

SHOWN_STATUS = ("needs_review", "partial", "done")


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in the list. `fields` counts must-have fields that are missing or have a flag,
    `words` doubtful words, `people` decisions that count."""

    document_id: str
    status: str
    number_symbol: str | None
    date: str | None
    issuing_body: str | None
    subject: str | None
    fields: int
    words: int
    people: int

    @property
    def worth(self) -> tuple[int, int, str]:
        """Orders letters by the value of a look, the smallest first."""
        chance = hashlib.sha256(self.document_id.encode()).hexdigest()
        return (-self.fields, -self.words, chance)


class Letters:
    """The letters of a folder; a record is read again only when it has changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[tuple[int, int], LetterRow | None]] = {}
        self._lock = threading.Lock()

    def queue(self) -> list[LetterRow]:
        """All letters, those first of which a look is worth most."""
        with self._lock:
            return sorted(self._rows(), key=lambda row: row.worth)

    def _rows(self) -> Iterator[LetterRow]:
        known, self._known = self._known, {}
        for entry in os.scandir(self._root):
            path = Path(entry.path) / RECORD
            try:
                stat = path.stat()
            except OSError:
                continue
            state = (stat.st_mtime_ns, stat.st_size)
            old = known.get(entry.name)
            row = old[1] if old and old[0] == state else _row(entry.name, path)
            self._known[entry.name] = (state, row)
            if row:
                yield row


def _row(name: str, path: Path) -> LetterRow | None:
    """What the list says of a record; None where it is none."""
    try:
        data = json.loads(path.read_bytes())
        header, flags = data["header"], data["flags"]
        steps = [s for s in data["processing"] if s["step"] == "review"]
        return LetterRow(
            name,
            data["status"],
            header["number_symbol"],
            header["date"],
            header["issuing_body"],
            header["subject"],
            _must_have_doubts(header, {f["where"] for f in flags if f["code"] not in WORD_FLAGS}),
            sum(f["code"] == "doubtful_word" for f in flags),
            steps[0]["settings"]["decisions"] if steps else 0,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _must_have_doubts(header: dict[str, Any], flagged: set[str]) -> int:
    return sum(f in flagged or not header[f.split(".")[1]] for f in MUST_HAVE)
