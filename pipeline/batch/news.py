"""What a run tells of itself while it goes on, and who may be told.

In: what happens. Out: to reporters, each of which shows or keeps what it likes; none of them
changes what is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from pipeline.batch.crew import PagesRead
from pipeline.batch.job import Job
from pipeline.batch.result import Result

if TYPE_CHECKING:
    from pipeline.batch.summary import Summary


@dataclass(frozen=True, slots=True)
class Planned:
    """So many documents more are to be processed."""

    documents: int


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has taken a document."""

    job: Job


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """The worker died in the middle of a document, which is tried once more."""

    job: Job
    how: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A document has its status; `fresh` where this run worked on it."""

    result: Result
    fresh: bool


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know though the run goes on; a whole sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Some time has passed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over."""

    summary: Summary


News = Planned | Started | PagesRead | TriedAgain | Settled | Warned | Tick | Ended


class Reporter(Protocol):
    """Is told of everything that happens in a run, from entering to leaving it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def tell(self, news: News) -> None:
        """Something has happened."""


class Together:
    """Several reporters as one."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self._reporters = reporters
        self._open = ExitStack()

    def __enter__(self) -> Self:
        for reporter in self._reporters:
            self._open.enter_context(reporter)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, value, trace)

    def tell(self, news: News) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.tell(news)
