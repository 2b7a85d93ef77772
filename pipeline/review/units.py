"""The words of a letter as people decide them: what can be confirmed or changed by itself.

A unit is a printed word, or several where one correction of the machine covers them ("tố chức" →
"tổ chức"). Units follow from the machine's record alone, so a place means the same for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

from pipeline.document import Correction, apply_corrections
from pipeline.record import CorrectionInfo, Page

_PRINTED = regex.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Unit:
    """Characters `start` to `end` of the raw line that read `raw`; `text` is the machine's reading,
    by `corrections`."""

    page: int
    line: int
    start: int
    raw: str
    text: str
    corrections: tuple[CorrectionInfo, ...] = ()

    @property
    def end(self) -> int:
        """The first character behind it in the raw line."""
        return self.start + len(self.raw)


def line_units(page: int, line: int, raw: str, corrections: Iterable[CorrectionInfo]) -> list[Unit]:
    """The units of a line, from left to right; every printed character is in exactly one."""
    changes = sorted(corrections, key=lambda c: c.start)
    spans = [m.span() for m in _PRINTED.finditer(raw)]
    groups: list[tuple[int, int]] = []
    for start, end in sorted([*spans, *(_reach(c, spans) for c in changes)]):
        if groups and start < groups[-1][1]:
            groups[-1] = (groups[-1][0], max(end, groups[-1][1]))
        else:
            groups.append((start, end))
    return [_unit(page, line, raw, group, changes) for group in groups]


def _unit(
    page: int, line: int, raw: str, span: tuple[int, int], changes: Sequence[CorrectionInfo]
) -> Unit:
    start, end = span
    inside = tuple(c for c in changes if start <= c.start and c.start + len(c.before) <= end)
    text = apply_corrections(raw[start:end], tuple(as_correction(c, -start) for c in inside))
    return Unit(page, line, start, raw[start:end], text, inside)


def _reach(change: CorrectionInfo, words: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The span of a change and of the words it touches; one of space alone touches its
    neighbours."""
    start, end = change.start, change.start + len(change.before)
    space = 0 if change.before.strip() else 1
    touched = [w for w in words if w[0] < end + space and start - space < w[1]]
    return min([start, *(w[0] for w in touched)]), max([end, *(w[1] for w in touched)])


def as_correction(change: CorrectionInfo, shift: int = 0) -> Correction:
    """The change as the value that is replayed, its place moved by `shift`."""
    values = change.model_dump() | {"start": change.start + shift}
    return Correction(**values)


def page_units(page: Page, corrections: Iterable[CorrectionInfo]) -> list[list[Unit]]:
    """The units of each line of a page."""
    by_line: dict[int, list[CorrectionInfo]] = {}
    for c in corrections:
        if c.page == page.number:
            by_line.setdefault(c.line, []).append(c)
    return [
        line_units(page.number, number, raw, by_line.get(number, ()))
        for number, raw in enumerate(page.raw_text.split("\n"), 1)
    ]
