"""Where title and distribution list end, and what hands and stamps left beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from pipeline import layout
from pipeline.document import Mark, Zone
from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from tests.test_layout import blank, page_of

HEAD: list[list[Any]] = [
    [340, 150, "CHÍNH PHỦ", 0.95, 1],
    [840, 150, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.95, 1],
    [920, 200, "Độc lập - Tự do - Hạnh phúc", 0.95, 2],
    [340, 250, "Số: 15/NQ-CP", 0.95, 3],
    [860, 250, "Hà Nội, ngày 15 tháng 4 năm 2024", 0.95, 3],
    [700, 340, "NGHỊ QUYẾT", 0.95, 4],
    [560, 390, "Về chương trình đọc sách ở xã", 0.95, 5],
    [760, 470, "CHÍNH PHỦ", 0.95, 6],
]
BODY: list[list[Any]] = [
    [
        300,
        620,
        "Căn cứ Nghị định số 15/2023/NĐ-CP của Chính phủ về việc đọc sách ở các xã,",
        0.9,
        8,
    ],
    [230, 665, "phường, thị trấn và đề nghị của các bộ, ngành có liên quan trong cả nước.", 0.9, 9],
]
FOOT: list[list[Any]] = [
    [238, 1000, "Nơi nhận:", 0.95, 20],
    [1049, 1000, "CHỦ TỊCH", 0.95, 20],
    [238, 1045, "- Như trên;", 0.95, 21],
    [238, 1090, "- Lưu: VT, VX (3b).", 0.95, 22],
    [1020, 1250, "Lê Thị Bình An", 0.95, 24],
]


def zones_of(lines: list[list[Any]]) -> dict[str, Zone]:
    return {line.text: line.zone for line in layout.arrange(page_of(lines), blank()).lines}


@pytest.mark.parametrize(
    "basis",
    ["Căn cứ Luật Thư viện ngày 21 tháng 11 năm 2019;", "Theo đề nghị của Bộ trưởng Bộ Nội vụ,"],
)
def test_a_centred_basis_is_no_title(basis: str) -> None:
    zones = zones_of([*HEAD, [380, 550, basis, 0.95, 7], *BODY])
    assert zones["Về chương trình đọc sách ở xã"] is Zone.TITLE
    assert zones[basis] is Zone.BODY


@pytest.mark.parametrize("heading", ["Nơi nhận:", "Nơi nhập: j2", "Nơi nhận: ny"])
def test_initials_beside_the_heading_hide_no_list(heading: str) -> None:
    foot = [[238, 1000, heading, 0.8, 20], *FOOT[1:]]
    zones = zones_of([*BODY, *foot])
    assert zones["CHỦ TỊCH"] is Zone.FOOT_RIGHT
    assert zones["- Như trên;"] is Zone.FOOT_LEFT


@pytest.mark.parametrize(
    ("x", "below", "stays"),
    [
        (360, "60", False), (420, "ụ", False), (360, "(5b)", True), (238, "KT", True),
        (300, "và các phòng", True),
    ],
)  # fmt: skip
def test_initials_below_the_list_are_handwriting(x: int, below: str, stays: bool) -> None:
    arranged = layout.arrange(
        page_of([*BODY, *FOOT[:4], [x, 1140, below, 0.9, 23], FOOT[4]]), blank()
    )
    assert (below in [line.text for line in arranged.lines]) is stays
    assert (below in [m.text for m in arranged.marks if m.kind == "handwriting"]) is not stays


@pytest.mark.parametrize(
    ("words", "stamp"),
    [
        ("tụ biệt 7Ú CHÍNH PHỦ", True),
        ("Kế hoạch này thay kế hoạch năm trước của xã", False),
    ],
)
def test_a_worn_frame_across_the_edge_of_the_text_is_a_stamp(words: str, stamp: bool) -> None:
    frame = (90, 440, 470, 600)
    image = replace(blank(), frames=(frame,))
    parts = words.split()
    lines = [[110, 470, " ".join(parts[:5]), 0.8, 30], [110, 520, " ".join(parts[5:]), 0.8, 31]]
    found = layout.arrange(page_of([*HEAD, *lines, *BODY]), image).marks
    assert ("stamp" in {m.kind for m in found}) is stamp


def test_blank_sheets_are_told(tmp_path: Path, restorer: Restorer) -> None:
    path = tmp_path / "backs.tif"
    Image.new("1", (800, 1100), 1).save(path, dpi=(100, 100))
    (outcome,) = process_document(Candidate(path, (path,)), Settings(), restorer)
    assert outcome.record.status == "needs_review"
    assert outcome.record.flags[0].code == "nothing_printed"


def test_a_smudge_at_the_edge_is_no_text() -> None:
    smudge = [254, 2154, 'X "sa veelBixditc 213/04 sec', 0.15, 40]
    arranged = layout.arrange(page_of([*HEAD, *BODY, smudge]), blank())
    assert arranged.lines[-1].text == BODY[-1][2]


def test_strokes_of_a_seal_on_a_table_are_no_words() -> None:
    image = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(image)
    for y in (1000, 1400, 1800):
        draw.line((200, y, 1400, y), fill=0, width=3)
    for x in (200, 700, 1400):
        draw.line((x, 1000, x, 1800), fill=0, width=3)
    seal = Mark("seal", 1, (760, 1040, 1060, 1340), None, 1.0)
    page = replace(blank(), image=image, marks=(seal,))
    lines = [
        [220, 1100, "Loại đất", 0.9, 50], [820, 1100, "và th", 0.3, 51], [900, 1200, "f", 0.8, 52],
        [860, 1280, "Ghi chú", 0.9, 53], [220, 1500, "Đất ở", 0.9, 54],
    ]  # fmt: skip
    arranged = layout.arrange(page_of([*HEAD, *BODY, *lines]), page)
    assert [li.text for li in arranged.lines if li.zone is Zone.TABLE and li.text] == [
        "Loại đất", "Ghi chú", "Đất ở",
    ]  # fmt: skip


def test_dots_within_a_line_of_a_form_are_no_word() -> None:
    lines = [
        [240, 700, "Diện tích nhà ở được đăng ký thường trú trên", 0.95, 60],
        [900, 700, "Hữ?cooaqQdssgayidggaddGs", 0.0, 60],
        [1200, 700, "mét vuông", 0.9, 60],
    ]
    text = [line.text for line in layout.arrange(page_of([*HEAD, *BODY, *lines]), blank()).lines]
    assert not any("cooaq" in line for line in text)
    assert any("mét vuông" in line for line in text)


@pytest.mark.parametrize(("text", "number"), [("2", True), ("II", False)])
def test_a_number_alone_above_the_text_is_that_of_the_page(text: str, number: bool) -> None:
    arranged = layout.arrange(page_of([[820, 235, text, 0.95, 1], *BODY]), blank())
    assert ("page_number" in {m.kind for m in arranged.marks}) is number


def test_a_foreign_name_read_unsurely_stays() -> None:
    line = [[240, 700, "quan hệ với Vương quốc", 0.95, 60], [522, 700, "Campuchia", 0.03, 60]]
    text = [li.text for li in layout.arrange(page_of([*HEAD, *BODY, *line]), blank()).lines]
    assert any("Campuchia" in li for li in text)
