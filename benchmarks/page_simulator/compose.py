"""Pages to print from clean text: mostly body, with headings, lists, letterheads and feet.

The bodies, names and symbols of letterheads and feet are drawn from small tables of our own, so
that the channel also sees capitals, italics and abbreviations as letters have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex

from benchmarks.page_simulator import letter_layout as layout
from benchmarks.page_simulator.typeset import Block

_CHAPTER = regex.compile(r"(?:Chương|Mục|Phần|CHƯƠNG|MỤC|PHẦN) [IVX\d]+")
_ARTICLE = regex.compile(r"(Điều \d+[a-zđ]?[.:]) ?(.*)", regex.DOTALL)
_PRINTABLE = regex.compile(r"[\p{Latin}\p{M}\d\s\p{P}%+=<>°§&/]+")

_MARKED = regex.compile(r"[À-ỹ]")

_STATE = (
    (("UỶ BAN NHÂN DÂN", "TỈNH NINH BÌNH"), "UBND-VP6", "Ninh Bình"),
    (("ỦY BAN NHÂN DÂN", "THÀNH PHỐ CẦN THƠ"), "QĐ-UBND", "Cần Thơ"),
    (("BỘ GIÁO DỤC VÀ ĐÀO TẠO",), "BGDĐT-GDTrH", "Hà Nội"),
    (("BỘ NỘI VỤ",), "BNV-TCBC", "Hà Nội"),
    (("BỘ Y TẾ",), "BYT-KCB", "Hà Nội"),
    (("SỞ TƯ PHÁP",), "STP-VB", "Thái Nguyên"),
    (("HỘI ĐỒNG NHÂN DÂN", "TỈNH ĐỒNG THÁP"), "NQ-HĐND", "Đồng Tháp"),
    (("VĂN PHÒNG CHÍNH PHỦ",), "VPCP-QHĐP", "Hà Nội"),
    (("CỤC THUẾ",), "CT-TTHT", "Hà Nội"),
    (("SỞ NÔNG NGHIỆP", "VÀ MÔI TRƯỜNG"), "SNNMT-KL", "Đắk Lắk"),
)
_PARTY = (
    (("TỈNH UỶ BẮC NINH",), "TU", "Bắc Ninh"),
    (("THÀNH UỶ ĐÀ NẴNG",), "TU", "Đà Nẵng"),
    (("HUYỆN UỶ MỘC CHÂU",), "HU", "Mộc Châu"),
    (("BAN CHẤP HÀNH TRUNG ƯƠNG", "BAN TỔ CHỨC"), "BTCTW", "Hà Nội"),
    (("TỈNH UỶ QUẢNG TRỊ", "UỶ BAN KIỂM TRA"), "UBKTTU", "Quảng Trị"),
    (("ĐẢNG UỶ CÁC CƠ QUAN TỈNH",), "ĐUK", "Lạng Sơn"),
    (("TỈNH UỶ GIA LAI", "BAN TUYÊN GIÁO VÀ DÂN VẬN"), "BTGDVTU", "Gia Lai"),
)
_PARTY_TYPES = ("CV", "QĐ", "KL", "CT", "TB", "HD", "KH", "BC", "CTr", "TTr", "NQ")
_TYPES = (
    "QUYẾT ĐỊNH",
    "CHỈ THỊ",
    "THÔNG BÁO",
    "KẾ HOẠCH",
    "BÁO CÁO",
    "TỜ TRÌNH",
    "KẾT LUẬN",
    "HƯỚNG DẪN",
    "NGHỊ QUYẾT",
    "CHƯƠNG TRÌNH",
    "QUY ĐỊNH",
    "QUY CHẾ",
    "THÔNG TRI",
)
_SIGN_STATE = (
    (("TM. ỦY BAN NHÂN DÂN",), ("CHỦ TỊCH",)),
    (("TM. UỶ BAN NHÂN DÂN", "KT. CHỦ TỊCH"), ("PHÓ CHỦ TỊCH",)),
    (("KT. BỘ TRƯỞNG",), ("THỨ TRƯỞNG",)),
    (("TL. BỘ TRƯỞNG",), ("CHÁNH VĂN PHÒNG",)),
    (("KT. GIÁM ĐỐC",), ("PHÓ GIÁM ĐỐC",)),
    ((), ("GIÁM ĐỐC",)),
)
_SIGN_PARTY = (
    (("T/M BAN THƯỜNG VỤ",), ("PHÓ BÍ THƯ",)),
    (("T/M BAN THƯỜNG VỤ",), ("PHÓ BÍ THƯ THƯỜNG TRỰC",)),
    (("T/M BAN CHẤP HÀNH",), ("BÍ THƯ",)),
    (("T/M ĐẢNG UỶ",), ("BÍ THƯ",)),
    (("T/L BAN THƯỜNG VỤ",), ("CHÁNH VĂN PHÒNG",)),
    (("K/T TRƯỞNG BAN",), ("PHÓ TRƯỞNG BAN",)),
)
_RECEIVERS_STATE = (
    "Như trên;",
    "Như Điều 3;",
    "Bộ Tư pháp (để b/c);",
    "TT Tỉnh uỷ, TT HĐND tỉnh;",
    "Chủ tịch, các PCT UBND tỉnh;",
    "Các sở, ban, ngành, đoàn thể;",
    "UBND các xã, phường, đặc khu;",
    "Cổng Thông tin điện tử tỉnh;",
    "Lưu: VT, KGVX (3b).",
    "Lưu: VT, TH, PC.",
)
_RECEIVERS_PARTY = (
    "Như trên,",
    "Ban Bí thư Trung ương Đảng (để báo cáo),",
    "Thường trực Tỉnh uỷ,",
    "Các đồng chí Tỉnh uỷ viên,",
    "Các đảng uỷ trực thuộc,",
    "Đảng uỷ Uỷ ban nhân dân tỉnh,",
    "Mặt trận Tổ quốc và các tổ chức chính trị - xã hội,",
    "Lưu Văn phòng Tỉnh uỷ.",
)
_SURNAMES = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Đinh",
    "Trịnh",
    "Mai",
    "Tạ",
    "Lương",
    "Quách",
)
_MIDDLES = ("Văn", "Thị", "Hữu", "Đức", "Xuân", "Minh", "Quang", "Thanh", "Ngọc", "Sỹ", "Viết")
_GIVENS = (
    "Anh",
    "Bình",
    "Cường",
    "Dũng",
    "Đạt",
    "Giang",
    "Hà",
    "Hải",
    "Hạnh",
    "Hiệp",
    "Hùng",
    "Khánh",
    "Lâm",
    "Long",
    "Mạnh",
    "Nga",
    "Phượng",
    "Quyết",
    "Sơn",
    "Tuấn",
    "Thuỷ",
    "Tú",
    "Trường",
    "Vinh",
    "Yến",
    "Ứng",
    "Ước",
    "Thắng",
    "Thọ",
    "Quỳnh",
    "Kỷ",
    "Dưỡng",
)


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each kind of thing stands on a page, 0 to 1; `size` in points."""

    letterhead: float = 0.22
    foot: float = 0.18
    heading: float = 0.08
    bold: float = 0.05
    italic: float = 0.08


