"""Specks that a Vietnamese model read as marks, told by the line alone: `của'người`, `hiện*giám`,
`cười..Đây`, `chủ -yếu`, `= Như Điều 3`, a lone backslash; and the space lost behind the
abbreviation before a signer's title, `KT.GIÁM ĐỐC` (NĐ 30/2020/NĐ-CP, Phụ lục I; HD 36-HD/VPTW).

In: a line. Out: the spans to replace. Each form stands less than once in a million words of clean
text; what the decoder must judge is in `specks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from pipeline.restore.fix import Fix
from pipeline.restore.orthography import analyse

_ANY: Final = regex.compile(r"['’*=>\\]|[,.:;]{2}|\s-\p{Ll}|\.\p{Lu}{2}")
_DASHES: Final = regex.compile(r"(?<!\S)-(?=\p{L})")
_WITHIN: Final = regex.compile(
    r"(?<!\p{L})(?P<first>\p{L}?\p{Ll}+)(?P<mark>['’*]|[,.:;]{2})(?P<second>\p{L}\p{Ll}+)(?!\p{L})"
)
_BEFORE: Final = regex.compile(
    r"(?<!\p{L})(?P<first>\p{Ll}+)\s(?P<mark>-)(?P<second>\p{Ll}{2,})(?!\p{L})"
)
_LONE: Final = regex.compile(r"(?<=\p{Ll})\s\\(?=\s\p{Ll})")  # § and | may be digits
_LIST: Final = regex.compile(r"^\s*(?P<mark>[=>])(?=\s\p{Lu}\p{Ll})")
_SIGNER: Final = regex.compile(r"^\s*(?:KT|TM|TL|TUQ|T/M|K/T|T/L)\.(?=\p{Lu}{2}\P{Ll}*$)")


def fixes(text: str) -> Iterator[Fix]:
    """The repairs of a line."""
    if not _ANY.search(text):
        return
    for match in _WITHIN.finditer(text):
        mark = match["mark"]
        if _are_syllables(match) and (len(mark) == 2 or match["second"].islower()):
            yield Fix(
                match.start("mark"), match.end("mark"), " " if len(mark) == 1 else f"{mark[0]} "
            )
    for match in _BEFORE.finditer(text):
        if len(_DASHES.findall(text)) == 1 and _are_syllables(match):
            yield Fix(match.start("mark"), match.end("mark"), "")
    yield from (Fix(m.start(), m.end(), "") for m in _LONE.finditer(text))
    if match := _LIST.match(text):
        yield Fix(match.start("mark"), match.end("mark"), "-")
    if match := _SIGNER.match(text):
        yield Fix(match.end(), match.end(), " ")


def _are_syllables(match: regex.Match[str]) -> bool:
    first, second = match["first"].lower(), match["second"].lower()
    return len(first) > 1 and analyse(first) is not None and analyse(second) is not None
