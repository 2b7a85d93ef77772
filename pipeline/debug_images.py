"""What was seen on a page, drawn over it: zones, lines, reading order, marks, doubtful words.

In: the page as scanned, upright and straight, and its lines after restoration. Out: a PNG.
"""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import mkstemp

from PIL import Image, ImageDraw, ImageFont
from unidecode import unidecode

from pipeline.boxes import around
from pipeline.document import Box, PageImage, RestoredLine, RestoredPage, Zone

Colour = tuple[int, int, int]
WIDE = 1000  # pixels of the drawn page
KEPT_QUALITY = 85
PALER = 0.35
MARGIN = 34  # pixels left of the page, for line numbers
COLOURS: dict[Zone, Colour] = {
    Zone.UNKNOWN: (90, 90, 90),
    Zone.LETTERHEAD_LEFT: (0, 114, 178),
    Zone.LETTERHEAD_RIGHT: (70, 160, 215),
    Zone.TITLE: (130, 60, 160),
    Zone.BODY: (0, 140, 100),
    Zone.TABLE: (150, 110, 20),
    Zone.FOOT_LEFT: (0, 90, 140),
    Zone.FOOT_RIGHT: (40, 60, 190),
    Zone.FOOTNOTE: (90, 80, 70),
}
MARK: Colour = (205, 30, 60)
DOUBT: Colour = (240, 150, 0)
CORRECTED: Colour = (20, 165, 40)
SEAL: Colour = (200, 110, 115)
ORDER: Colour = (120, 120, 120)
FACES = ("LiberationSans-Regular.ttf", "DejaVuSans.ttf")


class Picture:
    """A page as scanned, kept small on disk until its text is known: a JPEG in the folder for
    temporary files, which goes when the picture does. `width` is that of the page in the pixels
    that boxes are told in."""

    def __init__(self, data: bytes, width: int) -> None:
        self.width = width
        handle, name = mkstemp(".jpg", "congvan-")
        os.close(handle)
        self._path = Path(name)
        self._done = weakref.finalize(self, self._path.unlink, missing_ok=True)
        self._path.write_bytes(data)

    @property
    def data(self) -> bytes:
        """The JPEG."""
        return self._path.read_bytes()


def kept(page: PageImage) -> Picture:
    """A small copy of a page for later drawing. Raises OSError where the disk refuses."""
    image = (page.shown or page.image).convert("RGB")
    size = (WIDE, max(1, round(image.height * WIDE / image.width)))
    data = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(data, "JPEG", quality=KEPT_QUALITY)
    return Picture(data.getvalue(), page.image.width)


def draw(picture: Picture, page: RestoredPage) -> bytes:
    """The page with everything that was found on it, and a legend: a PNG of about 250 kB."""
    with Image.open(io.BytesIO(picture.data)) as file:
        scan = file.convert("RGB")
    scan = Image.blend(scan, Image.new("RGB", scan.size, "white"), PALER)
    sheet = Image.new("RGB", (scan.width + MARGIN, scan.height), "white")
    sheet.paste(scan, (MARGIN, 0))
    pen = _Pen(sheet, WIDE / picture.width)
    lines = [line for line in page.lines if line.raw.box and line.text]
    _words(pen, lines)
    _zones(pen, lines)
    _order(pen, lines)
    for mark in page.marks:
        if mark.box and mark.kind != "noise":
            said = f"{mark.kind}: {mark.text}" if mark.text else mark.kind
            pen.box(mark.box, MARK, width=2)
            pen.tag(mark.box, said[:40], MARK)
    out = io.BytesIO()
    done = _with_legend(sheet, lines).quantize(palette=_palette(), dither=Image.Dither.NONE)
    done.save(out, "PNG", optimize=True)
    return out.getvalue()


class _Pen:
    """Draws in the page's own pixels."""

    def __init__(self, sheet: Image.Image, scale: float) -> None:
        self.canvas = ImageDraw.Draw(sheet, "RGBA")
        self._scale = scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        return x * self._scale + MARGIN, y * self._scale

    def box(self, box: Box, colour: Colour, width: int = 1, fill: int = 0, grow: int = 0) -> None:
        left, top = self.place(box[0], box[1])
        right, bottom = self.place(box[2], box[3])
        if right < left or bottom < top:
            return
        around = (left - grow, top - grow, right + grow, bottom + grow)
        filled = (*colour, fill) if fill else None
        self.canvas.rectangle(around, filled, (*colour, 255) if width else None, width)

    def underline(self, box: Box, colour: Colour) -> None:
        ends = (self.place(box[0], box[3]), self.place(box[2], box[3]))
        self.canvas.line(ends, (*colour, 255), 2)

    def tag(self, box: Box, text: str, colour: Colour) -> None:
        """A small label on the upper right corner of a box, inside the page."""
        font, words = _face(12), _shown(text)
        wide = font.getlength(words) + 6
        right, top = self.place(box[2], box[1])
        right = min(max(right, MARGIN + wide), MARGIN + WIDE - 1)
        top = max(0.0, top - 15)
        self.canvas.rectangle((right - wide, top, right, top + 15), (*colour, 235))
        self.canvas.text((right - wide + 3, top + 1), words, "white", font)


