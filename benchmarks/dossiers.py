"""Letters joined to dossiers in random order: are they found again where they begin?

In: scanned letters (read by OCR once, then kept in `bench-out`), and the texts of our own that the
letter stage is tested with. Out: precision, recall and F1 of the beginnings (docs/dossiers.md says
how they are counted), and how many letters by themselves are parted wrongly.

`python -m benchmarks.dossiers [--singles FOLDER]`; FOLDER holds files of one letter each.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import random
import string
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from time import process_time

from unidecode import unidecode

from pipeline import tesseract
from pipeline.document import Line, PageKind, PageLayout, PageSource, RestoredPage, Source
from pipeline.dossier import LetterSpan, find_letters
from pipeline.errors import DocumentError
from pipeline.evaluate.gold import truths_in
from pipeline.finding import discover
from pipeline.intake import Candidate, read_source
from pipeline.layout import arrange_text
from pipeline.reading import read_page
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "letters"
KEPT = ROOT / "bench-out" / "dossiers"
BOUNDARIES = 200
BLANK_SHARE = 0.3  # of the pages have an empty reverse side, in the dossiers that have any
LOST_SHARE = 0.3  # of a letterhead's lines are lost, in the dossiers that are damaged so
MISREAD_SHARE = 0.15  # of a letterhead's letters are others, and no letter has its marks
LETTERHEAD_LINES = 12
Damage = Callable[[PageLayout, random.Random], PageLayout]
_BLANK = PageLayout(0, 0, 0, 0, (Line(""),))


@dataclass(frozen=True, slots=True)
class Single:
    """One letter by itself, read but not restored."""

    name: str
    pages: tuple[PageLayout, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Beginnings after the first page: found right, found wrong, missed; and how many of the wrong
    and missed ones have a flag, how many of the right ones."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    errors_flagged: int = 0
    right_flagged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.right + other.right,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.errors_flagged + other.errors_flagged,
            self.right_flagged + other.right_flagged,
        )

    @property
    def precision(self) -> float:
        """Share of the beginnings found that are right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Share of the true beginnings that are found."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


@dataclass(frozen=True, slots=True)
class Found:
    """The counts of each kind of dossier, the letters that were parted though they are one, of how
    many, and the time finding takes for a page."""

    counts: dict[str, Counts]
    parted: tuple[str, ...]
    singles: int
    milliseconds_a_page: float

    def figures(self) -> dict[str, float]:
        """The figures that have floors, by name."""
        found = {f"dossiers.{kind}.f1": counts.f1 for kind, counts in self.counts.items()}
        return {**found, "dossiers.parted": float(len(self.parted))}

    def table(self) -> str:
        """A table for people."""
        lines = [f"{'dossiers':22}{'begin':>7}{'precision':>11}{'recall':>8}{'F1':>8}{'':3}flagged"]
        for kind, c in self.counts.items():
            lines.append(
                f"{kind:22}{c.right + c.missed:7}{c.precision:11.4f}{c.recall:8.4f}{c.f1:8.4f}"
                f"   {c.errors_flagged} of {c.wrong + c.missed} errors, {c.right_flagged} right"
            )
        lines.append(f"single letters parted: {len(self.parted)} of {self.singles}")
        lines += [f"  {name}" for name in self.parted]
        lines.append(f"finding takes {self.milliseconds_a_page:.1f} ms a page")
        return "\n".join(lines)


def measure(gold: Sequence[Path], singles: Sequence[Path] = ()) -> Found:
    """Join the letters of truth folders, and the texts; look also at the files below `singles`."""
    restorer = Restorer.load()
    scans = [letter for folder in gold for letter in scanned_letters(folder)]
    alone = [*scans, *(letter for folder in singles for letter in _below(folder))]
    texts = text_letters()
    clock = _Clock()
    counts = {
        "scans": _joined(scans, clock, restorer),
        "scans_duplex": _joined(scans, clock, restorer, blanks=BLANK_SHARE),
        "texts": _joined(texts, clock),
        "texts_lines_lost": _joined(texts, clock, damage=_without_lines),
        "texts_misread": _joined(texts, clock, damage=_misread),
    }
    parted = [
        f"{letter.name}: {', '.join(str(s.first + 1) for s in spans)}"
        for letter in (*alone, *texts)
        if len(spans := find_letters(_restored(letter.pages, restorer))) > 1
    ]
    return Found(counts, tuple(parted), len(alone) + len(texts), clock.milliseconds_a_page)


def scanned_letters(gold: Path) -> Iterator[Single]:
    """The letters of a truth folder, read from their scans."""
    for truth in truths_in(gold):
        path = truth.sources[0] if len(truth.sources) == 1 else truth.sources[0].parent
        yield Single(truth.id, _pages(read_source(Candidate(path, truth.sources), Settings())))


def _below(folder: Path) -> Iterator[Single]:
    for found in discover([folder], "none"):
        if isinstance(found, DocumentError):
            continue
        try:
            source = read_source(found, Settings())
        except DocumentError:
            continue
        yield Single(found.path.name, _pages(source))


