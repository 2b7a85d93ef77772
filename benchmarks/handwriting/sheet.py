"""Letters whose number and day a hand filled in, drawn from digits that were not learned from.

In: a source of digits and a random generator. Out: the first page of a letter of our own words as
a scan, and what stands in its slots: where, and how high the print is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.handwriting.pieces import beside, cropped, warped
from benchmarks.page_simulator.degrade import Damage, scan
from benchmarks.page_simulator.fonts import font
from pipeline.document import Box
from pipeline.handwriting.classifier import Ink
from pipeline.handwriting.slots import Kind, Slot

Grey = NDArray[np.uint8]
DigitSource = Callable[[int, np.random.Generator], Ink]

DPI = 300
_WIDE, _HIGH = 2480, 3508
_BODY = (
    "Căn cứ tình hình thực tế của địa phương và kết quả kiểm tra trong quý vừa qua,",
    "cơ quan đề nghị các đơn vị khẩn trương rà soát công việc được giao, báo cáo những",
    "khó khăn, vướng mắc và đề xuất hướng giải quyết trước khi kết thúc tháng này.",
    "Các đơn vị cử một lãnh đạo phụ trách, phân công cán bộ theo dõi từng việc cụ thể,",
    "bảo đảm đúng thời hạn, đúng quy định và không để chồng chéo trong khi thực hiện.",
    "Trong quá trình thực hiện, nếu có vướng mắc thì phản ánh về văn phòng để tổng hợp,",
    "trình lãnh đạo xem xét, quyết định theo thẩm quyền.",
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How slots are filled in: `rule` printed beneath ("", "." or "_"), `tall` the height of the
    digits by that of capitals, `gap` between them in pixels (below 0: touching), `pale` of the
    pen's grey (0 is black), `blue`: a blue pen; `stamp`: a seal's ring over the number."""

    rule: str = ""
    tall: float = 1.2
    gap: int = 6
    pale: int = 30
    blue: bool = False
    stamp: bool = False

    @classmethod
    def random(cls, rng: np.random.Generator) -> Manner:
        """A usual manner."""
        return cls(
            str(rng.choice(["", "", ".", "_"])),
            float(rng.uniform(0.95, 1.6)),
            int(rng.integers(-4, 16)),
            int(rng.integers(0, 110)),
            bool(rng.random() < 0.4),
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """A page and its slots with what was written into them."""

    image: Image.Image
    slots: tuple[tuple[Slot, str], ...]

    def at(self, dpi: int) -> tuple[Grey, tuple[tuple[Slot, str], ...]]:
        """The page in grey at another resolution, slots to match."""
        factor = dpi / DPI
        size = (round(self.image.width * factor), round(self.image.height * factor))
        grey = np.asarray(self.image.convert("L").resize(size, Image.Resampling.BOX), np.uint8)
        soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), np.uint8)
        return soft, tuple((_scaled(slot, factor), text) for slot, text in self.slots)


