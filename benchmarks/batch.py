"""What running a batch costs beside the work on the pages.

- `batch.skip_seconds`: processor seconds of `congvan process` over 10,000 files that are all done.
- `batch.milliseconds_a_document`: processor time of planning, ledger and summary for a document,
  measured with a crew that does nothing; `batch.overhead` is its share of a page's time.
- `batch.speedup`: how many times the pages of one worker two workers do, on two cores.
- `batch.megabytes`: the most memory of a worker on a PDF of 1,000 pages.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Self

import pikepdf

from benchmarks.batch_inbox import fill
from pipeline.batch.crew import Event
from pipeline.batch.job import Job, Task
from pipeline.batch.limits import TimeLimit
from pipeline.batch.pages import PageStore
from pipeline.batch.result import Heading, LetterResult, Quality, Result
from pipeline.batch.run import Order, run_batch
from pipeline.batch.work import do_job
from pipeline.intake import Candidate, read_source
from pipeline.reading import read_page
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
DONE = 10_000
PAGES, READ_NOW = 1000, 3
SCANS = 160
SECONDS_A_PAGE = 2.0
"""Processor time of a scanned page, the least that was measured (docs/reading.md): the share of
scheduling is largest on quick pages."""


@dataclass(slots=True)
class Idlers:
    """A crew that has every document done at once, without doing it."""

    count: int
    task: Task
    _given: list[Job] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._given.clear()

    @property
    def busy(self) -> tuple[Job, ...]:
        """See Crew."""
        return tuple(self._given)

    @property
    def has_room(self) -> bool:
        """See Crew."""
        return len(self._given) < self.count

    def give(self, job: Job) -> None:
        """See Crew."""
        self._given.append(job)

    def events(self, timeout: float) -> Iterator[Event]:  # noqa: ARG002
        """See Crew."""
        while self._given:
            yield self._done(self._given.pop())

    def _done(self, job: Job) -> Result:
        name = f"{job.candidate.path.stem}-{job.content[:12]}"
        (self.task.root / name).mkdir()
        (self.task.root / name / "record.json").write_text("{}")
        heading = Heading("27/UBND-VX", "2022-03-14", "Uỷ ban nhân dân xã An Bình", "đọc sách")
        quality = Quality((96, 95), (("doubtful_word", 3),), thumbnail=True)
        letter = LetterResult(name, "done", 1, 2, heading, quality)
        return Result(job.path, "done", job.content, (letter,), pages=2, seconds=4.0)


def measure() -> dict[str, float]:
    """What scheduling costs; `speedup` and `memory` take minutes, and a machine to themselves:
    `python -m benchmarks.batch speedup memory`."""
    with tempfile.TemporaryDirectory(prefix="congvan-batch-") as folder:
        inbox, out = Path(folder, "in"), Path(folder, "out")
        inbox.mkdir()
        for n in range(DONE):
            (inbox / f"{n:05d}.txt").write_text(f"Số: {n}/UBND-VX\n", encoding="utf-8")
        began = time.process_time()
        run_batch(Order((inbox,), out, Settings(), 2, hire=Idlers))
        each = (time.process_time() - began) / DONE
        skip = _processor_seconds(inbox, out)
    return {
        "batch.skip_seconds": skip,
        "batch.milliseconds_a_document": 1000 * each,
        "batch.overhead": each / SECONDS_A_PAGE,
    }


def _processor_seconds(inbox: Path, out: Path) -> float:
    """Of the whole command, its start too, where there is nothing to do."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(ROOT / "cli.py"), "process", str(inbox), "--out", str(out)]
    done = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    if "worked on now 0" not in done.stderr:
        raise RuntimeError(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speedup() -> dict[str, float]:
    """Wall time of the samples and drawn pages with one worker, by that with two. The machine
    must have two cores to itself; each is the better of two runs. There are pages enough for two
    minutes, so that the start of the workers, seconds in a night's batch, does not decide."""
    with tempfile.TemporaryDirectory(prefix="congvan-batch-") as folder:
        inbox = Path(folder, "in")
        fill(inbox, texts=0, scans=SCANS, pages=4, samples=True)
        took = {
            jobs: min(_seconds(inbox, Path(folder, f"{jobs}-{n}"), jobs) for n in range(2))
            for jobs in (1, 2)
        }
    return {"batch.speedup": took[1] / took[2]}


def _seconds(inbox: Path, out: Path, jobs: int) -> float:
    began = time.monotonic()
    run_batch(Order((inbox,), out, Settings(), jobs))
    return time.monotonic() - began


def memory() -> dict[str, float]:
    """The most memory of a worker on a PDF of 1,000 pages. The pages are one dense scan; all but
    the first few are given as read, since reading takes one page at a time anyway, while those
    that are read all wait in memory to be restored."""
    with (
        tempfile.TemporaryDirectory(prefix="congvan-batch-") as folder,
        get_context("spawn").Pool(1) as worker,
    ):
        return {"batch.megabytes": worker.apply(_megabytes, (Path(folder),))}


def _megabytes(folder: Path) -> float:
    file = folder / "long.pdf"
    scan = ROOT / "samples" / "scans" / "party-letter-1bit" / "source.pdf"
    with pikepdf.open(scan) as pdf, pikepdf.new() as long:
        for _ in range(PAGES):
            long.pages.append(pdf.pages[0])
        long.save(file)
    candidate = Candidate(file, (file,))
    source = read_source(candidate, Settings())
    kept = PageStore(folder, source.sha256, "digest", lambda *_: None)
    kept.expect(source)
    read = read_page(source.pages[0], Settings())
    for number in range(READ_NOW + 1, PAGES + 1):
        kept.put(number, replace(read, layout=replace(read.layout, number=number)))
    task = Task(Settings(), "digest", folder, "en", False, TimeLimit())
    result = do_job(
        Job(candidate, source.sha256, str(file)), task, Restorer.load(), lambda *_: None
    )
    if result.pages != PAGES or result.status == "failed":
        raise RuntimeError(result.detail or result.sentence)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Print the figures that are asked for."""
    wanted = sys.argv[1:] or ["measure"]
    os.environ["OMP_THREAD_LIMIT"] = "1"
    for name in wanted:
        found = {"measure": measure, "speedup": speedup, "memory": memory}[name]()
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
