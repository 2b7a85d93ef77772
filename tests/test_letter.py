"""What holds for every letter, and the parts on their own."""

from __future__ import annotations

import string
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.document import Line, Mark, RestoredLine, RestoredPage, Word, Zone
from pipeline.letter import keywords
from pipeline.letter.dates import find_date
from pipeline.letter.deadlines import find_deadline
from pipeline.letter.folding import fold
from pipeline.letter.identifiers import find_identifiers, read_number_line
from pipeline.letter.issuers import body_name
from pipeline.letter.marks import read_mark
from pipeline.letter.places import mended_body, mended_place
from pipeline.letter.read import read_letter
from pipeline.record import Letter
from tests.test_letter_cases import CASES, bare_pages

PIECES = st.sampled_from(
    [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "ĐẢNG CỘNG SẢN VIỆT NAM", "Số: 12/QĐ-UBND", "Số",
        "V/v", "Kính gửi:", "- ", "1. ", "1.1. ", "a) ", "Điều 1. ", "I. ", "l. ", "Căn cứ ",
        "QUYẾT ĐỊNH:", "QUYẾT ĐỊNH", "Nơi nhận:", "TM. ", "KT. CHỦ TỊCH", "CHỦ TỊCH", "Lê Văn A",
        "Phụ lục", "SAO Y", "./.", ";", ":", ",", "\n", "\n\n", "\f", "        ",
        "ngày 3 tháng 2 năm 2020", "ngày 31/2/2020", "số 20-NQ/TW", "của Ban Bí thư", "Hà Nội, ",
        "UBND tỉnh", "MẬT", "“", "Ð", "A. ", "F. ", "V. ", "(2) ", "đ) ", "l) ", "k) ", "Chương II",
        "Mục 1", "T.M. ", "K.T. Chủ tịch", "TƯỚNG", "12CT/TU", "/QĐ-UBND", "-", "`.", "DANH MỤC",
        "UBND TỈNH HÀ GIANG", "ngày 5-9-1995", "và số 30-KL/TW", "LUẬT", "BAN HÀNH QUY CHẾ",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=60).map(" ".join)


def pages_of(text: str) -> list[RestoredPage]:
    return bare_pages([page.split("\n") for page in text.split("\f")])


@given(TEXTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gives_a_valid_letter(text: str) -> None:
    letter = read_letter(pages_of(text))
    assert Letter.model_validate(letter.model_dump()) == letter


@given(TEXTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_invented(text: str) -> None:
    """Names, places and entries are words of the text; numbers may only lose their spaces, and the
    mark of a point may be mended ("l)"), which a flag tells."""
    letter = read_letter(pages_of(text))
    letters = "".join(c for c in fold(unicodedata.normalize("NFC", text)) if c.isalnum())
    header, signature = letter.header, letter.signature
    printed = [header.place, header.issuing_body, header.subject]
    if "signer_repaired" not in {flag.code for flag in letter.flags}:
        printed.append(signature.signer)
    printed += [*letter.recipients, *letter.distribution, *letter.preamble, *letter.closing]
    marks = {"1", "i"} if "marker_repaired" in {flag.code for flag in letter.flags} else set()
    for value in filter(None, printed):
        for word in (w for w in value.split() if w.strip(".)").casefold() not in marks):
            assert "".join(c for c in fold(word) if c.isalnum()) in letters


@given(st.text(max_size=80))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)


ADVERSARIAL = [
    "1" * 20_000, "1-" * 8_000, "1/" * 8_000, "A-" * 8_000, "12/" + "A-" * 8_000, "a " * 8_000,
    " " * 20_000, "." * 20_000, "ngày " * 4_000, "ngày 1 tháng " * 2_000, "và " * 6_000,
    "Ủy ban nhân dân, " * 1_500, "của Bộ " * 3_000, "số 1" * 5_000, "trong " * 4_000, "- " * 8_000,
    "TM. " * 4_000, "QUYẾT ĐỊNH " * 2_000, "(" * 10_000, "các Nghị định của " * 1_000, "I" * 20_000,
    "Nguyễn " * 3_000, "hoàn thành " * 2_000, ";" * 10_000, "l" * 20_000,
    string.ascii_letters * 300,
]  # fmt: skip


@pytest.mark.parametrize("line", ADVERSARIAL, ids=lambda line: line[:12])
def test_long_lines_take_no_exponential_time(line: str) -> None:
    """A pattern that backtracks without bound would never end here."""
    for head in ("", "Kính gửi: ", "Số: ", "V/v ", "1. ", "Điều 1. ", "Nơi nhận: ", "TM. "):
        read_letter(pages_of(f"Số: 1/QĐ-UBND\nHà Nội, ngày 1 tháng 2 năm 2020\n{head}{line}"))


def test_zones_may_be_wrong() -> None:
    """Every case gives the same fields when all its lines are said to be body."""
    case = next(
        c.values[0]
        for c in CASES
        if c.id == "state: điểm đ after d, g after e, a gap between points"
    )
    assert isinstance(case, dict)
    bare = bare_pages(case["pages"])
    zoned = [
        RestoredPage(p.number, 0, 0, 0, tuple(
            RestoredLine(Line(x.text, Zone.BODY if x.text else Zone.UNKNOWN), x.text)
            for x in p.lines
        ))
        for p in bare
    ]  # fmt: skip
    assert read_letter(zoned) == read_letter(bare)


def scanned(rows: list[tuple[str, Zone, int, int]], marks: tuple[Mark, ...] = ()) -> RestoredPage:
    """A page with boxes: each row is its text, zone, left and top."""
    lines = []
    for text, zone, left, top in rows:
        words, x = [], left
        for token in text.split():
            words.append(Word(token, (x, top, x + 20 * len(token), top + 40), 0.9))
            x += 20 * len(token) + 12
        box = (left, top, x - 12, top + 40) if words else None
        lines.append(RestoredLine(Line(text, zone, box, tuple(words)), text))
    return RestoredPage(1, 2480, 3508, 300, tuple(lines), marks)


SCAN = [
    ("SỞ Y TẾ BÌNH AN", Zone.LETTERHEAD_LEFT, 300, 200),
    ("Số: 15/SYT-NV", Zone.LETTERHEAD_LEFT, 320, 300),
    ("", Zone.UNKNOWN, 0, 0),
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Zone.LETTERHEAD_RIGHT, 1200, 200),
    ("Bình An, ngày 03 tháng 02 năm 2024", Zone.LETTERHEAD_RIGHT, 1300, 300),
    ("V/v trực Tết", Zone.LETTERHEAD_LEFT, 340, 360),
    ("", Zone.UNKNOWN, 0, 0),
    ("Kính gửi: Các bệnh viện", Zone.BODY, 900, 500),
    ("Đề nghị các bệnh viện trực Tết.", Zone.BODY, 400, 700),
    ("", Zone.UNKNOWN, 0, 0),
    ("Nơi nhận:", Zone.FOOT_LEFT, 300, 1500),
    ("- Như trên;", Zone.FOOT_LEFT, 300, 1550),
    ("- Lưu: VT.", Zone.FOOT_LEFT, 300, 1600),
    ("", Zone.UNKNOWN, 0, 0),
    ("GIÁM ĐỐC", Zone.FOOT_RIGHT, 1500, 1500),
    ("Vũ Thị Hoa", Zone.FOOT_RIGHT, 1500, 1800),
]


def test_evidence_is_where_the_words_stand() -> None:
    letter = read_letter([scanned(SCAN)])
    number = letter.evidence["header.number_symbol"]
    assert (number.page, number.box, number.confidence) == (1, (392, 300, 572, 340), 0.9)
    assert letter.evidence["signature.signer"].box == (1500, 1800, 1684, 1840)
    assert letter.evidence["recipients.0"].page == 1
    assert letter.signature.signer == "Vũ Thị Hoa"
    assert letter.distribution == ["Như trên", "Lưu: VT"]
    assert letter.header.subject == "trực Tết"


def test_bare_text_is_sure_evidence_without_box() -> None:
    letter = read_letter(pages_of("Số: 15/SYT-NV\nBình An, ngày 3 tháng 2 năm 2024\nKính gửi: Ai"))
    assert letter.evidence["header.date"].confidence == 1.0
    assert letter.evidence["header.date"].box is None


@pytest.mark.parametrize(
    ("text", "secrecy"),
    [("MẬT", "MẬT"), ("TỐI MẬT", "TỐI MẬT"), ("MẶT", None), ("MẶT TRẬN", None), ("MAT", None)],
)
def test_stamps(text: str, secrecy: str | None) -> None:
    stamp = Mark("stamp", 1, (1, 2, 3, 4), text, 0.8)
    letter = read_letter([scanned(SCAN, (stamp,))])
    assert letter.header.secrecy == secrecy
    assert ("header.secrecy" in letter.evidence) == (secrecy is not None)


def test_a_number_written_by_hand_is_flagged() -> None:
    rows = [
        ("Số: 15 /SYT-NV", z, x, y) if t.startswith("Số") else (t, z, x, y) for t, z, x, y in SCAN
    ]
    letter = read_letter([scanned(rows)])
    assert letter.header.number_symbol == "15/SYT-NV"
    assert "number_doubtful" in [f.code for f in letter.flags]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Số 1046-CV/TU và 37/TTr -UBND", ["1046-CV/TU", "37/TTr-UBND"]),
        ("số 61/2018/ NĐ-CP; 15/2021/QĐ-UBND", ["61/2018/NĐ-CP", "15/2021/QĐ-UBND"]),
        ("Luật số 35/2021/QH15", ["35/2021/QH15"]),
        ("55/2005/TTLT-BNV-VPCP", ["55/2005/TTLT-BNV-VPCP"]),
        ("1488/VP-KH&CĐS.", ["1488/VP-KH&CĐS"]),
        ("từ ngày 30/4 đến 01/5/2024, đạt 24/7", []),
        ("giai đoạn 2021-2030/Bộ", []),
        ("#99/UBND-NC", []),
        ("số 01/⁄2018/TT-VPCP", ["01/2018/TT-VPCP"]),
        ("văn bản số 2618UBND-KT", ["2618/UBND-KT"]),
    ],
)
def test_identifiers(text: str, symbols: list[str]) -> None:
    assert [i.text for i in find_identifiers(text)] == symbols


