"""Lays text out on A4 pages and remembers where every word and line stands.

In: blocks (paragraphs, rules, gaps, two columns side by side), sizes in points. Out: pages, each
a grey picture, and its lines in reading order, which is the order of the blocks, the left column
before the right one. Page numbers are drawn but are no part of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil, floor

from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font, glyph

Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels."""

A4_POINTS = (595.3, 841.9)
MILLIMETRE = 72 / 25.4


class Align(StrEnum):
    """How the lines of a paragraph stand between its edges."""

    LEFT = "left"
    CENTRE = "centre"
    JUSTIFY = "justify"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one face. Runs of a paragraph meet at spaces."""

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines between two edges. Lengths in points; `leading` is line distance over size.

    `joined`: stands in one block with what is before it, no blank line between in the text.
    `anchor` names the paragraph, so that a seal or stamp finds its place."""

    runs: tuple[Run, ...]
    size: float = 14.0
    align: Align = Align.JUSTIFY
    first_indent: float = 0.0
    indent: float = 0.0
    space_before: float = 0.0
    space_after: float = 6.0
    leading: float = 1.2
    joined: bool = False
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin horizontal line, centred, `width` in points."""

    width: float
    space_after: float = 4.0


@dataclass(frozen=True, slots=True)
class Gap:
    """White space, `height` in points; where named, a place for a seal or stamp."""

    height: float
    anchor: str = ""


Simple = Paragraph | Rule | Gap


@dataclass(frozen=True, slots=True)
class Columns:
    """Two columns side by side, never broken over pages: letterhead, foot. `share` is the left
    column's part of the width."""

    left: tuple[Simple, ...]
    right: tuple[Simple, ...]
    share: float = 0.42
    space_after: float = 10.0


Block = Simple | Columns


@dataclass(frozen=True, slots=True)
class PageStyle:
    """Paper, margins (points), typeface and resolution of a letter."""

    family: str = "Tinos"
    dpi: int = 300
    width: float = A4_POINTS[0]
    height: float = A4_POINTS[1]
    left: float = 30 * MILLIMETRE
    right: float = 15 * MILLIMETRE
    top: float = 20 * MILLIMETRE
    bottom: float = 20 * MILLIMETRE
    page_numbers: bool = True


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A printed word (or its part up to a hyphen at the end of a line), the box of its ink, and
    the index of its line on the page."""

    text: str
    box: Box
    line: int


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A printed line; `starts_block` where a blank line stands before it in the page's text."""

    words: tuple[PlacedWord, ...]
    starts_block: bool

    @property
    def text(self) -> str:
        """The words, joined by one space."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The box around all words."""
        return around(word.box for word in self.words)


@dataclass(frozen=True, slots=True)
class TypesetPage:
    """A page as printed: mode L picture, lines in reading order, named places."""

    image: Image.Image
    dpi: int
    lines: tuple[PlacedLine, ...]
    anchors: dict[str, Box]

    @property
    def words(self) -> tuple[PlacedWord, ...]:
        """All words in reading order."""
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        """The page's text: one printed line a line, a blank line between blocks."""
        out: list[str] = []
        for line in self.lines:
            if line.starts_block and out:
                out.append("")
            out.append(line.text)
        return "".join(line + "\n" for line in out)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them. Raises ValueError for none."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def plain(text: str, **options: object) -> Paragraph:
    """A paragraph of one plain run."""
    return replace(Paragraph((Run(text),)), **options)  # type: ignore[arg-type]


