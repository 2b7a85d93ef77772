"""Learn when another reading of a word is taken: `dictionaries/acceptance.tsv`.

    python -m benchmarks.train_acceptance PAIRS.tsv... --clean CORPUS [--split dev]

In: simulated pairs of weak and light damage of the development split (the language model has read
the training split, so its words are too easy there), and clean text of that split, of which each
document counts as right as it is. Out: the weights of `pipeline.restore.acceptance`, and what it
takes of documents left out of learning; both twice, without and with Tesseract's confidence in each
word. Words of clean text get that of words which were read right, drawn at random.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex
from rapidfuzz.distance import Levenshtein

from benchmarks.restore_accuracy import ReadPage, bare_page, read_pages, words
from pipeline.document import Line, PageLayout, Word
from pipeline.restore import corpus
from pipeline.restore.acceptance import FEATURES, TOLD_FEATURES
from pipeline.restore.candidates import Reading, printed
from pipeline.restore.confidence import TOLD, learn, weight_rows
from pipeline.restore.restore import Restorer

OUT = Path(__file__).parent.parent / "dictionaries/acceptance.tsv"
CLEAN_SHARE = 0.04
"""Share of the clean documents of the split."""

_LONGEST = 30_000
_FOLDS = 4
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Offers(NamedTuple):
    """The words of a document that another reading is offered for: features [M, F], those by the
    OCR's confidence [M, C], whether the word as read is right, whether the other reading is."""

    features: Doubles
    told: Doubles
    own: Bools
    other: Bools


def offers(restorer: Restorer, page: PageLayout, truth: Sequence[str] | None) -> Offers:
    """The offers of a document; `truth` None: it is right as it is."""
    wanted = None if truth is None else _wanted([line.text for line in page.lines], truth)
    slots, decoded = restorer.decoded([(0, page)], "vie")
    at, others, offered = decoded.offered()
    features, told, own, other = [], [], [], []
    rows = (offered.features(), offered.told_features())
    for t, k, row, more in zip(at.tolist(), others.tolist(), *rows, strict=True):
        slot = slots[t]
        assert slot is not None
        reading = decoded.candidates.readings[slot.row][decoded.keep[t, k]]
        as_read, given = words(slot.token), given_words(slot.token, reading)
        right = [as_read] if wanted is None else wanted.get((slot.line, slot.start))
        if right is not None and given != as_read:
            features.append(row)
            told.append(more)
            own.append(as_read == right[0])
            other.append(given in right)
    plain = np.array(features, np.float64).reshape(-1, len(FEATURES))
    shape = (-1, len(TOLD_FEATURES) - len(FEATURES))
    by_confidence = np.array(told, np.float64).reshape(shape)
    return Offers(plain, by_confidence, np.array(own, bool), np.array(other, bool))


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
    restorer: Restorer, pairs: Sequence[Path], clean: Path, split: str, *, told: bool
) -> Iterator[Offers]:
    """The offers of all pages, then of the clean documents; with the confidence of words if that is
    to be `told`."""
    pages = [page for path in pairs for page in read_pages(path, split)]
    for page in pages:
        yield offers(restorer, page.read if told else page.bare(), page.truth)
    sure = np.array([c for page in pages for c in _of_right_words(page)] if told else [])
    chance = np.random.default_rng(1)
    for path in corpus.text_files(clean):
        held = [d for d in corpus.documents(path) if corpus.split_of(d) == split]
        for text in held[: max(1, int(len(held) * CLEAN_SHARE))]:
            right = bare_page(text[:_LONGEST].split("\n"))
            yield offers(restorer, _well_read(right, sure, chance) if told else right, None)


def _of_right_words(page: ReadPage) -> Iterator[float]:
    """The confidence of the words of a page that were read right."""
    wanted = _wanted([line.text for line in page.read.lines], page.truth)
    for number, line in enumerate(page.read.lines):
        for at, word in zip(line.starts(), line.words, strict=True):
            right = wanted.get((number, at))
            if right is not None and words(word.text) == right[0]:
                yield word.confidence


def _well_read(page: PageLayout, sure: Doubles, chance: np.random.Generator) -> PageLayout:
    """A page of clean text as if it had been read, each word with one of the confidences `sure`."""
    lines = []
    for line in page.lines:
        texts = line.text.split()
        drawn = zip(texts, chance.choice(sure, len(texts)).tolist(), strict=True)
        told = tuple(Word(text, (0, 0, 0, 0), c) for text, c in drawn)
        lines.append(Line(" ".join(texts), words=told))
    return replace(page, lines=tuple(lines))


def learned(found: Sequence[Offers], *, told: bool) -> list[str]:
    """The rows of weights, learned with or without the confidence of words; what they take of
    documents left out is printed."""
    parts = [np.column_stack(d[:2]) if told else d.features for d in found]
    x = np.concatenate(parts)
    own, other = (np.concatenate([getattr(d, name) for d in found]) for name in ("own", "other"))
    fold = np.concatenate([np.full(len(d.own), i % _FOLDS) for i, d in enumerate(found)])
    taken = np.zeros(len(own), bool)
    for part in range(_FOLDS):
        weights = learn(x[fold != part], other[fold != part])
        taken[fold == part] = x[fold == part] @ weights > 0
    channel, features = ("vie" + TOLD, TOLD_FEATURES) if told else ("vie", FEATURES)
    print(
        f"{channel}: of {len(own)} words {other.sum()} are better changed, {(taken & other).sum()} "
        f"of these are taken, {(taken & own).sum()} that were right"
    )
    return weight_rows(channel, features, learn(x, other))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="+", type=Path, help="weak and light damage")
    parser.add_argument("--clean", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    restorer = Restorer.load(simulated=True)
    lines = [
        "# When another reading of a word is taken: weights of a logistic model.",
        "# Made by: python -m benchmarks.train_acceptance",
        "# channel\tfeature\tweight",
    ]
    for told in (False, True):
        given = (options.pairs, options.clean, options.split)
        lines += learned(list(documents(restorer, *given, told=told)), told=told)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
