"""Learn the network that weighs a word's readings by the words around it (`context_model`).

    python -m pipeline.restore.train_context --text CORPUS --out dictionaries/context-model.npz \\
        --exclude TEST_LETTERS [--minutes 45]

It learns the very task: of each word of the text one reading is drawn as the channels have it, and
the word is to be found again among all words that reading may stand for, by the words around it and
the channel's score. A few words around it are wrong, as they are when documents are restored.
Held-out documents (`corpus.split_of`) are left out. Adam (Kingma and Ba, 2015), on one core.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.restore import corpus
from pipeline.restore.context_model import (
    FAR,
    NEAR,
    OFFSETS,
    Activations,
    ContextModel,
    Parameters,
    activations,
    fit,
    seen_from,
)
from pipeline.restore.drawn_readings import Drawn, draw
from pipeline.restore.language_model import Floats, Ids
from pipeline.restore.orthography import analyse
from pipeline.restore.restore import Restorer
from pipeline.restore.tokens import JOINED, SPECIALS, classify, core_of, ends_sentence
from pipeline.restore.train import OFFICIAL, SHORT_LINE

WIDTH, HIDDEN, SECOND = 128, 640, 256
OTHERS: Final = 2500  # words that are no syllables: names, abbreviations, foreign words
OFFICIAL_SHARE, HEAVY_SHARE, NOISE = 0.62, 0.75, 0.04
SEGMENTS, LENGTH = 8, 128  # of running text in a step
FASTEST, SLOWEST = 1e-3, 2e-5  # rates of learning, first and last


def vocabulary(words: Sequence[str]) -> tuple[list[int], int]:
    """The words the network has, by their ids in the language model, and how many of them may be
    asked for: specials and syllables; then the commonest other words."""
    body = range(len(SPECIALS), len(words))
    syllables = [i for i in body if len(words[i]) <= 7 and analyse(words[i]) is not None]
    others = sorted(set(body).difference(syllables))[:OTHERS]
    asked = [*range(len(SPECIALS)), *syllables]
    return [*asked, *others], len(asked)


def stream(path: Path, ids: dict[str, int], excluded: set[int]) -> Ids:
    """The training documents of a file as ids of words, 0 where a sentence or short line ends."""
    known: dict[str, tuple[int, bool]] = {}
    out: list[int] = [0] * FAR
    for text in corpus.documents(path):
        if corpus.split_of(text) != "train":
            continue
        for line in JOINED.sub(" ", corpus.unshared(text, excluded)).split("\n"):
            for token in line.split():
                if token not in known:
                    word = classify(token[slice(*core_of(token))])
                    known[token] = (ids.get(word, 1) if word else -1, ends_sentence(token))
                word_id, ends = known[token]
                if word_id >= 0:
                    out.append(word_id)
                if ends and out[-1]:
                    out.append(0)
            if len(line) < SHORT_LINE and out[-1]:
                out.append(0)
        out.append(0)
    return np.array([*out, *[0] * FAR])


@dataclass(slots=True)
class Learner:
    """The parameters while they are learned, and the running means of Adam."""

    parameters: Parameters
    steps: int = 0
    _means: dict[str, tuple[Floats, Floats]] = field(init=False)

    def __post_init__(self) -> None:
        self._means = {k: (np.zeros_like(v), np.zeros_like(v)) for k, v in self.parameters.items()}

    @classmethod
    def start(cls, size: int, bias: Floats, rng: np.random.Generator) -> Learner:
        """Parameters at random, for `size` words; `bias` [R]: how common each is that may be asked
        for, as logarithms."""

        def matrix(rows: int, columns: int, scale: float) -> Floats:
            drawn = rng.standard_normal((rows, columns)) * scale
            return drawn.astype(np.float32)

        seen = (2 * NEAR + 1) * WIDTH
        parameters = {
            "inputs": matrix(size, WIDTH, 0.1),
            "outputs": matrix(len(bias), WIDTH, 0.05),
            "bias": bias.astype(np.float32),
            "w1": matrix(seen, HIDDEN, 2.1 / seen**0.5),
            "w2": matrix(HIDDEN, SECOND, 1.4 / HIDDEN**0.5),
            "w3": matrix(HIDDEN + SECOND, WIDTH, 1 / (HIDDEN + SECOND) ** 0.5),
        }
        for name, units in (("b1", HIDDEN), ("b2", SECOND), ("b3", WIDTH)):
            parameters[name] = np.zeros(units, np.float32)
        return cls(parameters)

    def move(self, name: str, slope: Floats, rate: float) -> None:
        """A step of Adam for a whole matrix."""
        mean, square = self._means[name]
        mean += 0.1 * (slope - mean)
        square += 0.001 * (slope * slope - square)
        even = 1 - 0.9**self.steps, 1 - 0.999**self.steps
        self.parameters[name] -= rate * (mean / even[0]) / (np.sqrt(square / even[1]) + 1e-8)

    def move_rows(self, name: str, rows: Ids, slope: Floats, rate: float) -> None:
        """The same for some rows only: words that the step has not met stay as they are."""
        order = np.argsort(rows, kind="stable")
        starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
        total = np.add.reduceat(slope[order], starts, axis=0)
        met = rows[order][starts]
        mean, square = self._means[name]
        mean[met] = 0.9 * mean[met] + 0.1 * total
        square[met] = 0.99 * square[met] + 0.01 * total * total
        self.parameters[name][met] -= rate * mean[met] / (np.sqrt(square[met]) + 1e-6)

    def step(
        self, shown: Ids, at: Ids, places: Ids, readings: Ids, read: Floats, rate: float
    ) -> float:
        """One step. `shown` [N]: the text's words; `at` [M] all places that are looked from, of
        which `places` are asked for: their `readings` [P, K], the right one first (0: none), and
        the channel's scores `read` [P, K]. Gives the mean loss."""
        self.steps += 1
        p = self.parameters
        vectors = p["inputs"][shown]
        found = activations(p, seen_from(vectors, at))
        wanted = found.wanted[places]
        live = readings > 0
        scores = np.where(live, fit(p, wanted, readings) + read, -1e4)
        chance = np.exp(scores - scores.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        loss = float(-np.log(chance[:, 0] + 1e-9).mean())
        chance[:, 0] -= 1
        slope: Floats = (chance * live / len(places)).astype(np.float32)
        self._back(found, shown, at, places, readings, slope, rate)
        return loss

    def _back(
        self,
        found: Activations,
        shown: Ids,
        at: Ids,
        places: Ids,
        readings: Ids,
        slope: Floats,
        rate: float,
    ) -> None:
        """Carry the `slope` [P, K] of the scores back through the network, and move. The mean of
        the words far away is taken as given."""
        p = self.parameters
        outputs = p["outputs"][readings]
        back = np.zeros_like(found.wanted)
        back[places] = np.matmul(slope[:, None, :], outputs)[:, 0]
        to_outputs = slope[:, :, None] * found.wanted[places][:, None, :]
        first, second = found.hidden[:, :HIDDEN], found.hidden[:, HIDDEN:]
        to_hidden = back @ p["w3"].T
        to_second: Floats = to_hidden[:, HIDDEN:] * (second > 0)
        to_first: Floats = (to_hidden[:, :HIDDEN] + to_second @ p["w2"].T) * (first > 0)
        near: Floats = (to_first @ p["w1"][: 2 * NEAR * WIDTH].T).reshape(len(at), 2 * NEAR, WIDTH)
        to_inputs = np.zeros((len(shown), WIDTH), np.float32)
        for i, offset in enumerate(OFFSETS):
            to_inputs[at + offset] += near[:, i]
        slopes: list[tuple[str, Floats]] = [
            ("w3", found.hidden.T @ back),
            ("b3", back.sum(0)),
            ("w2", first.T @ to_second),
            ("b2", to_second.sum(0)),
            ("w1", found.seen.T @ to_first),
            ("b1", to_first.sum(0)),
        ]
        for name, values in slopes:
            self.move(name, values, rate)
        live = np.flatnonzero(readings.ravel() > 0)
        rows = readings.ravel()[live]
        self.move_rows("outputs", rows, to_outputs.reshape(-1, WIDTH)[live], 1.5 * rate)
        self.move_rows("bias", rows, slope.ravel()[live], 2 * rate)
        self.move_rows("inputs", shown, to_inputs, 1.5 * rate)


def segments(official: Ids, other: Ids, rng: np.random.Generator) -> Ids:
    """Stretches of running text [SEGMENTS, LENGTH + 2 * FAR], with what stands around them."""
    found = []
    for _ in range(SEGMENTS):
        text = official if not len(other) or rng.random() < OFFICIAL_SHARE else other
        start = int(rng.integers(0, max(1, len(text) - LENGTH - 2 * FAR)))
        found.append(text[start : start + LENGTH + 2 * FAR])
    return np.array(found)


def with_errors(text: Ids, drawn: Drawn, rng: np.random.Generator) -> Ids:
    """The words of a text, a few of them taken for another of their readings."""
    shown = text.copy()
    at = np.flatnonzero(rng.random(len(text)) < NOISE)
    rows = drawn.pick(text[at], HEAVY_SHARE, rng)
    at, rows = at[rows >= 0], rows[rows >= 0]
    other = np.minimum(1 + (rng.random(len(at)) ** 2 * 6).astype(int), drawn.words.shape[1] - 1)
    shown[at] = np.maximum(drawn.words[rows, other], 1)
    return shown


def train(text: Path, out: Path, exclude: Sequence[Path] = (), minutes: float = 45) -> None:
    """Learn the network from the texts under `text` and write it to `out`.

    Raises ValueError where there is too little text."""
    restorer = Restorer.load()
    model = restorer.model
    rng = np.random.default_rng(7)
    order, asked = vocabulary(model.words)
    row = np.ones(len(model.words), np.int64)
    row[order] = np.arange(len(order))
    paths = corpus.text_files(text)
    excluded = corpus.telling(corpus.shingles_of(exclude), paths)
    texts: dict[bool, list[Ids]] = {True: [], False: []}
    for path in paths:
        texts[bool(OFFICIAL.search(path.name))].append(row[stream(path, model.ids(), excluded)])
    none: list[Ids] = [np.zeros(0, np.int64)]
    official, other = (np.concatenate(texts[kind] or none) for kind in (True, False))
    if len(official) < LENGTH + 2 * FAR:
        official, other = other, official
    if len(official) < LENGTH + 2 * FAR:
        raise ValueError(f"too little text under {text}")
    drawn = draw(restorer, order[:asked], row, rng)
    learner = Learner.start(len(order), model.unigram[order[:asked]], rng)
    _learn(learner, official, other, drawn, rng, minutes)
    words = [model.words[i] for i in order]
    ContextModel.of(words, learner.parameters, model.words).save(out)


def _learn(
    learner: Learner,
    official: Ids,
    other: Ids,
    drawn: Drawn,
    rng: np.random.Generator,
    minutes: float,
) -> None:
    """Steps until the minutes of processor time are over, slower and slower."""
    span = LENGTH + 2 * FAR
    at = (np.arange(SEGMENTS)[:, None] * span + FAR + np.arange(LENGTH)).ravel()
    began, losses = time.process_time(), []
    while (done := (time.process_time() - began) / 60 / minutes) < 1:
        text = segments(official, other, rng).ravel()
        rows = drawn.pick(text[at], HEAVY_SHARE, rng)
        places = np.flatnonzero(rows >= 0)
        rate = FASTEST * min(1, learner.steps / 200 + 0.02) * (1 - done) ** 0.8 + SLOWEST
        readings, read = drawn.words[rows[places]], drawn.scores[rows[places]]
        shown = with_errors(text, drawn, rng)
        losses.append(learner.step(shown, at, places, readings, read, rate))
        if learner.steps % 1000 == 0:
            print(f"{learner.steps} steps, loss {np.mean(losses):.4f}", file=sys.stderr)
            losses.clear()


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exclude", type=Path, nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=45, help="of processor time")
    options = parser.parse_args(argv)
    train(options.text, options.out, options.exclude, options.minutes)


if __name__ == "__main__":
    main()
