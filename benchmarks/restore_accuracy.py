"""How well restoring does: letter 1046, simulated pages, held-out clean text, speed, load time.

    python -m benchmarks.restore_accuracy [--pairs DIR] [--shared ../shared] [--json]

Rates are syllable error rates as docs/metrics.md defines them (lower case, tone placement folded,
letters, digits, hyphen and slash only). What is absent (../shared, pairs) is left out of the table.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import regex

from pipeline.restore import corpus
from pipeline.restore.orthography import canonical
from pipeline.restore.restore import Model, Restorer

Row = dict[str, str | float | int]
_OUT = regex.compile(r"[^\w\s/-]")


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


def restore(restorer: Restorer, text: str, model: Model) -> tuple[str, float]:
    """The restored text, and the seconds it took."""
    start = time.process_time()
    page = restorer.restore_text(text, model)
    seconds = time.process_time() - start
    return "\n".join(line.text for line in page.lines), seconds


def letter(restorer: Restorer, shared: Path) -> Row:
    """Letter 1046, page 1: restored whole, the page compared."""
    raw = (shared / "seeds/1046-CV-TU.ocr.txt").read_text(encoding="utf-8")
    gold = (shared / "seeds/1046-CV-TU.page-1.gold.txt").read_text(encoding="utf-8")
    out, seconds = restore(restorer, raw, "auto")
    before, after = ("\n".join(text.split("\n")[:35]) for text in (raw, out))
    row = compare("letter 1046, page 1", [(gold, before, after)], seconds)
    row["words/s"] = round(len(raw.split()) / seconds)
    return row


def pages_of(path: Path, split: str) -> Iterator[tuple[list[str], list[str]]]:
    """(printed lines, read lines) of each simulated page of a split."""
    current: str | None = None
    truth: list[str] = []
    read: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        columns = line.split("\t")
        if len(columns) != 7 or columns[0] != split:
            continue
        if columns[1] != current and truth:
            yield truth, read
            truth, read = [], []
        current = columns[1]
        truth.append(columns[5])
        read.append(columns[6])
    if truth:
        yield truth, read


def simulated(restorer: Restorer, path: Path, split: str, model: Model) -> Row | None:
    """All pages of a split, compared line by line."""
    cases, seconds = [], 0.0
    for truth, read in pages_of(path, split):
        out, took = restore(restorer, "\n".join(read), model)
        seconds += took
        cases += list(zip(truth, read, out.split("\n"), strict=True))
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
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--pairs", type=Path, help="folder of simulated pairs (TSV)")
    parser.add_argument("--split", default="test")
    parser.add_argument("--clean", type=float, default=0.1, help="share of held-out clean text")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    start = time.process_time()
    restorer = Restorer.load()
    load = time.process_time() - start
    rows: list[Row] = []
    if (arguments.shared / "seeds").is_dir():
        rows.append(letter(restorer, arguments.shared))
    for path in sorted(arguments.pairs.glob("*.tsv")) if arguments.pairs else []:
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
