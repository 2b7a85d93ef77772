"""From the pixels of a page as it was read back to the page of the file.

Reading turns a page upright, straightens it and scales it; nothing is cropped. So the way back
needs the size it was read at, the turn and the skew, all of which stand in the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, tan

from pipeline.document import Box
from pipeline.record import Page
from pipeline.upright import MOST_SHEAR

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a page stands on the file's page: `width` × `height` points as the upright page is
    shown, x to the right and y up from the lower left corner."""

    page: Page
    width: float
    height: float

    def point(self, x: float, y: float) -> Point:
        """The place, in points, of the pixel (x, y) of the page as read."""
        x, y = self._before_straightening(x, y)
        return (x * self.width / self.page.width, self.height - y * self.height / self.page.height)

    def angle(self) -> float:
        """How far lines rise to the right on the file's page, in degrees."""
        return -self.page.skew

    def outline(self, box: Box) -> tuple[Point, Point]:
        """Lower left and upper right corner of the box's hull, in points."""
        left, top, right, bottom = box
        corners = [self.point(x, y) for x in (left, right) for y in (top, bottom)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return (min(xs), min(ys)), (max(xs), max(ys))

    def _before_straightening(self, x: float, y: float) -> Point:
        """Undoes `imaging`'s deskew: small angles moved columns up or down, large ones turned
        the page about its middle."""
        angle = self.page.skew
        from_left, from_top = x - self.page.width / 2, y - self.page.height / 2
        if abs(angle) <= MOST_SHEAR:
            return (x, y + from_left * tan(radians(angle)))
        c, s = cos(radians(angle)), sin(radians(angle))
        return (
            self.page.width / 2 + from_left * c - from_top * s,
            self.page.height / 2 + from_left * s + from_top * c,
        )
