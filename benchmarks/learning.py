"""What reviewing teaches: error rates of letters nobody has reviewed, before and after learning.

    python -m benchmarks.learning [--reviewed 30] [--others 30] [--damage weak] [--seed 7]
        [--parts]

Letters of a made-up office (`office.py`) are processed, a simulated archivist reviews some of them,
`congvan learn` learns. The office's other letters, and letters of others (another made-up office,
the samples, and the real letters of ../shared where they are present) are then restored from the
same reading with and without what was learned; with --parts also with the word list, the text and
the channel alone. Rates are syllable error rates (docs/metrics.md).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.archivist import review
from benchmarks.office import write_letters
from benchmarks.page_simulator.pairs import Kind
from pipeline.batch.gold import processed
from pipeline.batch.progress import Quiet
from pipeline.evaluate.gold import Truth, truths_in
from pipeline.evaluate.text import TextScore, score_text
from pipeline.intake import Candidate, read_source
from pipeline.models import load_restorer
from pipeline.reading import NothingKept, read_pages
from pipeline.restore.learned import CHANNEL, LEARNED_TEXT, LEARNED_WORDS
from pipeline.restore.restore import Restorer
from pipeline.review.learning import Learned, learn_from
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
OFFICE, ELSEWHERE = "ban-nghoanh", "elsewhere"
SEED = 7
PARTS = {
    "word list": (LEARNED_WORDS,),
    "text": (LEARNED_TEXT,),
    "channel": (CHANNEL.format(name="vie"), CHANNEL.format(name="eng")),
}
"""The files of what was learned, by what they are."""


@dataclass(frozen=True, slots=True)
class Row:
    """Some letters, restored without and with what was learned."""

    name: str
    letters: int
    before: TextScore
    after: TextScore
    helped: int  # words that were wrong before and are right after
    hurt: int
    parts: dict[str, TextScore] = field(default_factory=dict)  # with one part of it alone

    @property
    def rates(self) -> tuple[float, float]:
        """Syllable error rates before and after."""
        return (
            self.before.now.syllable_error_rate or 0.0,
            self.after.now.syllable_error_rate or 0.0,
        )


@dataclass(frozen=True, slots=True)
class LearningFigures:
    """All rows, what was learned, and what it cost."""

    rows: tuple[Row, ...]
    learned: Learned
    changed: int
    seconds: float

    def figures(self) -> dict[str, float]:
        """The figures that have floors, by name."""
        found = {}
        for row in self.rows:
            before, after = row.rates
            if row.name == "office":
                found["learning.office.after"] = after
                found["learning.office.left"] = after / before if before else 1.0
            else:
                found[f"learning.{row.name}.harm"] = max(0.0, after - before)
        return found

    def table(self) -> str:
        """For people."""
        lines = [
            f"learned from {self.learned.letters} letters, {self.learned.words} words"
            f" ({self.changed} typed): {self.learned.phrases} words and phrases,"
            f" {self.seconds:.1f} s",
            f"{'':22}{'letters':>8}{'words':>8}{'before %':>10}{'after %':>10}"
            f"{'helped':>8}{'hurt':>6}",
        ]
        for row in self.rows:
            before, after = row.rates
            lines.append(
                f"{row.name:22}{row.letters:8}{row.before.now.words:8}"
                f"{100 * before:10.2f}{100 * after:10.2f}{row.helped:8}{row.hurt:6}"
            )
            for name, score in row.parts.items():
                rate = score.now.syllable_error_rate or 0.0
                lines.append(f"  {name + ' alone':46}{100 * rate:10.2f}")
        return "\n".join(lines)


def measure(
    reviewed: int = 30,
    others: int = 30,
    damage: Kind = "weak",
    shared: Path | None = None,
    *,
    seed: int = SEED,
    parts: bool = False,
) -> LearningFigures:
    """Simulate, review, learn, and measure (about four minutes)."""
    with TemporaryDirectory(prefix="congvan-") as work:
        taught, rest, elsewhere, out = (Path(work, n) for n in ("taught", "rest", "other", "out"))
        write_letters(taught, OFFICE, reviewed, seed, damage)
        write_letters(rest, OFFICE, others, seed, damage, first=reviewed + 1)
        write_letters(elsewhere, ELSEWHERE, others // 2, seed, damage)
        with processed(taught, Settings(), 1, Quiet()) as made:
            shutil.copytree(made, out)  # it outlives the scans: only words are decided
        _, changed = review(out, taught)
        start = process_time()
        learned = learn_from(out)
        seconds = process_time() - start
        restorers = [load_restorer(), load_restorer(learned=learned.folder)]
        names = tuple(PARTS) if parts else ()
        restorers += [_taught_part(learned.folder, Path(work), name) for name in names]
        folders = {"office": rest, "elsewhere": elsewhere, "samples": ROOT / "samples" / "scans"}
        if shared and (shared / "gold" / "dev").is_dir():
            folders["dev"] = shared / "gold" / "dev"
        rows = tuple(compare(name, folder, restorers, names) for name, folder in folders.items())
    return LearningFigures(rows, learned, changed, seconds)


def _taught_part(learned: Path, work: Path, name: str) -> Restorer:
    """A restorer that knows one part of what was learned."""
    folder = work / name
    folder.mkdir()
    for file in PARTS[name]:
        shutil.copy(learned / file, folder)
    return load_restorer(learned=folder)


def compare(name: str, gold: Path, restorers: Sequence[Restorer], parts: Sequence[str] = ()) -> Row:
    """Read the letters of `gold` once, and restore them with each: without and with what was
    learned, and with its `parts`."""
    scores = [TextScore()] * len(restorers)
    letters = helped = hurt = 0
    for truth in truths_in(gold):
        told = _restored(truth, restorers)
        scores = [s + score_text(t, truth.text) for s, t in zip(scores, told, strict=True)]
        turned = score_text(told[1], truth.text, told[0])
        helped += turned.helped or 0
        hurt += turned.hurt or 0
        letters += 1
    alone = dict(zip(parts, scores[2:], strict=True))
    return Row(name, letters, scores[0], scores[1], helped, hurt, alone)


def _restored(truth: Truth, restorers: Sequence[Restorer]) -> list[str]:
    """The letter's text by each restorer, of the same reading."""
    settings = Settings(group="folder")
    first = truth.sources[0]
    candidate = Candidate(first.parent if len(truth.sources) > 1 else first, truth.sources)
    pages = read_pages(read_source(candidate, settings), settings, NothingKept(), show=False)
    layouts = [page.layout for page in pages]
    return [
        "\n".join(line.text for page in r.restore_pages(layouts) for line in page.lines)
        for r in restorers
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(prog="learning", description=__doc__)
    parser.add_argument("--reviewed", type=int, default=30)
    parser.add_argument("--others", type=int, default=30)
    parser.add_argument("--damage", choices=("heavy", "weak", "light"), default="weak")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--parts", action="store_true", help="each part of it alone, too")
    options = parser.parse_args(arguments)
    shared = ROOT.parent / "shared"
    found = measure(
        options.reviewed,
        options.others,
        options.damage,
        shared,
        seed=options.seed,
        parts=options.parts,
    )
    print(found.table(), file=sys.stderr)
    print(json.dumps(found.figures(), indent=2))


if __name__ == "__main__":
    main()
