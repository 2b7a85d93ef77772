"""All benchmarks in one run, judged by the floors: `make bench`.

Reference letters outside the repository (`../shared/gold/dev`) are measured where they are
present; the samples always are. Exit code 1 where a figure is worse than its floor.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from benchmarks import floors, letters

ROOT = Path(__file__).parent.parent
SETS = {"samples": ROOT / "samples" / "scans", "dev": ROOT.parent / "shared" / "gold" / "dev"}


def main() -> int:
    """Measure, print, and compare with the floors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--raise", dest="raising", action="store_true", help="raise the floors")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    figures: dict[str, float] = {}
    for name, folder in SETS.items():
        if not folder.is_dir():
            print(f"{name}: skipped, {folder} is not there", file=sys.stderr)
            continue
        found = letters.measure(folder)
        figures |= found.figures(name)
        print(found.table(name), found.scores.table(), "", sep="\n\n", file=sys.stderr)
    if options.json:
        print(json.dumps(figures, indent=2))
    known = floors.load()
    broken = floors.violations(figures, known)
    print(*(broken or ["all floors hold"]), sep="\n", file=sys.stderr)
    if options.raising:
        floors.save(floors.raised(figures, known))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