def printable(paragraph: str) -> bool:
    """Fit to print: Latin letters, enough of them, in Vietnamese, no form lines of dots."""
    letters = sum(c.isalpha() for c in paragraph)
    return (
        _PRINTABLE.fullmatch(paragraph) is not None
        and letters >= 0.6 * len(paragraph)
        and "..." not in paragraph.replace("...", "", 1)
        and (letters < 30 or is_vietnamese(paragraph))
    )


def is_vietnamese(text: str) -> bool:
    """At least a tenth of its letters carry a mark (in Vietnamese prose about a quarter do)."""
    letters = sum(c.isalpha() for c in text)
    return letters > 0 and len(_MARKED.findall(text)) >= 0.1 * letters


def page_blocks(
    paragraphs: Sequence[str], rng: np.random.Generator, mix: Mix | None = None
) -> list[Block]:
    """The blocks of one page (more text than it holds may be given)."""
    mix = mix or Mix()
    family: layout.Family = "party" if rng.random() < 0.45 else "state"
    blocks: list[Block] = []
    if rng.random() < mix.letterhead:
        blocks += _opening(family, paragraphs, rng)[0]
    size = float(rng.choice([13, 13.5, 14, 14, 14]))
    texts = [_block(text, size, rng, mix) for text in paragraphs]
    if rng.random() < mix.foot:
        return [*blocks, *texts[:4], _foot(family, rng)[0]]
    return blocks + texts


