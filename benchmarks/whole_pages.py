"""Simulated pages from the scan to the text: what the whole program leaves wrong.

    python -m benchmarks.whole_pages [--kinds weak light] [--pages 60] [--split test] [--keep DIR]

The pages of the restoring benchmark (other documents than anything learned from) as pictures
through `process`: upright, unskewed, read, laid out in order, restored. Syllable error rates
(docs/metrics.md) over all words of a page in reading order, so that lines lost, doubled or out of
order count, which pairs of lines leave out. `--keep` leaves scans, printed text and what was made
of it in a folder, and names the pages worst read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.page_simulator.pairs import Kind, SimulatedPage, documents_of, simulated_pages
from benchmarks.restore_accuracy import SETS, matched, words
from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.restore.corpus import Split, text_files
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings

KINDS: tuple[Kind, ...] = ("weak", "light")
PAGES = 60
LOST = 0.05  # share of a page's words wrong from which on lines are missing or out of order


@dataclass
class Tally:
    """Words of all pages of one kind, those wrong as read and after restoring, and the share of
    wrong words of each page."""

    words: int = 0
    raw: int = 0
    restored: int = 0
    pages: list[tuple[float, str]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Pages with lines missing or out of order."""
        return sum(share > LOST for share, _ in self.pages)

    def figures(self, kind: str) -> dict[str, float]:
        """Those that may have floors."""
        return {
            f"pages.{kind}.restored": 100 * self.restored / self.words,
            f"pages.{kind}.lost": self.lost,
        }

    def row(self, kind: str) -> str:
        """A row of the table."""
        raw, restored = 100 * self.raw / self.words, 100 * self.restored / self.words
        rates = f"{raw:7.2f} {restored:9.3f} {self.lost:6}"
        return f"{kind:6} {len(self.pages):5} {self.words:7} {rates}"


HEADER = "kind   pages   words as read  restored  pages over 5 %"


def measure(
    kind: Kind,
    pages: int,
    split: Split,
    restorer: Restorer,
    collections: Sequence[Sequence[str]],
    folder: Path,
    *,
    keep: bool = False,
) -> Tally:
    """Process `pages` simulated pages drawn from collections of documents, with the seed of the
    restoring benchmark; with `keep` all stays in `folder`."""
    rng = np.random.default_rng(SETS[kind][3])
    tally = Tally()
    for n, page in enumerate(islice(simulated_pages(collections, kind, rng, split), pages)):
        name = f"{kind}-{n:03d}"
        raw, text = _processed(page, folder / f"{name}.png", restorer)
        truth = words(" ".join(line.text for line in page.lines))
        wrong = matched(words(text), truth)[1]
        tally.words += len(truth)
        tally.raw += matched(words(raw), truth)[1]
        tally.restored += wrong
        tally.pages.append((wrong / max(1, len(truth)), name))
        if keep:
            printed = "\n".join(line.text for line in page.lines)
            (folder / f"{name}.printed.txt").write_text(printed, encoding="utf-8")
            (folder / f"{name}.given.txt").write_text(text, encoding="utf-8")
        else:
            (folder / f"{name}.png").unlink()
    return tally


def _processed(page: SimulatedPage, path: Path, restorer: Restorer) -> tuple[str, str]:
    """The text of a page as read, in reading order, and restored."""
    dpi = page.damage.dpi
    Image.fromarray(page.scan.picture).save(path, dpi=(dpi, dpi), compress_level=1)
    raw, given = [], []
    for outcome in process_document(Candidate(path, (path,)), Settings(), restorer):
        raw += [p.raw_text for p in outcome.record.pages]
        given += [p.text for p in outcome.record.pages]
    return "\n".join(raw), "\n".join(given)


def _collections(texts: Path) -> list[list[str]]:
    return [documents_of(path) for path in text_files(texts)]


def figures(shared: Path, pages: int = PAGES) -> dict[str, float]:
    """The figures of all kinds; prints the table. Empty where there is no text to print."""
    texts = shared / "corpus"
    if not texts.is_dir():
        print(f"skipped: {texts} is not there", file=sys.stderr)
        return {}
    restorer, collections = Restorer.load(), _collections(texts)
    print(HEADER, file=sys.stderr)
    found: dict[str, float] = {}
    with TemporaryDirectory(prefix="congvan-bench-") as work:
        for kind in KINDS:
            tally = measure(kind, pages, "test", restorer, collections, Path(work))
            print(tally.row(kind), file=sys.stderr)
            found |= tally.figures(kind)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--split", choices=("test", "dev"), default="dev")
    parser.add_argument("--text", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--keep", type=Path, help="a folder for scans and texts")
    options = parser.parse_args(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    restorer, collections = Restorer.load(), _collections(options.text)
    keep = options.keep is not None
    print(HEADER)
    with TemporaryDirectory(prefix="congvan-bench-") as work:
        folder = options.keep or Path(work)
        folder.mkdir(parents=True, exist_ok=True)
        for kind in options.kinds:
            tally = measure(
                kind, options.pages, options.split, restorer, collections, folder, keep=keep
            )
            print(tally.row(kind))
            if keep:
                for share, name in sorted(tally.pages, reverse=True)[:10]:
                    print(f"  {name} {100 * share:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
