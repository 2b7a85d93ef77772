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


def read_records(folder: Path) -> Iterator[Record | DocumentError]:
    """Every record of an output folder, by document_id; an error for each that cannot be read.

    Raises DocumentError file_missing, NothingFoundError where the folder holds no record."""
    if not folder.is_dir():
        raise DocumentError("file_missing", path=folder)
    paths = sorted(folder.glob(f"[!.]*/{RECORD}"))
    if not paths:
        raise NothingFoundError("no_records", path=folder)
    for path in paths:
        try:
            yield Record.model_validate_json(path.read_bytes())
        except OSError as error:
            yield DocumentError("file_unreadable", path=path, reason=error.strerror)
        except ValidationError as error:
            reason = f"{error.error_count()} errors"
            yield DocumentError("record_invalid", path=path, reason=reason)


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