@dataclass(frozen=True, slots=True)
class ShortLetter:
    """A letter of one page, and what its number, the signer's position and his name are."""

    blocks: list[Block]
    number: str
    position: str
    signer: str


def short_letter(paragraphs: Sequence[str], rng: np.random.Generator) -> ShortLetter:
    """A whole letter with letterhead, these paragraphs and a foot."""
    family: layout.Family = "party" if rng.random() < 0.4 else "state"
    head, number = _opening(family, paragraphs, rng)
    foot, position, signer = _foot(family, rng)
    texts = [layout.body(text, size=14) for text in paragraphs]
    return ShortLetter([*head, *texts, foot], number, position, signer)


def _block(text: str, size: float, rng: np.random.Generator, mix: Mix) -> Block:
    words = text.split()
    article = _ARTICLE.fullmatch(text)
    if article is not None and len(words) > 2:
        return layout.body(article[2], lead=article[1], size=size)
    if _CHAPTER.match(text) or (text.isupper() and len(words) <= 25):
        return layout.centred(text, size)
    draw = rng.random()
    if draw < mix.heading and len(words) >= 4:
        return layout.centred(" ".join(words[: int(rng.integers(4, 14))]).upper(), size)
    if draw < mix.heading + mix.bold:
        return layout.heading(" ".join(words[:60]), size)
    italic = text.startswith("Căn cứ") or draw > 1 - mix.italic
    return layout.body(text, italic=italic, size=size)


def _opening(
    family: layout.Family, paragraphs: Sequence[str], rng: np.random.Generator
) -> tuple[list[Block], str]:
    """Letterhead, then a title, or trích yếu and addressees; and the letter's number."""
    words = min(paragraphs, key=lambda p: abs(len(p.split()) - 18)).split()[:24]
    number = str(int(rng.integers(1, 4500))).zfill(2)
    day, month, year = (int(rng.integers(*span)) for span in ((1, 29), (1, 13), (2005, 2026)))
    written = f"ngày {day:02d} tháng {month:02d} năm {year}"
    if month > 2:
        written = f"ngày {day:02d} tháng {month} năm {year}"
    is_letter = bool(rng.random() < 0.5)
    subject = _wrapped("V/v " + " ".join(words[:16]), 32) if is_letter else []
    if family == "party":
        lines, body, place = _PARTY[rng.integers(len(_PARTY))]
        identifier = f"{number}-{rng.choice(_PARTY_TYPES)}/{body}"
        sign = f"Số {identifier}"
    else:
        lines, symbol, place = _STATE[rng.integers(len(_STATE))]
        identifier = f"{number}/{symbol}"
        sign = f"Số: {identifier}"
    head = layout.letterhead(
        family,
        lines[-1:] if family == "party" else lines,
        sign,
        f"{place}, {written}",
        parent=lines[:-1] if family == "party" else (),
        subject=subject,
    )
    if is_letter:
        names = [" ".join(p.split()[:9]) + ";" for p in paragraphs[:3]]
        to = layout.addressees("Kính gửi:", names, italic=family == "party")
        return [head, *to], identifier
    kind = str(rng.choice(_TYPES))
    return [head, *layout.title(family, kind, _wrapped(" ".join(words), 58))], identifier


def _foot(family: layout.Family, rng: np.random.Generator) -> tuple[Block, str, str]:
    """Distribution list and signature; the position and the name in it."""
    party = family == "party"
    names = _RECEIVERS_PARTY if party else _RECEIVERS_STATE
    chosen = sorted(rng.choice(len(names), size=4, replace=False))
    signs = _SIGN_PARTY if party else _SIGN_STATE
    authority, position = signs[rng.integers(len(signs))]
    signer = " ".join(str(rng.choice(part)) for part in (_SURNAMES, _MIDDLES, _GIVENS))
    foot = layout.foot(family, [names[i] for i in chosen], authority, position, signer)
    return foot, " ".join(position), signer


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of about `width` characters."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
