"""Checks of one field against another, and that flags tell people where to look, and why."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import regex

from pipeline.letter.deadlines import due_date, find_deadline
from pipeline.letter.read import read_letter
from pipeline.letter.required import REQUIRED
from pipeline.letter.tables import rows
from pipeline.messages import sentence
from pipeline.record import Flag, Letter
from pipeline.recording import settled
from tests.test_letter import SCAN, pages_of, scanned
from tests.test_letter_cases import CASES, bare_pages

DOCS = Path(__file__).resolve().parent.parent / "docs" / "letter.md"


def letter_of(body: str, number: str, date: str, position: str, authority: str = "") -> Letter:
    lines = [body, f"Số: {number}", "V/v trực Tết", f"Bình An, ngày {date}", ""]
    lines += ["Kính gửi: Các bệnh viện", "", "Đề nghị trực Tết.", ""]
    return read_letter(pages_of("\n".join([*lines, *filter(None, [authority, position]), "Vũ An"])))


def codes(letter: Letter) -> set[str]:
    return {f.code for f in letter.flags}


@pytest.mark.parametrize(
    ("body", "position", "authority", "flagged"),
    [
        ("UBND TỈNH BÌNH AN", "CHỦ TỊCH", "", False),
        ("ỦY BAN NHÂN DÂN TỈNH BÌNH AN", "PHÓ CHỦ TỊCH", "KT. CHỦ TỊCH", False),
        ("ỦY BAN NHÂN DÂN TỈNH BÌNH AN", "GIÁM ĐỐC", "", True),
        ("ỦY BAN NHÂN DÂN TỈNH BÌNH AN", "GIÁM ĐỐC SỞ", "TUQ. CHỦ TỊCH", False),
        ("SỞ Y TẾ", "GIÁM ĐỐC", "", False),
        ("SỞ Y TẾ", "CHỦ TỊCH", "", True),
        ("BỘ Y TẾ", "THỨ TRƯỞNG", "KT. BỘ TRƯỞNG", False),
        ("BỘ CHỈ HUY QUÂN SỰ TỈNH", "CHỈ HUY TRƯỞNG", "", False),
        ("TRƯỜNG ĐẠI HỌC BÌNH AN", "HIỆU TRƯỞNG", "", False),
    ],
)
def test_who_signs_for_whom(body: str, position: str, authority: str, flagged: bool) -> None:
    letter = letter_of(body, "15/UBND-VX", "03 tháng 02 năm 2024", position, authority)
    assert letter.signature.position == position
    assert ("authority_body" in codes(letter)) is flagged


@pytest.mark.parametrize(
    ("body", "date", "flagged"),
    [
        ("UBND HUYỆN BÌNH AN", "30 tháng 6 năm 2025", False),
        ("UBND HUYỆN BÌNH AN", "01 tháng 7 năm 2025", True),
        ("UBND XÃ BÌNH AN", "01 tháng 7 năm 2025", False),
    ],
)
def test_bodies_of_districts_end_with_june_2025(body: str, date: str, flagged: bool) -> None:
    letter = letter_of(body, "15/UBND-VX", date, "CHỦ TỊCH")
    assert ("body_abolished" in codes(letter)) is flagged


@pytest.mark.parametrize(("year", "flagged"), [("2023", True), ("2024", False)])
def test_the_year_of_a_number_is_that_of_the_letter(year: str, flagged: bool) -> None:
    number = f"15/{year}/QĐ-UBND"
    letter = letter_of("UBND TỈNH BÌNH AN", number, "03 tháng 02 năm 2024", "CHỦ TỊCH")
    assert ("number_year" in codes(letter)) is flagged


def test_flags_tell_page_and_box_and_speak_vietnamese() -> None:
    rows = [(t.replace("Bình An,", "Quảng Ngai,"), z, x, y) for t, z, x, y in SCAN]
    letter = read_letter([scanned(rows)])
    flag = next(f for f in letter.flags if f.code == "place_repaired")
    assert (flag.page, flag.box) == (1, letter.evidence["header.place"].box)
    assert flag.message_vi is not None
    assert flag.message_vi.startswith(sentence("doubt_place_repaired", "vi"))
    assert "Quảng Ngai" in flag.message_vi


@pytest.mark.parametrize("case", CASES)
def test_every_flag_has_its_sentence(case: dict[str, Any]) -> None:
    for flag in read_letter(bare_pages(case["pages"])).flags:
        assert flag.message
        assert flag.message_vi


def test_the_table_of_flags_and_the_sentences_are_the_same_list() -> None:
    table = DOCS.read_text(encoding="utf-8").split("## Flags")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {code for row in rows for code in regex.findall(r"`([a-z_]+)`", row)}
    messages = (DOCS.parent.parent / "dictionaries" / "messages.tsv").read_text(encoding="utf-8")
    assert listed == set(regex.findall(r"(?m)^doubt_([a-z_]+)\t", messages))


@pytest.mark.parametrize(
    ("text", "issued", "deadline", "due"),
    [
        ("Gửi trước ngày 30/6/2024.", "2024-05-02", "trước ngày 30/6/2024", "2024-06-30"),
        ("Xong trong quý III/2024.", "2024-05-02", "trong quý III/2024", "2024-09-30"),
        ("Hoàn thành trong tháng 02/2024.", "2024-01-02", "trong tháng 02/2024", "2024-02-29"),
        ("Xử lý trong 10 ngày kể từ ngày ký.", "2024-05-28", "trong 10 ngày kể từ ngày ký",
         "2024-06-07"),
        ("Xong đến hết năm 2025.", "2024-05-02", "đến hết năm 2025", "2025-12-31"),
        ("Báo cáo trước ngày 15 hằng tháng.", "2024-05-02", "trước ngày 15 hằng tháng", None),
        ("Trong tháng 01 năm 2024, tỉnh đã giải quyết 12 hồ sơ.", "2024-02-02", None, None),
        ("Trong quý I/2024 đã xong; báo cáo trước ngày 30/6/2024.", "2024-05-02",
         "trước ngày 30/6/2024", "2024-06-30"),
    ],
)  # fmt: skip
def test_deadlines_have_a_last_day(
    text: str, issued: str, deadline: str | None, due: str | None
) -> None:
    found = find_deadline(text, issued)
    assert (found, due_date(found, issued)) == (deadline, due)


def test_the_spans_of_provinces_are_those_that_the_index_finds_under_two_names() -> None:
    renamed = {(r[0], r[1]) for r in rows("body_names.tsv") if r[2] == "place"}
    ended = {
        (r[1], r[4])
        for r in rows("bodies_in_force.tsv")
        if r[0] == "province" and r[3] in ("2024-12-31", "2025-06-30")
    }
    assert ended == renamed


def test_every_span_has_a_day_and_ends_after_it_begins() -> None:
    for kind, name, first, last, *_ in rows("bodies_in_force.tsv"):
        assert kind in ("body", "province", "symbol", "rule"), name
        assert first or last, name
        for day in filter(None, (first, last)):
            date.fromisoformat(day)
        assert not (first and last) or first < last, name


@pytest.mark.parametrize(
    ("code", "where", "asked"),
    [
        ("field_doubtful", "distribution.2", False),
        ("numbering_gap", "directives.3", False),
        ("place_doubtful", "header.place", False),
        ("citation_doubtful", "citations.0", False),
        ("date_before_citation", "citations.0", True),
        ("boundary_begins", "page 3", True),
        *(("field_doubtful", name, True) for name in REQUIRED),
    ],
)
def test_a_letter_is_sent_to_a_person_for_what_an_archive_must_have(
    code: str, where: str, asked: bool
) -> None:
    flag = Flag(code=code, message="not clear", where=where)
    assert settled([flag], words=100, doubts=0) == ("needs_review" if asked else "done")


def test_a_letter_is_sent_to_a_person_where_one_word_in_ten_is_doubtful() -> None:
    assert [settled([], words=100, doubts=n) for n in (10, 11)] == ["done", "needs_review"]


@pytest.mark.parametrize(
    ("body", "number", "where"),
    [
        ("UBND TỈNH HÀ GIANG", "15/UBND-VX", None),
        ("UBND TỈNH HÀ GIÀNG", "15/UBND-VX", "header.issuing_body"),
        ("UBND TỈNH HÀ GI ANG X", "15/UBND-VX", "header.issuing_body"),
        ("SO Y TẾ", "15/SYT-NV", "header.issuing_body"),
        ("SỞ Y TẾ", "15/SYT-NV", "header.parent_body"),
        ("SỞ Y TẾ TỈNH HÀ GIANG", "15/SYT-NV", None),
        ("UỶ BAN NHÂN DÂN THÀNH PỐ HUẾ", "15/UBND-VX", "header.issuing_body"),
        ("SỞ NI VỤ", "15/SNV-NV", "header.issuing_body"),
        ("SỞ Y TẾ", "1S/SYT-NV", "header.number_symbol"),
        ("SỞ Y TẾ", "0/SYT-NV", "header.number_symbol"),
        ("SỞ Y TẾ", "15/SY-NV", "header.number_symbol"),
        ("UBND TỈNH HÀ GIANG", "15/SYT-NV", "header.issuing_body"),
        ("ỦY BAN NHÂN DÂN", "15/UBND-VX", "header.issuing_body"),
    ],
)
def test_what_no_letter_prints_is_doubted(body: str, number: str, where: str | None) -> None:
    letter = letter_of(body, number, "03 tháng 02 năm 2024", "GIÁM ĐỐC")
    places = [f.where for f in letter.flags if f.where.startswith("header.")]
    doubted = set(places) - {"header.place"}
    assert (where in doubted) if where else not doubted


@pytest.mark.parametrize(
    ("position", "authority", "flagged"),
    [
        ("PHÓ CHỦ TỊCH", "TM. ỦY BAN NHÂN DÂN", True),
        ("PHÓ CHỦ TỊCH", "KT. CHỦ TỊCH", False),
        ("PHÓ CHỦ TỊCH", "TM. THƯỜNG TRỰC HĐND", False),
    ],
)
def test_a_deputy_signs_for_a_head(position: str, authority: str, flagged: bool) -> None:
    lines = ["UBND TỈNH HÀ GIANG", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Số: 15/UBND-VX",
             "V/v trực Tết", "Hà Giang, ngày 03 tháng 02 năm 2024", "", "Kính gửi: Các bệnh viện",
             "", "Đề nghị trực Tết.", "", authority, position, "Vũ Văn An"]  # fmt: skip
    letter = read_letter(pages_of("\n".join(lines)))
    assert ("authority_doubtful" in codes(letter)) is flagged
