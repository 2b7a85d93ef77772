"""Learn which of the readings left is right under heavy damage: `dictionaries/choice.tsv`.

    python -m benchmarks.train_choice PAIRS.tsv... [--split dev]

In: simulated pairs of heavy damage of the development split (the language model has read the
training split, so its words are too easy there). Out: the weights of `pipeline.restore.choice`,
and how many words they choose wrongly when every other page is left out of learning.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from benchmarks.restore_accuracy import bare_page, pages_of, words
from benchmarks.train_acceptance import given_words
from pipeline.restore.choice import FEATURES, learn, shares
from pipeline.restore.confidence import weight_rows
from pipeline.restore.restore import Restorer
from pipeline.restore.train_channel import align_tokens

OUT = Path(__file__).parent.parent / "dictionaries/choice.tsv"


class Choices(NamedTuple):
    """The words of a page that were chosen: features [N, K, F], which readings there are [N, K],
    and which is right [N]."""

    features: npt.NDArray[np.float64]
    live: npt.NDArray[np.bool_]
    right: npt.NDArray[np.int64]


def choices(restorer: Restorer, read: Sequence[str], truth: Sequence[str]) -> Choices:
    """The words of a page of which one of the readings left is right, and not all are."""
    wanted = wanted_words(read, truth)
    slots, candidates, keep, chosen = restorer.chosen([(0, bare_page(read))])
    kept, right = [], []
    for i, t in enumerate(chosen.asked.tolist()):
        slot = slots[t]
        assert slot is not None
        readings = candidates.readings[slot.row]
        for place in np.flatnonzero(chosen.live[i]).tolist():
            given = given_words(slot.token, readings[keep[t, place]])
            if given == wanted.get((slot.line, slot.start)):
                kept.append(i)
                right.append(place)
                break
    return Choices(chosen.features[kept], chosen.live[kept], np.array(right, np.int64))


def wanted_words(read: Sequence[str], truth: Sequence[str]) -> dict[tuple[int, int], list[str]]:
    """The word or the two words printed for each token read, by line and place."""
    found = {}
    for number, (line, right) in enumerate(zip(read, truth, strict=True)):
        tokens = [(m.start(), m.group()) for m in regex.finditer(r"\S+", line)]
        shown = right.split()
        for left, at in align_tokens(shown, [token for _, token in tokens]):
            if len(at) == 1 and len(left) in (1, 2):
                found[number, tokens[at[0]][0]] = words(" ".join(shown[i] for i in left))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="+", type=Path, help="heavy damage")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    restorer = Restorer.load()
    found = [
        choices(restorer, read, truth)
        for path in options.pairs
        for truth, read in pages_of(path, options.split)
    ]
    x, live, right = (np.concatenate([getattr(d, name) for d in found]) for name in Choices._fields)
    fold = np.concatenate([np.full(len(d.right), i % 2) for i, d in enumerate(found)])
    best = np.zeros(len(right), np.int64)
    for part in (0, 1):
        weights = learn(x[fold != part], live[fold != part], right[fold != part])
        best[fold == part] = shares(x[fold == part] @ weights, live[fold == part]).argmax(1)
    plain = np.where(live, x[..., 0], -np.inf).argmax(1)
    print(
        f"of {len(right)} words {(plain != right).sum()} are chosen wrongly by n-grams alone, "
        f"{(best != right).sum()} as learned"
    )
    lines = [
        "# Which reading is right, under heavy damage: weights of a conditional logit model.",
        "# Made by: python -m benchmarks.train_choice",
        "# channel\tfeature\tweight",
        *weight_rows("eng", FEATURES, learn(x, live, right)),
    ]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
