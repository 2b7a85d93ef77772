"""What a worker does: one document from file to output folder, any failure told as a result.

In: a `Job`. Out: a `Result`. This is the whole of the work, whoever hands it out.
"""

from __future__ import annotations

import errno
import traceback
from collections import Counter
from time import monotonic

from pipeline.batch.job import DiskFullError, Job, Task, Tell
from pipeline.batch.outputs import write_documents
from pipeline.batch.pages import PageStore
from pipeline.batch.result import (
    Heading,
    LetterResult,
    Quality,
    Result,
    failure,
    unforeseen,
    worst_status,
)
from pipeline.batch.space import require_space
from pipeline.errors import CongvanError, DocumentError, MissingError
from pipeline.process import process_document
from pipeline.recording import THUMBNAIL, Outcome
from pipeline.restore.restore import Restorer
from pipeline.review.writing import with_decisions


def do_job(job: Job, task: Task, restorer: Restorer, tell: Tell) -> Result:
    """Process one document and write its outputs to the root of `task`.

    Raises MissingError and DiskFullError, which stop the whole run."""
    started = monotonic()
    try:
        return _written(job, task, restorer, tell, started)
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


def _written(job: Job, task: Task, restorer: Restorer, tell: Tell, started: float) -> Result:
    kept = PageStore(task.root, job.content, task.digest, tell)
    outcomes = process_document(
        job.candidate, task.settings, restorer, with_pictures=task.debug_images, kept=kept
    )
    source = outcomes[0].record.source
    if source.sha256 != job.content:
        raise DocumentError("file_changed", path=job.path)
    require_space(task.root)
    written = {outcome.record.document_id: outcome.files for outcome in outcomes}
    write_documents(task.root, with_decisions(task.root, written), job.former)
    letters = tuple(map(_letter, outcomes))
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


def _letter(outcome: Outcome) -> LetterResult:
    record = outcome.record
    header, source = record.header, record.source
    flags = Counter(flag.code for flag in record.flags)
    return LetterResult(
        record.document_id,
        record.status,
        source.first_page or 1,
        source.last_page or source.pages,
        Heading(header.number_symbol, header.date, header.issuing_body, header.subject),
        Quality(
            confidences=tuple(round(100 * page.confidence) for page in record.pages),
            flags=tuple(flags.most_common()),
            thumbnail=THUMBNAIL in outcome.files,
        ),
    )
