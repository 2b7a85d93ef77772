"""A file of several letters becomes a record for each, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import Summary, result_data
from pipeline.intake import Candidate
from pipeline.process import extract_text, process_document
from pipeline.record import Record
from pipeline.records import ReadRecords
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from tests.conftest import LETTER, counted_from_one

SECOND = """\
TỈNH UỶ BÌNH AN ĐẢNG CỘNG SẢN VIỆT NAM
BAN TUYÊN GIÁO
*
Số 105-CV/BTGTU Bình An, ngày 21 tháng 3 năm 2022
V/v tuyên truyền ngày sách

Kính gửi: Ban tuyên giáo các huyện uỷ

Ban Tuyên giáo Tỉnh uỷ đề nghị các đồng chí quan tâm tuyên truyền về ngày sách, đưa tin kịp thời
\f2

và báo cáo kết quả trước ngày 30 tháng 4 năm 2022.

Nơi nhận: K/T TRƯỞNG BAN
- Như trên, PHÓ TRƯỞNG BAN
- Lưu Ban.
Lê Thị Thử
"""


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    """A text of two letters on three pages."""
    path = tmp_path / "in" / "dossier.txt"
    path.parent.mkdir()
    path.write_text(f"{LETTER}\f{SECOND}", encoding="utf-8")
    return path


def processed(dossier: Path, split: str) -> Summary:
    out = dossier.parent.parent / "out"
    return run_batch(Order((dossier.parent,), out, Settings.model_validate({"split": split}), 1))


def folders(summary: Summary, dossier: Path) -> list[str]:
    """The letters' folders as found; those of the summary are the same."""
    out = dossier.parent.parent / "out"
    found = sorted(path.parent.name for path in out.glob("[!.]*/record.json"))
    told = result_data(summary.results[0])["letters"]
    assert isinstance(told, list)
    assert [letter["document_id"] for letter in told] == found
    return found


def test_letters_are_parted_joined_and_parted_again(dossier: Path) -> None:
    parted = processed(dossier, "auto")
    ids = folders(parted, dossier)
    assert [name[-5:] for name in ids] == ["-p001", "-p002"]
    assert (parted.fresh, parted.letters) == (1, 2)
    assert processed(dossier, "auto").fresh == 0
    whole = processed(dossier, "never")
    assert folders(whole, dossier) == [ids[0].removesuffix("-p001")]
    assert folders(processed(dossier, "auto"), dossier) == ids


def test_a_lost_letter_is_a_reason_to_do_its_file_again(dossier: Path) -> None:
    ids = folders(processed(dossier, "auto"), dossier)
    out = dossier.parent.parent / "out"
    (out / ids[1] / "record.json").unlink()
    assert processed(dossier, "auto").fresh == 1
    assert len(list(ReadRecords(out))) == 2


def test_each_letter_has_its_pages_of_the_file(dossier: Path) -> None:
    processed(dossier, "auto")
    first, second = ReadRecords(dossier.parent.parent / "out")
    assert (first.source.first_page, first.source.last_page, first.source.pages) == (1, 1, 3)
    assert (second.source.first_page, second.source.last_page) == (2, 3)
    assert [page.number for page in second.pages] == [2, 3]
    assert second.header.number_symbol == "105-CV/BTGTU"
    assert second.evidence["source.first_page"].page == 2
    places = {flag.where.split(",")[0] for flag in second.flags if "page" in flag.where}
    assert places <= {"page 2", "page 3"}


def test_a_letter_reads_in_a_dossier_as_it_does_alone(dossier: Path, restorer: Restorer) -> None:
    alone = dossier.with_name("alone.txt")
    alone.write_text(SECOND, encoding="utf-8")
    (single,) = records(alone, restorer)
    _, second = records(dossier, restorer)
    assert counted_from_one(second) == counted_from_one(single)
    assert (single.source.first_page, single.source.last_page) == (1, 2)
    assert single.document_id.startswith("alone-")
    assert not single.document_id.endswith("-p001")


def records(path: Path, restorer: Restorer) -> list[Record]:
    outcomes = process_document(Candidate(path, (path,)), Settings(), restorer)
    return [outcome.record for outcome in outcomes]


def test_extract_takes_a_text_as_one_letter_and_says_so(dossier: Path) -> None:
    record = extract_text(dossier.read_text(encoding="utf-8"))
    (flag,) = (flag for flag in record.flags if flag.code == "several_letters")
    assert flag.where == "page 2"
    assert "--split auto" in flag.message
    assert not [f for f in extract_text(LETTER).flags if f.code == "several_letters"]


def test_the_summary_counts_letters(dossier: Path) -> None:
    processed(dossier, "auto")
    data = json.loads((dossier.parent.parent / "out" / "summary.json").read_text())
    assert (data["documents"], data["letters"], data["pages"]) == (1, 2, 3)
