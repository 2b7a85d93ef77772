"""How well restoring does: letter 1046, simulated pages, held-out clean text, speed, load time.

    python -m benchmarks.restore_accuracy [--pairs DIR] [--shared ../shared] [--json]

Pairs that are absent are simulated from `../shared/corpus` (test split, fixed seeds). Rates are
syllable error rates as docs/metrics.md defines them (lower case, tone placement folded, letters,
digits, hyphen and slash only). What is absent (../shared, tools of others) is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import regex

from benchmarks import peers
from benchmarks.page_simulator.pairs import HEADER
from benchmarks.page_simulator.pairs import main as make_pairs
from pipeline.document import Correction, Doubt, Line, PageLayout, RestoredLine, RestoredPage, Word
from pipeline.restore import corpus
from pipeline.restore.orthography import canonical
from pipeline.restore.restore import Model, Restorer

Row = dict[str, str | float | int]
_OUT = regex.compile(r"[^\w\s/-]")
_NOWHERE = (0, 0, 0, 0)


ROOT = Path(__file__).parent.parent
PAIRS = Path("bench-out/pairs")
SETS = {
    "heavy": ("eng", "heavy", 60, 101),
    "weak": ("vie", "weak", 60, 102),
    "light": ("vie", "light", 60, 103),
}
"""Simulated sets: the OCR model, the damage, half pages and the seed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured: rows of accuracy, the tools of others, load and memory."""

    rows: list[Row]
    peers: list[Row]
    flags: dict[str, float]
    load_seconds: float
    megabytes: float

    def figures(self) -> dict[str, float]:
        """The figures that may have floors, by name."""
        found = {
            "restore.load_seconds": self.load_seconds,
            "restore.megabytes": self.megabytes,
            **{f"restore.{name}.flagged_errors": share for name, share in self.flags.items()},
        }
        for row in self.rows:
            name = f"restore.{row['set']}"
            for key in ("restored", "hurt", "digits", "words/s"):
                found[f"{name}.{key}"] = float(row[key])
        clean = [row for row in self.rows if str(row["set"]).startswith("clean")]
        if clean:
            changed = sum(float(row["hurt"]) for row in clean)
            found["restore.clean.changed"] = 100 * changed / sum(float(r["words"]) for r in clean)
        return found

    def table(self) -> str:
        """All of it for people."""
        parts = [table(self.rows)] if self.rows else []
        parts += [table(self.peers)] if self.peers else []
        parts += [
            f"{name}: {100 * share:.0f} % of the errors left are among the 3 % least sure words"
            for name, share in self.flags.items()
        ]
        parts.append(f"load {self.load_seconds:.2f} s, {self.megabytes:.0f} MB at most")
        return "\n\n".join(parts)


def measure(shared: Path = Path("../shared"), pairs: Path = PAIRS, share: float = 0.1) -> Figures:
    """Measure restoring: letter 1046, simulated pages (made first where they are absent) and
    clean text. Without `shared` nothing is measured but loading, and that is said."""
    start = time.process_time()
    restorer = Restorer.load()
    load = time.process_time() - start
    rows: list[Row] = []
    others: list[Row] = []
    flags: dict[str, float] = {}
    if not (shared / "corpus").is_dir():
        print(f"restoring: accuracy skipped, {shared} is not there", file=sys.stderr)
    else:
        rows.append(letter(restorer, shared))
        for name, path in simulated_pairs(shared / "corpus", pairs).items():
            model: Model = "eng" if SETS[name][0] == "eng" else "vie"
            for bare in (False, True) if model == "vie" else (True,):
                row = simulated(restorer, path, "test", model, bare=bare)
                if row:
                    case = f"{name}, bare text" if bare and model == "vie" else name
                    rows.append(row | {"set": case})
                    flags[case] = flagged(restorer, path, "test", model, bare=bare)
        rows += clean(restorer, shared, "test", share)
        others = compared(pairs / "heavy.tsv", shared)
    return Figures(rows, others, flags, load, megabytes())


_MEMORY = """
from benchmarks.restore_accuracy import ROOT, Restorer, most_held
text = (ROOT / "samples/scans/party-letter-ocr/source.txt").read_text(encoding="utf-8")
restorer = Restorer.load()
restorer.restore_text(text, "eng")
restorer.restore_text(text, "vie")
print(most_held())
"""


def most_held() -> float:
    """The most memory this process has held, in MB. Linux tells it of the process alone; elsewhere,
    and in `getrusage` everywhere, what the process that started this one held may count too."""
    status = Path("/proc/self/status")
    if status.is_file():
        peak = regex.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        if peak:
            return int(peak[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def megabytes() -> float:
    """The most memory that a process of its own holds which restores a letter both ways."""
    command = [sys.executable, "-c", _MEMORY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def simulated_pairs(corpus_folder: Path, folder: Path) -> dict[str, Path]:
    """The pairs of each set, made where they are absent or tell less (minutes)."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, (model, damage, pages, seed) in SETS.items():
        path = found[name] = folder / f"{name}.tsv"
        if path.is_file() and path.read_text(encoding="utf-8").split("\n", 1)[0] == HEADER:
            continue
        print(f"{name}: simulating {pages} half pages", file=sys.stderr)
        aside = path.with_suffix(".part")
        options = ["--split", "test", "--pages", str(pages), "--seed", str(seed)]
        texts = ["--text", *(str(p) for p in corpus.text_files(corpus_folder))]
        if make_pairs(
            [*texts, "--out", str(aside), "--model", model, "--damage", damage, *options]
        ):
            raise SystemExit(f"{name}: no pairs were made")
        aside.replace(path)
    return found


