"""Learn how sure the program may be of each word: `dictionaries/confidence.tsv`.

    python -m benchmarks.train_confidence --eng PAIRS.tsv... --vie PAIRS.tsv... [--split dev]

In: simulated pairs of the development split (the language model has read the training split, so
its words are too easy there). Out: the weights of `pipeline.restore.confidence`, and how large a
share of the errors left the least sure words hold when every other page is left out of learning.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from benchmarks.restore_accuracy import matched, pages_of, words
from pipeline.document import Line, PageLayout, RestoredLine
from pipeline.restore.confidence import FEATURES, learn, weight_rows
from pipeline.restore.restore import Model, Restorer

OUT = Path(__file__).parent.parent / "dictionaries/confidence.tsv"
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def judged_words(
    restorer: Restorer, truth: Sequence[str], read: Sequence[str], model: Model
) -> tuple[Doubles, list[bool]]:
    """The features of each token of a page [N, F], and whether the word given for it is right."""
    page = PageLayout(1, 0, 0, 0, tuple(Line(text) for text in read))
    restored = restorer.restore_pages([page], model)[0]
    wrong = {
        (number, start)
        for number, (right, line) in enumerate(zip(truth, restored.lines, strict=True))
        for start in wrong_tokens(right, line)
    }
    features, right_words = [], []
    for judgement in restorer.judgements([page], model):
        for slot, row in zip(judgement.slots, judgement.found.features(), strict=True):
            if slot is not None:
                features.append(row)
                span = range(slot.start, slot.start + len(slot.token))
                right_words.append(not any((slot.line, at) in wrong for at in span))
    return np.array(features).reshape(-1, len(FEATURES)), right_words


def wrong_tokens(truth: str, line: RestoredLine) -> list[int]:
    """Where in the raw line the tokens begin for which a wrong word is given."""
    counted: list[str] = []
    starts: list[int] = []
    for match in regex.finditer(r"\S+", line.text):
        for word in words(match.group()):
            counted.append(word)
            starts.append(_raw(line, match.start()))
    right = matched(words(truth), counted)[0]
    return [start for i, start in enumerate(starts) if i not in right]


def _raw(line: RestoredLine, at: int) -> int:
    """The place in the raw line of a place in the restored one."""
    shift = 0
    for c in sorted(line.corrections, key=lambda c: c.start):
        if c.start + shift >= at:
            break
        if at < c.start + shift + len(c.after):
            return c.start
        shift += len(c.after) - len(c.before)
    return at - shift


def caught(sure: Doubles, right: Bools, share: float = 0.03) -> float:
    """The share of the wrong words among the least sure `share` of all."""
    order = np.argsort(sure, kind="stable")
    return float((~right[order[: int(share * len(right))]]).sum() / max(1, (~right).sum()))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--eng", nargs="+", type=Path, default=[], help="heavy damage")
    parser.add_argument("--vie", nargs="+", type=Path, default=[], help="weak and light damage")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    restorer = Restorer.load()
    restorer.least_sure = dict.fromkeys(restorer.least_sure, 0.0)  # what is to be learned
    lines = [
        "# How much each feature of a word tells of its being right: weights of a logistic model.",
        "# Made by: python -m benchmarks.train_confidence",
        "# channel\tfeature\tweight",
    ]
    models: dict[Model, list[Path]] = {"eng": options.eng, "vie": options.vie}
    for model, paths in models.items():
        pages = [
            judged_words(restorer, truth, read, model)
            for path in paths
            for truth, read in pages_of(path, options.split)
        ]
        if not pages:
            continue
        x = np.concatenate([features for features, _ in pages])
        right = np.concatenate([np.array(words, bool) for _, words in pages])
        fold = np.concatenate([np.full(len(words), i % 2) for i, (_, words) in enumerate(pages)])
        sure = np.zeros(len(right))
        for part in (0, 1):
            sure[fold == part] = x[fold == part] @ learn(x[fold != part], right[fold != part])
        print(
            f"{model}: {(~right).sum()} of {len(right)} words wrong, "
            f"{100 * caught(sure, right):.0f} % of them among the 3 % least sure"
        )
        lines += weight_rows(model, FEATURES, learn(x, right))
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
