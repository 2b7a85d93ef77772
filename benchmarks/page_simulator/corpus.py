"""Paragraphs to print, out of the documents of clean text.

Documents and their splits are those of the language model (`pipeline.restore.corpus`), so that
no page of the test split shows text that a model was trained on.
"""

from __future__ import annotations

import hashlib
import unicodedata

import regex

_MARKER = regex.compile(
    r"(?:[-+•*]|\d{1,2}(?:\.\d{1,2})*[.)]|[a-zđ]\)|Điều \d+|Căn cứ|[IVX]+[.)]) ?"
)
_ENDS = tuple('.;:!?”"')
_FULL_LINE = 60
"""Characters above which a line may have been broken only because it was full."""


def document_hash(document: str) -> str:
    """Sixteen hex digits that name a document: the head of the SHA-256 of its stripped text."""
    return hashlib.sha256(document.strip().encode()).hexdigest()[:16]


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
        open_ended = len(text) > _FULL_LINE and not text.endswith(_ENDS)
    return out
