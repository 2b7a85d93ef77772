"""What printers, photocopiers and scanners do to a page.

Pure functions over uint8 pictures (height × width grey, or × 3 RGB; paper 255): the same picture,
figures and random generator give the same result. `scan` applies a whole `Damage` in the order in
which it happens to paper, and gives back the map from the page's pixels to the scan's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]
"""2 × 3: (x, y, 1) of the page as printed to (x, y) of the scan."""

Box = tuple[int, int, int, int]

PRINT_DPI = 300
"""The resolution at which ink and photocopies are reckoned."""


@dataclass(frozen=True, slots=True)
class Damage:
    """How a page was copied and scanned.

    ink: strokes fattened (> 0) or thinned (< 0), in pixels of a 300 dpi page; generations:
    photocopies of photocopies; bleed: darkness of the reverse side shining through, 0 to 1;
    skew: degrees, counter-clockwise; dpi: of the scan; blur: sigma in pixels of the scan;
    fade: how far ink is lifted towards paper, 0 to 1; noise: standard deviation of the grey;
    speckle: dark specks a square inch; threshold: level of the cut to 1 bit, None for grey;
    jpeg: quality, None for lossless."""

    dpi: int = 300
    ink: float = 0.0
    generations: int = 0
    bleed: float = 0.0
    skew: float = 0.0
    blur: float = 0.0
    fade: float = 0.0
    noise: float = 0.0
    speckle: float = 0.0
    threshold: int | None = None
    jpeg: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A degraded page, and the map from the printed page's pixels to its own."""

    picture: Picture
    matrix: Matrix

    def box(self, box: Box) -> Box:
        """Where a box of the printed page lies in the scan (the upright box around it)."""
        left, top, right, bottom = box
        corners = np.array([(x, y, 1.0) for x in (left, right) for y in (top, bottom)])
        moved = corners @ self.matrix.T
        low, high = np.floor(moved.min(axis=0)), np.ceil(moved.max(axis=0))
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def lossless(damage: Damage) -> Damage:
    """The same damage but for JPEG, for a writer that compresses on its own."""
    return replace(damage, jpeg=None)


def scan(page: Picture, dpi: int, damage: Damage, rng: np.random.Generator) -> Scan:
    """The page (rendered at `dpi`) as the damage leaves it. A page rendered finer than 300 dpi is
    first brought to that, which gives letters the soft edges they have on paper."""
    fine = min(1.0, PRINT_DPI / dpi)
    printed = resize(page, fine)
    result = _scan(printed, round(dpi * fine), damage, rng)
    return Scan(result.picture, result.matrix @ np.diag([fine, fine, 1.0]))


def _scan(page: Picture, dpi: int, damage: Damage, rng: np.random.Generator) -> Scan:
    picture = thicken(page, damage.ink * dpi / PRINT_DPI)
    for _ in range(damage.generations):
        picture = photocopy(picture, rng)
    if damage.bleed:
        picture = bleed_through(picture, damage.bleed)
    picture, matrix = skew(picture, damage.skew)
    picture = resize(picture, damage.dpi / dpi)
    matrix = np.diag([damage.dpi / dpi] * 2) @ matrix
    picture = fade(blur(picture, damage.blur), damage.fade)
    picture = speckle(noise(picture, damage.noise, rng), damage.speckle, damage.dpi, rng)
    if damage.threshold is not None:
        picture = threshold(picture, damage.threshold)
    if damage.jpeg is not None:
        picture = jpeg(picture, damage.jpeg)
    return Scan(picture, matrix)


def resize(picture: Picture, factor: float) -> Picture:
    """Smaller by area, as a sensor sees it; larger by cubic interpolation."""
    if factor == 1.0:
        return picture
    height, width = picture.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return _picture(cv2.resize(picture, size, interpolation=how))


