"""A batch: every document under some paths to an output folder, always as a continuation.

In: paths, an output folder, settings. Out: a `Summary`; the outputs and the ledger lie in the
folder. It hands documents to a crew and knows nothing of letters.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from pipeline import poppler, tesseract
from pipeline.batch.arrivals import AllAtOnce, Arrivals
from pipeline.batch.crew import Crew, Died, Event, Hire, Overdue, PagesRead
from pipeline.batch.fingerprint import digest_of
from pipeline.batch.interruption import interruptible
from pipeline.batch.job import DiskFullError, Job, Task
from pipeline.batch.ledger import Ledger
from pipeline.batch.limits import FailureLimit, TimeLimit
from pipeline.batch.news import (
    Ended,
    News,
    Planned,
    Reporter,
    Settled,
    Started,
    Tick,
    TriedAgain,
    Warned,
)
from pipeline.batch.outputs import LEDGER, SUMMARY, SUMMARY_PAGE, claimed, write_file
from pipeline.batch.pages import folder_of, forget_pages, keep_only
from pipeline.batch.plan import Planner, Wish
from pipeline.batch.progress import Quiet
from pipeline.batch.result import Result, failure
from pipeline.batch.results import Results, duplicate_of
from pipeline.batch.space import check_space, require_room_for_results
from pipeline.batch.summary import Summary
from pipeline.batch.summary_page import summary_page
from pipeline.batch.workers import Workers
from pipeline.errors import CongvanError, DocumentError, NothingFoundError
from pipeline.messages import get_language
from pipeline.settings import Settings

MOST_TRIES = 2
SECONDS_BETWEEN_TICKS = 1.0
SECONDS_BETWEEN_SUMMARIES = 60.0


def usable_cores() -> int:
    """How many processors this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do. `debug_images` adds pictures of what was seen to the outputs of the
    documents that are processed; `hire` makes the crew that works; `arrivals` is where documents
    come from, None: all that is under `paths` now."""

    paths: tuple[Path, ...]
    out: Path
    settings: Settings
    jobs: int = field(default_factory=usable_cores)
    wish: Wish = field(default_factory=Wish)
    limit: FailureLimit = field(default_factory=FailureLimit)
    time_limit: TimeLimit = field(default_factory=TimeLimit)
    debug_images: bool = False
    hire: Hire = Workers
    arrivals: Arrivals | None = None


def run_batch(order: Order, reporter: Reporter | None = None) -> Summary:
    """Do what `order` says; at any end the ledger and the outputs are as good as they can be.

    What stops a run on its way (too many failures, a full disk, a program that is gone) and an
    interruption (SIGINT, SIGTERM; it ends within seconds) stand in the summary. Raises UsageError
    (folder busy, not writable, foreign ledger), MissingError (programs or models), DiskFullError
    and NothingFoundError (no document under the paths) before anything is begun."""
    with interruptible(), claimed(order.out), Ledger.open(order.out / LEDGER) as ledger:
        digest = digest_of(order.settings)
        keep_only(order.out, {folder_of(*row) for row in ledger.unfinished() if row[1] == digest})
        run = _Run(order, ledger, digest, reporter or Quiet())
        run.look()
        if run.found_nothing and not order.arrivals:
            raise NothingFoundError("no_documents", path=", ".join(map(str, order.paths)))
        return run.done()


class _Run:
    """The state of one run."""

    def __init__(self, order: Order, ledger: Ledger, digest: str, reporter: Reporter) -> None:
        self._order = order
        self._ledger = ledger
        self._digest = digest
        self._reporter = reporter
        self._arrivals = order.arrivals or AllAtOnce(order.paths, order.settings.group)
        self._planner = Planner(order.out, ledger, digest, order.wish)
        self._news: deque[News] = deque()
        self._waiting: deque[Job] = deque()
        self._duplicates: list[tuple[str, str]] = []
        self._tries: dict[str, int] = {}
        self._results = Results()
        self._fresh = self._failures = 0
        self._interrupted = False
        self._stopped: CongvanError | None = None
        self._written = monotonic()

    @property
    def found_nothing(self) -> bool:
        """Whether no path has been found yet."""
        return not self._planner.order

    def look(self) -> None:
        """Plan what has come."""
        arrived = self._arrivals.look()
        plan = self._planner.add(arrived.found)
        _require_programs(plan.jobs, self._order.settings)
        tight = check_space(self._order.out, plan.jobs, self._order.jobs)
        for text in (*arrived.warnings, *filter(None, (tight,))):
            self._news.append(Warned(text))
        if plan.jobs:
            self._news.append(Planned(len(plan.jobs)))
        for path in plan.moved:
            self._results.forget(path)
        gone = set(plan.moved)
        self._waiting = deque(job for job in self._waiting if job.path not in gone)
        self._waiting += plan.jobs
        self._duplicates += plan.duplicates
        for result in plan.settled:
            self._settle(result, fresh=False)

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
            self._settle_duplicates()
            self._tell_news()
            summary = self._write_summary()
            self._reporter.tell(Ended(summary))
        return summary

    def _work(self) -> None:
        """Hand out the jobs and take in what becomes of them."""
        order = self._order
        task = Task(
            order.settings,
            self._digest,
            order.out,
            get_language(),
            order.debug_images,
            order.time_limit,
        )
        with order.hire(order.jobs, task) as crew:
            try:
                while self._waiting or crew.busy or self._arrivals.open:
                    self._turn(crew)
            finally:
                for job in crew.busy:
                    self._ledger.put_back(job.content)

    def _turn(self, crew: Crew) -> None:
        """A second's work, or less."""
        while self._waiting and crew.has_room:
            self._start(crew, self._waiting.popleft())
        for event in crew.events(SECONDS_BETWEEN_TICKS):
            self._take(event)
        require_room_for_results(self._order.out)
        if self._arrivals.open:
            self.look()
            self._settle_duplicates()
            self._keep_summary_fresh(idle=not (crew.busy or self._waiting))
        self._news.append(Tick())
        self._tell_news()

    def _start(self, crew: Crew, job: Job) -> None:
        self._ledger.start(job.content)
        crew.give(job)
        self._news.append(Started(job))

    def _take(self, event: Event) -> None:
        match event:
            case PagesRead():
                self._news.append(event)
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
        self._news.append(TriedAgain(job, how))

    def _fail(self, job: Job, error: DocumentError) -> None:
        self._finish(failure(job.path, error, content=job.content))

    def _finish(self, result: Result) -> None:
        assert result.content is not None
        self._ledger.finish(result.content, result)
        forget_pages(self._order.out, result.content, self._digest)
        self._fresh += 1
        self._failures += result.status == "failed"
        self._settle(result, fresh=True)
        self._order.limit.check(self._failures, self._fresh)

    def _settle(self, result: Result, *, fresh: bool) -> None:
        self._results.add(result)
        self._news.append(Settled(result, fresh))

    def _settle_duplicates(self) -> None:
        """Link the paths whose content is a settled document's to it; the others wait."""
        waiting: list[tuple[str, str]] = []
        for path, content in self._duplicates:
            original = self._results.of_content(content)
            if original:
                self._settle(duplicate_of(original, path), fresh=False)
            else:
                waiting.append((path, content))
        self._duplicates = waiting

    def _tell_news(self) -> None:
        while self._news:
            self._reporter.tell(self._news.popleft())

    def _keep_summary_fresh(self, *, idle: bool) -> None:
        """While documents come in, the summary in the folder is never older than a minute."""
        late = monotonic() - self._written > SECONDS_BETWEEN_SUMMARIES
        if self._results.changed and (idle or late):
            self._write_summary()

    def _write_summary(self) -> Summary:
        self._written = monotonic()
        self._results.changed = False
        summary, out = self._summary(), self._order.out
        try:
            write_file(out / SUMMARY, summary.to_json())
            write_file(out / SUMMARY_PAGE, summary_page(summary, out))
        except OSError as error:
            self._stopped = self._stopped or DiskFullError(
                "summary_unwritten", path=out, reason=error.strerror
            )
            summary = self._summary()
        return summary

    def _summary(self) -> Summary:
        """Of all that is settled by now, in the order of the paths."""
        order = self._planner.order
        ordered = tuple(sorted(self._results, key=lambda r: order.get(r.path, 0)))
        return Summary(ordered, len(order), self._fresh, self._interrupted, self._stopped)


def _require_programs(jobs: list[Job], settings: Settings) -> None:
    """Raise MissingError before the first document rather than at each of them."""
    suffixes = {file.suffix.lower() for job in jobs for file in job.candidate.files}
    if suffixes - {".txt"}:
        tesseract.require(settings.ocr_model)
    if ".pdf" in suffixes:
        poppler.require()
