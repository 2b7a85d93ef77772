"""Lines that tell where a part of a letter begins: motto, title, Kính gửi, Nơi nhận, signature.

All of them allow for damaged print; where a line could be two things, the caller decides.
"""

from __future__ import annotations

from functools import cache

import regex
from rapidfuzz import fuzz

from pipeline.letter.dates import find_date
from pipeline.letter.folding import alike, fold, letters, opens_with, upper_share
from pipeline.letter.tables import (
    DocumentType,
    body_words,
    document_types,
    folded_phrases,
    phrases,
    positions,
    surnames,
)
from pipeline.restore.identifiers import MOTTO

STATE_TITLE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
PARTY_TITLE = "ĐẢNG CỘNG SẢN VIỆT NAM"
_HEADINGS = (STATE_TITLE, PARTY_TITLE, MOTTO)

_NUMBER_WORD = regex.compile(
    r"^[^a-z\d]{0,4}(?:(?:bo )?luat |nghi quyet |phap lenh |lenh )?s[o06e5]"
    r"(?:[ ]?[:.;]+[ ]?|[ ]+(?=[\dlio.…_/-])|[ ]*(?=[^\p{L}\s:.;)(]))"
)
_ABOUT = regex.compile(r"^[\"'“*\s]*(?:v[ ]?[/|\\li1][ ]?v|ve[ ]?viec|v/[vy])(?=[\s:.])[ :.]*")
_ABOUT_MISREAD = regex.compile(
    r"^[\"'“*\s]*(?:[vwy]{1,2}[ ]?[/|\\!'’][ ]?[a-z]{0,2}|[vw]{1,2}[vwy]"
    r"|[vw][il1jft!/|]{1,2}[vwy]|[vw]u?[il1]?[vw])"
    r"[.:,]?(?=\s)[ ]*"
)
_TO = ("Kính gửi", "Kính trình", "Đồng kính gửi")
# A công điện names who sends it before its addressees: "Chủ tịch Uỷ ban nhân dân tỉnh điện:".
_WIRES = regex.compile(r"^\p{Lu}[\p{L} ,]{4,90}[ ](?:điện|ĐIỆN)[ ]?:")
_TO_DAMAGED = regex.compile(r"^(?:[kih][a-z]{0,4}[ ]?)?g[a-z]?[uy]i[ ]?:")
_AUTHORITY = regex.compile(
    r"^(?:T[ ]?/[ ]?M|K[ ]?/[ ]?T|T[ ]?/[ ]?L|T[ ]?/[ ]?UQ|T[ ]?/[ ]?U|TUQ|TM|KT|TL|Q)"
    r"(?:[ ]?[.,:]{1,2}|(?<=/[ ]?[MTLUQ]{1,2}))[ ]*(?=\p{L})"
    r"|^(?:T[ ]?/[ ]?M|K[ ]?/[ ]?T|T[ ]?/[ ]?L|TUQ|TM|KT|TL)[ ]+(?=\p{Lu}{2})"
    r"|^(?:T[ ]?\.[ ]?M|K[ ]?\.[ ]?T|T[ ]?\.[ ]?L|T[ ]?\.[ ]?U[ ]?\.[ ]?Q)[ ]?\.[ ]*(?=\p{L})"
)
_LIST_DAMAGED = regex.compile(r"^(?=.{6,14}$)[^ ]{0,6}(?:[ ]?oi|[a-z]i)[ ]nh[a-z]n[ ]?[:;.]$")
_DAMAGED_FOR = regex.compile(r"^K[ ]?\.[ ]?(?=BỘ|CHỦ|GIÁM|TRƯỞNG|CỤC|CHÁNH|TỔNG|VIỆN|HIỆU|CHI|CHỈ)")
_NAME_TITLE = regex.compile(
    r"^(?:(?:(?:BS|DS)\.?[ ]?CK\.?[ ]?(?:I{1,2}|1|2)|GS|PGS|TSKH|TS|ThS|Ths|KS|BS|DS|CN|LS|"
    r"KTS|CVCC|NG[ƯN][TD]|TT[ƯN][TD]|NS[ƯN][TD])\.?[ ]?[.,]?[ ]?|"
    r"(?:Đại tướng|Thượng tướng|Trung tướng|Thiếu tướng|Đại tá|Thượng tá|Trung tá|Thiếu tá|"
    r"Đại úy|Thượng úy|Trung úy|Thiếu úy|Đại uý|Thượng uý|Trung uý|Thiếu uý|Đô đốc|Chuẩn đô đốc|"
    r"Giáo sư|Phó Giáo sư|Tiến sĩ|Thạc sĩ|Bác sĩ|Dược sĩ|Kỹ sư|Luật sư|Cử nhân|Nhà giáo|"
    r"Hòa thượng|Hoà thượng|Thượng tọa|Thượng toạ|Đại đức|Linh mục|Mục sư)[,.]?[ ]+)+"
)
_NAME = regex.compile(r"^\p{Lu}[\p{L}'’]*+(?:[ -]\p{Lu}[\p{L}'’]*+){1,5}$")


