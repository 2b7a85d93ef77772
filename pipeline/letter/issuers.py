"""Who issued a cited document, as printed: "… của Ban Bí thư về …".

A name of a body or office is read word by word: words with a capital, and the lower-case words that
such names are made of (from `dictionaries/bodies.tsv` and `positions.tsv`).
"""

from __future__ import annotations

from functools import cache

import regex

from pipeline.letter.folding import fold
from pipeline.letter.tables import bodies, body_words, positions, rows

_OF = regex.compile(r"[ ]?,?[ ]?(?:đã được |được )?(?:của|do)[ ]+")
_WIDE = regex.compile(
    r"(?:[UỦ][ỷyỶY] ban Quốc gia|Ban Chỉ đạo|Ban Chỉ huy)\b[\p{L}\d ,]*?"
    r"(?=,?[ ](?:về|tại|ngày|ban hành|quy định|yêu cầu|hướng dẫn|phê duyệt|triển khai)\b"
    r"|,?[ ]và[ ]\p{Ll}|(?:,|[ ]và)[ ]\p{Lu}[\p{L} ]{2,24}[ ]số\b|[^\p{L}\d ,]|$)"
)
_AT = regex.compile(
    r"(?P<name>\p{Lu}[\p{L}\d,\- ]{2,100}?)[ ](?:tại|theo|ban hành)[ ](?:các )?"
    r"\p{L}[\p{L} ]{2,25}?(?:[ ]số)?[ ]*$"
)
_OF_LIST = regex.compile(
    r"(?:các|những)[ ]\p{Lu}[\p{L} ]{3,20}?[ ]của[ ](?:của )?(?P<name>[^:;.]{3,90}):"
)
_WORD = regex.compile(r"TP\.|[\p{L}\d&]+(?:['’][\p{L}]+)?|[-–,]")
_VERB = regex.compile(
    r"(?:ban hành|hành động|quy định|chỉ đạo|tổ chức|thực hiện|công bố|sở hữu|Điều|Khoản|Phụ lục)\b"
)
_EXTRA = (
    "nghị nhân dân thành phố tỉnh huyện quận xã phường thị trấn tướng trưởng nhiệm chủ tịch bí "
    "thư uỷ ủy vụ chấp hành trung ương cán sự đảng đoàn bộ ban khóa khoá lần thứ nước quốc hội "
    "phủ và sở cục thường trực cấp các liên ngành thủ đô đốc giám phòng phó chính trị viên kiểm "
    "toán tra sát tối cao"
)


@cache
def lower_name_words() -> frozenset[str]:
    """Lower-case words that names of bodies and offices are made of."""
    names = [r[1] for r in rows("bodies.tsv")] + [r[0].lower() for r in rows("positions.tsv")]
    words = {w for name in names for w in regex.findall(r"\p{Ll}+", name)}
    return frozenset(words | set(_EXTRA.split(" "))) - {"cho", "sau"}


def body_name(text: str) -> str:
    """The name of a body or office at the head of `text`; "" where none begins there."""
    if wide := _WIDE.match(text[:160]):
        return str(wide[0]).strip(" ,")
    end, previous = 0, ""
    for match in _WORD.finditer(text[:160]):
        word = match[0]
        if match.start() - end > 1 or _VERB.match(text, match.start()):
            break
        if not _may_follow(word, previous, text[match.end() :]):
            break
        end, previous = match.end(), word
    name = regex.sub(r"(?:[\s,\-–.]|\b(?:và|các|cấp|tổng|phó|viện)$)+$", "", text[:end])
    name = _WHOLE.sub(r"\1", _NEXT_ONE.sub("", name))
    return name if name[:1].isupper() or name.startswith("các") else ""


# A name that never goes on, and "và" before the next document cited.
_WHOLE = regex.compile(r"^((?:Chính phủ|Thủ tướng Chính phủ|Văn phòng Chính phủ))[ ]\p{Lu}.*$")
_NEXT_ONE = regex.compile(
    r"[ ]và[ ](?:Quyết|Nghị|Thông|Chỉ|Kế hoạch|Công văn|Tờ|Luật|Báo cáo|Hướng)\b.*$"
)


def _may_follow(word: str, previous: str, after: str) -> bool:
    if word in "-–":
        return bool(previous)
    if word == ",":
        return _comma_goes_on(previous, after)
    if word[0].isupper():
        return bool(previous) or not word.isdigit()
    if word[0].isdigit():
        return fold(previous) in (
            "uong",
            "khoa",
            "thu",
            "khoi",
            "quan",
            "khu",
            "so",
            "phuong",
            "vuc",
            "vung",
        )
    if word == "và":
        return bool(regex.match(r"[ ]\p{Lu}", after)) and bool(previous)
    return word in lower_name_words()


def _comma_goes_on(previous: str, after: str) -> bool:
    """A comma inside a name: "Bộ Văn hóa, Thể thao và Du lịch", "Bộ trưởng, Chủ nhiệm …"."""
    listed = regex.match(r"[ ]\p{Lu}[\p{L} ]{2,30}(?:[ ]và[ ]\p{Lu})", after)
    office = regex.match(r"[ ]Chủ nhiệm", after) and fold(previous) == "truong"
    return bool(listed or office)


def issuer_after(text: str, start: int, until: int) -> str | None:
    """The issuer named after a citation's number and date: "… của X"."""
    match = _OF.match(text, start, until)
    if match is None:
        return None
    return body_name(text[match.end() : until]) or None


def issuer_before(before: str) -> str | None:
    """The issuer named before: "đề nghị của X tại Công văn số"."""
    match = _AT.search(before)
    if match is None:
        return None
    candidates = [match.start("name")] + [
        m.end() for m in regex.finditer(r"\b(?:của|đề nghị|do)[ ]", before[: match.end("name")])
    ]
    by_rule = regex.match(r"[ ]theo\b", before[match.end("name") :]) is not None
    for start in sorted(candidates, reverse=True):
        name = body_name(before[start : match.end("name")])
        if by_rule and not _is_known_opening(name):
            continue  # "ưu đãi thuế TNDN theo Luật … số": nobody issues it
        if name and start + len(name) >= match.end("name") - 1:
            return str(regex.sub(r"^(?:Giám đốc|Thủ trưởng)[ ](?=\p{Lu})", "", name))
    return None


@cache
def _openings() -> tuple[str, ...]:
    """Folded first words of bodies and offices, and abbreviations of bodies."""
    words = [w.words for w in body_words()] + list(positions()) + [fold(b) for b in bodies()]
    return tuple(sorted(set(words)))


def _is_known_opening(name: str) -> bool:
    folded = f"{fold(name)} "
    return any(folded.startswith(f"{words} ") for words in _openings())


def issuer_of_list(before: str) -> str | None:
    """The issuer of a whole list: "các Nghị định của Chính phủ: Số …; số …"."""
    matches = list(_OF_LIST.finditer(before[-600:]))
    if not matches:
        return None
    return body_name(matches[-1]["name"]) or None
