"""Lines that are a position or a type of document: what is repaired, and what stays."""

from __future__ import annotations

import pytest

from pipeline.restore.set_lines import fixes


def repaired(text: str) -> str:
    for start, end, after in sorted(fixes(text), reverse=True):
        text = text[:start] + after + text[end:]
    return text


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("PHÓ CHU TỊCH", "PHÓ CHỦ TỊCH"),
        ("KT. BÍ THƯ yạ", "KT. BÍ THƯ"),
        ("PHÓ ( BÍ ý THƯ", "PHÓ BÍ THƯ"),
        ("QUYÉT ĐỊNH:", "QUYẾT ĐỊNH:"),
        ("Ờ TRÌNH", "TỜ TRÌNH"),
    ],
)
def test_a_position_or_type_alone_on_its_line_is_repaired(read: str, printed: str) -> None:
    assert repaired(read) == printed
    assert repaired(printed) == printed


@pytest.mark.parametrize(
    "text",
    [
        "TRƯỞNG BẢN",  # of a village, not TRƯỞNG BAN
        "ĐỘI TRƯỞNG",
        "HỘI TRƯỞNG THÀNH",
        "PHÓ CHỦ TỊCH UBND XÃ",
        "Phó chu tịch",
        "KT.",
        "NGHỊ ĐỊNH1",
        "VĂN BẢN HỢP NHẤT -",
        "GIÁM THỊ",
        "CHỦ Ý TỊCH",
    ],
)
def test_other_lines_of_capitals_stay(text: str) -> None:
    assert repaired(text) == text
