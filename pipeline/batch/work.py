"""What a worker does: one document from file to output folder, any failure told as a result.

In: a `Job`. Out: a `Result`. This is the whole of the work, whoever hands it out.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from pipeline.batch.limits import TimeLimit
from pipeline.batch.outputs import write_documents
from pipeline.batch.result import (
    Heading,
    LetterResult,
    Result,
    failure,
    unforeseen,
    worst_status,
)
from pipeline.errors import CongvanError, DocumentError, MissingError
from pipeline.intake import Candidate
from pipeline.messages import Language
from pipeline.process import process_document
from pipeline.record import Record
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """A document to be processed; `content` is its hash when the run was planned, `former` the
    output folders that stand for this content already."""

    candidate: Candidate
    content: str
    path: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker needs to know before its first job: the same for all jobs of a run.

    `digest` is of all that shapes the output; `debug_images` adds pictures of what was seen."""

    settings: Settings
    digest: str
    root: Path
    language: Language
    debug_images: bool
    time_limit: TimeLimit


Tell = Callable[[int, int, int], None]
"""Is told of pages: how many are read, of how many, and how many of them an earlier run read."""


class DiskFullError(CongvanError):
    """Nothing more can be written: the run stops, and can be continued when there is space."""


def do_job(job: Job, task: Task, restorer: Restorer, tell: Tell) -> Result:
    """Process one document and write its outputs to the root of `task`.

    Raises MissingError and DiskFullError, which stop the whole run."""
    del tell
    started = monotonic()
    try:
        return _written(job, task, restorer, started)
    except MissingError:
        raise
    except DocumentError as error:
        return _failed(job, error, started)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError("disk_full", path=task.root) from error
        return _failed(job, unforeseen(job.path, error), started, traceback.format_exc())
    except Exception as error:
        return _failed(job, unforeseen(job.path, error), started, traceback.format_exc())


def _written(job: Job, task: Task, restorer: Restorer, started: float) -> Result:
    outcomes = process_document(
        job.candidate, task.settings, restorer, with_pictures=task.debug_images
    )
    source = outcomes[0].record.source
    if source.sha256 != job.content:
        raise DocumentError("file_changed", path=job.path)
    written = {outcome.record.document_id: outcome.files for outcome in outcomes}
    write_documents(task.root, written, job.former)
    letters = tuple(_letter(outcome.record) for outcome in outcomes)
    return Result(
        job.path,
        worst_status(letters),
        job.content,
        letters,
        pages=source.pages,
        seconds=round(monotonic() - started, 3),
    )


def _failed(job: Job, error: CongvanError, started: float, detail: str | None = None) -> Result:
    seconds = round(monotonic() - started, 3)
    return failure(job.path, error, content=job.content, seconds=seconds, detail=detail)


def _letter(record: Record) -> LetterResult:
    header, source = record.header, record.source
    return LetterResult(
        record.document_id,
        record.status,
        source.first_page or 1,
        source.last_page or source.pages,
        Heading(header.number_symbol, header.date, header.issuing_body, header.subject),
    )
