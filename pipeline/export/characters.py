"""Text as data: without the characters that XML 1.0 has no place for.

In: any text. Out: the same text without control characters, halves of surrogate pairs and
noncharacters, which OCR and damaged text layers sometimes give (XML 1.0, 2.2; ISO 19005-2, 6.2.11.7
forbids U+FEFF and U+FFFE in the text of a PDF/A, too).
"""

from __future__ import annotations

import regex

_FORBIDDEN = regex.compile(r"[^\t\n\r -\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\U00010000-\U0010FFFF]")


def plain(text: str) -> str:
    """`text` without what no XML may hold, NUL for instance."""
    kept: str = _FORBIDDEN.sub("", text)
    return kept
