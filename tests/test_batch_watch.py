"""A watched folder: what has arrived, and what has not yet."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch.arrivals import PATIENCE, WatchedFolder
from pipeline.errors import DocumentError
from tests.conftest import LETTER, draw_page
from tests.test_batch_run import ROOT, statuses, wait_until

SETTLE = 10.0


class Watch:
    """A watched folder whose clock is turned by hand."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.now = 0.0
        self.folder = folder
        self.watched = WatchedFolder(
            folder, folder / "out", settle=SETTLE, every=1.0, clock=lambda: self.now, **options
        )

    def after(self, seconds: float) -> list[str]:
        """What has arrived by so many seconds later, in looks a second apart."""
        found: list[str] = []
        for _ in range(round(seconds)):
            self.now += 1
            for one in self.watched.look().found:
                assert not isinstance(one, DocumentError)
                found.append("+".join(f.name for f in one.files))
        return found


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def test_a_file_arrives_when_it_has_stood_still(watch: Watch) -> None:
    file = watch.folder / "a.txt"
    file.write_text("begun")
    assert watch.after(SETTLE) == []
    file.write_text("begun and going on")
    assert watch.after(SETTLE) == []
    assert watch.after(2) == ["a.txt"]
    assert watch.after(5 * SETTLE) == []


def test_a_file_renamed_into_place_arrives_and_its_part_never(watch: Watch) -> None:
    part = watch.folder / "scan.pdf.part"
    part.write_bytes(b"%PDF-1.4 ... %%EOF")
    (watch.folder / ".hidden.pdf").write_bytes(b"%PDF-1.4 ... %%EOF")
    assert watch.after(3 * SETTLE) == []
    part.rename(watch.folder / "scan.pdf")
    assert watch.after(SETTLE + 2) == ["scan.pdf"]


@pytest.mark.parametrize(
    ("name", "half", "whole"),
    [
        ("a.pdf", b"%PDF-1.4 half", b"%PDF-1.4 half and %%EOF"),
        ("a.png", b"\x89PNG\r\n\x1a\n half", b"\x89PNG\r\n\x1a\n half IEND\xae\x42\x60\x82"),
        ("a.jpg", b"\xff\xd8\xff half", b"\xff\xd8\xff half\xff\xd9"),
        ("a.tif", b"", b"II*\0"),
    ],
)
def test_what_looks_cut_off_is_waited_for_longer(
    watch: Watch, name: str, half: bytes, whole: bytes
) -> None:
    (watch.folder / name).write_bytes(half)
    assert watch.after(3 * SETTLE) == []
    (watch.folder / name).write_bytes(whole)
    assert watch.after(SETTLE + 2) == [name]


def test_what_stays_cut_off_is_told_of_in_the_end(watch: Watch) -> None:
    (watch.folder / "a.pdf").write_bytes(b"%PDF-1.4 half")
    assert watch.after(PATIENCE * SETTLE - 1) == []
    assert watch.after(4) == ["a.pdf"]


def test_what_is_taken_away_meanwhile_is_forgotten(watch: Watch) -> None:
    (watch.folder / "a.txt").write_text("x")
    assert watch.after(SETTLE / 2) == []
    (watch.folder / "a.txt").unlink()
    assert watch.after(2 * SETTLE) == []


def test_folders_in_the_folder_are_watched_but_for_the_output(watch: Watch) -> None:
    for name in ("in", "out", "in/deeper"):
        (watch.folder / name).mkdir()
        (watch.folder / name / f"{Path(name).name}.txt").write_text("x")
    (watch.folder / "in" / "deeper" / "loop").symlink_to(watch.folder)
    assert sorted(watch.after(SETTLE + 2)) == ["deeper.txt", "in.txt"]