@pytest.mark.parametrize(
    ("text", "number", "symbol", "illegible"),
    [
        ("/TTr-UBND", None, "TTr-UBND", False),
        ("...../QĐ-UBND", None, "QĐ-UBND", False),
        ("-CV/TU", None, "CV/TU", False),
        ("$4/UBND-KTTH", None, "UBND-KTTH", True),
        ("@4+ /TTr -UBND", None, "TTr-UBND", True),
        ("77-TTg", "77", "TTg", False),
        ("1117 TCT/NV2", "1117", "TCT/NV2", False),
        ("07 /QĐ-UBND", "07", "QĐ-UBND", False),
        ("231/,QĐ-UBND", "231", "QĐ-UBND", False),
    ],
)
def test_number_lines(text: str, number: str | None, symbol: str, illegible: bool) -> None:
    found = read_number_line(text)
    assert found is not None
    assert (found.number, found.symbol, found.illegible) == (number, symbol, illegible)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Hải Phòng, ngày 18 tháng 9 năm 2019", "2019-09-18"),
        ("ngày 26tháng 7 năm 2020", "2020-07-26"),
        ("ngày 4 tháng mười hai năm 1999", "1999-12-04"),
        ("ngày 30-5-2019", "2019-05-30"),
        ("ngày 31/10/2017 hướng dẫn nghiệp vụ", "2017-10-31"),
        ("ngày      tháng 9 năm 2019", None),
        ("ngày {5 tháng 9 năm 2019", None),
        ("ngày 1† tháng 9 năm 2019", None),
        ("ngày 31 tháng 6 năm 2019", None),
    ],
)
def test_dates(text: str, iso: str | None) -> None:
    date = find_date(text)
    assert date is not None
    assert date.iso == iso


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("Gửi về Sở trước ngày 30/6/2024.", "trước ngày 30/6/2024"),
        ("hoàn thành trong quý III/2024;", "trong quý III/2024"),
        ("xử lý trong 10 ngày kể từ ngày ký.", "trong 10 ngày kể từ ngày ký"),
        ("báo cáo chậm nhất ngày 15 tháng 8 năm 2023", "chậm nhất ngày 15 tháng 8 năm 2023"),
        ("nộp trước 16 giờ 00 ngày 02/3/2022", "trước 16 giờ 00 ngày 02/3/2022"),
        ("theo Công văn ngày 30/6/2024", None),
        ("đến hết năm 2025", "đến hết năm 2025"),
    ],
)
def test_deadlines(text: str, deadline: str | None) -> None:
    assert find_deadline(text) == deadline


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ban Bí thư về tiếp tục thực hiện", "Ban Bí thư"),
        (
            "Ủy ban nhân dân Thành phố Cần Thơ cử công chức",
            "Ủy ban nhân dân Thành phố Cần Thơ",
        ),
        ("Bộ trưởng, Chủ nhiệm Văn phòng Chính phủ về", "Bộ trưởng, Chủ nhiệm Văn phòng Chính phủ"),
        ("Bộ Văn hóa, Thể thao và Du lịch quy định", "Bộ Văn hóa, Thể thao và Du lịch"),
        (
            "Ban Chấp hành Đảng bộ thành phố khoá XIV “về",
            "Ban Chấp hành Đảng bộ thành phố khoá XIV",
        ),
        ("Bộ Giáo dục và Đào tạo ban hành Quy chế", "Bộ Giáo dục và Đào tạo"),
        ("đồng bào", ""),
    ],
)
def test_names_of_bodies(text: str, name: str) -> None:
    assert body_name(text) == name


