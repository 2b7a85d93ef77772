"""Whatever a person types gets an answer: python -m benchmarks.search_strings [--count N]
[--opensearch].

Strings are put together from what engines stumble over (tests/cases/search/pieces.json): quotes,
operators, emoji, NUL, and now and then ten thousand characters of it. Prints how many were
answered, how many raised an error, and the slowest."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from benchmarks.search_letters import letters
from pipeline.search import Index, connect

PIECES = Path(__file__).parent.parent / "tests" / "cases" / "search" / "pieces.json"
LETTERS, COUNT, LONG = 2000, 20_000, 10_000
LIMIT = 1.0
"""Seconds no query may take: of CPU time in a SQLite file, by the clock of a server."""


def strings(count: int, seed: int = 1) -> Iterator[str]:
    """Queries nobody should have to think about; every hundredth is very long."""
    pieces: list[str] = json.loads(PIECES.read_text(encoding="utf-8"))
    chance = Random(seed)
    for number in range(count):
        glue = chance.choice(["", " ", " "])
        if number % 100 == 0:
            some = [chance.choice(pieces) for _ in range(chance.choice([1, 5, 2000]))]
            text = glue.join(some)
            yield (text * (LONG // max(len(text), 1) + 1))[:LONG]
        else:
            yield glue.join(chance.choice(pieces) for _ in range(chance.randint(1, 12)))


def measure(index: Index, count: int, time: Callable[[], float] = process_time) -> dict[str, float]:
    """Ask all strings: how many raised, and the longest time in seconds of that `time`."""
    errors, slowest = 0, 0.0
    for text in strings(count):
        start = time()
        try:
            index.search(text, limit=3).text()
        except Exception as error:
            errors += 1
            print(f"{text[:80]!r}: {error!r:.200}", file=sys.stderr)
        slowest = max(slowest, time() - start)
    return {"search.strings.errors": errors, "search.strings.slowest_seconds": round(slowest, 3)}


def figures(count: int) -> dict[str, float]:
    """The figures of a SQLite index."""
    with tempfile.TemporaryDirectory() as folder, connect(f"{folder}/index.sqlite") as index:
        index.add(letters(LETTERS))
        return measure(index, count)


def main() -> int:
    """Ask them of an index of made-up letters; exit code 1 where one was not answered in time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_strings")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--opensearch", action="store_true", help="on a node started for this")
    options = parser.parse_args()
    with ExitStack() as stack:
        if options.opensearch:
            from tests.opensearch_node import node

            target = f"{stack.enter_context(node())}/strings"
        else:
            target = f"{stack.enter_context(tempfile.TemporaryDirectory())}/index.sqlite"
        with connect(target) as index:
            index.add(letters(LETTERS))
            time = perf_counter if options.opensearch else process_time
            figures = measure(index, options.count, time)
    print(f"{options.count} strings", *(f"{name} {value}" for name, value in figures.items()))
    errors, slowest = figures.values()
    return 1 if errors or slowest > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
