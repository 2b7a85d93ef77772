"""Signature lines of which a seal hid the first words, told by where the block is centred.

The lines of a signature stand centred one below another (Nghị định 30/2020/NĐ-CP, Phụ lục I, 7;
Hướng dẫn 36-HD/VPTW, 1.7), the seal over their left third. Where one line is whole, the right end
of another tells how wide that one is; of the known forms that end in the words still read, only
one or none is as wide. In: a line, the axis and the size of the print; out: that form, or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import regex

from pipeline.letter import keywords
from pipeline.letter.folding import fold, letters
from pipeline.letter.lines import PageLine
from pipeline.letter.tables import rows, surnames
from pipeline.print_widths import SPACE, width_of

_NEAR = 0.09  # share by which a form may be wider or narrower than the room
_APART = 0.16  # share by which any other form must differ
_TOGETHER = ("UỶ BAN NHÂN DÂN", "HỘI ĐỒNG NHÂN DÂN", "CHÍNH PHỦ", "ĐOÀN CHỦ TỊCH", "BAN THƯỜNG VỤ")
_EDGES = " .,:;*'\"’“”_|~^`=–—-"
_PITCH = 1.25  # heights of capitals with their marks from one line to the next
_FOR_BODY = regex.compile(r"^TM[.,]? ")


@dataclass(frozen=True, slots=True)
class Centre:
    """The axis of a signature block and the size of its print, pixels an em."""

    axis: float
    em: float


def centre_of(lines: Iterable[PageLine], name: PageLine | None) -> Centre | None:
    """By a line that begins with its authority, else by the name; None where no line is whole."""
    whole = [x for x in lines if keywords.authority_end(x.text) is not None]
    if name is not None and name.text.strip(_EDGES).split(" ")[0].upper() in surnames():
        whole.append(name)
    for line in whole:
        if line.box is not None and not _is_mended(line):
            wide = line.box[2] - line.box[0]
            return Centre((line.box[0] + line.box[2]) / 2, wide / _width(line.text.strip(_EDGES)))
    return None


def whole_position(line: PageLine, centre: Centre) -> str | None:
    """The position of which `line` prints the end."""
    return _whole(line, centre, _position_forms())


def whole_authority(line: PageLine, centre: Centre) -> str | None:
    """The authority, "KT." with a head's position or "TM." with a body, that `line` ends."""
    return _whole(line, centre, _authority_forms())


def hides_line(above: PageLine, below: PageLine) -> bool:
    """Is there room for a whole line between two lines of one signature?"""
    if above.box is None or below.box is None or above.page != below.page:
        return False
    height = max(above.box[3] - above.box[1], below.box[3] - below.box[1])
    return 1.6 * _PITCH * height < below.box[1] - above.box[1] < 2.6 * _PITCH * height


def head_signed_for(authority: str, position: str) -> str | None:
    """ "KT. CHỦ TỊCH" where a deputy signs below "TM. UỶ BAN NHÂN DÂN": nobody else's line can
    stand between them (Nghị định 30/2020/NĐ-CP, Điều 13)."""
    if not _FOR_BODY.match(authority) or "KT." in authority:
        return None
    if fold(position).startswith("pho "):
        return f"KT. {position.split(' ', 1)[1]}"
    return None


def halves(text: str) -> int | None:
    """Where the second half of a line begins that prints the same position twice, else None: the
    head's and the deputy's lines, stamped so near each other that OCR read them as one."""
    words = text.strip(_EDGES).split(" ")
    half = len(words) // 2
    twice = len(words) > 2 and fold(" ".join(words[:half])) == fold(" ".join(words[half:]))
    if not twice or not keywords.is_position(" ".join(words[:half])):
        return None
    return text.index(" ".join(words[half:]), len(" ".join(words[:half])))


def _whole(line: PageLine, centre: Centre, forms: Sequence[str]) -> str | None:
    read = line.text.strip(_EDGES)
    words = fold(read).split()
    if line.box is None or not words or len(letters(read)) < 3 or _is_mended(line):
        return None
    ends = [f for f in forms if fold(f).split()[-len(words) :] == words]
    room = 2 * (line.box[2] - centre.axis)
    off = sorted((abs(_width(f) * centre.em / room - 1), f) for f in ends) if room > 0 else []
    if not off or off[0][0] > _NEAR:
        return None
    if any(b[0] - a[0] < _APART - _NEAR for a, b in pairwise(off[:2])):
        return None
    found = off[0][1]
    return found if fold(found) != fold(read) else None


def _width(text: str) -> float:
    return width_of(text, slanted=False) + SPACE * text.count(" ")


def _is_mended(line: PageLine) -> bool:
    """Were words put in or taken out, so that the line's box is not that of its text?"""
    return len(line.words) != len(line.text.split())


@cache
def _position_forms() -> tuple[str, ...]:
    return tuple(r[0] for r in rows("positions.tsv"))


@cache
def _authority_forms() -> tuple[str, ...]:
    heads = [
        f"KT. {p}" for p in _position_forms() if not fold(p).startswith(("pho ", "thu truong"))
    ]
    return (*heads, *(f"TM. {body}" for body in _TOGETHER))