def compared(path: Path, shared: Path) -> list[Row]:
    """Tools of others on the simulated heavy pages and letter 1046, where they are installed."""
    rows: list[Row] = []
    pages = [pair for page in pages_of(path, "test") for pair in zip(*page, strict=True)]
    raw = (shared / "seeds/1046-CV-TU.ocr.txt").read_text(encoding="utf-8").split("\n")[:35]
    gold = (shared / "seeds/1046-CV-TU.page-1.gold.txt").read_text(encoding="utf-8")
    for name, tool in peers.installed():
        start = _processor_seconds()
        out, raised = peers.restored(tool, [read for _, read in pages])
        seconds = _processor_seconds() - start
        cases = [(t, o, x) for (t, o), x in zip(pages, out, strict=True)]
        rows.append(compare(f"{name}: heavy, raised on {raised} lines", cases, seconds))
        start = _processor_seconds()
        out, raised = peers.restored(tool, raw)
        cases = [(gold, "\n".join(raw), "\n".join(out))]
        seconds = _processor_seconds() - start
        rows.append(compare(f"{name}: letter 1046, raised on {raised} lines", cases, seconds))
    return rows


def _processor_seconds() -> float:
    """Processor time of this process and of those it ran."""
    return sum(os.times()[:4])


def flagged(
    restorer: Restorer,
    path: Path,
    split: str,
    model: Model,
    share: float = 0.03,
    *,
    bare: bool = False,
) -> float:
    """The share of the errors left that stand among the least sure words: `share` of all words.

    A word is as sure as its correction's score or its doubt's probability, else wholly."""
    found: list[tuple[float, bool]] = []
    for page in read_pages(path, split):
        restored, _ = restore(restorer, page.bare() if bare else page.read, model)
        for printed, line in zip(page.truth, restored.lines, strict=True):
            found += sureness(printed, line)
    found.sort(key=lambda word: word[0])
    wrong = sum(bad for _, bad in found)
    among = sum(bad for _, bad in found[: int(share * len(found))])
    return among / max(1, wrong)


