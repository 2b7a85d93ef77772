"""Lines to paragraphs, on pages with boxes and on bare hard-wrapped text alike.

In: the lines of the body; out: paragraphs with their marker ("1.", "a)", "Điều 2.", "-").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import regex

from pipeline.document import Zone
from pipeline.letter.folding import starts_lower
from pipeline.letter.keywords import opens_body, opens_phrase
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import Marker, Numbering, read_marker

_OPEN_HYPHEN = regex.compile(r"[\p{L}\d][-–/]$")
_NARROWEST = 66.0  # characters: running text at 14 pt on A4 is wider (HD 36-HD/VPTW, NĐ 30)
_TERMINAL = (".", ";", ":", "!", "?", "…", ".”", ';"', '."', ".)", ";)", ":)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: `text` without its marker, the marker if any, and its lines."""

    text: str
    marker: Marker | None
    lines: tuple[PageLine, ...]

    @property
    def printed(self) -> str:
        """The paragraph with its marker."""
        return f"{self.marker.label} {self.text}".strip() if self.marker else self.text


@dataclass(frozen=True, slots=True)
class Measure:
    """How wide the lines of the body are: in characters for bare text, in pixels with boxes.

    `left` is where lines begin that do not open a paragraph; not `wrapped` where each paragraph is
    one line, however long."""

    characters: float
    left: float | None
    right: float | None
    wrapped: bool = True

    def is_short(self, line: PageLine) -> bool:
        """Does the line end well before the right margin? Where no line is wrapped, each does."""
        if not self.wrapped:
            return True
        if line.box is not None and self.right is not None:
            return line.box[2] < self.right - 0.04 * max(line.page_width, 1)
        share = 0.92 if line.text.endswith((";", ":")) else 0.86
        return len(line.text) < share * self.characters

    def is_stub(self, line: PageLine) -> bool:
        """Does the line leave so much room that no wrapped line would?"""
        if line.box is not None and self.right is not None:
            return line.box[2] < self.right - 0.2 * max(line.page_width, 1)
        return len(line.text) < 0.6 * self.characters

    def is_indented(self, line: PageLine) -> bool:
        """Does the line begin well right of the left margin?"""
        if line.box is None or self.left is None:
            return False
        return line.box[0] > self.left + 0.02 * max(line.page_width, 1)


