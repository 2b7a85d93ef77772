"""Lines about the title that a stamp lies over, or is read as.

In: lines and the stamps of their page; out: which lines are pieces of a stamp, and which lost their
first words under one.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.document import Mark
from pipeline.letter import keywords
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import read_marker
from pipeline.restore.orthography import analyse


def beside_title(title: PageLine, lines: Sequence[PageLine]) -> list[PageLine]:
    """Pieces of a stamp among the first lines below a title: the trích yếu stands centred below it
    (Nghị định 30/2020/NĐ-CP, Phụ lục I, 5), they wholly to its side, with words that are none."""
    found: list[PageLine] = []
    above = title
    for line in lines:
        opens = keywords.opens_phrase(line.text, "legal_basis")
        if opens or keywords.recipients_start(line.text) is not None or read_marker(line.text):
            break
        if title.box is None or line.box is None or above.box is None or line.page != title.page:
            break
        if abs(line.box[0] - above.box[0]) < 0.02 * line.page_width:
            break  # lines that begin below each other are a paragraph
        above = line
        narrow = line.box[2] - line.box[0] < 0.25 * line.page_width
        aside = line.box[2] < title.box[0] or line.box[0] > title.box[2]
        if narrow and aside and not all(map(_is_word, line.text.split())):
            found.append(line)
    return found


def _is_word(word: str) -> bool:
    bare = word.strip('.,;:()"“”')
    return not bare or bare.isdigit() or analyse(bare) is not None


def is_cut(line: PageLine, marks: Sequence[Mark]) -> bool:
    """Does the line begin where a stamp ends that lies over its first words?"""
    if line.box is None:
        return False
    left, top, _, bottom = line.box
    high = bottom - top
    return any(
        m.kind in ("stamp", "seal")
        and m.page == line.page
        and m.box is not None
        and m.box[1] < bottom - high / 2
        and m.box[3] > top + high / 2
        and -2 * high < left - m.box[2] < 1.5 * high
        for m in marks
    )