def text_letters() -> list[Single]:
    """The texts of tests/cases/letters but those that have no letterhead, as a last page alone."""
    found = []
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            if not case.get("letterhead", True):
                continue
            texts = ["\n".join(page) for page in case["pages"]]
            pages = (
                PageSource(n, path, n - 1, PageKind.TEXT, text=text)
                for n, text in enumerate(texts, 1)
            )
            found.append(Single(case["name"], tuple(map(arrange_text, pages))))
    return found


def _pages(source: Source) -> tuple[PageLayout, ...]:
    """The pages as read, from what is kept of an earlier run where nothing has changed."""
    key = hashlib.sha256(f"{source.sha256} {_digest_of_reading()}".encode()).hexdigest()[:24]
    kept = KEPT / f"{key}.pickle"
    if kept.is_file():
        pages: tuple[PageLayout, ...] = pickle.loads(kept.read_bytes())
        return pages
    pages = tuple(read_page(page, Settings()).layout for page in source.pages)
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(pages))
    return pages


@cache
def _digest_of_reading() -> str:
    """Of all that shapes what is read: settings, Tesseract, code."""
    code = [*(ROOT / "pipeline").glob("*.py"), *(ROOT / "pipeline" / "layout").glob("*.py")]
    each = (hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(code))
    return f"{Settings().digest()} {tesseract.version()} {' '.join(each)}"


def _joined(
    letters: Sequence[Single],
    clock: _Clock,
    restorer: Restorer | None = None,
    *,
    blanks: float = 0.0,
    damage: Damage | None = None,
) -> Counts:
    """Dossiers of all letters, each time in another order, until there are enough boundaries."""
    counts = Counts()
    for seed in count():
        if counts.right + counts.missed >= BOUNDARIES:
            return counts
        chance = random.Random(seed)
        order = chance.sample(letters, len(letters))
        pages: list[PageLayout] = []
        begins: set[int] = set()
        for letter in order:
            begins.add(len(pages))
            for at, page in enumerate(letter.pages):
                pages.append(damage(page, chance) if damage and not at else page)
                if blanks and chance.random() < blanks:
                    pages.append(_BLANK)
        numbered = [replace(page, number=n) for n, page in enumerate(pages, 1)]
        restored = _restored(numbered, restorer)
        clock.start()
        spans = find_letters(restored)
        clock.stop(len(pages))
        counts += _compared(spans, begins)
    raise AssertionError


def _without_lines(page: PageLayout, chance: random.Random) -> PageLayout:
    """The page without some of its first lines, as where they could not be read."""
    top, rest = page.lines[:LETTERHEAD_LINES], page.lines[LETTERHEAD_LINES:]
    kept = [line for line in top if chance.random() >= LOST_SHARE]
    return replace(page, lines=(*kept, *rest))


def _misread(page: PageLayout, chance: random.Random) -> PageLayout:
    """The page with its first lines as an engine without Vietnamese would read a bad scan."""
    top, rest = page.lines[:LETTERHEAD_LINES], page.lines[LETTERHEAD_LINES:]
    return replace(page, lines=(*(Line(_garbled(line.text, chance)) for line in top), *rest))


def _garbled(text: str, chance: random.Random) -> str:
    return "".join(
        chance.choice(string.ascii_uppercase if c.isupper() else string.ascii_lowercase)
        if c.isalpha() and chance.random() < MISREAD_SHARE
        else c
        for c in unidecode(text)
    )


def _restored(pages: Sequence[PageLayout], restorer: Restorer | None) -> Sequence[RestoredPage]:
    if restorer is None:
        return [RestoredPage.unchanged(page) for page in pages]
    return restorer.restore_pages(pages)


def _compared(spans: Iterable[LetterSpan], begins: set[int]) -> Counts:
    spans = list(spans)
    found = {span.first for span in spans}
    flagged = {int(f.where.removeprefix("page ")) - 1 for span in spans for f in span.flags}
    errors = found ^ begins
    right = (found & begins) - {0}
    return Counts(
        right=len(right),
        wrong=len(found - begins),
        missed=len(begins - found),
        errors_flagged=len(errors & flagged),
        right_flagged=len(right & flagged),
    )


class _Clock:
    """Adds up processor time over pages."""

    def __init__(self) -> None:
        self._seconds = self._started = 0.0
        self._pages = 0

    def start(self) -> None:
        self._started = process_time()

    def stop(self, pages: int) -> None:
        self._seconds += process_time() - self._started
        self._pages += pages

    @property
    def milliseconds_a_page(self) -> float:
        """Over all pages so far."""
        return 1000 * self._seconds / max(1, self._pages)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dossiers", description=__doc__)
    parser.add_argument("--singles", type=Path, nargs="*", default=())
    options = parser.parse_args()
    shared = ROOT.parent / "shared" / "gold" / "dev"
    gold = [folder for folder in (ROOT / "samples" / "scans", shared) if folder.is_dir()]
    print(measure(gold, options.singles).table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
