"""Segments to zones, zones in reading order.

In: the segments that are text. Out: one segment for each line to be read, with its zone, in order;
and marks for what turned out to be none. A page is read as: letterhead, what lies between, foot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from pipeline.boxes import is_centred_in, middle
from pipeline.document import Box, Mark, Word, Zone
from pipeline.layout import wording
from pipeline.layout.foot import foot_of
from pipeline.layout.footnotes import footnotes
from pipeline.layout.frames import Table, by_rows
from pipeline.layout.marks import mark
from pipeline.layout.placing import Placed, Row, cut, is_poor
from pipeline.layout.segments import Metrics, Segment, engine_lines, joined, rows

NEAR = 14  # rows below a title line that tell the edges of the text block there
FEWEST_WIDE = 4
RULES = frozenset("|¦][_")  # what the engine makes of a table's rules


def order(
    segments: Sequence[Segment],
    metrics: Metrics,
    page: int,
    grids: Sequence[Table],
    rules: Sequence[Box] = (),
) -> tuple[list[Placed], list[Mark]]:
    """All lines of the page in reading order, and what was found to be no text on the way."""
    marks: list[Mark] = []
    tabled = [s for s in segments if any(_within(s, g.box) for g in grids)]
    lines, strokes = _without_strokes(rows(s for s in segments if s not in tabled))
    marks += [mark("noise", page, s.words) for row in strokes for s in row]
    notes, lines = footnotes(lines, rules, metrics)
    head, lines = _letterhead(lines, metrics, page, marks)
    foot, lines = foot_of(lines, metrics, page, marks)
    middle = _middle(lines, tabled, grids, metrics, bool(head))
    below = [Placed(joined(row), Zone.FOOTNOTE) for row in notes]
    return [*head, *middle, *foot, *below], marks


def _without_strokes(lines: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows, and apart from them those that are but strokes: a rule read as a dash."""
    bare = [row for row in lines if all(wording.is_strokes(s.text) for s in row)]
    return [row for row in lines if row not in bare], bare


# --- letterhead --------------------------------------------------------------------------------


def _letterhead(
    lines: list[Row], metrics: Metrics, page: int, marks: list[Mark]
) -> tuple[list[Placed], list[Row]]:
    """Take the two columns at the head of a letter; nothing where there is no letterhead."""
    found = _heading(lines, metrics)
    if found is None:
        return [], lines
    start, country = found
    gutter = _gutter(lines[start], country, metrics)
    above = lines[:start]
    first = max(
        (n for n, row in enumerate(above) if not _belongs_above(row, above, country, gutter)),
        default=-1,
    )
    higher: list[Placed] = []
    for row in above[: first + 1]:
        if _is_print(row):  # the end of another text, or the number and title of a form
            higher.append(Placed(joined(row), Zone.BODY))
        else:
            marks += [mark("noise", page, s.words) for s in row]
    end = _letterhead_end(lines, start, gutter, country, metrics)
    left: list[Segment] = []
    right: list[Segment] = []
    for row in lines[first + 1 : end]:
        parts = [p for s in row for p in _columns(s, gutter, metrics)]
        lefts = [p for p in parts if p.centre < gutter]
        rights = [p for p in parts if p.centre >= gutter]
        # A tall scribble or a seal's letters in one column must not join two rows of the other.
        left += [joined(part) for part in rows(lefts)]
        right += [joined(part) for part in rows(rights)]
    placed = [Placed(s, Zone.LETTERHEAD_LEFT) for s in left]
    for s in right:
        if is_poor(s) and not wording.is_place_date(s.text):
            marks.append(mark("handwriting", page, s.words))
        else:
            placed.append(Placed(s, Zone.LETTERHEAD_RIGHT))
    return [*higher, *placed], lines[end:]


