"""Learn a channel from pairs of printed and read lines.

    python -m pipeline.restore.train_channel PAIRS.tsv... --out dictionaries/channel-eng.tsv
        [--more dictionaries/channel-eng.tsv]

The pairs (columns split, document, model, damage, dpi, truth, ocr, and others) come from the page
simulator.
Lines of the training split only; tokens are aligned by likeness, syllables cut into onset and
rime, and what each was read as is counted. `--more`: an earlier table, to which the counts are
added.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from pipeline.restore.channel import Counts, LetterModel, cased, shape_of
from pipeline.restore.orthography import analyse, canonical
from pipeline.restore.tokens import core_of

_ODD = frozenset("?!'’‘`\"”“>@¢)(]}{[|~_=&*<\\^°§$%#+€£¥©®")
Pair = tuple[str, str]


@lru_cache(maxsize=200_000)
def _fold(text: str) -> str:
    return unidecode(text).lower()


@lru_cache(maxsize=400_000)
def _distance(truth: str, read: str) -> float:
    """How unlike two tokens are: 0 equal, 1 nothing in common."""
    plain = Levenshtein.normalized_distance(truth, read)
    folded = Levenshtein.normalized_distance(_fold(truth), _fold(read))
    return 0.3 * plain + 0.7 * folded


def align_tokens(truth: Sequence[str], read: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Groups of positions that belong together: 1-1, 1-0, 0-1, 2-1 and 1-2."""
    n, m = len(truth), len(read)
    best = [[1e9] * (m + 1) for _ in range(n + 1)]
    back: dict[tuple[int, int], tuple[int, int]] = {}
    best[0][0] = 0.0
    for i in range(n + 1):
        for j in range(m + 1):
            for di, dj in ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2)):
                if i < di or j < dj or best[i - di][j - dj] >= 1e9:
                    continue
                a, b = "".join(truth[i - di : i]), "".join(read[j - dj : j])
                step = 0.75 if not (di and dj) else _distance(a, b) * max(di, dj)
                step += 0.2 * (di + dj == 3)
                if best[i - di][j - dj] + step < best[i][j]:
                    best[i][j] = best[i - di][j - dj] + step
                    back[i, j] = (di, dj)
    groups = []
    i, j = n, m
    while i or j:
        di, dj = back[i, j]
        groups.append((list(range(i - di, i)), list(range(j - dj, j))))
        i, j = i - di, j - dj
    return groups[::-1]


def read_pairs(paths: Sequence[Path], split: str = "train") -> Iterator[Pair]:
    """(printed, read) lines of one split; `all` gives every line. Raises ValueError at a row that
    lacks a column."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            of, _, _, _, _, printed, read, *_ = line.split("\t")
            if split in {"all", of}:
                yield printed, read


def cores(truth: str, read: str) -> Pair | None:
    """The printed core of a token and what was read for it; odd marks that the print does not
    have belong to the reading."""
    t = core_of(truth)
    r = core_of(read)
    if t.start == t.end:
        return None
    start, end = r.start, r.end
    if start == end:
        start, end = 0, len(read)
    lead, trail = truth[: t.start], truth[t.end :]
    while start > 0 and read[start - 1] in _ODD and read[start - 1] not in lead:
        start -= 1
    while end < len(read) and read[end] in _ODD and read[end] not in trail:
        end += 1
    return truth[t.start : t.end], read[start:end]


def token_pairs(pairs: Iterator[Pair]) -> Iterator[Pair]:
    """(printed syllable, what was read for it) of all aligned single tokens."""
    for truth, read in pairs:
        a, b = truth.split(), read.split()
        if not a or not b or _distance(truth, read) > 0.6:
            continue
        for left, right in align_tokens(a, b):
            if len(left) == len(right) == 1:
                found = cores(a[left[0]], b[right[0]])
                if found and _distance(*found) < 0.95:
                    yield found


def _units(printed: str) -> tuple[str, str] | None:
    parts = analyse(printed)
    if parts is None:
        return None
    shape = shape_of(printed)
    if printed != cased(parts.onset + parts.rime, shape) and canonical(printed) == printed.lower():
        return None
    onset = cased(parts.onset, shape)
    whole = shape == "CAPITALS" or (shape == "Capital" and not parts.onset)
    return onset, cased(parts.rime, shape) if whole else parts.rime


def _cut(onset: str, rime: str, read: str) -> int:
    """Where in `read` the onset ends, by likeness."""
    if not onset:
        return 0

    def cost(k: int) -> float:
        a = Levenshtein.distance(_fold(onset), _fold(read[:k]))
        b = Levenshtein.distance(_fold(rime), _fold(read[k:]))
        return a + b + 0.01 * abs(k - len(onset))

    return min(range(len(read) + 1), key=cost)


def align_letters(printed: str, read: str, model: LetterModel) -> list[Pair]:
    """Each printed letter and the up to three characters read for it, best under `model`."""
    n, m = len(printed), len(read)
    best = [[-1e9] * (m + 1) for _ in range(n + 1)]
    took = [[0] * (m + 1) for _ in range(n + 1)]
    best[0][0] = 0.0
    for i in range(1, n + 1):
        for j in range(m + 1):
            for length in range(min(3, j) + 1):
                value = best[i - 1][j - length] + model.log(printed[i - 1], read[j - length : j])
                if value > best[i][j]:
                    best[i][j], took[i][j] = value, length
    if best[n][m] <= -1e8:
        return []
    out, j = [], m
    for i in range(n, 0, -1):
        out.append((printed[i - 1], read[j - took[i][j] : j]))
        j -= took[i][j]
    return out[::-1]


def learn(pairs: Iterator[Pair], rounds: int = 3, more: Iterable[str] = ()) -> Counts:
    """Counts of what onsets, rimes and letters were read as; those of the rows `more` of another
    table with them, but for letters, which are aligned anew."""
    counts = Counts()
    for row in more:
        if not row.startswith(("#", "letter\t")):
            kind, unit, seen, count = row.split("\t")
            counts.table["onset" if kind == "onset" else "rime", unit, seen] += float(count)
    for printed, read in pairs:
        units = _units(printed)
        if units is None or len(read) > len(printed) + 4:
            continue
        onset, rime = units
        k = _cut(onset, rime, read)
        counts.table["onset", onset, read[:k]] += 1
        counts.table["rime", rime, read[k:]] += 1
    letters: dict[Pair, float] = {}
    for _ in range(rounds):
        model, letters = LetterModel(letters), {}
        for (_, printed, read), n in counts.table.items():
            for pair in align_letters(printed, read, model):
                letters[pair] = letters.get(pair, 0) + n
    for (letter, read), n in letters.items():
        counts.table["letter", letter, read] += n
    return counts


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--least", type=float, default=1)
    parser.add_argument("--more", type=Path, help="a table learned before")
    arguments = parser.parse_args(argv)
    more = arguments.more.read_text(encoding="utf-8").splitlines() if arguments.more else ()
    counts = learn(token_pairs(read_pairs(arguments.pairs)), more=more)
    head = (
        "# What OCR read for each onset, rime and letter, counted on simulated pages.",
        "# Made by: python -m pipeline.restore.train_channel",
        "# kind\tprinted\tread\tcount",
    )
    text = "\n".join([*head, *counts.lines(arguments.least)]) + "\n"
    arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
