"""Made-up records for trying the search index: seeded, of any number, in words of our own.

Letters have the size of real ones (about 500 words, three to eight directives) and their spread of
words: some stand in every letter ("uỷ ban nhân dân"), others in few, for a letter is about one or
two things and few places. They cite one another, and some keep traces of OCR that a correction
removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from pipeline.letter.tables import rows
from pipeline.record import (
    Citation,
    Directive,
    Header,
    Page,
    Record,
    Signature,
    SourceInfo,
)

PLACES = """An Bình|Bến Gỗ|Cát Tiên|Dương Sơn|Đông Lâm|Gia Phúc|Hà Khê|Hoà Mỹ|Khánh Thuỷ|Kim Quý
Lạc Thuỷ|Minh Hoá|Nam Khê|Ngọc Lý|Phú Hoà|Quảng Tây|Sơn Kỳ|Tân Thuý|Thạch Bàn|Vĩnh Huỳnh"""
SURNAMES = "Nguyễn|Trần|Lê|Phạm|Hoàng|Vũ|Đặng|Bùi|Đỗ|Ngô|Dương|Lý"
GIVEN = "An|Bình|Cường|Dũng|Giang|Hà|Khải|Lâm|Minh|Ngọc|Phúc|Quý|Sơn|Thuỷ|Tuấn|Vân|Yến"
ACTORS = """các phòng chuyên môn|văn phòng|ban quản lý chợ|trạm y tế|các trường học|công an xã
hội nông dân|đoàn thanh niên|ban chỉ huy quân sự|tổ dân phố|hợp tác xã|các chi bộ|hội phụ nữ
đội trật tự đô thị|thư viện huyện|trung tâm văn hoá|bưu điện|kho bạc|chi cục thuế|ban tiếp dân"""
VERBS = """rà soát|lập danh sách|kiểm tra|tổng hợp|bố trí|sửa chữa|hướng dẫn|vận động|thống kê
niêm yết|bàn giao|theo dõi|đôn đốc|thông báo|lưu trữ|số hoá|nghiệm thu|đánh giá|phối hợp|giám sát"""
OBJECTS = """hệ thống thoát nước|hồ sơ đất đai|sách giáo khoa|vườn ươm cây giống|đường liên thôn
kho lưu trữ|quỹ khuyến học|bến đò ngang|đàn gia súc|trạm bơm|nhà văn hoá thôn|chợ phiên
rừng phòng hộ|đê bao|công trình nước sạch|ngày hội đọc sách|tủ thuốc học đường|làng nghề mây tre
cột mốc địa giới|bãi tập kết rác|giống lúa mới|xe đưa đón học sinh|lễ hội đền|bếp ăn tập thể"""
PURPOSES = """trước mùa mưa bão|để đón năm học mới|theo đúng quy định|nhằm bảo đảm an toàn
trong quý này|không để chậm trễ|có sự tham gia của nhân dân|bằng nguồn vốn tiết kiệm
khi thời tiết thuận lợi|và công khai kết quả|theo tinh thần cuộc họp giao ban
để giảm phiền hà cho người dân|gắn với phong trào thi đua|từ nay đến cuối năm"""
QUALIFIERS = """cấp xã|liên thôn|theo cụm dân cư|giai đoạn hai|quy mô nhỏ|vùng ven sông|tự quản
thuộc dự án thí điểm|do cộng đồng quản lý|được tài trợ|chưa nghiệm thu|xuống cấp|mới tiếp nhận
phục vụ sản xuất|của các trường|ngoài đê|trên địa bàn giáp ranh|đã hết khấu hao|có vốn đối ứng
khu tái định cư"""
GENERAL = """các nhiệm vụ được giao|công tác phối hợp|những việc còn tồn đọng|kế hoạch đã đề ra
kinh phí được phân bổ|ý kiến của nhân dân|tiến độ thực hiện|danh sách cán bộ phụ trách
các biểu mẫu kèm theo|trách nhiệm của từng cá nhân|kết quả sáu tháng đầu năm|lịch kiểm tra"""
TYPES = ("Công văn", "Quyết định", "Thông báo", "Kế hoạch", "Báo cáo")
CODES = {"Quyết định": "QĐ", "Thông báo": "TB", "Kế hoạch": "KH", "Báo cáo": "BC"}
_CONFUSED = str.maketrans({"ấ": "ẩ", "ỏ": "ó", "đ": "d", "ữ": "ử", "ị": "i", "ố": "6"})


def letters(count: int, seed: int = 1) -> Iterator[Record]:
    """`count` records, always the same for the same seed."""
    chance = Random(seed)
    issued: list[Citation] = []
    for number in range(1, count + 1):
        record = _letter(number, chance, issued)
        header = record.header
        assert header.number_symbol is not None
        issued.append(
            Citation(
                document_type=header.document_type,
                number_symbol=header.number_symbol,
                date=header.date,
                issuer=header.issuing_body,
            )
        )
        del issued[:-500]
        yield record


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a letter is about: things, and the places they are at."""

    things: tuple[str, ...]
    places: tuple[str, ...]

    @classmethod
    def any(cls, chance: Random) -> _Matter:
        """One or two things, two or three places."""
        things = (
            f"{any_of(OBJECTS, chance)} {any_of(QUALIFIERS, chance)}"
            for _ in range(chance.randint(1, 2))
        )
        places = (_rare_place(chance) for _ in range(chance.randint(1, 2)))
        return cls(tuple(things), (any_of(PLACES, chance), *places))


