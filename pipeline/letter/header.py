"""The letterhead: bodies, number, place and date, trích yếu, type.

In: the lines above the body, both columns in any order or mixed on one line; out: what each says,
with the lines it stands on. Layout by Nghị định 30/2020/NĐ-CP, Phụ lục I, and Hướng dẫn
36-HD/VPTW, Phụ lục 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from pipeline.document import Zone
from pipeline.letter import keywords
from pipeline.letter.dates import DateMention, find_date
from pipeline.letter.folding import fold, letters, upper_share
from pipeline.letter.identifiers import (
    Identifier,
    find_identifiers,
    read_number_line,
    read_symbol_at_end,
)
from pipeline.letter.lines import PageLine, cut, words_between
from pipeline.letter.paragraphs import join
from pipeline.letter.tables import folded_phrases

_WORD = r"(?:\p{Lu}\p{Ll}+|TP\.|Tp\.|T\.P\.?|TP|[QP]\.)"
_NOT_IN_NAMES = regex.compile(r"[<>{}=#$%@:\[\]\\]|\d\p{L}|\p{L}\d|—")
_POINT = regex.compile(r"^\p{L}?\d*[.)][ ]")
_PLACE = regex.compile(
    rf"(?<![^\s\-–_*])(?:(?:thành phố|tỉnh|quận|huyện|xã|phường|thị xã|thị trấn) )?"
    rf"{_WORD}(?:(?:[ ]?-[ ]?|[ ])(?:{_WORD}|phố|xã|trấn|khu|\d{{1,2}})){{0,5}}$"
)


@dataclass(slots=True)
class Letterhead:
    """What the letterhead says; each line list is where it says it."""

    party_title: bool = False
    state_title: bool = False
    bodies: list[PageLine] = field(default_factory=list)
    number: Identifier | None = None
    bare_number: str | None = None
    number_lines: list[PageLine] = field(default_factory=list)
    place: str | None = None
    date: DateMention | None = None
    date_lines: list[PageLine] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    about: list[PageLine] = field(default_factory=list)
    about_marked: bool = True


def split_columns(line: PageLine) -> list[PageLine]:
    """A line of the letterhead cut where the other column begins."""
    places = [p for start, end in keywords.heading_places(line.text) for p in (start, end)]
    pieces = cut(line, *places) if places else [line]
    return [part for piece in pieces for part in _split_at_place(piece)]


def _split_at_place(line: PageLine) -> list[PageLine]:
    date = find_date(line.text)
    if date is None or not _is_full(date) or _cites(line.text[: date.start]):
        return [line]
    start = _place_start(line.text, date)
    ends_line = len(line.text) - date.end <= 6
    if not ends_line or (start and not line.text[start - 1].isspace()):
        return [line]
    return cut(line, start, date.end)


def _is_full(date: DateMention) -> bool:
    return "th" in fold(date.printed)


def _place_start(text: str, date: DateMention) -> int:
    before = text[: date.start].rstrip(" ,.;:")
    match = _PLACE.search(before[-60:])
    if match is None:
        return date.start
    return int(len(before) - len(before[-60:]) + match.start())


def read_letterhead(lines: Sequence[PageLine]) -> Letterhead:
    """What the lines above title, addressees and body say."""
    head = Letterhead()
    in_about = False
    for line in lines:
        if _read_heading(head, line) or _read_date(head, line):
            in_about = in_about and line.zone is Zone.UNKNOWN
        elif _read_number(head, line) or _read_symbol_below(head, line):
            in_about = False
        elif keywords.about_start(line.text) is not None and not head.about:
            head.about.append(line)
            in_about = True
        elif in_about and _continues_about(line, head.about[-1]):
            head.about.append(line)
        elif _opens_unmarked_about(head, line):
            head.about.append(line)
            head.about_marked, in_about = False, True
        elif _names_body(head, line):
            head.bodies.append(line)
        elif _may_name_body(head, line):
            head.doubtful.add("bodies")
    _doubt_reading(head)
    return head


def _read_heading(head: Letterhead, line: PageLine) -> bool:
    if keywords.is_state_title(line.text):
        head.state_title = True
    elif keywords.is_party_title(line.text):
        head.party_title = True
    elif not keywords.is_motto(line.text):
        return False
    return True


# "Nghị định số 207/2012/NĐ-CP ngày …", "Căn cứ Luật … ngày …": a date that is not the letter's own.
_CITES = regex.compile(r"\b(?:can cu|thuc hien|theo|luat|dieu \d|(?<=[a-z] )so \d)")


def _cites(before: str) -> bool:
    """Does a document cited stand right before a date, with no place between them?"""
    before = _PLACE.sub("", before.rstrip(" ,.;:"))
    found = next(find_identifiers(before), None)
    numbered = found is not None and keywords.number_start(before) is None and found.start > 8
    return numbered or _CITES.search(fold(before)) is not None


def is_date_line(text: str) -> bool:
    """May the line be that of place and date: a date, and no document cited before it?"""
    date = find_date(text)
    if date is None or date.start >= 40:
        return False
    return not _cites(text[: date.start])


def _read_date(head: Letterhead, line: PageLine) -> bool:
    date = find_date(line.text)
    if date is None or keywords.about_start(line.text) is not None:
        return False
    before = line.text[: date.start].strip(" ,.;:")
    if not is_date_line(line.text):
        return False
    if len(before) > 40 or upper_share(before) > 0.7 or len(line.text) - date.end > 12:
        return False
    if line.zone is Zone.LETTERHEAD_LEFT and not _is_full(date):
        return False
    if not _is_full(date) and not regex.search(r"\b[Nn]g[aàáảãạ]y$", before):
        return False
    if head.date is None or (head.date.iso is None and date.iso is not None):
        head.date, head.place, head.date_lines = date, _place(before), [line]
    return True


_SURE = 0.75


def _doubt_reading(head: Letterhead) -> None:
    """Note a number or day that a hand may have written: ill read, or set apart from the symbol."""
    number = head.number
    for line in head.number_lines if number is not None and number.number is not None else []:
        start = line.text.find(number.printed) if number else -1
        end = start + len(number.number or "") if number else 0
        apart = start >= 0 and line.text[end : end + 1] == " " and bool(line.words)
        if apart or (start >= 0 and _least(line, start, end) < _SURE):
            head.doubtful.add("number")
    for line in head.date_lines if head.date is not None and head.date.iso else []:
        start = head.date.start if head.date else 0
        if _least(line, start, head.date.end if head.date else 0, digits=True) < _SURE:
            head.doubtful.add("date")


def _least(line: PageLine, start: int, end: int, *, digits: bool = False) -> float:
    """The least confidence among the words of a part of a line."""
    words = words_between(line, start, end)
    sure = [w.confidence for w in words if not digits or any(c.isdigit() for c in w.text)]
    return min(sure, default=1.0)


def _place(before: str) -> str | None:
    clean = regex.sub(r"[ ,.;]+[Nn]g[aàáảãạ]y$|^[Nn]g[aàáảãạ]y$", "", before).strip(
        " ,.;:\"'“”*_-–—"
    )
    return clean if any(c.isalpha() for c in clean) else None


def _read_number(head: Letterhead, line: PageLine) -> bool:
    start = keywords.number_start(line.text)
    if start is None:
        found = next(find_identifiers(line.text), None)
        if found is None or not _number_without_word(line, found, head):
            cited = found is not None and found.start > 8
            return not cited and _read_smudged_number(head, line)
        start = 0
    if head.number is not None or head.bare_number is not None:
        return keywords.about_start(line.text) is None
    rest = line.text[start:]
    head.number = read_number_line(rest)
    if head.number is not None and len(rest) - head.number.end > _LONGEST_AFTER_NUMBER:
        head.number = None  # running text: "số 94/2025/QH15, Luật số 116/2025/QH15 và …"
        return False
    if head.number is None:
        bare = regex.match(r"^[\s.:…_]*(\d{1,6}[a-z]?)[\s.…_]*$", rest)
        head.bare_number = bare[1] if bare else None
    head.number_lines = [line]
    return True


_LONGEST_AFTER_NUMBER = 40


def _read_symbol_below(head: Letterhead, line: PageLine) -> bool:
    """The symbol ("/QĐ-UBND") on a line of its own below "Số: 318", or below a blank."""
    if head.number is not None or not head.number_lines or not line.text.startswith(("/", "-")):
        return False
    found = read_number_line(f"{head.bare_number or ''}{line.text}")
    if found is None or len(line.text) > _LONGEST_AFTER_NUMBER:
        return False
    head.number, head.bare_number = found, None
    head.number_lines = [*head.number_lines, line]
    return True


def _read_smudged_number(head: Letterhead, line: PageLine) -> bool:
    """A number line of which only the symbol at its end can be read."""
    known = head.number is not None or head.bare_number is not None or head.about
    if known or line.zone is Zone.LETTERHEAD_RIGHT:
        return False
    head.number = read_symbol_at_end(line.text)
    if head.number is not None:
        head.number_lines = [line]
    return head.number is not None


def _number_without_word(line: PageLine, found: Identifier, head: Letterhead) -> bool:
    """A number whose "Số" OCR made unreadable: the identifier ends the line, little before it."""
    rest = len(line.text) - found.end
    return found.start <= 8 and rest <= 3 and not head.about


def _opens_unmarked_about(head: Letterhead, line: PageLine) -> bool:
    """A line below the number that a công văn's trích yếu may begin with, its "V/v" misread."""
    known = bool(head.number_lines or head.date_lines)
    if not known or head.about or line.zone not in (Zone.LETTERHEAD_LEFT, Zone.UNKNOWN):
        return False
    if keywords.misread_about_start(line.text) is not None:
        return True
    words = [w for w in line.text.split() if len(w) > 1 and w.isalpha()]
    usual = upper_share(line.text) < 0.5 and len(words) >= 3 and len(letters(line.text)) >= 10
    stray = keywords.is_not_text(line.text) or is_circulation(line.text)
    return usual and not stray and not _NOT_IN_NAMES.search(line.text)


