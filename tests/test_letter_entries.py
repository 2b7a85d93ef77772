"""Entries of "Nơi nhận" without what no printer set, and with what small print lost."""

from __future__ import annotations

import pytest

from pipeline.document import Line, RestoredLine, RestoredPage, Word, Zone
from pipeline.letter.entries import mended_entry
from pipeline.letter.read import read_letter
from pipeline.process import extract_text

HEAD = """UỶ BAN NHÂN DÂN TỈNH HOÀ AN
Số: 12/TB-UBND
CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Hoà An, ngày 14 tháng 5 năm 2024

THÔNG BÁO
Về việc nghỉ lễ

Văn phòng thông báo để các cơ quan biết, thực hiện./.

"""


ABOVE = [
    ("UỶ BAN NHÂN DÂN TỈNH HOÀ AN", Zone.LETTERHEAD_LEFT),
    ("Số: 12/TB-UBND", Zone.LETTERHEAD_LEFT),
    ("Hoà An, ngày 14 tháng 5 năm 2024", Zone.LETTERHEAD_RIGHT),
    ("THÔNG BÁO", Zone.TITLE),
    ("Về việc nghỉ lễ", Zone.TITLE),
    ("Văn phòng thông báo để các cơ quan biết, thực hiện./.", Zone.BODY),
]


def listed(*rows: tuple[str, float]) -> list[str]:
    """The distribution of scanned rows, each with how surely its last word was read."""
    lines = [
        RestoredLine(Line(text, zone, (300, 100 * n, 1900, 100 * n + 40), ()), text)
        for n, (text, zone) in enumerate(ABOVE, 2)
    ]
    for i, (text, sure) in enumerate([("Nơi nhận:", 0.9), *rows]):
        top, tokens = 1500 + 60 * i, text.split()
        words = [
            Word(t, (300 + 90 * n, top, 380 + 90 * n, top + 40), 0.9 if t != tokens[-1] else sure)
            for n, t in enumerate(tokens)
        ]
        box = (300, top, words[-1].box[2], top + 40)
        lines.append(RestoredLine(Line(text, Zone.FOOT_LEFT, box, tuple(words)), text))
    return read_letter([RestoredPage(1, 2480, 3508, 300, tuple(lines))]).distribution


@pytest.mark.parametrize(
    ("read", "sure", "entry"),
    [
        ("- Lưu: VT, TH (3b). Lan 44", 0.7, "Lưu: VT, TH (3b). Lan"),
        ("- Lưu: VT, TH (3b). Lan 44", 0.93, "Lưu: VT, TH (3b). Lan 44"),
        ("- Lưu: VT, TH 12", 0.7, "Lưu: VT, TH 12"),
        ("- Lưu: VT, TH (2).‡JĐ9", 0.1, "Lưu: VT, TH (2)"),
        ("- Lưu: VT. uc", 0.6, "Lưu: VT"),
    ],
)
def test_what_a_hand_wrote_behind_the_last_entry_is_left_out(
    read: str, sure: float, entry: str
) -> None:
    assert listed(("- Như trên;", 0.9), (read, sure)) == ["Như trên", entry]


def test_a_scribble_below_the_last_entry_is_none() -> None:
    assert listed(("- Như trên;", 0.9), ("- Lưu: VT, TH.", 0.9), ("cựT", 0.2)) == [
        "Như trên",
        "Lưu: VT, TH",
    ]


def test_pieces_of_a_seal_behind_an_entry_are_left_out() -> None:
    assert listed(("- Văn phòng Chính phủ; `Ñ ““Mju", 0.2), ("- Lưu: VT.", 0.9)) == [
        "Văn phòng Chính phủ",
        "Lưu: VT",
    ]


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Cục Văn thư (để b⁄‹)", "Cục Văn thư (để b/c)"),
        ("Bộ Nội vụ (b/c)", "Bộ Nội vụ (b/c)"),
        ("Bộ Nội vụ (b/cáo)", "Bộ Nội vụ (b/cáo)"),
        ("s Lm: VT, TH", "Lưu: VT, TH"),
        ("Lưu VT", "Lưu VT"),
        ("Lưu; VT, TH", "Lưu: VT, TH"),
        ("Lưu: VỊ, TH", "Lưu: VT, TH"),
        ("Thành phố trực thuộc trung trc", "Thành phố trực thuộc trung ương"),
        ("Các phòng trực thuộc trung tâm", "Các phòng trực thuộc trung tâm"),
    ],
)
def test_set_words_of_entries_come_back(read: str, meant: str) -> None:
    assert mended_entry(read) == meant


def test_an_entry_that_names_several_goes_on() -> None:
    foot = (
        "Nơi nhận:\n- Như trên;\n- Các công ty: Cấp nước Hoà An;\nMôi trường Hoà An;\n- Lưu: VT.\n"
    )
    found = extract_text(HEAD + foot).distribution
    assert found == ["Như trên", "Các công ty: Cấp nước Hoà An; Môi trường Hoà An", "Lưu: VT"]
