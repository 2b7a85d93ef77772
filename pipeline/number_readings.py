"""Numbers that were not read surely, read once more by the engine's English model.

In: a page and its words. Out: pictures of these numbers with the words beside them; and of each
number's two readings the better one. The English model knows figures better: where both models
read a number, and not the same, the surer one is nearly always right (docs/reading.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image

from pipeline.boxes import around, overlap
from pipeline.digits import are_alike
from pipeline.document import Box, Retake, Word
from pipeline.layout.segments import engine_lines

SURE: Final = 0.85  # confidence from which on a number is taken as read
LEAST: Final = 0.1  # what is read with less is dirt or handwriting
LONGEST: Final = 30  # characters
MOST: Final = 60  # numbers of a page
MARGIN: Final = 0.03  # inches around the words
SAME: Final = 0.6  # of two words' boxes together, that both cover, if they are one word
LEAST_OTHER: Final = 0.3  # what the other model reads with less is not told
UNSURE: Final = 0.5  # confidence, at most, of a number that the models read differently
WELL: Final = 0.85  # confidence of a number whose digits are taken
FAIR: Final = 0.65  # … of one among letters, which this model reads badly
SIGN: Final = 0.5  # … of one that was read with signs in the place of these digits
AROUND: Final = ".,;:()\"“”'"
BETWEEN: Final = frozenset(".,/-:%°")
POINTS: Final = frozenset(".,")
PARTS: Final = frozenset("/-.")
LIKE: Final[dict[str, str]] = {
    **dict.fromkeys("IlLíìÍÌ|!][", "1"),
    **dict.fromkeys("OoDØø", "0"),
    **dict.fromkeys("SsŠš§$", "58"),
    **dict.fromkeys("T?", "17"),
    **dict.fromkeys("óÓ", "6"),
    **dict.fromkeys("Zz", "2"),
    "B": "8",
}
"""Which digits are misread as a letter or sign."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A number of the page that is read again, and the picture."""

    word: Word
    picture: Retake


def doubtful_numbers(page: Image.Image, dpi: float, words: Sequence[Word]) -> list[Asked]:
    """The numbers of a grey page that were not read surely, each with the words beside it: a word
    alone has no line to be measured by."""
    margin = round(MARGIN * dpi)
    found: list[Asked] = []
    for line in engine_lines(words):
        for at, word in enumerate(line):
            if _is_doubtful(word):
                box = around(w.box for w in line[max(0, at - 1) : at + 2])
                found.append(Asked(word, _picture(page, box, margin)))
    return found[:MOST]


def _is_doubtful(word: Word) -> bool:
    """Whether a word may be a printed number that was misread; strange signs are handwriting."""
    if not any(map(str.isdecimal, word.text)) or not LEAST <= word.confidence < SURE:
        return False
    core = word.text.strip(AROUND)
    known = all(c.isalnum() or c in LIKE or c in BETWEEN for c in core)
    return known and len(core) <= LONGEST


def _picture(page: Image.Image, box: Box, margin: int) -> Retake:
    """A part of the page with a margin."""
    left, top, right, bottom = box
    wider = (
        max(0, left - margin),
        max(0, top - margin),
        min(page.width, right + margin),
        min(page.height, bottom + margin),
    )
    return Retake(wider, (page.crop(wider),))


def with_numbers(
    words: Sequence[Word], asked: Sequence[Asked], readings: Sequence[Sequence[Word]]
) -> list[Word]:
    """The words of a page with the better readings of its numbers, each with what else was read
    there. Where the two differ in a digit, neither is sure."""
    better: dict[Word, Word] = {}
    for one, read in zip(asked, readings, strict=True):
        same = [word for word in read if overlap(word.box, one.word.box) > SAME]
        if len(same) == 1:
            better[one.word] = _with_other(one.word, same[0])
    return [better.get(word, word) for word in words]


def _with_other(word: Word, other: Word) -> Word:
    text = number_of(word.text, other.text)
    if text == word.text or other.confidence < LEAST_OTHER:
        return word
    alike = are_alike(word.text, text)
    need = max(WELL if _is_figure(other.text.strip(AROUND)) else FAIR, word.confidence)
    taken = other.confidence >= (SIGN if alike and _has_signs(word.text, text) else need)
    text, beside = (text, word.text) if taken else (word.text, text)
    sure = word.confidence if alike else min(word.confidence, UNSURE)
    others = tuple(dict.fromkeys((beside, *word.readings)))
    return replace(word, text=text, confidence=sure, readings=others)


def number_of(read: str, other: str) -> str:
    """What was `read`, with the digits of the `other` reading, where these may be of the same
    print; else as it is."""
    core, others = read.strip(AROUND), other.strip(AROUND)
    figure = _is_figure(others) and all(c.isdecimal() or c in LIKE or c in BETWEEN for c in core)
    if figure and len(core) != len(others):
        return read.replace(core, others) if _has_digits_of(core, others) else read
    if len(core) != len(others) or not (figure or PARTS.intersection(core)):
        return read
    digits = [_digit(a, b) for a, b in zip(core, others, strict=True)]
    return read if None in digits else read.replace(core, "".join(d or "" for d in digits))


def _has_signs(text: str, digits: str) -> bool:
    """Whether a number differs only where it has signs for digits."""
    same_length = len(text) == len(digits)
    return same_length and all(b.isdecimal() for a, b in zip(text, digits, strict=True) if a != b)


def _is_figure(text: str) -> bool:
    return all(c.isdecimal() or c in BETWEEN for c in text) and any(map(str.isdecimal, text))


def _has_digits_of(core: str, figure: str) -> bool:
    """Whether a figure has as many digits as what was read as `core`, or one less where another
    was a sign misread, and all the marks between them."""
    marks = [sum(c in BETWEEN for c in text) for text in (core, figure)]
    digits = [len(text) - n for text, n in zip((core, figure), marks, strict=True)]
    return marks[0] <= marks[1] and digits[1] <= digits[0] <= digits[1] + 1


def _digit(read: str, other: str) -> str | None:
    """One character of a number by two readings; None where they cannot be of the same print."""
    if not other.isdecimal():
        return other if {read, other} <= POINTS else read
    if read.isdecimal():
        return other
    return other if other in LIKE.get(read, "") else None
