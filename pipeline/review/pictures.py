"""Page pictures as the boxes of a record expect them: upright, straight, of the size as read.

In: a letter and the number of a page. Out: a JPEG. Pictures are made from the original once and
kept in `DIR/.congvan-pictures/`, of which the oldest go when they are too many.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
AT_ONCE = 2
"""Pages drawn at the same time; each may take a hundred megabytes."""
PIECES = "words"
SWEEP_AFTER = 200
Cut = Callable[[Image.Image, Page], bytes]


class Pictures:
    """The pictures of a folder's letters. Relative paths of originals are looked for in `base`."""

    def __init__(self, root: Path, base: Path | None = None) -> None:
        self._root = root
        self._base = base
        self._sources: dict[str, Source] = {}
        self._few_at_a_time = threading.Semaphore(AT_ONCE)
        self._same_page = Turns()
        self._since_sweep = 0

    def page(self, record: Record, number: int) -> bytes:
        """The JPEG of page `number`.

        Raises DocumentError file_missing, source_changed, or what drawing the page raises."""
        page = next((p for p in record.pages if p.number == number), None)
        if page is None:
            raise DocumentError("file_missing", path=f"{record.document_id}, {number}")
        kept = self._root / FOLDER / self._name(record, page)
        with self._same_page.of(kept.name):  # fifty words of a page ask for it at once
            if (data := self._kept(kept)) is not None:
                return data
            with self._few_at_a_time:
                data = _jpeg(self._source(record), page)
            self._keep(kept, data)
        return data

    def piece(self, record: Record, number: int, name: str, cut: Cut) -> bytes:
        """A JPEG cut out of page `number` by `cut`, kept by `name`.

        Raises what `page` raises."""
        page = next((p for p in record.pages if p.number == number), None)
        if page is None:
            raise DocumentError("file_missing", path=f"{record.document_id}, {number}")
        kept = self._root / FOLDER / PIECES / f"{Path(self._name(record, page)).stem}-{name}.jpg"
        if (data := self._kept(kept)) is not None:
            return data
        with Image.open(io.BytesIO(self.page(record, number))) as picture:
            data = cut(picture, page)
        self._keep(kept, data)
        return data

    @staticmethod
    def _kept(path: Path) -> bytes | None:
        """A picture made before; it was last used now."""
        with suppress(OSError):
            data = path.read_bytes()
            os.utime(path)
            return data
        return None

    def _source(self, record: Record) -> Source:
        known = self._sources.get(record.source.sha256)
        if known is None:
            known = find_scan(Holding(self._root / record.document_id, record, ()), self._base)
            self._sources = dict([*self._sources.items(), (record.source.sha256, known)][-AT_ONCE:])
        return known

    def _name(self, record: Record, page: Page) -> str:
        told = f"{page.number} {page.rotation} {page.skew} {page.width} {page.height} {WIDEST}"
        shape = hashlib.sha256(told.encode()).hexdigest()[:8]
        return f"{record.source.sha256[:24]}-{page.number}-{shape}.jpg"

    def _keep(self, kept: Path, data: bytes) -> None:
        """Keep the picture, where there is room; letters can be read without."""
        with suppress(OSError):
            kept.parent.mkdir(exist_ok=True, parents=True)
            aside = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            aside.write_bytes(data)
            aside.replace(kept)
            self._since_sweep += 1
            if self._since_sweep >= SWEEP_AFTER:
                self._since_sweep = 0
                _sweep(self._root / FOLDER)


class Turns:
    """Lets who wants the same thing at the same time go one after the other."""

    def __init__(self) -> None:
        self._all = threading.Lock()
        self._of: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Hold the turn for `name`."""
        with self._all:
            lock, waiting = self._of.get(name, (threading.Lock(), 0))
            self._of[name] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._all:
                lock, waiting = self._of[name]
                if waiting == 1:
                    del self._of[name]
                else:
                    self._of[name] = lock, waiting - 1


def _sweep(folder: Path) -> None:
    """Take away the pictures not used for longest, where all take more than `MOST_BYTES`."""
    states = [(path.stat(), path) for path in folder.rglob("*") if path.is_file()]
    found = sorted((state.st_mtime, state.st_size, path) for state, path in states)
    room = MOST_BYTES - sum(size for _, size, _ in found)
    for _, size, path in found:
        if room >= 0:
            return
        path.unlink(missing_ok=True)
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
