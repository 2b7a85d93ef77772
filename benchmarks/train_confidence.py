"""Learn how sure the program may be of each word: `dictionaries/confidence.tsv`.

    python -m benchmarks.train_confidence --eng PAIRS.tsv... --vie PAIRS.tsv... [--split dev]

In: simulated pairs of the development split (the language model has read the training split, so
its words are too easy there). Out: the weights of `pipeline.restore.confidence`, and how large a
share of the errors left the least sure words hold when every other page is left out of learning.
The Vietnamese model's weights are learned twice: with and without what it tells of each word.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from benchmarks.restore_accuracy import ReadPage, matched, read_pages, words
from pipeline.document import PageLayout, RestoredLine
from pipeline.restore import word_confidence
from pipeline.restore.confidence import FEATURES, TOLD, TOLD_FEATURES, learn, weight_rows
from pipeline.restore.restore import Model, Restorer

OUT = Path(__file__).parent.parent / "dictionaries/confidence.tsv"
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def judged_words(
    restorer: Restorer, truth: Sequence[str], page: PageLayout, model: Model
) -> tuple[Doubles, Doubles, list[bool]]:
    """The features of each token of a page [N, F], those by its confidence [N, C], and whether the
    word given for it is right."""
    restored = restorer.restore_pages([page], model)[0]
    wrong = {
        (number, start)
        for number, (right, line) in enumerate(zip(truth, restored.lines, strict=True))
        for start in wrong_tokens(right, line)
    }
    features, told, right_words = [], [], []
    for judgement in restorer.judgements([page], model):
        found = judgement.found
        rows = zip(judgement.slots, found.features(), found.told_features(), strict=True)
        for slot, row, more in rows:
            if slot is not None:
                features.append(row)
                told.append(more)
                span = range(slot.start, slot.start + len(slot.token))
                right_words.append(not any((slot.line, at) in wrong for at in span))
    shape = (-1, len(TOLD_FEATURES) - len(FEATURES))
    plain = np.array(features).reshape(-1, len(FEATURES))
    return plain, np.array(told).reshape(shape), right_words


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


def learned(
    restorer: Restorer, pages: Iterable[ReadPage], model: Model, *, told: bool
) -> list[str]:
    """The rows of weights for one model, of words whose confidence is `told` or not; what they
    catch is printed."""
    judged = [
        judged_words(restorer, page.truth, page.read if told else page.bare(), model)
        for page in pages
    ]
    parts = [np.column_stack(page[:2]) if told else page[0] for page in judged]
    x, right = np.concatenate(parts), np.concatenate([np.array(page[2], bool) for page in judged])
    fold = np.concatenate([np.full(len(part), i % 2) for i, part in enumerate(parts)])
    if told:
        known = word_confidence.known(x[:, len(FEATURES) :])
        x, right, fold = x[known], right[known], fold[known]
    sure = np.zeros(len(right))
    for part in (0, 1):
        sure[fold == part] = x[fold == part] @ learn(x[fold != part], right[fold != part])
    channel, features = (model + TOLD, TOLD_FEATURES) if told else (model, FEATURES)
    print(
        f"{channel}: {(~right).sum()} of {len(right)} words wrong, "
        f"{100 * caught(sure, right):.0f} % of them among the 3 % least sure"
    )
    return weight_rows(channel, features, learn(x, right))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--eng", nargs="+", type=Path, default=[], help="heavy damage")
    parser.add_argument("--vie", nargs="+", type=Path, default=[], help="weak and light damage")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    restorer = Restorer.load(simulated=True)
    restorer.least_sure = dict.fromkeys(restorer.least_sure, 0.0)  # what is to be learned
    lines = [
        "# How much each feature of a word tells of its being right: weights of a logistic model.",
        "# Made by: python -m benchmarks.train_confidence",
        "# channel\tfeature\tweight",
    ]
    models: dict[Model, list[Path]] = {"eng": options.eng, "vie": options.vie}
    for model, paths in models.items():
        pages = [page for path in paths for page in read_pages(path, options.split)]
        if pages:
            lines += learned(restorer, pages, model, told=False)
            if model == "vie":
                lines += learned(restorer, pages, model, told=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
