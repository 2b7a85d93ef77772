"""Forward and backward over a sequence of tokens: what each reading is worth among all sequences.

In: how likely each reading is after those before it. Out: its best score, or its probability. The
sequence is worked on as one batch of overlapping windows: a few array operations a step.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.restore.language_model import Floats, Ids

Doubles = npt.NDArray[np.float64]
_T = TypeVar("_T", bound=np.generic)
CORE = 20  # tokens of a window that are told of
AROUND = 7  # and tokens on either side that count with them
RESCALED = 4  # steps after which probabilities are scaled anew, lest they vanish


def _windows(n: int) -> Ids:
    """Positions [R, L] of overlapping windows over a padded sequence of `n` tokens."""
    starts = np.arange(0, n - 2 * AROUND, CORE)
    return starts[:, None] + np.arange(CORE + 2 * AROUND)[None, :]


def padded(values: npt.NDArray[_T], fill: tuple[float, float]) -> npt.NDArray[_T]:
    """`values` [T, K] with boundary tokens before and after, to a whole number of windows.

    `fill`: the value of a boundary's only reading, and of the readings it has not."""
    n, k = values.shape
    tail = -n % CORE + AROUND
    row = np.full((1, k), fill[1])
    row[0, 0] = fill[0]
    blank = row.astype(values.dtype)
    return np.concatenate([np.repeat(blank, AROUND, 0), values, np.repeat(blank, tail, 0)])


def max_marginals(steps: Floats, emitted: Floats) -> Floats:
    """Score of the best path through each reading of each token. `steps` [T, K, K]."""
    index = _windows(len(emitted)).T
    length, rows = index.shape
    flow = (steps + emitted[:, None, :])[index]
    forward = np.empty((length, rows, emitted.shape[1]), np.float32)
    forward[0] = emitted[index[0]]
    for t in range(1, length):
        forward[t] = (forward[t - 1][:, :, None] + flow[t]).max(1)
    backward = np.zeros_like(forward)
    for t in range(length - 1, 0, -1):
        backward[t - 1] = (flow[t] + backward[t][:, None, :]).max(2)
    out = np.empty_like(emitted)
    inside = slice(AROUND, length - AROUND)
    out[index[inside]] = forward[inside] + backward[inside]
    return out


def marginals(steps: Doubles, weight: Doubles) -> Doubles:
    """Posterior probability of each reading of each token. `steps` [T, K, …, K]: probability of a
    reading (last axis) after those of the tokens before it, `weight` [T, K] of each by itself."""
    index = _windows(len(weight)).T
    length, rows = index.shape
    k, order = weight.shape[1], steps.ndim - 2
    flow = (steps * weight.reshape(len(weight), *[1] * order, k))[index]
    forward = np.empty((length, rows, *[k] * order))
    forward[0] = _first_histories(weight, index[0], order)
    for t in range(1, length):
        forward[t] = (forward[t - 1][..., None] * flow[t]).sum(1)
        if t % RESCALED == 0:
            forward[t] /= np.maximum(_total(forward[t]), 1e-300)
    backward = np.ones_like(forward)
    for t in range(length - 1, 0, -1):
        backward[t - 1] = (flow[t] * backward[t][:, None]).sum(-1)
        if t % RESCALED == 0:
            backward[t - 1] /= np.maximum(_total(backward[t - 1]), 1e-300)
    inside = slice(AROUND, length - AROUND)
    share = (forward[inside] * backward[inside]).sum(tuple(range(2, order + 1)))
    shares = np.zeros_like(weight)
    shares[index[inside]] = share / np.maximum(share.sum(-1, keepdims=True), 1e-300)
    return shares


def _first_histories(weight: Doubles, start: Ids, order: int) -> Doubles:
    """What the readings of the first token of each window and those before it weigh together
    [R, K, …, K]: the last by its weight, the others alike."""
    rows, k = len(start), weight.shape[1]
    before = np.ones((rows, *[1] * order))
    for back in range(order):
        at = start - back
        own = np.where((at >= 0)[:, None], weight[np.maximum(at, 0)], 1.0)
        own = own if back == 0 else (own > 0).astype(np.float64)
        before = before * own.reshape(rows, *[1] * (order - 1 - back), k, *[1] * back)
    return before


def _total(values: Doubles) -> Doubles:
    """The sum of each row of `values`, with its axes kept."""
    axes = tuple(range(1, values.ndim))
    total: Doubles = values.sum(axes, keepdims=True)
    return total
