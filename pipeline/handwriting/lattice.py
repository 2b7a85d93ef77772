"""The most probable number that pieces of ink make up.

In: a slot's ink, as several thresholds show it. Out: readings with their probabilities. Every way
to put neighbouring pieces together to digits is weighed by the network's probabilities; readings
that the slot cannot hold (a day 34, a month 13) are left out, and what is no digit may stand at the
edges or between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.document import Box
from pipeline.handwriting.classifier import NO_DIGIT, Classifier, Ink, normalised
from pipeline.handwriting.pieces import Piece, SlotInk
from pipeline.handwriting.slots import Kind

_MOST_JOINED = 4
_WIDEST = 1.9
_JUNK = 3.0  # natural logarithm by which a piece passed over counts less than one read
_BEAM = 60
KEPT = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """Digits read in a slot; `probability` among all readings of this ink, junk included; `worst`
    the probability of its least sure digit; `box` in the picture of the slot."""

    digits: str
    probability: float
    worst: float
    box: Box


@dataclass(frozen=True, slots=True)
class _Part:
    """Neighbouring pieces taken as one thing."""

    start: int
    end: int
    box: Box
    log: np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class _Path:
    """Digits read so far: logarithm of all ways to them, of the best way, its worst digit, box."""

    score: float
    best: float
    worst: float
    box: Box | None


def readings_of(inks: Sequence[SlotInk | None], kind: Kind, net: Classifier) -> list[Reading]:
    """The readings of a slot, most probable first; none where all of it is no digit.

    `inks` are the same ink as several thresholds show it. A reading's probability is the mean over
    them, so that what only one of them shows is not believed; box and worst digit are those of
    the ink that shows it best."""
    found: dict[str, list[Reading]] = {}
    for ink in inks:
        for reading in _readings_of_one(ink, kind, net) if ink else ():
            found.setdefault(reading.digits, []).append(reading)
    merged = [
        replace(
            max(same, key=lambda r: r.worst),
            probability=sum(r.probability for r in same) / len(inks),
        )
        for same in found.values()
    ]
    return sorted(merged, key=lambda r: -r.probability)[:KEPT]


def _readings_of_one(ink: SlotInk, kind: Kind, net: Classifier) -> list[Reading]:
    """The readings of ink as one threshold shows it."""
    parts = _parts(ink, net)
    states: list[dict[str, _Path]] = [{} for _ in range(len(ink.pieces) + 1)]
    states[0][""] = _Path(0.0, 0.0, 1.0, None)
    for at in range(len(ink.pieces)):
        alive = sorted(states[at].items(), key=lambda s: -s[1].score)[:_BEAM]
        for part in (p for p in parts if p.start == at):
            for digits, path in alive:
                _extend(states[part.end], digits, path, part, kind)
    final = states[-1]
    total = sum(float(np.exp(p.score)) for p in final.values())
    found = [
        Reading(d, float(np.exp(p.score)) / total, p.worst, p.box)
        for d, p in final.items()
        if d and p.box is not None and is_possible(d, kind)
    ]
    return sorted(found, key=lambda r: -r.probability)[:KEPT]


def _extend(states: dict[str, _Path], digits: str, path: _Path, part: _Part, kind: Kind) -> None:
    """Read `part` after `digits`: as each digit, and as nothing."""
    if part.end - part.start <= 2:
        _add(states, digits, path, float(part.log[NO_DIGIT]) - _JUNK, None, 1.0)
    if len(digits) == LONGEST[kind]:
        return
    for digit in np.argsort(-part.log[:NO_DIGIT])[:4]:
        log = float(part.log[digit])
        if log > -9.0 and may_begin(digits + str(digit), kind):
            _add(states, f"{digits}{digit}", path, log, part.box, float(np.exp(log)))


def _add(
    states: dict[str, _Path], digits: str, path: _Path, log: float, box: Box | None, worst: float
) -> None:
    score, best = path.score + log, path.best + log
    around = _around(path.box, box)
    known = states.get(digits)
    new = _Path(score, best, min(path.worst, worst), around)
    if known is not None:
        lead = new if best > known.best else known
        total = float(np.logaddexp(known.score, score))
        new = _Path(total, lead.best, lead.worst, lead.box)
    states[digits] = new


LONGEST: dict[Kind, int] = {"number": 5, "day": 2, "month": 2}


def may_begin(digits: str, kind: Kind) -> bool:
    """Can a number, day or month begin with these digits?"""
    if kind == "number":
        return not (len(digits) > 2 and digits[0] == "0")
    return int(digits) <= (31 if kind == "day" else 12)


def is_possible(digits: str, kind: Kind) -> bool:
    """Can the slot hold it? No number, day or month is 0; one below 10 has at most one 0 before."""
    return int(digits) > 0 and may_begin(digits, kind)


def _parts(ink: SlotInk, net: Classifier) -> list[_Part]:
    """All runs of neighbouring pieces that may be one digit, and what the network says of them."""
    spans: list[tuple[int, int, Box, Ink]] = []
    for start in range(len(ink.pieces)):
        for end in range(start + 1, min(len(ink.pieces), start + _MOST_JOINED) + 1):
            picture, box = ink.of(ink.pieces[start:end])
            if end - start == 1 or _is_compact(box, ink.high, ink.pieces[start:end]):
                spans.append((start, end, box, normalised(picture)))
    said = net.probabilities([s[3] for s in spans])
    return [
        _Part(start, end, box, np.log(p.astype(np.float64) + 1e-9) + _by_size(box, ink.high))
        for (start, end, box, _), p in zip(spans, said, strict=True)
    ]


def _is_compact(box: Box, high: float, pieces: Sequence[Piece]) -> bool:
    """Are pieces near enough to be one digit?"""
    wide = box[2] - box[0]
    tall = max(p.box[3] - p.box[1] for p in pieces)
    return wide <= _WIDEST * max(tall, 0.8 * high)


def _by_size(box: Box, high: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What the size says: a digit is about as high as the print, or higher; no digit is not."""
    share = (box[3] - box[1]) / high
    log = np.zeros(NO_DIGIT + 1)
    if share < 0.75:
        log[:NO_DIGIT] -= 8.0 * (0.75 - share)
    return log


def _around(a: Box | None, b: Box | None) -> Box | None:
    if a is None or b is None:
        return a or b
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
