"""Seals, stamps and signatures, laid over a page as ink.

Each function gives an ink layer: how much ink lies where (float32, 0 to 1, height × width), to be
put on an RGB page by `press`. The seals are of our own drawing and say BẢN MẪU (specimen).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.page_simulator.degrade import Picture
from benchmarks.page_simulator.fonts import font

Ink = NDArray[np.float32]
Colour = tuple[int, int, int]

RED: Colour = (205, 32, 44)
REDS: tuple[Colour, ...] = (RED, (226, 88, 92), (150, 30, 50), (214, 60, 120), (232, 96, 60))
"""Red inks as pads have them: fresh, pale, dark, magenta, orange."""
BLUE: Colour = (28, 42, 130)
BLACK: Colour = (20, 20, 20)
FAMILY = "Tinos"
SPECIMEN = "BẢN MẪU"


def press(page: Picture, ink: Ink, colour: Colour, at: tuple[int, int]) -> Picture:
    """Put ink on an RGB page, its upper left corner at `at` (x, y); what falls outside is lost.
    Ink is see-through: what is printed below stays dark."""
    left, top = at
    height, width = page.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + ink.shape[1]), min(height, top + ink.shape[0])
    if x0 >= x1 or y0 >= y1:
        return page
    part = ink[y0 - top : y1 - top, x0 - left : x1 - left, None]
    tint = 1 - part * (1 - np.array(colour, dtype=np.float32) / 255)
    out = page.copy()
    out[y0:y1, x0:x1] = np.clip(np.rint(out[y0:y1, x0:x1] * tint), 0, 255).astype(np.uint8)
    return out


def centred(page: Picture, ink: Ink, colour: Colour, middle: tuple[int, int]) -> Picture:
    """The page with `ink` pressed on it, its middle at `middle` (x, y)."""
    height, width = ink.shape
    return press(page, ink, colour, (middle[0] - width // 2, middle[1] - height // 2))


def seal(
    around: str,
    dpi: int,
    rng: np.random.Generator,
    millimetres: float = 36.0,
    thick: float = 1.0,
) -> Ink:
    """A round seal: double ring, `around` along the upper arc, BẢN MẪU below, a star inside. The
    strokes of its rings are `thick` times as thick as usual."""
    fine = 3
    size = round(millimetres / 25.4 * dpi * fine)
    canvas = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(canvas)
    radius = size / 2 - 2 * fine
    for part, stroke in ((1.0, 0.022), (0.94, 0.008), (0.62, 0.008)):
        _ring(draw, size / 2, radius * part, max(1, round(size * stroke * thick)))
    _arc_text(canvas, around, radius * 0.78, size * 0.085, top=True)
    _arc_text(canvas, SPECIMEN, radius * 0.78, size * 0.075, top=False)
    _star(draw, size / 2, size / 2, radius * 0.36)
    for side in (-1, 1):
        angle = pi / 2 + side * 1.02
        _star(
            draw,
            size / 2 + radius * 0.78 * cos(angle),
            size / 2 + radius * 0.78 * sin(angle),
            radius * 0.055,
        )
    turned = canvas.rotate(float(rng.normal(0, 5)), Image.Resampling.BICUBIC)
    return _worn(_reduced(turned, fine), rng)


def stamp(text: str, dpi: int, rng: np.random.Generator) -> Ink:
    """A boxed stamp of one line: HỎA TỐC, KHẨN."""
    size = round(15 / 72 * dpi)
    face = font(FAMILY, size, bold=True)
    width, height = int(face.getlength(text) + size * 1.1), int(size * 1.75)
    canvas = Image.new("L", (width + size, height + size), 0)
    draw = ImageDraw.Draw(canvas)
    box = (size // 2, size // 2, size // 2 + width, size // 2 + height)
    draw.rectangle(box, outline=255, width=max(2, size // 14))
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    draw.text(middle, text, 255, face, anchor="mm")
    turned = canvas.rotate(float(rng.normal(0, 1.8)), Image.Resampling.BICUBIC)
    return _worn(_ink(turned), rng)


def arrival_stamp(office: str, dpi: int, rng: np.random.Generator) -> Ink:
    """The stamp of the office that received the letter: ĐẾN, with number and day by hand."""
    unit = dpi / 72
    width, height = round(132 * unit), round(52 * unit)
    canvas = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(canvas)
    line = max(2, round(1.1 * unit))
    draw.rectangle((line, line, width - line, height - line), outline=255, width=line)
    draw.line((line, 16 * unit, width - line, 16 * unit), 255, line)
    draw.text(
        (width / 2, 8.5 * unit), office, 255, font(FAMILY, round(8 * unit), True), anchor="mm"
    )
    draw.text((7 * unit, 35 * unit), "ĐẾN", 255, font(FAMILY, round(14 * unit), True), anchor="lm")
    small = font(FAMILY, round(8 * unit))
    for row, label in ((26, "Số: ..............."), (42, "Ngày: .............")):
        draw.text((46 * unit, row * unit), label, 255, small, anchor="lm")
        for index in range(4):
            start = ((74 + index * 9) * unit, (row - 1) * unit)
            _stroke(draw, _wander(start, 7 * unit, 4, rng), max(2.0, 0.9 * unit))
    turned = canvas.rotate(float(rng.normal(0, 1.2)), Image.Resampling.BICUBIC, expand=True)
    return _worn(_ink(turned), rng)


def signature(dpi: int, rng: np.random.Generator, millimetres: float = 42.0) -> Ink:
    """A hand's scribble: a tall first letter, a running middle, a long tail."""
    width = round(millimetres / 25.4 * dpi)
    height = round(width * 0.55)
    canvas = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(canvas)
    pen = max(2.0, dpi / 72 * 1.0)
    base = height * 0.6
    first = [
        (width * 0.10, base),
        (width * 0.16, height * 0.08),
        (width * 0.26, height * 0.12),
        (width * 0.20, height * 0.88),
        (width * 0.08, height * 0.80),
        (width * 0.30, base),
    ]
    running = [
        (width * (0.30 + 0.06 * i), base + height * float(rng.uniform(-0.22, 0.1)) * (-1) ** i)
        for i in range(7)
    ]
    tail = [(width * 0.74, base), (width * 0.98, height * float(rng.uniform(0.15, 0.4)))]
    tail += [(width * 0.7, height * 0.9), (width * 0.35, height * 0.82)]
    for points in (first, running, tail):
        _stroke(draw, points, pen)
    return _ink(canvas)


