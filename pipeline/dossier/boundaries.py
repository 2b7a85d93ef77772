"""How probable it is that a letter begins on each page of a file.

In: the traits of all pages. Out: a probability for each page. Whole divisions of the file into
letters are weighed against each other: what a page shows at its top, whether the letter before
has been closed, and where printed page numbers say it began, all count together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.dossier.traits import PageTraits
from pipeline.letter.tables import rows

Floats = NDArray[np.float64]
_LEAST = -8.0
"""A page whose top speaks so strongly against a beginning is none, whatever else is found."""


@cache
def weights() -> dict[str, float]:
    """Weight of each trait: natural logarithm of the odds."""
    return {row[0]: float(row[1]) for row in rows("letter_beginnings.tsv")}


def opening_score(page: PageTraits) -> float:
    """The odds, as a natural logarithm, that a letter begins on a page, by its top alone."""
    table = weights()
    return table["prior"] + sum(table[trait] for trait in page.found)


def beginning_probabilities(pages: Sequence[PageTraits]) -> Floats:
    """P(a letter begins on page i) for each page, of which there is one at least; 1 for the first.

    Forward and backward sums over all divisions into letters (a semi-Markov chain)."""
    count = len(pages)
    starts = [i for i, p in enumerate(pages) if i == 0 or opening_score(p) > _LEAST]
    if len(starts) == 1:
        return np.array([1.0] + [0.0] * (count - 1))
    score = _letter_scores(pages, starts)
    size = len(starts)
    before, after = np.full(size + 1, -np.inf), np.full(size + 1, -np.inf)
    before[0] = after[size] = 0.0
    for end in range(1, size + 1):
        before[end] = np.logaddexp.reduce(before[:end] + score[:end, end])
    for begin in range(size - 1, -1, -1):
        after[begin] = np.logaddexp.reduce(score[begin, begin + 1 :] + after[begin + 1 :])
    found = np.zeros(count)
    found[starts] = np.exp(before[:size] + after[:size] - before[size])
    return found


def _letter_scores(pages: Sequence[PageTraits], starts: Sequence[int]) -> Floats:
    """[b, e]: the score of a letter from starts[b] to the page before starts[e] (or the end)."""
    table, count, size = weights(), len(pages), len(starts)
    edges = [*starts, count]
    opening = [0.0, *(opening_score(pages[s]) for s in starts[1:])]
    closing = np.concatenate(([0], np.cumsum([p.closes for p in pages])))
    filled = np.cumsum([not p.blank for p in pages])
    printed = np.array([p.printed or 0 for p in pages])
    score = np.full((size, size + 1), -np.inf)
    for b, start in enumerate(starts):
        after = np.arange(start + 1, count)
        fits = (printed[after] == after - start + 1) | (
            printed[after] == filled[after] - filled[start] + 1
        )
        counted = np.concatenate(([0.0], np.cumsum(fits * table["counted"])))
        for e in range(b + 1, size + 1):
            end = edges[e]
            closed = closing[end] > closing[start]
            value = opening[b] + float(counted[end - start - 1])
            if end == count:
                value += 0.0 if closed else table["end_unclosed"]
            else:
                value += table["closed"] if closed else table["unclosed"]
                if pages[start].own and pages[start].own in pages[end].cited:
                    value += table["refers_back"]
            score[b, e] = value
    return score
