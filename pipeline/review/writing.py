"""Reviewed records put where index and exports read them.

`DIR/<id>/record.json` is the reviewed record, `record.machine.json` beside it the machine's own.
Both follow from the machine's record and `decisions.sqlite`, so what was interrupted is made good
by doing it again: each file is replaced whole, the record last.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from pipeline.batch.outputs import LOCK, RECORD
from pipeline.document import Content
from pipeline.errors import DocumentError
from pipeline.record import Record
from pipeline.recording import told_of
from pipeline.review.apply import Reviewed, reviewed
from pipeline.review.decisions import FILE, Decision, Decisions

MACHINE = "record.machine.json"


def read_machine(folder: Path) -> Record:
    """The record as the machine made it. Raises DocumentError file_unreadable, record_invalid."""
    path = folder / MACHINE
    try:
        return Record.model_validate_json((path if path.exists() else folder / RECORD).read_bytes())
    except OSError as error:
        raise DocumentError("file_unreadable", path=path, reason=error.strerror) from error
    except ValidationError as error:
        reason = f"{error.error_count()} errors"
        raise DocumentError("record_invalid", path=path, reason=reason) from error


def write_reviewed(root: Path, document_id: str, decisions: Sequence[Decision]) -> Reviewed | None:
    """Write what `decisions` make of the letter; None where a batch works in `root` now: the record
    follows when it is next asked for.

    Raises DocumentError where the machine's record cannot be read, OSError of the disk."""
    folder = root / document_id
    with _without_batch(root) as free:
        if not free:
            return None
        machine = read_machine(folder)
        made = reviewed(machine, decisions)
        files = told_of(made.record)
        if not (folder / MACHINE).exists():
            if made.record == machine:
                return made
            replace_file(folder / MACHINE, (folder / RECORD).read_bytes())
        for name, content in files.items():
            replace_file(folder / name, content.encode())
        return made


def follow_all(root: Path) -> list[str]:
    """Make every record say what was decided, where one does not yet; returns their ids."""
    decisions = Decisions(root)
    followed = []
    for document_id in decisions.letters():
        there = (root / document_id / RECORD).is_file()
        if there and write_reviewed(root, document_id, decisions.of_letter(document_id)):
            followed.append(document_id)
    return followed


def with_decisions(root: Path, letters: Mapping[str, Mapping[str, Content]]) -> dict[
    str, Mapping[str, Content]
]:  # fmt: skip
    """The files of letters read anew, with what people had decided of them before."""
    if not (root / FILE).is_file():
        return dict(letters)
    decisions = Decisions(root)
    return {name: _followed(files, decisions.of_letter(name)) for name, files in letters.items()}


def _followed(files: Mapping[str, Content], decisions: Sequence[Decision]) -> Mapping[str, Content]:
    text = files[RECORD]
    if not decisions or not isinstance(text, str):
        return files
    machine = Record.model_validate_json(text)
    return {**files, MACHINE: text, **told_of(reviewed(machine, decisions).record)}


@contextmanager
def _without_batch(root: Path) -> Iterator[bool]:
    """Keep a batch from beginning in `root`; False where one has."""
    with (root / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def replace_file(path: Path, data: bytes) -> None:
    """Write one file whole or not at all; it is left alone where it says that already."""
    if path.is_file() and path.read_bytes() == data:
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