def _ring(draw: ImageDraw.ImageDraw, middle: float, radius: float, thick: int) -> None:
    box = (middle - radius, middle - radius, middle + radius, middle + radius)
    draw.ellipse(box, outline=255, width=thick)


def _star(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    points = []
    for corner in range(10):
        far = radius if corner % 2 == 0 else radius * 0.382
        angle = -pi / 2 + corner * pi / 5
        points.append((x + far * cos(angle), y + far * sin(angle)))
    draw.polygon(points, fill=255)


def _arc_text(canvas: Image.Image, text: str, radius: float, size: float, *, top: bool) -> None:
    """Letters one by one along a circle about the middle, upright seen from the middle (top) or
    from below."""
    face = font(FAMILY, round(size), bold=True)
    middle = canvas.width / 2
    gap = size * 0.14
    widths = [face.getlength(letter) + gap for letter in text]
    shrink = min(1.0, (1.28 * pi if top else 0.55 * pi) * radius / sum(widths))
    angle = -sum(widths) * shrink / radius / 2
    for letter, width in zip(text, widths, strict=True):
        turn = angle + width * shrink / radius / 2
        angle += width * shrink / radius
        tile = Image.new("L", (round(size * 2.4),) * 2, 0)
        centre = tile.width / 2
        ImageDraw.Draw(tile).text((centre, centre + size * 0.34), letter, 255, face, anchor="ms")
        tile = tile.rotate(-turn * 180 / pi if top else turn * 180 / pi, Image.Resampling.BICUBIC)
        x = middle + radius * sin(turn)
        y = middle - radius * cos(turn) if top else middle + radius * cos(turn)
        canvas.paste(255, (round(x - centre), round(y - centre)), tile)


def _ink(canvas: object) -> Ink:
    """0 to 255 as 0 to 1."""
    return np.asarray(np.asarray(canvas) / 255, dtype=np.float32)


def _reduced(canvas: Image.Image, fine: int) -> Ink:
    size = canvas.width // fine
    picture = cv2.resize(np.asarray(canvas), (size, size), interpolation=cv2.INTER_AREA)
    return _ink(picture)


def _worn(ink: Ink, rng: np.random.Generator) -> Ink:
    """Ink as a pad leaves it: unevenly pressed, with pale spots and grain."""
    height, width = ink.shape
    patches = _clouds(height, width, 8, rng)
    grain = _clouds(height, width, 90, rng)
    pressed = 0.8 + 0.35 * patches + 0.5 * grain
    soft = cv2.GaussianBlur(ink, (0, 0), 0.7)
    return np.asarray(np.clip(soft * pressed * 0.9, 0, 0.95), dtype=np.float32)


def _clouds(height: int, width: int, cells: int, rng: np.random.Generator) -> Ink:
    """Smooth noise of about `cells` patches across, roughly -0.6 to 0.6."""
    rows = max(2, round(cells * height / max(height, width)))
    coarse = rng.uniform(-0.6, 0.6, (rows, cells)).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32
    )


def _wander(
    start: tuple[float, float], size: float, points: int, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Points of one handwritten figure."""
    x, y = start
    steps = rng.uniform(-0.5, 0.5, (points, 2)) * size
    return [(x + float(dx), y + float(dy)) for dx, dy in steps]


def _stroke(draw: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], pen: float) -> None:
    """A smooth line through the points, thinner where the hand is quick (Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    for p0, p1, p2, p3 in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        length = hypot(p2[0] - p1[0], p2[1] - p1[1])
        steps = max(4, int(length))
        thick = pen * (1.15 - 0.5 * min(1.0, length / (pen * 60)))
        for step in range(steps):
            t = step / steps
            x, y = (_spline(p0[i], p1[i], p2[i], p3[i], t) for i in (0, 1))
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b
        + (c - a) * t
        + (2 * a - 5 * b + 4 * c - d) * t * t
        + (3 * b - a - 3 * c + d) * t * t * t
    )
