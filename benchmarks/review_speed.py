"""How fast the review pages answer: python -m benchmarks.review_speed [--letters N] [--keep DIR].

A folder of made-up records without scans (benchmarks/search_letters.py, misread here and there) is
written, indexed, and looked over by the review pages; then each page is asked for. Times are
milliseconds of this process' CPU and by the clock, median and 95th percentile; the first look of a
new folder is told by itself. The index is built straight from the records, beside the first look.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter, process_time

from starlette.testclient import TestClient

from benchmarks.search_letters import OBJECTS, PLACES, VERBS, any_of, letters
from pipeline.record import CorrectionInfo, Flag, Record
from pipeline.review.app import make_app
from pipeline.review.desk import Desk
from pipeline.review.samples import draw
from pipeline.review.search_page import INDEX
from pipeline.search import connect

LETTERS = 200_000
DISTINCT = 2_000
"""Letters made; the others are these under other numbers."""
REQUESTS = 20
HOST = "127.0.0.1:8737"
TOKEN = "a-token-for-benchmarks"


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds that the pages of one kind took."""

    page: str
    cpu: list[float]
    clock: list[float]

    def percentiles(self, times: list[float]) -> tuple[float, float]:
        """The median and the 95th percentile."""
        parts = quantiles(times, n=20, method="inclusive")
        return parts[9], parts[18]

    def line(self) -> str:
        """For people."""
        (p50, p95), (c50, c95) = self.percentiles(self.cpu), self.percentiles(self.clock)
        return f"{self.page:14}{p50:9.1f}{p95:9.1f}{c50:11.1f}{c95:9.1f}"


@dataclass(frozen=True, slots=True)
class Speed:
    """All pages, and what the first look at the folder cost."""

    letters: int
    look_ms: float
    again_ms: float
    pages: tuple[Times, ...]

    def figures(self) -> dict[str, float]:
        """The figures that have floors, by name: the 95th percentile of CPU milliseconds."""
        found = {f"review.{t.page}.ms": t.percentiles(t.cpu)[1] for t in self.pages}
        return {**found, "review.look.ms_a_letter": self.look_ms}

    def table(self) -> str:
        """For people."""
        head = f"{'page':14}{'cpu p50':>9}{'p95':>9}{'clock p50':>11}{'p95':>9}   (ms)"
        first = (
            f"{self.letters} letters: first look {self.look_ms:.2f} ms of CPU a letter,"
            f" when nothing changed {self.again_ms:.0f} ms"
        )
        return "\n".join([first, head, *(t.line() for t in self.pages)])


def measure(count: int = LETTERS, keep: Path | None = None) -> Speed:
    """Make the folder, where `keep` does not have it, and ask for every page."""
    with nullcontext(keep) if keep else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _made(folder, count):
            desk = Desk(folder, "benchmark")
            look = _looked_over(desk) / count
        again = _looked_over(desk)
        sample = draw(desk, "words", 200, seed="speed").number
        app = make_app(desk, TOKEN, frozenset({HOST}))
        with TestClient(app, base_url=f"http://{HOST}") as client:
            client.get("/", params={"token": TOKEN})
            pages = tuple(
                _timed(client, page, paths) for page, paths in _paths(count, sample).items()
            )
    return Speed(count, look, again, pages)


def _looked_over(desk: Desk) -> float:
    """Milliseconds of CPU in which the stock is brought up to date, as the program does it."""
    start = process_time()
    desk.stock.refresh()
    return 1000 * (process_time() - start)


