"""A batch that is stopped, killed, repeated or crowded keeps its promises."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import regex

from pipeline.batch.limits import FailureLimit, TooManyFailuresError
from pipeline.batch.orphans import descendants
from pipeline.batch.plan import Wish, content_hash
from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import Summary
from pipeline.errors import DocumentError, UsageError
from pipeline.finding import discover
from pipeline.intake import read_source
from pipeline.settings import Settings
from tests.conftest import LETTER, draw_page, save_pdf

ROOT = Path(__file__).parents[1]
PAGES = 2


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scans of several pages and a text, all different."""
    folder = tmp_path_factory.mktemp("scans")
    for n in range(3):
        pages = [f"Trang {page} của văn bản {n}\n{LETTER[:200]}" for page in range(PAGES)]
        save_pdf(folder / f"scan-{n}.pdf", *pages)
    (folder / "text.txt").write_text(LETTER, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def undisturbed(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The outputs of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert run_batch(Order((scans,), out, Settings(), jobs=2)).exit_code == 0
    return outputs(out)


def outputs(out: Path) -> dict[str, bytes]:
    """All files of all documents, without the times they took."""
    return {
        str(path.relative_to(out)): regex.sub(
            rb'"seconds": [\d.e-]+', b'"seconds": 0', path.read_bytes()
        )
        for path in sorted(out.glob("[!.]*/*"))
    }


def statuses(out: Path) -> dict[str, str]:
    """Of each document in the ledger, by file name."""
    with sqlite3.connect(out / "ledger.sqlite") as ledger:
        rows = ledger.execute("SELECT path, status FROM document").fetchall()
    return {Path(path).name: status for path, status in rows}


@contextmanager
def running(scans: Path, out: Path, jobs: int) -> Iterator[subprocess.Popen[str]]:
    """A batch in a process of its own, in the middle of its work."""
    command = [sys.executable, str(ROOT / "cli.py"), "process", str(scans), "--out", str(out)]
    with subprocess.Popen(
        [*command, "--jobs", str(jobs)], stderr=subprocess.PIPE, text=True
    ) as batch:
        try:
            yield batch
        finally:
            batch.kill()


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true value of `condition`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


def is_running(out: Path) -> bool:
    """Whether a worker has begun to read a page."""
    return any(out.glob(".congvan-tmp/worker.*/*"))


def test_continues_after_a_kill_as_if_nothing_had_been(
    scans: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    with running(scans, tmp_path, jobs=2) as batch:
        wait_until(lambda: is_running(tmp_path))
        below = descendants(batch.pid)
        batch.send_signal(signal.SIGKILL)
        batch.wait()
    wait_until(lambda: not any(map(_alive, below)), seconds=10)
    assert "running" in statuses(tmp_path).values()
    assert run_batch(Order((scans,), tmp_path, Settings(), jobs=1)).exit_code == 0
    assert outputs(tmp_path) == undisturbed
    assert not (tmp_path / ".congvan-tmp").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_saves_the_state(
    number: signal.Signals, scans: Path, tmp_path: Path
) -> None:
    with running(scans, tmp_path, jobs=2) as batch:
        wait_until(lambda: is_running(tmp_path))
        below = descendants(batch.pid)
        batch.send_signal(number)
        _, told = batch.communicate(timeout=5)
    assert batch.returncode == 130
    assert "the same command continues" in told
    assert "Traceback" not in told
    assert "running" not in statuses(tmp_path).values()
    assert not (tmp_path / ".congvan-tmp").exists()
    wait_until(lambda: not any(map(_alive, below)), seconds=10)


def test_a_second_signal_ends_at_once_and_nothing_is_lost(scans: Path, tmp_path: Path) -> None:
    with running(scans, tmp_path, jobs=2) as batch:
        wait_until(lambda: is_running(tmp_path))
        below = descendants(batch.pid)
        batch.send_signal(signal.SIGINT)
        batch.send_signal(signal.SIGTERM)
        assert batch.wait(5) == 130
        wait_until(lambda: not any(map(_alive, below)), seconds=10)
    assert run_batch(Order((scans / "text.txt",), tmp_path, Settings(), jobs=1)).exit_code == 0
    assert not (tmp_path / ".congvan-tmp").exists()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_worker_is_replaced(
    scans: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    with running(scans, tmp_path, jobs=1) as batch:
        _kill_worker(tmp_path, set())
        _, told = batch.communicate(timeout=120)
    assert batch.returncode == 0, told
    assert outputs(tmp_path) == undisturbed


def test_a_document_that_kills_its_worker_twice_has_failed(tmp_path: Path) -> None:
    scans, out = tmp_path / "in", tmp_path / "out"
    scans.mkdir()
    save_pdf(scans / "deadly.pdf", *[f"{n}\n{LETTER[:200]}" for n in range(PAGES)])
    with running(scans, out, jobs=1) as batch:
        known: set[Path] = set()
        _kill_worker(out, known)
        _kill_worker(out, known)
        _, told = batch.communicate(timeout=120)
    assert batch.returncode == 1
    assert "deadly.pdf: the process working on it ended twice (SIGKILL)" in told
    assert statuses(out) == {"deadly.pdf": "failed"}


def _kill_worker(out: Path, known: set[Path]) -> None:
    """Kill a worker that reads a page and is not among the `known`; it is known then."""
    scratch = wait_until(
        lambda: next(
            (p.parent for p in out.glob(".congvan-tmp/worker.*/*") if p.parent not in known), None
        )
    )
    known.add(scratch)
    os.kill(int(scratch.suffix[1:]), signal.SIGKILL)


def test_two_runs_on_one_folder_refuse_each_other(scans: Path, tmp_path: Path) -> None:
    with running(scans, tmp_path, jobs=1) as batch:
        wait_until(lambda: (tmp_path / "ledger.sqlite").exists())
        with pytest.raises(UsageError) as caught:
            run_batch(Order((scans,), tmp_path, Settings(), jobs=1))
        assert caught.value.code == "folder_busy"
        batch.kill()


# --- what is done again, and what is not ---------------------------------------------------------


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """An inbox with one text."""
    path = tmp_path / "in" / "letter.txt"
    path.parent.mkdir()
    path.write_text(LETTER, encoding="utf-8")
    return path


def again(text: Path, **changes: Any) -> Summary:
    """A run over the inbox of `text`."""
    settings = changes.pop("settings", Settings())
    out = text.parent.parent / "out"
    return run_batch(Order((text.parent,), out, settings, jobs=1, **changes))


def test_what_is_done_is_done_again_only_on_demand(text: Path) -> None:
    assert again(text).fresh == 1
    assert again(text).fresh == 0
    assert again(text, wish=Wish(redo=True)).fresh == 1


def test_touching_or_moving_a_file_is_no_reason(text: Path) -> None:
    again(text)
    os.utime(text, (1, 1))
    assert again(text).fresh == 0
    moved = text.rename(text.with_name("moved.txt"))
    summary = again(text)
    assert summary.fresh == 0
    assert [r.path for r in summary.results] == [str(moved)]


def test_other_content_settings_or_a_lost_output_are_reasons(text: Path) -> None:
    (first,) = again(text).results
    assert again(text, settings=Settings(restore_model="none")).fresh == 1
    assert again(text).fresh == 1
    text.write_text(LETTER.replace("27", "28"), encoding="utf-8")
    (second,) = again(text).results
    assert second.document_id != first.document_id
    (text.parent.parent / "out" / str(second.document_id) / "record.json").unlink()
    assert again(text).fresh == 1


def test_an_archives_word_list_is_part_of_what_shapes_the_output(text: Path) -> None:
    words = text.parent.parent / "words.tsv"
    words.write_text("An Bình\n", encoding="utf-8")
    own = Settings(dictionaries=(words,))
    assert again(text, settings=own).fresh == 1
    assert again(text, settings=own).fresh == 0
    words.write_text("An Bình\nĐọc Sách\n", encoding="utf-8")
    assert again(text, settings=own).fresh == 1


def test_failures_are_remembered_and_tried_again_on_demand(text: Path) -> None:
    (text.parent / "cut.pdf").write_bytes(b"%PDF-1.4 and no more")
    assert again(text).exit_code == 1
    summary = again(text)
    assert (summary.exit_code, summary.fresh) == (1, 0)
    assert again(text, wish=Wish(retry_failed=True)).fresh == 1


def test_gives_up_after_too_many_failures(text: Path) -> None:
    for n in range(5):
        (text.parent / f"bad-{n}.pdf").write_bytes(b"%PDF-1.4 and no more" + b"." * n)
    summary = again(text, limit=FailureLimit(count=2))
    assert isinstance(summary.stopped, TooManyFailuresError)
    assert (summary.exit_code, summary.fresh) == (1, 3)
    out = text.parent.parent / "out"
    assert json.loads((out / "summary.json").read_text())["unsettled"] > 0
    assert again(text).unsettled == 0


def test_copies_of_a_bad_file_are_bad(text: Path) -> None:
    for name in ("cut.pdf", "copy of cut.pdf"):
        (text.parent / name).write_bytes(b"%PDF-1.4 and no more")
    results = {Path(r.path).name: r for r in again(text).results}
    for name in ("cut.pdf", "copy of cut.pdf"):
        assert results[name].status == "failed"
        assert name in (results[name].sentence or "")


def test_outputs_inside_the_inbox_are_not_taken_for_documents(text: Path) -> None:
    out = text.parent / "out"
    for fresh in (1, 0):
        summary = run_batch(Order((text.parent,), out, Settings(), jobs=1))
        assert summary.fresh == fresh
        assert len(summary.results) == 1


def test_an_output_folder_in_foreign_use_is_left_alone(text: Path) -> None:
    out = text.parent.parent / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    again(text)
    assert (out / "notes.txt").read_text() == "mine"


def test_the_plan_knows_the_hash_that_the_record_will_have(scans: Path, tmp_path: Path) -> None:
    for n in (1, 2):
        draw_page(f"Trang {n}").save(tmp_path / f"page-{n}.png")
    for folder in (scans, tmp_path):
        for candidate in discover([folder], "folder"):
            assert not isinstance(candidate, DocumentError)
            assert content_hash(candidate) == read_source(candidate, Settings()).sha256
