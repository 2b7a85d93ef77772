"""Confidence intervals: against the definition, known tables, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.intervals import exact_interval


def _chance(k: int, n: int, wrong: int, population: int) -> float:
    """P(k wrong in a sample of n), by counting."""
    ways = math.comb(wrong, k) * math.comb(population - wrong, n - k)
    return ways / math.comb(population, n)


@given(st.integers(1, 40), st.data())
def test_the_bounds_are_those_of_the_definition(population: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, population))
    x = data.draw(st.integers(0, n))
    chances = {
        wrong: min(
            sum(_chance(k, n, wrong, population) for k in range(x, n + 1)),
            sum(_chance(k, n, wrong, population) for k in range(x + 1)),
        )
        for wrong in range(x, population - (n - x) + 1)
    }
    possible = [wrong for wrong, chance in chances.items() if chance > 0.025 + 1e-12]
    touching = [wrong for wrong, chance in chances.items() if chance > 0.025 - 1e-12]
    low, high = (round(bound * population) for bound in exact_interval(x, n, population))
    assert min(touching) <= low <= min(possible)
    assert max(possible) <= high <= max(touching)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (0, 100, 0.0, 0.0362),  # Clopper and Pearson, as tables give them
        (1, 100, 0.0003, 0.0545),
        (10, 100, 0.0490, 0.1762),
        (7, 1000, 0.0028, 0.0144),
    ],
)
def test_in_a_large_population_it_is_that_of_clopper_and_pearson(
    x: int, n: int, low: float, high: float
) -> None:
    assert exact_interval(x, n, 10**8) == pytest.approx((low, high), abs=6e-5)


def test_where_all_is_looked_at_nothing_is_left_to_doubt() -> None:
    assert exact_interval(3, 60, 60) == (0.05, 0.05)
    assert exact_interval(0, 60, 60) == (0.0, 0.0)
    assert exact_interval(0, 0, 60) == (0.0, 1.0)


def test_a_finite_population_narrows_it() -> None:
    small, large = exact_interval(2, 100, 200), exact_interval(2, 100, 10**6)
    assert large[0] < small[0] < 0.02 < small[1] < large[1]


@pytest.mark.parametrize("share", [0.002, 0.01, 0.05])
def test_it_holds_the_true_share_in_95_of_100_samples(share: float) -> None:
    population, n = 20_000, 400
    wrong = round(share * population)
    drawn = np.random.default_rng(1).hypergeometric(wrong, population - wrong, n, 1000)
    intervals = {int(x): exact_interval(int(x), n, population) for x in set(drawn.tolist())}
    held = sum(low <= share <= high for low, high in (intervals[int(x)] for x in drawn))
    assert held >= 950 - 20


def test_what_cannot_be_is_refused() -> None:
    for x, n, population in ((-1, 5, 10), (6, 5, 10), (0, 11, 10)):
        with pytest.raises(ValueError, match=str(n)):
            exact_interval(x, n, population)
