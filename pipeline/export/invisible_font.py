"""Builds `invisible.ttf`: a TrueType font whose one glyph is empty (`python -m
pipeline.export.invisible_font`; needs fontTools)."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph

FILE = Path(__file__).with_name("invisible.ttf")


def build() -> None:
    """Write the font: .notdef and one empty glyph, half an em wide."""
    font = FontBuilder(unitsPerEm=1000, isTTF=True)
    names = [".notdef", "empty"]
    font.setupGlyphOrder(names)
    font.setupCharacterMap({0x20: "empty"})
    font.setupGlyf({name: Glyph() for name in names})
    font.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    font.setupHorizontalHeader(ascent=780, descent=-220)
    font.setupNameTable({"familyName": "Invisible", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=780, sTypoDescender=-220, usWinAscent=780, usWinDescent=220)
    font.setupPost(keepGlyphNames=False)
    font.font["head"].created = font.font["head"].modified = 0
    font.font.recalcTimestamp = False
    font.save(FILE)


if __name__ == "__main__":
    build()
