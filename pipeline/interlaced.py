"""Interlaced PNGs too large to be held: their last pass as a PNG that is read row by row.

In: the path of an interlaced PNG (Adam7; W3C PNG specification, 8.2). Out: a PNG file that is not
interlaced and holds every second row. Each pass is stored as a picture of its own, rows filtered
as in any PNG, so the bytes of the last pass are those of such a file; the others are half of the
picture, spread over all of it, of which a decoder can make no row before it has read them all.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIECE = 1 << 20  # bytes in hand at a time
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the colour type of the header
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
"""Of each pass but the last: first row and column, steps down and across."""
KEPT = (b"PLTE", b"tRNS")  # what the values of pixels mean


def bits_a_pixel(path: Path) -> int:
    """Bits of a pixel, by the header of a PNG.

    Raises OSError where the file has none."""
    with path.open("rb") as file:
        return _bits(_header(_chunks(file)))


def last_pass(path: Path, to: Path) -> None:
    """Write every second row of the interlaced PNG `path`, from the second on, to the PNG `to`.

    Raises OSError or zlib.error where the file is damaged or ends early."""
    with path.open("rb") as file, to.open("wb") as out:
        chunks = _chunks(file)
        header = _header(chunks)
        width, height = struct.unpack(">II", header[:8])
        out.write(SIGNATURE)
        _write(out, b"IHDR", struct.pack(">II", width, height // 2) + header[8:12] + b"\0")
        pack = zlib.compressobj(level=1)
        rest = -_bytes_before(width, height, _bits(header))
        for piece in _pixels(chunks, out):
            rest += len(piece)
            if rest > 0:
                _write(out, b"IDAT", pack.compress(piece[max(0, len(piece) - rest) :]))
        _write(out, b"IDAT", pack.flush())
        _write(out, b"IEND", b"")


def _header(chunks: Iterator[tuple[bytes, bytes]]) -> bytes:
    kind, header = next(chunks, (b"", b""))
    if kind != b"IHDR" or len(header) != 13 or header[9] not in CHANNELS:
        raise OSError("no PNG header")
    return header


def _bits(header: bytes) -> int:
    return header[8] * CHANNELS[header[9]]


def _bytes_before(width: int, height: int, bits: int) -> int:
    """Bytes of all passes but the last; each row has one more that names its filter."""
    total = 0
    for top, left, down, across in PASSES:
        columns, rows = -((left - width) // across), -((top - height) // down)
        total += rows * (1 + (columns * bits + 7) // 8) if columns > 0 and rows > 0 else 0
    return total


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The chunks to the end: the kind of each and what it holds, long ones in several pieces."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise OSError("no PNG")
    while head := file.read(8):
        length, kind = struct.unpack(">I4s", head.ljust(8, b"\0"))
        sum_of_all = zlib.crc32(kind)
        for start in range(0, max(length, 1), PIECE):
            data = file.read(min(PIECE, length - start))
            sum_of_all = zlib.crc32(data, sum_of_all)
            yield kind, data
        if file.read(4) != struct.pack(">I", sum_of_all):
            raise OSError("a chunk is damaged or cut off")
        if kind == b"IEND":
            return


def _write(out: BinaryIO, kind: bytes, data: bytes) -> None:
    if data or kind == b"IEND":
        out.write(struct.pack(">I4s", len(data), kind) + data)
        out.write(struct.pack(">I", zlib.crc32(kind + data)))


def _pixels(chunks: Iterator[tuple[bytes, bytes]], out: BinaryIO) -> Iterator[bytes]:
    """The rows of all passes, piece by piece; what else matters of the chunks goes to `out`."""
    unpack = zlib.decompressobj()
    for kind, data in chunks:
        if kind in KEPT:
            _write(out, kind, data)
        while kind == b"IDAT" and data and not unpack.eof:
            yield unpack.decompress(data, PIECE)
            data = unpack.unconsumed_tail
    yield unpack.flush()
    if not unpack.eof:
        raise OSError("the picture ends early")
