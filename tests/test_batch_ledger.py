from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.batch.ledger import Ledger
from pipeline.batch.result import Heading, LetterResult, Result, failure
from pipeline.errors import DocumentError, UsageError

HEADING = Heading("27/UBND-VX", "2022-03-14", "UBND xã An Bình", "đọc sách")


def test_remembers_what_became_of_a_document(tmp_path: Path) -> None:
    result = Result(
        "a.pdf",
        "needs_review",
        "c0ffee",
        letters=(
            LetterResult("a-c0ffee-p001", "needs_review", 1, 2, HEADING),
            LetterResult("a-c0ffee-p003", "done", 3, 3),
        ),
        pages=3,
        seconds=1.5,
    )
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.plan("c0ffee", "settings", "a.pdf")
        ledger.start("c0ffee")
        ledger.finish("c0ffee", result)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        row = ledger.row("c0ffee")
        assert row
        assert row.settings == "settings"
        assert row.result() == result
        assert row.result("moved.pdf").path == "moved.pdf"
        assert ledger.row("unknown") is None


def test_letters_of_a_new_result_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    parted = (LetterResult("a-1-p001", "done", 1, 2), LetterResult("a-1-p003", "done", 3, 3))
    whole = (LetterResult("a-1", "done", 1, 3, HEADING),)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.plan("c0ffee", "settings", "a.pdf")
        for letters in (parted, whole):
            ledger.finish("c0ffee", Result("a.pdf", "done", "c0ffee", letters))
            row = ledger.row("c0ffee")
            assert row
            assert row.letters == letters
    with sqlite3.connect(tmp_path / "ledger.sqlite") as database:
        found = database.execute("SELECT document_id, number_symbol FROM document").fetchall()
    assert found == [("a-1", "27/UBND-VX")]


def test_a_ledger_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    result = Result("a.pdf", "done", "c0ffee", (LetterResult("a-1", "done", 1, 3, HEADING),))
    missing = failure("b.pdf", DocumentError("file_missing", path="b.pdf"))
    with Ledger.open(path) as ledger:
        ledger.plan("c0ffee", "settings", "a.pdf")
        ledger.finish("c0ffee", replace(result, pages=3))
        ledger.note_unreadable(missing, "settings")
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE letter")
        database.execute("PRAGMA user_version = 1")
    with Ledger.open(path) as ledger:
        row, lost = ledger.row("c0ffee"), ledger.row("path:b.pdf")
        assert row
        assert lost
        assert row.letters == result.letters
        assert not lost.letters


def test_an_interrupted_document_is_pending_again(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.plan("c0ffee", "settings", "a.pdf")
        ledger.start("c0ffee")
        ledger.put_back("c0ffee")
        row = ledger.row("c0ffee")
        assert row
        assert row.status == "pending"
        with pytest.raises(ValueError, match="pending"):
            row.result()


def test_hash_of_an_untouched_file_is_known(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.note_file("a.pdf", "c0ffee", "10:1")
        assert ledger.content_of("a.pdf", "10:1") == "c0ffee"
        assert ledger.content_of("a.pdf", "10:2") is None
        ledger.note_file("a.pdf", "decaf", "10:2")
        assert ledger.content_of("a.pdf", "10:2") == "decaf"


def test_a_file_that_can_be_read_again_is_no_failure_any_more(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        missing = failure("a.pdf", DocumentError("file_missing", path="a.pdf"))
        ledger.note_unreadable(missing, "settings")
        assert ledger.row("path:a.pdf")
        ledger.note_file("a.pdf", "c0ffee", "10:1")
        assert ledger.row("path:a.pdf") is None


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(ValueError, match="no JSON"), ledger.transaction():
            _plan_and_fail(ledger)
        assert ledger.row("c0ffee") is None


@pytest.mark.parametrize("kind", ["text", "foreign database", "newer version"])
def test_refuses_what_is_no_ledger_of_this_version(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ledger.sqlite"
    if kind == "text":
        path.write_text("no database at all, but long enough to look at" * 50)
    else:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE other (x)")
            if kind == "newer version":
                database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(UsageError) as caught, Ledger.open(path):
        pass
    assert caught.value.code == "ledger_unknown"
    assert path.read_bytes() == before


def _plan_and_fail(ledger: Ledger) -> None:
    ledger.plan("c0ffee", "settings", "a.pdf")
    raise ValueError("no JSON")
