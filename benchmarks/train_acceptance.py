"""Learn when another reading of a word is taken: `dictionaries/acceptance.tsv`.

    python -m benchmarks.train_acceptance PAIRS.tsv... --clean CORPUS [--split dev]

In: simulated pairs of weak and light damage of the development split (the language model has read
the training split, so its words are too easy there), and clean text of that split, of which each
document counts as right as it is. Out: the weights of `pipeline.restore.acceptance`, and what it
takes of documents left out of learning.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex
from rapidfuzz.distance import Levenshtein

from benchmarks.restore_accuracy import pages_of, words
from pipeline.document import Line, PageLayout
from pipeline.restore import corpus
from pipeline.restore.acceptance import FEATURES
from pipeline.restore.candidates import Reading, printed
from pipeline.restore.confidence import learn, weight_rows
from pipeline.restore.restore import Restorer

OUT = Path(__file__).parent.parent / "dictionaries/acceptance.tsv"
CLEAN_SHARE = 0.04
"""Share of the clean documents of the split."""

_LONGEST = 30_000
_FOLDS = 4
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Offers(NamedTuple):
    """The words of a document that another reading is offered for: features [M, F], whether the
    word as read is right, whether the other reading is."""

    features: Doubles
    own: Bools
    other: Bools


def offers(restorer: Restorer, read: Sequence[str], truth: Sequence[str] | None) -> Offers:
    """The offers of a document; `truth` None: it is right as it is."""
    wanted = None if truth is None else _wanted(read, truth)
    page = PageLayout(1, 0, 0, 0, tuple(Line(text) for text in read))
    slots, decoded = restorer.decoded([(0, page)], "vie")
    at, others, offered = decoded.offered()
    features, own, other = [], [], []
    for t, k, row in zip(at.tolist(), others.tolist(), offered.features(), strict=True):
        slot = slots[t]
        assert slot is not None
        reading = decoded.candidates.readings[slot.row][decoded.keep[t, k]]
        as_read, given = words(slot.token), given_words(slot.token, reading)
        right = [as_read] if wanted is None else wanted.get((slot.line, slot.start))
        if right is not None and given != as_read:
            features.append(row)
            own.append(as_read == right[0])
            other.append(given in right)
    shape = np.array(features, np.float64).reshape(-1, len(FEATURES))
    return Offers(shape, np.array(own, bool), np.array(other, bool))


def given_words(token: str, reading: Reading) -> list[str]:
    """The words that a reading of a token gives."""
    before = token[reading.start : reading.end]
    after = printed(reading.word or before, before, reading.shape)
    return words(token[: reading.start] + after + token[reading.end :])


def _wanted(read: Sequence[str], truth: Sequence[str]) -> dict[tuple[int, int], list[list[str]]]:
    """The words printed for each token read, by line and place, where as many stand side by
    side; after these the same with the word before and with the one after, which may have been
    read as one with it."""
    found = {}
    for number, (line, right) in enumerate(zip(read, truth, strict=True)):
        tokens = [(m.start(), m.group()) for m in regex.finditer(r"\S+", line)]
        printed = right.split()
        keys = [[" ".join(words(t)) for t in side] for side in ([t for _, t in tokens], printed)]
        for op in Levenshtein.opcodes(*keys):
            if op.src_end - op.src_start == op.dest_end - op.dest_start:
                for k in range(op.src_end - op.src_start):
                    start = tokens[op.src_start + k][0]
                    at = op.dest_start + k
                    spans = ((at, at + 1), (max(at - 1, 0), at + 1), (at, at + 2))
                    found[number, start] = [words(" ".join(printed[a:b])) for a, b in spans]
    return found


def documents(
    restorer: Restorer, pairs: Sequence[Path], clean: Path, split: str
) -> Iterator[Offers]:
    """The offers of all pages, then of the clean documents."""
    for path in pairs:
        for truth, read in pages_of(path, split):
            yield offers(restorer, read, truth)
    for path in corpus.text_files(clean):
        held = [d for d in corpus.documents(path) if corpus.split_of(d) == split]
        for text in held[: max(1, int(len(held) * CLEAN_SHARE))]:
            yield offers(restorer, text[:_LONGEST].split("\n"), None)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="+", type=Path, help="weak and light damage")
    parser.add_argument("--clean", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    found = list(documents(Restorer.load(), options.pairs, options.clean, options.split))
    x = np.concatenate([d.features for d in found])
    own, other = (np.concatenate([getattr(d, name) for d in found]) for name in ("own", "other"))
    fold = np.concatenate([np.full(len(d.own), i % _FOLDS) for i, d in enumerate(found)])
    taken = np.zeros(len(own), bool)
    for part in range(_FOLDS):
        weights = learn(x[fold != part], other[fold != part])
        taken[fold == part] = x[fold == part] @ weights > 0
    print(
        f"of {len(own)} words {other.sum()} are better changed, {(taken & other).sum()} of these "
        f"are taken, {(taken & own).sum()} that were right"
    )
    lines = [
        "# When another reading of a word is taken: weights of a logistic model.",
        "# Made by: python -m benchmarks.train_acceptance",
        "# channel\tfeature\tweight",
        *weight_rows("vie", FEATURES, learn(x, other)),
    ]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
