"""The foot of a letter: Nơi nhận on the left, the signature on the right, in any order.

In: the lines of the foot; out: the distribution's entries and the signatures' lines
(Nghị định 30/2020/NĐ-CP, Phụ lục I, 7 and 9b; Hướng dẫn 36-HD/VPTW, Phụ lục 1, 7 and 9b).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from pipeline.document import Mark, Zone
from pipeline.letter import keywords
from pipeline.letter.folding import fold, letters, upper_share
from pipeline.letter.lines import PageLine, cut, union
from pipeline.letter.mending import Signer, mend
from pipeline.letter.paragraphs import join
from pipeline.letter.recipients import Entry, end_stripped, list_entries
from pipeline.record import Signature

_ENTRY = regex.compile(r"^[-–—−•*·+~=]{1,2}+[ ]*(?=[\p{L}\d(])")
# A space is put in where a point was misread; "KT.CHỦ TỊCH" was read well, and is as printed.
_AUTHORITY = regex.compile(r"^(KT|TM|TL|TUQ)(?![.]\p{L})[.,:]{1,2}[ ]?(?=\p{L})")
_FOR = regex.compile(r"^K[ ]?[.,][ ]?(?=\p{Lu})(?!T[ ]?\.)")
_SIGNED = regex.compile(r"(?i)^[(\[]?[ ]*(?:đã ký|da ky|ký tên|đóng dấu)")


@dataclass(frozen=True, slots=True)
class Foot:
    """What the foot says."""

    distribution: list[Entry]
    signers: list[Signer]


def read_foot(lines: Sequence[PageLine], marks: Sequence[Mark] = ()) -> Foot:
    """Distribution and signatures of the foot; `marks` are those of all pages."""
    listed: list[tuple[str, PageLine]] = []
    signers: list[Signer] = [Signer()]
    in_list = False
    for line in _single_columns(_rows_joined(lines)):
        start = keywords.distribution_start(line.text)
        if start is not None:
            in_list = True
            if keywords.has_letters(line.text[start:]):
                listed.append((line.text[start:].strip(), line))
        elif _is_signature(line, signers[-1], in_list=in_list):
            _sign(line, signers)
            in_list = in_list and line.zone is Zone.FOOT_LEFT
        elif _lists(line, in_list=in_list):
            listed.append((line.text, line))
            in_list = True
    _take_damaged_name(lines, signers[-1])
    signers = [s for s in signers if s.begun]
    for signer in signers:
        mend(signer, marks)
    listed = _without_scribble(listed)
    read = [Entry(_written_after(e), e.lines) for e in list_entries(_ended(listed))]
    entries = [Entry(_without_count(end_stripped(e.text)), e.lines) for e in read]
    return Foot([e for e in entries if e.text], signers)


def _without_scribble(listed: list[tuple[str, PageLine]]) -> list[tuple[str, PageLine]]:
    """The list without what a pen wrote above its first dash: no word of small letters."""
    if len(listed) < 2 or _ENTRY.match(listed[0][0]) or not _ENTRY.match(listed[1][0]):
        return listed
    return listed if regex.search(r"\p{Ll}{2}", listed[0][0]) else listed[1:]


def _ended(listed: list[tuple[str, PageLine]]) -> list[tuple[str, PageLine]]:
    """The list without a short line read unsurely below the full stop that ends "Lưu: VT, …."."""
    if len(listed) < 2 or not listed[-1][1].words:
        return listed
    (above, _), (text, line) = listed[-2:]
    scribbled = len(text) < 10 and line.confidence < _WRITTEN and not _ENTRY.match(text)
    filed = letters(above).startswith("luu") and above.endswith(".")
    return listed[:-1] if scribbled and filed else listed


def _take_damaged_name(lines: Sequence[PageLine], signer: Signer) -> None:
    """The last line of the right foot as the signer's name, where no clear name was read."""
    if signer.name is not None:
        return
    below = [line for line in lines if line.zone is Zone.FOOT_RIGHT]
    if not signer.position:
        below = below[-1:]
    for line in reversed(below):
        if line not in signer.position and keywords.may_be_name(line.text):
            signer.name = line
            signer.doubts.add("signer")
            return


def _lists(line: PageLine, *, in_list: bool) -> bool:
    entry = in_list or _ENTRY.match(line.text) is not None
    return entry and keywords.has_letters(line.text) and line.zone is not Zone.FOOT_RIGHT


