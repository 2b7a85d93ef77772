"""How fast a search index is built and answers: python -m benchmarks.search_speed [--records N].

Prints records a second, the size of the index by that of the text, and the times of queries of each
kind (docs/search.md says what is measured). The records are made up, the same in every run
(benchmarks/search_letters.py). With --in, an index made before (--keep) is asked again; with
--opensearch both name the folder of a node.

An index is asked other queries of each kind before, as one that has been asked for a while. With
--opensearch a node is started for this, filled, merged into one segment, warmed up and asked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter, process_time, sleep
from urllib.request import Request, urlopen

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
from tests.opensearch_node import node

RECORDS = 200_000
QUERIES, OPENED = 40, 20
WARM_UP = 400
"""Queries asked of each kind before an OpenSearch node is timed: its virtual machine compiles what
runs often, and for some thousand queries that is most of what it does."""
BATCH = 4096
_LOOKED_UP = 1.1
KINDS = "words|without marks|phrase|number|filters|person|not|directives|hot words|hot phrase"
FIRST = "words|phrase"
"""Kinds that are also asked of an index just opened."""


@dataclass(frozen=True, slots=True)
class Built:
    """An index just built; `size` is that of the index by that of the letters' texts, `server` the
    CPU seconds of a server."""

    records: int
    seconds: float
    cpu_seconds: float
    size: float
    server: float | None = None

    def line(self) -> str:
        """For people to read."""
        server = f", {self.records / self.server:.0f} of the server's" if self.server else ""
        return (
            f"{self.records} records: {self.records / self.cpu_seconds:.0f} records/s of CPU time"
            f"{server}, {self.records / self.seconds:.0f} by the clock,"
            f" index {self.size:.2f} x text size"
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds that queries of one kind took, by the clock and of this process' CPU time, and
    hits on average. Where other programs run beside, the CPU time is what tells; `server` is that
    of a server, a query on average."""

    kind: str
    clock: list[float]
    milliseconds: list[float]
    hits: float
    server: float | None = None

    def percentile(self, percent: int) -> float:
        """Milliseconds of CPU time within which so many of a hundred queries were answered."""
        return quantiles(self.milliseconds, n=100, method="inclusive")[percent - 1]

    def line(self) -> str:
        """For people to read."""
        p50, p95 = self.percentile(50), self.percentile(95)
        p95_clock = quantiles(self.clock, n=20, method="inclusive")[-1]
        clock50 = quantiles(self.clock, n=2, method="inclusive")[0]
        times = (
            f"CPU p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  clock {clock50:6.1f}  {p95_clock:6.1f} ms"
        )
        server = "" if self.server is None else f"  server's CPU {self.server:6.1f} ms"
        return f"{self.kind:14} {times}{server}  {self.hits:8.0f} hits"


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


def build(
    index: Index,
    count: int,
    size: Callable[[], int],
    server_cpu: Callable[[], float] | None = None,
) -> Built:
    """Put `count` letters into an index that is empty; making the letters is not timed."""
    text = 0
    seconds = cpu = 0.0
    before = server_cpu() if server_cpu else 0.0
    source = letters(count)
    while batch := list(islice(source, BATCH)):
        text += sum(len(page.text.encode()) for record in batch for page in record.pages)
        clock, process = perf_counter(), process_time()
        index.add(batch)
        seconds, cpu = seconds + perf_counter() - clock, cpu + process_time() - process
    clock, process = perf_counter(), process_time()
    index.close()
    seconds, cpu = seconds + perf_counter() - clock, cpu + process_time() - process
    server = server_cpu() - before if server_cpu else None
    return Built(count, seconds, cpu, size() / text, server)


def _bytes(path: Path) -> int:
    return path.stat().st_size


def _stored(address: str) -> int:
    """Bytes an OpenSearch node has stored, once its segments are merged."""
    for action in ("_forcemerge?max_num_segments=1", "_flush?force=true", "_refresh"):
        urlopen(Request(f"{address}/{action}", method="POST")).close()
    with urlopen(f"{address}/_stats/store") as answer:
        size: int = json.load(answer)["_all"]["primaries"]["store"]["size_in_bytes"]
    return size


