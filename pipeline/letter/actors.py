"""Who is told to carry a directive out.

In: a directive's paragraphs; out: the bodies and persons named before what they shall do ("Sở Y tế
chủ trì", "Giao Giám đốc Sở …", "Công an tỉnh:", "… chịu trách nhiệm thi hành"), as printed.
"""

from __future__ import annotations

import itertools
from functools import cache

import regex

from pipeline.letter.issuers import lower_name_words
from pipeline.letter.markers import read_marker
from pipeline.letter.tables import body_words, phrases, rows
from pipeline.record import Directive

_LONGEST = 420
_TOWARDS = regex.compile(r"^(?:Đối với|Về phía)[ ]")
_NEXT = regex.compile(r"(?P<semi>;[ ]+(?:và[ ])?)|(?P<comma>,[ ]+(?:và[ ])?)|(?P<and>[ ]+và[ ]+)")
_STRONG = regex.compile(r"[^,.;:]{0,60}?(?=[ ](?:có trách nhiệm|chịu trách nhiệm|phải)\b)")
_PLAIN = regex.compile(
    r"(?<!\p{L})(?:các|những|mọi|từng|mỗi|ông|bà|thủ trưởng|giám đốc|hiệu trưởng|trưởng|chủ tịch|"
    r"chính quyền|cấp u|cấp ủ|tổ dân phố|đồng chí)(?!\p{L})"
)


@cache
def _duty() -> regex.Pattern[str]:
    verbs = "|".join(map(regex.escape, phrases("duty")))
    return regex.compile(rf"{_NOUN_BEFORE}[ ]{_NO_NOUN}(?:{verbs}|để)(?!\p{{L}})|:|\.[ ]|\.$|$")


# Where a word that may be a verb is a noun: "của tổ chức", "dự án đầu tư xây dựng", "tổ chức đảng".
_NOUN_BEFORE = (
    r"(?<!\b(?:các|những|mọi|của|cho|với|theo|giáo dục|công tác|đầu tư|được|đoàn|tổ|[uủ][ỷy] ban))"
)
_NO_NOUN = (
    r"(?!tổ chức (?:đảng|chính trị|xã hội|thành viên|kinh tế|tôn giáo|liên quan|có liên quan|"
    r"cơ sở|hội|quốc tế|tín dụng|trực thuộc|khác|và cá nhân|đoàn thể)\b"
    r"|quản lý (?:nhà nước|chuyên ngành|thị trường|dự án|giáo dục)\b"
    r"|(?<=\b(?:Chỉ đạo|Chỉ huy|Vận động|[Cc]ông tác|Hội đồng|Quỹ)[ ])(?:xo[aá]|xóa|ứng phó|"
    r"đổi mới|xây dựng|thực hiện|vận động|kiểm soát|thi hành|quản lý|thẩm định|đánh giá|"
    r"khắc phục|sắp xếp|hỗ trợ|phòng|cải cách|phát triển)\b)"
)


@cache
def _assign() -> regex.Pattern[str]:
    return regex.compile(rf"^(?:{'|'.join(map(regex.escape, phrases('assign')))})[ :]+")


@cache
def _heads() -> tuple[tuple[str, bool], ...]:
    """(first words of a name, whether they can be the whole of it), the longest first."""
    heads = {_key(b.written): b.whole for b in body_words()}
    heads |= {_key(r[0]): True for r in rows("positions.tsv")}
    heads |= {_key(p): True for p in phrases("actor")}
    return tuple(sorted(heads.items(), key=lambda h: -len(h[0])))


_TONES = {
    new: old
    for row in ("òa oà óa oá ỏa oả õa oã ọa oạ", "òe oè óe oé ỏe oẻ õe oẽ ọe oẹ",
                "ùy uỳ úy uý ủy uỷ ũy uỹ ụy uỵ")
    for new, old in zip(row.split()[::2], row.split()[1::2], strict=True)
}  # fmt: skip
_TONE = regex.compile("|".join(_TONES))


def _key(text: str) -> str:
    """Lower case, and one way of placing the tone in oa, oe, uy; the length stays."""
    return str(_TONE.sub(lambda m: _TONES[m[0]], text.casefold()))


