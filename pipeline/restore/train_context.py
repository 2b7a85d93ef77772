"""Learn the network that weighs a word's readings by the words around it (`context_model`). Needs
PyTorch, which nothing else does:

    pip install torch
    python -m pipeline.restore.train_context --text CORPUS --out dictionaries/context-model.npz \\
        --exclude TEST_LETTERS [--minutes 75]

It learns the very task: of each word of the text one reading is drawn as the channels have it, and
the word is to be found again among all words that reading may stand for, by the words around it and
the channel's score. A few words around it are wrong, as they are when documents are restored.
Held-out documents (`corpus.split_of`) are left out. Adam (Kingma and Ba, 2015), on one core.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.restore import corpus
from pipeline.restore.context_model import FAR, ContextModel, Parameters
from pipeline.restore.drawn_readings import Drawn, draw
from pipeline.restore.language_model import Floats, Ids
from pipeline.restore.orthography import analyse
from pipeline.restore.restore import Restorer
from pipeline.restore.tokens import JOINED, SPECIALS, classify, core_of, ends_sentence
from pipeline.restore.train import OFFICIAL, SHORT_LINE

WIDTH, MEMORY, UNITS = 128, 256, 384
OTHERS: Final = 2500  # words that are no syllables: names, abbreviations, foreign words
OFFICIAL_SHARE, HEAVY_SHARE, NOISE = 0.55, 0.85, 0.04
SEGMENTS, LENGTH = 32, 128  # of running text in a step
FASTEST, SLOWEST = 2e-3, 2e-5  # rates of learning, first and last
_NO_READING = -1e4


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


def network(size: int, bias: Floats) -> Any:
    """The network of `context_model` while it is learned, for `size` words; `bias` [R]: how common
    each is that may be asked for, as logarithms. Called with words [B, L] it gives what is wanted
    at each place [B, L, D]."""
    import torch
    from torch import nn

    class Network(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inputs = nn.Embedding(size, WIDTH)
            self.outputs = nn.Embedding(len(bias), WIDTH)
            self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))
            self.memory = nn.LSTM(WIDTH, MEMORY, batch_first=True, bidirectional=True)
            self.first = nn.Linear(2 * MEMORY + 3 * WIDTH, UNITS)
            self.second = nn.Linear(UNITS + 2 * MEMORY, WIDTH)
            nn.init.normal_(self.inputs.weight, std=0.1)
            nn.init.normal_(self.outputs.weight, std=0.05)
            for name, values in self.memory.named_parameters():
                if name.startswith("bias_ih"):  # at first nothing is forgotten
                    values.data[MEMORY : 2 * MEMORY] = 1

        def forward(self, words: Any) -> Any:
            vectors = self.inputs(words)
            length, pad = words.shape[1], nn.functional.pad
            told = self.memory(vectors)[0]
            before = pad(told[:, :-1, :MEMORY], (0, 0, 1, 0))
            after = pad(told[:, 1:, MEMORY:], (0, 0, 0, 1))
            left, right = pad(vectors[:, :-1], (0, 0, 1, 0)), pad(vectors[:, 1:], (0, 0, 0, 1))
            given = vectors.detach()
            sums = pad(given, (0, 0, FAR + 1, FAR)).cumsum(1)
            far = (sums[:, 2 * FAR : 2 * FAR + length] - sums[:, :length] - given) * (2 / FAR)
            units = torch.relu(self.first(torch.cat([before, after, left, right, far], 2)))
            return self.second(torch.cat([units, before, after], 2))

        def fit(self, wanted: Any, rows: Any) -> Any:
            """The score of each of the words `rows` [M, K] where `wanted` [M, D] is wanted."""
            return (self.outputs(rows) @ wanted[:, :, None])[:, :, 0] + self.bias[rows]

    return Network()


def parameters_of(learned: Any) -> Parameters:
    """The parameters of a learned network, as `context_model` has them."""
    values = {name: found.float().numpy() for name, found in learned.state_dict().items()}

    def both(name: str) -> Floats:
        """Of the memory that reads forward, and of the one that reads backward; PyTorch has the
        gates in the order input, forget, cell, output."""
        sides = [values[f"memory.{name}_l0"], values[f"memory.{name}_l0_reverse"]]
        taken, kept, cell, shown = np.split(np.stack([side.T for side in sides]), 4, -1)
        return np.concatenate([taken, kept, shown, cell], -1)

    return {
        "inputs": values["inputs.weight"],
        "outputs": values["outputs.weight"],
        "bias": values["bias"],
        "seen": both("weight_ih"),
        "remembered": both("weight_hh"),
        "gates": both("bias_ih") + both("bias_hh"),
        "w1": values["first.weight"].T,
        "b1": values["first.bias"],
        "w2": values["second.weight"].T,
        "b2": values["second.bias"],
    }


def segments(official: Ids, other: Ids, rng: np.random.Generator) -> Ids:
    """Stretches of running text [SEGMENTS, LENGTH]."""
    found = []
    for _ in range(SEGMENTS):
        text = official if not len(other) or rng.random() < OFFICIAL_SHARE else other
        start = int(rng.integers(0, max(1, len(text) - LENGTH)))
        found.append(text[start : start + LENGTH])
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


def train(text: Path, out: Path, exclude: Sequence[Path] = (), minutes: float = 75) -> None:
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
    if len(official) <= LENGTH:
        official, other = other, official
    if len(official) <= LENGTH:
        raise ValueError(f"too little text under {text}")
    drawn = draw(restorer, order[:asked], row, rng)
    learned = network(len(order), model.unigram[order[:asked]])
    _learn(learned, official, other, drawn, rng, minutes)
    words = [model.words[i] for i in order]
    ContextModel.of(words, parameters_of(learned), model.words).save(out)


def _learn(
    learned: Any,
    official: Ids,
    other: Ids,
    drawn: Drawn,
    rng: np.random.Generator,
    minutes: float,
) -> None:
    """Steps until the minutes are over, slower and slower."""
    import torch

    torch.set_num_threads(1)
    optimiser = torch.optim.Adam(learned.parameters(), FASTEST, betas=(0.9, 0.99), fused=True)
    began, losses, steps = time.monotonic(), [], 0
    while (done := (time.monotonic() - began) / 60 / minutes) < 1:
        slower = min(1, steps / 300 + 0.02) * (1 + math.cos(math.pi * done)) / 2
        for group in optimiser.param_groups:
            group["lr"] = FASTEST * slower + SLOWEST
        loss = loss_of(learned, segments(official, other, rng), drawn, rng)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned.parameters(), 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        steps += 1
        if steps % 500 == 0:
            print(f"{steps} steps, loss {np.mean(losses):.4f}", file=sys.stderr)
            losses.clear()


def loss_of(learned: Any, text: Ids, drawn: Drawn, rng: np.random.Generator) -> Any:
    """The mean loss over the words of a text [B, L] that have readings: minus the logarithm of the
    right one's share, which stands first."""
    import torch

    rows = drawn.pick(text.ravel(), HEAVY_SHARE, rng)
    places = np.flatnonzero(rows >= 0)
    readings = torch.from_numpy(drawn.words[rows[places]])
    read = torch.from_numpy(drawn.scores[rows[places]])
    shown = with_errors(text.ravel(), drawn, rng).reshape(text.shape)
    with torch.autocast("cpu", torch.bfloat16):
        wanted = learned(torch.from_numpy(shown)).float()
    scores = learned.fit(wanted.reshape(-1, WIDTH)[torch.from_numpy(places)], readings) + read
    scores = scores.masked_fill(readings == 0, _NO_READING)
    return torch.nn.functional.cross_entropy(scores, torch.zeros(len(places), dtype=torch.long))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exclude", type=Path, nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=75, help="by the clock")
    options = parser.parse_args(argv)
    train(options.text, options.out, options.exclude, options.minutes)


if __name__ == "__main__":
    main()
