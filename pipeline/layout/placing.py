"""What parts of a page are placed by: lines in zones, cut at a gutter, or too badly read.

In and out: segments of lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.document import Box, Zone
from pipeline.layout import wording
from pipeline.layout.segments import Metrics, Segment

Row = list[Segment]
WIDER = 1.5  # times the gap between words is no gap between words


@dataclass(frozen=True, slots=True)
class Placed:
    """A line to be read, in its zone. `cell` numbers the table cell it stands in."""

    segment: Segment
    zone: Zone
    cell: Box | None = None


def cut(segment: Segment, gutter: float, metrics: Metrics) -> list[Segment]:
    """Cut a segment that runs across the gutter at its widest gap near it, if that is wider than
    those between its other words: a line of one column may reach across."""
    if segment.right < gutter or segment.left > gutter or len(segment.words) < 2:
        return [segment]
    near = 0.12 * metrics.measure
    gaps = [b.box[0] - a.box[2] for a, b in pairwise(segment.words)]
    best, width = 0, 0.0
    for n, (before, after) in enumerate(pairwise(segment.words), 1):
        middle = (before.box[2] + after.box[0]) / 2
        if abs(middle - gutter) < near and gaps[n - 1] > width:
            best, width = n, gaps[n - 1]
    others = [gap for n, gap in enumerate(gaps, 1) if n != best]
    if width < max(0.3 * metrics.line, WIDER * median(others) if others else 0):
        return [segment]
    return [Segment(segment.words[:best]), Segment(segment.words[best:])]


def is_poor(segment: Segment) -> bool:
    """Read so badly that it is no print: strokes, a seal's letters, a signature."""
    letters = sum(len(w.text) for w in segment.words)
    good = sum(wording.quality(w.text) * len(w.text) for w in segment.words) / letters
    return segment.confidence < 0.45 or good < 0.6 or (letters < 3 and segment.confidence < 0.8)