def find_actors(directive: Directive) -> list[str]:
    """The bodies and persons a directive tells to act, each once.

    Those of its first paragraph count for the whole; only where that names none do its other
    paragraphs and items speak."""
    paragraphs = [_unmarked(p) for p in directive.text.split("\n")]
    found = _of_paragraph(paragraphs[0])
    if not found:
        found = [actor for p in paragraphs[1:] for actor in _of_paragraph(p)]
    return list(dict.fromkeys(found))


def _unmarked(text: str) -> str:
    marker = read_marker(text)
    return text[marker.end :].strip() if marker else text.strip()


def _of_paragraph(text: str) -> list[str]:
    """The actors at the head of a paragraph, and of those of its further clauses that begin with
    a name ("…; Ban Tuyên giáo phối hợp …"); none where it opens with what is to be done."""
    found = _of_clause(text)
    others = [c for c in _CLAUSE.split(text)[1:] if c[:1].isupper() or _assign().match(c.title())]
    further = [actor for c in others if found for actor in _of_clause(c)]
    return found + [a for a in further if a[0].isupper() and not a.startswith("Mỗi ")]


_CLAUSE = regex.compile(r"(?<=[;.])[ ]+(?=\p{L})")


def _of_clause(text: str) -> list[str]:
    """The actors at the head of a clause."""
    head = text[:_LONGEST]
    lead = _assign().match(head) or _TOWARDS.match(head)
    start = lead.end() if lead else 0
    charged = _CHARGED.match(head, start) is not None
    if not _opens_actor(head[start:], asked=lead is not None, alone=charged):
        return []
    match = _duty().search(_BRACKETS.sub(lambda m: "(" * len(m[0]), head), start + 2)
    if match is None or (lead is None and match[0] in _TELLS):
        return []
    end = match.start()
    if strong := _STRONG.match(head, end):
        end = strong.end()
    names = head[start:end].strip(" ,;:")
    if end >= len(text.rstrip(" :.;")) and lead is None and len(names) > 160:
        return []
    if head[match.start() : match.start() + 1] == ":" and names.endswith(" các"):
        end = _LIST_END.search(head, match.end()).start()
        names = f"{names} {head[match.end() : end].strip(' ,;:')}"
    parts = [_name_alone(part) for part in _split(names, alone=charged)]
    return [
        part for part in parts if _opens_actor(part, asked=True, alone=charged) and _may_act(part)
    ]


# After a name: what limits it, or joins what is not named any more.
_LIMIT = regex.compile(
    r",?[ ](?:theo|đối với|sau khi|trước khi|trong thời gian|giao)\b.*$|[ ](?:và|hoặc|các|cùng|để)$"
)
_OFFICE = regex.compile(
    r"(?:Sở|Bộ(?![ ](?:Chỉ huy|Tư lệnh|Tổng|Tham mưu))|Công an)"
    r"(?=[ ]\p{Lu}|[ ](?:tỉnh|thành|huyện|xã|phường|quận))"
)
_UNITS = "tỉnh|thành phố|thị xã|huyện|quận|xã|phường|thị trấn|đặc khu"
_ITS_PLACE = regex.compile(rf"(?:{_UNITS})(?=[ ]\p{{Lu}})")
_OF_MANY = regex.compile(
    rf"(?:{_UNITS}|các|của|thuộc|trực thuộc|cấp (?:tỉnh|huyện|xã|trên|dưới|uỷ|ủy|trung)|"
    r"liên quan|có|trên|ở|tại|nơi|khu vực|địa phương|trung ương|cùng|hai)(?!\p{L})"
)


def _name_alone(part: str) -> str:
    """A name without what limits it ("… theo phân công") and without a verb that no list has: the
    name of a ministry, department or police is capitals, the small words that such names are made
    of, and whose it is ("Sở Nông nghiệp trực ban" ends before "trực")."""
    plain = _BRACKETS.sub(lambda m: "(" * len(m[0]), part)
    limit = _LIMIT.search(plain)
    end = limit.start() if limit else len(part)
    head = _OFFICE.match(plain)
    if head is not None:
        end = min(end, _office_end(plain, head))
    return part[:end].rstrip(" ,-–")


