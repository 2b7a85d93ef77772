"""The scores of a set of letters, as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.evaluate.fields import FieldScore
from pipeline.evaluate.text import Rates, TextScore

MAIN_LISTS = ("recipients", "distribution", "legal_bases", "directives", "citations")
"""The lists whose mean F1 is the figure `lists`."""


@dataclass(frozen=True, slots=True)
class LetterScore:
    """One letter's scores. `record` is None where it has no record; `fields` is empty where the
    truth has none."""

    id: str
    record: Path | None
    text: TextScore
    fields: Mapping[str, FieldScore]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of all letters of a truth folder."""

    letters: tuple[LetterScore, ...]

    @property
    def text(self) -> TextScore:
        """The texts of all letters together; long letters weigh more."""
        return sum((letter.text for letter in self.letters), TextScore())

    @property
    def fields(self) -> dict[str, FieldScore]:
        """Each field and list over all letters, in the order of the record."""
        names = dict.fromkeys(name for letter in self.letters for name in letter.fields)
        return {name: _sum(x.fields.get(name) for x in self.letters) for name in names}

    @property
    def header(self) -> float | None:
        """Share of all header fields that are right."""
        return _sum(s for n, s in self.fields.items() if n.startswith("header.")).f1

    @property
    def lists(self) -> float | None:
        """Mean F1 of recipients, distribution, legal bases, directives and citations; a list that
        no letter and no record has counts 0."""
        fields = self.fields
        if not fields:
            return None
        return sum(fields[name].f1 or 0 for name in MAIN_LISTS) / len(MAIN_LISTS)

    @property
    def wrong_without_flag(self) -> int:
        """Fields and lists that are wrong in a letter while no flag names them."""
        return sum(score.unflagged for score in self.fields.values())

    @property
    def cost(self) -> int:
        """Fields and lists that are wrong in a letter, those that no flag names counted double.
        The number's two halves and citations with dates are the same error again, and not added."""
        again = ("header.number", "header.symbol", "citations+date")
        return sum(score.cost for name, score in self.fields.items() if name not in again)

    def to_json(self) -> dict[str, Any]:
        """All figures as plain data, rates to four places."""
        return {
            "text": self.text.to_json(),
            "header": _rounded(self.header),
            "lists": _rounded(self.lists),
            "wrong_without_flag": self.wrong_without_flag,
            "cost": self.cost,
            "fields": {name: score.to_json() for name, score in self.fields.items()},
            "letters": [_letter_json(letter) for letter in self.letters],
        }

    def table(self) -> str:
        """Two tables: the text of each letter, then each field over all letters."""
        texts = [
            [x.id + ("" if x.record else " (no record)"), *_cells(x.text)] for x in self.letters
        ]
        parts = [_aligned([_TEXT_HEAD, *texts, ["all", *_cells(self.text)]])]
        if self.fields:
            rows = [[name, *_field_cells(score)] for name, score in self.fields.items()]
            parts += ["", _aligned([_FIELD_HEAD, *rows]), "", self._summary()]
        return "\n".join(parts)

    def _summary(self) -> str:
        return (
            f"header right {_percent(self.header)}, lists F1 {_percent(self.lists)}, "
            f"wrong without a flag {self.wrong_without_flag}, cost {self.cost}"
        )


_RATES = ["ser", "strict", "bag", "marks"]
_TEXT_HEAD = ["letter (rates in %)", "words", *_RATES, "| raw", *_RATES, "|", "helped", "hurt"]
_FIELD_HEAD = [
    "field",
    "score %",
    "right",
    "given",
    "truth",
    "letters wrong",
    "without flag",
    "cost",
]


def _cells(score: TextScore) -> list[str]:
    raw = ["–"] * 4 if score.raw is None else _rate_cells(score.raw)
    changes = ["–" if n is None else str(n) for n in (score.helped, score.hurt)]
    return [str(score.now.words), *_rate_cells(score.now), "|", *raw, "|", *changes]


def _rate_cells(rates: Rates) -> list[str]:
    four = (rates.syllable_error_rate, rates.strict_error_rate, rates.bag_error, rates.marks_back)
    return [_percent(rate) for rate in four]


def _field_cells(score: FieldScore) -> list[str]:
    counts = (
        score.right,
        score.given,
        score.truth,
        score.letters_wrong,
        score.unflagged,
        score.cost,
    )
    return [_percent(score.f1), *map(str, counts)]


def _letter_json(letter: LetterScore) -> dict[str, Any]:
    return {
        "id": letter.id,
        "record": None if letter.record is None else str(letter.record),
        "text": letter.text.to_json(),
        "fields": {name: score.to_json() for name, score in letter.fields.items()},
    }


def _sum(scores: Iterable[FieldScore | None]) -> FieldScore:
    return sum((s for s in scores if s is not None), FieldScore())


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.2f}"


def _aligned(rows: list[list[str]]) -> str:
    """Columns as wide as their widest cell: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [r[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(r[1:], widths[1:], strict=True))]
        )
        for r in rows
    )
