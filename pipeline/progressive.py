"""JPEGs in several scans that are too large to be held: the mean of each of their blocks.

In: the bytes of a progressive JPEG (ITU-T T.81, annex G). Out: its picture at an eighth of the
resolution. A decoder keeps the coefficients of all blocks until the last scan is read, 2 bytes for
each; the first coefficient of a block (DC) is eight times its mean and stands in scans of its own,
so that the others need not be read.
"""

from __future__ import annotations

import mmap
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 8  # of a block
MEAN_OF_NOTHING = 128
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
RESTART = re.compile(rb"\xff[\xd0-\xd7]")
SOF2, DHT, EOI, SOS, DQT, DRI, APP14 = 0xC2, 0xC4, 0xD9, 0xDA, 0xDB, 0xDD, 0xEE
BEGINNING = b"\xff\xd8"
NO_FRAMES = 0xC8, 0xCC
BYTES_EACH = 2  # of a coefficient
MOST_PIXELS = 1_500_000_000  # whose means can be held
LONGEST = 16  # bits of a Huffman code

Data = bytes | mmap.mmap
Table = list[tuple[int, int]]
"""Of each 16 bits to come: how many of them are a code, and what it stands for."""


@dataclass(slots=True)
class _Component:
    """A colour: how often it is sampled across and down a unit, its table of quantisation, and the
    first coefficients of its blocks, whole units of them."""

    across: int
    down: int
    quantised: int
    blocks: NDArray[np.int16]


@dataclass(slots=True)
class _Picture:
    """What the headers said so far; `width` and `height` in pixels."""

    width: int = 0
    height: int = 0
    components: dict[int, _Component] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    tables: dict[int, Table] = field(default_factory=dict)
    restart: int = 0
    transform: int | None = None


def eighth(data: Data) -> Image.Image:
    """The picture at an eighth of its size, mode L or RGB, as its file has it (EXIF not asked).

    Raises OSError where it is damaged, ends early, or is no progressive JPEG of one or three
    colours and MOST_PIXELS at most."""
    try:
        return _image(_read(data))
    except (IndexError, KeyError, OverflowError, ValueError, ZeroDivisionError) as e:
        raise OSError("the picture is damaged") from e


def held(data: Data) -> int:
    """Bytes of coefficients that a decoder of this JPEG keeps until the last of its scans: none
    where all colours come in one scan, as in most that are not progressive."""
    frame = b""
    if data[:2] != BEGINNING:
        return 0
    for marker, content, _ in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (DHT, *NO_FRAMES) and len(content) > 5:
            frame = content
            if marker == SOF2:
                break
        elif marker == SOS and content:
            if not frame or content[0] >= frame[5]:
                return 0
            break
    if not frame:
        return 0
    height, width = (int.from_bytes(frame[n : n + 2], "big") for n in (1, 3))
    sampled = [(side >> 4) * (side & 15) for side in frame[7 : 6 + 3 * frame[5] : 3]]
    return width * height * BYTES_EACH * sum(sampled) // max([1, *sampled])


# --- headers -----------------------------------------------------------------------------------


def _segments(data: Data) -> Iterator[tuple[int, bytes, int]]:
    """Each marker to the end of the picture, what it holds, and where that ends."""
    at = 2  # behind the marker that begins it
    while found := NEXT_MARKER.search(data, at):
        marker = data[found.start() + 1]
        length = int.from_bytes(data[found.end() : found.end() + 2], "big")
        at = found.end() + length
        yield marker, data[found.end() + 2 : at], at
        if marker == EOI:
            return


def _read(data: Data) -> _Picture:
    picture = _Picture()
    marker = None
    for marker, content, end in _segments(data):
        if marker == SOF2:
            _frame(content, picture)
        elif marker == DQT:
            _quantisation(content, picture.steps)
        elif marker == DHT:
            _huffman(content, picture.tables)
        elif marker == DRI:
            picture.restart = int.from_bytes(content[:2], "big")
        elif marker == APP14 and content.startswith(b"Adobe"):
            picture.transform = content[11]
        elif marker == SOS and content[2 * content[0] + 1] == 0:  # with the first coefficient
            following = NEXT_MARKER.search(data, end)
            _scan(content, data[end : following.start() if following else end], picture)
    if marker != EOI:
        raise OSError("the picture ends early")
    return picture