def _continues_about(line: PageLine, last: PageLine) -> bool:
    if not keywords.has_letters(line.text) or line.zone is Zone.LETTERHEAD_RIGHT:
        return False
    if line.gap and upper_share(line.text) > 0.8 and upper_share(last.text) < 0.5:
        return False
    stray = keywords.is_not_text(line.text) or is_circulation(line.text)
    return not (stray or is_mark_line(line.text))


def is_circulation(text: str) -> bool:
    """Does the line say how far a Party letter may go round, or that it is a draft?"""
    return any(letters(p) in letters(text) for p in folded_phrases("circulation"))


def _names_body(head: Letterhead, line: PageLine) -> bool:
    """A line of the issuing body's name: capitals above the number, in the left column."""
    text = line.text
    if head.number_lines or line.zone in (Zone.LETTERHEAD_RIGHT, Zone.FOOT_RIGHT, Zone.FOOT_LEFT):
        late = not head.bodies and line.zone is not Zone.LETTERHEAD_RIGHT
        if not (late and keywords.opens_body(text)):
            return False
    if upper_share(text) < 0.7 or len(letters(text)) < 3 or keywords.is_not_text(text):
        return False
    if _NOT_IN_NAMES.search(text) or _POINT.match(text):
        return False
    if _is_half_heading(text) and not head.bodies:
        head.party_title = True
        return False
    return not (is_circulation(text) or is_mark_line(text))


