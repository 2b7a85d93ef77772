"""A letter of each type of document that the rules name, Party and state, with its code."""

from __future__ import annotations

import pytest

from pipeline.letter.read import read_letter
from pipeline.letter.tables import document_types
from tests.test_letter_cases import bare_pages

_COPIES = ("Bản sao", "Trích sao", "Sao lục", "Sao y")
"""These stand on a copy block, not over a letter of their own."""
TYPES = sorted(
    {(t.code, t.name, t.family) for t in document_types() if t.code and t.name not in _COPIES}
)


def party_letter(code: str, name: str) -> list[str]:
    title = [] if name == "Công văn" else [name.upper(), "về công tác bảo vệ rừng", "-----", ""]
    about = ["Về công tác bảo vệ rừng", ""] if name == "Công văn" else []
    return [
        "TỈNH UỶ HÀ GIANG", "*", f"Số 27-{code}/TU", *about,
        "ĐẢNG CỘNG SẢN VIỆT NAM", "Hà Giang, ngày 05 tháng 8 năm 2022", "", *title,
        "Kính gửi: Các huyện uỷ, thành uỷ.", "",
        "Ban Thường vụ Tỉnh uỷ cho ý kiến như sau:", "1- Giữ rừng đầu nguồn.",
        "2- Trồng thêm rừng mới.", "", "Nơi nhận:", "- Như trên;", "- Lưu Văn phòng Tỉnh uỷ.", "",
        "T/M BAN THƯỜNG VỤ", "PHÓ BÍ THƯ", "", "Lý Thị Dó",
    ]  # fmt: skip


def state_letter(code: str, name: str) -> list[str]:
    return [
        "UBND TỈNH HÀ GIANG", "SỞ NỘI VỤ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc", f"Số: 27/{code}-SNV",
        "Hà Giang, ngày 05 tháng 8 năm 2022", "", name.upper(), "Về việc bảo vệ rừng", "",
        "Sở Nội vụ cho ý kiến như sau:", "1. Giữ rừng đầu nguồn.", "2. Trồng thêm rừng mới.", "",
        "Nơi nhận:", "- Như trên;", "- Lưu: VT.", "", "GIÁM ĐỐC", "", "Lý Thị Dó",
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "family"), TYPES)
def test_each_type_is_known_by_its_title_and_bears_its_code(
    code: str, name: str, family: str
) -> None:
    lines = party_letter(code, name) if family == "party" else state_letter(code, name)
    letter = read_letter(bare_pages([lines]))
    mark = f"27-{code}/TU" if family == "party" else f"27/{code}-SNV"
    header = letter.header
    assert (header.document_type, header.number_symbol, letter.family) == (name, mark, family)
    assert header.date == "2022-08-05"
    assert (header.subject or "").removeprefix("về ").removeprefix("Về ").endswith("bảo vệ rừng")
    assert [d.marker for d in letter.directives] == (
        ["1-", "2-"] if family == "party" else ["1.", "2."]
    )
    assert letter.signature.signer == "Lý Thị Dó"
