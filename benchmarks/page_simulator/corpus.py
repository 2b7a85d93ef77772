"""Clean text to print: documents of a text file, their split, and their paragraphs.

A document is the stretch between blank lines; shorter ones are joined with what follows up to
`SMALLEST` words, since some files set a blank line after every heading. Its split (train, dev or
test) hangs on its words alone, so that every program that asks gets the same answer, and near
copies of a law in two collections mostly fall on the same side.
"""

from __future__ import annotations

import hashlib
import lzma
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TextIO

import regex

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

SMALLEST = 400
"""Words of the smallest document."""

_SHINGLE = 8
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_MARKER = regex.compile(
    r"(?:[-+•*]|\d{1,2}(?:\.\d{1,2})*[.)]|[a-zđ]\)|Điều \d+|Căn cứ|[IVX]+[.)]) ?"
)
_ENDS = tuple('.;:!?”"')


def documents(path: Path) -> Iterator[str]:
    """The documents of a UTF-8 text file, plain or .xz, or of all such files of a folder.

    Raises OSError where a file cannot be read, lzma.LZMAError where it is no xz file."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.name.endswith((".txt", ".txt.xz")):
                yield from documents(file)
        return
    with _open(path) as lines:
        yield from _join_small(_between_blank_lines(lines))


def split_of(document: str) -> Split:
    """Where a document belongs: about 90 % train, 5 % dev, 5 % test.

    The key is the least hash of its runs of eight syllables (a one-element MinHash): two
    documents that share most of their text share the key with the same likelihood."""
    words = [w.casefold() for w in _WORD.findall(unicodedata.normalize("NFC", document))]
    runs = {" ".join(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1))}
    # crc32 alone orders runs by chance but leaves its own low bits uneven once it is the least
    least = min(zlib.crc32(run.encode()) for run in runs)
    place = int(hashlib.sha256(str(least).encode()).hexdigest(), 16) % 20
    return "test" if place == 0 else "dev" if place == 1 else "train"


def document_hash(document: str) -> str:
    """Sixteen hex digits that name a document."""
    return hashlib.sha256(document.encode()).hexdigest()[:16]


def paragraphs(document: str) -> list[str]:
    """Paragraphs of a document: hard-wrapped lines joined, spaces folded, NFC."""
    out: list[str] = []
    open_ended = False
    for line in document.splitlines():
        text = " ".join(unicodedata.normalize("NFC", line).split())
        if not text:
            open_ended = False
            continue
        if open_ended and not _MARKER.match(text) and not text.isupper():
            out[-1] += " " + text
        else:
            out.append(text)
        open_ended = len(text) > 60 and not text.endswith(_ENDS)
    return out


def _open(path: Path) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _between_blank_lines(lines: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line.rstrip("\n"))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _join_small(blocks: Iterator[list[str]]) -> Iterator[str]:
    joined: list[str] = []
    words = 0
    for block in blocks:
        joined += ([""] if joined else []) + block
        words += sum(len(line.split()) for line in block)
        if words >= SMALLEST:
            yield "\n".join(joined)
            joined, words = [], 0
    if joined:
        yield "\n".join(joined)
