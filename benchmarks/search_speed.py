"""How fast a search index is built and answers: python -m benchmarks.search_speed [--records N].

Prints records a second, the size of the index by that of the text, and the times of queries of each
kind (docs/search.md says what is measured). The records are made up, the same in every run
(benchmarks/search_letters.py). With --in, an index made before (--keep) is asked again."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter, process_time

from benchmarks.search_letters import (
    GIVEN,
    OBJECTS,
    PLACES,
    QUALIFIERS,
    SURNAMES,
    VERBS,
    any_of,
    letters,
)
from pipeline.search import Index, connect
from pipeline.search.folding import fold

RECORDS = 200_000
QUERIES = 40
BATCH = 4096
KINDS = "words|without marks|phrase|number|filters|person|not|directives|hot words|hot phrase"


@dataclass(frozen=True, slots=True)
class Built:
    """An index just built; `size` is that of the index by that of the letters' texts."""

    records: int
    seconds: float
    cpu_seconds: float
    size: float

    def line(self) -> str:
        """For people to read."""
        return (
            f"{self.records} records: {self.records / self.cpu_seconds:.0f} records/s of CPU time,"
            f" {self.records / self.seconds:.0f} by the clock, index {self.size:.2f} x text size"
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds that queries of one kind took, by the clock, and hits on average."""

    kind: str
    milliseconds: list[float]
    hits: float

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred queries were answered."""
        return quantiles(self.milliseconds, n=100, method="inclusive")[percent - 1]

    def line(self) -> str:
        """For people to read."""
        p50, p95 = self.percentile(50), self.percentile(95)
        return f"{self.kind:14} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  {self.hits:8.0f} hits"


def queries(kind: str, chance: Random, count: int) -> Iterator[str]:
    """Queries of one kind, as people type them, to an index of `count` letters."""
    while True:
        thing, place, verb = (any_of(words, chance) for words in (OBJECTS, PLACES, VERBS))
        name = " ".join(any_of(words, chance) for words in (SURNAMES, GIVEN, GIVEN))
        yield {
            "words": f"{verb} {thing} {place}",
            "without marks": fold(f"{verb} {thing}"),
            "phrase": f'"{thing} {any_of(QUALIFIERS, chance)}"',
            "number": f"số {chance.randint(1, count)}",
            "filters": f"{thing} ngày:{chance.randint(2005, 2024)} loại:CV",
            "person": f'người ký:"{name}" {place}',
            "not": f"{thing} {place} -{verb.split()[0]}",
            "directives": f"là:'nhiệm vụ' {verb} {thing}".replace("'", '"'),
            "hot words": chance.choice(("uỷ ban", "nhân dân", "uỷ ban nhân dân", "công văn", "xã")),
            "hot phrase": chance.choice(('"uỷ ban nhân dân"', '"nhân dân xã"', '"chủ tịch"')),
        }[kind]


def build(index: Index, count: int, size: Callable[[], int]) -> Built:
    """Put `count` letters into an index that is empty; making the letters is not timed."""
    text = 0
    seconds = cpu = 0.0
    source = letters(count)
    while batch := list(islice(source, BATCH)):
        text += sum(len(page.text.encode()) for record in batch for page in record.pages)
        clock, process = perf_counter(), process_time()
        index.add(batch)
        seconds, cpu = seconds + perf_counter() - clock, cpu + process_time() - process
    clock, process = perf_counter(), process_time()
    index.close()
    seconds, cpu = seconds + perf_counter() - clock, cpu + process_time() - process
    return Built(count, seconds, cpu, size() / text)


def time_queries(index: Index, kind: str, count: int) -> Times:
    """Ask queries of one kind, each once."""
    source = queries(kind, Random(7), count)
    index.search("a")  # the first question reads what all need
    times, hits = [], 0
    for query in islice(source, QUERIES):
        start = perf_counter()
        hits += index.search(query).total
        times.append(1000 * (perf_counter() - start))
    return Times(kind, times, hits / QUERIES)


def main() -> None:
    """Build an index of made-up letters and time it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_speed")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--keep", type=Path, help="build the index here and leave it")
    parser.add_argument("--in", dest="made", help="ask an index made before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "index.sqlite"
        target = options.made or str(path)
        if not options.made:
            with connect(target) as index:
                print(build(index, options.records, lambda: path.stat().st_size).line())
                sys.stdout.flush()
        with connect(target) as index:
            for kind in KINDS.split("|"):
                print(time_queries(index, kind, options.records).line())


if __name__ == "__main__":
    main()
