"""Small letters read as capitals within a word: `vỀ`, `viỆc`, `sỐ`.

In: a line. Out: the spans to replace. Large and small letters with marks differ by little but
their height. A line in capitals is left alone: there the small letter may be the one misread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from pipeline.restore.fix import Fix
from pipeline.restore.orthography import analyse

_INNER: Final = regex.compile(
    r"(?<![\p{L}\d/.-])\p{Ll}+(?P<capital>[\p{Lu}--\p{ASCII}])\p{Ll}*(?![\p{L}\d/-])", regex.V1
)
_CAPITALS: Final = regex.compile(r"\p{Lu}")
_SMALL: Final = regex.compile(r"\p{Ll}")


def fixes(text: str) -> Iterator[Fix]:
    """The repairs of a line."""
    for match in _INNER.finditer(text):
        if analyse(match[0].lower()) and _mostly_small(text):
            yield Fix(match.start("capital"), match.end("capital"), match["capital"].lower())


def _mostly_small(text: str) -> bool:
    return len(_SMALL.findall(text)) > 2 * len(_CAPITALS.findall(text))
