"""Where one paragraph ends and the next begins.

In: lines in reading order with their zones. Out: the same lines with an empty one between zones
and between paragraphs.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.document import Line, Zone
from pipeline.layout.footnotes import MARKED
from pipeline.layout.placing import Placed
from pipeline.layout.segments import Metrics

MARKER = regex.compile(
    r"(?:[-–+•*]|\d{1,2}(?:\.\d{1,2})*[.)]|[a-zđ]\)|[IVX]{1,4}\.|Điều \d+|Chương [IVX]+|Mục \d+|"
    r"Căn cứ|Kính gửi)(?:\s|[.:]|$)"
)
RUNNING = frozenset({Zone.BODY, Zone.FOOTNOTE})


def with_breaks(placed: Sequence[Placed], metrics: Metrics) -> list[Line]:
    """Lines with empty ones put in where a zone or a paragraph ends."""
    lines: list[Line] = []
    for n, here in enumerate(placed):
        if n and _breaks(placed[n - 1], here, metrics):
            lines.append(Line(""))
        s = here.segment
        lines.append(Line(s.text, here.zone, s.box, s.words))
    return lines


def _breaks(before: Placed, here: Placed, metrics: Metrics) -> bool:
    if before.zone is not here.zone or before.cell != here.cell:
        return before.zone is not here.zone or _new_row(before, here)
    if here.zone not in RUNNING:
        return False
    a, b = before.segment, here.segment
    if here.zone is Zone.FOOTNOTE:
        return MARKED.match(b.text) is not None
    if b.top - a.bottom > 0.9 * metrics.line or b.middle < a.middle:
        return True
    indented = b.left - metrics.left > 1.0 * metrics.line
    short = metrics.right - a.right > 3 * metrics.line
    level = abs(a.left - b.left) < 0.8 * metrics.line
    if MARKER.match(b.text) and (indented or short):
        return True
    return (indented and not level) or (short and indented) or (short and a.text[-1:] in ".;:")


def _new_row(before: Placed, here: Placed) -> bool:
    if before.cell is None or here.cell is None:
        return True
    return here.cell[0] <= before.cell[0]
