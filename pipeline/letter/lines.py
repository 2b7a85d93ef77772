"""Printed lines of all pages in one row, and lines that hold two columns taken apart.

In: restored pages; out: `PageLine`s, none empty, each knowing what stands before it.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import regex

from pipeline.boxes import around
from pipeline.document import Box, Doubt, RestoredLine, RestoredPage, Word, Zone

# A wide gap parts two columns, but not "Số      /TTr-UBND" or "ngày      tháng 9", left blank.
_WIDE_GAP = regex.compile(
    r"(?<!\b(?:Số|số|SỐ|ngày|tháng|năm)[ ]?:?)(?<![ \t])(?:\t| {4})[ \t]*+(?!(?:tháng|năm)\b)"
)
_SPACES = regex.compile(r"\s+")
# Specks read as points and bars before the first word; a dash, star, quote or bracket may be meant.
_SPECKS = regex.compile(r"^(?:[.,:;|'’‘`´^ˆ_\\¦]+[ ]*)+(?=[\p{L}\d(–—-])")

Spot = tuple[int, int]
"""A character of a page's text: its line, from 1, and its place in the line, from 0."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line, or one column's piece of it, with its text in NFC and single spaces.

    Specks before the first word are left out. `doubts` are the words restoration left in doubt.
    `ink` tells where in the page's text the line stands, whatever is mended in it later: the line
    (from 1) and the character (from 0) of each that is no space, specks included.
    `gap`: an empty line stands before it on its page; `top`: it is the first of its page;
    `page_width` is 0 for bare text."""

    text: str
    page: int
    number: int
    zone: Zone
    gap: bool
    top: bool
    box: Box | None
    words: tuple[Word, ...]
    page_width: int = 0
    doubts: tuple[Doubt, ...] = ()
    ink: tuple[Spot, ...] = ()

    @property
    def confidence(self) -> float:
        """Mean confidence of the words, 1.0 for bare text."""
        if not self.words:
            return 1.0
        return sum(w.confidence for w in self.words) / len(self.words)


def page_lines(pages: Sequence[RestoredPage]) -> list[PageLine]:
    """All lines that are not empty, in order; a wide gap inside a line of bare text parts it."""
    found: list[PageLine] = []
    for page in pages:
        gap, top = False, True
        for number, line in enumerate(page.lines, 1):
            for part, ink in _one_above_another(line, _ink(line.text, number)):
                pieces = _pieces(part)
                gap = gap or not pieces
                at = 0
                for text in pieces:
                    end = at + _inked(text)
                    spots = ink[at:end]
                    found.append(_page_line(text, page, number, part, spots, gap=gap, top=top))
                    gap, top, at = False, False, end
    return found


_MARK_OF_ORDER = "\ufeff"


def _ink(text: str, number: int) -> list[Spot]:
    """Where each character of a line stands that is no space, as it is in NFC."""
    if unicodedata.is_normalized("NFC", text) and _MARK_OF_ORDER not in text:
        return [(number, i) for i, c in enumerate(text) if not c.isspace()]
    return [
        (number, cluster.start())
        for cluster in regex.finditer(r"\X", text)
        for c in unicodedata.normalize("NFC", cluster[0]).replace(_MARK_OF_ORDER, "")
        if not c.isspace()
    ]


def _inked(text: str) -> int:
    """How many characters of `text` are no space."""
    return sum(not c.isspace() for c in text)


def _one_above_another(
    line: RestoredLine, ink: list[Spot]
) -> list[tuple[RestoredLine, list[Spot]]]:
    """`line`, or the two printed lines whose words were read as one row; each with its ink."""
    words, tokens = line.raw.words, line.text.split()
    if len(words) < 4 or len(words) != len(tokens):
        return [(line, ink)]
    height = sorted(w.box[3] - w.box[1] for w in words)[len(words) // 2]
    middles = sorted(w.box[1] + w.box[3] for w in words)
    step, at = max((b - a, (a + b) / 2) for a, b in itertools.pairwise(middles))
    if step < 1.2 * height:  # middles are doubled: 0.6 of the height of a word
        return [(line, ink)]
    sides = [w.box[1] + w.box[3] > at for w in words]
    rows = [[i for i, low in enumerate(sides) if low is side] for side in (False, True)]
    if min(map(len, rows)) < 2:
        return [(line, ink)]
    ends = list(itertools.accumulate(map(_inked, tokens), initial=0))
    return [
        (
            _row(line, [words[i] for i in row], [tokens[i] for i in row]),
            [spot for i in row for spot in ink[ends[i] : ends[i + 1]]],
        )
        for row in rows
    ]


def _row(line: RestoredLine, words: list[Word], tokens: list[str]) -> RestoredLine:
    raw = replace(line.raw, words=tuple(words), box=union(w.box for w in words))
    return replace(line, raw=raw, text=" ".join(tokens))


def _pieces(line: RestoredLine) -> list[str]:
    text = unicodedata.normalize("NFC", line.text).replace(_MARK_OF_ORDER, "").strip()
    parts = [text] if line.raw.words else _WIDE_GAP.split(text)
    return [clean for part in parts if (clean := _SPACES.sub(" ", part).strip())]


def _page_line(
    text: str,
    page: RestoredPage,
    number: int,
    line: RestoredLine,
    ink: Sequence[Spot],
    *,
    gap: bool,
    top: bool,
) -> PageLine:
    specks = _SPECKS.match(text)
    lost = len(text[: specks.end()].split()) if specks and text[specks.end() - 1] == " " else 0
    return PageLine(
        text=text[specks.end() :] if specks else text,
        page=page.number,
        number=number,
        zone=line.raw.zone,
        gap=gap,
        top=top,
        box=line.raw.box,
        words=line.raw.words[lost:],
        page_width=page.width if line.raw.box else 0,
        doubts=line.doubts,
        ink=tuple(ink),
    )


def cut(line: PageLine, *places: int) -> list[PageLine]:
    """`line` cut at character `places`; words go with their piece where they still match it."""
    edges = [0, *sorted({p for p in places if 0 < p < len(line.text)}), len(line.text)]
    pieces: list[PageLine] = []
    for start, end in itertools.pairwise(edges):
        text = line.text[start:end].strip()
        if text:
            words = words_between(line, start, end)
            box = union(w.box for w in words) or line.box
            first = not pieces
            # counted from the end: specks left out of the text stand at the head of the ink
            rest = len(line.ink) - _inked(line.text[start:]) if start else 0
            ink = line.ink[rest : len(line.ink) - _inked(line.text[end:])]
            pieces.append(
                replace(
                    line,
                    text=text,
                    words=words,
                    box=box,
                    ink=ink,
                    gap=line.gap and first,
                    top=line.top and first,
                )
            )
    return pieces


def words_between(line: PageLine, start: int, end: int) -> tuple[Word, ...]:
    """The words of `line` that print its characters `start` to `end`; all of them where the text
    was changed so that words and text no longer pair off."""
    tokens = list(regex.finditer(r"\S+", line.text))
    if len(tokens) != len(line.words):
        return line.words
    return tuple(
        word
        for token, word in zip(tokens, line.words, strict=True)
        if token.start() < end and token.end() > start
    )


def union(boxes: Iterable[Box | None]) -> Box | None:
    """The smallest box around all `boxes`; None where there is none."""
    known = [b for b in boxes if b is not None]
    return around(known) if known else None
