"""The words restoring leaves wrong on the development pages, sorted by what went wrong.

    python -m benchmarks.restore_errors PAIRS.tsv... --model eng [--split dev] [--out FILE.tsv]

In: simulated pairs (benchmarks.page_simulator). Out: a count of each kind, and with `--out` every
error as a row: kind, printed, read, given, rank of the right reading, its channel and language
score beside those of the reading given, and the words around it. Work down from the largest kind.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from benchmarks.restore_accuracy import ReadPage, read_pages, words
from pipeline.restore.candidates import Reading, printed
from pipeline.restore.judgement import Judged
from pipeline.restore.restore import Model, Restorer
from pipeline.restore.train_channel import align_tokens

_SIGN = regex.compile(r"[\d/-]")


@dataclass(frozen=True, slots=True)
class Error:
    """A printed word that the restored line has otherwise, and why as far as can be told."""

    kind: str
    truth: str
    read: str
    given: str
    detail: str
    around: str

    def row(self) -> str:
        """The error as a line of a TSV."""
        return "\t".join((self.kind, self.truth, self.read, self.given, self.detail, self.around))


def page_errors(restorer: Restorer, simulated: ReadPage, model: Model) -> Iterator[Error]:
    """The errors of one page, in order."""
    truth, page = simulated
    read = [line.text for line in page.lines]
    judged: dict[tuple[int, int], Judged] = {}
    for judgement in restorer.judgements([page], model):
        for t, slot in enumerate(judgement.slots):
            if slot is not None:
                judged[slot.line, slot.start] = judgement.of(t)
    restored = restorer.restore_pages([page], model)[0]
    for number, (right, line) in enumerate(zip(truth, restored.lines, strict=True)):
        if words(right) == words(line.text):
            continue
        tokens = [(m.start(), m.end()) for m in regex.finditer(r"\S+", read[number])]
        printed_words = right.split()
        groups = align_tokens(printed_words, [read[number][a:b] for a, b in tokens])
        for left, at in groups:
            shown = " ".join(printed_words[i] for i in left)
            span = (tokens[at[0]][0], tokens[at[-1]][1]) if at else None
            given = _given(line.text, line.corrections, span) if span else ""
            if words(shown) == words(given):
                continue
            around = " ".join(printed_words[max(0, min(left, default=0) - 3) :][:7])
            text = read[number][span[0] : span[1]] if span else ""
            inside = [
                j
                for (n, start), j in judged.items()
                if span and n == number and span[0] <= start < span[1]
            ]
            kind, detail = _kind(shown, len(left), len(at), inside)
            yield Error(kind, shown, text, given, detail, around)


def _given(text: str, corrections: Sequence, span: tuple[int, int]) -> str:  # type: ignore[type-arg]
    """What stands in the restored line for the raw characters of `span`."""
    shift, start, end = 0, span[0], span[1]
    for c in sorted(corrections, key=lambda c: c.start):
        grown = len(c.after) - len(c.before)
        if c.start + len(c.before) <= span[0]:
            shift += grown
        elif c.start < span[1]:
            end += grown
    return text[start + shift : end + shift]


def _kind(shown: str, left: int, at: int, inside: Sequence[Judged]) -> tuple[str, str]:
    """What went wrong, and the scores that say so."""
    if not at:
        return "lost", ""
    if not left:
        return "invented", ""
    if at > 1:
        return "torn", ""
    right = " ".join(words(shown))
    if _SIGN.search(right):
        return "number or mark", ""
    if not inside:
        return "no token", ""
    judged = inside[0]
    pairs = any(r.word and " " in r.word for j in inside for r in j.readings)
    if (len(inside) > 1 or left > 1) and not pairs:
        return "joined", f"{len(inside)} tokens"
    ranks = [k for k, r in enumerate(judged.readings) if _words(judged, r) == right]
    if not ranks:
        readings = len(judged.readings)
        return ("protected" if readings == 1 else "not a candidate"), f"{readings} readings"
    at_all = {int(k): float(p) for k, p in zip(judged.keep, judged.share, strict=True) if p > 0}
    best = max(at_all, key=lambda k: at_all[k])
    mine = max(ranks, key=lambda k: at_all.get(k, 0.0))
    detail = (
        f"rank {min(ranks)} p {at_all.get(mine, 0):.3f} best {at_all[best]:.3f} "
        f"channel {judged.channel[mine]:.1f} : {judged.channel[best]:.1f} sure {judged.sure:.3f}"
    )
    if mine not in at_all:
        return "thinned out", detail
    if best == mine:
        return "below the margin", detail
    return ("left as read" if best == 0 else "outscored"), detail


def _words(judged: Judged, reading: Reading) -> str:
    token = judged.slot.token
    return " ".join(words(printed(reading.word, token, reading.shape) if reading.word else token))


def main(argv: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="+", type=Path)
    parser.add_argument("--model", choices=("eng", "vie"), required=True)
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    restorer = Restorer.load()
    found: list[Error] = []
    total = 0
    for path in options.pairs:
        for page in read_pages(path, options.split):
            total += sum(len(words(line)) for line in page.truth)
            found += page_errors(restorer, page, options.model)
    counts = Counter(error.kind for error in found)
    print(f"{len(found)} errors in {total} words")
    for kind, count in counts.most_common():
        print(f"{count:6} {kind}")
    if options.out:
        found.sort(key=lambda e: (-counts[e.kind], e.kind, e.truth))
        head = "kind\tprinted\tread\tgiven\tdetail\taround"
        options.out.write_text(
            "\n".join([head, *(e.row() for e in found)]) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
