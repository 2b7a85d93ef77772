"""Forward and backward over runs of tokens: what each reading is worth among all sequences.

In: how likely each reading is after those before it. Out: its best score, or its probability. Runs
are worked on side by side, a few array operations a step; each is exact by itself, so that what is
found of one does not depend on what it is worked on with.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        places = np.flatnonzero(inside)
        first = begins[places]
        first[1:] |= np.diff(places) > 1
        first[:1] = True
        starts = np.flatnonzero(first)
        lengths = np.diff(starts, append=len(places))
        longest = np.argsort(-lengths, kind="stable")
        rank = np.empty_like(longest)
        rank[longest] = np.arange(len(longest))
        step = np.arange(len(places)) - np.repeat(starts, lengths)
        order = np.argsort(step * len(starts) + np.repeat(rank, lengths))
        ends = np.cumsum(np.bincount(step)).tolist()
        return cls(places[order], tuple(map(slice, [0, *ends[:-1]], ends)))


def max_marginals(steps: Floats, emitted: Floats, runs: Runs) -> Floats:
    """The score of the best path through each reading of each token of `runs` [N, K], in their
    order. `steps` [N, K, K]: the score of a reading (last axis) after each of the token before, of
    no account for first tokens; `emitted` [N, K]: its score by itself."""
    flow = steps + emitted[:, None, :]
    forward, backward = emitted.copy(), np.zeros_like(emitted)
    for before, now in zip(runs.steps, runs.steps[1:], strict=False):
        rows = now.stop - now.start
        forward[now] = (forward[before][:rows, :, None] + flow[now]).max(1)
    for before, now in zip(runs.steps[-2::-1], runs.steps[:0:-1], strict=True):
        rows = now.stop - now.start
        backward[before][:rows] = (flow[now] + backward[now][:, None, :]).max(2)
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
    for t, (before, now) in enumerate(zip(runs.steps, runs.steps[1:], strict=False), 1):
        rows = now.stop - now.start
        forward[now] = (forward[before][:rows, ..., None] * flow[now]).sum(1)
        if t % RESCALED == 0:
            forward[now] /= np.maximum(_total(forward[now]), 1e-300)
    for t, (before, now) in enumerate(zip(runs.steps[-2::-1], runs.steps[:0:-1], strict=True), 1):
        rows = now.stop - now.start
        part = backward[before][:rows]
        part[...] = (flow[now] * backward[now][:, None]).sum(-1)
        if t % RESCALED == 0:
            part /= np.maximum(_total(part), 1e-300)
    share = (forward * backward).sum(tuple(range(1, order)))
    out: Doubles = share / np.maximum(share.sum(-1, keepdims=True), 1e-300)
    return out


def _total(values: Doubles) -> Doubles:
    """The sum of each row of `values`, with its axes kept."""
    axes = tuple(range(1, values.ndim))
    total: Doubles = values.sum(axes, keepdims=True)
    return total