def sureness(truth: str, line: RestoredLine) -> list[tuple[float, bool]]:
    """How sure the program is of each word it gives, and whether the word is wrong."""
    unsure: dict[int, float] = {}
    shift = 0
    both: list[Correction | Doubt] = [*line.corrections, *line.doubts]
    changes = sorted(both, key=lambda c: c.start)
    for change in changes:
        at = change.start + shift
        if isinstance(change, Correction):
            unsure[at] = change.score
            shift += len(change.after) - len(change.before)
        else:
            unsure[at] = change.score
    counted, sure = [], []
    for match in regex.finditer(r"\S+", line.text):
        span = [p for at, p in unsure.items() if match.start() <= at < match.end()]
        for word in words(match.group()):
            counted.append(word)
            sure.append(min(span, default=1.0))
    right = matched(words(truth), counted)[0]
    return [(p, i not in right) for i, p in enumerate(sure)]


def words(text: str) -> list[str]:
    """Words as the metrics count them."""
    return [canonical(w) for w in _OUT.sub("", text.lower()).split()]


def matched(read: Sequence[str], truth: Sequence[str]) -> tuple[set[int], int]:
    """Positions of `truth` that were read right, and the edit distance, by Levenshtein."""
    n, m = len(read), len(truth)
    rows = [list(range(m + 1))]
    for i in range(1, n + 1):
        last, row = rows[-1], [i]
        for j in range(1, m + 1):
            change = last[j - 1] + (read[i - 1] != truth[j - 1])
            row.append(min(change, last[j] + 1, row[-1] + 1))
        rows.append(row)
    right, i, j = set(), n, m
    while i and j:
        if rows[i][j] == rows[i - 1][j - 1] + (read[i - 1] != truth[j - 1]):
            i, j = i - 1, j - 1
            if read[i] == truth[j]:
                right.add(j)
        elif rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return right, rows[n][m]


def compare(name: str, cases: Sequence[tuple[str, str, str]], seconds: float) -> Row:
    """A row of the table from (truth, raw, restored) texts."""
    total = raw_wrong = wrong = helped = hurt = digits = 0
    for truth, raw, restored in cases:
        t = words(truth)
        before, raw_distance = matched(words(raw), t)
        after, distance = matched(words(restored), t)
        total += len(t)
        raw_wrong += raw_distance
        wrong += distance
        helped += len(after - before)
        hurt += len(before - after)
        digits += sum(any(c.isdigit() for c in t[j]) for j in before - after)
    n = max(1, total)
    return {
        "set": name,
        "words": total,
        "raw": round(100 * raw_wrong / n, 2),
        "restored": round(100 * wrong / n, 3),
        "helped": helped,
        "hurt": hurt,
        "digits": digits,
        "words/s": round(total / max(seconds, 1e-9)),
    }


def restore(restorer: Restorer, page: PageLayout, model: Model) -> tuple[RestoredPage, float]:
    """The restored page, and the seconds of processor time it took."""
    start = time.process_time()
    restored = restorer.restore_pages([page], model)[0]
    return restored, time.process_time() - start


def letter(restorer: Restorer, shared: Path) -> Row:
    """Letter 1046, page 1: restored whole, the page compared."""
    raw = (shared / "seeds/1046-CV-TU.ocr.txt").read_text(encoding="utf-8")
    gold = (shared / "seeds/1046-CV-TU.page-1.gold.txt").read_text(encoding="utf-8")
    lines = raw.split("\n")
    out, seconds = restore(restorer, bare_page(lines), "auto")
    before, after = "\n".join(lines[:35]), "\n".join(line.text for line in out.lines[:35])
    row = compare("letter 1046, page 1", [(gold, before, after)], seconds)
    row["words/s"] = round(len(raw.split()) / seconds)
    return row


class ReadPage(NamedTuple):
    """A page of pairs: the lines printed, and the page as read, line for line, with the confidence
    of each word where the pairs tell it. What stands where is not told."""

    truth: list[str]
    read: PageLayout

    def bare(self) -> PageLayout:
        """What was read, as bare text."""
        return bare_page([line.text for line in self.read.lines])


def bare_page(texts: Sequence[str]) -> PageLayout:
    """A page of lines of which nothing but the text is known."""
    return PageLayout(1, 0, 0, 0, tuple(Line(text) for text in texts))


