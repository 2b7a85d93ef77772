"""Documents of a folder of text, and which of them are held out of training.

In: a folder of `.txt` and `.txt.xz` files, UTF-8. Out: documents (strings), each always in the
same split, so that text used for measuring is never text that was learned from.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Literal

Split = Literal["train", "dev", "test"]

# Official letters and laws begin with the national title: in files where blank lines stand inside
# documents this line tells where the next document begins.
_HEADING = re.compile(r"^\s*(.{0,40}\s)?CỘNG H(OÀ|ÒA)\s+XÃ HỘI CHỦ NGHĨA VIỆT NAM", re.MULTILINE)
_SHORTEST = 2000


def split_of(text: str) -> Split:
    """The split of a document: by the first byte of the SHA-256 of its stripped text, modulo 10
    (0 test, 1 development, the rest training)."""
    digit = hashlib.sha256(text.strip().encode()).digest()[0] % 10
    return "test" if digit == 0 else "dev" if digit == 1 else "train"


def text_files(folder: Path) -> list[Path]:
    """All `.txt` and `.txt.xz` files under `folder` (or the one file given), sorted by name."""
    if folder.is_file():
        return [folder]
    return sorted(p for p in folder.rglob("*") if p.name.endswith((".txt", ".txt.xz")))


def read_text(path: Path) -> str:
    """The text of a plain or xz-compressed file, in NFC; undecodable bytes are replaced."""
    data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    return unicodedata.normalize("NFC", data.decode("utf-8", "replace"))


def documents(path: Path) -> Iterator[str]:
    """The documents of one file, in order.

    Blank lines part documents. Where a file has them between paragraphs too (its blocks are
    mostly short), documents are cut before the national title, if it stands there often enough;
    else neighbouring blocks are put together to at least 2,000 characters."""
    blocks = [b for b in re.split(r"\n[ \t\r]*\n", read_text(path)) if b.strip()]
    headed = [bool(_HEADING.search(b)) for b in blocks]
    short = sum(len(b) < 400 for b in blocks) * 2 > len(blocks)
    by_heading = short and sum(headed) >= 10
    current: list[str] = []
    size = 0
    for block, heading in zip(blocks, headed, strict=True):
        if current and (heading if by_heading else size >= _SHORTEST):
            yield "\n\n".join(current)
            current, size = [], 0
        current.append(block)
        size += len(block)
    if current:
        yield "\n\n".join(current)


def shingles(text: str, length: int = 8) -> set[int]:
    """Hashes of all runs of `length` words (letters and digits, case-folded) of `text`."""
    return {mark for _, mark in _runs(text, length)}


def shingles_of(folders: Sequence[Path]) -> set[int]:
    """The shingles of all texts under `folders`, for `shares`."""
    found: set[int] = set()
    for folder in folders:
        for path in text_files(folder):
            found |= shingles(read_text(path))
    return found


def telling(excluded: set[int], files: Sequence[Path], most: int = 3) -> set[int]:
    """Those of the excluded shingles that at most `most` documents of `files` have: what more have
    is the boilerplate of all official text (titles of laws, closing formulas) and tells of none."""
    if not excluded:
        return excluded
    seen: Counter[int] = Counter()
    for path in files:
        for text in documents(path):
            seen.update(shingles(text) & excluded)
    return {s for s in excluded if seen[s] <= most}


def unshared(text: str, excluded: set[int], least: int = 3, most: float = 0.1) -> str:
    """`text` without the passages it has in common with the excluded texts.

    With fewer than `least` shingles in common it stays whole; where more than the share `most` of
    its shingles are, it is another version of an excluded text and nothing of it stays. Else the
    lines on which common runs stand go, with a line before and after them."""
    if not excluded:
        return text
    runs = _runs(text)
    shared = [span for span, mark in runs if mark in excluded]
    if len(shared) < least:
        return text
    if len(shared) > most * len(runs):
        return ""
    lines = text.split("\n")
    ends = list(accumulate(len(line) + 1 for line in lines))
    gone: set[int] = set()
    for start, end in shared:
        gone.update(range(bisect_right(ends, start) - 1, bisect_right(ends, end) + 2))
    return "\n".join(line for i, line in enumerate(lines) if i not in gone)


def _runs(text: str, length: int = 8) -> list[tuple[tuple[int, int], int]]:
    """The place of each run of `length` words in `text`, and its shingle."""
    found = list(re.finditer(r"\w+", text))
    words = [m.group().casefold() for m in found]
    return [
        ((found[i].start(), found[i + length - 1].end()), hash(tuple(words[i : i + length])))
        for i in range(len(words) - length + 1)
    ]