def _is_print(row: Row) -> bool:
    """Whether a row above the letterhead is read as surely as print is: no stroke, no stamp."""
    letters = sum(len(w.text) for s in row for w in s.words)
    good = sum(wording.quality(w.text) * len(w.text) for s in row for w in s.words)
    sure = sum(w.confidence for s in row for w in s.words) / sum(len(s.words) for s in row)
    return letters >= 6 and good > 0.8 * letters and sure > 0.8


def _columns(segment: Segment, gutter: float, metrics: Metrics) -> list[Segment]:
    """A segment cut at the gutter, but for the motto: over a narrow left column, or none, it
    reaches across."""
    if wording.is_motto(segment.text):
        return [segment]
    return cut(segment, gutter, metrics)


def _heading(lines: list[Row], metrics: Metrics) -> tuple[int, Segment] | None:
    """The country's name and the index of its row; of a page whose head is cut off the motto, or
    the place and day beside the number."""
    for test, lowest in ((wording.is_country, 0.5), (wording.is_motto, 0.1)):
        for n, row in enumerate(lines):
            for s in row:
                if test(s.text) and min(part.top for part in row) <= lowest * metrics.height:
                    return n, s
    for n, row in enumerate(lines):
        beside = len(row) == 2 and wording.is_number(row[0].text)
        if beside and row[1].top <= 0.1 * metrics.height and wording.is_place_date(row[1].text):
            return n, row[1]
    return None


def _gutter(row: Row, country: Segment, metrics: Metrics) -> float:
    """Where the left column ends: half way to the heading of the right one."""
    before = [s for s in row if s.right <= country.left + metrics.line and s is not country]
    edge = max((s.right for s in before), default=country.left - 1.5 * metrics.line)
    return (edge + country.left) / 2


def _belongs_above(row: Row, above: list[Row], country: Segment, gutter: float) -> bool:
    """A left column may begin a line or two higher than the country's name."""
    del above
    near = country.top - max(s.bottom for s in row) < 2.2 * country.height
    return near and all(s.right < gutter + country.height and not is_poor(s) for s in row)


def _letterhead_end(
    lines: list[Row], start: int, gutter: float, country: Segment, metrics: Metrics
) -> int:
    """Index after the last row of the letterhead.

    It holds every row down to the date and the number, then what continues the left column alone
    (V/v ...), until a row crosses the gutter."""
    last = start
    low = country.bottom + 9 * country.height
    below = range(start + 1, start if wording.is_place_date(country.text) else len(lines))
    for n in below:
        if lines[n][0].top > low or any(_ends_letterhead(s) for s in lines[n]):
            break
        if any(
            wording.is_motto(s.text)
            or wording.is_place_date(s.text)
            or (wording.is_number(s.text) and s.centre < gutter)
            for part in lines[n]
            for s in cut(part, gutter, metrics)
        ):
            last = n
    end = last + 1
    edge = _right_column(lines[start:end], gutter) - 0.5 * metrics.line
    edge = max(gutter + 0.5 * metrics.line, edge)
    while end < len(lines) and _continues_left(lines[end], lines[end - 1], edge, metrics):
        end += 1
    return end


def _right_column(lines: list[Row], gutter: float) -> int:
    """Where the right column begins: a subject in the left one may be wider than the body's name,
    by which the gutter is found."""
    return min(s.left for row in lines for s in row if s.centre >= gutter)


def _ends_letterhead(segment: Segment) -> bool:
    return wording.is_recipients(segment.text) or wording.is_distribution(segment.text)


def _continues_left(row: Row, before: Row, edge: float, metrics: Metrics) -> bool:
    if any(s.right > edge or _ends_letterhead(s) for s in row):
        return False
    gap = min(s.top for s in row) - max(s.bottom for s in before)
    return gap < 1.6 * metrics.line and max(s.width for s in row) < 0.55 * metrics.measure


# --- between -----------------------------------------------------------------------------------


