"""What a run has to do: which paths are new, which are done already, which are the same document.

In: paths. Out: a `Plan` of jobs and of results that stand already; the ledger knows the jobs as
pending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.ledger import Ledger, Row
from pipeline.batch.outputs import folders_by_content, holds_document
from pipeline.batch.result import WRITTEN, Result, failure
from pipeline.batch.work import Job
from pipeline.errors import DocumentError
from pipeline.intake import Candidate, discover
from pipeline.settings import Settings


@dataclass(slots=True)
class Plan:
    """Jobs to do, results that stand already, and paths whose content is another path's."""

    jobs: list[Job] = field(default_factory=list)
    settled: list[Result] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    """(path, content)"""
    order: dict[str, int] = field(default_factory=dict)
    """Where each path comes in the order of the paths."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do with documents that a former run has settled."""

    redo: bool = False
    retry_failed: bool = False


def make_plan(
    paths: tuple[Path, ...], root: Path, ledger: Ledger, settings: Settings, digest: str, wish: Wish
) -> Plan:
    """Look at every document under `paths` (what lies in `root` is output, not input)."""
    plan = Plan()
    seen: set[str] = set()
    folders = folders_by_content(root)
    with ledger.transaction():
        for found in _outside(root, discover(paths, settings.group)):
            path = _text(_path(found))
            plan.order[path] = len(plan.order)
            if isinstance(found, DocumentError):
                _refuse(plan, ledger, path, found, digest)
                continue
            try:
                content = _content(found, path, ledger)
            except DocumentError as error:
                _refuse(plan, ledger, path, error, digest)
                continue
            if content in seen:
                plan.duplicates.append((path, content))
                continue
            seen.add(content)
            row = ledger.row(content)
            if row and _stands(row, root, digest, wish):
                plan.settled.append(row.result(path))
            else:
                if not row or (row.settings, row.path, row.status) != (digest, path, "pending"):
                    ledger.plan(content, digest, path)
                known = folders.get(content[:12], ())
                former = tuple(name for name in known if holds_document(root, name))
                plan.jobs.append(Job(found, content, path, former))
    return plan


def _outside(
    root: Path, found: Iterator[Candidate | DocumentError]
) -> Iterator[Candidate | DocumentError]:
    inside = root.resolve()
    for one in found:
        if inside not in _path(one).resolve().parents:
            yield one


def _path(found: Candidate | DocumentError) -> Path:
    return Path(str(found.values["path"])) if isinstance(found, DocumentError) else found.path


def _refuse(plan: Plan, ledger: Ledger, path: str, error: DocumentError, digest: str) -> None:
    result = failure(path, error)
    ledger.note_unreadable(result, digest)
    plan.settled.append(result)


def _content(candidate: Candidate, path: str, ledger: Ledger) -> str:
    """The content hash, from the ledger where the files have not been touched since."""
    stamp = _stamp(candidate)
    known = ledger.content_of(path, stamp)
    if known:
        return known
    content = content_hash(candidate)
    ledger.note_file(path, content, stamp)
    return content


def content_hash(candidate: Candidate) -> str:
    """The `sha256` of the candidate's Source, without looking at what the files are.

    Raises DocumentError file_missing or file_unreadable."""
    hashes: list[str] = []
    for file in candidate.files:
        try:
            with file.open("rb") as stream:
                hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
        except FileNotFoundError as error:
            raise DocumentError("file_missing", path=file) from error
        except OSError as error:
            raise DocumentError("file_unreadable", path=file, reason=_reason(error)) from error
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("\n".join(hashes).encode("ascii")).hexdigest()


def _stamp(candidate: Candidate) -> str:
    """Sizes and times of change of the files; raises DocumentError where there is nothing."""
    try:
        states = [file.stat() for file in candidate.files]
    except FileNotFoundError as error:
        raise DocumentError("file_missing", path=candidate.path) from error
    except OSError as error:
        raise DocumentError(
            "file_unreadable", path=candidate.path, reason=_reason(error)
        ) from error
    if not any(state.st_size for state in states):
        raise DocumentError("file_empty", path=candidate.path)
    return " ".join(f"{state.st_size}:{state.st_mtime_ns}" for state in states)


def _stands(row: Row, root: Path, digest: str, wish: Wish) -> bool:
    """Whether what a former run made of the document is what this one would make of it."""
    if wish.redo or row.settings != digest:
        return False
    if row.status == "failed":
        return not wish.retry_failed
    written = row.status in WRITTEN and bool(row.letters)
    return written and all(holds_document(root, x.document_id) for x in row.letters)


def _text(path: Path) -> str:
    """The path as text that can be stored: bytes that are no UTF-8 appear as \\xNN."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
