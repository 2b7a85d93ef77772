"""The manifest of a delivery: the SHA-256 of every file, and whether they still hold.

The format is that of `sha256sum` and BagIt (RFC 8493, 2.1.3): hash, two spaces, path from the
folder, in the order of their characters; so that `sha256sum -c` checks it, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import regex

from pipeline.batch.outputs import temporary_folder, write_file
from pipeline.errors import DocumentError

MANIFEST = "manifest-sha256.txt"
_ROW = regex.compile(r"([0-9a-fA-F]{64}) [ *](.+)")
_ESCAPE = regex.compile(r"(?i)%(0d|0a|25)")


@dataclass(slots=True)
class Verdict:
    """What a check of a delivery found, paths from its folder."""

    good: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything is there, unchanged, and nothing else."""
        return not (self.changed or self.missing or self.unlisted)


def write_manifest(folder: Path, written: Iterable[str]) -> int:
    """List the files `written` to `folder` now, beside those that its manifest listed before and
    that are still there; returns how many there are. What somebody changed since keeps the hash
    it was delivered with, and what somebody else laid there is not listed, so that `verify` tells
    both.

    Raises DocumentError manifest_damaged."""
    try:
        listed = _listed(folder / MANIFEST)
    except DocumentError as error:
        if error.code != "file_missing":
            raise
        listed = {}
    listed |= {path: _hash(folder / path) for path in written}
    rows = [
        f"{digest}  {_escaped(path)}\n"
        for path, digest in sorted(listed.items())
        if (folder / path).is_file()
    ]
    write_alone(folder / MANIFEST, "".join(rows).encode())
    return len(rows)


def write_alone(path: Path, content: bytes) -> None:
    """Write a file of a delivery whole or not at all, and leave nothing beside it."""
    write_file(path, content)
    with suppress(OSError):  # of a run that goes on beside this one
        temporary_folder(path.parent).rmdir()


def verify(folder: Path) -> Verdict:
    """Compare `folder` with its manifest.

    Raises DocumentError file_missing where there is none, manifest_damaged where it cannot be
    read."""
    listed = _listed(folder / MANIFEST)
    verdict = Verdict()
    for path, wanted in listed.items():
        file = folder / path
        if not file.is_file():
            verdict.missing.append(path)
        elif _hash(file) != wanted:
            verdict.changed.append(path)
        else:
            verdict.good += 1
    verdict.unlisted = [path for path in _files(folder) if path not in listed]
    return verdict


def _listed(manifest: Path) -> dict[str, str]:
    try:
        rows = manifest.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
        found = [_ROW.fullmatch(row.removesuffix("\r")) for row in rows if row]
        listed = {_unescaped(row[2]): row[1].lower() for row in found if row}
        if not all(found):
            raise ValueError(manifest)
    except FileNotFoundError as error:
        raise DocumentError("file_missing", path=manifest) from error
    except OSError as error:
        raise DocumentError("file_unreadable", path=manifest, reason=error.strerror) from error
    except ValueError as error:
        raise DocumentError("manifest_damaged", path=manifest) from error
    if any(Path(path).is_absolute() or ".." in Path(path).parts for path in listed):
        raise DocumentError("manifest_damaged", path=manifest)
    return listed


def _files(folder: Path) -> list[str]:
    """All files below `folder` but the manifest and what is unfinished."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and path != folder / MANIFEST
        and path.parent != temporary_folder(path.parent.parent)
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _escaped(path: str) -> str:
    """RFC 8493: line ends and % in a path are written as %0A, %0D and %25."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _unescaped(path: str) -> str:
    signs = {"%0d": "\r", "%0a": "\n", "%25": "%"}
    text: str = _ESCAPE.sub(lambda found: signs[found[0].lower()], path)
    return text
