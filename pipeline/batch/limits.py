"""When a batch gives up: so many failures, or such a share of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pipeline.errors import CongvanError, UsageError

FEWEST_FOR_A_SHARE = 20
"""Below this many settled documents a share says nothing yet."""


class TooManyFailuresError(CongvanError):
    """The run stopped because too much failed; what is done is done."""


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most `count` failures, or a `share` (0 to 1) of the documents settled; None: no limit."""

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
