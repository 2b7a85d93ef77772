"""Pages of unfinished documents, kept in the output folder as they are read.

A document that a kill or an interruption stopped goes on at its page. What is kept is known by
the document's content and the digest of all that shapes the output, so it is never taken for
another document or another version; each page is there whole or not at all, and a damaged one
counts as not there. When a document is settled its pages go, and what belongs to no unfinished
document goes at the start of the next run.
"""

from __future__ import annotations

import gzip
import shutil
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.batch.outputs import process_name
from pipeline.batch.space import require_space
from pipeline.debug_images import Picture
from pipeline.document import Operation, PageLayout, Source
from pipeline.reading import ReadPage

PAGES = ".congvan-pages"
_ROOM = 24
"""Hex digits of the content's hash in a folder name; the digest has 16."""


def folder_of(content: str, digest: str) -> str:
    """Where the pages of one document lie, as made under one digest."""
    return f"{content[:_ROOM]}.{digest}"


class PageStore:
    """The kept pages of one document; see `pipeline.reading.PageResults`.

    `tell` is told how many pages are read, of how many, and how many of them were kept."""

    def __init__(
        self, root: Path, content: str, digest: str, tell: Callable[[int, int, int], None]
    ) -> None:
        self._root = root
        self._content = content
        self._folder = root / PAGES / folder_of(content, digest)
        self._tell = tell
        self._usable = False
        self._pages = self._done = self._kept = 0

    def expect(self, source: Source) -> None:
        """See PageResults. Where the file is not what was planned any more, nothing is kept of it
        under the planned name."""
        self._pages = len(source.pages)
        self._usable = source.sha256 == self._content
        self._tell(0, self._pages, 0)

    def get(self, number: int) -> ReadPage | None:
        """See PageResults."""
        if not self._usable:
            return None
        try:
            page = _unpacked(self._file(number).read_bytes())
        except (OSError, EOFError, zlib.error, ValidationError):
            return None
        if page.layout.number != number:
            return None
        self._done += 1
        self._kept += 1
        self._tell(self._done, self._pages, self._kept)
        return page

    def put(self, number: int, page: ReadPage) -> None:
        """See PageResults. A page that could not be read is not kept, so that it is tried again.

        Raises OSError (ENOSPC) where the disk is full: what was read then is not to be trusted."""
        require_space(self._root)
        if self._usable and page.error is None and self._pages > 1:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._file(number)
            aside = file.with_name(f".{file.name}.{process_name()}")
            aside.write_bytes(_packed(page))
            aside.replace(file)
        self._done += 1
        self._tell(self._done, self._pages, self._kept)

    def _file(self, number: int) -> Path:
        return self._folder / f"page-{number:05d}.json.gz"


def forget_pages(root: Path, content: str, digest: str) -> None:
    """The document is settled: its pages are not needed any more."""
    folder = root / PAGES / folder_of(content, digest)
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # not empty: other documents are unfinished
            folder.parent.rmdir()


def keep_only(root: Path, wanted: Collection[str]) -> None:
    """Remove the pages of all documents but those whose folder names are `wanted`."""
    folder = root / PAGES
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name not in wanted:
            shutil.rmtree(entry, ignore_errors=True)
    with suppress(OSError):  # not empty: some are kept
        folder.rmdir()


@dataclass(frozen=True, slots=True)
class _Kept:
    """A page as it is written: everything of a `ReadPage` that was read without error."""

    layout: PageLayout
    rotation: int
    skew: float
    operations: tuple[Operation, ...]
    picture: tuple[str, int] | None
    thumbnail: str | None


_KEPT = TypeAdapter(_Kept)


def _packed(page: ReadPage) -> bytes:
    picture = (_text(page.picture.data), page.picture.width) if page.picture else None
    small = _text(page.thumbnail) if page.thumbnail else None
    kept = _Kept(page.layout, page.rotation, page.skew, page.operations, picture, small)
    return gzip.compress(_KEPT.dump_json(kept), compresslevel=1, mtime=0)


def _unpacked(data: bytes) -> ReadPage:
    kept = _KEPT.validate_json(gzip.decompress(data))
    picture = Picture(b64decode(kept.picture[0]), kept.picture[1]) if kept.picture else None
    small = b64decode(kept.thumbnail) if kept.thumbnail else None
    return ReadPage(kept.layout, kept.rotation, kept.skew, kept.operations, None, picture, small)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