def test_page_images_arrive_together(tmp_path: Path) -> None:
    watch = Watch(tmp_path, group="folder")
    folder = tmp_path / "letter"
    folder.mkdir()
    for n in (1, 2, 10):
        draw_page(f"Trang {n}", dpi=40).save(folder / f"page-{n}.png")
        assert watch.after(SETTLE / 2) == []
    (folder / "notes.txt").write_text("x")
    assert sorted(watch.after(SETTLE + 2)) == ["notes.txt", "page-1.png+page-2.png+page-10.png"]


def test_a_share_that_goes_away_is_told_of_once_and_nothing_is_new_when_it_is_back(
    watch: Watch,
) -> None:
    inner = watch.folder / "share"
    inner.mkdir()
    (inner / "a.txt").write_text("x")
    assert watch.after(SETTLE + 2) == ["a.txt"]
    hidden = inner.rename(watch.folder / ".away")
    inner.symlink_to(hidden / "nowhere")  # what a lost mount looks like: there, and unreachable
    watch.now += 1
    assert watch.after(5) == []
    inner.unlink()
    hidden.rename(inner)
    assert watch.after(3 * SETTLE) == ["a.txt"]  # planned again: known, and not done twice


def test_a_folder_that_cannot_be_looked_into_is_told_of_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (watch.folder / "a.txt").write_text("x")
    assert watch.after(SETTLE + 2) == ["a.txt"]
    scan = os.scandir

    def refused(_path: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    watch.now += 1
    assert "tried again" in watch.watched.look().warnings[0]
    watch.now += 1
    assert watch.watched.look().warnings == ()
    monkeypatch.setattr(os, "scandir", scan)
    assert watch.after(3 * SETTLE) == []


def test_once_ends_when_what_was_there_has_settled(tmp_path: Path) -> None:
    watch = Watch(tmp_path, once=True)
    (tmp_path / "a.txt").write_text("x")
    assert watch.watched.open
    assert watch.after(SETTLE) == []
    assert watch.watched.open
    assert watch.after(1) == ["a.txt"]
    assert not watch.watched.open


# --- the command ---------------------------------------------------------------------------------


@contextmanager
def watching(folder: Path, out: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(ROOT / "cli.py"), "watch", str(folder), "--out", str(out)]
    often = ("--settle", "0.3", "--every", "0.1", "--jobs", "1")
    with subprocess.Popen([*command, *often, *options], stderr=subprocess.PIPE, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def settled(out: Path) -> Callable[[], set[str]]:
    """Names of the paths that the summary tells of."""

    def names() -> set[str]:
        try:
            summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        except OSError:
            return set()
        return {f"{Path(r['path']).name} {r['status']}" for r in summary["results"]}

    return names


def test_files_are_processed_as_they_arrive_until_the_signal(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    (inbox / "first.txt").write_text(LETTER, encoding="utf-8")
    names = settled(out)
    with watching(inbox, out) as run:
        wait_until(lambda: any(n.startswith("first.txt") for n in names()))
        (inbox / "copy.txt").write_text(LETTER, encoding="utf-8")
        (inbox / "second.txt").write_text(LETTER.replace("27", "28"), encoding="utf-8")
        wait_until(lambda: len(names()) == 3)
        assert "copy.txt duplicate" in names()
        (inbox / "first.txt").rename(inbox / "renamed.txt")
        wait_until(lambda: any(n.startswith("renamed.txt") for n in names()))
        assert not any(n.startswith("first.txt") for n in names())
        run.send_signal(signal.SIGTERM)
        _, told = run.communicate(timeout=5)
    assert run.returncode == 130
    assert "Traceback" not in told
    assert len(statuses(out)) == 2
    assert not (out / ".congvan-tmp").exists()


def test_once_processes_what_is_there_and_ends(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    with watching(inbox, out, "--once") as run:
        assert run.wait(60) == 0  # an empty folder is nothing to complain of
    (inbox / "bad.pdf").write_bytes(b"%PDF-1.4 and no more %%EOF")
    with watching(inbox, out, "--once") as run:
        assert run.wait(60) == 1
    assert statuses(out) == {"bad.pdf": "failed"}