def _single_columns(lines: Sequence[PageLine]) -> list[PageLine]:
    """Lines that mix a list entry with the signature beside it, cut apart."""
    return [piece for line in lines for piece in _cut_signature(_unsmudged(line))]


def _rows_joined(lines: Sequence[PageLine]) -> list[PageLine]:
    """Wide-set words in capitals of one row on the right, read apart, as one line."""
    joined: list[PageLine] = []
    for line in lines:
        above = joined[-1] if joined else None
        if above is not None and _is_same_row(above, line):
            text, box = f"{above.text} {line.text}", union([above.box, line.box])
            words, ink = above.words + line.words, above.ink + line.ink
            joined[-1] = replace(above, text=text, box=box, words=words, ink=ink)
        else:
            joined.append(line)
    return joined


def _is_same_row(one: PageLine, other: PageLine) -> bool:
    if one.box is None or other.box is None or not one.zone == other.zone == Zone.FOOT_RIGHT:
        return False
    shared = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    beside = one.page == other.page and one.box[2] < other.box[0]
    capitals = upper_share(one.text) == upper_share(other.text) == 1.0
    return beside and capitals and shared > 0.6 * (other.box[3] - other.box[1])


def _unsmudged(line: PageLine) -> PageLine:
    """A line of the right foot without the smudge of seal and pen before its words."""
    text = line.text.strip(" .,:;*'\"’“”_|-–—~^`")
    known = keywords.is_position(text) or keywords.is_name(text) or keywords.authority_end(text)
    if line.zone is not Zone.FOOT_RIGHT:
        return line
    if known:
        return replace(line, text=text)
    return replace(line, text=keywords.after_smudge(line.text))


_BESIDE = regex.compile(
    r"(?<=[;:.,\p{Ll}\)])[ ]+(?=(?:T/M|K/T|T/L|TM\.|KT\.|TL\.|TUQ\.)[ ]?\p{Lu})"
    r"|(?<=[;:.,\p{Ll}\)])[ ]+(?=\p{Lu}{2,}[, ]+\p{Lu}{2,}(?:[, ]+\p{Lu}{2,})*$)"
)


# "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC": two lines that were stamped or read as one row.
_DEPUTY_BESIDE = regex.compile(
    r"^K[./ ]?T[.]?[ ]?(?P<head>\p{Lu}[\p{Lu} ]+?)[ ](?=PHÓ[ ](?P=head)$)"
)


def _cut_signature(line: PageLine) -> list[PageLine]:
    if deputy := _DEPUTY_BESIDE.match(line.text):
        return cut(line, deputy.end())
    if line.zone in (Zone.FOOT_RIGHT, Zone.TABLE) or keywords.authority_end(line.text):
        return [line]
    for match in _BESIDE.finditer(line.text):
        beside = line.text[match.end() :]
        if keywords.authority_end(beside) is not None or keywords.is_position(beside):
            return cut(line, match.end())
    if line.zone is Zone.UNKNOWN and (beside_entry := _smudged_position(line)):
        return beside_entry
    head, _, name = line.text.rpartition(". ")
    if head and letters(head).startswith("luu") and keywords.is_name(name):
        return cut(line, len(head) + 1)
    return [line]


def _smudged_position(line: PageLine) -> list[PageLine]:
    """An entry of the list and the position beside it with damage between; [] where none is."""
    for match in regex.finditer(r"(?<=[;,.)])[ ]+", line.text):
        beside = line.text[match.end() :]
        position = keywords.after_smudge(beside)
        if len(beside) <= 30 and position != beside and keywords.is_position(position):
            entry, rest = cut(line, match.end())
            return [entry, replace(rest, text=position)]
    return []


def _is_signature(line: PageLine, current: Signer, *, in_list: bool) -> bool:
    text = line.text
    if (mark := _ENTRY.match(text)) and not _stands_in_capitals(text[mark.end() :]):
        return False
    if keywords.authority_end(text) is not None or keywords.is_position(text):
        return True
    awaits_position = bool(current.authority) and not current.position and not current.name
    if awaits_position and (keywords.is_typed_position(text) or keywords.is_position_word(text)):
        return True
    if keywords.is_name(text):
        return not in_list or line.zone is Zone.FOOT_RIGHT or line.gap or current.begun
    words = [w for w in text.split() if len(w) > 1 and w.isalpha()]
    capitals = upper_share(text) > 0.85 and len(words) > 1 and not any(c.isdigit() for c in text)
    if line.zone is Zone.FOOT_RIGHT:
        return capitals or keywords.is_position_word(text.strip(" .,"))
    wraps = bool(current.authority) and not current.position and current.name is None
    return capitals and not in_list and (wraps or bool(current.position and not current.name))


