"""Files that mean harm or are merely broken: each its own status and message, none stops others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from pipeline import imaging
from pipeline.batch.news import News, Started
from pipeline.batch.progress import Quiet
from pipeline.batch.run import Order, run_batch
from pipeline.document import PageKind, PageSource
from pipeline.intake import Candidate, read_source
from pipeline.settings import Settings
from tests.conftest import LETTER, draw_page, save_pdf
from tests.hostile_files import Hostile, hostile_files, make_all

ROOT = Path(__file__).parents[1]
PAGES = int(os.environ.get("CONGVAN_HOSTILE_PAGES", "15"))
"""Of the longest document; 2,000 blank pages take minutes."""
MOST_MEGABYTES = 700
"""Of any process of the run; a picture of 1,000 million pixels is among what it is given."""


MEASURE = """
import pathlib, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path(sys.argv[1]).write_text(str(most))
sys.exit(code)
"""
"""Runs a program and writes down the most memory, in kB, of any process of it. A small one of its
own, since a process begins with the figure of the one that starts it: here that of all tests."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A batch over all hostile files: what it told of each, and how it ended."""

    told: dict[str, dict[str, Any]]
    code: int
    megabytes: float
    errors: str
    out: Path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The program over all of them, as a user to whom permissions mean something."""
    folder = tmp_path_factory.mktemp("hostile")
    make_all(folder / "in", PAGES)
    command = [sys.executable, str(ROOT / "cli.py"), "--lang", "en", "process", str(folder / "in")]
    options = ["--out", str(folder / "out"), "--json", "--quiet"]
    measured = [sys.executable, "-c", MEASURE, str(folder / "most"), *_as_anyone(), *command]
    with (folder / "told").open("wb") as told, (folder / "errors").open("wb") as errors:
        done = subprocess.run([*measured, *options], stdout=told, stderr=errors, check=False)
    lines = [json.loads(line) for line in (folder / "told").read_text("utf-8").splitlines()]
    return Ran(
        {Path(line["path"]).name: line for line in lines},
        done.returncode,
        int((folder / "most").read_text()) / 1024,
        (folder / "errors").read_text("utf-8", "replace"),
        folder / "out",
    )


def _as_anyone() -> list[str]:
    """What takes from root the right to read what it may not."""
    if os.geteuid() or not shutil.which("setpriv"):
        return []
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def may_read_anything() -> bool:
    """Whether permissions mean nothing here."""
    return not (os.geteuid() or shutil.which("setpriv"))


def shown(name: str) -> str:
    """A file name as the program tells it: bytes that are no UTF-8 as \\xNN."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def test_the_batch_ends_and_tells_that_some_failed(ran: Ran) -> None:
    assert ran.code == 1, ran.errors
    assert "Traceback" not in ran.errors
    assert ran.megabytes < MOST_MEGABYTES


def test_there_are_enough_of_them_and_none_is_lost(ran: Ran) -> None:
    wanted = {shown(one.name) for one in hostile_files(PAGES) if one.becomes}
    assert len(wanted) >= 60
    assert ran.told.keys() == wanted


HOSTILE = [one for one in hostile_files(PAGES) if one.becomes]


@pytest.mark.parametrize("hostile", HOSTILE, ids=[ascii(one.name)[:40] for one in HOSTILE])
def test_each_has_its_own_outcome(ran: Ran, hostile: Hostile) -> None:
    told = ran.told[shown(hostile.name)]
    if hostile.name in ("no-permission.txt", "closed") and may_read_anything():
        pytest.skip("permissions mean nothing to this user")
    if told["status"] != "failed":
        assert None in hostile.becomes, told
        return
    assert told["reason"] in hostile.becomes, told
    assert shown(hostile.name) in told["message"]


def test_nothing_is_left_over_and_what_was_read_is_whole(ran: Ran) -> None:
    assert not (ran.out / ".congvan-tmp").exists()
    assert not (ran.out / ".congvan-pages").exists()
    written = [one for one in ran.told.values() if one["status"] not in ("failed", "duplicate")]
    assert written
    for one in written:
        assert (ran.out / one["document_id"] / "record.json").is_file()


class Meddler(Quiet):
    """Does something to files as soon as the first document is begun."""

    def __init__(self, *changes: Any) -> None:
        super().__init__()
        self._changes = list(changes)

    def tell(self, news: News) -> None:
        """See Reporter."""
        if isinstance(news, Started):
            while self._changes:
                self._changes.pop()()
        super().tell(news)


def test_files_that_go_or_change_during_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.txt", "b-changes.txt", "c-goes.txt", "d-goes.pdf", "e.txt"):
        (folder / name).write_text(f"{name}\n{LETTER}", encoding="utf-8")
    save_pdf(folder / "d-goes.pdf", "Trang đi mất")
    summary = run_batch(
        Order((folder,), tmp_path / "out", Settings(), jobs=1),
        Meddler(
            (folder / "c-goes.txt").unlink,
            (folder / "d-goes.pdf").unlink,
            lambda: (folder / "b-changes.txt").write_text("Số: 5/UBND\n", encoding="utf-8"),
        ),
    )
    found = {Path(result.path).name: result.reason for result in summary.results}
    assert found == {
        "a.txt": None,
        "b-changes.txt": "file_changed",
        "c-goes.txt": "file_missing",
        "d-goes.pdf": "file_missing",
        "e.txt": None,
    }
    assert summary.exit_code == 1


def test_a_picture_of_a_few_dots_is_a_blank_page(tmp_path: Path) -> None:
    for size in ((1, 1), (1, 3000), (3000, 1)):
        path = tmp_path / "dots.png"
        Image.new("L", size, 0).save(path)
        source = read_source(Candidate(path, (path,)), Settings())
        made = imaging.prepare(source.pages[0], Settings())
        assert min(made.image.size) > 1
        assert made.dpi > 0


def test_a_picture_50000_wide_is_read_smaller(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("1", (50_000, 4_000), 1).save(path)
    source = read_source(Candidate(path, (path,)), Settings())
    made = imaging.prepare(source.pages[0], Settings())
    assert made.image.width * made.image.height <= Settings().max_pixels


def test_reducing_keeps_what_is_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    draw_page(LETTER, 300).convert("P").save(path)
    small = Settings(max_pixels=1_500_000)
    made = imaging.prepare(PageSource(1, path, 0, PageKind.IMAGE, 300.0), small)
    assert made.image.width * made.image.height <= 1_520_000
    assert (made.image.point(lambda v: v < 128).getbbox() or (0, 0, 0, 0))[2] > 200


def test_a_thousand_pages_are_looked_at_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    pdf = pikepdf.new()
    for _ in range(1000):
        pdf.add_blank_page(page_size=(595, 842))
    pdf.save(path)
    source = read_source(Candidate(path, (path,)), Settings())
    assert [p.number for p in source.pages] == list(range(1, 1001))
