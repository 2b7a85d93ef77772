"""What a hand wrote into the slots of a page, and which of it enters the line.

In: a page's layout and image. Out: the layout with readings. A reading sure enough becomes a
correction of the line (source `handwriting`); one that is not is kept beside it, as a hint. Print
stays Tesseract's: where it read digits well, nothing is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.document import Box, Correction, HandReading, Line, PageImage, PageLayout
from pipeline.handwriting.classifier import DigitNets
from pipeline.handwriting.lattice import Reading, readings_of
from pipeline.handwriting.pieces import SlotInk, inks_of
from pipeline.handwriting.signed import signed_days, weighed
from pipeline.handwriting.slots import Kind, Slot, find_slots
from pipeline.handwriting.strips import StripNet, together, whole

PRINTED = 0.9
"""Digits that Tesseract read so surely, and close to the symbol, are print."""
DOUBTED = 0.75
"""Digits that Tesseract read less surely may be handwriting it misread."""
CALIBRATION = (0.96, 1.23)
"""Constant and factor from the log-odds of a reading's score to those of its being right, on
letters drawn for it: `python -m benchmarks.handwriting.measure package --calibrate --seed 6
--letters 120`."""
TAKEN = 0.5
"""A reading less sure than this stays out of the line (docs/handwriting.md has the figures)."""


def with_handwriting(page: PageLayout, image: PageImage) -> PageLayout:
    """`page` with what was read in the slots of its letterhead."""
    slots = [s for s in find_slots(page) if not _is_print(s, page.lines[s.line])]
    if not slots:
        return page
    grey = np.asarray(image.image.convert("L"))
    inks = [inks_of(grey, s) for s in slots]
    found = [numbers_of(ink, s.kind) for s, ink in zip(slots, inks, strict=True)]
    signed = signed_days(page)
    readings = []
    for slot, ink, raw in zip(slots, inks, found, strict=True):
        others: dict[Kind, int] = {
            other.kind: int(best[0].digits)
            for other, best in zip(slots, found, strict=True)
            if best and (other.line, other.kind) != (slot.line, slot.kind)
            if other.line == slot.line and other.kind != "number"
            if confidence_of(best[0]) >= TAKEN
        }
        best_first = weighed(raw, slot.kind, page.lines[slot.line].text, signed, others)
        origin = next((i.origin for i in ink if i), (0, 0))
        if best_first and (r := _reading(slot, page, origin, best_first)):
            readings.append(r)
    return replace(page, readings=tuple(readings)) if readings else page


def numbers_of(inks: Sequence[SlotInk | None], kind: Kind) -> list[Reading]:
    """What a slot's ink may be, most probable first: by its pieces, and all of it at once."""
    pieces = readings_of(inks, kind, DigitNets.load())
    return together(pieces, whole(inks, kind, StripNet.load()) if pieces else {})


def _is_print(slot: Slot, line: Line) -> bool:
    return slot.text.isdigit() and slot.confidence >= PRINTED and not _is_apart(slot, line)


def _is_apart(slot: Slot, line: Line) -> bool:
    """A number set apart from its symbol, as a hand writes it."""
    return slot.kind == "number" and line.text[slot.end : slot.end + 1].isspace()


def _reading(
    slot: Slot, page: PageLayout, origin: tuple[int, int], found: Sequence[Reading]
) -> HandReading | None:
    """What the record says of a slot; None where the line's own reading is print."""
    best = found[0]
    line = page.lines[slot.line]
    sure = confidence_of(best)
    agreed, apart = best.digits == slot.text, _is_apart(slot, line)
    if slot.text.isdigit() and not apart and (agreed or slot.confidence >= DOUBTED):
        return None  # print, as far as can be seen
    box = _on_page(best.box, origin)
    taken = sure >= TAKEN and not agreed
    return HandReading(
        slot.kind,
        page.number,
        slot.line + 1,
        box,
        best.digits,
        round(sure, 3),
        tuple((r.digits, round(r.probability, 3)) for r in found[1:4] if r.probability > 0.02),
        slot.text,
        _correction(slot, page, best, sure, box) if taken else None,
    )


def confidence_of(reading: Reading) -> float:
    """The probability that the reading is right, calibrated on letters of known writing."""
    constant, factor = CALIBRATION
    return float(1 / (1 + np.exp(-(constant + factor * log_odds(score_of(reading))))))


def score_of(reading: Reading) -> float:
    """The reading's share among all readings of the ink, less where a digit of it is unsure."""
    return reading.probability * min(1.0, reading.worst + 0.1)


def log_odds(share: float) -> float:
    """log(share / (1 - share)), bounded."""
    held = min(max(share, 1e-3), 1 - 1e-3)
    return float(np.log(held / (1 - held)))


def _on_page(box: Box, origin: tuple[int, int]) -> Box:
    x, y = origin
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


def _correction(
    slot: Slot, page: PageLayout, reading: Reading, sure: float, box: Box
) -> Correction:
    """The reading in the place of what was read: set off from words, close to the symbol.

    Spaces around it are part of the change, so that it replaces something wherever it can."""
    text = page.lines[slot.line].text
    start, end = slot.start, slot.end
    while start and text[start - 1] == " ":
        start -= 1
    while end < len(text) and text[end] == " ":
        end += 1
    after = f"{' ' if start else ''}{reading.digits}{'' if slot.kind == 'number' else ' '}"
    runner_up = max(1.0 - sure, 1e-4)
    margin = float(np.log(max(sure, 1e-4) / runner_up))
    return Correction(
        page.number,
        slot.line + 1,
        start,
        box,
        text[start:end],
        after,
        round(sure, 4),
        round(margin, 3),
        "handwriting",
    )
