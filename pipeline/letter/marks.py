"""Secrecy and urgency, from stamps and from lines of their own.

Decided with all marks on the letters: MẬT is a secret, MẶT (TRẬN) is not (Luật Bảo vệ bí mật nhà
nước, Điều 8; Nghị định 30/2020/NĐ-CP, Phụ lục I).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import regex

from pipeline.document import Mark
from pipeline.letter.lines import PageLine
from pipeline.letter.tables import mark_words

_LABEL = regex.compile(r"^(?:ĐỘ MẬT|MỨC ĐỘ MẬT|ĐỘ KHẨN|MỨC ĐỘ KHẨN)[ ]?:[ ]?")
_EDGES = " .,:;*[](){}|\"'’“”_-–=~"


def read_mark(text: str) -> tuple[str, str] | None:
    """(field, words as printed) where `text` is nothing but a word of secrecy or urgency."""
    printed = unicodedata.normalize("NFC", text).strip(_EDGES)
    bare = _LABEL.sub("", printed.upper())
    bare = regex.sub(r"[ ]*\(?HẸN GIỜ.*$", "", regex.sub(r"\s+", " ", bare)).strip(_EDGES)
    for name, words in mark_words():
        if bare == words:
            return name, printed[-len(words) :] if bare == printed.upper() else words
        if bare == words.replace(" ", ""):
            return name, words
    return None


def find_marks(
    marks: Sequence[Mark], lines: Sequence[PageLine]
) -> dict[str, tuple[str, Mark | PageLine]]:
    """Secrecy and urgency with where each was read; stamps before lines."""
    found: dict[str, tuple[str, Mark | PageLine]] = {}
    for mark in marks:
        if mark.kind == "stamp" and mark.text:
            for part in mark.text.splitlines():
                if read := read_mark(part):
                    found.setdefault(read[0], (read[1], mark))
    for line in lines:
        if read := read_mark(line.text):
            found.setdefault(read[0], (read[1], line))
    return found
