"""The set phrases of official letters by which the parts of a page are known, however misread.

Rules: Nghị định 30/2020/NĐ-CP, Phụ lục I (state); Hướng dẫn 36-HD/VPTW (Party).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import regex
from rapidfuzz import fuzz
from unidecode import unidecode

from pipeline.document import Word
from pipeline.textlayer import SIGNATURE, is_legal_syllable

COUNTRY = ("cong hoa xa hoi chu nghia viet nam", "dang cong san viet nam")
MOTTO = "doc lap - tu do - hanh phuc"
DISTRIBUTION = "noi nhan"
BASIS = regex.compile(r"(?:can cu|theo de nghi|xet de nghi|xet to trinh)\b")
DATE = regex.compile(
    r"\bng[aà]y\b.{0,24}\bth[aá]ng\b.{0,16}\bn[aă]m\b|\bth[aá]ng\b.{0,8}\bn[aă]m\s*(19|20)\d\d"
)
NUMBER = regex.compile(
    r"(?i)^\W{0,3}s[ốóôồổỗộo0ỏ6]\s*[:;.,]|^\W{0,3}luật số\s*[:;]|^S[ốóô6]\s*\W*\d"
)
IDENTIFIER = regex.compile(r"\d\S*[/-]\p{Lu}{2,}|\p{Lu}{2,}[-/]\p{Lu}{2,}")
LIST_END = regex.compile(
    r"^\W{0,3}L[ưuứừ]u\s*[:;.,]?\s*(VT|V[ăa]n|HC|VP|[ĐD]|T|H)|^\W{0,3}(\w )?L\p{L}{1,2}\s*:\s*VT\b"
)
ENTRY = regex.compile(r"^[-–—~+•]+\s*\p{L}")
SIGNING = regex.compile(r"\P{L}*(?:PHÓ|KT|TM|TL|TUQ|Q)\P{L}*")
STROKES = regex.compile(r"[^\p{L}\p{N}]+")


@cache
def plain(text: str) -> str:
    """Lower case without marks, single spaces."""
    return " ".join(unidecode(text).lower().split())


def is_country(text: str) -> bool:
    """Quốc hiệu, or the Party's heading, by itself."""
    bare = plain(text)
    return len(bare) < 60 and any(fuzz.ratio(bare, c) >= 80 for c in COUNTRY)


def is_motto(text: str) -> bool:
    """Tiêu ngữ: Độc lập - Tự do - Hạnh phúc."""
    bare = plain(text)
    return len(bare) < 42 and fuzz.ratio(bare, MOTTO) >= 75


@cache
def may_hold_heading(text: str) -> bool:
    """Whether the country's name or the motto may stand in a longer line: looked at before each of
    its spans is tried."""
    bare = plain(text)
    return any(fuzz.partial_ratio(bare, heading) >= 65 for heading in (*COUNTRY, MOTTO))


def is_place_date(text: str) -> bool:
    """Hải Phòng, ngày 18 tháng 9 năm 2019."""
    bare = plain(text)
    return len(bare) < 75 and DATE.search(bare) is not None


def is_number(text: str) -> bool:
    """Số: 24/QĐ-UBND."""
    return len(text) < 60 and NUMBER.search(text) is not None


def is_distribution(text: str) -> bool:
    """Nơi nhận:, the heading of the distribution list."""
    bare = plain(text).strip(" :;.,-_*'")
    if len(bare) <= 16 and fuzz.ratio(bare[:12], DISTRIBUTION) >= 72:
        return True
    # Beside it initials are often written by hand: "Nơi nhập: j2".
    heading, colon, rest = bare.partition(":")
    return bool(colon) and len(rest) <= 6 and fuzz.ratio(heading, DISTRIBUTION) >= 80


def is_basis(text: str) -> bool:
    """Căn cứ ..., Theo đề nghị ...: a legal basis, which begins the body of a decision."""
    return text[:1].isupper() and BASIS.match(plain(text)) is not None


def is_recipients(text: str) -> bool:
    """Kính gửi: ..."""
    return fuzz.ratio(plain(text)[:8], "kinh gui") >= 74


def heading_score(words: Sequence[Word]) -> float:
    """How nearly the words are the country's name or the motto, to choose between spans."""
    bare = plain(" ".join(w.text for w in words))
    return max(fuzz.ratio(bare, c) for c in (*COUNTRY, MOTTO))


def has_identifier(text: str) -> bool:
    """Contains a number and symbol such as 24/QĐ-UBND or 1046-CV/TU, perhaps misread."""
    return IDENTIFIER.search(text) is not None


def is_list_end(text: str) -> bool:
    """- Lưu: VT, ...: the last entry of every distribution list."""
    return LIST_END.match(text) is not None


def is_list_entry(text: str) -> bool:
    """An entry of a distribution list, by its dash."""
    return ENTRY.match(text) is not None


def is_signature(text: str) -> bool:
    """Words of an electronic signature or copy stamp printed on the page."""
    return SIGNATURE.search(text) is not None


def is_signing_word(text: str) -> bool:
    """PHÓ, KT., TM., TL., TUQ., Q.: what may stand before a position (Nghị định 30/2020/NĐ-CP, Phụ
    lục I, II.7), with whatever strokes of a seal beside it."""
    return SIGNING.fullmatch(text) is not None


def is_strokes(text: str) -> bool:
    """No letter and no digit."""
    return STROKES.fullmatch(text) is not None


@cache
def quality(word: str) -> float:
    """How much a token looks like print of a letter: 1 a Vietnamese syllable, number or
    identifier, 0 strokes, in between a Latin word that is none."""
    core = regex.sub(r"^\P{L}+|\P{L}+$", "", word)
    if not core:
        return 1.0 if regex.search(r"\d", word) else 0.0
    if is_legal_syllable(core):
        return 1.0 if len(core) > 1 else 0.6
    if regex.fullmatch(r"[\p{Lu}Đ0-9&./-]{2,}", core):
        return 0.9
    return 0.5 if regex.fullmatch(r"[\p{L}\d/.&-]+", core) else 0.1
