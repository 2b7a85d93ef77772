"""What digit a piece of ink is: small convolutional networks whose forward pass is NumPy.

In: pictures of single pieces of ink. Out: for each the probabilities of the ten digits and of "no
digit" (a part of one, two together, a printed letter, a stroke). The weights are NETWORKS in
`dictionaries/`, built by `python -m benchmarks.handwriting.train` (docs/handwriting.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.float32]
"""Darkness of each pixel, 0 paper to 1 ink; rows × columns."""
Array = NDArray[np.float32]

SIDE = 24
"""Pictures are SIDE × SIDE; the ink fills at most `_BODY` of it either way."""
_BODY = 20
NO_DIGIT = 10
CLASSES = 11
NETWORKS = ("digits.npz", "digits-varied.npz")


def cropped(ink: Ink) -> Ink:
    """Cut to the edges of the ink; without any of no size."""
    rows, columns = np.nonzero(ink.max(axis=1) > 0.3)[0], np.nonzero(ink.max(axis=0) > 0.3)[0]
    if not len(rows) or not len(columns):
        return ink[:0, :0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def normalised(ink: Ink) -> Ink:
    """The piece's ink, cut to its edges, scaled to fit, in the middle of a SIDE × SIDE picture.

    A picture without ink is all 0."""
    picture = np.zeros((SIDE, SIDE), np.float32)
    part = cropped(ink)
    if not part.size:
        return picture
    scale = _BODY / max(part.shape)
    high, wide = (max(1, round(n * scale)) for n in part.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(part), (wide, high), interpolation=how)
    top, left = (SIDE - high) // 2, (SIDE - wide) // 2
    picture[top : top + high, left : left + wide] = small
    return picture


class Classifier(Protocol):
    """Whatever tells digits."""

    def probabilities(self, pictures: Sequence[Ink]) -> Array:
        """Rows of CLASSES probabilities, one for each normalised picture."""
        ...


class DigitNet:
    """Two convolutions (3 × 3, each followed by max-pooling) and two full layers.

    `weights` has kernels `c1` (9 × n), `c2` (9n × m), matrices `f1`, `f2` and biases `b…`; the
    logits are divided by `temperature`, fitted on digits that were not learned from."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._w = {k: np.asarray(v, np.float32) for k, v in weights.items()}

    @classmethod
    def load(cls, name: str) -> DigitNet:
        """A network in `dictionaries/`. Raises OSError where it is missing."""
        return cls(stored_weights(name))

    def probabilities(self, pictures: Sequence[Ink]) -> Array:
        """Rows of CLASSES probabilities, one for each normalised picture."""
        if not pictures:
            return np.zeros((0, CLASSES), np.float32)
        w = self._w
        x = np.stack(pictures)[..., None].astype(np.float32)
        x = pooled(relu(columns_of(x) @ w["c1"] + w["b1"]))
        x = pooled(relu(columns_of(x) @ w["c2"] + w["b2"]))
        x = relu(x.reshape(len(x), -1) @ w["f1"] + w["b3"])
        return softmax((x @ w["f2"] + w["b4"]) / float(w["temperature"]))


@dataclass(frozen=True, slots=True)
class DigitNets:
    """Networks that learned from different pieces of ink; what they say is their mean, so that one
    alone is not believed."""

    members: tuple[DigitNet, ...]

    @classmethod
    @cache
    def load(cls) -> DigitNets:
        """The networks in `dictionaries/`. Raises OSError where one is missing."""
        return cls(tuple(DigitNet.load(name) for name in NETWORKS))

    def probabilities(self, pictures: Sequence[Ink]) -> Array:
        """Rows of CLASSES probabilities, one for each normalised picture."""
        said = [member.probabilities(pictures) for member in self.members]
        return np.asarray(np.mean(said, axis=0), np.float32)


def stored_weights(name: str) -> dict[str, Array]:
    """The arrays of a file in `dictionaries/`. Raises OSError where it is missing."""
    with (files("dictionaries") / name).open("rb") as file, np.load(file) as stored:
        return {array: stored[array] for array in stored.files}


def relu(x: Array) -> Array:
    """Nothing below 0."""
    return np.maximum(x, 0.0)


def softmax(logits: Array) -> Array:
    """Logits to probabilities, along the last axis."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), np.float32)


def columns_of(x: Array) -> Array:
    """n × h × w × c to n × h × w × 9c: each pixel with its eight neighbours, 0 outside."""
    n, h, w, c = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    out = np.empty((n, h, w, 9 * c), np.float32)
    for k in range(9):
        row, column = divmod(k, 3)
        out[..., k * c : (k + 1) * c] = padded[:, row : row + h, column : column + w]
    return out


def pooled(x: Array) -> Array:
    """The greatest of each 2 × 2 pixels."""
    n, h, w, c = x.shape
    return np.asarray(x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4)), np.float32)
