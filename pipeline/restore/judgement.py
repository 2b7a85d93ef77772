"""What the decoder finds of each token, as a correction or a doubt.

In: the readings kept of each token, their probabilities, which is given and how surely. Out:
corrections and doubts with their place on the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.document import Box, Correction, Doubt, Line, PageLayout
from pipeline.restore.candidates import Candidates, Reading, printed
from pipeline.restore.confidence import Found
from pipeline.restore.forward_backward import Doubles
from pipeline.restore.language_model import Floats, Ids
from pipeline.restore.orthography import in_style
from pipeline.restore.slots import Slot

Changes = dict[tuple[int, int], tuple[list[Correction], list[Doubt]]]
"""The corrections and doubts of lines, by the index of the page and of the line."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is found of all tokens [T] of a document: the readings kept and their probabilities
    [T, K], which of these is given (`best`), and how probable it is that the word is right."""

    slots: list[Slot | None]
    pages: dict[int, PageLayout]
    candidates: Candidates
    keep: Ids
    share: Doubles
    best: Ids
    sure: Doubles
    found: Found

    def of(self, t: int) -> Judged:
        """The judgement of one token, no boundary."""
        slot = self.slots[t]
        assert slot is not None
        page = self.pages[slot.page]
        return Judged(
            slot,
            page.lines[slot.line],
            page.number,
            self.candidates.readings[slot.row],
            self.candidates.score[slot.row],
            self.keep[t],
            self.share[t],
            int(self.best[t]),
            float(self.sure[t]),
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A token, its readings with log P(token | reading), the probability of each that was weighed
    to the end (`share[i]` of reading `keep[i]`), the one given (`keep[best]`), and P(right)."""

    slot: Slot
    line: Line
    page: int
    readings: Sequence[Reading]
    channel: Floats
    keep: Ids
    share: Doubles
    best: int
    sure: float

    def correction(self, second_vowel: bool) -> Correction | None:
        """The correction to the reading given; None where it prints as what was read."""
        share, own = float(self.share[self.best]), float(self.share[0])
        reading = self.readings[self.keep[self.best]]
        before = self.slot.token[reading.start : reading.end]
        words = [in_style(w, second_vowel) for w in (reading.word or "").split(" ")]
        after = printed(" ".join(words), before, reading.shape)
        if before == after:
            return None
        margin = math.log(max(share, 1e-12)) - math.log(max(own, 1e-12))
        start, box = self.slot.start + reading.start, box_at(self.line, self.slot.start)
        number = self.slot.line + 1
        return Correction(self.page, number, start, box, before, after, self.sure, margin, "model")

    def doubt(self) -> Doubt:
        """The token left as it is, with its likeliest other readings."""
        order = [k for k in np.argsort(-self.share)[:4] if self.share[k] > 0.001]
        found = [self.readings[self.keep[k]] for k in order]
        return Doubt(
            self.page,
            self.slot.line + 1,
            self.slot.start,
            box_at(self.line, self.slot.start),
            self.slot.token,
            self.sure,
            tuple(printed(r.word, self.slot.token, r.shape) for r in found if r.word)[:3],
        )


def box_at(line: Line, start: int) -> Box | None:
    """The box of the word that stands at `start` in the line as read, where words are known."""
    word = line.word_at(start)
    return word.box if word else None
