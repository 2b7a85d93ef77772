"""Which reading of a word fits the words around it: a recurrent network that reads from both sides.

In: the ids of a text's words, how each is printed, places in it, the words that may stand there.
Out: scores, natural logarithms up to a constant for each place. One network of long short-term
memory (Hochreiter and Schmidhuber, 1997) reads up to a place, another one down to it, and a layer
of rectified units makes of both a vector that is compared with each word's own (Melamud et al.,
2016, context2vec). A capital tells of a name, and a comma of where a phrase ends.
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

FAR: Final = 40  # words on either side that are seen as a mean, too
STRETCH: Final = 200  # places, at most, that are read side by side with those of other stretches
LEAD: Final = 24  # words before a stretch that are read to know where it stands
_MOST_STRETCHES: Final = 16  # read at a time: 50 MB
_FEW_ROWS: Final = 12
_HALF: Final = np.float32(0.5)
_TOGETHER: Final = (
    "inputs",
    "outputs",
    "printed",
    "own",
)  # matrices of which each row has a scale of its own

Parameters = dict[str, Floats]
"""`inputs` [V, D]: vectors of the words around a place, specials first; `printed` [S, D]: what is
added for how each is printed, by the states of `appearance`; `outputs` [R, D] and `bias` [R] of the
first R words, which may be asked for; of the memory that reads forward and of the one that reads
backward `seen` [2, D, 4 H], `remembered` [2, H, 4 H] and `gates` [2, 4 H], in the order input,
forget, output, cell; `w1` [2 H + 3 D, U] and `w2` [U + 2 H, D] with biases `b1`, `b2`; `own`
[S, U]: what is added to the units for how the word asked for is printed."""


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

    def parameters_for(self, words: Sequence[str]) -> Parameters:
        """The parameters with the vectors in the order of other words. Raises KeyError at a word
        that it lacks."""
        rows = {word: i for i, word in enumerate(self.words)}
        order = np.array([rows[word] for word in words])
        p = dict(self.parameters)
        asked = order[: len(p["bias"])]
        p["inputs"] = p["inputs"][order]
        p["outputs"], p["bias"] = p["outputs"][asked], p["bias"][asked]
        return p

    def knows(self, words: Ids) -> npt.NDArray[np.bool_]:
        """Which words of the language model may be asked for: syllables. Numbers and foreign words
        are only looked at."""
        rows = self._rows(words)
        known: npt.NDArray[np.bool_] = rows >= len(SPECIALS)
        return known & (rows < len(self.parameters["outputs"]))

    def scores(self, words: Ids, printed: Ids, at: Ids, readings: Ids) -> Floats:
        """How well each of `readings` [M, K] fits at the places `at` [M] of `words` [N], all ids of
        the language model, which are `printed` [N] in some states: logarithms up to a constant for
        each place; without meaning for words it does not know."""
        p = self.parameters
        start = max(0, int(at.min()) - FAR)
        part, at = slice(start, int(at.max()) + FAR + 1), at - start
        rows = np.where(self.knows(readings), self._rows(readings), 0)
        wanted = wanted_at(p, self._rows(words[part]), printed[part], at)
        scores: Floats = np.matmul(p["outputs"][rows], wanted[:, :, None])[:, :, 0]
        return scores + p["bias"][rows]

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
            if values.ndim == 1 or name == "gates":
                arrays[name] = values.astype(np.float16)
                continue
            axis = -1 if name in _TOGETHER else -2
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


def wanted_at(p: Mapping[str, Floats], words: Ids, printed: Ids, at: Ids) -> Floats:
    """What the network with the parameters `p` wants at the places `at` [M] of a text of some
    `words` [N], rows of its inputs, `printed` [N] in some states: vectors [M, D], told without the
    words that stand there."""
    nothing = np.zeros((FAR, p["inputs"].shape[1]), np.float32)
    given = p["inputs"][words]
    vectors = given + p["printed"][printed]
    sums = np.concatenate([nothing, given, nothing]).cumsum(0)
    sums = np.concatenate([nothing[:1], sums])
    far = (sums[at + 2 * FAR] - sums[at] - given[at]) * np.float32(2 / FAR)
    memory = np.concatenate(_remembered(p, vectors, at), 1)
    beside = np.concatenate([nothing[:1], vectors, nothing[:1]])
    seen = np.concatenate([memory, beside[at], beside[at + 2], far], 1)
    units = np.maximum(seen @ p["w1"] + p["b1"] + p["own"][printed[at]], 0)
    wanted: Floats = np.concatenate([units, memory], 1) @ p["w2"] + p["b2"]
    return wanted


def _remembered(p: Mapping[str, Floats], vectors: Floats, at: Ids) -> Floats:
    """What is remembered of the words before each place, and of those after it [2, M, H]."""
    stretches = -(-len(vectors) // STRETCH)
    length, lead = -(-len(vectors) // stretches), LEAD if stretches > 1 else 0
    out = np.zeros((2, len(at), p["remembered"].shape[1]), np.float32)
    stretch, inside = at // length, at % length
    forward, backward = lead + inside, lead + length - 1 - inside
    steps = int(max(forward.max(), backward.max()))
    asked = np.unique(stretch)
    for start in range(0, len(asked), _MOST_STRETCHES):
        some = asked[start : start + _MOST_STRETCHES]
        mine = np.flatnonzero((stretch >= some[0]) & (stretch <= some[-1]))
        column = np.searchsorted(some, stretch[mine])
        memories = _memories(p, vectors, some * length - lead, length + 2 * lead, steps)
        out[0, mine] = memories[forward[mine], 0, column]
        out[1, mine] = memories[backward[mine], 1, column]
    return out


def _memories(
    p: Mapping[str, Floats], vectors: Floats, starts: Ids, length: int, steps: int
) -> Floats:
    """The memory of both directions in B stretches of some `length`, [steps + 1, 2, B, H]: before
    the word `step` of each forward, and as far from its end backward. Nothing is known outside of
    the text."""
    ahead = np.arange(steps)[:, None]
    at = np.stack([starts + ahead, starts + length - 1 - ahead])
    inside = (at >= 0) & (at < len(vectors))
    size = p["remembered"].shape[1]
    half = np.full(4 * size, 0.5, np.float32)  # σ(x) = (1 + tanh(x / 2)) / 2
    half[3 * size :] = 1
    shown = vectors[np.where(inside, at, 0)].reshape(2, -1, vectors.shape[1])
    read = np.matmul(shown, p["seen"])
    read += p["gates"][:, None]
    read *= half
    read = read.reshape(*at.shape, 4 * size)
    own = p["remembered"] * half
    # The arrays of a step stay in their places: to make them anew takes a sixth of the time.
    memories = np.zeros((steps + 1, 2, len(starts), size), np.float32)
    told = np.empty((2, len(starts), 4 * size), np.float32)
    gates, new = told[..., : 3 * size], told[..., 3 * size :]
    taken, kept, given = (gates[..., k * size : (k + 1) * size] for k in range(3))
    cell = np.zeros_like(memories[0])
    for step, everywhere in enumerate(np.all(inside, (0, 2)).tolist()):
        _multiply(memories[step], own, told)
        np.tanh(np.add(told, read[:, step], out=told), out=told)
        np.multiply(gates, _HALF, out=gates)
        np.add(gates, _HALF, out=gates)
        np.multiply(cell, kept, out=cell)
        np.add(cell, np.multiply(taken, new, out=new), out=cell)
        if not everywhere:
            np.multiply(cell, inside[:, step, :, None], out=cell)
        np.multiply(given, np.tanh(cell, out=new), out=memories[step + 1])
    return memories


def _multiply(memory: Floats, own: Floats, out: Floats) -> None:
    """`memory` [2, B, H] times `own` [2, H, 4 H]. Matrix by matrix is slow for a few rows, since
    the whole of the second is set in order for each product."""
    if memory.shape[1] > _FEW_ROWS:
        np.matmul(memory, own, out=out)
    else:
        np.matmul(memory[:, :, None], own[:, None], out=out[:, :, None])