def _stands_in_capitals(text: str) -> bool:
    """Is the line, but for a speck before it, an authority or a position and no entry?"""
    return keywords.authority_end(text) is not None or keywords.is_position(text)


def _sign(line: PageLine, signers: list[Signer]) -> None:
    current = signers[-1]
    text = line.text
    if _SIGNED.match(text):
        return
    if keywords.is_name(text) and not (upper_share(text) > 0.85 and not current.begun):
        if current.name is not None:
            signers.append(Signer(name=line))
        else:
            current.name = line
        return
    if current.name is not None:
        current = Signer()
        signers.append(current)
    if keywords.authority_end(text) is not None:
        if current.position:
            current.authority += current.position
            current.position = []
        current.authority.append(line)
    elif (
        keywords.is_position(text)
        or keywords.is_typed_position(text)
        or current.position
        or not current.authority
    ):
        current.position.append(line)
    elif keywords.is_position_word(text.strip(" .,")):
        current.position.append(line)  # "TƯỚNG" below "KT. THỦ TƯỚNG": a seal lies over the rest
    else:
        current.authority.append(line)


def signature_of(foot: Foot) -> Signature:
    """The signature as printed; those of a joint letter one after another, parted by "; "."""
    if not foot.signers:
        return Signature()
    columns = [
        [signature_text(s.authority) for s in foot.signers],
        [signature_text(s.position) for s in foot.signers],
        [signer_text(s.name) for s in foot.signers],
    ]
    authority, position, signer = ("; ".join(filter(None, c)) or None for c in columns)
    return Signature(authority=authority, position=position, signer=signer)


def signature_text(lines: Sequence[PageLine]) -> str | None:
    """Lines of authority or position as one, without stray marks at the edges."""
    bare = [line.text.strip(" :;*'\"’“”_|~=^`—–") for line in lines]
    clean = [_FOR.sub("KT. ", _AUTHORITY.sub(r"\1. ", text)) for text in bare]
    return join(clean).strip(" ,.;") or None


def signer_text(line: PageLine | None) -> str | None:
    """The signer's name as printed."""
    if line is None:
        return None
    return line.text.strip(" .,:;*'\"’“”-–—_|~^") or None


_COUNT = regex.compile(r"\.[ ]+[^\p{L}\s()]{1,3}$")
# Signs no entry is printed with: seals, pens and the rules of tables read as letters.
_NEVER = r"[^\p{L}\p{M}\d\s.,;:()\[\]/&+*'’\"“”%–—_-]"
_AFTER_END = regex.compile(rf";[ ]+[^;]*{_NEVER}[^;]*$")
_SCRIBBLE = regex.compile(rf"(?<=[.)])[^\s.)]*{_NEVER}\S*$")
_WRITTEN = 0.76  # the words of a pen are read less surely than print, at most this
_BRIEF = 3


def _without_count(entry: str) -> str:
    """An entry without what no printer set: signs and letters after its ";"; of the last ("Lưu: VT
    …") the number of copies some hand wrote after it."""
    entry = str(_AFTER_END.sub("", entry))
    if not fold(entry).startswith("luu"):
        return entry
    entry = str(_SCRIBBLE.sub("", entry))
    return str(_COUNT.sub("", entry)).rstrip(" ;.,:")


def _written_after(entry: Entry) -> str:
    """The last entry without a short word read unsurely that stands after its end: the full stop,
    or the number of copies in brackets (Nghị định 30/2020/NĐ-CP, Phụ lục I, 9b)."""
    words = entry.lines[-1].words
    head, _, last = entry.text.rpartition(" ")
    if not words or len(last) > _BRIEF or words[-1].confidence > _WRITTEN:
        return entry.text
    ended = head.endswith(".") or regex.search(r"\(\d+[a-zđ]?\)", head)
    return head if ended and fold(entry.text).startswith("luu") else entry.text
