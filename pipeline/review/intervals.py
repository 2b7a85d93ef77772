"""Exact confidence intervals for a share, found in a simple random sample of a finite population.

In: how many of `n` units drawn without replacement out of `population` were wrong. Out: the bounds
of the share in the population.

The method is the exact one of Clopper and Pearson (Biometrika 26, 1934) with the hypergeometric
distribution in the place of the binomial, as units are not put back (Wright, "Exact confidence
bounds when sampling from small finite universes", 1991; Cochran, "Sampling Techniques", 3rd ed.,
section 3.6). A bound is the last number of wrong units under which a sample as extreme as the one
seen has still a chance of more than half of 1 - confidence. It never promises more than it keeps:
the true share lies inside in at least `confidence` of all samples, also of small ones and where no
unit was wrong, where the normal approximation gives an interval of no width.
"""

from __future__ import annotations

import math
from collections.abc import Callable

CONFIDENCE = 0.95


def exact_interval(
    wrong: int, n: int, population: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The bounds of the share of wrong units, 0 to 1; all of it where nothing was looked at.

    Raises ValueError where the numbers contradict each other."""
    if not 0 <= wrong <= n <= population:
        raise ValueError((wrong, n, population))
    if not n:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low, high = wrong, population - (n - wrong)
    # Of more wrong units in the population, more are found: both chances are monotone.
    least = _first(low, high, lambda k: 1 - _at_most(wrong - 1, n, k, population) > tail)
    most = _first(low, high + 1, lambda k: k > high or _at_most(wrong, n, k, population) <= tail)
    return least / population, max(most - 1, least) / population


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number from `low` to `high` of which the monotone condition holds; else `high`."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _at_most(x: int, n: int, wrong: int, population: int) -> float:
    """P(at most `x` wrong units in a sample of `n`), of `wrong` in the population."""
    least = max(0, n - (population - wrong))
    if x < least:
        return 0.0
    if x >= min(n, wrong):
        return 1.0
    whole = _log_choose(population, n)
    total = sum(
        math.exp(_log_choose(wrong, i) + _log_choose(population - wrong, n - i) - whole)
        for i in range(least, x + 1)
    )
    return min(1.0, total)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
