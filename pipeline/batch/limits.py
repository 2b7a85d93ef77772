"""When a batch gives up: on a document by time, on all of them by failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pipeline.errors import CongvanError, UsageError

FEWEST_FOR_A_SHARE = 20
"""Below this many settled documents a share says nothing yet."""

SECONDS_A_DOCUMENT = 300.0
SECONDS_A_PAGE = 60.0
"""A page of a scan takes 2 to 8 s; ten times that is a machine in distress, not a slow page."""
PROGRAMS_A_PAGE = 8
"""Outside programs that may run into their own limit on one page before nothing is hoped of it."""


class TooManyFailuresError(CongvanError):
    """The run stopped because too much failed; what is done is done."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long a document may take as a whole, `seconds`; None: by its number of pages.

    A worker that hangs in a library is stopped earlier: where none of its pages is ready within
    `stall` seconds."""

    seconds: float | None = None
    stall: float = 120.0 * PROGRAMS_A_PAGE

    def whole(self, pages: int) -> float:
        """Seconds for a document of so many pages (0: not known yet)."""
        if self.seconds is not None:
            return self.seconds
        return SECONDS_A_DOCUMENT + SECONDS_A_PAGE * (pages or PROGRAMS_A_PAGE)


@dataclass(slots=True)
class Stopwatch:
    """Of one document: when it began, what it has read, and when that was; by a clock that only
    goes forward."""

    limit: TimeLimit
    began: float
    last: float
    pages: int = 0
    done: int = 0

    @classmethod
    def start(cls, limit: TimeLimit, now: float) -> Self:
        """Of a document that begins `now`."""
        return cls(limit, now, now)

    def read(self, done: int, pages: int, now: float) -> None:
        """`done` of its `pages` are read."""
        self.done, self.pages, self.last = done, pages, now

    def exceeded(self, now: float) -> float | None:
        """The limit in seconds that it is beyond, None where it is within all."""
        whole = self.limit.whole(self.pages)
        if now - self.began > whole:
            return whole
        if self.done < self.pages and now - self.last > self.limit.stall:
            return self.limit.stall
        return None


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most `count` failures, or a `share` (0 to 1) of the documents settled; None: no limit.

    Both count what this run worked on: failures that an earlier run left are told, not counted,
    so that the same command goes on."""

    count: int | None = None
    share: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """`5` or `5%`. Raises UsageError for anything else."""
        try:
            if text.endswith("%"):
                share = float(text.removesuffix("%")) / 100
                if not 0 <= share <= 1:
                    raise ValueError(text)
                return cls(share=share)
            count = int(text)
            if count < 0:
                raise ValueError(text)
        except ValueError as error:
            raise UsageError("bad_limit", text=text) from error
        return cls(count=count)

    def check(self, failures: int, settled: int) -> None:
        """Raise TooManyFailuresError where `failures` of `settled` documents are too many."""
        many = self.count is not None and failures > self.count
        if self.share is not None and settled >= FEWEST_FOR_A_SHARE:
            many = many or failures > self.share * settled
        if many:
            raise TooManyFailuresError("too_many_failures", failures=failures)