def _paths(count: int, sample: int) -> dict[str, list[str]]:
    """What is asked for, by kind of page."""
    chance = Random(5)
    names = [f"letter-{chance.randrange(count) + 1:06}" for _ in range(REQUESTS)]
    queries = [f"{any_of(VERBS, chance)} {any_of(OBJECTS, chance)}" for _ in range(REQUESTS)]
    places = [any_of(PLACES, chance) for _ in range(REQUESTS)]
    pages = [chance.randrange(1, max(2, count // 20)) for _ in range(REQUESTS)]
    return {
        "search": [f"/?q={q}" for q in queries],
        "search_body": [f'/?q=cơ quan:"{p}"' for p in places],
        "queue": [f"/?page={min(n, 50)}" for n in pages],
        "queue_far": [f"/?page={n}" for n in pages],
        "queue_status": ["/?status=done"] * REQUESTS,
        "letter": [f"/letters/{name}" for name in names],
        "corrections": ["/corrections"] * REQUESTS,
        "sheet": [f"/corrections/{n}" for n in range(1, REQUESTS + 1)],
        "rare": ["/corrections/rare"] * REQUESTS,
        "sample": [f"/samples/{sample}"] * REQUESTS,
        "samples": ["/samples"] * REQUESTS,
    }


def _timed(client: TestClient, page: str, paths: list[str]) -> Times:
    client.get(paths[0])
    cpu, clock = [], []
    for path in paths:
        start, started = process_time(), perf_counter()
        answer = client.get(path)
        cpu.append(1000 * (process_time() - start))
        clock.append(1000 * (perf_counter() - started))
        assert answer.status_code == 200, (path, answer.status_code)
    return Times(page, cpu, clock)


@contextmanager
def _made(folder: Path, count: int) -> Iterator[None]:
    """Write `count` records, where they are not there yet; their index is made beside what is done
    meanwhile, by a process of its own, and stands at the end."""
    if (folder / INDEX).exists():
        yield
        return
    distinct = [_misread(record) for record in letters(min(count, DISTINCT), 3)]
    indexing = get_context("spawn").Process(target=_index, args=(folder / INDEX, distinct, count))
    indexing.start()
    told = [record.to_json() for record in distinct]
    for number in range(1, count + 1):
        at = (number - 1) % len(distinct)
        name, was = f"letter-{number:06}", distinct[at].document_id
        path = folder / name / "record.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(told[at].replace(f'"{was}"', f'"{name}"'), encoding="utf-8")
    yield
    indexing.join()
    if indexing.exitcode:
        raise RuntimeError("the index was not made")


def _index(path: Path, distinct: list[Record], count: int) -> None:
    with connect(str(path.with_suffix(".part"))) as index:
        index.add(_numbered(distinct, count))
    path.with_suffix(".part").replace(path)


def _numbered(distinct: list[Record], count: int) -> Iterator[Record]:
    for number in range(1, count + 1):
        name = {"document_id": f"letter-{number:06}"}
        yield distinct[(number - 1) % len(distinct)].model_copy(update=name)


def _misread(record: Record) -> Record:
    """The record with a correction for each word its raw text has otherwise, and some doubts."""
    fixes, flags = [], []
    for page in record.pages:
        lines = zip(page.raw_text.split("\n"), page.text.split("\n"), strict=True)
        for number, (raw, text) in enumerate(lines, 1):
            start = 0
            for read, printed in zip(raw.split(" "), text.split(" "), strict=True):
                if read != printed:
                    fixes.append(_fix(page.number, number, start, read, printed))
                elif len(read) == 7:
                    flags.append(_doubt(page.number, number, start, read))
                start += len(read) + 1
    status = "needs_review" if len(flags) > 3 else "done"
    return record.model_copy(
        update={"corrections": fixes[:25], "flags": flags[:6], "status": status}
    )


def _fix(page: int, line: int, start: int, before: str, after: str) -> CorrectionInfo:
    return CorrectionInfo(
        page=page, line=line, start=start, before=before, after=after, score=0.9, margin=2.0,
        source="model",
    )  # fmt: skip


def _doubt(page: int, line: int, start: int, word: str) -> Flag:
    return Flag(
        code="doubtful_word", message=f"{word!r} is doubtful", where=f"page {page}, line {line}",
        page=page, line=line, start=start,
    )  # fmt: skip


def main() -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(prog="review_speed", description=__doc__)
    parser.add_argument("--letters", type=int, default=LETTERS)
    parser.add_argument("--keep", type=Path, help="folder to make, or made before")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    found = measure(options.letters, options.keep)
    print(found.table(), file=sys.stderr)
    print(json.dumps(found.figures(), indent=2))


if __name__ == "__main__":
    main()
