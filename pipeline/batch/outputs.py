"""The output folder: one run at a time, and each document's folders whole or not at all.

The letters of a document are written to `.congvan-tmp/`, synced to disk, and set ready by one
renaming; then each is moved into place. What a killed run left unfinished in `.congvan-tmp/` is
swept away by the next one, and what it left ready is moved into place.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import regex

from pipeline.batch.orphans import kill_programs_in
from pipeline.document import Content
from pipeline.errors import UsageError

RECORD = "record.json"
LEDGER = "ledger.sqlite"
SUMMARY = "summary.json"
SUMMARY_PAGE = "summary.html"
_TEMPORARY = ".congvan-tmp"
LOCK = ".congvan-lock"
_READY = ".ready"
_NEW, _OLD = "new", "old"


def holds_document(root: Path, document_id: str) -> bool:
    """Whether the outputs of a letter stand in `root`."""
    return (root / document_id / RECORD).is_file()


def folders_by_content(root: Path) -> dict[str, list[str]]:
    """The folders of `root` named as those of letters are, by the part of the content's hash in
    their names."""
    found: dict[str, list[str]] = {}
    for entry in os.scandir(root):
        if match := _FOLDER.search(entry.name):
            found.setdefault(match[1], []).append(entry.name)
    return found


_FOLDER = regex.compile(r"(?:^|-)([0-9a-f]{12})(?:-p\d{3,})?$")


def write_documents(
    root: Path, letters: Mapping[str, Mapping[str, Content]], former: Iterable[str] = ()
) -> None:
    """Write the files of each letter (document_id → name → content) to its folder of `root`, in
    the place of the `former` folders: all of them or none.

    Raises OSError where the disk refuses."""
    gone = [name for name in former if name not in letters]
    aside = temporary_folder(root) / f"{min(letters)}.{process_name()}"
    _remove(aside)
    try:
        for document_id, files in letters.items():
            _write_folder(aside / _NEW / document_id, files)
        _write_folder(aside / _OLD, dict.fromkeys(gone, ""))
        _sync_folder(aside / _NEW)
        _sync_folder(aside)
        ready = aside.with_name(aside.name + _READY)
        _remove(ready)
        aside.rename(ready)
        _sync_folder(ready.parent)
        _move_into_place(ready, root)
    finally:
        _remove(aside)


def _write_folder(folder: Path, files: Mapping[str, Content]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        _write_synced(folder / name, content() if callable(content) else content)
    _sync_folder(folder)


def _move_into_place(ready: Path, root: Path) -> None:
    """Move what is ready to where it belongs; done again after an interruption, it goes on."""
    for old in (ready / _OLD).iterdir():
        _remove(root / old.name)
    for new in sorted((ready / _NEW).iterdir()):
        _swap(new, root / new.name)
    _sync_folder(root)
    done = ready.with_name(ready.name.removesuffix(_READY))
    ready.rename(done)
    _remove(done)


def write_file(path: Path, content: str | bytes) -> None:
    """Write one file whole or not at all, its folders too; leave it alone where it says that
    already."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == data:
        return
    aside = temporary_folder(path.parent) / f"{path.name}.{os.getpid()}"
    aside.parent.mkdir(exist_ok=True)
    _write_synced(aside, data)
    aside.replace(path)


def process_name() -> str:
    """This process among all that may work in one folder, those of other machines too."""
    return f"{platform.node()}.{os.getpid()}"


def temporary_folder(root: Path) -> Path:
    """Where everything unfinished of a run in `root` lies."""
    return root / _TEMPORARY


@contextmanager
def claimed(root: Path) -> Iterator[None]:
    """Hold `root` for this run alone, without leftovers of earlier ones.

    Raises UsageError where another run holds it, or where it cannot be made or written to."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / LOCK).open("a+")
    except OSError as error:
        raise UsageError("folder_unwritable", path=root, reason=error.strerror) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError("folder_busy", path=root) from error
        kill_programs_in(temporary_folder(root).absolute())
        _clear(root)
        temporary_folder(root).mkdir()
        try:
            yield
        finally:
            _clear(root)


def _clear(root: Path) -> None:
    """Move into place what is ready, sweep away the rest."""
    for ready in temporary_folder(root).glob(f"*{_READY}"):
        _move_into_place(ready, root)
    _remove(temporary_folder(root))


def _swap(aside: Path, target: Path) -> None:
    """Put `aside` in the place of `target`."""
    if not target.exists():
        aside.rename(target)
        return
    old = aside.parent.with_name(f"{aside.name}.old")
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
