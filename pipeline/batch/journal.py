"""The news of a run for programs: one JSON object a line (docs/batch.md lists the events).

In: the news of a run. Out: lines on a stream. A log that cannot be written (its disk is full, its
reader has gone) is given up; the run goes on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from pipeline.batch.crew import PagesRead
from pipeline.batch.news import Ended, News, Planned, Settled, Started, TriedAgain, Warned
from pipeline.batch.result import Result
from pipeline.batch.summary import result_data
from pipeline.errors import UsageError

STANDARD_OUTPUT = "-"


class Journal:
    """Writes every event of a run to a stream, each line at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return

    def tell(self, news: News) -> None:
        """See Reporter."""
        event = _event(news)
        if event is None or self._stream is None:
            return
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **event}
        try:
            print(json.dumps(line, ensure_ascii=False), file=self._stream, flush=True)
        except (OSError, ValueError):
            self._stream = None


class ResultLines(Journal):
    """One line for each result alone: what `process --json` prints."""

    def tell(self, news: News) -> None:
        """See Reporter."""
        if isinstance(news, Settled) and self._stream:
            line = json.dumps(result_data(news.result), ensure_ascii=False)
            print(line, file=self._stream, flush=True)


@contextmanager
def journal(target: str) -> Iterator[Journal]:
    """A journal on standard output (`-`), or at the end of the file of this name.

    Raises UsageError where the file cannot be written."""
    if target == STANDARD_OUTPUT:
        yield Journal(sys.stdout)
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(
                Path(target).open("a", encoding="utf-8", errors="backslashreplace")
            )
        except OSError as error:
            raise UsageError("folder_unwritable", path=target, reason=error.strerror) from error
        yield Journal(stream)


def _event(news: News) -> Mapping[str, object] | None:
    match news:
        case Planned(documents):
            return {"event": "planned", "documents": documents}
        case Started(job):
            return {"event": "started", "path": job.path}
        case PagesRead(job, done, pages, kept):
            return {
                "event": "pages_read",
                "path": job.path,
                "done": done,
                "pages": pages,
                "kept": kept,
            }
        case TriedAgain(job, how):
            return {"event": "tried_again", "path": job.path, "reason": how}
        case Settled(result, fresh):
            return {"event": "settled", "fresh": fresh, **_of_result(result)}
        case Warned(text):
            return {"event": "warned", "message": text}
        case Ended(summary):
            return {"event": "ended", **summary.totals(), "exit_code": int(summary.exit_code)}
    return None


def _of_result(result: Result) -> dict[str, object]:
    return {
        "path": result.path,
        "document_id": result.document_id,
        "status": result.status,
        "reason": result.reason,
        "message": result.sentence,
        "pages": result.pages,
        "seconds": result.seconds,
    }
