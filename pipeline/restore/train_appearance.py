"""Count how words are printed: `dictionaries/appearance.tsv`.

    python -m pipeline.restore.train_appearance --text CORPUS --exclude TEST_LETTERS [--out FILE]

In: any folder of text. Out: for each word met often enough the share of its occurrences inside
sentences that begin with a capital, and of those that end no sentence the share before a comma.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pipeline.restore import corpus
from pipeline.restore.appearance import CAPITAL, COMMA, OTHERS, states
from pipeline.restore.orthography import analyse
from pipeline.restore.tokens import SPECIALS, UNKNOWN, classify, core_of, ends_sentence

OUT: Final = Path("dictionaries/appearance.tsv")
_LEAST: Final = 20
"""Occurrences from which on a word has a row of its own. Rarer syllables count as `OTHERS`; as
`UNKNOWN` whatever else is rare, or is printed with a capital mostly, as most of these are."""


def lines_of(folder: Path, exclude: Sequence[Path] = ()) -> Iterator[list[str]]:
    """The tokens of each line of the training documents that is not in capitals; what documents
    share with any text under `exclude` is left out, as by `train.train`."""
    paths = corpus.text_files(folder)
    excluded = corpus.telling(corpus.shingles_of(exclude), paths)
    for path in paths:
        for text in corpus.documents(path):
            if corpus.split_of(text) == "train":
                lines = corpus.unshared(text, excluded).split("\n")
                yield from (line.split() for line in lines if not line.isupper())


def counted(lines: Iterator[list[str]]) -> dict[str, list[int]]:
    """How often each word stands with a small letter and with a capital where that tells of it,
    and before no mark and before a comma."""
    tokens: Counter[tuple[str, int]] = Counter()
    for line in lines:
        tokens.update(zip(line, states(line), strict=True))
    found: dict[str, list[int]] = {}
    for (token, state), n in tokens.items():
        word = classify(token[slice(*core_of(token))])
        if not word:
            continue
        counts = found.setdefault(word, [0, 0, 0, 0])
        comma, case = divmod(state, COMMA)
        if case:
            counts[case == CAPITAL] += n
        if not ends_sentence(token):
            counts[2 + comma] += n
    return found


def rows(counts: dict[str, list[int]]) -> list[str]:
    """The table as TSV lines, by word. A share leans to that of all words the less often the word
    was met."""
    small, capital, none, comma = (sum(c[i] for c in counts.values()) for i in range(4))
    share, usual = capital / (small + capital), comma / (none + comma)
    rare: dict[str, list[int]] = {OTHERS: [0, 0, 0, 0], UNKNOWN: [0, 0, 0, 0]}
    shown: dict[str, tuple[float, float]] = {}
    for word, (a, b, c, d) in counts.items():
        syllable = analyse(word) is not None
        case = 0.5 if word in SPECIALS else (b + share / 2) / (a + b + 0.5)
        often = word in SPECIALS or c + d >= _LEAST
        if often and (syllable or case <= 0.5):
            shown[word] = case, (d + 20 * usual) / (c + d + 20)
        else:
            kind = rare[OTHERS if syllable else UNKNOWN]
            for i, n in enumerate((a, b, c, d)):
                kind[i] += n
    for word, (a, b, c, d) in rare.items():
        shown[word] = (b + share) / (a + b + 1), (d + usual) / (c + d + 1)
    return [f"{w}\t{case:.3f}\t{before:.4f}" for w, (case, before) in sorted(shown.items())]


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--exclude", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    counts = counted(lines_of(options.text, options.exclude))
    if not counts:
        raise ValueError(f"no training text under {options.text}")
    lines = [
        "# How words are printed: the share of capitals inside sentences, and of commas behind.",
        "# Counted by: python -m pipeline.restore.train_appearance --text CORPUS --exclude LETTERS",
        "# Of those that have no row: * for syllables, <unk> for all else.",
        "# word\tcapital\tcomma",
        *rows(counts),
    ]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
