"""Readings of words drawn as the channels have them, and what each may stand for.

In: a restorer. Out: for each word some rows of words [R, K], the word itself first, with the
channel's scores: what the network of `context_model` learns to choose from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from unidecode import unidecode

from pipeline.restore.built_in import channel_counts
from pipeline.restore.candidates import IMPOSSIBLE, Candidates
from pipeline.restore.language_model import NONE, Floats, Ids
from pipeline.restore.orthography import Syllable, analyse
from pipeline.restore.restore import Restorer
from pipeline.restore.tokens import SPECIALS

READINGS = 20  # of a row at most
ROWS = {"eng": (10, 5, 1), "vie": (5, 2, 1)}  # of a common word, of a rarer one, of a rare one
COMMON, RARER = 4000, 7000  # ranks among syllables
WORST = -30.0
Counted = dict[str, tuple[list[str], npt.NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Rows of words, each row's own word first; 0 where a row has no more. `start` and `count` of
    the rows of each word, for heavy damage and for light."""

    words: Ids
    scores: Floats
    start: tuple[Ids, Ids]
    count: tuple[Ids, Ids]

    def pick(self, words: Ids, heavy: float, rng: np.random.Generator) -> Ids:
        """A row of each word, -1 where it has none, of heavy damage with the given chance."""
        kind = (rng.random(len(words)) >= heavy).astype(np.int64)
        start, count = np.stack(self.start), np.stack(self.count)
        drawn = (rng.random(len(words)) * count[kind, words]).astype(np.int64)
        return np.where(count[kind, words] > 0, start[kind, words] + drawn, -1)


def draw(restorer: Restorer, order: Sequence[int], row: Ids, rng: np.random.Generator) -> Drawn:
    """Rows of all syllables among the words of `order`, the first of the network's; `row`: the
    network's row of each word of the language model. Readings that are not among them are left
    out."""
    words: list[list[int]] = []
    scores: list[list[float]] = []
    own: dict[str, list[int]] = {}
    for name in ("eng", "vie"):
        counted = {kind: _counted(name, kind) for kind in ("onset", "rime")}
        candidates = restorer.candidates(name)
        own[name] = []
        for rank, (word, parts) in enumerate(_syllables(restorer, order)):
            many = ROWS[name][(rank >= COMMON) + (rank >= RARER)]
            for read in _reads(parts, counted, many, rng):
                found = {
                    int(row[w]): score
                    for w, score in _readings(
                        candidates, read, word, restorer.model.unigram
                    ).items()
                    if len(SPECIALS) <= row[w] < len(order)
                }
                if len(found) > 1:
                    words.append(list(found))
                    scores.append(list(found.values()))
                    own[name].append(int(row[word]))
    full = np.zeros((len(words), READINGS), np.int64)
    read_as = np.full((len(words), READINGS), WORST, np.float32)
    for i, (some, values) in enumerate(zip(words, scores, strict=True)):
        full[i, : len(some)], read_as[i, : len(some)] = some, values
    counts = [np.bincount(own[name], minlength=int(row.max()) + 1) for name in ("eng", "vie")]
    starts = [np.cumsum(count) - count for count in counts]
    return Drawn(full, read_as, (starts[0], starts[1] + len(own["eng"])), (counts[0], counts[1]))


def _syllables(restorer: Restorer, order: Sequence[int]) -> list[tuple[int, Syllable]]:
    found = [(i, analyse(restorer.model.words[i])) for i in order]
    return [(i, parts) for i, parts in found if parts is not None and len(parts.rime) <= 7]


def _counted(name: str, kind: str) -> Counted:
    """What each onset or rime was read as, and how often."""
    seen: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for line in channel_counts(name):
        columns = line.rstrip("\n").split("\t")
        if columns[0] == kind:
            seen[columns[1]].append((columns[2], float(columns[3])))
    return {
        printed: (
            [read for read, _ in rows],
            np.array([n for _, n in rows]) / sum(n for _, n in rows),
        )
        for printed, rows in seen.items()
    }


def _reads(
    parts: Syllable, counted: dict[str, Counted], many: int, rng: np.random.Generator
) -> list[str]:
    """Some readings of a syllable, each once."""
    found: dict[str, None] = {}
    for _ in range(3 * many):
        pieces = []
        for kind, printed in (("onset", parts.onset), ("rime", parts.rime)):
            reads, chances = counted[kind].get(printed, ([unidecode(printed)], np.ones(1)))
            pieces.append(reads[int(rng.choice(len(reads), p=chances))])
        if read := "".join(pieces):
            found[read] = None
        if len(found) == many:
            break
    return list(found)


def _readings(candidates: Candidates, read: str, word: int, prior: Floats) -> dict[int, float]:
    """What `read` may stand for, `word` first, then the likeliest, with the channel's scores."""
    row = candidates.row(read, False)
    best: dict[int, float] = {}
    for first, second, score in zip(
        candidates.first[row].tolist(),
        candidates.second[row].tolist(),
        candidates.score[row].tolist(),
        strict=True,
    ):
        if score > IMPOSSIBLE / 2 and second == NONE and first > 1:
            best[first] = max(best.get(first, IMPOSSIBLE), score)
    own = best.pop(word, min(best.values(), default=-5.0) - 1)
    others = sorted(best.items(), key=lambda item: -item[1] - 0.8 * float(prior[item[0]]))
    return {word: own, **dict(others[: READINGS - 1])}
