"""Reading order: every word once, in the order a person reads."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pipeline import layout
from pipeline.document import OcrPage, PageImage, PageKind, PageSource, Word, Zone

CASES = json.loads((Path(__file__).parent / "cases/layout/pages.json").read_text("utf-8"))
WIDTH, HEIGHT, DPI = 1654, 2339, 200


def words_of(x: int, y: int, text: str, confidence: float, line: int, gap: int = 9) -> list[Word]:
    words: list[Word] = []
    for part in text.split():
        words.append(Word(part, (x, y, x + 13 * len(part), y + 36), confidence, 1, 1, line))
        x += 13 * len(part) + gap
    return words


def page_of(lines: list[list[Any]]) -> OcrPage:
    words = tuple(w for line in lines for w in words_of(*line))
    return OcrPage(1, WIDTH, HEIGHT, DPI, "vie", words, ())


def blank() -> PageImage:
    return PageImage(1, Image.new("L", (WIDTH, HEIGHT), 255), DPI, 0, 0.0, ())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_reading_order(case: dict[str, Any]) -> None:
    arranged = layout.arrange(page_of(case["lines"]), blank())
    assert [line.text for line in arranged.lines if line.text] == case["text"]
    assert set(case["marks"]) <= {m.kind for m in arranged.marks}


def test_a_letter_whose_head_is_cut_off_has_its_letterhead() -> None:
    lines: list[list[Any]] = [
        [240, 60, "Số: 15/2021/QĐ-UBND", 0.95, 1],
        [850, 60, "An Bình, ngày 14 tháng 3 năm 2021", 0.95, 1],
        [560, 220, "QUYẾT ĐỊNH", 0.95, 2],
        [375, 270, "Ban hành Quy chế làm việc của Tổ công tác", 0.95, 3],
    ]
    lines += [
        [
            240,
            400 + 50 * n,
            "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm;",
            1.0,
            4 + n,
        ]
        for n in range(6)
    ]
    arranged = layout.arrange(page_of(lines), blank())
    zones = [line.zone for line in arranged.lines if line.text]
    head = [Zone.LETTERHEAD_LEFT, Zone.LETTERHEAD_RIGHT, Zone.TITLE, Zone.TITLE, Zone.BODY]
    assert zones[:5] == head


def test_dust_before_a_line_is_no_dash() -> None:
    dust = Word("-", (216, 215, 219, 218), 0.9, 1, 1, 1)
    line = words_of(238, 200, "Yêu cầu các đơn vị báo cáo về Sở trước ngày 30 tháng 6.", 0.95, 1)
    entry = words_of(238, 260, "- Các phòng chuyên môn nghiêm túc thực hiện;", 0.95, 2)
    ocr = OcrPage(1, WIDTH, HEIGHT, DPI, "vie", (dust, *line, *entry), ())
    arranged = layout.arrange(ocr, blank())
    texts = [found.text for found in arranged.lines if found.text]
    assert [text[:9] for text in texts] == ["Yêu cầu c", "- Các phò"]


def test_an_entry_of_the_list_that_reaches_under_the_signature_is_no_two_columns() -> None:
    entry = "- Mặt trận Tổ quốc và các tổ chức chính trị - xã hội;"
    lines: list[list[Any]] = [
        [320, 200, "Yêu cầu các đơn vị nghiêm túc thực hiện, báo cáo về Sở trước ngày 30.", 1.0, 1],
        [730, 290, "KT. GIÁM ĐỐC", 0.95, 2],
        [238, 340, "Nơi nhận:", 0.95, 3],
        [1049, 340, "PHÓ GIÁM ĐỐC", 0.95, 3],
        [238, 385, "- Như trên;", 0.95, 4],
        [238, 430, "- Mặt trận Tổ quốc và", 0.95, 5, 14],
        [534, 430, "các tổ chức chính trị - xã hội;", 0.95, 5, 14],
        [238, 475, "- Lưu: VT.", 0.95, 6],
        [1049, 620, "Lê Thị Bình An", 0.95, 7],
    ]
    arranged = layout.arrange(page_of(lines), blank())
    assert entry in [line.text for line in arranged.lines]


def test_zones_are_named_and_parted_by_empty_lines() -> None:
    arranged = layout.arrange(page_of(CASES[0]["lines"]), blank())
    zones = [line.zone for line in arranged.lines if line.text]
    assert zones[:7] == [Zone.LETTERHEAD_LEFT] * 4 + [Zone.LETTERHEAD_RIGHT] * 3
    texts = [line.text for line in arranged.lines]
    assert texts[4] == ""
    assert texts[8] == ""


def test_an_indented_line_begins_a_paragraph() -> None:
    lines = [
        [
            240,
            300,
            "phần còn lại của đoạn văn ở trang trước được viết tiếp ở đây cho đủ dòng",
            0.9,
            1,
        ],
        [240, 345, "và kết thúc ở đây.", 0.9, 2],
        [
            320,
            390,
            "1. Sở Nội vụ chủ trì, phối hợp với các cơ quan liên quan rà soát toàn bộ",
            0.9,
            3,
        ],
        [
            240,
            435,
            "hồ sơ lưu trữ, lập danh mục và báo cáo kết quả về tỉnh trước thời hạn nêu.",
            0.9,
            4,
        ],
    ]
    texts = [line.text for line in layout.arrange(page_of(lines), blank()).lines]
    assert texts.index("") == 2
    assert texts.count("") == 1


def test_a_ruled_table_is_read_cell_by_cell() -> None:
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(image)
    for y in (400, 520, 700):
        draw.line((200, y, 1400, y), fill=0, width=3)
    for x in (200, 700, 1400):
        draw.line((x, 400, x, 700), fill=0, width=3)
    lines = [
        [220, 430, "Tên thủ tục", 0.95, 1], [720, 430, "Cơ quan thực hiện", 0.95, 1],
        [220, 550, "Cấp giấy phép", 0.95, 2], [720, 550, "Sở Nội vụ chủ trì,", 0.95, 2],
        [220, 600, "xây dựng", 0.95, 3], [720, 600, "các sở phối hợp", 0.95, 3],
    ]  # fmt: skip
    page = PageImage(1, image, DPI, 0, 0.0, ())
    arranged = layout.arrange(page_of(lines), page)
    assert [line.text for line in arranged.lines if line.text] == [
        "Tên thủ tục", "Cơ quan thực hiện",
        "Cấp giấy phép", "xây dựng", "Sở Nội vụ chủ trì,", "các sở phối hợp",
    ]  # fmt: skip
    assert {line.zone for line in arranged.lines if line.text} == {Zone.TABLE}


def test_a_word_read_unsurely_in_a_table_is_no_handwriting() -> None:
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(image)
    for y in (400, 520, 700):
        draw.line((200, y, 1400, y), fill=0, width=3)
    for x in (200, 700, 1400):
        draw.line((x, 400, x, 700), fill=0, width=3)
    lines = [
        [220, 430, "Tên thủ tục", 0.95, 1], [720, 430, "Mức phí", 0.95, 1],
        [220, 550, "Cấp giấy phép", 0.95, 2], [720, 550, "Khôngg", 0.4, 2],
        [220, 1000, "Các sở, ban, ngành báo cáo kết quả thực hiện", 0.95, 3],
        [700, 1100, "Wvz", 0.2, 4],
    ]  # fmt: skip
    arranged = layout.arrange(page_of(lines), PageImage(1, image, DPI, 0, 0.0, ()))
    assert "Khôngg" in [line.text for line in arranged.lines]
    assert [m.text for m in arranged.marks if m.kind == "handwriting"] == ["Wvz"]


def test_a_figure_in_a_cell_beside_the_text_block_stays() -> None:
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(image)
    for y in (400, 520, 700):
        draw.line((200, y, 1500, y), fill=0, width=3)
    for x in (200, 700, 1500):
        draw.line((x, 400, x, 700), fill=0, width=3)
    lines = [
        [220, 430, "Tên thủ tục", 0.95, 1], [1440, 430, "43", 0.5, 1],
        [220, 1000, "Các sở, ban, ngành báo cáo kết quả thực hiện trước ngày 15", 0.95, 2],
        [220, 1050, "tháng 12 năm nay gửi về Văn phòng theo mẫu kèm theo đây", 0.95, 3],
        [1440, 1100, "43", 0.5, 4],
    ]  # fmt: skip
    arranged = layout.arrange(page_of(lines), PageImage(1, image, DPI, 0, 0.0, ()))
    assert [line.text for line in arranged.lines].count("43") == 1
    assert [m.text for m in arranged.marks] == ["43"]


@pytest.mark.parametrize(
    ("words", "kinds"), [("Đến năm 2030", []), ("VĂN THƯ ĐẾN Số: 12", ["stamp"])]
)
def test_a_frame_is_a_stamp_by_its_words(words: str, kinds: list[str]) -> None:
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    ImageDraw.Draw(image).rectangle((200, 1000, 700, 1150), outline=0, width=4)
    lines = [
        [220, 300, "Các sở, ban, ngành báo cáo kết quả thực hiện", 0.95, 1],
        [240, 1050, words, 0.9, 2],
    ]
    arranged = layout.arrange(page_of(lines), PageImage(1, image, DPI, 0, 0.0, ()))
    assert [m.kind for m in arranged.marks] == kinds
    assert (words in [line.text for line in arranged.lines]) is (not kinds)


STAMPED = [
    [60, 380, "TRUNG TÂM CÔNG BÁO", 0.5, 1],
    [60, 430, "CV", 0.7, 2], [60, 476, "ĐẾN", 0.95, 3],
    [160, 420, "Số:......", 0.6, 4],
    [160, 460, "Ngày:....", 0.7, 5],
    [160, 500, "Chuyển:....", 0.8, 6],
    [420, 430, "Về việc tăng cường công tác thi hành án", 0.95, 4],
    [330, 500, "Trong thời gian qua, công tác thi hành án đã có nhiều", 0.95, 6],
    [240, 545, "chuyển biến tích cực trên địa bàn tỉnh và được nhân dân đồng tình.", 0.95, 7],
]  # fmt: skip


def test_an_arrival_stamp_whose_frame_was_not_found_is_known_by_its_words() -> None:
    arranged = layout.arrange(page_of(STAMPED), blank())
    stamps = [m.text for m in arranged.marks if m.kind == "stamp"]
    assert stamps == ["TRUNG TÂM CÔNG BÁO CV ĐẾN Số:...... Ngày:.... Chuyển:...."]
    assert [line.text for line in arranged.lines if line.text] == [
        "Về việc tăng cường công tác thi hành án",
        "Trong thời gian qua, công tác thi hành án đã có nhiều",
        "chuyển biến tích cực trên địa bàn tỉnh và được nhân dân đồng tình.",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [[240, 500, "Danh sách CÔNG VĂN ĐẾN trong tháng Số: Ngày: của các cơ quan", 0.95, 1]],
        [[240, 500, "ĐẾN NĂM 2030, TẦM NHÌN 2045", 0.95, 1],
         [240, 560, "Ngày 05 tháng 3, Số 12 của Ủy ban nhân dân huyện về kế hoạch năm", 0.95, 2]],
        [[240, 1900, "ĐẾN", 0.95, 1], [360, 1900, "Số:....", 0.95, 2],
         [360, 1940, "Ngày:....", 0.95, 3]],
    ],
)  # fmt: skip
def test_the_word_alone_is_no_stamp(lines: list[list[Any]]) -> None:
    arranged = layout.arrange(page_of(lines), blank())
    assert "stamp" not in [m.kind for m in arranged.marks]


@pytest.mark.parametrize(
    ("text", "y", "found"),
    [("MẬT", 330, True), ("HỎA TỐC", 330, True), ("Mật", 330, False), ("MẶT TRẬN", 330, False),
     ("MẬT", 1900, False)],
)  # fmt: skip
def test_black_words_of_secrecy_need_no_frame(text: str, y: int, found: bool) -> None:
    lines = [[300, y, text, 0.9, 1], [240, 500, "Các sở, ban, ngành báo cáo kết quả", 0.95, 2]]
    arranged = layout.arrange(page_of(lines), blank())
    assert [m.text for m in arranged.marks if m.kind == "stamp"] == ([text] if found else [])


def test_the_words_of_a_form_stay_where_its_dots_are_misread() -> None:
    lines = [
        [240, 500, "Các sở, ban, ngành báo cáo kết quả thực hiện về Văn phòng trước", 0.95, 1],
        [240, 600, "1. Họ, chữ đệm và tên:", 0.9, 2],
        [540, 600, "scccnnneesccccnnneesccccnnneescccc ĐƯỢC.nnnn,c", 0.05, 2],
        [240, 700, "scccnnnee ƯCSV,.x", 0.1, 3],
    ]
    arranged = layout.arrange(page_of(lines), blank())
    assert "1. Họ, chữ đệm và tên:" in [line.text for line in arranged.lines]
    assert [m.text for m in arranged.marks] == [
        "scccnnneesccccnnneesccccnnneescccc ĐƯỢC.nnnn,c",
        "scccnnnee ƯCSV,.x",
    ]


@pytest.mark.parametrize(("x", "y", "kind"), [(1010, 2260, "page_number"), (1010, 1200, None)])
def test_a_number_in_the_lower_right_corner_is_that_of_the_page(
    x: int, y: int, kind: str | None
) -> None:
    lines = [
        [240, 500 + 45 * n, "Các sở, ban, ngành báo cáo kết quả thực hiện về Văn phòng", 0.95, n]
        for n in range(4)
    ]
    arranged = layout.arrange(page_of([*lines, [x, y, "3", 0.9, 9]]), blank())
    assert [m.kind for m in arranged.marks] == ([kind] if kind else [])


def test_a_misread_dash_and_a_word_under_a_seal_stay() -> None:
    lines = [
        [240, 300, "Các sở, ban, ngành báo cáo kết quả thực hiện về Văn phòng trước ngày", 0.95, 1],
        [240, 430, "Nơi nhận:", 0.9, 3],
        [980, 430, "_PHÓ", 0.1, 3], [1060, 430, "GIÁM ĐỐC", 0.95, 3],
        [240, 470, "~", 0.6, 4], [280, 470, "Như trên;", 0.95, 4],
        [240, 510, "- Lưu: VT.", 0.95, 5],
        [980, 510, "DÂN", 0.1, 5], [1060, 510, "Lê Thị Hà", 0.95, 5],
    ]  # fmt: skip
    texts = [line.text for line in layout.arrange(page_of(lines), blank()).lines]
    assert "~ Như trên;" in texts
    assert "_PHÓ GIÁM ĐỐC" in texts
    assert "Lê Thị Hà" in texts


def test_bare_text_keeps_every_line() -> None:
    text = "  SỞ NỘI VỤ \n\nKính gửi: ai đó\n"
    page = PageSource(3, Path("a.txt"), 0, PageKind.TEXT, text=text)
    arranged = layout.arrange_text(page)
    assert "\n".join(line.text for line in arranged.lines) == text
    assert arranged.number == 3


boxes = st.tuples(
    st.integers(0, WIDTH - 60), st.integers(0, HEIGHT - 40), st.integers(1, 400), st.integers(1, 90)
)
texts = st.sampled_from(
    ["Sở", "Nội", "vụ", "-", "|", "12/QĐ-UBND", "2", "ĐẾN", "Nơi", "nhận:", "…"]
)


@given(st.lists(st.tuples(boxes, texts, st.floats(0, 1), st.integers(0, 9)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_word_is_lost_or_doubled(
    drawn: list[tuple[tuple[int, int, int, int], str, float, int]],
) -> None:
    words = tuple(
        Word(text, (x, y, x + w, y + h), confidence, 1, 1, line)
        for (x, y, w, h), text, confidence, line in drawn
    )
    arranged = layout.arrange(OcrPage(1, WIDTH, HEIGHT, DPI, "vie", words, ()), blank())
    in_lines = [w.text for line in arranged.lines for w in line.words]
    in_marks = [t for m in arranged.marks for t in (m.text or "").split()]
    assert Counter(in_lines + in_marks) == Counter(w.text for w in words)
    for line in arranged.lines:
        assert line.text == " ".join(w.text for w in line.words)
