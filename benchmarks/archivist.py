"""A simulated archivist: reads letters beside their truth and decides what a person would.

In: a batch folder and the truth of its letters. Out: decisions in it, made through the same desk as
the pages use. What is wrong is typed as printed, what the machine doubts or changed rightly is
confirmed, and the letter is marked as checked. Where words were split or joined beyond telling
apart the archivist leaves them, as hurried people do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from pipeline.evaluate.gold import Truth, record_files, record_of, truths_in
from pipeline.evaluate.text import fold_tone
from pipeline.review.decisions import LETTER
from pipeline.review.desk import Asked, Desk
from pipeline.review.view import WordView

MOST_AT_ONCE = 150


def review(root: Path, gold: Path, who: str = "archivist") -> tuple[int, int]:
    """Review the letters of `gold` in `root`; how many letters, and how many words were changed."""
    desk = Desk(root, who)
    records = record_files(root)
    letters = changed = 0
    for truth in truths_in(gold):
        found = record_of(truth, records)
        if found is None:
            continue
        asked = list(_decisions(desk, found.path.parent.name, truth))
        changed += sum(one.verdict == "change" for one in asked)
        for at in range(0, len(asked), MOST_AT_ONCE):
            part = asked[at : at + MOST_AT_ONCE]
            desk.decide(found.path.parent.name, part, seen=desk.decisions.last())
        letters += 1
    return letters, changed


def _decisions(desk: Desk, document_id: str, truth: Truth) -> Iterator[Asked]:
    words = list(desk.view(document_id).words())
    for word, printed in zip(words, printed_words(words, truth.text), strict=True):
        if printed is not None and fold_tone(printed) != fold_tone(word.text):
            yield Asked(word.place, "change", printed)
        elif word.order is not None:
            yield Asked(word.place, "confirm")
    yield Asked(LETTER, "confirm")


def printed_words(words: Sequence[WordView], truth: str) -> list[str | None]:
    """What is printed where each word stands, None where that cannot be told."""
    given: list[str] = []
    owner: list[int] = []
    for index, word in enumerate(words):
        for token in word.text.split():
            given.append(token)
            owner.append(index)
    printed = truth.split()
    folded = [fold_tone(t) for t in given], [fold_tone(t) for t in printed]
    at: dict[int, int] = {}
    for block in Levenshtein.opcodes(*folded):
        if block.src_end - block.src_start == block.dest_end - block.dest_start:
            shift = block.dest_start - block.src_start
            at |= {i: i + shift for i in range(block.src_start, block.src_end)}
    found: list[list[int | None]] = [[] for _ in words]
    for i, index in enumerate(owner):
        found[index].append(at.get(i))
    return [
        " ".join(printed[p] for p in places if p is not None)
        if places and None not in places
        else None
        for places in found
    ]
