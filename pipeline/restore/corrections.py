"""Corrections of corrected text, told as corrections of the raw text.

In: a raw line, corrections of it, and corrections of what they made. Out: one set of corrections
that leads from the raw line to the final one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.document import Correction, Doubt, RestoredLine, RestoredPage, apply_corrections


def compose(
    raw: str, first: tuple[Correction, ...], second: tuple[Correction, ...]
) -> tuple[Correction, ...]:
    """Corrections of `raw` that do what `first`, then `second` on its outcome, do.

    Corrections that touch become one, with the lower score; what ends as it began is dropped."""
    if not first or not second:
        return first or second
    groups = _groups(sorted(first, key=_start), sorted(second, key=_start))
    merged = [_merge(raw, *group) for group in groups]
    return tuple(c for c in merged if c.before != c.after)


def amended(pages: Sequence[RestoredPage], later: Sequence[Correction]) -> list[RestoredPage]:
    """`pages` with corrections of their text made after restoration: each line told from its raw
    text, doubts about what was corrected left out."""
    by_line: dict[tuple[int, int], list[Correction]] = {}
    for correction in later:
        by_line.setdefault((correction.page, correction.line), []).append(correction)
    return [
        replace(
            page,
            lines=tuple(
                _amended(line, tuple(by_line.get((page.number, n), ())))
                for n, line in enumerate(page.lines, 1)
            ),
        )
        for page in pages
    ]


def _amended(line: RestoredLine, later: tuple[Correction, ...]) -> RestoredLine:
    if not later:
        return line
    fixed = compose(line.raw.text, line.corrections, later)
    new = [c for c in fixed if c not in line.corrections]
    doubts = tuple(d for d in line.doubts if not any(_overlap(d, c) for c in new))
    return RestoredLine(line.raw, apply_corrections(line.raw.text, fixed), fixed, doubts)


def _overlap(doubt: Doubt, correction: Correction) -> bool:
    end = correction.start + len(correction.before)
    return correction.start < doubt.start + len(doubt.text) and doubt.start < end


def _start(correction: Correction) -> int:
    return correction.start


Group = tuple[int, int, list[Correction], list[Correction]]


def _groups(first: list[Correction], second: list[Correction]) -> list[Group]:
    """Corrections that overlap, together: raw start, shift of the middle text before it, the ones
    of the first kind and of the second."""
    shift = 0
    spans: list[tuple[int, int, int, Correction, bool]] = []  # in the middle text
    for c in first:
        at = c.start + shift
        spans.append((at, at + len(c.after), shift, c, True))
        shift += len(c.after) - len(c.before)
    spans += [(c.start, c.start + len(c.before), 0, c, False) for c in second]
    spans.sort(key=lambda s: (s[0], s[1]))
    groups: list[tuple[int, int, Group]] = []
    shift = 0
    for start, end, own, c, is_first in spans:
        if is_first:
            shift = own
        if groups and start < groups[-1][1]:
            begin, reach, known = groups[-1]
            (known[2] if is_first else known[3]).append(c)
            groups[-1] = (begin, max(reach, end), known)
        else:
            group: Group = (start, shift, [c] if is_first else [], [] if is_first else [c])
            groups.append((start, end, group))
        if is_first:
            shift = own + len(c.after) - len(c.before)
    return [g for _, _, g in groups]


def _merge(
    raw: str, start: int, shift: int, first: list[Correction], second: list[Correction]
) -> Correction:
    """One correction for a group. `start` is in the middle text, `shift` what precedes it added."""
    if not second:
        return first[0]
    raw_start = start - shift
    raw_end = raw_start
    middle = ""
    at = raw_start
    for c in first:
        middle += raw[at : c.start] + c.after
        at = raw_end = c.start + len(c.before)
    reach = max(c.start + len(c.before) for c in second) - start
    if reach > len(middle):
        raw_end = at + reach - len(middle)
        middle += raw[at:raw_end]
    for c in reversed(second):
        a = c.start - start
        middle = middle[:a] + c.after + middle[a + len(c.before) :]
    return replace(
        second[-1],
        start=raw_start,
        before=raw[raw_start:raw_end],
        after=middle,
        score=min(c.score for c in (*first, *second)),
        box=(first or second)[0].box,
        source=_judge(first, second),
    )


def _judge(first: list[Correction], second: list[Correction]) -> str:
    """Who answers for corrections made one: the last, but handwriting is never lost from sight."""
    sources = [c.source for c in (*first, *second)]
    return "handwriting" if "handwriting" in sources else sources[-1]
