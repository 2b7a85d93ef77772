"""Text of fonts made before Unicode, TCVN3 (.VnTime) and VNI, as Unicode.

In: the text of a page that `textlayer` found LEGACY. Out: the same text as it was typed, where
viparse (extra `legacy`) is installed and what comes out is clean Vietnamese. Capitals of a TCVN3
page are typed in a font of their own (.VnTimeH) whose codes are those of small letters; a page with
such a font is left to OCR, which sees the capitals.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import metadata

import regex

from pipeline.document import TextLayer
from pipeline.textlayer import classify, worth

ENCODINGS = ("tcvn3", "vni")
CAPITALS_FONT = regex.compile(r"(?:^|\+)\.?Vn\w*H(?:$|[-,])")


def encoding_of(text: str, fonts: Collection[str]) -> str | None:
    """The encoding in which the text of a page is clean Vietnamese; None where there is none, or
    where OCR sees more."""
    if not version() or any(CAPITALS_FONT.search(font) for font in fonts):
        return None
    best = max(ENCODINGS, key=lambda encoding: worth(as_typed(text, encoding)))
    good = classify(as_typed(text, best), scanned=False) is TextLayer.GOOD
    return best if good else None


def as_typed(text: str, encoding: str) -> str:
    """The text in Unicode, NFC, from one of ENCODINGS."""
    from viparse.normalize.encodings import get_charmap
    from viparse.normalize.tables import convert

    charmap = get_charmap(encoding)
    if charmap is None:
        raise ValueError(encoding)
    return str(convert(text, charmap))


@cache
def version() -> str | None:
    """Of viparse; None where it is not installed."""
    try:
        return metadata.version("viparse")
    except metadata.PackageNotFoundError:
        return None