def _server_cpu(address: str) -> float:
    """Seconds of CPU time a node of one process has taken, which it looks up once a second."""
    sleep(_LOOKED_UP)
    with urlopen(f"{address}/_nodes/stats/process") as answer:
        (node_stats,) = json.load(answer)["nodes"].values()
    milliseconds: int = node_stats["process"]["cpu"]["total_in_millis"]
    return milliseconds / 1000


def time_queries(
    index: Index,
    kind: str,
    count: int,
    server_cpu: Callable[[], float] | None = None,
    others: int = QUERIES,
) -> Times:
    """Ask queries of one kind, each once, after so many others of that kind, as of an index that
    has been asked for a while; `server_cpu` tells the CPU seconds of a server so far."""
    source = queries(kind, Random(7), count)
    for query in islice(queries(kind, Random(8), count), others):
        index.search(query)
    before = server_cpu() if server_cpu else 0.0
    clock, times, hits = [], [], 0
    for query in islice(source, QUERIES):
        start, process = perf_counter(), process_time()
        hits += index.search(query).total
        clock.append(1000 * (perf_counter() - start))
        times.append(1000 * (process_time() - process))
    server = 1000 * (server_cpu() - before) / QUERIES if server_cpu else None
    return Times(kind, clock, times, hits / QUERIES, server)


def time_opening(target: str, count: int) -> Times:
    """Ask one query each time after opening the index anew, as a command line does."""
    clock, times, hits = [], [], 0
    for query in islice(queries("words", Random(9), count), OPENED):
        start, process = perf_counter(), process_time()
        with connect(target) as index:
            hits += index.search(query).total
        clock.append(1000 * (perf_counter() - start))
        times.append(1000 * (process_time() - process))
    return Times("just opened", clock, times, hits / OPENED)


def pooled(timed: Sequence[Times]) -> Times:
    """The queries of all kinds together, each kind as often as any other."""
    clock = [t for times in timed for t in times.clock]
    cpu = [t for times in timed for t in times.milliseconds]
    return Times("all of these", clock, cpu, sum(times.hits for times in timed) / len(timed))


def figures(count: int) -> dict[str, float]:
    """The size of a SQLite index; how fast it is depends on what else runs, and has no floor."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        with connect(str(path)) as index:
            built = build(index, count, partial(_bytes, path))
    print(built.line(), file=sys.stderr)
    return {"search.size": built.size}


def main() -> None:
    """Build an index of made-up letters and time it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_speed")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--keep", type=Path, help="build the index here and leave it")
    parser.add_argument("--in", dest="made", help="ask an index made before")
    parser.add_argument("--opensearch", action="store_true", help="on a node started for this")
    parser.add_argument("--heap", default="4g", help="of that node [default: %(default)s]")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = options.keep or Path(folder) / "index.sqlite"
        target = options.made or str(path)
        if options.opensearch:
            kept = Path(options.made) if options.made else options.keep
            started = node(heap=options.heap, lasting=True, folder=kept)
            address = stack.enter_context(started)
            target = f"{address}/letters"
        cpu = partial(_server_cpu, address) if options.opensearch else None
        if not options.made:
            with connect(target) as index:
                size = partial(_stored, address) if options.opensearch else partial(_bytes, path)
                print(build(index, options.records, size, cpu).line(), flush=True)
        with connect(target) as index:
            for kind in KINDS.split("|") if options.opensearch else ():
                for query in islice(queries(kind, Random(9), options.records), WARM_UP):
                    index.search(query)
            timed = [time_queries(index, k, options.records, cpu) for k in KINDS.split("|")]
        print(*(times.line() for times in timed), pooled(timed).line(), sep="\n", flush=True)
        for kind in FIRST.split("|"):
            with connect(target) as index:
                index.search("a")  # the first question reads what all need
                first = time_queries(index, kind, options.records, cpu, others=0)
            print(replace(first, kind=f"first {kind}").line(), flush=True)
        print(time_opening(target, options.records).line())


if __name__ == "__main__":
    main()
