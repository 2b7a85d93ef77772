"""Letters with a stamp over the trích yếu and the first words of the body."""

from __future__ import annotations

import pytest

from pipeline.document import Line, Mark, RestoredLine, RestoredPage, Word, Zone
from pipeline.letter.citations import find_citations
from pipeline.letter.markers import read_marker
from pipeline.letter.places import mended_body, with_q
from pipeline.letter.read import read_letter
from pipeline.process import extract_text
from pipeline.record import Letter

LEFT, RIGHT = 250, 1500
HEAD = [
    ("BỘ THUỶ LỢI", Zone.LETTERHEAD_LEFT, 300, 600, 150),
    ("Số: 06/2024/TT-BTL", Zone.LETTERHEAD_LEFT, 300, 650, 230),
    ("Hà Nội, ngày 04 tháng 4 năm 2024", Zone.LETTERHEAD_RIGHT, 850, 1400, 230),
    ("THÔNG TƯ", Zone.TITLE, 770, 980, 430),
    ("Quy định việc quản lý hồ chứa", Zone.TITLE, 450, 1300, 480),
]
BODY = [
    ("Căn cứ Nghị định số 96/2022/NĐ-CP ngày 29 tháng 11 năm 2022;", LEFT + 80, 1300),
    ("Bộ trưởng Bộ Thuỷ lợi ban hành Thông tư quy định việc quản lý hồ chứa", LEFT + 80, RIGHT),
    ("nước trong cả nước như sau, áp dụng với mọi hồ chứa do Bộ quản lý trong", LEFT, RIGHT),
    ("các năm tới.", LEFT, 480),
    ("Điều 1. Phạm vi điều chỉnh", LEFT + 80, 800),
    ("Thông tư này quy định việc quản lý hồ chứa nước trong cả nước, gồm các", LEFT + 80, RIGHT),
    ("hồ chứa do địa phương quản lý.", LEFT, 800),
]


def row(text: str, zone: Zone, left: int, right: int, top: int) -> RestoredLine:
    tokens = text.split()
    step = (right - left) // len(tokens)
    words = tuple(
        Word(t, (left + i * step, top, left + (i + 1) * step - 8, top + 36), 0.9)
        for i, t in enumerate(tokens)
    )
    return RestoredLine(Line(text, zone, (left, top, right, top + 36), words), text)


def stamped(*under: tuple[str, Zone, int, int, int], marks: tuple[Mark, ...] = ()) -> Letter:
    """A circular with lines `under` its trích yếu, gaps about them, then its body."""
    gap = RestoredLine(Line("", Zone.BODY, None, ()), "")
    lines = [row(*x) for x in HEAD]
    for x in under:
        lines += [gap, row(*x)]
    lines.append(gap)
    lines += [row(t, Zone.BODY, a, b, 900 + 50 * i) for i, (t, a, b) in enumerate(BODY)]
    return read_letter([RestoredPage(1, 1654, 2339, 200, tuple(lines), marks)])


def test_a_basis_without_the_beginning_of_its_first_word_is_one() -> None:
    letter = stamped(("cứ Luật Thuỷ lợi ngày 12 tháng 6 năm 2017;", Zone.BODY, 440, 1350, 700))
    assert letter.header.subject == "Quy định việc quản lý hồ chứa"
    assert letter.legal_bases == ["Căn cứ Luật Thuỷ lợi ngày 12 tháng 6 năm 2017;", BODY[0][0]]
    assert "basis_repaired" in {f.code for f in letter.flags}


def test_a_piece_of_a_stamp_beside_the_title_is_no_subject() -> None:
    letter = stamped(("tụ biệt 7Ú CHÍNH PHÙ", Zone.BODY, 268, 468, 530))
    assert letter.header.subject == "Quy định việc quản lý hồ chứa"
    assert [p.text for p in letter.passages if p.kind == "stamp"] == ["tụ biệt 7Ú CHÍNH PHÙ"]


def test_the_body_that_begins_under_a_stamp_ends_the_subject() -> None:
    stamp = Mark("stamp", 1, (0, 640, 450, 800), "CÔNG VĂN ĐẾN", 0.9)
    full = (
        "qua, các cấp, các ngành đã có nhiều cố gắng trong quản lý hồ",
        Zone.BODY,
        463,
        1498,
        700,
    )
    letter = stamped(full, marks=(stamp,))
    assert letter.header.subject == "Quy định việc quản lý hồ chứa"


@pytest.mark.parametrize(
    ("read", "meant"),
    [("Ouy định giá đất", "Quy định giá đất"), ("TỈNH OUẢNG AN", "TỈNH QUẢNG AN"), ("Out", "Out")],
)
def test_no_syllable_begins_with_ou(read: str, meant: str) -> None:
    assert with_q(read) == meant


def test_the_subjects_repair_is_told() -> None:
    text = (
        "BỘ THUỶ LỢI\nSố: 06/2024/TT-BTL\nHà Nội, ngày 04 tháng 4 năm 2024\n\nTHÔNG TƯ\n"
        "Ouy định việc quản lý hồ chứa\n\nCăn cứ Luật Thuỷ lợi;\n"
    )
    record = extract_text(text)
    assert record.header.subject == "Quy định việc quản lý hồ chứa"
    assert "subject_repaired" in {f.code for f in record.flags}
    assert [(c.before, c.after) for c in record.corrections] == [("Ouy", "Quy")]