def test_marks_are_decided_with_their_diacritics() -> None:
    assert read_mark("MẬT") == ("secrecy", "MẬT")
    assert read_mark("Hỏa tốc") == ("urgency", "Hỏa tốc")
    assert read_mark("MẶT TRẬN TỔ QUỐC") is None


@pytest.mark.parametrize(
    "text", ["Kính gửi: A", "Kinh gui: A", "Kính gửi A", "gửi: A", "Kinh giri: A"]
)
def test_damaged_address(text: str) -> None:
    start = keywords.recipients_start(text)
    assert start is not None
    assert text[start:].strip() == "A"


def test_a_number_read_as_two_is_one_and_flagged() -> None:
    letter = read_letter(
        pages_of("Căn cứ Quyết định số 1 747/QĐ-BTC, số 69/201 8/NĐ-CP, số 1 098-TB/TU;")
    )
    found = [c.number_symbol for c in letter.citations]
    assert found == ["1747/QĐ-BTC", "69/2018/NĐ-CP", "1098-TB/TU"]
    assert [f.code for f in letter.flags].count("citation_repaired") == 3


def test_points_of_a_quoted_law_are_not_the_letters_own() -> None:
    text = (
        "Số: 8/CT-CS\nKính gửi: Chi cục Thuế\n\nLuật Thuế quy định:\n\n“1. Thu nhập chịu thuế;\n\n"
        "2. Thu nhập được miễn.”\n\nCục Thuế trả lời để Chi cục biết./."
    )
    assert read_letter(pages_of(text)).directives == []