def _middle(
    lines: list[Row],
    tabled: Sequence[Segment],
    grids: Sequence[Table],
    metrics: Metrics,
    has_head: bool,
) -> list[Placed]:
    """Title, recipients and body from top to bottom; tables cell by cell where they stand."""
    placed: list[Placed] = []
    in_title = has_head
    rest = list(tabled)
    for grid in grids:
        above = [row for row in lines if median(s.middle for s in row) < grid.box[1]]
        lines = lines[len(above) :]
        placed += _plain(above, metrics, in_title)
        in_title = False
        inside = [s for s in rest if _within(s, grid.box)]
        rest = [s for s in rest if s not in inside]
        placed += _by_cells(inside, grid.cells, metrics)
    return placed + _plain(lines, metrics, in_title)


def _within(segment: Segment, box: Box) -> bool:
    return box[1] <= segment.middle <= box[3] and box[0] - 20 <= segment.centre <= box[2] + 20


def _plain(lines: list[Row], metrics: Metrics, in_title: bool) -> list[Placed]:
    placed: list[Placed] = []
    for n, row in enumerate(lines):
        line = joined(row)
        block = _block(lines[n : n + NEAR], metrics) if in_title else metrics
        in_title = in_title and not wording.is_basis(line.text)
        in_title = in_title and (_is_centred(line, block) or _goes_on(line, placed, metrics))
        placed.append(Placed(line, Zone.TITLE if in_title else Zone.BODY))
    return placed


def _goes_on(line: Segment, placed: Sequence[Placed], metrics: Metrics) -> bool:
    """Whether a line is centred below the title's last line: stamps push titles aside."""
    if not placed or line.width > 0.8 * metrics.measure:
        return False
    return abs(line.centre - placed[-1].segment.centre) < metrics.line


def _block(rows_: list[Row], metrics: Metrics) -> Metrics:
    """The measures of the page with the edges of the text block as they are near `rows_`: pages
    photographed or scanned from a bound volume lean and bend."""
    wide = [line for row in rows_ if (line := joined(row)).width > 0.75 * metrics.measure]
    if len(wide) < FEWEST_WIDE:
        return metrics
    left, right = min(s.left for s in wide), max(s.right for s in wide)
    return replace(metrics, left=left, right=right)


def _is_centred(line: Segment, metrics: Metrics) -> bool:
    if wording.is_recipients(line.text) or line.text[:1].islower():
        return line.text[:1].islower() and abs(line.centre - metrics.centre) < metrics.line
    before, after = line.left - metrics.left, metrics.right - line.right
    off, least = abs(before - after), min(before, after)
    set_in = least > 3 * metrics.line and off < 0.1 * metrics.measure
    return (off < 1.6 * metrics.line or set_in) and least > -metrics.line


def _by_cells(segments: Sequence[Segment], cells: Sequence[Box], metrics: Metrics) -> list[Placed]:
    """Words of a table by cell: the engine's lines may run across rules, so words are placed.

    Words in no cell (a broken rule left it open) make cells of their own by the engine's blocks."""
    words = [w for s in segments for w in s.words if w.text not in RULES]
    inside: dict[Box, list[Word]] = {}
    for word in words:
        cell = next((c for c in cells if is_centred_in(word.box, c)), None)
        if cell is None:
            cell = _open_cell(word, cells)
        inside.setdefault(cell, []).append(word)
    placed: list[Placed] = []
    for cell in by_rows(inside, metrics.line):
        found = rows(Segment(tuple(line)) for line in engine_lines(inside[cell]))
        placed += [Placed(joined(row), Zone.TABLE, cell) for row in found]
    return placed


def _open_cell(word: Word, cells: Sequence[Box]) -> Box:
    """The field of a word that no cell holds: as high as the cells of its row, as wide as they
    leave room."""
    x, y = middle(word.box)
    beside = [c for c in cells if c[1] <= y <= c[3]]
    if not beside:
        return word.box
    left = max((c[2] for c in beside if c[2] <= x), default=0)
    right = min((c[0] for c in beside if c[0] >= x), default=10**6)
    return (left, max(c[1] for c in beside), right, min(c[3] for c in beside))
