"""The picture of one word, or of what one field was read from, cut out of its page.

In: a letter's folder and a place of it. Out: a JPEG of the same height for every word, with its
neighbours to either side paler; of a field without a box the head of its page.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PIL import Image

from pipeline.batch.outputs import RECORD
from pipeline.document import Box
from pipeline.errors import DocumentError
from pipeline.export.holding import LAYOUT
from pipeline.record import Page, Record
from pipeline.review.decisions import parse_word_place, word_place
from pipeline.review.pictures import Pictures, Turns
from pipeline.review.units import Unit
from pipeline.review.view import Placed, letter_units, placed_words
from pipeline.review.writing import MACHINE, read_machine

WORD_HEIGHT = 52
"""Pixels of a word's picture; twice what a page shows, for screens that have them."""
WIDEST_WORD = 460
AROUND = 1.5
"""Neighbours shown to either side, in heights of the word."""
HEAD_SHARE = 0.28
"""Of the page's height: where an archive's fields stand."""
WIDEST_FIELD = 900
FIELD_SIDE, FIELD_ABOVE = 0.12, 0.012
"""Shown around a field, in widths of the page."""
QUALITY = 80
MOST_LETTERS = 100
"""Kept read; about a megabyte each."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the pictures of a letter are cut by."""

    machine: Record
    units: dict[str, Unit]
    placed: dict[int, list[Placed]]


class Snippets:
    """Cuts pictures out of pages. A letter is read once for all its words on a sheet."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._known: OrderedDict[Path, tuple[tuple[int, ...], _Parts]] = OrderedDict()
        self._turns = Turns()

    def picture(self, folder: Path, place: str) -> bytes:
        """The picture of `place`, a word or a field.

        Raises DocumentError where it cannot be had."""
        parts = self._parts(folder)
        machine = parts.machine
        try:
            number, line, start = parse_word_place(place)
        except ValueError:
            return _of_field(self._pictures, machine, place)
        unit = parts.units.get(word_place(number, line, start))
        lines = parts.placed.get(number, [])
        here = lines[line - 1] if line <= len(lines) else []
        boxes = [b for at, end, b in here if unit and at < unit.end and unit.start < end]
        if not boxes:
            raise DocumentError("file_missing", path=f"{machine.document_id}, {place}")
        # As high as a word of its line is as a rule: a hyphen is to look like one.
        usual = round(median(box[3] for _, _, box in here))

        def cut(picture: Image.Image, page: Page) -> bytes:
            return _word(picture, page, boxes, usual)

        return self._pictures.piece(machine, number, f"l{line}c{start}", cut)

    def _parts(self, folder: Path) -> _Parts:
        """The letter, read again where its files have changed."""
        with self._turns.of(str(folder)):
            state = tuple(_changed(folder / name) for name in (RECORD, MACHINE, LAYOUT))
            known = self._known.get(folder)
            if known and known[0] == state:
                return known[1]
            machine = read_machine(folder)
            parts = _Parts(machine, letter_units(machine), placed_words(folder, machine))
            self._known[folder] = state, parts
            while len(self._known) > MOST_LETTERS:
                self._known.popitem(last=False)
            return parts


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _of_field(pictures: Pictures, machine: Record, field: str) -> bytes:
    found = machine.evidence.get(field)
    if found and found.box:
        left, top, right, bottom = found.box
        boxes = [(left, top, right - left, bottom - top)]
        name = field.replace("/", "")
        return pictures.piece(machine, found.page, name, lambda p, page: _field(p, page, boxes))
    first = machine.pages[0].number if machine.pages else 1
    return pictures.piece(machine, first, "head", _head)


def _word(picture: Image.Image, page: Page, boxes: Sequence[Box], usual: int) -> bytes:
    """A line's height around the word, its neighbours paler."""
    scale = picture.width / page.width
    left, top, right, bottom = _union(boxes, scale)
    high = max(bottom - top, round(usual * scale), 8)
    side, above = round(AROUND * high), round(0.25 * high + (high - (bottom - top)) / 2)
    area = _inside(picture, left - side, top - above, right + side, bottom + above)
    cut = picture.convert("L").crop(area)
    pale = cut.point([min(255, 130 + value // 2) for value in range(256)])
    own = (left - area[0] - 2, 0, right - area[0] + 2, cut.height)
    pale.paste(cut.crop(own), own[:2])
    factor = min(WORD_HEIGHT / pale.height, WIDEST_WORD / pale.width)
    return _jpeg(pale, factor)


def _field(picture: Image.Image, page: Page, boxes: Sequence[Box]) -> bytes:
    """The field with what stands around it: a box may hold but a part of what was read."""
    left, top, right, bottom = _union(boxes, picture.width / page.width)
    side, above = round(FIELD_SIDE * picture.width), round(FIELD_ABOVE * picture.width)
    cut = picture.crop(_inside(picture, left - side, top - above, right + side, bottom + above))
    return _jpeg(cut, min(1.0, WIDEST_FIELD / cut.width))


def _head(picture: Image.Image, page: Page) -> bytes:
    del page
    cut = picture.crop((0, 0, picture.width, round(HEAD_SHARE * picture.height)))
    return _jpeg(cut, min(1.0, WIDEST_FIELD / cut.width))


def _union(boxes: Sequence[Box], scale: float) -> Box:
    """Left, top, right, bottom in the picture of boxes given as left, top, width, height."""
    return (
        round(min(b[0] for b in boxes) * scale),
        round(min(b[1] for b in boxes) * scale),
        round(max(b[0] + b[2] for b in boxes) * scale),
        round(max(b[1] + b[3] for b in boxes) * scale),
    )


def _inside(picture: Image.Image, left: int, top: int, right: int, bottom: int) -> Box:
    """The area as far as the picture has it, never without extent."""
    left, top = min(max(0, left), picture.width - 1), min(max(0, top), picture.height - 1)
    return left, top, min(max(right, left + 1), picture.width), min(
        max(bottom, top + 1), picture.height
    )  # fmt: skip


def _jpeg(image: Image.Image, factor: float) -> bytes:
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    out = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