def _office_end(plain: str, head: regex.Match[str]) -> int:
    """Where the name ends that begins with `head`."""
    previous, at = _key(head[0].split()[-1]), head.end()
    for word in regex.finditer(r"[\p{L}\d&]+", plain, pos=head.end()):
        if word.start() < at:
            continue
        if word[0][0].islower() and (place := _ITS_PLACE.match(plain, word.start())):
            at = place.end()
        elif word[0][0].islower() and (previous, _key(word[0])) not in _office_pairs():
            return len(plain) if _OF_MANY.match(plain, word.start()) else word.start()
        previous = _key(word[0])
    return len(plain)


@cache
def _office_pairs() -> frozenset[tuple[str, str]]:
    """Neighbouring words in the names of ministries and departments (`dictionaries/bodies.tsv`)."""
    names = [_key(r[1]).split() for r in rows("bodies.tsv") if _OFFICE.match(r[1])]
    return frozenset(pair for words in names for pair in itertools.pairwise(words))


_BRACKETS = regex.compile(r"\([^()]*\)")
_CHARGED = regex.compile(r"\p{Lu}[^.;:]{3,380}?[ ](?:có|chịu) trách nhiệm\b")
_TELLS = (" đã", " chưa")
"""After a name, these tell what was done or not; nobody is charged with anything."""
_LIST_END = regex.compile(r"[;.:]|$")


def _may_act(name: str) -> bool:
    """No heading in capitals, and no word alone that needs another ("Cơ quan")."""
    words = name.split()
    shouted = len(words) > 2 and sum(w.isupper() for w in words) > 0.8 * len(words)
    return not shouted and _key(name) not in ("cơ quan", "đơn vị", "chủ trì", "ban")


def _opens_actor(text: str, *, asked: bool, alone: bool = False) -> bool:
    """Does a body's or person's name begin here? A capital is needed where nobody is asked;
    `alone`: the first words of one stand for the whole ("Văn phòng, Ban …")."""
    if not asked and not text[:1].isupper():
        return False
    if asked and _PERSON.match(text):
        return True
    key = _key(text)
    for head, whole in _heads():
        after = text[len(head) :]
        if key.startswith(head) and not after[:1].isalnum():
            if head in _PLURALS:
                return _plural().match(after.casefold()) is not None
            if whole or (alone and after[:1] in ("", ",")) or _goes_on(after):
                return True
    return False


_PERSON = regex.compile(r"(?:[Ôô]ng|[Bb]à)[ ](?:\([^)]{1,12}\)[ ])?\p{Lu}")
_PLURALS = ("các", "những", "mọi", "từng", "mỗi")


@cache
def _plural() -> regex.Pattern[str]:
    """What can be told to act where there are several of it."""
    nouns = "|".join(map(regex.escape, phrases("actor_noun")))
    return regex.compile(rf"[ ](?:{nouns})(?!\p{{L}})")


def _goes_on(after: str) -> bool:
    """Does a name go on after its first words ("Sở" Y tế, "Công an" tỉnh)?"""
    match = regex.match(r"[ ]([\p{L}\d]+)", after)
    if after.startswith((" hành", " chức", " nghị")):
        return False
    return match is not None and (not match[1][0].islower() or match[1] in lower_name_words())


def _split(names: str, *, alone: bool) -> list[str]:
    """A row of names taken apart: at ";", and at "," and "và" where another name begins."""
    parts, start = [], 0
    for match in _NEXT.finditer(names):
        rest = names[match.end() :]
        named = rest[:1].isupper() or _PLAIN.match(rest) is not None
        named = named or (match["and"] is not None and rest.startswith("cơ quan "))
        if match["semi"] or (named and _opens_actor(rest, asked=True, alone=alone)):
            parts.append(names[start : match.start()])
            start = match.end()
    parts.append(names[start:])
    parts = _with_bare_heads(parts)
    return [clean for part in parts if (clean := part.strip(" ,;:."))]


_BARE_HEADS = ("giám đốc", "thủ trưởng", "chủ tịch", "trưởng", "hiệu trưởng", "người đứng đầu")


def _with_bare_heads(parts: list[str]) -> list[str]:
    """ "Giám đốc, thủ trưởng các sở" is one: a head's position alone says not whose head it is."""
    joined: list[str] = []
    for part in parts:
        if joined and _key(joined[-1].strip(" ,")) in _BARE_HEADS and part[:1].islower():
            joined[-1] = f"{joined[-1].strip(' ,')}, {part.strip()}"
        else:
            joined.append(part)
    return joined