FOOT = [
    ("Nơi nhận:", Zone.FOOT_LEFT, 300, 1500),
    ("- Như trên,", Zone.FOOT_LEFT, 300, 1560),
    ("Các đoàn thể.", Zone.FOOT_LEFT, 325, 1620),
    ("- Lưu: VT.", Zone.FOOT_LEFT, 300, 1680),
    ("KT. GIÁM ĐỐC", Zone.FOOT_RIGHT, 1500, 1500),
]


def test_words_read_apart_under_a_seal_come_back_with_a_flag() -> None:
    marks = (
        Mark("handwriting", 1, (1380, 1560, 1490, 1600), "—PHÓ", 0.3),
        Mark("handwriting", 1, (1380, 1800, 1490, 1840), "~Nguyễn", 0.3),
    )
    signed = [
        ("GIÁM ĐỐC", Zone.FOOT_RIGHT, 1500, 1560),
        ("Hải Yến", Zone.FOOT_RIGHT, 1500, 1800),
    ]
    letter = read_letter([scanned([*SCAN[:9], *FOOT, *signed], marks)])
    assert letter.signature.position == "PHÓ GIÁM ĐỐC"
    assert letter.signature.signer == "Nguyễn Hải Yến"
    flags = {(f.code, f.where) for f in letter.flags}
    assert ("position_repaired", "signature.position") in flags
    assert ("signer_repaired", "signature.signer") in flags


def test_a_name_without_family_name_is_left_as_read_with_a_flag() -> None:
    marks = (Mark("handwriting", 1, (1380, 1800, 1490, 1840), "#xZ", 0.3),)
    signed = [("Hải Yến", Zone.FOOT_RIGHT, 1500, 1800)]
    letter = read_letter([scanned([*SCAN[:9], *FOOT[:-1], *SCAN[14:15], *signed], marks)])
    assert letter.signature.signer == "Hải Yến"
    assert "signer_doubtful" in {f.code for f in letter.flags}


def test_a_dash_lost_by_the_place_of_the_line() -> None:
    letter = read_letter([scanned([*SCAN[:9], *FOOT, SCAN[15]])])
    assert letter.distribution == ["Như trên", "Các đoàn thể", "Lưu: VT"]


