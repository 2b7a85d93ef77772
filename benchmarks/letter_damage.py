"""Letters damaged by one error of reading each: is every field right, or flagged?

In: the cases of tests/cases/letters, one line of letterhead or foot of each damaged as OCR damages
lines (a look-alike, a mark, a letter lost, words run together or apart, a speck, a line lost). Out:
of the fields an archive must have that came out otherwise, those that no flag names, and those of
letters that pass as `done`. No restoration, no confidence: the field grammar stands alone.
`python -m benchmarks.letter_damage [LETTERS] [SEED]`
"""

from __future__ import annotations

import json
import random
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.evaluate.fields import normal
from pipeline.letter.required import REQUIRED
from pipeline.process import extract_text
from pipeline.record import Record

CASES = Path(__file__).parent.parent / "tests" / "cases" / "letters"
KINDS = ("look-alike", "mark", "lost letter", "joined", "split", "speck", "lost line")
_LOOKALIKES = {
    "l": "1", "1": "l", "I": "l", "0": "O", "O": "0", "o": "0", "5": "S", "S": "5", "8": "B",
    "B": "8", "/": "I", "Đ": "D", "đ": "d", "Ư": "U", "ư": "u", "u": "n", "n": "u", "h": "b",
    "c": "e", "e": "c", "T": "7", "G": "6", "6": "G", "M": "N", ",": ".", ".": ",",
}  # fmt: skip
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_HEAD, _FOOT = 14, 12
LETTERS = 800


@dataclass(frozen=True, slots=True)
class DamageFigures:
    """How many required fields came out otherwise, by field: all, and those no flag names;
    `passed` of these stand in letters that are `done`."""

    otherwise: Counter[str]
    silent: Counter[str]
    passed: int

    def figures(self) -> dict[str, float]:
        """The share of the fields read otherwise that no flag names, and that pass as done."""
        wrong = max(1, self.otherwise.total())
        return {
            "letter.damage.silent": self.silent.total() / wrong,
            "letter.damage.passed": self.passed / wrong,
        }

    def table(self) -> str:
        """A row for each field."""
        rows = [f"{'field':24}{'otherwise':>10}{'no flag':>10}"]
        rows += [f"{k:24}{n:10}{self.silent[k]:10}" for k, n in sorted(self.otherwise.items())]
        rows.append(f"pass as done: {self.passed}")
        return "\n".join(rows)


def measure(letters: int = LETTERS, seed: int = 1) -> DamageFigures:
    """Damage `letters` letters, and compare each with itself undamaged."""
    rng = random.Random(seed)
    cases = [
        case["pages"]
        for path in sorted(CASES.glob("*.json"))
        if path.stem != "ocr"
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]
    found = DamageFigures(Counter(), Counter(), 0)
    passed = 0
    for _ in range(letters):
        pages = [list(page) for page in rng.choice(cases)]
        clean = _read(pages)
        page = pages[rng.choice((0, -1))]
        _damage(page, rng.choice(KINDS), rng)
        read = _read(pages)
        flagged = {flag.where for flag in read.flags}
        for name in REQUIRED:
            if normal(_value(read, name)) == normal(_value(clean, name)):
                continue
            found.otherwise[name] += 1
            also = "header.number_symbol" if name in ("header.number", "header.symbol") else name
            if not {name, also} & flagged:
                found.silent[name] += 1
                passed += read.status == "done"
    return DamageFigures(found.otherwise, found.silent, passed)


def _read(pages: Sequence[Sequence[str]]) -> Record:
    return extract_text("\f".join("\n".join(page) for page in pages))


def _value(record: Record, name: str) -> object:
    part, field = name.split(".")
    return getattr(getattr(record, part), field)


def _damage(lines: list[str], kind: str, rng: random.Random) -> None:
    """Damage one line of the head or the foot of a page in place."""
    near = [i for i, x in enumerate(lines) if x.strip() and (i < _HEAD or i >= len(lines) - _FOOT)]
    if not near:
        return
    i = rng.choice(near)
    if kind == "lost line":
        del lines[i]
    else:
        lines[i] = _damaged(lines[i], kind, rng)


def _damaged(line: str, kind: str, rng: random.Random) -> str:
    at = rng.randrange(len(line))
    before, letter, after = line[:at], line[at], line[at + 1 :]
    match kind:
        case "look-alike":
            return before + _LOOKALIKES.get(letter, letter) + after
        case "mark":
            return before + _remarked(unicodedata.normalize("NFD", letter), rng) + after
        case "lost letter":
            return before + after
        case "joined":
            return line.replace(" ", "", 1)
        case "split":
            return f"{before} {letter}{after}"
        case _:
            return f"{rng.choice('.|*_,')} {line}"


def _remarked(letter: str, rng: random.Random) -> str:
    """A letter (NFD) with its last mark lost or another in its place; one without any as it is."""
    if len(letter) < 2:
        return letter
    return unicodedata.normalize("NFC", letter[:-1] + rng.choice(["", *_TONES]))


def main() -> int:
    """Measure and print."""
    numbers = [int(n) for n in sys.argv[1:]]
    found = measure(*numbers)
    print(found.table(), json.dumps(found.figures(), indent=2), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
