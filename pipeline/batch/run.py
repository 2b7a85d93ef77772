"""A batch: every document under some paths to an output folder, always as a continuation.

In: paths, an output folder, settings. Out: a `Summary`; the outputs and the ledger lie in the
folder. It hands documents to worker processes and knows nothing of letters.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, getsignal, signal
from threading import current_thread, main_thread
from types import FrameType

from pipeline import poppler, tesseract
from pipeline.batch.fingerprint import digest_of
from pipeline.batch.ledger import Ledger
from pipeline.batch.limits import FailureLimit
from pipeline.batch.outputs import LEDGER, SUMMARY, claimed, write_file
from pipeline.batch.plan import Plan, Wish, make_plan
from pipeline.batch.progress import Quiet, Reporter
from pipeline.batch.result import Result, failure
from pipeline.batch.summary import Summary, duplicate_results
from pipeline.batch.work import Job
from pipeline.batch.workers import Died, Workers
from pipeline.errors import DocumentError, NothingFoundError
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
    """What a run is to do. `settled` is told of every result as it comes; `debug_images` adds
    pictures of what was seen to the outputs of the documents that are processed."""

    paths: tuple[Path, ...]
    out: Path
    settings: Settings
    jobs: int = field(default_factory=usable_cores)
    wish: Wish = field(default_factory=Wish)
    limit: FailureLimit = field(default_factory=FailureLimit)
    settled: Callable[[Result], None] = lambda _: None
    debug_images: bool = False


def run_batch(order: Order, reporter: Reporter | None = None) -> Summary:
    """Do what `order` says; at any end the ledger and the outputs are as good as they can be.

    Raises UsageError (folder busy, not writable, foreign ledger), MissingError (programs or
    models), NothingFoundError (no document under the paths), TooManyFailuresError, DiskFullError.
    An interruption (SIGINT, SIGTERM) ends it within seconds, with `Summary.interrupted`."""
    with claimed(order.out), Ledger.open(order.out / LEDGER) as ledger, _terminable():
        digest = digest_of(order.settings)
        plan = make_plan(order.paths, order.out, ledger, order.settings, digest, order.wish)
        if not (plan.jobs or plan.settled):
            raise NothingFoundError("no_documents", path=", ".join(map(str, order.paths)))
        _require_programs(plan.jobs, order.settings)
        run = _Run(order, ledger, plan, reporter or Quiet())
        try:
            run.work()
        except KeyboardInterrupt:
            run.interrupted = True
        finally:
            summary = run.summary()
            write_file(order.out / SUMMARY, summary.to_json())
    return summary


class _Run:
    """The state of one run."""

    def __init__(self, order: Order, ledger: Ledger, plan: Plan, reporter: Reporter) -> None:
        self.interrupted = False
        self._order = order
        self._ledger = ledger
        self._plan = plan
        self._reporter = reporter
        self._waiting = deque(plan.jobs)
        self._tries: dict[str, int] = {}
        self._results: dict[str, Result] = {}
        self._failures = 0

    def work(self) -> None:
        """Hand out the jobs and take in what becomes of them."""
        plan, order = self._plan, self._order
        with self._reporter:
            self._reporter.planned(len(plan.jobs))
            for result in plan.settled:
                self._settle(result, fresh=False)
            if plan.jobs:
                count = min(order.jobs, len(plan.jobs))
                with Workers(
                    count, order.settings, order.out, debug_images=order.debug_images
                ) as workers:
                    self._hand_out(workers)
            for result in self._duplicates():
                self._tell(result, fresh=False)

    def summary(self) -> Summary:
        """Of all that is settled by now, in the order of the paths."""
        plan = self._plan
        results = [*self._results.values(), *self._duplicates()]
        planned = len(plan.settled) + len(plan.jobs) + len(plan.duplicates)
        fresh = sum(job.path in self._results for job in plan.jobs)
        ordered = tuple(sorted(results, key=lambda r: plan.order.get(r.path, 0)))
        return Summary(ordered, planned, fresh, self.interrupted)

    def _hand_out(self, workers: Workers) -> None:
        try:
            while self._waiting or workers.busy:
                while self._waiting and workers.has_room:
                    job = self._waiting.popleft()
                    self._ledger.start(job.content)
                    workers.give(job)
                for end in workers.ended(SECONDS_BETWEEN_TICKS):
                    self._take(end)
                self._reporter.tick()
        finally:
            for job in workers.busy:
                self._ledger.put_back(job.content)

    def _take(self, end: Result | Died) -> None:
        if isinstance(end, Died):
            tries = self._tries[end.job.content] = self._tries.get(end.job.content, 1) + 1
            if tries <= MOST_TRIES:
                self._ledger.put_back(end.job.content)
                self._waiting.append(end.job)
                return
            error = DocumentError("worker_died", path=end.job.path, reason=end.how)
            end = failure(end.job.path, error, content=end.job.content)
        assert end.content is not None
        self._ledger.finish(end.content, end)
        self._settle(end, fresh=True)

    def _settle(self, result: Result, *, fresh: bool) -> None:
        self._results[result.path] = result
        self._tell(result, fresh=fresh)
        self._failures += result.status == "failed"
        if fresh:
            self._order.limit.check(self._failures, len(self._results))

    def _tell(self, result: Result, *, fresh: bool) -> None:
        self._reporter.ended(result, fresh=fresh)
        self._order.settled(result)

    def _duplicates(self) -> Iterator[Result]:
        return duplicate_results(self._results.values(), self._plan.duplicates)


def _require_programs(jobs: list[Job], settings: Settings) -> None:
    """Raise MissingError before the first document rather than at each of them."""
    suffixes = {file.suffix.lower() for job in jobs for file in job.candidate.files}
    if suffixes - {".txt"}:
        tesseract.require(settings.ocr_model)
    if ".pdf" in suffixes:
        poppler.require()


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM (a service manager, a shutdown) ends the run as ctrl-C does."""
    if current_thread() is not main_thread():
        yield
        return
    former = getsignal(SIGTERM)
    signal(SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal(SIGTERM, former)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