def _letter(number: int, chance: Random, issued: list[Citation]) -> Record:
    matter = _Matter.any(chance)
    header = _header(number, chance, matter)
    signer = f"{any_of(SURNAMES, chance)} {any_of(GIVEN, chance)} {any_of(GIVEN, chance)}"
    citations = chance.sample(issued, min(len(issued), chance.randint(0, 2)))
    directives = [
        Directive(marker=f"{i}.", text=_paragraph(chance, matter, chance.randint(2, 5)))
        for i in range(1, chance.randint(3, 8) + 1)
    ]
    opening = " ".join(f"Thực hiện {c.document_type} số {c.number_symbol}." for c in citations)
    preamble = [f"{opening} {_paragraph(chance, matter, 4)}".strip()]
    recipients = [f"Uỷ ban nhân dân xã {_rare_place(chance)}", "Văn phòng Uỷ ban nhân dân huyện"]
    lines = (
        *(f"{header.issuing_body}", "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        *("Độc lập - Tự do - Hạnh phúc", f"Số: {header.number_symbol}"),
        *(f"{header.place}, ngày {header.date}", f"V/v {header.subject}"),
        *(f"Kính gửi: {'; '.join(recipients)}.", *preamble),
        *(f"{d.marker} {d.text}" for d in directives),
        *("Nơi nhận:", "- Như trên;", "- Lưu: VT.", "TM. UỶ BAN NHÂN DÂN", "CHỦ TỊCH", signer),
    )
    name = f"letter-{number:06}"
    return Record(
        document_id=name,
        status="done",
        family="state",
        source=SourceInfo(path=f"{name}.pdf", sha256="", bytes=0, media_type="", pages=2),
        header=header,
        recipients=recipients,
        preamble=preamble,
        directives=directives,
        signature=Signature(position="CHỦ TỊCH", signer=signer),
        citations=citations,
        pages=_pages(list(lines), chance),
    )


def _header(number: int, chance: Random, matter: _Matter) -> Header:
    place = matter.places[0]
    kind = chance.choice(TYPES)
    symbol = f"{CODES[kind]}-UBND" if kind in CODES else f"UBND-{chance.choice(['VX', 'KT', 'NC'])}"
    day = f"{chance.randint(2005, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return Header(
        issuing_body=f"UỶ BAN NHÂN DÂN XÃ {place.upper()}",
        number_symbol=f"{number}/{symbol}",
        number=str(number),
        symbol=symbol,
        place=place,
        date=day,
        document_type=kind,
        subject=f"{any_of(VERBS, chance)} {matter.things[0]} {any_of(PURPOSES, chance)}",
    )


def _paragraph(chance: Random, matter: _Matter, sentences: int) -> str:
    return " ".join(_sentence(chance, matter) for _ in range(sentences))


def _sentence(chance: Random, matter: _Matter) -> str:
    actor, verb, purpose = (any_of(words, chance) for words in (ACTORS, VERBS, PURPOSES))
    if chance.random() < 0.5:
        return f"{actor.capitalize()} {verb} {any_of(GENERAL, chance)} {purpose}."
    thing = f"{chance.randint(2, 900)} {chance.choice(matter.things)}"
    return f"{actor.capitalize()} {verb} {thing} tại {chance.choice(matter.places)} {purpose}."


def _rare_place(chance: Random) -> str:
    """A place, some far oftener than others."""
    places = _places()
    return places[int(len(places) * chance.random() ** 3)]


@cache
def _places() -> tuple[str, ...]:
    names = (row[0].strip() for row in rows("places.tsv"))
    return tuple(sorted({name for name in names if name[:1].isalpha()}, key=lambda n: n[::-1]))


def any_of(words: str, chance: Random) -> str:
    """One entry of a list above."""
    return chance.choice(words.replace("\n", "|").split("|"))


def _pages(lines: list[str], chance: Random) -> list[Page]:
    """Two pages; on every tenth line of the raw text some letters are misread."""
    half = len(lines) // 2
    out = []
    for number, part in enumerate((lines[:half], lines[half:]), 1):
        raw = [t.translate(_CONFUSED) if chance.random() < 0.1 else t for t in part]
        out.append(Page(number=number, raw_text="\n".join(raw), text="\n".join(part)))
    return out