def is_state_title(text: str) -> bool:
    """Quốc hiệu."""
    return upper_share(text) > 0.5 and alike(text, STATE_TITLE, 78)


def is_party_title(text: str) -> bool:
    """The heading of Party letters (Quy định 66-QĐ/TW, Điều 15)."""
    return upper_share(text) > 0.5 and alike(text, PARTY_TITLE, 84)


def is_motto(text: str) -> bool:
    """Tiêu ngữ."""
    return alike(text, MOTTO, 72)


def heading_places(text: str) -> list[tuple[int, int]]:
    """Where a Quốc hiệu, Party heading or Tiêu ngữ stands inside a line of two columns."""
    found = []
    folded = fold(text)
    for heading in _HEADINGS:
        if len(folded) < len(heading) + 3:
            continue
        match = fuzz.partial_ratio_alignment(fold(heading), folded, score_cutoff=82)
        if match is None:
            continue
        start, end = _whole_words(text, match.dest_start, match.dest_end)
        if heading == MOTTO or upper_share(text[start:end]) > 0.6:
            found.append((start, end))
    return found


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while 0 < start < len(text) and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end - 1].isspace() and not text[end].isspace():
        end += 1
    return start, end


def number_start(text: str) -> int | None:
    """Where a letter's number begins in the line that prints it after "Số"; else None."""
    match = _NUMBER_WORD.match(fold(text))
    if match is None or text[: match.end()].rstrip(" .:;").endswith(("ở", "Ở")):
        return None
    return int(match.end())


def about_start(text: str) -> int | None:
    """Where the trích yếu begins after "V/v" or "Về việc" at the head of a line; else None."""
    match = _ABOUT.match(fold(text))
    return match.end() if match else None


def _junk(text: str) -> int:
    """How many characters before the first letter or digit are no word, at most six."""
    head = regex.match(r"[^\p{L}\d]{1,6}", text)
    return int(head.end()) if head else 0


def misread_about_start(text: str) -> int | None:
    """Where the words begin after a "V/v" that OCR misread ("Wy", "V/w", "Viv"); else None."""
    match = _ABOUT_MISREAD.match(fold(text))
    if match is not None:
        return int(match.end())
    return 3 if regex.match(r"V[AN] \p{Ll}", text) else None


def recipients_start(text: str) -> int | None:
    """Where the addressees begin after "Kính gửi" (or "Kính trình"); else None."""
    skipped = _junk(text)
    stripped = text[skipped:]
    if match := _TO_DAMAGED.match(fold(stripped)):
        return int(skipped + match.end())
    if match := _WIRES.match(stripped):
        return int(skipped + match.end())
    for phrase in _TO:
        if not opens_with(stripped, phrase, 80):
            continue
        end = skipped + len(phrase)
        colon = text.find(":", max(0, end - 3), end + 5)
        if colon >= 0:
            return colon + 1
        if phrase == "Kính gửi" and (len(text) <= end + 3 or text[end : end + 1].isspace()):
            return min(end, len(text))
    return None


def distribution_start(text: str) -> int | None:
    """Where the list begins after "Nơi nhận" at the head of a line; else None."""
    skipped = _junk(text)
    stripped = text[skipped:]
    if not opens_with(stripped, "Nơi nhận", 80):
        return len(text) if _LIST_DAMAGED.match(fold(text)) else None
    end = skipped + len("Nơi nhận")
    colon = next(
        (i for i in range(max(0, end - 2), min(end + 3, len(text))) if text[i] in ":;."), None
    )
    if colon is not None:
        return colon + 1
    return len(text) if len(letters(text)) <= 8 else None


def authority_end(text: str) -> int | None:
    """Where a signing authority's form (TM., T/M, KT. …) ends at the head of a line; else None."""
    if upper_share(text) < 0.7 and not _is_typed_authority(text):
        return None
    match = _AUTHORITY.match(text) or _DAMAGED_FOR.match(text)
    return int(match.end()) if match else None


def _is_typed_authority(text: str) -> bool:
    """A head's position in small letters after KT., as letters on a typewriter have it."""
    match = _AUTHORITY.match(text)
    return match is not None and is_typed_position(text[match.end() :])


