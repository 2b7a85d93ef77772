"""The invisible text of a page: every corrected word where it is printed.

In: placed lines and where the page stands. Out: a content stream in text render mode 3, and the
font it is set in: one empty glyph, so that nothing is drawn and the file grows by next to nothing,
with a table that gives each code its Unicode character (PDF/A-2u).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import zip_longest
from math import cos, radians, sin
from statistics import median

import pikepdf
from pikepdf import Array, Dictionary, Name

from pipeline.export.characters import plain
from pipeline.export.geometry import Placement
from pipeline.export.holding import PlacedLine
from pipeline.export.words import PlacedWord
from pipeline.textlayer import OWN_FONT

ADVANCE = 500
"""Width of every glyph, in thousandths of the font size."""
DESCENT = 0.22
"""Share of a line's box below the line its letters stand on."""
WIDEST_SPACE = 1.5
"""In font sizes; what is further apart is two columns, not two words."""
LEAST_SPACE = 0.3
"""In font sizes; readers of PDFs take words that stand closer for one."""
LEAST_WIDTH = 0.8
"""In font sizes, of a word and its space where boxes overlap."""
LEAST_SIZE = 1.0  # points; a smaller size is nowhere to be seen or selected


class InvisibleFont:
    """The font of a document's text layer; codes are given as characters come up."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def encode(self, text: str) -> str:
        """The text as the hexadecimal string of a `Tj`."""
        return "".join(f"{self._code(char):04X}" for char in plain(text))

    def _code(self, char: str) -> int:
        return self._codes.setdefault(char, len(self._codes) + 1)

    def embed(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """The font object, with all characters encoded so far."""
        program = pdf.make_stream(files(__package__).joinpath("invisible.ttf").read_bytes())
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name(f"/{OWN_FONT}"),
            Flags=5,
            FontBBox=Array([0, -220, ADVANCE, 780]),
            ItalicAngle=0,
            Ascent=780,
            Descent=-220,
            CapHeight=700,
            StemV=80,
            FontFile2=pdf.make_indirect(program),
        )
        glyph = b"\x00\x01"
        to_glyph = pdf.make_stream(b"\x00\x00" + glyph * len(self._codes))
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name(f"/{OWN_FONT}"),
            CIDSystemInfo=Dictionary(
                Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
            ),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=ADVANCE,
            CIDToGIDMap=pdf.make_indirect(to_glyph),
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=Name(f"/{OWN_FONT}"),
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(descendant)]),
                ToUnicode=pdf.make_indirect(pdf.make_stream(self._to_unicode())),
            )
        )

    def _to_unicode(self) -> bytes:
        rows = [
            f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>"
            for char, code in self._codes.items()
        ]
        blocks = [rows[i : i + 100] for i in range(0, len(rows), 100)]
        maps = "\n".join(
            f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks
        )
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
            f"{maps}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


def text_layer(lines: Iterable[PlacedLine], place: Placement, font: InvisibleFont) -> bytes:
    """The operators that set `lines` in points of the upright page, in the font named /Inv."""
    out = ["BT", "3 Tr"]
    for line in lines:
        if line.box and line.words:
            out += _set_line(line, line.box[1], line.box[3], place, font)
    return "\n".join([*out, "ET"]).encode("ascii")


def _set_line(
    line: PlacedLine, top: int, bottom: int, place: Placement, font: InvisibleFont
) -> list[str]:
    """Each word with the space behind it, over the width up to the next word: what is marked in a
    viewer has no gaps, and a space stands between any two words however close they are."""
    points = place.width / place.page.width
    pixels = median(word.box[3] - word.box[1] for word in line.words)
    size = max(LEAST_SIZE, pixels * points)
    base = bottom - DESCENT * (bottom - top)
    turn = radians(place.angle())
    across, up = f"{cos(turn):.5g}", f"{sin(turn):.5g}"
    down = f"{-sin(turn):.5g}"
    out = [f"/Inv {size:.3g} Tf"]
    at = along = start = 0.0
    for word, end in zip(line.words, _ends(line.words, WIDEST_SPACE * pixels), strict=True):
        first = len(out) == 1
        at = max(at, word.box[0])
        end = max(end, at + LEAST_WIDTH * pixels)
        if first:
            start = at
            x, y = place.point(at, base)
            out.append(f"{across} {up} {down} {across} {x:.1f} {y:.1f} Tm")
        else:
            step = round((at - start) * points / cos(turn) - along, 1)
            out.append(f"{step:g} 0 Td")
            along += step
        out.append(_spread(word.text, (end - at) * points, size, font))
        at = end
    return out


def _spread(text: str, width: float, size: float, font: InvisibleFont) -> str:
    """The word and a space over `width`: all characters alike, but for a space that would be too
    narrow to be seen as one."""
    space = width / (len(text) + 1)
    least = min(LEAST_SPACE * size, width / 2)
    if space >= least:
        return _stretched(f"{text} ", width, size, font)
    return _stretched(text, width - least, size, font) + "\n" + _stretched(" ", least, size, font)


def _stretched(text: str, width: float, size: float, font: InvisibleFont) -> str:
    natural = len(text) * size * ADVANCE / 1000
    return f"{100 * width / natural:.3g} Tz <{font.encode(text)}> Tj"


def _ends(words: Sequence[PlacedWord], widest: float) -> Iterator[float]:
    """Where each word with its space ends: at the next one, or by its own letters' width where
    the next is further off than `widest` pixels."""
    for word, following in zip_longest(words, words[1:]):
        right = word.box[2]
        if following and right <= following.box[0] <= right + widest:
            yield following.box[0]
        else:
            yield right + (right - word.box[0]) / max(1, len(word.text))
