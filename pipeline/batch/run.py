"""A batch: every document under some paths to an output folder, always as a continuation.

In: paths, an output folder, settings. Out: a `Summary`; the outputs and the ledger lie in the
folder. It hands documents to a crew and knows nothing of letters.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import poppler, tesseract
from pipeline.batch.crew import Crew, Died, Event, Hire, Overdue, PagesRead
from pipeline.batch.fingerprint import digest_of
from pipeline.batch.interruption import interruptible
from pipeline.batch.ledger import Ledger
from pipeline.batch.limits import FailureLimit, TimeLimit
from pipeline.batch.news import Ended, Planned, Reporter, Settled, Started, Tick, TriedAgain
from pipeline.batch.outputs import LEDGER, SUMMARY, claimed, write_file
from pipeline.batch.plan import Plan, Wish, make_plan
from pipeline.batch.progress import Quiet
from pipeline.batch.result import Result, failure
from pipeline.batch.summary import Summary, duplicate_results
from pipeline.batch.work import DiskFullError, Job, Task
from pipeline.batch.workers import Workers
from pipeline.errors import CongvanError, DocumentError, NothingFoundError
from pipeline.messages import get_language
from pipeline.settings import Settings

MOST_TRIES = 2
SECONDS_BETWEEN_TICKS = 1.0


def usable_cores() -> int:
    """How many processors this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do. `debug_images` adds pictures of what was seen to the outputs of the
    documents that are processed; `hire` makes the crew that works."""

    paths: tuple[Path, ...]
    out: Path
    settings: Settings
    jobs: int = field(default_factory=usable_cores)
    wish: Wish = field(default_factory=Wish)
    limit: FailureLimit = field(default_factory=FailureLimit)
    time_limit: TimeLimit = field(default_factory=TimeLimit)
    debug_images: bool = False
    hire: Hire = Workers


def run_batch(order: Order, reporter: Reporter | None = None) -> Summary:
    """Do what `order` says; at any end the ledger and the outputs are as good as they can be.

    What stops a run on its way (too many failures, a full disk, a program that is gone) and an
    interruption (SIGINT, SIGTERM; it ends within seconds) stand in the summary. Raises UsageError
    (folder busy, not writable, foreign ledger), MissingError (programs or models) and
    NothingFoundError (no document under the paths) before anything is begun."""
    with interruptible(), claimed(order.out), Ledger.open(order.out / LEDGER) as ledger:
        digest = digest_of(order.settings)
        plan = make_plan(order.paths, order.out, ledger, order.settings, digest, order.wish)
        if not (plan.jobs or plan.settled):
            raise NothingFoundError("no_documents", path=", ".join(map(str, order.paths)))
        _require_programs(plan.jobs, order.settings)
        run = _Run(order, ledger, plan, digest, reporter or Quiet())
        return run.done()


class _Run:
    """The state of one run."""

    def __init__(
        self, order: Order, ledger: Ledger, plan: Plan, digest: str, reporter: Reporter
    ) -> None:
        self._order = order
        self._ledger = ledger
        self._plan = plan
        self._digest = digest
        self._reporter = reporter
        self._waiting = deque(plan.jobs)
        self._tries: dict[str, int] = {}
        self._results: dict[str, Result] = {}
        self._fresh = self._failures = 0
        self._interrupted = False
        self._stopped: CongvanError | None = None

    def done(self) -> Summary:
        """Work to the end, whatever end that is, and write the summary."""
        with self._reporter:
            try:
                self._work()
            except KeyboardInterrupt:
                self._interrupted = True
            except CongvanError as error:
                self._stopped = error
            except sqlite3.OperationalError as error:
                if "full" not in str(error):
                    raise
                self._stopped = DiskFullError("disk_full", path=self._order.out)
            summary = self._write_summary()
            self._reporter.tell(Ended(summary))
        return summary

    def _work(self) -> None:
        """Hand out the jobs and take in what becomes of them."""
        plan, order = self._plan, self._order
        self._reporter.tell(Planned(len(plan.jobs)))
        for result in plan.settled:
            self._settle(result, fresh=False)
        if plan.jobs:
            task = Task(
                order.settings,
                self._digest,
                order.out,
                get_language(),
                order.debug_images,
                order.time_limit,
            )
            with order.hire(min(order.jobs, len(plan.jobs)), task) as crew:
                self._hand_out(crew)
        for result in self._duplicates():
            self._reporter.tell(Settled(result, fresh=False))

    def _write_summary(self) -> Summary:
        try:
            summary = self._summary()
            write_file(self._order.out / SUMMARY, summary.to_json())
        except OSError as error:
            self._stopped = self._stopped or DiskFullError(
                "summary_unwritten", path=self._order.out, reason=error.strerror
            )
            summary = self._summary()
        return summary

    def _summary(self) -> Summary:
        """Of all that is settled by now, in the order of the paths."""
        plan = self._plan
        results = [*self._results.values(), *self._duplicates()]
        planned = len(plan.settled) + len(plan.jobs) + len(plan.duplicates)
        ordered = tuple(sorted(results, key=lambda r: plan.order.get(r.path, 0)))
        return Summary(ordered, planned, self._fresh, self._interrupted, self._stopped)

    def _hand_out(self, crew: Crew) -> None:
        try:
            while self._waiting or crew.busy:
                while self._waiting and crew.has_room:
                    self._start(crew, self._waiting.popleft())
                for event in crew.events(SECONDS_BETWEEN_TICKS):
                    self._take(event)
                self._reporter.tell(Tick())
        finally:
            for job in crew.busy:
                self._ledger.put_back(job.content)

    def _start(self, crew: Crew, job: Job) -> None:
        self._ledger.start(job.content)
        crew.give(job)
        self._reporter.tell(Started(job))

    def _take(self, event: Event) -> None:
        match event:
            case PagesRead():
                self._reporter.tell(event)
            case Result():
                self._finish(event)
            case Overdue(job, seconds):
                self._fail(job, DocumentError("document_timeout", path=job.path, seconds=seconds))
            case Died(job, how):
                self._try_again(job, how)

    def _try_again(self, job: Job, how: str) -> None:
        tries = self._tries[job.content] = self._tries.get(job.content, 1) + 1
        if tries > MOST_TRIES:
            self._fail(job, DocumentError("worker_died", path=job.path, reason=how))
            return
        self._ledger.put_back(job.content)
        self._waiting.append(job)
        self._reporter.tell(TriedAgain(job, how))

    def _fail(self, job: Job, error: DocumentError) -> None:
        self._finish(failure(job.path, error, content=job.content))

    def _finish(self, result: Result) -> None:
        assert result.content is not None
        self._ledger.finish(result.content, result)
        self._fresh += 1
        self._failures += result.status == "failed"
        self._settle(result, fresh=True)
        self._order.limit.check(self._failures, self._fresh)

    def _settle(self, result: Result, *, fresh: bool) -> None:
        self._results[result.path] = result
        self._reporter.tell(Settled(result, fresh))

    def _duplicates(self) -> Iterator[Result]:
        return duplicate_results(self._results.values(), self._plan.duplicates)


def _require_programs(jobs: list[Job], settings: Settings) -> None:
    """Raise MissingError before the first document rather than at each of them."""
    suffixes = {file.suffix.lower() for job in jobs for file in job.candidate.files}
    if suffixes - {".txt"}:
        tesseract.require(settings.ocr_model)
    if ".pdf" in suffixes:
        poppler.require()
