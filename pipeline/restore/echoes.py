"""What the engine read twice, and specks read as letters, told by where they stand: `đầm ấ ấm`,
`việc c đến`, `phạm vi vi, chức năng`, `về 3 thực hiện`.

In: a line whose words have boxes and confidences. Out: the spans to take away. Tesseract's network
may give the same ink to two words: the box of a fragment then lies in that of the word whose
beginning or end it is. A letter or digit of less than a third of the line's height is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Final

import regex

from pipeline.document import UNTOLD, Line, Word
from pipeline.restore.fix import Fix
from pipeline.restore.orthography import split_tone
from pipeline.restore.tokens import core_of

_LONGEST: Final = 3  # letters of a fragment
_OVERLAP: Final = 0.4  # of the narrower box's width
_LOW: Final = 0.33  # of the line's usual height
_FEWEST: Final = 3  # words that tell it
_LONE: Final = regex.compile(r"(?<!\S)[\p{L}\d](?!\S)")


def fixes(line: Line) -> Iterator[Fix]:
    """The fragments and specks of a line, each with the space beside it."""
    words = line.words
    gone: set[int] = set()
    end = 0
    for i, word in enumerate(words):  # of every line: most words begin behind the one before
        box = word.box
        if box[0] < end and _share_ink(words[i - 1], word):
            if _begins(words[i - 1], word):
                gone.add(i - 1)
            elif _ends(word, words[i - 1]):
                gone.add(i)
        end = box[2]
    if _LONE.search(line.text):
        gone |= _specks(words)
    if not gone or len(gone) == len(words):
        return
    for i, (start, word) in enumerate(zip(line.starts(), words, strict=True)):
        if i in gone:
            behind = start + len(word.text)
            last = i + 1 == len(words) or i + 1 in gone
            yield Fix(max(0, start - 1), behind, "") if last else Fix(start, behind + 1, "")


def _share_ink(left: Word, right: Word) -> bool:
    """Whether the boxes of two words lie in one another for a good part. Words that were changed
    have no box of their own."""
    if left.confidence >= UNTOLD or right.confidence >= UNTOLD:
        return False
    a, b = left.box, right.box
    shared = min(a[2], b[2]) - max(a[0], b[0])
    narrower = min(a[2] - a[0], b[2] - b[0])
    return shared > _OVERLAP * narrower and min(a[3], b[3]) > max(a[1], b[1])


def _begins(fragment: Word, word: Word) -> bool:
    """Whether a fragment is the beginning of a word: `s sô`, `t tử`, `vi vi,`."""
    bare = _bare(fragment.text)
    return _is_fragment(fragment) and _bare(_core(word)).startswith(bare)


def _ends(fragment: Word, word: Word) -> bool:
    """Whether a fragment is the end of a word: `việc c`."""
    return _is_fragment(fragment) and _bare(_core(word)).endswith(_bare(fragment.text))


def _is_fragment(word: Word) -> bool:
    return word.text.isalpha() and len(word.text) <= _LONGEST


def _core(word: Word) -> str:
    return word.text[slice(*core_of(word.text))]


def _bare(text: str) -> str:
    """Small letters without tones, which what is read twice may have once."""
    return split_tone(text.lower())[0]


def _specks(words: tuple[Word, ...]) -> set[int]:
    """The words of a letter or digit that are too low to be one."""
    single = [i for i, w in enumerate(words) if len(w.text) == 1 and w.text.isalnum() and _told(w)]
    heights = [_height(w) for w in words if len(w.text) > 1 and w.text.isalpha() and _told(w)]
    if len(heights) < _FEWEST:
        return set()
    usual = median(heights)
    return {i for i in single if _height(words[i]) < _LOW * usual}


def _told(word: Word) -> bool:
    return word.confidence < UNTOLD


def _height(word: Word) -> int:
    return word.box[3] - word.box[1]