def is_typed_position(text: str) -> bool:
    """Is the line nothing but a position in small letters ("Phó chủ tịch"), as below the authority
    in letters on a typewriter?"""
    bare = text.strip(" .,:;")
    return bare[:1].isupper() and upper_share(bare) < 0.5 and fold(bare) in positions()


def is_position(text: str) -> bool:
    """Is the line a position in capitals, such as PHÓ CHỦ TỊCH or GIÁM ĐỐC SỞ?"""
    if upper_share(text) < 0.75 or len(text) > 70:
        return False
    folded = _ACTING.sub("", fold(text).strip(" .,:;*\"'"))
    return any(
        folded == p or folded.startswith((p + " ", p + ",")) or _near(folded, p)
        for p in positions()
    )


_ACTING = regex.compile(r"^(?:quyen|q[.,])[ ]?(?=\p{L})")


def without_acting(text: str) -> str:
    """A position without the "Q." or "Quyền" of one who holds it for the time being."""
    match = _ACTING.match(fold(text))
    return text[match.end() :] if match else text


def _near(folded: str, position: str) -> bool:
    return (
        len(position) >= 7
        and abs(len(folded) - len(position)) <= 2
        and fuzz.ratio(folded, position) >= 85
    )


def without_title(text: str) -> str:
    """A name without the degree or rank before it."""
    return str(_NAME_TITLE.sub("", text))


def is_name(text: str) -> bool:
    """Is the line a person's name, as under a signature? Titles before it are allowed."""
    bare = _NAME_TITLE.sub("", text.strip(" .,:;*'\"’-–_"))
    if not 5 <= len(bare) <= 40 or not _NAME.match(bare):
        return False
    words = regex.split(r"[ -]", bare)
    if words[0].upper() in surnames():
        return upper_share(bare) < 0.6 or not is_position(bare)
    return upper_share(bare) < 0.5 and len(words) >= 3 and not _common_words(words)


def after_smudge(text: str) -> str:
    """A position or name at the end of a line of the foot whose beginning a seal covers."""
    starts = [m.start() for m in regex.finditer(r"\S+", text)]
    for start in starts[1:7]:
        if any(w in _position_words() for w in fold(text[:start]).replace(",", " ").split()):
            break
        rest = text[start:].strip(" .,:;*'\"’“”_|-–—")
        name = rest[:1].upper() + rest[1:]
        surname = name.split(" ")[0].upper() in surnames()
        if is_position(rest):
            return rest
        if surname and is_name(name):
            return name
    return text


def is_position_word(text: str) -> bool:
    """Is the line one word in capitals that positions are made of ("TỊCH")?"""
    return text.isupper() and len(text) > 2 and fold(text) in _position_words()


@cache
def _position_words() -> frozenset[str]:
    return frozenset(w for p in positions() for w in p.replace(",", " ").split())


def may_be_name(text: str) -> bool:
    """Could the line be a name that OCR damaged? Two words or more, most with a capital."""
    words = [w for w in regex.findall(r"\p{L}+", text) if len(w) > 1]
    capital = sum(w[0].isupper() and not w.isupper() for w in words)
    return 2 <= len(words) <= 6 and 2 * capital >= len(words) and capital >= 2


def _common_words(words: list[str]) -> bool:
    return any(len(w) == 1 for w in words) or words[0].upper() in {"BỘ", "SỞ", "BAN", "UỶ", "ỦY"}


@cache
def _titles() -> tuple[DocumentType, ...]:
    return tuple(t for t in document_types() if t.name not in ("Văn bản", "Phụ lục", "Công văn"))


def title_type(text: str) -> tuple[DocumentType, int] | None:
    """The type a title line in capitals names, and where the rest of the line begins."""
    if upper_share(text) < 0.75 or text.rstrip().endswith(":"):
        return None
    found = letters(text)
    best = max(_titles(), key=lambda t: fuzz.ratio(found, letters(t.name)))
    if (
        abs(len(found) - len(letters(best.name))) <= 2
        and fuzz.ratio(found, letters(best.name)) >= 83
    ):
        return best, len(text)
    folded = fold(text)
    for kind in sorted(_titles(), key=lambda t: -len(t.name)):
        name = fold(kind.name)
        if folded.startswith(name + " ") and len(kind.name) > 4:
            return kind, len(name) + 1
    return None