def measure(lines: Sequence[PageLine]) -> Measure:
    """The widths usual in `lines`."""
    lengths = sorted(len(line.text) for line in lines)
    boxes = [line.box for line in lines if line.box is not None]
    if not lengths:
        return Measure(0.0, None, None)
    wide = max(_NARROWEST, float(lengths[int(0.9 * (len(lengths) - 1))]))
    if len(boxes) < 3:
        return Measure(wide, None, None)
    lefts, rights = sorted(b[0] for b in boxes), sorted(b[2] for b in boxes)
    return Measure(wide, float(lefts[len(lefts) // 4]), float(rights[int(0.8 * (len(rights) - 1))]))


def join(texts: Sequence[str]) -> str:
    """Printed lines as one: a hyphen or slash inside a number or symbol takes no space after."""
    pieces: list[str] = []
    last = ""
    for text in texts:
        if last and not (_OPEN_HYPHEN.search(last[-2:]) and text[:1].isalnum()):
            pieces.append(" ")
        pieces.append(text)
        last = text or last
    return "".join(pieces)


def paragraphs(lines: Sequence[PageLine]) -> list[Paragraph]:
    """The paragraphs of `lines`, in order."""
    widths = measure([line for line in lines if line.zone is not Zone.TABLE])
    widths = replace(widths, wrapped=_is_wrapped(lines))
    numbering = Numbering()
    if (first := _first_article(lines)) is not None:
        numbering.last["article"] = first - 1
    lines = [x for x in lines if any(c.isalnum() for c in x.text) or x.text.endswith("/.")]
    groups: list[tuple[Marker | None, list[PageLine]]] = []
    quoted_until = -1
    for i, line in enumerate(lines):
        quoted_until = max(quoted_until, _quotation_end(lines, i))
        marker = _marker(line.text, numbering) if i > quoted_until else None
        before = groups[-1][1][-1] if groups else None
        settled = before is None or _is_settled(before, line, widths)
        settled = settled or (marker is not None and _opens_article(groups[-1][0], marker))
        if marker is not None and not (settled and numbering.accepts(marker)):
            marker = None
        if marker is not None:
            numbering.take(marker)
        basis_ends = before is not None and _ends_basis(groups[-1][1], line)
        if before is None or marker is not None or basis_ends or _breaks(before, line, widths):
            groups.append((marker, [line]))
        else:
            groups[-1][1].append(line)
    return [_paragraph(marker, group) for marker, group in groups]


def _is_wrapped(lines: Sequence[PageLine]) -> bool:
    """Do lines break in the midst of sentences? Of text without boxes that no line shows it of,
    every line that ends a sentence ends its paragraph."""
    pairs = pairwise(lines)
    runs_on = any(starts_lower(b.text) and not b.gap and not _ends(a) for a, b in pairs)
    return runs_on or any(line.box is not None for line in lines)


def _first_article(lines: Sequence[PageLine]) -> int | None:
    """The number of the first Điều of a text that begins in the midst of a series (an excerpt,
    pages from the middle): the next one follows, and none is the first."""
    found = [m.value for x in lines if (m := read_marker(x.text)) and m.kind == "article"]
    return found[0] if found and 1 not in found and found[0] + 1 in found else None


def _marker(text: str, numbering: Numbering) -> Marker | None:
    """The mark at the head of a line; one behind a speck only where it is the next."""
    found = read_marker(text)
    if found is not None:
        return numbering.as_letter(found, text)
    if not text.startswith(_SPECKS):
        return None
    bare = text.lstrip("".join(_SPECKS) + " ")
    found = read_marker(bare)
    if found is None or not numbering.is_next(found):
        return None
    return replace(found, end=found.end + len(text) - len(bare))


_SPECKS = ('"', "“", "”", "'", "‘", "*", "°", "^", "~")
_LONGEST_QUOTATION, _LONGEST_BALANCED = 40, 600
_CLOSERS = ("”", '"', "``", "''", " `", " ´", " '", "˝")


def _quotation_end(lines: Sequence[PageLine], i: int) -> int:
    """The line that ends a quotation beginning at line `i`, whose numbers are not the letter's
    own; -1 where none begins, or its end was lost."""
    if not lines[i].text.startswith(("“", '"')):
        return -1
    if (end := _balanced_end(lines, i)) >= 0:
        return end
    for j in range(i, min(i + _LONGEST_QUOTATION, len(lines))):
        text = lines[j].text.rstrip(" .;,")
        if text.endswith(_CLOSERS) and (j > i or len(text) > 1):
            return j
    return -1


def _balanced_end(lines: Sequence[PageLine], i: int) -> int:
    """The line on which as many quotations have ended as have begun, and one ends the line; an
    article that a law puts in may run over pages. -1 where marks were lost, as where another
    quotation begins before."""
    if read_marker(lines[i].text[1:].lstrip()) is None:
        return -1
    depth = 0
    for j in range(i, min(i + _LONGEST_BALANCED, len(lines))):
        text = lines[j].text
        if j > i and text.startswith("“"):
            return -1
        depth += text.count("“") - text.count("”")
        if depth <= 0:
            return j if text.rstrip(" .;,").endswith("”") else -1
    return -1


def _paragraph(marker: Marker | None, lines: list[PageLine]) -> Paragraph:
    text = join([line.text for line in lines])
    if marker is not None:
        text = text[marker.end :].strip()
    return Paragraph(text, marker, tuple(lines))


def _ends(line: PageLine) -> bool:
    return line.text.rstrip(" \"'”’").endswith(_TERMINAL)


def _opens_article(above: Marker | None, marker: Marker) -> bool:
    """Does khoản 1 follow the heading of its Điều, which ends without a full stop?"""
    below_heading = above is not None and above.kind == "article"
    return below_heading and (marker.kind, marker.value, marker.repaired) == ("arabic", 1, False)


def _is_settled(before: PageLine, line: PageLine, widths: Measure) -> bool:
    """May a marker stand at the head of `line`, or is it a number in running text?"""
    if line.gap and not before.text.endswith((",", "-", "–")):
        return True
    return _ends(before) or widths.is_short(before) or widths.is_indented(line)


def _breaks(before: PageLine, line: PageLine, widths: Measure) -> bool:
    if Zone.TABLE in (before.zone, line.zone):
        return True
    if starts_lower(line.text):
        return line.gap and _ends(before) and not line.top
    if _OPEN_HYPHEN.search(before.text):
        return False
    if line.top:
        return _ends(before) and (widths.is_indented(line) if line.box else widths.is_short(before))
    if line.gap:
        if before.text.endswith((",", ".")) and _opens_sure_basis(line.text):
            return True
        return not (before.text.endswith((",", "-", "–")) or _runs_on(before, line, widths))
    if not _ends(before):
        return widths.is_stub(before)
    return (
        widths.is_short(before)
        or (widths.is_indented(line) and not widths.is_indented(before))
        or (before.text.endswith((";", ":")) and _opens_basis(line.text))
    )


def _ends_basis(group: Sequence[PageLine], line: PageLine) -> bool:
    """Does a body begin to speak after an empty line under a basis that ends in a comma, as the
    last one of a Party document does ("Căn cứ …,", "Ban Bí thư quy định …")?"""
    first = group[0].text.lstrip("-–+ ")
    after = line.gap and not line.top and group[-1].text.endswith(",")
    return after and _opens_sure_basis(first) and opens_body(line.text)


def _runs_on(before: PageLine, line: PageLine, widths: Measure) -> bool:
    """Do boxes show that a sentence runs on over a gap: full line above, no indent below?"""
    if line.box is None or before.box is None or _ends(before):
        return False
    return not widths.is_short(before) and not widths.is_indented(line)


def _opens_sure_basis(text: str) -> bool:
    return opens_phrase(text, "body_sure")


def _opens_basis(text: str) -> bool:
    return opens_phrase(text, "enacted_basis")
