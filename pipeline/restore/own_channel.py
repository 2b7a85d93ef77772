"""A channel table and what an archive's own reviewed letters add to it.

In: rows of kind, printed, read, count. Out: the rows of both. Only misreadings are added, those
seen more than once: pages of one archive come from few scanners, and what these misread comes
again. Its right readings are left out: they would tell the channel that OCR errs seldom, and pages
of other scanners would keep errors that are mended now (measured).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

WEIGHT = 0.5
"""A misreading of an archive counts as so many of the simulated pages."""
LEAST = 2


def merged(rows: Iterable[str], own: Iterable[str], weight: float = WEIGHT) -> Iterator[str]:
    """The rows of a channel with the archive's own misreadings, each counting `weight`.

    Raises ValueError at a line that is no such row."""
    counts: dict[tuple[str, str, str], float] = defaultdict(float)
    for kind, printed, read, count in cells(rows):
        counts[kind, printed, read] += count
    for kind, printed, read, count in cells(own):
        if printed != read and count >= LEAST:
            counts[kind, printed, read] += weight * count
    for (kind, printed, read), total in counts.items():
        yield f"{kind}\t{printed}\t{read}\t{total:g}"


def cells(lines: Iterable[str]) -> Iterator[tuple[str, str, str, float]]:
    """Kind, printed, read and count of each row of a table. Raises ValueError as `merged`."""
    for line in lines:
        if line.strip() and not line.startswith("#"):
            kind, printed, read, count = line.rstrip("\n").split("\t")
            yield kind, printed, read, float(count)
