"""Learn the network that weighs a word's readings by the words around it (`context_model`). Needs
PyTorch, which nothing else does:

    pip install torch
    python -m pipeline.restore.train_context --text CORPUS --out dictionaries/context-model.npz \\
        --exclude TEST_LETTERS [--start EARLIER.npz] [--minutes 85] [--cores 2]

It learns the very task: of each word of the text one reading is drawn as the channels have it, and
the word is to be found again among all words that reading may stand for, by the words around it,
how it and they are printed, and the channel's score. A few words around it are wrong, as they are
when documents are restored, often two together, and more in some stretches than in others; a few
capitals and commas are misread. Held-out documents (`corpus.split_of`) are left out. Adam (Kingma
and Ba, 2015); several cores have a step's stretches each and the mean of their gradients.
"""

from __future__ import annotations

import argparse
import copy
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.restore import corpus
from pipeline.restore.appearance import STATES, states
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
BURST = 0.25  # how often the word behind a wrong one is wrong, too
FASTEST, SLOWEST = 1.5e-3, 2e-5  # rates of learning, first and last
MISPRINTED: Final = np.array(
    [
        [0.9944, 0.0026, 0.0018, 0.0012, 0, 0],
        [0.0286, 0.9668, 0.0043, 0, 0.0003, 0],
        [0.0603, 0.0011, 0.9386, 0, 0, 0],
        [0.0569, 0.0017, 0, 0.9414, 0, 0],
        [0.0025, 0.0819, 0.0014, 0.0147, 0.8933, 0.0062],
        [0.0041, 0, 0.0436, 0.0207, 0, 0.9316],
    ]
)
"""How often a word printed in one state (`appearance.states`) is read as printed in each: heavy
damage, 81,000 words of simulated pages of the development split."""
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
    """The training documents of a file [2, N]: ids of words, 0 where a sentence or short line ends,
    and how each word is printed (`appearance.states`)."""
    known: dict[str, tuple[int, bool]] = {}
    boundary = (0, 0)
    out = [boundary] * FAR
    for text in corpus.documents(path):
        if corpus.split_of(text) != "train":
            continue
        for line in JOINED.sub(" ", corpus.unshared(text, excluded)).split("\n"):
            tokens = line.split()
            for token, state in zip(tokens, states(tokens), strict=True):
                if token not in known:
                    word = classify(token[slice(*core_of(token))])
                    known[token] = (ids.get(word, 1) if word else -1, ends_sentence(token))
                word_id, ends = known[token]
                if word_id >= 0:
                    out.append((word_id, state))
                if ends and out[-1] != boundary:
                    out.append(boundary)
            if len(line) < SHORT_LINE and out[-1] != boundary:
                out.append(boundary)
        out.append(boundary)
    return np.array([*out, *[boundary] * FAR]).T


def network(size: int, bias: Floats) -> Any:
    """The network of `context_model` while it is learned, for `size` words; `bias` [R]: how common
    each is that may be asked for, as logarithms. Called with words [B, L] and how they are printed
    [B, L] it gives what is wanted at each place [B, L, D]."""
    import torch
    from torch import nn

    class Network(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inputs = nn.Embedding(size, WIDTH)
            self.outputs = nn.Embedding(len(bias), WIDTH)
            self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))
            self.printed = nn.Embedding(STATES, WIDTH)
            self.memory = nn.LSTM(WIDTH, MEMORY, batch_first=True, bidirectional=True)
            self.first = nn.Linear(2 * MEMORY + 3 * WIDTH, UNITS)
            self.own = nn.Embedding(STATES, UNITS)
            self.second = nn.Linear(UNITS + 2 * MEMORY, WIDTH)
            nn.init.normal_(self.inputs.weight, std=0.1)
            nn.init.normal_(self.outputs.weight, std=0.05)
            nn.init.zeros_(self.printed.weight)
            nn.init.zeros_(self.own.weight)
            for name, values in self.memory.named_parameters():
                if name.startswith("bias_ih"):  # at first nothing is forgotten
                    values.data[MEMORY : 2 * MEMORY] = 1

        def forward(self, words: Any, printed: Any) -> Any:
            given = self.inputs(words)
            vectors = given + self.printed(printed)
            length, pad = words.shape[1], nn.functional.pad
            told = self.memory(vectors)[0]
            before = pad(told[:, :-1, :MEMORY], (0, 0, 1, 0))
            after = pad(told[:, 1:, MEMORY:], (0, 0, 0, 1))
            left, right = pad(vectors[:, :-1], (0, 0, 1, 0)), pad(vectors[:, 1:], (0, 0, 0, 1))
            given = given.detach()
            sums = pad(given, (0, 0, FAR + 1, FAR)).cumsum(1)
            far = (sums[:, 2 * FAR : 2 * FAR + length] - sums[:, :length] - given) * (2 / FAR)
            seen = self.first(torch.cat([before, after, left, right, far], 2))
            units = torch.relu(seen + self.own(printed))
            return self.second(torch.cat([units, before, after], 2))

        def fit(self, wanted: Any, rows: Any) -> Any:
            """The score of each of the words `rows` [M, K] where `wanted` [M, D] is wanted."""
            return (self.outputs(rows) @ wanted[:, :, None])[:, :, 0] + self.bias[rows]

    return Network()


