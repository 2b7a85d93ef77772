"""A PDF joined of scanned letters, from file to records."""

from __future__ import annotations

from pathlib import Path

import pikepdf

from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.record import Record
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from tests.conftest import LETTER, counted_from_one, save_pdf

REPORT = """\
TỈNH UỶ BÌNH AN          ĐẢNG CỘNG SẢN VIỆT NAM
BAN TUYÊN GIÁO
*               Bình An, ngày 21 tháng 3 năm 2022
Số 105-BC/BTGTU

BÁO CÁO
tình hình tuyên truyền về ngày sách

Ban Tuyên giáo Tỉnh uỷ báo cáo tình hình như sau:

1- Các huyện đã tổ chức ngày sách ở mọi xã.
"""
END = """\
2- Việc đưa tin còn chậm ở một số nơi.

Nơi nhận:                         K/T TRƯỞNG BAN
- Tỉnh uỷ,                        PHÓ TRƯỞNG BAN
- Lưu Ban.
                                       Lê Thị Thử
"""


def test_letters_of_a_joined_scan_read_as_those_of_single_scans(
    tmp_path: Path, restorer: Restorer
) -> None:
    singles = [
        save_pdf(tmp_path / "letter.pdf", LETTER),
        save_pdf(tmp_path / "report.pdf", REPORT, END),
        save_pdf(tmp_path / "again.pdf", LETTER.replace("27/", "28/")),
    ]
    joined = _joined(singles, tmp_path / "box.pdf")
    found = _records(joined, restorer)
    alone = [_records(path, restorer)[0] for path in singles]
    assert [(r.source.first_page, r.source.last_page) for r in found] == [(1, 1), (2, 3), (4, 4)]
    assert len({record.source.sha256 for record in found}) == 1
    assert [r.document_id[-5:] for r in found] == ["-p001", "-p002", "-p004"]
    assert found[1].header.number_symbol == "105-BC/BTGTU"
    for record, single in zip(found, alone, strict=True):
        assert counted_from_one(record) == counted_from_one(single)


def _joined(parts: list[Path], out: Path) -> Path:
    with pikepdf.new() as pdf:
        for part in parts:
            with pikepdf.open(part) as one:
                pdf.pages.extend(one.pages)
        pdf.save(out)
    return out


def _records(path: Path, restorer: Restorer) -> list[Record]:
    outcomes = process_document(Candidate(path, (path,)), Settings(), restorer)
    return [outcome.record for outcome in outcomes]