def read_pages(path: Path, split: str) -> Iterator[ReadPage]:
    """The simulated pages of a split."""
    rows = (r.split("\t") for r in path.read_text(encoding="utf-8").splitlines()[1:])
    for _, page in groupby((r for r in rows if r[0] == split), key=itemgetter(1)):
        truth, lines = [], []
        for _, _, _, _, _, printed, read, *told in page:
            truth.append(printed)
            confidence = [float(c) for c in told[0].split()] if told else []
            found = zip(read.split(" "), confidence, strict=True) if confidence else ()
            lines.append(Line(read, words=tuple(Word(w, _NOWHERE, c) for w, c in found)))
        yield ReadPage(truth, PageLayout(1, 0, 0, 0, tuple(lines)))


def pages_of(path: Path, split: str) -> Iterator[tuple[list[str], list[str]]]:
    """(printed lines, read lines) of each simulated page of a split."""
    for truth, page in read_pages(path, split):
        yield truth, [line.text for line in page.lines]


def simulated(
    restorer: Restorer, path: Path, split: str, model: Model, *, bare: bool = False
) -> Row | None:
    """All pages of a split, compared line by line. `bare`: nothing but their text is known."""
    cases, seconds = [], 0.0
    for page in read_pages(path, split):
        out, took = restore(restorer, page.bare() if bare else page.read, model)
        seconds += took
        lines = zip(page.truth, out.lines, strict=True)
        cases += [(truth, line.raw.text, line.text) for truth, line in lines]
    return compare(f"{path.stem} ({split})", cases, seconds) if cases else None


def clean(restorer: Restorer, shared: Path, split: str, share: float) -> list[Row]:
    """Held-out clean text, each file by itself: how many words were changed."""
    rows: list[Row] = []
    for path in corpus.text_files(shared / "corpus"):
        changed = total = 0
        seconds = 0.0
        held = [d for d in corpus.documents(path) if corpus.split_of(d) == split]
        for text in held[: max(1, int(len(held) * share))]:
            text = text[:30_000]
            start = time.process_time()
            page = restorer.restore_text(text, "auto")
            seconds += time.process_time() - start
            changed += sum(len(line.corrections) for line in page.lines)
            total += len(text.split())
        rows.append(
            {
                "set": f"clean {path.name.split('.')[0]} ({split})",
                "words": total,
                "raw": 0.0,
                "restored": round(100 * changed / max(1, total), 3),
                "helped": 0,
                "hurt": changed,
                "digits": 0,
                "words/s": round(total / max(seconds, 1e-9)),
            }
        )
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(row[k]) for k in head) + " |" for row in rows]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--pairs", type=Path, help="folder of simulated pairs (TSV)")
    parser.add_argument("--split", default="test")
    parser.add_argument("--clean", type=float, default=0.1, help="share of held-out clean text")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    if not arguments.pairs:
        figures = measure(arguments.shared, share=arguments.clean)
        shown = json.dumps(figures.figures(), indent=2) if arguments.json else figures.table()
        print(shown)
        return
    start = time.process_time()
    restorer = Restorer.load()
    load = time.process_time() - start
    rows: list[Row] = []
    if (arguments.shared / "seeds").is_dir():
        rows.append(letter(restorer, arguments.shared))
    for path in sorted(arguments.pairs.glob("*.tsv")):
        model: Model = "eng" if path.name.startswith("eng") else "vie"
        row = simulated(restorer, path, arguments.split, model)
        rows += [row] if row else []
    if arguments.clean and (arguments.shared / "corpus").is_dir():
        rows += clean(restorer, arguments.shared, arguments.split, arguments.clean)
    if arguments.json:
        print(json.dumps({"load_seconds": round(load, 3), "rows": rows}, ensure_ascii=False))
    elif rows:
        print(table(rows), f"\nload: {load:.2f} s", sep="\n")


if __name__ == "__main__":
    main()
