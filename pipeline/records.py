"""Reading back what the program wrote: the records of an output folder, and plain text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from pipeline.batch.outputs import RECORD
from pipeline.errors import DocumentError, NothingFoundError
from pipeline.intake import Candidate, decode_text, read_source
from pipeline.record import Record
from pipeline.settings import Settings


class ReadRecords:
    """The records of an output folder, by document_id, read one at a time; what could not be read
    is in `errors` when all have been gone through.

    Raises DocumentError file_missing, NothingFoundError where the folder holds no record."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DocumentError("file_missing", path=folder)
        self._paths = sorted(folder.glob(f"[!.]*/{RECORD}"))
        if not self._paths:
            raise NothingFoundError("no_records", path=folder)
        self.errors: list[DocumentError] = []

    def __iter__(self) -> Iterator[Record]:
        for path in self._paths:
            try:
                yield Record.model_validate_json(path.read_bytes())
            except OSError as error:
                reason = error.strerror
                self.errors.append(DocumentError("file_unreadable", path=path, reason=reason))
            except ValidationError as error:
                reason = f"{error.error_count()} errors"
                self.errors.append(DocumentError("record_invalid", path=path, reason=reason))


def read_plain_text(name: str) -> str:
    """The text of the file `name`, or of standard input for `-`; pages end with a form feed.

    Raises DocumentError where there is none."""
    path = Path(name)
    if name == "-":
        data = sys.stdin.buffer.read()
        if not data:
            raise DocumentError("file_empty", path=name)
        return decode_text(data, path)
    source = read_source(Candidate(path, (path,)), Settings())
    if source.media_type != "text/plain":
        raise DocumentError("not_plain_text", path=path, media_type=source.media_type)
    return "\f".join(page.text or "" for page in source.pages)
