"""What a run has to do: which paths are new, which are done already, which are the same document.

In: what was found. Out: a `Plan` of jobs and of results that stand already; the ledger knows the
jobs as pending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from pathlib import Path

from pipeline.batch.job import Job
from pipeline.batch.ledger import Ledger, Row
from pipeline.batch.outputs import folders_by_content, holds_document
from pipeline.batch.result import WRITTEN, Result, failure
from pipeline.errors import DocumentError
from pipeline.intake import Candidate

DOCUMENTS_AT_ONCE = 200


@dataclass(slots=True)
class Plan:
    """Jobs to do, results that stand already, paths whose content is another path's (path,
    content), and paths that have been moved elsewhere since they were planned."""

    jobs: list[Job] = field(default_factory=list)
    settled: list[Result] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do with documents that a former run has settled."""

    redo: bool = False
    retry_failed: bool = False


class Planner:
    """Plans what is found, all at once or bit by bit; the ledger knows of each document then.

    What lies in `root` is output, not input. `order` tells where each path comes in the order in
    which they were found."""

    def __init__(self, root: Path, ledger: Ledger, digest: str, wish: Wish) -> None:
        self.order: dict[str, int] = {}
        self._root = root
        self._inside = root.resolve()
        self._ledger = ledger
        self._digest = digest
        self._wish = wish
        self._paths: dict[str, str] = {}
        """By content, where it was found first."""
        self._contents: dict[str, str] = {}
        """By path, what it held when it was found last."""
        self._is_output = cache(self._lies_in_root)

    def add(self, found: Iterable[Candidate | DocumentError]) -> Plan:
        """Look at every document that was `found`."""
        plan = Plan()
        waiting = iter(found)
        # A look at many large files takes long: what is known of them is not lost with a kill.
        while some := list(islice(waiting, DOCUMENTS_AT_ONCE)):
            with self._ledger.transaction():
                for one in some:
                    self._add(plan, one)
        if plan.jobs:
            plan.jobs = list(self._with_former(plan.jobs))
        return plan

    def _add(self, plan: Plan, found: Candidate | DocumentError) -> None:
        place = _path(found)
        if self._is_output(place.parent):
            return
        path = _text(place)
        try:
            if isinstance(found, DocumentError):
                raise found
            content = _content(found, path, self._ledger)
        except DocumentError as error:
            self._refuse(plan, path, error)
            return
        if self._contents.get(path) == content:
            return
        self._note(plan, path, content)
        if self._paths.setdefault(content, path) != path:
            plan.duplicates.append((path, content))
            return
        row = self._ledger.row(content)
        if row and _stands(row, self._root, self._digest, self._wish):
            plan.settled.append(row.result(path))
            return
        if not row or (row.settings, row.path, row.status) != (self._digest, path, "pending"):
            self._ledger.plan(content, self._digest, path)
        plan.jobs.append(Job(found, content, path))

    def _note(self, plan: Plan, path: str, content: str) -> None:
        """`path` holds `content` now; what it held before, and where that was, is forgotten."""
        self.order.setdefault(path, len(self.order))
        before = self._contents.get(path)
        if before is not None and self._paths.get(before) == path:
            del self._paths[before]
        self._contents[path] = content
        first = self._paths.get(content)
        if first is not None and first != path and not Path(first).exists():
            plan.moved.append(first)
            del self._paths[content], self._contents[first], self.order[first]

    def _refuse(self, plan: Plan, path: str, error: DocumentError) -> None:
        self.order.setdefault(path, len(self.order))
        result = failure(path, error)
        self._ledger.note_unreadable(result, self._digest)
        plan.settled.append(result)

    def _with_former(self, jobs: Iterable[Job]) -> Iterator[Job]:
        folders = folders_by_content(self._root)
        for job in jobs:
            known = folders.get(job.content[:12], ())
            former = tuple(name for name in known if holds_document(self._root, name))
            yield replace(job, former=former)

    def _lies_in_root(self, folder: Path) -> bool:
        real = folder.resolve()
        return real == self._inside or self._inside in real.parents


def _path(found: Candidate | DocumentError) -> Path:
    return Path(str(found.values["path"])) if isinstance(found, DocumentError) else found.path


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