def _words(pen: _Pen, lines: Sequence[RestoredLine]) -> None:
    for line in lines:
        for correction in line.corrections:
            if correction.box:
                pen.underline(correction.box, CORRECTED)
        for doubt in line.doubts:
            if doubt.box:
                pen.box(doubt.box, DOUBT, width=0, fill=110, grow=1)


def _zones(pen: _Pen, lines: Sequence[RestoredLine]) -> None:
    for zone, members in groupby(lines, key=lambda line: line.raw.zone):
        boxes = [line.raw.box for line in members if line.raw.box]
        colour = COLOURS[zone]
        for box in boxes:
            pen.box(box, colour, grow=1)
        whole = around(boxes)
        pen.box(whole, colour, width=2, fill=14, grow=5)
        pen.tag(whole, zone.replace("_", " "), colour)


def _order(pen: _Pen, lines: Sequence[RestoredLine]) -> None:
    """A number before each line, and a stroke from zone to zone."""
    font = _face(11)
    boxes = [(line.raw.box, line.raw.zone) for line in lines if line.raw.box]
    for (a, zone), (b, after) in pairwise(boxes):
        if zone is not after:
            start, end = pen.place(a[2], a[3]), pen.place(b[0], b[1])
            pen.canvas.line((start, end), (*ORDER, 150), 1)
            pen.canvas.ellipse((end[0] - 3, end[1] - 3, end[0] + 3, end[1] + 3), (*ORDER, 255))
    for number, (box, zone) in enumerate(boxes, start=1):
        x, y = pen.place(box[0], (box[1] + box[3]) / 2)
        pen.canvas.text((x - 8, y), str(number), COLOURS[zone], font, anchor="rm")


def _with_legend(sheet: Image.Image, lines: Sequence[RestoredLine]) -> Image.Image:
    items = list(_legend(lines))
    font = _face(13)
    out = Image.new("RGB", (sheet.width, sheet.height + 30), "white")
    out.paste(sheet, (0, 0))
    pen = ImageDraw.Draw(out)
    pen.line((0, sheet.height, sheet.width, sheet.height), ORDER)
    x = 10.0
    for name, colour in items:
        y = sheet.height + 9
        pen.rectangle((x, y, x + 12, y + 12), colour)
        pen.text((x + 17, y - 1), name, (40, 40, 40), font)
        x += 17 + font.getlength(name) + 16
    return out


def _legend(lines: Sequence[RestoredLine]) -> Iterator[tuple[str, Colour]]:
    for zone in dict.fromkeys(line.raw.zone for line in lines):
        yield zone.replace("_", " "), COLOURS[zone]
    yield "no text (mark)", MARK
    yield "corrected", CORRECTED
    yield "doubtful", DOUBT


@cache
def _palette() -> Image.Image:
    """Greys, tints of seals, and each colour drawn here down to its palest; a palette made for the
    page would lose the colours that are rare on it."""
    colours = [(n, n, n) for n in range(0, 256, 9)]
    for colour in (*COLOURS.values(), MARK, DOUBT, CORRECTED, SEAL):
        for part in (1.0, 0.8, 0.6, 0.4, 0.25, 0.14, 0.06):
            r, g, b = (round(255 - (255 - c) * part) for c in colour)
            colours.append((r, g, b))
    image = Image.new("P", (1, 1))
    image.putpalette([channel for colour in colours for channel in colour])
    return image


@cache
def _named_face(size: int) -> ImageFont.FreeTypeFont | None:
    for name in FACES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def _face(size: int) -> ImageFont.FreeTypeFont:
    """A face with Vietnamese letters where one is installed, else Pillow's own."""
    face = _named_face(size) or ImageFont.load_default(size)
    assert isinstance(face, ImageFont.FreeTypeFont)
    return face


def _shown(text: str) -> str:
    return text if _named_face(12) else str(unidecode(text))
