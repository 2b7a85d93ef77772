"""Boxes (left, top, right, bottom; pixels or points) and how they lie to each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.document import Box


def middle(box: Sequence[float]) -> tuple[float, float]:
    """The middle of a box, across and down."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all `boxes`."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def is_centred_in(box: Sequence[float], frame: Sequence[float]) -> bool:
    """Whether the middle of `box` lies in `frame`, its edges included."""
    x, y = middle(box)
    return frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]


def meet(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two boxes have some area in common."""
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """The share of the area that two boxes cover together, that both cover (intersection over
    union)."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
