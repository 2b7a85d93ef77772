"""Lines of print that the engine passed over, to be read once more, and what counts of it.

In: a page and the words read on it. Out: pictures of the lines that no word covers, without the
dots left for filling in; and of what was read there the words that are print. The engine takes
short lines that stand alone (a signature, a figure in a cell) for noise, and forms for rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline import ink
from pipeline.boxes import is_centred_in, overlap
from pipeline.document import Box, Retake, Word
from pipeline.layout import wording
from pipeline.second_look import FIRST_BLOCK

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]
FIND_DPI = 100
LETTER = (0.045, 0.26)  # inches high; what is lower is a mark or a dot
WIDEST = 0.6  # inches; strokes of pens are wider
EMPTIEST = 0.12  # of its box that a letter fills at least
APART = 0.25  # inches between the letters of a line
FEWEST = 3  # letters that make a line outside tables
SHORTEST = 0.2  # inches that a line outside tables is wide
MARGIN = 0.04  # inches around a line
DOT = 0.035  # inches either way
LEADER = 0.3  # inches of dots in a row that are left for filling in
JUNK = 0.3  # confidence by quality of a word that covers nothing
FIGURE = 0.6  # confidence of a cell's number or letter
READ = 0.55  # confidence by quality of a line that is print
NEXT = 1.0  # of its height from a line that the next word of the same line stands
LOSS = 0.7  # of the letters read before, that a new reading must have
PALE = 0.6  # of the way from print to white paper, where white begins
SAME = 0.5  # of two words' boxes together, that both cover, if they are one print
SURE = 0.85  # confidence of a line that is print whatever it says
MOST_LINES = 60


def unread(
    page: Image.Image, dpi: float, words: Sequence[Word], cells: Sequence[Box]
) -> list[Retake]:
    """The lines of a grey page, straight and without seals, that no word covers; `cells` are those
    of its tables, in which a single letter is a line."""
    grey = np.asarray(page)
    letters, scale = _letters(grey, dpi, [w.box for w in words if not is_junk(w)])
    found = [_scaled(box, scale) for box in _lines(letters, [_scaled(c, 1 / scale) for c in cells])]
    if not found:
        return []
    clean = grey.copy()
    for word in words:
        if not is_junk(word):
            left, top, right, bottom = word.box
            clean[max(0, top) : bottom, max(0, left) : right] = 255
    pictures = (_crisp(_without_leaders(_cut(clean, box), dpi), dpi) for box in found)
    return [Retake(box, (Image.fromarray(p),)) for box, p in zip(found, pictures, strict=True)]


def _cut(page: Grey, box: Box) -> Grey:
    return page[box[1] : box[3], box[0] : box[2]]


def _scaled(box: Box, factor: float) -> Box:
    left, top, right, bottom = (round(v * factor) for v in box)
    return (left, top, right, bottom)


def _letters(grey: Grey, dpi: float, read: Sequence[Box]) -> tuple[Mask, float]:
    """Blobs (1) of the size and fullness of letters outside the boxes `read`, on a copy at
    FIND_DPI, and its scale."""
    scale = dpi / FIND_DPI
    size = (max(1, round(grey.shape[1] / scale)), max(1, round(grey.shape[0] / scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    dark = (small < ink.PALEST_INK).astype(np.uint8)
    for box in read:
        left, top, right, bottom = _scaled(box, 1 / scale)
        dark[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    full = stats[:, cv2.CC_STAT_AREA] / np.maximum(1, wide * high)
    low, tall = (v * FIND_DPI for v in LETTER)
    keep = (high >= low) & (high <= tall) & (full > EMPTIEST)
    keep &= (wide <= WIDEST * FIND_DPI) & (wide > 1)
    keep[0] = False
    return np.asarray(keep[labels], np.uint8), scale


def _without_leaders(line: Grey, dpi: float) -> Grey:
    """A line without the dots in a row that forms have for filling in."""
    dark = (line < ink.PALEST_INK).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    small = np.max(stats[:, 2:4], axis=1) <= DOT * dpi
    small[0] = False
    dots = small[labels].astype(np.uint8)
    rows = cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((1, round(0.1 * dpi)), np.uint8))
    rows = cv2.morphologyEx(rows, cv2.MORPH_OPEN, np.ones((1, round(LEADER * dpi)), np.uint8))
    near = cv2.dilate(rows, np.ones((5, 3), np.uint8)) > 0
    chained = np.zeros(len(stats), np.bool_)
    chained[np.unique(labels[near & (dots > 0)])] = True
    chained[0] = False
    gone = cv2.dilate(chained[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(gone, 255, line).astype(np.uint8)


def _crisp(line: Grey, dpi: float) -> Grey:
    """A line on white paper: what is much paler than its letters (faded seals, print of the other
    side) goes."""
    inked = line[line < ink.PALEST_INK]
    dark = float(np.median(inked)) if inked.size > (0.05 * dpi) ** 2 else 0.0
    white = dark + PALE * (255 - dark)
    spread = (line.astype(np.float32) - dark) * (255 / max(1.0, white - dark))
    return np.asarray(np.clip(spread, 0, 255), np.uint8)


def _lines(letters: Mask, cells: Sequence[Box]) -> list[Box]:
    """Boxes around the lines that letters stand in, top to bottom, all in pixels at FIND_DPI."""
    reach = round(APART * FIND_DPI)
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
    for left, top, right, bottom in cells:
        joined[top:bottom, [max(0, left), min(right, letters.shape[1]) - 1]] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    counts = _counts(letters, np.asarray(labels, np.int32), len(stats))
    found: list[Box] = []
    for n in range(1, len(stats)):
        left, top, wide, high, _ = (int(v) for v in stats[n])
        box = (left, top, left + wide, top + high)
        few = counts[n] < FEWEST or wide < SHORTEST * FIND_DPI
        if high <= 1.6 * LETTER[1] * FIND_DPI and not (few and _cell_of(box, cells) is None):
            found.append(box)
    found = sorted(found, key=lambda box: (box[1], box[0]))[:MOST_LINES]
    page = (0, 0, letters.shape[1], letters.shape[0])
    return [_with_margins(box, found, _cell_of(box, cells) or page) for box in found]


def _with_margins(box: Box, lines: Sequence[Box], field: Box) -> Box:
    """A line with some white around it, within `field` and not into the lines above and below."""
    left, top, right, bottom = box
    margin = round(MARGIN * FIND_DPI)
    beside = [b for b in lines if b != box and min(b[2], right) > max(b[0], left)]
    above = max((b[3] for b in beside if b[1] < top), default=0)
    below = min((b[1] for b in beside if b[3] > bottom), default=field[3])
    return (
        max(field[0] + 1, left - margin),
        max(field[1] + 1, min(top, above), top - 2 * margin),  # marks stand above letters
        min(field[2] - 1, right + margin),
        min(field[3] - 1, max(bottom, below), bottom + 2 * margin),
    )


def _counts(letters: Mask, labels: NDArray[np.int32], lines: int) -> NDArray[np.intp]:
    """How many letters each line has."""
    _, blobs, stats, _ = cv2.connectedComponentsWithStats(letters, connectivity=8)
    line_of = np.zeros(len(stats), np.int32)
    line_of[blobs.ravel()] = labels.ravel()
    return np.bincount(line_of[1:], minlength=lines)


def _cell_of(box: Box, cells: Sequence[Box]) -> Box | None:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return next((c for c in cells if c[0] <= x <= c[2] and c[1] <= y <= c[3]), None)


def is_junk(word: Word) -> bool:
    """Whether a word was read so badly that what it stands for may be read again."""
    return word.confidence * wording.quality(word.text) < JUNK


def with_lines(
    words: Sequence[Word], lines: Sequence[tuple[Box, Sequence[Word]]], cells: Sequence[Box]
) -> list[Word]:
    """The words of a page and those of passed-over lines (box, words) that are print; what was
    read there so badly before makes room."""
    done = list(words)
    for n, (box, found) in enumerate(lines):
        if not found or not _is_print(found, _cell_of(box, cells) is not None):
            continue
        line = _without_scraps(found)
        before = [w for w in done if is_junk(w) and is_centred_in(w.box, box)]
        beside = _beside(box, done)
        if not line or (before and not _is_better(line, before, within=beside is not None)):
            continue
        same = _same_print(line, done)
        if 2 * len(same) >= len(line):  # red print that did not fade away was read already
            if _sureness(line) <= _sureness(same):
                continue
            before += same
            beside = _beside(box, [w for w in done if w not in same])
        done = [w for w in done if w not in before]
        if beside:  # a word of that line
            row = (beside.block, beside.paragraph, beside.line)
            done += [Word(w.text, w.box, w.confidence, *row) for w in line]
        else:  # a block of its own, apart from those of lines below seals
            block = 2 * FIRST_BLOCK + n
            done += [Word(w.text, w.box, w.confidence, block, 1, w.line) for w in line]
    return done


def _same_print(line: Sequence[Word], words: Sequence[Word]) -> list[Word]:
    """The words that were read well where words of `line` stand."""
    return [w for w in words if not is_junk(w) and any(overlap(w.box, x.box) > SAME for x in line)]


def _sureness(words: Sequence[Word]) -> float:
    return sum(w.confidence for w in words) / len(words)


def _without_scraps(line: Sequence[Word]) -> list[Word]:
    """A line without the pen strokes and rests of seals at both its ends."""
    words = sorted(line, key=lambda w: (w.line, w.box[0]))
    for end in (0, -1):
        while words and is_junk(words[end]):
            words.pop(end)
    return words


def _beside(box: Box, words: Sequence[Word]) -> Word | None:
    """The nearest word that was read well right before or after `box`."""
    high, middle = box[3] - box[1], (box[1] + box[3]) / 2
    near = [
        (max(w.box[0] - box[2], box[0] - w.box[2]), w)
        for w in words
        if w.box[1] < middle < w.box[3] and not is_junk(w)
    ]
    gap, word = min(near, key=lambda found: found[0], default=(high, None))
    return word if gap < NEXT * high else None


def _is_better(line: Sequence[Word], before: Sequence[Word], *, within: bool) -> bool:
    """Whether a reading is to take the place of one so unsure: it has as much to say, and says
    other than where stops end; `within` a line of print only if each of its words is sure."""
    now, then = (["".join(filter(str.isalnum, w.text)) for w in part] for part in (line, before))
    if now == then or len("".join(now)) < LOSS * len("".join(then)):
        return False
    return not within or all(w.confidence >= SURE and _is_word(w.text) for w in line)


def _is_word(text: str) -> bool:
    """A syllable, a number or an identifier; "ở" and "ý" are words, too."""
    least = 0.6 if len(text) == 1 and text.isalpha() else 0.9
    return wording.quality(text) >= least


def _is_syllable(word: Word) -> bool:
    return word.text[:1].isalpha() and wording.quality(word.text) >= 0.9


def _is_print(line: Sequence[Word], in_cell: bool) -> bool:
    letters = sum(len(w.text) for w in line)
    sure = sum(w.confidence * len(w.text) for w in line) / letters
    if letters > FEWEST and sure >= SURE:  # addresses of sites, names of other tongues
        return True
    worth = sum(w.confidence * wording.quality(w.text) * len(w.text) for w in line) / letters
    if in_cell:
        return worth >= FIGURE or (letters > FEWEST and worth >= READ)
    known = sum(len(w.text) for w in line if w.confidence >= READ and _is_syllable(w))
    return worth >= READ and known >= FEWEST and 2 * known >= letters