def skew(picture: Picture, degrees: float) -> tuple[Picture, Matrix]:
    """Turn about the middle, paper at the corners; the size stays."""
    height, width = picture.shape[:2]
    matrix = np.asarray(
        cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), dtype=np.float64
    )
    if degrees == 0:
        return picture, matrix
    turned = cv2.warpAffine(
        picture,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    return _picture(turned), matrix


def thicken(picture: Picture, pixels: float) -> Picture:
    """Fatten dark strokes by `pixels` (may be a part of one), or thin them where negative."""
    if pixels == 0:
        return picture
    whole, part = divmod(abs(pixels), 1.0)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    step = cv2.erode if pixels > 0 else cv2.dilate  # dark is low: eroding the paper fattens ink
    for _ in range(int(whole)):
        picture = _picture(step(picture, kernel))
    if part:
        further = step(picture, kernel)
        picture = _picture(cv2.addWeighted(picture, 1 - part, further, part, 0))
    return picture


def blur(picture: Picture, sigma: float) -> Picture:
    """Gaussian blur, sigma in pixels."""
    return _picture(cv2.GaussianBlur(picture, (0, 0), sigma)) if sigma else picture


def fade(picture: Picture, amount: float) -> Picture:
    """Lift ink towards paper: 0 leaves it, 1 leaves only paper."""
    if not amount:
        return picture
    return _clip(255 - (255.0 - picture) * (1 - amount))


def noise(picture: Picture, deviation: float, rng: np.random.Generator) -> Picture:
    """Grain of the sensor: normal noise of that standard deviation in grey levels."""
    if not deviation:
        return picture
    grain = rng.standard_normal(picture.shape[:2], dtype=np.float32) * deviation
    return _clip(picture + (grain if picture.ndim == 2 else grain[..., None]))


def speckle(
    picture: Picture, per_square_inch: float, dpi: int, rng: np.random.Generator
) -> Picture:
    """Dark specks of dust, about 0.1 to 0.4 mm, that many a square inch."""
    height, width = picture.shape[:2]
    count = int(rng.poisson(per_square_inch * height * width / dpi**2)) if per_square_inch else 0
    if not count:
        return picture
    out = picture.copy()
    xs, ys = rng.integers(0, width, count), rng.integers(0, height, count)
    sizes = rng.exponential(0.08, count) * dpi / 25.4
    greys = rng.integers(0, 130, count)
    for x, y, size, grey in zip(xs, ys, sizes, greys, strict=True):
        colour = (int(grey),) * 3
        cv2.circle(out, (int(x), int(y)), int(size), colour, -1, lineType=cv2.LINE_AA)
    return out


def bleed_through(picture: Picture, strength: float, back: Picture | None = None) -> Picture:
    """The reverse side shining through: mirrored, blurred, `strength` dark at most. Without a
    reverse side of its own, the page's own is used, turned upside down."""
    reverse = picture[::-1] if back is None else back
    mirrored = cv2.GaussianBlur(np.ascontiguousarray(reverse[:, ::-1]), (0, 0), 2.0)
    return _clip(picture - (255.0 - mirrored) * strength)


def threshold(picture: Picture, level: int) -> Picture:
    """Cut to black and white: darker than `level` is ink."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
    return np.where(grey < level, 0, 255).astype(np.uint8)


def jpeg(picture: Picture, quality: int) -> Picture:
    """There and back through JPEG."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _picture(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))


def photocopy(picture: Picture, rng: np.random.Generator) -> Picture:
    """One generation on an office copier: soft lens, ragged toner, hard contrast, a few specks."""
    soft = cv2.GaussianBlur(picture, (0, 0), 1.2).astype(np.float32)
    ragged = soft + cv2.GaussianBlur(
        rng.standard_normal(picture.shape[:2], dtype=np.float32) * 45, (0, 0), 1.0
    ).reshape(soft.shape[:2] + (1,) * (soft.ndim - 2))
    level = float(rng.uniform(135, 175))
    hard = 255.0 / (1.0 + np.exp(-(ragged - level) / 14.0))
    return speckle(_clip(hard), 1.5, 300, rng)


def uneven_light(picture: Picture, depth: float, rng: np.random.Generator) -> Picture:
    """A photograph's light: brighter on one side, darker in a corner, `depth` of 0 to 1."""
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = (xs / width - 0.5) * np.cos(angle) + (ys / height - 0.5) * np.sin(angle)
    corner = ((xs / width - 0.5) ** 2 + (ys / height - 0.5) ** 2) * 1.2
    light = 1 - depth * np.clip(0.45 + slope * 0.6 + corner * 0.5, 0, 1)
    return _clip(picture * (light if picture.ndim == 2 else light[..., None]))


def _clip(values: NDArray[Any]) -> Picture:
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def _picture(values: object) -> Picture:
    return cast(Picture, values)
