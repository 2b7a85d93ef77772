"""How a run tells people what it is doing, on stderr: a bar on a terminal, plain lines elsewhere.

In: the news of a run. Out: text. Nothing here changes what is done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.batch.crew import PagesRead
from pipeline.batch.news import News, Planned, Reporter, Settled, Tick, Warned
from pipeline.messages import message, printable

SECONDS_BETWEEN_LINES = 60.0
Clock = Callable[[], float]


class Tally:
    """Counts of a run: documents and pages, also those of documents not finished yet."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self.total = self.documents = self.failed = 0
        self._clock = clock
        self._began = clock()
        self._pages = 0
        self._reading: dict[str, tuple[int, int]] = {}

    def count(self, news: News) -> None:
        """Take `news` into the counts."""
        match news:
            case Planned(documents):
                self.total += documents
            case PagesRead(job, done, _, kept):
                self._reading[job.content] = (done, kept)
            case Settled(result, True):
                _, kept = self._reading.pop(result.content or "", (0, 0))
                self._pages += max(0, result.pages - kept)
                self.documents += 1
                self.failed += result.status == "failed"

    @property
    def pages(self) -> int:
        """Pages read in this run."""
        return self._pages + sum(done - kept for done, kept in self._reading.values())

    @property
    def rate(self) -> float:
        """Pages a minute so far."""
        minutes = (self._clock() - self._began) / 60
        return self.pages / minutes if minutes else 0.0

    @property
    def seconds_left(self) -> float | None:
        """By the documents settled so far; None where there is nothing to go by."""
        if not self.documents or self.documents >= self.total:
            return None
        return (self._clock() - self._began) / self.documents * (self.total - self.documents)


class Quiet:
    """Tells failures and warnings only, one line each."""

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
        match news:
            case Settled(result, _) if result.status == "failed":
                self._say(result.sentence or result.path)
            case Warned(text):
                self._say(text)

    def _say(self, text: str) -> None:
        print(printable(text), file=sys.stderr, flush=True)


class Lines(Quiet):
    """A plain line every minute, for logs."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self._tally = Tally(clock)
        self._clock = clock
        self._told = clock()

    def tell(self, news: News) -> None:
        """See Reporter."""
        super().tell(news)
        self._tally.count(news)
        if isinstance(news, Settled | Tick) and self._tally.documents < self._tally.total:
            self._tell_progress()

    def _tell_progress(self) -> None:
        if self._clock() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = self._clock()
            self._say(_progress_line(self._tally))


def _progress_line(tally: Tally) -> str:
    line = message(
        "batch_progress",
        documents=tally.documents,
        total=tally.total,
        pages=tally.pages,
        rate=tally.rate,
        failed=tally.failed,
    )
    left = tally.seconds_left
    return f"{line}, {message('batch_left', time=_hours(left))}" if left is not None else line


def _hours(seconds: float) -> str:
    """`2:05` hours and minutes, at least a minute."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes // 60}:{minutes % 60:02d}"


class Bar(Quiet):
    """A progress bar, for people at a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._tally = Tally()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._task = self._progress.add_task("", total=None, visible=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def tell(self, news: News) -> None:
        """See Reporter."""
        super().tell(news)
        self._tally.count(news)
        if self._tally.total:
            self._progress.update(
                self._task,
                completed=self._tally.documents,
                total=self._tally.total,
                description=self._description(),
                visible=True,
            )

    def _description(self) -> str:
        tally = self._tally
        return message("batch_bar", pages=tally.pages, rate=tally.rate, failed=tally.failed)

    def _say(self, text: str) -> None:
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def reporter(*, quiet: bool) -> Reporter:
    """The reporter that suits this run's stderr."""
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Lines()