def load(learned: Any, p: Parameters) -> None:
    """Put the parameters of a network of the same words into one that is to be learned on."""
    import torch

    def gates(name: str) -> Floats:
        taken, kept, shown, cell = np.split(p[name], 4, -1)
        return np.concatenate([taken, kept, cell, shown], -1)

    values = {
        "inputs.weight": p["inputs"],
        "outputs.weight": p["outputs"],
        "bias": p["bias"],
        "printed.weight": p["printed"],
        "own.weight": p["own"],
        "first.weight": p["w1"].T,
        "first.bias": p["b1"],
        "second.weight": p["w2"].T,
        "second.bias": p["b2"],
    }
    for i, side in enumerate(("", "_reverse")):
        values[f"memory.weight_ih_l0{side}"] = gates("seen")[i].T
        values[f"memory.weight_hh_l0{side}"] = gates("remembered")[i].T
        values[f"memory.bias_ih_l0{side}"] = gates("gates")[i]
        values[f"memory.bias_hh_l0{side}"] = np.zeros_like(p["gates"][i])
    state = {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in values.items()}
    learned.load_state_dict(state)


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
        "printed": values["printed.weight"],
        "own": values["own.weight"],
        "w2": values["second.weight"].T,
        "b2": values["second.bias"],
    }


def segments(official: Ids, other: Ids, rng: np.random.Generator) -> tuple[Ids, Ids]:
    """Stretches of running text, words and how they are printed, [SEGMENTS, LENGTH] each; either
    text [2, N]."""
    found = []
    for _ in range(SEGMENTS):
        text = official if not other.size or rng.random() < OFFICIAL_SHARE else other
        start = int(rng.integers(0, max(1, text.shape[1] - LENGTH)))
        found.append(text[:, start : start + LENGTH])
    words, printed = np.stack(found, 1).astype(np.int64)
    return words, printed


def with_errors(text: Ids, drawn: Drawn, rng: np.random.Generator) -> Ids:
    """The words of a text [B, L], a few of them taken for another of their readings."""
    wrong = rng.random(text.shape) < NOISE * rng.exponential(1, (len(text), 1))
    behind = wrong[:, :-1] & (rng.random(wrong[:, 1:].shape) < BURST)
    wrong[:, 1:] |= behind
    shown = text.copy()
    at = np.nonzero(wrong)
    rows = drawn.pick(text[at], HEAVY_SHARE, rng)
    at, rows = (at[0][rows >= 0], at[1][rows >= 0]), rows[rows >= 0]
    other = np.minimum(1 + (rng.random(len(rows)) ** 2 * 6).astype(int), drawn.words.shape[1] - 1)
    shown[at] = np.maximum(drawn.words[rows, other], 1)
    return shown


def misprinted(printed: Ids, rng: np.random.Generator) -> Ids:
    """How words seem to be printed after damage."""
    chances = MISPRINTED.cumsum(1)[printed]
    out: Ids = np.minimum((rng.random(printed.shape)[..., None] > chances).sum(-1), STATES - 1)
    return out


