"""A folder as it is at this moment: what may be a document in it, and how each file looks.

In: a folder. Out: a `Snapshot`. Files are not opened: a look costs one call a file, also where the
folder is on another machine.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.finding import IMAGE_SUFFIXES, SUFFIXES, natural_key

State = tuple[int, int, int, int]
"""Size, time of change in ns, inode, mode: the same again, the same file untouched."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What becomes a document: one file, or the page images of a folder in page order."""

    path: Path
    files: tuple[Path, ...]


@dataclass(slots=True)
class Snapshot:
    """The units of a folder, each with the states of its files, and what could not be looked
    into."""

    units: dict[Unit, tuple[State, ...]] = field(default_factory=dict)
    unreachable: set[Path] = field(default_factory=set)


def look_at(folder: Path, without: Path, group: Literal["none", "folder"]) -> Snapshot:
    """The units below `folder`, links followed, `without` and hidden files left out."""
    snapshot = Snapshot()
    seen = {without.resolve()}
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        real = here.resolve()
        if real in seen:
            continue
        seen.add(real)
        files: dict[Path, State] = {}
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    state = _state(entry)
                    if state is None:
                        continue
                    if stat.S_ISDIR(state[3]):
                        waiting.append(here / entry.name)
                    elif stat.S_ISREG(state[3]) and Path(entry.name).suffix.lower() in SUFFIXES:
                        files[here / entry.name] = state
        except OSError:
            snapshot.unreachable.add(here)
        _add_units(snapshot, here, files, group)
    return snapshot


def _state(entry: os.DirEntry[str]) -> State | None:
    """None for what is hidden, gone already or out of reach."""
    if entry.name.startswith("."):
        return None
    try:
        found = entry.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino, found.st_mode)


def _add_units(
    snapshot: Snapshot, folder: Path, files: dict[Path, State], group: Literal["none", "folder"]
) -> None:
    images = [p for p in files if group == "folder" and p.suffix.lower() in IMAGE_SUFFIXES]
    if len(images) > 1:
        images.sort(key=lambda p: natural_key(p.name))
        snapshot.units[Unit(folder, tuple(images))] = tuple(files.pop(p) for p in images)
    for path in sorted(files, key=lambda p: natural_key(p.name)):
        snapshot.units[Unit(path, (path,))] = (files[path],)


def looks_unfinished(path: Path) -> bool:
    """Whether a file is empty, or lacks the end that files of its kind have: it may still be on
    its way, though nothing has moved for a while."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2048))
            tail = file.read()
    except OSError:
        return False  # what the matter is will be told when it is processed
    end = _ENDS.get(path.suffix.lower())
    return not tail or (end is not None and end not in tail)


_ENDS = {".pdf": b"%%EOF", ".png": b"IEND", ".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9"}
