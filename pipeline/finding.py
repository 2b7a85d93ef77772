"""Which documents are there? Walks files and folders; opens none but to see whether it may.

In: the paths given. Out: candidates for `intake`, in natural order, each file once.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import regex
from PIL import Image

from pipeline.errors import DocumentError
from pipeline.intake import Candidate, reason_of

IMAGE_SUFFIXES = frozenset({".tif", ".tiff", ".png", ".jpg", ".jpeg"})
SUFFIXES = IMAGE_SUFFIXES | {".pdf", ".txt"}


def discover(
    paths: Sequence[Path], group: Literal["none", "folder"]
) -> Iterator[Candidate | DocumentError]:
    """Walk `paths` in natural order and yield what may be a document, each file once.

    Inside folders hidden files and files of other kinds are passed over; a file named outright is
    always a candidate. What is missing or cannot be read is yielded as a DocumentError."""
    seen: set[Path] = set()
    for path in paths:
        try:
            state = path.stat()
        except FileNotFoundError:
            yield DocumentError("file_missing", path=path)
        except OSError as e:
            yield DocumentError("file_unreadable", path=path, reason=reason_of(e))
        else:
            if stat.S_ISDIR(state.st_mode):
                yield from _walk(path, group, seen)
            else:
                yield from _named(path, seen)


def _named(path: Path, seen: set[Path]) -> Iterator[Candidate | DocumentError]:
    for file in _readable([path], seen):
        yield file if isinstance(file, DocumentError) else Candidate(file, (file,))


def _walk(
    folder: Path, group: Literal["none", "folder"], seen: set[Path]
) -> Iterator[Candidate | DocumentError]:
    if not _first_time(folder, seen):
        return
    try:
        entries = sorted(folder.iterdir(), key=lambda p: natural_key(p.name))
        entries = [p for p in entries if not p.name.startswith(".")]
        folders = [p for p in entries if p.is_dir()]
    except OSError as e:
        yield DocumentError("file_unreadable", path=folder, reason=reason_of(e))
        return
    inside = set(folders)
    documents = [p for p in entries if p.suffix.lower() in SUFFIXES and p not in inside]
    if group == "folder":
        yield from together(folder, documents, seen)
    else:
        for document in documents:
            yield from _named(document, seen)
    for inner in folders:
        yield from _walk(inner, group, seen)


def together(
    folder: Path, files: Iterable[Path], seen: set[Path] | None = None
) -> Iterator[Candidate | DocumentError]:
    """The `files` of one folder, its page images as one candidate, in the order given; an error
    for each that cannot be read. Those `seen` before are passed over."""
    found = list(_readable(files, set() if seen is None else seen))
    yield from (f for f in found if isinstance(f, DocumentError))
    yield from _grouped(folder, [f for f in found if isinstance(f, Path)])


def _grouped(folder: Path, files: list[Path]) -> Iterator[Candidate]:
    """Several page images of one folder as one candidate, every other file as its own."""
    images = [f for f in files if f.suffix.lower() in IMAGE_SUFFIXES and _frames(f) == 1]
    grouped = tuple(images) if len(images) > 1 else ()
    if grouped:
        yield Candidate(folder, grouped)
    yield from (Candidate(f, (f,)) for f in files if f not in grouped)


def _frames(path: Path) -> int:
    try:
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # a damaged page image still belongs to its group, which then says so
        return 1


def _readable(files: Iterable[Path], seen: set[Path]) -> Iterator[Path | DocumentError]:
    """The regular files of `files` not seen before; an error for each that cannot be opened.

    Sockets, pipes and device files are never opened: reading one could hang or not end."""
    for file in files:
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                yield DocumentError("not_a_document", path=file, reason="not a regular file")
                continue
            with file.open("rb"):
                pass
        except OSError as e:
            yield DocumentError("file_unreadable", path=file, reason=reason_of(e))
            continue
        if _first_time(file, seen):
            yield file


def _first_time(path: Path, seen: set[Path]) -> bool:
    """Whether `path`, links followed, was not met before; remembers it."""
    real = path.resolve()
    if real in seen:
        return False
    seen.add(real)
    return True


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key that puts page-2 before page-10, letters without regard to case."""
    parts = regex.findall(r"\d+|\D+", name)
    key = [(0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts]
    return [*key, (2, 0, name)]