def train(
    text: Path,
    out: Path,
    exclude: Sequence[Path] = (),
    minutes: float = 85,
    start: Path | None = None,
    cores: int = 1,
) -> None:
    """Learn the network from the texts under `text`, from the network `start` on if there is one,
    and write it to `out`.

    Raises ValueError where there is too little text, or `start` has other words."""
    restorer = Restorer.load()
    model = restorer.model
    order, asked = vocabulary(model.words)
    row = np.ones(len(model.words), np.int64)
    row[order] = np.arange(len(order))
    words = [model.words[i] for i in order]
    learned = network(len(order), model.unigram[order[:asked]])
    if start:
        earlier = ContextModel.load(start.read_bytes(), model.words)
        if set(earlier.words) != set(words):
            raise ValueError(f"{start} has other words")
        load(learned, earlier.parameters_for(words))
    paths = corpus.text_files(text)
    excluded = corpus.telling(corpus.shingles_of(exclude), paths)
    texts: dict[bool, list[Ids]] = {True: [], False: []}
    for path in paths:
        found, printed = stream(path, model.ids(), excluded)
        texts[bool(OFFICIAL.search(path.name))].append(np.stack([row[found], printed]))
    none: list[Ids] = [np.zeros((2, 0), np.int64)]
    official, other = (np.concatenate(texts[kind] or none, 1) for kind in (True, False))
    if official.shape[1] <= LENGTH:
        official, other = other, official
    if official.shape[1] <= LENGTH:
        raise ValueError(f"too little text under {text}")
    drawn = draw(restorer, order[:asked], row, np.random.default_rng(7))
    learn(learned, official, other, drawn, minutes, cores)
    ContextModel.of(words, parameters_of(learned), model.words).save(out)


def learn(
    learned: Any, official: Ids, other: Ids, drawn: Drawn, minutes: float, cores: int
) -> None:
    """Steps until the minutes are over, slower and slower, in as many processes as `cores`."""
    import torch.distributed
    import torch.multiprocessing

    learned.share_memory()
    with tempfile.TemporaryDirectory() as folder:
        told = (learned, official, other, drawn, minutes, cores, f"file://{folder}/met")
        torch.multiprocessing.start_processes(_steps, told, cores, start_method="fork")


def _steps(
    rank: int,
    learned: Any,
    official: Ids,
    other: Ids,
    drawn: Drawn,
    minutes: float,
    cores: int,
    meeting: str,
) -> None:
    """What one process does: its own stretches, the mean of all gradients, the same step as all."""
    import torch
    import torch.distributed as others

    others.init_process_group("gloo", init_method=meeting, rank=rank, world_size=cores)
    torch.set_num_threads(1)
    shared, learned = learned, copy.deepcopy(learned)
    rng = np.random.default_rng(7 + rank)
    optimiser = torch.optim.Adam(learned.parameters(), FASTEST, betas=(0.9, 0.99), fused=True)
    began, losses, steps = time.monotonic(), [], 0
    now = torch.zeros(1)
    while True:
        now[0] = (time.monotonic() - began) / 60 / minutes
        others.broadcast(now, 0)  # all stop at the same step
        if (done := float(now)) >= 1:
            break
        slower = min(1, steps / 300 + 0.02) * (1 + math.cos(math.pi * done)) / 2
        for group in optimiser.param_groups:
            group["lr"] = FASTEST * slower + SLOWEST
        loss = loss_of(learned, *segments(official, other, rng), drawn, rng)
        optimiser.zero_grad()
        loss.backward()
        for values in learned.parameters():
            others.all_reduce(values.grad)
            values.grad /= cores
        torch.nn.utils.clip_grad_norm_(learned.parameters(), 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        steps += 1
        if steps % 500 == 0 and not rank:
            print(f"{steps} steps, loss {np.mean(losses):.4f}", file=sys.stderr, flush=True)
            losses.clear()
            shared.load_state_dict(learned.state_dict())
    if not rank:
        shared.load_state_dict(learned.state_dict())


def loss_of(learned: Any, text: Ids, printed: Ids, drawn: Drawn, rng: np.random.Generator) -> Any:
    """The mean loss over the words of a text [B, L] that have readings: minus the logarithm of the
    right one's share, which stands first."""
    import torch

    rows = drawn.pick(text.ravel(), HEAVY_SHARE, rng)
    places = np.flatnonzero(rows >= 0)
    readings = torch.from_numpy(drawn.words[rows[places]])
    read = torch.from_numpy(drawn.scores[rows[places]])
    shown = torch.from_numpy(with_errors(text, drawn, rng))
    with torch.autocast("cpu", torch.bfloat16):
        wanted = learned(shown, torch.from_numpy(misprinted(printed, rng))).float()
    scores = learned.fit(wanted.reshape(-1, WIDTH)[torch.from_numpy(places)], readings) + read
    scores = scores.masked_fill(readings == 0, _NO_READING)
    return torch.nn.functional.cross_entropy(scores, torch.zeros(len(places), dtype=torch.long))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exclude", type=Path, nargs="*", default=[])
    parser.add_argument("--start", type=Path, help="a network to learn on from")
    parser.add_argument("--minutes", type=float, default=85, help="by the clock")
    parser.add_argument("--cores", type=int, default=1)
    options = parser.parse_args(argv)
    train(options.text, options.out, options.exclude, options.minutes, options.start, options.cores)


if __name__ == "__main__":
    main()
