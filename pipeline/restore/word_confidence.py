"""How sure the OCR was of each token, where it told.

In: lines whose words it gave a confidence, and the tokens of a document. Out: what that tells of
errors, for each token. Of bare text nothing is known, nor of a text layer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.digits import are_alike
from pipeline.document import UNTOLD, Line, RestoredLine, Word
from pipeline.restore.slots import Pages, Slot

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEATURES: Final = ("doubt", "confidence", "below 0.7", "doubt beside", "doubt on the page")
"""The logarithm of 1 - confidence; the confidence; how far it is below 0.7; the mean doubt of both
neighbours and of the page."""

_SUREST: Final = 0.985


def features(pages: Pages, slots: Sequence[Slot | None]) -> Doubles:
    """What is known of each token by the confidence of the word that it is, or is part of [T, F]; a
    row of NaN for boundaries and where none was told."""
    found = np.full((len(slots), len(FEATURES)), np.nan)
    told = _of_tokens(pages, slots)
    at = np.flatnonzero(~np.isnan(told))
    if not len(at):
        return found
    sure = told[at]
    doubt = np.log(1 - np.minimum(sure, _SUREST))
    page = np.array([slot.page if slot else -1 for slot in slots])[at]
    mean = (np.bincount(page, doubt) / np.maximum(np.bincount(page), 1))[page]
    around = np.full(len(told), np.nan)
    around[at] = doubt
    beside = sum(np.where(np.isnan(x), mean, x) for x in (np.roll(around, k)[at] for k in (1, -1)))
    found[at] = np.column_stack([doubt, sure, np.maximum(0.7 - sure, 0), beside / 2, mean])
    return found


def known(told: Doubles) -> Bools:
    """Of which tokens these features tell anything [T]."""
    return ~np.isnan(told[:, 0])


def differing_numbers(pages: Pages, slots: Sequence[Slot | None]) -> list[int]:
    """The tokens that are numbers in whose place another number was read, too."""
    at = {
        (index, number, start)
        for index, page in pages
        for number, line in enumerate(page.lines)
        if any(word.readings for word in line.words)
        for start, word in zip(line.starts(), line.words, strict=True)
        if any(map(str.isdecimal, word.text))
        and any(any(map(str.isdecimal, r)) and not are_alike(word.text, r) for r in word.readings)
    }
    if not at:
        return []
    return [t for t, s in enumerate(slots) if s and (s.page, s.line, s.start) in at]


def _of_tokens(pages: Pages, slots: Sequence[Slot | None]) -> Doubles:
    """The confidence of each token's word [T], NaN where none was told."""
    lines = {index: page.lines for index, page in pages}
    found = np.full(len(slots), np.nan)
    if not any(line.words for page in lines.values() for line in page):
        return found
    line: Line | None = None
    words: tuple[Word, ...] = ()
    starts: list[int] = []
    for t, slot in enumerate(slots):
        if slot is None:
            continue
        here = lines[slot.page][slot.line]
        if here is not line:
            line, words, starts = here, here.words, here.starts()
        if words:
            told = words[bisect_right(starts, slot.start) - 1].confidence
            if told < UNTOLD:
                found[t] = told
    return found


def as_it_stands(line: RestoredLine) -> Line:
    """A restored line as one to be restored again: of the words that stay as they were read the
    confidence is known, of the others none."""
    raw = line.raw
    if line.text == raw.text:
        return raw
    bare = Line(line.text, raw.zone, raw.box)
    if not raw.words:
        return bare
    texts = line.text.split(" ")
    if not all(texts):
        return bare
    shift, kept = 0, {}
    changes = iter(sorted(line.corrections, key=lambda c: c.start))
    change = next(changes, None)
    for start, word in zip(raw.starts(), raw.words, strict=True):
        while change and change.start + len(change.before) <= start:
            shift += len(change.after) - len(change.before)
            change = next(changes, None)
        if change is None or change.start > start + len(word.text):
            kept[start + shift] = word
    at, words = 0, []
    for text in texts:
        same = kept.get(at)
        if same is not None and same.text == text:
            words.append(replace(same, readings=()) if same.readings else same)
        else:
            words.append(Word(text, raw.box or raw.words[0].box, UNTOLD))
        at += len(text) + 1
    return replace(bare, words=tuple(words))
