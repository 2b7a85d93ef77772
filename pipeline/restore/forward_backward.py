"""Forward and backward over runs of tokens: what each reading is worth among all sequences.

In: how likely each reading is after those before it. Out: its best score, or its probability. Runs
are worked on side by side, a few array operations a step; each is exact by itself, so that what is
found of one does not depend on what it is worked on with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import Floats, Ids

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RESCALED = 4  # steps after which probabilities are scaled anew, lest they vanish


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of neighbouring tokens, laid out step by step: the first token of every run, the longest
    run first, then their second tokens, and so on. `tokens` [N]: their places in the sequence;
    `steps`: the part of `tokens` that each step is."""

    tokens: Ids
    steps: tuple[slice, ...]

    @classmethod
    def of(cls, inside: Bools, begins: Bools) -> Runs:
        """The runs of the tokens `inside` [T]; a new one begins after a gap, and where `begins`
        [T] says so."""
        places = inside.nonzero()[0]
        first = begins.take(places)
        first[1:] |= places[1:] - places[:-1] > 1
        first[:1] = True
        starts = first.nonzero()[0]
        lengths = np.append(starts[1:], len(places)) - starts
        longest = (-lengths).argsort(kind="stable")
        rank = np.empty_like(longest)
        rank[longest] = np.arange(len(longest))
        step = np.arange(len(places)) - starts.repeat(lengths)
        order = (step * len(starts) + rank.repeat(lengths)).argsort()
        ends = np.bincount(step).cumsum().tolist()
        return cls(places.take(order), tuple(map(slice, [0, *ends[:-1]], ends)))

    def forward(self) -> Iterator[tuple[slice, slice]]:
        """Each step but the first, after the places before it of the same runs."""
        for before, now in pairwise(self.steps):
            yield slice(before.start, before.start + now.stop - now.start), now

    def backward(self) -> Iterator[tuple[slice, slice]]:
        """The same from the last step on."""
        yield from list(self.forward())[::-1]


def max_marginals(steps: Floats, emitted: Floats, runs: Runs) -> Floats:
    """The score of the best path through each reading of each token of `runs` [N, K], in their
    order. `steps` [N, K, K]: the score of a reading (last axis) after each of the token before, of
    no account for first tokens; `emitted` [N, K]: its score by itself."""
    flow = steps + emitted[:, None, :]
    forward, backward = emitted.copy(), np.zeros_like(emitted)
    for before, now in runs.forward():
        np.maximum.reduce(forward[before, :, None] + flow[now], 1, out=forward[now])
    for before, now in runs.backward():
        np.maximum.reduce(flow[now] + backward[now, None, :], 2, out=backward[before])
    out: Floats = forward + backward
    return out


def marginals(steps: Doubles, weight: Doubles, runs: Runs) -> Doubles:
    """The probability of each reading of each token of `runs` [N, K], in their order. `steps`
    [N, K, …, K]: the probability of a reading (last axis) after those of the tokens before it, of
    no account for first tokens; `weight` [N, K]: of each by itself. A run begins with as many
    tokens of one reading as the steps look back."""
    k, order = weight.shape[1], steps.ndim - 2
    flow = steps * weight.reshape(len(weight), *[1] * order, k)
    forward = np.empty((len(weight), *[k] * order))
    backward = np.ones_like(forward)
    if runs.steps:
        first = runs.steps[0]
        forward[first] = weight[first].reshape(-1, *[1] * (order - 1), k)
    for t, (before, now) in enumerate(runs.forward(), 1):
        part = forward[now]
        np.add.reduce(forward[before, ..., None] * flow[now], 1, out=part)
        if t % RESCALED == 0:
            part /= np.maximum(_total(part), 1e-300)
    for t, (before, now) in enumerate(runs.backward(), 1):
        part = backward[before]
        np.add.reduce(flow[now] * backward[now, None], -1, out=part)
        if t % RESCALED == 0:
            part /= np.maximum(_total(part), 1e-300)
    share = (forward * backward).sum(tuple(range(1, order)))
    out: Doubles = share / np.maximum(share.sum(-1, keepdims=True), 1e-300)
    return out


def _total(values: Doubles) -> Doubles:
    """The sum of each row of `values`, with its axes kept."""
    axes = tuple(range(1, values.ndim))
    total: Doubles = np.add.reduce(values, axes, keepdims=True)
    return total
