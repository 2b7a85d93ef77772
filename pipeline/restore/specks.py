"""Specks that an English model reads as marks: `theo-déi`, `tac.vu`, dashes at the ends of lines.

In: what the decoder found of a document under heavy damage. Out: corrections that take such marks
away. A full stop is never printed before a small letter; a hyphen between two words is a speck
where the words are common and belong together (theo dõi, khách hàng), which those that are printed
with one do not (kinh tế-xã hội), and where the page has no more of them: older letters print a
hyphen between all syllables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import regex

from pipeline.document import Correction
from pipeline.restore.identifiers import Fix
from pipeline.restore.judgement import Changes, Judgement, box_at
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.slots import Slot

SCORE: Final = 0.9
MARGIN: Final = 2.3
_TOGETHER: Final = 2.9
"""How much likelier a word is after the other than by itself (logarithm), at least."""

_COMMON: Final = -9.0  # log P of either word, at least: loan words (vắc-xin) have rare syllables
_MOST_HYPHENS: Final = 2  # of a page
_BEFORE_SPECK: Final = regex.compile(r"[^\d\W][\w'’]*\w[.-]")
_DASH_BEFORE: Final = regex.compile(r"-\p{Ll}\w")
_DASH_BEHIND: Final = regex.compile(r"\p{Ll}\w+[:;,.]?-")


Place = tuple[int, int]
"""The index of a page, and of a line on it."""


def add(changes: Changes, judgement: Judgement, model: LanguageModel) -> None:
    """Add the corrections of all pages to `changes`, but where something else is corrected."""
    for place, fix in (*_between(judgement, model), *_at_edges(judgement)):
        page = judgement.pages[place[0]]
        line = page.lines[place[1]]
        corrections, _ = changes.setdefault(place, ([], []))
        if any(c.start < fix.end and fix.start < c.start + len(c.before) for c in corrections):
            continue
        before, box = line.text[fix.start : fix.end], box_at(line, fix.start)
        args = (page.number, place[1] + 1, fix.start, box, before, fix.after)
        corrections.append(Correction(*args, SCORE, MARGIN, "model"))


def _between(judgement: Judgement, model: LanguageModel) -> Iterator[tuple[Place, Fix]]:
    """Marks between two words."""
    hyphens: Counter[int] = Counter()
    found = []
    for t, (left, right) in enumerate(pairwise(judgement.slots)):
        if left is None or right is None or not _touch(left, right):
            continue
        hyphens[left.page] += left.token[-1] == "-"
        if _BEFORE_SPECK.fullmatch(left.token) and right.token[0].islower():
            found.append((t, left))
    for t, slot in found:
        if slot.token[-1] == "-":
            words = judgement.found.word[t : t + 2].tolist()
            if hyphens[slot.page] > _MOST_HYPHENS or not _belong_together(model, *words):
                continue
        at = slot.start + len(slot.token) - 1
        yield (slot.page, slot.line), Fix(at, at + 1, " ")


def _touch(left: Slot, right: Slot) -> bool:
    """Whether two tokens stand in one line without a space between them."""
    same = (left.page, left.line) == (right.page, right.line)
    return same and left.start + len(left.token) == right.start


def _belong_together(model: LanguageModel, first: int, second: int) -> bool:
    alone = model.unigram[second]
    if min(float(model.unigram[first]), float(alone)) < _COMMON:
        return False
    after, _ = model.bigram(np.array([first]), np.array([second]))
    return float(after[0] - alone) >= _TOGETHER


def _at_edges(judgement: Judgement) -> Iterator[tuple[Place, Fix]]:
    """A dash before a small letter, where the line before runs on, and without the space that a
    list's has; and one behind a syllable at the end of a line."""
    for left, slot, right in zip(
        [None, *judgement.slots], judgement.slots, [*judgement.slots[1:], None], strict=False
    ):
        if slot is None:
            continue
        place = (slot.page, slot.line)
        if slot.start == 0 and _DASH_BEFORE.match(slot.token) and left is not None:
            before = judgement.pages[left.page].lines[left.line].text
            if not before.lstrip().startswith("-"):  # else an item of a list
                yield place, Fix(0, 1, "")
        ends = right is None or (right.page, right.line) != place
        if ends and _DASH_BEHIND.fullmatch(slot.token):
            at = slot.start + len(slot.token) - 1
            yield place, Fix(at, at + 1, "")
