"""Boxes (left, top, right, bottom; pixels or points) and how they lie to each other."""

from __future__ import annotations

from collections.abc import Sequence


def middle(box: Sequence[float]) -> tuple[float, float]:
    """The middle of a box, across and down."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def is_centred_in(box: Sequence[float], frame: Sequence[float]) -> bool:
    """Whether the middle of `box` lies in `frame`, its edges included."""
    x, y = middle(box)
    return frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]
