"""Lines read more than once: the best words of all readings.

In: the words of a page, and for some lines (those below seals) what was read off other pictures of
them. Out: the words, in doubtful places the likelier ones, each with what else was read there.
What was read surely stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from pipeline.boxes import is_centred_in
from pipeline.document import Box, Retake, Word
from pipeline.layout import wording

FIRST_BLOCK = 10_000  # the engine's own blocks are far fewer
LEAST_GAIN = 0.3
SURE = 0.8  # confidence by quality; quality of words in capitals is 0.9 at least
PRINT = 0.5  # quality of what may be a word
AGREED = 0.15
HOLE = 0.9  # of the height of a word: a gap in which one may stand
PARTS = regex.compile(
    r"(?:KT|TM|TL|TUQ|Q)\.(?=[.,;:-]*\p{Lu})|.+?(?:(?<=\p{Lu}{2})[.,;:-]+(?=\p{Lu}{2})|$)"
)
MOST_READINGS = 3
COVERED = 0.55  # what a seal lies over: a field that rests on it is flagged
CLEAN = regex.compile(r"[\p{L}\p{M}\d.,;:/-]+")
FIGURES = 0.4  # the quality of what has no letter
EDGES = regex.compile(r"^[_“”‘’'\"`´^~|<>=*®°«»¬„\\]+|[_‘`´^~|<>=*®°«¬„\\]+$")
DOUBT = 0.3  # what a word's worth must exceed to be taken rather than left out


def is_doubtful(words: Sequence[Word], retake: Retake) -> bool:
    """Whether a line should be read again: below the seal unless it was read surely, beside it
    only if nothing was read there; never where it goes on beyond the box, as body text does."""
    own = [w for w in words if is_centred_in(w.box, retake.box)]
    lines = {(w.block, w.paragraph, w.line) for w in own}
    right = retake.box[2]
    if any(w.box[2] > right for w in words if (w.block, w.paragraph, w.line) in lines):
        return False
    if len(retake.pictures) == 1:
        return not own
    return not own or not all(map(_is_sure, own))


def _is_sure(word: Word) -> bool:
    letters = any(c.isalpha() for c in word.text)
    return letters and word.confidence * wording.quality(word.text) >= SURE


def _meets(word: Word, others: Sequence[Word]) -> bool:
    """Whether a word lies over one of `others` by more than a quarter of either."""
    return any(
        min(word.box[2], o.box[2]) - max(word.box[0], o.box[0])
        > 0.25 * min(word.box[2] - word.box[0], o.box[2] - o.box[0])
        for o in others
    )


def with_second_look(
    words: Sequence[Word], retakes: Sequence[tuple[Box, Sequence[Sequence[Word]]]]
) -> list[Word]:
    """The words of a page, those of each line that was read again replaced where other readings of
    it are worth more. `retakes` are boxes of lines with their readings."""
    done = list(words)
    for n, (box, readings) in enumerate(retakes):
        inside = [w for w in done if is_centred_in(w.box, box)]
        fixed = _begun_outside(inside, done, box)
        mine = [w for w in inside if w not in fixed]
        own = [t for w in mine for t in tidied(w)]
        free = max((w.box[2] for w in fixed), default=box[0])
        sure = [w for w in own if _is_sure(w)]
        others = [
            [t for w in reading for t in tidied(w) if t.box[0] >= free and not _meets(t, sure)]
            for reading in readings
        ]
        best = best_words([own, *others])
        if sum(map(worth, best)) <= sum(map(worth, mine)) + LEAST_GAIN:
            continue
        first = {(w.text, w.box) for w in own}
        line = [_placed(w, FIRST_BLOCK + n, (w.text, w.box) in first) for w in best]
        # What may be print is not lost: layout keeps it apart, and a name may be known from it.
        apart = [w for w in mine if any(map(str.isalpha, w.text)) and not _meets(w, line)]
        done = [*(w for w in done if w not in mine), *apart, *line]
    return done


def _placed(word: Word, block: int, first: bool) -> Word:
    """A word in the line that was read again; what only the second look read is never sure."""
    sure = word.confidence if first else min(word.confidence, COVERED)
    return replace(word, block=block, paragraph=1, line=1, confidence=sure)


def _begun_outside(inside: Sequence[Word], words: Sequence[Word], box: Box) -> list[Word]:
    """The ends of lines that begin left of `box`: the list of recipients beside the seal."""
    found: list[Word] = []
    for word in sorted(inside, key=lambda w: w.box[0]):
        if wording.quality(word.text) < PRINT:
            break  # strokes of the seal: what follows stands below it
        line = (word.block, word.paragraph, word.line)
        gap = word.box[3] - word.box[1]
        if any(
            (w.block, w.paragraph, w.line) == line and 0 <= word.box[0] - w.box[2] < gap
            for w in words
            if w in found or (w.box[0] < box[0] and not is_centred_in(w.box, box))
        ):
            found.append(word)
    return found


def best_words(readings: Sequence[Sequence[Word]]) -> list[Word]:
    """Of several readings of one line, boxes on the page, the words worth most together that do
    not lie over each other, from left to right; what no reading is sure of is left out.

    The worth of a word is how surely it was read and how much it looks like print, by its length,
    more where another reading has it too (weighted interval scheduling)."""
    words = sorted(
        ((w, n) for n, reading in enumerate(readings) for w in reading), key=lambda p: p[0].box[2]
    )
    best: list[tuple[float, tuple[Word, ...]]] = [(0.0, ())]
    for n, (word, reading) in enumerate(words):
        slack = 0.2 * (word.box[3] - word.box[1])
        before = max(
            m for m in range(n + 1) if not m or words[m - 1][0].box[2] <= word.box[0] + slack
        )
        again = any(
            other.text == word.text and of != reading and _overlap(other, word)
            for other, of in words
        )
        bonus = AGREED * (len(word.text) + 1) if again and word.text[0].isalpha() else 0.0
        taken = (best[before][0] + worth(word) + bonus, (*best[before][1], word))
        best.append(max(best[-1], taken, key=lambda b: b[0]))
    every = [w for w, _ in words]
    line = _without_holes(list(best[-1][1]), every)
    return [replace(word, readings=_others(word, every)) for word in line]


def _others(word: Word, words: Sequence[Word]) -> tuple[str, ...]:
    """What else was read where `word` stands, likeliest first."""
    found = [
        w
        for w in words
        if w.text != word.text and _meets(w, [word]) and any(c.isalpha() for c in w.text)
    ]
    texts = dict.fromkeys(w.text for w in sorted(found, key=worth, reverse=True))
    return tuple(texts)[:MOST_READINGS]


def _without_holes(line: list[Word], words: Sequence[Word]) -> list[Word]:
    """The line with every gap as wide as a word filled with the best of what was read there: the
    middle of a line is print, however badly read."""
    done = line[:1]
    for word in line[1:]:
        left, right = done[-1].box[2], word.box[0]
        high = word.box[3] - word.box[1]
        if right - left > HOLE * high:
            room = [w for w in words if left - 4 <= w.box[0] and w.box[2] <= right + 4]
            room = [w for w in room if w.box[2] - w.box[0] > 0.4 * (right - left)]
            done += [max(room, key=lambda w: worth(w) / len(w.text))] if room else []
        done.append(word)
    return done


def _overlap(a: Word, b: Word) -> bool:
    return min(a.box[2], b.box[2]) > max(a.box[0], b.box[0])


def worth(word: Word) -> float:
    """How much a word adds to a reading; below 0 for what is rather a seal's strokes, which are
    often read as figures."""
    print_ = wording.quality(word.text) if any(c.isalpha() for c in word.text) else FIGURES
    if not CLEAN.fullmatch(word.text):
        print_ *= 0.5
    return (word.confidence * print_ - DOUBT) * (len(word.text) + 1)


def tidied(word: Word) -> list[Word]:
    """A word without what a seal's strokes left before and after it, parted where a speck joined
    two words in capitals: PHÓ.CHỦ, KT..THỦ."""
    left, top, right, bottom = word.box
    across = (right - left) / len(word.text)
    found: list[Word] = []
    for part in PARTS.finditer(word.text):
        text = EDGES.sub("", part[0].lstrip(".,;:-") if part.start() else part[0])
        if text:
            box = (
                round(left + part.start() * across),
                top,
                round(left + part.end() * across),
                bottom,
            )
            found.append(replace(word, text=text, box=box))
    return found