def letter(
    number: str,
    day: str,
    digits: DigitSource,
    rng: np.random.Generator,
    manner: Manner | None = None,
    damage: Damage | None = None,
) -> Filled:
    """A letter with `number` and `day` filled in by hand; an empty one leaves the slot empty."""
    how = manner or Manner.random(rng)
    page = Image.new("RGB", (_WIDE, _HIGH), "white")
    draw = ImageDraw.Draw(page)
    for x, y, text, bold, size in (
        (640, 240, "ỦY BAN NHÂN DÂN", True, 54),
        (640, 310, "TỈNH ĐÔNG GIANG", True, 54),
        (1680, 240, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", True, 52),
        (1680, 310, "Độc lập - Tự do - Hạnh phúc", True, 54),
        (1240, 620, "QUYẾT ĐỊNH", True, 58),
        (1240, 700, "Về việc rà soát công việc được giao trong năm", True, 54),
    ):
        draw.text((x, y), text, "black", font("Tinos", size, bold=bold), anchor="mm")
    for n, line in enumerate(_BODY):
        draw.text((380, 860 + 78 * n), line, "black", font("Tinos", 54))
    slots = [
        (_line(page, draw, 430, 440, ("Số:", "/QĐ-UBND"), number, digits, rng, how), number),
        (_line(page, draw, 1200, 440, ("Đông Giang, ngày", "tháng 3 năm 2024"), day, digits, rng,
               how), day),
    ]  # fmt: skip
    if how.stamp:
        left, top, right, _ = slots[0][0].box
        centre = ((left + right) // 2, top + 10)
        for radius in (120, 60, 24):
            draw.circle(centre, radius, outline=(30, 30, 30), width=9)
    grey_or_colour = np.asarray(page)
    if damage is not None:
        grey = np.asarray(page.convert("L"))
        grey_or_colour = scan(grey, DPI, replace(damage, dpi=DPI, skew=0.0), rng).picture
    return Filled(Image.fromarray(grey_or_colour), tuple(slots))


def _line(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    x: int,
    y: int,
    words: tuple[str, str],
    written: str,
    digits: DigitSource,
    rng: np.random.Generator,
    how: Manner,
) -> Slot:
    """Two printed parts with room between, and what is written there. `y` is the baseline."""
    slanted = "ngày" in words[0]
    face = font("Tinos", 54, italic=slanted)
    high = 36  # of the capitals
    room = 75 + max(2, len(written)) * 26 + (50 if how.rule else 0)
    left = x + round(draw.textlength(words[0], face))
    draw.text((x, y), words[0], "black", face, anchor="ls")
    draw.text((left + room, y), words[1], "black", face, anchor="ls")
    if how.rule == ".":
        for dot in range(left + 8, left + room - 8, 13):
            draw.rectangle((dot, y - 3, dot + 3, y), fill="black")
    elif how.rule:
        draw.line((left + 8, y + 3, left + room - 8, y + 3), "black", 2)
    if written:
        _write(page, (left, y, left + room), written, digits, rng, how, how.tall * high)
    kind: Kind = "day" if slanted else "number"
    return Slot(kind, 0, 0, 0, "", 0.0, (left, y - high, left + room, y), 54.0)


def _write(
    page: Image.Image,
    place: tuple[int, int, int],
    written: str,
    digits: DigitSource,
    rng: np.random.Generator,
    how: Manner,
    high: float,
) -> None:
    """Write digits over the page at `place` (left, baseline, right)."""
    left, base, right = place
    inks = []
    for character in written:
        ink = cropped(warped(digits(int(character), rng), rng))
        factor = high * float(rng.uniform(0.9, 1.1)) / ink.shape[0]
        size = (max(3, round(ink.shape[1] * factor)), max(6, round(high)))
        inks.append(np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)).clip(0, 1))
    row = beside([np.asarray(i, np.float32) for i in inks], how.gap, rng)
    row = cropped(row)
    scale = min(1.0, (right - left - 6) / row.shape[1])
    size = (max(3, round(row.shape[1] * scale)), max(6, round(row.shape[0] * scale)))
    row = np.asarray(cv2.resize(row, size, interpolation=cv2.INTER_AREA), np.float32)
    top = base - row.shape[0] + int(rng.integers(-6, 8))
    start = left + max(2, int((right - left - row.shape[1]) * rng.uniform(0.3, 0.7)))
    pen = (how.pale, how.pale, min(255, how.pale + (140 if how.blue else 0)))
    ink_image = Image.new("RGB", (row.shape[1], row.shape[0]), pen)
    page.paste(ink_image, (start, top), Image.fromarray((row * 255).astype(np.uint8)))


def _scaled(slot: Slot, factor: float) -> Slot:
    left, top, right, bottom = (round(v * factor) for v in slot.box)
    box: Box = (left, top, right, bottom)
    return replace(slot, box=box, em=slot.em * factor)
