"""The foot of a letter: the distribution list, and the signature beside it.

In: the rows of a page below its letterhead. Out: the lines of both, list first, and the rows that
are no part of the foot; what pens and seals left there becomes marks.
"""

from __future__ import annotations

from pipeline.document import Mark, Word, Zone
from pipeline.layout import wording
from pipeline.layout.marks import mark
from pipeline.layout.placing import Placed, Row, cut, is_poor
from pipeline.layout.segments import Metrics, Segment, joined, rows, split

APART = 3.0  # line heights between the names of two who sign side by side
MOST_INITIALS = 3  # letters or figures that a hand left below a list


def foot_of(
    lines: list[Row], metrics: Metrics, page: int, marks: list[Mark]
) -> tuple[list[Placed], list[Row]]:
    """Take the distribution list and the signature beside it."""
    start, heading = _list_start(lines, metrics)
    if heading is None:
        return [], lines
    first = start
    while first and _only_right(lines[first - 1], lines[first], metrics):
        first -= 1
    end = _foot_end(lines, start, metrics)
    gutter = _foot_gutter(lines[first:end], heading, metrics)
    left: list[Segment] = []
    right: list[Segment] = []
    for row in lines[first:end]:
        parts = [p for s in row for p in cut(s, gutter, metrics)]
        lefts = [p for p in parts if p.left < gutter - metrics.line]
        rights = [p for p in parts if p not in lefts]
        left += [joined(part) for part in rows(lefts)]
        right += rights
    left, initials = _without_initials(left, metrics)
    marks += [mark("handwriting", page, s.words) for s in initials]
    placed = [Placed(s, Zone.FOOT_LEFT) for s in left]
    signing: list[Segment] = []
    for s in right:
        junk, line = _without_junk(s)
        if line and _is_signature_line(line):
            marks += [mark("handwriting", page, [w]) for w in junk]
            signing.append(line)
        else:
            marks.append(mark("handwriting", page, s.words))
    near = APART * metrics.line
    for row in rows(signing):
        placed += [Placed(s, Zone.FOOT_RIGHT) for s in split(joined(row).words, near)]
    return placed, [*lines[:first], *lines[end:]]


def _without_initials(left: list[Segment], metrics: Metrics) -> tuple[list[Segment], list[Segment]]:
    """The distribution list, and apart from it what is written by hand below its last entry: a
    letter or two, set in from the edge at which entries and what continues them begin."""
    last = next((n for n, s in enumerate(left) if wording.is_list_end(s.text)), len(left))
    edge = left[last].left + metrics.line if last < len(left) else 0
    below = left[last + 1 :]
    initials = [s for s in below if s.left > edge and _is_initials(s.text)]
    return [s for s in left if s not in initials], initials


def _is_initials(text: str) -> bool:
    return sum(c.isalnum() for c in text) <= MOST_INITIALS and not text.startswith("(")


def _list_start(lines: list[Row], metrics: Metrics) -> tuple[int, Segment | None]:
    """Index of the row of "Nơi nhận:", or of the first entry of the list where that heading was
    not read; and the segment found there."""
    for n, row in enumerate(lines):
        for s in row:
            if wording.is_distribution(s.text):
                return n, s
    last = next((n for n in reversed(range(len(lines))) if _at_edge(lines[n], metrics, True)), None)
    if last is None:
        return 0, None
    first = last
    for n in range(last, max(-1, last - 30), -1):
        if lines[n][0].width > 0.7 * metrics.measure or lines[n][0].left > (
            metrics.left + 0.3 * metrics.measure
        ):
            break
        if _at_edge(lines[n], metrics, False):
            first = n
    return first, lines[first][0]


def _at_edge(row: Row, metrics: Metrics, end: bool) -> bool:
    """Whether a row begins at the left edge with an entry (the last, if `end`) of the list."""
    s = row[0]
    test = wording.is_list_end if end else wording.is_list_entry
    return abs(s.left - metrics.left) < 1.5 * metrics.line and test(s.text)


def _only_right(row: Row, below: Row, metrics: Metrics) -> bool:
    """A row that holds nothing but the first line of a signature block."""
    gap = min(s.top for s in below) - max(s.bottom for s in row)
    return gap < 1.5 * metrics.line and all(
        s.left > metrics.left + 0.3 * metrics.measure and s.centre > metrics.centre for s in row
    )


def _foot_end(lines: list[Row], start: int, metrics: Metrics) -> int:
    """Index after the foot: where lines of full width begin again (an annex, a note)."""
    for n in range(start + 1, len(lines) - 1):
        if all(
            len(lines[m]) == 1 and lines[m][0].width > 0.75 * metrics.measure for m in (n, n + 1)
        ):
            return n
    return len(lines)


def _foot_gutter(lines: list[Row], heading: Segment, metrics: Metrics) -> float:
    """Between the list, which starts at the left edge, and the signature, which is centred on the
    right half."""
    edge = heading.left + 0.3 * metrics.measure
    rights = [s.left for row in lines for s in row if s.left > edge and not is_poor(s)]
    lefts = [s.right for row in lines for s in row if s.left <= edge]
    if not rights:
        return metrics.left + 0.52 * metrics.measure
    near = min(rights)
    reach = [r for r in lefts if r <= near]
    return (max(reach) + near) / 2 if reach else near - metrics.line


def _without_junk(segment: Segment) -> tuple[list[Word], Segment | None]:
    """Cut off both ends of a signature's line what the seal and the pen left there."""
    words = list(segment.words)
    junk: list[Word] = []
    for end in (0, -1):
        while words and _is_junk(words[end]):
            junk.append(words.pop(end))
    return junk, Segment(tuple(words)) if words else None


def _is_junk(word: Word) -> bool:
    if wording.is_signing_word(word.text):
        return False
    return wording.quality(word.text) < 0.5 or word.confidence < 0.25


def _is_signature_line(segment: Segment) -> bool:
    """No scribble: read well, and more than one letter or figure, as pens and seals are read."""
    letters = sum(c.isalnum() for c in segment.text)
    if is_poor(segment) or (letters < 3 and not wording.is_signing_word(segment.text)):
        return False
    sure = [w for w in segment.words if w.confidence >= 0.5 and wording.quality(w.text) >= 0.6]
    return 2 * len(sure) >= len(segment.words)
