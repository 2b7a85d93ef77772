"""How fast the search index is built and answers: python -m benchmarks.search_speed [RECORDS].

Prints records a second, the size of the index by that of the text, and the times of queries of
each kind. The records are made up (benchmarks/search_letters.py)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter

from benchmarks.search_letters import (
    GIVEN,
    OBJECTS,
    PLACES,
    SURNAMES,
    VERBS,
    any_of,
    letters,
)
from pipeline.record import Record
from pipeline.search import connect
from pipeline.search.folding import fold

QUERIES = 40


def queries(kind: str, chance: Random, count: int) -> Iterator[str]:
    """Queries of one kind, as people type them."""
    while True:
        thing, place, verb = (any_of(words, chance) for words in (OBJECTS, PLACES, VERBS))
        name = " ".join(any_of(words, chance) for words in (SURNAMES, GIVEN, GIVEN))
        yield {
            "words": f"{verb} {thing} {place}",
            "without marks": fold(f"{verb} {thing}"),
            "phrase": f'"{thing} tại {place}"',
            "number": f"số {chance.randint(1, count)}",
            "filters": f"{thing} ngày:{chance.randint(2005, 2024)} loại:CV",
            "person": f'người ký:"{name}" {place}',
            "not": f"{thing} {place} -{verb.split()[0]}",
        }[kind]


def main() -> None:
    """Build an index of made-up letters and time it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        _build(path, count)
        for kind in ("words", "without marks", "phrase", "number", "filters", "person", "not"):
            _time(path, kind, count)


def _build(path: Path, count: int) -> None:
    size = 0
    seconds = 0.0
    with connect(str(path)) as index:
        batch: list[Record] = []
        for number, record in enumerate(letters(count), 1):
            batch.append(record)
            size += sum(len(page.text.encode()) for page in record.pages)
            if len(batch) == 2000 or number == count:
                start = perf_counter()
                index.add(batch)
                seconds += perf_counter() - start
                batch.clear()
        start = perf_counter()
    seconds += perf_counter() - start
    ratio = path.stat().st_size / size
    print(f"{count} records: {count / seconds:.0f} records/s, index {ratio:.2f} x text size")


def _time(path: Path, kind: str, count: int) -> None:
    source = queries(kind, Random(7), count)
    times, totals = [], []
    with connect(str(path)) as index:
        for _ in range(QUERIES):
            query = next(source)
            start = perf_counter()
            totals.append(index.search(query).total)
            times.append(1000 * (perf_counter() - start))
    cuts = quantiles(times, n=20)
    hits = sum(totals) / len(totals)
    print(f"{kind:14} p50 {cuts[9]:6.1f} ms  p95 {cuts[18]:6.1f} ms  {hits:8.0f} hits on average")


if __name__ == "__main__":
    main()
