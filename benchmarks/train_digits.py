"""Learn which words an English model reads as digits: `dictionaries/channel-eng-digits.tsv`.

    python -m benchmarks.train_digits PAIRS.tsv... [--split dev]

In: simulated pairs of heavy damage. Out: rows of the channel's own form (kind, printed, read,
count), the counts on the scale of the channel's table. Its training aligns by likeness, of which
`14` for `là` has none.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from benchmarks.restore_accuracy import pages_of
from pipeline.restore.orthography import analyse
from pipeline.restore.tokens import core_of
from pipeline.restore.train_channel import align_tokens

OUT = Path(__file__).parent.parent / "dictionaries/channel-eng-digits.tsv"
_LEAST = 2


def unit_counts(paths: Sequence[Path], split: str) -> tuple[Counter[tuple[str, ...]], Counter[str]]:
    """How often each onset and rime was read as digits (kind, printed, read), and how often it was
    printed. Of two digits the first is the onset's."""
    read_so: Counter[tuple[str, ...]] = Counter()
    printed: Counter[str] = Counter()
    for path in paths:
        for page in pages_of(path, split):
            for truth, read in zip(*page, strict=True):
                a = [t[slice(*core_of(t))] for t in truth.split()]
                b = [t[slice(*core_of(t))] for t in read.split()]
                for left, right in align_tokens(a, b):
                    parts = analyse(a[left[0]]) if len(left) == len(right) == 1 else None
                    if parts is None or not a[left[0]].islower():
                        continue
                    printed["onset " + parts.onset] += 1
                    printed["rime " + parts.rime] += 1
                    digits = b[right[0]]
                    if digits.isdigit() and len(digits) == 1 + bool(parts.onset):
                        read_so["rime", parts.rime, digits[-1]] += 1
                        if parts.onset:
                            read_so["onset", parts.onset, digits[0]] += 1
    return read_so, printed


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="+", type=Path)
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    read_so, printed = unit_counts(options.pairs, options.split)
    known: dict[tuple[str, str], dict[str, float]] = {}
    table = (files("dictionaries") / "channel-eng.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            kind, unit, read, count = line.split("\t")
            known.setdefault((kind, unit), {})[read] = float(count)
    rows = [
        "# Words that an English model reads as digits: onset and rime as in channel-eng.tsv.",
        "# Made by: python -m benchmarks.train_digits",
        "# kind\tprinted\tread\tcount",
    ]
    for (kind, unit, read), times in sorted(read_so.items()):
        seen = known.get((kind, unit), {})
        scaled = round(times / printed[f"{kind} {unit}"] * sum(seen.values()))
        if times >= _LEAST and scaled > seen.get(read, 0):
            rows.append(f"{kind}\t{unit}\t{read}\t{scaled}")
    options.out.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
