"""Runs of words that were printed together on one row, and how rows are made of them.

A segment is what stands between two wide gaps of a printed row: a whole body line, or one column's
part of a row that the engine read straight across.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from pipeline.boxes import around
from pipeline.document import Box, OcrPage, Word


@dataclass(frozen=True)
class Segment:
    """Words of one printed row, left to right, without a wide gap between them."""

    words: tuple[Word, ...]

    @cached_property
    def text(self) -> str:
        """The words joined by one space."""
        return " ".join(w.text for w in self.words)

    @cached_property
    def box(self) -> Box:
        """Box around all words."""
        return around(w.box for w in self.words)

    @property
    def left(self) -> int:
        """Left edge in pixels."""
        return self.box[0]

    @property
    def right(self) -> int:
        """Right edge in pixels."""
        return self.box[2]

    @cached_property
    def top(self) -> float:
        """Median top of the words: one tall or misplaced box does not move the row."""
        return median(w.box[1] for w in self.words)

    @cached_property
    def bottom(self) -> float:
        """Median bottom of the words."""
        return median(w.box[3] for w in self.words)

    @property
    def middle(self) -> float:
        """Vertical centre."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Median height of its words."""
        return self.bottom - self.top

    @cached_property
    def confidence(self) -> float:
        """Mean confidence, each word weighted by its letters."""
        letters = [len(w.text) for w in self.words]
        return sum(w.confidence * n for w, n in zip(self.words, letters, strict=True)) / sum(
            letters
        )


@dataclass(frozen=True, slots=True)
class Metrics:
    """Measures of the page that all rules are relative to, in pixels.

    `line` is the usual height of a line's words; `left` and `right` the edges of the text block."""

    line: float
    left: float
    right: float
    width: int
    height: int

    @property
    def centre(self) -> float:
        """Horizontal centre of the text block."""
        return (self.left + self.right) / 2

    @property
    def measure(self) -> float:
        """Width of the text block."""
        return self.right - self.left


def engine_lines(words: Sequence[Word]) -> list[list[Word]]:
    """The words by the engine's own lines, each from left to right."""
    lines: dict[tuple[int, int, int], list[Word]] = {}
    for word in words:
        lines.setdefault((word.block, word.paragraph, word.line), []).append(word)
    return [sorted(line, key=lambda w: w.box[0]) for line in lines.values()]


def measure(ocr: OcrPage, words: Sequence[Word]) -> Metrics:
    """Line height and text block of a page; the block is that of the wide lines, whose edges
    most lines share."""
    sure = [w for w in words if w.confidence > 0.6 and len(w.text) > 1] or list(words)
    line = median(w.box[3] - w.box[1] for w in sure) if sure else ocr.dpi / 6
    boxes = [around(w.box for w in g) for g in engine_lines(sure)]
    wide = [b for b in boxes if b[2] - b[0] > ocr.width * 0.45] or boxes
    if not wide:
        return Metrics(line, ocr.width * 0.12, ocr.width * 0.94, ocr.width, ocr.height)
    lefts, rights = sorted(b[0] for b in wide), sorted(b[2] for b in wide)
    left = lefts[len(lefts) // 5]
    right = rights[-1 - len(rights) // 5]
    return Metrics(line, left, right, ocr.width, ocr.height)


def split(words: Sequence[Word], gap: float) -> list[Segment]:
    """Cut one engine line (left to right) wherever more than `gap` pixels are empty."""
    parts: list[list[Word]] = []
    reach = 0
    for word in words:
        if parts and word.box[0] - reach <= gap:
            parts[-1].append(word)
            reach = max(reach, word.box[2])
        else:
            parts.append([word])
            reach = word.box[2]
    return [Segment(tuple(p)) for p in parts]


def rows(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Segments whose vertical centres lie within each other, top to bottom; each row left to
    right."""
    found: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: s.middle):
        for row in reversed(found[-4:]):
            if any(_level(segment, other) for other in row):
                row.append(segment)
                break
        else:
            found.append([segment])
    for row in found:
        row.sort(key=lambda s: s.left)
    return sorted(found, key=lambda r: median(s.middle for s in r))


def _level(a: Segment, b: Segment) -> bool:
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    if overlap <= 0.5 * min(a.height, b.height):
        return False
    return min(a.right, b.right) - max(a.left, b.left) < 0.3 * min(a.width, b.width)


def joined(row: Iterable[Segment]) -> Segment:
    """All segments of a row as one, words in the order of their left edges."""
    words = [w for s in row for w in s.words]
    return Segment(tuple(sorted(words, key=lambda w: w.box[0])))
