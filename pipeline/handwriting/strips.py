"""The number in a slot read at once: all of its ink as one strip, with no cuts between digits.

In: a slot's ink, as several thresholds show it. Out: numbers with their probabilities. A small
convolutional network, whose forward pass is NumPy, tells of each column of the strip which digit
stands there, or none; the columns are put together to numbers as in connectionist temporal
classification (Graves et al. 2006). Digits that touch, cross or are joined by a stroke, which no
cut parts, are read so; pieces (`lattice.py`) are surer of single digits. The weights are
`dictionaries/digit-strips.npz`, built by `python -m benchmarks.handwriting.train_strips`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.handwriting.classifier import (
    Array,
    Ink,
    columns_of,
    cropped,
    pooled,
    relu,
    softmax,
    stored_weights,
)
from pipeline.handwriting.lattice import KEPT, LONGEST, Reading, is_possible, may_begin
from pipeline.handwriting.pieces import SlotInk
from pipeline.handwriting.slots import Kind

HIGH: Final = 32
WIDE: Final = 160
"""Pixels of a strip's picture; the ink is as high as it, and begins at `_LEFT`."""
_LEFT: Final = 4
NOTHING: Final = 10
CLASSES: Final = 11
NETWORK: Final = "digit-strips.npz"
_SLANTS = (0.0, 0.12, -0.12)
"""A strip is read as it is and leaning a little either way: the mean depends less on the hand."""
_BEAM = 25
_LIKELIEST = 4  # digits of a column that are looked at
_LEAST = 1e-4
_SHARE = 0.5  # of what the strip says, the rest being what the pieces say

States = dict[str, tuple[float, float]]
"""Numbers read so far: P of all ways to them that end with nothing, and with a digit."""


def laid_out(ink: Ink) -> Ink:
    """Ink cut to its edges and scaled to a HIGH × WIDE picture; all 0 without ink."""
    picture = np.zeros((HIGH, WIDE), np.float32)
    part = cropped(ink)
    if not part.size:
        return picture
    scale = HIGH / part.shape[0]
    wide = max(2, min(WIDE - 2 * _LEFT, round(part.shape[1] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(part, np.float32), (wide, HIGH), interpolation=how)
    picture[:, _LEFT : _LEFT + wide] = small
    return picture


class StripNet:
    """Four convolutions of 3 × 3 pixels, two over the columns left. `weights` has kernels `k1` to
    `k6` (pixels and maps before × maps after) and biases `b1` to `b6`."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._w = {k: np.asarray(v, np.float32) for k, v in weights.items()}

    @classmethod
    @cache
    def load(cls) -> StripNet:
        """The network in `dictionaries/`. Raises OSError where it is missing."""
        return cls(stored_weights(NETWORK))

    def probabilities(self, pictures: Sequence[Ink]) -> Array:
        """n × WIDE/4 × CLASSES: which digit stands in each column of each strip, or nothing."""
        w = self._w
        x = np.stack(pictures)[..., None].astype(np.float32)
        x = pooled(relu(columns_of(x) @ w["k1"] + w["b1"]))
        x = pooled(relu(columns_of(x) @ w["k2"] + w["b2"]))
        x = relu(columns_of(x) @ w["k3"] + w["b3"])
        n, high, wide, maps = x.shape
        x = x.reshape(n, high // 2, 2, wide, maps).max(axis=2)
        x = relu(columns_of(x) @ w["k4"] + w["b4"])
        rows = np.concatenate(list(x.transpose(1, 0, 2, 3)), axis=-1)  # those of a column together
        x = relu(_beside(rows) @ w["k5"] + w["b5"])
        return softmax(_beside(x) @ w["k6"] + w["b6"])


def _beside(x: Array) -> Array:
    """n × w × c to n × w × 3c: each column with those on either side, 0 outside."""
    wide = x.shape[1]
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    return np.concatenate([padded[:, k : k + wide] for k in range(3)], axis=-1)


def whole(inks: Sequence[SlotInk | None], kind: Kind, net: StripNet) -> dict[str, float]:
    """The numbers that all ink of a slot may be, each with the mean of its probabilities by
    thresholds and slants."""
    shown = [ink for ink in inks if ink]
    found: dict[str, float] = defaultdict(float)
    if not shown:
        return found
    strips = (ink.of(ink.pieces)[0] for ink in shown)
    pictures = [laid_out(leaning(strip, slant)) for strip in strips for slant in _SLANTS]
    for columns in net.probabilities(pictures):
        for digits, probability in _numbers(columns, kind):
            found[digits] += probability / len(inks) / len(_SLANTS)
    return found


def leaning(ink: Ink, slant: float) -> Ink:
    """Ink sheared by so many pixels to the right for each pixel up."""
    if not slant:
        return ink
    high, wide = ink.shape
    shear = np.array([[1, -slant, max(0.0, slant * high)], [0, 1, 0]], np.float32)
    size = (wide + int(abs(slant) * high) + 2, high)
    return np.asarray(cv2.warpAffine(np.asarray(ink, np.float32), shear, size), np.float32)


def _numbers(columns: NDArray[np.float32], kind: Kind) -> list[tuple[str, float]]:
    """The likeliest numbers a strip may be; those that the slot cannot hold are left out."""
    states: States = {"": (1.0, 0.0)}
    for column in columns:
        likeliest = [int(d) for d in np.argsort(-column[:NOTHING])[:_LIKELIEST]]
        found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for digits, (after_nothing, after_digit) in states.items():
            found[digits][0] += (after_nothing + after_digit) * float(column[NOTHING])
            if digits:
                found[digits][1] += after_digit * float(column[int(digits[-1])])
            for digit in likeliest if len(digits) < LONGEST[kind] else ():
                longer = f"{digits}{digit}"
                if column[digit] < _LEAST or not may_begin(longer, kind):
                    continue
                again = digits.endswith(str(digit))  # twice the same only after nothing
                ways = after_nothing + (0.0 if again else after_digit)
                found[longer][1] += ways * float(column[digit])
        ranked = sorted(found.items(), key=lambda state: -sum(state[1]))[:_BEAM]
        states = {digits: (a, b) for digits, (a, b) in ranked}
    told = [(d, sum(p)) for d, p in states.items() if d and is_possible(d, kind)]
    return sorted(told, key=lambda number: -number[1])[:KEPT]


def together(pieces: Sequence[Reading], strip: Mapping[str, float]) -> list[Reading]:
    """What pieces and strip say of a slot, most probable first: the mean of both. The least sure
    digit is as sure as the surer of them says, of the strip its digits' mean; the box is that of
    the pieces. None where these are none."""
    if not pieces:
        return []
    known = {reading.digits: reading for reading in pieces}
    found = []
    for digits in {**known, **strip}:
        reading, said = known.get(digits), strip.get(digits, 0.0)
        own = reading.probability if reading else 0.0
        worst = max(reading.worst if reading else 0.0, said ** (1 / len(digits)))
        box = (reading or pieces[0]).box
        found.append(Reading(digits, (1 - _SHARE) * own + _SHARE * said, worst, box))
    return sorted(found, key=lambda r: -r.probability)[:KEPT]
