"""A channel table and what an archive's own reviewed letters add to it.

In: rows of kind, printed, read, count. Out: the rows of both, counts added. Pages of one archive
come from few scanners and hands; what OCR makes of them differs from what it makes of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

WEIGHT = 2.0
"""An archive's own occurrence counts as so many of the simulated pages."""


def merged(rows: Iterable[str], own: Iterable[str], weight: float = WEIGHT) -> Iterator[str]:
    """The rows of a channel with the archive's own, each of these counting `weight`.

    Raises ValueError at a line that is no such row."""
    counts: dict[tuple[str, str, str], float] = defaultdict(float)
    for lines, factor in ((rows, 1.0), (own, weight)):
        for line in lines:
            if line.strip() and not line.startswith("#"):
                kind, printed, read, count = line.rstrip("\n").split("\t")
                counts[kind, printed, read] += factor * float(count)
    for (kind, printed, read), total in counts.items():
        yield f"{kind}\t{printed}\t{read}\t{total:g}"
