"""The manifest of a delivery: the SHA-256 of every file, and whether they still hold.

The format is that of `sha256sum` and BagIt (RFC 8493, 2.1.3): hash, two spaces, path from the
folder, in ASCII order; so that `sha256sum -c` checks it, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.outputs import write_file
from pipeline.errors import DocumentError

MANIFEST = "manifest-sha256.txt"


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


def write_manifest(folder: Path) -> int:
    """List all files of `folder`; returns how many there are."""
    paths = _files(folder)
    rows = [f"{_hash(folder / path)}  {_escaped(path)}\n" for path in paths]
    write_file(folder / MANIFEST, "".join(rows))
    return len(paths)


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
        rows = manifest.read_text(encoding="utf-8").splitlines()
        pairs = [row.split("  ", 1) for row in rows]
        listed = {_unescaped(path): digest for digest, path in pairs}
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
    """All files below `folder` but the manifest and what is unfinished (names with a dot)."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _escaped(path: str) -> str:
    """RFC 8493: line ends and % in a path are written as %0A, %0D and %25."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _unescaped(path: str) -> str:
    return path.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