def _frame(content: bytes, picture: _Picture) -> None:
    picture.height, picture.width = (int.from_bytes(content[n : n + 2], "big") for n in (1, 3))
    rows = [content[n : n + 3] for n in range(6, 6 + 3 * content[5], 3)]
    sampled = [(row[1] >> 4, row[1] & 15) for row in rows]
    sides = [side for pair in sampled for side in pair]
    if content[0] != 8 or len(rows) not in (1, 3) or not all(1 <= s <= 4 for s in sides):
        raise OSError("a JPEG of this kind is not read")
    if picture.width * picture.height > MOST_PIXELS:
        raise OSError("a progressive JPEG of so many pixels is not read")
    most_across, most_down = (max(of) for of in zip(*sampled, strict=True))
    across = -(-picture.width // (SIDE * most_across))
    down = -(-picture.height // (SIDE * most_down))
    for (number, _, quantised), (h, v) in zip(rows, sampled, strict=True):
        blocks = np.zeros((down * v, across * h), np.int16)
        picture.components[number] = _Component(h, v, quantised, blocks)


def _quantisation(content: bytes, steps: dict[int, int]) -> None:
    """Note the step of the first coefficient in each table."""
    at = 0
    while at < len(content):
        wide, number = content[at] >> 4, content[at] & 15
        steps[number] = int.from_bytes(content[at + 1 : at + 2 + wide], "big")
        at += 1 + 64 * (1 + wide)


def _huffman(content: bytes, tables: dict[int, Table]) -> None:
    """Note the tables for first coefficients (class 0)."""
    at = 0
    while at < len(content):
        kind, counts = content[at], content[at + 1 : at + 17]
        values = content[at + 17 : at + 17 + sum(counts)]
        at += 17 + sum(counts)
        if kind < 16:
            tables[kind] = _table(counts, values)


def _table(counts: bytes, values: bytes) -> Table:
    table: Table = []
    given = iter(values.ljust(sum(counts), b"\0"))
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            table += [(length, next(given))] * (1 << (LONGEST - length))
        if len(table) > 1 << LONGEST:
            raise ValueError("more codes than there can be")
    return table


# --- first coefficients ------------------------------------------------------------------------


def _scan(content: bytes, coded: bytes, picture: _Picture) -> None:
    """Take the first coefficients, or one more bit of each, out of a scan."""
    named = [content[n : n + 2] for n in range(1, 1 + 2 * content[0], 2)]
    before, shift = content[-1] >> 4, content[-1] & 15
    of = [picture.components[number] for number, _ in named]
    units, kinds = _order(of, picture)
    parts = RESTART.split(coded) if picture.restart else [coded]
    found: list[NDArray[np.int16]] = []
    for part in parts:
        left = units[0] * units[1] * len(kinds) - sum(map(len, found))
        blocks = min(left, picture.restart * len(kinds)) if picture.restart else left
        plain = part.replace(b"\xff\x00", b"\xff")
        if before:
            found.append(_bits(plain, blocks))
        else:
            tables = [picture.tables[use >> 4] for _, use in named]
            found.append(_values(plain, blocks, kinds, tables))
    values = np.concatenate(found) << shift
    _place(values.reshape(*units, len(kinds)), of)


def _order(of: Sequence[_Component], picture: _Picture) -> tuple[tuple[int, int], list[int]]:
    """How many units a scan has down and across, and of which component each block of one is."""
    if len(of) > 1:
        units = (of[0].blocks.shape[0] // of[0].down, of[0].blocks.shape[1] // of[0].across)
        return units, [n for n, c in enumerate(of) for _ in range(c.across * c.down)]
    most_across = max(c.across for c in picture.components.values())
    most_down = max(c.down for c in picture.components.values())
    width = -(-picture.width * of[0].across // most_across)
    height = -(-picture.height * of[0].down // most_down)
    return (-(-height // SIDE), -(-width // SIDE)), [0]


def _place(values: NDArray[np.int16], of: Sequence[_Component]) -> None:
    """Put blocks, in the order of the scan, where they stand in the picture; bits are added."""
    down, across, _ = values.shape
    if len(of) == 1:
        of[0].blocks[:down, :across] |= values[:, :, 0]
        return
    start = 0
    for component in of:
        h, v = component.across, component.down
        part = values[:, :, start : start + h * v].reshape(down, across, v, h)
        component.blocks |= part.transpose(0, 2, 1, 3).reshape(down * v, across * h)
        start += h * v


def _bits(coded: bytes, blocks: int) -> NDArray[np.int16]:
    bits = np.unpackbits(np.frombuffer(coded, np.uint8), count=blocks)
    if len(coded) * 8 < blocks:
        raise OSError("the picture ends early")
    return bits.astype(np.int16)


def _values(
    coded: bytes, blocks: int, kinds: Sequence[int], tables: Sequence[Table]
) -> NDArray[np.int16]:
    """First coefficients: each is told by how far it is from the one before of its component."""
    last = [0] * len(tables)
    found = array("h")
    waiting = held = at = 0  # bits read and not used, how many, and the next byte
    for _ in range(blocks // len(kinds)):
        for kind in kinds:
            if held < 2 * LONGEST:
                if at - held // 8 > len(coded):
                    raise OSError("the picture ends early")
                more = coded[at : at + 8].ljust(8, b"\xff")
                waiting = (waiting & ((1 << held) - 1)) << 64 | int.from_bytes(more, "big")
                held, at = held + 64, at + 8
            length, size = tables[kind][waiting >> (held - LONGEST) & 0xFFFF]
            held -= length
            if size:
                held -= size
                step = waiting >> held & ((1 << size) - 1)
                last[kind] += step if step >> (size - 1) else step - (1 << size) + 1
            found.append(last[kind])
    return np.frombuffer(found, np.int16) if found else np.zeros(0, np.int16)


# --- picture -----------------------------------------------------------------------------------


def _image(picture: _Picture) -> Image.Image:
    if not picture.components:
        raise OSError("no progressive JPEG")
    grids = [c.blocks.shape for c in picture.components.values()]
    down, across = (max(sides) for sides in zip(*grids, strict=True))
    planes = []
    for component in picture.components.values():
        step = picture.steps[component.quantised]
        means = (component.blocks.astype(np.int32) * step + SIDE // 2) // SIDE + MEAN_OF_NOTHING
        plane = Image.fromarray(means.clip(0, 255).astype(np.uint8))
        whole = plane.resize((across, down), Image.Resampling.NEAREST)
        planes.append(whole.crop((0, 0, -(-picture.width // SIDE), -(-picture.height // SIDE))))
    if len(planes) == 1:
        return planes[0]
    return Image.merge("RGB" if picture.transform == 0 else "YCbCr", planes).convert("RGB")
