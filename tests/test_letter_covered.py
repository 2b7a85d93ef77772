"""What a seal hides of a signature's first words comes back where the block's axis tells it."""

from __future__ import annotations

import pytest

from pipeline.document import Line, RestoredLine, RestoredPage, Word, Zone
from pipeline.letter.read import read_letter
from pipeline.print_widths import SPACE, width_of
from pipeline.record import Letter

EM = 55.0
AXIS = 1800.0
TOP = [
    ("UỶ BAN NHÂN DÂN TỈNH HOÀ AN", Zone.LETTERHEAD_LEFT, 600),
    ("Số: 12/QĐ-UBND", Zone.LETTERHEAD_LEFT, 600),
    ("CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM", Zone.LETTERHEAD_RIGHT, 1700),
    ("Độc lập - Tự do - Hạnh phúc", Zone.LETTERHEAD_RIGHT, 1700),
    ("Hoà An, ngày 14 tháng 5 năm 2024", Zone.LETTERHEAD_RIGHT, 1700),
    ("QUYẾT ĐỊNH", Zone.TITLE, 1240),
    ("Về việc kiện toàn Hội đồng", Zone.TITLE, 1240),
    ("Điều 1. Kiện toàn Hội đồng.", Zone.BODY, 1240),
]


def printed(text: str, middle: float, top: int, zone: Zone, hidden: int = 0) -> RestoredLine:
    """`text` set centred on `middle`, its first `hidden` words under a seal."""
    x = middle - (width_of(text, slanted=False) + SPACE * text.count(" ")) * EM / 2
    words = []
    for token in text.split():
        wide = width_of(token, slanted=False) * EM
        words.append(Word(token, (int(x), top, int(x + wide), top + 48), 0.9))
        x += wide + SPACE * EM
    seen = tuple(words[hidden:])
    box = (seen[0].box[0], top, seen[-1].box[2], top + 48)
    left = " ".join(w.text for w in seen)
    return RestoredLine(Line(left, zone, box, seen), left)


def signed(*block: tuple[str, int, int]) -> Letter:
    """A letter signed with lines of (text, top, hidden words)."""
    head = [printed(t, x, 200 + 80 * i, z) for i, (t, z, x) in enumerate(TOP)]
    seal = [printed(t, AXIS, y, Zone.FOOT_RIGHT, hidden) for t, y, hidden in block]
    label = printed("Nơi nhận:", 400, 1500, Zone.FOOT_LEFT)
    return read_letter([RestoredPage(1, 2480, 3508, 300, (*head, label, *seal))])


@pytest.mark.parametrize(
    ("position", "hidden"),
    [("CHỦ TỊCH", 1), ("PHÓ CHỦ TỊCH", 2), ("PHÓ CHỦ TỊCH", 1), ("PHÓ GIÁM ĐỐC", 1)],
)
def test_a_position_comes_back_by_its_axis(position: str, hidden: int) -> None:
    letter = signed((position, 1500, hidden), ("Hoàng Văn Mai", 1800, 0))
    assert letter.signature.position == position
    assert "position_repaired" in {f.code for f in letter.flags}


def test_what_an_unmarked_head_signs_stays() -> None:
    letter = signed(("CHỦ TỊCH", 1500, 0), ("Hoàng Văn Mai", 1800, 0))
    assert (letter.signature.authority, letter.signature.position) == (None, "CHỦ TỊCH")
    assert "position_repaired" not in {f.code for f in letter.flags}


def test_the_line_hidden_between_a_body_and_its_deputy_comes_back() -> None:
    body, deputy = ("TM. UỶ BAN NHÂN DÂN", 1500, 0), ("PHÓ CHỦ TỊCH", 1620, 1)
    letter = signed(body, deputy, ("Hoàng Văn Mai", 1900, 0))
    assert letter.signature.authority == "TM. UỶ BAN NHÂN DÂN KT. CHỦ TỊCH"
    assert letter.signature.position == "PHÓ CHỦ TỊCH"
    assert "authority_repaired" in {f.code for f in letter.flags}


def test_no_line_is_put_where_none_can_be_hidden() -> None:
    letter = signed(
        ("TM. UỶ BAN NHÂN DÂN", 1500, 0), ("PHÓ CHỦ TỊCH", 1560, 0), ("Hoàng Văn Mai", 1900, 0)
    )
    assert letter.signature.authority == "TM. UỶ BAN NHÂN DÂN"


def test_the_body_signed_for_comes_back() -> None:
    letter = signed(("TM. CHÍNH PHỦ", 1500, 2), ("THỦ TƯỚNG", 1560, 0), ("Hoàng Văn Mai", 1900, 0))
    assert letter.signature.authority == "TM. CHÍNH PHỦ"
    assert letter.signature.position == "THỦ TƯỚNG"


def test_two_positions_read_as_one_row_are_head_and_deputy() -> None:
    letter = signed(("HIỆU TRƯỞNG HIỆU TRƯỞNG", 1500, 0), ("Hoàng Văn Mai", 1800, 0))
    assert letter.signature.authority == "KT. HIỆU TRƯỞNG"
    assert letter.signature.position == "PHÓ HIỆU TRƯỞNG"


def test_who_signs_for_the_head_of_a_named_unit_is_the_deputy() -> None:
    letter = signed(
        ("KT. TRƯỞNG BAN BAN CHÍNH SÁCH", 1500, 0),
        ("TRƯỞNG BAN", 1560, 0),
        ("Hoàng Văn Mai", 1800, 0),
    )
    assert letter.signature.position == "PHÓ TRƯỞNG BAN"
