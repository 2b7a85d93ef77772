"""What each operation of reading is worth: the development letters as read, one left out at a time.

`python -m benchmarks.operations [NAME…]`; about half a minute for each on one core. In: the
reference letters. Out: syllable error rate and bag error without restoration.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np

from benchmarks.reading import REFERENCE
from pipeline import (
    coloured,
    columns,
    imaging,
    poppler,
    seals,
    stamps,
    tesseract,
    under_seals,
    upright,
)
from pipeline.evaluate import TextScore, score_text
from pipeline.evaluate.gold import Truth, truths_in
from pipeline.intake import Candidate, read_source
from pipeline.layout import marks
from pipeline.reading import read_page
from pipeline.settings import Settings

Patch = AbstractContextManager[Any]
_draw = poppler.render_page


def _signatures_drawn(*args: Any, **options: Any) -> Any:
    return _draw(*args, **{**options, "without": ()})


def _grey(pixels: seals.Grey) -> tuple[seals.Grey, float]:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8), 0.0


def _nothing(*_: Any) -> list[Any]:
    return []


OPERATIONS: dict[str, Callable[[], Sequence[Patch]]] = {
    "none": lambda: (),
    "signatures": lambda: (patch.object(poppler, "render_page", _signatures_drawn),),
    "colour": lambda: (patch.object(seals, "without_red", _grey),),
    "deskew": lambda: (patch.object(upright, "LEAST_SKEW", 99.0),),
    "seals": lambda: (patch.object(seals, "without_round_seals", lambda grey, _: (grey, [], [])),),
    "rings": lambda: (
        patch.object(seals, "rings", lambda part, *_: np.zeros(part.shape, np.bool_)),
    ),
    "coloured": lambda: (patch.object(coloured, "channels", lambda _: None),),
    "second_look": lambda: (patch.object(under_seals, "retakes", _nothing),),
    "stamps": lambda: (
        patch.object(seals, "stamp_frames", _nothing),
        patch.object(stamps, "framed_places", _nothing),
        patch.object(marks, "loose_stamps", _nothing),
        patch.object(marks, "frames", _nothing),
    ),
    "resample": lambda: (patch.object(imaging, "_for_reading", _nothing),),
    "soften": lambda: (patch.object(imaging, "SOFTEN", 0.01),),
    "columns": lambda: (patch.object(columns, "gutters", _nothing),),
    "cells": lambda: (patch.object(tesseract, "tables", _nothing),),
    "worn_frames": lambda: (patch.object(imaging, "worn_frames", _nothing),),
    "red_print": lambda: (patch.object(imaging, "_names_in_red", _nothing),),
    "passed_over": lambda: (patch.object(tesseract, "unread", _nothing),),
}
"""What to put in the place of each operation; `none` leaves all on."""


def score_without(name: str, truths: Sequence[Truth]) -> TextScore:
    """The scores of `truths` as read with the operation `name` left out."""
    with ExitStack() as off:
        for change in OPERATIONS[name]():
            off.enter_context(change)
        return sum((score_text(_read(t), t.text) for t in truths), TextScore())


def _read(truth: Truth) -> str:
    sources = tuple(truth.sources)
    path = sources[0] if len(sources) == 1 else sources[0].parent
    pages = read_source(Candidate(path, sources), Settings()).pages
    layouts = (read_page(page, Settings()).layout for page in pages)
    return "\f".join("\n".join(line.text for line in page.lines) for page in layouts)


def main() -> int:
    """Measure and print; exit code 1 where the reference letters are not there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operations", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *OPERATIONS], help="default: all")
    options = parser.parse_args()
    if not REFERENCE.is_dir():
        print(f"skipped: {REFERENCE} is not there", file=sys.stderr)
        return 1
    os.environ["OMP_THREAD_LIMIT"] = "1"
    truths = truths_in(REFERENCE)
    print(f"{'left out':12}{'ser %':>8}{'bag %':>8}")
    for name in options.names or OPERATIONS:
        rates = score_without(name, truths).now
        ser, bag = rates.syllable_error_rate or 0.0, rates.bag_error or 0.0
        print(f"{name:12}{100 * ser:8.2f}{100 * bag:8.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
