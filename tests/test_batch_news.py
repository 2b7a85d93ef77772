"""What a run tells while it goes on: lines for people, JSON for programs, limits of time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from pipeline import poppler
from pipeline.batch.crew import PagesRead
from pipeline.batch.job import Job
from pipeline.batch.journal import Journal, journal
from pipeline.batch.limits import FailureLimit, Stopwatch, TimeLimit
from pipeline.batch.news import Planned, Settled, Tick
from pipeline.batch.orphans import kill_programs_in
from pipeline.batch.progress import Lines, Tally
from pipeline.batch.result import Result
from pipeline.batch.run import Order, run_batch
from pipeline.errors import DocumentError, UsageError
from pipeline.intake import Candidate
from pipeline.settings import Settings
from tests.conftest import LETTER, save_pdf

JOB = Job(Candidate(Path("a.pdf"), (Path("a.pdf"),)), "c0ffee", "a.pdf")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def result(pages: int, status: str = "done") -> Result:
    return Result("a.pdf", status, "c0ffee", pages=pages)  # type: ignore[arg-type]


def test_pages_are_counted_while_a_document_is_read_and_once() -> None:
    clock = Clock()
    tally = Tally(clock)
    for news in (Planned(2), PagesRead(JOB, 5, 10, kept=2)):
        tally.count(news)
    clock.now = 60
    assert (tally.pages, tally.rate, tally.seconds_left) == (3, 3.0, None)
    tally.count(Settled(result(10), fresh=True))
    assert (tally.pages, tally.documents, tally.seconds_left) == (8, 1, 60)


def test_what_was_done_before_is_not_counted_as_done_now() -> None:
    tally = Tally(Clock())
    tally.count(Settled(result(10), fresh=False))
    assert (tally.pages, tally.documents) == (0, 0)


def test_a_plain_line_every_minute_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock)
    lines.tell(Planned(3))
    for clock.now in (30, 59, 61, 90, 119, 122):
        lines.tell(Tick())
    assert capsys.readouterr().err.count("0/3 documents") == 2


def test_the_journal_tells_every_event_of_a_run(text_letter: Path, tmp_path: Path) -> None:
    (text_letter.parent / "bad.pdf").write_bytes(b"%PDF-1.4 and no more")
    log = tmp_path / "log.jsonl"
    with journal(str(log)) as told:
        run_batch(
            Order((text_letter, text_letter.parent / "bad.pdf"), tmp_path / "out", Settings(), 1),
            told,
        )
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "planned"
    assert kinds[-1] == "ended"
    settled = {Path(e["path"]).name: e for e in events if e["event"] == "settled"}
    assert settled["bad.pdf"]["reason"] == "pdf_damaged"
    assert settled["letter.txt"]["document_id"]
    assert all({"time", "event"} <= event.keys() for event in events)
    assert events[-1]["exit_code"] == 1
    assert events[-1]["by_status"]["failed"] == 1


def test_a_journal_that_cannot_be_written_stops_nothing() -> None:
    stream = io.StringIO()
    told = Journal(stream)
    stream.close()
    told.tell(Planned(1))
    told.tell(Planned(2))


def test_a_journal_that_cannot_be_opened_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError), journal(str(tmp_path)):
        pass


@pytest.mark.parametrize(
    ("limit", "pages", "seconds"),
    [
        (TimeLimit(), 0, 780),
        (TimeLimit(), 1, 360),
        (TimeLimit(), 600, 36300),
        (TimeLimit(90), 600, 90),
    ],
)
def test_a_document_has_time_by_its_pages(limit: TimeLimit, pages: int, seconds: float) -> None:
    assert limit.whole(pages) == seconds


def test_a_document_is_stopped_by_its_time_or_where_it_stands_still() -> None:
    watch = Stopwatch.start(TimeLimit(stall=100), now=0)
    watch.read(0, 50, now=50)
    assert watch.exceeded(now=149) is None
    assert watch.exceeded(now=151) == 100
    watch.read(1, 50, now=151)
    assert watch.exceeded(now=250) is None
    watch.read(50, 50, now=250)
    assert watch.exceeded(now=3000) is None  # restoring takes what it takes
    assert watch.exceeded(now=3301) == 3300


def test_a_document_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    slow = save_pdf(tmp_path / "slow.pdf", *[f"{n}\n{LETTER}" for n in range(3)])
    order = Order((slow,), tmp_path / "out", Settings(), 1, time_limit=TimeLimit(0.01))
    summary = run_batch(order)
    (failed,) = summary.results
    assert (failed.status, failed.reason) == ("failed", "document_timeout")
    assert summary.exit_code == 1
    assert not (tmp_path / "out" / ".congvan-tmp").exists()


def test_a_drawing_program_that_hangs_is_killed_with_what_it_started(
    scan_pdf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "pdftoppm"
    fake.parent.mkdir()
    started = tmp_path / "started"
    fake.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {started}\nwait\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(DocumentError) as caught:
        poppler.render_page(scan_pdf, 0, 100, timeout=1)
    assert caught.value.code == "render_timeout"
    child = Path("/proc", started.read_text().strip(), "stat")
    deadline = monotonic() + 10
    while not _has_ended(child) and monotonic() < deadline:  # a killed process goes when it can
        sleep(0.01)
    assert _has_ended(child)


def _has_ended(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_programs_of_a_dead_worker_are_found_by_their_temporary_folder(tmp_path: Path) -> None:
    def sleeper(folder: Path) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [sys.executable, "-c", "print(flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"TMPDIR": str(folder)},
            start_new_session=True,
        )
        assert program.stdout
        program.stdout.readline()  # its environment is to be seen now
        return program

    orphan, other = sleeper(tmp_path / "worker.7"), sleeper(tmp_path / "worker.77")
    with orphan, other:
        kill_programs_in(tmp_path / "worker.7")
        assert orphan.wait(10) == -9
        assert other.poll() is None
        other.kill()


def test_old_failures_do_not_stop_a_run_that_continues(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for n in range(4):
        (inbox / f"{n}-bad.pdf").write_bytes(b"%PDF-1.4 and no more" + b"." * n)
    limit = FailureLimit(count=2)

    def again() -> int:
        return run_batch(Order((inbox,), tmp_path / "out", Settings(), 1, limit=limit)).unsettled

    assert again() == 1
    assert again() == 0