def _may_name_body(head: Letterhead, line: PageLine) -> bool:
    """Is it a line in capitals above the number that is no name as it was read ("UỶ 8AN NHÂN
    DÂN"), but may be one?"""
    text = line.text
    if head.number_lines or line.zone not in (Zone.LETTERHEAD_LEFT, Zone.UNKNOWN):
        return False
    words = [w for w in text.split() if sum(c.isalpha() for c in w) > 1]
    other = is_circulation(text) or is_mark_line(text) or keywords.is_not_text(text)
    return upper_share(text) > 0.8 and len(words) > 1 and not other and not _is_half_heading(text)


def _is_half_heading(text: str) -> bool:
    return letters(text) in ("dangcongsan", "vietnam")


def is_mark_line(text: str) -> bool:
    """Is the line nothing but a word of secrecy or urgency?"""
    bare = text.strip(" .:*[]()|\"'").upper()
    return bare in {"MẬT", "TỐI MẬT", "TUYỆT MẬT", "HỎA TỐC", "HOẢ TỐC", "THƯỢNG KHẨN", "KHẨN"}


def body_names(lines: Sequence[PageLine]) -> list[list[PageLine]]:
    """The lines of the letterhead's bodies, one group for each body, superior first."""
    groups: list[list[PageLine]] = []
    for line in lines:
        if groups and _continues_body(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _continues_body(group: Sequence[PageLine], line: PageLine) -> bool:
    above, text = join([g.text for g in group]), line.text
    opening = keywords.body_opening(text)
    if above.endswith(("-", "–", ",")) or text.startswith(("-", "–", "(")):
        return True
    if fold(above).split()[-1:] in (["va"], ["cua"], ["thuoc"]):
        return True
    if opening is None:
        return True
    return is_unfinished(above)


def is_unfinished(name: str) -> bool:
    """Is the name only the first words of one that must go on ("VĂN PHÒNG")?"""
    opening = keywords.body_opening(name)
    return opening is not None and not opening[1] and opening[0] == fold(name).strip(" .*'\"")
