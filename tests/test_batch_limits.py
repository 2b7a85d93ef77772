from __future__ import annotations

import pytest

from pipeline.batch.limits import FailureLimit, TooManyFailuresError
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("text", "failures", "settled", "stops"),
    [
        ("0", 0, 5, False),
        ("0", 1, 1, True),
        ("2", 2, 2, False),
        ("2", 3, 900, True),
        ("5%", 1, 2, False),  # too few documents for a share to mean anything
        ("5%", 1, 20, False),
        ("5%", 2, 20, True),
        ("5%", 150, 3000, False),
        ("5%", 151, 3000, True),
        ("100%", 50, 50, False),
    ],
)
def test_gives_up_above_the_limit(text: str, failures: int, settled: int, stops: bool) -> None:
    limit = FailureLimit.parse(text)
    if stops:
        with pytest.raises(TooManyFailuresError):
            limit.check(failures, settled)
    else:
        limit.check(failures, settled)


@pytest.mark.parametrize("text", ["", "-1", "many", "5 %%", "101%", "-1%", "nan%", "1.5"])
def test_other_texts_are_no_limits(text: str) -> None:
    with pytest.raises(UsageError):
        FailureLimit.parse(text)
