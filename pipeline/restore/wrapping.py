"""Which lines end their sentence, and which run on into the next.

In: the lines of a page, in order. Out: for each whether what follows begins anew. A line that is
short for its page ends; in the cell of a table, whose lines are all short, one that left room for
the word that begins the next line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from pipeline.document import Line, Zone

SHORT: Final = 0.7
"""A line shorter than this share of the page's longest ends its paragraph."""
BELOW: Final = 2.0
"""Of a line's height, how far below it the next line of its cell begins at most."""
SPACE: Final = 0.3
"""Of its height, how wide the space beside a word is."""
OVER: Final = 0.5
"""Of the narrower of two lines in one cell, how much lies over the other."""


def line_ends(lines: Sequence[Line]) -> list[bool]:
    """Of each line whether its sentence ends with it."""
    longest = max((len(line.text) for line in lines), default=0)
    ends = [len(line.text) < SHORT * longest for line in lines]
    for first, last in _cells(lines):
        widest = max(_width(line) for line in lines[first : last + 1])
        for n in range(first, last):
            ends[n] &= _width(lines[n]) + _width_of_first(lines[n + 1]) < widest
        ends[last] = True
    return ends


def _width(line: Line) -> int:
    return line.box[2] - line.box[0] if line.box else 0


def _width_of_first(line: Line) -> float:
    """The width of the first word of a line and of a space before it."""
    if not line.words or not line.box:
        return 0.0
    left, top, right, bottom = line.words[0].box
    return right - left + SPACE * (bottom - top)


def _cells(lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """The first and the last line of each cell of a table that holds several."""
    first = 0
    for n, (line, following) in enumerate(pairwise(lines)):
        if not _run_on(line, following):
            if n > first:
                yield first, n
            first = n + 1
    if len(lines) - 1 > first:
        yield first, len(lines) - 1


def _run_on(line: Line, following: Line) -> bool:
    """Whether two lines stand one below the other in one cell."""
    if not (line.zone is following.zone is Zone.TABLE and line.box and following.box):
        return False
    (left, top, right, bottom), (low, below, high, _) = line.box, following.box
    over = min(right, high) - max(left, low)
    near = top < below < top + BELOW * (bottom - top)
    return near and over > OVER * min(right - left, high - low)
