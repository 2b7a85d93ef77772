"""Footnotes: small print at the page's foot, below a short rule or begun by a raised number.

In: the rows of a page and its short rules. Out: the rows of the footnotes, and the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import regex

from pipeline.document import Box
from pipeline.layout import wording
from pipeline.layout.segments import Metrics, Segment

Row = list[Segment]
UPPER = 0.45  # of the page: no footnote begins above
SMALL = 0.93  # of the usual line height: what is no higher is small print
SMALLER = 0.85  # the same where neither rule nor number says more
LOWEST = 0.7  # of the page: above it such print is no footnote
RAISED = 0.22  # of the line height by which a number stands above the line's foot
MARKED = regex.compile(r"^(?:\(?\d{1,2}\)?|[¹²³⁴⁵⁶⁷⁸⁹]|\*{1,3}|\[\d{1,2}\])(?=\s|\p{Lu})")


def footnotes(
    lines: list[Row], rules: Sequence[Box], metrics: Metrics
) -> tuple[list[Row], list[Row]]:
    """The rows of the page's footnotes, and the others; small print at the very foot that begins
    with a raised number, or at the left edge below a short rule."""
    start = len(lines)
    first: int | None = None
    while start and _may_belong(lines[start - 1], metrics):
        start -= 1
        row = lines[start]
        above = lines[start - 1] if start else []
        if _at_left(row, metrics) and (
            _raised(row, metrics)
            or _below_rule(row, above, rules, metrics)
            or _apart(row, above, metrics)
        ):
            first = start
    if first is None or first == 0:
        return [], lines
    return lines[first:], lines[:first]


def _may_belong(row: Row, metrics: Metrics) -> bool:
    return (
        min(s.top for s in row) > UPPER * metrics.height
        and _height(row, metrics) <= SMALL * metrics.line
        and not any(wording.is_list_entry(s.text) or wording.is_distribution(s.text) for s in row)
    )


def _height(row: Row, metrics: Metrics) -> float:
    words = [w for s in row for w in s.words if len(w.text) > 1]
    return median(w.box[3] - w.box[1] for w in words) if words else metrics.line


def _at_left(row: Row, metrics: Metrics) -> bool:
    return row[0].left - metrics.left < 3 * metrics.line


def _raised(row: Row, metrics: Metrics) -> bool:
    """Whether a row begins with the number of a note, set higher than the words after it. Words of
    several letters reach the foot of the line, whatever hangs below it."""
    if not MARKED.match(row[0].text):
        return False
    number, *others = row[0].words
    if regex.match(r"[¹²³⁴⁵⁶⁷⁸⁹]", number.text):
        return True
    foot = median(w.box[3] for w in others) if others else number.box[3]
    return foot - number.box[3] > RAISED * metrics.line


def _apart(row: Row, above: Row, metrics: Metrics) -> bool:
    """Whether a wide row of clearly smaller print stands far below larger print at the very foot:
    the number of the note was not read, the rule is lost."""
    if not above or min(s.top for s in row) < LOWEST * metrics.height:
        return False
    gap = min(s.top for s in row) - max(s.bottom for s in above)
    return (
        gap > 1.2 * metrics.line
        and sum(s.width for s in row) > 0.6 * metrics.measure
        and _height(row, metrics) <= SMALLER * min(metrics.line, _height(above, metrics))
    )


def _below_rule(row: Row, above: Row, rules: Sequence[Box], metrics: Metrics) -> bool:
    """Whether a short rule at the left edge stands between a row and the one above it."""
    top = min(s.top for s in row)
    last = max((s.bottom for s in above), default=0.0)
    return any(
        last - 0.3 * metrics.line <= rule[1] <= top + 0.2 * metrics.line
        and top - rule[3] < 2.5 * metrics.line
        and abs(rule[0] - metrics.left) < 1.5 * metrics.line
        and rule[2] - rule[0] < 0.5 * metrics.measure
        for rule in rules
    )