def typeset(blocks: Sequence[Block], style: PageStyle | None = None) -> list[TypesetPage]:
    """Set the blocks on as many pages as they need (at least one).

    Raises ValueError where a pair of columns is higher than a page."""
    return _Setter(style or PageStyle()).set(blocks)


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of one face, with its width in pixels."""

    text: str
    run: Run
    width: float


@dataclass(frozen=True, slots=True)
class _Row:
    """What takes height: one line of words with positions, a rule, or white space. Pixels."""

    height: float
    size: float = 0.0
    words: tuple[tuple[_Token, float], ...] = ()
    rule: tuple[float, float] | None = None
    starts_block: bool = False
    anchor: str = ""
    edges: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class _Sheet:
    """A page being filled."""

    image: Image.Image
    lines: list[PlacedLine] = field(default_factory=list)
    anchors: dict[str, Box] = field(default_factory=dict)


class _Setter:
    """Fills sheets from top to bottom. All lengths inside are pixels."""

    def __init__(self, style: PageStyle) -> None:
        self.style = style
        self.scale = style.dpi / 72
        self.left = style.left * self.scale
        self.right = (style.width - style.right) * self.scale
        self.bottom = (style.height - style.bottom) * self.scale
        self.sheets: list[_Sheet] = []
        self.y = 0.0

    def set(self, blocks: Sequence[Block]) -> list[TypesetPage]:
        self._new_sheet()
        for block in blocks:
            if isinstance(block, Columns):
                self._set_columns(block)
            else:
                self._set_rows(list(self._rows(block, self.left, self.right)))
        return [
            TypesetPage(sheet.image, self.style.dpi, tuple(sheet.lines), sheet.anchors)
            for sheet in self.sheets
        ]

    def _new_sheet(self) -> None:
        size = (round(self.style.width * self.scale), round(self.style.height * self.scale))
        self.sheets.append(_Sheet(Image.new("L", size, 255)))
        self.y = self.style.top * self.scale
        if self.style.page_numbers and len(self.sheets) > 1:
            self._draw_page_number(len(self.sheets))

    def _draw_page_number(self, number: int) -> None:
        """Centred, 10 mm from the upper edge, from page 2 on."""
        draw = ImageDraw.Draw(self.sheets[-1].image)
        face = font(self.style.family, round(13 * self.scale))
        middle = (self.left + self.right) / 2
        draw.text((middle, 12 * MILLIMETRE * self.scale), str(number), 0, face, anchor="ms")

    def _set_rows(self, rows: list[_Row]) -> None:
        """One after the other; a first line is not left alone at the foot of a page."""
        for index, row in enumerate(rows):
            need = row.height
            if index == 0 and len(rows) > 2 and row.words:
                need += rows[1].height
            if self.y + need > self.bottom and (row.words or row.anchor):
                self._new_sheet()
            self._draw(row, self.y)
            self.y += row.height

    def _set_columns(self, columns: Columns) -> None:
        middle = self.left + (self.right - self.left) * columns.share
        gutter = 6 * self.scale
        sides = [
            [r for item in columns.left for r in self._rows(item, self.left, middle - gutter)],
            [r for item in columns.right for r in self._rows(item, middle + gutter, self.right)],
        ]
        height = max(sum(row.height for row in side) for side in sides)
        if height > self.bottom - self.style.top * self.scale:
            raise ValueError("the columns are higher than a page")
        if self.y + height > self.bottom:
            self._new_sheet()
        for side in sides:
            y = self.y
            for index, row in enumerate(side):
                self._draw(replace(row, starts_block=row.starts_block or index == 0), y)
                y += row.height
        self.y += height + columns.space_after * self.scale

    def _rows(self, item: Simple, left: float, right: float) -> Iterator[_Row]:
        if isinstance(item, Paragraph):
            yield from self._paragraph_rows(item, left, right)
        elif isinstance(item, Gap):
            yield _Row(item.height * self.scale, anchor=item.anchor, edges=(left, right))
        else:
            half = item.width * self.scale / 2
            middle = (left + right) / 2
            yield _Row(2 * self.scale)
            yield _Row(3 * self.scale, rule=(middle - half, middle + half))
            yield _Row(item.space_after * self.scale)

    def _paragraph_rows(self, paragraph: Paragraph, left: float, right: float) -> Iterator[_Row]:
        size = paragraph.size * self.scale
        if paragraph.space_before:
            yield _Row(paragraph.space_before * self.scale)
        lines = self._break(self._tokens(paragraph), paragraph, right - left)
        for number, tokens in enumerate(lines):
            last = number == len(lines) - 1
            start = left + paragraph.indent * self.scale
            if number == 0:
                start += paragraph.first_indent * self.scale
            yield _Row(
                height=size * paragraph.leading,
                size=size,
                words=self._spread(tokens, start, right, paragraph.align, last, size),
                starts_block=number == 0 and not paragraph.joined,
                anchor=paragraph.anchor,
                edges=(left, right),
            )
        if paragraph.space_after:
            yield _Row(paragraph.space_after * self.scale)

    def _tokens(self, paragraph: Paragraph) -> list[_Token]:
        pixels = round(paragraph.size * self.scale)
        return [
            _Token(text, run, self._width(text, run, pixels))
            for run in paragraph.runs
            for text in run.text.split()
        ]

    def _width(self, text: str, run: Run, pixels: int) -> float:
        """Letter after letter, without kerning: that is how Word sets letters."""
        family = self.style.family
        return sum(glyph(family, pixels, run.bold, run.italic, letter)[0] for letter in text)

    def _break(
        self, tokens: Sequence[_Token], paragraph: Paragraph, width: float
    ) -> list[list[_Token]]:
        """First fit, and after a hyphen inside a word, as word processors do it."""
        space = self._space(paragraph.size * self.scale)
        free = width - (paragraph.indent + paragraph.first_indent) * self.scale
        lines: list[list[_Token]] = []
        used = 0.0
        for whole in tokens:
            token = whole
            if lines and used + space + token.width > free:
                head, token = self._split_at_hyphen(whole, free - used - space, paragraph.size)
                if head is not None:
                    lines[-1].append(head)
                free = width - paragraph.indent * self.scale
                lines.append([token])
                used = token.width
            elif lines:
                lines[-1].append(token)
                used += space + token.width
            else:
                lines.append([token])
                used = token.width
        return lines

    def _split_at_hyphen(
        self, token: _Token, room: float, size: float
    ) -> tuple[_Token | None, _Token]:
        """The longest head up to a hyphen that fits, and the rest; None where none does."""
        pixels = round(size * self.scale)
        text = token.text
        for at in range(len(text) - 1, 1, -1):
            if text[at - 1] != "-" or not text[at].isalnum():
                continue
            width = self._width(text[:at], token.run, pixels)
            if width <= room:
                rest = _Token(text[at:], token.run, token.width - width)
                return _Token(text[:at], token.run, width), rest
        return None, token

    def _space(self, size: float) -> float:
        return font(self.style.family, round(size)).getlength(" ")

    def _spread(
        self,
        tokens: Sequence[_Token],
        start: float,
        right: float,
        align: Align,
        last: bool,
        size: float,
    ) -> tuple[tuple[_Token, float], ...]:
        """The tokens with their left edges."""
        space = self._space(size)
        rest = right - start - sum(t.width for t in tokens) - space * (len(tokens) - 1)
        if align is Align.CENTRE:
            start += rest / 2
        elif align is Align.JUSTIFY and not last and len(tokens) > 1:
            space += max(0.0, rest) / (len(tokens) - 1)
        placed = []
        for token in tokens:
            placed.append((token, start))
            start += token.width + space
        return tuple(placed)

    def _draw(self, row: _Row, y: float) -> None:
        sheet = self.sheets[-1]
        draw = ImageDraw.Draw(sheet.image)
        if row.rule is not None:
            thick = max(1, round(0.75 * self.scale))
            draw.line((row.rule[0], y, row.rule[1], y), 0, thick)
        if row.anchor:
            box = (round(row.edges[0]), round(y), round(row.edges[1]), round(y + row.height))
            sheet.anchors[row.anchor] = around([box, *_known(sheet.anchors, row.anchor)])
        if row.words:
            words = self._draw_words(draw, row, y, len(sheet.lines))
            sheet.lines.append(PlacedLine(words, row.starts_block))

    def _draw_words(
        self, draw: ImageDraw.ImageDraw, row: _Row, y: float, line: int
    ) -> tuple[PlacedWord, ...]:
        baseline = y + row.height * 0.5 + row.size * 0.3
        words = []
        for token, x in row.words:
            box = self._draw_word(draw, token, x, baseline, round(row.size))
            words.append(PlacedWord(token.text, box, line))
        self._underline(draw, row, baseline)
        return tuple(words)

    def _draw_word(
        self, draw: ImageDraw.ImageDraw, token: _Token, x: float, y: float, pixels: int
    ) -> Box:
        style = (self.style.family, pixels, token.run.bold, token.run.italic)
        face = font(*style)
        boxes = []
        for letter in token.text:
            advance, (left, top, right, bottom) = glyph(*style, letter)
            draw.text((x, y), letter, 0, face, anchor="ls")
            boxes.append(
                (floor(x + left), floor(y + top), ceil(x + right) + 1, ceil(y + bottom) + 1)
            )
            x += advance
        return around(boxes)

    def _underline(self, draw: ImageDraw.ImageDraw, row: _Row, baseline: float) -> None:
        marked = [(x, x + token.width) for token, x in row.words if token.run.underline]
        if marked:
            y = baseline + 0.12 * row.size
            line = (marked[0][0], y, marked[-1][1], y)
            draw.line(line, 0, max(1, round(0.06 * row.size)))


def _known(anchors: dict[str, Box], name: str) -> list[Box]:
    return [anchors[name]] if name in anchors else []
