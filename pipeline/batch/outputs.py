"""The output folder: one run at a time, and each document's folder whole or not at all.

A document is written to `.congvan-tmp/`, synced to disk and renamed into place. What a killed
run left in `.congvan-tmp/` is swept away by the next one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.batch.orphans import kill_programs_in
from pipeline.errors import UsageError

RECORD = "record.json"
LEDGER = "ledger.sqlite"
SUMMARY = "summary.json"
_TEMPORARY = ".congvan-tmp"
_LOCK = ".congvan-lock"


def holds_document(root: Path, document_id: str | None) -> bool:
    """Whether the document's outputs stand in `root`."""
    return document_id is not None and (root / document_id / RECORD).is_file()


def write_document(root: Path, document_id: str, files: Mapping[str, str | bytes]) -> None:
    """Write `files` to `root`/`document_id`, replacing what stood there, whole or not at all.

    Raises OSError where the disk refuses."""
    aside = temporary_folder(root) / f"{document_id}.{os.getpid()}"
    _remove(aside)
    try:
        aside.mkdir(parents=True)
        for name, content in files.items():
            (aside / name).parent.mkdir(exist_ok=True)
            _write_synced(aside / name, content)
        _sync_folder(aside)
        _swap(aside, root / document_id)
        _sync_folder(root)
    finally:
        _remove(aside)


def write_file(path: Path, content: str) -> None:
    """Write one file whole or not at all; leave it alone where it says that already."""
    data = content.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    _write_synced(aside, data)
    aside.replace(path)


def temporary_folder(root: Path) -> Path:
    """Where everything unfinished of a run in `root` lies."""
    return root / _TEMPORARY


@contextmanager
def claimed(root: Path) -> Iterator[None]:
    """Hold `root` for this run alone, without leftovers of earlier ones.

    Raises UsageError where another run holds it, or where it cannot be made or written to."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / _LOCK).open("a+")
    except OSError as error:
        raise UsageError("folder_unwritable", path=root, reason=error.strerror) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError("folder_busy", path=root) from error
        kill_programs_in(temporary_folder(root).absolute())
        _remove(temporary_folder(root))
        temporary_folder(root).mkdir()
        try:
            yield
        finally:
            _remove(temporary_folder(root))


def _swap(aside: Path, target: Path) -> None:
    """Put `aside` in the place of `target`."""
    if not target.exists():
        aside.rename(target)
        return
    old = aside.with_name(f"{aside.name}.old")
    _remove(old)
    target.rename(old)
    aside.rename(target)
    _remove(old)


def _write_synced(path: Path, content: str | bytes) -> None:
    with path.open("wb") as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