def test_a_position_read_word_by_word_and_pieces_of_a_stamp_in_the_margin() -> None:
    words = [
        ("PHÓ", Zone.FOOT_RIGHT, 1450, 1560),
        ("GIÁM", Zone.FOOT_RIGHT, 1580, 1560),
        ("ĐỐC", Zone.FOOT_RIGHT, 1720, 1560),
    ]
    body = [
        ("ĐẾN", Zone.BODY, 100, 640),
        ("Đề nghị các bệnh viện trực Tết đủ người, đủ thuốc, đủ giường cho bệnh nhân nặng và báo "
         "cáo.", Zone.BODY, 400, 700),
    ]  # fmt: skip
    letter = read_letter([scanned([*SCAN[:8], *body, *FOOT, *words, SCAN[15]])])
    assert letter.signature.position == "PHÓ GIÁM ĐỐC"
    assert len(letter.preamble) == 1
    assert letter.preamble[0].startswith("Đề nghị")


def test_two_lines_read_as_one_row_are_parted() -> None:
    page = scanned([*SCAN[:9], *FOOT[:2], SCAN[15]])
    words = [("-", 300, 1560), ("-", 301, 1620), ("Lưu:", 330, 1620), ("Sở", 331, 1560)]
    words += [("VT.", 430, 1620), ("Y", 431, 1560), ("tế;", 470, 1560)]
    row = tuple(Word(t, (x, y, x + 30, y + 40), 0.9) for t, x, y in words)
    text = " ".join(w.text for w in row)
    line = RestoredLine(Line(text, Zone.FOOT_LEFT, (300, 1560, 500, 1660), row), text)
    lines = (*page.lines[:-1], line, page.lines[-1])
    letter = read_letter([RestoredPage(1, 2480, 3508, 300, lines)])
    assert letter.distribution == ["Như trên", "Sở Y tế", "Lưu: VT"]


def test_a_field_read_badly_is_flagged() -> None:
    page = scanned(SCAN)
    lines = [
        replace(x, raw=replace(x.raw, words=tuple(replace(w, confidence=0.3) for w in x.raw.words)))
        if x.text in ("SỞ Y TẾ BÌNH AN", "- Như trên;")
        else x
        for x in page.lines
    ]
    letter = read_letter([RestoredPage(1, 2480, 3508, 300, tuple(lines))])
    wheres = {f.where for f in letter.flags if f.code == "field_doubtful"}
    assert wheres == {"header.issuing_body", "distribution.0"}


def test_what_a_seal_leaves_of_a_signature_is_given_with_flags() -> None:
    signed = [("TỊCH", Zone.FOOT_RIGHT, 1720, 1500), ("Hoàng Mai", Zone.FOOT_RIGHT, 1500, 1800)]
    scribble = ("J7 X", Zone.FOOT_LEFT, 500, 1530)
    letter = read_letter([scanned([*SCAN[:9], FOOT[0], scribble, *FOOT[1:4], *signed])])
    assert letter.distribution == ["Như trên", "Các đoàn thể", "Lưu: VT"]
    assert letter.signature.position == "TỊCH"
    assert letter.signature.signer == "Hoàng Mai"
    assert "position_doubtful" in {f.code for f in letter.flags}


@pytest.mark.parametrize(
    ("read", "mended"),
    [("Lâm Đồng", "Lâm Đồng"), ("Quảng Ngai", "Quảng Ngãi"), ("Tỉnh Hà Nôi", "Tỉnh Hà Nội"),
     ("Xứ Lạ", "Xứ Lạ")],
)  # fmt: skip
def test_marks_of_a_place_come_back_where_one_is_meant(read: str, mended: str) -> None:
    assert mended_place(read, "") == mended


@pytest.mark.parametrize(
    ("read", "mended"),
    [("THÀNH PHÓ HẢI PHÒNG", "THÀNH PHỐ HẢI PHÒNG"), ("TĨNH HÀ TĨNH", "TỈNH HÀ TĨNH"),
     ("UỶ BAN NHÂN DÂN", "UỶ BAN NHÂN DÂN"), ("ỦY BAN NHÂN DÂN", "ỦY BAN NHÂN DÂN")],
)  # fmt: skip
def test_marks_of_set_words_in_a_body_come_back(read: str, mended: str) -> None:
    assert mended_body(read) == mended
