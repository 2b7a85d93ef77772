"""How a run tells what it is doing, on stderr: a bar on a terminal, plain lines elsewhere.

In: results as they come. Nothing here changes what is done.
"""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.batch.result import Result
from pipeline.messages import message, printable

SECONDS_BETWEEN_LINES = 60.0


class Reporter(Protocol):
    """Is told of everything that happens in a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def planned(self, documents: int) -> None:
        """So many documents are to be processed."""

    def ended(self, result: Result, *, fresh: bool) -> None:
        """A document is settled; `fresh` where this run did it."""

    def tick(self) -> None:
        """Some time has passed."""


class Quiet:
    """Tells failures only, one line each."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return

    def planned(self, documents: int) -> None:
        """See Reporter."""

    def ended(self, result: Result, *, fresh: bool) -> None:  # noqa: ARG002
        """See Reporter."""
        if result.status == "failed":
            self._say(result.sentence or result.path)

    def tick(self) -> None:
        """See Reporter."""

    def _say(self, text: str) -> None:
        print(printable(text), file=sys.stderr, flush=True)


class Lines(Quiet):
    """A plain line every minute, for logs."""

    def __init__(self) -> None:
        self._total = self._documents = self._pages = self._failed = 0
        self._started = self._told = monotonic()

    def planned(self, documents: int) -> None:
        """See Reporter."""
        self._total = documents

    def ended(self, result: Result, *, fresh: bool) -> None:
        """See Reporter."""
        super().ended(result, fresh=fresh)
        if fresh:
            self._documents += 1
            self._pages += result.pages
            self._failed += result.status == "failed"
        self.tick()

    def tick(self) -> None:
        """See Reporter."""
        if monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = monotonic()
            self._say(self._line())

    def _line(self) -> str:
        minutes = (monotonic() - self._started) / 60
        return message(
            "batch_progress",
            documents=self._documents,
            total=self._total,
            pages=self._pages,
            rate=self._pages / minutes if minutes else 0.0,
            failed=self._failed,
        )


class Bar(Quiet):
    """A progress bar, for people at a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._pages = self._failed = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        )

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

    def planned(self, documents: int) -> None:
        """See Reporter."""
        if documents:
            self._task = self._progress.add_task(self._description(), total=documents)

    def ended(self, result: Result, *, fresh: bool) -> None:
        """See Reporter."""
        super().ended(result, fresh=fresh)
        if fresh:
            self._pages += result.pages
            self._failed += result.status == "failed"
            self._progress.update(self._task, advance=1, description=self._description())

    def _description(self) -> str:
        return message("batch_bar", pages=self._pages, failed=self._failed)

    def _say(self, text: str) -> None:
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def reporter(*, quiet: bool) -> Reporter:
    """The reporter that suits this run's stderr."""
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Lines()
