"""Page pictures as the boxes of a record expect them: upright, straight, of the size as read.

In: a letter and the number of a page. Out: a JPEG. Pictures are made from the original once and
kept in `DIR/.congvan-pictures/`, of which the oldest go when they are too many.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from contextlib import suppress
from pathlib import Path

from PIL import Image

from pipeline import loading
from pipeline.document import PageKind, Source
from pipeline.errors import DocumentError
from pipeline.export.holding import Holding, find_scan
from pipeline.record import Page, Record
from pipeline.settings import Settings
from pipeline.upright import straightened, turned

FOLDER = ".congvan-pictures"
WIDEST = 1654
"""Pixels; an A4 page at 200 dpi."""
QUALITY = 82
MOST_BYTES = 512 * 2**20


class Pictures:
    """The pictures of a folder's letters. Relative paths of originals are looked for in `base`."""

    def __init__(self, root: Path, base: Path | None = None) -> None:
        self._root = root
        self._base = base
        self._sources: dict[str, Source] = {}
        self._one_at_a_time = threading.Lock()

    def page(self, record: Record, number: int) -> bytes:
        """The JPEG of page `number`.

        Raises DocumentError file_missing, source_changed, or what drawing the page raises."""
        page = next((p for p in record.pages if p.number == number), None)
        if page is None:
            raise DocumentError("file_missing", path=f"{record.document_id}, {number}")
        kept = self._root / FOLDER / self._name(record, page)
        with suppress(OSError):
            data = kept.read_bytes()
            os.utime(kept)
            return data
        with self._one_at_a_time:
            data = _jpeg(self._source(record), page)
            self._keep(kept, data)
        return data

    def _source(self, record: Record) -> Source:
        known = self._sources.get(record.source.sha256)
        if known is None:
            known = find_scan(Holding(self._root / record.document_id, record, ()), self._base)
            self._sources = {record.source.sha256: known}
        return known

    def _name(self, record: Record, page: Page) -> str:
        told = f"{page.number} {page.rotation} {page.skew} {page.width} {page.height} {WIDEST}"
        shape = hashlib.sha256(told.encode()).hexdigest()[:8]
        return f"{record.source.sha256[:24]}-{page.number}-{shape}.jpg"

    def _keep(self, kept: Path, data: bytes) -> None:
        """Keep the picture, where there is room; letters can be read without."""
        with suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            aside = kept.with_suffix(f".{os.getpid()}")
            aside.write_bytes(data)
            aside.replace(kept)
            _sweep(kept.parent)


def _sweep(folder: Path) -> None:
    found = sorted((e.stat().st_mtime, e.stat().st_size, e.path) for e in os.scandir(folder))
    room = MOST_BYTES - sum(size for _, size, _ in found)
    for _, size, path in found:
        if room >= 0:
            return
        Path(path).unlink(missing_ok=True)
        room += size


def _jpeg(source: Source, page: Page) -> bytes:
    """Draw the page, turn and straighten it as it was for reading."""
    found = next((p for p in source.pages if p.number == page.number), None)
    if found is None or found.kind is PageKind.TEXT:
        raise DocumentError("file_missing", path=f"{source.path}, {page.number}")
    image = turned(loading.load(found, Settings()).image, page.rotation)
    if max(image.size) > 2 * WIDEST:
        image.thumbnail((2 * WIDEST, 2 * WIDEST), Image.Resampling.LANCZOS)
    if page.skew:
        image = straightened(image, page.skew)
    if image.width > WIDEST:
        high = round(image.height * WIDEST / image.width)
        image = image.resize((WIDEST, high), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
