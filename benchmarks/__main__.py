"""All benchmarks in one run, judged by the floors: `make bench`.

Reference letters and texts outside the repository (`../shared`) are measured where they are
present; the samples always are. Exit code 1 where a figure is worse than its floor.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    batch,
    dossiers,
    export,
    floors,
    learning,
    letter_damage,
    letter_scans,
    letter_text,
    letters,
    reading,
    restore_accuracy,
    review_speed,
    search_judged,
    search_speed,
    search_strings,
    under_seals,
    whole_pages,
)

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
Figures = dict[str, float]


def main() -> int:
    """Measure, print, and compare with the floors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[[], *BENCHMARKS], help="default: all")
    parser.add_argument("--raise", dest="raising", action="store_true", help="raise the floors")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    figures: Figures = {}
    for name in options.only or BENCHMARKS:
        print(f"\n{name}", file=sys.stderr)
        figures |= BENCHMARKS[name]()
    if options.json:
        print(json.dumps(figures, indent=2))
    known = floors.load()
    broken = floors.violations(figures, known)
    print("", *(broken or ["all floors hold"]), sep="\n", file=sys.stderr)
    if options.raising:
        floors.save(floors.raised(figures, known))
    return 1 if broken else 0


def _letters(name: str, folder: Path) -> Figures:
    if not folder.is_dir():
        print(f"skipped: {folder} is not there", file=sys.stderr)
        return {}
    found = letters.measure(folder)
    print(found.table(name), found.scores.table(), sep="\n\n", file=sys.stderr)
    return found.figures(name)


def _letter_text() -> Figures:
    figures: Figures = {}
    folders = {"samples": ROOT / "samples" / "scans", "dev": SHARED / "gold" / "dev"}
    for name, folder in folders.items():
        if folder.is_dir():
            found = letter_text.measure(folder)
            print(name, found.table(), sep="\n\n", file=sys.stderr)
            figures |= found.figures(name)
    damaged = letter_damage.measure()
    print("damaged", damaged.table(), sep="\n\n", file=sys.stderr)
    return figures | damaged.figures()


def _reading() -> Figures:
    figures = reading.measure()
    print(reading.table(), file=sys.stderr)
    return figures


def _restoring() -> Figures:
    found = restore_accuracy.measure(SHARED, ROOT / "bench-out" / "pairs")
    print(found.table(), file=sys.stderr)
    return found.figures()


def _dossiers() -> Figures:
    folders = (ROOT / "samples" / "scans", SHARED / "gold" / "dev")
    found = dossiers.measure([folder for folder in folders if folder.is_dir()])
    print(found.table(), file=sys.stderr)
    return found.figures()


def _search() -> Figures:
    return {
        **search_judged.figures(),
        **search_speed.figures(5000),
        **search_strings.figures(5000),
    }


def _learning() -> Figures:
    found = learning.measure(shared=SHARED)
    print(found.table(), file=sys.stderr)
    return found.figures()


def _review() -> Figures:
    found = review_speed.measure(5000)
    print(found.table(), file=sys.stderr)
    return found.figures()


def _export() -> Figures:
    figures: Figures = {}
    folders = {"samples": ROOT / "samples" / "scans", "dev": SHARED / "gold" / "dev"}
    for name, folder in folders.items():
        if folder.is_dir():
            found = export.measure(folder)
            print(name, found.table(), sep="\n\n", file=sys.stderr)
            figures |= found.figures(name)
    return figures


def _batch() -> Figures:
    figures = batch.measure()
    print(json.dumps(figures, indent=2), file=sys.stderr)
    return figures


BENCHMARKS: dict[str, Callable[[], Figures]] = {
    "samples": lambda: _letters("samples", ROOT / "samples" / "scans"),
    "dev": lambda: _letters("dev", SHARED / "gold" / "dev"),
    "dossiers": _dossiers,
    "letter": _letter_text,
    "letter_scans": letter_scans.figures,
    "reading": _reading,
    "seals": under_seals.figures,
    "pages": lambda: whole_pages.figures(SHARED),
    "restoring": _restoring,
    "export": _export,
    "search": _search,
    "review": _review,
    "learning": _learning,
    "batch": _batch,
}

if __name__ == "__main__":
    sys.exit(main())
