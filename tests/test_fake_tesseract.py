"""Tesseracts that misbehave, as whole batches meet them: a named failure, and nothing left over."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.batch.job import Job
from pipeline.batch.limits import TimeLimit
from pipeline.batch.result import Result
from pipeline.batch.run import Order, run_batch
from pipeline.batch.workers import Workers
from pipeline.settings import Settings
from tests.conftest import LETTER, draw_page

# The real one is asked for version and models; what the rest does stands in a file, since one run
# meets them all.
FAKE = """#!/bin/sh
case "$*" in *--version*|*--list-langs*) exec {real} "$@";; esac
. {script}
"""
CASES = {
    "hangs": ("sleep 300 & echo $! >> {pids}; echo $$ >> {pids}; wait", "document_timeout", ""),
    "crashes": ("echo bad luck >&2; exit 3", "ocr_failed", "bad luck"),
    "aborts": ("kill -ABRT $$", "ocr_failed", "killed by signal 6"),
    "killed": ("kill -KILL $$", "ocr_failed", "killed by signal 9"),
    "bad UTF-8": (r"printf 'level\tx\n\377\376\200' > $2.tsv", "ocr_failed", "bad output"),
    "bad UTF-8 in its complaint": (r"printf '\377\376\200' >&2; exit 1", "ocr_failed", ""),
    "floods stderr": ("head -c 50000000 /dev/zero >&2; exit 1", "ocr_failed", ""),
    "writes nothing": ("exit 0", "ocr_failed", "bad output"),
    "writes an empty table": (": > $2.tsv", "ocr_failed", "no table"),
    "writes garbage": ("head -c 20000 /dev/urandom > $2.tsv", "ocr_failed", "bad output"),
    "writes words for numbers": (
        r"printf 'level\tx\n5\t1\t1\t1\t1\t1\tx\t1\t1\t1\t1\tw\n' > $2.tsv",
        "ocr_failed",
        "bad output",
    ),
    "says no data": ("echo Error opening input file >&2; exit 1", "ocr_failed", "opening input"),
}


SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A batch with a page for each case, good documents between; the processes that hung."""

    results: dict[str, Result]
    code: int
    hung: tuple[int, ...]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("fakes")
    script, pids = folder / "script", folder / "pids"
    pids.touch()

    class Prompted(Workers):
        """Tells Tesseract its part before each document."""

        def give(self, job: Job) -> None:
            """See Crew."""
            part = CASES.get(job.candidate.path.stem, ("exit 9", "", ""))[0]
            script.write_text(part.replace("{pids}", str(pids)) + "\n", encoding="utf-8")
            super().give(job)

    inbox = folder / "in"
    inbox.mkdir()
    for number, name in enumerate(CASES):
        draw_page(f"{number}\n{LETTER[:60]}", 100).save(inbox / f"{name}.png", dpi=(100, 100))
        (inbox / f"{name}, then.txt").write_text(f"{number}\n{LETTER}", encoding="utf-8")
    put_fake(folder / "bin", script)
    limit = TimeLimit(SECONDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        summary = run_batch(
            Order((inbox,), folder / "out", Settings(), 1, time_limit=limit, hire=Prompted)
        )
    results = {Path(result.path).stem: result for result in summary.results}
    return Ran(results, summary.exit_code, tuple(map(int, pids.read_text().split())))


def put_fake(folder: Path, script: Path) -> None:
    """A program named tesseract that does what stands in `script`."""
    real = shutil.which("tesseract")
    if real is None:
        pytest.skip("Tesseract is not installed")
    folder.mkdir()
    fake = folder / "tesseract"
    fake.write_text(FAKE.replace("{real}", real).replace("{script}", str(script)))
    fake.chmod(fake.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize("name", CASES)
def test_the_page_fails_with_a_reason_and_the_others_go_on(ran: Ran, name: str) -> None:
    _, code, reason = CASES[name]
    result = ran.results[name]
    assert (result.status, result.reason) == ("failed", code)
    sentence = result.sentence or ""
    assert reason in sentence
    assert f"{name}.png" in sentence
    assert len(sentence) < 1000
    assert ran.results[f"{name}, then"].status != "failed"
    assert ran.code == 1


def test_what_hung_is_dead_with_all_it_started(ran: Ran) -> None:
    assert ran.hung
    assert all_end(ran.hung)


def all_end(pids: Iterable[int]) -> bool:
    """Whether all these processes are dead, or soon."""
    waiting = set(pids)
    for _ in range(50):
        waiting = {pid for pid in waiting if _is_alive(pid)}
        if not waiting:
            return True
        time.sleep(0.1)
    return False


def _is_alive(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False
