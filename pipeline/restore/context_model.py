"""Which reading of a word fits the words around it: a small network that sees further than n-grams.

In: the ids of a text's words, places in it, the words that may stand there. Out: scores, natural
logarithms up to a constant for each place. Six words on either side are seen one by one, in their
order (Bengio et al., 2003), forty as a mean, which tells what the text is about; two layers of
rectified units make of them a vector that is compared with each word's own.
`python -m pipeline.restore.train_context` learns it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import Floats, Ids
from pipeline.restore.tokens import SPECIALS, UNKNOWN

NEAR: Final = 6  # words on either side that are seen one by one
FAR: Final = 40  # words on either side that are seen as a mean
OFFSETS: Final = (*range(-NEAR, 0), *range(1, NEAR + 1))
_MOST_PLACES: Final = 2048

Parameters = dict[str, Floats]
"""`inputs` [V, D]: vectors of the words around a place, specials first; `outputs` [R, D] and `bias`
[R] of the first R of them, which may be asked for; `w1` [(2 * NEAR + 1) * D, H], `w2` [H, H2],
`w3` [H + H2, D] and their biases `b1`, `b2`, `b3`."""


@dataclass(frozen=True, slots=True)
class Activations:
    """What the network makes of M places: `seen` [M, (2 * NEAR + 1) * D], `hidden` [M, H + H2],
    `wanted` [M, D], which is compared with the words' vectors."""

    seen: Floats
    hidden: Floats
    wanted: Floats


def seen_from(vectors: Floats, at: Ids) -> Floats:
    """What is seen from the places `at` [M] of a text whose words have `vectors` [N, D]; `FAR`
    vectors stand before the first place and after the last."""
    sums = np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors.cumsum(0)])
    near = vectors[at[:, None] + np.array(OFFSETS)].reshape(len(at), -1)
    far = (sums[at + FAR] - sums[at - FAR] - vectors[at]) * np.float32(2 / FAR)
    return np.concatenate([near, far], 1)


def activations(p: Mapping[str, Floats], seen: Floats) -> Activations:
    """What the network with the parameters `p` makes of what is `seen` from each place."""
    first = np.maximum(seen @ p["w1"] + p["b1"], 0)
    second = np.maximum(first @ p["w2"] + p["b2"], 0)
    hidden = np.concatenate([first, second], 1)
    return Activations(seen, hidden, hidden @ p["w3"] + p["b3"])


def fit(p: Mapping[str, Floats], wanted: Floats, rows: Ids) -> Floats:
    """The score of each of the words `rows` [M, K] in its place."""
    scores: Floats = np.matmul(p["outputs"][rows], wanted[:, :, None])[:, :, 0] + p["bias"][rows]
    return scores


@dataclass(frozen=True, slots=True)
class ContextModel:
    """The network, and the row of its own vocabulary of each word of the language model."""

    words: tuple[str, ...]
    parameters: Parameters
    row: Ids

    @classmethod
    def of(
        cls, words: Sequence[str], parameters: Parameters, model_words: Sequence[str]
    ) -> ContextModel:
        """A network over `words`, asked with the ids of `model_words`."""
        rows = {word: i for i, word in enumerate(words)}
        unknown = rows[UNKNOWN]
        row = np.array([rows.get(word, unknown) for word in model_words], np.int64)
        return cls(tuple(words), parameters, row)

    def knows(self, words: Ids) -> npt.NDArray[np.bool_]:
        """Which words of the language model may be asked for: syllables. Numbers and foreign words
        are only looked at."""
        rows = self._rows(words)
        known: npt.NDArray[np.bool_] = rows >= len(SPECIALS)
        return known & (rows < len(self.parameters["outputs"]))

    def scores(self, words: Ids, at: Ids, readings: Ids) -> Floats:
        """How well each of `readings` [M, K] fits at the places `at` [M] of `words` [N], all ids of
        the language model: logarithms up to a constant for each place; without meaning for words
        it does not know."""
        padded = np.zeros(len(words) + 2 * FAR, np.int64)
        padded[FAR : FAR + len(words)] = self._rows(words)
        vectors = self.parameters["inputs"][padded]
        parts = []
        for start in range(0, len(at), _MOST_PLACES):
            part = slice(start, start + _MOST_PLACES)
            wanted = activations(self.parameters, seen_from(vectors, at[part] + FAR)).wanted
            rows = np.where(self.knows(readings[part]), self._rows(readings[part]), 0)
            parts.append(fit(self.parameters, wanted, rows))
        return np.concatenate(parts)

    def _rows(self, words: Ids) -> Ids:
        inside = words < len(self.row)
        rows: Ids = np.where(inside, self.row[np.where(inside, words, 0)], 1)
        return rows

    def save(self, path: Path) -> None:
        """Write the network as one `.npz` file: matrices as bytes, with a scale for each word or
        unit."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "words": np.frombuffer("\n".join(self.words).encode(), np.uint8)
        }
        for name, values in self.parameters.items():
            if values.ndim == 1:
                arrays[name] = values.astype(np.float16)
                continue
            axis = 1 if name in ("inputs", "outputs") else 0
            scale = np.maximum(np.abs(values).max(axis, keepdims=True) / 127, 1e-9)
            arrays[name] = np.rint(values / scale).astype(np.int8)
            arrays[f"{name}_scale"] = scale.astype(np.float32)
        data = io.BytesIO()
        np.savez_compressed(data, **arrays)  # type: ignore[arg-type]
        aside = path.with_name(path.name + ".part")
        aside.write_bytes(data.getvalue())
        aside.replace(path)

    @classmethod
    def load(cls, data: bytes, model_words: Sequence[str]) -> ContextModel:
        """Read what `save` wrote, to be asked with the ids of `model_words`."""
        with np.load(io.BytesIO(data)) as file:
            words = file["words"].tobytes().decode().split("\n")
            parameters = {
                name: file[name].astype(np.float32)
                * (file[f"{name}_scale"] if f"{name}_scale" in file else np.float32(1))
                for name in file.files
                if name != "words" and not name.endswith("_scale")
            }
        return cls.of(words, parameters, model_words)
