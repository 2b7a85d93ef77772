"""What a run asks of those who do its work, wherever they work: the seam between the two.

A run gives jobs to a `Crew` and takes in events: pages read, documents settled, workers that died.
`pipeline.batch.workers` has processes of this machine; a crew of other machines is one more
module that keeps this protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from pipeline.batch.job import Job, Task
from pipeline.batch.result import Result


@dataclass(frozen=True, slots=True)
class PagesRead:
    """So many of the pages of `job` are read; `kept` of them by an earlier attempt."""

    job: Job
    done: int
    pages: int
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Died:
    """A worker ended in the middle of `job`; `how` says by what signal or exit code."""

    job: Job
    how: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """`job` took longer than it may, `seconds`, and was stopped."""

    job: Job
    seconds: float


Event = PagesRead | Result | Died | Overdue


class Crew(Protocol):
    """Those who work on documents. A context manager: leaving it ends all work at once, and
    nobody of the crew writes to the output folder after that."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def busy(self) -> tuple[Job, ...]:
        """The jobs being worked on."""

    @property
    def has_room(self) -> bool:
        """Whether a job given now is started at once."""

    def give(self, job: Job) -> None:
        """Have `job` done; only where there is room."""

    def events(self, timeout: float) -> Iterator[Event]:
        """What happens within the next `timeout` seconds; ends at the first that does.

        A job is busy until one of Result, Died and Overdue tells its end, and it has only one end.
        Raises the CongvanError that stops the run, where a worker met one."""


Hire = Callable[[int, Task], Crew]
"""Makes a crew that works on up to so many jobs at a time."""
