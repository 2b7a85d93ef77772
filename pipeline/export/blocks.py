"""Lines of a page as blocks: neighbours of one zone, between empty lines.

In: placed lines. Out: blocks, for formats that group text (ALTO, hOCR).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.document import Box
from pipeline.export.holding import PlacedLine


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together, none of them empty or without a place."""

    zone: str
    lines: tuple[PlacedLine, ...]

    @property
    def box(self) -> Box:
        """The hull of its lines."""
        return hull(line.box for line in self.lines if line.box)


def blocks(lines: Iterable[PlacedLine]) -> list[Block]:
    """The blocks of a page in reading order."""
    found: list[Block] = []
    together = False
    for line in lines:
        if not (line.words and line.box):
            together = False
        elif together and found[-1].zone == line.zone:
            found[-1] = Block(line.zone, (*found[-1].lines, line))
        else:
            found.append(Block(line.zone, (line,)))
            together = True
    return found


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box around all; raises ValueError where there is none."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))
