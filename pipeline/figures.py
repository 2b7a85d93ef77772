"""Figures that stand alone in the cells of a table, read once more from a larger picture.

In: a page, its words and the cells of its tables. Out: pictures of the cells whose one short word
was not read surely, and of two readings the better one. At the size of the page the engine loses
the comma of "1,1" in one cell of eight: alone in a cell it has no line to measure it by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import regex
from PIL import Image

from pipeline.boxes import is_centred_in
from pipeline.document import Box, Retake, Word

LARGER = 1.5
SURE = 0.9  # confidence from which on a figure is taken as read
LONGEST = 7  # characters
MARGIN = 0.05  # inches around the figure
MOST_CELLS = 200
NUMBER = regex.compile(r"\d{1,3}(?:[.,]\d{1,3}){0,3}%?")
FIGURE = regex.compile(r"[\d\p{L}]?.{0,5}\d.{0,5}|\w\W?\w?")
LOOKS_LIKE = {"§": "8", "$": "5"}
SIGN = regex.compile(r"([§$])(\.?)")
UNSURE = 0.5  # confidence of a digit that was read as a sign
FAIR = 0.5  # confidence of a reading that adds a comma
WELL = 0.8  # confidence of a reading put in the place of what is no number


def doubtful_figures(
    page: Image.Image, dpi: float, words: Sequence[Word], cells: Sequence[Box]
) -> list[Retake]:
    """Larger pictures of the cells that hold a single short word not read surely."""
    margin = round(MARGIN * dpi)
    found: list[Retake] = []
    for cell in cells:
        inside = [w for w in words if is_centred_in(w.box, cell)]
        if len(inside) != 1 or not _is_doubtful(inside[0]):
            continue
        left, top, right, bottom = inside[0].box
        box = (
            max(cell[0] + 2, left - margin),
            max(cell[1] + 2, top - margin),
            min(cell[2] - 2, right + margin),
            min(cell[3] - 2, bottom + margin),
        )
        if box[0] < box[2] and box[1] < box[3]:
            found.append(Retake(box, (_larger(page.crop(box)),)))
    return found[:MOST_CELLS]


def with_signs(words: Sequence[Word], cells: Sequence[Box]) -> list[Word]:
    """The words of a page; a sign alone in a cell is the digit it looks like, and doubtful: no
    letter has a paragraph sign in a cell, and as a sign it would be taken for dirt."""
    done = list(words)
    for n, word in enumerate(words):
        if (found := SIGN.fullmatch(word.text)) is None:
            continue
        cell = next((c for c in cells if is_centred_in(word.box, c)), None)
        if cell and sum(is_centred_in(w.box, cell) for w in words) == 1:
            text = LOOKS_LIKE[found[1]] + found[2]
            sure = min(word.confidence, UNSURE)
            done[n] = replace(word, text=text, confidence=sure, readings=(word.text,))
    return done


def _is_doubtful(word: Word) -> bool:
    short = len(word.text) <= LONGEST and FIGURE.fullmatch(word.text) is not None
    return short and word.confidence < SURE


def _larger(part: Image.Image) -> Image.Image:
    size = (round(part.width * LARGER), round(part.height * LARGER))
    return Image.fromarray(
        np.asarray(cv2.resize(np.asarray(part), size, interpolation=cv2.INTER_CUBIC), np.uint8)
    )


def with_figures(
    words: Sequence[Word], readings: Sequence[tuple[Box, Sequence[Word]]]
) -> list[Word]:
    """The words of a page with the better readings of its figures (box, words read there). What is
    changed stays as doubtful as it was and tells what was read before."""
    done = list(words)
    for box, read in readings:
        at = next((n for n, w in enumerate(done) if is_centred_in(w.box, box)), None)
        if at is None or len(read) != 1:
            continue
        before, after = done[at], read[0]
        if after.text == before.text or not _is_better(after, before):
            continue
        others = tuple(dict.fromkeys((before.text, *before.readings)))
        sure = min(before.confidence, after.confidence)
        done[at] = replace(before, text=after.text, confidence=sure, readings=others)
    return done


def _is_better(after: Word, before: Word) -> bool:
    """A mark between the same digits is lost more easily than made; a number stands in a cell more
    often than what a number is misread for."""
    if NUMBER.fullmatch(after.text) is None:
        return False
    was_number = NUMBER.fullmatch(before.text) is not None
    if _digits(after.text) != _digits(before.text):
        return not was_number and after.confidence >= WELL
    marked = not after.text.isdigit()
    return marked and (not was_number or (before.text.isdigit() and after.confidence >= FAIR))


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
