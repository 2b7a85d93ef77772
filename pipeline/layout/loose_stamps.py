"""The words of arrival stamps: those of the letter that a stamp lies over are told from its own.

In: the words of a page, and a stamp's frame; where none was found a stamp is known by "ĐẾN" and
what is filled in beside it. Out: the words of each stamp. What reads well and goes on outside, or
stands outside a frame, stays text.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.boxes import around, is_centred_in
from pipeline.document import Box, Word
from pipeline.layout import wording
from pipeline.layout.segments import engine_lines

ARRIVED = regex.compile(r"[|\W]*Đ[EẾÊÉỀ]N[|\W]*")
FORM = regex.compile(r"(?:Giờ|Ngày|Số|Chuyển|Lưu|CV|Kính)(?:[:.…].*)?|(?:chuyển|\W*)[.…]{2,}.*")
UPPER = 0.6  # of the page: no stamp is looked for below
BESIDE = (1.3, 0.75, 2.2, 0.55)  # inches left of, above, right of and below "ĐẾN"
FILLED_IN = 1.7  # inches from the first word of a line to the end of its dots
FEWEST = 2  # words of the form beside "ĐẾN"


def loose_stamps(words: Sequence[Word], height: int, dpi: int) -> list[list[Word]]:
    """The words of each stamp, in the engine's order; no word is in two."""
    found: list[list[Word]] = []
    rest = list(words)
    for anchor in (w for w in words if ARRIVED.fullmatch(w.text)):
        if anchor not in rest or anchor.box[3] > UPPER * height or _in_sentence(anchor, rest):
            continue
        near = _grown(anchor.box, BESIDE, dpi)
        form = [
            w for w in rest if w != anchor and is_centred_in(w.box, near) and FORM.fullmatch(w.text)
        ]
        if len(form) < FEWEST:
            continue
        stamp = _words(anchor, form, rest, dpi)
        found.append(stamp)
        rest = [w for w in rest if w not in stamp]
    return found


def stamp_words_in(frame: Box, words: Sequence[Word]) -> list[Word]:
    """The words within a stamp's frame, but those of printed lines that go on right of it."""
    own: list[Word] = []
    for row in engine_lines(words):
        inside = [w for w in row if is_centred_in(w.box, frame)]
        after = [w for w in row if w not in inside and w.box[0] > frame[0] and is_print(w)]
        if len(after) > 1:
            next_ = min(after, key=lambda w: w.box[0])
            while inside and _goes_on(inside[-1], next_):
                next_ = inside.pop()
            if inside and _is_crossed(inside[-1], next_):
                inside.pop()
        own += inside
    return own


def _goes_on(word: Word, after: Word) -> bool:
    """Whether a word is print that goes on right after it."""
    space = word.box[3] - word.box[1]
    return is_print(word) and not is_of_form(word.text) and after.box[0] - word.box[2] < space


def _is_crossed(word: Word, after: Word) -> bool:
    """Whether a word is print before `after` that the frame's stroke runs through: as high, as near
    as words stand, and a syllable, however unsure."""
    high = after.box[3] - after.box[1]
    alike = abs(word.box[3] - word.box[1] - high) < 0.6 * high
    syllable = word.text.islower() and wording.quality(word.text) >= 0.9
    return alike and syllable and -0.1 * high < after.box[0] - word.box[2] < 0.5 * high


def is_of_form(text: str) -> bool:
    """Whether a word is of an arrival stamp's form: ĐẾN, Số, Ngày, Giờ, Chuyển, dots."""
    return bool(FORM.fullmatch(text) or ARRIVED.fullmatch(text))


def _in_sentence(anchor: Word, words: Sequence[Word]) -> bool:
    """Whether print goes on right before or right after it, but for "CÔNG VĂN" before."""
    row = next((r for r in engine_lines(words) if anchor in r), [anchor])
    at = row.index(anchor)
    space = anchor.box[3] - anchor.box[1]
    before = [w for w in row[:at][-1:] if anchor.box[0] - w.box[2] < space and w.text != "VĂN"]
    after = [w for w in row[at + 1 :][:1] if w.box[0] - anchor.box[2] < space]
    return any(
        _reads_well(w) and len(w.text) > 1 and w.text.isalpha() and not FORM.fullmatch(w.text)
        for w in (*before, *after)
    )


def _words(anchor: Word, form: Sequence[Word], words: Sequence[Word], dpi: int) -> list[Word]:
    left, top, right, bottom = around([anchor.box, *(w.box for w in form)])
    wide = round(max(right, max(w.box[0] for w in form) + FILLED_IN * dpi))
    inside = (left - round(0.1 * dpi), top - round(0.05 * dpi), wide, bottom + round(0.05 * dpi))
    own = [
        w
        for w in words
        if w in (anchor, *form) or (is_centred_in(w.box, inside) and not _reads_well(w))
    ]
    head = (inside[0] - round(0.3 * dpi), top - round(0.4 * dpi), wide, top)
    title = [w for w in words if w not in own and is_centred_in(w.box, head) and not is_print(w)]
    return [*title, *own]


def _reads_well(word: Word) -> bool:
    return word.confidence >= 0.6 and wording.quality(word.text) >= 0.9


def is_print(word: Word) -> bool:
    """The letter's own words above a stamp; its office stands there in capitals."""
    return _reads_well(word) and not word.text.isupper()


def _grown(box: Box, by: Sequence[float], dpi: int) -> Box:
    left, above, right, below = (round(v * dpi) for v in by)
    return (box[0] - left, box[1] - above, box[2] + right, box[3] + below)
