"""The letter stage alone: fields from the hand-made text of letters, without any error of reading.

In: a folder of truth (docs/metrics.md). Out: the scores, and the flags raised, by code: on text
without errors most of them are false alarms. `python -m benchmarks.letter_text FOLDER…`
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.evaluate import Scores, evaluate
from pipeline.evaluate.gold import truths_in
from pipeline.process import extract_text


@dataclass(frozen=True, slots=True)
class TextFigures:
    """The scores of one folder, and how often each flag was raised."""

    scores: Scores
    flags: dict[str, int]

    def figures(self, name: str) -> dict[str, float]:
        """The figures that have floors, by name."""
        found = {"header": self.scores.header, "lists": self.scores.lists}
        figures = {f"letter.{name}.{key}": value for key, value in found.items() if value}
        return {**figures, f"letter.{name}.cost": float(self.scores.cost)}

    def table(self) -> str:
        """The scores for people, and the flags."""
        raised = ", ".join(f"{code} {n}" for code, n in sorted(self.flags.items()))
        return f"{self.scores.table()}\nflags: {raised or 'none'}"


def measure(gold: Path) -> TextFigures:
    """Read the hand-made pages of each letter of `gold` and score the records."""
    flags: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for truth in truths_in(gold):
            pages = sorted((gold / truth.id).glob("page-*.txt"))
            record = extract_text("\f".join(p.read_text("utf-8").rstrip("\n") for p in pages))
            flags.update(flag.code for flag in record.flags)
            path = Path(folder) / truth.id / "record.json"
            path.parent.mkdir()
            path.write_text(record.to_json(), "utf-8")
        return TextFigures(evaluate(gold, Path(folder)), dict(flags))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, measure(Path(name)).table(), sep="\n\n")