@pytest.mark.parametrize(
    ("text", "number", "date"),
    [
        ("tại Tờ trình số 6326TTr-STNMT ngày 25/12/2024", "6326/TTr-STNMT", "2024-12-25"),
        (
            "SỬA ĐỔI THÔNG TƯ SỐ 79/2024/TT-BCA NGÀY 15 THÁNG 11 NĂM 2024",
            "79/2024/TT-BCA",
            "2024-11-15",
        ),
    ],
)
def test_citations_with_a_lost_slash_and_in_capitals(text: str, number: str, date: str) -> None:
    (mention,) = find_citations([text], None)
    assert (mention.citation.number_symbol, mention.citation.date) == (number, date)


def test_what_the_heading_of_a_chapter_cites_counts() -> None:
    text = (
        "BỘ THUỶ LỢI\nSố: 06/2024/TT-BTL\nHà Nội, ngày 04 tháng 4 năm 2024\n\nTHÔNG TƯ\n"
        "Sửa đổi các Thông tư về hồ chứa\n\nCăn cứ Luật Thuỷ lợi;\n\nChương I\n"
        "SỬA ĐỔI THÔNG TƯ SỐ 79/2020/TT-BTL NGÀY 15 THÁNG 11 NĂM 2020\n\n"
        "Điều 1. Sửa đổi khoản 6 Điều 3\n\nĐiều 2. Thi hành\n"
    )
    found = extract_text(text).citations
    assert [(c.number_symbol, c.date) for c in found] == [("79/2020/TT-BTL", "2020-11-15")]


def test_a_first_line_off_the_axis_of_the_title_opens_the_body() -> None:
    """Where the "-----" under a Party letter's trích yếu was not read."""
    rows = [*HEAD[:4], ("KẾT LUẬN CỦA ĐỒNG CHÍ CHÁNH VĂN PHÒNG", Zone.TITLE, 440, 1350, 480)]
    rows += [("tại cuộc họp về lưu trữ", Zone.TITLE, 650, 1140, 530)]
    rows += [
        ("Ngày 18/7/2018, đồng chí Chánh Văn phòng đã chủ trì cuộc", Zone.TITLE, 330, 1540, 655)
    ]
    rows += [("họp và kết luận:", Zone.BODY, 250, 490, 700)]
    letter = read_letter([RestoredPage(1, 1654, 2339, 200, tuple(row(*x) for x in rows))])
    subject = "KẾT LUẬN CỦA ĐỒNG CHÍ CHÁNH VĂN PHÒNG tại cuộc họp về lưu trữ"
    assert letter.header.subject == subject
    assert letter.preamble[0].startswith("Ngày 18/7/2018")


@pytest.mark.parametrize("text", ["12-NQ/HU của Ban Chấp hành", "15-CT/TW ngày 4/5/2020"])
def test_the_number_of_a_document_is_no_mark_of_a_point(text: str) -> None:
    assert read_marker(text) is None


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("TỈNH CÀ MẪU", "TỈNH CÀ MAU"),
        ("TỈNH UỶ CÀ MẪU", "TỈNH UỶ CÀ MAU"),
        ("TỈNH HOÀ AN", "TỈNH HOÀ AN"),
        ("XÃ CÀ MẪU", "XÃ CÀ MẪU"),
    ],
)
def test_a_provinces_name_comes_back_in_a_body(read: str, meant: str) -> None:
    assert mended_body(read) == meant


def test_a_foot_without_its_label_is_one() -> None:
    text = (
        "THÀNH UỶ HOÀ AN\n*\nSố 21-CV/TU\nV/v sinh hoạt chi bộ\n\nĐẢNG CỘNG SẢN VIỆT NAM\n"
        "Hoà An, ngày 02 tháng 3 năm 2020\n\nKính gửi: Các đảng bộ trực thuộc.\n\n"
        "Thành uỷ đề nghị các đảng bộ sinh hoạt chi bộ đúng kỳ.\n\nT/M BAN THƯỜNG VỤ\n"
        "- Như trên; PHÓ BÍ THƯ\n- Lưu Văn phòng Thành uỷ.\n"
    )
    record = extract_text(text)
    assert record.distribution == ["Như trên", "Lưu Văn phòng Thành uỷ"]
    assert record.signature.authority == "T/M BAN THƯỜNG VỤ"
    assert record.signature.position == "PHÓ BÍ THƯ"


@pytest.mark.parametrize("last", ["bảo vệ", "quản lý chợ", "xây dựng cầu cửa", "vận tải"])
def test_a_subject_that_ends_like_a_preposition_but_for_its_marks_is_whole(last: str) -> None:
    text = (
        "UBND TỈNH HOÀ AN\nSố: 12/TB-UBND\nHoà An, ngày 14 tháng 5 năm 2024\n\nTHÔNG BÁO\n"
        f"Về việc {last}\n\nUỷ ban nhân dân tỉnh thông báo để các cơ quan biết.\n"
    )
    assert extract_text(text).header.subject == last
