"""The values that pass between the stages, each frozen once made.

file ─intake▶ Source ─imaging▶ PageImage ─tesseract▶ OcrPage ─layout▶ PageLayout
     ─restore▶ RestoredPage ─letter▶ Letter ─process▶ Record
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # restoring text needs no pictures
    from PIL import Image

Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels of the page as rendered (upright, deskewed)."""

Content = str | bytes | Callable[[], bytes]
"""What a file to be written says, or what tells it at the moment of writing."""


class TextLayer(StrEnum):
    """What text a page already carries."""

    NONE = "none"
    GOOD = "good"
    DAMAGED = "damaged"
    LEGACY = "legacy"  # letters of a font made before Unicode: TCVN3 (.VnTime) or VNI
    SIGNATURE = "signature"  # only an electronic-signature block: the page is still a bare scan


class PageKind(StrEnum):
    """How the picture or text of a page is got at."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class PageSource:
    """Where one page comes from. `index` counts from 0 inside `path`; `number` from 1 in the
    document. `dpi` is the native resolution where known; `text` the page's own text layer.

    `size` is width and height in points (1/72 inch) as shown, for PDF pages; `overlays` are the
    electronic signatures laid over the page, boxes in points from its top left corner; `grey`
    tells that nothing on the page can be coloured; `encoding` is that of the text layer's words
    in the file (tcvn3, vni) where it is not Unicode, `text` is; `heavy` tells that pictures on a
    PDF page must be made smaller to be drawn."""

    number: int
    path: Path
    index: int
    kind: PageKind
    dpi: float | None = None
    text_layer: TextLayer = TextLayer.NONE
    text: str | None = None
    size: tuple[float, float] | None = None
    overlays: tuple[Mark, ...] = ()
    grey: bool = False
    encoding: str | None = None
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One document as found: a file, or several page images of one folder.

    `path` is the file, or the folder of a group; `sha256` is over the bytes of the file, or over
    the hashes of the group's files in page order."""

    path: Path
    files: tuple[Path, ...]
    sha256: str
    bytes: int
    media_type: str
    signed: bool
    pages: tuple[PageSource, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing done to a page or document, as it stands in the record's `processing`."""

    step: str
    tool: str
    version: str
    settings: dict[str, str | int | float | bool | None]
    seconds: float


@dataclass(frozen=True, slots=True)
class Retake:
    """A line of the page to be read once more from other pictures of it, each as large as `box`
    (pixels of the page)."""

    box: Box
    pictures: tuple[Image.Image, ...]


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page ready to be read: upright, deskewed; `image` is mode L or RGB.

    `rotation` is the clockwise turn applied (0, 90, 180, 270), `skew` the degrees straightened;
    `marks` are seals and stamps taken out of `image`; `shown` is the page as scanned, equally
    upright and straight, at any resolution, where somebody wants to see it; `retakes` are lines
    below seals, `apart` lines in red ink, which `image` does not show; `frames` are boxes of what
    may be worn frames of stamps, whose strokes are off."""

    number: int
    image: Image.Image
    dpi: int
    rotation: int
    skew: float
    operations: tuple[Operation, ...]
    marks: tuple[Mark, ...] = ()
    shown: Image.Image | None = None
    retakes: tuple[Retake, ...] = ()
    apart: tuple[Retake, ...] = ()
    frames: tuple[Box, ...] = ()


UNTOLD: Final = 1.0
"""The confidence of words that no OCR model read: none is ever so sure."""


@dataclass(frozen=True, slots=True)
class Word:
    """One printed word as OCR read it. `confidence` is 0 to 1; block, paragraph and line are the
    engine's own grouping, kept as evidence only; `readings` are what it read there at a second
    look and was not taken, likeliest first; `english` is what an English model read there, where a
    text layer tells."""

    text: str
    box: Box
    confidence: float
    block: int = 0
    paragraph: int = 0
    line: int = 0
    readings: tuple[str, ...] = ()
    english: str = ""


@dataclass(frozen=True, slots=True)
class OcrPage:
    """All words of one page in the engine's order, and how they were read."""

    number: int
    width: int
    height: int
    dpi: int
    model: str
    words: tuple[Word, ...]
    operations: tuple[Operation, ...]


class Zone(StrEnum):
    """Where on the page a line stands."""

    UNKNOWN = "unknown"  # bare text: no boxes
    LETTERHEAD_LEFT = "letterhead_left"
    LETTERHEAD_RIGHT = "letterhead_right"
    TITLE = "title"
    BODY = "body"
    TABLE = "table"
    FOOT_LEFT = "foot_left"
    FOOT_RIGHT = "foot_right"
    FOOTNOTE = "footnote"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on the page that is not its text.

    `kind`: seal, stamp, electronic_signature, note, handwriting, page_number, noise."""

    kind: str
    page: int
    box: Box | None
    text: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line in reading order. With words, `text` is their texts joined by one space.

    An empty `text` (no words) separates paragraphs and zones."""

    text: str
    zone: Zone = Zone.UNKNOWN
    box: Box | None = None
    words: tuple[Word, ...] = ()

    def starts(self) -> list[int]:
        """Where each word begins in the text, where words are known."""
        before = (len(word.text) + 1 for word in self.words)
        return list(accumulate(before, initial=0))[: len(self.words)]

    def word_at(self, start: int) -> Word | None:
        """The word that stands at the character `start` of the line, where words are known."""
        for at, word in zip(self.starts(), self.words, strict=True):
            if at <= start < at + len(word.text):
                return word
        return None


@dataclass(frozen=True, slots=True)
class Correction:
    """One change: in the raw line `line` (from 1) of page `page`, the characters from `start` on
    that read `before` were replaced by `after`. Spans never overlap; applying all of a line's
    corrections to its raw text gives exactly its final text.

    `score` is the probability that the change is right, `margin` the log-probability by which it
    beat leaving the text alone; `source` names the judge: model, lexicon, grammar, field,
    handwriting, person.
    `where` names the field of the record that a repair of the letter stage mends."""

    page: int
    line: int
    start: int
    box: Box | None
    before: str
    after: str
    score: float
    margin: float
    source: str
    where: str | None = None


@dataclass(frozen=True, slots=True)
class HandReading:
    """A number or day filled in by hand in line `line` (from 1) of page `page`.

    `kind`: number, day, month. `text` is the reading, `confidence` how sure it is; `alternatives`
    are other readings with theirs, `before` what Tesseract read there. `correction` puts the
    reading into the line; None where it was too unsure, or what Tesseract read is the same."""

    kind: str
    page: int
    line: int
    box: Box
    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]
    before: str
    correction: Correction | None = None

    @property
    def taken(self) -> bool:
        """Does the line read so?"""
        return self.correction is not None or self.before == self.text


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page's lines in reading order, the marks kept apart from them, and what was read of
    handwriting in the lines."""

    number: int
    width: int
    height: int
    dpi: int
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    readings: tuple[HandReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word left as read though another reading is not excluded, for people to check."""

    page: int
    line: int
    start: int
    box: Box | None
    text: str
    score: float
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoredLine:
    """A line before (`raw.text`) and after (`text`)."""

    raw: Line
    text: str
    corrections: tuple[Correction, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @classmethod
    def with_readings(
        cls, line: Line, number: int, readings: tuple[HandReading, ...]
    ) -> RestoredLine:
        """Line `number` (from 1) as read, with what was read of handwriting in it."""
        found = tuple(r.correction for r in readings if r.line == number and r.correction)
        return cls(line, apply_corrections(line.text, found), found)


@dataclass(frozen=True, slots=True)
class RestoredPage:
    """A page's lines after restoration; the same number of lines as its layout."""

    number: int
    width: int
    height: int
    dpi: int
    lines: tuple[RestoredLine, ...]
    marks: tuple[Mark, ...] = ()
    readings: tuple[HandReading, ...] = ()

    @classmethod
    def unchanged(cls, page: PageLayout) -> RestoredPage:
        """The page taken as it was read."""
        lines = tuple(
            RestoredLine.with_readings(line, number, page.readings)
            for number, line in enumerate(page.lines, 1)
        )
        return cls(page.number, page.width, page.height, page.dpi, lines, page.marks, page.readings)


def apply_corrections(raw: str, corrections: tuple[Correction, ...]) -> str:
    """Replay corrections of one line on its raw text.

    Raises ValueError where a span overlaps another or does not read `before`."""
    out: list[str] = []
    at = 0
    for c in sorted(corrections, key=lambda c: c.start):
        end = c.start + len(c.before)
        if c.start < at or raw[c.start : end] != c.before:
            raise ValueError(f"correction {c.before!r} does not fit at {c.start} of {raw!r}")
        out += raw[at : c.start], c.after
        at = end
    return "".join(out) + raw[at:]