def opens_phrase(text: str, kind: str) -> bool:
    """Does `text` begin with a set phrase of `kind`? Of two words or more, marks and spaces may be
    damaged; a single word must stand as it is (Nhằm is not Nhâm)."""
    lower, plain = text[_junk(text) :].casefold(), letters(text[:60])
    for phrase in phrases(kind):
        if " " not in phrase:
            word = phrase.casefold()
            if lower.startswith(word) and not lower[len(word) : len(word) + 1].isalnum():
                return True
        elif plain.startswith(letters(phrase)):
            return True
    return False


def is_enacting(text: str) -> bool:
    """ "QUYẾT ĐỊNH:", "QUYẾT NGHỊ:" between the bases and the Điều."""
    if upper_share(text) < 0.8 or len(text) > 80:
        return False
    if letters(text).endswith(("quyetdinh", "quyetnghi")):
        return True
    return len(text) <= 30 and any(alike(text, p, 85) for p in phrases("enacting"))


def is_not_text(text: str) -> bool:
    """Words of an electronic signature or a receipt stamp."""
    bare = text.strip()
    folded = fold(bare)
    return bare[:1].isupper() and any(folded.startswith(p) for p in folded_phrases("not_text"))


def opens_appendix(text: str) -> bool:
    """Does an appendix, or a form after the letter, begin here?"""
    folded = fold(text).strip(" .:*\"'")
    if folded.startswith(("(kem theo", "(ban hanh kem theo")):
        return True
    short = regex.match(r"^phu luc(?:\s+(?:so\s+)?[\divxlc.]{1,6})?[ .:]*$", folded) is not None
    return short or (folded.startswith("phu luc") and upper_share(text) > 0.7)


def opens_attachment(text: str) -> bool:
    """Is the line in capitals the first of the title of something issued with the letter ("DANH
    MỤC …", "QUY CHẾ …"), which has a page of its own after the signature?"""
    if upper_share(text) < 0.8 or len(letters(text)) < 6:
        return False
    folded = f"{fold(text).strip(' .:*_')} "
    return any(folded.startswith(f"{phrase} ") for phrase in folded_phrases("attachment"))


_COPIES = (("saoluc", "Sao lục"), ("trichsao", "Trích sao"), ("sao", "Sao y"))


def copy_kind(text: str) -> str | None:
    """The kind of copy that a line in capitals names ("SAO LỤC"); None where it names none."""
    if upper_share(text) <= 0.7 or not any(alike(text, p, 88) for p in phrases("copy")):
        return None
    plain = letters(text)
    return next((name for word, name in _COPIES if word in plain), "Sao y")


def is_place_and_date(text: str) -> bool:
    """Is the line no more than a place and the date in full?"""
    date = find_date(text) if len(text) < 60 else None
    return date is not None and "th" in fold(date.printed) and len(text) - date.end <= 6


def has_letters(text: str, least: int = 2) -> bool:
    """Does the line hold at least `least` letters or digits (a rule or a star does not)?"""
    return sum(c.isalnum() for c in text) >= least


def opens_body(text: str) -> bool:
    """Does a body's name begin with the first words of the line?"""
    return body_opening(text) is not None


def body_opening(text: str) -> tuple[str, bool] | None:
    """The first words of a body's name that `text` opens with, folded, and whether they can be the
    whole of it."""
    folded = fold(text).strip(" .*'\"")
    for word in body_words():
        if folded == word.words or folded.startswith((word.words + " ", word.words + ",")):
            return word.words, word.whole
    return None


_CUT_BASIS = regex.compile(
    r"^(?!căn )(?:[cC]?[ăâa]?n[ ])?c[ứửữừưú][ ](?=(?:Luật|Bộ luật|Pháp lệnh|Hiến pháp|Nghị định|"
    r"Nghị quyết|Quyết định|Thông tư|Chỉ thị|Kết luận)[ ])"
)


def cut_basis(text: str) -> int | None:
    """Where the law begins that a legal basis names whose "Căn cứ" a stamp covers in part ("cứ
    Luật …"), else None."""
    match = _CUT_BASIS.match(text)
    return match.end() if match and not text.startswith("Căn cứ") else None


_LOST_SLASH = regex.compile(r"^(?P<read>TM|KT|TL)(?=[ ]\p{Lu}{2})")


def slashed(authority: str, *, party: bool) -> tuple[str, str] | None:
    """("TM", "T/M") where an authority of the Party lost its slash: state letters have a point
    there, so that a form with neither is the Party's (Hướng dẫn 36-HD/VPTW, 1.7)."""
    match = _LOST_SLASH.match(authority) if party else None
    return (match["read"], f"{match['read'][0]}/{match['read'][1:]}") if match else None
