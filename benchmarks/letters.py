"""Whole letters, from scan to record, against their truth, beside plain Tesseract on the same
scans in the same run.

In: a folder of truth (docs/metrics.md). Out: the scores, Tesseract's, and seconds a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pdf2image
import pytesseract
from PIL import Image, ImageSequence

from pipeline.batch.gold import processed
from pipeline.batch.progress import Quiet
from pipeline.evaluate import Scores, TextScore, evaluate, score_text
from pipeline.evaluate.gold import Truth, truths_in
from pipeline.settings import Settings

PLAIN_DPI = 300


@dataclass(frozen=True, slots=True)
class LetterFigures:
    """What came out for one folder of truth; seconds are for one page on one core."""

    scores: Scores
    plain: TextScore
    pages: int
    seconds_a_page: float
    plain_seconds_a_page: float

    def figures(self, name: str) -> dict[str, float]:
        """The figures that have floors, by name."""
        text = self.scores.text
        found = {
            "syllable_error_rate": text.now.syllable_error_rate,
            "bag_error": text.now.bag_error,
            "marks_back": text.now.marks_back,
            "header": self.scores.header,
            "lists": self.scores.lists,
        }
        return {f"{name}.{key}": value for key, value in found.items() if value is not None}

    def table(self, name: str) -> str:
        """A table for people: plain Tesseract, our reading before and after restoration."""
        text = self.scores.text
        rows = [("plain Tesseract", self.plain.now), ("congvan, as read", text.raw)]
        rows.append(("congvan, restored", text.now))
        lines = [f"{name}: {len(self.scores.letters)} letters, {self.pages} pages"]
        lines.append(f"{'':20}{'ser %':>8}{'bag %':>8}{'marks %':>9}")
        for label, rates in rows:
            if rates:
                cells = (rates.syllable_error_rate, rates.bag_error, rates.marks_back)
                ser, bag, marks = (100 * (cell or 0.0) for cell in cells)
                lines.append(f"{label:20}{ser:8.2f}{bag:8.2f}{marks:9.2f}")
        lines.append(f"helped {text.helped}, hurt {text.hurt} of {text.now.words} words")
        lines.append(
            f"seconds a page: {self.seconds_a_page:.2f}, "
            f"plain Tesseract {self.plain_seconds_a_page:.2f}"
        )
        return "\n".join(lines)


def measure(gold: Path, settings: Settings | None = None) -> LetterFigures:
    """Process the letters of `gold` on one core, read them with plain Tesseract, score both."""
    chosen = settings or Settings()
    truths = truths_in(gold)
    pages = sum(len(truth.pages) for truth in truths)
    with _timed() as whole, processed(gold, chosen, 1, Quiet()) as out:
        whole.stop()
        scores = evaluate(gold, out)
    with _timed() as plain_time:
        plain = [score_text(read_plainly(t, chosen.ocr_model), t.text) for t in truths]
        plain_time.stop()
    return LetterFigures(
        scores,
        sum(plain, TextScore()),
        pages,
        whole.seconds / pages,
        plain_time.seconds / pages,
    )


def read_plainly(truth: Truth, model: str) -> str:
    """What a user gets without us: pages at 300 dpi, grey, Tesseract's own order."""
    texts = [
        str(
            pytesseract.image_to_string(
                image, lang=model, config=f"--psm 3 --dpi {PLAIN_DPI}", timeout=300
            )
        )
        for source in truth.sources
        for image in _pages(source)
    ]
    return "\n".join(texts)


def _pages(source: Path) -> Iterator[Image.Image]:
    if source.suffix.lower() == ".pdf":
        yield from pdf2image.convert_from_path(source, dpi=PLAIN_DPI, grayscale=True)
    elif source.suffix.lower() != ".txt":
        with Image.open(source) as file:
            for frame in ImageSequence.Iterator(file):
                yield frame.convert("L")


class _Stopwatch:
    def __init__(self) -> None:
        self._start = perf_counter()
        self.seconds = 0.0

    def stop(self) -> None:
        self.seconds = perf_counter() - self._start


@contextmanager
def _timed() -> Iterator[_Stopwatch]:
    yield _Stopwatch()
